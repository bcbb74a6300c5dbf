import { labelsKey } from '@haechi/model'
import type { Labels, Threshold, ThresholdOp } from '@haechi/model'
import { classicReduce } from './classic.ts'
import type { ClassicReducer } from './classic.ts'
import type { Graph } from './graph.ts'
import { isRangeType } from './threshold.ts'
import type { BinaryOp, MathNode } from './math-parser.ts'
import type { ExprValue } from './values.ts'

/** What people call the value of a rule, and what it is compared with. */
export interface ShownValue {
  readonly refId: string
  /** How series become one number. */
  readonly reducer: ClassicReducer
  readonly threshold: Threshold | undefined
}

/** Evaluators that compare with one number. */
const EVALUATOR_OPS: Readonly<Record<string, ThresholdOp>> = { gt: '>', lt: '<', eq: '==', ne: '!=', gte: '>=', lte: '<=' }
const FLIPPED: Readonly<Partial<Record<BinaryOp, ThresholdOp>>> = { '>': '<', '<': '>', '>=': '<=', '<=': '>=', '==': '==', '!=': '!=' }

/**
 * The node that the condition of a graph looks at: what a threshold or the first classic condition compares; of a formula such as `$A > 10`, also in front of an `&&`, the variable. Else
 * the condition itself.
 */
export function shownValue(graph: Graph): ShownValue {
  const own: ShownValue = { refId: graph.condition, reducer: 'last', threshold: undefined }
  const { command, inputs } = graph.nodes.find(n => n.query.refId === graph.condition)!
  if (command?.kind === 'threshold') return { ...own, refId: inputs[0]!, threshold: thresholdOf(command.threshold.evaluator) }
  if (command?.kind === 'classic') {
    const [first, ...others] = command.conditions
    return { refId: first!.query, reducer: first!.reducer, threshold: others.length > 0 || first!.evaluator.type === 'no_value' ? undefined : thresholdOf(first!.evaluator) }
  }
  const compared = command?.kind === 'math' ? comparedVariable(command.formula) : undefined
  return compared === undefined ? own : { ...own, ...compared }
}

function thresholdOf(e: { readonly type: string; readonly params: readonly number[] }): Threshold | undefined {
  const [low, high] = e.params
  if (isRangeType(e.type)) return { op: e.type.startsWith('within') ? 'within' : 'outside', value: low!, high: high!, unit: '' }
  const op = EVALUATOR_OPS[e.type]
  return op === undefined ? undefined : { op, value: low!, unit: '' }
}

function comparedVariable(e: MathNode): Pick<ShownValue, 'refId' | 'threshold'> | undefined {
  if (e.kind !== 'binary') return undefined
  if (e.op === '&&') return comparedVariable(e.left)
  const flipped = FLIPPED[e.op]
  if (flipped === undefined) return undefined
  const [left, right] = [constant(e.left), constant(e.right)]
  if (e.left.kind === 'variable' && right !== undefined) return { refId: e.left.refId, threshold: { op: e.op as ThresholdOp, value: right, unit: '' } }
  if (e.right.kind === 'variable' && left !== undefined) return { refId: e.right.refId, threshold: { op: flipped, value: left, unit: '' } }
  return undefined
}

function constant(e: MathNode): number | undefined {
  if (e.kind === 'number') return e.value
  const of = e.kind === 'unary' && e.op === '-' ? constant(e.of) : undefined
  return of === undefined ? undefined : -of
}

/** The numbers of a node by label set, NaN where one is missing. */
export function shownNumbers(values: readonly ExprValue[], reducer: ClassicReducer): { readonly key: string; readonly labels: Labels; readonly value: number }[] {
  return values.flatMap(v => {
    if (v.kind === 'no-data') return []
    const value = v.kind === 'series' ? classicReduce(reducer, v.vs) : v.value
    return [{ key: labelsKey(v.labels), labels: v.labels, value: value ?? NaN }]
  })
}
