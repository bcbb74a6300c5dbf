import { RESET_HINT } from '@haechi/model'
import type { Histogram } from '@haechi/model'
import { BitWriter } from './bits.ts'
import type { HistogramChunkState } from './encode.ts'
import { GrowingChunk } from './growing-chunk.ts'
import { HEADER } from './layout.ts'
import type { Header } from './layout.ts'

/** As many samples as a chunk of a block gets at most. @see Prometheus storage/series.go `seriesToChunkEncoderSplit` */
const SAMPLES_PER_CHUNK = 120

/** Takes a chunk; the bytes are overwritten afterwards. */
export type TakeChunk = (minT: number, maxT: number, encoding: number, samples: number, b: Uint8Array, length: number) => void

/** Encodes histograms of one series into chunks, for blocks. */
export class HistogramChunkBuilder {
  private readonly take: TakeChunk
  private readonly out = new BitWriter()
  private open: GrowingChunk | undefined
  private minT = 0
  private maxT = 0
  /** Header of the next chunk that follows no other, if it is known from where its samples come from. */
  firstHeader: Header = HEADER.unknown

  constructor(take: TakeChunk) {
    this.take = take
  }

  /** Adds a histogram behind the others; null: a staleness marker of the given encoding. */
  add(t: number, h: Histogram | null, encoding: number, startMs = 0): void {
    if (this.open !== undefined && this.open.state.encoding !== encoding) this.end()
    let { open } = this
    if (open === undefined) this.begin(t, h, encoding, this.firstHeader === HEADER.unknown ? headerOf(h, undefined) : this.firstHeader, startMs)
    else if (open.state.samples >= SAMPLES_PER_CHUNK) {
      const { state } = open
      this.end()
      this.begin(t, h, encoding, headerOf(h, state), startMs)
    } else {
      const plan = open.state.plan(h)
      if (plan.kind === 'cut') {
        this.end()
        this.begin(t, h, encoding, plan.header, startMs)
      } else {
        if (plan.kind === 'recode') open = this.open = GrowingChunk.recoded(open.state, open.bytes, 0, plan.histogram!, this.out)
        open.append(t, plan.histogram, this.out, startMs)
      }
    }
    this.maxT = t
  }

  /** Hands the last chunk over: what comes next stands behind a gap, or is of another series. */
  end(): void {
    const { open } = this
    if (open === undefined) return
    this.open = undefined
    this.take(this.minT, this.maxT, open.state.encoding, open.state.samples, open.bytes, open.state.length)
  }

  private begin(t: number, h: Histogram | null, encoding: number, header: Header, startMs: number): void {
    this.open = new GrowingChunk(encoding, header)
    this.open.append(t, h, this.out, startMs)
    this.minT = t
    this.firstHeader = HEADER.unknown
  }
}

/** The header of a new chunk. @param before the chunk that it follows without a gap, if that is of the same encoding */
export function headerOf(h: Histogram | null, before: HistogramChunkState | undefined): Header {
  if (h !== null && h.resetHint === RESET_HINT.gauge) return HEADER.gauge
  if (h !== null && h.resetHint === RESET_HINT.reset) return HEADER.reset
  return before === undefined ? HEADER.unknown : before.headerAfter(h)
}
