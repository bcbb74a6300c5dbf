import path from 'node:path'
import { SampleColumns } from '@haechi/storage'
import { crc32c } from '../crc32c.ts'
import { BlockError } from '../block/block-error.ts'
import { folderBytes, readBlockMeta } from '../block/block-meta.ts'
import type { BlockMeta } from '../block/block-meta.ts'
import { ChunkFiles } from '../block/chunk-files.ts'
import { be32 } from '../block/file-window.ts'
import { BlockIndex, SeriesEntry, TOC_BYTES } from '../block/index-file.ts'
import { readTombstones } from '../block/tombstones.ts'
import { emptyColumns } from '../columns.ts'
import { HistogramChunkError } from '../histogram/bits.ts'
import { decodeChunk, isKnownEncoding } from '../chunk-decode.ts'
import { ENCODING } from '../layout.ts'
import { samplesOf } from '../start-times.ts'

/** The part of a block that a fault is in. `meta` and `tombstones` can be made anew, chunks and single series left out; without `index` and all `chunks` nothing is left. */
export type BlockPart = 'meta' | 'index' | 'series' | 'postings' | 'chunks' | 'tombstones'

/** One thing that is wrong with a block. */
export interface BlockFault {
  readonly part: BlockPart
  /** File and what is wrong there; of faults that occur more than once, the first. */
  readonly what: string
  /** How often, e.g. damaged chunks. */
  readonly count: number
  /** What it covers: series that lose samples, and about how many, if that can be told. */
  readonly series: number | undefined
  readonly samples: number | undefined
  /** Unix ms, both inclusive; undefined where it can't be told. */
  readonly minMs: number | undefined
  readonly maxMs: number | undefined
}

/** What was found in a block. */
export interface BlockCheck {
  readonly dir: string
  readonly ulid: string
  readonly bytes: number
  readonly meta: BlockMeta | undefined
  /** Times of the samples that are there, Unix ms, the end exclusive; undefined if there are none. */
  readonly found: { readonly minTime: number; readonly maxTime: number } | undefined
  readonly series: number
  readonly chunks: number
  readonly samples: number
  readonly faults: readonly BlockFault[]
}

/** Collects faults of one kind. */
class Damage {
  count = 0
  first = ''
  minMs = Infinity
  maxMs = -Infinity
  samples = 0
  readonly series = new Set<number>()

  add(what: string, series?: number, minMs?: number, maxMs?: number, samples = 0): void {
    if (this.count++ === 0) this.first = what
    if (series !== undefined) this.series.add(series)
    if (minMs !== undefined && minMs < this.minMs) this.minMs = minMs
    if (maxMs !== undefined && maxMs > this.maxMs) this.maxMs = maxMs
    this.samples += samples
  }

  report(part: BlockPart, into: BlockFault[]): void {
    if (this.count === 0) return
    const known = this.minMs <= this.maxMs
    into.push({ part, what: this.first, count: this.count, series: this.series.size === 0 ? undefined : this.series.size, samples: known ? this.samples : undefined, minMs: known ? this.minMs : undefined, maxMs: known ? this.maxMs : undefined })
  }
}

const textOf = (err: unknown): string => (err instanceof Error ? err.message : String(err))

/**
 * Checks everything in a block: meta, checksums and order of the index, each list of postings against the series, each chunk's checksum, times and samples, tombstones.
 * @param onProgress part done, between 0 and 1
 */
export function verifyBlock(dir: string, onProgress: (part: number) => void = () => {}): BlockCheck {
  const faults: BlockFault[] = []
  const whole = (part: BlockPart, err: unknown, meta?: BlockMeta): void => {
    faults.push({ part, what: textOf(err), count: 1, series: meta?.stats.numSeries, samples: meta?.stats.numSamples, minMs: meta?.minTime, maxMs: meta === undefined ? undefined : meta.maxTime - 1 })
  }
  let meta: BlockMeta | undefined
  try {
    meta = readBlockMeta(dir)
    if (meta.ulid !== path.basename(dir)) whole('meta', `${path.join(dir, 'meta.json')}: names the block ${meta.ulid}`)
  } catch (err) {
    whole('meta', err)
  }
  const found = { series: 0, chunks: 0, samples: 0, minMs: Infinity, maxMs: -Infinity }
  let index: BlockIndex | undefined
  try {
    index = new BlockIndex(path.join(dir, 'index'))
  } catch (err) {
    whole('index', err, meta)
  }
  if (index !== undefined) {
    try {
      checkContents(dir, index, meta, faults, found, onProgress)
    } finally {
      index.close()
    }
  }
  return {
    dir, ulid: path.basename(dir), bytes: folderBytes(dir), meta, series: found.series, chunks: found.chunks, samples: found.samples, faults,
    found: found.minMs > found.maxMs ? undefined : { minTime: found.minMs, maxTime: found.maxMs + 1 },
  }
}

function checkContents(dir: string, index: BlockIndex, meta: BlockMeta | undefined, faults: BlockFault[], found: { series: number; chunks: number; samples: number; minMs: number; maxMs: number }, onProgress: (part: number) => void): void {
  for (let i = 1; i < index.symbolCount; i++) {
    if (Buffer.compare(index.symbolView(i - 1), index.symbolView(i)) < 0) continue
    faults.push({ part: 'index', what: `${index.window.file}: symbol ${i} is not in order`, count: 1, series: undefined, samples: undefined, minMs: undefined, maxMs: undefined })
    break
  }
  const order = new Damage()
  const series = new Damage()
  const postings = new Damage()
  const chunkDamage = new Damage()
  const { refs, complete } = seriesRefs(index, err => postings.add(textOf(err)))
  checkLabelTable(index, postings)
  const faulty: BlockError[] = []
  let chunks: ChunkFiles | undefined
  try {
    chunks = new ChunkFiles(path.join(dir, 'chunks'), err => faulty.push(err))
  } catch (err) {
    chunkDamage.add(textOf(err))
  }
  for (const err of faulty) chunkDamage.add(err.message)
  const entry = new SeriesEntry()
  const before = new SeriesEntry()
  before.count = -1
  const expected = new PairSums(index.symbolCount)
  const chunkCheck = new ChunkCheck()
  let bad = 0
  for (let k = 0; k < refs.length; k++) {
    const ref = refs[k]!
    if (k % 1024 === 0) onProgress(k / refs.length)
    try {
      index.series(ref, entry)
      for (let i = 0; i < 2 * entry.count; i++) if (entry.pairs[i]! >= index.symbolCount) throw new BlockError(index.window.file, `the series at ${ref * 16} uses an unknown symbol`)
    } catch (err) {
      series.add(textOf(err), ref, meta?.minTime, meta === undefined ? undefined : meta.maxTime - 1, meta === undefined || meta.stats.numSeries === 0 ? 0 : Math.round(meta.stats.numSamples / meta.stats.numSeries))
      bad++
      continue
    }
    found.series++
    found.chunks += entry.chunks
    for (let i = 1; i < entry.count; i++) if (entry.pairs[2 * i - 2]! >= entry.pairs[2 * i]!) order.add(`${index.window.file}: the labels of the series at ${ref * 16} are not in order`, ref)
    if (before.count >= 0 && compare(before, entry) >= 0) order.add(`${index.window.file}: the series at ${ref * 16} is not in order`, ref)
    before.count = entry.count
    if (before.pairs.length < 2 * entry.count) before.pairs = new Int32Array(4 * entry.count)
    before.pairs.set(entry.pairs.subarray(0, 2 * entry.count))
    expected.add(entry, ref)
    let last = -Infinity
    for (let c = 0; c < entry.chunks; c++) {
      const minMs = entry.minTs[c]!
      const maxMs = entry.maxTs[c]!
      if (minMs <= last || maxMs < minMs) order.add(`${index.window.file}: the chunks of the series at ${ref * 16} overlap`, ref, minMs, maxMs)
      if (meta !== undefined && (minMs < meta.minTime || maxMs >= meta.maxTime)) order.add(`${index.window.file}: a chunk of the series at ${ref * 16} reaches out of the block's time`, ref, minMs, maxMs)
      last = maxMs
      if (minMs < found.minMs) found.minMs = minMs
      if (maxMs > found.maxMs) found.maxMs = maxMs
      if (chunks === undefined) continue
      const wrong = chunkCheck.run(chunks, entry.refs[c]!, minMs, maxMs)
      if (wrong === undefined) found.samples += chunkCheck.samples
      else chunkDamage.add(wrong, ref, minMs, maxMs, meta === undefined || meta.stats.numChunks === 0 ? 0 : Math.round(meta.stats.numSamples / meta.stats.numChunks))
    }
  }
  chunks?.close()
  if (complete) checkPostings(index, refs, expected, bad > 0, postings)
  if (meta !== undefined && complete && faults.length + series.count + chunkDamage.count === 0) {
    const { numSeries, numChunks, numSamples } = meta.stats
    if (numSeries !== found.series || numChunks !== found.chunks || numSamples !== found.samples) {
      faults.push({ part: 'meta', what: `${path.join(dir, 'meta.json')}: tells of ${numSeries} series, ${numChunks} chunks, ${numSamples} samples; there are ${found.series}, ${found.chunks} and ${found.samples}`, count: 1, series: undefined, samples: undefined, minMs: undefined, maxMs: undefined })
    }
  }
  series.report('series', faults)
  order.report('index', faults)
  postings.report('postings', faults)
  chunkDamage.report('chunks', faults)
  checkTombstones(dir, refs, faults)
}

/**
 * All series of an index; if the list of all is damaged, those that the other lists know.
 * @param onDamage called for each list that can't be read
 */
export function seriesRefs(index: BlockIndex, onDamage: (err: unknown) => void): { readonly refs: Int32Array; readonly complete: boolean } {
  try {
    return { refs: index.all(), complete: true }
  } catch (err) {
    onDamage(err)
  }
  const found = new Set<number>()
  for (const name of index.names()) {
    for (const value of index.values(name)) {
      try {
        for (const ref of index.equal(name, value)) found.add(ref)
      } catch (err) {
        onDamage(err)
      }
    }
  }
  return { refs: Int32Array.from(found).sort(), complete: false }
}

/** The table of label indices: read by nobody here, by older servers. */
function checkLabelTable(index: BlockIndex, postings: Damage): void {
  const w = index.window
  try {
    const toc = w.copy(w.size - TOC_BYTES, TOC_BYTES)
    const at = be32(toc, 24) * 4294967296 + be32(toc, 28)
    if (at === 0) return
    const length = be32(w.copy(at, 4), 0)
    const b = w.copy(at + 4, length + 4)
    if (crc32c(b, 0, length) !== be32(b, length)) postings.add(`${w.file}: checksum mismatch in the label offset table`)
  } catch (err) {
    postings.add(textOf(err))
  }
}

/** Series of each label pair: how many, and the sum of their places. */
class PairSums {
  private readonly symbols: number
  readonly byPair: Map<number, number> = new Map()
  counts: Float64Array = new Float64Array(1024)
  sums: Float64Array = new Float64Array(1024)

  constructor(symbols: number) {
    this.symbols = symbols
  }

  add(entry: SeriesEntry, ref: number): void {
    for (let i = 0; i < entry.count; i++) {
      const key = entry.pairs[2 * i]! * this.symbols + entry.pairs[2 * i + 1]!
      let at = this.byPair.get(key)
      if (at === undefined) {
        at = this.byPair.size
        this.byPair.set(key, at)
        if (at === this.counts.length) {
          this.counts = longer(this.counts)
          this.sums = longer(this.sums)
        }
      }
      this.counts[at]!++
      this.sums[at]! += ref
    }
  }
}

function checkPostings(index: BlockIndex, refs: Int32Array, expected: PairSums, someMissing: boolean, damage: Damage): void {
  for (let i = 1; i < refs.length; i++) if (refs[i]! <= refs[i - 1]!) return damage.add(`${index.window.file}: the list of all series is not in order`)
  const symbols = new Map<string, number>()
  for (let i = 0; i < index.symbolCount; i++) symbols.set(Buffer.from(index.symbolView(i)).toString('latin1'), i)
  const symbolOf = (text: string): number => symbols.get(Buffer.from(text).toString('latin1')) ?? -1
  let seen = 0
  for (const name of index.names()) {
    const nameSymbol = symbolOf(name)
    for (const value of index.values(name)) {
      let list: Int32Array
      try {
        list = index.equal(name, value)
      } catch (err) {
        damage.add(textOf(err))
        continue
      }
      const at = expected.byPair.get(nameSymbol * index.symbolCount + symbolOf(value))
      if (at !== undefined) seen++
      let sum = 0
      for (let i = 0; i < list.length; i++) {
        sum += list[i]!
        if (i > 0 && list[i]! <= list[i - 1]!) {
          damage.add(`${index.window.file}: the list of ${name}=${JSON.stringify(value)} is not in order`)
          break
        }
      }
      // With unreadable series the lists rightly hold more than was counted.
      if (!someMissing && (at === undefined ? list.length > 0 : list.length !== expected.counts[at] || sum !== expected.sums[at])) damage.add(`${index.window.file}: the list of ${name}=${JSON.stringify(value)} does not hold the series that have this label`)
    }
  }
  if (!someMissing && seen < expected.byPair.size && damage.count === 0) damage.add(`${index.window.file}: ${expected.byPair.size - seen} label pairs have no list of series`)
}

function checkTombstones(dir: string, refs: Int32Array, faults: BlockFault[]): void {
  try {
    const known = new Set(refs)
    let strange = 0
    for (const ref of readTombstones(path.join(dir, 'tombstones')).keys()) if (!known.has(ref)) strange++
    if (strange > 0) faults.push({ part: 'tombstones', what: `${path.join(dir, 'tombstones')}: deletions in ${strange} series that the block does not have`, count: strange, series: undefined, samples: undefined, minMs: undefined, maxMs: undefined })
  } catch (err) {
    faults.push({ part: 'tombstones', what: textOf(err), count: 1, series: undefined, samples: undefined, minMs: undefined, maxMs: undefined })
  }
}

/** Checks single chunks. */
export class ChunkCheck {
  /** Of the last chunk that was whole. */
  samples = 0
  /** Its samples. */
  readonly columns: SampleColumns = new SampleColumns()

  /** @returns what is wrong with the chunk, undefined if nothing is */
  run(chunks: ChunkFiles, ref: number, minMs: number, maxMs: number): string | undefined {
    try {
      chunks.read(ref)
    } catch (err) {
      return textOf(err)
    }
    const at = `${chunks.segments[Math.floor(ref / 4294967296)]?.file ?? 'chunks'}: the chunk at ${ref % 4294967296}`
    const { bytes, from, length, encoding } = chunks
    if (!isKnownEncoding(encoding)) return `${at} has the unknown encoding ${encoding}`
    if (length < 2) return `${at} is empty`
    const n = samplesOf(encoding, bytes, from)
    this.samples = n
    if (n === 0) return `${at} has no samples`
    if (n > length * (encoding === ENCODING.xor2 ? 8 : 4) + 1) return `${at} promises more samples than it holds`
    const { columns } = this
    emptyColumns(columns)
    columns.reserve(n)
    columns.length = n
    const { ts } = columns
    try {
      decodeChunk(encoding, bytes, from, from + length, n, columns, 0)
    } catch (err) {
      if (err instanceof HistogramChunkError) return `${at} is damaged: ${err.message}`
      throw err
    }
    if (ts[0] !== minMs || ts[n - 1] !== maxMs) return `${at} does not begin and end when the index says`
    for (let i = 1; i < n; i++) if (!(ts[i]! > ts[i - 1]!)) return `${at} has times that are not in order`
    return undefined
  }
}

function compare(a: SeriesEntry, b: SeriesEntry): number {
  const n = 2 * Math.min(a.count, b.count)
  for (let i = 0; i < n; i++) if (a.pairs[i] !== b.pairs[i]) return a.pairs[i]! - b.pairs[i]!
  return a.count - b.count
}

function longer(a: Float64Array): Float64Array<ArrayBuffer> {
  const b = new Float64Array(2 * a.length)
  b.set(a)
  return b
}
