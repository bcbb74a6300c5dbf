import { parseExpr, printExpr } from '@haechi/promql'
import type { BinaryExpr, Expr, Span } from '@haechi/promql'
import type { Threshold, ThresholdOp } from '@haechi/model'

const OPS: ReadonlySet<string> = new Set(['>', '<', '>=', '<=', '==', '!='])
const FLIPPED: Readonly<Record<string, ThresholdOp>> = { '>': '<', '<': '>', '>=': '<=', '<=': '>=', '==': '==', '!=': '!=' }

interface Comparison { readonly op: ThresholdOp; readonly value: number; readonly side: Expr; readonly number: Span }

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
  if (right !== undefined) return { op: b.op as ThresholdOp, value: right, side: b.left, number: b.right.span }
  const left = constant(b.left)
  if (left !== undefined) return { op: FLIPPED[b.op]!, value: left, side: b.right, number: b.left.span }
  return undefined
}

const ABOVE: ReadonlySet<string> = new Set(['>', '>='])
const BELOW: ReadonlySet<string> = new Set(['<', '<='])

/** A range, and the side that is compared with it. */
interface Range { readonly op: 'within' | 'outside'; readonly low: number; readonly high: number; readonly side: Expr }

/** Two comparisons of one thing: `a < 10 or a > 90`, `a > 10 and a < 90`, `a > 10 < 90`. */
function range(e: Expr): Range | undefined {
  const top = stripped(e)
  if (top.kind !== 'binary') return undefined
  const outer = OPS.has(top.op) ? comparison(top) : undefined
  const [first, second] = outer !== undefined ? [comparison(outer.side), outer] : top.op === 'or' || top.op === 'and' ? [comparison(top.left), comparison(top.right)] : []
  if (first === undefined || second === undefined) return undefined
  const [low, high] = first.value <= second.value ? [first, second] : [second, first]
  const isOutside = top.op === 'or'
  if (!(isOutside ? BELOW : ABOVE).has(low.op) || !(isOutside ? ABOVE : BELOW).has(high.op)) return undefined
  if (outer === undefined && printExpr(stripped(low.side)) !== printExpr(stripped(high.side))) return undefined
  return { op: isOutside ? 'outside' : 'within', low: low.value, high: high.value, side: first.side }
}

/** What an alert expression compares with, e.g. `a > 0.01` -> `> 0.01`, `a < 1 or a > 9` -> outside 1 to 9; undefined where it does not compare with numbers. Unit unknown. */
export function exprThreshold(expr: string): Threshold | undefined {
  const parsed = parseExpr(expr)
  const r = range(parsed)
  if (r !== undefined) return { op: r.op, value: r.low, high: r.high, unit: '' }
  const c = comparison(parsed)
  return c === undefined ? undefined : { op: c.op, value: c.value, unit: '' }
}

/** The side that is compared, for drawing it: `a > 0.01` -> `a`. The whole expression where nothing is compared. */
export function exprWithoutThreshold(expr: string): string {
  const parsed = parseExpr(expr)
  const side = range(parsed)?.side ?? comparison(parsed)?.side
  return side === undefined ? expr : printExpr(stripped(side))
}

/** The expression with another number to compare with. @throws Error when it does not compare with one number */
export function exprWithThreshold(expr: string, value: number): string {
  const parsed = parseExpr(expr)
  const c = range(parsed) === undefined ? comparison(parsed) : undefined
  if (c === undefined) throw new Error('the expression does not compare with one number')
  return `${expr.slice(0, c.number.start)}${numberText(value)}${expr.slice(c.number.end)}`
}

/** A number as PromQL reads it. */
export function numberText(value: number): string {
  if (Number.isNaN(value)) return 'NaN'
  if (!Number.isFinite(value)) return value > 0 ? 'Inf' : '-Inf'
  return String(value)
}
