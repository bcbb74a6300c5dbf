import { Agent, ProxyAgent, request } from 'undici'
import type { Dispatcher } from 'undici'
import type { Proxy } from '@haechi/model/proxy'
import type { TlsSettings } from './receivers/settings.ts'

/** One request to the outside. */
export interface HttpRequest {
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
  /** Sent in the place of `body`, which then is its readable part. */
  readonly bytes?: Uint8Array
  /** Default POST. */
  readonly method?: 'POST' | 'PUT' | 'PATCH' | 'GET'
  readonly tls?: TlsSettings
  readonly proxy?: Proxy
  /** Redirects that send the same request again (307, 308) are followed unless this is false; others are answers, because what they lead to gets no message. */
  readonly followRedirects?: boolean
  readonly timeoutMs: number
  readonly signal: AbortSignal
}

/** How requests of a contact point or to an Alertmanager go out, where it is not the usual way. */
export function wayOf(c: Pick<HttpRequest, 'tls' | 'proxy' | 'followRedirects'>): Pick<HttpRequest, 'tls' | 'proxy' | 'followRedirects'> {
  return { ...(c.tls === undefined ? {} : { tls: c.tls }), ...(c.proxy === undefined ? {} : { proxy: c.proxy }), ...(c.followRedirects === undefined ? {} : { followRedirects: c.followRedirects }) }
}

/** The answer: header names in lower case, at most 64 KiB of the body. */
export interface HttpResponse {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

/** Sends a body. Rejects with {@link TransportError} when there is no answer. */
export type HttpPost = (r: HttpRequest) => Promise<HttpResponse>

/** There was no answer. The message never holds the address, which may be a secret. */
export class TransportError extends Error {
  /** Whether the other side may have read the request all the same. */
  readonly mayHaveArrived: boolean
  constructor(message: string, mayHaveArrived = true) {
    super(message)
    this.name = 'TransportError'
    this.mayHaveArrived = mayHaveArrived
  }
}

/** There was no connection: nothing was sent. */
const NOTHING_SENT: ReadonlySet<string> = new Set([
  'ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH', 'UND_ERR_CONNECT_TIMEOUT', 'CERT_HAS_EXPIRED', 'DEPTH_ZERO_SELF_SIGNED_CERT', 'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'SELF_SIGNED_CERT_IN_CHAIN', 'ERR_TLS_CERT_ALTNAME_INVALID', 'ERR_INVALID_URL',
])

const MAX_ANSWER_BYTES = 64 * 1024

const WORDS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'connection refused', ECONNRESET: 'connection reset by peer', ENOTFOUND: 'no such host', EAI_AGAIN: 'temporary failure in name resolution', EHOSTUNREACH: 'no route to host',
  ENETUNREACH: 'network is unreachable', ETIMEDOUT: 'timed out', UND_ERR_CONNECT_TIMEOUT: 'connecting timed out', UND_ERR_HEADERS_TIMEOUT: 'timed out waiting for an answer',
  UND_ERR_BODY_TIMEOUT: 'timed out reading the answer', UND_ERR_SOCKET: 'connection closed by the other side', CERT_HAS_EXPIRED: 'its certificate has expired',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'its certificate is self-signed', UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'its certificate can not be verified', ERR_INVALID_URL: 'the address is not a URL',
}

function codeOf(err: unknown): string {
  return err instanceof Error && 'code' in err ? String(err.code) : ''
}

function reasonOf(err: unknown): string {
  const code = codeOf(err)
  return WORDS[code] ?? (code !== '' ? code : err instanceof Error && err.name === 'TimeoutError' ? 'timed out' : 'no connection')
}

/** As Go's client. */
const MAX_REDIRECTS = 10
/** Headers that are for the host that was meant, not for one that it points to. */
const FOR_ONE_HOST: ReadonlySet<string> = new Set(['authorization', 'cookie', 'www-authenticate', 'proxy-authorization'])

/** Posts over undici with kept connections. */
export function createHttpPost(): { readonly post: HttpPost; readonly close: () => Promise<void> } {
  // One pool for each way of connecting.
  const agents = new Map<string, Dispatcher>()
  const agentFor = (tls: TlsSettings | undefined, proxy: Proxy | undefined): Dispatcher => {
    const key = JSON.stringify([tls ?? {}, proxy?.url, proxy?.headers])
    let agent = agents.get(key)
    if (agent === undefined) {
      const connect = { timeout: 10_000, ...(tls === undefined ? {} : {
        rejectUnauthorized: !tls.insecure, ...(tls.ca === undefined ? {} : { ca: tls.ca }), ...(tls.cert === undefined ? {} : { cert: tls.cert }), ...(tls.key === undefined ? {} : { key: tls.key }),
        ...(tls.serverName === undefined ? {} : { servername: tls.serverName }),
      }) }
      agent = proxy === undefined ? new Agent({ connect, keepAliveTimeout: 30_000, connections: 8 }) : new ProxyAgent({ uri: proxy.url, headers: proxy.headers, requestTls: connect, proxyTunnel: false, keepAliveTimeout: 30_000, connections: 8 })
      agents.set(key, agent)
    }
    return agent
  }
  const post: HttpPost = async r => {
    const timeout = AbortSignal.timeout(r.timeoutMs)
    const signal = AbortSignal.any([r.signal, timeout])
    const ask = (url: URL, headers: Readonly<Record<string, string>>): Promise<Dispatcher.ResponseData> => request(url, {
      method: r.method ?? 'POST', headers, ...(r.method === 'GET' ? {} : { body: r.bytes ?? r.body }), dispatcher: agentFor(r.tls, r.proxy?.spares(url) === false ? r.proxy : undefined), signal, headersTimeout: r.timeoutMs, bodyTimeout: r.timeoutMs,
    })
    try {
      let url = new URL(r.url)
      let sent = r.headers
      let answer = await ask(url, sent)
      for (let i = 0; i < MAX_REDIRECTS && r.followRedirects !== false && (answer.statusCode === 307 || answer.statusCode === 308); i++) {
        const location = answer.headers['location']
        const next = typeof location === 'string' && URL.canParse(location, url.href) ? new URL(location, url) : undefined
        // Never from TLS to plain text: the message and its secrets would be read on the way.
        if (next === undefined || (next.protocol !== 'https:' && next.protocol !== url.protocol)) break
        await answer.body.dump()
        if (next.host !== url.host) sent = Object.fromEntries(Object.entries(sent).filter(([name]) => !FOR_ONE_HOST.has(name.toLowerCase())))
        url = next
        answer = await ask(url, sent)
      }
      let size = 0
      const chunks: Buffer[] = []
      for await (const chunk of answer.body as AsyncIterable<Buffer>) {
        if (size < MAX_ANSWER_BYTES) chunks.push(chunk)
        size += chunk.length
        // A flood is cut: what was read is enough to tell what it was.
        if (size > MAX_ANSWER_BYTES) {
          answer.body.destroy()
          break
        }
      }
      const headers: Record<string, string> = {}
      for (const [name, value] of Object.entries(answer.headers)) if (value !== undefined) headers[name] = Array.isArray(value) ? value.join(', ') : value
      return { status: answer.statusCode, headers, body: Buffer.concat(chunks).subarray(0, MAX_ANSWER_BYTES).toString('utf8') }
    } catch (err) {
      if (r.signal.aborted) throw r.signal.reason
      if (timeout.aborted) throw new TransportError('timed out')
      throw new TransportError(reasonOf(err), !NOTHING_SENT.has(codeOf(err)))
    }
  }
  return { post, close: async () => { await Promise.all([...agents.values()].map(a => a.destroy())) } }
}

/** Where a URL leads, without what may be a secret: `https://discord.com/…`. */
export function maskUrl(url: string): string {
  try {
    const u = new URL(url)
    return `${u.protocol}//${u.host}/…`
  } catch {
    return '…'
  }
}

/** Seconds or a date of a `Retry-After` header, in ms from now. */
export function retryAfterMs(header: string | undefined, nowMs: number): number | undefined {
  if (header === undefined) return undefined
  const seconds = Number(header)
  if (header.trim() !== '' && Number.isFinite(seconds) && seconds >= 0) return seconds * 1000
  // `Date.parse` takes a lone number for a date.
  const date = /[a-z]{3}/i.test(header) ? Date.parse(header) : NaN
  return Number.isNaN(date) ? undefined : Math.max(0, date - nowMs)
}
