import type { PushHistogram, PushLabels, PushSeries } from '../support/write-request.ts'
import type { DataSet, FuzzMetric } from './data-set.ts'
import { Random } from './random.ts'

/** The last instant of the data, Unix ms: 2026-11-21 20:00 UTC. */
export const DATA_END_MS = 1_795_291_200_000
/** The first one. */
export const DATA_START_MS: number = DATA_END_MS - 40 * 60_000
const INTERVAL_MS = 15_000
/** Samples of each series in one request; floats and histograms of a mixed series come in turn, so requests are in the order of time. */
const SLICE = 40

/** The smallest number in full precision: of those below, logarithms are wrong on the reference's platform (Go's `math.Log` on amd64 gives ln 5e-324 as -709.1, it is -744.4). */
const SMALLEST = 2.2250738585072014e-308

const JOBS = ['api', 'db']
const INSTANCES = ['a:1', 'b:1', 'c:1']
const LE = ['0.1', '0.5', '1', '5', '+Inf']

const METRICS: readonly FuzzMetric[] = [
  { name: 'fz_requests_total', kind: 'counter', labels: { job: JOBS, instance: INSTANCES, path: ['/', '/x'] } },
  { name: 'fz_errors_total', kind: 'counter', labels: { job: JOBS, instance: INSTANCES } },
  { name: 'fz_gauge', kind: 'gauge', labels: { job: JOBS, instance: INSTANCES } },
  { name: 'fz_zone', kind: 'gauge', labels: { job: JOBS, instance: INSTANCES, zone: ['n', 's'] } },
  { name: 'fz_special', kind: 'gauge', labels: { instance: INSTANCES, kind: ['nan', 'inf', 'mixed', 'zero'] } },
  { name: 'fz_flapping', kind: 'gauge', labels: { job: JOBS, instance: INSTANCES } },
  { name: 'fz_sparse', kind: 'gauge', labels: { instance: INSTANCES } },
  { name: 'fz_time_seconds', kind: 'gauge', labels: { instance: INSTANCES } },
  { name: 'fz_duration_seconds_bucket', kind: 'classic', labels: { job: JOBS, instance: INSTANCES, le: LE } },
  { name: 'fz_odd_bucket', kind: 'classic', labels: { instance: INSTANCES, le: ['0.5', '1.0', 'x', '5'] } },
  { name: 'fz_native', kind: 'native', labels: { job: JOBS, instance: INSTANCES } },
  { name: 'fz_native_float', kind: 'native', labels: { instance: INSTANCES } },
  { name: 'fz_native_gauge', kind: 'native', labels: { instance: INSTANCES } },
  { name: 'fz_custom', kind: 'native', labels: { job: JOBS, instance: INSTANCES } },
  { name: 'fz_mixed', kind: 'mixed', labels: { instance: INSTANCES } },
  { name: 'fz_both', kind: 'mixed', labels: { instance: INSTANCES, le: LE } },
  { name: '지표.utf8', kind: 'gauge', labels: { '라벨.one': ['값', 'b c'], instance: INSTANCES } },
  { name: 'target_info', kind: 'info', labels: { job: JOBS, instance: INSTANCES, version: ['1', '2'] } },
]

type Kind = 'float' | 'native'
interface Row { readonly labels: PushLabels; readonly kind: Kind; readonly samples: (readonly [number, number | null])[]; readonly native: (readonly [number, PushHistogram | null])[] }

/** A cumulative histogram that grows; `copy` is what a scrape would see. */
class Growing {
  schema: number
  readonly custom: readonly number[]
  readonly integer: boolean
  readonly counts: Map<number, number> = new Map()
  readonly negatives: Map<number, number> = new Map()
  zero = 0
  sum = 0
  zeroThreshold = 0.001

  constructor(schema: number, integer: boolean, custom: readonly number[] = []) {
    this.schema = schema
    this.integer = integer
    this.custom = custom
  }

  grow(r: Random): void {
    // No bucket reaches into the zero bucket: bucket i begins at 2^((i - 1) / 2^schema).
    const lo = this.custom.length > 0 ? 0 : this.zeroThreshold > 0.1 ? 1 - 2 * 2 ** this.schema : -3
    const hi = this.custom.length > 0 ? this.custom.length : 6
    for (let n = r.int(0, 4); n > 0; n--) {
      const by = this.integer ? r.int(1, 3) : r.int(1, 12) / 4
      const bucket = r.int(lo, hi)
      this.counts.set(bucket, (this.counts.get(bucket) ?? 0) + by)
      this.sum += by * (bucket + 1) / 2
    }
    if (this.custom.length > 0) return
    if (r.chance(0.3)) this.zero += 1
    if (r.chance(0.2)) {
      const bucket = r.int(Math.max(lo, -1), 2)
      this.negatives.set(bucket, (this.negatives.get(bucket) ?? 0) + 1)
      this.sum -= 1
    }
  }

  /** A restart: everything at zero. */
  reset(): void {
    this.counts.clear()
    this.negatives.clear()
    this.zero = 0
    this.sum = 0
  }

  copy(hint = 0): PushHistogram {
    const [positiveSpans, positive] = sides(this.counts)
    const [negativeSpans, negative] = sides(this.negatives)
    const count = this.zero + [...positive, ...negative].reduce((a, b) => a + b, 0)
    return { integer: this.integer, schema: this.custom.length > 0 ? -53 : this.schema, count, sum: this.sum, zeroThreshold: this.custom.length > 0 ? 0 : this.zeroThreshold, zeroCount: this.zero, positiveSpans, positive, negativeSpans, negative, customValues: this.custom, hint }
  }
}

function sides(counts: ReadonlyMap<number, number>): [number[], number[]] {
  const spans: number[] = []
  const values: number[] = []
  let next: number | undefined
  for (const [bucket, v] of [...counts].sort((a, b) => a[0] - b[0])) {
    if (next === bucket) spans[spans.length - 1]!++
    else spans.push(next === undefined ? bucket : bucket - next, 1)
    next = bucket + 1
    values.push(v)
  }
  return [spans, values]
}

/** Made-up samples of every kind: floats, special values, staleness markers, gaps, resets, native histograms of every kind, names outside of ASCII. */
export function syntheticData(seed: string): DataSet {
  const r = new Random(`data/${seed}`)
  const rows: Row[] = []
  const add = (labels: PushLabels, kind: Kind): Row => {
    const row: Row = { labels, kind, samples: [], native: [] }
    rows.push(row)
    return row
  }
  const times = (row: Row, at: (t: number, i: number) => void): void => {
    const jitter = r.chance(0.5) ? r.int(1, 900) : 0
    const from = r.chance(0.15) ? r.int(0, 40) : 0
    for (let i = from, t = DATA_START_MS + r.int(0, 14_999) + from * INTERVAL_MS; t <= DATA_END_MS; i++, t += INTERVAL_MS) at(jitter === 0 ? t : Math.min(DATA_END_MS, t + r.int(0, jitter)), i)
    void row
  }
  for (const metric of METRICS) {
    for (const labels of combinations(metric.labels)) {
      if (r.chance(0.12)) continue
      const all = { __name__: metric.name, ...labels }
      switch (metric.kind) {
        case 'counter': counter(add(all, 'float')); break
        case 'info': if (labels['version'] === (labels['instance'] === 'a:1' ? '1' : '2')) gauge(add(all, 'float'), () => 1); break
        case 'gauge': gauges(metric.name, labels, add(all, 'float')); break
        case 'native': native(metric.name, add(all, 'native')); break
        case 'mixed':
          if (metric.name === 'fz_mixed') mixed(add(all, 'float'))
          else if (labels['le'] === '0.1') native('fz_native', add({ __name__: metric.name, instance: labels['instance']! }, 'native'))
          break
        default:
      }
    }
  }
  classic('fz_duration_seconds_bucket', LE, JOBS)
  classic('fz_odd_bucket', ['0.5', '1.0', 'x', '5'], [undefined])
  classic('fz_both', LE, [undefined])

  function counter(row: Row): void {
    let v = r.int(0, 50)
    times(row, (t, i) => {
      if (r.chance(0.02)) v = 0
      if (r.chance(0.7)) v += r.int(0, 40) / 4
      if (i % 50 > 44 && r.chance(0.7)) return
      if (r.chance(0.01)) row.samples.push([t, null])
      else row.samples.push([t, v])
    })
  }
  function gauge(row: Row, value: (i: number, t: number) => number | null | undefined): void {
    times(row, (t, i) => {
      const v = value(i, t)
      if (v !== undefined) row.samples.push([t, v])
    })
  }
  function gauges(name: string, labels: PushLabels, row: Row): void {
    switch (name) {
      case 'fz_special': return gauge(row, i => special(labels['kind']!, i))
      case 'fz_flapping': return gauge(row, i => (i % 24 < 14 ? r.int(-8, 8) / 2 : i % 24 === 14 ? null : undefined))
      case 'fz_sparse': return gauge(row, i => (i % 12 === 0 ? r.int(1, 99) : undefined))
      case 'fz_time_seconds': return gauge(row, (_i, t) => Math.floor(t / 1000) - r.int(0, 90_000_000))
      default: return gauge(row, () => r.int(-160, 160) / 8)
    }
  }
  function special(kind: string, i: number): number {
    if (kind === 'nan') return i % 3 === 0 ? NaN : r.int(0, 9)
    if (kind === 'inf') return i % 4 === 0 ? Infinity : i % 4 === 1 ? -Infinity : r.int(0, 9)
    if (kind === 'zero') return i % 5 === 0 ? -0 : 0
    return r.pick([NaN, Infinity, -Infinity, 0, 1e300, -1e300, SMALLEST, 1])
  }
  function native(name: string, row: Row): void {
    const custom = name === 'fz_custom' ? r.pick([[1, 2, 5], [1, 2, 5], [0.5, 2, 10]]) : []
    let h = new Growing(r.pick([0, 0, 1, 2]), name !== 'fz_native_float', custom)
    const hint = name === 'fz_native_gauge' ? 3 : 0
    times(row, (t, i) => {
      if (r.chance(0.02) && custom.length === 0) {
        h = new Growing(r.pick([0, 1, 3]), h.integer)
        if (r.chance(0.3)) h.zeroThreshold = 0.25
      } else if (r.chance(0.02)) h.reset()
      else if (custom.length > 0 && r.chance(0.01)) h = new Growing(0, h.integer, r.pick([[1, 5], [1, 2, 5], [2, 4, 8, 16]]))
      if (hint === 3 && r.chance(0.3)) h.reset()
      h.grow(r)
      if (i % 60 > 54) return
      row.native.push([t, r.chance(0.01) ? null : h.copy(hint)])
    })
  }
  function mixed(row: Row): void {
    const h = new Growing(1, true)
    let v = 0
    times(row, (t, i) => {
      h.grow(r)
      v += r.int(0, 5)
      // Runs of each kind, so that windows see one, the other and both.
      if (Math.floor(i / SLICE) % 2 === 0) row.samples.push([t, v])
      else row.native.push([t, h.copy()])
    })
  }
  function classic(name: string, bounds: readonly string[], jobs: readonly (string | undefined)[]): void {
    for (const job of jobs) {
      for (const instance of INSTANCES) {
        const counts = bounds.map(() => 0)
        const own = bounds.map(le => add({ __name__: name, ...(job === undefined ? {} : { job }), instance, le }, 'float'))
        for (let t = DATA_START_MS + r.int(0, 14_999); t <= DATA_END_MS; t += INTERVAL_MS) {
          if (r.chance(0.01)) counts.fill(0)
          const from = r.int(0, bounds.length - 1)
          const by = r.int(0, 6)
          for (let b = from; b < bounds.length; b++) counts[b]! += by
          // Now and then a scrape caught the buckets while they were being written.
          own.forEach((row, b) => row.samples.push([t, counts[b]! + (name !== 'fz_duration_seconds_bucket' && r.chance(0.02) ? 3 : 0)]))
        }
      }
    }
  }
  return { name: 'synthetic', metrics: METRICS, startMs: DATA_START_MS, endMs: DATA_END_MS, intervalMs: INTERVAL_MS, requests: slices(rows) }
}

/** A slice of time per request. */
function slices(rows: readonly Row[]): PushSeries[][] {
  const out: PushSeries[][] = []
  const span = SLICE * INTERVAL_MS / 4
  for (let from = DATA_START_MS; from <= DATA_END_MS; from += span) {
    const within = <T>(list: readonly (readonly [number, T])[]): (readonly [number, T])[] => list.filter(([t]) => t >= from && t < from + span)
    for (const kind of ['samples', 'native'] as const) {
      const request: PushSeries[] = []
      for (const row of rows) {
        const first = (row.samples.find(([t]) => t >= from)?.[0] ?? Infinity) <= (row.native.find(([t]) => t >= from)?.[0] ?? Infinity) ? 'samples' : 'native'
        // A series with both in this slice: what is older goes first.
        const turn = kind === 'samples' ? first : first === 'samples' ? 'native' : 'samples'
        if (turn === 'samples') {
          const samples = within(row.samples)
          if (samples.length > 0) request.push({ labels: row.labels, marked: samples })
        } else {
          const histograms = within(row.native)
          if (histograms.length > 0) request.push({ labels: row.labels, native: histograms })
        }
      }
      if (request.length > 0) out.push(request)
    }
  }
  return out
}

function* combinations(labels: Readonly<Record<string, readonly string[]>>): Generator<PushLabels> {
  const names = Object.keys(labels)
  const walk = function* (i: number, so: PushLabels): Generator<PushLabels> {
    if (i === names.length) {
      yield so
      return
    }
    for (const value of labels[names[i]!]!) yield* walk(i + 1, { ...so, [names[i]!]: value })
  }
  yield* walk(0, {})
}
