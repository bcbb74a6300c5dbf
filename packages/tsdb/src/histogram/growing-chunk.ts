import type { Histogram } from '@haechi/model'
import { SampleColumns } from '@haechi/storage'
import { emptyColumns } from '../columns.ts'
import type { BitWriter } from './bits.ts'
import { decodeHistograms } from './decode.ts'
import { HistogramChunkState } from './encode.ts'
import { HEADER_BYTES, withSpans } from './layout.ts'
import type { Header } from './layout.ts'

const scratch = new SampleColumns(64)

/** A histogram chunk with its bytes, in plain memory. */
export class GrowingChunk {
  readonly state: HistogramChunkState
  bytes: Uint8Array = new Uint8Array(256)

  constructor(encoding: number, header: Header) {
    this.state = new HistogramChunkState(encoding)
    this.state.header = header
    this.state.writeHeader(this.bytes, 0)
  }

  /** The same samples in the spans of `h`. `b[from…]` holds the chunk that `state` describes. */
  static recoded(state: HistogramChunkState, b: Uint8Array, from: number, h: Histogram, out: BitWriter): GrowingChunk {
    const chunk = new GrowingChunk(state.encoding, state.header)
    const { samples } = state
    emptyColumns(scratch)
    scratch.reserve(samples)
    decodeHistograms(state.encoding, b, from, from + state.length, samples, scratch, 0)
    for (let i = 0; i < samples; i++) {
      const sample = scratch.histograms![i]!
      chunk.append(scratch.ts[i]!, sample === null ? null : withSpans(sample, h.positiveSpans, h.negativeSpans), out, scratch.startsMs?.[i] ?? 0)
    }
    emptyColumns(scratch)
    return chunk
  }

  /** Adds a sample in the chunk's spans; null: a staleness marker. */
  append(t: number, h: Histogram | null, out: BitWriter, startMs = 0): void {
    const { state } = this
    const at = state.bits >>> 3
    state.encode(t, h, out, startMs)
    if (state.length > this.bytes.length) {
      const bytes = new Uint8Array(2 * state.length)
      bytes.set(this.bytes)
      this.bytes = bytes
    }
    this.bytes.set(out.bytes.subarray(0, state.length - at), Math.max(at, HEADER_BYTES))
    state.writeHeader(this.bytes, 0)
  }
}
