import { FRAG_BYTES, FRAG_NEXT_WORD, SEGMENT_UNITS_SHIFT, UNIT } from './layout.ts'
import type { HeadMemory } from './shared-memory.ts'
import { HeadMemoryError } from './shared-memory.ts'

/** Gives out fragments for open chunks. Fragment 0 is never used. */
export class FragmentPool {
  private readonly m: HeadMemory
  private next = 1
  private capacity = 0
  /** Newest free chain: free fragments are linked by their own last word. */
  private freeHead = 0
  private freeCount = 0

  constructor(m: HeadMemory) {
    this.m = m
  }

  /** Fragments that are given out. */
  get used(): number {
    return this.next - 1 - this.freeCount
  }

  /** Makes sure that the next `n` calls of `take` succeed. @throws HeadMemoryError */
  reserve(n: number): void {
    const last = this.next + n - this.freeCount
    if (last > this.capacity) this.growTo(last)
  }

  /** A fragment of zeros. May make new views. @throws HeadMemoryError */
  take(): number {
    const m = this.m
    const frag = this.freeHead
    if (frag === 0) {
      if (this.next >= this.capacity) this.growTo(this.next + 1)
      return this.next++
    }
    this.freeCount--
    const w = frag * 16
    const words = m.fragWords
    this.freeHead = words[w + FRAG_NEXT_WORD]!
    for (let i = 0; i < 16; i++) words[w + i] = 0
    return frag
  }

  /** Takes a whole chain back. */
  give(first: number): void {
    const words = this.m.fragWords
    let last = first
    let n = 1
    for (let next = words[last * 16 + FRAG_NEXT_WORD]!; next !== 0; next = words[last * 16 + FRAG_NEXT_WORD]!, n++) last = next
    words[last * 16 + FRAG_NEXT_WORD] = this.freeHead
    this.freeHead = first
    this.freeCount += n
  }

  private growTo(capacity: number): void {
    this.m.grow('frags', capacity * FRAG_BYTES)
    this.capacity = Math.floor(this.m.frags.length / FRAG_BYTES)
  }
}

/** Pieces of fewer units than this are kept in a list for their length, longer ones in one for their power of two. */
const LISTS = 128

/** Gives out bytes for full chunks in units of 16. Pieces of one length come back from a list, longer ones are split. */
export class ChunkSlab {
  private readonly m: HeadMemory
  private readonly lists: number[][] = Array.from({ length: LISTS + 1 }, () => [])
  /** By the logarithm of their length in units. */
  private readonly long: number[][] = Array.from({ length: 32 }, () => [])
  private segment = 0
  private at = 0

  constructor(m: HeadMemory) {
    this.m = m
  }

  /** @returns a pointer in units; the memory holds old bytes. May make new views. @throws HeadMemoryError */
  take(bytes: number): number {
    const units = Math.ceil(bytes / UNIT)
    if (units < LISTS) {
      // The same length, or up to twice as long and split.
      for (let n = units; n < LISTS && n <= 2 * units; n++) {
        const ptr = this.lists[n]!.pop()
        if (ptr === undefined) continue
        if (n > units) this.lists[n - units]!.push(ptr + units)
        return ptr
      }
      return this.bump(units) ?? this.splitAny(units)
    }
    // Long pieces (of histograms) come in powers of two, so that what is given back fits again.
    const size = 32 - Math.clz32(units - 1)
    for (let s = size; s < size + 4; s++) {
      const ptr = this.long[s]!.pop()
      if (ptr === undefined) continue
      for (let half = s - 1; half >= size; half--) this.long[half]!.push(ptr + 2 ** half)
      return ptr
    }
    const ptr = this.bump(2 ** size)
    if (ptr === undefined) throw new HeadMemoryError('chunks')
    return ptr
  }

  /** Whether `bytes` in pieces of at most 1 KiB (or one piece) can be had from memory that was never used. */
  hasFresh(bytes: number): boolean {
    const m = this.m
    const { segments } = m.handles
    try {
      const end = this.at + bytes + 2 * UNIT
      if (end <= segments[this.segment]!.maxByteLength) {
        if (end > m.segments[this.segment]!.length) m.growSegment(this.segment, end)
        return true
      }
      const next = segments[this.segment + 1]
      if (next === undefined || bytes + 2 * UNIT > next.maxByteLength) return false
      if (bytes + 2 * UNIT > m.segments[this.segment + 1]!.length) m.growSegment(this.segment + 1, bytes + 2 * UNIT)
      return true
    } catch (err) {
      if (err instanceof HeadMemoryError) return false
      throw err
    }
  }

  /** Takes the memory of a chunk of `bytes` back. */
  give(ptr: number, bytes: number): void {
    const units = Math.ceil(bytes / UNIT)
    if (units < LISTS) this.lists[units]!.push(ptr)
    else this.long[32 - Math.clz32(units - 1)]!.push(ptr)
  }

  /** The last resort: a piece of any free one that is longer. */
  private splitAny(units: number): number {
    for (let n = 2 * units + 1; n < LISTS; n++) {
      const ptr = this.lists[n]!.pop()
      if (ptr === undefined) continue
      this.lists[n - units]!.push(ptr + units)
      return ptr
    }
    for (let s = 7; s < this.long.length; s++) {
      const ptr = this.long[s]!.pop()
      if (ptr === undefined) continue
      for (let half = s - 1; half >= 7; half--) this.long[half]!.push(ptr + 2 ** half)
      // The lowest 128 units are left of it.
      this.lists[LISTS - units]!.push(ptr + units)
      return ptr
    }
    throw new HeadMemoryError('chunks')
  }

  /** @returns undefined when all segments are used, or the system gives no more */
  private bump(units: number): number | undefined {
    const m = this.m
    const segments = m.handles.segments
    // One unit stays free at the end: decoders look a few bytes ahead.
    while (this.at + (units + 1) * UNIT > segments[this.segment]!.maxByteLength) {
      if (this.segment + 1 === segments.length) return undefined
      this.segment++
      this.at = 0
    }
    const end = this.at + (units + 1) * UNIT
    try {
      if (end > m.segments[this.segment]!.length) m.growSegment(this.segment, end)
    } catch (err) {
      if (err instanceof HeadMemoryError) return undefined
      throw err
    }
    const ptr = (this.segment << SEGMENT_UNITS_SHIFT) + this.at / UNIT
    this.at += units * UNIT
    return ptr
  }
}

/** Index into `HeadMemory.segments` of a chunk pointer. */
export const segmentOf = (ptr: number): number => ptr >>> SEGMENT_UNITS_SHIFT

/** Byte offset in its segment. */
export const offsetOf = (ptr: number): number => (ptr & ((1 << SEGMENT_UNITS_SHIFT) - 1)) * UNIT

