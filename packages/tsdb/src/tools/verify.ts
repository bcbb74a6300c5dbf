import { readdirSync } from 'node:fs'
import path from 'node:path'
import { isUlid } from '../block/ulid.ts'
import { CREATION_SUFFIX } from '../block/block-writer.ts'
import { DELETION_SUFFIX } from '../block/block-files.ts'
import { folderBytes, listBlocks } from '../block/block-meta.ts'
import { readMappedChunks } from '../chunks-head.ts'
import { DataDirError, lockDataDir } from '../data-dir.ts'
import type { DataDirLock } from '../data-dir.ts'
import { demandDirectory } from './blocks.ts'
import { verifyBlock } from './verify-block.ts'
import type { BlockCheck } from './verify-block.ts'
import { logsOf, verifyLog } from './verify-log.ts'
import type { LogCheck } from './verify-log.ts'

/** Everything that was found in a data directory. */
export interface DirectoryCheck {
  readonly dataDir: string
  readonly blocks: readonly BlockCheck[]
  readonly logs: readonly LogCheck[]
  /** Files of memory-mapped head chunks that can't be read to their end; the write-ahead log has their samples too. */
  readonly headChunks: readonly { readonly file: string; readonly reason: string }[]
  /** What is no damage but lies about: folders of writes and deletions that were cut short, and damaged parts that were set aside before. */
  readonly leftovers: readonly { readonly path: string; readonly kind: 'unfinished' | 'set-aside' | 'contained'; readonly bytes: number }[]
}

/** What is looked at and how far that is, between 0 and 1 of all bytes. */
export type CheckProgress = (what: string, part: number) => void

/**
 * Checks a data directory that nobody uses: every index, chunk and record.
 * @throws DataDirError when a server runs on it; ToolError when it is not there; Error of the file system
 */
export function verifyDirectory(dataDir: string, onProgress: CheckProgress = () => {}): DirectoryCheck {
  const lock = lockIdle(dataDir)
  try {
    return checkDirectory(dataDir, onProgress)
  } finally {
    lock?.release()
  }
}

/** The lock of a directory that a tool needs for itself. A disk that can't be written has no server on it, and needs none. @throws DataDirError; ToolError */
function lockIdle(dataDir: string): DataDirLock | undefined {
  demandDirectory(dataDir)
  try {
    return lockDataDir(dataDir)
  } catch (err) {
    if (err instanceof DataDirError && err.code === 'unwritable') return undefined
    throw err
  }
}

/** As {@link verifyDirectory}, for who has the lock. */
export function checkDirectory(dataDir: string, onProgress: CheckProgress): DirectoryCheck {
  const names = readdirSync(dataDir).sort()
  const leftovers: DirectoryCheck['leftovers'][number][] = []
  for (const name of names) {
    const full = path.join(dataDir, name)
    if ((name.endsWith(CREATION_SUFFIX) || name.endsWith(DELETION_SUFFIX)) && isUlid(name.slice(0, 26))) leftovers.push({ path: full, kind: 'unfinished', bytes: folderBytes(full) })
    else if (/^(wal-|wbl-)?damaged-/.test(name)) leftovers.push({ path: full, kind: 'set-aside', bytes: folderBytes(full) })
  }
  const looked = new Set<string>()
  for (const b of listBlocks(dataDir, new Map(), dir => looked.add(path.basename(dir)))) looked.add(path.basename(b.dir))
  const folders = names.filter(isUlid)
  const contained = folders.filter(n => !looked.has(n))
  for (const name of contained) leftovers.push({ path: path.join(dataDir, name), kind: 'contained', bytes: folderBytes(path.join(dataDir, name)) })
  const parts = [...folders.filter(n => !contained.includes(n)).map(n => path.join(dataDir, n)), ...logsOf(dataDir)]
  const sizes = parts.map(p => folderBytes(p))
  const total = Math.max(1, sizes.reduce((a, b) => a + b, 0))
  let done = 0
  const blocks: BlockCheck[] = []
  const logs: LogCheck[] = []
  for (const [i, part] of parts.entries()) {
    const show = (of: number): void => onProgress(path.relative(dataDir, part), (done + of * sizes[i]!) / total)
    show(0)
    if (isUlid(path.basename(part))) blocks.push(verifyBlock(part, show))
    else logs.push(verifyLog(part, show))
    done += sizes[i]!
  }
  onProgress('', 1)
  return { dataDir, blocks, logs, headChunks: readMappedChunks(path.join(dataDir, 'chunks_head')).faults, leftovers }
}

/** Whether anything is damaged. A torn end of a log is not: the next start cuts it. */
export function isDamaged(check: DirectoryCheck): boolean {
  return check.blocks.some(b => b.faults.length > 0) || check.headChunks.length > 0 || check.logs.some(l => l.badRecords > 0 || l.missing.length > 0 || l.faults.some(f => !f.torn))
}
