import { lookup } from 'node:dns'
import type { LookupAddress, LookupOptions } from 'node:dns'
import { BlockList, isIP } from 'node:net'
import { gunzip } from 'node:zlib'
import type { Secret } from '@haechi/model'
import { Agent, request } from 'undici'
import { UpstreamError, upstreamError } from './upstream-fault.ts'
import type { UpstreamPlace } from './upstream-fault.ts'

/** Another server with Prometheus' HTTP API, and how it is asked. */
export interface Upstream extends UpstreamPlace {
  /** Without a stroke at the end and without a password. */
  readonly url: string
  /** How queries are sent; one that refuses POST is asked with GET. */
  readonly method: 'GET' | 'POST'
  /** Sent with every question. */
  readonly headers: readonly { readonly name: string; readonly value: Secret }[]
  /** Added to the parameters of every question, e.g. `max_source_resolution=5m`. */
  readonly params: readonly (readonly [string, string])[]
  readonly timeoutMs: number
  readonly tls: UpstreamTls
}

/** How the server proves who it is, and how we do. PEM texts. */
export interface UpstreamTls {
  readonly skipVerify: boolean
  readonly serverName?: string
  readonly ca?: string
  readonly cert?: string
  readonly key?: Secret
}

/** What is asked. */
export interface UpstreamQuestion {
  /** Below the URL, without its query, e.g. `api/v1/query`. */
  readonly path: string
  readonly params: readonly (readonly [string, string])[]
  /** Whether the parameters may be sent as a form. */
  readonly mayPost: boolean
  readonly accept?: string | undefined
  readonly signal?: AbortSignal | undefined
  /** Less time than the server has as a rule. */
  readonly timeoutMs?: number | undefined
}

/** A whole answer, decompressed. */
export interface UpstreamAnswer {
  readonly status: number
  readonly contentType: string
  readonly body: Buffer
}

/** How long another server may take where nothing else is said. @see Grafana's setting `dataproxy.timeout` */
export const UPSTREAM_TIMEOUT_MS = 30_000
/** Largest answer, decompressed. */
export const UPSTREAM_MAX_BYTES: number = 64 << 20
/** Questions to one server at once. */
const MAX_AT_ONCE = 60
/** Connections with settings of their own that are kept. */
const MAX_AGENTS = 32

const FORBIDDEN = new BlockList()
for (const [net, prefix] of [['169.254.0.0', 16], ['0.0.0.0', 8], ['224.0.0.0', 4], ['240.0.0.0', 4]] as const) FORBIDDEN.addSubnet(net, prefix, 'ipv4')
for (const [net, prefix] of [['fe80::', 10], ['ff00::', 8]] as const) FORBIDDEN.addSubnet(net, prefix, 'ipv6')
// Where clouds answer with credentials outside of the link-local networks.
FORBIDDEN.addAddress('100.100.100.200', 'ipv4')
FORBIDDEN.addAddress('fd00:ec2::254', 'ipv6')
FORBIDDEN.addAddress('::', 'ipv6')

/**
 * Whether an IP address is one that users' URLs must not reach: link-local ones (where clouds hand out credentials), multicast, and those that stand for no host.
 * Loopback and private networks are where data sources usually are.
 */
export function isForbiddenAddress(address: string): boolean {
  const plain = address.replace(/^\[|\]$/g, '').replace(/%.*$/, '')
  // An IPv4 address in IPv6 clothes, in either spelling.
  const dotted = /^(?:::ffff:|64:ff9b::)(\d+\.\d+\.\d+\.\d+)$/i.exec(plain)?.[1]
  const words = /^(?:::ffff:|64:ff9b::)([0-9a-f]{1,4}):([0-9a-f]{1,4})$/i.exec(plain)
  const inner = dotted ?? (words === null ? undefined : [words[1]!, words[2]!].flatMap(w => [Number.parseInt(w, 16) >> 8, Number.parseInt(w, 16) & 255]).join('.'))
  if (inner !== undefined) return FORBIDDEN.check(inner, 'ipv4')
  const family = isIP(plain)
  return family !== 0 && FORBIDDEN.check(plain, family === 6 ? 'ipv6' : 'ipv4')
}

/** A forbidden address behind a name. */
class ForbiddenAddress extends Error {
  readonly address: string

  constructor(address: string) {
    super(`the address ${address} is forbidden`)
    this.address = address
  }
}

/** The system's resolver without the addresses that must not be reached: checked where the connection is made, so that no later answer of the name server can change it. */
function checkedLookup(hostname: string, options: LookupOptions, callback: (err: NodeJS.ErrnoException | null, address: string | LookupAddress[], family?: number) => void): void {
  lookup(hostname, { ...options, all: true }, (err, found) => {
    if (err !== null) return callback(err, '')
    const bad = found.find(a => isForbiddenAddress(a.address))
    if (bad !== undefined) return callback(new ForbiddenAddress(bad.address), '')
    if (options.all === true) callback(null, found)
    else callback(null, found[0]!.address, found[0]!.family)
  })
}

const agents = new Map<string, Agent>()

/** Connections by their TLS settings; those of servers that nobody asks any more are closed. */
function agentFor(tls: UpstreamTls): Agent {
  const key = JSON.stringify([tls.skipVerify, tls.serverName, tls.ca, tls.cert, tls.key?.reveal()])
  const known = agents.get(key)
  if (known !== undefined) return known
  const agent = new Agent({
    connect: {
      lookup: checkedLookup, timeout: 10_000, rejectUnauthorized: !tls.skipVerify, ...(tls.serverName === undefined ? {} : { servername: tls.serverName }), ...(tls.ca === undefined ? {} : { ca: tls.ca }),
      ...(tls.cert === undefined ? {} : { cert: tls.cert }), ...(tls.key === undefined ? {} : { key: tls.key.reveal() }),
    },
    keepAliveTimeout: 30_000, keepAliveMaxTimeout: 60_000, maxHeaderSize: 64 * 1024, bodyTimeout: 0, headersTimeout: 0,
  })
  agents.set(key, agent)
  if (agents.size > MAX_AGENTS) {
    const [oldest, old] = agents.entries().next().value!
    agents.delete(oldest)
    void old.close().catch(() => undefined)
  }
  return agent
}

const running = new Map<string, number>()

/**
 * Asks another server and reads its whole answer, whatever its status. Redirects are not followed.
 *
 * @throws UpstreamError for everything that keeps an answer away; the signal's reason when the asker is gone
 */
export async function askUpstream(upstream: Upstream, question: UpstreamQuestion): Promise<UpstreamAnswer> {
  const count = running.get(upstream.url) ?? 0
  if (count >= MAX_AT_ONCE) throw upstreamError('upstream_busy', upstream, String(MAX_AT_ONCE))
  running.set(upstream.url, count + 1)
  try {
    const post = question.mayPost && upstream.method === 'POST'
    const answer = await send(upstream, question, post)
    // Servers and proxies that take no forms. @see Grafana `promclient`: 405 and 400 on POST are asked again with GET
    return post && answer.status === 405 ? await send(upstream, question, false) : answer
  } finally {
    const left = (running.get(upstream.url) ?? 1) - 1
    if (left <= 0) running.delete(upstream.url)
    else running.set(upstream.url, left)
  }
}

async function send(upstream: Upstream, question: UpstreamQuestion, post: boolean): Promise<UpstreamAnswer> {
  const host = new URL(upstream.url).hostname
  if (isForbiddenAddress(host)) throw upstreamError('upstream_forbidden_address', upstream, host.replace(/^\[|\]$/g, ''))
  const timeoutMs = Math.max(1, Math.min(question.timeoutMs ?? Infinity, upstream.timeoutMs))
  const timeout = AbortSignal.timeout(timeoutMs)
  const text = new URLSearchParams([...question.params, ...upstream.params] as [string, string][]).toString()
  const headers: Record<string, string> = { 'accept': question.accept ?? 'application/json', 'accept-encoding': 'gzip', 'user-agent': 'Haechi' }
  if (post) headers['content-type'] = 'application/x-www-form-urlencoded'
  for (const { name, value } of upstream.headers) headers[name.toLowerCase()] = value.reveal()
  try {
    const answer = await request(`${upstream.url}/${question.path}${post || text === '' ? '' : `?${text}`}`, {
      dispatcher: agentFor(upstream.tls), method: post ? 'POST' : 'GET', headers, ...(post ? { body: text } : {}), signal: question.signal === undefined ? timeout : AbortSignal.any([question.signal, timeout]),
    })
    const body = await wholeBody(upstream, answer.body, String(answer.headers['content-encoding'] ?? ''))
    if (answer.statusCode >= 300 && answer.statusCode < 400) throw upstreamError('upstream_redirect', upstream, `${answer.statusCode}, ${placeOf(String(answer.headers['location'] ?? ''), upstream.url)}`)
    return { status: answer.statusCode, contentType: String(answer.headers['content-type'] ?? ''), body }
  } catch (err) {
    if (err instanceof UpstreamError) throw err
    if (question.signal?.aborted === true) throw question.signal.reason
    throw failureOf(upstream, err, timeout.aborted, timeoutMs)
  }
}

/** Where a redirect leads, without what may be secret in it. */
function placeOf(location: string, base: string): string {
  if (!URL.canParse(location, base)) return 'nowhere'
  const url = new URL(location, base)
  return `${url.origin}${url.pathname}`.slice(0, 200)
}

async function wholeBody(upstream: Upstream, stream: AsyncIterable<Buffer>, encoding: string): Promise<Buffer> {
  const tooLarge = (): UpstreamError => upstreamError('upstream_too_large', upstream, String(UPSTREAM_MAX_BYTES >> 20))
  const pieces: Buffer[] = []
  let size = 0
  for await (const piece of stream) {
    size += piece.length
    if (size > UPSTREAM_MAX_BYTES) throw tooLarge()
    pieces.push(piece)
  }
  const raw = Buffer.concat(pieces, size)
  // Nothing else was offered.
  if ((encoding !== 'gzip' && encoding !== 'x-gzip') || raw.length === 0) return raw
  return await new Promise<Buffer>((resolve, reject) => {
    gunzip(raw, { maxOutputLength: UPSTREAM_MAX_BYTES }, (err: NodeJS.ErrnoException | null, out: Buffer) => {
      if (err === null) resolve(out)
      else reject(err.code === 'ERR_BUFFER_TOO_LARGE' ? tooLarge() : upstreamError('upstream_cut', upstream, `bad ${encoding}`, err))
    })
  })
}

function failureOf(upstream: Upstream, err: unknown, isTimeout: boolean, timeoutMs: number): UpstreamError {
  if (isTimeout) return upstreamError('upstream_timeout', upstream, String(Math.round(timeoutMs / 100) / 10), err)
  // Where several addresses were tried, each has its own reason.
  const first = err instanceof AggregateError ? err.errors[0] as unknown : err
  if (first instanceof ForbiddenAddress) return upstreamError('upstream_forbidden_address', upstream, first.address)
  const { code = '', message = String(first) } = (first ?? {}) as { readonly code?: string; readonly message?: string }
  const host = new URL(upstream.url).hostname
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') return upstreamError('upstream_no_such_host', upstream, host, err)
  if (code === 'UND_ERR_CONNECT_TIMEOUT' || code === 'ETIMEDOUT') return upstreamError('upstream_timeout', upstream, '10', err)
  if (code === 'ECONNREFUSED' || code === 'EHOSTUNREACH' || code === 'ENETUNREACH') return upstreamError('upstream_refused', upstream, code, err)
  if (/CERT|SELF_SIGNED|UNABLE_TO|ERR_TLS|ERR_SSL|EPROTO/.test(code)) return upstreamError('upstream_tls', upstream, code === 'EPROTO' || code.startsWith('ERR_SSL') ? 'no TLS there' : code, err)
  return upstreamError('upstream_cut', upstream, code === '' ? message.slice(0, 200) : code, err)
}

/** The fault of an answer that is no answer of Prometheus' API; undefined for one that is, be it an error of it. */
export function faultOfAnswer(upstream: Upstream, { status, body, contentType }: UpstreamAnswer): UpstreamError | undefined {
  const start = body.subarray(0, 300).toString('latin1').trimStart()
  if (start.startsWith('{') && (body.length > 4096 ? start : body.toString('latin1')).includes('"status"')) return undefined
  const said = start.split('\n', 1)[0]!.slice(0, 120)
  if (/no org id|X-Scope-OrgID/i.test(start)) return upstreamError('upstream_tenant', upstream, said)
  if (status === 401 || status === 407) return upstreamError('upstream_unauthorized', upstream)
  if (status === 403) return upstreamError('upstream_forbidden', upstream)
  if (status === 404) return upstreamError('upstream_not_found', upstream)
  if (start.startsWith('<') || /text\/html/.test(contentType)) return upstreamError('upstream_web_page', upstream, String(status))
  if (status >= 500) return upstreamError('upstream_failed', upstream, said === '' || said.startsWith('{') ? String(status) : `${status}, ${said}`)
  return upstreamError('upstream_not_prometheus', upstream, status < 400 || said === '' ? String(status) : `${status}, ${said}`)
}
