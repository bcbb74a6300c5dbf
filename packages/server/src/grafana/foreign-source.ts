import { labelsFromObject } from '@haechi/model'
import { QueryError } from '@haechi/storage'
import type { InstantQuery, MatrixSeries, QueryErrorKind, QueryValue, RangeQuery } from '@haechi/storage'
import type { StoredDataSource } from '../state/data-sources.ts'

/** How long another server may take. @see Grafana's setting `dataproxy.timeout` */
const TIMEOUT_MS = 30_000

/** What may be asked of a data source through this server: reading paths of Prometheus' API. */
const READING = /^(?:api\/v1\/(?!write(?:\/|$)|admin\/|otlp\/|push(?:\/|$))[\w/.:%-]+|-\/(?:healthy|ready)|federate)$/

/** The two questions that panels ask. */
export interface PanelEngine {
  range(q: RangeQuery): Promise<{ readonly value: QueryValue }>
  instant(q: InstantQuery): Promise<{ readonly value: QueryValue }>
}

/** Whether a path of a data source may be passed on. */
export function isReadingPath(path: string): boolean {
  return READING.test(path) && !/%2f|\.\./i.test(path)
}

/**
 * Asks another Prometheus with the headers and the password of its data source.
 *
 * @param path below the source's URL, with its query
 * @throws TypeError of `fetch` when it can't be reached; the signal's reason when the client is gone
 */
export function askSource(source: StoredDataSource, path: string, how: { readonly method: string; readonly body?: string | undefined; readonly accept?: string | undefined; readonly signal: AbortSignal }): Promise<Response> {
  const { settings, secrets } = source
  const headers = new Headers({ Accept: how.accept ?? 'application/json' })
  if (how.body !== undefined) headers.set('Content-Type', 'application/x-www-form-urlencoded')
  if (settings.basicAuth) headers.set('Authorization', `Basic ${Buffer.from(`${settings.basicAuthUser}:${secrets['basicAuthPassword'] ?? ''}`).toString('base64')}`)
  for (const [key, name] of Object.entries(settings.jsonData)) {
    const number = /^httpHeaderName(\d+)$/.exec(key)?.[1]
    const value = number === undefined ? undefined : secrets[`httpHeaderValue${number}`]
    if (value !== undefined && typeof name === 'string' && /^[\w-]+$/.test(name) && /^[\t\x20-\x7e]*$/.test(value)) headers.set(name, value)
  }
  return fetch(`${settings.url.replace(/\/+$/, '')}/${path}`, {
    method: how.method, headers, redirect: 'manual', signal: AbortSignal.any([how.signal, AbortSignal.timeout(TIMEOUT_MS)]), ...(how.body !== undefined && { body: how.body }),
  })
}

/** Why a data source did not answer, for people; never with its secrets. */
export function reasonUnreachable(source: StoredDataSource, err: unknown): string {
  if (err instanceof Error && err.name === 'TimeoutError') return `${source.name} (${source.settings.url}) did not answer within ${TIMEOUT_MS / 1000} s`
  const cause = err instanceof Error ? (err.cause as { readonly code?: string } | undefined)?.code ?? err.message : String(err)
  return `${source.name} (${source.settings.url}) cannot be reached: ${cause}`
}

/** Queries of panels, answered by another Prometheus. */
export function sourceEngine(source: StoredDataSource): PanelEngine {
  const ask = async (path: string, params: Readonly<Record<string, string>>, signal: AbortSignal | undefined): Promise<{ readonly value: QueryValue }> => {
    if (source.settings.type !== 'prometheus') throw new QueryError('bad_data', notPrometheus(source))
    let body: { readonly data?: unknown; readonly errorType?: unknown; readonly error?: unknown }
    try {
      const answer = await askSource(source, `api/v1/${path}`, { method: 'POST', body: new URLSearchParams(params).toString(), signal: signal ?? new AbortController().signal })
      const text = await answer.text()
      if (!/^\s*\{/.test(text)) throw new QueryError('execution', `${source.name} answered ${answer.status} with something that is no answer of Prometheus`)
      body = JSON.parse(text) as typeof body
    } catch (err) {
      if (err instanceof QueryError) throw err
      if (err instanceof SyntaxError) throw new QueryError('execution', `${source.name} answered with something that is no answer of Prometheus`)
      throw signal?.aborted === true ? new QueryError('canceled', 'the query was cancelled') : new QueryError('execution', reasonUnreachable(source, err))
    }
    if (typeof body.error === 'string') throw new QueryError(kindOf(body.errorType), body.error)
    return { value: valueOf(source, body.data) }
  }
  return {
    range: q => ask('query_range', { query: q.expr, start: String(q.startMs / 1000), end: String(q.endMs / 1000), step: String(q.stepMs / 1000) }, q.signal),
    instant: q => ask('query', { query: q.expr, time: String(q.tMs / 1000) }, q.signal),
  }
}

/** What is said of sources that are kept but can't be asked. */
export function notPrometheus(source: StoredDataSource): string {
  return `data sources of type ${JSON.stringify(source.settings.type)} are kept, but can't be asked here; only those of type "prometheus" can`
}

function kindOf(type: unknown): QueryErrorKind {
  return type === 'bad_data' || type === 'timeout' || type === 'canceled' ? type : 'execution'
}

interface Wire { readonly metric: Record<string, string>; readonly value?: readonly [number, string]; readonly values?: readonly (readonly [number, string])[] }

function valueOf(source: StoredDataSource, data: unknown): QueryValue {
  const { resultType, result } = (data ?? {}) as { readonly resultType?: unknown; readonly result?: unknown }
  if (resultType === 'matrix' && Array.isArray(result)) {
    const series = (result as Wire[]).map((r): MatrixSeries => {
      const values = r.values ?? []
      return { labels: labelsFromObject(r.metric), ts: Float64Array.from(values, v => v[0] * 1000), vs: Float64Array.from(values, v => sample(v[1])) }
    })
    return { type: 'matrix', series }
  }
  if (resultType === 'vector' && Array.isArray(result)) {
    return { type: 'vector', samples: (result as Wire[]).flatMap(r => (r.value === undefined ? [] : [{ labels: labelsFromObject(r.metric), tMs: r.value[0] * 1000, value: sample(r.value[1]) }])) }
  }
  if (resultType === 'scalar' && Array.isArray(result)) return { type: 'scalar', tMs: Number(result[0]) * 1000, value: sample(String(result[1])) }
  throw new QueryError('execution', `${source.name} answered with something that is no answer of Prometheus`)
}

function sample(text: string): number {
  return text === '+Inf' ? Infinity : text === '-Inf' ? -Infinity : Number(text)
}
