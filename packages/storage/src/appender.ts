import type { Histogram, Labels } from '@haechi/model'

/** Names a series inside one storage. A positive integer below 2^53; never reused for other labels while an appender may hold it. */
export type SeriesRef = number

/** No series: labels refused or limit reached. */
export const NO_SERIES: SeriesRef = 0

/** What happened to one sample. Integers, because they are written into a column. */
export const APPEND = {
  ok: 0,
  /** Older than the newest sample of the series (and outside an out-of-order window). */
  outOfOrder: 1,
  /** Same time as an existing sample, other value. */
  duplicate: 2,
  /** Older than anything the storage still takes. */
  outOfBounds: 3,
  /** The series is not known (any more). */
  unknownSeries: 4,
} as const
/** One of the values of {@link APPEND}. */
export type AppendStatus = 0 | 1 | 2 | 3 | 4

/** An example observation behind a sample, usually naming a trace. */
export interface Exemplar {
  readonly labels: Labels
  readonly value: number
  /** Unix ms. */
  readonly tMs: number
  /** The time is that of the scrape: seen again later it is still the same exemplar. */
  readonly scrapeTime?: true
}

/** What a target says about a metric. */
export interface SeriesMetadata {
  /** `counter`, `gauge`, `histogram`, `gaugehistogram`, `summary`, `info`, `stateset` or `unknown`. */
  readonly type: string
  readonly unit: string
  readonly help: string
}

/** What a commit did. */
export interface CommitResult {
  /** Samples stored. */
  readonly appended: number
  /** Samples refused, by reason. */
  readonly outOfOrder: number
  readonly duplicate: number
  readonly outOfBounds: number
  /** Of those out of bounds: older than the out-of-order window. Absent: none. */
  readonly tooOld?: number
  /** The first sample that met one of the same time with another value in the storage, for the message to the sender. */
  readonly duplicateSample?: { readonly tMs: number; readonly existing: number; readonly value: number }
}

/** How a batch is stored. */
export interface CommitOptions {
  /**
   * Stores nothing when the storage held, before this batch, something that refuses one of its samples (out of order, duplicate, out of
   * bounds, unknown series); the result then counts no sample as appended and the refusals by reason. Prometheus' rule for remote write 1.0.
   * Samples that are out of order only within the batch are dropped as ever.
   */
  readonly allOrNothing?: boolean
}

/**
 * Collects one batch of samples (a scrape, a remote-write request, a rule evaluation) and stores it at once.
 *
 * Ownership: one appender belongs to one writer, which uses it again and again; `commit` and `rollback` empty it. Nothing that
 * was added is visible to readers or durable before `commit` returns; when it has returned, the batch survives `kill -9`.
 * Values: a NaN given as a value is stored as an ordinary NaN (bits 0x7ff8000000000001); the staleness marker has its own call.
 */
export interface Appender {
  /**
   * The ref of the series with these labels, made if it does not exist.
   * @returns NO_SERIES when the storage refuses a new series (its limit is reached)
   */
  series(labels: Labels): SeriesRef
  /** Adds one float sample. `tMs` is an integer number of Unix milliseconds. @param startMs since when it counts, 0: not known; kept where the storage keeps it */
  append(ref: SeriesRef, tMs: number, value: number, startMs?: number): void
  /** Adds `refs[i]`, `values[i]` for i in [0, n), all at one time. The arrays are read before the call returns; refs of NO_SERIES are skipped. */
  appendColumn(refs: Float64Array, tMs: number, values: Float64Array, n: number): void
  /** Adds one native histogram; counts as a sample in {@link statuses}. @param startMs as in `append` */
  appendHistogram(ref: SeriesRef, tMs: number, histogram: Histogram, startMs?: number): void
  /** Adds an exemplar of a series; one that equals or precedes the series' newest is dropped without a word. */
  appendExemplar(ref: SeriesRef, exemplar: Exemplar): void
  /** Says what the series' metric is; kept when it differs from what is known. */
  appendMetadata(ref: SeriesRef, metadata: SeriesMetadata): void
  /** Adds a staleness marker: the series ended at `tMs`. Of a series of histograms it is stored as a histogram. */
  appendStale(ref: SeriesRef, tMs: number): void
  /**
   * Stores the batch: write-ahead log first, memory second. Synchronous, bounded by the batch's size.
   * Samples that can't be taken are counted, and their status is left in {@link statuses}; they never fail the others.
   * @throws Error when the log can't be written (disk full, I/O error); then nothing of the batch is visible
   */
  commit(options?: CommitOptions): CommitResult
  /** One status per sample of the last commit, in the order of the append calls; overwritten by the next commit. */
  readonly statuses: Uint8Array
  /** Adds one float sample by its bits, NaN payloads included; for samples that come from another storage. The staleness marker's bits are {@link appendStale}. */
  appendBits(ref: SeriesRef, tMs: number, low: number, high: number, startMs?: number): void
  /** Forgets what was added since the last commit. Series that `series()` made stay. */
  rollback(): void
}

/** Where appenders come from. */
export interface Appendable {
  appender(): Appender
}
