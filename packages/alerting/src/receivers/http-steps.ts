import type { Notification, Notifier, SendResult } from '../notification.ts'
import { TransportError, retryAfterMs, wayOf } from '../transport.ts'
import type { HttpResponse } from '../transport.ts'
import type { ContactPoint } from '../views.ts'
import type { NotifierContext } from './notifier-context.ts'
import { redacted, secretsOf } from './redact.ts'

/** One request of a message that takes several. */
export interface StepRequest {
  readonly url: string
  readonly method: 'GET' | 'POST' | 'PUT'
  /** '' for GET. */
  readonly body: string
}

/** Sends one step and hands back its accepted answer. */
export type SendStep = (q: StepRequest) => Promise<HttpResponse>

/** A step that was refused, or whose answer can't be used. The text may hold secrets; they are taken out. */
export class StepRefused extends Error {
  readonly retryable: boolean

  constructor(message: string, retryable = false) {
    super(message)
    this.retryable = retryable
  }
}

/** A kind of receiver that asks before it tells. */
export interface SteppedReceiver {
  /** As people call it. */
  readonly service: string
  title(n: Notification): string
  /** Headers of each step, besides those of the contact point. */
  readonly headers?: Readonly<Record<string, string>>
  /** What an answer says about a refusal; default: its text. */
  reason?(answer: HttpResponse): string
  /** Reads templates before the first step. @throws Error of a template */
  prepare(n: Notification): (send: SendStep) => Promise<void>
}

/** Sends each message in steps; all of them must be accepted. What can be tried again is as with one request: 408, 429, 5xx, lost connections. */
export function steppedNotifier(r: SteppedReceiver, c: ContactPoint, { post, clock, userAgent }: NotifierContext): Notifier {
  const secrets = secretsOf(c)
  const textOf = (err: unknown): string => redacted(err instanceof Error ? err.message : String(err), secrets)
  return {
    title: n => r.title(n),
    async send(n: Notification, signal: AbortSignal): Promise<SendResult> {
      let run: (send: SendStep) => Promise<void>
      try {
        run = r.prepare(n)
      } catch (err) {
        return { ok: false, retryable: false, template: true, error: textOf(err) }
      }
      let refused: (SendResult & { readonly ok: false }) | undefined
      let status = 200
      const send: SendStep = async q => {
        const answer = await post({
          url: q.url, method: q.method, body: q.body, headers: { 'content-type': 'application/json', 'user-agent': userAgent, ...r.headers, ...c.headers }, timeoutMs: c.timeoutMs ?? 10_000, signal,
          ...wayOf(c),
        })
        status = answer.status
        if (status >= 200 && status < 300) return answer
        const wait = retryAfterMs(answer.headers['retry-after'], clock.nowMs())
        const reason = redacted(r.reason?.(answer) ?? answer.body.trim(), secrets).slice(0, 200)
        refused = {
          ok: false, httpStatus: status, retryable: status === 429 || status === 408 || status >= 500, error: `${r.service} answered HTTP ${status}${reason === '' ? '' : `: ${reason}`}`, ...(wait === undefined ? {} : { retryAfterMs: wait }),
        }
        throw new StepRefused('')
      }
      try {
        await run(send)
        return { ok: true, httpStatus: status }
      } catch (err) {
        if (refused !== undefined) return refused
        if (err instanceof TransportError) return { ok: false, retryable: true, error: err.message }
        if (err instanceof StepRefused) return { ok: false, httpStatus: status, retryable: err.retryable, error: `${r.service} refused the message: ${textOf(err)}`.slice(0, 300) }
        throw err
      }
    },
  }
}
