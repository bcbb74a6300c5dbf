/** Samples that an appender collects: one row each. */
export interface BatchColumns {
  /** Row of the series in the head, or what else is known of it. */
  readonly rows: Int32Array
  /** Unix ms. */
  readonly ts: Float64Array
  readonly vs: Float64Array
  /** The same values as words, low one first. */
  readonly bits: Uint32Array
}

/** Columns for `n` samples. */
export function newBatchColumns(n: number): BatchColumns {
  const vs = new Float64Array(n)
  return { rows: new Int32Array(n), ts: new Float64Array(n), vs, bits: new Uint32Array(vs.buffer) }
}
