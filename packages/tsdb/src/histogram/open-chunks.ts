import type { Histogram } from '@haechi/model'
import {
  CHUNK_LEN, CHUNK_PTR, CHUNK_WORDS, ENCODING, OPEN_SAMPLES, ROWF_CUT_AT, ROWF_LAST_T, ROW_COUNT, ROW_ENC, ROW_FIRST_FRAG, ROW_LAST_HI, ROW_LAST_LO, ROW_SHIFT,
} from '../layout.ts'
import type { HeadMemory } from '../shared-memory.ts'
import { offsetOf, segmentOf } from '../slab.ts'
import type { ChunkSlab } from '../slab.ts'
import { Xor2State } from '../xor2-chunk.ts'
import { BitWriter } from './bits.ts'
import { headerOf } from './chunk-builder.ts'
import { HistogramChunkState } from './encode.ts'
import { GrowingChunk } from './growing-chunk.ts'
import { sameHistogram } from './layout.ts'
import type { Header } from './layout.ts'

/** Chunks aim at this many bytes, but are not cut below so many samples. @see Prometheus tsdb/chunkenc/chunk.go `TargetBytesPerHistogramChunk`, `MinSamplesPerHistogramChunk` */
const TARGET_BYTES = 1024
const MIN_SAMPLES = 10
/** Chunks of floats aim at as many samples. */
const FLOATS = 120
/** The longest float with its time and start time. */
const MAX_FLOAT_BYTES = 30
/** From a histogram's encoding to that with start times. */
const STARTS: number = ENCODING.histogramStarts - ENCODING.histogram
/** Room that an open chunk has at first. */
const FIRST_BYTES = 128

/** What stands in a row's last value while the newest sample is a histogram: a NaN that nobody stores. */
const NO_VALUE_LOW = 0x48495354
const NO_VALUE_HIGH = 0x7ff4dead

/** An open chunk: what its writer remembers, and where it ends. */
interface OpenChunk {
  readonly state: HistogramChunkState | Xor2State
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
 * The open chunks of a head that hold histograms, or floats with start times.
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
    if (open === undefined || open.state instanceof Xor2State) return false
    return h === null ? open.given === null : open.given !== null && sameHistogram(open.given, h)
  }

  /** Adds a histogram, or a staleness marker of the given encoding. The caller has checked that `tMs` is later than the row's last time. */
  add(row: number, tMs: number, h: Histogram | null, encoding: number, startMs: number): void {
    let open = this.chunks.get(row)
    // A chunk with start times goes on where one is not known.
    const wanted = startMs === 0 && open?.state.encoding === encoding + STARTS ? encoding + STARTS : encoding
    const before = open?.state.encoding === wanted ? open.state as HistogramChunkState : undefined
    if (open === undefined || before === undefined) {
      this.places.seal(row)
      this.begin(row, tMs, h, wanted, headerOf(h, undefined), false, startMs)
      return
    }
    if (this.mustCut(row, open, tMs)) {
      this.places.seal(row)
      // The chunk before says whether a counter was reset in between.
      this.begin(row, tMs, h, wanted, headerOf(h, before), false, startMs)
      return
    }
    const plan = before.plan(h)
    if (plan.kind === 'cut') {
      this.places.seal(row)
      this.begin(row, tMs, h, wanted, plan.header, open.foreseen, startMs)
      return
    }
    if (plan.kind === 'recode') open = this.recode(row, open, before, plan.histogram!)
    this.append(row, open, tMs, plan.histogram, startMs)
    open.given = h
  }

  /** Adds a float by its bits with its start time, likewise. */
  addFloat(row: number, tMs: number, low: number, high: number, startMs: number): void {
    let open = this.chunks.get(row)
    if (open === undefined || !(open.state instanceof Xor2State) || this.mustCutFloats(row, open, tMs)) {
      this.places.seal(row)
      open = this.install(row, { state: new Xor2State(), minT: tMs, cutAt: this.rangeEnd(tMs), foreseen: false, given: null })
    }
    const { m, out } = this
    const state = open.state as Xor2State
    const at = state.bits >>> 3
    state.encode(tMs, low, high, startMs, out)
    this.write(row, open, at)
    const w = row << ROW_SHIFT
    m.rowsF[(w >>> 1) + ROWF_LAST_T] = tMs
    m.rows[w + ROW_LAST_LO] = low
    m.rows[w + ROW_LAST_HI] = high
  }

  /** As for floats without start times: 120 samples or equal parts up to the end of the range. */
  private mustCutFloats(row: number, open: OpenChunk, tMs: number): boolean {
    const { samples, length } = open.state
    if (!open.foreseen && samples >= FLOATS / 4) {
      const n = (open.cutAt - open.minT) / ((this.m.rowsF[(row << ROW_SHIFT >>> 1) + ROWF_LAST_T]! - open.minT + 1) * 4)
      if (n > 1) open.cutAt = Math.trunc(open.minT + (open.cutAt - open.minT) / Math.floor(n))
      open.foreseen = true
    }
    return tMs >= open.cutAt || samples >= 2 * FLOATS || length > TARGET_BYTES - MAX_FLOAT_BYTES
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
    state.writeHeader(bytes, from)
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

  private begin(row: number, tMs: number, h: Histogram | null, encoding: number, header: Header, foreseen: boolean, startMs: number): void {
    const state = new HistogramChunkState(encoding)
    state.header = header
    this.append(row, this.install(row, { state, minT: tMs, cutAt: this.rangeEnd(tMs), foreseen, given: h }), tMs, h, startMs)
  }

  /** Makes a chunk the open one of a row. */
  private install(row: number, open: OpenChunk): OpenChunk {
    const { m } = this
    const id = this.newRecord(open, FIRST_BYTES, 0)
    const w = row << ROW_SHIFT
    // For floats: one sample, and it ended long ago.
    m.rows[w + ROW_COUNT] = 1
    m.rows[w + ROW_ENC] = 1 << 21
    m.rowsF[(w >>> 1) + ROWF_CUT_AT] = -Infinity
    Atomics.store(m.rows, w + ROW_FIRST_FRAG, -id)
    this.chunks.set(row, open)
    return open
  }

  private append(row: number, open: OpenChunk, tMs: number, h: Histogram | null, startMs: number): void {
    const { m, out } = this
    const state = open.state as HistogramChunkState
    const at = state.bits >>> 3
    state.encode(tMs, h, out, startMs)
    this.write(row, open, at)
    const w = row << ROW_SHIFT
    m.rowsF[(w >>> 1) + ROWF_LAST_T] = tMs
    m.rows[w + ROW_LAST_LO] = NO_VALUE_LOW
    m.rows[w + ROW_LAST_HI] = NO_VALUE_HIGH
  }

  /** Puts what was encoded at byte `at` into the chunk's piece of memory. */
  private write(row: number, open: OpenChunk, at: number): void {
    const { state } = open
    this.reserve(row, open, state.length, at)
    const { bytes, from } = this.place(this.recordOf(row))
    const n = state.length - at
    for (let i = 0; i < n; i++) bytes[from + at + i] = this.out.bytes[i]!
    // Where the start times change is read with the samples behind that place only.
    state.writeHeader(bytes, from)
  }

  /** Encodes the chunk anew in the spans of `h`. */
  private recode(row: number, open: OpenChunk, before: HistogramChunkState, h: Histogram): OpenChunk {
    const { m, out } = this
    const id = this.recordOf(row)
    const old = this.place(id)
    const { state, bytes } = GrowingChunk.recoded(before, old.bytes, old.from, h, out)
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
    open.state.writeHeader(segment, from)
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
