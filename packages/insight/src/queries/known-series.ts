import { METRIC_NAME, demandedMetricName, labelValue, matchesValue } from '@haechi/model'
import type { Labels } from '@haechi/model'
import { SERVICE_KINDS, escapePattern, quotePromql } from '@haechi/dashboards'
import type { VectorSelector } from '@haechi/promql'
import type { QueryEngine } from '@haechi/storage'
import { VARIABLE_MARK } from './expr-facts.ts'
import type { KnownSeries } from './expr-facts.ts'

/** How far back a series must have had a sample to count as there. */
const LOOKBACK_MS = 10 * 60_000
/** How far back a job counts as known: one that was stopped an hour ago is no slip of the pen. */
const JOBS_MS = 60 * 60_000
/** Most metrics of one question. */
const MOST_METRICS = 400
/** Labels whose values matter to the diagnoses; all have few. */
const STATUS_LABELS = ['status', 'code', 'status_code'] as const
const BY: readonly string[] = [METRIC_NAME, 'job', 'le', ...STATUS_LABELS]

interface SeriesKind {
  readonly names: ReadonlySet<string>
  /** Values of the labels in `BY`, '' for all others. */
  readonly labels: Labels
}

/** What the storage had for some selectors when it was asked. */
export class SeriesSnapshot implements KnownSeries {
  /** Values of `job` that some series of the last hour has. */
  readonly jobs: ReadonlySet<string>
  readonly #kinds: ReadonlyMap<string, readonly SeriesKind[]>

  constructor(jobs: ReadonlySet<string>, series: readonly Labels[]) {
    this.jobs = jobs
    const kinds = new Map<string, SeriesKind[]>()
    for (const labels of series) {
      const names = new Set<string>()
      for (let i = 0; i < labels.length; i += 2) if (labels[i] !== METRIC_NAME) names.add(labels[i]!)
      const metric = labelValue(labels, METRIC_NAME)
      const list = kinds.get(metric)
      if (list === undefined) kinds.set(metric, [{ names, labels }])
      else list.push({ names, labels })
    }
    this.#kinds = kinds
  }

  of(selector: VectorSelector): ReturnType<KnownSeries['of']> {
    const found = this.#found(selector, undefined)
    if (found.length === 0) return undefined
    let highestBucket: number | undefined
    for (const { labels } of found) {
      const le = labelValue(labels, 'le')
      const bound = le === '' ? NaN : Number(le)
      if (Number.isFinite(bound) && (highestBucket === undefined || bound > highestBucket)) highestBucket = bound
    }
    return { kinds: found.map(k => k.names), highestBucket }
  }

  /** Whether any series has this name. */
  has(metric: string): boolean {
    return this.#kinds.has(metric)
  }

  /** Values of a label of status codes among the series that a selector finds but for its own condition on that label. */
  statusValues(selector: VectorSelector, label: string): ReadonlySet<string> {
    return new Set(this.#found(selector, label).map(k => labelValue(k.labels, label)).filter(v => v !== ''))
  }

  /** Series kinds that the conditions don't exclude, as far as their values are known. @param but  a label whose conditions are passed over */
  #found(selector: VectorSelector, but: string | undefined): SeriesKind[] {
    const metric = demandedMetricName(selector.matchers)
    const kinds = metric === undefined ? undefined : this.#kinds.get(metric)
    if (kinds === undefined) return []
    return kinds.filter(({ names, labels }) => selector.matchers.every(m => {
      if (m.name === but || m.name === METRIC_NAME || m.value.includes(VARIABLE_MARK)) return true
      if (BY.includes(m.name)) return matchesValue(m, labelValue(labels, m.name))
      // The value isn't known; that there is none is.
      return names.has(m.name) || matchesValue(m, '')
    }))
  }
}

/** The buckets of another histogram of the same library, with finer ones, if it has one; both as `…_bucket`. */
export function finerHistogram(bucketMetric: string): string | undefined {
  const kind = SERVICE_KINDS.find(k => k.latency !== undefined && k.endpointLatency !== undefined && `${k.endpointLatency.metric}_bucket` === bucketMetric && k.latency.metric !== k.endpointLatency.metric)
  return kind === undefined ? undefined : `${kind.latency!.metric}_bucket`
}

/** Whether the values of a label are known to {@link SeriesSnapshot.statusValues}. */
export function isStatusLabel(name: string): boolean {
  return (STATUS_LABELS as readonly string[]).includes(name)
}

/**
 * Asks what series there are for these selectors: two or three questions of label sets, answered in a query thread.
 * @throws QueryError when the engine can't answer
 */
export async function readKnownSeries(engine: QueryEngine, selectors: readonly VectorSelector[], nowMs: number): Promise<SeriesSnapshot> {
  const named = selectors.map(s => demandedMetricName(s.matchers) ?? '')
  const metrics = [...new Set([...named, ...named.map(name => finerHistogram(name) ?? '')])].filter(name => name !== '')
  const { value: jobs } = await engine.labelValues('job', { matchers: [], startMs: nowMs - JOBS_MS, endMs: nowMs, priority: 'instant' })
  const series: Labels[] = []
  for (let i = 0; i < metrics.length; i += MOST_METRICS) {
    const names = metrics.slice(i, i + MOST_METRICS).map(escapePattern).join('|')
    const { value } = await engine.series({ matchers: [`{${METRIC_NAME}=~${quotePromql(names)}}`], startMs: nowMs - LOOKBACK_MS, endMs: nowMs, priority: 'instant', kindsBy: BY })
    series.push(...value)
  }
  return new SeriesSnapshot(new Set(jobs), series)
}
