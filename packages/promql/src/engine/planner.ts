import { EMPTY_LABELS, METRIC_NAME, goQuote, isLabelName, labelsWith } from '@haechi/model'
import type { Labels, Matcher } from '@haechi/model'
import { QueryError } from '@haechi/storage'
import type { AggregateExpr, AtModifier, BinaryExpr, CallExpr, Expr, DurationExpr, MatrixSelector, StringLiteral, SubqueryExpr, VectorSelector } from '../ast.ts'
import { durationMs } from './durations.ts'
import { EXTENDED_FUNCTIONS } from './extended-range.ts'
import { infoMatchers } from './info.ts'
import { isHistogramFigure } from './histogram-figures.ts'
import type { Extension, MatrixNode, Place, Plan, PlanNode, ScalarNode, SelectorOutput, SharedSelector, VectorNode } from './plan.ts'
import { binaryValue } from './scalar-operators.ts'
import { RANGE_FUNCTIONS } from './range-functions.ts'
import { MAP_FUNCTIONS } from './map-functions.ts'
import { DATE_FUNCTIONS } from './date-functions.ts'

/** What the planner must know about a query. */
export interface PlanOptions {
  readonly startMs: number
  readonly endMs: number
  /** Ignored for an instant query. */
  readonly stepMs: number
  readonly instant: boolean
  readonly lookbackMs: number
  /** Step of subqueries that name none. */
  readonly subqueryStepMs: number
  /** Start timestamps are used (`use-start-timestamps`). */
  readonly startTimestamps: boolean
}

/** The evaluation times at which a part of the query is needed. */
interface Times {
  readonly minMs: number
  readonly maxMs: number
}

/**
 * Makes the evaluation plan of a parsed and type-checked expression.
 * @throws QueryError `execution` where Prometheus fails at evaluation, `bad_data` for a function it doesn't know
 */
export function makePlan(expr: Expr, options: PlanOptions): Plan {
  const planner = new Planner(options)
  const root = planner.node(expr, { minMs: options.startMs, maxMs: options.endMs })
  const selectors = [...planner.selectors.values()]
  let minMs = 0
  let maxMs = 0
  if (selectors.length > 0) {
    minMs = Infinity
    maxMs = -Infinity
    for (const s of selectors) {
      minMs = Math.min(minMs, s.minMs)
      maxMs = Math.max(maxMs, s.maxMs)
    }
  }
  return { root, selectors, minMs, maxMs, movable: planner.movable }
}

/** Functions whose value depends on the evaluation time even if their arguments don't. @see Prometheus `AtModifierUnsafeFunctions` */
const TIME_DEPENDENT: ReadonlySet<string> = new Set([
  'days_in_month', 'day_of_month', 'day_of_week', 'day_of_year', 'hour', 'minute', 'month', 'year', 'predict_linear', 'time', 'timestamp',
])

class Planner {
  readonly selectors = new Map<string, SharedSelector>()
  /** Until something names a time: `@`, `start()`, `end()`. */
  movable = true
  readonly #options: PlanOptions

  constructor(options: PlanOptions) {
    this.#options = options
  }

  /** Functions around the current place that need nothing but figures of histograms, and parts of the query that need buckets. */
  #figuresAround = 0
  #bucketsAround = 0

  node(e: Expr, times: Times): PlanNode {
    const need = histogramNeed(e)
    if (need === 'figures') this.#figuresAround++
    else if (need === 'buckets') this.#bucketsAround++
    const node = this.#node(e, times)
    if (need === 'figures') this.#figuresAround--
    else if (need === 'buckets') this.#bucketsAround--
    return node
  }

  #node(e: Expr, times: Times): PlanNode {
    switch (e.kind) {
      case 'number': return { type: 'scalar', kind: 'const', value: e.value, invariant: true, span: e.span }
      case 'string': return { type: 'string', kind: 'string', value: e.value, invariant: true, span: e.span }
      case 'paren': return this.node(e.expr, times)
      case 'unary': return this.#unary(e.op, this.node(e.expr, times), e)
      case 'binary': return this.#binary(e, times)
      case 'aggregate': return this.#aggregate(e, times)
      case 'call': return this.#call(e, times)
      case 'selector': return this.#selector(e, times, 'values')
      case 'matrix': case 'subquery': return this.#matrix(e, times)
    }
  }

  #vector(e: Expr, times: Times): VectorNode {
    const node = this.node(e, times)
    if (node.type !== 'vector') throw new Error(`BUG: a ${node.type} where the parser promised a vector`)
    return node
  }

  #scalar(e: Expr, times: Times): ScalarNode {
    const node = this.node(e, times)
    if (node.type !== 'scalar') throw new Error(`BUG: a ${node.type} where the parser promised a scalar`)
    return node
  }

  #unary(op: '+' | '-', expr: PlanNode, e: Expr): PlanNode {
    if (expr.type === 'vector') return { type: 'vector', kind: op === '+' ? 'plus' : 'negate', expr, invariant: expr.invariant, span: e.span }
    if (op === '+' || expr.type !== 'scalar') return expr
    if (expr.kind === 'const') return { ...expr, value: -expr.value, span: e.span }
    return { type: 'scalar', kind: 'scalar-negate', expr, invariant: expr.invariant, span: e.span }
  }

  #binary(e: BinaryExpr, times: Times): PlanNode {
    const left = this.node(e.left, times)
    const right = this.node(e.right, times)
    const base = { invariant: left.invariant && right.invariant, span: e.span }
    if (left.type === 'scalar' && right.type === 'scalar') {
      if (left.kind === 'const' && right.kind === 'const') return { ...base, type: 'scalar', kind: 'const', value: binaryValue(e.op, left.value, right.value) }
      return { ...base, type: 'scalar', kind: 'scalar-binary', op: e.op, left, right }
    }
    if (left.type === 'vector' && right.type === 'scalar') return { ...base, type: 'vector', kind: 'vector-scalar', op: e.op, bool: e.bool, vector: left, scalar: right, swapped: false }
    if (left.type === 'scalar' && right.type === 'vector') return { ...base, type: 'vector', kind: 'vector-scalar', op: e.op, bool: e.bool, vector: right, scalar: left, swapped: true }
    if (left.type !== 'vector' || right.type !== 'vector') throw new Error(`BUG: operator ${e.op} between ${left.type} and ${right.type}`)
    const isSet = e.op === 'and' || e.op === 'or' || e.op === 'unless'
    const matching = e.matching ?? { card: isSet ? 'many-to-many' : 'one-to-one', labels: [], on: false, include: [] }
    return { ...base, type: 'vector', kind: 'vector-vector', op: e.op, bool: e.bool, left, right, matching }
  }

  #aggregate(e: AggregateExpr, times: Times): VectorNode {
    const expr = this.#vector(e.expr, times)
    let param: ScalarNode | undefined
    let valueLabel = ''
    if (e.op === 'count_values') {
      const label = stringArgument(e.param)
      valueLabel = label.value
      if (!isLabelName(valueLabel)) throw new QueryError('execution', `invalid label name ${goQuote(valueLabel)}`)
    } else if (e.param !== undefined) param = this.#scalar(e.param, times)
    return { type: 'vector', kind: 'aggregate', op: e.op, expr, param, valueLabel, grouping: e.grouping, without: e.without, invariant: expr.invariant, span: e.span }
  }

  #call(e: CallExpr, times: Times): PlanNode {
    const { func, span } = e
    const args = e.args.map(unwrapped)
    switch (func) {
      case 'time': return { type: 'scalar', kind: 'time', invariant: false, span }
      case 'pi': return constant(Math.PI, e)
      case 'start': case 'end':
        this.movable = false
        return constant((func === 'start' ? this.#options.startMs : this.#options.endMs) / 1000, e)
      case 'range': return constant((this.#options.endMs - this.#options.startMs) / 1000, e)
      case 'step': return constant(this.#options.startMs === this.#options.endMs ? 0 : this.#options.stepMs / 1000, e)
      case 'max_of': case 'min_of': {
        const left = this.#scalar(args[0]!, times)
        const right = this.#scalar(args[1]!, times)
        return { type: 'scalar', kind: 'scalar-pick', func, left, right, invariant: left.invariant && right.invariant, span }
      }
      case 'scalar': {
        const expr = this.#vector(args[0]!, times)
        return { type: 'scalar', kind: 'scalar-of', expr, invariant: expr.invariant, span }
      }
      case 'vector': {
        const expr = this.#scalar(args[0]!, times)
        return { type: 'vector', kind: 'vector-of', expr, invariant: expr.invariant, span }
      }
      case 'timestamp': {
        const arg = args[0]!
        if (arg.kind === 'selector') return { ...this.#selector(arg, times, 'times'), span }
        return { type: 'vector', kind: 'timestamp', expr: this.#vector(arg, times), invariant: false, span }
      }
      case 'start_timestamp': {
        const arg = args[0]!
        if (arg.kind === 'selector' && this.#options.startTimestamps) return { ...this.#selector(arg, times, 'starts'), span }
        const expr = this.#vector(arg, times)
        return { type: 'vector', kind: 'nothing', expr, invariant: expr.invariant, span }
      }
      case 'info': return this.#info(args[0]!, args[1], times, e)
      case 'absent': {
        const expr = this.#vector(args[0]!, times)
        return { type: 'vector', kind: 'absent', expr, labels: absentLabels(args[0]!), invariant: expr.invariant, span }
      }
      case 'absent_over_time': {
        refuseExtension(args[0]!, func)
        const matrix = this.#matrixArgument(args[0]!, times)
        return { type: 'vector', kind: 'absent-over-time', matrix, labels: absentLabels(args[0]!), invariant: matrix.invariant, span }
      }
      case 'sort': case 'sort_desc': case 'sort_by_label': case 'sort_by_label_desc': {
        const expr = this.#vector(args[0]!, times)
        return { type: 'vector', kind: 'sort', func, expr, byLabels: args.slice(1).map(a => stringArgument(a).value), invariant: expr.invariant, span }
      }
      case 'label_replace': {
        const [target, replacement, source, pattern] = args.slice(1).map(a => stringArgument(a).value) as [string, string, string, string]
        const expr = this.#vector(args[0]!, times)
        return { type: 'vector', kind: 'label-replace', expr, target, replacement, source, pattern, invariant: expr.invariant, span }
      }
      case 'label_join': {
        const [target, separator, ...sources] = args.slice(1).map(a => stringArgument(a).value) as [string, string, ...string[]]
        const expr = this.#vector(args[0]!, times)
        return { type: 'vector', kind: 'label-join', expr, target, separator, sources, invariant: expr.invariant, span }
      }
      case 'histogram_quantile': {
        const quantile = this.#scalar(args[0]!, times)
        const expr = this.#vector(args[1]!, times)
        return { type: 'vector', kind: 'histogram-quantile', quantiles: [quantile], expr, quantileLabel: '', invariant: quantile.invariant && expr.invariant, span }
      }
      case 'histogram_quantiles': {
        const expr = this.#vector(args[0]!, times)
        const quantiles = args.slice(2).map(a => this.#scalar(a, times))
        return { type: 'vector', kind: 'histogram-quantile', quantiles, expr, quantileLabel: stringArgument(args[1]).value, invariant: expr.invariant && quantiles.every(q => q.invariant), span }
      }
      case 'histogram_fraction': {
        const lower = this.#scalar(args[0]!, times)
        const upper = this.#scalar(args[1]!, times)
        const expr = this.#vector(args[2]!, times)
        return { type: 'vector', kind: 'histogram-fraction', lower, upper, expr, invariant: lower.invariant && upper.invariant && expr.invariant, span }
      }
    }
    if (RANGE_FUNCTIONS.has(func)) return this.#rangeCall(func, args, times, e)
    if (DATE_FUNCTIONS.has(func)) {
      const expr: VectorNode = args.length > 0
        ? this.#vector(args[0]!, times)
        : { type: 'vector', kind: 'vector-of', expr: { type: 'scalar', kind: 'time', invariant: false, span }, invariant: false, span }
      return { type: 'vector', kind: 'date', func, expr, invariant: false, span }
    }
    if (MAP_FUNCTIONS.has(func)) {
      const expr = this.#vector(args[0]!, times)
      const scalars = args.slice(1).map(a => this.#scalar(a, times))
      return { type: 'vector', kind: 'map', func, expr, scalars, invariant: expr.invariant && scalars.every(s => s.invariant), span }
    }
    if (isHistogramFigure(func)) {
      const expr = this.#vector(args[0]!, times)
      return { type: 'vector', kind: 'histogram-figure', func, expr, invariant: expr.invariant, span }
    }
    throw new QueryError('execution', `function ${goQuote(func)} is not supported by this engine`, e.nameSpan)
  }

  #rangeCall(func: string, args: readonly Expr[], times: Times, e: CallExpr): VectorNode {
    let matrix: MatrixNode | undefined
    const scalars: ScalarNode[] = []
    for (const arg of args) {
      if (arg.kind === 'matrix' || arg.kind === 'subquery') matrix = this.#matrix(arg, times)
      else scalars.push(this.#scalar(arg, times))
      refuseExtension(arg, func)
    }
    if (matrix === undefined) throw new Error(`BUG: ${func} without a range vector`)
    const invariant = !TIME_DEPENDENT.has(func) && matrix.invariant && scalars.every(s => s.invariant)
    return { type: 'vector', kind: 'range-call', func, matrix, scalars, invariant, span: e.span }
  }

  #matrixArgument(e: Expr, times: Times): MatrixNode {
    if (e.kind === 'matrix' || e.kind === 'subquery') return this.#matrix(e, times)
    throw new Error(`BUG: a ${e.kind} where the parser promised a range vector`)
  }

  /** The first selector inside the first argument says when the info series are looked at. With a second argument, which has no time of its own, the answer is computed for each step. @see Prometheus promql/info.go `infoSelectTimestampAndOffset` */
  #info(base: Expr, labels: Expr | undefined, times: Times, e: CallExpr): VectorNode {
    const expr = this.#vector(base, times)
    const matchers = infoMatchers(labels?.kind === 'selector' ? labels.matchers : undefined)
    const place = this.#firstPlace(base) ?? { offsetMs: 0, atMs: undefined }
    const at = placed(times, place)
    const selector = this.#shared([...matchers.data, ...matchers.name], at.minMs - this.#options.lookbackMs + 1, at.maxMs)
    return { type: 'vector', kind: 'info', expr, selector, place, matchers, invariant: expr.invariant && labels === undefined && place.atMs !== undefined, span: e.span }
  }

  /** Where the first selector of an expression looks: offsets add up from inside out until an `@` fixes the time. */
  #firstPlace(e: Expr): Place | undefined {
    switch (e.kind) {
      case 'number': case 'string': return undefined
      case 'selector': return this.#place(e)
      case 'matrix': return this.#place(e.selector)
      case 'paren': case 'unary': return this.#firstPlace(e.expr)
      case 'binary': return this.#firstPlace(e.left) ?? this.#firstPlace(e.right)
      case 'aggregate': return this.#firstPlace(e.expr) ?? (e.param === undefined ? undefined : this.#firstPlace(e.param))
      case 'call': {
        for (const arg of e.args) {
          const found = this.#firstPlace(arg)
          if (found !== undefined) return found
        }
        return undefined
      }
      case 'subquery': {
        const inner = this.#firstPlace(e.expr)
        if (inner === undefined || inner.atMs !== undefined) return inner
        const own = this.#place(e)
        return { offsetMs: inner.offsetMs + own.offsetMs, atMs: own.atMs }
      }
    }
  }

  #matrix(e: MatrixSelector | SubqueryExpr, times: Times): MatrixNode {
    const rangeMs = this.#duration(e.rangeMs, e.rangeExpr)
    if (e.kind === 'matrix') {
      const place = this.#place(e.selector)
      const at = placed(times, place)
      const extension = this.#extension(e.selector)
      // Left-open: a sample exactly `range` before the evaluation time is not part of it.
      const selector = this.#shared(e.selector.matchers, at.minMs - rangeMs - (extension?.beforeMs ?? 0) + 1, at.maxMs + (extension?.afterMs ?? 0))
      return { type: 'matrix', kind: 'matrix-selector', selector, rangeMs, extension, ...place, invariant: place.atMs !== undefined, span: e.span }
    }
    const place = this.#place(e)
    const at = placed(times, place)
    const ownStepMs = this.#duration(e.stepMs, e.stepExpr)
    const stepMs = ownStepMs > 0 ? ownStepMs : this.#options.subqueryStepMs
    // Resets between the subquery's own samples show only in the buckets.
    this.#bucketsAround++
    const expr = this.node(e.expr, { minMs: at.minMs - rangeMs, maxMs: at.maxMs })
    this.#bucketsAround--
    if (expr.type !== 'vector' && expr.type !== 'scalar') throw new Error(`BUG: subquery over a ${expr.type}`)
    return { type: 'matrix', kind: 'subquery', expr, rangeMs, stepMs, ...place, invariant: place.atMs !== undefined, span: e.span }
  }

  #selector(e: VectorSelector, times: Times, output: SelectorOutput): VectorNode {
    const place = this.#place(e)
    const at = placed(times, place)
    const { lookbackMs } = this.#options
    const smoothed = e.extension === 'smoothed' && output === 'values'
    const selector = this.#shared(e.matchers, at.minMs - lookbackMs + 1, at.maxMs + (smoothed ? lookbackMs : 0))
    const base = { type: 'vector', selector, place, invariant: place.atMs !== undefined, span: e.span } as const
    return smoothed ? { ...base, kind: 'smoothed-selector' } : { ...base, kind: 'selector', output }
  }

  #extension(e: VectorSelector): Extension | undefined {
    const { lookbackMs } = this.#options
    return e.extension === undefined ? undefined : { kind: e.extension, beforeMs: lookbackMs, afterMs: e.extension === 'smoothed' ? lookbackMs : 0 }
  }

  #place(e: { readonly offsetMs: number; readonly offsetExpr?: DurationExpr; readonly at?: AtModifier }): Place {
    const offsetMs = this.#duration(e.offsetMs, e.offsetExpr, true)
    if (e.at !== undefined) this.movable = false
    return { offsetMs, atMs: e.at === undefined ? undefined : e.at.kind === 'time' ? e.at.tMs : e.at.kind === 'start' ? this.#options.startMs : this.#options.endMs }
  }

  #duration(ms: number, expr: DurationExpr | undefined, mayBeNegative = false): number {
    if (expr === undefined) return ms
    const { startMs, endMs, stepMs, instant } = this.#options
    return durationMs(expr, { stepSeconds: instant ? 0 : stepMs / 1000, rangeSeconds: (endMs - startMs) / 1000 }, mayBeNegative)
  }

  #shared(matchers: readonly Matcher[], minMs: number, maxMs: number): SharedSelector {
    const statsOnly = this.#figuresAround > 0 && this.#bucketsAround === 0
    const key = `${matchers.map(m => `${m.name}${m.type}${JSON.stringify(m.value)}`).join(',')}${statsOnly ? ' figures' : ''}`
    const known = this.selectors.get(key)
    if (known === undefined) {
      const made: SharedSelector = { key, matchers, minMs, maxMs, statsOnly, uses: 1 }
      this.selectors.set(key, made)
      return made
    }
    known.minMs = Math.min(known.minMs, minMs)
    known.maxMs = Math.max(known.maxMs, maxMs)
    known.uses++
    return known
  }
}

/** What an expression needs of the histograms in it. @see Prometheus promql/engine.go `detectHistogramStatsDecoding` */
function histogramNeed(e: Expr): 'figures' | 'buckets' | undefined {
  if (e.kind === 'binary') return e.op === '</' || e.op === '>/' ? 'buckets' : undefined
  if (e.kind !== 'call') return undefined
  switch (e.func) {
    case 'histogram_count': case 'histogram_sum': case 'histogram_avg': return 'figures'
    case 'histogram_quantile': case 'histogram_quantiles': case 'histogram_fraction': return 'buckets'
    default: return undefined
  }
}

function placed(times: Times, place: Place): Times {
  return { minMs: (place.atMs ?? times.minMs) - place.offsetMs, maxMs: (place.atMs ?? times.maxMs) - place.offsetMs }
}

function constant(value: number, e: CallExpr): ScalarNode {
  return { type: 'scalar', kind: 'const', value, invariant: true, span: e.span }
}

/** @throws QueryError for a function that would take the samples outside of an extended range for inside ones */
function refuseExtension(arg: Expr, func: string): void {
  const extension = arg.kind === 'matrix' ? arg.selector.extension : undefined
  if (extension === undefined || EXTENDED_FUNCTIONS[extension].includes(func)) return
  throw new QueryError('execution', `${extension} modifier can only be used with: ${EXTENDED_FUNCTIONS[extension].join(', ')} - not with ${func}`)
}

function unwrapped(e: Expr): Expr {
  return e.kind === 'paren' ? unwrapped(e.expr) : e
}

function stringArgument(e: Expr | undefined): StringLiteral {
  const inner = e === undefined ? undefined : unwrapped(e)
  if (inner?.kind !== 'string') throw new Error('BUG: no string where the parser promised one')
  return inner
}

/** The labels that a selector fixes; `absent` reports them. A label with two conditions is left out. @see Prometheus `createLabelsForAbsentFunction` */
function absentLabels(e: Expr): Labels {
  const selector = e.kind === 'selector' ? e : e.kind === 'matrix' ? e.selector : undefined
  let labels: Labels = EMPTY_LABELS
  if (selector === undefined) return labels
  const seen = new Set<string>()
  for (const m of selector.matchers) {
    if (m.name === METRIC_NAME) continue
    if (m.type === '=' && !seen.has(m.name)) {
      labels = labelsWith(labels, m.name, m.value)
      seen.add(m.name)
    } else labels = labelsWith(labels, m.name, '')
  }
  return labels
}
