import type { Appender } from '@haechi/storage'
import type { ScrapeConfig } from './config.ts'
import type { TargetGroup } from './discovery-config.ts'
import { newDiscoverer } from './discoverers.ts'
import type { Discoverer } from './discoverers.ts'
import { HttpClient } from './http-client.ts'
import type { ScrapeLog } from './surroundings.ts'
import { makeTarget } from './target.ts'
import type { Target } from './target.ts'
import { TargetLoop } from './target-loop.ts'
import type { LoopSurroundings } from './target-loop.ts'
import { TargetWriter } from './target-writer.ts'
import type { DroppedTarget } from './views.ts'

/** What a pool needs from its manager. */
export interface PoolSurroundings extends LoopSurroundings {
  readonly appender: Appender
  readonly log: ScrapeLog
  /** Whether the storage is told what targets say about their metrics. */
  readonly metadataInLog: boolean
  /** Whether type and unit of a metric become labels of its series. */
  readonly typeLabels: boolean
  /** Marks the series of a loop that is no more as ended, unless the target comes back first. */
  readonly endLater: (loop: TargetLoop) => void
}

/** The targets of one job. */
export class ScrapePool {
  config: ScrapeConfig
  /** Equal for equal configurations. */
  fingerprint: string
  readonly loops: Map<string, TargetLoop> = new Map()
  dropped: DroppedTarget[] = []
  droppedCount = 0
  readonly #around: PoolSurroundings
  #client: HttpClient
  #discoverers: Discoverer[] = []
  #groups: (readonly TargetGroup[])[] = []
  #failures = new Set<string>()
  #stopped = false

  constructor(config: ScrapeConfig, fingerprint: string, around: PoolSurroundings) {
    this.config = config
    this.fingerprint = fingerprint
    this.#around = around
    this.#client = new HttpClient(config.http, () => around.clock.now())
  }

  start(): void {
    this.#discover()
  }

  /** Takes a changed configuration: targets that stay keep their rhythm, those that go end. */
  reconfigure(config: ScrapeConfig, fingerprint: string): void {
    const old = this.#client
    this.config = config
    this.fingerprint = fingerprint
    this.#client = new HttpClient(config.http, () => this.#around.clock.now())
    for (const d of this.#discoverers) d.stop()
    const reconfigured = new Set<TargetLoop>()
    // Until a discovery has answered anew, its last groups are not known to belong to the new configuration; the sync below uses what is there at once.
    this.#discover(reconfigured)
    void old.close()
  }

  stop(endSeries: boolean): void {
    this.#stopped = true
    for (const d of this.#discoverers) d.stop()
    for (const loop of this.loops.values()) {
      loop.stop()
      if (endSeries) this.#around.endLater(loop)
    }
    this.loops.clear()
    void this.#client.close()
  }

  #discover(reconfigured?: Set<TargetLoop>): void {
    this.#discoverers = this.config.discovery.map(c => newDiscoverer(c, this.#around))
    const discoverers = this.#discoverers
    this.#groups = discoverers.map(() => [])
    let starting = true
    discoverers.forEach((d, i) => d.start(groups => {
      if (this.#stopped || this.#discoverers !== discoverers) return
      this.#groups[i] = groups
      if (!starting) this.#sync()
    }))
    starting = false
    this.#sync(reconfigured)
  }

  /** Makes the loops those of the targets that there are now. `reconfigured`: every loop that stays gets the new configuration. */
  #sync(reconfigured?: Set<TargetLoop>): void {
    const targets = new Map<string, Target>()
    const dropped: DroppedTarget[] = []
    let droppedCount = 0
    const failures = new Set<string>()
    for (const group of this.#groups.flat()) {
      for (const own of group.targets) {
        const outcome = makeTarget(this.config, group, own)
        if (outcome.kind === 'active') targets.set(outcome.target.key, outcome.target)
        else if (outcome.kind === 'dropped') {
          droppedCount++
          if (this.config.keepDroppedTargets === 0 || dropped.length < this.config.keepDroppedTargets) dropped.push({ scrapePool: this.config.jobName, discoveredLabels: outcome.discoveredLabels })
        } else {
          const said = `${own['__address__'] ?? ''}: ${outcome.error}`
          failures.add(said)
          if (!this.#failures.has(said)) this.#around.log.error({ scrape_pool: this.config.jobName, err: said }, 'Creating target failed')
        }
      }
    }
    this.#failures = failures
    this.dropped = dropped
    this.droppedCount = droppedCount
    for (const [key, loop] of this.loops) {
      if (targets.has(key)) continue
      this.loops.delete(key)
      loop.stop()
      this.#around.endLater(loop)
    }
    for (const [key, target] of targets) {
      const loop = this.loops.get(key)
      if (loop !== undefined) {
        if (reconfigured === undefined) loop.refresh(target)
        else loop.reconfigure(target, this.config, this.#client)
        continue
      }
      const log = withTarget(this.#around.log, this.config.jobName, target.url)
      const writer = new TargetWriter(target.labels, this.config, this.#around.appender, log, this.#around.pool, this.#around.metadataInLog, this.#around.typeLabels)
      const fresh = new TargetLoop(target, this.config, this.#client, writer, this.#around)
      this.loops.set(key, fresh)
      fresh.start()
    }
    const limit = this.config.targetLimit
    const error = limit > 0 && this.loops.size > limit ? `target_limit exceeded (number of targets: ${this.loops.size}, limit: ${limit})` : ''
    for (const loop of this.loops.values()) loop.force(error)
  }
}

function withTarget(log: ScrapeLog, job: string, target: string): ScrapeLog {
  const fields = { scrape_pool: job, target }
  return {
    debug: (f, m) => log.debug({ ...fields, ...f }, m),
    info: (f, m) => log.info({ ...fields, ...f }, m),
    warn: (f, m) => log.warn({ ...fields, ...f }, m),
    error: (f, m) => log.error({ ...fields, ...f }, m),
  }
}
