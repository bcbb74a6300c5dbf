/** Words of the shared account before those of the threads: how often a query was refused for its own limit, and for that of all. */
const REFUSED_ALONE = 0
const REFUSED_TOGETHER = 1
const FIRST_THREAD = 2

/** Shared memory for the account of so many threads. */
export function newQueryMemory(threads: number): SharedArrayBuffer {
  return new SharedArrayBuffer(4 * (FIRST_THREAD + threads))
}

/** What the queries of all threads hold, in KiB, one word per thread. */
export class QueryMemory {
  readonly #words: Int32Array
  readonly #own: number

  /** @param thread  place of the thread whose queries are charged, from 0 */
  constructor(memory: SharedArrayBuffer, thread: number) {
    this.#words = new Int32Array(memory)
    this.#own = FIRST_THREAD + thread
  }

  /** Charges this thread; negative: gives back. */
  add(kib: number): void {
    Atomics.add(this.#words, this.#own, kib)
  }

  /** Forgets what the thread held: it has ended. */
  clear(): void {
    Atomics.store(this.#words, this.#own, 0)
  }

  /** Held by the queries of all threads, bytes. */
  get bytes(): number {
    let kib = 0
    for (let i = FIRST_THREAD; i < this.#words.length; i++) kib += Atomics.load(this.#words, i)
    return kib * 1024
  }

  /** Notes a refusal. @param together whether it was for the limit of all queries */
  refuse(together: boolean): void {
    Atomics.add(this.#words, together ? REFUSED_TOGETHER : REFUSED_ALONE, 1)
  }

  /** Refusals since the start. */
  get refused(): { readonly alone: number; readonly together: number } {
    return { alone: Atomics.load(this.#words, REFUSED_ALONE), together: Atomics.load(this.#words, REFUSED_TOGETHER) }
  }
}
