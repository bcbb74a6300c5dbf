import { labelsKey } from '@haechi/model'
import { mapNumbers } from './values.ts'
import type { ExprValue } from './values.ts'

/** How a number is compared. */
export const THRESHOLD_TYPES = ['gt', 'lt', 'eq', 'ne', 'gte', 'lte', 'within_range', 'outside_range', 'within_range_included', 'outside_range_included'] as const
export type ThresholdType = (typeof THRESHOLD_TYPES)[number]

export interface ThresholdEvaluator {
  readonly type: ThresholdType
  /** One number; two for ranges. */
  readonly params: readonly number[]
}

/** Whether the type compares with two numbers. */
export function isRangeType(type: string): boolean {
  return type.includes('range')
}

/** Whether a number satisfies the condition. A plain range has its ends outside of it, an included one within. NaN satisfies `ne` alone. */
export function satisfies(e: ThresholdEvaluator, v: number): boolean {
  const [a = NaN, b = NaN] = e.params
  switch (e.type) {
    case 'gt': return v > a
    case 'lt': return v < a
    case 'eq': return v === a
    case 'ne': return v !== a
    case 'gte': return v >= a
    case 'lte': return v <= a
    case 'within_range': return v > a && v < b
    case 'outside_range': return v < a || v > b
    case 'within_range_included': return v >= a && v <= b
    case 'outside_range_included': return v <= a || v >= b
  }
}

/** A threshold node. */
export interface ThresholdSettings {
  readonly evaluator: ThresholdEvaluator
  /** Ends an alert that this condition began: while it does not hold, the alert goes on. */
  readonly unloadEvaluator: ThresholdEvaluator | undefined
}

/**
 * 1 where the condition holds, 0 where not, per number or point; null stays null.
 * @param loaded  keys of the label sets whose alert is pending or firing, for the recovery threshold
 */
export function thresholdAll(values: readonly ExprValue[], t: ThresholdSettings, loaded: ReadonlySet<string>): ExprValue[] {
  const { unloadEvaluator: unload } = t
  return values.map(v => {
    const holds = unload !== undefined && loaded.has(labelsKey(v.labels)) ? (x: number): boolean => !satisfies(unload, x) : (x: number): boolean => satisfies(t.evaluator, x)
    return mapNumbers(v, x => (x === null ? null : holds(x) ? 1 : 0))
  })
}
