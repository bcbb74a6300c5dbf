import { CUSTOM_BUCKETS_SCHEMA, RESET_HINT } from '@haechi/model'
import type { Histogram } from '@haechi/model'
import { STALE_HIGH, STALE_LOW } from '@haechi/storage'
import { ENCODING } from '../layout.ts'
import { BitWriter, highBits, lowBits } from './bits.ts'
import { StartEncoder, isIntegerEncoding } from '../start-times.ts'
import { BUCKETS, HEADER, HEADER_BYTES, compareBuckets, countBuckets, sameBounds, unionSpans, withSpans } from './layout.ts'
import type { Header } from './layout.ts'

/** No window of significant bits was written yet. */
const NO_WINDOW = 255

/** What is to be done with the next histogram of a series. */
export interface HistogramPlan {
  /** `append`: to the chunk as it is; `recode`: to the chunk in the spans of `histogram`; `cut`: to a new chunk with `header`. */
  readonly kind: 'append' | 'recode' | 'cut'
  readonly header: Header
  /** The histogram, in the spans of the chunk. Null: a staleness marker. */
  readonly histogram: Histogram | null
}

/**
 * What the writer remembers of a growing histogram chunk between two samples. The bytes are elsewhere: each sample's bits are handed over in a
 * {@link BitWriter} that begins with the chunk's last, partial byte.
 *
 * @see Prometheus tsdb/chunkenc/histogram.go, float_histogram.go
 */
export class HistogramChunkState {
  readonly encoding: number
  /** Of chunks with start times. */
  readonly starts: StartEncoder | undefined
  header: Header = HEADER.unknown
  samples = 0
  /** Length in bits, header bytes included. */
  bits: number = 8 * HEADER_BYTES
  private readonly integer: boolean
  private partial = 0
  /** The newest histogram that is no staleness marker, in the chunk's spans. */
  private last: Histogram | null = null
  private stale = false
  private t = 0
  private tDelta = 0
  private countDelta = 0
  private zeroDelta = 0
  private positiveDeltas = new Float64Array(0)
  private negativeDeltas = new Float64Array(0)
  /** Windows of the XOR-encoded values: leading and trailing zeros of count, zero count and sum (float: and of each bucket). */
  private windows: Uint8Array<ArrayBuffer> = new Uint8Array(6).fill(NO_WINDOW)
  private sumLow = 0
  private sumHigh = 0

  constructor(encoding: number) {
    this.encoding = encoding
    this.integer = isIntegerEncoding(encoding)
    this.starts = encoding >= ENCODING.histogramStarts ? new StartEncoder() : undefined
  }

  /** Writes the first three bytes of a chunk that begins at `b[from]`: number of samples, reset header, header of start times. */
  writeHeader(b: Uint8Array, from: number): void {
    const { header, samples, starts } = this
    b[from] = (starts === undefined ? 0 : header) | (samples >>> 8)
    b[from + 1] = samples
    b[from + 2] = starts === undefined ? header : starts.header
  }

  /** Length in bytes. */
  get length(): number {
    return (this.bits + 7) >>> 3
  }

  /** Whether the newest sample is a staleness marker. */
  get endsStale(): boolean {
    return this.stale
  }

  /** How a histogram goes on behind this chunk's newest sample. Null stands for a staleness marker. */
  plan(h: Histogram | null): HistogramPlan {
    const gauge = h !== null && h.resetHint === RESET_HINT.gauge
    return gauge ? this.planGauge(h) : this.planCounter(h)
  }

  private planCounter(h: Histogram | null): HistogramPlan {
    const cut = (header: Header): HistogramPlan => ({ kind: 'cut', header, histogram: h })
    const { integer } = this
    // A chunk whose layout changes may or may not have had a reset: integer chunks say so, float chunks leave the header empty.
    if (this.header === HEADER.gauge) return cut(integer ? HEADER.notReset : HEADER.unknown)
    if (h === null) return { kind: 'append', header: this.header, histogram: null }
    if (h.resetHint === RESET_HINT.reset) return cut(HEADER.reset)
    const { last } = this
    if (this.stale || last === null) return cut(HEADER.unknown)
    if (h.count < last.count) return cut(HEADER.reset)
    if (h.schema !== last.schema || h.zeroThreshold !== last.zeroThreshold) return cut(HEADER.unknown)
    if (!sameBounds(h.schema, h.customValues, last.customValues) || h.zeroCount < last.zeroCount) return cut(HEADER.reset)
    const positive = compareBuckets(last.positiveSpans, last.positiveCounts, h.positiveSpans, h.positiveCounts, true)
    const negative = positive === BUCKETS.reset ? BUCKETS.reset : compareBuckets(last.negativeSpans, last.negativeCounts, h.negativeSpans, h.negativeCounts, true)
    if (negative === BUCKETS.reset) return cut(HEADER.reset)
    const both = positive | negative
    let histogram = h
    if ((both & BUCKETS.missing) !== 0) {
      histogram = (both & BUCKETS.added) === 0 ? withSpans(h, last.positiveSpans, last.negativeSpans) : withSpans(
        h, (positive & BUCKETS.missing) === 0 ? h.positiveSpans : unionSpans(h.positiveSpans, last.positiveSpans),
        (negative & BUCKETS.missing) === 0 ? h.negativeSpans : unionSpans(h.negativeSpans, last.negativeSpans),
      )
    }
    return { kind: (both & BUCKETS.added) === 0 ? 'append' : 'recode', header: this.header, histogram }
  }

  private planGauge(h: Histogram): HistogramPlan {
    const { last } = this
    if (this.header !== HEADER.gauge || this.stale || last === null || h.schema !== last.schema || h.zeroThreshold !== last.zeroThreshold || !sameBounds(h.schema, h.customValues, last.customValues)) {
      return { kind: 'cut', header: HEADER.gauge, histogram: h }
    }
    const both = compareBuckets(last.positiveSpans, last.positiveCounts, h.positiveSpans, h.positiveCounts, false) |
      compareBuckets(last.negativeSpans, last.negativeCounts, h.negativeSpans, h.negativeCounts, false)
    const histogram = (both & BUCKETS.missing) === 0 ? h : withSpans(h, unionSpans(last.positiveSpans, h.positiveSpans), unionSpans(last.negativeSpans, h.negativeSpans))
    return { kind: (both & BUCKETS.added) === 0 ? 'append' : 'recode', header: this.header, histogram }
  }

  /** The header of a chunk that begins with `h`, where this one is the chunk before it. */
  headerAfter(h: Histogram | null): Header {
    // Of the plan only what it says about counters counts; what could go on without a cut had no reset.
    const plan = this.planCounter(h)
    if (plan.kind !== 'cut') return HEADER.notReset
    return this.integer || plan.header === HEADER.reset ? plan.header : HEADER.notReset
  }

  /**
   * Encodes a sample behind the others. `out` then begins at byte `bits >>> 3` (of before the call) of the chunk.
   * @param h in the chunk's spans if it is not the first; null for a staleness marker @param startMs 0: not known; nothing in chunks without start times
   */
  encode(t: number, h: Histogram | null, out: BitWriter, startMs = 0): void {
    out.begin(this.bits & 7, this.partial)
    const before = this.bits & ~7
    if (this.samples === 0) this.first(t, h, out)
    else this.next(t, h, out)
    this.starts?.encode(this.samples, t, this.t, startMs, out)
    this.bits = before + out.bit
    this.partial = (out.bit & 7) === 0 ? 0 : out.bytes[out.bit >>> 3]!
    this.samples++
    this.t = t
    this.stale = h === null
    if (h !== null) this.last = h
  }

  private first(t: number, h: Histogram | null, out: BitWriter): void {
    writeLayout(h, out)
    out.varbitInt(t)
    const positive = h === null ? 0 : countBuckets(h.positiveSpans)
    const negative = h === null ? 0 : countBuckets(h.negativeSpans)
    this.sumLow = h === null ? STALE_LOW : lowBits(h.sum)
    this.sumHigh = h === null ? STALE_HIGH : highBits(h.sum)
    if (this.integer) {
      this.positiveDeltas = new Float64Array(positive)
      this.negativeDeltas = new Float64Array(negative)
      out.varbitUint(h === null ? 0 : h.count)
      out.varbitUint(h === null ? 0 : h.zeroCount)
      out.put64(this.sumHigh, this.sumLow)
      if (h === null) return
      putDifferences(h.positiveCounts, out)
      putDifferences(h.negativeCounts, out)
      return
    }
    this.windows = new Uint8Array(6 + 2 * (positive + negative)).fill(NO_WINDOW)
    putDouble(h === null ? 0 : h.count, out)
    putDouble(h === null ? 0 : h.zeroCount, out)
    out.put64(this.sumHigh, this.sumLow)
    if (h === null) return
    for (let i = 0; i < positive; i++) putDouble(h.positiveCounts[i]!, out)
    for (let i = 0; i < negative; i++) putDouble(h.negativeCounts[i]!, out)
  }

  private next(t: number, h: Histogram | null, out: BitWriter): void {
    const { last } = this
    const tDelta = t - this.t
    out.varbitInt(tDelta - this.tDelta)
    this.tDelta = tDelta
    if (this.integer) {
      if (h === null || last === null) {
        // Its counts mean nothing: the differences stay as they are.
        out.bit += 2
        this.putSum(h, out)
        return
      }
      const countDelta = h.count - last.count
      out.varbitInt(countDelta - this.countDelta)
      this.countDelta = countDelta
      const zeroDelta = h.zeroCount - last.zeroCount
      out.varbitInt(zeroDelta - this.zeroDelta)
      this.zeroDelta = zeroDelta
      this.putSum(h, out)
      putSecondDifferences(last.positiveCounts, h.positiveCounts, this.positiveDeltas, out)
      putSecondDifferences(last.negativeCounts, h.negativeCounts, this.negativeDeltas, out)
      return
    }
    const lastCount = this.stale || last === null ? 0 : last.count
    const lastZero = this.stale || last === null ? 0 : last.zeroCount
    this.putXor(0, lastCount, h === null ? 0 : h.count, out)
    this.putXor(2, lastZero, h === null ? 0 : h.zeroCount, out)
    this.putSum(h, out)
    if (h === null || last === null) return
    let window = 6
    for (let i = 0; i < h.positiveCounts.length; i++, window += 2) this.putXor(window, last.positiveCounts[i]!, h.positiveCounts[i]!, out)
    for (let i = 0; i < h.negativeCounts.length; i++, window += 2) this.putXor(window, last.negativeCounts[i]!, h.negativeCounts[i]!, out)
  }

  private putSum(h: Histogram | null, out: BitWriter): void {
    const low = h === null ? STALE_LOW : lowBits(h.sum)
    const high = h === null ? STALE_HIGH : highBits(h.sum)
    this.putXorBits(4, high ^ this.sumHigh, low ^ this.sumLow, out)
    this.sumLow = low
    this.sumHigh = high
  }

  private putXor(window: number, before: number, now: number, out: BitWriter): void {
    if (Object.is(before, now)) out.varbitInt(0)
    else this.putXorBits(window, highBits(before) ^ highBits(now), lowBits(before) ^ lowBits(now), out)
  }

  /** @see Prometheus tsdb/chunkenc/xor.go `xorWrite` */
  private putXorBits(window: number, high: number, low: number, out: BitWriter): void {
    if ((high | low) === 0) {
      out.varbitInt(0)
      return
    }
    const { windows } = this
    let lead = high !== 0 ? Math.clz32(high) : 32 + Math.clz32(low)
    let trail = low !== 0 ? 31 - Math.clz32(low & -low) : 63 - Math.clz32(high & -high)
    if (lead > 31) lead = 31
    if (windows[window]! !== NO_WINDOW && lead >= windows[window]! && trail >= windows[window + 1]!) {
      lead = windows[window]!
      trail = windows[window + 1]!
      out.put(2, 2)
    } else {
      windows[window] = lead
      windows[window + 1] = trail
      out.put((3 << 11) | (lead << 6) | ((64 - lead - trail) & 63), 13)
    }
    const significant = 64 - lead - trail
    const shifted = trail === 0 ? low : trail < 32 ? (low >>> trail) | (high << (32 - trail)) : high >>> (trail - 32)
    if (significant > 32) {
      out.put(trail === 0 ? high : high >>> trail, significant - 32)
      out.put(shifted, 32)
    } else out.put(shifted, significant)
  }
}

function putDouble(v: number, out: BitWriter): void {
  out.put64(highBits(v), lowBits(v))
}

/** Absolute counts as differences from bucket to bucket. */
function putDifferences(counts: Float64Array, out: BitWriter): void {
  let before = 0
  for (let i = 0; i < counts.length; i++) {
    out.varbitInt(counts[i]! - before)
    before = counts[i]!
  }
}

/** How the differences between buckets changed, and how much more than last time. */
function putSecondDifferences(before: Float64Array, now: Float64Array, deltas: Float64Array, out: BitWriter): void {
  let b = 0
  let n = 0
  for (let i = 0; i < now.length; i++) {
    const delta = now[i]! - n - (before[i]! - b)
    out.varbitInt(delta - deltas[i]!)
    deltas[i] = delta
    b = before[i]!
    n = now[i]!
  }
}

/** @see Prometheus tsdb/chunkenc/histogram_meta.go `writeHistogramChunkLayout` */
function writeLayout(h: Histogram | null, out: BitWriter): void {
  writeZeroThreshold(h === null ? 0 : h.zeroThreshold, out)
  out.varbitInt(h === null ? 0 : h.schema)
  writeSpans(h === null ? NO_SPANS : h.positiveSpans, out)
  writeSpans(h === null ? NO_SPANS : h.negativeSpans, out)
  if (h === null || h.schema !== CUSTOM_BUCKETS_SCHEMA) return
  out.varbitUint(h.customValues.length)
  for (const bound of h.customValues) writeBound(bound, out)
}

const NO_SPANS = new Int32Array(0)

function writeSpans(spans: Int32Array, out: BitWriter): void {
  out.varbitUint(spans.length >>> 1)
  for (let i = 0; i < spans.length; i += 2) {
    out.varbitUint(spans[i + 1]!)
    out.varbitInt(spans[i]!)
  }
}

/** A power of two from 2^-243 to 2^10 takes one byte. */
function writeZeroThreshold(threshold: number, out: BitWriter): void {
  if (threshold === 0) {
    out.put(0, 8)
    return
  }
  const low = lowBits(threshold)
  const high = highBits(threshold)
  // As a fraction of 0.5 and an exponent, which is one more than that of the bits.
  const exponent = ((high >>> 20) & 0x7ff) - 1022
  if (threshold < 0 || low !== 0 || (high & 0xfffff) !== 0 || exponent < -242 || exponent > 11) {
    out.put(255, 8)
    out.put64(high, low)
  } else out.put(exponent + 243, 8)
}

/** Bounds with up to three decimals are stored as whole thousandths. */
function writeBound(bound: number, out: BitWriter): void {
  const thousandths = bound * 1000
  if (!(thousandths >= 0 && thousandths <= 33554430) || Math.round(thousandths) / 1000 !== bound) {
    out.varbitUint(0)
    putDouble(bound, out)
  } else out.varbitUint(Math.round(thousandths) + 1)
}
