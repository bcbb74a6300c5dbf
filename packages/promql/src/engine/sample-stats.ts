import { histogramSize } from '@haechi/model'
import type { Grid } from './grid.ts'
import type { HistogramColumn } from './histogram-column.ts'
import type { HistogramWindow, RangeWindow } from './range-window.ts'

/** How the counts of a part with a grid of its own become those of the whole. */
type Part =
  /** Computed once, counted at each step. */
  | { readonly kind: 'once'; readonly stats: SampleStats }
  /** A subquery: what it looked at counts by its results, what it read at the step that uses it. */
  | { readonly kind: 'subquery'; readonly stats: SampleStats; readonly offsetMs: number; readonly rangeMs: number }

/**
 * Samples that the selectors of a query touched at each step of a grid. Rows are computed late, so each node keeps the counter that was current
 * when it was planned, and the parts are added up at the end.
 * @see Prometheus util/stats/query_stats.go
 */
export class SampleStats {
  readonly #grid: Grid
  readonly #total: Float64Array
  readonly #read: Float64Array
  readonly #parts: Part[] = []

  constructor(grid: Grid) {
    this.#grid = grid
    this.#total = new Float64Array(grid.steps)
    this.#read = new Float64Array(grid.steps)
  }

  /** The counter for a part that is computed once. */
  once(grid: Grid): SampleStats {
    const stats = new SampleStats(grid)
    this.#parts.push({ kind: 'once', stats })
    return stats
  }

  /** The counter for a subquery; `rangeMs` 0: all of it is the answer. */
  subquery(grid: Grid, offsetMs: number, rangeMs: number): SampleStats {
    const stats = new SampleStats(grid)
    this.#parts.push({ kind: 'subquery', stats, offsetMs, rangeMs })
    return stats
  }

  /** Counts a sample at each step at which a selector found one. */
  addPresent(present: Uint8Array, steps: number): void {
    for (let k = 0; k < steps; k++) {
      if (present[k] === 0) continue
      this.#total[k] = this.#total[k]! + 1
      this.#read[k] = this.#read[k]! + 1
    }
  }

  /** Likewise for a series with histograms, which count by their size. */
  addSamples(present: Uint8Array, histograms: HistogramColumn | null, steps: number): void {
    this.addPresent(present, steps)
    if (histograms === null) return
    for (let k = 0; k < steps; k++) {
      const h = histograms[k]!
      if (h === null) continue
      const size = histogramSize(h)
      this.#total[k] = this.#total[k]! + size
      this.#read[k] = this.#read[k]! + size
    }
  }

  /** Counts the samples in the windows of one series; those of a subquery were read by its selectors. */
  addWindows(w: RangeWindow, stored: boolean): void {
    const { lo, hi, steps } = w
    for (let k = 0; k < steps; k++) {
      const l = lo[k]!
      const r = hi[k]!
      this.#total[k] = this.#total[k]! + r - l
      if (stored) this.#read[k] = this.#read[k]! + r - (k === 0 ? l : Math.max(l, Math.min(r, hi[k - 1]!)))
    }
    if (w.histograms !== null) this.#addHistogramWindows(w.histograms, steps, stored)
  }

  #addHistogramWindows(w: HistogramWindow, steps: number, stored: boolean): void {
    const { lo, hi, hs } = w
    for (let k = 0; k < steps; k++) {
      const l = lo[k]!
      const r = hi[k]!
      const fresh = k === 0 ? l : Math.max(l, Math.min(r, hi[k - 1]!))
      for (let i = l; i < r; i++) {
        const size = histogramSize(hs[i]!)
        this.#total[k] = this.#total[k]! + size
        if (stored && i >= fresh) this.#read[k] = this.#read[k]! + size
      }
    }
  }

  /** Counts samples of a range that is the answer itself. */
  addRange(samples: number): void {
    this.#total[0] = this.#total[0]! + samples
    this.#read[0] = this.#read[0]! + samples
  }

  /** Samples looked at and read at each step. To be called once, when all rows have been read. */
  finish(): { readonly total: Float64Array; readonly read: Float64Array } {
    const total = this.#total
    const read = this.#read
    for (const part of this.#parts) {
      const own = part.stats.finish()
      if (part.kind === 'once') {
        const looked = totalCount(own.total)
        for (let k = 0; k < total.length; k++) total[k] = total[k]! + looked
        if (read.length > 0) read[0] = read[0]! + totalCount(own.read)
      } else {
        if (part.rangeMs === 0 && total.length > 0) total[total.length - 1] = total[total.length - 1]! + totalCount(own.total)
        this.#mergeRead(part.stats.#grid, own.read, part.offsetMs, part.rangeMs)
      }
    }
    return { total, read }
  }

  /** What a subquery read counts at the first step that uses it; what lies between the windows of two steps isn't used. */
  #mergeRead(inner: Grid, innerRead: Float64Array, offsetMs: number, rangeMs: number): void {
    const { startMs, stepMs, steps } = this.#grid
    const read = this.#read
    for (let j = 0; j < innerRead.length && steps > 0; j++) {
      const tMs = inner.startMs + j * inner.stepMs + offsetMs
      const k = tMs <= startMs ? 0 : Math.min(steps - 1, Math.ceil((tMs - startMs) / stepMs))
      if (steps > 1 && rangeMs > 0 && tMs <= startMs + k * stepMs - rangeMs) continue
      read[k] = read[k]! + innerRead[j]!
    }
  }
}

/** All of the counts together. */
export function totalCount(counts: Float64Array): number {
  let n = 0
  for (const c of counts) n += c
  return n
}
