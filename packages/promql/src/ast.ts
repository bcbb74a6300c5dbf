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
}

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

export interface VectorSelector {
  readonly kind: 'selector'
  /** The metric name written before the braces, '' if there is none. */
  readonly name: string
  /** All matchers, the one for the metric name included, in the order in which Prometheus keeps them. */
  readonly matchers: readonly Matcher[]
  /** Positive looks back. */
  readonly offsetMs: number
  readonly at?: AtModifier
  readonly span: Span
}

export interface MatrixSelector { readonly kind: 'matrix'; readonly selector: VectorSelector; readonly rangeMs: number; readonly span: Span }

export interface SubqueryExpr {
  readonly kind: 'subquery'
  readonly expr: Expr
  readonly rangeMs: number
  /** 0: the engine's default step. */
  readonly stepMs: number
  readonly offsetMs: number
  readonly at?: AtModifier
  readonly span: Span
}

/** A parsed expression: plain readonly objects; passes are functions with one `switch (e.kind)`. */
export type Expr =
  | NumberLiteral | StringLiteral | ParenExpr | UnaryExpr | BinaryExpr | AggregateExpr | CallExpr | VectorSelector | MatrixSelector | SubqueryExpr
