import { Agent, request } from 'undici'
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
  readonly timeoutMs: number
  readonly signal: AbortSignal
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

/** Posts over undici with kept connections. Redirects are not followed: they are answers. */
export function createHttpPost(): { readonly post: HttpPost; readonly close: () => Promise<void> } {
  // One pool for each way of checking certificates.
  const agents = new Map<string, Agent>()
  const agentFor = (tls: TlsSettings | undefined): Agent => {
    const key = JSON.stringify(tls ?? {})
    let agent = agents.get(key)
    if (agent === undefined) {
      const checks = tls === undefined ? {} : {
        rejectUnauthorized: !tls.insecure, ...(tls.ca === undefined ? {} : { ca: tls.ca }), ...(tls.cert === undefined ? {} : { cert: tls.cert }), ...(tls.key === undefined ? {} : { key: tls.key }),
        ...(tls.serverName === undefined ? {} : { servername: tls.serverName }),
      }
      agents.set(key, agent = new Agent({ connect: { timeout: 10_000, ...checks }, keepAliveTimeout: 30_000, connections: 8 }))
    }
    return agent
  }
  const post: HttpPost = async r => {
    const timeout = AbortSignal.timeout(r.timeoutMs)
    try {
      const answer = await request(r.url, {
        method: r.method ?? 'POST', headers: r.headers, ...(r.method === 'GET' ? {} : { body: r.bytes ?? r.body }), dispatcher: agentFor(r.tls), signal: AbortSignal.any([r.signal, timeout]), headersTimeout: r.timeoutMs, bodyTimeout: r.timeoutMs,
      })
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
