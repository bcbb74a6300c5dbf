import { CUSTOM_BUCKETS_SCHEMA } from './histogram.ts'
import type { Histogram } from './histogram.ts'

/** What is wrong with a histogram from outside, in Prometheus' words; undefined if nothing is. @see Prometheus model/histogram `Histogram.Validate` */
export function histogramFault(h: Histogram): string | undefined {
  if (h.schema === CUSTOM_BUCKETS_SCHEMA) {
    if (h.zeroCount !== 0) return 'custom buckets: must have zero count of 0'
    if (h.zeroThreshold !== 0) return 'custom buckets: must have zero threshold of 0'
    if (h.negativeSpans.length > 0) return 'custom buckets: must not have negative spans'
    if (h.negativeCounts.length > 0) return 'custom buckets: must not have negative buckets'
    for (let i = 0; i < h.customValues.length; i++) {
      if (!(h.customValues[i]! > (i === 0 ? -Infinity : h.customValues[i - 1]!))) return `custom buckets: histogram custom bounds must be in strictly increasing order: bound ${i} is not greater than the one before`
      if (h.customValues[i] === Infinity) return 'custom buckets: last +Inf bound must not be explicitly defined'
    }
    let end = 0
    for (const n of h.positiveSpans) end += n
    if (end > h.customValues.length + 1) return 'custom buckets: histogram with custom buckets has too few bounds'
  } else {
    if (!(h.schema >= -4 && h.schema <= 8)) return `histogram has an invalid schema: ${h.schema}`
    if (h.customValues.length > 0) return 'exponential buckets: must not have custom bounds'
  }
  const fault = sideFault('negative', h.negativeSpans, h.negativeCounts) ?? sideFault('positive', h.positiveSpans, h.positiveCounts)
  if (fault !== undefined) return fault
  if (h.zeroCount < 0) return `zero bucket has observation count of ${h.zeroCount}: histogram has a bucket whose observation count is negative`
  if (h.count < 0) return `observation count is ${h.count}: histogram's observation count is negative`
  if (!h.integer) return undefined
  let inBuckets = h.zeroCount
  for (const n of h.negativeCounts) inBuckets += n
  for (const n of h.positiveCounts) inBuckets += n
  const found = `${inBuckets} observations found in buckets, but the Count field is ${h.count}: `
  if (Number.isNaN(h.sum)) return inBuckets > h.count ? `${found}histogram's observation count should be at least the number of observations found in the buckets` : undefined
  return inBuckets !== h.count ? `${found}histogram's observation count should equal the number of observations found in the buckets (in absence of NaN)` : undefined
}

function sideFault(side: string, spans: Int32Array, counts: Float64Array): string | undefined {
  let buckets = 0
  for (let i = 0; i < spans.length; i += 2) {
    if (i > 0 && spans[i]! < 0) return `${side} side: span number ${i / 2 + 1} with offset ${spans[i]}: histogram has a span whose offset is negative`
    if (spans[i + 1]! < 0) return `${side} side: histogram has a span whose length is negative`
    buckets += spans[i + 1]!
  }
  if (buckets !== counts.length) return `${side} side: spans need ${buckets} buckets, have ${counts.length} buckets: histogram spans specify different number of buckets than provided`
  for (let i = 0; i < counts.length; i++) {
    if (counts[i]! < 0) return `${side} side: bucket number ${i + 1} has observation count of ${counts[i]}: histogram has a bucket whose observation count is negative`
  }
  return undefined
}
