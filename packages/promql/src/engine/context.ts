import type { Annotations } from './annotations.ts'
import type { Budget } from './budget.ts'
import type { LabelMemo } from './label-memo.ts'
import type { Tracer } from './tracer.ts'

/** What every node of one evaluation shares. */
export interface EvalContext {
  readonly budget: Budget
  readonly annotations: Annotations
  /** Metric names go at the end of the query instead of at the function that drops them (`promql-delayed-name-removal`). */
  readonly delayedNames: boolean
  /** Start timestamps of counters are used (`use-start-timestamps`). */
  readonly startTimestamps: boolean
  /** Metrics say their type in a label (`type-and-unit-labels`). */
  readonly typeLabels: boolean
  /** Samples older than this are not the current value. */
  readonly lookbackMs: number
  /** Watches the nodes of a query that is to be explained. */
  readonly tracer: Tracer | undefined
  /** What was worked out for label sets that come again; undefined: nothing is kept. */
  readonly memo: LabelMemo | undefined
}
