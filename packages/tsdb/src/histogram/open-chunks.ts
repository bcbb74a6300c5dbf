import type { Histogram } from '@haechi/model'
import {
  CHUNK_LEN, CHUNK_PTR, CHUNK_WORDS, OPEN_SAMPLES, ROWF_CUT_AT, ROWF_LAST_T, ROW_COUNT, ROW_ENC, ROW_FIRST_FRAG, ROW_LAST_HI, ROW_LAST_LO, ROW_SHIFT,
} from '../layout.ts'
import type { HeadMemory } from '../shared-memory.ts'
import { offsetOf, segmentOf } from '../slab.ts'
import type { ChunkSlab } from '../slab.ts'
import { BitWriter } from './bits.ts'
import { headerOf } from './chunk-builder.ts'
import { HistogramChunkState } from './encode.ts'
import { GrowingChunk } from './growing-chunk.ts'
import { sameHistogram } from './layout.ts'
import type { Header } from './layout.ts'

/** Chunks aim at this many bytes, but are not cut below so many samples. @see Prometheus tsdb/chunkenc/chunk.go `TargetBytesPerHistogramChunk`, `MinSamplesPerHistogramChunk` */
const TARGET_BYTES = 1024
const MIN_SAMPLES = 10
/** Room that an open chunk has at first. */
const FIRST_BYTES = 128

/** What stands in a row's last value while the newest sample is a histogram: a NaN that nobody stores. */
const NO_VALUE_LOW = 0x48495354
const NO_VALUE_HIGH = 0x7ff4dead

/** An open chunk: what its writer remembers, and where it ends. */
interface OpenChunk {
  readonly state: HistogramChunkState
  readonly minT: number
  /** The chunk ends before this time. */
  cutAt: number
  /** The end was foreseen from the chunk's growth. */
  foreseen: boolean
  /** The newest histogram as it was given, null for a staleness marker; for the rule about duplicates. */
  given: Histogram | null
}

/** What the head lends: chunk records and the memory of chunks. */
export interface ChunkPlaces {
  /** A free chunk record; may make new views. */
  takeRecord(): number
  /** Gives a record and its bytes back when no reader sees them any more. */
  retireRecord(id: number): void
  /** Turns the open chunk of a row into a full one; does nothing if there is none. */
  seal(row: number): void
}

/**
 * The open histogram chunks of a head.
 *
 * Such a chunk lies in one piece of the chunk memory, behind a chunk record that is not linked: the row's first fragment is the record's number,
 * negative, and {@link OPEN_SAMPLES} of the record says how many samples readers may see. When the chunk outgrows its piece, or its buckets change,
 * a new record takes its place and the old one stays until its readers have left. To the code for floats it looks like a chunk that ended long ago.
 */
export class OpenHistograms {
  private readonly m: HeadMemory
  private readonly slab: ChunkSlab
  private readonly places: ChunkPlaces
  private readonly rangeMs: number
  private readonly chunks = new Map<number, OpenChunk>()
  private readonly out = new BitWriter()

  /** @param rangeMs chunks never cross a multiple of this */
  constructor(m: HeadMemory, slab: ChunkSlab, places: ChunkPlaces, rangeMs: number) {
    this.m = m
    this.slab = slab
    this.places = places
    this.rangeMs = rangeMs
  }

  /** Encoding of a row's open histogram chunk, 0 if its open chunk is none. */
  encodingOf(row: number): number {
    return this.chunks.get(row)?.state.encoding ?? 0
  }

  /** Whether the newest sample of a row with an open histogram chunk is this one. Null stands for a staleness marker. */
  isNewest(row: number, h: Histogram | null): boolean {
    const open = this.chunks.get(row)
    if (open === undefined) return false
    return h === null ? open.given === null : open.given !== null && sameHistogram(open.given, h)
  }

  /** Adds a histogram, or a staleness marker of the given encoding. The caller has checked that `tMs` is later than the row's last time. */
  add(row: number, tMs: number, h: Histogram | null, encoding: number): void {
    const before = this.chunks.get(row)
    let open = before
    if (open === undefined) this.places.seal(row)
    else if (open.state.encoding !== encoding) {
      this.places.seal(row)
      open = undefined
    } else if (this.mustCut(row, open, tMs)) {
      this.places.seal(row)
      // The chunk before says whether a counter was reset in between.
      this.begin(row, tMs, h, encoding, headerOf(h, before!.state), false)
      return
    }
    if (open === undefined) {
      this.begin(row, tMs, h, encoding, headerOf(h, undefined), false)
      return
    }
    const plan = open.state.plan(h)
    if (plan.kind === 'cut') {
      this.places.seal(row)
      this.begin(row, tMs, h, encoding, plan.header, open.foreseen)
      return
    }
    if (plan.kind === 'recode') open = this.recode(row, open, plan.histogram!)
    this.append(row, open, tMs, plan.histogram)
    open.given = h
  }

  /** Lets readers see all samples of a row's open chunk; the caller publishes the row next. */
  publish(row: number): void {
    const open = this.chunks.get(row)
    if (open !== undefined) this.m.chunks[this.recordOf(row) * CHUNK_WORDS + OPEN_SAMPLES] = open.state.samples
  }

  /** The bytes of a row's open chunk for sealing, the number of samples in front. */
  bytesOf(row: number): { readonly bytes: Uint8Array; readonly from: number; readonly length: number; readonly samples: number; readonly minT: number; readonly encoding: number } {
    const { state, minT } = this.chunks.get(row)!
    const { bytes, from } = this.place(this.recordOf(row))
    bytes[from] = state.samples >>> 8
    bytes[from + 1] = state.samples
    return { bytes, from, length: state.length, samples: state.samples, minT, encoding: state.encoding }
  }

  /** Forgets the open chunk of a row, which was sealed or dropped. */
  forget(row: number): void {
    this.chunks.delete(row)
    this.places.retireRecord(this.recordOf(row))
  }

  /** @see Prometheus tsdb/head_append.go `histogramsAppendPreprocessor` */
  private mustCut(row: number, open: OpenChunk, tMs: number): boolean {
    const { state } = open
    const bytes = state.length
    const rangeEnd = open.foreseen ? this.rangeEnd(open.minT) : open.cutAt
    if (!open.foreseen && bytes >= TARGET_BYTES / 4) {
      const lastT = this.m.rowsF[(row << ROW_SHIFT >>> 1) + ROWF_LAST_T]!
      const n = (open.cutAt - open.minT) / ((lastT - open.minT + 1) * (TARGET_BYTES / bytes))
      if (n > 1) open.cutAt = Math.trunc(open.minT + (open.cutAt - open.minT) / Math.floor(n))
      open.foreseen = true
    }
    return (tMs >= open.cutAt || bytes >= 2 * TARGET_BYTES) && (state.samples >= MIN_SAMPLES || tMs >= rangeEnd)
  }

  private rangeEnd(tMs: number): number {
    return Math.trunc(tMs / this.rangeMs) * this.rangeMs + this.rangeMs
  }

  private begin(row: number, tMs: number, h: Histogram | null, encoding: number, header: Header, foreseen: boolean): void {
    const { m } = this
    const state = new HistogramChunkState(encoding)
    state.header = header
    const open: OpenChunk = { state, minT: tMs, cutAt: this.rangeEnd(tMs), foreseen, given: h }
    const id = this.newRecord(open, FIRST_BYTES, 0)
    const w = row << ROW_SHIFT
    // For floats: one sample, and it ended long ago.
    m.rows[w + ROW_COUNT] = 1
    m.rows[w + ROW_ENC] = 1 << 21
    m.rowsF[(w >>> 1) + ROWF_CUT_AT] = -Infinity
    Atomics.store(m.rows, w + ROW_FIRST_FRAG, -id)
    this.chunks.set(row, open)
    this.append(row, open, tMs, h)
  }

  private append(row: number, open: OpenChunk, tMs: number, h: Histogram | null): void {
    const { m, out } = this
    const { state } = open
    const at = state.bits >>> 3
    state.encode(tMs, h, out)
    this.reserve(row, open, state.length, at)
    const { bytes, from } = this.place(this.recordOf(row))
    const n = state.length - at
    for (let i = 0; i < n; i++) bytes[from + at + i] = out.bytes[i]!
    const w = row << ROW_SHIFT
    m.rowsF[(w >>> 1) + ROWF_LAST_T] = tMs
    m.rows[w + ROW_LAST_LO] = NO_VALUE_LOW
    m.rows[w + ROW_LAST_HI] = NO_VALUE_HIGH
  }

  /** Encodes the chunk anew in the spans of `h`. */
  private recode(row: number, open: OpenChunk, h: Histogram): OpenChunk {
    const { m, out } = this
    const id = this.recordOf(row)
    const old = this.place(id)
    const { state, bytes } = GrowingChunk.recoded(open.state, old.bytes, old.from, h, out)
    const next: OpenChunk = { state, minT: open.minT, cutAt: open.cutAt, foreseen: open.foreseen, given: open.given }
    const visible = m.chunks[id * CHUNK_WORDS + OPEN_SAMPLES]!
    const newId = this.newRecord(next, Math.max(FIRST_BYTES, 2 * state.length), visible)
    const place = this.place(newId)
    place.bytes.set(bytes.subarray(0, state.length), place.from)
    this.replace(row, id, newId, next)
    return next
  }

  /** Moves the open chunk if its piece has no room for `length` bytes; `used` of them are written. */
  private reserve(row: number, open: OpenChunk, length: number, used: number): void {
    const { m } = this
    const id = this.recordOf(row)
    if (length <= (m.chunks[id * CHUNK_WORDS + CHUNK_LEN]! & 0xffffff)) return
    const newId = this.newRecord(open, 2 * length, m.chunks[id * CHUNK_WORDS + OPEN_SAMPLES]!)
    const old = this.place(id)
    const place = this.place(newId)
    // The partial byte at `used` comes with the bits that follow; readers of what was there before need it now.
    place.bytes.set(old.bytes.subarray(old.from, old.from + used + 1), place.from)
    this.replace(row, id, newId, open)
  }

  private replace(row: number, id: number, newId: number, open: OpenChunk): void {
    Atomics.store(this.m.rows, (row << ROW_SHIFT) + ROW_FIRST_FRAG, -newId)
    this.chunks.set(row, open)
    this.places.retireRecord(id)
  }

  private newRecord(open: OpenChunk, bytes: number, visible: number): number {
    const { m } = this
    const id = this.places.takeRecord()
    const capacity = Math.ceil(bytes / 16) * 16
    const ptr = this.slab.take(capacity)
    const c = id * CHUNK_WORDS
    m.chunksF[c >>> 1] = open.minT
    m.chunksF[(c >>> 1) + 1] = Infinity
    m.chunks[c + CHUNK_PTR] = ptr
    m.chunks[c + CHUNK_LEN] = (open.state.encoding << 24) | capacity
    m.chunks[c + OPEN_SAMPLES] = visible
    const { bytes: segment, from } = this.place(id)
    segment[from] = 0
    segment[from + 1] = 0
    segment[from + 2] = open.state.header
    return id
  }

  private recordOf(row: number): number {
    return -this.m.rows[(row << ROW_SHIFT) + ROW_FIRST_FRAG]!
  }

  private place(id: number): { readonly bytes: Uint8Array; readonly from: number } {
    const ptr = this.m.chunks[id * CHUNK_WORDS + CHUNK_PTR]!
    return { bytes: this.m.segments[segmentOf(ptr)]!, from: offsetOf(ptr) }
  }
}
