/** Real time, as rules and alerting take it. */
export interface SystemClock {
  nowMs(): number
  after(delayMs: number, run: () => void): () => void
}

/** Timers longer than this overflow in Node and would fire at once. */
const LONGEST_TIMER_MS = 2 ** 31 - 1

/** The machine's clock. Timers don't keep the process alive: the listeners do. */
export const systemClock: SystemClock = {
  nowMs: () => Date.now(),
  after: (delayMs, run) => {
    const timer = setTimeout(run, Math.min(Math.max(0, delayMs), LONGEST_TIMER_MS))
    timer.unref()
    return () => clearTimeout(timer)
  },
}
