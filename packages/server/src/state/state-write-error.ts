import { closeSync, openSync, rmSync, writeSync } from 'node:fs'

/** Something could not be written into the state database: nothing of it is kept. The message names the file and the reason. */
export class StateWriteError extends Error {
  /** As our own API tells it. */
  readonly code = 'not_kept'
  readonly path: string

  constructor(path: string, cause: unknown) {
    super(`${path} can't be written: ${reasonNotWritten(path, cause)}`, { cause })
    this.name = 'StateWriteError'
    this.path = path
  }
}

/** What SQLite says where the file system refused. */
const REFUSED = /disk I\/O error|database or disk is full|readonly database|read-only|unable to open/i

/** Whether an error of SQLite means that the file system refused, not that the request was wrong. */
export function isRefusedWrite(err: unknown): boolean {
  return err instanceof Error && REFUSED.test(err.message)
}

/** Why the file system refuses, in words: SQLite's module says only that it does, so it is asked again with a file beside the database. */
export function reasonNotWritten(path: string, cause: unknown): string {
  const probe = `${path}.probe`
  try {
    const fd = openSync(probe, 'w')
    try {
      // More than what an inode has room for.
      const block = Buffer.alloc(8192)
      if (writeSync(fd, block) < block.length) return 'no space left on the device'
    } finally {
      closeSync(fd)
    }
  } catch (err) {
    switch ((err as NodeJS.ErrnoException).code) {
      case 'ENOSPC':
      case 'EDQUOT': return 'no space left on the device'
      case 'EROFS': return 'the file system is read-only'
      case 'EACCES':
      case 'EPERM': return 'permission denied'
      default: return `${(err as NodeJS.ErrnoException).code ?? 'unknown'} (${cause instanceof Error ? cause.message : 'the file system refuses'})`
    }
  } finally {
    try {
      rmSync(probe, { force: true })
    } catch {
      // Nothing was made where nothing can be.
    }
  }
  return cause instanceof Error ? cause.message : 'the file system refuses'
}
