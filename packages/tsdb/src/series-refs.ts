import type { SeriesRef } from '@haechi/storage'

/** 2^32: a ref is `generation · 2^32 + row + 1`, so the first series of each row has a small integer. */
const GENERATION = 4294967296

/**
 * The writer's columns by row: what the hot path needs before it touches the rows themselves. Plain memory, not shared.
 */
export class SeriesColumns {
  /** Newest accepted time, samples of a running commit included; -Infinity before the first, NaN for a dead row. */
  newest: Float64Array = new Float64Array(1024)
  /** Number of the series in the write-ahead log. */
  walRef: Float64Array = new Float64Array(1024)
  generation: Int32Array = new Int32Array(1024)

  reserve(rows: number): void {
    if (rows <= this.newest.length) return
    const size = Math.max(rows, Math.ceil(this.newest.length * 1.5))
    this.newest = grown(this.newest, new Float64Array(size))
    this.walRef = grown(this.walRef, new Float64Array(size))
    const generation = new Int32Array(size)
    generation.set(this.generation)
    this.generation = generation
  }

  refOf(row: number): SeriesRef {
    return this.generation[row]! * GENERATION + row + 1
  }

  /** The row of a ref, -1 if it names no living series. `rows` is the number of rows in use. */
  rowOf(ref: SeriesRef, rows: number): number {
    const row = (ref >>> 0) - 1
    if (row < 0 || row >= rows) return -1
    const newest = this.newest[row]!
    if (newest !== newest) return -1
    return ref === this.generation[row]! * GENERATION + row + 1 ? row : -1
  }
}

function grown(from: Float64Array, to: Float64Array): Float64Array {
  to.set(from)
  return to
}
