// A file of its own, because it brings the parser along, which boards without filters do without.

import { parseExpr } from '@haechi/promql/syntax'
import type { Expr } from '@haechi/promql/syntax'
import { filterMatcher } from './adhoc-filters.ts'
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
  const added = filters.flatMap(f => {
    const m = filterMatcher(f)
    return m === undefined ? [] : [`${labelText(f.key)}${m.operator}${JSON.stringify(m.value)}`]
  }).join(',')
  if (added === '') return expr
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

/**
 * Adds labels to the grouping of every aggregation: to its `by`, or as a `by` of its own; those with `without` keep the labels already. What can't be
 * parsed comes back unchanged.
 */
export function addGrouping(expr: string, labels: readonly string[]): string {
  if (labels.length === 0) return expr
  let tree: Expr
  try {
    tree = parseExpr(expr)
  } catch {
    return expr
  }
  const edits: { readonly at: number; readonly text: string }[] = []
  aggregations(tree, e => {
    if (e.without) return
    const own = e.grouping
    const more = labels.filter(l => !own.includes(l)).map(labelText)
    if (more.length === 0) return
    const text = expr.slice(e.span.start, e.span.end)
    const head = /^\w+/.exec(text)![0].length
    const by = /\bby\s*\(/gi
    // The clause stands behind the operator, or behind what it aggregates.
    const front = /^\s*by\s*\(/i.exec(text.slice(head))
    let inside = front === null ? -1 : head + front[0].length
    if (front === null && own.length > 0) for (const m of text.matchAll(by)) inside = m.index + m[0].length
    if (inside >= 0) edits.push({ at: e.span.start + inside, text: more.join(', ') + (/^\s*\)/.test(text.slice(inside)) ? '' : ', ') })
    else edits.push({ at: e.span.start + head, text: ` by (${more.join(', ')}) ` })
  })
  return edits.sort((a, b) => b.at - a.at).reduce((out, e) => out.slice(0, e.at) + e.text + out.slice(e.at), expr)
}

function aggregations(e: Expr, take: (e: Extract<Expr, { kind: 'aggregate' }>) => void): void {
  switch (e.kind) {
    case 'number': case 'string': case 'selector': return
    case 'paren': case 'unary': case 'subquery': return aggregations(e.expr, take)
    case 'matrix': return aggregations(e.selector, take)
    case 'aggregate':
      take(e)
      return aggregations(e.expr, take)
    case 'binary':
      aggregations(e.left, take)
      return aggregations(e.right, take)
    case 'call': for (const a of e.args) aggregations(a, take)
  }
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
