import { parseExpr } from '@haechi/promql/syntax'
import type { AggregateExpr, Expr, MatrixSelector, VectorSelector } from '@haechi/promql/syntax'

/** One condition on a label. `is` and `isNot` hold values, `matches` and `matchesNot` one regular expression. */
export interface LabelFilter {
  readonly label: string
  readonly op: 'is' | 'isNot' | 'matches' | 'matchesNot'
  readonly values: readonly string[]
}

/** What is made of a metric's samples before series are put together. */
export const FUNCS = ['rate', 'increase', 'avg_over_time', 'max_over_time', 'min_over_time', 'delta', 'deriv'] as const
/** How series are put together. */
export const AGGREGATIONS = ['sum', 'avg', 'min', 'max', 'count'] as const

/** A query that can be made by choosing: metric, labels, one function, one aggregation. */
export interface SimpleQuery {
  readonly metric: string
  readonly filters: readonly LabelFilter[]
  readonly func: (typeof FUNCS)[number] | ''
  /** As it is written: `$__rate_interval`, `5m`. Without a function unused. */
  readonly window: string
  /** 0 to 1, of a histogram. */
  readonly quantile?: number
  readonly aggregation: (typeof AGGREGATIONS)[number] | ''
  readonly by: readonly string[]
  /** Only so many series, the largest. */
  readonly top?: number
}

/** The window that fits the chart's step. */
export const AUTO_WINDOW = '$__rate_interval'

/** Nothing chosen yet. */
export const NO_QUERY: SimpleQuery = { metric: '', filters: [], func: '', window: AUTO_WINDOW, aggregation: '', by: [] }

/** The query in PromQL; `''` without a metric. Filters without a label or a value are left out. */
export function writeSimple(q: SimpleQuery): string {
  if (q.metric === '') return ''
  const conditions = q.filters.filter(f => f.label !== '' && f.values.length > 0).map(condition)
  const isName = /^[A-Za-z_:][\w:]*$/.test(q.metric)
  const braces = isName ? conditions : [JSON.stringify(q.metric), ...conditions]
  const selector = `${isName ? q.metric : ''}${braces.length === 0 ? '' : `{${braces.join(', ')}}`}`
  const inner = q.func === '' ? selector : `${q.func}(${selector}[${q.window}])`
  // Buckets must stay apart until the percentile is taken.
  const by = q.quantile !== undefined && isBuckets(q.metric) ? ['le', ...q.by.filter(l => l !== 'le')] : q.by
  const together = q.aggregation === '' ? inner : `${q.aggregation}${by.length === 0 ? '' : ` by (${by.map(labelName).join(', ')}) `}(${inner})`
  const value = q.quantile === undefined ? together : `histogram_quantile(${q.quantile}, ${together})`
  return q.top === undefined ? value : `topk(${q.top}, ${value})`
}

/** Reads a query that clicks could have made; undefined for everything richer. Intervals such as `$__rate_interval` are kept as they are written. */
export function readSimple(text: string): SimpleQuery | undefined {
  let expr: Expr
  try {
    // As long as what it stands for, so that places stay where they are.
    expr = parseExpr(text.replace(/\$(?:__\w+|\{__\w+\})/g, found => '1m'.padEnd(found.length)))
  } catch {
    return undefined
  }
  let e = bare(expr)
  let top: number | undefined
  if (e.kind === 'aggregate' && e.op === 'topk') {
    if (e.param?.kind !== 'number' || e.grouping.length > 0 || e.without || !Number.isInteger(e.param.value) || e.param.value < 1) return undefined
    top = e.param.value
    e = bare(e.expr)
  }
  let quantile: number | undefined
  if (e.kind === 'call' && e.func === 'histogram_quantile') {
    const [q, of] = e.args
    if (q?.kind !== 'number' || of === undefined || !(q.value >= 0 && q.value <= 1)) return undefined
    quantile = q.value
    e = bare(of)
  }
  let aggregation: SimpleQuery['aggregation'] = ''
  let by: readonly string[] = []
  if (e.kind === 'aggregate') {
    const known = aggregationOf(e)
    if (known === undefined) return undefined
    aggregation = known
    by = e.grouping
    e = bare(e.expr)
  }
  let func: SimpleQuery['func'] = ''
  let window = AUTO_WINDOW
  if (e.kind === 'call') {
    const name = e.func
    const known = FUNCS.find(f => f === name)
    const arg: Expr | undefined = e.args.length === 1 ? e.args[0] : undefined
    if (known === undefined || arg?.kind !== 'matrix' || arg.rangeExpr !== undefined) return undefined
    func = known
    window = windowText(text, arg)
    e = arg.selector
  }
  if (e.kind !== 'selector') return undefined
  const named = readSelector(e)
  if (named === undefined) return undefined
  if (quantile !== undefined && isBuckets(named.metric)) {
    // Without `le` there would be nothing to take a percentile of; that the query has none is the reader's to see in the text.
    if (aggregation !== '' && !by.includes('le')) return undefined
    by = by.filter(l => l !== 'le')
  }
  return { ...named, func, window, ...(quantile === undefined ? {} : { quantile }), aggregation, by, ...(top === undefined ? {} : { top }) }
}

/** The same query about another metric, with what fits it; `type` as its targets say. Filters are kept. */
export function withMetric(q: SimpleQuery, metric: string, type: string): SimpleQuery {
  const { quantile: _q, ...rest } = q
  if (isBuckets(metric) || (type === 'histogram' && !/_(?:sum|count|created)$/.test(metric))) return { ...rest, metric, func: 'rate', quantile: q.quantile ?? 0.95, aggregation: 'sum' }
  const grows = !metric.endsWith('_created') && (type === 'counter' || type === 'histogram' || type === 'summary' ? type === 'counter' || /_(?:sum|count)$/.test(metric) : type === 'unknown' && metric.endsWith('_total'))
  const isRate = q.func === 'rate' || q.func === 'increase'
  return { ...rest, metric, func: grows ? (isRate ? q.func : 'rate') : isRate ? '' : q.func, aggregation: q.quantile === undefined ? q.aggregation : '' }
}

/** Whether a metric's series are the buckets of a classic histogram. */
export function isBuckets(metric: string): boolean {
  return metric.endsWith('_bucket')
}

function bare(e: Expr): Expr {
  let inner = e
  while (inner.kind === 'paren') inner = inner.expr
  return inner
}

function aggregationOf(e: AggregateExpr): SimpleQuery['aggregation'] | undefined {
  return e.without || e.param !== undefined ? undefined : AGGREGATIONS.find(a => a === e.op)
}

function windowText(text: string, e: MatrixSelector): string {
  return text.slice(e.selector.span.end, e.span.end).trim().replace(/^\[\s*|\s*\]$/g, '')
}

function readSelector(e: VectorSelector): Pick<SimpleQuery, 'metric' | 'filters'> | undefined {
  if (e.offsetMs !== 0 || e.offsetExpr !== undefined || e.at !== undefined || e.extension !== undefined) return undefined
  let metric = ''
  const filters: LabelFilter[] = []
  for (const m of e.matchers) {
    if (m.name === '__name__') {
      if (m.type !== '=' || metric !== '') return undefined
      metric = m.value
    } else if (m.type === '=' || m.type === '!=') filters.push({ label: m.name, op: m.type === '=' ? 'is' : 'isNot', values: [m.value] })
    else {
      const values = alternatives(m.value)
      filters.push(values === undefined ? { label: m.name, op: m.type === '=~' ? 'matches' : 'matchesNot', values: [m.value] } : { label: m.name, op: m.type === '=~' ? 'is' : 'isNot', values })
    }
  }
  return metric === '' ? undefined : { metric, filters }
}

const SPECIAL = /[\\.+*?()|[\]{}^$]/

/** The texts that a regular expression lists (`a|b\.c`); undefined if it is more than a list of at least two. */
function alternatives(pattern: string): readonly string[] | undefined {
  const out: string[] = []
  let part = ''
  for (let i = 0; i < pattern.length; i++) {
    const c = pattern[i]!
    if (c === '|') {
      out.push(part)
      part = ''
    } else if (c === '\\') {
      const next = pattern[++i]
      if (next === undefined || !SPECIAL.test(next)) return undefined
      part += next
    } else if (SPECIAL.test(c)) return undefined
    else part += c
  }
  out.push(part)
  return out.length < 2 || out.includes('') ? undefined : out
}

function condition(f: LabelFilter): string {
  const isList = f.op === 'is' || f.op === 'isNot'
  const isPattern = !isList || f.values.length > 1
  const value = isList && isPattern ? f.values.map(v => v.replace(/[\\.+*?()|[\]{}^$]/g, '\\$&')).join('|') : f.values[0]!
  const operator = f.op === 'is' || f.op === 'matches' ? (isPattern ? '=~' : '=') : isPattern ? '!~' : '!='
  return `${labelName(f.label)}${operator}${JSON.stringify(value)}`
}

function labelName(name: string): string {
  return /^[A-Za-z_]\w*$/.test(name) ? name : JSON.stringify(name)
}
