import type { Matcher } from '@haechi/model'
import { QueryError } from '@haechi/storage'
import type { ExemplarQuery, ExemplarQueryable, ExemplarSeries } from '@haechi/storage'
import type { Expr } from '../ast.ts'
import { PromqlParseError } from '../parse-error.ts'
import { parseExpr } from '../parser.ts'

/** The matchers of every selector of an expression, in the order of the text. @see Prometheus promql/parser `ExtractSelectors` */
export function selectorsOf(expr: Expr): (readonly Matcher[])[] {
  switch (expr.kind) {
    case 'selector': return [expr.matchers]
    case 'matrix': return [expr.selector.matchers]
    case 'paren':
    case 'unary':
    case 'subquery': return selectorsOf(expr.expr)
    case 'aggregate': return [...(expr.param === undefined ? [] : selectorsOf(expr.param)), ...selectorsOf(expr.expr)]
    case 'binary': return [...selectorsOf(expr.left), ...selectorsOf(expr.right)]
    case 'call': return expr.args.flatMap(selectorsOf)
    default: return []
  }
}

/** Exemplars of the series that the selectors in an expression name. @throws QueryError `bad_data` for an expression that can't be read */
export async function findExemplars(source: ExemplarQueryable, q: ExemplarQuery): Promise<ExemplarSeries[]> {
  let selectors: (readonly Matcher[])[]
  try {
    selectors = selectorsOf(parseExpr(q.expr))
  } catch (err) {
    if (err instanceof PromqlParseError) throw new QueryError('bad_data', err.message, err.errors[0]!.span)
    throw err
  }
  return selectors.length === 0 ? [] : source.exemplars(selectors, q.startMs, q.endMs)
}
