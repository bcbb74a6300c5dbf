import { bucketBound, bucketIndices, hasCustomBuckets } from './histogram-bounds.ts'
import { compactHistogram } from './histogram-layout.ts'
import { fractionBelow } from './histogram-quantile.ts'
import type { Histogram } from './histogram.ts'

/** What is left of a bucket: how many observations and where their middle is. */
interface Rest { readonly count: number; readonly middle: number }

/**
 * The observations below a limit (`keepBelow`) or above it, those of a bucket that the limit cuts estimated. The sum is estimated anew from the
 * buckets when anything was cut; otherwise the histogram comes back as it is.
 * @see Prometheus `FloatHistogram.TrimBuckets`, the operators `</` and `>/`
 */
export function trimHistogram(h: Histogram, limit: number, keepBelow: boolean): Histogram {
  const trim = new Trim(h, limit, keepBelow)
  return trim.run()
}

class Trim {
  readonly #h: Histogram
  readonly #limit: number
  readonly #keepBelow: boolean
  readonly #custom: boolean
  #count = 0
  #sum = 0
  #cut = false

  constructor(h: Histogram, limit: number, keepBelow: boolean) {
    this.#h = h
    this.#limit = limit
    this.#keepBelow = keepBelow
    this.#custom = hasCustomBuckets(h)
  }

  run(): Histogram {
    const h = this.#h
    const positiveCounts = this.#side(h.positiveSpans, h.positiveCounts, true)
    const negativeCounts = this.#side(h.negativeSpans, h.negativeCounts, false)
    let { zeroCount } = h
    if (zeroCount > 0) {
      const rest = this.#zero(h.negativeCounts.some(c => c !== 0), h.positiveCounts.some(c => c !== 0))
      if (rest.count !== zeroCount) this.#cut = true
      zeroCount = rest.count
      this.#keep(rest)
    }
    if (!this.#cut) return h
    return compactHistogram({ ...h, positiveCounts, negativeCounts, zeroCount, count: this.#count, sum: this.#sum, integer: false })
  }

  #keep(rest: Rest): void {
    this.#sum += rest.middle * rest.count
    this.#count += rest.count
  }

  #side(spans: Int32Array, counts: Float64Array, positive: boolean): Float64Array {
    const out = counts.slice()
    const indices = bucketIndices(spans)
    const limit = this.#limit
    for (let i = 0; i < counts.length; i++) {
      const count = counts[i]!
      if (count === 0) continue
      const near = bucketBound(indices[i]! - 1, this.#h)
      const far = bucketBound(indices[i]!, this.#h)
      const lower = positive ? near : -far
      const upper = positive ? far : -near
      if (this.#keepBelow ? upper <= limit : lower >= limit) this.#keep({ count, middle: this.#middle(lower, upper, positive) })
      else if (this.#keepBelow ? lower < limit : upper > limit) {
        const rest = this.#part(lower, upper, count, positive)
        this.#keep(rest)
        if (rest.count !== count) {
          out[i] = rest.count
          this.#cut = true
        }
      } else {
        out[i] = 0
        this.#cut = true
      }
    }
    return out
  }

  /** A bucket that the limit cuts. */
  #part(lower: number, upper: number, count: number, positive: boolean): Rest {
    const limit = this.#limit
    if (lower === -Infinity || upper === Infinity) return this.#openPart(lower, upper, count)
    const below = limit <= lower ? 0 : limit >= upper ? count : count * fractionBelow(lower, upper, limit, this.#custom)
    return this.#keepBelow ? { count: below, middle: this.#middle(lower, limit, positive) } : { count: count - below, middle: this.#middle(limit, upper, positive) }
  }

  /** A bucket without an end on one side, where nothing can be interpolated. */
  #openPart(lower: number, upper: number, count: number): Rest {
    const limit = this.#limit
    if (lower === -Infinity) {
      if (this.#keepBelow) {
        if (limit >= upper) return { count, middle: 0 }
        if (limit > 0 && upper > 0 && upper !== Infinity) return { count: count * limit / upper, middle: limit / 2 }
        return upper <= 0 ? { count, middle: limit } : { count: 0, middle: finiteOr0(upper) }
      }
      if (limit <= lower) return { count, middle: 0 }
      if (limit >= 0 && upper > limit && upper !== Infinity) return { count: count * (1 - limit / upper), middle: (limit + upper) / 2 }
      return { count: 0, middle: finiteOr0(upper) }
    }
    if (this.#keepBelow) return { count: 0, middle: finiteOr0(lower) }
    return limit >= lower ? { count, middle: limit } : { count: 0, middle: finiteOr0(lower) }
  }

  #zero(hasNegative: boolean, hasPositive: boolean): Rest {
    const { zeroThreshold, zeroCount } = this.#h
    const limit = this.#limit
    const lower = hasPositive && !hasNegative ? 0 : -zeroThreshold
    const upper = hasNegative && !hasPositive ? 0 : zeroThreshold
    const whole = { count: zeroCount, middle: (lower + upper) / 2 }
    const none = { count: 0, middle: 0 }
    if (this.#keepBelow) {
      if (limit <= lower) return none
      return limit >= upper ? whole : { count: zeroCount * ((limit - lower) / (upper - lower)), middle: (lower + limit) / 2 }
    }
    if (limit <= lower) return whole
    return limit >= upper ? none : { count: zeroCount * ((upper - limit) / (upper - lower)), middle: (limit + upper) / 2 }
  }

  /** The middle of an interval on the scale on which the buckets are even; an open one has its middle at the end it has. */
  #middle(lower: number, upper: number, positive: boolean): number {
    if (lower === -Infinity || lower === Infinity) {
      if (upper === -Infinity || upper === Infinity) return 0
      return upper > 0 ? upper / 2 : upper
    }
    if (upper === -Infinity || upper === Infinity) return lower
    if (this.#custom) return (lower + upper) / 2
    const mean = Math.sqrt(Math.abs(lower * upper))
    return positive ? mean : -mean
  }
}

function finiteOr0(v: number): number {
  return v === Infinity || v === -Infinity ? 0 : v
}
