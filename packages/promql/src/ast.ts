import type { Matcher } from '@haechi/model'

/** A stretch of the query text, as offsets of UTF-16 units; `end` is exclusive. */
export interface Span {
  readonly start: number
  readonly end: number
}

/** The four types of PromQL values. */
export type ValueType = 'scalar' | 'string' | 'vector' | 'matrix'

/** Aggregation operators without a feature flag, then those behind one. */
export type AggregateOp =
  | 'sum' | 'avg' | 'count' | 'min' | 'max' | 'group' | 'stddev' | 'stdvar' | 'topk' | 'bottomk' | 'count_values' | 'quantile'
  | 'limitk' | 'limit_ratio'

/** Binary operators. */
export type BinaryOp =
  | '+' | '-' | '*' | '/' | '%' | '^' | 'atan2'
  | '==' | '!=' | '<' | '<=' | '>' | '>='
  /** Trim native histograms: what is below, what is above the right side. */
  | '</' | '>/'
  | 'and' | 'or' | 'unless'

/** How the two sides of a vector operation find each other. */
export interface VectorMatching {
  readonly card: 'one-to-one' | 'many-to-one' | 'one-to-many' | 'many-to-many'
  /** Label names of `on(…)` or `ignoring(…)`. */
  readonly labels: readonly string[]
  /** True for `on`, false for `ignoring` or neither. */
  readonly on: boolean
  /** Label names in `group_left(…)` or `group_right(…)`. */
  readonly include: readonly string[]
  /** `fill(…)`, `fill_left(…)`, `fill_right(…)`: what stands in for a missing series of that side. Behind a feature flag. */
  readonly fill?: FillValues
}

/** Values for missing series, by the side that lacks them. */
export interface FillValues { readonly left?: number; readonly right?: number }

/** `@ 12.5`, `@ start()`, `@ end()`. */
export type AtModifier = { readonly kind: 'time'; readonly tMs: number } | { readonly kind: 'start' } | { readonly kind: 'end' }

export interface NumberLiteral { readonly kind: 'number'; readonly value: number; readonly span: Span; /** Written as a duration (`5m`), printed as one. */ readonly duration?: boolean }
export interface StringLiteral { readonly kind: 'string'; readonly value: string; readonly span: Span }
export interface ParenExpr { readonly kind: 'paren'; readonly expr: Expr; readonly span: Span }
export interface UnaryExpr { readonly kind: 'unary'; readonly op: '+' | '-'; readonly expr: Expr; readonly span: Span }

export interface BinaryExpr {
  readonly kind: 'binary'
  readonly op: BinaryOp
  readonly left: Expr
  readonly right: Expr
  readonly bool: boolean
  /** Present when both sides are vectors. */
  readonly matching?: VectorMatching
  readonly span: Span
  readonly opSpan: Span
}

export interface AggregateExpr {
  readonly kind: 'aggregate'
  readonly op: AggregateOp
  readonly expr: Expr
  /** The parameter of topk, bottomk, quantile, count_values, limitk, limit_ratio. */
  readonly param?: Expr
  readonly grouping: readonly string[]
  readonly without: boolean
  readonly span: Span
}

export interface CallExpr { readonly kind: 'call'; readonly func: string; readonly args: readonly Expr[]; readonly span: Span; /** The function's name alone. */ readonly nameSpan: Span }

/** Operators of durations; `step` and `range` are those of the query. */
export type DurationOp = '+' | '-' | '*' | '/' | '%' | '^' | 'step' | 'range' | 'min_of' | 'max_of'

/** A duration that is calculated when the query is asked: `step() * 2`. In seconds. */
export interface DurationExpr {
  readonly kind: 'duration'
  readonly op: DurationOp
  /** Absent for signs, `step()` and `range()`. */
  readonly left?: DurationOperand
  /** Absent for `step()` and `range()`. */
  readonly right?: DurationOperand
  /** Stands in parentheses. A number in parentheses is one with the sign `+`. */
  readonly wrapped: boolean
  readonly span: Span
}

export type DurationOperand = NumberLiteral | DurationExpr

/** `anchored`: the range begins with the last sample before it. `smoothed`: values at its borders are interpolated. */
export type RangeExtension = 'anchored' | 'smoothed'

export interface VectorSelector {
  readonly kind: 'selector'
  /** The metric name written before the braces, '' if there is none. */
  readonly name: string
  /** All matchers, the one for the metric name included, in the order in which Prometheus keeps them. */
  readonly matchers: readonly Matcher[]
  /** Positive looks back. 0 when `offsetExpr` is there. */
  readonly offsetMs: number
  readonly offsetExpr?: DurationExpr
  readonly at?: AtModifier
  readonly extension?: RangeExtension
  readonly span: Span
}

export interface MatrixSelector {
  readonly kind: 'matrix'
  readonly selector: VectorSelector
  /** 0 when `rangeExpr` is there. */
  readonly rangeMs: number
  readonly rangeExpr?: DurationExpr
  readonly span: Span
}

export interface SubqueryExpr {
  readonly kind: 'subquery'
  readonly expr: Expr
  readonly rangeMs: number
  readonly rangeExpr?: DurationExpr
  /** 0: the engine's default step, unless `stepExpr` is there. */
  readonly stepMs: number
  readonly stepExpr?: DurationExpr
  readonly offsetMs: number
  readonly offsetExpr?: DurationExpr
  readonly at?: AtModifier
  readonly span: Span
}

/** A parsed expression: plain readonly objects; passes are functions with one `switch (e.kind)`. */
export type Expr =
  | NumberLiteral | StringLiteral | ParenExpr | UnaryExpr | BinaryExpr | AggregateExpr | CallExpr | VectorSelector | MatrixSelector | SubqueryExpr
