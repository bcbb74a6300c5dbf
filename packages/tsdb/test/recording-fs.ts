import path from 'node:path'
import type { FileHistory } from './file-history.ts'

type Fs = typeof import('node:fs')

/** `node:fs` that tells a history of each change below its folder, after it was done. What the storage does not use is as ever. */
export function recordingFs(fs: Fs, historyNow: () => FileHistory | undefined): Fs {
  /** Descriptors of files below the folder. */
  const open = new Map<number, string>()
  const below = (file: unknown): FileHistory | undefined => {
    const history = historyNow()
    return history !== undefined && typeof file === 'string' && history.has(file) ? history : undefined
  }
  const of = (fd: number): FileHistory | undefined => (open.has(fd) ? historyNow() : undefined)
  const remove = (history: FileHistory, target: string): void => {
    if (!fs.existsSync(target)) return
    if (!fs.lstatSync(target).isDirectory()) {
      fs.unlinkSync(target)
      history.remove(target)
      return
    }
    // One operation each: a process may end between any two of them.
    for (const name of fs.readdirSync(target)) remove(history, path.join(target, name))
    fs.rmdirSync(target)
    history.remove(target)
  }
  const changed = {
    openSync(file: string, flags: string = 'r', mode?: number): number {
      const fd = fs.openSync(file, flags, mode)
      const history = flags === 'r' ? undefined : below(file)
      if (history !== undefined) {
        open.set(fd, file)
        history.make(fd, file, flags.startsWith('w'))
      }
      return fd
    },
    closeSync(fd: number): void {
      fs.closeSync(fd)
      open.delete(fd)
    },
    close(fd: number, done?: (err: Error | null) => void): void {
      open.delete(fd)
      fs.close(fd, done as () => void)
    },
    writeSync(fd: number, b: Uint8Array | string, offset?: number, length?: number, position?: number): number {
      const bytes = typeof b === 'string' ? Buffer.from(b) : b
      const n = fs.writeSync(fd, bytes, offset ?? 0, length ?? bytes.length, position ?? null)
      of(fd)?.write(fd, bytes.subarray(offset ?? 0, (offset ?? 0) + n), position ?? undefined)
      return n
    },
    writeFileSync(file: number | string, content: string | Uint8Array): void {
      const history = typeof file === 'number' ? of(file) : below(file)
      fs.writeFileSync(file, content)
      if (history === undefined) return
      const bytes = typeof content === 'string' ? Buffer.from(content) : content
      if (typeof file === 'number') history.write(file, bytes, undefined)
      else {
        history.make(-1, file, true)
        history.write(-1, bytes, 0)
      }
    },
    ftruncateSync(fd: number, length: number): void {
      fs.ftruncateSync(fd, length)
      of(fd)?.truncate(fd, length)
    },
    truncateSync(file: string, length: number): void {
      fs.truncateSync(file, length)
      below(file)?.truncateFile(file, length)
    },
    fsyncSync(fd: number): void {
      fs.fsyncSync(fd)
      of(fd)?.sync(fd)
    },
    fdatasyncSync(fd: number): void {
      fs.fdatasyncSync(fd)
      of(fd)?.sync(fd)
    },
    fdatasync(fd: number, done: (err: Error | null) => void): void {
      // As of the moment of the call; it is over later.
      const history = of(fd)
      const until = history?.mark(fd)
      fs.fdatasync(fd, err => {
        if (err === null) history?.sync(fd, until)
        done(err)
      })
    },
    renameSync(from: string, to: string): void {
      fs.renameSync(from, to)
      below(from)?.rename(from, to)
    },
    linkSync(from: string, to: string): void {
      fs.linkSync(from, to)
      below(from)?.link(from, to)
    },
    copyFileSync(from: string, to: string): void {
      fs.copyFileSync(from, to)
      const history = below(to)
      history?.make(-1, to, true)
      history?.write(-1, fs.readFileSync(from), 0)
    },
    mkdirSync(dir: string, how?: { readonly recursive?: boolean }): string | undefined {
      const history = below(dir)
      if (history === undefined) return fs.mkdirSync(dir, how)
      if (fs.existsSync(dir) && how?.recursive === true) return undefined
      if (how?.recursive === true && !fs.existsSync(path.dirname(dir))) changed.mkdirSync(path.dirname(dir), how)
      fs.mkdirSync(dir)
      history.folder(dir)
      return dir
    },
    rmSync(target: string, how?: { readonly recursive?: boolean; readonly force?: boolean }): void {
      const history = below(target)
      if (history === undefined) fs.rmSync(target, how)
      else remove(history, target)
    },
    unlinkSync(file: string): void {
      const history = below(file)
      fs.unlinkSync(file)
      history?.remove(file)
    },
  }
  return { ...fs, ...changed } as unknown as Fs
}
