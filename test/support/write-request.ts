import { snappyCompress } from 'hysnappy'

/** A label set as a test writes it. */
export type PushLabels = Readonly<Record<string, string>>

/** What one series of a remote write request brings. */
export interface PushSeries {
  readonly labels: PushLabels
  readonly samples?: readonly (readonly [tMs: number, value: number])[]
  /** Samples among which null is a staleness marker. */
  readonly marked?: readonly (readonly [tMs: number, value: number | null])[]
  /** Integer native histograms of schema 0 with one bucket that holds `count`. */
  readonly histograms?: readonly (readonly [tMs: number, count: number])[]
  readonly exemplar?: readonly [tMs: number, traceId: string]
  /** Native histograms of any kind; null: a staleness marker. */
  readonly native?: readonly (readonly [tMs: number, histogram: PushHistogram | null])[]
}

/** A native histogram as it is sent. Spans: offset and length of each run of buckets, in turn. */
export interface PushHistogram {
  /** Counts are whole numbers and sent as such. */
  readonly integer: boolean
  readonly schema: number
  readonly count: number
  readonly sum: number
  readonly zeroThreshold: number
  readonly zeroCount: number
  readonly positiveSpans: readonly number[]
  readonly positive: readonly number[]
  readonly negativeSpans: readonly number[]
  readonly negative: readonly number[]
  /** Bounds, for schema -53. */
  readonly customValues: readonly number[]
  /** 0 unknown, 1 reset, 2 no reset, 3 gauge */
  readonly hint: number
}

const varint = (v: number): number[] => (v < 128 ? [v] : [(v % 128) | 128, ...varint(Math.floor(v / 128))])
const zigzag = (v: number): number[] => varint(v < 0 ? -2 * v - 1 : 2 * v)
const bytes = (field: number, b: readonly number[]): number[] => [...varint(field * 8 + 2), ...varint(b.length), ...b]
const text = (field: number, s: string): number[] => bytes(field, [...Buffer.from(s)])
const int = (field: number, v: number): number[] => [...varint(field * 8), ...varint(v)]
const sint = (field: number, v: number): number[] => [...varint(field * 8), ...zigzag(v)]
const double = (field: number, v: number): number[] => [...varint(field * 8 + 1), ...new Uint8Array(Float64Array.of(v).buffer)]
const labels = (field: number, l: PushLabels): number[] => Object.entries(l).sort(([a], [b]) => (a < b ? -1 : 1)).flatMap(([name, value]) => bytes(field, [...text(1, name), ...text(2, value)]))

const STALE_BITS = [2, 0, 0, 0, 0, 0, 0xf0, 0x7f]
const doubles = (field: number, list: readonly number[]): number[] => (list.length === 0 ? [] : bytes(field, [...new Uint8Array(Float64Array.from(list).buffer)]))
const spans = (field: number, list: readonly number[]): number[] => {
  const out: number[] = []
  for (let i = 0; i < list.length; i += 2) out.push(...bytes(field, [...sint(1, list[i]!), ...int(2, list[i + 1]!)]))
  return out
}
const deltas = (field: number, list: readonly number[]): number[] => (list.length === 0 ? [] : bytes(field, list.flatMap((v, i) => zigzag(v - (list[i - 1] ?? 0)))))

/** A `prometheus.Histogram` message. */
function nativeHistogram(tMs: number, h: PushHistogram | null, floats: boolean): number[] {
  // A marker is of the kind of the others: Prometheus 3.5 loses samples after one of the other kind.
  if (h === null) return [...(floats ? double(2, 0) : []), ...varint(3 * 8 + 1), ...STALE_BITS, ...int(15, tMs)]
  return [
    ...(h.integer ? int(1, h.count) : double(2, h.count)), ...(Number.isNaN(h.sum) ? [...varint(3 * 8 + 1), 1, 0, 0, 0, 0, 0, 0xf8, 0x7f] : double(3, h.sum)), ...sint(4, h.schema), ...double(5, h.zeroThreshold),
    ...(h.integer ? int(6, h.zeroCount) : double(7, h.zeroCount)), ...spans(8, h.negativeSpans), ...(h.integer ? deltas(9, h.negative) : doubles(10, h.negative)),
    ...spans(11, h.positiveSpans), ...(h.integer ? deltas(12, h.positive) : doubles(13, h.positive)), ...int(14, h.hint), ...int(15, tMs), ...doubles(16, h.customValues),
  ]
}

/** The compressed body of a remote write 1.0 request. @see prometheus/prompb/remote.proto */
export function pushBody(list: readonly PushSeries[]): Uint8Array<ArrayBuffer> {
  const out: number[] = []
  for (const s of list) {
    const series = labels(1, s.labels)
    for (const [t, v] of [...s.samples ?? [], ...s.marked ?? []]) series.push(...bytes(2, [...(v === null ? [...varint(1 * 8 + 1), ...STALE_BITS] : double(1, v)), ...int(2, t)]))
    if (s.exemplar !== undefined) series.push(...bytes(3, [...labels(1, { trace_id: s.exemplar[1] }), ...double(2, 0.25), ...int(3, s.exemplar[0])]))
    for (const [t, count] of s.histograms ?? []) series.push(...bytes(4, [...int(1, count), ...double(3, count / 2), ...sint(4, 0), ...double(5, 0.001), ...bytes(11, [...sint(1, 1), ...int(2, 1)]), ...bytes(12, zigzag(count)), ...int(15, t)]))
    const floats = s.native?.some(([, h]) => h?.integer === false) ?? false
    for (const [t, h] of s.native ?? []) for (const b of bytes(4, nativeHistogram(t, h, floats))) series.push(b)
    for (const b of bytes(1, series)) out.push(b)
  }
  return Uint8Array.from(snappyCompress(Uint8Array.from(out)))
}
