import { parseExpr, printExpr } from '@haechi/promql'
import type { BinaryExpr, Expr, Span } from '@haechi/promql'
import type { Threshold } from './views.ts'

const OPS: ReadonlySet<string> = new Set(['>', '<', '>=', '<=', '==', '!='])
const FLIPPED: Readonly<Record<string, Threshold['op']>> = { '>': '<', '<': '>', '>=': '<=', '<=': '>=', '==': '==', '!=': '!=' }

interface Comparison { readonly op: Threshold['op']; readonly value: number; readonly side: Expr; readonly number: Span }

function stripped(e: Expr): Expr {
  return e.kind === 'paren' ? stripped(e.expr) : e
}

function constant(e: Expr): number | undefined {
  const inner = stripped(e)
  if (inner.kind === 'number') return inner.value
  if (inner.kind === 'unary') {
    const value = constant(inner.expr)
    return value === undefined ? undefined : inner.op === '-' ? -value : value
  }
  return undefined
}

/** The last comparison with a number: at the top, or on the deciding side of `and`, `unless` at the top. */
function comparison(e: Expr): Comparison | undefined {
  const top = stripped(e)
  if (top.kind !== 'binary') return undefined
  if ((top.op === 'and' || top.op === 'unless')) return comparison(top.left)
  if (!OPS.has(top.op) || top.bool) return undefined
  return fromBinary(top)
}

function fromBinary(b: BinaryExpr): Comparison | undefined {
  const right = constant(b.right)
  if (right !== undefined) return { op: b.op as Threshold['op'], value: right, side: b.left, number: b.right.span }
  const left = constant(b.left)
  if (left !== undefined) return { op: FLIPPED[b.op]!, value: left, side: b.right, number: b.left.span }
  return undefined
}

/** What an alert expression compares with, e.g. `a > 0.01` -> `> 0.01`; undefined where it does not compare with a number. Unit unknown. */
export function exprThreshold(expr: string): Threshold | undefined {
  const c = comparison(parseExpr(expr))
  return c === undefined ? undefined : { op: c.op, value: c.value, unit: '' }
}

/** The side that is compared, for drawing it: `a > 0.01` -> `a`. The whole expression where nothing is compared. */
export function exprWithoutThreshold(expr: string): string {
  const c = comparison(parseExpr(expr))
  return c === undefined ? expr : printExpr(stripped(c.side))
}

/** The expression with another number to compare with. @throws Error when it does not compare with a number */
export function exprWithThreshold(expr: string, value: number): string {
  const c = comparison(parseExpr(expr))
  if (c === undefined) throw new Error('the expression does not compare with a number')
  return `${expr.slice(0, c.number.start)}${numberText(value)}${expr.slice(c.number.end)}`
}

/** A number as PromQL reads it. */
export function numberText(value: number): string {
  if (Number.isNaN(value)) return 'NaN'
  if (!Number.isFinite(value)) return value > 0 ? 'Inf' : '-Inf'
  return String(value)
}
