import type { Histogram } from '@haechi/model'
import { getHistogram, putHistogram } from '../histogram/log-records.ts'
import { ENCODING } from '../layout.ts'
import { isIntegerEncoding } from '../start-times.ts'
import { RECORD, RecordBuffer, RecordError, RecordReader } from './record.ts'

/** How a record says since when a sample counts: not known, as the one before, or as difference to the first. @see Prometheus tsdb/record/record.go `writeSTMarker` */
const NONE = 0
const SAME = 1
const EXPLICIT = 2

/** Record types by kind: floats, histograms of integers, of floats. */
const KINDS = [RECORD.samplesStarts, RECORD.histogramsStarts, RECORD.floatHistogramsStarts] as const

/** Whether a record type is one of samples with start times. */
export function isStartRecord(type: number): boolean {
  return type >= RECORD.samplesStarts && type <= RECORD.floatHistogramsStarts
}

/** A sample with its start time, in a log record; reused from sample to sample. */
export interface StartSample {
  ref: number
  t: number
  /** 0: not known. */
  startMs: number
  /** One of the chunk encodings with start times: says of what kind the sample is. */
  encoding: number
  /** Null: a staleness marker, or a float. */
  histogram: Histogram | null
  /** The bits of a float. */
  low: number
  high: number
}

/** Place of a sample's record among those of a batch; behind those without start times. */
export function startRecordKind(encoding: number): number {
  return encoding === ENCODING.xor2 ? 4 : isIntegerEncoding(encoding) ? 5 : 6
}

/** Builds the records of samples with start times of one batch, at most one per kind. */
export class StartRecords {
  private readonly buffers: readonly RecordBuffer[] = KINDS.map(() => new RecordBuffer())
  private readonly firstT = [0, 0, 0]
  private readonly firstStart = [0, 0, 0]
  private readonly lastRef = [0, 0, 0]
  private readonly lastStart = [0, 0, 0]
  private count = 0

  begin(): void {
    if (this.count === 0) return
    for (const buffer of this.buffers) buffer.length = 0
    this.count = 0
  }

  add({ ref, t, startMs, encoding, histogram, low, high }: StartSample): void {
    const kind = startRecordKind(encoding) - 4
    const out = this.buffers[kind]!
    this.count++
    if (out.length === 0) {
      out.byte(KINDS[kind]!)
      out.varint(ref)
      out.varint(t)
      out.varint(startMs)
      this.firstT[kind] = t
      this.firstStart[kind] = startMs
    } else {
      out.varint(ref - this.lastRef[kind]!)
      out.varint(t - this.firstT[kind]!)
      if (startMs === 0) out.byte(NONE)
      else if (startMs === this.lastStart[kind]) out.byte(SAME)
      else {
        out.byte(EXPLICIT)
        out.varint(startMs - this.firstStart[kind]!)
      }
    }
    this.lastRef[kind] = ref
    this.lastStart[kind] = startMs
    if (kind === 0) out.bits64(low, high)
    else putHistogram(histogram, kind === 1, out)
  }

  /** Hands each record over. */
  each(write: (b: Uint8Array, length: number) => void): void {
    if (this.count === 0) return
    for (const buffer of this.buffers) if (buffer.length > 0) write(buffer.bytes, buffer.length)
  }
}

const sample: StartSample = { ref: 0, t: 0, startMs: 0, encoding: 0, histogram: null, low: 0, high: 0 }

/**
 * Reads a record of samples with start times, type byte included; `onSample` gets each in an object that is used again.
 * @throws RecordError; samples in front of the fault were handed over
 */
export function decodeStartRecord(b: Uint8Array, from: number, to: number, onSample: (sample: Readonly<StartSample>) => void): void {
  if (to - from <= 1) return
  const kind = b[from]! - RECORD.samplesStarts
  const r = new RecordReader(b, from + 1, to)
  let ref = 0
  let startMs = 0
  let firstT = 0
  let firstStart = 0
  for (let i = 0; r.p < to; i++) {
    ref += r.varint()
    if (ref < 0) throw new RecordError('a series has a negative number')
    const t = firstT + r.varint()
    if (i === 0) {
      firstT = t
      firstStart = startMs = r.varint()
    } else {
      const marker = r.byte()
      startMs = marker === NONE ? 0 : marker === SAME ? startMs : firstStart + r.varint()
    }
    sample.ref = ref
    sample.t = t
    sample.startMs = startMs
    sample.histogram = null
    if (kind === 0) {
      sample.encoding = ENCODING.xor2
      r.bits64()
      sample.low = r.low
      sample.high = r.high
    } else {
      sample.encoding = kind === 1 ? ENCODING.histogramStarts : ENCODING.floatHistogramStarts
      sample.histogram = getHistogram(r, kind === 1)
    }
    onSample(sample)
  }
}
