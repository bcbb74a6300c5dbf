import { closeSync, fstatSync, openSync, readSync } from 'node:fs'
import { BlockError } from './block-error.ts'

/** Bytes that decoders may look at behind what they were given. */
const PADDING = 16
const FIRST_BYTES = 4096
const MOST_BYTES = 262_144

/** Windows that are not in use, by size: a query gives its windows back when it ends. */
const POOL = new Map<number, Uint8Array[]>()
const POOLED_PER_SIZE = 16

function takeBuffer(size: number): Uint8Array {
  return POOL.get(size)?.pop() ?? new Uint8Array(size + PADDING)
}

function giveBuffer(b: Uint8Array): void {
  const size = b.length - PADDING
  if (size < FIRST_BYTES || size > MOST_BYTES || (size & (size - 1)) !== 0) return
  let list = POOL.get(size)
  if (list === undefined) POOL.set(size, (list = []))
  if (list.length < POOLED_PER_SIZE) list.push(b)
}

/**
 * Positional reads of one file through a window that grows while it is read in order and stays small for single looks.
 * After `load`, `bytes` holds what was asked for at the index returned, until the next `load`.
 */
export class FileWindow {
  readonly file: string
  readonly size: number
  bytes: Uint8Array = new Uint8Array(0)
  private fd: number
  private start = 0
  private end = 0
  private ahead = FIRST_BYTES

  /** @throws Error of the file system */
  constructor(file: string) {
    this.file = file
    this.fd = openSync(file, 'r')
    this.size = fstatSync(this.fd).size
  }

  /** Makes `[offset, offset + length)` readable. @returns its index in `bytes` @throws BlockError when the file ends before that */
  load(offset: number, length: number): number {
    if (offset >= this.start && offset + length <= this.end) return offset - this.start
    if (!(offset >= 0 && offset + length <= this.size)) throw new BlockError(this.file, `ends at ${this.size}, but ${length} bytes at ${offset} are needed`)
    // Near the end of the last window: the file is read in order.
    this.ahead = offset >= this.start && offset <= this.end + this.ahead ? Math.min(MOST_BYTES, this.ahead * 2) : FIRST_BYTES
    const want = Math.min(this.size - offset, Math.max(length, this.ahead))
    if (this.bytes.length < want + PADDING) {
      giveBuffer(this.bytes)
      let size = FIRST_BYTES
      while (size < want) size *= 2
      this.bytes = takeBuffer(size)
    }
    this.start = offset
    this.end = offset
    this.end = offset + this.readInto(this.bytes, offset, want)
    if (offset + length > this.end) throw new BlockError(this.file, `ends at ${this.end}, but ${length} bytes at ${offset} are needed`)
    return 0
  }

  /** Like `load`, but takes less when the file ends. @returns how many of the bytes are there, from index `load` would return: see `at` */
  loadUpTo(offset: number, length: number): number {
    const n = Math.min(length, this.size - offset)
    if (n <= 0) throw new BlockError(this.file, `ends at ${this.size}, but bytes at ${offset} are needed`)
    this.at = this.load(offset, n)
    return n
  }
  /** Index of the last `loadUpTo`. */
  at = 0

  /** A copy of a part of the file. @throws BlockError when the file ends before that */
  copy(offset: number, length: number): Uint8Array {
    if (!(offset >= 0 && length >= 0 && offset + length <= this.size)) throw new BlockError(this.file, `ends at ${this.size}, but ${length} bytes at ${offset} are needed`)
    const out = new Uint8Array(length)
    if (this.readInto(out, offset, length) < length) throw new BlockError(this.file, `ends before ${offset + length}`)
    return out
  }

  /** Gives the window's memory back; it is made again when needed. */
  release(): void {
    giveBuffer(this.bytes)
    this.bytes = new Uint8Array(0)
    this.start = this.end = 0
    this.ahead = FIRST_BYTES
  }

  close(): void {
    if (this.fd < 0) return
    this.release()
    closeSync(this.fd)
    this.fd = -1
  }

  private readInto(b: Uint8Array, offset: number, length: number): number {
    let done = 0
    try {
      while (done < length) {
        const n = readSync(this.fd, b, done, length - done, offset + done)
        if (n === 0) break
        done += n
      }
    } catch (err) {
      throw new BlockError(this.file, 'cannot be read', { cause: err })
    }
    return done
  }
}

/** Four bytes, big-endian, unsigned. */
export function be32(b: Uint8Array, p: number): number {
  return ((b[p]! << 24) | (b[p + 1]! << 16) | (b[p + 2]! << 8) | b[p + 3]!) >>> 0
}
