import { QueryError } from '@haechi/storage'

/** Where the time of a query was spent when it ran out, in Prometheus' words. */
export const IN_EVALUATION = 'expression evaluation'
/** Likewise, while the query waited for its turn. */
export const IN_QUEUE = 'query queue'

/** The error of a query that took too long. */
export function timeoutError(where: string): QueryError {
  return new QueryError('timeout', `query timed out in ${where}`)
}

/** The error of a query that nobody waits for any more. */
export function canceledError(where: string): QueryError {
  return new QueryError('canceled', `query was canceled in ${where}`)
}

/**
 * What one query may still use: samples in memory, time, and whether anybody still wants the answer.
 * Nodes call {@link Budget.tick} once per series, not per sample.
 */
export class Budget {
  /** Samples held at this moment. Nodes set it back when what they consumed is gone. */
  samples = 0
  /** The most samples held at once. */
  peakSamples = 0
  readonly maxSamples: number
  readonly #deadlineMs: number
  readonly #cancelFlag: Int32Array | undefined
  readonly #cancelIndex: number
  readonly #nowMs: () => number

  /**
   * @param deadlineMs  on the clock of `nowMs`; Infinity: none
   * @param cancelFlag  shared memory in which another thread sets the word at `cancelIndex` to non-zero to end the query
   */
  constructor(maxSamples: number, deadlineMs: number, nowMs: () => number, cancelFlag?: Int32Array, cancelIndex = 0) {
    this.maxSamples = maxSamples
    this.#deadlineMs = deadlineMs
    this.#nowMs = nowMs
    this.#cancelFlag = cancelFlag
    this.#cancelIndex = cancelIndex
  }

  /** @throws QueryError `canceled` or `timeout` */
  tick(): void {
    if (this.#cancelFlag !== undefined && Atomics.load(this.#cancelFlag, this.#cancelIndex) !== 0) throw canceledError(IN_EVALUATION)
    if (this.#deadlineMs !== Infinity && this.#nowMs() > this.#deadlineMs) throw timeoutError(IN_EVALUATION)
  }

  /** Counts samples that are now held. @throws QueryError over the limit */
  hold(samples: number): void {
    this.samples += samples
    if (this.samples > this.peakSamples) this.peakSamples = this.samples
    if (this.samples > this.maxSamples) throw tooManySamples(this.maxSamples)
  }

  /**
   * Refuses memory that no answer within the limit can need, before it is taken.
   * A sparse matrix may have more cells than samples, hence the factor.
   */
  reserve(cells: number): void {
    if (cells > Math.max(2 * this.maxSamples, 1 << 20)) throw tooManySamples(this.maxSamples)
  }
}

/** Prometheus' text, and which limit that is. */
function tooManySamples(limit: number): QueryError {
  return new QueryError('execution', `query processing would load too many samples into memory in ${IN_EVALUATION}: more than ${limit} (--query.max-samples)`)
}
