import path from 'node:path'
import { BlockSet } from '../block/block-set.ts'
import { listBlocks } from '../block/block-meta.ts'
import { newestBlockEnd } from '../block/compaction-plan.ts'
import { UnionReader } from '../block/union-reader.ts'
import type { DatabaseReader } from '../block/union-reader.ts'
import { readMappedChunks } from '../chunks-head.ts'
import { HeadCore } from '../head-core.ts'
import { openHeadReader } from '../head-reader.ts'
import { SILENT } from '../logger.ts'
import { Replay } from '../wal/replay.ts'
import type { ReplayProgress, ReplayReport } from '../wal/replay.ts'
import { replayOutOfOrder } from '../wal/replay-wbl.ts'

/** A data directory that is only looked at. */
export interface ReadOnlyDatabase extends DatabaseReader {
  readonly replay: ReplayReport
  /** Blocks that could not be opened and are missing from answers: what is wrong with each. */
  readonly unreadable: readonly string[]
}

/**
 * Opens a data directory without its lock and without changing a byte of it, so a running server may have it as well. Its log is read into
 * memory as at a start; what is damaged is left out and reported.
 * @throws Error of the file system; HeadMemoryError
 */
export async function openReadOnly(dataDir: string, onProgress: (p: ReplayProgress) => void = () => {}): Promise<ReadOnlyDatabase> {
  const unreadable: string[] = []
  const blocks = listBlocks(dataDir, new Map(), (_, err) => unreadable.push(err.message))
  const core = new HeadCore(Infinity)
  core.minTimeMs = newestBlockEnd(blocks)
  const mapped = readMappedChunks(path.join(dataDir, 'chunks_head'))
  const source = new Replay(core, mapped, SILENT, true)
  const replay = await source.run(path.join(dataDir, 'wal'), onProgress)
  // Where chunk files are damaged, the log stands for what they held.
  await replayOutOfOrder(core, source, mapped.faults.length === 0 ? mapped.outOfOrderPlaces : new Set(), path.join(dataDir, 'wbl'), SILENT)
  const { handles } = core.store.memory
  const reader = new UnionReader(openHeadReader(handles), new BlockSet(dataDir, new Int32Array(handles.control)))
  return { replay, unreadable, querier: (minMs, maxMs) => reader.querier(minMs, maxMs), recent: () => reader.recent(), close: () => reader.close() }
}
