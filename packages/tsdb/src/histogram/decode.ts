import { CUSTOM_BUCKETS_SCHEMA, RESET_HINT, reduceHistogram } from '@haechi/model'
import type { Histogram, ResetHint } from '@haechi/model'
import { STALE_HIGH, STALE_LOW } from '@haechi/storage'
import type { SampleColumns } from '@haechi/storage'
import { ENCODING } from '../layout.ts'
import { BitReader, HistogramChunkError, fromBits } from './bits.ts'
import { StartDecoder, isIntegerEncoding, startColumn } from '../start-times.ts'
import { HEADER, HEADER_BYTES, countBuckets } from './layout.ts'

/** The finest schema that we calculate with, and the finest that Prometheus' files may have. */
const MAX_SCHEMA = 8
const MAX_STORED_SCHEMA = 52
const MIN_SCHEMA = -4

/**
 * Decodes `count` histograms of a chunk into `into` from index `at`; `into` must have room for them, its length is left alone.
 * Staleness markers become ordinary ones, with a null in `histograms`.
 *
 * @param from first byte of the chunk (its number of samples) @param to behind its last one
 * @throws HistogramChunkError for bytes that are no such chunk; what was decoded before is in `into`
 * @see Prometheus tsdb/chunkenc/histogram.go, float_histogram.go
 */
export function decodeHistograms(encoding: number, b: Uint8Array, from: number, to: number, count: number, into: SampleColumns, at: number): void {
  const histograms = histogramColumn(into, at + count)
  if (count === 0) return
  if (to - from < HEADER_BYTES) throw new HistogramChunkError('the chunk has no header')
  const r = new BitReader(b, from + HEADER_BYTES, to)
  const layout = readLayout(r)
  const withStarts = encoding >= ENCODING.histogramStarts
  const header = b[withStarts ? from : from + 2]! & 0xc0
  const integer = isIntegerEncoding(encoding)
  const starts = withStarts ? new StartDecoder(b[from + 2]!) : undefined
  const column = starts === undefined || starts.none ? undefined : startColumn(into, at + count)
  const chunk = integer ? new IntegerChunk(r, layout) : new FloatChunk(r, layout)
  const { ts, bits } = into
  for (let i = 0; i < count; i++) {
    const before = chunk.t
    const stale = chunk.next(i === 0)
    const k = at + i
    if (column !== undefined) {
      starts!.next(i, chunk.t, before, r)
      column[k] = starts!.start
    }
    ts[k] = chunk.t
    bits[2 * k] = STALE_LOW
    bits[2 * k + 1] = STALE_HIGH
    if (stale) {
      histograms[k] = null
      continue
    }
    const resetHint: ResetHint = header === HEADER.gauge ? RESET_HINT.gauge : i > 0 ? RESET_HINT.notReset : RESET_HINT.unknown
    const h: Histogram = {
      schema: layout.schema, zeroThreshold: layout.zeroThreshold, zeroCount: chunk.zeroCount, count: chunk.count, sum: chunk.sum,
      positiveSpans: layout.positiveSpans, positiveCounts: chunk.positive.slice(), negativeSpans: layout.negativeSpans, negativeCounts: chunk.negative.slice(),
      customValues: layout.customValues, resetHint, integer,
    }
    histograms[k] = layout.schema > MAX_SCHEMA ? reduceHistogram(h, MAX_SCHEMA) : h
    // Whoever looks at the value of a histogram must not take it for a marker.
    bits[2 * k] = 0
    bits[2 * k + 1] = 0
  }
}

/** The column of histograms of `into`, made if it has none, with room for `n` samples; floats have a null there. */
export function histogramColumn(into: SampleColumns, n: number): (Histogram | null)[] {
  const column = (into.histograms ??= [])
  while (column.length < n) column.push(null)
  return column
}

interface Layout {
  readonly schema: number
  readonly zeroThreshold: number
  readonly positiveSpans: Int32Array
  readonly negativeSpans: Int32Array
  readonly customValues: Float64Array
}

const NO_BOUNDS = new Float64Array(0)

function readLayout(r: BitReader): Layout {
  const zeroThreshold = readZeroThreshold(r)
  const schema = r.varbitInt()
  if (schema !== CUSTOM_BUCKETS_SCHEMA && !(schema >= MIN_SCHEMA && schema <= MAX_STORED_SCHEMA)) throw new HistogramChunkError(`unknown schema ${schema}`)
  const positiveSpans = readSpans(r)
  const negativeSpans = readSpans(r)
  let customValues = NO_BOUNDS
  if (schema === CUSTOM_BUCKETS_SCHEMA) {
    const n = r.varbitUint()
    if (n > r.left) throw new HistogramChunkError('more bounds than bytes')
    customValues = new Float64Array(n)
    for (let i = 0; i < n; i++) {
      const v = r.varbitUint()
      if (v !== 0) customValues[i] = (v - 1) / 1000
      else {
        r.double()
        customValues[i] = fromBits(r.low, r.high)
      }
    }
  }
  return { schema, zeroThreshold, positiveSpans, negativeSpans, customValues }
}

function readSpans(r: BitReader): Int32Array {
  const n = r.varbitUint()
  // Two bits are the shortest span.
  if (2 * n > r.left) throw new HistogramChunkError('more spans than bytes')
  const spans = new Int32Array(2 * n)
  let index = 0
  for (let i = 0; i < n; i++) {
    const length = r.varbitUint()
    const offset = r.varbitInt()
    index += offset + length
    if (!(length <= 0x7fffffff && Math.abs(offset) <= 0x7fffffff && Math.abs(index) <= 0x7fffffff)) throw new HistogramChunkError('a span lies outside of all buckets')
    // Spans that overlap are read as they are: Prometheus 3.5 writes some when empty buckets go while others come.
    spans[2 * i] = offset
    spans[2 * i + 1] = length
  }
  // Each bucket takes at least a bit of the first sample.
  if (countBuckets(spans) > r.left) throw new HistogramChunkError('more buckets than bytes')
  return spans
}

function readZeroThreshold(r: BitReader): number {
  const v = r.bits(8)
  if (v === 0) return 0
  if (v !== 255) return 2 ** (v - 244)
  r.double()
  return fromBits(r.low, r.high)
}

/** An XOR-encoded value: its bits and its window. */
class XorValue {
  low = 0
  high = 0
  private lead = 0
  private trail = 0

  get value(): number {
    return fromBits(this.low, this.high)
  }

  first(r: BitReader): void {
    r.double()
    this.low = r.low
    this.high = r.high
  }

  next(r: BitReader): void {
    if (r.bits(1) === 0) return
    if (r.bits(1) === 1) {
      this.lead = r.bits(5)
      const significant = r.bits(6) || 64
      this.trail = 64 - this.lead - significant
      if (this.trail < 0) throw new HistogramChunkError('a value has more than 64 bits')
    }
    const { trail } = this
    const significant = 64 - this.lead - trail
    const high = significant > 32 ? r.bits(significant - 32) : 0
    const low = r.bits(Math.min(32, significant))
    if (trail === 0) {
      this.high ^= high
      this.low ^= low
    } else if (trail < 32) {
      this.high ^= (high << trail) | (low >>> (32 - trail))
      this.low ^= low << trail
    } else this.high ^= low << (trail - 32)
  }

  get isStale(): boolean {
    return this.low >>> 0 === STALE_LOW && this.high >>> 0 === STALE_HIGH
  }
}

class IntegerChunk {
  t = 0
  count = 0
  zeroCount = 0
  readonly positive: Float64Array
  readonly negative: Float64Array
  private readonly r: BitReader
  private readonly sumValue = new XorValue()
  private tDelta = 0
  private countDelta = 0
  private zeroDelta = 0
  /** Differences from bucket to bucket, and how much they changed last. */
  private readonly steps: Float64Array
  private readonly deltas: Float64Array

  constructor(r: BitReader, layout: Layout) {
    this.r = r
    this.positive = new Float64Array(countBuckets(layout.positiveSpans))
    this.negative = new Float64Array(countBuckets(layout.negativeSpans))
    this.steps = new Float64Array(this.positive.length + this.negative.length)
    this.deltas = new Float64Array(this.steps.length)
  }

  get sum(): number {
    return this.sumValue.value
  }

  /** @returns whether the sample is a staleness marker */
  next(first: boolean): boolean {
    const { r, sumValue } = this
    if (first) {
      this.t = r.varbitInt()
      this.count = r.varbitUint()
      this.zeroCount = r.varbitUint()
      sumValue.first(r)
    } else {
      this.tDelta += r.varbitInt()
      this.t += this.tDelta
      this.countDelta += r.varbitInt()
      this.count += this.countDelta
      this.zeroDelta += r.varbitInt()
      this.zeroCount += this.zeroDelta
      sumValue.next(r)
      if (sumValue.isStale) return true
    }
    this.buckets(this.positive, 0, first)
    this.buckets(this.negative, this.positive.length, first)
    return sumValue.isStale
  }

  private buckets(counts: Float64Array, at: number, first: boolean): void {
    const { r, steps, deltas } = this
    let count = 0
    for (let i = 0; i < counts.length; i++) {
      const v = r.varbitInt()
      if (first) steps[at + i] = v
      else {
        deltas[at + i]! += v
        steps[at + i]! += deltas[at + i]!
      }
      count += steps[at + i]!
      counts[i] = count
    }
  }
}

class FloatChunk {
  t = 0
  readonly positive: Float64Array
  readonly negative: Float64Array
  private readonly r: BitReader
  private readonly countValue = new XorValue()
  private readonly zeroValue = new XorValue()
  private readonly sumValue = new XorValue()
  private readonly values: XorValue[] = []
  private tDelta = 0

  constructor(r: BitReader, layout: Layout) {
    this.r = r
    const positive = countBuckets(layout.positiveSpans)
    const negative = countBuckets(layout.negativeSpans)
    if (64 * (positive + negative) > r.left) throw new HistogramChunkError('more buckets than bytes')
    this.positive = new Float64Array(positive)
    this.negative = new Float64Array(negative)
    for (let i = 0; i < positive + negative; i++) this.values.push(new XorValue())
  }

  get count(): number {
    return this.countValue.value
  }

  get zeroCount(): number {
    return this.zeroValue.value
  }

  get sum(): number {
    return this.sumValue.value
  }

  /** @returns whether the sample is a staleness marker */
  next(first: boolean): boolean {
    const { r, values, positive, negative } = this
    if (first) {
      this.t = r.varbitInt()
      this.countValue.first(r)
      this.zeroValue.first(r)
      this.sumValue.first(r)
    } else {
      this.tDelta += r.varbitInt()
      this.t += this.tDelta
      this.countValue.next(r)
      this.zeroValue.next(r)
      this.sumValue.next(r)
      if (this.sumValue.isStale) return true
    }
    for (let i = 0; i < values.length; i++) {
      const v = values[i]!
      if (first) v.first(r)
      else v.next(r)
      if (i < positive.length) positive[i] = v.value
      else negative[i - positive.length] = v.value
    }
    return this.sumValue.isStale
  }
}
