import { RESET_HINT, withResetHint } from '@haechi/model'
import type { SampleColumns } from '@haechi/storage'
import { emptyColumns } from './columns.ts'
import { decodeChunk } from './chunk-decode.ts'
import { CHUNK_INFO, CHUNK_LEN, CHUNK_PREV, CHUNK_PTR, CHUNK_WORDS, NO_MASK } from './layout.ts'
import type { HeadMemory } from './shared-memory.ts'
import { offsetOf, segmentOf } from './slab.ts'
import { isHistogramEncoding, startColumn } from './start-times.ts'

/**
 * Reads the out-of-order samples of a chain of chunks that have some of `minMs <= t <= maxMs`, in the order of time; where two have a time, the one that came
 * later is taken. Samples of these chunks outside of the bounds may be among them. Of histograms that are no gauges nothing is known about resets.
 *
 * @param first newest chunk, captured while the reader was in its epoch
 * @param upTo  chunks after this cut are left out
 * @param into  overwritten
 */
export function readOoo(m: HeadMemory, first: number, minMs: number, maxMs: number, upTo: number, into: SampleColumns): void {
  m.refresh()
  emptyColumns(into)
  const ids: number[] = []
  let samples = 0
  for (let id = first; id !== 0; id = m.chunks[id * CHUNK_WORDS + CHUNK_PREV]!) {
    const w = id * CHUNK_WORDS
    if (m.chunksF[w >>> 1]! > maxMs || m.chunksF[(w >>> 1) + 1]! < minMs || (m.chunks[w + CHUNK_INFO]! & NO_MASK) > upTo) continue
    ids.push(id)
    samples += m.chunks[w + CHUNK_INFO]! >>> 22
  }
  into.reserve(samples)
  let n = 0
  for (let i = ids.length - 1; i >= 0; i--) {
    const w = ids[i]! * CHUNK_WORDS
    const ptr = m.chunks[w + CHUNK_PTR]!
    const count = m.chunks[w + CHUNK_INFO]! >>> 22
    const bytes = m.segments[segmentOf(ptr)]!
    const from = offsetOf(ptr)
    const encoding = m.chunks[w + CHUNK_LEN]! >>> 24
    decodeChunk(encoding, bytes, from, from + (m.chunks[w + CHUNK_LEN]! & 0xffffff), count, into, n)
    if (isHistogramEncoding(encoding)) {
      const { histograms } = into
      for (let k = n; k < n + count; k++) {
        const h = histograms![k]!
        if (h !== null && h.resetHint !== RESET_HINT.gauge) histograms![k] = withResetHint(h, RESET_HINT.unknown)
      }
    }
    n += count
  }
  into.length = n
  if (into.startsMs !== null) startColumn(into, n)
  inOrder(into)
}

/** Chunks of any cut. */
export const ANY_CUT: number = NO_MASK

/** Brings samples into the order of time; of those with the same time the last stays. */
function inOrder(columns: SampleColumns): void {
  const { ts, bits, length } = columns
  let i = 1
  while (i < length && ts[i]! > ts[i - 1]!) i++
  if (i >= length) return
  const order = new Uint32Array(length)
  for (let k = 0; k < length; k++) order[k] = k
  order.sort((a, b) => ts[a]! - ts[b]! || a - b)
  const oldTs = ts.slice(0, length)
  const oldBits = bits.slice(0, 2 * length)
  const oldStarts = columns.startsMs?.slice(0, length)
  const oldHistograms = columns.histograms?.slice(0, length)
  let n = 0
  for (let k = 0; k < length; k++) {
    const from = order[k]!
    if (k + 1 < length && oldTs[order[k + 1]!] === oldTs[from]) continue
    ts[n] = oldTs[from]!
    bits[2 * n] = oldBits[2 * from]!
    bits[2 * n + 1] = oldBits[2 * from + 1]!
    if (oldStarts !== undefined) columns.startsMs![n] = oldStarts[from]!
    if (oldHistograms !== undefined) columns.histograms![n] = oldHistograms[from]!
    n++
  }
  columns.length = n
  if (columns.histograms !== null) columns.histograms.length = n
}
