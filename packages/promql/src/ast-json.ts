import { goFormatFloat } from '@haechi/model'
import type { AtModifier, DurationOperand, Expr, VectorSelector } from './ast.ts'
import { FUNCTIONS } from './functions-signatures.ts'

/** A JSON value. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json }

/**
 * The tree as `/api/v1/parse_query` of Prometheus 3.14 answers it, keys in its order.
 * @see Prometheus `web/api/v1/translate_ast.go`
 */
export function exprToJson(e: Expr): Json {
  switch (e.kind) {
    case 'number': return { type: 'numberLiteral', val: goFormatFloat(e.value) }
    case 'string': return { type: 'stringLiteral', val: wire(e.value) }
    case 'paren': return { expr: exprToJson(e.expr), type: 'parenExpr' }
    case 'unary': return { expr: exprToJson(e.expr), op: e.op, type: 'unaryExpr' }
    case 'binary': {
      const m = e.matching
      const matching = m === undefined ? null : { card: m.card, fillValues: { lhs: float(m.fill?.left), rhs: float(m.fill?.right) }, include: m.include, labels: m.labels, on: m.on }
      return { bool: e.bool, lhs: exprToJson(e.left), matching, op: e.op, rhs: exprToJson(e.right), type: 'binaryExpr' }
    }
    case 'aggregate': return {
      expr: exprToJson(e.expr), grouping: e.grouping, op: e.op, param: e.param === undefined ? null : exprToJson(e.param), type: 'aggregation', without: e.without,
    }
    case 'call': {
      const fn = FUNCTIONS.get(e.func)!
      return { args: e.args.map(exprToJson), func: { argTypes: fn.argTypes, name: fn.name, returnType: fn.returnType, variadic: fn.variadic }, type: 'call' }
    }
    case 'selector': return { ...selector(e), type: 'vectorSelector' }
    case 'matrix': {
      const { startOrEnd, timestamp, smoothed, ...before } = selector(e.selector)
      return { ...before, range: e.rangeMs, rangeExpr: duration(e.rangeExpr), smoothed, startOrEnd, timestamp, type: 'matrixSelector' }
    }
    case 'subquery': return {
      expr: exprToJson(e.expr), offset: e.offsetMs, offsetExpr: duration(e.offsetExpr), range: e.rangeMs, rangeExpr: duration(e.rangeExpr), startOrEnd: startOrEnd(e.at),
      step: e.stepMs, stepExpr: duration(e.stepExpr), timestamp: timestamp(e.at), type: 'subquery',
    }
  }
}

interface SelectorJson {
  readonly [key: string]: Json
  readonly smoothed: boolean
  readonly startOrEnd: Json
  readonly timestamp: Json
}

function selector(e: VectorSelector): SelectorJson {
  return {
    anchored: e.extension === 'anchored', matchers: e.matchers.map(m => ({ name: wire(m.name), type: m.type, value: wire(m.value) })), name: e.name, offset: e.offsetMs, offsetExpr: duration(e.offsetExpr),
    smoothed: e.extension === 'smoothed', startOrEnd: startOrEnd(e.at), timestamp: timestamp(e.at),
  }
}

function duration(e: DurationOperand | undefined): Json {
  if (e === undefined) return null
  if (e.kind === 'number') return { duration: e.duration === true, type: 'numberLiteral', val: goFormatFloat(e.value) }
  return { lhs: duration(e.left), op: e.op, rhs: duration(e.right), type: 'durationExpr', wrapped: e.wrapped }
}

/** JSON has no place for NaN and infinities; Go's encoder fails there, we write them as text. */
function float(v: number | undefined): Json {
  if (v === undefined) return null
  return Number.isFinite(v) ? v : goFormatFloat(v)
}

function startOrEnd(at: AtModifier | undefined): Json {
  return at === undefined || at.kind === 'time' ? null : at.kind
}

function timestamp(at: AtModifier | undefined): Json {
  return at?.kind === 'time' ? at.tMs : null
}

/** Bytes that were no UTF-8 go out as the replacement character, as from Go's encoder. */
function wire(text: string): string {
  return text.replace(/\p{Surrogate}/gu, '\ufffd')
}
