import { discoverLocal } from '@haechi/scrape'
import type { FoundService } from './jobs.ts'
import type { Logger } from './logger.ts'

/** What looking for services needs. */
export interface DiscoveryOptions {
  readonly log: Logger
  /** Ports that are never asked: our own and those of the demo. */
  readonly ownPorts: readonly number[]
  /** Called when the found services are others than before. */
  readonly onChange: () => void
}

/** Look again after these times, then every last one: a service that is started beside Haechi is found within seconds. */
const LOOK_AFTER_MS = [0, 3_000, 7_000, 15_000, 30_000] as const
/** A service that does not answer any more stays for a day: that it is down is what people want to see. */
const FORGET_AFTER_MS = 24 * 3_600_000

/** Looks for services on this machine, again and again. */
export class Discovery {
  readonly #options: DiscoveryOptions
  readonly #found = new Map<string, { readonly service: FoundService; seenMs: number }>()
  #timer: NodeJS.Timeout | undefined
  #stop = new AbortController()

  constructor(options: DiscoveryOptions) {
    this.#options = options
  }

  /** What was found, ordered by address. */
  found(): FoundService[] {
    return [...this.#found.values()].map(f => f.service).sort((a, b) => (a.address < b.address ? -1 : 1))
  }

  /** Begins to look. */
  start(): void {
    this.#schedule(0)
  }

  /** Ends looking; a look under way is given up. */
  stop(): void {
    clearTimeout(this.#timer)
    this.#stop.abort()
  }

  #schedule(round: number): void {
    this.#timer = setTimeout(() => void this.#look(round), LOOK_AFTER_MS[Math.min(round, LOOK_AFTER_MS.length - 1)])
    this.#timer.unref()
  }

  async #look(round: number): Promise<void> {
    const { log, ownPorts, onChange } = this.#options
    try {
      const nowMs = Date.now()
      const before = [...this.#found.keys()].join()
      for (const t of await discoverLocal({ excludePorts: ownPorts, signal: this.#stop.signal, log })) {
        const known = this.#found.get(t.address)
        if (known === undefined) {
          this.#found.set(t.address, { service: { address: t.address, metricsPath: t.metricsPath, job: t.job }, seenMs: nowMs })
          log.info({ address: t.address, job: t.job }, 'Found a service')
        } else known.seenMs = nowMs
      }
      for (const [address, f] of this.#found) if (nowMs - f.seenMs > FORGET_AFTER_MS) this.#found.delete(address)
      if ([...this.#found.keys()].join() !== before && !this.#stop.signal.aborted) onChange()
    } catch (err) {
      if (!this.#stop.signal.aborted) log.warn({ err }, 'Looking for services failed')
    }
    if (!this.#stop.signal.aborted) this.#schedule(round + 1)
  }
}
