import { CUSTOM_BUCKETS_SCHEMA, RESET_HINT } from '@haechi/model'
import type { Histogram, ResetHint } from '@haechi/model'
import * as fc from 'fast-check'

/** Buckets as a map from index to count. */
type Buckets = ReadonlyMap<number, number>

/** Spans and counts of buckets; `gaps` puts empty buckets between those that are close, as targets do. */
function spansOf(buckets: Buckets, gaps: boolean): { spans: Int32Array; counts: Float64Array } {
  const spans: number[] = []
  const counts: number[] = []
  let next = 0
  for (const index of [...buckets.keys()].sort((a, b) => a - b)) {
    const distance = index - next
    if (spans.length > 0 && (distance === 0 || (gaps && distance <= 2))) {
      for (let i = 0; i < distance; i++) counts.push(0)
      spans[spans.length - 1]! += distance + 1
    } else spans.push(distance, 1)
    counts.push(buckets.get(index)!)
    next = index + 1
  }
  return { spans: Int32Array.from(spans), counts: Float64Array.from(counts) }
}

const NO_BOUNDS = new Float64Array(0)

/** A histogram with these buckets; its count is their sum. */
export function histogramOf(parts: {
  readonly positive: Buckets; readonly negative?: Buckets; readonly zero?: number; readonly sum?: number; readonly schema?: number; readonly zeroThreshold?: number
  readonly hint?: ResetHint; readonly integer?: boolean; readonly bounds?: Float64Array; readonly gaps?: boolean
}): Histogram {
  const positive = spansOf(parts.positive, parts.gaps ?? false)
  const negative = spansOf(parts.negative ?? new Map(), parts.gaps ?? false)
  const zeroCount = parts.zero ?? 0
  return {
    schema: parts.schema ?? 3, zeroThreshold: parts.zeroThreshold ?? 2 ** -128, zeroCount,
    count: zeroCount + positive.counts.reduce((a, b) => a + b, 0) + negative.counts.reduce((a, b) => a + b, 0), sum: parts.sum ?? 1.5,
    positiveSpans: positive.spans, positiveCounts: positive.counts, negativeSpans: negative.spans, negativeCounts: negative.counts,
    customValues: parts.bounds ?? NO_BOUNDS, resetHint: parts.hint ?? RESET_HINT.unknown, integer: parts.integer ?? true,
  }
}

/** One step of a series: a histogram, or null for a staleness marker. */
export type Step = Histogram | null

const indexes = fc.oneof({ weight: 5, arbitrary: fc.integer({ min: -6, max: 12 }) }, { weight: 1, arbitrary: fc.integer({ min: -200, max: 200 }) })
const increments = fc.array(fc.tuple(indexes, fc.oneof(fc.integer({ min: 0, max: 5 }), fc.integer({ min: 0, max: 1_000_000 }))), { maxLength: 4 })

/**
 * Series of histograms as targets make them: counts that grow, now and then new buckets, resets, other schemas, gauges, staleness markers,
 * integers and floats, custom buckets.
 */
export const histogramSeries: fc.Arbitrary<Step[]> = fc.array(fc.record({
  positive: increments, negative: increments, zero: fc.integer({ min: 0, max: 3 }), sum: fc.double(), gaps: fc.boolean(),
  event: fc.integer({ min: 0, max: 40 }),
}), { minLength: 1, maxLength: 60 }).chain(steps => fc.record({ integer: fc.boolean(), gauge: fc.boolean(), custom: fc.boolean() }).map(kind => {
  const out: Step[] = []
  let positive = new Map<number, number>()
  let negative = new Map<number, number>()
  let zero = 0
  let schema = 3
  let { gauge, integer, custom } = kind
  for (const s of steps) {
    if (s.event === 0) {
      positive = new Map()
      negative = new Map()
      zero = 0
    } else if (s.event === 1) {
      schema = (schema + 1) % 9
    } else if (s.event === 2) gauge = !gauge
    else if (s.event === 3) integer = !integer
    else if (s.event === 4) custom = !custom
    if (s.event === 5) {
      out.push(null)
      continue
    }
    const scale = integer ? 1 : 0.37
    for (const [i, n] of s.positive) {
      const index = custom ? Math.abs(i) % 6 : i
      if (gauge && n === 3) positive.delete(index)
      else positive.set(index, (positive.get(index) ?? 0) + n * scale)
    }
    if (!custom) for (const [i, n] of s.negative) negative.set(i, (negative.get(i) ?? 0) + n * scale)
    zero += custom ? 0 : s.zero
    if (integer) for (const map of [positive, negative]) for (const [i, n] of map) map.set(i, Math.floor(n))
    const kept = custom ? new Map([...positive].filter(([i]) => i >= 0 && i < 6)) : positive
    out.push(histogramOf({
      positive: kept, negative: custom ? new Map() : negative, zero: custom ? 0 : Math.floor(zero), sum: s.sum, gaps: s.gaps, integer,
      schema: custom ? CUSTOM_BUCKETS_SCHEMA : schema, zeroThreshold: custom ? 0 : 2 ** -128, hint: gauge ? RESET_HINT.gauge : s.event === 6 ? RESET_HINT.reset : RESET_HINT.unknown,
      ...(custom ? { bounds: Float64Array.of(0.005, 0.1, 1, 2.5, 1 / 3) } : {}),
    }))
  }
  return out
}))

/** What a histogram says, without the shape of its spans, its hint and its empty buckets. */
export function meaning(h: Histogram | null): unknown {
  if (h === null) return null
  const buckets = (spans: Int32Array, counts: Float64Array): [number, number][] => {
    const out: [number, number][] = []
    let index = 0
    let k = 0
    for (let i = 0; i < spans.length; i += 2) {
      index += spans[i]!
      for (let n = 0; n < spans[i + 1]!; n++, index++) if (counts[k++] !== 0) out.push([index, counts[k - 1]!])
    }
    return out
  }
  return {
    schema: h.schema, zeroThreshold: h.zeroThreshold, zeroCount: h.zeroCount, count: h.count, sum: h.sum, integer: h.integer, bounds: [...h.customValues],
    positive: buckets(h.positiveSpans, h.positiveCounts), negative: buckets(h.negativeSpans, h.negativeCounts), gauge: h.resetHint === RESET_HINT.gauge,
  }
}
