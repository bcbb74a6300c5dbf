import type { ServiceKind } from '@haechi/dashboards'
import type { InstantSample, LabelMap } from '../../api/prometheus.ts'
import { sampleValue } from '../../format/quantity.ts'
import type { GridSeries } from '../../state/view-types.ts'
import { percentileOf, scaled } from './percentile.ts'
import type { Bucket, Percentile } from './percentile.ts'

/** Rate, errors and duration of one service or endpoint over the time range. */
export interface RedRow {
  readonly key: string
  readonly job: string
  /** Absent: the whole service. */
  readonly endpoint?: string
  /** Requests per second, mean of the range; NaN: unknown. */
  readonly rate: number
  /** Share of failed requests of the range, 0..1; NaN: nothing was asked. */
  readonly errorRatio: number
  readonly p50: Percentile | undefined
  readonly p95: Percentile | undefined
  readonly p99: Percentile | undefined
  /** The metric whose buckets the percentiles come from. */
  readonly metric?: string
  /** Lines over the range; the arrays belong to the answers. */
  readonly rates: Float64Array
  readonly failures: Float64Array
  readonly p95s: Float64Array
}

/** What was answered about the services of one kind. */
export interface RedAnswers {
  readonly kind: ServiceKind
  /** Of a question about one job, whose answer doesn't name it. */
  readonly job?: string
  readonly rate: readonly GridSeries[]
  readonly failed: readonly GridSeries[]
  readonly p95: readonly GridSeries[]
  readonly buckets: readonly InstantSample[]
  readonly metric?: string
  readonly toSeconds: number
}

const EMPTY = new Float64Array(0)

/** The mean of what is there; NaN of nothing. */
export function meanOf(vs: Float64Array): number {
  let sum = 0
  let n = 0
  for (let i = 0; i < vs.length; i++) {
    if (Number.isNaN(vs[i]!)) continue
    sum += vs[i]!
    n++
  }
  return n === 0 ? NaN : sum / n
}

/** Failed requests among all, over the whole range; NaN when nothing was asked. */
export function failedShare(rates: Float64Array, failures: Float64Array): number {
  let all = 0
  let bad = 0
  for (let i = 0; i < rates.length; i++) {
    if (Number.isNaN(rates[i]!)) continue
    all += rates[i]!
    // No series of failures: none failed.
    if (failures[i]! > 0) bad += failures[i]!
  }
  return all > 0 ? Math.min(1, bad / all) : NaN
}

/** One row per service, or per service and endpoint, of all answers. An endpoint without a name is left out: it is what the library could not tell. */
export function redRows(answers: readonly RedAnswers[], by: 'job' | 'endpoint'): RedRow[] {
  return answers.flatMap(a => {
    const label = a.kind.requests.endpoint
    if (by === 'endpoint' && label === undefined) return []
    const place = (labels: LabelMap): { readonly job: string; readonly endpoint: string; readonly key: string } => {
      const job = labels['job'] ?? a.job ?? ''
      const endpoint = by === 'endpoint' ? labels[label!] ?? '' : ''
      return { job, endpoint, key: `${job}\n${endpoint}` }
    }
    const failed = new Map(a.failed.map(s => [place(s.labels).key, s.vs]))
    const slow = new Map(a.p95.map(s => [place(s.labels).key, s.vs]))
    const buckets = new Map<string, Bucket[]>()
    for (const s of a.buckets) {
      const le = s.labels['le']
      if (le === undefined) continue
      const { key } = place(s.labels)
      const list = buckets.get(key)
      const bucket = { le: sampleValue(le), count: s.value }
      if (list === undefined) buckets.set(key, [bucket])
      else list.push(bucket)
    }
    return a.rate.flatMap((s): RedRow[] => {
      const { job, endpoint, key } = place(s.labels)
      if (by === 'endpoint' && endpoint === '') return []
      const own = buckets.get(key) ?? []
      const at = (q: number): Percentile | undefined => scaled(percentileOf(own, q), a.toSeconds)
      const failures = failed.get(key) ?? EMPTY
      return [{
        key, job, ...(by === 'endpoint' ? { endpoint } : {}), rate: meanOf(s.vs), errorRatio: failedShare(s.vs, failures), p50: at(0.5), p95: at(0.95), p99: at(0.99),
        ...(a.metric === undefined ? {} : { metric: a.metric }), rates: s.vs, failures, p95s: slow.get(key) ?? EMPTY,
      }]
    })
  })
}
