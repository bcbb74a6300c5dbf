import type { Labels, Matcher } from '@haechi/model'
import type { AggregateOp, BinaryOp, RangeExtension, Span, VectorMatching } from '../ast.ts'
import type { HistogramFigure } from './histogram-figures.ts'
import type { InfoMatchers } from './info.ts'

/** One selection of series from the storage; equal selectors of a query share it and the union of their times. */
export interface SharedSelector {
  readonly key: string
  readonly matchers: readonly Matcher[]
  /** Samples with `minMs <= t <= maxMs` are needed. */
  minMs: number
  maxMs: number
  /** Only counts and sums of histograms are needed, not their buckets. */
  readonly statsOnly: boolean
  /** How many places of the query read it. */
  uses: number
}

/** What all nodes of a plan carry. */
interface NodeBase {
  /** The value is the same at every step (`@`, literals): it is computed once and repeated. */
  readonly invariant: boolean
  readonly span: Span
}

/** Where a selector looks, relative to the step or, with `@`, at a fixed time. */
export interface Place {
  /** Positive looks back. */
  readonly offsetMs: number
  /** Time of `@`; undefined: the step's own. */
  readonly atMs: number | undefined
}

/** A scalar at each step. */
export type ScalarNode = NodeBase & { readonly type: 'scalar' } & (
  | { readonly kind: 'const'; readonly value: number }
  | { readonly kind: 'time' }
  | { readonly kind: 'scalar-binary'; readonly op: BinaryOp; readonly left: ScalarNode; readonly right: ScalarNode }
  | { readonly kind: 'scalar-negate'; readonly expr: ScalarNode }
  | { readonly kind: 'scalar-pick'; readonly func: 'max_of' | 'min_of'; readonly left: ScalarNode; readonly right: ScalarNode }
  | { readonly kind: 'scalar-of'; readonly expr: VectorNode }
)

/** A string literal. */
export type StringNode = NodeBase & { readonly type: 'string'; readonly kind: 'string'; readonly value: string }

/** Samples outside of a range that it needs all the same. */
export interface Extension {
  readonly kind: RangeExtension
  /** How far they reach before the range and behind it. */
  readonly beforeMs: number
  readonly afterMs: number
}

/**
 * What a selector gives: values, the samples' times in seconds (`timestamp(selector)`; `info-times`: of info series, which have no histograms), or since when they
 * count in seconds (`start_timestamp(selector)`).
 */
export type SelectorOutput = 'values' | 'times' | 'info-times' | 'starts'

/** A range of samples per series and step. */
export type MatrixNode = NodeBase & { readonly type: 'matrix' } & Place & (
  | { readonly kind: 'matrix-selector'; readonly selector: SharedSelector; readonly rangeMs: number; readonly extension: Extension | undefined }
  | { readonly kind: 'subquery'; readonly expr: VectorNode | ScalarNode; readonly rangeMs: number; readonly stepMs: number }
)

/** An instant vector at each step. */
export type VectorNode = NodeBase & { readonly type: 'vector' } & (
  | { readonly kind: 'selector'; readonly selector: SharedSelector; readonly place: Place; readonly output: SelectorOutput }
  /** A selector with `smoothed`. */
  | { readonly kind: 'smoothed-selector'; readonly selector: SharedSelector; readonly place: Place }
  | { readonly kind: 'range-call'; readonly func: string; readonly matrix: MatrixNode; readonly scalars: readonly ScalarNode[] }
  | { readonly kind: 'absent-over-time'; readonly matrix: MatrixNode; readonly labels: Labels }
  | { readonly kind: 'absent'; readonly expr: VectorNode; readonly labels: Labels }
  | { readonly kind: 'map'; readonly func: string; readonly expr: VectorNode; readonly scalars: readonly ScalarNode[] }
  | { readonly kind: 'date'; readonly func: string; readonly expr: VectorNode }
  | { readonly kind: 'timestamp'; readonly expr: VectorNode }
  | { readonly kind: 'vector-of'; readonly expr: ScalarNode }
  | { readonly kind: 'negate'; readonly expr: VectorNode }
  /** A `+` before an instant vector: the same, at another place of the text. */
  | { readonly kind: 'plus'; readonly expr: VectorNode }
  | { readonly kind: 'vector-scalar'; readonly op: BinaryOp; readonly bool: boolean; readonly vector: VectorNode; readonly scalar: ScalarNode; /** The scalar stands on the left. */ readonly swapped: boolean }
  | { readonly kind: 'vector-vector'; readonly op: BinaryOp; readonly bool: boolean; readonly left: VectorNode; readonly right: VectorNode; readonly matching: VectorMatching }
  | { readonly kind: 'aggregate'; readonly op: AggregateOp; readonly expr: VectorNode; readonly param: ScalarNode | undefined; readonly valueLabel: string; readonly grouping: readonly string[]; readonly without: boolean }
  | { readonly kind: 'sort'; readonly func: string; readonly expr: VectorNode; readonly byLabels: readonly string[] }
  | { readonly kind: 'label-replace'; readonly expr: VectorNode; readonly target: string; readonly replacement: string; readonly source: string; readonly pattern: string }
  | { readonly kind: 'label-join'; readonly expr: VectorNode; readonly target: string; readonly separator: string; readonly sources: readonly string[] }
  | { readonly kind: 'histogram-quantile'; readonly quantiles: readonly ScalarNode[]; readonly expr: VectorNode; /** Label for each quantile; '' for `histogram_quantile`, which has one quantile. */ readonly quantileLabel: string }
  | { readonly kind: 'histogram-fraction'; readonly lower: ScalarNode; readonly upper: ScalarNode; readonly expr: VectorNode }
  /** `place` is where the info series are looked at. */
  | { readonly kind: 'info'; readonly expr: VectorNode; readonly selector: SharedSelector; readonly place: Place; readonly matchers: InfoMatchers }
  /** A figure of each native histogram, e.g. `histogram_sum`. */
  | { readonly kind: 'histogram-figure'; readonly func: HistogramFigure; readonly expr: VectorNode }
  /** `start_timestamp` of what has none. */
  | { readonly kind: 'nothing'; readonly expr: VectorNode }
)

/** A node of an evaluation plan: typed, folded, selectors shared, times resolved. */
export type PlanNode = ScalarNode | StringNode | MatrixNode | VectorNode

/** A whole plan. */
export interface Plan {
  readonly root: PlanNode
  readonly selectors: readonly SharedSelector[]
  /** Samples of the storage that the query can reach; both 0 when it selects nothing. */
  minMs: number
  maxMs: number
  /** Only the times of the selectors tell it from the plan of the same query at another time. */
  readonly movable: boolean
}

/** Makes a movable plan of an instant query, which nobody else uses, one for another time. */
export function movePlan(plan: Plan, byMs: number): void {
  const { selectors } = plan
  if (selectors.length === 0) return
  for (let i = 0; i < selectors.length; i++) {
    const s = selectors[i]!
    s.minMs += byMs
    s.maxMs += byMs
  }
  plan.minMs += byMs
  plan.maxMs += byMs
}
