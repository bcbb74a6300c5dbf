/** Eight tables of 256 entries, one after the other: table k advances a byte by k further bytes. */
const TABLE: Int32Array = makeTable()

function makeTable(): Int32Array {
  const t = new Int32Array(8 * 256)
  for (let i = 0; i < 256; i++) {
    let c = i
    for (let k = 0; k < 8; k++) c = c & 1 ? (c >>> 1) ^ 0x82f63b78 : c >>> 1
    t[i] = c
  }
  for (let i = 0; i < 256; i++) {
    for (let k = 1; k < 8; k++) {
      const below = t[(k - 1) * 256 + i]!
      t[k * 256 + i] = (below >>> 8) ^ t[below & 255]!
    }
  }
  return t
}

/**
 * CRC-32C (Castagnoli) of `b[from..to)`, eight bytes per step.
 *
 * @returns an unsigned 32-bit number
 * @see RFC 3720 appendix B.4; the checksum of Prometheus' WAL pages, head chunks and blocks
 */
export function crc32c(b: Uint8Array, from: number, to: number): number {
  const t = TABLE
  let c = -1
  let p = from
  for (; p + 8 <= to; p += 8) {
    c ^= b[p]! | (b[p + 1]! << 8) | (b[p + 2]! << 16) | (b[p + 3]! << 24)
    c = t[1792 + (c & 255)]! ^ t[1536 + ((c >>> 8) & 255)]! ^ t[1280 + ((c >>> 16) & 255)]! ^ t[1024 + (c >>> 24)]!
      ^ t[768 + b[p + 4]!]! ^ t[512 + b[p + 5]!]! ^ t[256 + b[p + 6]!]! ^ t[b[p + 7]!]!
  }
  for (; p < to; p++) c = (c >>> 8) ^ t[(c ^ b[p]!) & 255]!
  return ~c >>> 0
}
