import { interpolateQuery, macros, rateIntervalMs } from '@haechi/dashboards'

/** What the interval variables of an expression stand for. */
export interface IntervalContext {
  readonly startMs: number
  readonly endMs: number
  readonly stepMs: number
  readonly scrapeIntervalMs: number
}

/** Replaces `$__rate_interval`, `$__interval`, `$__range` and their relatives, as a board does. */
export function expandIntervals(expr: string, c: IntervalContext): string {
  if (!expr.includes('$')) return expr
  const values = macros({ startMs: c.startMs, endMs: c.endMs }, c.stepMs, rateIntervalMs(c.stepMs, c.scrapeIntervalMs))
  return interpolateQuery(expr, new Map(values.map(v => [v.name, v])))
}
