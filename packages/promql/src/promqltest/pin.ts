import type { AtModifier, Expr } from '../ast.ts'
import { parseExpr } from '../parser.ts'
import { printExpr } from '../printer.ts'

/** Functions whose result depends on the evaluation time even if their arguments don't. @see Prometheus `promql/functions.go`, `AtModifierUnsafeFunctions` */
const TIME_DEPENDENT: ReadonlySet<string> = new Set([
  'days_in_month', 'day_of_month', 'day_of_week', 'day_of_year', 'end', 'hour', 'minute', 'month', 'year', 'predict_linear', 'range', 'start', 'step', 'time', 'timestamp',
])

/**
 * The query with all selectors pinned to one time by `@`: whenever it is asked, the answer is that of this time.
 * Selectors inside a pinned subquery and those that have an `@` stay as they are.
 *
 * @returns undefined if a function in it depends on the evaluation time all the same
 */
export function pinnedQuery(expr: string, tMs: number): string | undefined {
  let dependent = false
  const at: AtModifier = { kind: 'time', tMs }
  const pinned = <T extends { readonly at?: AtModifier }>(e: T): T => (e.at?.kind === 'time' ? e : { ...e, at })
  const pin = (e: Expr): Expr => {
    switch (e.kind) {
      case 'number': case 'string': return e
      case 'paren': case 'unary': return { ...e, expr: pin(e.expr) }
      case 'binary': return { ...e, left: pin(e.left), right: pin(e.right) }
      case 'aggregate': return e.param === undefined ? { ...e, expr: pin(e.expr) } : { ...e, expr: pin(e.expr), param: pin(e.param) }
      case 'call':
        if (TIME_DEPENDENT.has(e.func)) dependent = true
        return { ...e, args: e.args.map(pin) }
      case 'selector': return pinned(e)
      case 'matrix': return { ...e, selector: pinned(e.selector) }
      case 'subquery': {
        const whole = pinned(e)
        // What stands inside is evaluated at times that the subquery's pin determines; only its functions are of interest.
        pin(e.expr)
        return whole
      }
    }
  }
  const out = pin(parseExpr(expr, { experimentalFunctions: true, extendedRangeSelectors: true, fillModifiers: true }))
  return dependent ? undefined : printExpr(out)
}

/** The times at which a pinned query is asked for a comparison. @see Prometheus `promql/promqltest/test.go` */
export function pinnedTimes(tMs: number): number[] {
  return tMs === 0 ? [-1000, 0, 1000] : [-10 * tMs, 0, Math.trunc(tMs / 5), tMs, 10 * tMs]
}
