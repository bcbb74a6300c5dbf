import type { QueryStats, StepCount } from '@haechi/storage'
import type { Budget } from './budget.ts'
import type { Grid } from './grid.ts'
import { SampleStats, totalCount } from './sample-stats.ts'

/** Times and counts of one query, for its `stats`. */
export class Measurement {
  readonly samples: SampleStats
  /** Spent on sorting, ms. */
  sortMs = 0
  readonly #grid: Grid
  readonly #budget: Budget
  readonly #nowMs: () => number
  readonly #startedMs: number
  readonly #queuedMs: number
  readonly #perStep: boolean
  #preparedMs: number

  /**
   * @param queuedMs  how long the query waited for its turn
   * @param perStep   whether the counts of each step are wanted
   */
  constructor(grid: Grid, budget: Budget, nowMs: () => number, startedMs: number, queuedMs: number, perStep: boolean) {
    this.samples = new SampleStats(grid)
    this.#grid = grid
    this.#budget = budget
    this.#nowMs = nowMs
    this.#startedMs = startedMs
    this.#queuedMs = queuedMs
    this.#perStep = perStep
    this.#preparedMs = startedMs
  }

  now(): number {
    return this.#nowMs()
  }

  /** The series have been selected. */
  prepared(): void {
    this.#preparedMs = this.#nowMs()
  }

  /** To be called once, when the answer has been computed. */
  stats(): QueryStats {
    const doneMs = this.#nowMs()
    const { total, read } = this.samples.finish()
    const seconds = (ms: number): number => Math.max(0, Math.round(ms * 1e6) / 1e9)
    return {
      timings: {
        evalTotalTime: seconds(doneMs - this.#startedMs),
        resultSortTime: seconds(this.sortMs),
        queryPreparationTime: seconds(this.#preparedMs - this.#startedMs),
        innerEvalTime: seconds(doneMs - this.#preparedMs - this.sortMs),
        execQueueTime: seconds(this.#queuedMs),
        execTotalTime: seconds(doneMs - this.#startedMs + this.#queuedMs),
      },
      samples: {
        ...(this.#perStep ? { totalQueryableSamplesPerStep: this.#steps(total) } : {}),
        totalQueryableSamples: totalCount(total),
        ...(this.#perStep ? { samplesReadPerStep: this.#steps(read) } : {}),
        samplesRead: totalCount(read),
        peakSamples: this.#budget.peakSamples,
      },
    }
  }

  #steps(counts: Float64Array): StepCount[] {
    return Array.from(counts, (count, k) => ({ tMs: this.#grid.startMs + k * this.#grid.stepMs, count }))
  }
}

/** The stats as the HTTP API writes them: per step `[seconds, count]`. */
export function statsJson(stats: QueryStats): string {
  const { totalQueryableSamplesPerStep: looked, samplesReadPerStep: read, ...counts } = stats.samples
  const pairs = (steps: readonly StepCount[]): (readonly [number, number])[] => steps.map(s => [s.tMs / 1000, s.count] as const)
  const samples = {
    ...(looked === undefined ? {} : { totalQueryableSamplesPerStep: pairs(looked) }),
    totalQueryableSamples: counts.totalQueryableSamples,
    ...(read === undefined ? {} : { samplesReadPerStep: pairs(read) }),
    samplesRead: counts.samplesRead,
    peakSamples: counts.peakSamples,
  }
  return JSON.stringify({ timings: stats.timings, samples })
}

/** The warning about a value of the parameter `stats` that is neither `true` nor `all`; undefined: it is one of them or ''. */
export function statsWarning(value: string): string | undefined {
  if (value === '' || value === 'true' || value === 'all') return undefined
  return `value ${JSON.stringify(value)} for parameter "stats" is deprecated and will be rejected in the next major release, use "true" or "all"`
}
