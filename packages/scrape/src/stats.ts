import type { ExpositionWriter } from '@haechi/exposition'
import type { ScrapeOutcome } from './target-writer.ts'

/** Numbers about scraping itself, for `/metrics`. */
export class ScrapeStats {
  #scrapes = 0
  #failed = 0
  #samples = 0
  #sampleLimit = 0
  #bodySizeLimit = 0
  #labelLimit = 0
  #lateCount = 0
  #lateSumMs = 0
  #lateMaxMs = 0
  /** Seconds between scrapes, per interval: count and sum. */
  readonly #intervals = new Map<number, { count: number; sumMs: number }>()

  /** A scrape began `lateMs` after its planned time and `sinceMs` after the one before (0: the first). */
  late(lateMs: number, intervalMs: number, sinceMs: number): void {
    this.#lateCount++
    this.#lateSumMs += lateMs
    if (lateMs > this.#lateMaxMs) this.#lateMaxMs = lateMs
    if (sinceMs === 0) return
    let i = this.#intervals.get(intervalMs)
    if (i === undefined) this.#intervals.set(intervalMs, (i = { count: 0, sumMs: 0 }))
    i.count++
    i.sumMs += sinceMs
  }

  scraped(outcome: ScrapeOutcome): void {
    this.#scrapes++
    this.#samples += outcome.kept
    if (outcome.error === '') return
    this.#failed++
    if (outcome.error === 'sample limit exceeded') this.#sampleLimit++
    else if (outcome.error === 'body size limit exceeded') this.#bodySizeLimit++
    else if (outcome.error.startsWith('label_')) this.#labelLimit++
  }

  /** How late scrapes began since the start. */
  get lateness(): { readonly count: number; readonly meanMs: number; readonly maxMs: number } {
    return { count: this.#lateCount, meanMs: this.#lateCount === 0 ? 0 : this.#lateSumMs / this.#lateCount, maxMs: this.#lateMaxMs }
  }

  /** Samples stored since the start. */
  get samples(): number {
    return this.#samples
  }

  write(out: ExpositionWriter): void {
    const counter = (name: string, help: string, value: number): void => {
      out.family(name, 'counter', help)
      out.sample(name, [], value)
    }
    out.family('prometheus_target_interval_length_seconds', 'summary', 'Actual intervals between scrapes.')
    for (const [ms, i] of this.#intervals) {
      const labels = ['interval', `${ms / 1000}s`]
      out.sample('prometheus_target_interval_length_seconds_sum', labels, i.sumMs / 1000)
      out.sample('prometheus_target_interval_length_seconds_count', labels, i.count)
    }
    counter('prometheus_target_scrapes_exceeded_sample_limit_total', 'Total number of scrapes that hit the sample limit and were rejected.', this.#sampleLimit)
    counter('prometheus_target_scrapes_exceeded_body_size_limit_total', 'Total number of scrapes that hit the body size limit.', this.#bodySizeLimit)
    counter('prometheus_target_scrape_pool_exceeded_label_limits_total', 'Total number of times scrape pools hit the label limits, during sync or config reload.', this.#labelLimit)
    counter('haechi_scrapes_total', 'Scrapes.', this.#scrapes)
    counter('haechi_scrapes_failed_total', 'Scrapes that failed.', this.#failed)
    counter('haechi_scrape_samples_total', 'Samples scraped, after metric relabeling.', this.#samples)
    out.family('haechi_scrape_lateness_seconds', 'summary', 'How much later than planned scrapes began.')
    out.sample('haechi_scrape_lateness_seconds_sum', [], this.#lateSumMs / 1000)
    out.sample('haechi_scrape_lateness_seconds_count', [], this.#lateCount)
    out.family('haechi_scrape_lateness_max_seconds', 'gauge', 'The latest that a scrape began, since the start.')
    out.sample('haechi_scrape_lateness_max_seconds', [], this.#lateMaxMs / 1000)
  }
}
