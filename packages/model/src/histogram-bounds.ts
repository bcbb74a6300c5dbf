import { CUSTOM_BUCKETS_SCHEMA } from './histogram.ts'
import type { Histogram } from './histogram.ts'

/** Most buckets that a power of two is divided into: 2^8. */
const FINEST = 256
/** The root of 2 as all bounds of Prometheus and its client libraries have it: the float below the nearest one. */
const ROOT_OF_2 = 1.414213562373095

/** 2^(i/256 - 1) for i in [0, 256), to the last bit as Prometheus has them: bounds are compared and shown. */
const FRACTIONS: Float64Array = fractions()

function fractions(): Float64Array {
  // roots[k] is 2^(1/2^(k+1)).
  const roots = [ROOT_OF_2]
  for (let k = 1; k < 8; k++) roots.push(Math.sqrt(roots[k - 1]!))
  const out = new Float64Array(FINEST)
  for (let i = 0; i < FINEST; i++) {
    let product = 0.5
    for (let k = 0; k < 8; k++) if ((i & (128 >> k)) !== 0) product *= roots[k]!
    out[i] = product
  }
  return out
}

/**
 * The upper bound of bucket `index` of an exponential schema; the mirrored one is its lower bound on the negative side.
 * The bucket that holds the greatest float ends there instead of at infinity.
 * @param schema  -4 to 8
 */
export function exponentialBound(index: number, schema: number): number {
  if (schema <= 0) {
    const exponent = index * 2 ** -schema
    return exponent === 1024 ? Number.MAX_VALUE : 2 ** exponent
  }
  const fraction = FRACTIONS[(index & ((1 << schema) - 1)) << (8 - schema)]!
  const exponent = (index >> schema) + 1
  if (fraction === 0.5 && exponent === 1025) return Number.MAX_VALUE
  // In two factors, because 2^1024 alone is out of range.
  return fraction * 2 ** (exponent >> 1) * 2 ** (exponent - (exponent >> 1))
}

/** Whether the bounds are the histogram's own. */
export function hasCustomBuckets(h: Pick<Histogram, 'schema'>): boolean {
  return h.schema === CUSTOM_BUCKETS_SCHEMA
}

/** The upper bound of bucket `index`; of custom buckets the one before the first is -Inf, the one behind the last bound +Inf. */
export function bucketBound(index: number, h: Pick<Histogram, 'schema' | 'customValues'>): number {
  if (h.schema !== CUSTOM_BUCKETS_SCHEMA) return exponentialBound(index, h.schema)
  return index < 0 ? -Infinity : index >= h.customValues.length ? Infinity : h.customValues[index]!
}

/** The index of each bucket of the spans, in their order. */
export function bucketIndices(spans: Int32Array): Int32Array {
  let n = 0
  for (let s = 1; s < spans.length; s += 2) n += spans[s]!
  const out = new Int32Array(n)
  let index = 0
  let at = 0
  for (let s = 0; s < spans.length; s += 2) {
    index += spans[s]!
    for (let j = spans[s + 1]!; j > 0; j--) out[at++] = index++
  }
  return out
}

/** Spans of buckets with these ascending indices: neighbours share one. */
export function spansOf(indices: Int32Array, n: number = indices.length): Int32Array {
  const spans: number[] = []
  let next = 0
  for (let i = 0; i < n; i++) {
    const index = indices[i]!
    if (i > 0 && index === next) spans[spans.length - 1]!++
    else spans.push(index - next, 1)
    next = index + 1
  }
  return Int32Array.from(spans)
}

/** Buckets of one histogram as columns, ascending by value, reused. Those that the zero bucket covers in part begin or end where it does. */
export class BucketColumns {
  lower: Float64Array = new Float64Array(32)
  upper: Float64Array = new Float64Array(32)
  counts: Float64Array = new Float64Array(32)
  length = 0
  /** Position of the zero bucket, -1 if nothing is in it. */
  zeroAt = -1

  /**
   * Takes the buckets of a histogram: negative ones, the zero bucket unless it is empty, positive ones; empty ones of the spans included. Bounds end at the zero bucket; with `whole` they don't, and the zero bucket is
   * there unless its count is 0: it may be negative or NaN.
   */
  load(h: Histogram, whole = false): this {
    this.length = 0
    this.zeroAt = -1
    this.#reserve(h.negativeCounts.length + h.positiveCounts.length + 1)
    const { zeroThreshold } = h
    const cut = whole ? 0 : zeroThreshold
    const negative = bucketIndices(h.negativeSpans)
    for (let i = Math.min(negative.length, h.negativeCounts.length) - 1; i >= 0; i--) {
      const upper = -bucketBound(negative[i]! - 1, h)
      this.#add(-bucketBound(negative[i]!, h), upper < 0 && upper > -cut ? -cut : upper, h.negativeCounts[i]!)
    }
    if (whole ? h.zeroCount !== 0 : h.zeroCount > 0) {
      this.zeroAt = this.length
      this.#add(-zeroThreshold, zeroThreshold, h.zeroCount)
    }
    const positive = bucketIndices(h.positiveSpans)
    for (let i = 0; i < positive.length && i < h.positiveCounts.length; i++) {
      let lower = bucketBound(positive[i]! - 1, h)
      let upper = bucketBound(positive[i]!, h)
      if (lower > 0 && lower < cut) lower = cut
      else if (upper < 0 && upper > -cut) upper = -cut
      this.#add(lower, upper, h.positiveCounts[i]!)
    }
    return this
  }

  #add(lower: number, upper: number, count: number): void {
    const at = this.length++
    this.lower[at] = lower
    this.upper[at] = upper
    this.counts[at] = count
  }

  #reserve(n: number): void {
    if (n <= this.counts.length) return
    this.lower = new Float64Array(2 * n)
    this.upper = new Float64Array(2 * n)
    this.counts = new Float64Array(2 * n)
  }
}

/** Which bounds belong to bucket i of the columns: `(]` 0, `[)` 1, `()` 2, `[]` 3, as the HTTP API numbers them. */
export function boundaryRule(h: Histogram, buckets: BucketColumns, i: number): 0 | 1 | 2 | 3 {
  if (i === buckets.zeroAt) return 3
  if (hasCustomBuckets(h)) return buckets.lower[i] === -Infinity ? 3 : 0
  const low = buckets.lower[i]! < 0
  const high = buckets.upper[i]! > 0
  return low ? (high ? 3 : 1) : high ? 0 : 2
}
