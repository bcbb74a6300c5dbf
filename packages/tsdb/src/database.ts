import { randomBytes } from 'node:crypto'
import { readdirSync } from 'node:fs'
import path from 'node:path'
import type { Matcher } from '@haechi/model'
import type { Appender, ExemplarSeries, Querier } from '@haechi/storage'
import { tidyBlocks } from './block/block-files.ts'
import type { DamagedBlock } from './block/block-files.ts'
import type { BlockMeta } from './block/block-meta.ts'
import { BlockSet } from './block/block-set.ts'
import type { CleanReport, CompactReport } from './block/compact.ts'
import { newestBlockEnd } from './block/compaction-plan.ts'
import { plainMatchers } from './block/delete-series.ts'
import type { DeleteReport } from './block/delete-series.ts'
import { isUlid } from './block/ulid.ts'
import { UnionReader } from './block/union-reader.ts'
import type { DatabaseHandles } from './block/union-reader.ts'
import { lockDataDir, startError } from './data-dir.ts'
import type { DataDirLock } from './data-dir.ts'
import { DEFAULT_RETENTION_MS, openLockedHead } from './head.ts'
import type { Head, HeadOptions, MaintenanceReport, OpenHead, OpenReport } from './head.ts'
import { openHeadReader } from './head-reader.ts'
import type { HeadChurn } from './head-churn.ts'
import type { HeadCardinality, HeadStats } from './head-stats.ts'
import { CHUNK_RANGE_MS } from './head-store.ts'
import { CTL_BLOCKS, CTL_OOO_CHUNKS, CTL_SKIPPED_CHUNKS } from './layout.ts'
import { SILENT } from './logger.ts'
import { LocalJobs, MAINTENANCE_OWNER } from './maintenance/jobs.ts'
import type { MaintenanceJobs } from './maintenance/jobs.ts'
import { MaintenanceError, ThreadJobs } from './maintenance/thread.ts'
import type { ClockHold } from './retention-clock.ts'
import type { HeadHandles } from './shared-memory.ts'

/** Settings of a database: those of its head, and where the heavy work is done. */
export interface DatabaseOptions extends HeadOptions {
  /** Entry file of a thread that calls `serveMaintenance(parentPort, workerData)`. Default: this thread, with pauses. */
  readonly maintenanceFile?: string | URL
  /** Most bytes of blocks, log and head files together; the oldest blocks go first. 0, the default: no limit. */
  readonly retentionBytes?: number
  /** Most time that a merged block may span, ms. Default a tenth of the retention, at most 31 days. @see Prometheus `--storage.tsdb.max-block-duration` */
  readonly maxBlockRangeMs?: number
  /** How often is looked whether there is something to do; 0 leaves it to the caller (`maintain`). Default a minute, or a tenth of shorter blocks. */
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
  /** Written from out-of-order samples. */
  readonly outOfOrderBlocks: readonly BlockMeta[]
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
  /** Merges of blocks that overlapped. */
  readonly verticalCompactions: number
  readonly outOfOrderChunks: number
  readonly maintenanceFailures: number
  /** How far the machine's clock is ahead of the time that the retention is measured from; undefined while all is well. */
  readonly clockHold: ClockHold | undefined
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
  /**
   * Deletes the samples with `minMs <= t <= maxMs` of the series that satisfy all matchers of at least one of the lists: queries of all threads miss them from then on. Their
   * bytes go when blocks are merged, or with `cleanTombstones`. Waits for a round of maintenance.
   * @throws Error of the file system: some blocks may have lost samples before it
   */
  deleteSeries(matchers: readonly (readonly Matcher[])[], minMs: number, maxMs: number): Promise<DeleteReport>
  /** Writes all blocks that have deletions anew, without what was deleted. Waits for a round of maintenance. */
  cleanTombstones(): Promise<CleanReport>
  /** Copies all data as blocks into a new folder below `snapshots`; `skipHead` leaves out what is in no block yet. @returns the folder's name @throws Error of the file system */
  snapshot(skipHead: boolean): Promise<{ readonly name: string; readonly dir: string }>
  /** Writes due blocks, merges and deletes old ones. A call during a round joins it. */
  maintain(): Promise<DatabaseMaintenance>
}

const DEFAULT_MAINTENANCE_MS = 60_000
/** Where blocks are so short that a minute would be too long. */
const SHORTEST_MAINTENANCE_MS = 250
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
    throw startError(options.dataDir, err)
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
  return new OpenDatabase(head, jobs, { ...head.report, blocks: blocks.map(b => b.meta), damagedBlocks: damaged }, options)
}

class OpenDatabase implements Database {
  readonly report: DatabaseReport
  private readonly head: OpenHead
  private readonly jobs: MaintenanceJobs
  private readonly options: DatabaseOptions
  private readonly reader: UnionReader
  private readonly timer: NodeJS.Timeout | undefined
  private readonly rangeMs: number
  private running: Promise<DatabaseMaintenance> | undefined
  private closed = false
  private compactedMs = -Infinity
  private outOfOrderMs: number
  private readonly counts = { blocksWritten: 0, blocksMerged: 0, blocksDeleted: 0, verticalCompactions: 0, maintenanceFailures: 0 }

  constructor(head: OpenHead, jobs: MaintenanceJobs, report: DatabaseReport, options: DatabaseOptions) {
    this.head = head
    this.jobs = jobs
    this.report = report
    this.options = options
    this.reader = new UnionReader(openHeadReader(head.handles()), new BlockSet(options.dataDir, new Int32Array(head.handles().control)))
    this.outOfOrderMs = head.passedMs()
    this.rangeMs = options.blockRangeMs ?? CHUNK_RANGE_MS
    const everyMs = options.maintenanceMs ?? Math.min(DEFAULT_MAINTENANCE_MS, Math.max(SHORTEST_MAINTENANCE_MS, this.rangeMs / 10))
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
    return { ...this.head.stats(), ...this.counts, blocks: this.reader.blocks.list().length, clockHold: this.head.clockHold(), outOfOrderChunks: Atomics.load(ctl, CTL_OOO_CHUNKS), skippedHistogramChunks: Atomics.load(ctl, CTL_SKIPPED_CHUNKS) }
  }

  churn(limit: number): HeadChurn {
    return this.head.churn(limit)
  }

  cardinality(limit: number): Promise<HeadCardinality> {
    return this.head.cardinality(limit)
  }

  releaseReader(owner: number): void {
    this.head.releaseReader(owner)
  }

  setOutOfOrderWindow(ms: number): void {
    this.head.setOutOfOrderWindow(ms)
  }

  deleteSeries(matchers: readonly (readonly Matcher[])[], minMs: number, maxMs: number): Promise<DeleteReport> {
    // Between rounds of maintenance: blocks that are being written or merged would bring back what is deleted meanwhile.
    return this.exclusive(async () => {
      const request = { dataDir: this.options.dataDir, matchers: matchers.map(plainMatchers), minMs, maxMs }
      const report = await this.jobs.deleteSeries(request)
      let series = report.series
      for (const list of matchers) series += this.head.deleteSeries(list, minMs, maxMs)
      return { blocks: report.blocks, series }
    })
  }

  cleanTombstones(): Promise<CleanReport> {
    return this.exclusive(() => this.jobs.cleanTombstones({ dataDir: this.options.dataDir, nowMs: this.nowMs() }))
  }

  snapshot(skipHead: boolean): Promise<{ readonly name: string; readonly dir: string }> {
    return this.exclusive(async () => {
      const nowMs = this.nowMs()
      const name = `${new Date(nowMs).toISOString().replace(/[-:]|\.\d+/g, '')}-${randomBytes(8).toString('hex')}`
      const dir = path.join(this.options.dataDir, 'snapshots', name)
      await this.jobs.snapshot({ dataDir: this.options.dataDir, dir, head: skipHead ? undefined : this.head.timeRange(), nowMs, rangeMs: this.rangeMs })
      return { name, dir }
    })
  }

  private nowMs(): number {
    return (this.options.now ?? Date.now)()
  }

  /** Runs one thing that changes the set of blocks after the other. */
  private exclusive<T>(run: () => Promise<T>): Promise<T> {
    const turn = this.turn.then(() => {
      if (this.closed) throw new MaintenanceError('the database is being closed')
      return run()
    })
    this.turn = turn.catch(() => {})
    return turn
  }
  private turn: Promise<unknown> = Promise.resolve()

  blocks(): readonly BlockMeta[] {
    return this.reader.blocks.list().map(b => b.meta)
  }

  maintain(): Promise<DatabaseMaintenance> {
    this.running ??= this.exclusive(() => this.maintainOnce()).finally(() => {
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
    await this.turn
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
    const { head, jobs, options, rangeMs } = this
    const nowMs = this.nowMs()
    const passedMs = head.passedMs()
    // Each round, so that a step of the clock is noticed when it happens.
    const retentionNowMs = head.retentionNowMs()
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
      if (this.closed || !(maxMs - minMs > 1.5 * rangeMs)) break
      const endMs = Math.floor(minMs / rangeMs) * rangeMs + rangeMs
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
      dropped(await head.dropBefore(endMs, Math.min(report.nextMs, maxMs - head.lateMs), true))
    }
    const outOfOrderBlocks = blocksWritten.length > 0 || passedMs - this.outOfOrderMs >= rangeMs ? await this.compactOutOfOrder(nowMs) : []
    let compaction: CompactReport | undefined
    const dueMs = this.compactedMs + COMPACT_EVERY_MS
    if (!this.closed && (blocksWritten.length > 0 || outOfOrderBlocks.length > 0 || passedMs >= dueMs)) {
      if (retentionNowMs - retentionMs > head.timeRange().minMs) dropped(await head.maintain())
      if (!this.closed) compaction = await jobs.compact({ dataDir: options.dataDir, retentionMs, retentionBytes: options.retentionBytes ?? 0, excluded: this.unmergeable, nowMs, retentionNowMs, rangeMs, ...(options.maxBlockRangeMs === undefined ? {} : { maxRangeMs: options.maxBlockRangeMs }) })
      this.unmergeable = compaction?.failed ?? this.unmergeable
      this.compactedMs = passedMs
      this.counts.blocksMerged += compaction?.merged.length ?? 0
      this.counts.verticalCompactions += compaction?.merged.filter(m => m.overlapping).length ?? 0
      this.counts.blocksDeleted += compaction?.deleted.length ?? 0
    }
    return { seriesRemoved, checkpoint, blocksWritten, outOfOrderBlocks, compaction }
  }

  /** Writes the out-of-order samples as blocks, which overlap those of the samples in order. */
  private async compactOutOfOrder(nowMs: number): Promise<readonly BlockMeta[]> {
    const cut = this.closed ? undefined : this.head.cutOutOfOrder()
    this.outOfOrderMs = this.head.passedMs()
    if (cut === undefined) return []
    const report = await this.jobs.oooBlocks({ dir: this.options.dataDir, cut: cut.cut, nowMs, rangeMs: this.rangeMs })
    this.counts.blocksWritten += report.blocks.length
    this.options.logger?.info({
      ulids: report.blocks.map(b => b.ulid).join(' '), samples: report.blocks.reduce((sum, b) => sum + b.stats.numSamples, 0), durationMs: Math.round(report.durationMs),
    }, 'Wrote blocks of out-of-order samples')
    if (!this.closed) await this.head.dropOutOfOrder(cut)
    return report.blocks
  }
}
