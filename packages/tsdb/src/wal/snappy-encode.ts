/** Bits of the match table: 16 K entries, as in the reference encoder. */
const TABLE_BITS = 14
/** Input is compressed in pieces so that offsets fit 16 bits. */
const BLOCK = 65536

const table = new Int32Array(1 << TABLE_BITS)

/** The most bytes that `n` bytes can take when compressed. */
export function maxSnappyLength(n: number): number {
  return 32 + n + Math.floor(n / 6)
}

/**
 * Compresses `src[from..to)` in the snappy block format into `dst` from 0.
 *
 * Plain JavaScript because the records of a log are many and small, and a call into WebAssembly that copies both ways costs more than they do.
 *
 * @param dst  at least {@link maxSnappyLength} bytes
 * @returns    bytes written
 * @see        https://github.com/google/snappy/blob/main/format_description.txt
 */
export function snappyEncode(src: Uint8Array, from: number, to: number, dst: Uint8Array): number {
  let d = 0
  let n = to - from
  while (n >= 128) {
    dst[d++] = (n & 127) | 128
    n >>>= 7
  }
  dst[d++] = n
  const view = new DataView(src.buffer, src.byteOffset, src.byteLength)
  for (let at = from; at < to; at += BLOCK) d = encodeBlock(src, view, at, Math.min(to, at + BLOCK), dst, d)
  return d
}

/** Literals and copies of the usual lengths are written here, without a call: a quarter of the time (`docs/performance.md`). */
function encodeBlock(src: Uint8Array, view: DataView, from: number, to: number, dst: Uint8Array, d: number): number {
  let literal = from
  if (to - from >= 16) {
    // Small inputs use a part of the table, which stays in the processor's cache.
    let bits = 8
    while (bits < TABLE_BITS && 1 << bits < to - from) bits++
    const shift = 32 - bits
    const t = table
    // Matches are looked for until 15 bytes before the end: reads stay inside.
    const last = to - 15
    let s = from + 1
    let skip = 32
    while (s < last) {
      const w = view.getInt32(s, true)
      const h = Math.imul(w, 0x1e35a7bd) >>> shift
      const c = t[h]!
      t[h] = s
      // What other inputs left in the table is a place like any other, if it lies in this one.
      if (c < from || c >= s || view.getInt32(c, true) !== w) {
        // The longer nothing is found, the wider the steps.
        s += skip++ >>> 5
        continue
      }
      skip = 32
      if (s - literal <= 60) {
        if (s > literal) dst[d++] = (s - literal - 1) << 2
        while (literal < s) dst[d++] = src[literal++]!
      } else d = putLiteral(src, literal, s, dst, d)
      let end = s + 4
      for (let k = c + 4; end < to && src[k] === src[end]; k++) end++
      const length = end - s
      const offset = s - c
      if (length < 12 && offset < 2048) {
        dst[d++] = ((offset >>> 8) << 5) | ((length - 4) << 2) | 1
        dst[d++] = offset
      } else if (length <= 64) {
        dst[d++] = ((length - 1) << 2) | 2
        dst[d++] = offset
        dst[d++] = offset >>> 8
      } else d = putCopy(dst, d, offset, length)
      s = end
      literal = end
    }
  }
  return literal < to ? putLiteral(src, literal, to, dst, d) : d
}

/** Writes `src[from, to)`, at most 64 KiB of it, as it is. @returns where `dst` goes on */
export function putLiteral(src: Uint8Array, from: number, to: number, dst: Uint8Array, d: number): number {
  const n = to - from - 1
  if (n < 60) dst[d++] = n << 2
  else if (n < 256) {
    dst[d++] = 60 << 2
    dst[d++] = n
  } else {
    dst[d++] = 61 << 2
    dst[d++] = n
    dst[d++] = n >>> 8
  }
  if (n < 48) for (let i = from; i < to; i++) dst[d++] = src[i]!
  else {
    dst.set(src.subarray(from, to), d)
    d += to - from
  }
  return d
}

function putCopy(dst: Uint8Array, d: number, offset: number, length: number): number {
  while (length >= 68) {
    dst[d++] = (63 << 2) | 2
    dst[d++] = offset
    dst[d++] = offset >>> 8
    length -= 64
  }
  if (length > 64) {
    // Leaves at least 4, the shortest copy.
    dst[d++] = (59 << 2) | 2
    dst[d++] = offset
    dst[d++] = offset >>> 8
    length -= 60
  }
  if (length >= 12 || offset >= 2048) {
    dst[d++] = ((length - 1) << 2) | 2
    dst[d++] = offset
    dst[d++] = offset >>> 8
  } else {
    dst[d++] = ((offset >>> 8) << 5) | ((length - 4) << 2) | 1
    dst[d++] = offset
  }
  return d
}
