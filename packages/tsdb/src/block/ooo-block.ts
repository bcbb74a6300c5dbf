import { SampleColumns } from '@haechi/storage'
import { dropDeletedColumns } from '../columns.ts'
import { ReaderSlot } from '../epochs.ts'
import { readDeleted } from '../head-extras.ts'
import { CHUNK_RANGE_MS } from '../head-store.ts'
import { CHUNK_INFO, CHUNK_PREV, CHUNK_WORDS, CTL_EXTRA_ROWS, EXTRA_DELETED, EXTRA_OOO, EXTRA_SHIFT, LABELS_COUNT, LABELS_PAIRS, NO_MASK, ROW_LABELS, ROW_SHIFT } from '../layout.ts'
import { readOoo } from '../ooo-columns.ts'
import { HeadMemory } from '../shared-memory.ts'
import type { HeadHandles } from '../shared-memory.ts'
import { BlockWriter } from './block-writer.ts'
import { FROM_OUT_OF_ORDER } from './block-meta.ts'
import type { BlockMeta } from './block-meta.ts'
import { orderByLabels, rankSymbols } from './label-order.ts'
import { Pace } from './pace.ts'
import { newUlid } from './ulid.ts'

/** What to write. */
export interface OooBlocksRequest {
  /** The data directory, or that of a snapshot. */
  readonly dir: string
  /** Chunks up to this cut: they don't change any more. */
  readonly cut: number
  readonly nowMs: number
  /** Length of the blocks, ms; default 2 h. */
  readonly rangeMs?: number
}

/** What was written. */
export interface OooBlocksReport {
  /** One per aligned range that has samples. */
  readonly blocks: readonly BlockMeta[]
  readonly chunkBytes: number
  readonly durationMs: number
}

/**
 * Writes the out-of-order samples of a head as blocks of two hours (or of the length asked for), in any thread that has its handles. They overlap others; merging comes later.
 * @throws Error of the file system; blocks that were complete before it stay
 * @see Prometheus tsdb/compact.go `compactOOO`
 */
export async function writeOooBlocks(handles: HeadHandles, owner: number, request: OooBlocksRequest): Promise<OooBlocksReport> {
  const memory = new HeadMemory(handles)
  const slot = new ReaderSlot(memory, owner)
  slot.enter()
  try {
    return await new OooBlocks(memory, request).write()
  } finally {
    slot.release()
  }
}

class OooBlocks {
  private readonly m: HeadMemory
  private readonly request: OooBlocksRequest
  private readonly rangeMs: number
  private readonly columns = new SampleColumns()
  private readonly pace = new Pace()
  /** Captured rows: place of the labels, newest chunk, deletions. */
  private readonly labelsAt: number[] = []
  private readonly first: number[] = []
  private readonly deleted: number[] = []

  constructor(m: HeadMemory, request: OooBlocksRequest) {
    this.m = m
    this.request = request
    this.rangeMs = request.rangeMs ?? CHUNK_RANGE_MS
  }

  private rangeOf(t: number): number {
    return Math.floor(t / this.rangeMs) * this.rangeMs
  }

  async write(): Promise<OooBlocksReport> {
    const started = performance.now()
    const byRange = this.capture()
    const blocks: BlockMeta[] = []
    let chunkBytes = 0
    for (const start of [...byRange.keys()].sort((a, b) => a - b)) {
      await this.pace.turn()
      const { block, bytes } = await this.writeRange(start, byRange.get(start)!)
      if (block !== undefined) blocks.push(block)
      chunkBytes += bytes
    }
    return { blocks, chunkBytes, durationMs: performance.now() - started }
  }

  /** Notes the rows with out-of-order chunks. @returns which of them have samples in which range */
  private capture(): Map<number, number[]> {
    const { m, columns } = this
    const byRange = new Map<number, number[]>()
    const rows = Atomics.load(m.ctl, CTL_EXTRA_ROWS)
    m.refresh()
    for (let row = 0; row < rows; row++) {
      const first = Atomics.load(m.extras, (row << EXTRA_SHIFT) + EXTRA_OOO)
      const labels = Atomics.load(m.rows, (row << ROW_SHIFT) + ROW_LABELS)
      if (first === 0 || labels === 0) continue
      const i = this.first.length
      this.labelsAt.push(labels)
      this.first.push(first)
      this.deleted.push(Atomics.load(m.extras, (row << EXTRA_SHIFT) + EXTRA_DELETED))
      const starts = new Set<number>()
      m.refresh()
      for (let id = first; id !== 0; id = m.chunks[id * CHUNK_WORDS + CHUNK_PREV]!) {
        const w = id * CHUNK_WORDS
        if ((m.chunks[w + CHUNK_INFO]! & NO_MASK) > this.request.cut) continue
        const from = this.rangeOf(m.chunksF[w >>> 1]!)
        const to = this.rangeOf(m.chunksF[(w >>> 1) + 1]!)
        if (to - from <= this.rangeMs) {
          starts.add(from)
          starts.add(to)
          continue
        }
        readOoo(m, first, m.chunksF[w >>> 1]!, m.chunksF[(w >>> 1) + 1]!, this.request.cut, columns)
        for (let k = 0; k < columns.length; k++) starts.add(this.rangeOf(columns.ts[k]!))
      }
      for (const start of starts) {
        const list = byRange.get(start)
        if (list === undefined) byRange.set(start, [i])
        else list.push(i)
      }
    }
    return byRange
  }

  private async writeRange(start: number, captured: readonly number[]): Promise<{ readonly block: BlockMeta | undefined; readonly bytes: number }> {
    const { m, columns, request } = this
    const endMs = start + this.rangeMs
    const labelsAt = Int32Array.from(captured, i => this.labelsAt[i]!)
    const { symbols, rank } = rankSymbols(m, labelsAt)
    const writer = new BlockWriter(request.dir, newUlid(request.nowMs), symbols)
    let pairs = new Int32Array(64)
    try {
      for (const k of orderByLabels(m, labelsAt, rank)) {
        const pause = this.pace.turn()
        if (pause !== undefined) await pause
        const i = captured[k]!
        readOoo(m, this.first[i]!, start, endMs - 1, request.cut, columns)
        inRange(columns, start, endMs)
        const deleted = readDeleted(m, this.deleted[i]!)
        if (deleted.length > 0) dropDeletedColumns(columns, deleted)
        writer.addColumns(columns)
        const n = m.labels[labelsAt[k]! + LABELS_COUNT]!
        if (pairs.length < 2 * n) pairs = new Int32Array(4 * n)
        for (let p = 0; p < 2 * n; p++) pairs[p] = rank[m.labels[labelsAt[k]! + LABELS_PAIRS + p]!]!
        writer.endSeries(pairs, n)
      }
    } catch (err) {
      writer.discard()
      throw err
    }
    const bytes = writer.chunkBytes
    return { block: writer.finish(start, endMs, { level: 1, sources: [writer.ulid], parents: [], hints: [FROM_OUT_OF_ORDER] }), bytes }
  }
}


function inRange(columns: SampleColumns, fromMs: number, endMs: number): void {
  const { ts, bits, histograms, startsMs } = columns
  let n = 0
  for (let i = 0; i < columns.length; i++) {
    if (ts[i]! < fromMs || ts[i]! >= endMs) continue
    ts[n] = ts[i]!
    bits[2 * n] = bits[2 * i]!
    bits[2 * n + 1] = bits[2 * i + 1]!
    if (histograms !== null) histograms[n] = histograms[i]!
    if (startsMs !== null) startsMs[n] = startsMs[i]!
    n++
  }
  columns.length = n
  if (histograms !== null) histograms.length = n
}
