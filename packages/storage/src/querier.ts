import type { Histogram, Labels, Matcher } from '@haechi/model'
import type { Exemplar } from './appender.ts'

/**
 * Samples of one series as columns: `ts[i]` Unix ms ascending, `vs[i]` the value, for i in [0, length).
 * Owned by the reader, reused from series to series; grows by doubling and then has new arrays, so take `ts` and `vs` again after each read.
 * A staleness marker is a NaN with the bits 0x7ff0000000000002, told apart by {@link isStale} only: never pass a value through a
 * JavaScript variable and expect its NaN bits to survive.
 */
export class SampleColumns {
  ts: Float64Array
  vs: Float64Array
  /** The same memory as `vs`: low word of value i at 2i, high word at 2i + 1 (little-endian). */
  bits: Uint32Array
  length = 0
  /**
   * `histograms[i]` is sample i if that is a native histogram (then `vs[i]` means nothing), else null; `null` as a whole: all samples are floats.
   * Every read sets it anew.
   */
  histograms: (Histogram | null)[] | null = null
  /**
   * What a reader may say of the samples, so that nobody has to look: {@link HINT_NUMBERS} and {@link HINT_SAME_TIMES}. Who wants to know sets it
   * to 0 before each read; readers that know nothing leave it.
   */
  hints = 0
  /** Since when sample i counts, Unix ms, 0: not known; `null` as a whole: known for none. Every read sets it anew. */
  startsMs: Float64Array | null = null

  constructor(capacity = 256) {
    this.ts = new Float64Array(capacity)
    this.vs = new Float64Array(capacity)
    this.bits = new Uint32Array(this.vs.buffer)
  }

  /** Makes room for `capacity` samples, keeping those that are there. */
  reserve(capacity: number): void {
    if (capacity <= this.ts.length) return
    const size = Math.max(capacity, this.ts.length * 2)
    const ts = new Float64Array(size)
    ts.set(this.ts.subarray(0, this.length))
    const vs = new Float64Array(size)
    // Copied as integers: a float copy may change NaN bits.
    new Uint32Array(vs.buffer).set(this.bits.subarray(0, 2 * this.length))
    this.ts = ts
    this.vs = vs
    this.bits = new Uint32Array(vs.buffer)
  }

  /** Appends one sample; for tests and slow paths. */
  push(tMs: number, value: number): void {
    this.reserve(this.length + 1)
    this.ts[this.length] = tMs
    this.vs[this.length++] = value
  }

  /** Appends a staleness marker. */
  pushStale(tMs: number): void {
    this.push(tMs, 0)
    this.bits[2 * this.length - 2] = STALE_LOW
    this.bits[2 * this.length - 1] = STALE_HIGH
  }

  /** Whether sample i is a staleness marker. */
  isStale(i: number): boolean {
    return this.bits[2 * i] === STALE_LOW && this.bits[2 * i + 1] === STALE_HIGH
  }
}

/** No sample is NaN, so none is a staleness marker, nor a histogram. */
export const HINT_NUMBERS = 1
/** The times are those that the read before put into the same columns, as many and at the same places. */
export const HINT_SAME_TIMES = 2

/** Low and high word of the staleness marker. @see Prometheus model/value `StaleNaN` */
export const STALE_LOW = 2
export const STALE_HIGH = 0x7ff00000

/** The series that a selector found. Valid until the querier is closed. */
export interface SeriesSet {
  /** How many series, in no particular order. */
  readonly size: number
  /** Labels of series i in [0, size). The same array may be returned again; don't write into it. */
  labels(i: number): Labels
  /** Those of all series, where they are at hand; the very array of an earlier answer as long as the same series are found. Don't write into it. */
  readonly all?: readonly Labels[] | undefined
  /**
   * Decodes the samples of series i with `minMs <= t <= maxMs` into `into` from index 0, staleness markers included.
   * The bounds must lie inside those given to `select`.
   * @returns the number of samples, also set as `into.length`
   */
  read(i: number, minMs: number, maxMs: number, into: SampleColumns): number
}

/** A consistent view of a storage over a time range. Release it with `close`. */
export interface Querier {
  /**
   * Series that satisfy all matchers and may have samples with `minMs <= t <= maxMs`.
   * @param reads  the part of these times that will be read, if it is known to be one; `labels`: nothing is, which series there are is what is asked, so none counts that merely was there at other times
   */
  select(matchers: readonly Matcher[], minMs: number, maxMs: number, reads?: { readonly minMs: number; readonly maxMs: number } | 'labels'): Promise<SeriesSet>
  /** Sorted label names of the series that satisfy the matchers (all series without matchers). */
  labelNames(matchers: readonly Matcher[], minMs: number, maxMs: number): Promise<string[]>
  /** Sorted values of one label, likewise. */
  labelValues(name: string, matchers: readonly Matcher[], minMs: number, maxMs: number): Promise<string[]>
  /** Ends the view; reading afterwards is a bug of the caller. */
  close(): void
}

/** The exemplars of one series, ascending by time. */
export interface ExemplarSeries {
  readonly labels: Labels
  readonly exemplars: readonly Exemplar[]
}

/** A storage that keeps exemplars. */
export interface ExemplarQueryable {
  /** Exemplars with `minMs <= t <= maxMs` of the series that satisfy all matchers of at least one of the lists; series sorted by labels. */
  exemplars(matchers: readonly (readonly Matcher[])[], minMs: number, maxMs: number): Promise<ExemplarSeries[]>
}

/**
 * What has changed in a storage, for those who keep answers. Look at it before the querier is opened: then whatever is told to be unchanged
 * since is what the querier saw.
 */
export interface ChangeLog {
  /** Another number than before: anything may have changed. */
  version(): number
  /** The present, for {@link ChangeLog.oldestSince}. */
  mark(): number
  /** Nothing before this time, Unix ms, has come or gone since the mark, in order or not; Infinity: nothing at all, -Infinity: not known any more. */
  oldestSince(mark: number): number
}

/** A consistent view of the newest samples, for questions that are asked again and again, by rules above all. Release it with `close`. */
export interface RecentView {
  /**
   * As {@link Querier.select}, at once.
   * @param matchers  the same array each time: what was found for it is remembered until it may be something else
   * @returns undefined when more than the newest samples is needed: a querier has it
   */
  select(matchers: readonly Matcher[], minMs: number, maxMs: number): SeriesSet | undefined
  /** Ends the view; reading afterwards is a bug of the caller. */
  close(): void
}

/** Where queriers come from. */
export interface Queryable {
  /** Opens a view of the samples with `minMs <= t <= maxMs`. */
  querier(minMs: number, maxMs: number): Querier
  /** Absent where a storage can't tell. */
  readonly changes?: ChangeLog
  /** Opens a view of the newest samples; absent where a storage has nothing to gain from it. */
  recent?(): RecentView
}
