import { utf8Length } from '@haechi/model'
import type { Expr } from './ast.ts'
import { printAggregateHead, printExpr, printOperator, printSubquerySuffix } from './printer.ts'

/** A node whose normalised text is longer (in bytes) is split over lines. */
const MAX_LINE = 100

/** The expression over several indented lines where it is long: what `/api/v1/format_query` answers. @see Prometheus `promql/parser/prettier.go` */
export function prettifyExpr(e: Expr): string {
  return pretty(e, 0)
}

function pretty(e: Expr, level: number): string {
  const indent = '  '.repeat(level)
  // A sign sticks to what follows it, however that is split.
  if (e.kind === 'unary') return indent + e.op + pretty(e.expr, level).trim()
  const flat = printExpr(e)
  // Prometheus indents a subquery only when it splits it.
  if (utf8Length(flat) <= MAX_LINE) return e.kind === 'subquery' ? flat : indent + flat
  switch (e.kind) {
    case 'aggregate': {
      const param = e.param === undefined ? '' : `${pretty(e.param, level + 1)},\n`
      return `${indent}${printAggregateHead(e)}(\n${param}${pretty(e.expr, level + 1)}\n${indent})`
    }
    case 'binary': return `${pretty(e.left, level + 1)}\n${indent}${printOperator(e)}\n${pretty(e.right, level + 1)}`
    case 'call': return `${indent}${e.func}(\n${e.args.map(arg => pretty(arg, level + 1)).join(',\n')}\n${indent})`
    case 'paren': return `${indent}(\n${pretty(e.expr, level + 1)}\n${indent})`
    case 'subquery': return pretty(e.expr, level) + printSubquerySuffix(e)
    default: return indent + flat
  }
}
