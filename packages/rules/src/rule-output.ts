import { labelsKey } from '@haechi/model'
import type { Histogram, Labels } from '@haechi/model'
import { APPEND, NO_SERIES } from '@haechi/storage'
import type { Appender, CommitResult, SeriesRef } from '@haechi/storage'

/** A series that a rule writes, kept from one evaluation to the next. */
export interface RuleSeries {
  readonly labels: Labels
  /** Of the labels. */
  readonly key: string
  /** What the storage calls it; {@link NO_SERIES} until it is asked. */
  ref: SeriesRef
}

/** What one evaluation of a rule writes, at one time. */
export interface RuleOutput {
  /** The very array of the evaluation before when the same series are written in the same order. */
  readonly series: readonly RuleSeries[]
  /** One for each series. */
  readonly values: ArrayLike<number>
  /** Present when a sample is a native histogram: sample i is `histograms[i]` where that is not null. */
  readonly histograms?: readonly (Histogram | null)[]
}

export const NO_RULE_SERIES: readonly RuleSeries[] = []
export const NO_OUTPUT: RuleOutput = { series: NO_RULE_SERIES, values: [] }

export function ruleSeries(labels: Labels): RuleSeries {
  return { labels, key: labelsKey(labels), ref: NO_SERIES }
}

/** What a rule is about to write: it counts when the batch is stored. */
export interface Staged<R> {
  readonly rule: R
  readonly output: RuleOutput
  /** Series that it wrote last time and not now. */
  readonly ended: readonly RuleSeries[]
}

/** What the rules of one group write at one time. */
export class OutputBatch<R extends { readonly written: readonly RuleSeries[] }> {
  readonly staged: Staged<R>[] = []
  readonly tMs: number
  #samples = 0

  constructor(tMs: number) {
    this.tMs = tMs
  }

  /** Samples, those that end series included. */
  get samples(): number {
    return this.#samples
  }

  /** Adds a rule's samples, and staleness markers for the series that it wrote last time and not now. */
  add(rule: R, output: RuleOutput): void {
    const ended = endedSeries(rule.written, output.series)
    this.#samples += output.series.length + ended.length
    this.staged.push({ rule, output, ended })
  }
}

/** A batch that waits to be stored. */
interface Waiting {
  readonly batch: OutputBatch<{ readonly written: readonly RuleSeries[] }>
  readonly stored: (statuses: Uint8Array | undefined) => void
  readonly failed: (err: unknown) => void
}

/**
 * Stores what rules write: the batches of one turn at once, since each record of the log costs as much as many samples. Belongs to a manager, and
 * all series that its groups write have their refs from its appender.
 */
export class OutputWriter {
  readonly #appender: Appender
  #waiting: Waiting[] = []

  constructor(appender: Appender) {
    this.#appender = appender
  }

  /**
   * Stores a batch behind this turn.
   * @returns a status for each sample, in the order of the batch, where some could not be taken
   * @throws Error of the log; then nothing is stored
   */
  store(batch: Waiting['batch']): Promise<Uint8Array | undefined> {
    if (batch.samples === 0) return Promise.resolve(undefined)
    return new Promise((stored, failed) => {
      this.#waiting.push({ batch, stored, failed })
      if (this.#waiting.length === 1) setImmediate(() => this.#storeAll())
    })
  }

  #storeAll(): void {
    const waiting = this.#waiting
    this.#waiting = []
    try {
      const { anyRefused } = this.#commit(waiting)
      let at = 0
      for (const { batch, stored } of waiting) {
        stored(anyRefused ? this.#appender.statuses.slice(at, at + batch.samples) : undefined)
        at += batch.samples
      }
    } catch (err) {
      for (const { failed } of waiting) failed(err)
    }
  }

  #commit(waiting: readonly Waiting[]): { readonly anyRefused: boolean } {
    let result = this.#append(waiting)
    const n = waiting.reduce((sum, w) => sum + w.batch.samples, 0)
    // A series that we knew is gone from the storage, e.g. deleted: what was stored already may be told again.
    if (result.appended < n && this.#appender.statuses.includes(APPEND.unknownSeries)) {
      for (const { batch } of waiting) {
        for (const { output, ended } of batch.staged) {
          for (const series of output.series) series.ref = NO_SERIES
          for (const series of ended) series.ref = NO_SERIES
        }
      }
      result = this.#append(waiting)
    }
    return { anyRefused: result.outOfOrder + result.duplicate + result.outOfBounds > 0 }
  }

  #append(waiting: readonly Waiting[]): CommitResult {
    const appender = this.#appender
    try {
      for (const { batch } of waiting) for (const s of batch.staged) appendOutput(appender, s, batch.tMs)
      return appender.commit()
    } catch (err) {
      appender.rollback()
      throw err
    }
  }
}

function appendOutput(appender: Appender, { output: { series, values, histograms }, ended }: Staged<unknown>, tMs: number): void {
  for (let i = 0; i < series.length; i++) {
    const s = series[i]!
    if (s.ref === NO_SERIES) s.ref = appender.series(s.labels)
    const histogram = histograms === undefined ? null : histograms[i]!
    if (histogram === null) appender.append(s.ref, tMs, values[i]!)
    else appender.appendHistogram(s.ref, tMs, histogram)
  }
  for (const s of ended) {
    if (s.ref === NO_SERIES) s.ref = appender.series(s.labels)
    appender.appendStale(s.ref, tMs)
  }
}

function endedSeries(before: readonly RuleSeries[], now: readonly RuleSeries[]): readonly RuleSeries[] {
  if (before === now || before.length === 0) return NO_RULE_SERIES
  const written = new Set<string>()
  for (const s of now) written.add(s.key)
  return before.filter(s => !written.has(s.key))
}
