import { labelValue } from '@haechi/model'
import { backoffMs } from './retry.ts'
import type { Notification, Notifier, SendResult } from './notification.ts'
import type { DeliveryStats } from './delivery-stats.ts'
import { tappedMail, tappedPost } from './exchange.ts'
import { MailError } from './mail-transport.ts'
import type { MailPost } from './mail-transport.ts'
import { TransportError } from './transport.ts'
import { secretsOf } from './receivers/redact.ts'
import type { HttpPost } from './transport.ts'
import type { AlertingLog, AlertingStore, Clock, ContactPoint, DeliveryAttempt, DeliveryExchange, RepeatReason, StoredDelivery } from './views.ts'

/** What sending needs from outside. */
export interface SenderContext {
  readonly clock: Clock
  readonly store: AlertingStore
  readonly log: AlertingLog
  /** 0..1; passed in so that tests are repeatable. */
  readonly random: () => number
  readonly post: HttpPost
  readonly mail?: MailPost
  /** Counts attempts and messages. */
  readonly stats?: DeliveryStats
}

/** Makes the notifier over the transports that it is handed. @throws Error when the settings can't be used */
export type MakeNotifier = (post: HttpPost, mail: MailPost | undefined) => Notifier

/** What came of a message. */
export type DeliveryOutcome =
  | { readonly ok: true; /** See `SendResult`. */ readonly messages?: readonly string[] }
  | { readonly ok: false; readonly error: string; /** It may have arrived all the same. */ readonly uncertain?: boolean; /** When it is worth another try, from now. */ readonly retryAfterMs?: number; /** The same message will not be accepted later either. */ readonly final: boolean }

/** Shortest wait that the other side may ask for. */
const SHORTEST_WAIT_MS = 100

/** Longest wait that the other side may ask for: beyond it a wrong number would silence a contact point for good. */
const LONGEST_WAIT_MS = 3_600_000

/** Of an answer that is kept, characters. */
const MAX_ANSWER = 300

/** Attempts end by their own timeout only. */
const NEVER: AbortSignal = new AbortController().signal

/** Sends to one contact point: one after the other, respecting what the other side asks for, each attempt written down. */
export class ContactSender {
  readonly contactPoint: ContactPoint
  readonly #notifier: Notifier
  readonly #context: SenderContext
  /** Nothing is sent before, Unix ms. */
  #notBeforeMs = 0
  /** The address is no more. */
  #gone: string | undefined
  #queue: Promise<unknown> = Promise.resolve()

  /** What the attempt under way sent and got, for trials. */
  #exchange: DeliveryExchange | undefined
  /** Whether the attempt under way may have arrived though it had no answer. */
  #isUncertain = false

  constructor(contactPoint: ContactPoint, make: MakeNotifier, context: SenderContext) {
    this.contactPoint = contactPoint
    this.#context = context
    const secrets = secretsOf(contactPoint)
    const { mail } = context
    this.#notifier = make(
      this.#watched(tappedPost(context.post, secrets, e => { this.#exchange = e }), r => (r.method ?? 'POST') === 'POST'),
      mail === undefined ? undefined : this.#watched(tappedMail(mail, secrets, e => { this.#exchange = e }), () => true),
    )
  }

  /** Notes requests without an answer that may have arrived. What only changes what is there (an edited message) can't be there twice. */
  #watched<Q, A>(send: (q: Q) => Promise<A>, adds: (q: Q) => boolean): (q: Q) => Promise<A> {
    return async q => {
      try {
        return await send(q)
      } catch (err) {
        if ((err instanceof TransportError || err instanceof MailError) && err.mayHaveArrived && adds(q)) this.#isUncertain = true
        throw err
      }
    }
  }

  /**
   * Tries until the message is accepted, is refused for good, or the deadline is near.
   * @param mayRepeat  why the same may have arrived before; counted and written down
   * @param signal  ends the waiting between attempts; an attempt under way is finished, so that it is known whether it was accepted
   */
  deliver(n: Notification, deadlineMs: number, signal: AbortSignal, mayRepeat?: RepeatReason): Promise<DeliveryOutcome> {
    return this.#alone(() => this.#deliver(n, deadlineMs, signal, mayRepeat))
  }

  /** One attempt, written down. For trials; a contact point that is gone is tried all the same. */
  test(n: Notification, signal: AbortSignal): Promise<StoredDelivery> {
    return this.#alone(async () => {
      signal.throwIfAborted()
      const { result, attempt } = await this.#attempt(n, 1)
      if (result.ok) this.#gone = undefined
      const exchange = this.#exchange as DeliveryExchange | undefined
      return { ...attempt, id: await this.#context.store.addDelivery(attempt), ...(exchange === undefined ? {} : { exchange }) }
    })
  }

  /** Messages of several groups share one rate limit, so they go one by one. */
  #alone<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#queue.then(work)
    this.#queue = done.catch(() => undefined)
    return done
  }

  async #deliver(n: Notification, deadlineMs: number, signal: AbortSignal, repeat: RepeatReason | undefined): Promise<DeliveryOutcome> {
    const { clock, log, store, random } = this.#context
    let mayRepeat = repeat
    let uncertain = false
    const stopped: DeliveryOutcome = { ok: false, error: 'stopped', final: false }
    for (let attempt = 1; ; attempt++) {
      if (this.#gone !== undefined) return { ok: false, error: this.#gone, final: true, uncertain }
      // A clock that went back makes no wait longer.
      this.#notBeforeMs = Math.min(this.#notBeforeMs, clock.nowMs() + LONGEST_WAIT_MS)
      if (this.#notBeforeMs > clock.nowMs()) {
        if (this.#notBeforeMs > deadlineMs) return { ok: false, error: 'the other side asks to wait', retryAfterMs: this.#notBeforeMs - clock.nowMs(), final: false, uncertain }
        if (!(await this.#wait(this.#notBeforeMs - clock.nowMs(), signal))) return { ...stopped, uncertain }
      }
      if (signal.aborted) return { ...stopped, uncertain }
      if (mayRepeat !== undefined) this.#context.stats?.repeat(this.contactPoint.type, mayRepeat)
      const { result, attempt: record } = await this.#attempt(n, attempt, mayRepeat)
      // Each attempt is counted once, for the one before it.
      mayRepeat = record.uncertain === true ? 'no_answer' : undefined
      uncertain ||= record.uncertain === true
      if (result.ok) {
        await store.addDelivery(record)
        this.#context.stats?.message(this.contactPoint.type, undefined)
        return { ok: true, ...(result.messages === undefined ? {} : { messages: result.messages }) }
      }
      if (result.gone === true) this.#gone = result.error
      // Who asks for no wait at all is not asked again and again without one.
      const asked = result.retryAfterMs ?? 0
      const waitMs = asked > 0 ? Math.min(LONGEST_WAIT_MS, Math.max(SHORTEST_WAIT_MS, asked)) : backoffMs(attempt, random)
      if (result.retryAfterMs !== undefined) this.#notBeforeMs = clock.nowMs() + waitMs
      const again = result.retryable && clock.nowMs() + waitMs <= deadlineMs
      await store.addDelivery(again ? { ...record, nextAttemptMs: clock.nowMs() + waitMs } : record)
      log.warn({ contactPoint: this.contactPoint.name, attempt, httpStatus: result.httpStatus, err: result.error, again }, 'Delivering a notification failed')
      if (!again) this.#context.stats?.message(this.contactPoint.type, result)
      if (!again) return { ok: false, error: result.error, retryAfterMs: waitMs, final: !result.retryable, uncertain }
      if (!(await this.#wait(waitMs, signal))) return { ...stopped, uncertain }
    }
  }

  /** What a message is about, as it is written down. */
  about(n: Notification): Pick<DeliveryAttempt, 'contactPoint' | 'status' | 'title' | 'alerts' | 'alertNames'> {
    return {
      contactPoint: this.contactPoint.name, status: n.test === true ? 'test' : n.status, title: this.#notifier.title(n), alerts: n.alerts.length,
      ...(n.test === true ? {} : { alertNames: [...new Set(n.alerts.map(a => labelValue(a.labels, 'alertname')))] }),
    }
  }

  async #attempt(n: Notification, attempt: number, mayRepeat?: RepeatReason): Promise<{ result: SendResult; attempt: DeliveryAttempt }> {
    const { clock } = this.#context
    const tMs = clock.nowMs()
    this.#isUncertain = false
    this.#exchange = undefined
    const result = await this.#notifier.send(n, NEVER)
    this.#context.stats?.attempt(this.contactPoint.type, result.ok, clock.nowMs() - tMs)
    const answer = (this.#exchange as DeliveryExchange | undefined)?.answer?.trim().slice(0, MAX_ANSWER) ?? ''
    if (result.ok && result.notBeforeMs !== undefined) this.#notBeforeMs = result.notBeforeMs
    return {
      result, attempt: {
        tMs, contactPointUid: this.contactPoint.uid, groupKey: n.groupKey, ...this.about(n), attempt, ok: result.ok, durationMs: clock.nowMs() - tMs,
        ...(answer === '' ? {} : { answer }), ...(this.#isUncertain && !result.ok ? { uncertain: true } : {}), ...(mayRepeat === undefined ? {} : { mayRepeat }), ...(result.httpStatus === undefined ? {} : { httpStatus: result.httpStatus }), ...(result.ok ? (result.warning === undefined ? {} : { warning: result.warning }) : { error: result.error }),
      },
    }
  }

  /** @returns false when the signal ended it */
  #wait(ms: number, signal: AbortSignal): Promise<boolean> {
    return new Promise(resolve => {
      const stop = (): void => {
        cancel()
        resolve(false)
      }
      const cancel = this.#context.clock.after(ms, () => {
        signal.removeEventListener('abort', stop)
        resolve(true)
      })
      if (signal.aborted) stop()
      else signal.addEventListener('abort', stop, { once: true })
    })
  }
}
