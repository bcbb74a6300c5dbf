import type { Logger } from './logger.ts'

/** How long one part may take to close before the others go on without it; storage and state have all the time they need. */
const CLOSE_WITHIN_MS = 5_000

/** Parts that must be written to the end, however long that takes. */
const NEVER_LEFT_BEHIND: ReadonlySet<string> = new Set(['storage', 'state'])

interface Part {
  readonly name: string
  close(): Promise<void> | void
}

/** What was opened, in this order; it is closed in the reverse order. */
export class Parts {
  readonly #log: Logger
  readonly #open: Part[] = []

  constructor(log: Logger) {
    this.#log = log
  }

  /** Remembers a part that has just been opened. `name` stands in the log when it can't be closed. */
  opened(name: string, close: () => Promise<void> | void): void {
    this.#open.push({ name, close })
  }

  /** Closes everything that was opened, the newest first. A part that fails or takes more than five seconds is named in the log; never throws. */
  async close(): Promise<void> {
    for (let part = this.#open.pop(); part !== undefined; part = this.#open.pop()) {
      try {
        const closed = Promise.resolve(part.close())
        if (NEVER_LEFT_BEHIND.has(part.name)) await closed
        else if (!(await within(closed, CLOSE_WITHIN_MS))) this.#log.error({ part: part.name }, 'A part took too long to stop')
      } catch (err) {
        this.#log.error({ err, part: part.name }, 'A part could not be stopped')
      }
    }
  }
}

/** @returns false when it was not done in time; it may still end later */
async function within(done: Promise<void>, ms: number): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined
  try {
    return await Promise.race([done.then(() => true), new Promise<boolean>(resolve => { timer = setTimeout(() => resolve(false), ms) })])
  } finally {
    clearTimeout(timer)
  }
}
