import path from 'node:path'
import type { BlockMeta } from '../block/block-meta.ts'
import { BlockWriter } from '../block/block-writer.ts'
import { ChunkFiles } from '../block/chunk-files.ts'
import { SeriesEntry } from '../block/index-file.ts'
import { readTombstones } from '../block/tombstones.ts'
import type { Tombstones } from '../block/tombstones.ts'
import { newUlid } from '../block/ulid.ts'
import { dropDeletedColumns } from '../columns.ts'
import { covers, touches } from '../intervals.ts'
import { openForSalvage } from './salvage-index.ts'
import type { SalvagedIndex } from './salvage-index.ts'
import { ChunkCheck } from './verify-block.ts'

/** What a rewritten block no longer has. */
export interface RewriteLoss {
  /** Series of which nothing is left, and those that lost a part. */
  seriesLost: number
  seriesCut: number
  chunks: number
  /** About: by the times that the index tells and the block's mean. */
  samples: number
  minMs: number
  maxMs: number
  /** The deletions could not be read: what was deleted is there again. */
  tombstones: boolean
}

/**
 * Writes a block anew without its damaged chunks and series. Deletions are applied. The new block names the old one as its parent, so the
 * old one does not count any more.
 * @param meta of the old block, undefined if it can't be read
 * @returns undefined as block when nothing was left
 * @throws BlockError when nothing of the index can be read; Error of the file system, then nothing is changed
 */
export function rewriteBlock(dataDir: string, dir: string, meta: BlockMeta | undefined, nowMs: number): { readonly block: BlockMeta | undefined; readonly loss: RewriteLoss } {
  const loss: RewriteLoss = { seriesLost: 0, seriesCut: 0, chunks: 0, samples: 0, minMs: Infinity, maxMs: -Infinity, tombstones: false }
  let tombstones: Tombstones = new Map()
  try {
    tombstones = readTombstones(path.join(dir, 'tombstones'))
  } catch {
    loss.tombstones = true
  }
  const index = openForSalvage(path.join(dir, 'index'))
  let chunks: ChunkFiles | undefined
  try {
    try {
      chunks = new ChunkFiles(path.join(dir, 'chunks'), () => {})
    } catch {
      chunks = undefined
    }
    const { symbols, rank } = sortedSymbols(index)
    const kept = readableSeries(index, rank, loss)
    // Series that nothing points to are missing from the list, but the block knows how many it had.
    if (!index.complete && meta !== undefined) loss.seriesLost = Math.max(loss.seriesLost, meta.stats.numSeries - kept.refs.length)
    if (loss.seriesLost > 0 && meta !== undefined && meta.stats.numSeries > 0) {
      loss.samples += (loss.seriesLost * meta.stats.numSamples) / meta.stats.numSeries
      loss.minMs = meta.minTime
      loss.maxMs = meta.maxTime - 1
    }
    const writer = new BlockWriter(dataDir, newUlid(nowMs), symbols)
    try {
      const copy = new ChunkCopy(chunks, writer, tombstones, meta === undefined || meta.stats.numChunks === 0 ? 0 : meta.stats.numSamples / meta.stats.numChunks, loss)
      const entry = new SeriesEntry()
      let before = -1
      for (const at of kept.order) {
        // Two series of the same labels can't both stay.
        if (before >= 0 && kept.compare(before, at) === 0) {
          loss.seriesLost++
          continue
        }
        before = at
        index.series(kept.refs[at]!, entry)
        if (copy.series(entry, kept.refs[at]!)) writer.endSeries(kept.pairs.subarray(kept.starts[at]!, kept.starts[at + 1]!), (kept.starts[at + 1]! - kept.starts[at]!) / 2)
      }
      const ulid = path.basename(dir)
      const minTime = meta?.minTime ?? copy.minMs
      const maxTime = meta?.maxTime ?? copy.maxMs + 1
      const compaction = meta?.compaction ?? { level: 1, sources: [writer.ulid], parents: [], hints: [] }
      const block = writer.finish(minTime, maxTime, { ...compaction, parents: [{ ulid, minTime, maxTime }] })
      loss.samples = Math.round(loss.samples)
      return { block, loss }
    } catch (err) {
      writer.discard()
      throw err
    }
  } finally {
    index.close()
    chunks?.close()
  }
}

/** The readable symbols in order, each once, and the place of each old one among them; -1 for others. */
function sortedSymbols(index: SalvagedIndex): { readonly symbols: Uint8Array[]; readonly rank: Int32Array } {
  const order = Int32Array.from({ length: index.symbolCount }, (_, i) => i).filter(i => index.symbol(i) !== undefined).sort((a, b) => Buffer.compare(index.symbol(a)!, index.symbol(b)!))
  const symbols: Uint8Array[] = []
  const rank = new Int32Array(index.symbolCount).fill(-1)
  for (const i of order) {
    const s = index.symbol(i)!
    if (symbols.length === 0 || Buffer.compare(symbols.at(-1)!, s) !== 0) symbols.push(s)
    rank[i] = symbols.length - 1
  }
  return { symbols, rank }
}

interface KeptSeries {
  readonly refs: Int32Array
  /** Series i has the pairs starts[i] to starts[i + 1] - 1. */
  readonly starts: Int32Array
  readonly pairs: Int32Array
  readonly order: Int32Array
  compare(a: number, b: number): number
}

function readableSeries(index: SalvagedIndex, rank: Int32Array, loss: RewriteLoss): KeptSeries {
  const { refs } = index
  const entry = new SeriesEntry()
  const kept = new Int32Array(refs.length)
  const starts = new Int32Array(refs.length + 1)
  let pairs = new Int32Array(refs.length * 16 + 16)
  let n = 0
  let end = 0
  for (const ref of refs) {
    try {
      index.series(ref, entry)
      const labels: [number, number][] = []
      for (let i = 0; i < entry.count; i++) {
        const name = rank[entry.pairs[2 * i]!]
        const value = rank[entry.pairs[2 * i + 1]!]
        if (name === undefined || value === undefined || name < 0 || value < 0) throw new Error('unknown symbol')
        labels.push([name, value])
      }
      labels.sort((a, b) => a[0] - b[0])
      if (end + 2 * entry.count > pairs.length) {
        const more = new Int32Array(2 * (end + 2 * entry.count))
        more.set(pairs)
        pairs = more
      }
      for (const [name, value] of labels) {
        pairs[end++] = name
        pairs[end++] = value
      }
    } catch {
      loss.seriesLost++
      continue
    }
    kept[n++] = ref
    starts[n] = end
  }
  const compare = (a: number, b: number): number => {
    const lengthA = starts[a + 1]! - starts[a]!
    const lengthB = starts[b + 1]! - starts[b]!
    for (let i = 0; i < Math.min(lengthA, lengthB); i++) {
      const d = pairs[starts[a]! + i]! - pairs[starts[b]! + i]!
      if (d !== 0) return d
    }
    return lengthA - lengthB
  }
  return { refs: kept.subarray(0, n), starts, pairs, order: Int32Array.from({ length: n }, (_, i) => i).sort(compare), compare }
}

/** Copies the whole chunks of series. */
class ChunkCopy {
  minMs = Infinity
  maxMs = -Infinity
  private readonly chunks: ChunkFiles | undefined
  private readonly writer: BlockWriter
  private readonly tombstones: Tombstones
  private readonly samplesPerChunk: number
  private readonly loss: RewriteLoss
  private readonly check = new ChunkCheck()

  constructor(chunks: ChunkFiles | undefined, writer: BlockWriter, tombstones: Tombstones, samplesPerChunk: number, loss: RewriteLoss) {
    this.chunks = chunks
    this.writer = writer
    this.tombstones = tombstones
    this.samplesPerChunk = samplesPerChunk
    this.loss = loss
  }

  /** @returns whether anything of the series is left */
  series(entry: SeriesEntry, ref: number): boolean {
    const { loss, chunks } = this
    const deleted = this.tombstones.get(ref) ?? []
    let left = 0
    let bad = 0
    let last = -Infinity
    for (let c = 0; c < entry.chunks; c++) {
      const minMs = entry.minTs[c]!
      const maxMs = entry.maxTs[c]!
      if (chunks === undefined || minMs <= last || this.check.run(chunks, entry.refs[c]!, minMs, maxMs) !== undefined) {
        bad++
        loss.chunks++
        loss.samples += this.samplesPerChunk
        if (minMs < loss.minMs) loss.minMs = minMs
        if (maxMs > loss.maxMs) loss.maxMs = maxMs
        continue
      }
      last = maxMs
      if (minMs < this.minMs) this.minMs = minMs
      if (maxMs > this.maxMs) this.maxMs = maxMs
      if (this.copy(chunks, deleted, minMs, maxMs)) left++
    }
    if (bad > 0) {
      if (left === 0) loss.seriesLost++
      else loss.seriesCut++
    }
    return left > 0
  }

  /** Copies the chunk that was checked last, without what is deleted. @returns whether anything of it is left */
  private copy(chunks: ChunkFiles, deleted: readonly number[], minMs: number, maxMs: number): boolean {
    const { samples } = this.check
    if (covers(deleted, minMs, maxMs)) return false
    if (!touches(deleted, minMs, maxMs)) {
      this.writer.addChunk(minMs, maxMs, chunks.encoding, samples, chunks.bytes, chunks.from, chunks.length)
      return true
    }
    const { columns } = this.check
    dropDeletedColumns(columns, deleted)
    if (columns.length > 0) this.writer.addColumns(columns)
    return columns.length > 0
  }
}
