import type { Matcher } from '@haechi/model'
import { parseExpr } from '@haechi/promql'
import type { BinaryExpr, CallExpr, Expr, VectorSelector } from '@haechi/promql'

/** What a selector in a query wants to exist. */
export interface Demand {
  readonly name: string
  /** Without the one for the name. */
  readonly matchers: readonly Matcher[]
  /** Labels that the query groups by, joins on, writes or takes over. */
  readonly labels: ReadonlySet<string>
  /** A value that lets a comparison pass; undefined where any does. */
  readonly value?: number
  readonly kind?: 'counter' | 'time'
  /** Wants a series that the other side of `unless` has not. */
  readonly isExtra: boolean
  /** Stands on the many side of a join: others of it belong to the first thing, too. */
  readonly isMany: boolean
  /** Labels whose values hold another one's, cut out by an expression: label_replace reads them. */
  readonly sources: readonly LabelSource[]
  /** Metrics that are calculated with this one label by label: they have the same labels. */
  readonly kin: readonly string[]
}

/** `label` holds something from which `pattern` cuts out what `as` holds elsewhere. */
export interface LabelSource {
  readonly label: string
  readonly as: string
  readonly pattern: string
}

interface Wish {
  readonly labels: ReadonlySet<string>
  readonly value?: number | undefined
  readonly kind?: Demand['kind'] | undefined
  readonly isExtra: boolean
  readonly isMany: boolean
  readonly sources: readonly LabelSource[]
  readonly kin: readonly string[]
  /** Filters of the other side on labels that join both. */
  readonly also: readonly Matcher[]
}

const COUNTING: ReadonlySet<string> = new Set(['rate', 'irate', 'increase', 'resets'])
const PASSING: ReadonlySet<string> = new Set(['abs', 'ceil', 'floor', 'round', 'clamp_min', 'clamp_max', 'clamp', 'last_over_time', 'max_over_time', 'min_over_time', 'avg_over_time', 'sort', 'sort_desc', 'label_replace', 'label_join', 'sum_over_time'])
const FLIPPED: Readonly<Record<string, string>> = { '>': '<', '<': '>', '>=': '<=', '<=': '>=', '==': '==', '!=': '!=' }

const NOTHING: Wish = { labels: new Set(), isExtra: false, isMany: false, sources: [], kin: [], also: [] }

/** What the selectors of a query want; nothing where it is none. `labels` are those that its answer is to have. */
export function queryDemands(expr: string, labels: Iterable<string>): Demand[] {
  const out: Demand[] = []
  let tree: Expr
  try {
    tree = parseExpr(expr)
  } catch {
    return out
  }
  walk(tree, { ...NOTHING, labels: new Set(labels) }, out)
  return out
}

function walk(e: Expr, wish: Wish, out: Demand[]): void {
  switch (e.kind) {
    case 'number': case 'string': return
    case 'paren': case 'subquery': return walk(e.expr, wish, out)
    case 'unary': return walk(e.expr, { ...wish, value: e.op === '-' && wish.value !== undefined ? -wish.value : wish.value }, out)
    case 'matrix': return demand(e.selector, wish, out)
    case 'selector': return demand(e, wish, out)
    case 'aggregate': {
      if (e.param) walk(e.param, NOTHING, out)
      const keeps = e.op === 'topk' || e.op === 'bottomk' || e.op === 'limitk'
      const labels = new Set([...(keeps || e.without ? wish.labels : []), ...(e.without ? [] : e.grouping)])
      const counts = e.op === 'count' || e.op === 'group' || e.op === 'count_values' || e.op === 'stddev' || e.op === 'stdvar'
      return walk(e.expr, { ...wish, labels, value: counts ? undefined : wish.value, kin: [], also: wish.also.filter(m => e.without || e.grouping.includes(m.name)) }, out)
    }
    case 'binary': return binary(e, wish, out)
    case 'call': return call(e, wish, out)
  }
}

function binary(e: BinaryExpr, wish: Wish, out: Demand[]): void {
  const m = e.matching
  const own = [...wish.labels, ...(m?.on === true ? m.labels : [])]
  const isPlain = m !== undefined && !m.on && e.op !== 'or'
  const kin = isPlain ? [...wish.kin, ...metricsOf(e.left), ...metricsOf(e.right)] : m === undefined ? wish.kin : []
  const join = (x: Expr): readonly Matcher[] => m?.on === true ? filtersOf(x).filter(f => m.labels.includes(f.name)) : isPlain && metricsOf(x).length > 0 && e.op !== 'unless' ? filtersOf(x).filter(f => !m.labels.includes(f.name) && f.name !== 'le') : []
  const left: Wish = { ...wish, labels: new Set(m?.card === 'one-to-many' ? [...own, ...m.include] : own), value: undefined, kin, isMany: wish.isMany || m?.on === true && m.card === 'many-to-one', also: [...wish.also, ...join(e.right)] }
  const right: Wish = { ...wish, labels: new Set(m?.card === 'many-to-one' ? [...own, ...m.include] : own), value: undefined, kin, isMany: wish.isMany || m?.on === true && m.card === 'one-to-many', also: [...wish.also, ...join(e.left)] }
  if (e.op === 'unless') {
    walk(e.left, { ...left, isExtra: true }, out)
    return walk(e.right, { ...right, isExtra: false }, out)
  }
  if (e.op === 'and' || e.op === 'or') {
    walk(e.left, { ...left, value: wish.value }, out)
    return walk(e.right, e.op === 'or' ? { ...right, value: wish.value } : right, out)
  }
  const [a, b] = [constant(e.left), constant(e.right)]
  if (isTimeCall(e.left) || isTimeCall(e.right)) {
    const wished = wish.value
    const back = wished === undefined ? undefined : e.op === '-' && isTimeCall(e.left) ? { kind: 'time' as const, value: wished } : { kind: 'time' as const }
    walk(e.left, { ...left, kind: 'time', ...back }, out)
    return walk(e.right, { ...right, kind: 'time', ...back }, out)
  }
  if (e.op in FLIPPED) {
    if (e.bool) {
      walk(e.left, left, out)
      return walk(e.right, right, out)
    }
    if (b !== undefined) return walk(e.left, { ...left, value: passing(e.op, b) }, out)
    if (a !== undefined) return walk(e.right, { ...right, value: passing(FLIPPED[e.op]!, a) }, out)
    // Of two sides that are compared, one is large, or both are equal.
    const [l, r] = e.op === '==' ? [1, 1] : e.op === '>' || e.op === '>=' || e.op === '!=' ? [1000, 1] : [1, 1000]
    walk(e.left, { ...left, value: l }, out)
    return walk(e.right, { ...right, value: r }, out)
  }
  const v = wish.value
  if (b !== undefined) return walk(e.left, { ...left, value: v === undefined ? undefined : e.op === '*' ? v / b : e.op === '/' ? v * b : e.op === '+' ? v - b : e.op === '-' ? v + b : undefined }, out)
  if (a !== undefined) return walk(e.right, { ...right, value: v === undefined ? undefined : e.op === '*' ? v / a : e.op === '/' ? a / v : e.op === '+' ? v - a : e.op === '-' ? a - v : undefined }, out)
  walk(e.left, { ...left, value: v === undefined ? undefined : e.op === '/' || e.op === '*' ? v : e.op === '-' ? v + 1 : undefined }, out)
  return walk(e.right, { ...right, value: v === undefined || e.op === '+' ? undefined : 1 }, out)
}

function call(e: CallExpr, wish: Wish, out: Demand[]): void {
  // What must not be there is not made.
  if (e.func === 'absent' || e.func === 'absent_over_time') return
  const texts = e.args.map(a => a.kind === 'string' ? a.value : '')
  let { labels, sources } = wish
  if (e.func === 'label_replace') {
    const [, dst = '', , src = '', pattern = ''] = texts
    labels = new Set([...labels].filter(l => l !== dst || l === src).concat(src))
    if (src !== '' && wish.labels.has(dst)) sources = [...sources, { label: src, as: dst, pattern }]
  } else if (e.func === 'label_join') labels = new Set([...labels].filter(l => l !== texts[1]).concat(texts.slice(3)))
  const next: Wish = {
    ...wish, labels: new Set([...labels].filter(l => l !== '')), sources, kind: COUNTING.has(e.func) ? 'counter' : wish.kind, value: PASSING.has(e.func) || e.func === 'rate' || e.func === 'irate' || e.func === 'increase' ? wish.value : undefined, also: e.func.startsWith('label_') ? wish.also.filter(a => a.name !== texts[1]) : wish.also,
  }
  for (const a of e.args) walk(a, next, out)
}

function demand(s: VectorSelector, wish: Wish, out: Demand[]): void {
  const named = s.matchers.filter(m => m.name === '__name__')
  out.push({
    name: s.name !== '' ? s.name : named.find(m => m.type === '=')?.value ?? '', matchers: [...s.matchers.filter(m => m.name !== '__name__' || s.name === '' && m.type !== '='), ...wish.also.filter(a => !s.matchers.some(m => m.name === a.name && m.value === a.value && m.type === a.type))],
    labels: wish.labels, isExtra: wish.isExtra, isMany: wish.isMany, sources: wish.sources, kin: wish.kin, ...(wish.value === undefined ? {} : { value: wish.value }), ...(wish.kind === undefined ? {} : { kind: wish.kind }),
  })
}

function isTimeCall(e: Expr): boolean {
  return e.kind === 'paren' ? isTimeCall(e.expr) : e.kind === 'call' && e.func === 'time'
}

/** The selectors of an expression down to aggregations, which have labels of their own. */
function selectorsOf(e: Expr): VectorSelector[] {
  switch (e.kind) {
    case 'selector': return [e]
    case 'matrix': return [e.selector]
    case 'paren': case 'unary': case 'subquery': return selectorsOf(e.expr)
    case 'call': return e.func === 'histogram_quantile' || e.func === 'absent' ? [] : e.args.flatMap(selectorsOf)
    case 'binary': return e.matching?.on === true ? [] : [...selectorsOf(e.left), ...selectorsOf(e.right)]
    case 'aggregate': return e.op === 'topk' || e.op === 'bottomk' ? selectorsOf(e.expr) : []
    default: return []
  }
}

function metricsOf(e: Expr): string[] {
  return selectorsOf(e).map(s => s.name).filter(n => n !== '')
}

/** All filters inside an expression that demand a value. */
function filtersOf(e: Expr): Matcher[] {
  switch (e.kind) {
    case 'selector': return e.matchers.filter(m => m.name !== '__name__' && (m.type === '=' || m.type === '=~'))
    case 'matrix': return filtersOf(e.selector)
    case 'paren': case 'unary': case 'subquery': case 'aggregate': return filtersOf(e.expr)
    case 'call': return e.func.startsWith('label_') ? [] : e.args.flatMap(filtersOf)
    case 'binary': return e.op === 'or' || e.op === 'unless' ? [] : [...filtersOf(e.left), ...filtersOf(e.right)]
    default: return []
  }
}

/** A number that a comparison with `c` lets pass. */
function passing(op: string, c: number): number {
  switch (op) {
    case '==': case '>=': case '<=': return c
    case '!=': return c + 1
    case '>': return c + Math.abs(c) + 1
    default: return c > 0 ? c / 2 : c - 1
  }
}

/** The value of an expression of numbers only. */
function constant(e: Expr): number | undefined {
  switch (e.kind) {
    case 'number': return e.value
    case 'paren': return constant(e.expr)
    case 'unary': {
      const v = constant(e.expr)
      return v === undefined ? undefined : e.op === '-' ? -v : v
    }
    case 'binary': {
      const [a, b] = [constant(e.left), constant(e.right)]
      if (a === undefined || b === undefined) return undefined
      return e.op === '+' ? a + b : e.op === '-' ? a - b : e.op === '*' ? a * b : e.op === '/' ? a / b : e.op === '^' ? a ** b : undefined
    }
    default: return undefined
  }
}
