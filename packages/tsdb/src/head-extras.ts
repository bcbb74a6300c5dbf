import type { Histogram } from '@haechi/model'
import { notePastChange } from './change-journal.ts'
import { withHistogram } from './histogram/ooo-chunk.ts'
import { addInterval } from './intervals.ts'
import type { Intervals } from './intervals.ts'
import {
  CHUNK_INFO, CHUNK_LEN, CHUNK_PREV, CHUNK_PTR, CHUNK_WORDS, CTLF_OOO_MAX, CTLF_OOO_MIN, CTL_EXTRA_ROWS, CTL_OOO_CHUNKS, ENCODING, EXTRA_DELETED, EXTRA_OOO, EXTRA_SHIFT, NO_MASK,
} from './layout.ts'
import type { HeadMemory } from './shared-memory.ts'
import { offsetOf, segmentOf } from './slab.ts'
import { encodeXorChunk, xorChunkBytes } from './xor-chunk.ts'
import { decodeXor } from './xor-decode.ts'

/** Samples of an out-of-order chunk. @see Prometheus `DefaultOutOfOrderCapMax` */
export const OOO_CHUNK_SAMPLES = 32
/** An out-of-order chunk of histograms takes no more beyond this: each sample writes it anew. */
export const OOO_CHUNK_BYTES = 8192

/** What the extras need of the store that owns the chunks. */
export interface ChunkStore {
  /** Writes a chunk's record and bytes; nothing points to it yet. */
  addRecord(minT: number, maxT: number, encoding: number, samples: number, no: number, older: number, b: Uint8Array, from: number, length: number): number
  /** Gives a record back when no reader can see it any more. */
  retireRecord(id: number): void
}

/**
 * What few rows have: samples out of order, and deleted times. The writer's side; readers follow the words of the extras buffer.
 *
 * Every chunk carries the number of the cut that it was made after. `nextCut` begins a new one, so that what is older can be written into
 * a block while more arrives, and be dropped afterwards.
 */
export class HeadExtras {
  private readonly m: HeadMemory
  private readonly chunks: ChunkStore
  private cut = 1
  private oooChunks = 0
  private deletedRows = 0
  private readonly ts = new Float64Array(OOO_CHUNK_SAMPLES + 1)
  private readonly bits = new Uint32Array(2 * (OOO_CHUNK_SAMPLES + 1))
  private readonly scratch = new Uint8Array(xorChunkBytes(OOO_CHUNK_SAMPLES))

  constructor(m: HeadMemory, chunks: ChunkStore) {
    this.m = m
    this.chunks = chunks
    m.ctlF[CTLF_OOO_MIN] = Infinity
    m.ctlF[CTLF_OOO_MAX] = -Infinity
  }

  /** Out-of-order chunks of all rows. */
  get oooChunkCount(): number {
    return this.oooChunks
  }

  /** Rows with deleted times. */
  get rowsWithDeletions(): number {
    return this.deletedRows
  }

  /** Whether the row has samples out of order. */
  hasOoo(row: number): boolean {
    return row < this.m.ctl[CTL_EXTRA_ROWS]! && this.m.extras[(row << EXTRA_SHIFT) + EXTRA_OOO] !== 0
  }

  /** Oldest and newest out-of-order sample of a row; Infinity and -Infinity without one. */
  oooRange(row: number): { readonly minMs: number; readonly maxMs: number } {
    const { m } = this
    let minMs = Infinity
    let maxMs = -Infinity
    if (row < m.ctl[CTL_EXTRA_ROWS]!) {
      for (let id = m.extras[(row << EXTRA_SHIFT) + EXTRA_OOO]!; id !== 0; id = m.chunks[id * CHUNK_WORDS + CHUNK_PREV]!) {
        minMs = Math.min(minMs, m.chunksF[(id * CHUNK_WORDS) >>> 1]!)
        maxMs = Math.max(maxMs, m.chunksF[((id * CHUNK_WORDS) >>> 1) + 1]!)
      }
    }
    return { minMs, maxMs }
  }

  /**
   * Adds a sample that is older than what its row has in order. Readers see it at once.
   * @returns false when the open out-of-order chunk has a sample of that time
   */
  insert(row: number, tMs: number, lo: number, hi: number): boolean {
    const { m, ts, bits } = this
    this.reserve(row)
    const at = (row << EXTRA_SHIFT) + EXTRA_OOO
    const open = m.extras[at]!
    let n = 0
    let older = open
    if (this.isOpen(open, ENCODING.xor)) {
      const w = open * CHUNK_WORDS
      const ptr = m.chunks[w + CHUNK_PTR]!
      n = m.chunks[w + CHUNK_INFO]! >>> 22
      decodeXor(m.segments[segmentOf(ptr)]!, offsetOf(ptr) + 2, n, ts, bits, 0)
      older = m.chunks[w + CHUNK_PREV]!
    }
    let i = n
    while (i > 0 && ts[i - 1]! >= tMs) i--
    if (i < n && ts[i] === tMs) return false
    ts.copyWithin(i + 1, i, n)
    bits.copyWithin(2 * i + 2, 2 * i, 2 * n)
    ts[i] = tMs
    bits[2 * i] = lo
    bits[2 * i + 1] = hi
    const length = encodeXorChunk(ts, bits, 0, n + 1, this.scratch)
    const id = this.chunks.addRecord(ts[0]!, ts[n]!, ENCODING.xor, n + 1, this.cut, older, this.scratch, 0, length)
    if (n === 0) this.count(1)
    this.widen(tMs, tMs)
    Atomics.store(m.extras, at, id)
    notePastChange(m, tMs)
    if (n > 0) this.chunks.retireRecord(open)
    return true
  }

  /**
   * Likewise a histogram of an encoding; null: a staleness marker. One that the open chunk can't hold begins another.
   * @returns false when the open out-of-order chunk has a histogram of that time
   */
  insertHistogram(row: number, tMs: number, h: Histogram | null, encoding: number): boolean {
    const { m } = this
    this.reserve(row)
    const at = (row << EXTRA_SHIFT) + EXTRA_OOO
    const open = m.extras[at]!
    const w = open * CHUNK_WORDS
    let made: ReturnType<typeof withHistogram>
    if (this.isOpen(open, encoding)) {
      const ptr = m.chunks[w + CHUNK_PTR]!
      const from = offsetOf(ptr)
      made = withHistogram({ bytes: m.segments[segmentOf(ptr)]!, from, to: from + (m.chunks[w + CHUNK_LEN]! & 0xffffff), samples: m.chunks[w + CHUNK_INFO]! >>> 22 }, encoding, tMs, h)
      if (made === 'known') return false
    }
    const joined = made !== undefined
    made ??= withHistogram(undefined, encoding, tMs, h)
    if (made === undefined || made === 'known') return false
    const { chunk, minT, maxT } = made
    const id = this.chunks.addRecord(minT, maxT, encoding, chunk.state.samples, this.cut, joined ? m.chunks[w + CHUNK_PREV]! : open, chunk.bytes, 0, chunk.state.length)
    if (!joined) this.count(1)
    this.widen(tMs, tMs)
    Atomics.store(m.extras, at, id)
    notePastChange(m, tMs)
    if (joined) this.chunks.retireRecord(open)
    return true
  }

  /** Length of a row's newest out-of-order chunk in bytes, 0 without one. */
  openBytes(row: number): number {
    const { m } = this
    const id = row < m.ctl[CTL_EXTRA_ROWS]! ? m.extras[(row << EXTRA_SHIFT) + EXTRA_OOO]! : 0
    return id === 0 ? 0 : m.chunks[id * CHUNK_WORDS + CHUNK_LEN]! & 0xffffff
  }

  /** Whether a chunk of samples out of order takes more of an encoding. */
  private isOpen(id: number, encoding: number): boolean {
    const { chunks } = this.m
    const w = id * CHUNK_WORDS
    const length = chunks[w + CHUNK_LEN]!
    const info = chunks[w + CHUNK_INFO]!
    return id !== 0 && length >>> 24 === encoding && (length & 0xffffff) <= OOO_CHUNK_BYTES && info >>> 22 < OOO_CHUNK_SAMPLES && (info & NO_MASK) === (this.cut & NO_MASK)
  }

  /** Puts a chunk of a file in front of the row's others. */
  restore(row: number, minT: number, maxT: number, encoding: number, samples: number, b: Uint8Array, from: number, length: number): void {
    this.reserve(row)
    const at = (row << EXTRA_SHIFT) + EXTRA_OOO
    // A full number: samples that follow begin a chunk of their own.
    const id = this.chunks.addRecord(minT, maxT, encoding, samples, this.cut - 1, this.m.extras[at]!, b, from, length)
    this.count(1)
    this.widen(minT, maxT)
    Atomics.store(this.m.extras, at, id)
    notePastChange(this.m, minT)
  }

  /** Takes back what `insert` has put in front of the chunks that `restore` put there: they hold the same samples. */
  forgetInserted(row: number): void {
    const { m } = this
    const at = (row << EXTRA_SHIFT) + EXTRA_OOO
    if (row >= m.ctl[CTL_EXTRA_ROWS]!) return
    for (let id = m.extras[at]!; id !== 0 && (m.chunks[id * CHUNK_WORDS + CHUNK_INFO]! & NO_MASK) === (this.cut & NO_MASK); id = m.extras[at]!) {
      Atomics.store(m.extras, at, m.chunks[id * CHUNK_WORDS + CHUNK_PREV]!)
      this.count(-1)
      this.chunks.retireRecord(id)
    }
  }

  /** Later samples go into chunks of a new number. @returns the number up to which chunks don't change any more */
  nextCut(): number {
    return this.cut++
  }

  /** Drops the out-of-order chunks up to a cut, for rows `from` to `to`. `narrowOoo` follows when all rows are done. */
  dropOoo(cut: number, from: number, to: number): void {
    const { m } = this
    const rows = Math.min(to, m.ctl[CTL_EXTRA_ROWS]!)
    const newer: number[] = []
    for (let row = from; row < rows; row++) {
      const at = (row << EXTRA_SHIFT) + EXTRA_OOO
      const first = m.extras[at]!
      if (first === 0) continue
      newer.length = 0
      let id = first
      // Numbers go down along the chain.
      for (; id !== 0 && (m.chunks[id * CHUNK_WORDS + CHUNK_INFO]! & NO_MASK) > (cut & NO_MASK); id = m.chunks[id * CHUNK_WORDS + CHUNK_PREV]!) newer.push(id)
      if (id === 0) continue
      // Records never change for readers that captured them: what stays is written anew, without the link to what goes.
      let copy = 0
      for (let i = newer.length - 1; i >= 0; i--) copy = this.copyRecord(newer[i]!, copy)
      Atomics.store(m.extras, at, copy)
      for (let next = first; next !== 0; ) {
        const older = m.chunks[next * CHUNK_WORDS + CHUNK_PREV]!
        this.chunks.retireRecord(next)
        this.count(-1)
        next = older
      }
      this.count(newer.length)
    }
  }

  /** Forgets the time range of out-of-order samples when none is left; while there are some it may be wider than they are. */
  narrowOoo(): void {
    if (this.oooChunks > 0) return
    this.m.ctlF[CTLF_OOO_MIN] = Infinity
    this.m.ctlF[CTLF_OOO_MAX] = -Infinity
  }

  /** Deleted times of a row. */
  deletedOf(row: number): Intervals {
    return row < this.m.ctl[CTL_EXTRA_ROWS]! ? readDeleted(this.m, this.m.extras[(row << EXTRA_SHIFT) + EXTRA_DELETED]!) : []
  }

  /** Hides a row's samples of `minMs` to `maxMs`, both included, from readers. */
  addDeleted(row: number, minMs: number, maxMs: number): void {
    this.setDeleted(row, addInterval(this.deletedOf(row), minMs, maxMs))
    notePastChange(this.m, minMs)
  }

  /** Forgets deletions that end before `minMs`, for rows `from` to `to`. */
  dropDeletions(minMs: number, from: number, to: number): void {
    if (this.deletedRows === 0) return
    for (let row = from; row < Math.min(to, this.m.ctl[CTL_EXTRA_ROWS]!); row++) {
      const intervals = this.deletedOf(row)
      if (intervals.length === 0 || intervals[1]! >= minMs) continue
      this.setDeleted(row, intervals.filter((_, i) => intervals[i | 1]! >= minMs))
    }
  }

  /** Gives back what a row has, when its series ends. */
  clear(row: number): void {
    const { m } = this
    if (row >= m.ctl[CTL_EXTRA_ROWS]!) return
    const at = row << EXTRA_SHIFT
    let id = m.extras[at + EXTRA_OOO]!
    Atomics.store(m.extras, at + EXTRA_OOO, 0)
    while (id !== 0) {
      const older = m.chunks[id * CHUNK_WORDS + CHUNK_PREV]!
      this.chunks.retireRecord(id)
      this.count(-1)
      id = older
    }
    if (m.extras[at + EXTRA_DELETED] !== 0) this.setDeleted(row, [])
  }

  private setDeleted(row: number, intervals: Intervals): void {
    const { m } = this
    this.reserve(row)
    const at = (row << EXTRA_SHIFT) + EXTRA_DELETED
    const old = m.extras[at]!
    let id = 0
    if (intervals.length > 0) {
      const bytes = new Uint8Array(Float64Array.from(intervals).buffer)
      id = this.chunks.addRecord(intervals[0]!, intervals.at(-1)!, 0, 0, 0, 0, bytes, 0, bytes.length)
    }
    Atomics.store(m.extras, at, id)
    if (old !== 0) this.chunks.retireRecord(old)
    this.deletedRows += (id === 0 ? 0 : 1) - (old === 0 ? 0 : 1)
  }

  private copyRecord(id: number, older: number): number {
    const { m } = this
    const w = id * CHUNK_WORDS
    const ptr = m.chunks[w + CHUNK_PTR]!
    const length = m.chunks[w + CHUNK_LEN]! & 0xffffff
    const bytes = m.segments[segmentOf(ptr)]!.slice(offsetOf(ptr), offsetOf(ptr) + length)
    const info = m.chunks[w + CHUNK_INFO]!
    return this.chunks.addRecord(m.chunksF[w >>> 1]!, m.chunksF[(w >>> 1) + 1]!, m.chunks[w + CHUNK_LEN]! >>> 24, info >>> 22, info & NO_MASK, older, bytes, 0, length)
  }

  reserve(row: number): void {
    const { m } = this
    if (row < m.ctl[CTL_EXTRA_ROWS]!) return
    if ((row + 1) << EXTRA_SHIFT > m.extras.length) m.grow('extras', 4 * ((row + 1) << EXTRA_SHIFT))
    Atomics.store(m.ctl, CTL_EXTRA_ROWS, row + 1)
  }

  private count(n: number): void {
    this.oooChunks += n
    Atomics.store(this.m.ctl, CTL_OOO_CHUNKS, this.oooChunks)
  }

  private widen(minT: number, maxT: number): void {
    const { ctlF } = this.m
    if (minT < ctlF[CTLF_OOO_MIN]!) ctlF[CTLF_OOO_MIN] = minT
    if (maxT > ctlF[CTLF_OOO_MAX]!) ctlF[CTLF_OOO_MAX] = maxT
  }
}

/** The intervals of a record of deletions; none for 0. The caller's thread has refreshed its views since it read the number. */
export function readDeleted(m: HeadMemory, id: number): number[] {
  if (id === 0) return []
  const w = id * CHUNK_WORDS
  const ptr = m.chunks[w + CHUNK_PTR]!
  const segment = m.segments[segmentOf(ptr)]!
  // Pieces begin at multiples of 16 bytes.
  return [...new Float64Array(segment.buffer, segment.byteOffset + offsetOf(ptr), (m.chunks[w + CHUNK_LEN]! & 0xffffff) >>> 3)]
}
