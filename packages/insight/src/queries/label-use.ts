import { isSetOp } from '@haechi/promql'
import type { AggregateExpr, Expr } from '@haechi/promql'

const ACTION = /\{\{-?([\s\S]*?)-?\}\}/g
const OF_VARIABLE = /\$labels\.([a-zA-Z_]\w*)|\bindex\s+\$labels\s+"([^"]+)"/g
const OF_DOT = /(?<![\w)$])\.Labels\.([a-zA-Z_]\w*)|\bindex\s+\.Labels\s+"([^"]+)"/g

/** Labels that an alert's text shows without asking first whether they are there (`{{ if $labels.x }}`), in the order of the text. */
export function labelsShown(template: string): string[] {
  const shown = new Set<string>()
  const asked = new Set<string>()
  // Inside of these the dot is something else.
  const isDotMoved = /\{\{-?\s*(?:range|with)\b/.test(template)
  for (const [, action] of template.matchAll(ACTION)) {
    const into = /^\s*(?:else\s+)?(?:if|with|range)\b/.test(action!) ? asked : shown
    for (const pattern of isDotMoved ? [OF_VARIABLE] : [OF_VARIABLE, OF_DOT]) for (const [, a, b] of action!.matchAll(pattern)) into.add(a ?? b!)
  }
  return [...shown].filter(name => !asked.has(name))
}

/** The outermost aggregation that takes a label away on its way to the result; undefined: none does. */
export function droppedAt(e: Expr, label: string): AggregateExpr | undefined {
  switch (e.kind) {
    case 'paren': case 'unary': case 'subquery': return droppedAt(e.expr, label)
    case 'aggregate': {
      const keepsLabels = e.op === 'topk' || e.op === 'bottomk' || e.op === 'limitk' || e.op === 'limit_ratio'
      if (!keepsLabels && e.grouping.includes(label) === e.without) return e
      return droppedAt(e.expr, label)
    }
    case 'call': {
      for (const arg of e.args) {
        const found = droppedAt(arg, label)
        if (found !== undefined) return found
      }
      return undefined
    }
    case 'binary': return e.op === 'unless' || e.op === 'and' ? droppedAt(e.left, label) : droppedAt(e.left, label) ?? (isSetOp(e.op) || e.matching !== undefined || e.left.kind === 'number' ? droppedAt(e.right, label) : undefined)
    default: return undefined
  }
}
