import type { Notification, Notifier, SendResult } from '../notification.ts'
import { TransportError, retryAfterMs, wayOf } from '../transport.ts'
import type { HttpResponse } from '../transport.ts'
import type { ContactPoint } from '../views.ts'
import type { NotifierContext } from './notifier-context.ts'
import { redacted, secretsOf } from './redact.ts'

/** One request of a receiver. Content type and user agent are added. */
export interface ReceiverRequest {
  readonly url: string
  readonly body: string
  readonly method?: 'POST' | 'PUT'
  readonly headers?: Readonly<Record<string, string>>
}

/** A kind of receiver that takes one HTTP request per message. */
export interface HttpReceiver {
  /** As people call it. */
  readonly service: string
  title(n: Notification): string
  /** @throws Error, e.g. of a template; the message is then not sent */
  request(n: Notification): ReceiverRequest
  /** What the body of an answer says about a refusal; a refusal inside of a 2xx too. Undefined: nothing. */
  /** Names of the group's messages now, where they can be changed. */
  messages?(answer: HttpResponse): readonly string[] | undefined
  refusal?(answer: HttpResponse): { readonly reason: string; readonly retryAfterMs?: number } | undefined
}

/** Sends each message in one request: 2xx is accepted; 429, 408 and 5xx may be accepted later, after what the other side asks for. */
export function httpNotifier(r: HttpReceiver, c: ContactPoint, { post, clock, userAgent }: NotifierContext): Notifier {
  const secrets = secretsOf(c)
  return {
    title: n => r.title(n),
    async send(n: Notification, signal: AbortSignal): Promise<SendResult> {
      let q: ReceiverRequest
      try {
        q = r.request(n)
      } catch (err) {
        return { ok: false, retryable: false, template: true, error: redacted(err instanceof Error ? err.message : String(err), secrets) }
      }
      let answer: HttpResponse
      try {
        answer = await post({
          url: q.url, body: q.body, headers: { 'content-type': 'application/json', 'user-agent': userAgent, ...c.headers, ...q.headers }, timeoutMs: c.timeoutMs ?? 10_000, signal,
          ...(q.method === undefined ? {} : { method: q.method }), ...wayOf(c),
        })
      } catch (err) {
        if (err instanceof TransportError) return { ok: false, retryable: true, error: err.message }
        throw err
      }
      const { status } = answer
      const refusal = r.refusal?.(answer)
      if (status >= 200 && status < 300 && refusal === undefined) {
        const messages = r.messages?.(answer)
        return { ok: true, httpStatus: status, ...(messages === undefined ? {} : { messages }) }
      }
      const wait = refusal?.retryAfterMs ?? retryAfterMs(answer.headers['retry-after'], clock.nowMs())
      const reason = redacted(refusal?.reason ?? '', secrets).slice(0, 200)
      return {
        ok: false, httpStatus: status, error: status < 300 ? `${r.service} refused the message: ${reason}` : `${r.service} answered HTTP ${status}${reason === '' ? '' : `: ${reason}`}`,
        retryable: status === 429 || status === 408 || status >= 500, ...(wait === undefined ? {} : { retryAfterMs: wait }),
      }
    },
  }
}

/** A JSON object of an answer, or none. */
export function answerObject(answer: HttpResponse): Readonly<Record<string, unknown>> {
  try {
    const json: unknown = JSON.parse(answer.body)
    return typeof json === 'object' && json !== null && !Array.isArray(json) ? (json as Record<string, unknown>) : {}
  } catch {
    return {}
  }
}
