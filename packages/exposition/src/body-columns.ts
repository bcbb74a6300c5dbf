/** What a record is, as bits. */
export const FLAG = {
  /** Something follows the value: a time, an exemplar. */
  rest: 1,
  /** The sample has a time of its own that counts. */
  timed: 2,
  /** The same series stands earlier in the body: the sample is refused, as a second sample at one time is. */
  duplicate: 4,
  /** Relabeling dropped the series. */
  dropped: 8,
  /** The value is a counter's (also of histograms and summaries): it goes down only when something starts anew. */
  counter: 16,
  /** A later sample, with a time of its own, of a series that stands earlier in the body. */
  repeated: 32,
} as const

/**
 * One row per sample of a body, in body order. A row's record is the text from behind the previous sample's line up to the end of its own:
 * comments and metadata lines belong to the sample that follows them.
 *
 * ```
 *   # HELP a …\n# TYPE a counter\na{x="1"} 42\n
 *   ^record      seriesAt^       ^seriesEnd   valueAt is the offset of `42`; length is the whole text
 * ```
 */
export class BodyColumns {
  count = 0
  capacity: number
  /** Series refs; 0 for what is not stored. */
  refs: Float64Array
  values: Float64Array
  flags: Uint8Array
  /** Byte length of the record. */
  length: Int32Array
  /** Offset of the series text in the record. */
  seriesAt: Int32Array
  /** Length of the series text. */
  seriesLength: Int32Array
  /** Offset of the value in the record. */
  valueAt: Int32Array
  /** Hash of the series text. */
  hash: Int32Array
  /** The metric family in force, -1 for none. */
  family: Int32Array
  /** Unix ms of samples that have a time of their own; there once one has. */
  timesMs: Float64Array | undefined

  constructor(capacity: number) {
    this.capacity = capacity
    this.refs = new Float64Array(capacity)
    this.values = new Float64Array(capacity)
    this.flags = new Uint8Array(capacity)
    this.length = new Int32Array(capacity)
    this.seriesAt = new Int32Array(capacity)
    this.seriesLength = new Int32Array(capacity)
    this.valueAt = new Int32Array(capacity)
    this.hash = new Int32Array(capacity)
    this.family = new Int32Array(capacity)
  }

  /** Makes room for one more row. */
  reserve(): void {
    if (this.count < this.capacity) return
    const capacity = this.capacity * 2 + 64
    this.refs = grown(this.refs, capacity)
    this.values = grown(this.values, capacity)
    const flags = new Uint8Array(capacity)
    flags.set(this.flags)
    this.flags = flags
    this.length = grownInts(this.length, capacity)
    this.seriesAt = grownInts(this.seriesAt, capacity)
    this.seriesLength = grownInts(this.seriesLength, capacity)
    this.valueAt = grownInts(this.valueAt, capacity)
    this.hash = grownInts(this.hash, capacity)
    this.family = grownInts(this.family, capacity)
    if (this.timesMs !== undefined) this.timesMs = grown(this.timesMs, capacity)
    this.capacity = capacity
  }

  /** Takes the first `n` rows of `other`; the rows of `this` are lost. `n` must fit. */
  copyFrom(other: BodyColumns, n: number): void {
    this.refs.set(other.refs.subarray(0, n))
    this.values.set(other.values.subarray(0, n))
    this.flags.set(other.flags.subarray(0, n))
    this.length.set(other.length.subarray(0, n))
    this.seriesAt.set(other.seriesAt.subarray(0, n))
    this.seriesLength.set(other.seriesLength.subarray(0, n))
    this.valueAt.set(other.valueAt.subarray(0, n))
    this.hash.set(other.hash.subarray(0, n))
    this.family.set(other.family.subarray(0, n))
    if (other.timesMs !== undefined) {
      this.timesMs = new Float64Array(this.capacity)
      this.timesMs.set(other.timesMs.subarray(0, n))
    }
    this.count = n
  }

  /** Gives back what is spare beyond an eighth: the columns are kept as long as the target is. */
  trim(): void {
    const { count } = this
    if (this.capacity <= count + (count >> 3) + 16) return
    this.refs = this.refs.slice(0, count)
    this.values = this.values.slice(0, count)
    this.flags = this.flags.slice(0, count)
    this.length = this.length.slice(0, count)
    this.seriesAt = this.seriesAt.slice(0, count)
    this.seriesLength = this.seriesLength.slice(0, count)
    this.valueAt = this.valueAt.slice(0, count)
    this.hash = this.hash.slice(0, count)
    this.family = this.family.slice(0, count)
    if (this.timesMs !== undefined) this.timesMs = this.timesMs.slice(0, count)
    this.capacity = count
  }

  /** The time column, made if it is not there. */
  times(): Float64Array {
    this.timesMs ??= new Float64Array(this.capacity)
    return this.timesMs
  }

  /** Bytes held by the columns. */
  get sizeBytes(): number {
    return this.capacity * (8 + 8 + 1 + 6 * 4 + (this.timesMs === undefined ? 0 : 8))
  }
}

function grown(from: Float64Array, capacity: number): Float64Array {
  const to = new Float64Array(capacity)
  to.set(from)
  return to
}

function grownInts(from: Int32Array, capacity: number): Int32Array {
  const to = new Int32Array(capacity)
  to.set(from)
  return to
}
