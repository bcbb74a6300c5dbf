import { closeSync, fsyncSync, openSync, writeSync } from 'node:fs'
import { RecordBuffer } from '../wal/record.ts'

const FLUSH_BYTES = 1 << 20

/** Writes a new file from front to back, a MiB at a time. What is in `buffer` is not in the file yet. */
export class FileSink {
  readonly buffer: RecordBuffer = new RecordBuffer()
  private readonly fd: number
  private written = 0
  private closed = false

  /** @throws Error of the file system, also when the file exists */
  constructor(file: string) {
    this.fd = openSync(file, 'wx')
  }

  /** Where the next byte goes. */
  get position(): number {
    return this.written + this.buffer.length
  }

  /** Zeros up to the next multiple of `unit`. */
  pad(unit: number): void {
    while (this.position % unit !== 0) this.buffer.byte(0)
  }

  /** Gives the buffer to the system when it is long enough; afterwards positions in it are of no use. */
  flushIfFull(): void {
    if (this.buffer.length >= FLUSH_BYTES) this.flush()
  }

  /** Brings everything to the disk and closes the file. @throws Error of the file system */
  finish(): void {
    this.flush()
    fsyncSync(this.fd)
    this.close()
  }

  close(): void {
    if (this.closed) return
    this.closed = true
    closeSync(this.fd)
  }

  private flush(): void {
    const { buffer } = this
    let done = 0
    while (done < buffer.length) done += writeSync(this.fd, buffer.bytes, done, buffer.length - done, this.written + done)
    this.written += done
    buffer.length = 0
  }
}

/** Four bytes, big-endian. */
export function putBe32(out: RecordBuffer, v: number): void {
  out.reserve(4)
  const { bytes } = out
  let p = out.length
  bytes[p++] = v >>> 24
  bytes[p++] = v >>> 16
  bytes[p++] = v >>> 8
  bytes[p++] = v
  out.length = p
}

/** Copies bytes. */
export function putBytes(out: RecordBuffer, b: Uint8Array, from: number, to: number): void {
  out.reserve(to - from)
  const { bytes } = out
  let p = out.length
  if (to - from < 64) for (let i = from; i < to; i++) bytes[p++] = b[i]!
  else bytes.set(b.subarray(from, to), p)
  out.length += to - from
}
