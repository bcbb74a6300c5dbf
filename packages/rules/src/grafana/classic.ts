import { METRIC_NAME, labelValue, withoutMetricName } from '@haechi/model'
import { reduceValues } from './reduce.ts'
import { satisfies } from './threshold.ts'
import type { ThresholdEvaluator } from './threshold.ts'
import type { ClassicMatch, ExprValue, NumberValue } from './values.ts'

export const CLASSIC_REDUCERS = ['avg', 'min', 'max', 'sum', 'count', 'last', 'median', 'diff', 'diff_abs', 'percent_diff', 'percent_diff_abs', 'count_non_null'] as const
export type ClassicReducer = (typeof CLASSIC_REDUCERS)[number]
export const CLASSIC_EVALUATORS = ['gt', 'lt', 'outside_range', 'within_range', 'no_value'] as const

/** One condition: every series of a query, reduced, compared. */
export interface ClassicCondition {
  readonly query: string
  readonly reducer: ClassicReducer
  readonly evaluator: ThresholdEvaluator | { readonly type: 'no_value' }
  /** How it joins those before. */
  readonly operator: 'and' | 'or'
}

/** One number of a series; null and NaN are left out, only `count` counts every point. No valid point: null. @see Grafana pkg/expr/classic/reduce.go */
export function classicReduce(reducer: ClassicReducer, values: readonly (number | null)[]): number | null {
  if (reducer === 'count') return values.length
  const valid = values.filter((v): v is number => v !== null && !Number.isNaN(v))
  if (valid.length === 0) return null
  const newest = valid.at(-1)!
  const oldest = valid[0]!
  switch (reducer) {
    case 'avg': return reduceValues('mean', valid)
    case 'min': case 'max': case 'sum': case 'last': case 'median': return reduceValues(reducer, valid)
    case 'count_non_null': return valid.length
    case 'diff': return newest - oldest
    case 'diff_abs': return Math.abs(newest - oldest)
    case 'percent_diff': return ((newest - oldest) / Math.abs(oldest)) * 100
    case 'percent_diff_abs': return Math.abs(((newest - oldest) / oldest) * 100)
  }
}

interface Outcome { readonly firing: boolean; readonly noData: boolean; readonly matches: readonly ClassicMatch[] }

/** All conditions, joined from left to right, as one number without labels: 1 firing, 0 not, null without data. */
export function classicConditions(conditions: readonly ClassicCondition[], results: ReadonlyMap<string, readonly ExprValue[]>): NumberValue {
  let firing = false
  let noData = false
  const matches: ClassicMatch[] = []
  for (const [i, c] of conditions.entries()) {
    const one = evaluate(c, results.get(c.query) ?? [])
    matches.push(...one.matches)
    if (i === 0) ({ firing, noData } = one)
    else if (c.operator === 'or') [firing, noData] = [firing || one.firing, noData || one.noData]
    else [firing, noData] = [firing && one.firing, noData && one.noData]
  }
  return { kind: 'number', labels: [], value: firing ? 1 : noData ? null : 0, matches }
}

function evaluate(c: ClassicCondition, values: readonly ExprValue[]): Outcome {
  const matches: ClassicMatch[] = []
  let nulls = 0
  const all: readonly ExprValue[] = values.length === 0 ? [{ kind: 'no-data', labels: [] }] : values
  for (const v of all) {
    const value = v.kind === 'no-data' ? null : v.kind === 'series' ? classicReduce(c.reducer, v.vs) : v.value !== null && Number.isNaN(v.value) ? null : v.value
    if (value === null) nulls++
    const { evaluator } = c
    const holds = evaluator.type === 'no_value' ? value === null : value !== null && satisfies(evaluator, value)
    if (holds) matches.push({ metric: labelValue(v.labels, METRIC_NAME), labels: withoutMetricName(v.labels), value })
  }
  return { firing: matches.length > 0, noData: nulls === all.length, matches }
}
