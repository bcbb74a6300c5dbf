import { mkdirSync } from 'node:fs'
import path from 'node:path'
import type { Appendable, Appender, Querier, Queryable } from '@haechi/storage'
import { dropMappedChunks, readMappedChunks } from './chunks-head.ts'
import type { MappedChunks } from './chunks-head.ts'
import { listBlocks, lockDataDir } from './data-dir.ts'
import type { BlockInfo, DataDirLock } from './data-dir.ts'
import { HeadAppender } from './head-appender.ts'
import { HeadCore } from './head-core.ts'
import { openHeadReader } from './head-reader.ts'
import type { HeadReader } from './head-reader.ts'
import { headCardinality, headStats } from './head-stats.ts'
import type { HeadCardinality, HeadStats } from './head-stats.ts'
import { SILENT } from './logger.ts'
import type { Logger } from './logger.ts'
import type { HeadHandles } from './shared-memory.ts'
import { writeCheckpoint } from './wal/checkpoint.ts'
import type { CheckpointReport } from './wal/checkpoint.ts'
import { Replay } from './wal/replay.ts'
import type { ReplayProgress, ReplayReport } from './wal/replay.ts'
import { listCheckpoints, listSegments } from './wal/wal-files.ts'
import { WalWriter } from './wal/wal-writer.ts'

/** Settings of a head. Times in ms. */
export interface HeadOptions {
  /** The data directory; its log is in `wal` below it. Made when it does not exist. */
  readonly dataDir: string
  /** Compress log records with snappy. Default true, as Prometheus. */
  readonly walCompression?: boolean
  /** Size at which a log segment ends. Default 128 MiB. */
  readonly walSegmentBytes?: number
  /** Samples older than this, measured from now, are dropped. Default 15 days, as Prometheus; Infinity keeps all. */
  readonly retentionMs?: number
  /** Most living series; new ones beyond it are refused. Default no limit. */
  readonly maxSeries?: number
  readonly logger?: Logger
  readonly onProgress?: (p: ReplayProgress) => void
  /** Unix ms. Default the machine's clock. */
  readonly now?: () => number
  /** How often old data is dropped and the log shortened; 0 leaves it to the caller (`maintain`). Default 10 minutes. */
  readonly maintenanceMs?: number
  /** How often the log is brought to the disk. Default 1 s; 0 leaves it to `close`. */
  readonly syncMs?: number
}

/** Prometheus' `--storage.tsdb.retention.time` default. */
export const DEFAULT_RETENTION_MS: number = 15 * 24 * 3_600_000
const DEFAULT_MAINTENANCE_MS = 600_000
const DEFAULT_SYNC_MS = 1000

/** What opening a directory found. */
export interface OpenReport {
  readonly replay: ReplayReport
  /** Persisted blocks, which this head does not read. */
  readonly ignoredBlocks: readonly BlockInfo[]
  /** Memory-mapped chunks that were not taken over: histograms and out-of-order chunks. */
  readonly skippedMappedChunks: number
  readonly mappedChunkFaults: MappedChunks['faults']
}

/** What one round of maintenance did. */
export interface MaintenanceReport {
  readonly seriesRemoved: number
  readonly checkpoint: CheckpointReport | undefined
}

/** The newest data of a data directory: memory for reading, a write-ahead log for keeping. One writer thread, any number of reader threads. */
export interface Head extends Appendable, Queryable {
  readonly report: OpenReport
  appender(): Appender
  /** For reading on the writer's thread. */
  querier(minMs: number, maxMs: number): Querier
  /** What another thread gives to `openHeadReader`. */
  handles(): HeadHandles
  stats(): HeadStats
  cardinality(limit: number): HeadCardinality
  /** Frees what a reader thread held that ended without `close`. */
  releaseReader(owner: number): void
  /** Drops what is older than the retention and shortens the log. Runs by itself every `maintenanceMs`; a call during a round joins it. */
  maintain(): Promise<MaintenanceReport>
  /** Brings the log to the disk and gives the directory back. The head must not be used afterwards. */
  close(): Promise<void>
}

/**
 * Opens a data directory: takes its lock, reads its log, and is then ready to append and to answer.
 * @throws DataDirError when the directory is in use or can't be written; WalCodecError; HeadMemoryError
 */
export async function openHead(options: HeadOptions): Promise<Head> {
  const lock = lockDataDir(options.dataDir)
  try {
    return await openLocked(options, lock)
  } catch (err) {
    lock.release()
    throw err
  }
}

async function openLocked(options: HeadOptions, lock: DataDirLock): Promise<Head> {
  const logger = options.logger ?? SILENT
  const now = options.now ?? Date.now
  const retentionMs = options.retentionMs ?? DEFAULT_RETENTION_MS
  const walDir = path.join(options.dataDir, 'wal')
  mkdirSync(walDir, { recursive: true })
  const core = new HeadCore(options.maxSeries ?? Infinity)
  core.minTimeMs = now() - retentionMs
  const mapped = readMappedChunks(path.join(options.dataDir, 'chunks_head'))
  const replay = await new Replay(core, mapped, logger).run(walDir, options.onProgress ?? (() => {}))
  const ignoredBlocks = await listBlocks(options.dataDir)
  if (ignoredBlocks.length > 0) logger.warn({ blocks: ignoredBlocks.map(b => b.ulid) }, 'The data directory has blocks, which are not read')
  const report: OpenReport = { replay, ignoredBlocks, skippedMappedChunks: mapped.skipped, mappedChunkFaults: mapped.faults }
  const last = Math.max(listSegments(walDir).at(-1)?.index ?? -1, listCheckpoints(walDir).at(-1)?.index ?? -1)
  const compress = options.walCompression ?? true
  core.wal = new WalWriter(walDir, last + 1, { compress, logger, ...(options.walSegmentBytes === undefined ? {} : { segmentBytes: options.walSegmentBytes }) })
  logger.info({ ...replay, skippedRecords: JSON.stringify(replay.skippedRecords), lost: replay.lost.length }, 'Replayed the write-ahead log')
  return new OpenHead(core, lock, report, {
    walDir, compress, logger, now, retentionMs, mappedFiles: mapped.files, syncMs: options.syncMs ?? DEFAULT_SYNC_MS, maintenanceMs: options.maintenanceMs ?? DEFAULT_MAINTENANCE_MS,
  })
}

interface Settings {
  readonly walDir: string
  readonly compress: boolean
  readonly logger: Logger
  readonly now: () => number
  readonly retentionMs: number
  readonly mappedFiles: MappedChunks['files']
  readonly syncMs: number
  readonly maintenanceMs: number
}

/** Rows that one slice of maintenance looks at, and postings that one slice of the sweep does: a millisecond or two each. */
const DROP_SLICE = 8192
const SWEEP_SLICE = 200_000

class OpenHead implements Head {
  readonly report: OpenReport
  private readonly core: HeadCore
  private readonly lock: DataDirLock
  private readonly settings: Settings
  private readonly reader: HeadReader
  private readonly timers: NodeJS.Timeout[] = []
  private mappedFiles: MappedChunks['files']
  private running: Promise<MaintenanceReport> | undefined
  private closed = false
  /** Series numbers of series that ended, with the segment that was open then: older segments may still hold their samples. */
  private readonly ended = new Map<number, number>()

  constructor(core: HeadCore, lock: DataDirLock, report: OpenReport, settings: Settings) {
    this.core = core
    this.lock = lock
    this.report = report
    this.settings = settings
    this.mappedFiles = settings.mappedFiles
    this.reader = openHeadReader(core.store.memory.handles)
    if (settings.syncMs > 0) this.every(settings.syncMs, () => core.wal!.syncSoon())
    if (settings.maintenanceMs > 0) {
      this.every(settings.maintenanceMs, () => {
        this.maintain().catch((err: unknown) => settings.logger.error({ err }, 'Maintenance of the head failed; it is tried again'))
      })
    }
  }

  appender(): Appender {
    return new HeadAppender(this.core)
  }

  querier(minMs: number, maxMs: number): Querier {
    return this.reader.querier(minMs, maxMs)
  }

  handles(): HeadHandles {
    return this.core.store.memory.handles
  }

  stats(): HeadStats {
    return headStats(this.core)
  }

  cardinality(limit: number): HeadCardinality {
    return headCardinality(this.core.store.memory, limit)
  }

  releaseReader(owner: number): void {
    this.core.store.clearReader(owner)
  }

  maintain(): Promise<MaintenanceReport> {
    this.running ??= this.maintainOnce().finally(() => {
      this.running = undefined
    })
    return this.running
  }

  async close(): Promise<void> {
    if (this.closed) return
    this.closed = true
    for (const timer of this.timers) clearInterval(timer)
    // A round of maintenance sees `closed` and ends early.
    await this.running?.catch(() => {})
    this.reader.close()
    try {
      this.core.wal!.close()
    } finally {
      this.lock.release()
    }
  }

  private async maintainOnce(): Promise<MaintenanceReport> {
    const { core, settings } = this
    const { store } = core
    const minMs = settings.now() - settings.retentionMs
    let seriesRemoved = 0
    if (minMs > core.minTimeMs) core.minTimeMs = minMs
    const open = core.wal!.segment
    for (let row = 0; row < store.rows && !this.closed; row += DROP_SLICE) {
      store.dropBefore(minMs, row, Math.min(store.rows, row + DROP_SLICE), dead => {
        this.ended.set(core.columns.walRef[dead]!, open)
        core.farewell(dead)
        seriesRemoved++
      })
      await nextTurn()
    }
    if (store.dead > 0 && !this.closed) {
      let next = store.sweep(0, SWEEP_SLICE)
      while (next !== 0) {
        await nextTurn()
        next = store.sweep(next, SWEEP_SLICE)
      }
    }
    core.narrowTimes(minMs)
    store.reclaim()
    const checkpoint = this.closed ? undefined : await this.shortenLog(minMs)
    const droppedFiles = dropMappedChunks(this.mappedFiles, minMs)
    this.mappedFiles = this.mappedFiles.slice(droppedFiles.length)
    return { seriesRemoved, checkpoint }
  }

  /** Replaces the segments that hold only old samples by a checkpoint. */
  private async shortenLog(minMs: number): Promise<CheckpointReport | undefined> {
    const { core, settings } = this
    const upTo = core.segmentTimes.lastBefore(minMs, core.wal!.segment)
    if (upTo === undefined) return undefined
    const live = core.walRefs()
    const report = await writeCheckpoint(settings.walDir, upTo, {
      minMs, compress: settings.compress, logger: settings.logger, keepSeries: ref => live.has(core.aliases.get(ref) ?? ref) || (this.ended.get(ref) ?? -1) > upTo,
    })
    core.segmentTimes.forget(upTo)
    for (const [ref, segment] of this.ended) if (segment <= upTo) this.ended.delete(ref)
    settings.logger.info({ ...report }, 'Wrote a checkpoint of the write-ahead log')
    return report
  }

  private every(ms: number, run: () => void): void {
    const timer = setInterval(run, ms)
    timer.unref()
    this.timers.push(timer)
  }
}

const nextTurn = (): Promise<void> => new Promise(resolve => setImmediate(resolve))
