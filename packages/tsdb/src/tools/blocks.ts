import { existsSync, statSync } from 'node:fs'
import path from 'node:path'
import { folderBytes, listBlocks } from '../block/block-meta.ts'
import type { BlockMeta } from '../block/block-meta.ts'

/** A block of a directory, as tools list it. */
export interface BlockInfo {
  readonly dir: string
  readonly meta: BlockMeta
  /** Of all its files. */
  readonly bytes: number
}

/** The data directory that a tool was given can't be read. The message is one sentence for the user. */
export class ToolError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'ToolError'
  }
}

/** @throws ToolError unless there is a directory */
export function demandDirectory(dataDir: string): void {
  if (!existsSync(dataDir)) throw new ToolError(`opening the db dir: stat ${dataDir}: no such file or directory`)
  if (!statSync(dataDir).isDirectory()) throw new ToolError(`opening the db dir: ${dataDir} is not a directory`)
}

/**
 * The blocks of a data directory, oldest first, without those that a newer one contains. Needs no lock.
 * @param onDamage called with what is wrong with a block whose meta can't be read
 * @throws ToolError when there is no such directory
 */
export function blockInfos(dataDir: string, onDamage: (message: string) => void): BlockInfo[] {
  demandDirectory(dataDir)
  return listBlocks(dataDir, new Map(), (_, err) => onDamage(err.message)).map(({ dir, meta }) => ({ dir, meta, bytes: folderBytes(path.resolve(dir)) }))
}
