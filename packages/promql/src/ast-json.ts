import { goFormatFloat } from '@haechi/model'
import type { AtModifier, Expr, VectorSelector } from './ast.ts'
import { FUNCTIONS } from './functions-signatures.ts'

/** A JSON value. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json }

/** The tree as `/api/v1/parse_query` answers it, keys in its order. @see Prometheus `web/api/v1/translate_ast.go` */
export function exprToJson(e: Expr): Json {
  switch (e.kind) {
    case 'number': return { type: 'numberLiteral', val: goFormatFloat(e.value) }
    case 'string': return { type: 'stringLiteral', val: wire(e.value) }
    case 'paren': return { expr: exprToJson(e.expr), type: 'parenExpr' }
    case 'unary': return { expr: exprToJson(e.expr), op: e.op, type: 'unaryExpr' }
    case 'binary': {
      const m = e.matching
      const matching = m === undefined ? null : { card: m.card, include: m.include, labels: m.labels, on: m.on }
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
      const { matchers, name, offset, startOrEnd, timestamp } = selector(e.selector)
      return { matchers, name, offset, range: e.rangeMs, startOrEnd, timestamp, type: 'matrixSelector' }
    }
    case 'subquery': return {
      expr: exprToJson(e.expr), offset: e.offsetMs, range: e.rangeMs, startOrEnd: startOrEnd(e.at), step: e.stepMs, timestamp: timestamp(e.at), type: 'subquery',
    }
  }
}

function selector(e: VectorSelector): { matchers: Json; name: string; offset: number; startOrEnd: Json; timestamp: Json } {
  return {
    matchers: e.matchers.map(m => ({ name: wire(m.name), type: m.type, value: wire(m.value) })), name: e.name, offset: e.offsetMs, startOrEnd: startOrEnd(e.at), timestamp: timestamp(e.at),
  }
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
