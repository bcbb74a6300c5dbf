import path from 'node:path'
import { compareText, matchesValue } from '@haechi/model'
import type { Labels, Matcher } from '@haechi/model'
import type { SampleColumns, SeriesSet } from '@haechi/storage'
import { dropDeletedColumns, emptyColumns } from '../columns.ts'
import { covers } from '../intervals.ts'
import { decodeChunk, isKnownEncoding } from '../chunk-decode.ts'
import { HistogramChunkError } from '../histogram/bits.ts'
import { ENCODING } from '../layout.ts'
import { intersect } from '../select-rows.ts'
import { samplesOf } from '../start-times.ts'
import { BlockError } from './block-error.ts'
import type { ListedBlock } from './block-meta.ts'
import { ChunkFiles } from './chunk-files.ts'
import { BlockIndex, SeriesEntry } from './index-file.ts'
import { readTombstones } from './tombstones.ts'
import type { Tombstones } from './tombstones.ts'

/** One block, open for reading in one thread. All files are opened at once, so that deleting the block does not disturb who reads it. */
export class BlockReader {
  readonly block: ListedBlock
  readonly index: BlockIndex
  readonly chunks: ChunkFiles
  tombstones: Tombstones
  /** Queriers that use it. */
  users = 0
  /** `performance.now()` of its last use. */
  usedMs = 0
  /** Chunks passed over because their encoding is not known. */
  skippedChunks = 0

  /** @throws BlockError; Error of the file system with code ENOENT when the block has gone */
  constructor(block: ListedBlock) {
    this.block = block
    this.index = new BlockIndex(path.join(block.dir, 'index'))
    try {
      this.chunks = new ChunkFiles(path.join(block.dir, 'chunks'))
    } catch (err) {
      this.index.close()
      throw err
    }
    try {
      this.tombstones = readTombstones(path.join(block.dir, 'tombstones'))
    } catch (err) {
      this.close()
      throw err
    }
  }

  /** Whether the block may have samples with `minMs <= t <= maxMs`. */
  overlaps(minMs: number, maxMs: number): boolean {
    return this.block.meta.minTime <= maxMs && this.block.meta.maxTime > minMs
  }

  /** Series that satisfy all matchers, ascending. */
  select(matchers: readonly Matcher[]): Int32Array {
    const { index } = this
    const lists: Int32Array[] = []
    const without: Matcher[] = []
    for (const matcher of matchers) {
      // A missing label has the empty value: what the empty value satisfies can only take series away.
      if (matchesValue(matcher, '')) without.push(matcher)
      else {
        const list = matcher.type === '=' ? index.equal(matcher.name, matcher.value) : index.union(matcher, true)
        if (list.length === 0) return list
        lists.push(list)
      }
    }
    lists.sort((a, b) => a.length - b.length)
    let refs = lists[0] ?? index.all()
    for (let i = 1; i < lists.length && refs.length > 0; i++) refs = intersect(refs, lists[i]!)
    for (const matcher of without) {
      if (refs.length === 0) break
      refs = subtract(refs, index.union(matcher, false))
    }
    return refs
  }

  /** The series that satisfy all matchers and have chunks that reach into the range. */
  series(matchers: readonly Matcher[], minMs: number, maxMs: number): SeriesSet {
    return new BlockSeries(this, this.select(matchers), minMs, maxMs)
  }

  /** Label names of the series that satisfy the matchers, sorted. */
  labelNames(matchers: readonly Matcher[]): string[] {
    const { index } = this
    if (matchers.length === 0) return index.names()
    const found = new Set<number>()
    const entry = new SeriesEntry()
    for (const ref of this.select(matchers)) {
      index.series(ref, entry)
      for (let i = 0; i < entry.count; i++) found.add(entry.pairs[2 * i]!)
    }
    return [...found].map(symbol => index.text(symbol)).sort(compareText)
  }

  /** Values of one label, likewise. */
  labelValues(name: string, matchers: readonly Matcher[]): string[] {
    const { index } = this
    if (matchers.length === 0) return index.values(name)
    const found = new Set<number>()
    const entry = new SeriesEntry()
    for (const ref of this.select(matchers)) {
      index.series(ref, entry)
      for (let i = 0; i < entry.count; i++) if (index.text(entry.pairs[2 * i]!) === name) found.add(entry.pairs[2 * i + 1]!)
    }
    return [...found].map(symbol => index.text(symbol)).sort(compareText)
  }

  /** Labels of an entry as text. */
  labelsOf(entry: SeriesEntry): Labels {
    const out: string[] = []
    for (let i = 0; i < 2 * entry.count; i++) out.push(this.index.text(entry.pairs[i]!))
    return out
  }

  /** Decodes the chunk at a place behind what `into` holds; chunks of unknown encodings are counted and passed over. @throws BlockError */
  appendChunk(ref: number, into: SampleColumns): void {
    const { chunks } = this
    chunks.read(ref)
    if (!isKnownEncoding(chunks.encoding)) {
      this.skippedChunks++
      return
    }
    const n = chunks.length < 2 ? 0 : samplesOf(chunks.encoding, chunks.bytes, chunks.from)
    // The shortest sample has two bits; of floats with start times one.
    if (n > chunks.length * (chunks.encoding === ENCODING.xor2 ? 8 : 4) + 1) throw new BlockError(path.join(this.block.dir, 'chunks'), `the chunk at ${ref} promises more samples than it holds`)
    into.reserve(into.length + n)
    try {
      decodeChunk(chunks.encoding, chunks.bytes, chunks.from, chunks.from + chunks.length, n, into, into.length)
    } catch (err) {
      if (err instanceof HistogramChunkError) throw new BlockError(path.join(this.block.dir, 'chunks'), `the chunk at ${ref} is damaged: ${err.message}`)
      throw err
    }
    into.length += n
  }

  /** Reads the deletions again; series that were selected already see them. @throws BlockError */
  reloadTombstones(): void {
    this.tombstones = readTombstones(path.join(this.block.dir, 'tombstones'))
  }

  /** Gives the memory of file windows back. */
  release(): void {
    this.index.window.release()
    this.chunks.release()
  }

  close(): void {
    this.index.close()
    this.chunks.close()
  }
}

/** Members of `a` that are not in `b`, both ascending; writes into `a`. */
function subtract(a: Int32Array, b: Int32Array): Int32Array {
  let n = 0
  let k = 0
  for (let i = 0; i < a.length; i++) {
    const x = a[i]!
    while (k < b.length && b[k]! < x) k++
    if (k === b.length || b[k] !== x) a[n++] = x
  }
  return a.subarray(0, n)
}

class BlockSeries implements SeriesSet {
  readonly size: number
  private readonly reader: BlockReader
  private readonly found: Labels[] = []
  private readonly refs: Int32Array
  /** Series i has chunks first[i] to first[i + 1] - 1 of the columns. */
  private readonly first: Int32Array
  private minTs: Float64Array
  private maxTs: Float64Array
  private places: Float64Array

  constructor(reader: BlockReader, refs: Int32Array, minMs: number, maxMs: number) {
    this.reader = reader
    this.refs = new Int32Array(refs.length)
    this.first = new Int32Array(refs.length + 1)
    this.minTs = new Float64Array(4 * refs.length + 16)
    this.maxTs = new Float64Array(this.minTs.length)
    this.places = new Float64Array(this.minTs.length)
    const entry = new SeriesEntry()
    let size = 0
    let n = 0
    for (const ref of refs) {
      reader.index.series(ref, entry)
      const before = n
      const deleted = reader.tombstones.get(ref)
      for (let k = 0; k < entry.chunks; k++) {
        if (entry.minTs[k]! > maxMs || entry.maxTs[k]! < minMs) continue
        if (deleted !== undefined && covers(deleted, entry.minTs[k]!, entry.maxTs[k]!)) continue
        if (n === this.minTs.length) this.grow()
        this.minTs[n] = entry.minTs[k]!
        this.maxTs[n] = entry.maxTs[k]!
        this.places[n++] = entry.refs[k]!
      }
      if (n === before) continue
      this.refs[size] = ref
      this.found.push(reader.labelsOf(entry))
      this.first[++size] = n
    }
    this.size = size
  }

  private grow(): void {
    const more = (a: Float64Array): Float64Array => {
      const b = new Float64Array(2 * a.length)
      b.set(a)
      return b
    }
    this.minTs = more(this.minTs)
    this.maxTs = more(this.maxTs)
    this.places = more(this.places)
  }

  labels(i: number): Labels {
    return this.found[i]!
  }

  read(i: number, minMs: number, maxMs: number, into: SampleColumns): number {
    const { reader } = this
    emptyColumns(into)
    for (let k = this.first[i]!; k < this.first[i + 1]!; k++) {
      if (this.minTs[k]! > maxMs || this.maxTs[k]! < minMs) continue
      reader.appendChunk(this.places[k]!, into)
    }
    const { ts, bits, histograms, startsMs } = into
    let n = 0
    // Also what a damaged chunk could hold: times that don't ascend. Nobody above expects them.
    let last = -Infinity
    for (let k = 0; k < into.length; k++) {
      const t = ts[k]!
      if (t < minMs || t > maxMs || !(t > last)) continue
      last = t
      if (n !== k) {
        ts[n] = t
        bits[2 * n] = bits[2 * k]!
        bits[2 * n + 1] = bits[2 * k + 1]!
        if (histograms !== null) histograms[n] = histograms[k]!
        if (startsMs !== null) startsMs[n] = startsMs[k]!
      }
      n++
    }
    if (histograms !== null) histograms.length = n
    const deleted = reader.tombstones.get(this.refs[i]!)
    into.length = n
    if (deleted !== undefined) dropDeletedColumns(into, deleted)
    return into.length
  }
}
