import type { Histogram } from '@haechi/model'
import type { Samples } from './selection.ts'

/** The native histograms of a series and, for each step, which of them lie in the step's window. */
export interface HistogramWindow {
  readonly ts: Float64Array
  readonly hs: readonly Histogram[]
  /** Since when each counts, Unix ms, 0: not known; null: known for none. */
  readonly starts: Float64Array | null
  readonly n: number
  readonly lo: Int32Array
  readonly hi: Int32Array
}

/**
 * The samples of one series and, for each step, which of them lie in the step's window.
 * Reused from series to series. Series of one target share their time stamps, so windows are worked out anew only when those differ.
 *
 *     ts   . . . . . . . . . . .
 *              (      ]            lo[k] first sample inside, hi[k] first one behind; the window is left-open
 */
export class RangeWindow {
  readonly steps: number
  readonly rangeMs: number
  /** Evaluation time of step 0 and distance of the steps, Unix ms. */
  readonly evalStartMs: number
  readonly evalStepMs: number
  /** End of the window of step 0, and its advance per step: 0 with `@`. */
  readonly endStartMs: number
  readonly endStepMs: number
  readonly lo: Int32Array
  readonly hi: Int32Array
  /** Samples, staleness markers left out. Valid until the next `load`. */
  ts: Float64Array = new Float64Array(0)
  vs: Float64Array = new Float64Array(0)
  n = 0
  /** Counts how often the windows were worked out: what was derived from them holds until it changes. */
  placed = 0
  /** Histograms of the series, which are not among the samples above; null: it has none. */
  histograms: HistogramWindow | null = null
  /** Since when each sample counts, Unix ms, 0: not known; null: known for none. */
  starts: Float64Array | null = null
  #seen = new Float64Array(0)
  #seenLength = -1
  /** Extrapolation of rates at each step, in seconds: to the window's start, to its end, and between first and last sample. */
  readonly toStart: Float64Array
  readonly toEnd: Float64Array
  readonly sampled: Float64Array
  readonly #forRates: boolean

  /**
   * @param endStartMs  end of the first window
   * @param endStepMs   how far the window moves per step
   * @param forRates    whether the extrapolation columns are needed
   */
  constructor(steps: number, rangeMs: number, evalStartMs: number, evalStepMs: number, endStartMs: number, endStepMs: number, forRates: boolean) {
    this.steps = steps
    this.rangeMs = rangeMs
    this.evalStartMs = evalStartMs
    this.evalStepMs = evalStepMs
    this.endStartMs = endStartMs
    this.endStepMs = endStepMs
    this.lo = new Int32Array(steps)
    this.hi = new Int32Array(steps)
    this.#forRates = forRates
    const size = forRates ? steps : 0
    this.toStart = new Float64Array(size)
    this.toEnd = new Float64Array(size)
    this.sampled = new Float64Array(size)
  }

  /** Takes the samples of the next series; the arrays must stay as they are until the following call. @param same  the times are known to be those of the last call */
  load(ts: Float64Array, vs: Float64Array, n: number, same = false): void {
    this.ts = ts
    this.vs = vs
    this.n = n
    this.histograms = null
    this.starts = null
    if (same || this.#sameTimes(ts, n)) return
    this.placed++
    if (this.#seen.length < n) this.#seen = new Float64Array(Math.max(n, 2 * this.#seen.length))
    this.#seen.set(n === ts.length ? ts : ts.subarray(0, n))
    this.#seenLength = n
    this.#place()
    if (this.#forRates) this.#extrapolate()
  }

  /** Takes samples of which some are histograms, or whose start times are known and wanted. */
  loadSamples(samples: Samples, withStarts: boolean): void {
    const { ts, vs, length, histograms } = samples
    const starts = withStarts ? samples.startsMs : null
    if (histograms === null) {
      this.load(ts, vs, length)
      this.starts = starts
      return
    }
    const floatTs = new Float64Array(length)
    const floatVs = new Float64Array(length)
    const floatStarts = starts === null ? null : new Float64Array(length)
    const histogramTs = new Float64Array(length)
    const histogramStarts = starts === null ? null : new Float64Array(length)
    const hs: Histogram[] = []
    let n = 0
    for (let i = 0; i < length; i++) {
      const h = histograms[i]!
      if (h === null) {
        if (floatStarts !== null) floatStarts[n] = starts![i]!
        floatTs[n] = ts[i]!
        floatVs[n++] = vs[i]!
      } else {
        if (histogramStarts !== null) histogramStarts[hs.length] = starts![i]!
        histogramTs[hs.length] = ts[i]!
        hs.push(h)
      }
    }
    this.load(floatTs, floatVs, n)
    this.starts = floatStarts
    if (hs.length === 0) return
    const lo = new Int32Array(this.steps)
    const hi = new Int32Array(this.steps)
    this.#placeInto(histogramTs, hs.length, lo, hi)
    this.histograms = { ts: histogramTs, hs, starts: histogramStarts, n: hs.length, lo, hi }
  }

  #sameTimes(ts: Float64Array, n: number): boolean {
    if (n !== this.#seenLength) return false
    const seen = this.#seen
    for (let i = 0; i < n; i++) if (ts[i] !== seen[i]) return false
    return true
  }

  #place(): void {
    this.#placeInto(this.ts, this.n, this.lo, this.hi)
  }

  #placeInto(ts: Float64Array, n: number, lo: Int32Array, hi: Int32Array): void {
    const { steps, rangeMs, endStepMs } = this
    let end = this.endStartMs
    let l = 0
    let r = 0
    for (let k = 0; k < steps; k++) {
      const start = end - rangeMs
      while (r < n && ts[r]! <= end) r++
      while (l < r && ts[l]! <= start) l++
      lo[k] = l
      hi[k] = r
      end += endStepMs
    }
  }

  /** How far the rate is taken to reach beyond the samples. @see Prometheus `extrapolatedRate` */
  #extrapolate(): void {
    const { ts, lo, hi, steps, rangeMs, endStepMs, toStart, toEnd, sampled } = this
    let end = this.endStartMs
    for (let k = 0; k < steps; k++, end += endStepMs) {
      const l = lo[k]!
      const r = hi[k]! - 1
      if (r <= l) continue
      const between = (ts[r]! - ts[l]!) / 1000
      const average = between / (r - l)
      const threshold = average * 1.1
      let before = (ts[l]! - (end - rangeMs)) / 1000
      let after = (end - ts[r]!) / 1000
      // No sample where one is due: the series begins or ends inside the window, half a gap away.
      if (before >= threshold) before = average / 2
      if (after >= threshold) after = average / 2
      sampled[k] = between
      toStart[k] = before
      toEnd[k] = after
    }
  }
}
