/** What scraping takes from outside: time and a log. */

/** Time. Real time is never read elsewhere in this package, so that tests need not wait for it. */
export interface ScrapeClock {
  /** Unix ms. */
  now(): number
  /** Calls `action` once after `ms`. @returns a function that prevents it */
  after(ms: number, action: () => void): () => void
}

/** The machine's clock. Timers do not keep the process alive. */
export const SYSTEM_CLOCK: ScrapeClock = {
  now: () => Date.now(),
  after: (ms, action) => {
    // Longer delays overflow a timer and would fire at once.
    const timer = setTimeout(action, Math.min(ms, 0x7fffffff))
    timer.unref()
    return () => clearTimeout(timer)
  },
}

/** A log in pino's manner: fields, then a constant message. */
export interface ScrapeLog {
  debug(fields: object, message: string): void
  info(fields: object, message: string): void
  warn(fields: object, message: string): void
  error(fields: object, message: string): void
}

/** Says nothing. */
export const SILENT_LOG: ScrapeLog = { debug() {}, info() {}, warn() {}, error() {} }
