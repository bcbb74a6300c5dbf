// A file of its own, because it brings the parser along, which boards without filters do without.

import { parseExpr } from '@haechi/promql/syntax'
import type { Expr } from '@haechi/promql/syntax'
import type { AdhocFilter } from './adhoc-filters.ts'

/**
 * Adds filters to every selector of an expression. The text stays as it is otherwise; what can't be parsed comes back unchanged.
 */
export function addFilters(expr: string, filters: readonly AdhocFilter[]): string {
  if (filters.length === 0) return expr
  let tree: Expr
  try {
    tree = parseExpr(expr)
  } catch {
    return expr
  }
  const places: { readonly start: number; readonly name: string }[] = []
  collect(tree, places, expr)
  const added = filters.map(f => `${labelText(f.key)}${f.operator}${JSON.stringify(f.value)}`).join(',')
  let out = expr
  for (const p of places.toSorted((a, b) => b.start - a.start)) {
    const after = p.start + p.name.length
    const brace = /^\s*\{/.exec(out.slice(after))
    if (brace === null) out = `${out.slice(0, after)}{${added}}${out.slice(after)}`
    else {
      const inside = after + brace[0].length
      out = `${out.slice(0, inside)}${added}${/^\s*\}/.test(out.slice(inside)) ? '' : ','}${out.slice(inside)}`
    }
  }
  return out
}

/** Label names that are no words stand in quotes. */
function labelText(name: string): string {
  return /^[a-zA-Z_]\w*$/.test(name) ? name : JSON.stringify(name)
}

function collect(e: Expr, places: { start: number; name: string }[], text: string): void {
  switch (e.kind) {
    case 'number': case 'string': return
    case 'paren': case 'unary': case 'subquery': return collect(e.expr, places, text)
    case 'matrix': return collect(e.selector, places, text)
    case 'selector': {
      const isNamed = e.name !== '' && text.startsWith(e.name, e.span.start)
      places.push({ start: e.span.start, name: isNamed ? e.name : '' })
      return
    }
    case 'aggregate':
      if (e.param) collect(e.param, places, text)
      return collect(e.expr, places, text)
    case 'binary':
      collect(e.left, places, text)
      return collect(e.right, places, text)
    case 'call': for (const a of e.args) collect(a, places, text)
  }
}
