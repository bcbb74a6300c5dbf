import type { SystemClock } from './clock.ts'
import type { Logger } from './logger.ts'

export interface ConfigWatchOptions {
  readonly clock: SystemClock
  readonly log: Logger
  readonly intervalMs: number
  /** Changes with the files. May throw while one of them is being replaced. */
  digest(): Promise<string>
  /** Reads the files again; says itself what is wrong with them. */
  reload(): Promise<void>
}

/** Reads the configuration again when its files change. What can't be used is told once, and tried again when it changes. */
export class ConfigWatch {
  readonly #options: ConfigWatchOptions
  #known: string | undefined
  #cancel: (() => void) | undefined
  #stopped = false

  constructor(options: ConfigWatchOptions) {
    this.#options = options
  }

  /** What stands in the files now is what is in use. To be called before they are read. */
  async note(): Promise<void> {
    this.#known = await this.#options.digest().catch(() => undefined)
  }

  start(): void {
    const { clock, intervalMs } = this.#options
    if (!this.#stopped) this.#cancel = clock.after(intervalMs, () => void this.#look().finally(() => this.start()))
  }

  stop(): void {
    this.#stopped = true
    this.#cancel?.()
  }

  async #look(): Promise<void> {
    const { log, digest, reload } = this.#options
    let now: string
    try {
      now = await digest()
    } catch (err) {
      log.error({ reason: (err as Error).message }, 'The files of the configuration could not be looked at for changes')
      return
    }
    if (now === this.#known || this.#stopped) return
    log.info({}, 'Configuration file change detected, reloading the configuration.')
    this.#known = now
    await reload().catch(() => undefined) // told by the log already
  }
}
