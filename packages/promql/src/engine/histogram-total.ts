import { HistogramSum, RESET_HINT, divideHistogram } from '@haechi/model'
import type { Histogram } from '@haechi/model'

/**
 * Sum or mean of histograms, compensated. A mean goes by the sum as long as that stays finite, else it is kept up to date itself.
 * @see Prometheus promql/engine.go `aggregation`, promql/functions.go `funcSumOverTime`, `funcAvgOverTime`
 */
export class HistogramTotal {
  /** Custom buckets of different bounds met. */
  reconciled = false
  readonly #mean: boolean
  #sum: HistogramSum
  #count = 1
  /** The sum is a mean already. */
  #incremental = false
  #reset = false
  #notReset = false

  constructor(first: Histogram, mean: boolean) {
    this.#mean = mean
    this.#sum = new HistogramSum(first, true)
    this.#track(first)
  }

  /** Some say that their counter was reset and others that it wasn't. */
  get contradictory(): boolean {
    return this.#reset && this.#notReset
  }

  /** Takes one more in. @returns false if exponential meets custom buckets; the total must not be used any more then */
  add(h: Histogram): boolean {
    this.#track(h)
    this.#count++
    if (!this.#mean) return this.#put(this.#sum, h)
    const n = this.#count
    if (!this.#incremental) {
      const sum = this.#sum.copy()
      if (!this.#put(sum, h)) return false
      if (!sum.overflows) {
        this.#sum = sum
        return true
      }
      this.#incremental = true
      this.#sum.divide(n - 1)
    }
    return this.#put(this.#sum.scale((n - 1) / n), divideHistogram(h, n))
  }

  #put(sum: HistogramSum, h: Histogram): boolean {
    const report = sum.add(h)
    if (report?.boundsReconciled === true) this.reconciled = true
    return report !== undefined
  }

  #track(h: Histogram): void {
    if (h.resetHint === RESET_HINT.reset) this.#reset = true
    else if (h.resetHint === RESET_HINT.notReset) this.#notReset = true
  }

  /** The total, not compacted. To be called once. */
  finish(): Histogram {
    return (this.#mean && !this.#incremental ? this.#sum.divide(this.#count) : this.#sum).finish()
  }
}
