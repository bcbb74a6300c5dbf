import { bucketIndices, spansOf } from './histogram-bounds.ts'
import type { Histogram } from './histogram.ts'

const NO_SPANS: Int32Array = new Int32Array(0)
const NO_COUNTS: Float64Array = new Float64Array(0)

/** A histogram with nothing in it. */
export const EMPTY_HISTOGRAM: Histogram = {
  schema: 0, zeroThreshold: 0, zeroCount: 0, count: 0, sum: 0, positiveSpans: NO_SPANS, positiveCounts: NO_COUNTS, negativeSpans: NO_SPANS, negativeCounts: NO_COUNTS,
  customValues: NO_COUNTS, resetHint: 0, integer: false,
}

/** Buckets of one side: a count for each bucket of the spans. */
export interface Side {
  readonly spans: Int32Array
  readonly counts: Float64Array
}

/** The side without empty buckets, neighbours in one span; the same object if it is so already. */
export function compactSide(side: Side): Side {
  const { spans, counts } = side
  let full = 0
  for (let i = 0; i < counts.length; i++) if (counts[i] !== 0) full++
  let tidy = full === counts.length
  for (let s = 0; s < spans.length && tidy; s += 2) if (spans[s + 1] === 0 || (s > 0 && spans[s]! <= 0)) tidy = false
  if (tidy) return side
  const from = bucketIndices(spans)
  const indices = new Int32Array(full)
  const kept = new Float64Array(full)
  let n = 0
  for (let i = 0; i < counts.length; i++) {
    if (counts[i] === 0) continue
    indices[n] = from[i]!
    kept[n++] = counts[i]!
  }
  return { spans: spansOf(indices), counts: kept }
}

/** The histogram without empty buckets; the same object if it has none. @see Prometheus `FloatHistogram.Compact(0)` */
export function compactHistogram(h: Histogram): Histogram {
  const positive = compactSide({ spans: h.positiveSpans, counts: h.positiveCounts })
  const negative = compactSide({ spans: h.negativeSpans, counts: h.negativeCounts })
  if (positive.spans === h.positiveSpans && negative.spans === h.negativeSpans) return h
  return { ...h, positiveSpans: positive.spans, positiveCounts: positive.counts, negativeSpans: negative.spans, negativeCounts: negative.counts }
}

/** Index in a coarser schema of the bucket that holds bucket `index`. */
export function coarserIndex(index: number, schema: number, target: number): number {
  return ((index - 1) >> (schema - target)) + 1
}

/** The side in a coarser schema: counts of buckets that become one are added. @param target  at most `schema`, both exponential */
export function reduceSide(side: Side, schema: number, target: number): Side {
  if (schema === target || side.counts.length === 0) return side
  const from = bucketIndices(side.spans)
  const indices = new Int32Array(from.length)
  const counts = new Float64Array(from.length)
  let n = 0
  for (let i = 0; i < from.length; i++) {
    const index = coarserIndex(from[i]!, schema, target)
    if (n > 0 && indices[n - 1] === index) counts[n - 1] = counts[n - 1]! + side.counts[i]!
    else {
      indices[n] = index
      counts[n++] = side.counts[i]!
    }
  }
  return { spans: spansOf(indices, n), counts: counts.slice(0, n) }
}

/** Whether two span lists name the same buckets; spans of length 0 don't matter. */
export function spansMatch(a: Int32Array, b: Int32Array): boolean {
  if (a === b) return true
  let i = 0
  let j = 0
  for (;;) {
    let offsetA = 0
    while (i < a.length && a[i + 1] === 0) {
      offsetA += a[i]!
      i += 2
    }
    let offsetB = 0
    while (j < b.length && b[j + 1] === 0) {
      offsetB += b[j]!
      j += 2
    }
    if (i >= a.length || j >= b.length) return i >= a.length && j >= b.length
    if (offsetA + a[i]! !== offsetB + b[j]! || a[i + 1] !== b[j + 1]) return false
    i += 2
    j += 2
  }
}

/** Whether two lists of bounds are equal. */
export function boundsMatch(a: Float64Array, b: Float64Array): boolean {
  if (a === b) return true
  if (a.length !== b.length) return false
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false
  return true
}

function countsMatch(a: Float64Array, b: Float64Array): boolean {
  if (a.length !== b.length) return false
  for (let i = 0; i < a.length; i++) if (!Object.is(a[i], b[i])) return false
  return true
}

/** Whether two histograms hold the same in the same buckets. Reset hints don't matter; NaN equals NaN. @see Prometheus `FloatHistogram.Equals` */
export function histogramsEqual(a: Histogram, b: Histogram): boolean {
  return a.schema === b.schema && Object.is(a.count, b.count) && Object.is(a.sum, b.sum) && boundsMatch(a.customValues, b.customValues) &&
    a.zeroThreshold === b.zeroThreshold && Object.is(a.zeroCount, b.zeroCount) &&
    spansMatch(a.negativeSpans, b.negativeSpans) && countsMatch(a.negativeCounts, b.negativeCounts) &&
    spansMatch(a.positiveSpans, b.positiveSpans) && countsMatch(a.positiveCounts, b.positiveCounts)
}

/** How many float samples a histogram counts as, by its size in memory. @see Prometheus promql `HPoint.size` */
export function histogramSize(h: Histogram): number {
  const bytes = 168 + 4 * (h.positiveSpans.length + h.negativeSpans.length) + 8 * (h.positiveCounts.length + h.negativeCounts.length + h.customValues.length)
  return Math.floor((bytes + 8) / 16)
}
