import type { SampleColumns } from '@haechi/storage'
import { decodeHistograms, histogramColumn } from './histogram/decode.ts'
import { ENCODING } from './layout.ts'
import { isHistogramEncoding } from './start-times.ts'
import { decodeXor } from './xor-decode.ts'
import { decodeXor2 } from './xor2-chunk.ts'

/** Whether chunks of an encoding can be read here. */
export function isKnownEncoding(encoding: number): boolean {
  return encoding >= ENCODING.xor && encoding <= ENCODING.floatHistogramStarts
}

/**
 * Decodes `count` samples of a chunk of any known encoding into `into` from index `at`; `into` must have room for them, its length is left alone.
 *
 * @param from first byte of the chunk (its number of samples) @param to behind its last one
 * @throws HistogramChunkError for bytes that are no such chunk (XOR chunks give numbers for any); what was decoded before is in `into`
 */
export function decodeChunk(encoding: number, b: Uint8Array, from: number, to: number, count: number, into: SampleColumns, at: number): void {
  if (isHistogramEncoding(encoding)) {
    decodeHistograms(encoding, b, from, to, count, into, at)
    return
  }
  if (into.histograms !== null) histogramColumn(into, at + count)
  if (encoding === ENCODING.xor) decodeXor(b, from + 2, count, into.ts, into.bits, at)
  else decodeXor2(b, from, to, count, into, at)
}
