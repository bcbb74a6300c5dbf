import { closeSync, fsyncSync, mkdirSync, openSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { encodeXor2Chunk } from '../xor2-chunk.ts'
import { NO_WINDOW, XorState, encodeFirst, encodeNext } from '../xor-encode.ts'
import type { SampleColumns } from '@haechi/storage'
import { HistogramChunkBuilder } from '../histogram/chunk-builder.ts'
import { HEADER, encodingFor } from '../histogram/layout.ts'
import type { Header } from '../histogram/layout.ts'
import { ENCODING } from '../layout.ts'
import { printBlockMeta } from './block-meta.ts'
import type { BlockMeta } from './block-meta.ts'
import { ChunkFileWriter } from './chunk-file-writer.ts'
import { IndexFileWriter } from './index-file-writer.ts'
import { printTombstones } from './tombstones.ts'

/** Folders of blocks that are being written; removed at the next start. As Prometheus. */
export const CREATION_SUFFIX = '.tmp-for-creation'

/** As many samples as a chunk that is encoded anew gets at most. */
const SAMPLES_PER_CHUNK = 120
/** The longest chunk of that many samples: 145 bits each, two bytes in front, and what the encoder may touch behind. */
const CHUNK_BYTES = 2 + 20 + SAMPLES_PER_CHUNK * 19 + 16

/** Writes one block into a temporary folder, which `finish` gives its name: it is there as a whole or not at all. */
export class BlockWriter {
  readonly ulid: string
  private readonly dataDir: string
  private readonly temp: string
  private readonly index: IndexFileWriter
  private readonly chunks: ChunkFileWriter
  private readonly xor = new XorState()
  private readonly scratch = new Uint8Array(CHUNK_BYTES)
  private readonly histograms = new HistogramChunkBuilder((minT, maxT, encoding, samples, b, length) => this.addChunk(minT, maxT, encoding, samples, b, 0, length))
  private minTs = new Float64Array(64)
  private maxTs = new Float64Array(64)
  private places = new Float64Array(64)
  private pending = 0
  private samples = 0
  private chunkCount = 0

  /** @param symbols UTF-8, ascending, each once @throws Error of the file system */
  constructor(dataDir: string, ulid: string, symbols: readonly Uint8Array[]) {
    this.dataDir = dataDir
    this.ulid = ulid
    this.temp = path.join(dataDir, ulid + CREATION_SUFFIX)
    rmSync(this.temp, { recursive: true, force: true })
    try {
      mkdirSync(path.join(this.temp, 'chunks'), { recursive: true })
      this.index = new IndexFileWriter(path.join(this.temp, 'index'), symbols)
    } catch (err) {
      rmSync(this.temp, { recursive: true, force: true })
      throw err
    }
    this.chunks = new ChunkFileWriter(path.join(this.temp, 'chunks'))
  }

  /** Samples so far. */
  get numSamples(): number {
    return this.samples
  }

  /** Bytes of chunks so far. */
  get chunkBytes(): number {
    return this.chunks.bytes
  }

  /** Adds a chunk of the coming series as it is; chunks come in the order of time. */
  addChunk(minT: number, maxT: number, encoding: number, samples: number, b: Uint8Array, from: number, length: number): void {
    if (this.pending === this.places.length) {
      this.minTs = longer(this.minTs)
      this.maxTs = longer(this.maxTs)
      this.places = longer(this.places)
    }
    const i = this.pending++
    this.minTs[i] = minT
    this.maxTs[i] = maxT
    this.places[i] = this.chunks.add(encoding, b, from, length)
    this.samples += samples
    this.chunkCount++
  }

  /** Encodes samples into chunks: floats into some of about equal size, histograms as their buckets want it. @param header of the chunk that the first one begins, if it is a histogram */
  addColumns(columns: SampleColumns, header: Header = HEADER.unknown): void {
    this.histograms.firstHeader = header
    const { ts, histograms, startsMs, length } = columns
    // Chunks say when their samples began only where they know it: the others are those that every Prometheus reads.
    const starts = startsMs !== null && startsMs.subarray(0, length).some(s => s !== 0) ? startsMs : null
    if (histograms === null) {
      this.addFloats(columns, starts !== null, 0, length)
      return
    }
    let encoding: number = ENCODING.xor
    let start = 0
    for (let i = 0; i < length; i++) {
      const h = histograms[i]!
      // A staleness marker is of the kind of what ended.
      const next = h !== null ? encodingFor(h, starts !== null) : columns.isStale(i) ? encoding : ENCODING.xor
      if (next !== encoding && encoding === ENCODING.xor) this.addFloats(columns, starts !== null, start, i)
      if (next === ENCODING.xor && encoding !== ENCODING.xor) {
        this.histograms.end()
        start = i
      }
      encoding = next
      if (encoding !== ENCODING.xor) this.histograms.add(ts[i]!, h, encoding, starts?.[i] ?? 0)
    }
    if (encoding === ENCODING.xor) this.addFloats(columns, starts !== null, start, length)
    else this.histograms.end()
  }

  private addFloats(columns: SampleColumns, starts: boolean, from: number, to: number): void {
    const { ts, bits } = columns
    const n = to - from
    const parts = Math.ceil(n / SAMPLES_PER_CHUNK)
    for (let p = 0; p < parts; p++) {
      const first = from + Math.floor((n * p) / parts)
      const end = from + Math.floor((n * (p + 1)) / parts)
      if (!starts) this.encode(ts, bits, first, end)
      else {
        const chunk = encodeXor2Chunk(columns, first, end)
        this.addChunk(ts[first]!, ts[end - 1]!, ENCODING.xor2, end - first, chunk, 0, chunk.length)
      }
    }
  }

  private encode(ts: Float64Array, bits: Uint32Array, from: number, to: number): void {
    const { xor, scratch } = this
    scratch.fill(0)
    scratch[0] = (to - from) >>> 8
    scratch[1] = (to - from) & 255
    xor.bit = 0
    xor.lead = NO_WINDOW
    encodeFirst(scratch, 2, xor, ts[from]!, bits[2 * from]!, bits[2 * from + 1]!)
    for (let i = from + 1; i < to; i++) encodeNext(scratch, 2, xor, i - from, ts[i]!, bits[2 * i]!, bits[2 * i + 1]!)
    this.addChunk(ts[from]!, ts[to - 1]!, ENCODING.xor, to - from, scratch, 0, 2 + ((xor.bit + 7) >>> 3))
  }

  /** Ends a series: the chunks since the last one are its. Without a chunk it is left out. Labels must come in ascending order. */
  endSeries(pairs: Int32Array, n: number): void {
    if (this.pending === 0) return
    this.index.addSeries(pairs, n, this.minTs, this.maxTs, this.places, this.pending)
    this.pending = 0
  }

  /**
   * Completes the files, brings them to the disk and gives the block its name. Without a sample nothing is left.
   * @returns the block's meta, undefined if it would be empty
   * @throws Error of the file system; then nothing is left
   */
  finish(minTime: number, maxTime: number, compaction: BlockMeta['compaction']): BlockMeta | undefined {
    try {
      if (this.samples === 0) {
        this.discard()
        return undefined
      }
      this.chunks.finish()
      this.index.finish()
      const meta: BlockMeta = {
        ulid: this.ulid, minTime, maxTime, stats: { numSamples: this.samples, numSeries: this.index.series, numChunks: this.chunkCount, numTombstones: 0 }, compaction,
      }
      writeDurably(path.join(this.temp, 'meta.json'), printBlockMeta(meta))
      writeDurably(path.join(this.temp, 'tombstones'), printTombstones(new Map()))
      syncFolder(path.join(this.temp, 'chunks'))
      syncFolder(this.temp)
      renameSync(this.temp, path.join(this.dataDir, this.ulid))
      syncFolder(this.dataDir)
      return meta
    } catch (err) {
      this.discard()
      throw err
    }
  }

  /** Leaves nothing behind. */
  discard(): void {
    this.chunks.discard()
    this.index.discard()
    rmSync(this.temp, { recursive: true, force: true })
  }
}

function writeDurably(file: string, content: string | Uint8Array): void {
  const fd = openSync(file, 'wx')
  try {
    writeFileSync(fd, content)
    fsyncSync(fd)
  } finally {
    closeSync(fd)
  }
}

/** Makes the entries of a folder durable, where the file system can. */
export function syncFolder(dir: string): void {
  let fd: number
  try {
    fd = openSync(dir, 'r')
  } catch {
    // Windows opens no folders.
    return
  }
  try {
    fsyncSync(fd)
  } catch {
    // Some file systems can't sync a folder; the rename is then as durable as they make it.
  } finally {
    closeSync(fd)
  }
}

function longer(a: Float64Array): Float64Array<ArrayBuffer> {
  const b = new Float64Array(2 * a.length)
  b.set(a)
  return b
}
