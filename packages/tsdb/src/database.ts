import { existsSync, readdirSync } from 'node:fs'
import path from 'node:path'
import type { Matcher } from '@haechi/model'
import type { Appender, ExemplarSeries, Querier } from '@haechi/storage'
import { tidyBlocks } from './block/block-files.ts'
import type { DamagedBlock } from './block/block-files.ts'
import type { BlockMeta } from './block/block-meta.ts'
import { BlockSet } from './block/block-set.ts'
import type { CompactReport } from './block/compact.ts'
import { newestBlockEnd } from './block/compaction-plan.ts'
import { isUlid } from './block/ulid.ts'
import { UnionReader } from './block/union-reader.ts'
import type { DatabaseHandles } from './block/union-reader.ts'
import { lockDataDir } from './data-dir.ts'
import type { DataDirLock } from './data-dir.ts'
import { DEFAULT_RETENTION_MS, openLockedHead } from './head.ts'
import type { Head, HeadOptions, MaintenanceReport, OpenHead, OpenReport } from './head.ts'
import { LATE_MS } from './head-core.ts'
import { openHeadReader } from './head-reader.ts'
import type { HeadCardinality, HeadStats } from './head-stats.ts'
import { CHUNK_RANGE_MS } from './head-store.ts'
import { CTL_BLOCKS, CTL_SKIPPED_CHUNKS } from './layout.ts'
import { SILENT } from './logger.ts'
import { LocalJobs, MAINTENANCE_OWNER } from './maintenance/jobs.ts'
import type { MaintenanceJobs } from './maintenance/jobs.ts'
import { ThreadJobs } from './maintenance/thread.ts'
import type { HeadHandles } from './shared-memory.ts'
import { listSegments } from './wal/wal-files.ts'

/** Settings of a database: those of its head, and where the heavy work is done. */
export interface DatabaseOptions extends HeadOptions {
  /** Entry file of a thread that calls `serveMaintenance(parentPort, workerData)`. Default: this thread, with pauses. */
  readonly maintenanceFile?: string | URL
  /** Most bytes of blocks, log and head files together; the oldest blocks go first. 0, the default: no limit. */
  readonly retentionBytes?: number
  /** How often is looked whether there is something to do; 0 leaves it to the caller (`maintain`). Default a minute. */
  readonly maintenanceMs?: number
}

/** What opening a directory found, blocks included. */
export interface DatabaseReport extends OpenReport {
  readonly blocks: readonly BlockMeta[]
  readonly damagedBlocks: readonly DamagedBlock[]
}

/** What one round of maintenance did. */
export interface DatabaseMaintenance extends MaintenanceReport {
  /** Written from the head. */
  readonly blocksWritten: readonly BlockMeta[]
  readonly compaction: CompactReport | undefined
}

/** The numbers of a database. */
export interface DatabaseStats extends HeadStats {
  readonly blocks: number
  /** Histogram chunks of blocks that queries have passed over since the start. */
  readonly skippedHistogramChunks: number
  readonly blocksWritten: number
  readonly blocksMerged: number
  readonly blocksDeleted: number
  readonly maintenanceFailures: number
}

/** A data directory: the head for the newest hours, blocks for what is older. */
export interface Database extends Head {
  readonly report: DatabaseReport
  /** For reading head and blocks on the writer's thread. */
  querier(minMs: number, maxMs: number): Querier
  /** What another thread gives to `openDatabaseReader`. */
  readerHandles(): DatabaseHandles
  stats(): DatabaseStats
  /** The blocks that count now, oldest first. */
  blocks(): readonly BlockMeta[]
  /** Writes due blocks, merges and deletes old ones. A call during a round joins it. */
  maintain(): Promise<DatabaseMaintenance>
}

const DEFAULT_MAINTENANCE_MS = 60_000
/** Merging and retention also run this often without a new block. */
const COMPACT_EVERY_MS = 600_000

/**
 * Opens a data directory with its blocks. Damaged blocks are set aside and reported; the rest is used.
 * @throws DataDirError when the directory is in use or can't be written; HeadMemoryError
 */
export async function openDatabase(options: DatabaseOptions): Promise<Database> {
  const lock = lockDataDir(options.dataDir)
  try {
    return await openLocked(options, lock)
  } catch (err) {
    lock.release()
    throw err
  }
}

async function openLocked(options: DatabaseOptions, lock: DataDirLock): Promise<Database> {
  const logger = options.logger ?? SILENT
  const { blocks, damaged } = tidyBlocks(options.dataDir, logger)
  let jobs: MaintenanceJobs | undefined
  const head = await openLockedHead({ ...options, maintenanceMs: 0 }, lock, newestBlockEnd(blocks), request => jobs!.checkpoint(request))
  jobs = options.maintenanceFile === undefined
    ? new LocalJobs(head.handles(), logger)
    : new ThreadJobs(options.maintenanceFile, { head: head.handles() }, logger, () => head.releaseReader(MAINTENANCE_OWNER))
  if (blocks.length > 0) logger.info({ blocks: blocks.length, from: new Date(blocks[0]!.meta.minTime).toISOString(), samples: blocks.reduce((sum, b) => sum + b.meta.stats.numSamples, 0) }, 'Found blocks')
  if (existsSync(path.join(options.dataDir, 'wbl')) && listSegments(path.join(options.dataDir, 'wbl')).some(s => s.bytes > 0)) logger.warn({ dir: path.join(options.dataDir, 'wbl') }, 'The log of out-of-order samples of another server is not read and stays as it is')
  return new OpenDatabase(head, jobs, { ...head.report, blocks: blocks.map(b => b.meta), damagedBlocks: damaged }, options)
}

class OpenDatabase implements Database {
  readonly report: DatabaseReport
  private readonly head: OpenHead
  private readonly jobs: MaintenanceJobs
  private readonly options: DatabaseOptions
  private readonly reader: UnionReader
  private readonly timer: NodeJS.Timeout | undefined
  private running: Promise<DatabaseMaintenance> | undefined
  private closed = false
  private compactedMs = -Infinity
  private readonly counts = { blocksWritten: 0, blocksMerged: 0, blocksDeleted: 0, maintenanceFailures: 0 }

  constructor(head: OpenHead, jobs: MaintenanceJobs, report: DatabaseReport, options: DatabaseOptions) {
    this.head = head
    this.jobs = jobs
    this.report = report
    this.options = options
    this.reader = new UnionReader(openHeadReader(head.handles()), new BlockSet(options.dataDir, new Int32Array(head.handles().control)))
    const everyMs = options.maintenanceMs ?? DEFAULT_MAINTENANCE_MS
    if (everyMs > 0) {
      this.timer = setInterval(() => {
        this.maintain().catch((err: unknown) => {
          if (this.closed) return
          this.counts.maintenanceFailures++
          options.logger?.error({ err }, 'Writing or merging blocks failed; it is tried again')
        })
      }, everyMs)
      this.timer.unref()
    }
  }

  appender(): Appender {
    return this.head.appender()
  }

  querier(minMs: number, maxMs: number): Querier {
    return this.reader.querier(minMs, maxMs)
  }

  exemplars(matchers: readonly (readonly Matcher[])[], minMs: number, maxMs: number): Promise<ExemplarSeries[]> {
    return this.head.exemplars(matchers, minMs, maxMs)
  }

  handles(): HeadHandles {
    return this.head.handles()
  }

  readerHandles(): DatabaseHandles {
    return { head: this.head.handles(), dataDir: this.options.dataDir }
  }

  stats(): DatabaseStats {
    const ctl = new Int32Array(this.head.handles().control)
    return { ...this.head.stats(), ...this.counts, blocks: this.reader.blocks.list().length, skippedHistogramChunks: Atomics.load(ctl, CTL_SKIPPED_CHUNKS) }
  }

  cardinality(limit: number): HeadCardinality {
    return this.head.cardinality(limit)
  }

  releaseReader(owner: number): void {
    this.head.releaseReader(owner)
  }

  blocks(): readonly BlockMeta[] {
    return this.reader.blocks.list().map(b => b.meta)
  }

  maintain(): Promise<DatabaseMaintenance> {
    this.running ??= this.maintainOnce().finally(() => {
      this.running = undefined
    })
    return this.running
  }

  async close(): Promise<void> {
    if (this.closed) return
    this.closed = true
    clearInterval(this.timer)
    // A job that is cut off leaves the directory as it was before or after it.
    await this.jobs.close()
    await this.running?.catch(() => {})
    this.reader.close()
    await this.head.close()
  }

  /** Blocks that somebody else put into the directory, or took away, are told to the readers. */
  private noticeOthers(): void {
    const names = readdirSync(this.options.dataDir).filter(isUlid).sort().join()
    if (names === this.seenBlocks) return
    this.seenBlocks = names
    Atomics.add(new Int32Array(this.head.handles().control), CTL_BLOCKS, 1)
  }
  private seenBlocks = ''
  /** Blocks that could not be merged: tried again after a restart. */
  private unmergeable: readonly string[] = []

  private async maintainOnce(): Promise<DatabaseMaintenance> {
    const { head, jobs, options } = this
    const nowMs = (options.now ?? Date.now)()
    const retentionMs = options.retentionMs ?? DEFAULT_RETENTION_MS
    const blocksWritten: BlockMeta[] = []
    let seriesRemoved = 0
    let checkpoint: MaintenanceReport['checkpoint']
    const dropped = (report: MaintenanceReport): void => {
      seriesRemoved += report.seriesRemoved
      checkpoint = report.checkpoint ?? checkpoint
    }
    this.noticeOthers()
    for (;;) {
      const { minMs, maxMs } = head.timeRange()
      // As Prometheus: a block is due when the head spans one and a half.
      if (this.closed || !(maxMs - minMs > 1.5 * CHUNK_RANGE_MS)) break
      const endMs = Math.floor(minMs / CHUNK_RANGE_MS) * CHUNK_RANGE_MS + CHUNK_RANGE_MS
      head.refuseBefore(endMs)
      const report = await jobs.headBlock({ dataDir: options.dataDir, minMs, endMs, nowMs })
      if (report.block !== undefined) {
        blocksWritten.push(report.block)
        this.counts.blocksWritten++
        options.logger?.info({
          ulid: report.block.ulid, minTime: minMs, maxTime: endMs, samples: report.block.stats.numSamples, series: report.block.stats.numSeries, durationMs: Math.round(report.durationMs),
        }, 'Wrote a block')
      }
      if (this.closed) break
      // A sample that came while the block was written is no older than what was late then.
      dropped(await head.dropBefore(endMs, Math.min(report.nextMs, maxMs - LATE_MS), true))
    }
    let compaction: CompactReport | undefined
    const dueMs = this.compactedMs + COMPACT_EVERY_MS
    if (!this.closed && (blocksWritten.length > 0 || nowMs >= dueMs)) {
      if (nowMs - retentionMs > head.timeRange().minMs) dropped(await head.maintain())
      if (!this.closed) compaction = await jobs.compact({ dataDir: options.dataDir, retentionMs, retentionBytes: options.retentionBytes ?? 0, excluded: this.unmergeable, nowMs })
      this.unmergeable = compaction?.failed ?? this.unmergeable
      this.compactedMs = nowMs
      this.counts.blocksMerged += compaction?.merged.length ?? 0
      this.counts.blocksDeleted += compaction?.deleted.length ?? 0
    }
    return { seriesRemoved, checkpoint, blocksWritten, compaction }
  }
}
