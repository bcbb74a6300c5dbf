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

/** The same series for another group, which has an appender of its own. */
export function withoutRef({ labels, key }: RuleSeries): RuleSeries {
  return { labels, key, ref: NO_SERIES }
}

/** What a rule is about to write: it counts when the batch is stored. */
export interface Staged<R> {
  readonly rule: R
  readonly output: RuleOutput
  /** Series that it wrote last time and not now. */
  readonly ended: readonly RuleSeries[]
}

/** Collects what the rules of one batch write at one time, and stores it at once: each record of the log costs as much as many samples. */
export class OutputBatch<R extends { readonly written: readonly RuleSeries[] }> {
  readonly staged: Staged<R>[] = []
  #samples = 0
  readonly #appender: Appender
  readonly #tMs: number

  constructor(appender: Appender, tMs: number) {
    this.#appender = appender
    this.#tMs = tMs
  }

  /** Adds a rule's samples, and staleness markers for the series that it wrote last time and not now. */
  add(rule: R, output: RuleOutput): void {
    const staged = { rule, output, ended: endedSeries(rule.written, output.series) }
    this.#append(staged)
    this.staged.push(staged)
  }

  /**
   * Stores the batch.
   * @param refused  told what of a rule's samples could not be taken, where there is something
   * @returns how many samples of series that go on there were
   * @throws Error of the log; then nothing is stored
   */
  commit(refused: (rule: R, statuses: Uint8Array) => void): number {
    if (this.#samples === 0) return 0
    const n = this.#samples
    let result = this.#store()
    // A series that we knew is gone from the storage, e.g. deleted: what was stored already may be told again.
    if (result.appended < n && this.#appender.statuses.includes(APPEND.unknownSeries)) {
      for (const s of this.staged) for (const series of s.output.series) series.ref = NO_SERIES
      for (const s of this.staged) for (const series of s.ended) series.ref = NO_SERIES
      for (const s of this.staged) this.#append(s)
      result = this.#store()
    }
    const anyRefused = result.outOfOrder + result.duplicate + result.outOfBounds > 0
    let samples = 0
    let at = 0
    for (const { rule, output, ended } of this.staged) {
      const to = at + output.series.length + ended.length
      samples += output.series.length
      if (anyRefused) refused(rule, this.#appender.statuses.subarray(at, to))
      at = to
    }
    return samples
  }

  #append({ output: { series, values, histograms }, ended }: Staged<R>): void {
    const appender = this.#appender
    const tMs = this.#tMs
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
    this.#samples += series.length + ended.length
  }

  #store(): CommitResult {
    try {
      return this.#appender.commit()
    } catch (err) {
      this.#appender.rollback()
      throw err
    }
  }
}

function endedSeries(before: readonly RuleSeries[], now: readonly RuleSeries[]): readonly RuleSeries[] {
  if (before === now || before.length === 0) return NO_RULE_SERIES
  const written = new Set<string>()
  for (const s of now) written.add(s.key)
  return before.filter(s => !written.has(s.key))
}
