import { SampleColumns } from '@haechi/storage'
import { ReaderSlot } from '../epochs.ts'
import {
  CHUNK_INFO, CHUNK_LEN, CHUNK_PREV, CHUNK_PTR, CHUNK_WORDS, CTL_EXTRA_ROWS, CTL_ROWS, ENCODING, EXTRA_DELETED, EXTRA_SHIFT, FRAG_NEXT_WORD, FRAG_PAYLOAD, LABELS_COUNT, LABELS_PAIRS, NO_MASK,
  OPEN_SAMPLES, ROW_FIRST_FRAG, ROW_FULL, ROW_LABELS, ROW_PUB, ROW_SHIFT,
} from '../layout.ts'
import { dropDeletedColumns, emptyColumns } from '../columns.ts'
import { readDeleted } from '../head-extras.ts'
import { decodeChunk } from '../chunk-decode.ts'
import { samplesOf } from '../start-times.ts'
import { HEADER } from '../histogram/layout.ts'
import type { Header } from '../histogram/layout.ts'
import { covers, touches } from '../intervals.ts'
import type { Intervals } from '../intervals.ts'
import { HeadMemory } from '../shared-memory.ts'
import type { HeadHandles } from '../shared-memory.ts'
import { offsetOf, segmentOf } from '../slab.ts'
import { decodeXor, firstTime } from '../xor-decode.ts'
import { BlockWriter } from './block-writer.ts'
import type { BlockMeta } from './block-meta.ts'
import { orderByLabels, rankSymbols } from './label-order.ts'
import { Pace } from './pace.ts'
import { newUlid } from './ulid.ts'

/** What to write. */
export interface HeadBlockRequest {
  readonly dataDir: string
  /** Unix ms: samples from here on … */
  readonly minMs: number
  /** … and before this. No sample before it may still be added to the head. */
  readonly endMs: number
  readonly nowMs: number
}

/** What was written. */
export interface HeadBlockReport {
  /** Undefined when there was no sample in the range. */
  readonly block: BlockMeta | undefined
  /** Oldest sample of the head that is not in the range but later; Infinity if there is none. */
  readonly nextMs: number
  readonly chunkBytes: number
  readonly durationMs: number
}

/** Words per captured row: labels, newest full chunk, first fragment of the open chunk, its samples, deletions. */
const CAPTURE = 5
const MAX_FRAGS = 64

/** Writes a time range of the head as a block, in any thread that has its handles. Full chunks inside the range are copied. @throws Error of the file system */
export async function writeHeadBlock(handles: HeadHandles, owner: number, request: HeadBlockRequest): Promise<HeadBlockReport> {
  const memory = new HeadMemory(handles)
  const slot = new ReaderSlot(memory, owner)
  slot.enter()
  try {
    return await new HeadBlock(memory, request).write()
  } finally {
    slot.release()
  }
}

class HeadBlock {
  private readonly m: HeadMemory
  private readonly request: HeadBlockRequest
  private readonly gatherWords = new Int32Array(15 * MAX_FRAGS + 4)
  private readonly gatherBytes = new Uint8Array(this.gatherWords.buffer)
  private readonly columns = new SampleColumns()
  private captured = new Int32Array(0)
  private nextMs = Infinity
  private ids: number[] = []

  constructor(m: HeadMemory, request: HeadBlockRequest) {
    this.m = m
    this.request = request
  }

  async write(): Promise<HeadBlockReport> {
    const started = performance.now()
    const { m, request } = this
    const pace = new Pace()
    const count = this.capture()
    await pace.turn()
    const labelsAt = Int32Array.from({ length: count }, (_, i) => this.captured[i * CAPTURE]!)
    const { symbols, rank } = rankSymbols(m, labelsAt)
    await pace.turn()
    const order = orderByLabels(m, labelsAt, rank)
    const report = (block: BlockMeta | undefined, chunkBytes: number): HeadBlockReport => ({ block, nextMs: this.nextMs, chunkBytes, durationMs: performance.now() - started })
    if (count === 0) return report(undefined, 0)
    await pace.turn()
    const writer = new BlockWriter(request.dataDir, newUlid(request.nowMs), symbols)
    try {
      let pairs = new Int32Array(64)
      for (const c of order) {
        const pause = pace.turn()
        if (pause !== undefined) await pause
        const at = this.captured[c * CAPTURE]!
        const n = m.labels[at + LABELS_COUNT]!
        if (pairs.length < 2 * n) pairs = new Int32Array(4 * n)
        for (let i = 0; i < 2 * n; i++) pairs[i] = rank[m.labels[at + LABELS_PAIRS + i]!]!
        this.writeChunks(c * CAPTURE, writer)
        writer.endSeries(pairs, n)
      }
    } catch (err) {
      writer.discard()
      throw err
    }
    const block = writer.finish(request.minMs, request.endMs, { level: 1, sources: [writer.ulid], parents: [], hints: [] })
    return report(block, writer.chunkBytes)
  }

  /** Notes the rows that may have samples in the range. @returns how many */
  private capture(): number {
    const { m } = this
    const { minMs, endMs } = this.request
    const rows = Atomics.load(m.ctl, CTL_ROWS)
    const extraRows = Atomics.load(m.ctl, CTL_EXTRA_ROWS)
    m.refresh()
    const captured = new Int32Array(rows * CAPTURE)
    let n = 0
    for (let row = 0; row < rows; row++) {
      const w = row << ROW_SHIFT
      // The order matters: see SPEC.md [R3].
      const pub = Atomics.load(m.rows, w + ROW_PUB)
      const first = Atomics.load(m.rows, w + ROW_FIRST_FRAG)
      const full = Atomics.load(m.rows, w + ROW_FULL)
      const labels = Atomics.load(m.rows, w + ROW_LABELS)
      if (labels === 0) continue
      let open = pub & 1023
      m.refresh()
      if (full !== 0) {
        const ahead = ((m.chunks[full * CHUNK_WORDS + CHUNK_INFO]! & NO_MASK) - (pub >>> 10)) & NO_MASK
        if (ahead <= NO_MASK >>> 1) open = 0
      }
      let inRange = false
      if (open > 0) {
        if (first < 0) open = Atomics.load(m.chunks, -first * CHUNK_WORDS + OPEN_SAMPLES)
        const t = this.openMinT(first)
        if (t < endMs) inRange = true
        else if (t < this.nextMs) this.nextMs = t
      }
      for (let id = full; id !== 0; id = Atomics.load(m.chunks, id * CHUNK_WORDS + CHUNK_PREV)) {
        const minT = m.chunksF[(id * CHUNK_WORDS) >>> 1]!
        const maxT = m.chunksF[((id * CHUNK_WORDS) >>> 1) + 1]!
        if (maxT < minMs) break
        if (minT < endMs) inRange = true
        if (maxT >= endMs && Math.max(minT, endMs) < this.nextMs) this.nextMs = Math.max(minT, endMs)
      }
      if (!inRange) continue
      const c = n++ * CAPTURE
      captured[c] = labels
      captured[c + 1] = full
      captured[c + 2] = first
      captured[c + 3] = open
      captured[c + 4] = row < extraRows ? Atomics.load(m.extras, (row << EXTRA_SHIFT) + EXTRA_DELETED) : 0
    }
    this.captured = captured
    return n
  }

  /** Hands the chunks of a captured row over: as they are if they lie inside the range, else their samples that do. */
  private writeChunks(c: number, writer: BlockWriter): void {
    const { m, captured, ids, columns } = this
    const { minMs, endMs } = this.request
    m.refresh()
    const deleted = readDeleted(m, captured[c + 4]!)
    ids.length = 0
    for (let id = captured[c + 1]!; id !== 0; id = Atomics.load(m.chunks, id * CHUNK_WORDS + CHUNK_PREV)) {
      if (m.chunksF[((id * CHUNK_WORDS) >>> 1) + 1]! < minMs) break
      if (m.chunksF[(id * CHUNK_WORDS) >>> 1]! < endMs) ids.push(id)
    }
    for (let i = ids.length - 1; i >= 0; i--) {
      const w = ids[i]! * CHUNK_WORDS
      const minT = m.chunksF[w >>> 1]!
      const maxT = m.chunksF[(w >>> 1) + 1]!
      const encoding = m.chunks[w + CHUNK_LEN]! >>> 24
      const ptr = m.chunks[w + CHUNK_PTR]!
      const bytes = m.segments[segmentOf(ptr)]!
      const at = offsetOf(ptr)
      // The record can't say how many there are in a long chunk of histograms.
      const samples = samplesOf(encoding, bytes, at)
      if (covers(deleted, minT, maxT)) continue
      if (minT >= minMs && maxT < endMs && !touches(deleted, minT, maxT)) writer.addChunk(minT, maxT, encoding, samples, bytes, at, m.chunks[w + CHUNK_LEN]! & 0xffffff)
      else if (encoding === ENCODING.xor) {
        this.empty(samples)
        decodeXor(bytes, at + 2, samples, columns.ts, columns.bits, 0)
        this.writeInRange(samples, deleted, writer)
      } else this.writeOther(encoding, bytes, at, m.chunks[w + CHUNK_LEN]! & 0xffffff, samples, deleted, writer)
    }
    const open = captured[c + 3]!
    const first = captured[c + 2]!
    if (open === 0 || this.openMinT(first) >= endMs) return
    if (first < 0) {
      const w = -first * CHUNK_WORDS
      const ptr = m.chunks[w + CHUNK_PTR]!
      this.writeOther(m.chunks[w + CHUNK_LEN]! >>> 24, m.segments[segmentOf(ptr)]!, offsetOf(ptr), m.chunks[w + CHUNK_LEN]! & 0xffffff, open, deleted, writer)
      return
    }
    this.gather(first)
    this.empty(open)
    decodeXor(this.gatherBytes, 0, open, columns.ts, columns.bits, 0)
    this.writeInRange(open, deleted, writer)
  }

  /** Time of an open chunk's first sample, by the row's first fragment. */
  private openMinT(first: number): number {
    const { m } = this
    return first < 0 ? m.chunksF[(-first * CHUNK_WORDS) >>> 1]! : firstTime(m.frags, first * 64)
  }

  /** Empties the columns and makes room for `n` samples. */
  private empty(n: number): void {
    const { columns } = this
    emptyColumns(columns)
    columns.reserve(n)
  }

  /** Hands over the first `samples` samples of a chunk of any other encoding, as far as they lie in the range. */
  private writeOther(encoding: number, bytes: Uint8Array, at: number, length: number, samples: number, deleted: Intervals, writer: BlockWriter): void {
    this.empty(samples)
    decodeChunk(encoding, bytes, at, at + length, samples, this.columns, 0)
    const whole = samples > 0 && encoding !== ENCODING.xor2 && this.columns.ts[0]! >= this.request.minMs
    this.writeInRange(samples, deleted, writer, whole ? (bytes[encoding >= ENCODING.histogramStarts ? at : at + 2]! & 0xc0) as Header : HEADER.unknown)
  }

  private writeInRange(n: number, deleted: Intervals, writer: BlockWriter, header?: Header): void {
    const { ts, bits, histograms, startsMs } = this.columns
    const { minMs, endMs } = this.request
    let kept = 0
    for (let i = 0; i < n; i++) {
      if (ts[i]! < minMs || ts[i]! >= endMs) continue
      ts[kept] = ts[i]!
      bits[2 * kept] = bits[2 * i]!
      bits[2 * kept + 1] = bits[2 * i + 1]!
      if (histograms !== null) histograms[kept] = histograms[i]!
      if (startsMs !== null) startsMs[kept] = startsMs[i]!
      kept++
    }
    this.columns.length = kept
    if (deleted.length > 0) dropDeletedColumns(this.columns, deleted)
    writer.addColumns(this.columns, header)
  }

  /** Copies the payloads of an open chunk together. */
  private gather(first: number): void {
    const words = this.m.fragWords
    const out = this.gatherWords
    let p = 0
    for (let frag = first; frag !== 0 && p < 15 * MAX_FRAGS; ) {
      const w = frag * 16
      if (w + FRAG_NEXT_WORD >= words.length) break
      for (let k = 0; k < 15; k++) out[p + k] = words[w + k]!
      p += FRAG_PAYLOAD / 4
      frag = Atomics.load(words, w + FRAG_NEXT_WORD)
    }
  }
}
