import { snappyCompress } from 'hysnappy'

/** A label set as a test writes it. */
export type PushLabels = Readonly<Record<string, string>>

/** What one series of a remote write request brings. */
export interface PushSeries {
  readonly labels: PushLabels
  readonly samples?: readonly (readonly [tMs: number, value: number])[]
  /** Integer native histograms of schema 0 with one bucket that holds `count`. */
  readonly histograms?: readonly (readonly [tMs: number, count: number])[]
  readonly exemplar?: readonly [tMs: number, traceId: string]
}

const varint = (v: number): number[] => (v < 128 ? [v] : [(v % 128) | 128, ...varint(Math.floor(v / 128))])
const zigzag = (v: number): number[] => varint(v < 0 ? -2 * v - 1 : 2 * v)
const bytes = (field: number, b: readonly number[]): number[] => [...varint(field * 8 + 2), ...varint(b.length), ...b]
const text = (field: number, s: string): number[] => bytes(field, [...Buffer.from(s)])
const int = (field: number, v: number): number[] => [...varint(field * 8), ...varint(v)]
const sint = (field: number, v: number): number[] => [...varint(field * 8), ...zigzag(v)]
const double = (field: number, v: number): number[] => [...varint(field * 8 + 1), ...new Uint8Array(Float64Array.of(v).buffer)]
const labels = (field: number, l: PushLabels): number[] => Object.entries(l).sort(([a], [b]) => (a < b ? -1 : 1)).flatMap(([name, value]) => bytes(field, [...text(1, name), ...text(2, value)]))

/** The compressed body of a remote write 1.0 request. @see prometheus/prompb/remote.proto */
export function pushBody(list: readonly PushSeries[]): Uint8Array<ArrayBuffer> {
  const out: number[] = []
  for (const s of list) {
    const series = labels(1, s.labels)
    for (const [t, v] of s.samples ?? []) series.push(...bytes(2, [...double(1, v), ...int(2, t)]))
    if (s.exemplar !== undefined) series.push(...bytes(3, [...labels(1, { trace_id: s.exemplar[1] }), ...double(2, 0.25), ...int(3, s.exemplar[0])]))
    for (const [t, count] of s.histograms ?? []) series.push(...bytes(4, [...int(1, count), ...double(3, count / 2), ...sint(4, 0), ...double(5, 0.001), ...bytes(11, [...sint(1, 1), ...int(2, 1)]), ...bytes(12, zigzag(count)), ...int(15, t)]))
    for (const b of bytes(1, series)) out.push(b)
  }
  return Uint8Array.from(snappyCompress(Uint8Array.from(out)))
}
