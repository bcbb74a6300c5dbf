import { labelsText, varyingLabels } from '@haechi/dashboards'
import { isAbort } from './failure.ts'
import { sampleValue } from '../format/quantity.ts'
import type { GridSeries } from '../state/view-types.ts'
import { apiOf, askSamplesOf, getJson } from './client.ts'

/** Labels as the API writes them. */
export type LabelMap = Readonly<Record<string, string>>

/** What `POST /api/v1/query_range` is asked. Times in Unix ms; `start` and `end` are aligned to the step here. */
export interface RangeQuery {
  readonly expr: string
  readonly fromMs: number
  readonly toMs: number
  readonly stepMs: number
}

/** The answer of a range query on the grid of its steps. */
export interface RangeAnswer {
  readonly fromMs: number
  readonly toMs: number
  readonly stepMs: number
  readonly series: readonly GridSeries[]
  readonly warnings: readonly string[]
}

/** One line of an instant answer. */
export interface InstantSample {
  readonly labels: LabelMap
  /** NaN for a histogram. */
  readonly value: number
  /** As the API wrote it. */
  readonly text: string
}

/** The answer of an instant query. */
export interface InstantAnswer {
  readonly resultType: 'vector' | 'scalar' | 'string' | 'matrix'
  readonly samples: readonly InstantSample[]
  readonly warnings: readonly string[]
}

interface WireHistogram { readonly count: string; readonly sum: string }
interface WireSeries {
  readonly metric: LabelMap
  readonly value?: readonly [number, string]
  readonly histogram?: readonly [number, WireHistogram]
  readonly values?: readonly (readonly [number, string])[]
}

/** Puts an answer's points on the grid of its steps; what is missing is NaN, so that gaps stay gaps. Points off the grid are dropped. */
export function seriesOnGrid(result: readonly WireSeries[], startMs: number, endMs: number, stepMs: number): GridSeries[] {
  const n = Math.floor((endMs - startMs) / stepMs) + 1
  const ts = new Float64Array(n)
  for (let i = 0; i < n; i++) ts[i] = startMs + i * stepMs
  const shared = varyingLabels(result.map(r => r.metric))
  return result.map(r => {
    const vs = new Float64Array(n).fill(NaN)
    for (const [t, text] of r.values ?? []) {
      const i = Math.round((t * 1000 - startMs) / stepMs)
      if (i >= 0 && i < n) vs[i] = sampleValue(text)
    }
    const id = labelsText(r.metric)
    const name = shared.length === 0 || shared.length > 3 ? id : shared.map(label => r.metric[label] ?? '').filter(v => v !== '').join(' · ')
    return { id, name: name === '' || name === '{}' ? id : name, labels: r.metric, ts, vs }
  })
}

/** POST /api/v1/query_range. @throws ApiFailure with Prometheus' message */
export async function queryRange(query: RangeQuery, signal?: AbortSignal, source?: string): Promise<RangeAnswer> {
  const { stepMs } = query
  // Aligned to the step: the same moments are asked again at the next refresh, so that lines do not wobble.
  const startMs = Math.floor(query.fromMs / stepMs) * stepMs
  const endMs = Math.max(startMs, Math.floor(query.toMs / stepMs) * stepMs)
  const data = await askSamplesOf<{ readonly result: readonly WireSeries[]; readonly warnings?: readonly string[] }>(
    source, 'query_range', { query: query.expr, start: startMs / 1000, end: endMs / 1000, step: stepMs / 1000 }, signal)
  return { fromMs: query.fromMs, toMs: query.toMs, stepMs, series: seriesOnGrid(data.result, startMs, endMs, stepMs), warnings: data.warnings ?? [] }
}

/** POST /api/v1/query at one moment, Unix ms. @throws ApiFailure with Prometheus' message */
export async function queryInstant(expr: string, timeMs: number, signal?: AbortSignal, source?: string): Promise<InstantAnswer> {
  const data = await askSamplesOf<{ readonly resultType: InstantAnswer['resultType']; readonly result: unknown }>(source, 'query', { query: expr, time: timeMs / 1000 }, signal)
  if (data.resultType === 'scalar' || data.resultType === 'string') {
    const [, text] = data.result as readonly [number, string]
    return { resultType: data.resultType, samples: [{ labels: {}, value: data.resultType === 'scalar' ? sampleValue(text) : NaN, text }], warnings: [] }
  }
  const samples = (data.result as readonly WireSeries[]).map(r => {
    const text = r.value?.[1] ?? r.values?.at(-1)?.[1]
    if (text !== undefined) return { labels: r.metric, value: sampleValue(text), text }
    const histogram = r.histogram?.[1]
    return { labels: r.metric, value: NaN, text: histogram === undefined ? '' : `count ${histogram.count}, sum ${histogram.sum}` }
  })
  return { resultType: data.resultType, samples, warnings: [] }
}

/** A firing or pending alert. GET /api/v1/alerts */
export interface AlertView {
  readonly labels: LabelMap
  readonly annotations: LabelMap
  readonly state: 'pending' | 'firing'
  /** RFC 3339. */
  readonly activeAt: string
  readonly value: string
}

/** The alerts that are pending or firing now. */
export async function getAlerts(signal?: AbortSignal): Promise<readonly AlertView[]> {
  return (await getJson<{ readonly alerts: readonly AlertView[] }>('api/v1/alerts', {}, signal)).alerts
}

/** All metric names, sorted. */
export function getMetricNames(signal?: AbortSignal, source?: string): Promise<readonly string[]> {
  return getJson<readonly string[]>(`${apiOf(source)}/label/__name__/values`, {}, signal)
}

/** The label sets of a metric's series in a time range, at most `limit` of them. GET /api/v1/series */
export function getSeries(metric: string, fromMs: number, toMs: number, limit: number, signal?: AbortSignal, source?: string): Promise<readonly LabelMap[]> {
  return getJson<readonly LabelMap[]>(`${apiOf(source)}/series`, { 'match[]': `{__name__=${JSON.stringify(metric)}}`, start: fromMs / 1000, end: toMs / 1000, limit }, signal)
}

/** What the targets say about their metrics: name -> type and help. */
export type MetadataMap = Readonly<Record<string, readonly { readonly type: string; readonly help: string; readonly unit?: string }[]>>

/** GET /api/v1/metadata. Other servers need not know it: what the metrics are is then unknown. */
export async function getMetadata(signal?: AbortSignal, source?: string): Promise<MetadataMap> {
  try {
    return await getJson<MetadataMap>(`${apiOf(source)}/metadata`, {}, signal) ?? {}
  } catch (err) {
    if (source === undefined || isAbort(err)) throw err
    return {}
  }
}

/** Whether the server can read a query: resolves, or throws the ApiFailure whose message names the place. GET /api/v1/format_query */
export async function checkQuery(expr: string, signal?: AbortSignal, source?: string): Promise<void> {
  await getJson<string>(`${apiOf(source)}/format_query`, { query: expr }, signal)
}
