import { METRIC_NAME } from '@haechi/model'
import type { Expr, VectorSelector } from '@haechi/promql'
import type { Rule } from './views.ts'

/** Names of the series that an alerting rule writes. */
const ALERT_SERIES = ['ALERTS', 'ALERTS_FOR_STATE'] as const

/** Metrics that an expression reads; 'any' when a selector can find metrics of any name. */
export type Reads = ReadonlySet<string> | 'any'

/** What an expression reads. */
export function readsOf(expr: Expr): Reads {
  const names = new Set<string>()
  return addReads(expr, names) ? names : 'any'
}

/** Whether a rule whose expression reads `reads` can see what `earlier` writes: it must then be asked after that has been written. */
export function seesResultOf(reads: Reads, earlier: Rule): boolean {
  if (reads === 'any') return true
  return earlier.kind === 'recording' ? reads.has(earlier.name) : ALERT_SERIES.some(name => reads.has(name))
}

/** The newest of the rules that writes what the expression reads: its index, -1 if none does. */
export function newestRead(reads: Reads, earlier: readonly Rule[]): number {
  return earlier.findLastIndex(rule => seesResultOf(reads, rule))
}

/** @returns false as soon as a selector has no fixed name */
function addReads(e: Expr, names: Set<string>): boolean {
  switch (e.kind) {
    case 'number': case 'string': return true
    case 'selector': return addSelector(e, names)
    case 'matrix': return addSelector(e.selector, names)
    case 'paren': case 'unary': case 'subquery': return addReads(e.expr, names)
    case 'binary': return addReads(e.left, names) && addReads(e.right, names)
    case 'aggregate': return addReads(e.expr, names) && (e.param === undefined || addReads(e.param, names))
    // `info` looks for metrics that the expression does not name.
    case 'call': return e.func !== 'info' && e.args.every(a => addReads(a, names))
  }
}

function addSelector(s: VectorSelector, names: Set<string>): boolean {
  let fixed = false
  for (const m of s.matchers) {
    if (m.name !== METRIC_NAME || m.type !== '=' || m.value === '') continue
    names.add(m.value)
    fixed = true
  }
  return fixed
}
