import { parseExpr } from '@haechi/promql/syntax'
import type { Expr } from '@haechi/promql/syntax'
import type { MetadataMap } from '../../api/prometheus.ts'
import { nearestNames } from '../../state/nearest-names.ts'
import { metricEntry } from './metric-list.ts'

/** Something about a query that is probably not meant so, with the query that probably is. */
export type QueryHint =
  | { readonly kind: 'unknown'; readonly name: string; readonly near: readonly { readonly name: string; readonly query: string }[] }
  | { readonly kind: 'rateOnGauge'; readonly name: string; readonly func: string; readonly better: string; readonly query: string }
  | { readonly kind: 'bareCounter'; readonly name: string; readonly query: string }

/** What belongs on a gauge instead. */
const FOR_GAUGES: Readonly<Record<string, string>> = { rate: 'deriv', irate: 'deriv', increase: 'delta' }
/** Aggregations that don't care for the values. */
const COUNTING = new Set(['count', 'group'])

/** What is odd about a query; nothing where it can't be read, or while names or types are unknown. Texts may hold `$__rate_interval` and its relatives. */
export function queryHints(text: string, names: ReadonlySet<string>, metadata: MetadataMap): QueryHint[] {
  let expr: Expr
  try {
    // As long as what it stands for, so that places stay where they are.
    expr = parseExpr(text.replace(/\$(?:__\w+|\{__\w+\})/g, found => '1m'.padEnd(found.length)))
  } catch {
    return []
  }
  const hints = new Map<string, QueryHint>()
  const put = (hint: QueryHint): void => {
    if (!hints.has(hint.name)) hints.set(hint.name, hint)
  }
  const walk = (e: Expr, isBare: boolean): void => {
    switch (e.kind) {
      case 'selector': {
        if (e.name === '') return
        if (names.size > 0 && !names.has(e.name)) put({ kind: 'unknown', name: e.name, near: nearestNames(e.name, names).map(name => ({ name, query: withName(text, e.name, name) })) })
        else if (isBare && isCounter(e.name, metadata)) put({ kind: 'bareCounter', name: e.name, query: `${text.slice(0, e.span.start)}rate(${text.slice(e.span.start, e.span.end)}[$__rate_interval])${text.slice(e.span.end)}` })
        return
      }
      case 'matrix': return walk(e.selector, false)
      case 'call': {
        const better = FOR_GAUGES[e.func]
        const [arg] = e.args
        if (better !== undefined && arg?.kind === 'matrix' && metricEntry(arg.selector.name, metadata).type === 'gauge') {
          put({ kind: 'rateOnGauge', name: arg.selector.name, func: e.func, better, query: text.slice(0, e.nameSpan.start) + better + text.slice(e.nameSpan.end) })
        }
        for (const a of e.args) walk(a, false)
        return
      }
      case 'aggregate': return walk(e.expr, isBare && !COUNTING.has(e.op))
      case 'binary':
        walk(e.left, isBare && e.op !== 'and' && e.op !== 'unless')
        return walk(e.right, isBare && e.op !== 'and' && e.op !== 'unless')
      case 'paren': case 'unary': return walk(e.expr, isBare)
      case 'subquery': return walk(e.expr, false)
      case 'number': case 'string': return
    }
  }
  walk(expr, true)
  return [...hints.values()]
}

function isCounter(name: string, metadata: MetadataMap): boolean {
  const { type } = metricEntry(name, metadata)
  if (name.endsWith('_created')) return false
  return type === 'counter' || ((type === 'histogram' || type === 'summary') && /_(?:bucket|sum|count)$/.test(name))
}

/** The query with one metric name in the place of another; labels and texts are left alone as far as they are no whole word of that name. */
export function withName(text: string, from: string, to: string): string {
  return text.replace(new RegExp(`(?<![\\w:"])${from.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')}(?![\\w:"])`, 'g'), () => to)
}
