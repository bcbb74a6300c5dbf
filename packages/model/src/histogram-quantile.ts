import { BucketColumns, hasCustomBuckets } from './histogram-bounds.ts'
import type { Histogram } from './histogram.ts'

const columns = new BucketColumns()

/** What observations of NaN did to a result. */
export type NanEffect = 'none' | 'result is NaN' | 'skewed'

/** A quantile, and whether observations of NaN made it doubtful. */
export interface QuantileResult { readonly value: number; readonly nan: NanEffect }

/**
 * The q-quantile of a histogram: linear within custom buckets and the zero bucket, else as if the bucket were divided further in the same manner.
 *
 * Special cases: q < 0: -Inf; q > 1: +Inf; q NaN or no observation: NaN; custom buckets: in the first one linear from 0 or, if it ends at or below
 * 0, that end, in the last one its beginning. A zero bucket ends at 0 on a side that has no buckets. NaN observations are in no bucket and count as
 * greater than all.
 * @see Prometheus promql/quantile.go `HistogramQuantile`
 */
export function histogramQuantile(q: number, h: Histogram): QuantileResult {
  if (q < 0) return plain(-Infinity)
  if (q > 1) return plain(Infinity)
  if (h.count === 0 || q !== q) return plain(NaN)
  const custom = hasCustomBuckets(h)
  const hasNaN = h.sum !== h.sum
  const forwards = hasNaN || q < 0.5
  const { lower: lowers, upper: uppers, counts, length } = columns.load(h)
  let rank = forwards ? q * h.count : (1 - q) * h.count
  let count = 0
  let lower = 0
  let upper = 0
  let own = 0
  let next = 0
  for (; next < length; next++) {
    const i = forwards ? next : length - 1 - next
    lower = lowers[i]!
    upper = uppers[i]!
    own = counts[i]!
    if (own === 0) continue
    count += own
    if (count >= rank) {
      next++
      break
    }
  }
  if (custom) {
    if (lower === -Infinity) {
      if (upper <= 0) return plain(upper)
      lower = 0
    } else if (upper === Infinity) return plain(lower)
  } else if (lower < 0 && upper > 0) {
    if (h.negativeCounts.length === 0 && h.positiveCounts.length > 0) lower = 0
    else if (h.positiveCounts.length === 0 && h.negativeCounts.length > 0) upper = 0
  }
  // Rounding may have made the buckets more than the whole.
  if (count > h.count) count = h.count
  if (count < rank) return hasNaN ? { value: NaN, nan: 'result is NaN' } : plain(upper)
  if (forwards) rank -= count - own
  else rank = count - rank
  let nan: NanEffect = 'none'
  if (hasNaN) {
    for (; next < length; next++) count += counts[next]!
    if (count < h.count) nan = 'skewed'
  }
  const fraction = rank / own
  if (custom || (lower <= 0 && upper >= 0)) return { value: lower + (upper - lower) * fraction, nan }
  const logLower = Math.log2(Math.abs(lower))
  const logUpper = Math.log2(Math.abs(upper))
  const value = lower > 0 ? 2 ** (logLower + (logUpper - logLower) * fraction) : -(2 ** (logUpper + (logLower - logUpper) * (1 - fraction)))
  return { value, nan }
}

function plain(value: number): QuantileResult {
  return { value, nan: 'none' }
}

/** Which part of a bucket's observations lies below `v`, a value inside of it. @param linear  spread evenly, else evenly over the logarithm */
export function fractionBelow(lower: number, upper: number, v: number, linear: boolean): number {
  if (linear) return (v - lower) / (upper - lower)
  const logLower = Math.log2(Math.abs(lower))
  const logUpper = Math.log2(Math.abs(upper))
  const logV = Math.log2(Math.abs(v))
  return v > 0 ? (logV - logLower) / (logUpper - logLower) : 1 - (logV - logUpper) / (logLower - logUpper)
}

/** A fraction of observations, and whether some are NaN and so in no fraction. */
export interface FractionResult { readonly value: number; readonly hasNaN: boolean }

/**
 * The fraction of observations between two values, interpolated like {@link histogramQuantile}.
 * No observation or a NaN limit: NaN; `lower >= upper`: 0.
 * @see Prometheus promql/quantile.go `HistogramFraction`
 */
export function histogramFraction(lower: number, upper: number, h: Histogram): FractionResult {
  if (h.count === 0 || lower !== lower || upper !== upper) return { value: NaN, hasNaN: false }
  if (lower >= upper) return { value: 0, hasNaN: false }
  const custom = hasCustomBuckets(h)
  const { lower: lowers, upper: uppers, counts, length } = columns.load(h)
  let count = 0
  let rank = 0
  let lowerRank = 0
  let upperRank = 0
  let lowerSet = false
  let upperSet = false
  let i = 0
  for (; i < length; i++) {
    let low = lowers[i]!
    let high = uppers[i]!
    const own = counts[i]!
    count += own
    const aroundZero = low <= 0 && high >= 0
    if (aroundZero) {
      if (h.negativeCounts.length === 0 && h.positiveCounts.length > 0) low = 0
      else if (h.positiveCounts.length === 0 && h.negativeCounts.length > 0) high = 0
    }
    if (!lowerSet && (high > lower || low >= lower)) {
      lowerRank = low >= lower ? rank : rankAt(lower, low, high, own, rank, custom || aroundZero)
      lowerSet = true
    }
    if (!upperSet && (high > upper || low >= upper)) {
      upperRank = low >= upper ? rank : rankAt(upper, low, high, own, rank, custom || aroundZero)
      upperSet = true
    }
    if (lowerSet && upperSet) {
      i++
      break
    }
    rank += own
  }
  let hasNaN = false
  if (h.sum !== h.sum) {
    for (; i < length; i++) count += counts[i]!
    hasNaN = count < h.count
  } else count = h.count
  if (!lowerSet || lowerRank > count) lowerRank = count
  if (!upperSet || upperRank > count) upperRank = count
  return { value: (upperRank - lowerRank) / h.count, hasNaN }
}

function rankAt(v: number, low: number, high: number, own: number, rank: number, linear: boolean): number {
  // A bucket without a lower end can't be divided: all of it counts.
  if (linear && low === -Infinity) return own
  return rank + own * fractionBelow(low, high, v, linear)
}

/** The variance of the observations, as if each were in the middle of its bucket (on the scale that the buckets are even on). @see Prometheus `histogramVariance` */
export function histogramVariance(h: Histogram): number {
  const custom = hasCustomBuckets(h)
  const mean = h.sum / h.count
  const { lower, upper, counts, length } = columns.load(h)
  let sum = 0
  let lack = 0
  for (let i = 0; i < length; i++) {
    const own = counts[i]!
    if (own === 0) continue
    const low = lower[i]!
    const high = upper[i]!
    const middle = custom ? (high + low) / 2 : low <= 0 && high >= 0 ? 0 : Math.sqrt(high * low) * (high < 0 ? -1 : 1)
    const by = own * (middle - mean) * (middle - mean)
    const t = sum + by
    if (t === Infinity || t === -Infinity) lack = 0
    else lack += Math.abs(sum) >= Math.abs(by) ? sum - t + by : by - t + sum
    sum = t
  }
  return (sum + lack) / h.count
}
