import { RESET_HINT, compactHistogram, histogramFault } from '@haechi/model'
import type { Histogram, Labels } from '@haechi/model'
import { ExpositionError } from './error.ts'
import { isUtf8, textOf } from './go-text.ts'
import type { Exemplar } from './sample-parser.ts'
import type { Wire } from './wire.ts'

/** A native histogram of a body. */
export interface NativeSample {
  /** As exposed, metric name included. */
  readonly labels: Labels
  /** Its own time; absent: that of the scrape. */
  readonly timeMs?: number
  readonly histogram: Histogram
  readonly exemplars: readonly Exemplar[]
}

/** A LabelPair message. */
export function labelPair(wire: Wire): [string, string] {
  let name = ''
  let value = ''
  while (wire.tag()) {
    if (wire.field === 1) name = wire.text()
    else if (wire.field === 2) {
      const inner = wire.nested()
      if (!isUtf8(inner.b, inner.i, inner.end)) throw new ExpositionError('proto: field io.prometheus.client.LabelPair.value contains invalid UTF-8')
      value = textOf(inner.b, inner.i, inner.end)
    } else wire.skip()
  }
  return [name, value]
}

/** An Exemplar message: 1 label, 2 value, 3 timestamp {1 seconds, 2 nanos}. */
export function readExemplar(wire: Wire): Exemplar {
  const labels: [string, string][] = []
  let value = 0
  let timeMs: number | undefined
  while (wire.tag()) {
    if (wire.field === 1 && wire.type === 2) labels.push(labelPair(wire.nested()))
    else if (wire.field === 2 && wire.type === 1) value = wire.double()
    else if (wire.field === 3 && wire.type === 2) {
      const time = wire.nested()
      timeMs = 0
      while (time.tag()) {
        if (time.field === 1 && time.type === 0) timeMs += time.varint() * 1000
        else if (time.field === 2 && time.type === 0) timeMs += Math.trunc(time.varint() / 1_000_000)
        else time.skip()
      }
    } else wire.skip()
  }
  return { labels: labels.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)).flat(), value, ...(timeMs === undefined ? {} : { timeMs }) }
}

/** What {@link readNative} found. */
export interface NativeParts {
  readonly histogram: Histogram
  readonly exemplars: readonly Exemplar[]
  /** Whether there are classic buckets as well. */
  readonly buckets: boolean
}

/**
 * The native part of a Histogram message; undefined if it has none. 1 sample_count, 4 sample_count_float, 2 sample_sum, 3 bucket, 5 schema, 6 zero_threshold,
 * 7 zero_count, 8 zero_count_float, 9 negative_span, 10 negative_delta, 11 negative_count, 12 positive_span, 13 positive_delta, 14 positive_count, 16 exemplars.
 * It is not checked: see {@link storedHistogram}.
 * @see Prometheus model/textparse/protobufparse.go `Histogram`, `isNativeHistogram`
 */
export function readNative(wire: Wire, gauge: boolean): NativeParts | undefined {
  let count = 0
  let countFloat = 0
  let sum = 0
  let schema = 0
  let zeroThreshold = 0
  let zeroCount = 0
  let zeroCountFloat = 0
  const positive = new Side()
  const negative = new Side()
  const own: Exemplar[] = []
  const ofBuckets: Exemplar[] = []
  let buckets = false
  while (wire.tag()) {
    switch (wire.field) {
      case 1: count = wire.varint(); break
      case 2: sum = wire.double(); break
      case 3: {
        buckets = true
        const inner = wire.nested()
        while (inner.tag()) {
          if (inner.field === 3 && inner.type === 2) ofBuckets.push(readExemplar(inner.nested()))
          else inner.skip()
        }
        break
      }
      case 4: countFloat = wire.double(); break
      case 5: schema = wire.zigzag(); break
      case 6: zeroThreshold = wire.double(); break
      case 7: zeroCount = wire.varint(); break
      case 8: zeroCountFloat = wire.double(); break
      case 9: negative.span(wire); break
      case 10: numbers(wire, negative.deltas, false); break
      case 11: numbers(wire, negative.counts, true); break
      case 12: positive.span(wire); break
      case 13: numbers(wire, positive.deltas, false); break
      case 14: numbers(wire, positive.counts, true); break
      case 16: own.push(readExemplar(wire.nested())); break
      default: wire.skip()
    }
  }
  if (positive.spans.length === 0 && negative.spans.length === 0 && !(zeroThreshold > 0) && !(zeroCount > 0)) return undefined
  const integer = !(countFloat > 0 || zeroCountFloat > 0)
  const histogram: Histogram = {
    schema, zeroThreshold, sum, integer, count: integer ? count : countFloat, zeroCount: integer ? zeroCount : zeroCountFloat,
    positiveSpans: Int32Array.from(positive.spans), positiveCounts: positive.absolute(integer), negativeSpans: Int32Array.from(negative.spans), negativeCounts: negative.absolute(integer),
    customValues: new Float64Array(0), resetHint: gauge ? RESET_HINT.gauge : RESET_HINT.unknown,
  }
  // Exemplars of native histograms count only with a time of their own.
  const exemplars = (own.length > 0 ? own : ofBuckets).filter(e => e.timeMs !== undefined)
  return { histogram, exemplars, buckets }
}

/** The histogram as it is stored: without empty buckets. @throws ExpositionError when it contradicts itself */
export function storedHistogram(histogram: Histogram): Histogram {
  const fault = histogramFault(histogram)
  if (fault !== undefined) throw new ExpositionError(fault)
  return compactHistogram(histogram)
}

/** Buckets of one side as they are read. */
class Side {
  readonly spans: number[] = []
  readonly deltas: number[] = []
  readonly counts: number[] = []

  /** BucketSpan: 1 offset (zigzag), 2 length. */
  span(wire: Wire): void {
    const inner = wire.nested()
    let offset = 0
    let length = 0
    while (inner.tag()) {
      if (inner.field === 1 && inner.type === 0) offset = inner.zigzag()
      else if (inner.field === 2 && inner.type === 0) length = inner.varint()
      else inner.skip()
    }
    this.spans.push(offset, length)
  }

  absolute(integer: boolean): Float64Array {
    if (!integer) return Float64Array.from(this.counts)
    const out = new Float64Array(this.deltas.length)
    let count = 0
    for (let i = 0; i < out.length; i++) out[i] = count += this.deltas[i]!
    return out
  }
}

/** A repeated number, packed or not: doubles, or integers in zigzag form. */
function numbers(wire: Wire, into: number[], doubles: boolean): void {
  if (wire.type !== 2) {
    into.push(doubles ? wire.double() : wire.zigzag())
    return
  }
  const inner = wire.nested()
  while (inner.i < inner.end) into.push(doubles ? inner.double() : inner.zigzag())
}
