import { hostname } from 'node:os'
import { Secret } from '@haechi/model'
import type { Labels } from '@haechi/model'
import type { ExpositionWriter } from '@haechi/exposition'
import type { Appendable } from '@haechi/storage'
import type { ScrapeConfig } from './config.ts'
import { BufferPool } from './fetcher.ts'
import { ScrapePool } from './scrape-pool.ts'
import type { PoolSurroundings } from './scrape-pool.ts'
import { ScrapeStats } from './stats.ts'
import { SILENT_LOG, SYSTEM_CLOCK } from './surroundings.ts'
import type { ScrapeClock, ScrapeLog } from './surroundings.ts'
import type { TargetLoop } from './target-loop.ts'
import { Turns } from './turns.ts'
import type { ActiveTarget, DroppedTarget, MetadataFilter, MetricMetadata, ScrapeView, TargetMetadata } from './views.ts'

/** What a scrape manager works with. */
export interface ScrapeManagerOptions {
  /** Where samples go. The manager takes one appender from it. */
  readonly appendable: Appendable
  /** Sent with every scrape, e.g. `Haechi/1.0.0`. */
  readonly userAgent: string
  readonly log?: ScrapeLog
  readonly clock?: ScrapeClock
  /** Labels of this server; with the host name they decide where in its interval a target is scraped, so that two servers do not scrape together. */
  readonly externalLabels?: Labels
  /** Bodies of targets that live in this process (text 0.0.4), by address as in `__address__`, e.g. the machine's host name. */
  readonly inProcess?: ReadonlyMap<string, () => Uint8Array>
  /** Whether the storage is told what targets say about their metrics: `--enable-feature=metadata-wal-records`. */
  readonly metadataInLog?: boolean
  /** Whether type and unit of a metric become labels of its series: `--enable-feature=type-and-unit-labels`. */
  readonly typeAndUnitLabels?: boolean
  /** Called after every scrape that was stored. */
  readonly onScrape?: (target: ActiveTarget) => void
}

/** Scrapes the targets of all jobs. Nothing happens before {@link apply}. */
export class ScrapeManager implements ScrapeView {
  readonly #pools = new Map<string, ScrapePool>()
  readonly #around: PoolSurroundings
  readonly #stats = new ScrapeStats()
  readonly #ending = new Map<TargetLoop, () => void>()
  #stopped = false

  constructor(options: ScrapeManagerOptions) {
    const clock = options.clock ?? SYSTEM_CLOCK
    const { onScrape } = options
    this.#around = {
      clock, stats: this.#stats, pool: new BufferPool(), turns: new Turns(), userAgent: options.userAgent, seed: `${hostname()}${(options.externalLabels ?? []).join('\xff')}`,
      inProcess: options.inProcess ?? new Map<string, () => Uint8Array>(), onScrape: onScrape === undefined ? undefined : loop => onScrape(loop.view()),
      appender: options.appendable.appender(), metadataInLog: options.metadataInLog === true, typeLabels: options.typeAndUnitLabels === true, log: options.log ?? SILENT_LOG, endLater: loop => this.#endLater(loop),
    }
  }

  /**
   * Makes the jobs those given: unchanged ones go on untouched, changed ones keep the rhythm of the targets that stay, removed ones end (their series get
   * staleness markers a little later).
   */
  apply(configs: readonly ScrapeConfig[]): void {
    if (this.#stopped) throw new Error('BUG: apply after stop')
    const wanted = new Map(configs.map(c => [c.jobName, c]))
    for (const [name, pool] of this.#pools) {
      if (wanted.has(name)) continue
      this.#pools.delete(name)
      pool.stop(true)
    }
    for (const [name, config] of wanted) {
      const fingerprint = fingerprintOf(config)
      const pool = this.#pools.get(name)
      if (pool === undefined) {
        const fresh = new ScrapePool(config, fingerprint, this.#around)
        this.#pools.set(name, fresh)
        fresh.start()
      } else if (pool.fingerprint !== fingerprint) pool.reconfigure(config, fingerprint)
    }
  }

  /** Stops all scraping. Series do not end: after a restart they go on. */
  stop(): void {
    this.#stopped = true
    for (const cancel of this.#ending.values()) cancel()
    this.#ending.clear()
    for (const pool of this.#pools.values()) pool.stop(false)
    this.#pools.clear()
  }

  activeTargets(): ActiveTarget[] {
    const out: ActiveTarget[] = []
    for (const pool of this.#sorted()) out.push(...[...pool.loops.values()].map(l => l.view()).sort((a, b) => (a.scrapeUrl < b.scrapeUrl ? -1 : a.scrapeUrl > b.scrapeUrl ? 1 : 0)))
    return out
  }

  droppedTargets(): DroppedTarget[] {
    return this.#sorted().flatMap(pool => pool.dropped)
  }

  droppedCounts(): Map<string, number> {
    return new Map(this.#sorted().map(pool => [pool.config.jobName, pool.droppedCount]))
  }

  scrapePools(): string[] {
    return this.#sorted().map(pool => pool.config.jobName)
  }

  targetMetadata(filter: MetadataFilter = {}): TargetMetadata[] {
    const out: TargetMetadata[] = []
    for (const pool of this.#sorted()) {
      for (const { target, writer } of pool.loops.values()) {
        if (filter.target !== undefined && !filter.target(target.labels)) continue
        const one = filter.metric === undefined ? undefined : writer.family(filter.metric)
        for (const f of filter.metric === undefined ? writer.families() : one === undefined ? [] : [one]) {
          if (filter.limit !== undefined && filter.limit > 0 && out.length >= filter.limit) return out
          out.push({ target: target.labels, metric: f.name, type: f.type, help: f.help, unit: f.unit })
        }
      }
    }
    return out
  }

  metadata(filter: MetadataFilter & { readonly limitPerMetric?: number } = {}): Map<string, MetricMetadata[]> {
    const out = new Map<string, MetricMetadata[]>()
    const { limit = 0, limitPerMetric = 0, ...rest } = filter
    for (const { metric, type, help, unit } of this.targetMetadata(rest)) {
      let list = out.get(metric)
      if (list === undefined) {
        if (limit > 0 && out.size >= limit) continue
        out.set(metric, (list = []))
      }
      if (limitPerMetric > 0 && list.length >= limitPerMetric) continue
      if (!list.some(m => m.type === type && m.help === help && m.unit === unit)) list.push({ metric, type, help, unit })
    }
    return out
  }

  /** How late scrapes began, and how many samples were scraped. */
  get stats(): ScrapeStats {
    return this.#stats
  }

  /** Adds the numbers about scraping to a body. */
  writeMetrics(out: ExpositionWriter): void {
    out.family('prometheus_target_scrape_pools_total', 'counter', 'Total number of scrape pool creation attempts.')
    out.sample('prometheus_target_scrape_pools_total', [], this.#pools.size)
    out.family('prometheus_target_scrape_pool_targets', 'gauge', 'Current number of targets in this scrape pool.')
    for (const pool of this.#sorted()) out.sample('prometheus_target_scrape_pool_targets', ['scrape_job', pool.config.jobName], pool.loops.size)
    const sums = { duplicates: 0, outOfOrder: 0, outOfBounds: 0, zeroBirths: 0, bytes: 0 }
    for (const pool of this.#pools.values()) {
      for (const { writer } of pool.loops.values()) {
        sums.duplicates += writer.counts.duplicates
        sums.outOfOrder += writer.counts.outOfOrder
        sums.outOfBounds += writer.counts.outOfBounds
        sums.zeroBirths += writer.counts.zeroBirths
        sums.bytes += writer.sizeBytes
      }
    }
    const one = (name: string, type: 'counter' | 'gauge', help: string, value: number): void => {
      out.family(name, type, help)
      out.sample(name, [], value)
    }
    one('prometheus_target_scrapes_sample_duplicate_timestamp_total', 'counter', 'Total number of samples rejected due to duplicate timestamps but different values.', sums.duplicates)
    one('prometheus_target_scrapes_sample_out_of_order_total', 'counter', 'Total number of samples rejected due to not being out of the expected order.', sums.outOfOrder)
    one('prometheus_target_scrapes_sample_out_of_bounds_total', 'counter', 'Total number of samples rejected due to timestamp falling outside of the time bounds.', sums.outOfBounds)
    one('haechi_scrape_counter_births_total', 'counter', 'Counter series that were given the zero they started from.', sums.zeroBirths)
    one('haechi_scrape_cache_bytes', 'gauge', 'Memory held for the previous bodies of all targets.', sums.bytes)
    this.#stats.write(out)
  }

  #sorted(): ScrapePool[] {
    return [...this.#pools.values()].sort((a, b) => (a.config.jobName < b.config.jobName ? -1 : 1))
  }

  /**
   * A target that is gone ends two intervals later, at the time of the first: by then, a target that only moved to another job or changed a label is scraped
   * again, and its newer samples win over the marker. @see Prometheus scrape/scrape.go `endOfRunStaleness`
   */
  #endLater(loop: TargetLoop): void {
    if (loop.lastScrapeMs === 0) return
    const { clock } = this.#around
    const { intervalMs } = loop.target
    const markerMs = loop.lastScrapeMs + intervalMs
    const waitMs = Math.max(0, markerMs + intervalMs * 1.1 - clock.now())
    this.#ending.set(loop, clock.after(waitMs, () => {
      this.#ending.delete(loop)
      loop.writer.end(Math.trunc(markerMs))
    }))
  }
}

/** A text that is equal for equal configurations. Secrets take part as they are; it never leaves the process. */
function fingerprintOf(config: ScrapeConfig): string {
  return JSON.stringify(config, (key, value: unknown) => (value instanceof Secret ? value.reveal() : key === 'pattern' ? undefined : value))
}
