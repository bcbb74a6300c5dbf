/** A clock that only moves when told to; fits the clock that rules and alerting take. */
export class VirtualClock {
  #nowMs: number
  #timers: { atMs: number; run: () => void }[] = []

  readonly #busy: () => boolean

  /** @param busy whether something that was begun has not ended yet; time waits for it */
  constructor(startMs: number, busy: () => boolean = () => false) {
    this.#nowMs = startMs
    this.#busy = busy
  }

  nowMs(): number {
    return this.#nowMs
  }

  after(delayMs: number, run: () => void): () => void {
    const timer = { atMs: this.#nowMs + Math.max(0, delayMs), run }
    this.#timers.push(timer)
    return () => {
      this.#timers = this.#timers.filter(t => t !== timer)
    }
  }

  /** Lets time pass; timers run in order, and what they start is awaited before time goes on. */
  async advance(ms: number): Promise<void> {
    const endMs = this.#nowMs + ms
    for (;;) {
      do await settled()
      while (this.#busy())
      const next = this.#timers.filter(t => t.atMs <= endMs).sort((a, b) => a.atMs - b.atMs)[0]
      if (next === undefined) break
      this.#timers = this.#timers.filter(t => t !== next)
      this.#nowMs = Math.max(this.#nowMs, next.atMs)
      next.run()
    }
    this.#nowMs = endMs
  }
}

/** Lets every promise that can go on go on. */
export async function settled(): Promise<void> {
  for (let i = 0; i < 5; i++) await new Promise(resolve => setImmediate(resolve))
}
