import { CHUNK_INFO, CHUNK_LEN, CHUNK_PREV, CHUNK_PTR, CHUNK_WORDS, NO_MASK } from './layout.ts'
import type { HeadMemory } from './shared-memory.ts'
import { offsetOf, segmentOf } from './slab.ts'
import type { ChunkSlab } from './slab.ts'

/** The most samples that a chunk record can say. Chunks of histograms may have more: theirs is in the bytes. */
const MAX_INFO_SAMPLES = 1023

/** The records of full chunks: where their bytes are, their times, what is older. Record 0 is never used. */
export class ChunkRecords {
  private readonly m: HeadMemory
  private readonly slab: ChunkSlab
  private end = 1
  private readonly free: number[] = []

  /** @param slab where the bytes go */
  constructor(m: HeadMemory, slab: ChunkSlab) {
    this.m = m
    this.slab = slab
    m.grow('chunks', 4 * CHUNK_WORDS * 1024)
  }

  /** A free record. May make new views. @throws HeadMemoryError */
  take(): number {
    const free = this.free.pop()
    if (free !== undefined) return free
    this.growTo(this.end + 1)
    return this.end++
  }

  /** Makes sure that the next `n` calls of `take` succeed. @throws HeadMemoryError */
  reserve(n: number): void {
    this.growTo(this.end + n - this.free.length + 1)
  }

  private growTo(records: number): void {
    const words = records * CHUNK_WORDS
    if (words > this.m.chunks.length) this.m.grow('chunks', 4 * words)
  }

  /** Writes a chunk's record and a copy of `b[from..from + length)`; nothing points to it yet. @returns its number @throws HeadMemoryError */
  write(minT: number, maxT: number, encoding: number, samples: number, no: number, older: number, b: Uint8Array, from: number, length: number): number {
    const { m } = this
    const id = this.take()
    let ptr: number
    try {
      ptr = this.slab.take(length)
    } catch (err) {
      this.free.push(id)
      throw err
    }
    const c = id * CHUNK_WORDS
    m.segments[segmentOf(ptr)]!.set(b.subarray(from, from + length), offsetOf(ptr))
    m.chunksF[c >>> 1] = minT
    m.chunksF[(c >>> 1) + 1] = maxT
    m.chunks[c + CHUNK_PTR] = ptr
    m.chunks[c + CHUNK_LEN] = (encoding << 24) | length
    m.chunks[c + CHUNK_INFO] = (Math.min(samples, MAX_INFO_SAMPLES) << 22) | (no & NO_MASK)
    m.chunks[c + CHUNK_PREV] = older
    return id
  }

  /** Takes a record and its bytes back; no reader may see it any more. */
  give(id: number): void {
    const { chunks } = this.m
    const c = id * CHUNK_WORDS
    this.slab.give(chunks[c + CHUNK_PTR]!, chunks[c + CHUNK_LEN]! & 0xffffff)
    this.free.push(id)
  }
}
