import path from 'node:path'
import { CTL_ACTIVE, CTL_BLOCKS, CTL_EPOCH, CTL_READERS, READER_SLOTS } from '../layout.ts'
import type { Logger } from '../logger.ts'
import { deleteBlock } from './block-files.ts'
import { folderBytes, listBlocks } from './block-meta.ts'
import type { BlockMeta, ListedBlock } from './block-meta.ts'
import { beyondRetention, beyondSize, blockRanges, planCompaction } from './compaction-plan.ts'
import { mergeBlocks } from './merge-blocks.ts'
import { readTombstones } from './tombstones.ts'

/** Settings of a round of compaction. */
export interface CompactRequest {
  readonly dataDir: string
  readonly retentionMs: number
  /** Most bytes of blocks, log and head files together; 0: no limit. */
  readonly retentionBytes: number
  /** Blocks that must not be merged: it failed before. */
  readonly excluded: readonly string[]
  readonly nowMs: number
  /** The time that the retention is measured from if blocks are newer than that. */
  readonly retentionNowMs: number
  /** The shortest and the longest block, ms; see `blockRanges`. */
  readonly rangeMs?: number
  readonly maxRangeMs?: number
}

/** What a round of compaction did. */
export interface CompactReport {
  readonly merged: readonly { readonly from: readonly string[]; readonly block: BlockMeta | undefined; readonly bytes: number; readonly durationMs: number; readonly overlapping: boolean }[]
  readonly deleted: readonly string[]
  /** Blocks that could not be merged, now or before. */
  readonly failed: readonly string[]
  readonly blocks: number
  readonly blockBytes: number
}

/** What cleaning tombstones did. */
export interface CleanReport {
  /** The new block is undefined where nothing was left. */
  readonly rewritten: readonly { readonly from: string; readonly block: BlockMeta | undefined }[]
}

/** Longest wait for readers of an older epoch. Their files are open, so where files can be deleted while open nothing happens to slower ones. */
const WAIT_MS = 120_000
const LOOK_MS = 20

/** Merges and deletes blocks until nothing is left to do. One at a time per data directory. */
export class Compactor {
  private readonly ctl: Int32Array
  private readonly log: Logger

  /** @param ctl the control words of the head */
  constructor(ctl: Int32Array, log: Logger) {
    this.ctl = ctl
    this.log = log
  }

  /** @throws Error of the file system */
  async run(request: CompactRequest): Promise<CompactReport> {
    const merged: { from: readonly string[]; block: BlockMeta | undefined; bytes: number; durationMs: number; overlapping: boolean }[] = []
    const deleted: string[] = []
    const failed = new Set(request.excluded)
    const ranges = blockRanges(request.retentionMs, request.rangeMs, request.maxRangeMs)
    deleted.push(...await this.finishDeletions(request.dataDir))
    deleted.push(...await this.retain(request))
    for (;;) {
      const plan = planCompaction(listBlocks(request.dataDir), ranges, ulid => failed.has(ulid))
      if (plan.length === 0) break
      const from = plan.map(b => b.meta.ulid)
      try {
        const report = await mergeBlocks(request.dataDir, plan, request.nowMs)
        merged.push({ from, block: report.block, bytes: report.chunkBytes, durationMs: report.durationMs, overlapping: plan.some((b, i) => i > 0 && b.meta.minTime < plan[i - 1]!.meta.maxTime) })
        this.log.info({ from: from.join(' '), ulid: report.block?.ulid, samples: report.block?.stats.numSamples, series: report.block?.stats.numSeries, durationMs: Math.round(report.durationMs) }, 'Merged blocks')
      } catch (err) {
        if (isNoSpace(err)) throw err
        for (const ulid of from) failed.add(ulid)
        this.log.error({ err, from: from.join(' ') }, 'Blocks could not be merged; they stay as they are')
        continue
      }
      deleted.push(...await this.remove(plan))
    }
    deleted.push(...await this.retain(request))
    const left = listBlocks(request.dataDir)
    return { merged, deleted, failed: [...failed], blocks: left.length, blockBytes: left.reduce((sum, b) => sum + folderBytes(b.dir), 0) }
  }

  /** Writes every block that has deletions anew, without what was deleted. @throws BlockError; Error of the file system @see Prometheus tsdb/db.go `CleanTombstones` */
  async cleanTombstones(dataDir: string, nowMs: number): Promise<CleanReport> {
    const rewritten: { from: string; block: BlockMeta | undefined }[] = []
    for (const block of listBlocks(dataDir)) {
      if (readTombstones(path.join(block.dir, 'tombstones')).size === 0) continue
      const { block: meta } = await mergeBlocks(dataDir, [block], nowMs, 'rewritten')
      await this.remove([block])
      rewritten.push({ from: block.meta.ulid, block: meta })
      this.log.info({ from: block.meta.ulid, ulid: meta?.ulid, samples: meta?.stats.numSamples }, 'Wrote a block anew without its deleted samples')
    }
    return { rewritten }
  }

  /** Blocks that are contained in others because the last process ended between merging and deleting. */
  private async finishDeletions(dataDir: string): Promise<string[]> {
    const metas = new Map<string, BlockMeta>()
    const counted = new Set(listBlocks(dataDir, metas).map(b => b.meta.ulid))
    const left = [...metas.values()].filter(m => !counted.has(m.ulid)).map(meta => ({ dir: path.join(dataDir, meta.ulid), meta }))
    return this.remove(left)
  }

  private async retain(request: CompactRequest): Promise<string[]> {
    const blocks = listBlocks(request.dataDir)
    const gone = new Set(blocks.length === 0 ? [] : beyondRetention(blocks, request.retentionMs, request.retentionNowMs))
    if (request.retentionBytes > 0) {
      const other = folderBytes(path.join(request.dataDir, 'wal')) + folderBytes(path.join(request.dataDir, 'chunks_head'))
      for (const b of beyondSize(blocks.filter(b => !gone.has(b)), b => folderBytes(b.dir), other, request.retentionBytes)) gone.add(b)
    }
    for (const b of gone) this.log.info({ ulid: b.meta.ulid, minTime: b.meta.minTime, maxTime: b.meta.maxTime }, 'Deleting a block beyond the retention')
    return this.remove([...gone])
  }

  /** Deletes blocks when nobody can be reading them any more. @returns their names */
  private async remove(blocks: readonly ListedBlock[]): Promise<string[]> {
    if (blocks.length === 0) return []
    Atomics.add(this.ctl, CTL_BLOCKS, 1)
    await this.readersGone()
    for (const b of blocks) deleteBlock(b)
    Atomics.add(this.ctl, CTL_BLOCKS, 1)
    return blocks.map(b => b.meta.ulid)
  }

  /** Waits until every querier that is open now has been closed. */
  private async readersGone(): Promise<void> {
    const { ctl } = this
    const epoch = Atomics.add(ctl, CTL_EPOCH, 1) + 1
    for (let waited = 0; waited < WAIT_MS && Atomics.load(ctl, CTL_ACTIVE) !== 0; waited += LOOK_MS) {
      let older = false
      for (let i = 0; i < READER_SLOTS; i++) {
        const open = Atomics.load(ctl, CTL_READERS + 2 * i + 1)
        if (open !== 0 && open <= epoch) older = true
      }
      if (!older) return
      await new Promise(resolve => setTimeout(resolve, LOOK_MS))
    }
  }
}

function isNoSpace(err: unknown): boolean {
  for (let e: unknown = err; e instanceof Error; e = e.cause) if ((e as NodeJS.ErrnoException).code === 'ENOSPC') return true
  return false
}
