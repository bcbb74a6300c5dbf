import { parseDurationMs } from '@haechi/dashboards'
import { Secret } from '@haechi/model'
import { UPSTREAM_TIMEOUT_MS, UpstreamError, askUpstream, faultOfAnswer, remoteEngine, upstreamError } from '@haechi/remote'
import type { BothLanguages, Upstream, UpstreamAnswer, UpstreamFaultCode } from '@haechi/remote'
import { QueryError } from '@haechi/storage'
import type { QueryEngine } from '@haechi/storage'
import type { StoredDataSource } from '../state/data-sources.ts'

/** What may be asked of a data source through this server: reading paths of Prometheus' API. */
const READING = /^(?:api\/v1\/(?!write(?:\/|$)|admin\/|otlp\/|push(?:\/|$)|import(?:\/|$))[\w/.:%-]+|-\/(?:healthy|ready)|federate)$/

/** Kinds of data sources that answer Prometheus' HTTP API. */
const PROMQL_TYPES: ReadonlySet<string> = new Set(['prometheus', 'victoriametrics-metrics-datasource', 'victoriametrics-datasource', 'mimir', 'thanos', 'cortex'])

/** Headers that belong to the connection, not to the question. */
const OWN_HEADERS: ReadonlySet<string> = new Set(['host', 'content-length', 'transfer-encoding', 'connection', 'upgrade', 'te', 'trailer', 'keep-alive', 'expect', 'accept-encoding'])

/** Longest time that a data source may give itself. */
const MOST_TIMEOUT_MS = 600_000

/** Whether a path of a data source may be passed on. */
export function isReadingPath(path: string): boolean {
  return READING.test(path) && !/%2f|\.\./i.test(path)
}

/** Whether sources of this type can be asked. */
export function isPromqlType(type: string): boolean {
  return PROMQL_TYPES.has(type)
}

/** A data source as a server to be asked: its headers, password, TLS and limits. */
export function upstreamOf({ name, settings, secrets }: Pick<StoredDataSource, 'name' | 'settings' | 'secrets'>): Upstream {
  const { jsonData } = settings
  const text = (key: string): string => (typeof jsonData[key] === 'string' ? jsonData[key] : '')
  const headers: { name: string; value: Secret }[] = []
  if (settings.basicAuth) headers.push({ name: 'Authorization', value: new Secret(`Basic ${Buffer.from(`${settings.basicAuthUser}:${secrets['basicAuthPassword'] ?? ''}`).toString('base64')}`) })
  for (const [key, header] of Object.entries(jsonData)) {
    const number = /^httpHeaderName(\d+)$/.exec(key)?.[1]
    const value = number === undefined ? undefined : secrets[`httpHeaderValue${number}`]
    if (value !== undefined && typeof header === 'string' && /^[\w-]+$/.test(header) && !OWN_HEADERS.has(header.toLowerCase()) && /^[\t\x20-\x7e]*$/.test(value)) headers.push({ name: header, value: new Secret(value) })
  }
  const seconds = Number(jsonData['timeout'])
  const timeoutMs = seconds > 0 ? seconds * 1000 : parseDurationMs(text('queryTimeout')) ?? UPSTREAM_TIMEOUT_MS
  const { tlsClientCert: cert, tlsClientKey: key, tlsCACert: ca } = secrets
  const hasCert = jsonData['tlsAuth'] === true && cert !== undefined && key !== undefined
  return {
    name, url: settings.url.replace(/\/+$/, ''), method: text('httpMethod').toUpperCase() === 'GET' ? 'GET' : 'POST', headers, params: [...new URLSearchParams(text('customQueryParameters'))],
    timeoutMs: Math.min(Math.max(1, timeoutMs), MOST_TIMEOUT_MS),
    tls: {
      skipVerify: jsonData['tlsSkipVerify'] === true, ...(text('serverName') === '' ? {} : { serverName: text('serverName') }), ...(jsonData['tlsAuthWithCACert'] === true && ca !== undefined ? { ca } : {}),
      ...(hasCert ? { cert, key: new Secret(key) } : {}),
    },
  }
}

/** Queries answered by another server. @throws QueryError when the source is of a kind that can't be asked */
export function sourceEngine(source: StoredDataSource): QueryEngine {
  if (!isPromqlType(source.settings.type)) throw new QueryError('bad_data', notPrometheus(source))
  return remoteEngine(() => upstreamOf(source))
}

/** What is said of sources that are kept but can't be asked. */
export function notPrometheus(source: Pick<StoredDataSource, 'settings'>): string {
  return `data sources of type ${JSON.stringify(source.settings.type)} are kept, but can't be asked here; only those of type "prometheus" can`
}

/** How a data source did when it was tried. */
export type SourceProbe =
  | { readonly ok: true; readonly ms: number; readonly application: string; readonly version: string }
  | { readonly ok: false; readonly code: UpstreamFaultCode | 'bad_query'; readonly what: BothLanguages; readonly next: BothLanguages; readonly url?: string }

/** Where servers have their API when it is not at the top. */
const USUAL_PREFIXES = ['/prometheus', '/select/0/prometheus', '/api/prom'] as const

/** Tries a source as Grafana's "Save & test" does: a query first, then what it is. Where the address is nearly right, the right one is told. @throws the signal's reason */
export async function probeSource(upstream: Upstream, signal: AbortSignal): Promise<SourceProbe> {
  const began = performance.now()
  try {
    const answer = await tryQuery(upstream, signal)
    const body = JSON.parse(answer.body.toString('utf8')) as { readonly status?: unknown; readonly error?: unknown }
    if (body.status !== 'success') {
      const said = String(body.error ?? answer.status).slice(0, 300)
      return { ok: false, code: 'bad_query', what: { en: `${upstream.name} (${upstream.url}) refuses the query 1+1: ${said}`, ko: `${upstream.name} (${upstream.url})이(가) 1+1 질의를 거절했습니다: ${said}` }, next: upstreamError('upstream_failed', upstream).next }
    }
    const ms = performance.now() - began
    return { ok: true, ms, ...await identityOf(upstream, signal) }
  } catch (err) {
    if (err instanceof SyntaxError) return faultProbe(upstreamError('upstream_not_prometheus', upstream, '200'))
    if (!(err instanceof UpstreamError)) throw err
    if (err.code !== 'upstream_not_found' && err.code !== 'upstream_web_page' && err.code !== 'upstream_redirect' && err.code !== 'upstream_not_prometheus') return faultProbe(err)
    for (const prefix of USUAL_PREFIXES) {
      if (upstream.url.endsWith(prefix)) continue
      const url = upstream.url + prefix
      try {
        const answer = await tryQuery({ ...upstream, url }, signal)
        if (answer.body.includes('"success"')) return { ...faultProbe(err), url }
      } catch (next) {
        if (!(next instanceof UpstreamError)) throw next
      }
    }
    return faultProbe(err)
  }
}

function faultProbe({ code, what, next }: UpstreamError): Extract<SourceProbe, { ok: false }> {
  return { ok: false, code, what, next }
}

async function tryQuery(upstream: Upstream, signal: AbortSignal): Promise<UpstreamAnswer> {
  const answer = await askUpstream(upstream, { path: 'api/v1/query', params: [['query', '1+1'], ['time', '4']], mayPost: true, signal, timeoutMs: 10_000 })
  const fault = faultOfAnswer(upstream, answer)
  if (fault !== undefined) throw fault
  return answer
}

/** What it calls itself. Not every server tells. @see Grafana's data source: `features` present means Mimir */
async function identityOf(upstream: Upstream, signal: AbortSignal): Promise<{ readonly application: string; readonly version: string }> {
  try {
    const answer = await askUpstream(upstream, { path: 'api/v1/status/buildinfo', params: [], mayPost: false, signal, timeoutMs: 5000 })
    const { data } = JSON.parse(answer.body.toString('utf8')) as { readonly data?: { readonly version?: unknown; readonly application?: unknown; readonly features?: unknown; readonly goVersion?: unknown } }
    const version = typeof data?.version === 'string' ? data.version : ''
    const application = typeof data?.application === 'string' ? data.application.replace(/^(?:Grafana )?/, '') : data?.features !== undefined ? 'Mimir' : data?.goVersion === undefined && version === '2.24.0' ? 'VictoriaMetrics' : 'Prometheus'
    return { application, version: application === 'VictoriaMetrics' ? '' : version }
  } catch (err) {
    if (!(err instanceof UpstreamError) && !(err instanceof SyntaxError)) throw err
    return { application: '', version: '' }
  }
}
