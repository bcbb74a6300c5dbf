import { bucketIndices, exponentialBound, hasCustomBuckets } from './histogram-bounds.ts'
import { boundsMatch, reduceSide } from './histogram-layout.ts'
import { widerZeroBucket } from './histogram-math.ts'
import { RESET_HINT } from './histogram.ts'
import type { Histogram } from './histogram.ts'

/**
 * Whether the counters of `h` have been reset since `previous`. A hint that knows decides; else a count that fell, in all or in any bucket, or a
 * finer layout than before. Bounds of custom buckets that differ are compared at those that both have.
 * @see Prometheus `FloatHistogram.DetectReset`
 */
export function histogramReset(h: Histogram, previous: Histogram): boolean {
  if (h.resetHint === RESET_HINT.reset) return true
  if (h.resetHint === RESET_HINT.notReset) return false
  if (h.count < previous.count) return true
  if (hasCustomBuckets(h)) {
    if (!hasCustomBuckets(previous)) return true
    if (!boundsMatch(h.customValues, previous.customValues)) return fellAtCommonBounds(h, previous)
  }
  if (h.schema > previous.schema || h.zeroThreshold < previous.zeroThreshold) return true
  const zero = h.zeroThreshold === previous.zeroThreshold ? { count: previous.zeroCount, threshold: previous.zeroThreshold } : widerZeroBucket(previous, h.zeroThreshold)
  // The wider zero bucket would cut one of the buckets before.
  if (zero.threshold !== h.zeroThreshold || h.zeroCount < zero.count) return true
  return fell(h, previous, h.positiveSpans, h.positiveCounts, previous.positiveSpans, previous.positiveCounts) ||
    fell(h, previous, h.negativeSpans, h.negativeCounts, previous.negativeSpans, previous.negativeCounts)
}

/** Whether any bucket outside of the zero bucket lost observations. */
function fell(h: Histogram, previous: Histogram, spans: Int32Array, counts: Float64Array, previousSpans: Int32Array, previousCounts: Float64Array): boolean {
  if (previousCounts.length === 0) return false
  const before = hasCustomBuckets(h) ? { spans: previousSpans, counts: previousCounts } : reduceSide({ spans: previousSpans, counts: previousCounts }, previous.schema, h.schema)
  const indices = bucketIndices(spans)
  const beforeIndices = bucketIndices(before.spans)
  let i = 0
  let inside = !hasCustomBuckets(h) && h.zeroThreshold > 0
  for (let j = 0; j < beforeIndices.length; j++) {
    const index = beforeIndices[j]!
    if (inside && exponentialBound(index, h.schema) <= h.zeroThreshold) continue
    inside = false
    while (i < indices.length && indices[i]! < index) i++
    const now = i < indices.length && indices[i] === index ? counts[i]! : 0
    const missing = i >= indices.length || indices[i] !== index
    if (missing ? before.counts[j] !== 0 : now < before.counts[j]!) return true
  }
  return false
}

/** Whether observations between two neighbouring bounds that both have became fewer. */
function fellAtCommonBounds(h: Histogram, previous: Histogram): boolean {
  const now = new Rollup(h)
  const before = new Rollup(previous)
  let i = 0
  let j = 0
  while (i <= h.customValues.length && j <= previous.customValues.length) {
    const bound = h.customValues[i] ?? Infinity
    const previousBound = previous.customValues[j] ?? Infinity
    if (bound === previousBound) {
      if (now.upTo(bound) < before.upTo(bound)) return true
      i++
      j++
    } else if (bound < previousBound) i++
    else j++
  }
  return false
}

/** Adds up custom buckets from bound to bound. */
class Rollup {
  readonly #indices: Int32Array
  readonly #h: Histogram
  #at = 0

  constructor(h: Histogram) {
    this.#indices = bucketIndices(h.positiveSpans)
    this.#h = h
  }

  /** Observations of the buckets that end at or below `bound` and have not been counted yet. */
  upTo(bound: number): number {
    let sum = 0
    while (this.#at < this.#indices.length && (this.#h.customValues[this.#indices[this.#at]!] ?? Infinity) <= bound) sum += this.#h.positiveCounts[this.#at++]!
    return sum
  }
}
