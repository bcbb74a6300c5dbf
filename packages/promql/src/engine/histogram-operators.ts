import { addHistograms, compactHistogram, divideHistogram, histogramsEqual, scaleHistogram, subtractHistograms, trimHistogram, withResetHint, RESET_HINT } from '@haechi/model'
import type { Histogram } from '@haechi/model'
import type { BinaryOp, Span } from '../ast.ts'
import type { Annotations } from './annotations.ts'
import { binaryValue, isComparison } from './scalar-operators.ts'

/** A float or a native histogram. */
export type Sample = number | Histogram

/** Takes note of an annotation; when several come at one step, the last one counts. */
export type TakeNote = (add: (annotations: Annotations, span: Span) => void) => void

/** Whether the operator trims histograms. */
export function isTrim(op: BinaryOp): boolean {
  return op === '</' || op === '>/'
}

/**
 * An operator between two samples of which at least one may be a histogram. Comparisons give the left sample where they hold.
 *
 * Histograms can be added to and subtracted from each other and compared with `==` and `!=`; multiplied and divided by a float; trimmed at one.
 * @returns undefined where there is no result, with a note if that is because the two don't go together
 * @see Prometheus promql/engine.go `vectorElemBinop`
 */
export function operateSamples(op: BinaryOp, left: Sample, right: Sample, note: TakeNote): Sample | undefined {
  if (typeof left === 'number') {
    if (typeof right === 'number') return operateFloats(op, left, right, note)
    if (op === '*') return compactHistogram(scaleHistogram(right, left))
    note((annotations, span) => annotations.incompatibleTypes('float', op, 'histogram', span))
    return undefined
  }
  if (typeof right === 'number') {
    switch (op) {
      case '*': return compactHistogram(scaleHistogram(left, right))
      case '/': return compactHistogram(divideHistogram(left, right))
      case '</': return trimHistogram(left, right, true)
      case '>/': return trimHistogram(left, right, false)
    }
    note((annotations, span) => annotations.incompatibleTypes('histogram', op, 'float', span))
    return undefined
  }
  switch (op) {
    case '+': case '-': return addUp(op, left, right, note)
    case '==': return histogramsEqual(left, right) ? left : undefined
    case '!=': return histogramsEqual(left, right) ? undefined : left
  }
  note((annotations, span) => annotations.incompatibleTypes('histogram', op, 'histogram', span))
  return undefined
}

function operateFloats(op: BinaryOp, left: number, right: number, note: TakeNote): number | undefined {
  if (isTrim(op)) {
    note((annotations, span) => annotations.incompatibleTypes('float', op, 'float', span))
    return undefined
  }
  const v = binaryValue(op, left, right)
  return isComparison(op) ? (v === 0 ? undefined : left) : v
}

function addUp(op: '+' | '-', left: Histogram, right: Histogram, note: TakeNote): Histogram | undefined {
  const result = op === '+' ? addHistograms(left, right) : subtractHistograms(left, right)
  if (result === undefined) {
    note((annotations, span) => annotations.incompatibleBuckets(op, span))
    return undefined
  }
  const operation = op === '+' ? 'addition' : 'subtraction'
  if (result.resetCollision) {
    note((annotations, span) => annotations.resetCollision(operation, span))
    return undefined
  }
  if (result.boundsReconciled) note((annotations, span) => annotations.mismatchedCustomBuckets(operation, span))
  return compactHistogram(op === '+' ? result.histogram : withResetHint(result.histogram, RESET_HINT.gauge))
}

/** A comparison with `bool`: 1 or 0, undefined where the two can't be compared. */
export function compareSamples(op: BinaryOp, left: Sample, right: Sample, note: TakeNote): number | undefined {
  let incompatible = false
  const held = operateSamples(op, left, right, add => {
    incompatible = true
    note(add)
  })
  return incompatible ? undefined : held === undefined ? 0 : 1
}
