import type { Labels } from '@haechi/model'

/** Who asks: rules come before people, instant queries before ranges. */
export type QueryPriority = 'rule' | 'instant' | 'range'

/** Settings that every query may carry; what is absent has the engine's default. */
export interface QueryOptions {
  readonly lookbackMs?: number
  readonly timeoutMs?: number
  /** Most series in the answer; 0 or absent: no limit. A cut answer carries the warning `results truncated due to limit`. */
  readonly limit?: number
  readonly priority?: QueryPriority
  /** Ends the query early; the promise then rejects with a QueryError of kind `canceled`. */
  readonly signal?: AbortSignal
}

export interface InstantQuery extends QueryOptions {
  readonly expr: string
  /** Unix ms. */
  readonly tMs: number
}

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
}

/** A result with its annotations. */
export interface Answer<T> {
  readonly value: T
  readonly warnings: readonly string[]
  readonly infos: readonly string[]
}

/** One element of an instant vector. */
export interface VectorSample {
  readonly labels: Labels
  readonly tMs: number
  readonly value: number
}

/** One series of a matrix: columns of equal length, owned by the receiver. */
export interface MatrixSeries {
  readonly labels: Labels
  readonly ts: Float64Array
  readonly vs: Float64Array
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
  /** The same, already serialised where it was computed; for the HTTP API. */
  instantJson(q: InstantQuery): Promise<JsonAnswer>
  rangeJson(q: RangeQuery): Promise<JsonAnswer>
  /** Label sets, sorted. */
  series(q: SeriesQuery): Promise<Answer<Labels[]>>
  /** Sorted. An empty `matchers` means all series. */
  labelNames(q: SeriesQuery): Promise<Answer<string[]>>
  labelValues(name: string, q: SeriesQuery): Promise<Answer<string[]>>
}
