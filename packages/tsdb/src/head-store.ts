import type { Histogram } from '@haechi/model'
import { ChunkRecords } from './chunk-records.ts'
import { RetireQueue } from './epochs.ts'
import { HeadExtras } from './head-extras.ts'
import {
  CHUNK_LEN, CHUNK_PREV, CHUNK_WORDS, CTLF_MAX_TIME, CTLF_MIN_TIME, CTL_ACTIVE, CTL_CHUNKS, ENCODING, FRAG_BYTES, FRAG_NEXT_WORD, FRAG_PAYLOAD, FRAG_PAYLOAD_BITS, ROWF_CUT_AT, ROWF_LAST_T,
  ROW_COUNT, ROW_DELTA, ROW_ENC, ROW_FIRST_FRAG, ROW_FULL, ROW_LABELS, ROW_LAST_HI, ROW_LAST_LO, ROW_NO, ROW_PUB, ROW_SHIFT, ROW_TAIL_FRAG, UNIT,
} from './layout.ts'
import { encodingFor } from './histogram/layout.ts'
import { OpenHistograms } from './histogram/open-chunks.ts'
import { SeriesRows } from './series-rows.ts'
import { HeadMemory, newHeadHandles } from './shared-memory.ts'
import { ChunkSlab, FragmentPool } from './slab.ts'
import { firstTime } from './xor-decode.ts'
import { MAX_SAMPLE_BITS, MAX_VALUE_BITS, XorState, encodeFirst, encodeNext } from './xor-encode.ts'

/** Samples that a chunk aims at; it is cut at twice as many, or before it grows beyond 1024 bytes. @see Prometheus tsdb/head_append.go `appendPreprocessor` */
export const SAMPLES_PER_CHUNK = 120
/** Without the two bytes of the sample count, which Prometheus counts as well. */
const MAX_CHUNK_BITS = 8 * (1024 - 19 - 2)
/** Chunks never cross a multiple of this: 2 h, the length of a block unless another one is set. */
export const CHUNK_RANGE_MS = 7_200_000

const RETIRE = { fragments: 0, chunk: 1, list: 2, row: 3, cut: 4 } as const

/**
 * The head's memory as its only writer sees it: appends samples, seals chunks, drops what is old.
 * Knows nothing of logs, batches or limits.
 */
export class HeadStore {
  readonly memory: HeadMemory
  readonly rangeMs: number
  /** Label sets and their rows. */
  readonly seriesRows: SeriesRows
  /** Samples out of order, and deletions. */
  readonly extras: HeadExtras
  private readonly fragments: FragmentPool
  private readonly slab: ChunkSlab
  private readonly records: ChunkRecords
  private readonly retired: RetireQueue
  private readonly histograms: OpenHistograms
  private chunkCount = 0
  private readonly xor = new XorState()
  /** A sample that may cross the end of its fragment is encoded here first. */
  private readonly spillWords = new Int32Array(16)
  private readonly spill = new Uint8Array(this.spillWords.buffer)
  /** The chunk that is sealed: its bytes begin at 2, so that the fragments behind the sample count are copied by words. */
  private readonly sealingWords = new Int32Array(1024)
  private readonly sealing = new Uint8Array(this.sealingWords.buffer)
  /** Full chunks whose link to older ones is to be cut when no older reader is left. */
  private readonly cutting = new Set<number>()

  /** @param rangeMs chunks never cross a multiple of this: the length of the shortest blocks */
  constructor(rangeMs: number = CHUNK_RANGE_MS) {
    this.rangeMs = rangeMs
    this.memory = new HeadMemory(newHeadHandles())
    const m = this.memory
    this.seriesRows = new SeriesRows(m, {
      list: at => this.retired.retire(RETIRE.list, at),
      row: row => this.retired.retire(RETIRE.row, row),
    })
    this.fragments = new FragmentPool(m)
    this.slab = new ChunkSlab(m)
    this.records = new ChunkRecords(m, this.slab)
    this.retired = new RetireQueue(m, (kind, value) => this.release(kind, value))
    this.extras = new HeadExtras(m, this)
    this.histograms = new OpenHistograms(m, this.slab, {
      takeRecord: () => this.records.take(),
      retireRecord: id => this.retired.retire(RETIRE.chunk, id),
      seal: row => {
        if (m.rows[(row << ROW_SHIFT) + ROW_COUNT] !== 0) this.seal(row)
      },
    }, rangeMs)
    m.ctlF[CTLF_MIN_TIME] = Infinity
    m.ctlF[CTLF_MAX_TIME] = -Infinity
  }

  /** Rows that were ever used; rows are numbered from 0. */
  get rows(): number {
    return this.seriesRows.used
  }

  /** Living series. */
  get series(): number {
    return this.seriesRows.live
  }

  /** Full chunks. */
  get fullChunks(): number {
    return this.chunkCount
  }

  /** Things that wait for readers to close. */
  get retiredThings(): number {
    return this.retired.size
  }

  /**
   * Adds one sample behind the newest of its row; readers see it after {@link publish}.
   * The caller has checked that `tMs` is later than the row's last time.
   */
  add(row: number, tMs: number, lo: number, hi: number): void {
    const m = this.memory
    const w = row << ROW_SHIFT
    const f = w >>> 1
    let count = m.rows[w + ROW_COUNT]!
    let enc = m.rows[w + ROW_ENC]!
    if (count !== 0) {
      if (count === SAMPLES_PER_CHUNK / 4) m.rowsF[f + ROWF_CUT_AT] = this.chunkEnd4(row)
      const bits = ((enc >>> 21) - 1) * FRAG_PAYLOAD_BITS + (enc & 511)
      if (tMs >= m.rowsF[f + ROWF_CUT_AT]! || count >= 2 * SAMPLES_PER_CHUNK || bits > MAX_CHUNK_BITS) {
        this.seal(row)
        count = 0
      }
    }
    const xor = this.xor
    if (count === 0) {
      const frag = this.fragments.take()
      const { rows, rowsF } = m
      xor.bit = 0
      encodeFirst(m.frags, frag * 64, xor, tMs, lo, hi)
      rowsF[f + ROWF_CUT_AT] = Math.trunc(tMs / this.rangeMs) * this.rangeMs + this.rangeMs
      rows[w + ROW_FIRST_FRAG] = frag
      rows[w + ROW_TAIL_FRAG] = frag
      rows[w + ROW_ENC] = xor.bit | (xor.lead << 9) | (1 << 21)
      rows[w + ROW_DELTA] = 0
      rows[w + ROW_COUNT] = 1
      rowsF[f + ROWF_LAST_T] = tMs
      rows[w + ROW_LAST_LO] = lo
      rows[w + ROW_LAST_HI] = hi
      return
    }
    const { rows, rowsF } = m
    const t = rowsF[f + ROWF_LAST_T]!
    const delta = rows[w + ROW_DELTA]!
    const late = tMs - t - delta
    const isSame = rows[w + ROW_LAST_LO] === (lo | 0) && rows[w + ROW_LAST_HI] === (hi | 0)
    if (isSame && late === 0 && count > 1 && (enc & 511) <= FRAG_PAYLOAD_BITS - 2) {
      // The same value after the same time: two zero bits, which are there already.
      rows[w + ROW_ENC] = enc + 2
      rows[w + ROW_COUNT] = count + 1
      rowsF[f + ROWF_LAST_T] = tMs
      return
    }
    xor.bit = enc & 511
    xor.lead = (enc >>> 9) & 63
    xor.trail = (enc >>> 15) & 63
    xor.t = t
    xor.delta = delta
    xor.lo = rows[w + ROW_LAST_LO]!
    xor.hi = rows[w + ROW_LAST_HI]!
    let frags = enc >>> 21
    // The second sample has its distance as a varint; a value takes at most 77 bits, a regular time one and nearly any other 16.
    const most = count === 1 || late > 8191 || late < -8191 ? MAX_SAMPLE_BITS : (late === 0 ? 1 : 16) + (isSame ? 1 : MAX_VALUE_BITS)
    if (xor.bit + most <= FRAG_PAYLOAD_BITS) encodeNext(m.frags, rows[w + ROW_TAIL_FRAG]! * 64, xor, count, tMs, lo, hi)
    else frags += this.encodeAcross(w, count, tMs, lo, hi)
    const r = m.rows
    r[w + ROW_ENC] = xor.bit | (xor.lead << 9) | (xor.trail << 15) | (frags << 21)
    r[w + ROW_DELTA] = xor.delta
    r[w + ROW_COUNT] = count + 1
    m.rowsF[f + ROWF_LAST_T] = tMs
    r[w + ROW_LAST_LO] = lo
    r[w + ROW_LAST_HI] = hi
  }

  /**
   * Adds one histogram behind the newest sample of its row; readers see it after {@link publishHistogram}. Null adds a staleness marker of the
   * given encoding. The caller has checked that `tMs` is later than the row's last time.
   */
  addHistogram(row: number, tMs: number, h: Histogram | null, encoding: number = encodingFor(h!), startMs: number = 0): void {
    this.histograms.add(row, tMs, h, encoding, startMs)
  }

  /** Likewise a float with its start time (0: not known): its chunks are those that can say it. */
  addFloatWithStart(row: number, tMs: number, lo: number, hi: number, startMs: number): void {
    this.histograms.addFloat(row, tMs, lo, hi, startMs)
  }

  /** Lets readers see all samples of a row whose newest is a histogram, or has a start time. The caller puts a fence as for {@link publish}. */
  publishHistogram(row: number): void {
    this.histograms.publish(row)
    this.publish(row)
  }

  /** Length of a row's open chunk of histograms, 0 without one. */
  openHistogramBytes(row: number): number {
    const { rows, chunks } = this.memory
    const w = row << ROW_SHIFT
    const first = rows[w + ROW_COUNT] === 0 ? 0 : rows[w + ROW_FIRST_FRAG]!
    return first < 0 ? chunks[-first * CHUNK_WORDS + CHUNK_LEN]! & 0xffffff : 0
  }

  /** Encoding of the newest sample of a row; 0 if it has none. */
  encodingOf(row: number): number {
    const { rows, chunks } = this.memory
    const w = row << ROW_SHIFT
    if (rows[w + ROW_COUNT] !== 0) return rows[w + ROW_FIRST_FRAG]! < 0 ? this.histograms.encodingOf(row) : ENCODING.xor
    const full = rows[w + ROW_FULL]!
    return full === 0 ? 0 : chunks[full * CHUNK_WORDS + CHUNK_LEN]! >>> 24
  }

  /** Whether a histogram (null: a staleness marker of one) is the newest sample of a row; asked for one of the same time. */
  isNewestHistogram(row: number, h: Histogram | null): boolean {
    return this.histograms.isNewest(row, h)
  }

  /** Encodes a sample that may not fit into the tail fragment. @returns fragments added, 0 or 1 */
  private encodeAcross(w: number, index: number, tMs: number, lo: number, hi: number): number {
    const m = this.memory
    const { spill, xor } = this
    const tail = m.rows[w + ROW_TAIL_FRAG]!
    const start = xor.bit >>> 3
    // A sample and the bits in front of it have at most 20 bytes. By hand: the call for 64 takes longer.
    const { spillWords } = this
    spillWords[0] = spillWords[1] = spillWords[2] = spillWords[3] = spillWords[4] = 0
    // At bit 480 the payload is full and there is no partial byte.
    spill[0] = start < FRAG_PAYLOAD ? m.frags[tail * 64 + start]! : 0
    xor.bit &= 7
    encodeNext(spill, 0, xor, index, tMs, lo, hi)
    const end = start * 8 + xor.bit
    const here = FRAG_PAYLOAD - start
    const bytes = (xor.bit + 7) >>> 3
    // Before anything is written: the memory may be full.
    const next = end > FRAG_PAYLOAD_BITS ? this.fragments.take() : 0
    for (let i = 0; i < bytes && i < here; i++) m.frags[tail * 64 + start + i] = spill[i]!
    if (end <= FRAG_PAYLOAD_BITS) {
      xor.bit = end
      return 0
    }
    for (let i = here; i < bytes; i++) m.frags[next * 64 + i - here] = spill[i]!
    Atomics.store(m.fragWords, tail * 16 + FRAG_NEXT_WORD, next)
    m.rows[w + ROW_TAIL_FRAG] = next
    xor.bit = end - FRAG_PAYLOAD_BITS
    return 1
  }

  /** Lets readers see all samples of a row. The caller puts a fence (any Atomics store) between the last `add` and the first `publish` of a batch. */
  publish(row: number): void {
    const { rows } = this.memory
    const w = row << ROW_SHIFT
    rows[w + ROW_PUB] = (rows[w + ROW_NO]! << 10) | rows[w + ROW_COUNT]!
  }

  /** Orders everything written before it before everything written after it, for all threads. */
  fence(): void {
    Atomics.add(this.memory.ctl, CTL_ACTIVE, 0)
  }

  /** Where the open chunk should end so that the chunks up to `cutAt` get equally long; asked when it is a quarter full. @see Prometheus `computeChunkEndTime` */
  private chunkEnd4(row: number): number {
    const { rows, rowsF, frags } = this.memory
    const w = row << ROW_SHIFT
    const start = firstTime(frags, rows[w + ROW_FIRST_FRAG]! * 64)
    const cutAt = rowsF[(w >>> 1) + ROWF_CUT_AT]!
    const n = (cutAt - start) / ((rowsF[(w >>> 1) + ROWF_LAST_T]! - start + 1) * 4)
    return n <= 1 ? cutAt : Math.trunc(start + (cutAt - start) / Math.floor(n))
  }

  /** Turns the open chunk of a row into a full one. */
  private seal(row: number): void {
    const m = this.memory
    const w = row << ROW_SHIFT
    const enc = m.rows[w + ROW_ENC]!
    const count = m.rows[w + ROW_COUNT]!
    const first = m.rows[w + ROW_FIRST_FRAG]!
    if (first < 0) {
      const open = this.histograms.bytesOf(row)
      this.addFullChunk(row, open.minT, m.rowsF[(w >>> 1) + ROWF_LAST_T]!, open.encoding, open.samples, open.bytes, open.from, open.length)
      this.histograms.forget(row)
      m.rows[w + ROW_COUNT] = 0
      m.rows[w + ROW_NO] = m.rows[w + ROW_NO]! + 1
      return
    }
    const length = 2 + ((enc >>> 21) - 1) * FRAG_PAYLOAD + (((enc & 511) + 7) >>> 3)
    const out = this.sealing
    out[2] = count >>> 8
    out[3] = count
    const words = this.sealingWords
    const fragWords = m.fragWords
    let p = 1
    for (let frag = first; frag !== 0; frag = fragWords[frag * 16 + FRAG_NEXT_WORD]!) {
      for (let i = 0; i < FRAG_NEXT_WORD; i++) words[p + i] = fragWords[frag * 16 + i]!
      p += FRAG_NEXT_WORD
    }
    this.addFullChunk(row, firstTime(out, 4), m.rowsF[(w >>> 1) + ROWF_LAST_T]!, ENCODING.xor, count, out, 2, length)
    const { rows } = m
    rows[w + ROW_COUNT] = 0
    rows[w + ROW_NO] = rows[w + ROW_NO]! + 1
    this.retired.retire(RETIRE.fragments, first)
  }

  /**
   * Puts a full chunk behind the others of a row and shows it to readers. Used by sealing and by the replay of chunk files.
   * `b[from..from + length)` is copied.
   */
  addFullChunk(row: number, minT: number, maxT: number, encoding: number, samples: number, b: Uint8Array, from: number, length: number): void {
    const m = this.memory
    const w = row << ROW_SHIFT
    const id = this.records.write(minT, maxT, encoding, samples, m.rows[w + ROW_NO]!, m.rows[w + ROW_FULL]!, b, from, length)
    Atomics.store(m.rows, w + ROW_FULL, id)
    m.ctl[CTL_CHUNKS] = ++this.chunkCount
  }

  /** Writes a chunk's record and bytes; nothing points to it yet. @returns its number @see ChunkRecords.write */
  addRecord(minT: number, maxT: number, encoding: number, samples: number, no: number, older: number, b: Uint8Array, from: number, length: number): number {
    return this.records.write(minT, maxT, encoding, samples, no, older, b, from, length)
  }

  /** Gives a record back when no reader can see it any more; nothing published points to it. */
  retireRecord(id: number): void {
    this.retired.retire(RETIRE.chunk, id)
  }

  /**
   * Makes sure that a batch finds room: `rows[0, n)`, negative ones left out, with one sample each, and `more` samples of other kinds with at most
   * `moreBytes` bytes of chunks. Nothing is changed but the lengths of buffers.
   * @throws HeadMemoryError when there may not be enough
   */
  reserve(rows: Int32Array, n: number, more: number, moreBytes: number): void {
    this.fragments.reserve(n)
    this.records.reserve(n + more)
    // All that is open may be sealed, and no chunk is longer than 1 KiB.
    const bytes = Math.min(n * 1024, this.fragments.used * FRAG_BYTES + n * 2 * UNIT) + moreBytes
    if (!this.slab.hasFresh(bytes)) this.reservePieces(rows, n, moreBytes)
  }

  /** The same when nearly all memory has been used: tries whether the free pieces are enough. */
  private reservePieces(rows: Int32Array, n: number, moreBytes: number): void {
    const taken: number[] = []
    const seen = new Set<number>()
    const words = this.memory.rows
    try {
      for (let i = 0; i < n; i++) {
        const row = rows[i]!
        if (row < 0) continue
        const w = row << ROW_SHIFT
        const enc = words[w + ROW_ENC]!
        const length = seen.has(row) || words[w + ROW_FIRST_FRAG]! < 0 ? 1024 : words[w + ROW_COUNT] === 0 ? 0 : 2 + ((enc >>> 21) - 1) * FRAG_PAYLOAD + (((enc & 511) + 7) >>> 3)
        seen.add(row)
        if (length > 0) taken.push(this.slab.take(length), length)
      }
      for (let left = moreBytes; left > 0; left -= 1024) taken.push(this.slab.take(1024), 1024)
    } finally {
      for (let i = taken.length - 2; i >= 0; i -= 2) this.slab.give(taken[i]!, taken[i + 1]!)
    }
  }

  /** Puts a full chunk of a file in front of a row that has no open samples yet. @returns false when it is not later than what the row has */
  restoreChunk(row: number, minT: number, maxT: number, encoding: number, samples: number, b: Uint8Array, from: number, length: number): boolean {
    const m = this.memory
    const w = row << ROW_SHIFT
    if (m.rows[w + ROW_COUNT] !== 0 || minT <= m.rowsF[(w >>> 1) + ROWF_LAST_T]!) return false
    this.addFullChunk(row, minT, maxT, encoding, samples, b, from, length)
    m.rows[w + ROW_NO] = m.rows[w + ROW_NO]! + 1
    m.rowsF[(w >>> 1) + ROWF_LAST_T] = maxT
    return true
  }

  /**
   * Drops full chunks that end before `minMs`, and series without a sample since then, for rows `from` to `to`.
   * @param died called for each series that ends
   */
  dropBefore(minMs: number, from: number, to: number, died: (row: number) => void): void {
    const m = this.memory
    for (let row = from; row < to; row++) {
      const w = row << ROW_SHIFT
      if (m.rows[w + ROW_LABELS] === 0) continue
      if (m.rowsF[(w >>> 1) + ROWF_LAST_T]! < minMs) {
        // A series made a moment ago has no sample yet, and one with samples out of order only stays for them.
        if (m.rows[w + ROW_COUNT] === 0 && m.rows[w + ROW_FULL] === 0) continue
        if (this.extras.hasOoo(row)) {
          this.emptyRow(row)
          continue
        }
        died(row)
        this.killRow(row)
        continue
      }
      let newer = 0
      let id = m.rows[w + ROW_FULL]!
      while (id !== 0 && m.chunksF[((id * CHUNK_WORDS) >>> 1) + 1]! >= minMs) {
        newer = id
        id = m.chunks[id * CHUNK_WORDS + CHUNK_PREV]!
      }
      if (id === 0) continue
      if (newer === 0) {
        Atomics.store(m.rows, w + ROW_FULL, 0)
        this.retireChain(id)
      } else if (!this.cutting.has(newer)) {
        // Readers that captured the row walk through `newer` to what is older, so the link itself stays until they have left.
        this.cutting.add(newer)
        this.retired.retire(RETIRE.cut, newer)
      }
    }
  }

  /** Drops all series without a sample. @param died called for each */
  dropEmpty(died: (row: number) => void): void {
    const { rows } = this.memory
    for (let row = 0; row < this.rows; row++) {
      const w = row << ROW_SHIFT
      if (rows[w + ROW_LABELS] === 0 || rows[w + ROW_COUNT] !== 0 || rows[w + ROW_FULL] !== 0 || this.extras.hasOoo(row)) continue
      died(row)
      this.killRow(row)
    }
  }

  /** Whether a living row has no sample at all. */
  isEmpty(row: number): boolean {
    const { rows } = this.memory
    const w = row << ROW_SHIFT
    return rows[w + ROW_LABELS] !== 0 && rows[w + ROW_COUNT] === 0 && rows[w + ROW_FULL] === 0 && !this.extras.hasOoo(row)
  }

  /** Ends a series. The caller counts it. */
  dropRow(row: number): void {
    this.killRow(row)
  }

  /** Drops all samples that a row has in order; the row stays. */
  private emptyRow(row: number): void {
    const m = this.memory
    const w = row << ROW_SHIFT
    const first = m.rows[w + ROW_COUNT] === 0 ? 0 : m.rows[w + ROW_FIRST_FRAG]!
    const full = m.rows[w + ROW_FULL]!
    if (first < 0) this.histograms.forget(row)
    m.rows[w + ROW_COUNT] = 0
    m.rows[w + ROW_NO] = m.rows[w + ROW_NO]! + 1
    Atomics.store(m.rows, w + ROW_PUB, m.rows[w + ROW_NO]! << 10)
    Atomics.store(m.rows, w + ROW_FULL, 0)
    if (first > 0) this.retired.retire(RETIRE.fragments, first)
    this.retireChain(full)
  }

  private retireChain(id: number): void {
    const m = this.memory
    while (id !== 0) {
      const older = m.chunks[id * CHUNK_WORDS + CHUNK_PREV]!
      // What was to be cut off goes with the chunk that held it.
      if (this.cutting.size > 0) this.cutting.delete(id)
      this.chunkCount--
      this.retired.retire(RETIRE.chunk, id)
      id = older
    }
    m.ctl[CTL_CHUNKS] = this.chunkCount
  }

  private killRow(row: number): void {
    const m = this.memory
    const w = row << ROW_SHIFT
    const first = m.rows[w + ROW_COUNT] === 0 ? 0 : m.rows[w + ROW_FIRST_FRAG]!
    const full = m.rows[w + ROW_FULL]!
    Atomics.store(m.rows, w + ROW_PUB, 0)
    Atomics.store(m.rows, w + ROW_FULL, 0)
    this.seriesRows.end(row)
    m.rows[w + ROW_COUNT] = 0
    m.rows[w + ROW_NO] = m.rows[w + ROW_NO]! + 1
    if (first < 0) this.histograms.forget(row)
    if (first > 0) this.retired.retire(RETIRE.fragments, first)
    this.retireChain(full)
    this.extras.clear(row)
  }

  /** Gives memory back that no reader can see any more. */
  reclaim(): void {
    this.retired.reclaim()
  }

  /** Clears what a reader thread held that ended without closing. */
  clearReader(owner: number): void {
    RetireQueue.clearOwner(this.memory, owner)
  }

  private release(kind: number, value: number): void {
    const m = this.memory
    switch (kind) {
      case RETIRE.fragments: return this.fragments.give(value)
      case RETIRE.chunk: return this.records.give(value)
      case RETIRE.cut: {
        if (!this.cutting.delete(value)) return
        const at = value * CHUNK_WORDS + CHUNK_PREV
        const older = m.chunks[at]!
        Atomics.store(m.chunks, at, 0)
        // Readers that came meanwhile may be there already: the chunks wait for these.
        this.retireChain(older)
        return
      }
      case RETIRE.list: return this.seriesRows.freeList(value)
      case RETIRE.row: return this.seriesRows.freeRow(value)
    }
  }
}
