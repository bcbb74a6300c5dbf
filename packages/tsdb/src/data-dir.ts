import { closeSync, existsSync, mkdirSync, openSync, readFileSync, statSync, unlinkSync, writeSync } from 'node:fs'
import path from 'node:path'

/** The data directory can't be used. The message is one sentence for the user. */
export class DataDirError extends Error {
  /** `locked`: another process has it; `unwritable`: the file system refuses. */
  readonly code: 'locked' | 'unwritable'
  constructor(code: 'locked' | 'unwritable', message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'DataDirError'
    this.code = code
  }
}

/** A lock that is held. */
export interface DataDirLock {
  release(): void
}

/** Directories that this process has: a second head in the same process finds its own pid in the file. */
const HELD = new Set<string>()

/**
 * Makes the directory if need be and takes its lock: the file `lock` with our pid.
 * A lock whose process is gone is taken over.
 * @throws DataDirError
 */
export function lockDataDir(dir: string): DataDirLock {
  const file = path.join(path.resolve(dir), 'lock')
  try {
    makeFolders(path.resolve(dir))
  } catch (err) {
    throw new DataDirError('unwritable', `cannot make the data directory ${dir}: ${reasonOf(err)}`, { cause: err })
  }
  if (HELD.has(file)) throw new DataDirError('locked', `the data directory ${dir} is in use by this process already`)
  for (let attempt = 0; attempt < 5; attempt++) {
    let fd: number
    try {
      fd = openSync(file, 'wx')
    } catch (err) {
      if ((err as NodeJS.ErrnoException).code !== 'EEXIST') {
        throw new DataDirError('unwritable', `cannot write to the data directory ${dir}: ${reasonOf(err)}`, { cause: err })
      }
      const pid = flockHolder(file) ?? holderOf(file)
      if (pid !== undefined && pid !== process.pid && isRunning(pid)) {
        throw new DataDirError('locked', `the data directory ${dir} is in use by another process (pid ${pid})`)
      }
      // Nobody has it: an empty file, a dead process, or our own pid from before a restart of the machine.
      try {
        unlinkSync(file)
      } catch (cause) {
        if ((cause as NodeJS.ErrnoException).code !== 'ENOENT') throw new DataDirError('unwritable', `cannot take over the stale lock ${file}: ${reasonOf(cause)}`, { cause })
      }
      continue
    }
    try {
      writeSync(fd, `${process.pid}\n`)
    } catch (err) {
      unlinkSync(file)
      throw new DataDirError('unwritable', `cannot write to the data directory ${dir}: ${reasonOf(err)}`, { cause: err })
    } finally {
      closeSync(fd)
    }
    HELD.add(file)
    return {
      release() {
        if (!HELD.delete(file)) return
        try {
          unlinkSync(file)
        } catch {
          // The directory may be gone; a lock that stays names a dead process.
        }
      },
    }
  }
  throw new DataDirError('locked', `the lock of the data directory ${dir} changes hands: another process is starting on it`)
}

/** What a failed start tells: a file system that refuses is a sentence for the user, anything else stays what it is. */
export function startError(dir: string, err: unknown): unknown {
  if (err instanceof DataDirError) return err
  for (let e = err; e instanceof Error; e = e.cause) {
    const { code } = e as NodeJS.ErrnoException
    if (code === 'ENOSPC' || code === 'EDQUOT' || code === 'EROFS' || code === 'EACCES' || code === 'EPERM') return new DataDirError('unwritable', `cannot write to the data directory ${dir}: ${reasonOf(e)}`, { cause: err })
  }
  return err
}

/** As `mkdirSync` with `recursive`, which never returns below /proc (libuv tries again for ever where a new folder is refused with ENOENT). */
function makeFolders(dir: string): void {
  if (existsSync(dir)) {
    if (!statSync(dir).isDirectory()) throw Object.assign(new Error('not a folder'), { code: 'EEXIST' })
    return
  }
  const parent = path.dirname(dir)
  if (parent !== dir) makeFolders(parent)
  try {
    mkdirSync(dir)
  } catch (err) {
    // Made by another process meanwhile.
    if ((err as NodeJS.ErrnoException).code !== 'EEXIST') throw err
  }
}

function holderOf(file: string): number | undefined {
  try {
    const pid = Number(readFileSync(file, 'utf8').trim())
    return Number.isInteger(pid) && pid > 0 ? pid : undefined
  } catch {
    return undefined
  }
}

/** The process that holds a kernel lock on the file, as a Prometheus on the same directory does; it writes no pid. Linux only. */
function flockHolder(file: string): number | undefined {
  let table: string
  let inode: number
  try {
    inode = statSync(file).ino
    table = readFileSync('/proc/locks', 'utf8')
  } catch {
    return undefined
  }
  for (const line of table.split('\n')) {
    const found = /^\d+: \w+\s+\w+\s+\w+\s+(\d+) [0-9a-f]+:[0-9a-f]+:(\d+) /.exec(line)
    if (found !== null && Number(found[2]) === inode) return Number(found[1])
  }
  return undefined
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (err) {
    return (err as NodeJS.ErrnoException).code === 'EPERM'
  }
}

/** Why the file system refuses, in words. */
export function reasonOf(err: unknown): string {
  const code = (err as NodeJS.ErrnoException).code
  switch (code) {
    case 'EACCES':
    case 'EPERM': return 'permission denied'
    case 'ENOENT': return 'the file system does not allow folders there'
    case 'EROFS': return 'the file system is read-only'
    case 'EDQUOT':
    case 'ENOSPC': return 'no space left on the device'
    case 'ENOTDIR': return 'a part of the path is not a directory'
    case 'EEXIST': return 'a file of that name is in the way'
    default: return code ?? String(err)
  }
}
