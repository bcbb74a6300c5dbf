/**
 * What the XOR encoder remembers of a chunk between two samples. One object is reused for all series: the head loads the fields from the
 * series' row and stores them back.
 */
export class XorState {
  /** Bit position of the next bit, counted from the `base` given to the encoder. */
  bit = 0
  /** Time of the last sample and its distance from the one before, in ms. */
  t = 0
  delta = 0
  /** Bits of the last value. */
  lo = 0
  hi = 0
  /** The window of significant bits; {@link NO_WINDOW} in `lead` when none was written yet. */
  lead: number = NO_WINDOW
  trail = 0
}

/** `lead` before the first window. */
export const NO_WINDOW = 63

/** The most bits that one sample takes: 4 + 64 for the time, 2 + 5 + 6 + 64 for the value. */
export const MAX_SAMPLE_BITS = 145

/** The most that its value takes. */
export const MAX_VALUE_BITS = 77

/** ORs the low `n` bits (1 to 32) of `v` into zeroed bytes at bit position `bit` from `base`. */
function putBits(b: Uint8Array, base: number, bit: number, v: number, n: number): number {
  const q = base + (bit >>> 3)
  const used = bit & 7
  // Left-align the n bits in 32, then spread them over up to five bytes.
  const w = n === 32 ? v : v << (32 - n)
  const end = used + n
  b[q]! |= w >>> (24 + used)
  if (end > 8) {
    const x = w << (8 - used)
    b[q + 1] = x >>> 24
    if (end > 16) {
      b[q + 2] = x >>> 16
      if (end > 24) {
        b[q + 3] = x >>> 8
        if (end > 32) b[q + 4] = x
      }
    }
  }
  return bit + n
}

/** Writes the first sample: a varint of the time and the plain value. The position must be at a byte. @returns nothing; `s` is ready for the next sample */
export function encodeFirst(b: Uint8Array, base: number, s: XorState, t: number, lo: number, hi: number): void {
  let p = base + (s.bit >>> 3)
  let raw = t < 0 ? -2 * t - 1 : 2 * t
  const start = p
  while (raw >= 128) {
    b[p++] = (raw % 128) | 128
    raw = Math.floor(raw / 128)
  }
  b[p++] = raw
  b[p++] = hi >>> 24
  b[p++] = hi >>> 16
  b[p++] = hi >>> 8
  b[p++] = hi
  b[p++] = lo >>> 24
  b[p++] = lo >>> 16
  b[p++] = lo >>> 8
  b[p++] = lo
  s.bit += (p - start) * 8
  s.t = t
  s.delta = 0
  s.lo = lo
  s.hi = hi
  s.lead = NO_WINDOW
  s.trail = 0
}

/**
 * Writes sample number `index` (1 or more) behind the others: `t` Unix ms after the last one, `lo` and `hi` the bits of its value.
 *
 * The bytes from the current position on must be zero and at least {@link MAX_SAMPLE_BITS} long. Bits already written are never changed,
 * so a reader that knows the count of an earlier moment decodes the same samples all the time.
 *
 * @see Prometheus tsdb/chunkenc/xor.go
 */
export function encodeNext(b: Uint8Array, base: number, s: XorState, index: number, t: number, lo: number, hi: number): void {
  const delta = t - s.t
  let bit = s.bit
  if (index === 1) {
    let p = base + (bit >>> 3)
    let raw = delta
    while (raw >= 128) {
      b[p++] = (raw % 128) | 128
      raw = Math.floor(raw / 128)
      bit += 8
    }
    b[p] = raw
    bit += 8
  } else {
    const dod = delta - s.delta
    if (dod === 0) bit += 1
    else if (dod >= -8191 && dod <= 8192) bit = putBits(b, base, bit, 0x8000 | (dod & 0x3fff), 16)
    else if (dod >= -65535 && dod <= 65536) bit = putBits(b, base, bit, 0xc0000 | (dod & 0x1ffff), 20)
    else if (dod >= -524287 && dod <= 524288) bit = putBits(b, base, bit, 0xe00000 | (dod & 0xfffff), 24)
    else {
      bit = putBits(b, base, bit, 15, 4)
      bit = putBits(b, base, bit, Math.floor(dod / 4294967296) | 0, 32)
      bit = putBits(b, base, bit, dod | 0, 32)
    }
  }
  s.t = t
  s.delta = delta
  const xh = hi ^ s.hi
  const xl = lo ^ s.lo
  if ((xh | xl) === 0) {
    s.bit = bit + 1
    return
  }
  s.lo = lo
  s.hi = hi
  let lead = xh !== 0 ? Math.clz32(xh) : 32 + Math.clz32(xl)
  let trail = xl !== 0 ? 31 - Math.clz32(xl & -xl) : 63 - Math.clz32(xh & -xh)
  // Five bits hold the leading zeros.
  if (lead > 31) lead = 31
  if (s.lead !== NO_WINDOW && lead >= s.lead && trail >= s.trail) {
    lead = s.lead
    trail = s.trail
    bit = putBits(b, base, bit, 2, 2)
  } else {
    s.lead = lead
    s.trail = trail
    bit = putBits(b, base, bit, (3 << 11) | (lead << 6) | ((64 - lead - trail) & 63), 13)
  }
  const sig = 64 - lead - trail
  let vh: number
  let vl: number
  if (trail === 0) {
    vh = xh
    vl = xl
  } else if (trail < 32) {
    vh = xh >>> trail
    vl = (xl >>> trail) | (xh << (32 - trail))
  } else {
    vh = 0
    vl = trail === 32 ? xh : xh >>> (trail - 32)
  }
  if (sig > 32) {
    bit = putBits(b, base, bit, vh, sig - 32)
    bit = putBits(b, base, bit, vl, 32)
  } else bit = putBits(b, base, bit, vl, sig)
  s.bit = bit
}
