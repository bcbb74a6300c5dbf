import type { ScrapeClock } from '@haechi/scrape'

/** Time that stands until it is moved. */
export class FakeClock implements ScrapeClock {
  #now: number
  #timers: { at: number; action: () => void }[] = []

  constructor(startMs = 1_700_000_000_000) {
    this.#now = startMs
  }

  now(): number {
    return this.#now
  }

  after(ms: number, action: () => void): () => void {
    const timer = { at: this.#now + ms, action }
    this.#timers.push(timer)
    return () => {
      this.#timers = this.#timers.filter(t => t !== timer)
    }
  }

  /** The machine's clock is set to another time: timers fire when as much time has passed as they were told. */
  set(nowMs: number): void {
    for (const t of this.#timers) t.at += nowMs - this.#now
    this.#now = nowMs
  }

  /** Moves on, calling what is due in order; promises settle in between. */
  async advance(ms: number): Promise<void> {
    const end = this.#now + ms
    for (;;) {
      await settle()
      const due = this.#timers.filter(t => t.at <= end).sort((a, b) => a.at - b.at)[0]
      if (due === undefined) break
      this.#timers = this.#timers.filter(t => t !== due)
      this.#now = Math.max(this.#now, due.at)
      due.action()
    }
    this.#now = end
    await settle()
  }
}

async function settle(): Promise<void> {
  for (let i = 0; i < 10; i++) await new Promise<void>(resolve => setImmediate(resolve))
}
