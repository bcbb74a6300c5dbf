import { resolve } from 'node:path'
import type { HaechiConfig } from '@haechi/config'
import { QueryPool } from '@haechi/promql'
import type { EngineOptions } from '@haechi/promql'
import type { ChangeLog } from '@haechi/storage'
import { defaultHeadMemory, openChangeLog, openDatabase, openDatabaseReader } from '@haechi/tsdb'
import type { Database, DatabaseReader, ReplayProgress } from '@haechi/tsdb'
import type { Features } from './features.ts'
import type { Logger } from './logger.ts'
import type { AppOptions } from './options.ts'
import type { QueryThreadData } from './query-thread-data.ts'

/** The main thread as a reader of its own storage, and what it may keep of what it read. */
const OWN_READER = 0x6d61_6978
const OWN_KEPT_BYTES = 4 << 20

/** What the storage takes from outside besides the options. */
export interface StorageSurroundings {
  readonly log: Logger
  /** Working directory. */
  readonly cwd: string
  /** Calls the start off. */
  readonly signal: AbortSignal
  readonly onProgress: (progress: ReplayProgress) => void
}

/**
 * Opens the data directory and replays its log.
 * @throws DataDirError: one sentence for the user; the signal's reason when it fires first
 */
export function openStorage(options: AppOptions, config: Pick<HaechiConfig, 'outOfOrderWindowMs' | 'maxExemplars'>, features: Features, around: StorageSurroundings): Promise<Database> {
  return openDatabase({
    maintenanceFile: new URL('./maintenance-thread.js', import.meta.url),
    dataDir: resolve(around.cwd, options.dataDirectory),
    walCompression: options.walCompression,
    retentionMs: options.retentionMs,
    retentionBytes: options.retentionBytes ?? 0,
    ...(options.blockRangeMs === undefined ? {} : { blockRangeMs: options.blockRangeMs }),
    ...(options.maxBlockRangeMs === undefined ? {} : { maxBlockRangeMs: options.maxBlockRangeMs }),
    outOfOrderWindowMs: config.outOfOrderWindowMs,
    maxExemplars: config.maxExemplars,
    followClock: true,
    startTimes: features.startTimes,
    maxSeries: options.maxSeries || Infinity,
    maxMemoryBytes: options.maxHeadMemoryBytes === 0 ? Infinity : options.maxHeadMemoryBytes ?? defaultHeadMemory(),
    logger: around.log.child({ component: 'tsdb' }),
    signal: around.signal,
    onProgress: around.onProgress,
  })
}

/** The query threads, and what else reads the storage in this thread. */
export interface Queries {
  readonly pool: QueryPool
  /** The main thread's own reader; it is closed after the pool. */
  readonly own: DatabaseReader
  /** Tells which series changed, for who keeps answers. */
  readonly changes: ChangeLog & { seriesVersion(): string }
}

/** Makes the query threads' pool over an open storage; no thread starts before the first query or `warmUp`. */
export function openQueries(head: Database, options: AppOptions, config: Pick<HaechiConfig, 'evaluationIntervalMs'>, features: Features, log: Logger): Queries {
  const engine: EngineOptions = {
    lookbackMs: options.lookbackMs, timeoutMs: options.queryTimeoutMs, maxSamples: options.queryMaxSamples, maxBytes: options.queryMaxBytes, maxTotalBytes: options.queryMaxTotalBytes,
    subqueryStepMs: config.evaluationIntervalMs, ...features.engine,
  }
  // Two more than may answer ranges: instant queries never wait for those, nor rules for either.
  const threads = Math.min(options.queryThreads + 2, options.queryMaxConcurrency)
  // A sixteenth for bodies. Of the rest a quarter for answers, the others for samples; each thread has its own.
  const resultBytes = Math.floor(options.queryCacheBytes * 15 / 64 / threads)
  const threadData: QueryThreadData = { handles: head.readerHandles(), engine: { ...engine, resultBytes }, keepBytes: 3 * resultBytes }
  const changes = openChangeLog(threadData.handles)
  // For small questions: asking a thread would take longer than they do.
  const own = openDatabaseReader(threadData.handles, OWN_READER, Math.min(OWN_KEPT_BYTES, options.queryCacheBytes))
  const pool = new QueryPool({
    direct: { queryable: own, engine: threadData.engine },
    exemplars: head,
    file: new URL('./query-thread.js', import.meta.url), workerData: threadData, threads, atOnce: 0, timeoutMs: options.queryTimeoutMs,
    keep: { maxBytes: Math.floor(options.queryCacheBytes / 16), changes },
    worker: { resourceLimits: { maxYoungGenerationSizeMb: 16 } },
    onCrash: error => log.error({ err: error }, 'A query thread died and is replaced'),
  })
  return { pool, own, changes }
}
