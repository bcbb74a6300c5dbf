import { mkdirSync } from 'node:fs'
import path from 'node:path'
import type { Matcher } from '@haechi/model'
import type { Appendable, Appender, ExemplarQueryable, ExemplarSeries, Querier, Queryable } from '@haechi/storage'
import { dropMappedChunks, readMappedChunks } from './chunks-head.ts'
import type { MappedChunks } from './chunks-head.ts'
import { lockDataDir } from './data-dir.ts'
import type { DataDirLock } from './data-dir.ts'
import { HeadAppender } from './head-appender.ts'
import { notePastChange } from './change-journal.ts'
import { HeadCore } from './head-core.ts'
import { openHeadReader } from './head-reader.ts'
import type { HeadReader } from './head-reader.ts'
import { headCardinality, headStats } from './head-stats.ts'
import type { HeadCardinality, HeadStats } from './head-stats.ts'
import { SILENT } from './logger.ts'
import type { Logger } from './logger.ts'
import { CTLF_MAX_TIME, CTLF_MIN_TIME } from './layout.ts'
import { LocalJobs } from './maintenance/jobs.ts'
import type { CheckpointRequest } from './maintenance/jobs.ts'
import type { HeadHandles } from './shared-memory.ts'
import type { CheckpointReport } from './wal/checkpoint.ts'
import { Replay } from './wal/replay.ts'
import type { ReplayProgress, ReplayReport } from './wal/replay.ts'
import { listCheckpoints, listSegments } from './wal/wal-files.ts'
import { WalWriter } from './wal/wal-writer.ts'
import type { WalCompression } from './wal/wal-writer.ts'

/** Settings of a head. Times in ms. */
export interface HeadOptions {
  /** The data directory; its log is in `wal` below it. Made when it does not exist. */
  readonly dataDir: string
  /** How log records are compressed; true, the default: with snappy, as Prometheus. */
  readonly walCompression?: boolean | WalCompression
  /** Size at which a log segment ends. Default 128 MiB. */
  readonly walSegmentBytes?: number
  /** Samples older than this, measured from now, are dropped. Default 15 days, as Prometheus; Infinity keeps all. */
  readonly retentionMs?: number
  /** Most living series; new ones beyond it are refused. Default no limit. */
  readonly maxSeries?: number
  /** Exemplars that are kept of all series together. Default 100,000, as Prometheus; 0 keeps none. */
  readonly maxExemplars?: number
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
  /** Memory-mapped chunks that were not taken over: those out of order. */
  readonly skippedMappedChunks: number
  readonly mappedChunkFaults: MappedChunks['faults']
}

/** What one round of maintenance did. */
export interface MaintenanceReport {
  readonly seriesRemoved: number
  readonly checkpoint: CheckpointReport | undefined
}

/**
 * The newest data of a data directory: memory for reading, a write-ahead log for keeping. One writer thread, any number of reader threads.
 * Blocks are beyond it: see `openDatabase`.
 */
export interface Head extends Appendable, Queryable, ExemplarQueryable {
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
 * @throws DataDirError when the directory is in use or can't be written; HeadMemoryError
 */
export async function openHead(options: HeadOptions): Promise<Head> {
  const lock = lockDataDir(options.dataDir)
  try {
    return await openLockedHead(options, lock)
  } catch (err) {
    lock.release()
    throw err
  }
}

/**
 * Opens the head of a directory whose lock the caller has.
 * @param blocksEndMs samples before this are in blocks: not taken from the log, and refused
 * @param checkpoint writes checkpoints; default this thread
 */
export async function openLockedHead(options: HeadOptions, lock: DataDirLock, blocksEndMs: number = -Infinity, checkpoint?: (request: CheckpointRequest) => Promise<CheckpointReport>): Promise<OpenHead> {
  const logger = options.logger ?? SILENT
  const now = options.now ?? Date.now
  const retentionMs = options.retentionMs ?? DEFAULT_RETENTION_MS
  const walDir = path.join(options.dataDir, 'wal')
  mkdirSync(walDir, { recursive: true })
  const core = new HeadCore(options.maxSeries ?? Infinity, options.maxExemplars)
  core.minTimeMs = Math.max(now() - retentionMs, blocksEndMs)
  const mapped = readMappedChunks(path.join(options.dataDir, 'chunks_head'))
  const replay = await new Replay(core, mapped, logger).run(walDir, options.onProgress ?? (() => {}))
  const report: OpenReport = { replay, skippedMappedChunks: mapped.skipped, mappedChunkFaults: mapped.faults }
  const last = Math.max(listSegments(walDir).at(-1)?.index ?? -1, listCheckpoints(walDir).at(-1)?.index ?? -1)
  const compress = options.walCompression === false ? 'none' : options.walCompression === undefined || options.walCompression === true ? 'snappy' : options.walCompression
  core.wal = new WalWriter(walDir, last + 1, { compress, logger, ...(options.walSegmentBytes === undefined ? {} : { segmentBytes: options.walSegmentBytes }) })
  logger.info({ ...replay, skippedRecords: JSON.stringify(replay.skippedRecords), lost: replay.lost.length }, 'Replayed the write-ahead log')
  return new OpenHead(core, lock, report, {
    walDir, compress, logger, now, retentionMs, checkpoint: checkpoint ?? (request => new LocalJobs(core.store.memory.handles, logger).checkpoint(request)), mappedFiles: mapped.files, syncMs: options.syncMs ?? DEFAULT_SYNC_MS, maintenanceMs: options.maintenanceMs ?? DEFAULT_MAINTENANCE_MS,
  })
}

interface Settings {
  readonly walDir: string
  readonly compress: WalCompression
  readonly logger: Logger
  readonly now: () => number
  readonly retentionMs: number
  readonly checkpoint: (request: CheckpointRequest) => Promise<CheckpointReport>
  readonly mappedFiles: MappedChunks['files']
  readonly syncMs: number
  readonly maintenanceMs: number
}

/** Rows that one slice of maintenance looks at (each may give back four chunks), and postings that one slice of the sweep does: a millisecond or two each. */
const DROP_SLICE = 2048
const SWEEP_SLICE = 200_000

/** A head that is open, with what a database needs of it besides. */
export class OpenHead implements Head {
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
    this.forgetEmptySeries()
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

  exemplars(matchers: readonly (readonly Matcher[])[], minMs: number, maxMs: number): Promise<ExemplarSeries[]> {
    return Promise.resolve(this.core.exemplars.select(matchers, minMs, maxMs))
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

  /** Oldest and newest time, Unix ms; +Infinity and -Infinity while the head is empty. */
  timeRange(): { readonly minMs: number; readonly maxMs: number } {
    const { ctlF } = this.core.store.memory
    return { minMs: ctlF[CTLF_MIN_TIME]!, maxMs: ctlF[CTLF_MAX_TIME]! }
  }

  /** Samples before this are refused from now on, those of batches that have begun included. */
  refuseBefore(ms: number): void {
    if (ms > this.core.minTimeMs) this.core.minTimeMs = ms
  }

  /**
   * Drops what is older than `minMs` from memory and from the log; the caller has refused such samples before.
   * @param oldestMs not after the oldest sample that stays
   * @param newSegment begins a segment of the log, so that those that end here go with the next call
   */
  async dropBefore(minMs: number, oldestMs: number, newSegment: boolean): Promise<MaintenanceReport> {
    const { core } = this
    const { store } = core
    let seriesRemoved = 0
    if (newSegment) core.wal!.nextSegment()
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
    core.narrowTimes(Math.max(minMs, oldestMs))
    notePastChange(store.memory, -Infinity)
    store.reclaim()
    const checkpoint = this.closed ? undefined : await this.shortenLog(minMs)
    const droppedFiles = dropMappedChunks(this.mappedFiles, minMs)
    this.mappedFiles = this.mappedFiles.slice(droppedFiles.length)
    return { seriesRemoved, checkpoint }
  }

  private maintainOnce(): Promise<MaintenanceReport> {
    const minMs = this.settings.now() - this.settings.retentionMs
    this.refuseBefore(minMs)
    return this.dropBefore(minMs, minMs, false)
  }

  /** Series that the log describes and of which no sample is left: nobody has their refs yet. */
  private forgetEmptySeries(): void {
    const { core } = this
    const { store } = core
    const open = core.wal!.segment
    store.dropEmpty(row => {
      this.ended.set(core.columns.walRef[row]!, open)
      core.farewell(row)
    })
    if (store.dead > 0) for (let next = store.sweep(0, Infinity); next !== 0; ) next = store.sweep(next, Infinity)
  }

  /** Series numbers of the log that later segments may use. */
  private neededRefs(upTo: number): Float64Array {
    const { core, ended } = this
    const { store, columns, aliases } = core
    const keep = new Float64Array(store.series + aliases.size + ended.size)
    let n = 0
    for (let row = 0; row < store.rows; row++) if (store.isLive(row)) keep[n++] = columns.walRef[row]!
    if (aliases.size > 0) {
      const live = new Set(keep.subarray(0, n))
      for (const [ref, meant] of aliases) if (live.has(meant)) keep[n++] = ref
    }
    for (const [ref, segment] of ended) if (segment > upTo) keep[n++] = ref
    return keep.slice(0, n)
  }

  /** Replaces the segments that hold only old samples by a checkpoint. */
  private async shortenLog(minMs: number): Promise<CheckpointReport | undefined> {
    const { core, settings } = this
    const upTo = core.segmentTimes.lastBefore(minMs, core.wal!.segment)
    if (upTo === undefined) return undefined
    const keep = this.neededRefs(upTo)
    const report = await settings.checkpoint({ walDir: settings.walDir, upTo, minMs, compress: settings.compress, keep })
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
