import { HOST_METRIC, SERVICE_KINDS, SERVICE_PARTS, detectServiceKind, hostQueries, libraryName, serviceParts, serviceQueries } from '@haechi/dashboards'
import type { ServiceKind } from '@haechi/dashboards'
import { METRIC_NAME, labelValue } from '@haechi/model'
import type { ActiveTarget } from '@haechi/scrape'
import type { QueryEngine } from '@haechi/storage'
import type { Health } from './diagnosis.ts'

/** PromQL texts that answer the usual questions about one service or host; absent where its metrics can't answer. Rates use `$__rate_interval`, which the UI replaces. */
export interface ServiceQueries {
  /** Requests per second, one series. */
  readonly rate?: string
  /** Share of failed requests 0..1, one series, 0 (not empty) when nothing fails. */
  readonly errorRatio?: string
  /** Seconds, one series. */
  readonly p95?: string
  /** Requests under way. */
  readonly inProgress?: string
  /** Per endpoint: requests per second, one series per endpoint label. */
  readonly rateByEndpoint?: string
  /** Busy share 0..1, one series per instance: hosts only, as the rest. */
  readonly cpu?: string
  /** Bytes. */
  readonly memoryAvailable?: string
  readonly memoryTotal?: string
  readonly diskFree?: string
  readonly diskSize?: string
}

/** One job, and what its metrics say it is. */
export interface Service {
  /** The job label. */
  readonly id: string
  readonly kind: 'service' | 'host'
  /** Its entry in the table of libraries, if it has one. */
  readonly serviceKind?: ServiceKind
  /** What exposes the metrics, e.g. `FastAPI`, `node_exporter`; undefined if not recognised. */
  readonly library?: string
  readonly instances: readonly { readonly instance: string; readonly health: Health }[]
  readonly health: Health
  readonly queries: ServiceQueries
  /** Ids of what it tells beside its requests (`SERVICE_PARTS`): database, process, runtime. Of recognised services only. */
  readonly parts?: readonly string[]
  /** The instances carry the label `demo="true"`. */
  readonly demo: boolean
  /** It is Haechi itself. */
  readonly own: boolean
}

/** How far back a series must have had a sample to count as there. */
const LOOKBACK_MS = 10 * 60_000

/** Every metric by which some library is recognised; buckets by their `+Inf` series only, which each histogram has once. */
const TELLTALES = [...new Set(SERVICE_KINDS.flatMap(k => [...Object.keys(k.detect.metrics), ...(k.detect.absent ?? []), ...(k.frameworks ?? []).map(f => f.metric), ...(k.inProgress ?? []), ...(k.latency ? [`${k.latency.metric}_bucket`] : [])]).concat(SERVICE_PARTS.flatMap(p => p.needs)))]
const OWN_METRIC = 'haechi_queries_waiting'
const SELECTORS: readonly string[] = [
  OWN_METRIC,
  `{__name__=~"${TELLTALES.filter(m => !m.endsWith('_bucket')).join('|')}"}`,
  `{__name__=~"${TELLTALES.filter(m => m.endsWith('_bucket')).join('|')}",le="+Inf"}`,
  `${HOST_METRIC}{mode="idle",cpu="0"}`,
]

/** What each job exposes, of what services are recognised by: job to metric to label names. */
type Catalogs = ReadonlyMap<string, ReadonlyMap<string, ReadonlySet<string>>>

/** One question to the engine, whatever the number of jobs. It looks at every telltale series, so it is not asked lightly. */
async function readCatalogs(engine: QueryEngine, nowMs: number): Promise<Catalogs> {
  const { value: series } = await engine.series({ matchers: SELECTORS, startMs: nowMs - LOOKBACK_MS, endMs: nowMs, priority: 'instant', kindsBy: [METRIC_NAME, 'job'] })
  const catalogs = new Map<string, Map<string, Set<string>>>()
  for (const labels of series) {
    const job = labelValue(labels, 'job')
    const metric = labelValue(labels, METRIC_NAME)
    let catalog = catalogs.get(job)
    if (catalog === undefined) catalogs.set(job, catalog = new Map())
    let names = catalog.get(metric)
    if (names === undefined) catalog.set(metric, names = new Set())
    for (let i = 0; i < labels.length; i += 2) names.add(labels[i]!)
  }
  return catalogs
}

/** A job is young, and may not show yet what it is, for this long. */
const YOUNG_MS = 120_000
/** How long an answer about what jobs expose is taken as it is: while a job is young and series come up, and else. */
const KEPT_YOUNG_MS = 2_000
const KEPT_MS = 60_000

/** Tells whether there are series that were not there before: then its answer is another. */
export interface SeriesWatch {
  seriesVersion(): string
}

/** An answer, and what there was when it was asked for. */
interface KeptCatalogs {
  readonly tMs: number
  readonly version: string | undefined
  readonly catalogs: Promise<Catalogs>
}

/**
 * Knows what each job is, from the series that it has and the state of its targets. The state is always the present one; what jobs expose changes
 * in minutes and is asked for that often. Callers that come while it is asked share the question.
 */
export class ServiceFinder {
  readonly #engine: QueryEngine
  readonly #nowMs: () => number
  /** Unix ms. */
  readonly #firstSeen = new Map<string, number>()
  readonly #changes: SeriesWatch | undefined
  #kept: KeptCatalogs | undefined

  /**
   * @param nowMs    Unix ms
   * @param changes  tells whether there are series that were not there before; without it a young job is asked about again in any case
   */
  constructor(engine: QueryEngine, nowMs: () => number, changes?: SeriesWatch) {
    this.#engine = engine
    this.#nowMs = nowMs
    this.#changes = changes
  }

  /** @param targets  all active targets; a job without any is left out @throws QueryError when the engine can't answer */
  async find(targets: readonly ActiveTarget[]): Promise<Service[]> {
    // Nothing is asked: with a file without targets no query thread is needed.
    if (targets.length === 0) return []
    const byJob = new Map<string, ActiveTarget[]>()
    for (const target of targets) {
      const job = labelValue(target.labels, 'job')
      const list = byJob.get(job)
      if (list === undefined) byJob.set(job, [target])
      else list.push(target)
    }
    const catalogs = await this.#catalogs(byJob.keys())
    return [...byJob].map(([job, list]) => service(job, list, catalogs.get(job) ?? new Map()))
  }

  #catalogs(jobs: Iterable<string>): Promise<Catalogs> {
    const nowMs = this.#nowMs()
    let isYoung = false
    for (const job of jobs) {
      if (!this.#firstSeen.has(job)) this.#firstSeen.set(job, nowMs)
      if (nowMs - this.#firstSeen.get(job)! < YOUNG_MS) isYoung = true
    }
    // Before the question: series that come while it is answered are asked about again.
    const version = this.#changes?.seriesVersion()
    const isSame = version !== undefined && version === this.#kept?.version
    if (this.#kept === undefined || nowMs - this.#kept.tMs >= (isYoung && !isSame ? KEPT_YOUNG_MS : KEPT_MS)) {
      const entry = { tMs: nowMs, version, catalogs: readCatalogs(this.#engine, nowMs) }
      this.#kept = entry
      // A failure is not an answer to keep.
      entry.catalogs.catch(() => {
        if (this.#kept === entry) this.#kept = undefined
      })
    }
    return this.#kept.catalogs
  }
}

function service(job: string, targets: readonly ActiveTarget[], catalog: ReadonlyMap<string, ReadonlySet<string>>): Service {
  const instances = targets.map(t => ({ instance: labelValue(t.labels, 'instance'), health: targetHealth(t) }))
  const base = { id: job, instances, health: jobHealth(instances.map(i => i.health)), demo: targets.every(t => labelValue(t.labels, 'demo') === 'true'), own: catalog.has(OWN_METRIC) }
  if (base.own) return { ...base, kind: 'service', library: 'Haechi', queries: {} }
  if (catalog.has(HOST_METRIC)) {
    const q = hostQueries({ job })
    const library = targets.some(t => t.inProcess) ? {} : { library: 'node_exporter' }
    return { ...base, kind: 'host', ...library, queries: { cpu: q.cpu, memoryAvailable: q.memoryAvailable, memoryTotal: q.memoryTotal, diskFree: q.diskFree, diskSize: q.diskSize } }
  }
  const kind = detectServiceKind(catalog)
  if (kind === undefined) return { ...base, kind: 'service', queries: {} }
  return { ...base, kind: 'service', serviceKind: kind, library: libraryName(kind, catalog), queries: serviceQueries(kind, job, catalog), parts: serviceParts(catalog) }
}

function targetHealth(t: ActiveTarget): Health {
  if (t.health === 'unknown') return 'unknown'
  return t.health === 'up' ? 'ok' : 'critical'
}

/** All down: critical. Some down: warning. None known yet: unknown. */
function jobHealth(instances: readonly Health[]): Health {
  if (instances.every(h => h === 'unknown')) return 'unknown'
  if (instances.every(h => h !== 'ok')) return 'critical'
  return instances.includes('critical') ? 'warning' : 'ok'
}
