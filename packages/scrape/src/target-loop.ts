import { acceptHeader } from '@haechi/exposition'
import type { ScrapeConfig } from './config.ts'
import { fetchBody, shown } from './fetcher.ts'
import type { BufferPool, FetchedBody } from './fetcher.ts'
import { ScrapeError } from './go-error.ts'
import type { HttpClient } from './http-client.ts'
import type { ScrapeStats } from './stats.ts'
import type { ScrapeClock } from './surroundings.ts'
import type { Turns } from './turns.ts'
import { scrapeOffsetMs, shownUrl } from './target.ts'
import type { Target } from './target.ts'
import type { TargetWriter } from './target-writer.ts'
import type { ActiveTarget, TargetHealth } from './views.ts'

/** A scrape later than planned by no more than this is stored at its planned time, which compresses better. @see Prometheus `ScrapeTimestampTolerance` */
const TOLERANCE_MS = 2
const HISTORY = 60

/** What a loop needs from its pool. */
export interface LoopSurroundings {
  readonly clock: ScrapeClock
  readonly stats: ScrapeStats
  readonly pool: BufferPool
  /** Bodies are stored one per turn. */
  readonly turns: Turns
  readonly userAgent: string
  readonly seed: string
  /** Bodies of targets that live in this process, by address. */
  readonly inProcess: ReadonlyMap<string, () => Uint8Array>
  /** Called after every scrape. */
  readonly onScrape: ((loop: TargetLoop) => void) | undefined
}

/** Scrapes one target again and again. */
export class TargetLoop {
  target: Target
  config: ScrapeConfig
  readonly writer: TargetWriter
  readonly #around: LoopSurroundings
  #client: HttpClient
  #cancel: (() => void) | undefined
  #stopped = false
  #forcedError = ''
  #plannedMs = 0
  #quickLeft: number
  #health: TargetHealth = 'unknown'
  #lastError = ''
  #lastScrapeMs = 0
  #lastDurationMs = 0
  #samples = 0
  #history: (0 | 1)[] = []
  #contentType = ''
  #badBody: string | undefined
  #nativeHistograms = 0
  #headers: Readonly<Record<string, string>>

  constructor(target: Target, config: ScrapeConfig, client: HttpClient, writer: TargetWriter, around: LoopSurroundings) {
    this.target = target
    this.config = config
    this.writer = writer
    this.#client = client
    this.#around = around
    this.#quickLeft = config.extras.quickScrapes
    this.#headers = requestHeaders(config, target, around.userAgent)
  }

  /** Begins; the first scrape comes at the target's place in the interval. */
  start(): void {
    const { clock } = this.#around
    const now = clock.now()
    if (this.#quickLeft > 0) {
      this.#plannedMs = now
    } else {
      this.#plannedMs = this.#placeAfter(now)
    }
    this.#schedule()
  }

  /** The next moment at which it is this target's turn in its interval. */
  #placeAfter(now: number): number {
    const { intervalMs } = this.target
    const offset = scrapeOffsetMs(this.target, this.#around.seed)
    return now + ((offset - (now % intervalMs) + intervalMs) % intervalMs)
  }

  /** Takes a changed configuration; the rhythm goes on unless the interval changed. */
  reconfigure(target: Target, config: ScrapeConfig, client: HttpClient): void {
    const sameRhythm = target.intervalMs === this.target.intervalMs && target.key === this.target.key
    this.target = target
    this.config = config
    this.#client = client
    this.#headers = requestHeaders(config, target, this.#around.userAgent)
    this.writer.reconfigure(config)
    if (sameRhythm || this.#stopped) return
    this.#cancel?.()
    this.start()
  }

  /** The target itself is the same, its discovered labels may have changed. */
  refresh(target: Target): void {
    this.target = target
  }

  /** Makes every scrape fail with this text until it is '' again. */
  force(error: string): void {
    this.#forcedError = error
  }

  /** Scrapes no more. A scrape under way is not stored. */
  stop(): void {
    this.#stopped = true
    this.#cancel?.()
  }

  get lastScrapeMs(): number {
    return this.#lastScrapeMs
  }

  /** The target as others see it. */
  view(): ActiveTarget {
    const { counts } = this.writer
    const evidence = this.writer.multiProcess
    return {
      scrapePool: this.config.jobName, scrapeUrl: shownUrl(this.target.url), discoveredLabels: this.target.discoveredLabels, labels: this.target.labels, health: this.#health,
      lastError: this.#lastError, lastScrapeMs: this.#lastScrapeMs, lastScrapeDurationMs: this.#lastDurationMs, intervalMs: this.target.intervalMs, timeoutMs: this.target.timeoutMs,
      samples: this.#samples, history: [...this.#history], bodyBytes: this.writer.bodyBytes, contentType: this.#contentType, discovered: this.config.extras.discovered,
      inProcess: this.#around.inProcess.has(this.#address()), loopbackFallback: this.#client.fallbacks.has(new URL(this.target.url).hostname),
      ...(this.#badBody !== undefined && { badBody: this.#badBody }), duplicateSamples: counts.duplicates, outOfOrderSamples: counts.outOfOrder, outOfBoundsSamples: counts.outOfBounds,
      nativeHistogramsSkipped: this.#nativeHistograms, ...(evidence !== undefined && { multiProcessSuspected: evidence }), zeroBirths: counts.zeroBirths, refusedSeries: this.writer.refusedSeries,
    }
  }

  #address(): string {
    const { allLabels } = this.target
    return allLabels[allLabels.indexOf('__address__') + 1] ?? ''
  }

  #schedule(): void {
    const { clock } = this.#around
    this.#cancel = clock.after(Math.max(0, this.#plannedMs - clock.now()), () => {
      void this.#scrape().finally(() => {
        if (this.#stopped) return
        this.#plan()
        this.#schedule()
      })
    })
  }

  /** The next moment of the rhythm; moments that have passed altogether are left out. */
  #plan(): void {
    const now = this.#around.clock.now()
    if (this.#quickLeft > 0 && --this.#quickLeft > 0) {
      this.#plannedMs = now + this.config.extras.quickIntervalMs
      return
    }
    const { intervalMs } = this.target
    if (this.config.extras.quickScrapes > 0 && this.#quickLeft === 0) {
      // From the quick scrapes into the ordinary rhythm.
      this.#quickLeft = -1
      this.#plannedMs = this.#placeAfter(now)
      return
    }
    this.#plannedMs += intervalMs
    // The machine's clock was set back: nobody waits until it is there again.
    if (this.#plannedMs > now + 2 * intervalMs) this.#plannedMs = this.#placeAfter(now)
    if (this.#plannedMs + intervalMs <= now) this.#plannedMs += Math.floor((now - this.#plannedMs) / intervalMs) * intervalMs
  }

  async #scrape(): Promise<void> {
    const { clock, stats } = this.#around
    const startedMs = clock.now()
    const lateMs = startedMs - this.#plannedMs
    stats.late(lateMs, this.target.intervalMs, this.#lastScrapeMs === 0 ? 0 : startedMs - this.#lastScrapeMs)
    const tMs = Math.trunc(Math.abs(lateMs) <= Math.min(TOLERANCE_MS, this.target.intervalMs / 100) ? this.#plannedMs : startedMs)
    let body: FetchedBody | string
    let badBody: string | undefined
    try {
      body = this.#forcedError === '' ? await this.#fetch() : this.#forcedError
      if (typeof body !== 'string') this.#contentType = body.contentType
    } catch (err) {
      if (!(err instanceof ScrapeError)) throw err
      body = err.message
      badBody = err.body
      this.#contentType = err.contentType ?? ''
    }
    await this.#around.turns.next()
    if (this.#stopped) return
    const duration = (): number => clock.now() - startedMs
    const outcome = this.writer.store(tMs, body, duration, this.target.timeoutMs)
    // The bytes may be in the pool again, but nobody has taken them since.
    if (outcome.error !== '' && typeof body !== 'string') badBody = shown(body.bytes, body.length)
    stats.scraped(outcome)
    this.#health = outcome.error === '' ? 'up' : 'down'
    this.#lastError = outcome.error
    this.#badBody = badBody
    this.#lastScrapeMs = startedMs
    this.#lastDurationMs = duration()
    this.#nativeHistograms = outcome.nativeHistograms
    if (outcome.error === '') this.#samples = outcome.samples
    this.#history.push(outcome.error === '' ? 1 : 0)
    if (this.#history.length > HISTORY) this.#history.shift()
    this.#around.onScrape?.(this)
  }

  async #fetch(): Promise<FetchedBody> {
    const own = this.#around.inProcess.get(this.#address())
    if (own !== undefined) {
      const bytes = own()
      return { bytes, length: bytes.length, contentType: 'text/plain; version=0.0.4; charset=utf-8' }
    }
    return fetchBody(
      this.#client, { url: this.target.url, headers: this.#headers, timeoutMs: this.target.timeoutMs, bodySizeLimit: this.config.bodySizeLimit }, this.#around.pool, this.writer.bodyBytes, this.#around.clock,
    )
  }
}

function requestHeaders(config: ScrapeConfig, target: Target, userAgent: string): Record<string, string> {
  return {
    'accept': acceptHeader(config.protocols, config.nameEscaping), 'accept-encoding': config.enableCompression ? 'gzip' : 'identity', 'user-agent': userAgent,
    'x-prometheus-scrape-timeout-seconds': String(target.timeoutMs / 1000),
  }
}
