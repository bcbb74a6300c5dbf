/** How a histogram's counts relate to those of the sample before it. Numbers as in Prometheus' chunks and protobuf. @see Prometheus model/histogram `CounterResetHint` */
export const RESET_HINT = { unknown: 0, reset: 1, notReset: 2, gauge: 3 } as const
/** One of the values of {@link RESET_HINT}. */
export type ResetHint = 0 | 1 | 2 | 3

/** The schema of histograms whose bucket bounds are their own: classic bounds in a native histogram. */
export const CUSTOM_BUCKETS_SCHEMA = -53

/**
 * A native histogram. Immutable: whoever has one may keep and share it, nobody writes into its arrays.
 *
 * Spans are pairs in one array: offset, length, offset, length … The first offset is the index of the first bucket, each further one the number of
 * empty buckets between. Counts are absolute, one per bucket of the spans, in their order: for `integer` histograms whole numbers (exact below 2^53).
 * A staleness marker of a series of histograms is none of these: readers and writers have it as an ordinary staleness marker.
 * @see Prometheus model/histogram `FloatHistogram`
 */
export interface Histogram {
  /** -4 to 8: each power of two has 2^schema buckets; {@link CUSTOM_BUCKETS_SCHEMA}: the upper bounds are `customValues`. */
  readonly schema: number
  /** Observations with an absolute value up to this are in the zero bucket. */
  readonly zeroThreshold: number
  readonly zeroCount: number
  readonly count: number
  readonly sum: number
  readonly positiveSpans: Int32Array
  readonly positiveCounts: Float64Array
  readonly negativeSpans: Int32Array
  readonly negativeCounts: Float64Array
  /** Ascending upper bounds without +Inf; empty unless the schema is {@link CUSTOM_BUCKETS_SCHEMA}. */
  readonly customValues: Float64Array
  readonly resetHint: ResetHint
  /** Counts were observed as integers and are stored in Prometheus' integer form. Results of calculations are not. */
  readonly integer: boolean
}
