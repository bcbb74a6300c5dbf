import type { SendResult } from './notification.ts'
import type { RepeatReason } from './views.ts'

/** Counts of one kind of contact point. */
export interface IntegrationCounts {
  messages: number
  failed: Record<FailureReason, number>
  requests: number
  requestsFailed: number
  /** Messages that may have been there before, because nobody knows what came of an earlier attempt. */
  mayRepeat: Record<RepeatReason, number>
  /** ms */
  durationSumMs: number
  /** Requests that took at most so many seconds as {@link LATENCY_BUCKETS} says, each counted in its first bucket; the last are those beyond. */
  latency: number[]
}

/** Seconds, as Alertmanager's. */
export const LATENCY_BUCKETS: readonly number[] = [1, 5, 10, 15, 20]

/** Alertmanager's reasons. */
export type FailureReason = 'clientError' | 'serverError' | 'contextCanceled' | 'contextDeadlineExceeded' | 'authError' | 'rateLimited' | 'other'
export const FAILURE_REASONS: readonly FailureReason[] = ['clientError', 'serverError', 'contextCanceled', 'contextDeadlineExceeded', 'authError', 'rateLimited', 'other']

/** Counts messages and requests by kind, since the start. */
export class DeliveryStats {
  readonly #counts = new Map<string, IntegrationCounts>()

  /** One request with its duration. */
  attempt(kind: string, ok: boolean, durationMs: number): void {
    const c = this.#of(kind)
    c.requests++
    if (!ok) c.requestsFailed++
    c.durationSumMs += Math.max(0, durationMs)
    const bucket = LATENCY_BUCKETS.findIndex(seconds => durationMs <= 1000 * seconds)
    c.latency[bucket === -1 ? LATENCY_BUCKETS.length : bucket]!++
  }

  /** One message, after all its attempts; `failed` when it was not accepted. */
  message(kind: string, failed: Extract<SendResult, { ok: false }> | undefined): void {
    const c = this.#of(kind)
    c.messages++
    if (failed !== undefined) c.failed[reasonOf(failed.httpStatus)]++
  }

  /** One message that goes out though the same may have arrived. */
  repeat(kind: string, reason: RepeatReason): void {
    this.#of(kind).mayRepeat[reason]++
  }

  /** Counts of a kind of which there was no message. */
  static none(): Readonly<IntegrationCounts> {
    return newCounts()
  }

  counts(): ReadonlyMap<string, Readonly<IntegrationCounts>> {
    return this.#counts
  }

  #of(kind: string): IntegrationCounts {
    let c = this.#counts.get(kind)
    if (c === undefined) this.#counts.set(kind, c = newCounts())
    return c
  }
}

function reasonOf(status: number | undefined): FailureReason {
  if (status === undefined) return 'other'
  if (status === 429) return 'rateLimited'
  if (status === 401 || status === 403) return 'authError'
  return status >= 500 ? 'serverError' : status >= 400 ? 'clientError' : 'other'
}

function newCounts(): IntegrationCounts {
  return { messages: 0, failed: { clientError: 0, serverError: 0, contextCanceled: 0, contextDeadlineExceeded: 0, authError: 0, rateLimited: 0, other: 0 }, requests: 0, requestsFailed: 0, mayRepeat: { restart: 0, no_answer: 0 }, durationSumMs: 0, latency: [...LATENCY_BUCKETS, Infinity].map(() => 0) }
}
