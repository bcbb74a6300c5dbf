import { close, closeSync, fdatasync, fdatasyncSync, ftruncateSync, openSync, rmSync, writeSync } from 'node:fs'
import path from 'node:path'
import { crc32c } from '../crc32c.ts'
import type { Logger } from '../logger.ts'
import { maxSnappyLength } from './snappy-encode.ts'
import { snappyEncodeRecord } from './snappy-samples.ts'
import { zstdCompress } from './zstd.ts'

export const PAGE_BYTES = 32768
export const HEADER_BYTES = 7
/** As Prometheus: `DefaultSegmentSize`. */
export const SEGMENT_BYTES: number = 128 * 1024 * 1024

/** Buffers longer than this are given up after use. */
const KEPT_BYTES: number = 4 * 1024 * 1024

/** Fragment types, and the flags of compressed records. @see Prometheus tsdb/wlog/wlog.go */
export const FRAGMENT = { pageTerm: 0, full: 1, first: 2, middle: 3, last: 4, typeMask: 7, snappy: 8, zstd: 16 } as const

/** How records of a log are compressed. */
export type WalCompression = 'none' | 'snappy' | 'zstd'
/** The values of {@link WalCompression}. */
export const WAL_COMPRESSIONS: readonly WalCompression[] = ['none', 'snappy', 'zstd']

/** Name of a segment file: eight digits. */
export function segmentName(index: number): string {
  return String(index).padStart(8, '0')
}

/**
 * Writes a write-ahead log (or a checkpoint, which has the same format) in segments.
 *
 * Records given to `add` collect in memory; `flush` writes them with one system call. What fails leaves nothing of them behind: the file is
 * cut back to where it ended before, and where the records crossed into further segments, these are gone.
 */
export class WalWriter {
  private readonly dir: string
  private readonly compress: WalCompression
  private readonly log: Logger
  private readonly segmentBytes: number
  private fd = -1
  private index: number
  /** Length of the open segment on disk. */
  private written = 0
  private out: Uint8Array = new Uint8Array(1 << 17)
  private pending = 0
  /** Length of the segment in which the records since the last flush began, before them. */
  private batchStart = 0
  /** Segments that the records since then have filled. They are closed when the next ones begin: until then the flush may be undone. */
  private ended: { readonly fd: number; readonly index: number }[] = []
  /** The last records were flushed; the next begin anew. */
  private settled = true
  private packed: Uint8Array = new Uint8Array(1 << 16)
  private dirty = false
  private syncing = false
  /** Bytes of a failed write that could not be cut off yet. */
  private torn = false
  private readonly closing = new Set<number>()

  constructor(dir: string, firstSegment: number, options: { readonly compress: WalCompression; readonly logger: Logger; readonly segmentBytes?: number }) {
    this.dir = dir
    this.compress = options.compress
    this.log = options.logger
    this.segmentBytes = options.segmentBytes ?? SEGMENT_BYTES
    this.index = firstSegment
    this.open(firstSegment)
  }

  /** Number of the segment that is written. */
  get segment(): number {
    return this.index
  }

  /** Bytes in the open segment. */
  get segmentLength(): number {
    return this.written
  }

  /** Adds one record; `b` is copied. @throws Error when a segment was full and writing failed; then nothing since the last flush is in the log */
  add(b: Uint8Array, length: number): void {
    if (this.settled) this.begin()
    let bytes = b
    let n = length
    let flags = 0
    if (this.compress === 'zstd' && length > 0) {
      const packed = zstdCompress(b.subarray(0, length))
      if (packed.length < length) {
        bytes = packed
        n = packed.length
        flags = FRAGMENT.zstd
      }
    } else if (this.compress === 'snappy' && length > 0) {
      const most = maxSnappyLength(length)
      if (this.packed.length < most) this.packed = new Uint8Array(2 * most)
      const size = snappyEncodeRecord(b, length, this.packed)
      if (size < length) {
        bytes = this.packed
        n = size
        flags = FRAGMENT.snappy
      }
    }
    this.frame(bytes, n, flags)
  }

  /** Writes what `add` collected, with one system call. @throws Error of the file system; then nothing of it is in the log */
  flush(): void {
    if (this.settled) this.begin()
    this.write()
    this.settled = true
    // One large batch (the first scrape of a large target) must not hold its memory for ever.
    if (this.out.length > KEPT_BYTES) this.out = new Uint8Array(1 << 17)
  }

  /** Cuts what the last flush wrote off the log. Where that fails, it is tried again before the next write. */
  undoFlush(): void {
    this.back()
  }

  /** Forgets what `add` collected since the last flush. */
  discard(): void {
    if (this.settled) return
    this.back()
  }

  /** Brings what was written to the disk, without waiting. At most one such call runs. */
  syncSoon(): void {
    if (!this.dirty || this.syncing || this.fd < 0) return
    this.syncing = true
    this.dirty = false
    fdatasync(this.fd, err => {
      this.syncing = false
      // A segment that was closed meanwhile has been synced by closing.
      if (err && err.code !== 'EBADF') {
        this.dirty = true
        this.log.error({ err }, 'Syncing the write-ahead log failed')
      }
    })
  }

  /** Ends the open segment and starts the next. @throws Error of the file system; then the open one goes on */
  nextSegment(): void {
    this.flush()
    this.begin()
    // What was refused must not stay behind in a segment that nobody writes any more.
    this.cutTorn()
    const { fd } = this
    this.open(this.index + 1)
    this.retire(fd)
    this.begin()
  }

  /** Writes, syncs and closes. */
  close(): void {
    if (this.fd < 0) return
    this.flush()
    this.begin()
    // Their callbacks run on this thread, so these are open still.
    for (const fd of this.closing) fdatasyncSync(fd)
    fdatasyncSync(this.fd)
    closeSync(this.fd)
    this.fd = -1
    this.dirty = false
  }

  /** Closes without writing or syncing what is pending: for a log that is thrown away. */
  abort(): void {
    if (this.fd < 0) return
    for (const { fd } of this.ended.splice(0)) closeSync(fd)
    closeSync(this.fd)
    this.fd = -1
    this.pending = 0
    this.dirty = false
  }

  /** Makes a segment the open one. On an error nothing has changed. */
  private open(index: number): void {
    const file = path.join(this.dir, segmentName(index))
    try {
      this.fd = openSync(file, 'w')
    } catch (err) {
      throw new Error(`cannot begin the segment ${file} of the write-ahead log`, { cause: err })
    }
    this.index = index
    this.written = 0
  }

  /** What comes now can be undone, what came before no longer. */
  private begin(): void {
    if (this.ended.length > 0) for (const { fd } of this.ended.splice(0)) this.retire(fd)
    this.batchStart = this.written
    this.settled = false
  }

  /** Closes a full segment in the background: syncing 128 MiB may take longer than a writer may wait. */
  private retire(fd: number): void {
    this.closing.add(fd)
    fdatasync(fd, err => {
      if (err) this.log.error({ err }, 'Syncing a full segment of the write-ahead log failed')
      // Out of the set first: `close` above must not meet a descriptor that is gone.
      this.closing.delete(fd)
      close(fd, () => {})
    })
  }

  /** Writes what is pending into the open segment. */
  private write(): void {
    if (this.pending === 0) return
    try {
      this.cutTorn()
      let done = 0
      while (done < this.pending) done += writeSync(this.fd, this.out, done, this.pending - done, this.written + done)
    } catch (err) {
      const file = path.join(this.dir, segmentName(this.index))
      this.back()
      throw new Error(`cannot write to the write-ahead log ${file}`, { cause: err })
    }
    this.written += this.pending
    this.pending = 0
    this.dirty = true
  }

  /** Goes on in the next segment in the midst of records that are written together. */
  private cross(): void {
    this.write()
    const { fd, index } = this
    try {
      this.cutTorn()
      this.open(index + 1)
    } catch (err) {
      this.back()
      throw err
    }
    this.ended.push({ fd, index })
  }

  /** Takes the log back to where it was before the records since the last flush, or before those that it wrote. */
  private back(): void {
    this.pending = 0
    this.settled = true
    const [first] = this.ended
    if (first !== undefined) {
      for (let i = this.index; i > first.index; i--) this.remove(i === this.index ? this.fd : this.ended.find(e => e.index === i)!.fd, i)
      this.fd = first.fd
      this.index = first.index
      this.ended = []
    }
    this.written = this.batchStart
    this.torn = true
    try {
      this.cutTorn()
    } catch (err) {
      this.log.error({ err, file: path.join(this.dir, segmentName(this.index)) }, 'Cutting an unfinished batch off the write-ahead log failed; it is tried again with the next write')
    }
  }

  private remove(fd: number, index: number): void {
    const file = path.join(this.dir, segmentName(index))
    try {
      rmSync(file, { force: true })
      closeSync(fd)
    } catch (err) {
      this.log.error({ err, file }, 'Removing a segment of an unfinished batch failed; it is written over when its turn comes')
    }
  }

  private cutTorn(): void {
    if (!this.torn) return
    ftruncateSync(this.fd, this.written)
    this.torn = false
  }

  /** Splits a record into fragments, none of which crosses a page. */
  private frame(b: Uint8Array, length: number, flags: number): void {
    const used = this.written + this.pending
    let left = PAGE_BYTES - (used % PAGE_BYTES)
    // Records don't cross segments: what is left of this one decides.
    const pages = Math.max(0, Math.floor(this.segmentBytes / PAGE_BYTES) - Math.floor(used / PAGE_BYTES) - 1)
    if (used > 0 && length > left - HEADER_BYTES + pages * (PAGE_BYTES - HEADER_BYTES)) {
      this.cross()
      left = PAGE_BYTES
    }
    const need = length + HEADER_BYTES * (2 + Math.floor(length / (PAGE_BYTES - HEADER_BYTES))) + HEADER_BYTES
    if (this.pending + need > this.out.length) {
      const out = new Uint8Array(Math.max(this.pending + need, 2 * this.out.length))
      out.set(this.out.subarray(0, this.pending))
      this.out = out
    }
    const out = this.out
    let p = this.pending
    let at = 0
    do {
      if (left <= HEADER_BYTES) {
        // No room for a header and a byte: the rest of the page is zero.
        out.fill(0, p, p + left)
        p += left
        left = PAGE_BYTES
      }
      const n = Math.min(length - at, left - HEADER_BYTES)
      const starts = at === 0
      const ends = at + n === length
      const type = starts ? (ends ? FRAGMENT.full : FRAGMENT.first) : ends ? FRAGMENT.last : FRAGMENT.middle
      const crc = crc32c(b, at, at + n)
      out[p] = type | flags
      out[p + 1] = n >>> 8
      out[p + 2] = n
      out[p + 3] = crc >>> 24
      out[p + 4] = crc >>> 16
      out[p + 5] = crc >>> 8
      out[p + 6] = crc
      p += HEADER_BYTES
      out.set(b.subarray(at, at + n), p)
      p += n
      at += n
      left -= n + HEADER_BYTES
      if (left === 0) left = PAGE_BYTES
    } while (at < length)
    this.pending = p
  }
}
