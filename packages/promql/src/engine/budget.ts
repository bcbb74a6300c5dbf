import { QueryError } from '@haechi/storage'
import type { QueryMemory } from './query-memory.ts'

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

/** Bytes of a cell of a block: the value and whether there is one. */
export const CELL_BYTES = 9
/** Bytes of a sample as it is stored decoded, and of each unit of a histogram's size. */
export const SAMPLE_BYTES = 16

/** What memory a query may take. */
export interface MemoryLimits {
  /** Most bytes that one query may hold (`--query.max-memory`); 0: no limit. */
  readonly maxBytes: number
  /** Most bytes that all running queries may hold (`--query.max-memory-total`); 0: no limit. */
  readonly maxTotalBytes: number
  /** The account of all queries; absent: there are no others. */
  readonly account?: QueryMemory | undefined
}

/** What a query held at some moment, to go back to. */
export interface Held { readonly samples: number; readonly bytes: number }

/**
 * What one query may still use: samples in memory, bytes of its columns, time, and whether anybody still wants the answer.
 * Nodes call {@link Budget.tick} once per series, not per sample.
 */
export class Budget {
  /** Samples held at this moment. Nodes set it back when what they consumed is gone. */
  samples = 0
  /** The most samples held at once. */
  peakSamples = 0
  readonly maxSamples: number
  /** The most bytes held at once, as far as they are counted: columns, kept samples, the answer. */
  peakBytes = 0
  #bytes = 0
  /** Bytes that are held until the end. */
  #pinned = 0
  #chargedKib = 0
  readonly #memory: MemoryLimits | undefined
  readonly #deadlineMs: number
  readonly #cancelFlag: Int32Array | undefined
  readonly #cancelIndex: number
  readonly #nowMs: () => number

  /**
   * @param deadlineMs  on the clock of `nowMs`; Infinity: none
   * @param cancelFlag  shared memory in which another thread sets the word at `cancelIndex` to non-zero to end the query
   */
  constructor(maxSamples: number, deadlineMs: number, nowMs: () => number, cancelFlag?: Int32Array, cancelIndex = 0, memory?: MemoryLimits) {
    this.#memory = memory
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
   * @param instead  cells that are given back for them
   */
  reserve(cells: number, instead = 0): void {
    if (cells > Math.max(2 * this.maxSamples, 1 << 20)) throw tooManySamples(this.maxSamples)
    // Both are there while one is copied into the other.
    this.take(cells * CELL_BYTES)
    this.give(instead * CELL_BYTES)
  }

  /** Counts bytes before they are taken. @throws QueryError over the limit of the query or of all queries */
  take(bytes: number): void {
    this.#bytes += bytes
    this.#charge()
  }

  /** Gives bytes back. */
  give(bytes: number): void {
    this.#bytes -= bytes
  }

  /** Counts bytes, likewise, for what is held until the query ends. */
  pin(bytes: number): void {
    this.#pinned += bytes
    this.#charge()
  }

  /** What is held now. */
  mark(): Held {
    return { samples: this.samples, bytes: this.#bytes }
  }

  /** What was taken since the mark is given back: its consumer is done with it. */
  release(held: Held): void {
    this.samples = held.samples
    this.#bytes = held.bytes
  }

  /** Gives everything back: the query has ended. */
  close(): void {
    this.#bytes = 0
    this.#pinned = 0
    this.#memory?.account?.add(-this.#chargedKib)
    this.#chargedKib = 0
  }

  #charge(): void {
    const bytes = this.#bytes + this.#pinned
    if (bytes > this.peakBytes) this.peakBytes = bytes
    const memory = this.#memory
    if (memory === undefined) return
    const { account } = memory
    if (memory.maxBytes > 0 && bytes > memory.maxBytes) {
      account?.refuse(false)
      throw new QueryError('execution', `query processing would take too much memory in ${IN_EVALUATION}: more than ${sizeText(memory.maxBytes)} (--query.max-memory)`)
    }
    const kib = Math.ceil(bytes / 1024)
    if (account === undefined || kib === this.#chargedKib) return
    account.add(kib - this.#chargedKib)
    const grows = kib > this.#chargedKib
    this.#chargedKib = kib
    if (grows && memory.maxTotalBytes > 0 && account.bytes > memory.maxTotalBytes) {
      account.refuse(true)
      throw new QueryError('unavailable', `the queries that run at this moment would together take too much memory in ${IN_EVALUATION}: more than ${sizeText(memory.maxTotalBytes)} (--query.max-memory-total); ask again later`)
    }
  }
}

/** Prometheus' text, and which limit that is. */
function tooManySamples(limit: number): QueryError {
  return new QueryError('execution', `query processing would load too many samples into memory in ${IN_EVALUATION}: more than ${limit} (--query.max-samples)`)
}

/** `512MiB`, in the largest unit that gives a whole number. */
function sizeText(bytes: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB']
  let unit = 0
  let n = bytes
  while (n % 1024 === 0 && unit < units.length - 1) {
    n /= 1024
    unit++
  }
  return `${n}${units[unit]}`
}
