import { NO_WINDOW, XorState, encodeFirst, encodeNext } from './xor-encode.ts'

/** Bytes that {@link encodeXorChunk} may need for `n` samples: 145 bits each, the sample count, a varint and what the encoder touches behind. */
export function xorChunkBytes(n: number): number {
  return 2 + 20 + n * 19 + 16
}

const xor = new XorState()

/**
 * Encodes samples [from, to) of two columns as an XOR chunk, its sample count in front.
 * @param into at least {@link xorChunkBytes} long; overwritten from 0
 * @returns the chunk's length
 */
export function encodeXorChunk(ts: Float64Array, bits: Uint32Array, from: number, to: number, into: Uint8Array): number {
  into.fill(0, 0, xorChunkBytes(to - from))
  into[0] = (to - from) >>> 8
  into[1] = (to - from) & 255
  xor.bit = 0
  xor.lead = NO_WINDOW
  encodeFirst(into, 2, xor, ts[from]!, bits[2 * from]!, bits[2 * from + 1]!)
  for (let i = from + 1; i < to; i++) encodeNext(into, 2, xor, i - from, ts[i]!, bits[2 * i]!, bits[2 * i + 1]!)
  return 2 + ((xor.bit + 7) >>> 3)
}
