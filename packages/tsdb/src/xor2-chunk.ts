import { STALE_HIGH, STALE_LOW } from '@haechi/storage'
import type { SampleColumns } from '@haechi/storage'
import { BitReader, BitWriter, HistogramChunkError } from './histogram/bits.ts'
import { ENCODING } from './layout.ts'
import { StartDecoder, StartEncoder, startColumn, zigzag } from './start-times.ts'

/** Number of samples (two bytes) and the header of start times. */
const HEADER_BYTES = 3
const NO_WINDOW = 255
const TWO32 = 4294967296

/**
 * What the writer remembers of a growing chunk of floats with start times between two samples. The bytes are elsewhere: each sample's bits are handed over in a
 * {@link BitWriter} that begins with the chunk's last, partial byte.
 *
 * Behind the first two samples a few bits say what changed: `0` nothing, `10` the value, `110`, `1110`, `11110` the distance of times (13, 20, 64 bits) and
 * perhaps the value, `11111` a staleness marker. Values are differences (XOR) to the last one that was no staleness marker.
 *
 * @see Prometheus tsdb/chunkenc/xor2.go
 */
export class Xor2State {
  readonly encoding: number = ENCODING.xor2
  readonly starts: StartEncoder = new StartEncoder()
  samples = 0
  /** Length in bits, header bytes included. */
  bits: number = 8 * HEADER_BYTES
  private partial = 0
  private t = 0
  private delta = 0
  private low = 0
  private high = 0
  private lead: number = NO_WINDOW
  private trail = 0

  /** Length in bytes. */
  get length(): number {
    return (this.bits + 7) >>> 3
  }

  /** Writes the first three bytes of a chunk that begins at `b[from]`: number of samples, header of start times. */
  writeHeader(b: Uint8Array, from: number): void {
    b[from] = this.samples >>> 8
    b[from + 1] = this.samples
    b[from + 2] = this.starts.header
  }

  /** Encodes a sample behind the others; `low` and `high` are the bits of its value. `out` then begins at byte `bits >>> 3` (of before the call) of the chunk. @param startMs 0: not known */
  encode(t: number, low: number, high: number, startMs: number, out: BitWriter): void {
    out.begin(this.bits & 7, this.partial)
    const before = this.bits & ~7
    const stale = low >>> 0 === STALE_LOW && high >>> 0 === STALE_HIGH
    const delta = t - this.t
    if (this.samples === 0) {
      out.leb(zigzag(t))
      out.put64(high, low)
    } else if (this.samples === 1) {
      out.leb(delta)
      this.putValue(low, high, stale, out)
      this.delta = delta
    } else {
      this.putBoth(delta - this.delta, low, high, stale, out)
      this.delta = delta
    }
    this.starts.encode(this.samples, t, this.t, startMs, out)
    if (!stale) {
      this.low = low | 0
      this.high = high | 0
    }
    this.t = t
    this.samples++
    this.bits = before + out.bit
    this.partial = (out.bit & 7) === 0 ? 0 : out.bytes[out.bit >>> 3]!
  }

  private putBoth(dod: number, low: number, high: number, stale: boolean, out: BitWriter): void {
    if (dod === 0) {
      const xl = low ^ this.low
      const xh = high ^ this.high
      if (stale) out.put(31, 5)
      else if ((xl | xh) === 0) out.put(0, 1)
      else {
        out.put(2, 2)
        this.putChange(xh, xl, 0, 1, 1, 1, out)
      }
      return
    }
    if (dod >= -4096 && dod <= 4095) out.put((6 << 13) | (dod & 0x1fff), 16)
    else if (dod >= -524288 && dod <= 524287) out.put((14 << 20) | (dod & 0xfffff), 24)
    else {
      out.put(30, 5)
      const words = Math.floor(dod / TWO32)
      out.put64(words, dod - words * TWO32)
    }
    this.putValue(low, high, stale, out)
  }

  private putValue(low: number, high: number, stale: boolean, out: BitWriter): void {
    const xl = low ^ this.low
    const xh = high ^ this.high
    if (stale) out.put(7, 3)
    else if ((xl | xh) === 0) out.put(0, 1)
    else this.putChange(xh, xl, 2, 2, 6, 3, out)
  }

  /** A difference that is not 0, in the window of the last one (behind `same`) or in one of its own (behind `other`). */
  private putChange(xh: number, xl: number, same: number, sameBits: number, other: number, otherBits: number, out: BitWriter): void {
    const lead = Math.min(31, xh !== 0 ? Math.clz32(xh) : 32 + Math.clz32(xl))
    const trail = xl !== 0 ? 31 - Math.clz32(xl & -xl) : 63 - Math.clz32(xh & -xh)
    if (this.lead !== NO_WINDOW && lead >= this.lead && trail >= this.trail) out.put(same, sameBits)
    else {
      this.lead = lead
      this.trail = trail
      out.put(other, otherBits)
      out.put((lead << 6) | ((64 - lead - trail) & 63), 11)
    }
    const n = 64 - this.lead - this.trail
    const t = this.trail
    const shifted = t === 0 ? xl : t < 32 ? (xl >>> t) | (xh << (32 - t)) : xh >>> (t - 32)
    if (n > 32) {
      out.put(t === 0 ? xh : xh >>> t, n - 32)
      out.put(shifted, 32)
    } else out.put(shifted, n)
  }
}

/**
 * Decodes `count` samples of a chunk that an {@link Xor2State} wrote into `into` from index `at`; `into` must have room for them, its length is left alone.
 *
 * @param from first byte of the chunk (its number of samples) @param to behind its last one
 * @throws HistogramChunkError for bytes that are no such chunk; what was decoded before is in `into`
 */
export function decodeXor2(b: Uint8Array, from: number, to: number, count: number, into: SampleColumns, at: number): void {
  if (count === 0) return
  if (to - from < HEADER_BYTES) throw new HistogramChunkError('the chunk has no header')
  const r = new BitReader(b, from + HEADER_BYTES, to)
  const starts = new StartDecoder(b[from + 2]!)
  const column = starts.none ? undefined : startColumn(into, at + count)
  const { ts, bits } = into
  let t = 0
  let delta = 0
  let low = 0
  let high = 0
  let lead = 0
  let trail = 0
  for (let i = 0; i < count; i++) {
    const before = t
    let stale = false
    // 0: as before, 1: in the window of before, 2: in a new one.
    let change = 0
    if (i === 0) {
      t = r.lebInt()
      r.double()
      if (r.low === STALE_LOW && r.high === STALE_HIGH) stale = true
      else {
        low = r.low
        high = r.high
      }
    } else {
      let dated = i === 1
      if (dated) delta = r.leb()
      else {
        const kind = ones(r, 5)
        if (kind === 1) change = r.bits(1) + 1
        else if (kind === 5) stale = true
        else if (kind > 1) {
          dated = true
          delta += kind === 2 ? signed(r.bits(13), 13) : kind === 3 ? signed(r.bits(20), 20) : (r.bits(32) | 0) * TWO32 + r.bits(32)
        }
      }
      if (dated) {
        change = ones(r, 3)
        stale = change === 3
      }
      t += delta
      if (change === 1 || change === 2) {
        if (change === 2) {
          lead = r.bits(5)
          trail = 64 - lead - (r.bits(6) || 64)
          if (trail < 0) throw new HistogramChunkError('a value has more than 64 bits')
        }
        const n = 64 - lead - trail
        const xh = n > 32 ? r.bits(n - 32) : 0
        const xl = r.bits(Math.min(32, n))
        if (trail === 0) {
          high ^= xh
          low ^= xl
        } else if (trail < 32) {
          high ^= (xh << trail) | (xl >>> (32 - trail))
          low ^= xl << trail
        } else high ^= xl << (trail - 32)
      }
    }
    starts.next(i, t, before, r)
    const k = at + i
    ts[k] = t
    bits[2 * k] = stale ? STALE_LOW : low
    bits[2 * k + 1] = stale ? STALE_HIGH : high
    if (column !== undefined) column[k] = starts.start
  }
}

/** How many bits in front are set, at most `most`; a bit that is not ends them. */
function ones(r: BitReader, most: number): number {
  let n = 0
  while (n < most && r.bits(1) === 1) n++
  return n
}

const signed = (v: number, n: number): number => (v >= 2 ** (n - 1) ? v - 2 ** n : v)

const out = new BitWriter()

/** Encodes samples `[from, to)` of columns as one chunk, its number of samples in front; the column of start times may be missing. */
export function encodeXor2Chunk(columns: SampleColumns, from: number, to: number): Uint8Array {
  const { ts, bits, startsMs } = columns
  const state = new Xor2State()
  // 24 bytes for a sample with everything new; a time and a start time of ten bytes each for the first two.
  const bytes = new Uint8Array(HEADER_BYTES + 40 + 30 * (to - from))
  for (let i = from; i < to; i++) {
    const at = state.bits >>> 3
    state.encode(ts[i]!, bits[2 * i]!, bits[2 * i + 1]!, startsMs?.[i] ?? 0, out)
    bytes.set(out.bytes.subarray(0, state.length - at), at)
  }
  state.writeHeader(bytes, 0)
  return bytes.subarray(0, state.length)
}
