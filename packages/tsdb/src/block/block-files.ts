import { existsSync, readdirSync, renameSync, rmSync } from 'node:fs'
import path from 'node:path'
import type { Logger } from '../logger.ts'
import { BlockError } from './block-error.ts'
import { folderBytes, listBlocks, readBlockMeta } from './block-meta.ts'
import type { ListedBlock } from './block-meta.ts'
import { BlockReader } from './block-reader.ts'
import { CREATION_SUFFIX, syncFolder } from './block-writer.ts'
import { isUlid } from './ulid.ts'

/** Folders of blocks that are being deleted; removed at the next start. As Prometheus. */
export const DELETION_SUFFIX = '.tmp-for-deletion'

/** A block that could not be used and was set aside. */
export interface DamagedBlock {
  readonly ulid: string
  readonly reason: string
  readonly bytes: number
  /** As far as its `meta.json` can be read. */
  readonly minTime: number | undefined
  readonly maxTime: number | undefined
  readonly series: number | undefined
  readonly samples: number | undefined
  /** Where it is now; undefined if it could not be moved. */
  readonly movedTo: string | undefined
}

/**
 * Brings the blocks of a data directory in order before anything reads them: removes what was being written or deleted when the last
 * process ended, and sets damaged blocks aside, so that the start succeeds without them.
 */
export function tidyBlocks(dataDir: string, log: Logger): { readonly blocks: readonly ListedBlock[]; readonly damaged: readonly DamagedBlock[] } {
  const damaged: DamagedBlock[] = []
  for (const name of existsSync(dataDir) ? readdirSync(dataDir) : []) {
    if (!name.endsWith(CREATION_SUFFIX) && !name.endsWith(DELETION_SUFFIX)) continue
    if (isUlid(name.slice(0, 26))) rmSync(path.join(dataDir, name), { recursive: true, force: true })
  }
  const found = listBlocks(dataDir, new Map(), (dir, err) => damaged.push(setAside(dataDir, dir, err, log)))
  const blocks: ListedBlock[] = []
  let lost = false
  for (const block of found) {
    try {
      new BlockReader(block).close()
      blocks.push(block)
      const tombstones = path.join(block.dir, 'tombstones')
      if (block.meta.stats.numTombstones > 0 && !existsSync(tombstones)) {
        log.error({ file: tombstones, deletions: block.meta.stats.numTombstones, next: 'delete the series again' }, 'The deletions of a block are missing; what was deleted is answered again')
      }
    } catch (err) {
      lost = true
      damaged.push(setAside(dataDir, block.dir, err, log))
    }
  }
  // A block that a damaged one had replaced counts again, if it is still there.
  return lost ? { ...tidyBlocksAgain(dataDir, log, damaged), damaged } : { blocks, damaged }
}

function tidyBlocksAgain(dataDir: string, log: Logger, damaged: DamagedBlock[]): { readonly blocks: readonly ListedBlock[] } {
  const again = tidyBlocks(dataDir, log)
  damaged.push(...again.damaged)
  return { blocks: again.blocks }
}

function setAside(dataDir: string, dir: string, err: unknown, log: Logger): DamagedBlock {
  const ulid = path.basename(dir)
  let meta: ReturnType<typeof readBlockMeta> | undefined
  try {
    meta = readBlockMeta(dir)
  } catch {
    meta = undefined
  }
  const bytes = folderBytes(dir)
  const to = path.join(dataDir, `damaged-${ulid}`)
  let movedTo: string | undefined = to
  try {
    renameSync(dir, to)
    syncFolder(dataDir)
  } catch {
    movedTo = undefined
  }
  const reason = err instanceof BlockError ? err.message : `cannot be opened: ${(err as Error).message}`
  const found: DamagedBlock = { ulid, reason, bytes, minTime: meta?.minTime, maxTime: meta?.maxTime, series: meta?.stats.numSeries, samples: meta?.stats.numSamples, movedTo }
  log.error({
    ...found, from: meta === undefined ? 'unknown' : new Date(meta.minTime).toISOString(), to: meta === undefined ? 'unknown' : new Date(meta.maxTime).toISOString(),
    next: `stop Haechi, then: haechi tsdb repair ${dataDir}`,
  }, 'A block is damaged and was set aside; its samples are missing from answers')
  return found
}

/** Deletes a block: it disappears at once, its files little by little. */
export function deleteBlock(block: ListedBlock): void {
  const gone = `${block.dir}${DELETION_SUFFIX}`
  rmSync(gone, { recursive: true, force: true })
  try {
    renameSync(block.dir, gone)
  } catch (err) {
    if ((err as NodeJS.ErrnoException).code === 'ENOENT') return
    throw err
  }
  rmSync(gone, { recursive: true, force: true })
}
