import type { Histogram, Labels } from '@haechi/model'
import type { ExemplarSeries } from './querier.ts'

/** Who asks: rules come before people, instant queries before ranges. */
export type QueryPriority = 'rule' | 'instant' | 'range'

/** Settings that every query may carry; what is absent has the engine's default. */
export interface QueryOptions {
  readonly lookbackMs?: number
  readonly timeoutMs?: number
  /** Most series in the answer; 0 or absent: no limit. A cut answer carries the warning `results truncated due to limit`. */
  readonly limit?: number
  readonly priority?: QueryPriority
  /** Count and time the query: `true`, or `all` for counts at each step too (if the engine has that feature on). Any other text but '' means `true`, with a warning. */
  readonly stats?: string
  /** Compute everything, take nothing over from the answer to an earlier query. */
  readonly fresh?: boolean
  /** Ends the query early; the promise then rejects with a QueryError of kind `canceled`. */
  readonly signal?: AbortSignal
}

export interface InstantQuery extends QueryOptions {
  readonly expr: string
  /** Unix ms. */
  readonly tMs: number
}

/** The label sets of an answer, to be told apart from those of another one by their number. */
export interface KnownLabels {
  /** Another number: other label sets. Of one engine. */
  readonly version: number
  readonly sets: readonly Labels[]
}

/** Several instant queries at one time, asked together: e.g. the rules of a group that don't read what the others write. `timeoutMs` is for all of them. */
export interface InstantBatch extends QueryOptions {
  readonly exprs: readonly string[]
  /** For each expression the label sets of its answer last time, if there is one: they need not be told again. */
  readonly known?: readonly (KnownLabels | undefined)[]
  /** Unix ms. */
  readonly tMs: number
}

/** An instant vector in columns. */
export interface BatchVector {
  /** Of each sample; the very object that was given as known when it still holds. */
  readonly labels: KnownLabels
  /** Owned by the receiver. */
  readonly values: Float64Array
  /** Present when a sample is a native histogram: `histograms[i]` then is sample i, and its value means nothing; null for floats. */
  readonly histograms?: readonly (Histogram | null)[]
}

/** What one query of a batch came to, vectors in columns and all else as it is, and how many milliseconds it took. One that fails does not touch the others. */
export type BatchAnswer =
  | { readonly vector: BatchVector; readonly ms: number }
  | { readonly value: QueryValue; readonly ms: number }
  | { readonly error: QueryError; readonly ms: number }

export interface RangeQuery extends QueryOptions {
  readonly expr: string
  /** Unix ms, both inclusive. */
  readonly startMs: number
  readonly endMs: number
  /** > 0 */
  readonly stepMs: number
}

/** Which series a metadata question is about. `matchers` are selector texts, e.g. `up{job="a"}`; their answers are united. */
export interface SeriesQuery extends QueryOptions {
  readonly matchers: readonly string[]
  readonly startMs: number
  readonly endMs: number
  /**
   * For {@link QueryEngine.series}: what kinds of series there are, instead of each. Values of all labels but these are left empty, and what then is equal is told
   * once, in no particular order. Much less to move between threads.
   */
  readonly kindsBy?: readonly string[]
}

/** Whose exemplars: of every selector in the expression. */
export interface ExemplarQuery {
  readonly expr: string
  /** Unix ms, both inclusive. */
  readonly startMs: number
  readonly endMs: number
}

/** A result with its annotations. */
export interface Answer<T> {
  readonly value: T
  readonly warnings: readonly string[]
  readonly infos: readonly string[]
  /** Present when the query asked for it. */
  readonly stats?: QueryStats
}

/** Samples of one step. */
export interface StepCount { readonly tMs: number; readonly count: number }

/** What a query cost. */
export interface QueryStats {
  /** In seconds, named as the HTTP API names them. */
  readonly timings: {
    readonly evalTotalTime: number
    readonly resultSortTime: number
    readonly queryPreparationTime: number
    readonly innerEvalTime: number
    readonly execQueueTime: number
    readonly execTotalTime: number
  }
  readonly samples: {
    /** Samples that the steps looked at: what lies in the windows of two steps counts twice. */
    readonly totalQueryableSamples: number
    readonly totalQueryableSamplesPerStep?: readonly StepCount[]
    /** Samples that were read: what the next step looks at again counts once. */
    readonly samplesRead: number
    readonly samplesReadPerStep?: readonly StepCount[]
    /** Most samples held at once. */
    readonly peakSamples: number
  }
}

/**
 * Why a part of a query has no result although its own parts have one (or it has none):
 * - `no-series`: no series matches around these times; `no-samples`: series match, but have no sample where the query looks
 * - `too-few-samples`: a function such as `rate` got fewer samples than it needs
 * - `filtered`: nothing satisfies the comparison; `no-match`: no series of one side has a partner on the other
 * - `present`: `absent` of something that is there; `no-buckets`: nothing has a label `le`; `no-histograms`: a function of native histograms
 * - `none-selected`: `topk(0, …)` and the like; `other`
 */
export type EmptyReason = 'no-series' | 'no-samples' | 'too-few-samples' | 'filtered' | 'no-match' | 'present' | 'no-buckets' | 'no-histograms' | 'none-selected' | 'other'

/** One part of an evaluated query. */
export interface ExplainNode {
  /** Numbers in the order of the text, the root 0. */
  readonly id: number
  /** E.g. `selector`, `range`, `call`, `aggregation`, `operator`. */
  readonly kind: 'selector' | 'range' | 'subquery' | 'call' | 'aggregation' | 'operator' | 'literal'
  /** Function, operator or metric name. */
  readonly name: string
  /** Its piece of the query, and where that stands (UTF-16 offsets). */
  readonly text: string
  readonly start: number
  readonly end: number
  /** Milliseconds with its parts, and without them. */
  readonly ms: number
  readonly selfMs: number
  /** Series with at least one value, and their values over all steps. */
  readonly series: number
  readonly samples: number
  /** Series that the storage found; selectors only. */
  readonly matched?: number
  /** The same at every step, hence computed once. */
  readonly once: boolean
  readonly parts: readonly ExplainNode[]
}

/** A query's evaluation, part by part. */
export interface QueryExplanation {
  /** The query as it was asked. */
  readonly expr: string
  readonly type: 'scalar' | 'string' | 'vector' | 'matrix'
  readonly steps: number
  readonly root: ExplainNode
  readonly stats: QueryStats
  /** The part that turned empty first, when the answer is empty. */
  readonly emptyAt?: { readonly id: number; readonly reason: EmptyReason }
  readonly warnings: readonly string[]
  readonly infos: readonly string[]
}

/** One element of an instant vector. */
export interface VectorSample {
  readonly labels: Labels
  readonly tMs: number
  readonly value: number
  /** Present when the sample is a native histogram; `value` then means nothing. */
  readonly histogram?: Histogram
}

/** One series of a matrix: columns of equal length, owned by the receiver. */
export interface MatrixSeries {
  readonly labels: Labels
  readonly ts: Float64Array
  readonly vs: Float64Array
  /** Absent: all samples are floats. Else sample i is a native histogram where `histograms[i]` is not null. */
  readonly histograms?: readonly (Histogram | null)[]
}

/** What an expression evaluates to. */
export type QueryValue =
  | { readonly type: 'scalar'; readonly tMs: number; readonly value: number }
  | { readonly type: 'string'; readonly tMs: number; readonly value: string }
  | { readonly type: 'vector'; readonly samples: readonly VectorSample[] }
  | { readonly type: 'matrix'; readonly series: readonly MatrixSeries[] }

/** The whole body of the HTTP API's answer, `{"status":"success","data":…}`, as UTF-8. */
export interface JsonAnswer {
  readonly body: Uint8Array
}

/** Kinds of failures of a query, named as the HTTP API names them. */
export type QueryErrorKind = 'bad_data' | 'execution' | 'canceled' | 'timeout' | 'internal' | 'unavailable'

/** A question that could not be answered. The message is Prometheus' own wherever Prometheus has one. */
export class QueryError extends Error {
  readonly kind: QueryErrorKind
  /** Where in the expression, as offsets of UTF-16 units, if it is about a place. */
  readonly span: { readonly start: number; readonly end: number } | undefined

  constructor(kind: QueryErrorKind, message: string, span?: { readonly start: number; readonly end: number }) {
    super(message)
    this.name = 'QueryError'
    this.kind = kind
    this.span = span
  }
}

/**
 * Answers questions. Embedded: plan and columns in query threads. Remote: another server's HTTP API.
 * Every method rejects with a {@link QueryError}.
 */
export interface QueryEngine {
  instant(q: InstantQuery): Promise<Answer<QueryValue>>
  range(q: RangeQuery): Promise<Answer<QueryValue>>
  /** An answer for each expression, in order, without annotations. Rejects when they could not be asked. Absent: each has to be asked alone. */
  instantBatch?(q: InstantBatch): Promise<readonly BatchAnswer[]>
  /** The same, already serialised where it was computed; for the HTTP API. */
  instantJson(q: InstantQuery): Promise<JsonAnswer>
  rangeJson(q: RangeQuery): Promise<JsonAnswer>
  /** Evaluates a query for what happens on the way; absent where the engine can't tell, e.g. another server. */
  explain?(q: InstantQuery | RangeQuery): Promise<QueryExplanation>
  /** Label sets, sorted. */
  series(q: SeriesQuery): Promise<Answer<Labels[]>>
  /** The same, already serialised where it was computed; absent where an engine has no such form. */
  seriesJson?(q: SeriesQuery): Promise<JsonAnswer>
  /** Sorted. An empty `matchers` means all series. */
  labelNames(q: SeriesQuery): Promise<Answer<string[]>>
  labelValues(name: string, q: SeriesQuery): Promise<Answer<string[]>>
  /** The same, already serialised where they were computed; absent where an engine has no such form. */
  labelNamesJson?(q: SeriesQuery): Promise<JsonAnswer>
  labelValuesJson?(name: string, q: SeriesQuery): Promise<JsonAnswer>
  /** Exemplars of the series that the selectors in `expr` name. Absent where an engine keeps none. */
  exemplars?(q: ExemplarQuery): Promise<ExemplarSeries[]>
}
