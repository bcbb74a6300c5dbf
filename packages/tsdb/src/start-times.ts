import type { SampleColumns } from '@haechi/storage'
import type { BitReader, BitWriter } from './histogram/bits.ts'
import { ENCODING } from './layout.ts'

/** Bit of the header of start times: the first sample has one. The other seven say which sample is the first with another one, 0: none. @see Prometheus tsdb/chunkenc/st.go */
const FIRST_KNOWN = 0x80
const LAST_CHANGE_ON = 0x7f

/** Samples of a chunk, whose bytes begin at `from`; those of histograms with start times share their bytes with the reset header. */
export function samplesOf(encoding: number, b: Uint8Array, from: number): number {
  const n = (b[from]! << 8) | b[from + 1]!
  return encoding >= ENCODING.histogramStarts ? n & 0x3fff : n
}

/** Whether chunks of an encoding hold histograms. */
export function isHistogramEncoding(encoding: number): boolean {
  return encoding !== ENCODING.xor && encoding !== ENCODING.xor2
}

/** Whether chunks of an encoding hold histograms of whole numbers. */
export function isIntegerEncoding(encoding: number): boolean {
  return encoding === ENCODING.histogram || encoding === ENCODING.histogramStarts
}

/** The column of start times of `into`, made if it has none, with room for `n` samples; 0: not known. */
export function startColumn(into: SampleColumns, n: number): Float64Array {
  const old = into.startsMs
  if (old !== null && old.length >= n) return old
  const column = new Float64Array(Math.max(n, into.ts.length))
  if (old !== null) column.set(old)
  into.startsMs = column
  return column
}

/** Writes the start time of each sample of a chunk behind the sample, as far as it changes. */
export class StartEncoder {
  /** The chunk's third byte. */
  header = 0
  private start = 0
  private diff = 0

  /** @param i number of the sample in the chunk @param before time of the sample before @param start 0: not known */
  encode(i: number, t: number, before: number, start: number, out: BitWriter): void {
    const changeOn = this.header & LAST_CHANGE_ON
    if (i === 0) {
      if (start !== 0) {
        out.leb(zigzag(t - start))
        this.header = FIRST_KNOWN
      }
    } else if (changeOn > 0) {
      out.varbitInt(before - start - this.diff)
      this.diff = before - start
    } else if (start !== this.start || i === LAST_CHANGE_ON) {
      // From sample 127 on there is no place left to say where it changes.
      this.header |= i
      this.diff = before - start
      out.varbitInt(this.diff)
    }
    this.start = start
  }
}

/** Reads what {@link StartEncoder} wrote. */
export class StartDecoder {
  /** Of the sample that was read last; 0: not known. */
  start = 0
  /** Whether no sample has one. */
  readonly none: boolean
  private readonly header: number
  private diff = 0

  constructor(header: number) {
    this.header = header
    this.none = header === 0
  }

  /** Behind sample `i`. @param before time of the sample before */
  next(i: number, t: number, before: number, r: BitReader): void {
    if (i === 0) {
      if ((this.header & FIRST_KNOWN) !== 0) this.start = t - r.lebInt()
      return
    }
    const changeOn = this.header & LAST_CHANGE_ON
    if (changeOn === 0 || i < changeOn) return
    const d = r.varbitInt()
    this.diff = i === changeOn ? d : this.diff + d
    this.start = before - this.diff
  }
}

/** A signed integer as Go's varint writes it. */
export const zigzag = (v: number): number => (v < 0 ? -2 * v - 1 : 2 * v)
