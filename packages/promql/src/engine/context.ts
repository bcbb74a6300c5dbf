import type { Annotations } from './annotations.ts'
import type { Budget } from './budget.ts'

/** What every node of one evaluation shares. */
export interface EvalContext {
  readonly budget: Budget
  readonly annotations: Annotations
  /** Metric names go at the end of the query instead of at the function that drops them (`promql-delayed-name-removal`). */
  readonly delayedNames: boolean
  /** Samples older than this are not the current value. */
  readonly lookbackMs: number
}
