import { CUSTOM_BUCKETS_SCHEMA } from '@haechi/model'
import type { Histogram, ResetHint } from '@haechi/model'
import { STALE_HIGH, STALE_LOW } from '@haechi/storage'
import { ENCODING } from '../layout.ts'
import { RECORD, RecordBuffer, RecordError, RecordReader } from '../wal/record.ts'
import { fromBits, highBits, lowBits } from './bits.ts'
import { countBuckets } from './layout.ts'

/** Record types of histograms by kind: integer or float, and with exponential or custom buckets. */
const KINDS = [RECORD.histograms, RECORD.customBucketsHistograms, RECORD.floatHistograms, RECORD.customBucketsFloatHistograms] as const

/** Whether a record type is one of histograms. */
export function isHistogramRecord(type: number): boolean {
  return type >= RECORD.histograms && type <= RECORD.customBucketsFloatHistograms
}

/** Place of a histogram's record among those of a batch, from 0. */
export function recordKind(h: Histogram | null, encoding: number): number {
  return (encoding === ENCODING.histogram ? 0 : 2) + (h !== null && h.schema === CUSTOM_BUCKETS_SCHEMA ? 1 : 0)
}

/** Builds the histogram records of one batch, at most one per kind. @see Prometheus tsdb/record/record.go `HistogramSamples` */
export class HistogramRecords {
  private readonly buffers: readonly RecordBuffer[] = KINDS.map(() => new RecordBuffer())
  private readonly firstRef: number[] = [0, 0, 0, 0]
  private readonly firstT: number[] = [0, 0, 0, 0]
  private count = 0

  begin(): void {
    if (this.count === 0) return
    for (const buffer of this.buffers) buffer.length = 0
    this.count = 0
  }

  /** Adds a histogram; null: a staleness marker of the given encoding. */
  add(ref: number, t: number, h: Histogram | null, encoding: number): void {
    const kind = recordKind(h, encoding)
    const out = this.buffers[kind]!
    this.count++
    if (out.length === 0) {
      this.firstRef[kind] = ref
      this.firstT[kind] = t
      out.byte(KINDS[kind]!)
      out.be64(ref)
      out.be64(t)
    }
    out.varint(ref - this.firstRef[kind]!)
    out.varint(t - this.firstT[kind]!)
    putHistogram(h, encoding === ENCODING.histogram, out)
  }

  /** Whether there is nothing in them. */
  get empty(): boolean {
    return this.count === 0
  }

  /** Hands each record over. */
  each(write: (b: Uint8Array, length: number) => void): void {
    if (this.count === 0) return
    for (const buffer of this.buffers) if (buffer.length > 0) write(buffer.bytes, buffer.length)
  }
}

const NO_SPANS = new Int32Array(0)
const NO_COUNTS = new Float64Array(0)

/** Writes one histogram; null: a staleness marker. */
export function putHistogram(h: Histogram | null, integer: boolean, out: RecordBuffer): void {
  out.byte(h === null ? 0 : h.resetHint)
  out.varint(h === null ? 0 : h.schema)
  putDouble(h === null ? 0 : h.zeroThreshold, out)
  if (integer) {
    out.uvarint(h === null ? 0 : h.zeroCount)
    out.uvarint(h === null ? 0 : h.count)
  } else {
    putDouble(h === null ? 0 : h.zeroCount, out)
    putDouble(h === null ? 0 : h.count, out)
  }
  if (h === null) out.bits64(STALE_LOW, STALE_HIGH)
  else putDouble(h.sum, out)
  putSpans(h === null ? NO_SPANS : h.positiveSpans, out)
  putSpans(h === null ? NO_SPANS : h.negativeSpans, out)
  putCounts(h === null ? NO_COUNTS : h.positiveCounts, integer, out)
  putCounts(h === null ? NO_COUNTS : h.negativeCounts, integer, out)
  if (h === null || h.schema !== CUSTOM_BUCKETS_SCHEMA) return
  out.uvarint(h.customValues.length)
  for (const bound of h.customValues) putDouble(bound, out)
}

function putDouble(v: number, out: RecordBuffer): void {
  out.bits64(lowBits(v), highBits(v))
}

function putSpans(spans: Int32Array, out: RecordBuffer): void {
  out.uvarint(spans.length >>> 1)
  for (let i = 0; i < spans.length; i += 2) {
    out.varint(spans[i]!)
    out.uvarint(spans[i + 1]!)
  }
}

function putCounts(counts: Float64Array, integer: boolean, out: RecordBuffer): void {
  out.uvarint(counts.length)
  let before = 0
  for (let i = 0; i < counts.length; i++) {
    if (!integer) {
      putDouble(counts[i]!, out)
      continue
    }
    out.varint(counts[i]! - before)
    before = counts[i]!
  }
}

/**
 * Reads a histogram record, type byte included. `onSample` gets number, time, histogram (null: a staleness marker) and encoding of each sample.
 * @throws RecordError; samples in front of the fault were handed over
 */
export function decodeHistogramRecord(b: Uint8Array, from: number, to: number, onSample: (ref: number, t: number, h: Histogram | null, encoding: number) => void): void {
  if (to - from <= 1) return
  const type = b[from]!
  const integer = type === RECORD.histograms || type === RECORD.customBucketsHistograms
  const r = new RecordReader(b, from + 1, to)
  const ref0 = r.be64()
  const t0 = r.be64()
  while (r.p < to) {
    const ref = ref0 + r.varint()
    const t = t0 + r.varint()
    onSample(ref, t, getHistogram(r, integer), integer ? ENCODING.histogram : ENCODING.floatHistogram)
  }
}

/** Reads what {@link putHistogram} wrote. @throws RecordError */
export function getHistogram(r: RecordReader, integer: boolean): Histogram | null {
  const hint = r.byte()
  if (hint > 3) throw new RecordError(`unknown counter reset hint ${hint}`)
  const schema = r.varint()
  const zeroThreshold = readDouble(r)
  const zeroCount = integer ? r.uvarint() : readDouble(r)
  const count = integer ? r.uvarint() : readDouble(r)
  r.bits64()
  const stale = r.low === STALE_LOW && r.high === STALE_HIGH
  const sum = fromBits(r.low, r.high)
  const positiveSpans = readSpans(r)
  const negativeSpans = readSpans(r)
  const positiveCounts = readCounts(r, positiveSpans, integer)
  const negativeCounts = readCounts(r, negativeSpans, integer)
  let customValues = NO_COUNTS
  if (schema === CUSTOM_BUCKETS_SCHEMA) {
    const n = r.uvarint()
    if (8 * n > r.end - r.p) throw new RecordError('more bounds than bytes')
    customValues = new Float64Array(n)
    for (let i = 0; i < n; i++) customValues[i] = readDouble(r)
  } else if (!(schema >= -4 && schema <= 52)) throw new RecordError(`unknown histogram schema ${schema}`)
  if (stale) return null
  return { schema, zeroThreshold, zeroCount, count, sum, positiveSpans, positiveCounts, negativeSpans, negativeCounts, customValues, resetHint: hint as ResetHint, integer }
}

function readDouble(r: RecordReader): number {
  r.bits64()
  return fromBits(r.low, r.high)
}

function readSpans(r: RecordReader): Int32Array {
  const n = r.uvarint()
  if (2 * n > r.end - r.p) throw new RecordError('more spans than bytes')
  const spans = new Int32Array(2 * n)
  for (let i = 0; i < n; i++) {
    const offset = r.varint()
    const length = r.uvarint()
    if (!(Math.abs(offset) <= 0x7fffffff && length <= 0x7fffffff) || (i > 0 && offset < 0)) throw new RecordError('a span lies outside of all buckets')
    spans[2 * i] = offset
    spans[2 * i + 1] = length
  }
  return spans
}

function readCounts(r: RecordReader, spans: Int32Array, integer: boolean): Float64Array {
  const n = r.uvarint()
  if (n * (integer ? 1 : 8) > r.end - r.p || n !== countBuckets(spans)) throw new RecordError('the spans do not fit the buckets')
  const counts = new Float64Array(n)
  let count = 0
  for (let i = 0; i < n; i++) {
    if (integer) counts[i] = count += r.varint()
    else counts[i] = readDouble(r)
  }
  return counts
}
