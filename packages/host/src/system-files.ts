import { closeSync, openSync, readFileSync, readSync, readdirSync } from 'node:fs'

/** An attribute of sysfs is never longer than a page. */
const ATTRIBUTE_BYTES = 4096

/**
 * Reads the kernel's small files. Synchronous on purpose: procfs and sysfs answer from memory, and a dozen microseconds are less than a promise costs.
 * The files tell no size, so they are read until they end, into one buffer that all readers share.
 */
export class SystemFiles {
  readonly proc: string
  readonly sys: string
  readonly root: string
  #buffer = Buffer.allocUnsafe(64 * 1024)

  /**
   * @param proc  where procfs is mounted
   * @param sys   where sysfs is mounted
   * @param root  prefix of other paths, e.g. `/host` in a container; '' for none
   */
  constructor(proc: string, sys: string, root: string) {
    this.proc = proc
    this.sys = sys
    this.root = root
  }

  /** The content. @throws the system's error (`ENOENT`, `EACCES` …) */
  read(path: string): string {
    const fd = openSync(path, 'r')
    try {
      let length = 0
      for (;;) {
        const n = readSync(fd, this.#buffer, length, this.#buffer.length - length, null)
        if (n === 0) break
        length += n
        if (length === this.#buffer.length) this.#buffer = Buffer.concat([this.#buffer], 2 * length)
      }
      return this.#buffer.toString('utf8', 0, length)
    } finally {
      closeSync(fd)
    }
  }

  /** The content without space at its ends, undefined if there is no such file or it can't be read. */
  tryRead(path: string): string | undefined {
    try {
      return this.read(path).trim()
    } catch {
      return undefined
    }
  }

  /** The content byte for byte as Latin-1, undefined if it can't be read; for files that are not text. */
  tryReadWhole(path: string): string | undefined {
    try {
      return readFileSync(path, 'latin1')
    } catch {
      return undefined
    }
  }

  /** Like {@link tryRead} for a file of one value, which the kernel gives in one piece. */
  tryAttribute(path: string): string | undefined {
    let fd: number | undefined
    try {
      fd = openSync(path, 'r')
      return this.#buffer.toString('utf8', 0, readSync(fd, this.#buffer, 0, ATTRIBUTE_BYTES, null)).trim()
    } catch {
      return undefined
    } finally {
      if (fd !== undefined) closeSync(fd)
    }
  }

  /** A number that stands alone in a file, decimal or `0x…`; undefined if there is none. */
  tryNumber(path: string): number | undefined {
    const text = this.tryAttribute(path)
    if (text === undefined || text === '') return undefined
    const value = Number(text)
    return Number.isNaN(value) ? undefined : value
  }

  /** Names in a folder, sorted; empty if it can't be read. */
  list(path: string): string[] {
    try {
      return readdirSync(path).sort()
    } catch {
      return []
    }
  }
}
