import { addressSpace } from './head-limits.ts'
import {
  CTL_BYTES, CTL_GROWN, CTL_LAYOUT, LAYOUT_VERSION, SEGMENT_BYTES,
} from './layout.ts'

declare global {
  // ES2024, which Node 20 has and the es2023 library lacks.
  interface SharedArrayBuffer {
    readonly maxByteLength: number
    grow(length: number): void
  }
  interface SharedArrayBufferConstructor {
    new (length: number, options: { readonly maxByteLength: number }): SharedArrayBuffer
  }
}

/** The buffers of a head, for `workerData` or `postMessage`: they are shared, not copied. */
export interface HeadHandles {
  readonly control: SharedArrayBuffer
  readonly rows: SharedArrayBuffer
  readonly labels: SharedArrayBuffer
  readonly chunks: SharedArrayBuffer
  readonly frags: SharedArrayBuffer
  readonly text: SharedArrayBuffer
  readonly symbols: SharedArrayBuffer
  readonly symbolTable: SharedArrayBuffer
  readonly pairs: SharedArrayBuffer
  readonly pairTable: SharedArrayBuffer
  readonly postings: SharedArrayBuffer
  readonly names: SharedArrayBuffer
  /** Out-of-order chunks and deletions by row. */
  readonly extras: SharedArrayBuffer
  /** Bytes of full chunks, filled one after the other. */
  readonly segments: readonly SharedArrayBuffer[]
}

/** The growable buffers by name. */
export type HeadBuffer = Exclude<keyof HeadHandles, 'control' | 'segments'>

/** The head ran out of address space for one of its buffers. */
export class HeadMemoryError extends Error {
  constructor(what: string) {
    super(`the head's memory for ${what} is full`)
    this.name = 'HeadMemoryError'
  }
}

/** Reserves address space, not memory: pages count when they are first written. Halves the wish while the system refuses it. */
function reserve(bytes: number): SharedArrayBuffer {
  for (let size = bytes; ; size /= 2) {
    try {
      return new SharedArrayBuffer(0, { maxByteLength: size })
    } catch (err) {
      if (size <= 2 ** 22) throw err
    }
  }
}

/** @param budget bytes of address space for all of them */
function reserveSegments(budget: number): SharedArrayBuffer[] {
  if (budget < SEGMENT_BYTES) return [reserve(Math.floor(budget / 65536) * 65536)]
  const out: SharedArrayBuffer[] = []
  for (let i = 0; i < Math.min(MOST_SEGMENTS, Math.floor(budget / SEGMENT_BYTES)); i++) {
    try {
      out.push(new SharedArrayBuffer(0, { maxByteLength: SEGMENT_BYTES }))
    } catch {
      if (out.length > 0) break
      // Not even one GiB: a single small segment.
      out.push(reserve(SEGMENT_BYTES / 2))
      break
    }
  }
  return out
}

const MOST_SEGMENTS = 32
/** The parts of a limited address space that chunks and all other buffers reserve; the rest is for JavaScript, threads and files. */
const SEGMENTS_PART = 0.2
const BUFFERS_PART = 0.2

/** Makes the buffers of an empty head. */
export function newHeadHandles(): HeadHandles {
  const space = addressSpace()
  // Nine large buffers and five smaller ones, which are a quarter of them at most.
  const max = Math.min(2 ** 31 - 2 ** 16, Math.floor((space * BUFFERS_PART) / 11 / 65536) * 65536)
  // Powers of two: tables double.
  const small = (bytes: number): SharedArrayBuffer => reserve(2 ** Math.floor(Math.log2(Math.min(bytes, max / 2))))
  const control = new SharedArrayBuffer(CTL_BYTES)
  new Int32Array(control)[CTL_LAYOUT] = LAYOUT_VERSION
  return {
    control, rows: reserve(max), labels: reserve(max), chunks: reserve(max), frags: reserve(max), text: reserve(max), symbols: reserve(max / 4), symbolTable: small(2 ** 30),
    pairs: reserve(max), pairTable: small(2 ** 30), postings: reserve(max), names: small(2 ** 24), extras: small(2 ** 28), segments: reserveSegments(space * SEGMENTS_PART),
  }
}

/**
 * Fixed-length views on the head's buffers, made anew by {@link refresh} when a buffer grew.
 * (Views that track a growable buffer are 20 to 60 times slower; see docs/decisions/head-memory.md.)
 *
 * Copy a view into a local variable before a loop, and call nothing in the loop that may refresh.
 */
export class HeadMemory {
  readonly handles: HeadHandles
  readonly ctl: Int32Array
  readonly ctlF: Float64Array
  rows!: Int32Array
  rowsF!: Float64Array
  labels!: Int32Array
  chunks!: Int32Array
  chunksF!: Float64Array
  frags!: Uint8Array
  fragWords!: Int32Array
  text!: Uint8Array
  /** The same bytes with `toString`. */
  textBuffer!: Buffer
  symbols!: Int32Array
  symbolTable!: Int32Array
  pairs!: Int32Array
  pairTable!: Int32Array
  postings!: Int32Array
  names!: Int32Array
  extras!: Int32Array
  segments: Uint8Array[] = []
  /** Bytes that the buffers have grown to; at most half more than what is written. The writer's only. */
  bytes = 0
  /** A buffer is nearly as long as its reserved address space allows. The writer's only. */
  cramped = false
  private seen = -1

  constructor(handles: HeadHandles) {
    this.handles = handles
    this.ctl = new Int32Array(handles.control)
    this.ctlF = new Float64Array(handles.control)
    if (this.ctl[CTL_LAYOUT] !== LAYOUT_VERSION) throw new Error(`BUG: head memory has layout ${this.ctl[CTL_LAYOUT]}, this code reads layout ${LAYOUT_VERSION}`)
    this.refresh()
  }

  /** Makes the views reach all that was published before the call. */
  refresh(): void {
    const grown = Atomics.load(this.ctl, CTL_GROWN)
    if (grown === this.seen) return
    this.seen = grown
    const h = this.handles
    this.rows = words(h.rows)
    this.rowsF = doubles(h.rows)
    this.labels = words(h.labels)
    this.chunks = words(h.chunks)
    this.chunksF = doubles(h.chunks)
    this.frags = new Uint8Array(h.frags, 0, h.frags.byteLength)
    this.fragWords = words(h.frags)
    this.text = new Uint8Array(h.text, 0, h.text.byteLength)
    this.textBuffer = Buffer.from(h.text, 0, h.text.byteLength)
    this.symbols = words(h.symbols)
    this.symbolTable = words(h.symbolTable)
    this.pairs = words(h.pairs)
    this.pairTable = words(h.pairTable)
    this.postings = words(h.postings)
    this.names = words(h.names)
    this.extras = words(h.extras)
    this.segments = h.segments.map(s => new Uint8Array(s, 0, s.byteLength))
  }

  /** Makes a buffer at least `bytes` long (writer only). @throws HeadMemoryError when its reserved space is used up */
  grow(name: HeadBuffer, bytes: number): void {
    const before = this.handles[name].byteLength
    this.lengthen(this.handles[name], bytes, name)
    this.noteGrowth(this.handles[name], before)
    Atomics.add(this.ctl, CTL_GROWN, 1)
    this.refresh()
  }

  private noteGrowth(buffer: SharedArrayBuffer, before: number): void {
    this.bytes += buffer.byteLength - before
    if (buffer.byteLength > buffer.maxByteLength * NEARLY) this.cramped = true
  }

  private lengthen(buffer: SharedArrayBuffer, bytes: number, what: string): void {
    try {
      growBuffer(buffer, bytes, what)
    } catch (err) {
      this.cramped = true
      throw err
    }
  }

  /** Likewise for a chunk segment. */
  growSegment(index: number, bytes: number): void {
    const segment = this.handles.segments[index]!
    const before = segment.byteLength
    this.lengthen(segment, bytes, 'chunks')
    this.bytes += segment.byteLength - before
    if (index === this.handles.segments.length - 1 && segment.byteLength > segment.maxByteLength * NEARLY) this.cramped = true
    Atomics.add(this.ctl, CTL_GROWN, 1)
    this.refresh()
  }
}

/** The part of a buffer's address space from which no further series are taken: those that are there need some of the rest. */
const NEARLY = 0.8

function growBuffer(buffer: SharedArrayBuffer, bytes: number, what: string): void {
  if (bytes <= buffer.byteLength) return
  const max = buffer.maxByteLength
  if (bytes > max) throw new HeadMemoryError(what)
  // By half at a time, at least 1 MiB: the pages cost nothing before they are written.
  const wish = Math.max(bytes, buffer.byteLength * 1.5, 2 ** 20)
  try {
    buffer.grow(Math.min(max, Math.ceil(wish / 65536) * 65536))
  } catch (err) {
    // The system has no memory to give, e.g. under `ulimit -v`.
    if (err instanceof RangeError) throw new HeadMemoryError(what)
    throw err
  }
}

const words = (b: SharedArrayBuffer): Int32Array => new Int32Array(b, 0, b.byteLength >>> 2)
const doubles = (b: SharedArrayBuffer): Float64Array => new Float64Array(b, 0, b.byteLength >>> 3)
