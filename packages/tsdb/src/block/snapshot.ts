import { copyFileSync, linkSync, mkdirSync, readdirSync, rmSync } from 'node:fs'
import path from 'node:path'
import type { HeadHandles } from '../shared-memory.ts'
import { ANY_CUT } from '../ooo-columns.ts'
import { listBlocks } from './block-meta.ts'
import { syncFolder } from './block-writer.ts'
import { writeHeadBlock } from './head-block.ts'
import { writeOooBlocks } from './ooo-block.ts'

/** What to copy. */
export interface SnapshotRequest {
  readonly dataDir: string
  /** Folder of the snapshot; made. */
  readonly dir: string
  /** Range of the head's samples, both ends included; undefined leaves the head out. */
  readonly head: { readonly minMs: number; readonly maxMs: number } | undefined
  readonly nowMs: number
  /** Length of the blocks of out-of-order samples, ms; default 2 h. */
  readonly rangeMs?: number
}

/** What a snapshot holds. */
export interface SnapshotReport {
  readonly blocks: number
  readonly headBlocks: number
}

/**
 * Copies a data directory as blocks: hard links to the files of those that are there, and what is in the head as new ones.
 * @throws Error of the file system; then there is no snapshot
 * @see Prometheus tsdb/db.go `Snapshot`
 */
export async function writeSnapshot(handles: HeadHandles, owner: number, request: SnapshotRequest): Promise<SnapshotReport> {
  try {
    return await copyAll(handles, owner, request)
  } catch (err) {
    // Half of one would be taken for a whole one.
    rmSync(request.dir, { recursive: true, force: true })
    throw err
  }
}

async function copyAll(handles: HeadHandles, owner: number, request: SnapshotRequest): Promise<SnapshotReport> {
  const { dir, head, nowMs } = request
  mkdirSync(dir, { recursive: true })
  const blocks = listBlocks(request.dataDir)
  for (const block of blocks) {
    const to = path.join(dir, path.basename(block.dir))
    mkdirSync(path.join(to, 'chunks'), { recursive: true })
    for (const name of ['meta.json', 'index', 'tombstones']) link(path.join(block.dir, name), path.join(to, name))
    for (const name of readdirSync(path.join(block.dir, 'chunks'))) link(path.join(block.dir, 'chunks', name), path.join(to, 'chunks', name))
  }
  let headBlocks = 0
  if (head !== undefined) {
    if (head.minMs <= head.maxMs) {
      // A block's end is exclusive.
      const report = await writeHeadBlock(handles, owner, { dataDir: dir, minMs: head.minMs, endMs: head.maxMs + 1, nowMs })
      if (report.block !== undefined) headBlocks++
    }
    headBlocks += (await writeOooBlocks(handles, owner, { dir, cut: ANY_CUT, nowMs, ...(request.rangeMs === undefined ? {} : { rangeMs: request.rangeMs }) })).blocks.length
  }
  syncFolder(dir)
  return { blocks: blocks.length, headBlocks }
}

function link(from: string, to: string): void {
  try {
    linkSync(from, to)
  } catch (err) {
    const { code } = err as NodeJS.ErrnoException
    if (code === 'ENOENT' && path.basename(from) === 'tombstones') return
    // File systems without hard links.
    if (code !== 'EPERM' && code !== 'ENOTSUP' && code !== 'EOPNOTSUPP' && code !== 'EMLINK' && code !== 'EXDEV') throw err
    copyFileSync(from, to)
  }
}
