import { RESET_HINT, withResetHint } from '@haechi/model'
import type { Histogram } from '@haechi/model'
import { SampleColumns } from '@haechi/storage'
import { emptyColumns } from '../columns.ts'
import { BitWriter } from './bits.ts'
import { decodeHistograms, histogramColumn } from './decode.ts'
import { GrowingChunk } from './growing-chunk.ts'
import { HEADER } from './layout.ts'

/** The bytes of a chunk of histograms that is open for samples out of order. */
export interface OooChunkBytes {
  readonly bytes: Uint8Array
  readonly from: number
  readonly to: number
  readonly samples: number
}

const scratch = new SampleColumns(64)
const out = new BitWriter()

/**
 * A chunk with the histograms of another one and one more (null: a staleness marker), in the order of time.
 *
 * Such chunks say nothing about counters, and counts may fall from sample to sample: which sample stands before another is known when they are read together
 * with those in order. So only another layout (schema, zero threshold, bounds, gauge or counter) or what would follow a staleness marker needs a chunk of its own.
 *
 * @param open undefined: the new one stands alone
 * @returns `known` when there is one of that time, undefined when one chunk can't hold them
 */
export function withHistogram(open: OooChunkBytes | undefined, encoding: number, tMs: number, h: Histogram | null): { readonly chunk: GrowingChunk; readonly minT: number; readonly maxT: number } | 'known' | undefined {
  emptyColumns(scratch)
  const n = open?.samples ?? 0
  scratch.reserve(n + 1)
  if (open !== undefined) decodeHistograms(encoding, open.bytes, open.from, open.to, n, scratch, 0)
  const { ts } = scratch
  const histograms = histogramColumn(scratch, n)
  let place = n
  while (place > 0 && ts[place - 1]! >= tMs) place--
  if (place < n && ts[place] === tMs) return 'known'
  const gauge = h !== null && h.resetHint === RESET_HINT.gauge
  let chunk = new GrowingChunk(encoding, HEADER.gauge)
  for (let i = 0; i <= n; i++) {
    const k = i > place ? i - 1 : i
    const sample = i === place ? h : histograms[k]!
    if (sample !== null && i !== place && h !== null && (sample.resetHint === RESET_HINT.gauge) !== gauge) return undefined
    let placed = sample
    if (sample !== null && i > 0) {
      // As gauges: these may fall.
      const plan = chunk.state.plan(withResetHint(sample, RESET_HINT.gauge))
      if (plan.kind === 'cut') return undefined
      if (plan.kind === 'recode') chunk = GrowingChunk.recoded(chunk.state, chunk.bytes, 0, plan.histogram!, out)
      placed = plan.histogram
    }
    chunk.append(i === place ? tMs : ts[k]!, placed, out)
  }
  const isGauge = gauge || (h === null && histograms.some(x => x?.resetHint === RESET_HINT.gauge))
  chunk.state.header = isGauge ? HEADER.gauge : HEADER.unknown
  chunk.state.writeHeader(chunk.bytes, 0)
  scratch.histograms = null
  return { chunk, minT: place === 0 ? tMs : ts[0]!, maxT: place === n ? tMs : ts[n - 1]! }
}
