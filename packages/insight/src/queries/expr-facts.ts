import { METRIC_NAME, demandedMetricName } from '@haechi/model'
import { isComparison, printExpr, printMatcher } from '@haechi/promql'
import type { AggregateExpr, BinaryExpr, CallExpr, Expr, VectorSelector } from '@haechi/promql'
import { ANY_LABELS, NO_LABELS, eitherLabels, keptOnly, matchedLabels, mismatch, withSetLabel, withoutLabels } from './label-facts.ts'
import type { LabelFacts, Mismatch } from './label-facts.ts'
import { ANY_VALUE, arithmetic, filteredBy, hull, mapped, natural, negated, neverHolds, sumRange } from './value-range.ts'
import type { ValueRange } from './value-range.ts'

/** What the storage has for a selector, as far as it was asked. */
export interface KnownSeries {
  /** Label names of each kind of series that the selector finds, and the highest finite bucket among them; undefined: nothing is known, or nothing is there. */
  of(selector: VectorSelector): { readonly kinds: readonly ReadonlySet<string>[]; readonly highestBucket: number | undefined } | undefined
}

/** Stands in a matcher for what a variable of a board will hold: a condition with it can't be judged. */
export const VARIABLE_MARK = '\u2063variable\u2063'

/** Why an operation never has a result. */
export type Impossible =
  | { readonly reason: 'no-match'; readonly at: BinaryExpr; readonly mismatch: Mismatch }
  | { readonly reason: 'never-holds'; readonly at: BinaryExpr; readonly left: ValueRange; readonly right: ValueRange }

/** What can be said of an expression's answer before it is asked. */
export interface ExprFacts {
  readonly labels: LabelFacts
  readonly values: ValueRange
  /** It has no result while the series are what they are. */
  readonly never: Impossible | undefined
}

/** Facts about an expression and, on the way, of every operation in it that can have no result. */
export interface ExprExamination {
  readonly facts: ExprFacts
  readonly impossible: readonly Impossible[]
}

/** Examines an expression without asking it. The cost is that of walking the tree; `known` is asked once for each selector. */
export function examineExpr(expr: Expr, known: KnownSeries): ExprExamination {
  const examiner = new Examiner(known)
  const facts = examiner.of(expr)
  return { facts, impossible: examiner.impossible }
}

/** Metrics that are zero or one. */
const FLAGS: ReadonlySet<string> = new Set(['up', 'probe_success', 'ALERTS'])

/** Functions whose values lie in a range whatever they are given. */
const FUNCTION_RANGES: Readonly<Record<string, readonly [low: number, high: number]>> = {
  rate: [0, Infinity], irate: [0, Infinity], increase: [0, Infinity], changes: [0, Infinity], resets: [0, Infinity], count_over_time: [0, Infinity], present_over_time: [1, 1], absent: [1, 1],
  absent_over_time: [1, 1], stddev_over_time: [0, Infinity], stdvar_over_time: [0, Infinity], abs: [0, Infinity], sqrt: [0, Infinity], exp: [0, Infinity], sgn: [-1, 1], hour: [0, 23], minute: [0, 59],
  month: [1, 12], day_of_month: [1, 31], day_of_week: [0, 6], day_of_year: [1, 366], days_in_month: [28, 31], sin: [-1, 1], cos: [-1, 1], histogram_fraction: [0, 1], mad_over_time: [0, Infinity],
  timestamp: [0, Infinity], time: [0, Infinity],
}

/** Functions whose values are among those of their argument. */
const SAME_VALUES: ReadonlySet<string> = new Set(['avg_over_time', 'min_over_time', 'max_over_time', 'last_over_time', 'first_over_time', 'label_replace', 'label_join', 'sort', 'sort_desc', 'sort_by_label', 'sort_by_label_desc', 'vector', 'scalar'])

const EMPTY: ReadonlyMap<string, string> = new Map()

class Examiner {
  readonly impossible: Impossible[] = []
  readonly #known: KnownSeries

  constructor(known: KnownSeries) {
    this.#known = known
  }

  of(e: Expr): ExprFacts {
    switch (e.kind) {
      case 'number': return { labels: NO_LABELS, values: Number.isNaN(e.value) ? ANY_VALUE : { low: e.value, high: e.value }, never: undefined }
      case 'string': return { labels: NO_LABELS, values: ANY_VALUE, never: undefined }
      case 'paren': return this.of(e.expr)
      case 'subquery': return this.of(e.expr)
      case 'unary': {
        const f = this.of(e.expr)
        return e.op === '-' ? { ...f, values: negated(f.values) } : f
      }
      case 'selector': return this.#selector(e)
      case 'matrix': return this.#selector(e.selector)
      case 'aggregate': return this.#aggregate(e)
      case 'call': return this.#call(e)
      case 'binary': return this.#binary(e)
    }
  }

  #selector(s: VectorSelector): ExprFacts {
    const name = demandedMetricName(s.matchers)
    const values = name !== undefined && FLAGS.has(name) ? natural(0, 1, name) : name !== undefined && /_(?:total|count|bucket)$/.test(name) ? natural(0, Infinity, name) : ANY_VALUE
    const fixed = new Map<string, string>()
    for (const m of s.matchers) if (m.type === '=' && m.value !== '' && m.name !== METRIC_NAME && !m.value.includes(VARIABLE_MARK)) fixed.set(m.name, m.value)
    const not = new Set(s.matchers.filter(m => m.type === '=' && m.value === '').map(m => m.name))
    const kinds = this.#known.of(s)?.kinds
    if (kinds === undefined || kinds.length === 0) return { labels: { only: undefined, not, must: new Set(fixed.keys()), fixed }, values, never: undefined }
    const must = new Set(kinds[0])
    for (const kind of kinds) for (const label of must) if (!kind.has(label)) must.delete(label)
    for (const label of fixed.keys()) must.add(label)
    return { labels: { only: new Set([...kinds.flatMap(k => [...k]), ...fixed.keys()].filter(label => !not.has(label))), not, must, fixed }, values, never: undefined }
  }

  #aggregate(e: AggregateExpr): ExprFacts {
    const inner = this.of(e.expr)
    if (e.param !== undefined && e.op !== 'count_values') this.of(e.param)
    const { never } = inner
    const keepsLabels = e.op === 'topk' || e.op === 'bottomk' || e.op === 'limitk' || e.op === 'limit_ratio'
    const labels = keepsLabels ? inner.labels : e.without ? withoutLabels(inner.labels, e.grouping) : keptOnly(inner.labels, e.grouping)
    switch (e.op) {
      case 'count': return { labels, values: natural(1, Infinity, 'count'), never }
      case 'group': return { labels, values: natural(1, 1, 'group'), never }
      case 'stddev': case 'stdvar': return { labels, values: natural(0, Infinity, e.op), never }
      case 'count_values': return { labels: e.param?.kind === 'string' ? withSetLabel(labels, e.param.value) : ANY_LABELS, values: natural(1, Infinity, 'count_values'), never }
      case 'sum': return { labels, values: sumRange(inner.values), never }
      case 'quantile': return { labels, values: isShare(e.param) ? inner.values : ANY_VALUE, never }
      case 'avg': case 'min': case 'max': case 'topk': case 'bottomk': case 'limitk': case 'limit_ratio': return { labels, values: inner.values, never }
    }
  }

  #call(e: CallExpr): ExprFacts {
    const args = e.args.map(a => this.of(a))
    const main = e.args.findIndex(a => a.kind !== 'number' && a.kind !== 'string')
    const given = args[main]
    if (e.func === 'absent' || e.func === 'absent_over_time') {
      const selector = unwrapped(e.args[0]!)
      const only = selector.kind === 'selector' || selector.kind === 'matrix' ? (selector.kind === 'matrix' ? selector.selector : selector).matchers.filter(m => m.type === '=').map(m => m.name) : []
      return { labels: { only: new Set(only), not: new Set(), must: new Set(), fixed: EMPTY }, values: natural(1, 1, e.func), never: undefined }
    }
    // Of what stands alone there is one series at most, without labels: `vector(1)`, `hour()`.
    if (given === undefined) return { labels: NO_LABELS, values: args[0] !== undefined && SAME_VALUES.has(e.func) ? args[0].values : this.#range(e, args, undefined), never: undefined }
    // These have something to say even when there is nothing.
    const never = e.func === 'scalar' || e.func === 'vector' ? undefined : given.never
    return { labels: this.#labels(e, given.labels), values: this.#range(e, args, given.values), never }
  }

  #labels(e: CallExpr, given: LabelFacts): LabelFacts {
    switch (e.func) {
      case 'label_replace': case 'label_join': {
        const target = e.args[1]
        return target?.kind === 'string' ? withSetLabel(given, target.value) : ANY_LABELS
      }
      case 'histogram_quantile': case 'histogram_fraction': return withoutLabels(given, ['le'])
      case 'info': return ANY_LABELS
      case 'vector': case 'scalar': case 'time': return NO_LABELS
      default: return given
    }
  }

  #range(e: CallExpr, args: readonly ExprFacts[], given: ValueRange | undefined): ValueRange {
    const nature = FUNCTION_RANGES[e.func]
    if (nature !== undefined) return natural(nature[0], nature[1], e.func)
    if (given === undefined) return ANY_VALUE
    if (SAME_VALUES.has(e.func)) return given
    switch (e.func) {
      case 'sum_over_time': return sumRange(given)
      case 'quantile_over_time': return isShare(e.args[0]) ? given : ANY_VALUE
      case 'floor': return mapped(given, Math.floor)
      case 'ceil': return mapped(given, Math.ceil)
      case 'round': return e.args.length === 1 ? mapped(given, Math.round) : ANY_VALUE
      case 'clamp_min': return args[1] === undefined ? ANY_VALUE : { ...given, low: Math.max(given.low, args[1].values.low), high: Math.max(given.high, args[1].values.high) }
      case 'clamp_max': return args[1] === undefined ? ANY_VALUE : { ...given, low: Math.min(given.low, args[1].values.low), high: Math.min(given.high, args[1].values.high) }
      case 'clamp': return natural(args[1]?.values.low ?? -Infinity, args[2]?.values.high ?? Infinity, 'clamp')
      case 'histogram_quantile': return isShare(e.args[0]) ? this.#quantile(e.args[1]!) : ANY_VALUE
      default: return ANY_VALUE
    }
  }

  /** A quantile of classic buckets ends at the highest finite one, whatever happened. */
  #quantile(buckets: Expr): ValueRange {
    let highest: number | undefined
    let metric = ''
    for (const s of selectorsIn(buckets)) {
      const top = this.#known.of(s)?.highestBucket
      const name = demandedMetricName(s.matchers)
      // A histogram that nobody knows, or a native one, has no end.
      if (top === undefined || name === undefined) return ANY_VALUE
      if (highest === undefined || top > highest) [highest, metric] = [top, name]
    }
    return highest === undefined ? ANY_VALUE : { low: -Infinity, high: highest, highWhy: { kind: 'bucket', metric, le: highest } }
  }

  #binary(e: BinaryExpr): ExprFacts {
    const left = this.of(e.left)
    const right = this.of(e.right)
    const { matching } = e
    if (matching === undefined) {
      const isLeftVector = isVector(e.left)
      const labels = isLeftVector ? left.labels : right.labels
      const never = left.never ?? right.never
      if (!isComparison(e.op)) return { labels, values: arithmetic(e.op, left.values, right.values), never }
      return this.#compared(e, left, right, labels, never, isLeftVector ? left.values : right.values, isLeftVector ? e.op : mirrored(e.op), isLeftVector ? right.values : left.values)
    }
    if (e.op === 'or') {
      if (left.never !== undefined && right.never !== undefined) return { ...left }
      if (left.never !== undefined) return right
      if (right.never !== undefined) return left
      return { labels: eitherLabels(left.labels, right.labels), values: hull(left.values, right.values), never: undefined }
    }
    if (e.op === 'unless') return { labels: left.labels, values: left.values, never: left.never }
    const labels = e.op === 'and' ? left.labels : matchedLabels(left.labels, right.labels, matching)
    const never = left.never ?? right.never ?? this.#unmatched(e, left, right)
    if (e.op === 'and') return { labels, values: left.values, never }
    if (!isComparison(e.op)) {
      const values = e.op === '/' && isPartOf(e.left, e.right) ? { low: 0, high: 1, highWhy: { kind: 'ratio' as const }, lowWhy: { kind: 'ratio' as const } } : arithmetic(e.op, left.values, right.values)
      return { labels, values, never }
    }
    return this.#compared(e, left, right, labels, never, left.values, e.op, right.values)
  }

  #unmatched(e: BinaryExpr, left: ExprFacts, right: ExprFacts): Impossible | undefined {
    if (e.matching!.fill !== undefined) return undefined
    const found = mismatch(left.labels, right.labels, e.matching!)
    return found === undefined ? undefined : this.#told({ reason: 'no-match', at: e, mismatch: found })
  }

  #compared(e: BinaryExpr, left: ExprFacts, right: ExprFacts, labels: LabelFacts, never: Impossible | undefined, values: ValueRange, op: string, other: ValueRange): ExprFacts {
    const fails = neverHolds(e.op, left.values, right.values)
    if (e.bool) return { labels, values: natural(0, fails ? 0 : 1, 'bool'), never }
    const impossible = never ?? (fails ? this.#told({ reason: 'never-holds', at: e, left: left.values, right: right.values }) : undefined)
    return { labels, values: impossible === undefined ? filteredBy(op, values, other) : values, never: impossible }
  }

  #told(impossible: Impossible): Impossible {
    this.impossible.push(impossible)
    return impossible
  }
}

function isVector(e: Expr): boolean {
  const inner = unwrapped(e)
  switch (inner.kind) {
    case 'number': case 'string': return false
    case 'call': return inner.func !== 'scalar' && inner.func !== 'time' && inner.func !== 'pi'
    case 'unary': return isVector(inner.expr)
    case 'binary': return isVector(inner.left) || isVector(inner.right)
    default: return true
  }
}

const MIRRORED: Readonly<Record<string, string>> = { '>': '<', '<': '>', '>=': '<=', '<=': '>=' }

function mirrored(op: string): string {
  return MIRRORED[op] ?? op
}

/** Between 0 and 1, as the first argument of a quantile. */
function isShare(e: Expr | undefined): boolean {
  return e?.kind === 'number' && e.value >= 0 && e.value <= 1
}

/** Without parentheses. */
export function unwrapped(e: Expr): Expr {
  return e.kind === 'paren' ? unwrapped(e.expr) : e
}

/** All selectors of an expression, in the order of the text. */
export function selectorsIn(e: Expr): VectorSelector[] {
  switch (e.kind) {
    case 'number': case 'string': return []
    case 'selector': return [e]
    case 'matrix': return [e.selector]
    case 'paren': case 'unary': case 'subquery': return selectorsIn(e.expr)
    case 'binary': return [...selectorsIn(e.left), ...selectorsIn(e.right)]
    case 'aggregate': return [...(e.param === undefined ? [] : selectorsIn(e.param)), ...selectorsIn(e.expr)]
    case 'call': return e.args.flatMap(selectorsIn)
  }
}

/** Without a filter such as `> 0` around it: what is left of it is never more than it. */
function unfiltered(e: Expr): Expr {
  const inner = unwrapped(e)
  return inner.kind === 'binary' && isComparison(inner.op) && !inner.bool && unwrapped(inner.right).kind === 'number' ? unfiltered(inner.left) : inner
}

/**
 * Whether an expression is a part of another one: the same sums of the same function of the same metric, with conditions on more labels; or the buckets
 * of a histogram and its count. Then their quotient lies between 0 and 1.
 */
export function isPartOf(part: Expr, whole: Expr): boolean {
  const a = unfiltered(part)
  const b = unfiltered(whole)
  // `failed or 0 * all`: either side.
  if (a.kind === 'binary' && a.op === 'or') return isPartOrNothing(a.left, b) && isPartOrNothing(a.right, b)
  if (a.kind === 'aggregate' && b.kind === 'aggregate') {
    return a.op === 'sum' && b.op === 'sum' && a.without === b.without && [...a.grouping].sort().join() === [...b.grouping].sort().join() && isPartOf(a.expr, b.expr)
  }
  if (a.kind === 'call' && b.kind === 'call') return a.func === b.func && (a.func === 'rate' || a.func === 'increase') && a.args[0]?.kind === 'matrix' && b.args[0]?.kind === 'matrix' && isPartOf(a.args[0], b.args[0])
  if (a.kind === 'matrix' && b.kind === 'matrix') return a.rangeMs === b.rangeMs && a.rangeExpr === undefined && b.rangeExpr === undefined && isPartOf(a.selector, b.selector)
  if (a.kind === 'selector' && b.kind === 'selector') return isNarrower(a, b)
  return false
}

function isPartOrNothing(e: Expr, whole: Expr): boolean {
  const inner = unwrapped(e)
  const isZero = (x: Expr): boolean => {
    const y = unwrapped(x)
    return y.kind === 'number' && y.value === 0
  }
  if (inner.kind === 'call' && inner.func === 'vector') return isZero(inner.args[0]!)
  if (inner.kind === 'binary' && inner.op === '*') return isZero(inner.left) || isZero(inner.right)
  return isPartOf(inner, whole)
}

function isNarrower(a: VectorSelector, b: VectorSelector): boolean {
  if (a.offsetMs !== b.offsetMs || a.at !== undefined || b.at !== undefined || a.offsetExpr !== undefined || b.offsetExpr !== undefined) return false
  const [name, whole] = [demandedMetricName(a.matchers), demandedMetricName(b.matchers)]
  if (name === undefined || whole === undefined) return false
  const isBucketOfCount = name.endsWith('_bucket') && whole.endsWith('_count') && name.slice(0, -7) === whole.slice(0, -6)
  // A bucket without a choice of `le` counts each observation several times.
  if (isBucketOfCount ? !a.matchers.some(m => m.name === 'le' && m.type === '=') : name !== whole || !/_(?:total|count)$/.test(name)) return false
  const conditions = new Set(a.matchers.filter(m => m.name !== METRIC_NAME).map(printMatcher))
  return b.matchers.every(m => m.name === METRIC_NAME || conditions.has(printMatcher(m)))
}

/** An expression on one line, cut where it is long. */
export function shortExpr(e: Expr, most = 80): string {
  const text = printExpr(e).replace(/\s+/g, ' ')
  return text.length <= most ? text : `${text.slice(0, most - 1)}…`
}
