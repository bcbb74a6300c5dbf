import { snappyUncompressor } from 'hysnappy'

/** Bytes that are not in the snappy block format, or say that they become longer than allowed. */
export class SnappyError extends Error {
  constructor(message: string) {
    super(message)
    this.name = 'SnappyError'
  }
}

let uncompress: ((input: Uint8Array, outputLength: number) => Uint8Array) | undefined

/**
 * Uncompresses a snappy block.
 *
 * @param maxLength  the length in front of the block is checked against this before anything is reserved
 * @throws SnappyError
 */
export function snappyDecode(b: Uint8Array, maxLength: number): Uint8Array {
  let length = 0
  let mul = 1
  let i = 0
  for (; ; i++) {
    if (i >= b.length || i >= 5) throw new SnappyError('snappy: corrupt input')
    const c = b[i]!
    length += (c & 127) * mul
    mul *= 128
    if (c < 128) break
  }
  if (length > maxLength) throw new SnappyError('snappy: decoded block is too large')
  if (length === 0) {
    if (i + 1 !== b.length) throw new SnappyError('snappy: corrupt input')
    return new Uint8Array(0)
  }
  uncompress ??= snappyUncompressor()
  try {
    return uncompress(b, length)
  } catch {
    // The instance may be in any state after a trap.
    uncompress = undefined
    throw new SnappyError('snappy: corrupt input')
  }
}
