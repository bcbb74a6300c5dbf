import { parseExpr } from '@haechi/promql'
import type { Expr } from '@haechi/promql'

/** How an instant query's answer is sorted. */
export type WantedOrder = { readonly by: 'value' } | { readonly by: 'labels'; readonly labels: readonly string[]; readonly descending: boolean }

/** The order that a query asks for, or undefined when its answer may stand in any. */
export function wantedOrder(query: string): WantedOrder | undefined {
  let expr: Expr
  try {
    expr = parseExpr(query, { experimentalFunctions: true, extendedRangeSelectors: true, fillModifiers: true })
  } catch {
    return undefined
  }
  while (expr.kind === 'paren') expr = expr.expr
  if (expr.kind !== 'call') return undefined
  if (expr.func === 'sort' || expr.func === 'sort_desc') return { by: 'value' }
  if (expr.func !== 'sort_by_label' && expr.func !== 'sort_by_label_desc') return undefined
  return { by: 'labels', labels: expr.args.slice(1).flatMap(a => (a.kind === 'string' ? [a.value] : [])), descending: expr.func.endsWith('_desc') }
}

/**
 * Whether the reference calls each of two label values behind the other, or each before it. Its natural comparison calls an empty text behind anything and anything behind an empty text, and of texts that differ in the
 * zeros before their numbers each before the other: the place then depends on where the sort began.
 * @see github.com/facette/natsort `Compare`; Prometheus promql/functions.go `funcSortByLabel`
 */
export function contradicts(a: string, b: string): boolean {
  if (a === b) return false
  const bare = (text: string): string => text.replace(/\d+/g, digits => digits.replace(/^0+(?=\d)/, ''))
  return a === '' || b === '' || bare(a) === bare(b)
}

type Metric = Readonly<Record<string, string>>

/** Whether some two of the series are told apart by such label values. */
export function isContradictory(series: readonly Metric[], labels: readonly string[]): boolean {
  for (let i = 0; i < series.length; i++) {
    for (let k = i + 1; k < series.length; k++) {
      const name = labels.find(l => (series[i]![l] ?? '') !== (series[k]![l] ?? ''))
      if (name !== undefined && contradicts(series[i]![name] ?? '', series[k]![name] ?? '')) return true
    }
  }
  return false
}
