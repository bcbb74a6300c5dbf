import { CUSTOM_BUCKETS_SCHEMA, boundsMatch, bucketIndices, histogramsEqual } from '@haechi/model'
import type { Histogram } from '@haechi/model'
import { ENCODING } from '../layout.ts'

/** First two bits of a histogram chunk's third byte: how its first sample relates to the one before. @see Prometheus tsdb/chunkenc/histogram.go `CounterResetHeader` */
export const HEADER = { unknown: 0x00, notReset: 0x40, reset: 0x80, gauge: 0xc0 } as const
/** One of the values of {@link HEADER}. */
export type Header = 0x00 | 0x40 | 0x80 | 0xc0
/** Number of samples (two bytes) and the header byte. */
export const HEADER_BYTES = 3

/** Buckets of some spans. */
export function countBuckets(spans: Int32Array): number {
  let n = 0
  for (let i = 1; i < spans.length; i += 2) n += spans[i]!
  return n
}

/** How the buckets of a histogram relate to those before it; bits of one number. */
export const BUCKETS = {
  same: 0,
  /** The new one has buckets that the old one lacks. */
  added: 1,
  /** The new one lacks buckets of the old one: empty ones, for counters. */
  missing: 2,
  /** A count fell, or a bucket with observations is gone. Stands alone. */
  reset: 4,
} as const

/** Compares buckets; `counter`: falling counts are a reset. @see Prometheus tsdb/chunkenc/histogram.go `expandIntSpansAndBuckets`, `expandSpansBothWays` */
export function compareBuckets(oldSpans: Int32Array, oldCounts: Float64Array, newSpans: Int32Array, newCounts: Float64Array, counter: boolean): number {
  if (sameSpans(oldSpans, newSpans)) {
    if (counter) for (let i = 0; i < oldCounts.length; i++) if (oldCounts[i]! > newCounts[i]!) return BUCKETS.reset
    return BUCKETS.same
  }
  const a = bucketIndices(oldSpans)
  const b = bucketIndices(newSpans)
  let found = 0
  let i = 0
  let k = 0
  while (i < a.length || k < b.length) {
    const ai = i < a.length ? a[i]! : Infinity
    const bi = k < b.length ? b[k]! : Infinity
    if (ai === bi) {
      if (counter && oldCounts[i]! > newCounts[k]!) return BUCKETS.reset
      i++
      k++
    } else if (ai < bi) {
      if (counter && oldCounts[i]! !== 0) return BUCKETS.reset
      found |= BUCKETS.missing
      i++
    } else {
      found |= BUCKETS.added
      k++
    }
  }
  return found
}

/** The spans of all buckets of both, in as few spans as possible. */
export function unionSpans(x: Int32Array, y: Int32Array): Int32Array {
  const a = bucketIndices(x)
  const b = bucketIndices(y)
  const out: number[] = []
  let last = 0
  for (let i = 0, k = 0; i < a.length || k < b.length; ) {
    const ai = i < a.length ? a[i]! : Infinity
    const bi = k < b.length ? b[k]! : Infinity
    const index = Math.min(ai, bi)
    if (ai === index) i++
    if (bi === index) k++
    if (out.length > 0 && index === last + 1) out[out.length - 1]!++
    else out.push(out.length === 0 ? index : index - last - 1, 1)
    last = index
  }
  return Int32Array.from(out)
}

/** The same counts in other spans, which have all buckets of the first ones; the further ones are empty. */
export function spreadCounts(spans: Int32Array, counts: Float64Array, into: Int32Array): Float64Array {
  if (sameSpans(spans, into)) return counts
  const a = bucketIndices(spans)
  const b = bucketIndices(into)
  const out = new Float64Array(b.length)
  for (let i = 0, k = 0; i < a.length && k < b.length; k++) {
    if (a[i] === b[k]) out[k] = counts[i++]!
  }
  return out
}

/** A histogram in other spans. */
export function withSpans(h: Histogram, positiveSpans: Int32Array, negativeSpans: Int32Array): Histogram {
  return {
    ...h, positiveSpans, negativeSpans,
    positiveCounts: spreadCounts(h.positiveSpans, h.positiveCounts, positiveSpans), negativeCounts: spreadCounts(h.negativeSpans, h.negativeCounts, negativeSpans),
  }
}

/** Whether two lists of spans are the same, number by number. */
export function sameSpans(a: Int32Array, b: Int32Array): boolean {
  if (a === b) return true
  if (a.length !== b.length) return false
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false
  return true
}

/** Whether the bounds of custom buckets are the same; true for all other schemas. */
export function sameBounds(schema: number, a: Float64Array, b: Float64Array): boolean {
  return schema !== CUSTOM_BUCKETS_SCHEMA || boundsMatch(a, b)
}

/** Whether two histograms say the same in the same form; hints don't count. @see Prometheus model/histogram `Histogram.Equals` */
export function sameHistogram(a: Histogram, b: Histogram): boolean {
  return a.integer === b.integer && histogramsEqual(a, b)
}

/** The encoding that a histogram is stored in. @param starts with start times */
export function encodingFor(h: Histogram, starts = false): number {
  if (starts) return h.integer ? ENCODING.histogramStarts : ENCODING.floatHistogramStarts
  return h.integer ? ENCODING.histogram : ENCODING.floatHistogram
}
