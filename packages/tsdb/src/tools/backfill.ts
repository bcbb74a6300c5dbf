import { appendFileSync, closeSync, existsSync, mkdirSync, mkdtempSync, openSync, readSync, rmSync, statSync } from 'node:fs'
import path from 'node:path'
import type { Labels } from '@haechi/model'
import { SampleColumns } from '@haechi/storage'
import { BlockWriter } from '../block/block-writer.ts'
import { folderBytes } from '../block/block-meta.ts'
import { newUlid } from '../block/ulid.ts'
import type { BlockInfo } from './blocks.ts'

/** A sample in a spool: series, nothing, time, bits of the value. */
const RECORD_BYTES = 24
/** Bytes of samples that wait in memory for all spools together. */
const WAITING_BYTES = 64 << 20
/** Samples that are sorted at once: 16 bytes each. A block with more is read several times. */
const SORTED_SAMPLES = 8 << 20
const READ_BYTES: number = RECORD_BYTES << 15

/** As Prometheus: `DefaultBlockDuration`. */
export const BACKFILL_BLOCK_MS = 7_200_000

/** The length of blocks for a largest length: 2 h, 6 h, 18 h … as they are merged later; never shorter than 2 h. */
export function backfillBlockMs(maxBlockMs: number): number {
  let ms = BACKFILL_BLOCK_MS
  for (let i = 0; i < 10 && ms * 3 <= maxBlockMs; i++) ms *= 3
  return ms
}

/** What a backfill wrote. */
export interface BackfillReport {
  /** Oldest first. */
  readonly blocks: readonly BlockInfo[]
  readonly samples: number
  readonly series: number
  /** Samples left out, because a later one of the input has the same series and time. */
  readonly duplicates: number
}

class Spool {
  readonly file: string
  bytes = new Uint8Array(24 * 64)
  view: DataView = new DataView(this.bytes.buffer)
  length = 0
  minMs = Infinity
  maxMs = -Infinity

  constructor(file: string) {
    this.file = file
  }

  grow(): void {
    const more = new Uint8Array(2 * this.bytes.length)
    more.set(this.bytes)
    this.bytes = more
    this.view = new DataView(more.buffer)
  }

  flush(): void {
    if (this.length === 0) return
    appendFileSync(this.file, this.bytes.subarray(0, this.length))
    this.length = 0
    this.bytes = new Uint8Array(24 * 64)
    this.view = new DataView(this.bytes.buffer)
  }
}

/**
 * Makes blocks of samples that come in any order. They go to one file per block first, so memory holds the series and a part of one block,
 * never all samples. `close` must be called in the end, whatever happened.
 */
export class Backfill {
  private readonly dataDir: string
  private readonly blockMs: number
  private readonly temp: string
  private readonly spools = new Map<number, Spool>()
  private waiting = 0
  private readonly symbols = new Map<string, number>()
  private readonly byKey = new Map<string, number>()
  /** Series i has the symbols starts[i] to starts[i + 1] - 1: names and values in turn. */
  private starts = new Int32Array(1025)
  private pairs = new Int32Array(16_384)
  private count = 0

  /** @param dataDir where the blocks go; made if need be @throws Error of the file system */
  constructor(dataDir: string, blockMs: number = BACKFILL_BLOCK_MS) {
    this.dataDir = dataDir
    this.blockMs = blockMs
    mkdirSync(dataDir, { recursive: true })
    this.temp = mkdtempSync(path.join(dataDir, 'backfill-'))
  }

  /** Blocks that there will be. */
  get blockCount(): number {
    return this.spools.size
  }

  /** The number of a series, for `add`. */
  series(labels: Labels): number {
    const ids: number[] = []
    for (const text of labels) {
      let id = this.symbols.get(text)
      if (id === undefined) this.symbols.set(text, (id = this.symbols.size))
      ids.push(id)
    }
    const key = ids.join()
    const known = this.byKey.get(key)
    if (known !== undefined) return known
    const i = this.count++
    this.byKey.set(key, i)
    const at = this.starts[i]!
    if (i + 1 >= this.starts.length) this.starts = longer(this.starts, 2 * this.starts.length)
    if (at + ids.length > this.pairs.length) this.pairs = longer(this.pairs, 2 * (at + ids.length))
    this.pairs.set(ids, at)
    this.starts[i + 1] = at + ids.length
    return i
  }

  /** Adds a sample; `lo` and `hi` are the bits of its value. @throws Error of the file system */
  add(series: number, tMs: number, lo: number, hi: number): void {
    const block = Math.floor(tMs / this.blockMs)
    let spool = this.spools.get(block)
    if (spool === undefined) this.spools.set(block, (spool = new Spool(path.join(this.temp, String(block)))))
    if (spool.length + RECORD_BYTES > spool.bytes.length) spool.grow()
    const { view, length } = spool
    view.setInt32(length, series, true)
    view.setFloat64(length + 8, tMs, true)
    view.setUint32(length + 16, lo, true)
    view.setUint32(length + 20, hi, true)
    spool.length += RECORD_BYTES
    if (tMs < spool.minMs) spool.minMs = tMs
    if (tMs > spool.maxMs) spool.maxMs = tMs
    if ((this.waiting += RECORD_BYTES) >= WAITING_BYTES) this.flush()
  }

  /**
   * Writes the blocks.
   * @param onBlock called after each, with how many are done
   * @throws Error of the file system; blocks that were written before stay
   */
  async finish(nowMs: number, onBlock: (done: number, of: number) => void = () => {}): Promise<BackfillReport> {
    this.flush()
    const blocks: BlockInfo[] = []
    let samples = 0
    let duplicates = 0
    const order = this.sortSeries()
    const byTime = [...this.spools].sort(([a], [b]) => a - b)
    for (const [i, [, spool]] of byTime.entries()) {
      const written = this.writeBlock(spool, order, nowMs)
      rmSync(spool.file)
      duplicates += written.duplicates
      if (written.block !== undefined) {
        blocks.push(written.block)
        samples += written.block.meta.stats.numSamples
      }
      onBlock(i + 1, byTime.length)
      await new Promise(resolve => setImmediate(resolve))
    }
    return { blocks, samples, series: this.count, duplicates }
  }

  /** Removes what lies about. */
  close(): void {
    rmSync(this.temp, { recursive: true, force: true })
  }

  private flush(): void {
    for (const spool of this.spools.values()) spool.flush()
    this.waiting = 0
  }

  /** Symbols in the order of their bytes, and series in the order of their labels. */
  private sortSeries(): { readonly texts: readonly Uint8Array[]; readonly rank: Int32Array; readonly series: Int32Array } {
    const texts = [...this.symbols.keys()].map(t => Buffer.from(t))
    const sorted = texts.map((_, i) => i).sort((a, b) => Buffer.compare(texts[a]!, texts[b]!))
    const rank = new Int32Array(texts.length)
    for (const [r, i] of sorted.entries()) rank[i] = r
    const { starts, pairs } = this
    const series = Int32Array.from({ length: this.count }, (_, i) => i).sort((a, b) => {
      const lengthA = starts[a + 1]! - starts[a]!
      const lengthB = starts[b + 1]! - starts[b]!
      for (let i = 0; i < Math.min(lengthA, lengthB); i++) {
        const d = rank[pairs[starts[a]! + i]!]! - rank[pairs[starts[b]! + i]!]!
        if (d !== 0) return d
      }
      return lengthA - lengthB
    })
    return { texts: sorted.map(i => texts[i]!), rank, series }
  }

  private writeBlock(spool: Spool, order: ReturnType<Backfill['sortSeries']>, nowMs: number): { readonly block: BlockInfo | undefined; readonly duplicates: number } {
    const counts = new Int32Array(this.count)
    eachSample(spool.file, (view, at) => {
      counts[view.getInt32(at, true)]!++
    })
    const present = order.series.filter(s => counts[s]! > 0)
    const used = new Uint8Array(order.texts.length)
    for (const s of present) for (let i = this.starts[s]!; i < this.starts[s + 1]!; i++) used[order.rank[this.pairs[i]!]!] = 1
    const symbolOf = new Int32Array(used.length)
    const symbols: Uint8Array[] = []
    for (let r = 0; r < used.length; r++) {
      if (used[r] === 0) continue
      symbolOf[r] = symbols.length
      symbols.push(order.texts[r]!)
    }
    const writer = new BlockWriter(this.dataDir, newUlid(nowMs), symbols)
    let duplicates = 0
    try {
      for (let from = 0; from < present.length; ) {
        let to = from
        let total = 0
        while (to < present.length && (to === from || total + counts[present[to]!]! <= SORTED_SAMPLES)) total += counts[present[to++]!]!
        duplicates += this.writeSeries(spool, present.subarray(from, to), counts, total, writer, i => symbolOf[order.rank[this.pairs[i]!]!]!)
        from = to
      }
      const meta = writer.finish(spool.minMs, spool.maxMs + 1, { level: 1, sources: [writer.ulid], parents: [], hints: [] })
      if (meta === undefined) return { block: undefined, duplicates }
      const dir = path.join(this.dataDir, meta.ulid)
      return { block: { dir, meta, bytes: folderBytes(dir) }, duplicates }
    } catch (err) {
      writer.discard()
      throw err
    }
  }

  /** Sorts the samples of some series and writes them. @returns samples left out */
  private writeSeries(spool: Spool, some: Int32Array, counts: Int32Array, total: number, writer: BlockWriter, symbol: (i: number) => number): number {
    const next = new Int32Array(this.count).fill(-1)
    let at = 0
    for (const s of some) {
      next[s] = at
      at += counts[s]!
    }
    const ts = new Float64Array(total)
    const bits = new Uint32Array(2 * total)
    eachSample(spool.file, (view, p) => {
      const s = view.getInt32(p, true)
      const i = next[s]!
      if (i < 0) return
      next[s] = i + 1
      ts[i] = view.getFloat64(p + 8, true)
      bits[2 * i] = view.getUint32(p + 16, true)
      bits[2 * i + 1] = view.getUint32(p + 20, true)
    })
    let duplicates = 0
    const columns = new SampleColumns(0)
    at = 0
    for (const s of some) {
      const n = counts[s]!
      const left = sortSamples(ts.subarray(at, at + n), bits.subarray(2 * at, 2 * (at + n)))
      duplicates += n - left
      columns.ts = ts.subarray(at, at + left)
      columns.bits = bits.subarray(2 * at, 2 * (at + left))
      columns.length = left
      writer.addColumns(columns)
      const pairs = Int32Array.from({ length: this.starts[s + 1]! - this.starts[s]! }, (_, i) => symbol(this.starts[s]! + i))
      writer.endSeries(pairs, pairs.length / 2)
      at += n
    }
    return duplicates
  }
}

/** Brings samples into the order of time; of those of one time the last one stays. @returns how many are left */
function sortSamples(ts: Float64Array, bits: Uint32Array): number {
  let ascending = true
  for (let i = 1; i < ts.length && ascending; i++) ascending = ts[i]! > ts[i - 1]!
  if (ascending) return ts.length
  // Stable, so that the last one of the input comes last.
  const order = Int32Array.from({ length: ts.length }, (_, i) => i).sort((a, b) => ts[a]! - ts[b]! || a - b)
  const oldTs = ts.slice()
  const oldBits = bits.slice()
  let n = 0
  for (const i of order) {
    if (n > 0 && ts[n - 1] === oldTs[i]) n--
    ts[n] = oldTs[i]!
    bits[2 * n] = oldBits[2 * i]!
    bits[2 * n + 1] = oldBits[2 * i + 1]!
    n++
  }
  return n
}

function eachSample(file: string, onSample: (view: DataView, at: number) => void): void {
  if (!existsSync(file)) return
  const size = statSync(file).size
  const b = new Uint8Array(Math.min(size, READ_BYTES))
  const view = new DataView(b.buffer)
  const fd = openSync(file, 'r')
  try {
    for (let offset = 0; offset < size; ) {
      let length = 0
      while (length < b.length && offset + length < size) {
        const n = readSync(fd, b, length, b.length - length, offset + length)
        if (n === 0) throw new Error(`${file}: ends early`)
        length += n
      }
      for (let at = 0; at + RECORD_BYTES <= length; at += RECORD_BYTES) onSample(view, at)
      offset += length
    }
  } finally {
    closeSync(fd)
  }
}

function longer(a: Int32Array, size: number): Int32Array<ArrayBuffer> {
  const b = new Int32Array(size)
  b.set(a)
  return b
}
