import type { Labels } from '@haechi/model'
import type { Answer, QueryValue, SampleColumns } from '@haechi/storage'
import type { ParseOptions } from '../parser.ts'

/** A series to be stored; the receiver may keep the columns. Staleness markers, histograms and start times are among the samples. */
export interface TestSeries {
  readonly labels: Labels
  readonly samples: SampleColumns
}

/** What a script runs on: a storage that can be filled and emptied, and an engine that asks it. */
export interface TestEngine {
  /** Adds samples to those that are there. */
  load(series: readonly TestSeries[]): void | Promise<void>
  /** @throws whose `message` is the engine's own text, without `bad_data:` and the like */
  instant(expr: string, tMs: number): Promise<Answer<QueryValue>>
  range(expr: string, startMs: number, endMs: number, stepMs: number): Promise<Answer<QueryValue>>
  /** Forgets all samples. */
  clear(): void | Promise<void>
  /** Experimental functions and aggregations are on. Without it, statements with them are excluded. */
  readonly experimentalFunctions?: boolean
  /** Syntax behind other feature flags that the engine understands. Without a flag, statements that need it are excluded. */
  readonly language?: ParseOptions
  /** Native histograms can be loaded and asked for. Without it, statements that need them are excluded. */
  readonly nativeHistograms?: boolean
  /** Start timestamps can be loaded and are used. Without it, statements that need them are excluded. */
  readonly startTimestamps?: boolean
  /** Functions that the engine refuses; statements with them are excluded. */
  readonly withoutFunctions?: readonly string[]
}
