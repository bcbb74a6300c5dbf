import { snappyUncompressor } from 'hysnappy'

/** Bytes that are not in the snappy block format (`corrupt`), or would become longer than allowed (`tooLarge`). */
export class SnappyBlockError extends Error {
  readonly code: 'corrupt' | 'tooLarge'
  constructor(code: 'corrupt' | 'tooLarge') {
    super(code === 'corrupt' ? 'snappy: corrupt input' : 'snappy: decoded block is too large')
    this.name = 'SnappyBlockError'
    this.code = code
  }
}

let uncompress: ((input: Uint8Array, outputLength: number) => Uint8Array) | undefined

/**
 * Uncompresses a snappy block; the result is a copy of the caller's own.
 * @param maxBytes  the length that the block claims is checked against this before anything is reserved
 * @throws SnappyBlockError
 */
export function uncompressBlock(b: Uint8Array, maxBytes: number): Uint8Array {
  let length = 0
  let mul = 1
  let i = 0
  for (; ; i++) {
    // The length is a varint of at most 32 bits.
    if (i >= b.length || i >= 5) throw new SnappyBlockError('corrupt')
    const c = b[i]!
    length += (c & 127) * mul
    mul *= 128
    if (c < 128) break
  }
  if (length >= 2 ** 32) throw new SnappyBlockError('corrupt')
  if (length > maxBytes) throw new SnappyBlockError('tooLarge')
  if (length === 0) {
    if (i + 1 !== b.length) throw new SnappyBlockError('corrupt')
    return new Uint8Array(0)
  }
  uncompress ??= snappyUncompressor()
  try {
    return uncompress(b, length)
  } catch {
    // After a trap the instance is in an unknown state: the next call makes a new one.
    uncompress = undefined
    throw new SnappyBlockError('corrupt')
  }
}
