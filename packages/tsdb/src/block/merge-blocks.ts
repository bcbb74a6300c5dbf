import { SampleColumns } from '@haechi/storage'
import { appendColumns, dropDeletedColumns, emptyColumns, mergeColumns } from '../columns.ts'
import { covers, touches } from '../intervals.ts'
import { BlockError } from './block-error.ts'
import type { BlockMeta, ListedBlock } from './block-meta.ts'
import { BlockReader } from './block-reader.ts'
import { BlockWriter } from './block-writer.ts'
import { SeriesEntry } from './index-file.ts'
import { samplesOf } from '../start-times.ts'
import { FROM_OUT_OF_ORDER } from './block-meta.ts'
import { Pace } from './pace.ts'
import { newUlid } from './ulid.ts'

/** What a merge made of its blocks. */
export interface MergeReport {
  /** Undefined when everything in the blocks was deleted. */
  readonly block: BlockMeta | undefined
  readonly chunkBytes: number
  readonly durationMs: number
}

/**
 * Merges blocks into one, which names them as its parents; they are left where they are. Deleted samples are left out. Chunks that overlap
 * are decoded, merged and encoded anew; all others are copied.
 *
 * @param lineage `rewritten`: one block without its deleted samples; it begins anew at level 1, as in Prometheus
 * @throws BlockError when a block is damaged; Error of the file system
 */
export async function mergeBlocks(dataDir: string, blocks: readonly ListedBlock[], nowMs: number, lineage: 'merged' | 'rewritten' = 'merged'): Promise<MergeReport> {
  const started = performance.now()
  const sources: Source[] = []
  try {
    for (const block of [...blocks].sort((a, b) => a.meta.minTime - b.meta.minTime)) sources.push(new Source(new BlockReader(block)))
    const symbols = mergeSymbols(sources)
    const writer = new BlockWriter(dataDir, newUlid(nowMs), symbols)
    try {
      await new Merge(sources, writer).run()
    } catch (err) {
      writer.discard()
      throw err
    }
    const metas = sources.map(s => s.reader.block.meta)
    const block = writer.finish(Math.min(...metas.map(m => m.minTime)), Math.max(...metas.map(m => m.maxTime)), {
      level: lineage === 'rewritten' ? 1 : Math.max(...metas.map(m => m.compaction.level)) + 1,
      sources: lineage === 'rewritten' ? [writer.ulid] : [...new Set(metas.flatMap(m => m.compaction.sources))].sort(),
      parents: metas.map(m => ({ ulid: m.ulid, minTime: m.minTime, maxTime: m.maxTime })),
      // Only blocks of samples in order say where the head begins; see `newestBlockEnd`.
      hints: metas.every(m => m.compaction.hints.includes(FROM_OUT_OF_ORDER)) ? [FROM_OUT_OF_ORDER] : [],
    })
    return { block, chunkBytes: writer.chunkBytes, durationMs: performance.now() - started }
  } finally {
    for (const s of sources) s.reader.close()
  }
}

/** One of the blocks that are merged: walks its series in the order of their labels. */
class Source {
  readonly reader: BlockReader
  readonly entry = new SeriesEntry()
  /** Symbol of the block to symbol of the result. */
  rank: Int32Array = new Int32Array(0)
  private readonly refs: Int32Array
  private at = -1

  constructor(reader: BlockReader) {
    this.reader = reader
    this.refs = reader.index.all()
  }

  /** Offset of the present series in units of 16 bytes. */
  get ref(): number {
    return this.refs[this.at]!
  }

  /** Whether there is no further series. */
  get ended(): boolean {
    return this.at >= this.refs.length
  }

  /** Goes to the next series; its pairs are those of the result. @returns false at the end */
  next(): boolean {
    if (++this.at >= this.refs.length) return false
    const { entry } = this
    this.reader.index.series(this.refs[this.at]!, entry)
    for (let i = 0; i < 2 * entry.count; i++) {
      const symbol = entry.pairs[i]!
      if (symbol >= this.rank.length) throw new BlockError(this.reader.index.window.file, `unknown symbol ${symbol}`)
      entry.pairs[i] = this.rank[symbol]!
    }
    return true
  }
}

/** The symbols of all sources in order, each once; fills the ranks of the sources. */
function mergeSymbols(sources: readonly Source[]): Uint8Array[] {
  const out: Uint8Array[] = []
  const at = new Int32Array(sources.length)
  for (const s of sources) s.rank = new Int32Array(s.reader.index.symbolCount)
  for (;;) {
    let least: Uint8Array | undefined
    for (let i = 0; i < sources.length; i++) {
      const { index } = sources[i]!.reader
      if (at[i]! >= index.symbolCount) continue
      const symbol = index.symbolView(at[i]!)
      if (least === undefined || Buffer.compare(symbol, least) < 0) least = symbol
    }
    if (least === undefined) return out
    for (let i = 0; i < sources.length; i++) {
      const { index } = sources[i]!.reader
      if (at[i]! >= index.symbolCount || Buffer.compare(index.symbolView(at[i]!), least) !== 0) continue
      sources[i]!.rank[at[i]!] = out.length
      at[i]!++
    }
    out.push(least)
  }
}

function compareEntries(a: SeriesEntry, b: SeriesEntry): number {
  const n = 2 * Math.min(a.count, b.count)
  for (let i = 0; i < n; i++) if (a.pairs[i] !== b.pairs[i]) return a.pairs[i]! - b.pairs[i]!
  return a.count - b.count
}

class Merge {
  private readonly sources: readonly Source[]
  private readonly writer: BlockWriter
  private readonly pace = new Pace()
  /** Chunks of the present series from all sources: source, place, times; then their order. */
  private readonly from: Source[] = []
  private readonly places: number[] = []
  private readonly minTs: number[] = []
  private readonly maxTs: number[] = []
  private readonly order: number[] = []
  private readonly run1 = new SampleColumns()
  private readonly run2 = new SampleColumns()
  private readonly one = new SampleColumns()

  constructor(sources: readonly Source[], writer: BlockWriter) {
    this.sources = sources
    this.writer = writer
  }

  async run(): Promise<void> {
    let alive = this.sources.filter(s => s.next())
    const equal: Source[] = []
    while (alive.length > 0) {
      const pause = this.pace.turn()
      if (pause !== undefined) await pause
      equal.length = 0
      for (const s of alive) {
        const order = equal.length === 0 ? -1 : compareEntries(s.entry, equal[0]!.entry)
        if (order > 0) continue
        if (order < 0) equal.length = 0
        equal.push(s)
      }
      this.series(equal)
      let ended = false
      for (const s of equal) if (!s.next()) ended = true
      if (ended) alive = alive.filter(s => !s.ended)
    }
  }

  private series(sources: readonly Source[]): void {
    const { from, places, minTs, maxTs, order } = this
    from.length = places.length = minTs.length = maxTs.length = order.length = 0
    for (const s of sources) {
      const { entry } = s
      for (let k = 0; k < entry.chunks; k++) {
        order.push(places.length)
        from.push(s)
        places.push(entry.refs[k]!)
        minTs.push(entry.minTs[k]!)
        maxTs.push(entry.maxTs[k]!)
      }
    }
    order.sort((a, b) => minTs[a]! - minTs[b]! || maxTs[a]! - maxTs[b]! || a - b)
    for (let i = 0; i < order.length; ) {
      let end = maxTs[order[i]!]!
      let k = i + 1
      while (k < order.length && minTs[order[k]!]! <= end) {
        end = Math.max(end, maxTs[order[k]!]!)
        k++
      }
      if (k === i + 1) this.single(order[i]!)
      else this.overlapping(i, k)
      i = k
    }
    const { pairs, count } = sources[0]!.entry
    this.writer.endSeries(pairs, count)
  }

  private single(c: number): void {
    const source = this.from[c]!
    const { chunks, tombstones } = source.reader
    const deleted = tombstones.get(source.ref)
    const minT = this.minTs[c]!
    const maxT = this.maxTs[c]!
    if (deleted !== undefined && touches(deleted, minT, maxT)) {
      if (covers(deleted, minT, maxT)) return
      const { one } = this
      this.decode(c, one)
      this.writer.addColumns(one)
      return
    }
    chunks.read(this.places[c]!)
    const samples = chunks.length < 2 ? 0 : samplesOf(chunks.encoding, chunks.bytes, chunks.from)
    this.writer.addChunk(minT, maxT, chunks.encoding, samples, chunks.bytes, chunks.from, chunks.length)
  }

  /** Chunks order[i] to order[k - 1] overlap in a chain. */
  private overlapping(i: number, k: number): void {
    let merged = this.run1
    let other = this.run2
    emptyColumns(merged)
    for (let c = i; c < k; c++) {
      const { one } = this
      this.decode(this.order[c]!, one)
      if (merged.length === 0 || (one.length > 0 && one.ts[0]! > merged.ts[merged.length - 1]!)) appendColumns(merged, one)
      else {
        mergeColumns(merged, one, other)
        const swap = merged
        merged = other
        other = swap
      }
    }
    this.writer.addColumns(merged)
  }

  /** The samples of a chunk that are not deleted. */
  private decode(c: number, into: SampleColumns): void {
    const source = this.from[c]!
    const { reader } = source
    emptyColumns(into)
    reader.appendChunk(this.places[c]!, into)
    const deleted = reader.tombstones.get(source.ref)
    if (deleted !== undefined) dropDeletedColumns(into, deleted)
  }
}
