/**
 * Decodes `n` samples of an XOR chunk into `ts[at…]` and `bits[2·at…]` (low word, then high word of each value).
 *
 * `p` points behind the two bytes of the chunk's sample count. The caller made room for `n` samples, and `b` has at least
 * {@link XOR_PADDING} readable bytes behind the chunk; what they hold does not matter. The count is the caller's word: bytes that end
 * early give arbitrary samples, never a read outside of `b` that throws.
 *
 * Values are moved as integers, so NaN bits survive.
 *
 * @see Prometheus tsdb/chunkenc/xor.go
 */
export function decodeXor(b: Uint8Array, p: number, n: number, ts: Float64Array, bits: Uint32Array, at: number): void {
  if (n === 0) return
  let c = 0
  let raw = 0
  let mul = 1
  do {
    c = b[p++]!
    raw += (c & 127) * mul
    mul *= 128
  } while (c & 128 && mul < 2 ** 70)
  let t = raw % 2 ? -(raw + 1) / 2 : raw / 2
  let hi = (b[p]! << 24) | (b[p + 1]! << 16) | (b[p + 2]! << 8) | b[p + 3]!
  let lo = (b[p + 4]! << 24) | (b[p + 5]! << 16) | (b[p + 6]! << 8) | b[p + 7]!
  p += 8
  ts[at] = t
  bits[2 * at] = lo
  bits[2 * at + 1] = hi
  if (n === 1) return
  let dt = 0
  mul = 1
  do {
    c = b[p++]!
    dt += (c & 127) * mul
    mul *= 128
  } while (c & 128 && mul < 2 ** 70)
  let bit = p * 8
  let lead = 0
  let trail = 0
  // The second sample has a plain delta instead of a delta of deltas: its time is done, its value follows.
  let timeDone = true
  t += dt
  const end = at + n
  let i = at + 1
  while (i < end) {
    let q = bit >>> 3
    let s = bit & 7
    // 32 bits from the current position, the next bit in the sign.
    let w = (((b[q]! << 24) | (b[q + 1]! << 16) | (b[q + 2]! << 8) | b[q + 3]!) << s) | (b[q + 4]! >>> (8 - s))
    if (timeDone) timeDone = false
    else {
      if (w >= 0) {
        if ((w & 0x40000000) === 0) {
          // A run of 00: same interval, same value, up to 16 samples in one look.
          let run = Math.clz32(w) >>> 1
          if (run > end - i) run = end - i
          bit += run * 2
          for (const stop = i + run; i < stop; i++) {
            t += dt
            ts[i] = t
            bits[2 * i] = lo
            bits[2 * i + 1] = hi
          }
          continue
        }
        bit += 1
        w <<= 1
      } else {
        let dod: number
        if ((w & 0x40000000) === 0) {
          // 10 + 14 bits: [-8191, 8192]
          dod = (w << 2) >>> 18
          if (dod > 8192) dod -= 16384
          bit += 16
        } else if ((w & 0x20000000) === 0) {
          // 110 + 17 bits: [-65535, 65536]
          dod = (w << 3) >>> 15
          if (dod > 65536) dod -= 131072
          bit += 20
        } else if ((w & 0x10000000) === 0) {
          // 1110 + 20 bits: [-524287, 524288]
          dod = (w << 4) >>> 12
          if (dod > 524288) dod -= 1048576
          bit += 24
        } else {
          // 1111 + 64 bits
          dod = (read32(b, bit + 4) | 0) * 4294967296 + read32(b, bit + 36)
          bit += 68
        }
        dt += dod
        q = bit >>> 3
        s = bit & 7
        w = (((b[q]! << 24) | (b[q + 1]! << 16) | (b[q + 2]! << 8) | b[q + 3]!) << s) | (b[q + 4]! >>> (8 - s))
      }
      t += dt
    }
    if (w >= 0) bit += 1
    else {
      let sig: number
      if ((w & 0x40000000) === 0) {
        // 10: the previous window of significant bits
        bit += 2
        sig = 64 - lead - trail
      } else {
        // 11 + 5 bits of leading zeros + 6 bits of length (0 stands for 64)
        lead = (w >>> 25) & 31
        sig = (w >>> 19) & 63
        if (sig === 0) sig = 64
        trail = 64 - lead - sig
        bit += 13
      }
      let xh = 0
      let xl = 0
      if (sig <= 32) xl = read32(b, bit) >>> (32 - sig)
      else {
        xh = read32(b, bit) >>> (64 - sig)
        xl = read32(b, bit + sig - 32)
      }
      bit += sig
      if (trail === 0) {
        hi ^= xh
        lo ^= xl
      } else if (trail < 32) {
        hi ^= (xh << trail) | (xl >>> (32 - trail))
        lo ^= xl << trail
      } else hi ^= xl << (trail - 32)
    }
    ts[i] = t
    bits[2 * i] = lo
    bits[2 * i + 1] = hi
    i++
  }
}

/** How many bytes behind a chunk {@link decodeXor} may look at. */
export const XOR_PADDING = 8

function read32(b: Uint8Array, bit: number): number {
  const q = bit >>> 3
  const s = bit & 7
  return ((((b[q]! << 24) | (b[q + 1]! << 16) | (b[q + 2]! << 8) | b[q + 3]!) << s) | (b[q + 4]! >>> (8 - s))) >>> 0
}

/** The time of an XOR chunk's first sample; `p` points behind the two bytes of the sample count. */
export function firstTime(b: Uint8Array, p: number): number {
  let raw = 0
  let mul = 1
  let c = 0
  do {
    c = b[p++]!
    raw += (c & 127) * mul
    mul *= 128
  } while (c & 128 && mul < 2 ** 70)
  return raw % 2 ? -(raw + 1) / 2 : raw / 2
}
