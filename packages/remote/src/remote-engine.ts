import { compareLabels, compareText, labelsFromObject } from '@haechi/model'
import type { Labels } from '@haechi/model'
import { QueryError } from '@haechi/storage'
import type { Answer, ExemplarQuery, ExemplarSeries, InstantQuery, JsonAnswer, QueryEngine, QueryErrorKind, QueryOptions, QueryValue, RangeQuery, SeriesQuery } from '@haechi/storage'
import { numberOfText, valueOfJson } from './json-values.ts'
import { askUpstream, faultOfAnswer } from './upstream.ts'
import type { Upstream, UpstreamAnswer } from './upstream.ts'
import { UpstreamError, upstreamError } from './upstream-fault.ts'

/** A failure of another server as a query's: what to do is with it. */
export class UpstreamQueryError extends QueryError {
  readonly upstream: UpstreamError

  constructor(err: UpstreamError) {
    super(err.code === 'upstream_timeout' ? 'timeout' : 'unavailable', err.message)
    this.name = 'UpstreamQueryError'
    this.upstream = err
  }
}

interface Envelope {
  readonly status?: unknown
  readonly data?: unknown
  readonly errorType?: unknown
  readonly error?: unknown
  readonly warnings?: unknown
  readonly infos?: unknown
}

type Param = readonly [string, string]

/**
 * The questions of the query seam, answered by another server's HTTP API: Prometheus, VictoriaMetrics, Thanos, Mimir. Its own errors come as they are; what keeps an
 * answer away comes as {@link UpstreamQueryError}. It can't explain a query; what it keeps of exemplars it tells.
 *
 * @param upstream asked at each question, so that it may change
 */
export function remoteEngine(upstream: () => Upstream): QueryEngine {
  const ask = async (path: string, params: readonly Param[], mayPost: boolean, options: QueryOptions): Promise<{ readonly answer: UpstreamAnswer; readonly at: Upstream }> => {
    const at = upstream()
    try {
      const answer = await askUpstream(at, { path: `api/v1/${path}`, params, mayPost, signal: options.signal, timeoutMs: options.timeoutMs })
      const fault = faultOfAnswer(at, answer)
      if (fault !== undefined) throw fault
      return { answer, at }
    } catch (err) {
      if (err instanceof UpstreamError) throw new UpstreamQueryError(err)
      if (options.signal?.aborted === true) throw new QueryError('canceled', 'query was canceled')
      throw err
    }
  }
  const envelope = async (path: string, params: readonly Param[], mayPost: boolean, options: QueryOptions): Promise<{ readonly body: Envelope; readonly at: Upstream }> => {
    const { answer, at } = await ask(path, params, mayPost, options)
    return { body: readEnvelope(at, answer), at }
  }
  const json = async (path: string, params: readonly Param[], mayPost: boolean, options: QueryOptions): Promise<JsonAnswer> => {
    const { answer, at } = await ask(path, params, mayPost, options)
    // An error is short and is read; an answer goes on as it came.
    if (answer.status !== 200 || answer.body.subarray(0, 64).includes('"error"')) readEnvelope(at, answer)
    return { body: answer.body }
  }
  const value = async (path: string, params: readonly Param[], options: QueryOptions): Promise<Answer<QueryValue>> => {
    const { body, at } = await envelope(path, params, true, options)
    const found = valueOfJson(body.data)
    if (found === undefined) throw new UpstreamQueryError(upstreamError('upstream_not_prometheus', at, '200'))
    return { value: found, ...annotations(body) }
  }
  const list = async <T>(path: string, params: readonly Param[], mayPost: boolean, q: SeriesQuery, read: (data: readonly unknown[]) => T[]): Promise<Answer<T[]>> => {
    const { body, at } = await envelope(path, params, mayPost, q)
    // VictoriaMetrics writes null for an empty list.
    const data = body.data ?? []
    if (!Array.isArray(data)) throw new UpstreamQueryError(upstreamError('upstream_not_prometheus', at, '200'))
    return { value: read(data), ...annotations(body) }
  }
  return {
    instant: q => value('query', instantParams(q), q),
    range: q => value('query_range', rangeParams(q), q),
    instantJson: q => json('query', instantParams(q), true, q),
    rangeJson: q => json('query_range', rangeParams(q), true, q),
    series: async q => {
      const found = await list('series', seriesParams(q), true, q, data => data.map(s => labelsFromObject(s as Record<string, string>)))
      return q.kindsBy === undefined ? { ...found, value: found.value.sort(compareLabels) } : { ...found, value: kindsOf(found.value, q.kindsBy) }
    },
    seriesJson: q => json('series', seriesParams(q), true, q),
    labelNames: q => list('labels', seriesParams(q), true, q, data => data.map(String).sort(compareText)),
    labelNamesJson: q => json('labels', seriesParams(q), true, q),
    labelValues: (name, q) => list(`label/${encodeURIComponent(name)}/values`, seriesParams(q), false, q, data => data.map(String).sort(compareText)),
    labelValuesJson: (name, q) => json(`label/${encodeURIComponent(name)}/values`, seriesParams(q), false, q),
    exemplars: async q => {
      const { body } = await envelope('query_exemplars', exemplarParams(q), true, {})
      return Array.isArray(body.data) ? (body.data as WireExemplars[]).map(exemplarSeries) : []
    },
  }
}

/** @throws QueryError with the server's own sentence */
function readEnvelope(at: Upstream, answer: UpstreamAnswer): Envelope {
  let body: Envelope
  try {
    body = JSON.parse(answer.body.toString('utf8')) as Envelope
  } catch {
    throw new UpstreamQueryError(upstreamError('upstream_not_prometheus', at, String(answer.status)))
  }
  if (body.status === 'success') return body
  if (typeof body.error === 'string') throw new QueryError(kindOf(body.errorType, answer.status), body.error)
  throw new UpstreamQueryError(upstreamError('upstream_not_prometheus', at, String(answer.status)))
}

/** VictoriaMetrics writes the status as the kind. */
function kindOf(type: unknown, status: number): QueryErrorKind {
  if (type === 'bad_data' || type === 'timeout' || type === 'canceled' || type === 'execution' || type === 'internal' || type === 'unavailable') return type
  return status === 400 ? 'bad_data' : status === 503 || status === 504 ? 'timeout' : 'execution'
}

function annotations(body: Envelope): { readonly warnings: readonly string[]; readonly infos: readonly string[] } {
  const texts = (v: unknown): readonly string[] => (Array.isArray(v) ? v.filter(x => typeof x === 'string') : [])
  return { warnings: texts(body.warnings), infos: texts(body.infos) }
}

function optionParams(q: QueryOptions): Param[] {
  return [
    ...(q.timeoutMs === undefined || !Number.isFinite(q.timeoutMs) ? [] : [['timeout', `${Math.max(1, Math.round(q.timeoutMs))}ms`] as const]), ...(q.limit === undefined || q.limit === 0 ? [] : [['limit', String(q.limit)] as const]),
    ...(q.lookbackMs === undefined ? [] : [['lookback_delta', `${q.lookbackMs}ms`] as const]), ...(q.stats === undefined || q.stats === '' ? [] : [['stats', q.stats] as const]),
  ]
}

function instantParams(q: InstantQuery): Param[] {
  return [['query', q.expr], ['time', seconds(q.tMs)], ...optionParams(q)]
}

function rangeParams(q: RangeQuery): Param[] {
  return [['query', q.expr], ['start', seconds(q.startMs)], ['end', seconds(q.endMs)], ['step', seconds(q.stepMs)], ...optionParams(q)]
}

/** What bounds no time is not sent: not every server reads the longest times. */
function spanParams(startMs: number, endMs: number): Param[] {
  return [...(startMs > -8.64e15 ? [['start', seconds(startMs)] as const] : []), ...(endMs < 8.64e15 ? [['end', seconds(endMs)] as const] : [])]
}

function seriesParams(q: SeriesQuery): Param[] {
  return [...q.matchers.map(m => ['match[]', m] as const), ...spanParams(q.startMs, q.endMs), ...(q.limit === undefined || q.limit === 0 ? [] : [['limit', String(q.limit)] as const])]
}

function exemplarParams(q: ExemplarQuery): Param[] {
  return [['query', q.expr], ...spanParams(q.startMs, q.endMs)]
}

function seconds(ms: number): string {
  return String(ms / 1000)
}

/** Label sets whose values count in some labels only, each kind once. */
function kindsOf(all: readonly Labels[], by: readonly string[]): Labels[] {
  const kinds = new Map<string, Labels>()
  for (const labels of all) {
    const kind = labels.map((x, i) => (i % 2 === 0 || by.includes(labels[i - 1]!) ? x : ''))
    kinds.set(kind.join('\n'), kind)
  }
  return [...kinds.values()]
}

interface WireExemplars { readonly seriesLabels: Record<string, string>; readonly exemplars: readonly { readonly labels: Record<string, string>; readonly value: string; readonly timestamp: number }[] }

function exemplarSeries(s: WireExemplars): ExemplarSeries {
  return { labels: labelsFromObject(s.seriesLabels), exemplars: s.exemplars.map(e => ({ labels: labelsFromObject(e.labels), value: numberOfText(e.value), tMs: Math.round(e.timestamp * 1000) })) }
}
