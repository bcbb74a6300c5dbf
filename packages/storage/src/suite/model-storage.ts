import { labelsKey, matchesLabels } from '@haechi/model'
import type { Histogram, Labels, Matcher } from '@haechi/model'
import { STALE_HIGH, STALE_LOW } from '../querier.ts'

/** One sample of the model: the value by its bits, or a native histogram (its bits are then 0). */
export interface ModelSample {
  readonly t: number
  readonly lo: number
  readonly hi: number
  readonly histogram?: Histogram
}

/** The simplest storage that obeys the laws: what a real one is compared with. No limits, no files, no threads. */
export class ModelStorage {
  readonly series: Map<string, { readonly labels: Labels; readonly samples: ModelSample[] }> = new Map()

  /** Takes a sample if the laws say so. */
  append(labels: Labels, t: number, lo: number, hi: number): boolean {
    return this.add(labels, { t, lo: lo >>> 0, hi: hi >>> 0 })
  }

  /** Takes a native histogram if the laws say so. A staleness marker of a series of histograms is an ordinary one: use `append`. */
  appendHistogram(labels: Labels, t: number, histogram: Histogram): boolean {
    return this.add(labels, { t, lo: 0, hi: 0, histogram })
  }

  private add(labels: Labels, sample: ModelSample): boolean {
    const key = labelsKey(labels)
    let s = this.series.get(key)
    if (s === undefined) {
      s = { labels, samples: [] }
      this.series.set(key, s)
    }
    const last = s.samples.at(-1)
    if (last !== undefined && sample.t <= last.t) return false
    s.samples.push(sample)
    return true
  }

  /** Samples of all series that match, by the key of their labels; series without a sample in the range are left out. */
  select(matchers: readonly Matcher[], minMs: number, maxMs: number): Map<string, ModelSample[]> {
    const out = new Map<string, ModelSample[]>()
    for (const [key, s] of this.series) {
      if (!matchesLabels(matchers, s.labels)) continue
      const samples = s.samples.filter(x => x.t >= minMs && x.t <= maxMs)
      if (samples.length > 0) out.set(key, samples)
    }
    return out
  }
}

const F64 = new Float64Array(1)
const U32 = new Uint32Array(F64.buffer)

/** The bits that a storage keeps of a value: an ordinary NaN has only one form. */
export function bitsOf(value: number): { readonly lo: number; readonly hi: number } {
  if (Number.isNaN(value)) return { lo: 1, hi: 0x7ff80000 }
  F64[0] = value
  return { lo: U32[0]!, hi: U32[1]! }
}

/** The bits of the staleness marker. */
export const STALE_BITS: { readonly lo: number; readonly hi: number } = { lo: STALE_LOW, hi: STALE_HIGH }
