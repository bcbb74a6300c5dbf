import { existsSync, mkdirSync, rmSync } from 'node:fs'
import path from 'node:path'
import type { Matcher } from '@haechi/model'
import type { Appendable, Appender, ExemplarQueryable, ExemplarSeries, Querier, Queryable } from '@haechi/storage'
import { dropMappedChunks, readMappedChunks } from './chunks-head.ts'
import type { MappedChunks } from './chunks-head.ts'
import { lockDataDir, startError } from './data-dir.ts'
import type { DataDirLock } from './data-dir.ts'
import { HeadAppender } from './head-appender.ts'
import { notePastChange } from './change-journal.ts'
import { ChurnCounter } from './head-churn.ts'
import type { HeadChurn } from './head-churn.ts'
import { HeadCore } from './head-core.ts'
import { deleteFromHead } from './head-delete.ts'
import { openHeadReader } from './head-reader.ts'
import type { HeadReader } from './head-reader.ts'
import { headCardinality, headStats } from './head-stats.ts'
import type { HeadCardinality, HeadStats } from './head-stats.ts'
import { SILENT } from './logger.ts'
import type { Logger } from './logger.ts'
import { CTLF_MAX_TIME, CTLF_MIN_TIME } from './layout.ts'
import { LocalJobs } from './maintenance/jobs.ts'
import type { CheckpointRequest } from './maintenance/jobs.ts'
import { RetentionClock } from './retention-clock.ts'
import type { ClockHold } from './retention-clock.ts'
import type { HeadHandles } from './shared-memory.ts'
import type { CheckpointReport } from './wal/checkpoint.ts'
import { replayOutOfOrder } from './wal/replay-wbl.ts'
import type { OutOfOrderReplay } from './wal/replay-wbl.ts'
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
  /** How much older than the newest sample a sample may be that is not the newest of its series, ms. 0, the default: none is taken. @see Prometheus `out_of_order_time_window` */
  readonly outOfOrderWindowMs?: number
  /** Start times of samples are kept in the log and in chunks that can say them, which Prometheus reads from 3.11 on. Default: they are passed over. @see `--enable-feature=st-storage` */
  readonly startTimes?: boolean
  /** While the machine's clock is more than an hour behind the newest sample (it was set back), samples of its time are taken out of order, whatever the window. Default: they are refused. */
  readonly followClock?: boolean
  /** Bytes of memory from which new series are refused; see `defaultHeadMemory`. Default no limit. */
  readonly maxMemoryBytes?: number
  /** Length of the shortest blocks, ms; chunks never cross a multiple of it. Default 2 h. @see Prometheus `--storage.tsdb.min-block-duration` */
  readonly blockRangeMs?: number
  readonly logger?: Logger
  readonly onProgress?: (p: ReplayProgress) => void
  /** Calls the opening off while the log is read: it throws the signal's reason and has changed nothing. */
  readonly signal?: AbortSignal
  /** Unix ms. Default the machine's clock. */
  readonly now?: () => number
  /** Time that passes whatever the clock is set to, ms. Default the machine's uptime, or `now` if that is given: see `RetentionClock`. */
  readonly monotonic?: () => number
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
  /** What the log of out-of-order samples held; undefined if there is none. */
  readonly outOfOrder: OutOfOrderReplay | undefined
  /** Memory-mapped chunks that were not taken over: of an encoding that we don't know. */
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
  /** Counts series by label, the `limit` largest of each kind. Gives way to other work every few ms. */
  cardinality(limit: number): Promise<HeadCardinality>
  /** Series that began and ended in the last hour to two, at most `limit` names per list. */
  churn(limit: number): HeadChurn
  /** Frees what a reader thread held that ended without `close`. */
  releaseReader(owner: number): void
  /** Sets how much older than the newest sample an out-of-order sample may be, ms; 0 takes none. What was taken stays. Makes the `wbl` folder when it is first needed. */
  setOutOfOrderWindow(ms: number): void
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
    throw startError(options.dataDir, err)
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
  const core = new HeadCore(options.maxSeries ?? Infinity, options.maxExemplars, options.maxMemoryBytes ?? Infinity, options.blockRangeMs)
  const clock = new RetentionClock({ dataDir: options.dataDir, retentionMs, now: options.now, monotonic: options.monotonic, logger })
  core.minTimeMs = Math.max(clock.nowMs() - retentionMs, blocksEndMs)
  const mapped = readMappedChunks(path.join(options.dataDir, 'chunks_head'))
  for (const { file, reason } of mapped.faults) logger.warn({ file, reason, next: `haechi tsdb repair ${options.dataDir}` }, 'A file of memory-mapped chunks is damaged; its samples are taken from the write-ahead log')
  const source = new Replay(core, mapped, logger)
  const replay = await source.run(walDir, options.onProgress ?? (() => {}), options.signal)
  const wblDir = path.join(options.dataDir, 'wbl')
  // Where chunk files are damaged, the log stands for what they held.
  const places = mapped.faults.length === 0 ? mapped.outOfOrderPlaces : new Set<number>()
  const outOfOrder = existsSync(wblDir) ? await replayOutOfOrder(core, source, places, wblDir, logger) : undefined
  const report: OpenReport = { replay, outOfOrder, skippedMappedChunks: mapped.skipped, mappedChunkFaults: mapped.faults }
  // What a process left that ended between writing a checkpoint and removing what it replaced.
  const replaced = listCheckpoints(walDir).at(-1)?.index ?? -1
  for (const segment of listSegments(walDir)) if (segment.index <= replaced) rmSync(segment.file, { force: true })
  const last = Math.max(listSegments(walDir).at(-1)?.index ?? -1, listCheckpoints(walDir).at(-1)?.index ?? -1)
  const compress = options.walCompression === false ? 'none' : options.walCompression === undefined || options.walCompression === true ? 'snappy' : options.walCompression
  core.wal = new WalWriter(walDir, last + 1, { compress, logger, ...(options.walSegmentBytes === undefined ? {} : { segmentBytes: options.walSegmentBytes }) })
  if (outOfOrder !== undefined && outOfOrder.bytes > 0) logger.info({ ...outOfOrder }, 'Replayed the log of out-of-order samples')
  logger.info({ ...replay, skippedRecords: JSON.stringify(replay.skippedRecords), lost: replay.lost.length }, 'Replayed the write-ahead log')
  const head = new OpenHead(core, lock, report, {
    segmentBytes: options.walSegmentBytes, wblDir, walDir, compress, logger, now, clock, blocksEndMs, retentionMs, checkpoint: checkpoint ?? (request => new LocalJobs(core.store.memory.handles, logger).checkpoint(request)), mappedFiles: mapped.files, syncMs: options.syncMs ?? DEFAULT_SYNC_MS, maintenanceMs: options.maintenanceMs ?? DEFAULT_MAINTENANCE_MS,
  })
  head.setOutOfOrderWindow(options.outOfOrderWindowMs ?? 0)
  if (options.followClock === true) core.clock = now
  core.keepStarts = options.startTimes === true
  return head
}

interface Settings {
  readonly wblDir: string
  readonly segmentBytes: number | undefined
  readonly walDir: string
  readonly compress: WalCompression
  readonly logger: Logger
  readonly now: () => number
  readonly clock: RetentionClock
  readonly blocksEndMs: number
  readonly retentionMs: number
  readonly checkpoint: (request: CheckpointRequest) => Promise<CheckpointReport>
  readonly mappedFiles: MappedChunks['files']
  readonly syncMs: number
  readonly maintenanceMs: number
}

/** Rows that one slice of maintenance looks at (each may give back four chunks), and postings that one slice of the sweep does: a millisecond or two each. */
const DROP_SLICE = 2048
const SWEEP_SLICE = 200_000
/** Time between two looks for series without samples; a series without one at both ends. */
const EMPTY_MS = 300_000

/** A head that is open, with what a database needs of it besides. */
export class OpenHead implements Head {
  readonly report: OpenReport
  private readonly core: HeadCore
  private readonly lock: DataDirLock
  private readonly settings: Settings
  private readonly reader: HeadReader
  private readonly timers: NodeJS.Timeout[] = []
  private mappedFiles: MappedChunks['files']
  /** Whether `mappedFiles` have out-of-order chunks that are in no block. */
  private mappedOutOfOrder: boolean
  /** Series that had no sample at the last look, by their number in the log, and when that was. */
  private empty: ReadonlySet<number> = new Set()
  private emptyMs = -Infinity
  private running: Promise<MaintenanceReport> | undefined
  private closed = false
  /** What is before this is in blocks. */
  private blocksEndMs: number
  /** Series numbers of series that ended, with the segment that was open then: older segments may still hold their samples. */
  private readonly ended = new Map<number, number>()

  constructor(core: HeadCore, lock: DataDirLock, report: OpenReport, settings: Settings) {
    this.core = core
    this.lock = lock
    this.report = report
    this.settings = settings
    this.blocksEndMs = settings.blocksEndMs
    this.mappedFiles = settings.mappedFiles
    this.mappedOutOfOrder = settings.mappedFiles.some(f => f.outOfOrder)
    this.reader = openHeadReader(core.store.memory.handles)
    this.forgetEmptySeries()
    core.makeWbl = () => this.makeWbl()
    core.churn = new ChurnCounter(core.store.memory, settings.now)
    if (settings.syncMs > 0) this.every(settings.syncMs, () => {
      core.wal!.syncSoon()
      core.wbl?.syncSoon()
    })
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

  cardinality(limit: number): Promise<HeadCardinality> {
    return headCardinality(this.core.store.memory, limit)
  }

  churn(limit: number): HeadChurn {
    return this.core.churn!.churn(limit)
  }

  releaseReader(owner: number): void {
    this.core.store.clearReader(owner)
  }

  setOutOfOrderWindow(ms: number): void {
    const { core } = this
    core.oooWindowMs = Math.max(0, ms)
    // Also without a window while there is a log that was replayed: it goes when its samples are in blocks.
    if (core.wbl === null && (core.oooWindowMs > 0 || listSegments(this.settings.wblDir).some(s => s.bytes > 0))) this.makeWbl()
  }

  private makeWbl(): void {
    const { core, settings } = this
    const { wblDir } = settings
    mkdirSync(wblDir, { recursive: true })
    const last = listSegments(wblDir).at(-1)?.index ?? -1
    core.wbl = new WalWriter(wblDir, last + 1, { compress: settings.compress, logger: settings.logger, ...(settings.segmentBytes === undefined ? {} : { segmentBytes: settings.segmentBytes }) })
  }

  /** Deletes samples of the head. @returns series that lost some @throws Error when the log can't be written */
  deleteSeries(matchers: readonly Matcher[], minMs: number, maxMs: number): number {
    return deleteFromHead(this.core, matchers, minMs, maxMs)
  }

  /** Begins a new cut of out-of-order samples: those before it can be written into blocks. @returns undefined if there are none */
  cutOutOfOrder(): { readonly cut: number; readonly segment: number } | undefined {
    const { core } = this
    if (core.store.extras.oooChunkCount === 0) return undefined
    core.wbl?.nextSegment()
    return { cut: core.store.extras.nextCut(), segment: core.wbl?.segment ?? 0 }
  }

  /** Drops the out-of-order samples of a cut, which are in blocks now, from memory and from their log. */
  async dropOutOfOrder(cut: { readonly cut: number; readonly segment: number }): Promise<void> {
    const { core, settings } = this
    const { extras } = core.store
    const rows = core.store.rows
    for (let row = 0; row < rows && !this.closed; row += DROP_SLICE) {
      extras.dropOoo(cut.cut, row, Math.min(rows, row + DROP_SLICE))
      await nextTurn()
    }
    if (this.closed) return
    extras.narrowOoo()
    core.store.reclaim()
    for (const s of listSegments(settings.wblDir)) if (s.index < cut.segment) rmSync(s.file, { force: true })
    this.mappedOutOfOrder = false
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
    this.settings.clock.nowMs()
    this.settings.clock.keep()
    try {
      this.core.wbl?.close()
      this.core.wal!.close()
    } finally {
      this.lock.release()
    }
  }

  /** How far behind the newest sample a new one may be, ms. */
  get lateMs(): number {
    return this.core.lateMs
  }

  /** Oldest and newest time, Unix ms; +Infinity and -Infinity while the head is empty. */
  timeRange(): { readonly minMs: number; readonly maxMs: number } {
    const { ctlF } = this.core.store.memory
    return { minMs: ctlF[CTLF_MIN_TIME]!, maxMs: ctlF[CTLF_MAX_TIME]! }
  }

  /** Samples before this, which come into a block, are refused from now on, those of batches that have begun included. */
  refuseBefore(ms: number): void {
    this.blocksEndMs = Math.max(ms, this.blocksEndMs)
    this.core.minTimeMs = Math.max(ms, this.core.minTimeMs)
  }

  /** Unix ms that the retention is measured from. */
  retentionNowMs(): number {
    return this.settings.clock.nowMs()
  }

  /** ms for measuring how long ago something was. */
  passedMs(): number {
    return this.settings.clock.passedMs()
  }

  /** How far the machine's clock is ahead of what counts; undefined while all is well. */
  clockHold(): ClockHold | undefined {
    return this.settings.clock.hold()
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
    // Whoever made a series a moment ago may hold samples for it.
    const found = this.passedMs() - this.emptyMs < EMPTY_MS ? undefined : new Set<number>()
    for (let row = 0; row < store.rows && !this.closed; row += DROP_SLICE) {
      store.dropBefore(minMs, row, Math.min(store.rows, row + DROP_SLICE), dead => {
        this.ended.set(core.columns.walRef[dead]!, open)
        core.farewell(dead)
        seriesRemoved++
      })
      if (found !== undefined) seriesRemoved += this.dropEmptySeries(row, Math.min(store.rows, row + DROP_SLICE), found, open)
      store.extras.dropDeletions(Math.min(minMs, core.oldestOutOfOrderMs()), row, row + DROP_SLICE)
      await nextTurn()
    }
    if (found !== undefined) {
      this.empty = found
      this.emptyMs = this.passedMs()
    }
    if (store.seriesRows.dead > 0 && !this.closed) {
      let next = store.seriesRows.sweep(0, SWEEP_SLICE)
      while (next !== 0) {
        await nextTurn()
        next = store.seriesRows.sweep(next, SWEEP_SLICE)
      }
    }
    core.narrowTimes(Math.max(minMs, oldestMs))
    notePastChange(store.memory, -Infinity)
    store.reclaim()
    const checkpoint = this.closed ? undefined : await this.shortenLog(minMs)
    const droppedFiles = dropMappedChunks(this.mappedFiles, minMs, this.mappedOutOfOrder)
    this.mappedFiles = this.mappedFiles.slice(droppedFiles.length)
    return { seriesRemoved, checkpoint }
  }

  /**
   * Ends series that have had no sample for a while, of rows `from` to `to`: their samples were refused, or were out of order and are in blocks now.
   * @param found gets those that have none now, for the next look
   * @returns how many ended
   */
  private dropEmptySeries(from: number, to: number, found: Set<number>, open: number): number {
    const { core } = this
    const { store } = core
    let dropped = 0
    for (let row = from; row < to; row++) {
      if (!store.isEmpty(row)) continue
      const ref = core.columns.walRef[row]!
      if (!this.empty.has(ref)) {
        found.add(ref)
        continue
      }
      this.ended.set(ref, open)
      core.farewell(row)
      store.dropRow(row)
      dropped++
    }
    return dropped
  }

  private async maintainOnce(): Promise<MaintenanceReport> {
    const minMs = this.retentionNowMs() - this.settings.retentionMs
    // Also less than before: the clock may have been ahead for long.
    this.core.minTimeMs = Math.max(minMs, this.blocksEndMs)
    if (this.core.newestOutOfOrderMs() < minMs) {
      const cut = this.cutOutOfOrder()
      if (cut !== undefined) await this.dropOutOfOrder(cut)
    }
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
    if (store.seriesRows.dead > 0) for (let next = store.seriesRows.sweep(0, Infinity); next !== 0; ) next = store.seriesRows.sweep(next, Infinity)
  }

  /** Series numbers of the log that later segments may use. */
  private neededRefs(upTo: number): Float64Array {
    const { core, ended } = this
    const { store, columns, aliases } = core
    const keep = new Float64Array(store.series + aliases.size + ended.size)
    let n = 0
    for (let row = 0; row < store.rows; row++) if (store.seriesRows.isLive(row)) keep[n++] = columns.walRef[row]!
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
    const report = await settings.checkpoint({ walDir: settings.walDir, upTo, minMs, deletionsMinMs: Math.min(minMs, core.oldestOutOfOrderMs()), compress: settings.compress, keep })
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
