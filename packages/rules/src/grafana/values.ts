import { labelsEqual } from '@haechi/model'
import type { Labels } from '@haechi/model'

/** Samples over time; a missing value is null. Columns of equal length. */
export interface SeriesValue {
  readonly kind: 'series'
  readonly labels: Labels
  /** Unix ms, ascending. */
  readonly ts: Float64Array
  readonly vs: readonly (number | null)[]
}

/** What matched of a classic condition. */
export interface ClassicMatch {
  readonly metric: string
  readonly labels: Labels
  readonly value: number | null
}

/** One number of a label set. */
export interface NumberValue {
  readonly kind: 'number'
  readonly labels: Labels
  readonly value: number | null
  /** Of a classic condition only. */
  readonly matches?: readonly ClassicMatch[]
}

/** A number that belongs to no label set. */
export interface ScalarValue {
  readonly kind: 'scalar'
  readonly labels: Labels
  readonly value: number | null
}

/** A query without frames. */
export interface NoDataValue {
  readonly kind: 'no-data'
  readonly labels: Labels
}

/** One element of a node's result. */
export type ExprValue = SeriesValue | NumberValue | ScalarValue | NoDataValue

/** An expression that can't be read or computed; the message is for the user. */
export class ExpressionError extends Error {
  /** refId of the node, where it is known. */
  readonly refId: string

  constructor(refId: string, message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'ExpressionError'
    this.refId = refId
  }
}

/** Whether every label of `b` is one of `a`. */
export function containsLabels(a: Labels, b: Labels): boolean {
  for (let i = 0, j = 0; j < b.length; j += 2) {
    while (i < a.length && a[i]! < b[j]!) i += 2
    if (i >= a.length || a[i] !== b[j] || a[i + 1] !== b[j + 1]) return false
  }
  return true
}

/** Two values that an operator joins, with the labels of the result. */
export interface Union { readonly labels: Labels; readonly a: ExprValue; readonly b: ExprValue }

/**
 * Which values of two sides belong together: equal label sets, one without labels with all, one that contains the other. What joins nothing is dropped;
 * two lone values join whatever their labels are.
 * @see Grafana pkg/expr/mathexp `union`
 */
export function unionOf(left: readonly ExprValue[], right: readonly ExprValue[]): Union[] {
  const out: Union[] = []
  if (left.length === 0 || right.length === 0) return out
  if ((left.length === 1 || right.length === 1) && (left[0]!.kind === 'no-data' || right[0]!.kind === 'no-data')) return [{ labels: [], a: left[0]!, b: right[0]! }]
  for (const a of left) {
    for (const b of right) {
      if (a.labels.length === 0 || b.labels.length === 0 || labelsEqual(a.labels, b.labels)) out.push({ labels: a.labels.length === 0 ? b.labels : a.labels, a, b })
      else if (a.labels.length === b.labels.length) continue
      else if (containsLabels(a.labels, b.labels)) out.push({ labels: a.labels, a, b })
      else if (containsLabels(b.labels, a.labels)) out.push({ labels: b.labels, a, b })
    }
  }
  return out.length === 0 && left.length === 1 && right.length === 1 ? [{ labels: [], a: left[0]!, b: right[0]! }] : out
}

/** A value with each of its numbers changed. */
export function mapNumbers(v: ExprValue, f: (x: number | null) => number | null): ExprValue {
  switch (v.kind) {
    case 'no-data': return v
    case 'series': return { ...v, vs: v.vs.map(f) }
    case 'scalar': return { ...v, value: f(v.value) }
    case 'number': return { kind: 'number', labels: v.labels, value: f(v.value) }
  }
}
