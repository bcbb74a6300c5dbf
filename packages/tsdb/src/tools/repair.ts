import { closeSync, existsSync, openSync, readdirSync, renameSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { listBlocks, printBlockMeta } from '../block/block-meta.ts'
import type { BlockMeta } from '../block/block-meta.ts'
import { syncFolder } from '../block/block-writer.ts'
import { lockDataDir } from '../data-dir.ts'
import { freePlace, rewriteSegment } from '../wal/salvage.ts'
import { listSegments } from '../wal/wal-files.ts'
import { segmentName } from '../wal/wal-writer.ts'
import { demandDirectory } from './blocks.ts'
import { rewriteBlock } from './rewrite-block.ts'
import type { RewriteLoss } from './rewrite-block.ts'
import { checkDirectory } from './verify.ts'
import type { CheckProgress, DirectoryCheck } from './verify.ts'
import type { BlockCheck } from './verify-block.ts'
import type { LogCheck, LogFault } from './verify-log.ts'

/** What was done about one damaged thing. */
export type RepairAction =
  /** The block's `meta.json` was written anew from its index; nothing is lost. */
  | { readonly kind: 'meta'; readonly ulid: string; readonly meta: BlockMeta }
  /** The block was written anew without what is damaged; the old one was set aside. */
  | { readonly kind: 'rewritten'; readonly ulid: string; readonly block: BlockMeta; readonly loss: RewriteLoss; readonly movedTo: string }
  /** Nothing of the block could be saved. */
  | { readonly kind: 'set-aside'; readonly ulid: string; readonly meta: BlockMeta | undefined; readonly bytes: number; readonly reason: string; readonly movedTo: string }
  /** An unfinished write was cut off a log; nothing acknowledged was in it. */
  | { readonly kind: 'torn'; readonly file: string; readonly bytes: number }
  /** A segment of a log was written anew without its damaged part; the old one was set aside. */
  | { readonly kind: 'log'; readonly file: string; readonly faults: readonly LogFault[]; readonly bytes: number; readonly movedTo: string }
  /** An empty segment was put in the place of one that is missing, so that what follows is read by every server. */
  | { readonly kind: 'segment'; readonly file: string }
  /** A file of memory-mapped head chunks was set aside; its samples are in the log as well. */
  | { readonly kind: 'head-chunks'; readonly file: string; readonly reason: string; readonly movedTo: string }
  /** An unfinished folder, or a block that another one contains, was removed. */
  | { readonly kind: 'removed'; readonly path: string; readonly bytes: number }

/** A repair, with what was found before and after it. */
export interface RepairReport {
  readonly before: DirectoryCheck
  readonly actions: readonly RepairAction[]
  readonly after: DirectoryCheck
}

/**
 * Checks a data directory that nobody uses and repairs what can be repaired. What is taken out is moved into folders `damaged-…` and
 * `wal-damaged-…` beside the rest, never deleted.
 * @throws DataDirError when a server runs on it or it can't be written; ToolError when it is not there; Error of the file system
 */
export function repairDirectory(dataDir: string, nowMs: number, onProgress: CheckProgress = () => {}): RepairReport {
  demandDirectory(dataDir)
  const lock = lockDataDir(dataDir)
  try {
    bringBack(dataDir)
    const before = checkDirectory(dataDir, onProgress)
    const actions: RepairAction[] = []
    for (const left of before.leftovers) {
      if (left.kind === 'set-aside') continue
      rmSync(left.path, { recursive: true, force: true })
      actions.push({ kind: 'removed', path: left.path, bytes: left.bytes })
    }
    for (const block of before.blocks) if (block.faults.length > 0) actions.push(repairBlock(dataDir, block, nowMs))
    for (const log of before.logs) actions.push(...repairLog(dataDir, log))
    for (const { file, reason } of before.headChunks) {
      const movedTo = freePlace(dataDir, 'damaged-chunks_head', path.basename(file))
      renameSync(file, movedTo)
      actions.push({ kind: 'head-chunks', file, reason, movedTo })
    }
    syncFolder(dataDir)
    return { before, actions, after: actions.length === 0 ? before : checkDirectory(dataDir, onProgress) }
  } finally {
    lock.release()
  }
}

/** Blocks that a start found damaged and set aside come back to be repaired; those that a repair has dealt with stay where they are. */
function bringBack(dataDir: string): void {
  const parents = new Set(listBlocks(dataDir).flatMap(b => b.meta.compaction.parents.map(p => p.ulid)))
  for (const name of readdirSync(dataDir)) {
    const ulid = /^damaged-([0-9A-Z]{26})$/.exec(name)?.[1]
    if (ulid === undefined || parents.has(ulid) || existsSync(path.join(dataDir, ulid))) continue
    renameSync(path.join(dataDir, name), path.join(dataDir, ulid))
  }
}

function repairBlock(dataDir: string, check: BlockCheck, nowMs: number): RepairAction {
  const { dir, ulid } = check
  if (check.faults.every(f => f.part === 'meta') && check.series > 0) {
    const meta = rebuiltMeta(check)
    if (meta !== undefined) {
      writeFileSync(path.join(dir, 'meta.json.tmp'), printBlockMeta(meta), { flush: true })
      renameSync(path.join(dir, 'meta.json.tmp'), path.join(dir, 'meta.json'))
      syncFolder(dir)
      return { kind: 'meta', ulid, meta }
    }
  }
  let reason = check.faults[0]!.what
  try {
    const { block, loss } = rewriteBlock(dataDir, dir, check.meta?.ulid === ulid ? check.meta : undefined, nowMs)
    if (block !== undefined) return { kind: 'rewritten', ulid, block, loss, movedTo: setAside(dataDir, dir) }
  } catch (err) {
    if (!isDamage(err)) throw err
    reason = err.message
  }
  return { kind: 'set-aside', ulid, meta: check.meta, bytes: check.bytes, reason, movedTo: setAside(dataDir, dir, '-unreadable') }
}

function isDamage(err: unknown): err is Error {
  // A disk that is full or can't be written is no reason to give a block up.
  const code = (err as NodeJS.ErrnoException).code
  return err instanceof Error && (err.name === 'BlockError' || code === 'ENOENT')
}

/** The meta that belongs to an index and its chunks, all of which are whole. */
function rebuiltMeta(check: BlockCheck): BlockMeta | undefined {
  const { meta, ulid } = check
  const range = meta ?? check.found
  if (range === undefined) return undefined
  return {
    ulid, minTime: range.minTime, maxTime: range.maxTime, stats: { numSamples: check.samples, numSeries: check.series, numChunks: check.chunks, numTombstones: meta?.stats.numTombstones ?? 0 },
    compaction: meta?.compaction ?? { level: 1, sources: [ulid], parents: [], hints: [] },
  }
}

function setAside(dataDir: string, dir: string, suffix = ''): string {
  const to = freePlace(dataDir, '.', `damaged-${path.basename(dir)}${suffix}`)
  renameSync(dir, to)
  return to
}

function repairLog(dataDir: string, log: LogCheck): RepairAction[] {
  const actions: RepairAction[] = []
  for (const segment of listSegments(log.dir)) {
    const faults = log.faults.filter(f => f.file === segment.file)
    if (faults.length === 0) continue
    if (faults.every(f => f.torn)) {
      truncateSync(segment.file, faults[0]!.from)
      actions.push({ kind: 'torn', file: segment.file, bytes: segment.bytes - faults[0]!.from })
      continue
    }
    const movedTo = rewriteSegment(dataDir, segment)
    actions.push({ kind: 'log', file: segment.file, faults, bytes: faults.reduce((sum, f) => sum + f.to - f.from, 0), movedTo })
  }
  for (const index of log.missing) {
    const file = path.join(log.dir, segmentName(index))
    closeSync(openSync(file, 'wx'))
    actions.push({ kind: 'segment', file })
  }
  return actions
}
