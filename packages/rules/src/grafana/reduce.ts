import { ExpressionError } from './values.ts'
import type { ExprValue } from './values.ts'

/** What a series is reduced by. */
export const REDUCERS = ['last', 'mean', 'sum', 'min', 'max', 'count', 'median'] as const
export type GrafanaReducer = (typeof REDUCERS)[number]

/** What is done with null, NaN and infinities before. */
export type ReduceMode = { readonly kind: 'strict' } | { readonly kind: 'dropNN' } | { readonly kind: 'replaceNN'; readonly value: number }

/**
 * One number of many. Strict: one null or NaN makes all but `count` and `last` NaN. No values: `count` is 0, others NaN.
 * @see Grafana pkg/expr/mathexp/reduce.go
 */
export function reduceValues(reducer: GrafanaReducer, values: readonly (number | null)[]): number | null {
  if (reducer === 'count') return values.length
  if (values.length === 0) return NaN
  if (reducer === 'last') return values.at(-1)!
  const numbers: number[] = []
  for (const v of values) {
    if (v === null || Number.isNaN(v)) return NaN
    numbers.push(v)
  }
  switch (reducer) {
    case 'sum': return sum(numbers)
    case 'mean': return sum(numbers) / numbers.length
    case 'min': return numbers.reduce((a, b) => Math.min(a, b))
    case 'max': return numbers.reduce((a, b) => Math.max(a, b))
    case 'median': {
      const sorted = Float64Array.from(numbers).sort()
      const middle = sorted.length >> 1
      return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2
    }
  }
}

function sum(numbers: readonly number[]): number {
  let total = 0
  for (const v of numbers) total += v
  return total
}

/** A reduce node: series become numbers with their labels, numbers stay. @throws ExpressionError for what can't be reduced */
export function reduceAll(refId: string, values: readonly ExprValue[], reducer: GrafanaReducer, mode: ReduceMode): ExprValue[] {
  return values.map((v): ExprValue => {
    switch (v.kind) {
      case 'no-data': return v
      case 'number': return { kind: 'number', labels: v.labels, value: v.value }
      case 'scalar': throw new ExpressionError(refId, `can only reduce type series, got type scalar`)
      case 'series': return { kind: 'number', labels: v.labels, value: reduced(v.vs, reducer, mode) }
    }
  })
}

function reduced(vs: readonly (number | null)[], reducer: GrafanaReducer, mode: ReduceMode): number | null {
  if (mode.kind === 'strict') return reduceValues(reducer, vs)
  if (mode.kind === 'replaceNN') return reduceValues(reducer, vs.map(v => (isFinite(v) ? v : mode.value)))
  const left = vs.filter(isFinite)
  const result = reduceValues(reducer, left)
  // Nothing left is no data, except that nothing can be counted.
  return result !== null && Number.isNaN(result) ? null : result
}

function isFinite(v: number | null): v is number {
  return v !== null && Number.isFinite(v)
}
