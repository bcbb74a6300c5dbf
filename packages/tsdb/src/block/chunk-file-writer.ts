import path from 'node:path'
import { crc32c } from '../crc32c.ts'
import { CHUNKS_MAGIC } from './chunk-files.ts'
import { FileSink, putBe32, putBytes } from './file-sink.ts'

/** As Prometheus: `DefaultChunkSegmentSize`. */
const SEGMENT_BYTES = 512 * 1024 * 1024

/** Writes the segments of a block's chunks. */
export class ChunkFileWriter {
  private readonly dir: string
  private readonly segmentBytes: number
  private segment = -1
  private sink: FileSink | undefined
  bytes = 0

  constructor(dir: string, segmentBytes: number = SEGMENT_BYTES) {
    this.dir = dir
    this.segmentBytes = segmentBytes
  }

  /** Adds one chunk. @returns its place: segment · 2^32 + offset @throws Error of the file system */
  add(encoding: number, b: Uint8Array, from: number, length: number): number {
    const sink = this.room(length)
    const offset = sink.position
    const out = sink.buffer
    out.uvarint(length)
    const start = out.length
    out.byte(encoding)
    putBytes(out, b, from, from + length)
    putBe32(out, crc32c(out.bytes, start, out.length))
    this.bytes += sink.position - offset
    sink.flushIfFull()
    return this.segment * 4294967296 + offset
  }

  /** Closes the last segment. @throws Error of the file system */
  finish(): void {
    this.sink?.finish()
  }

  discard(): void {
    this.sink?.close()
  }

  private room(length: number): FileSink {
    if (this.sink !== undefined && this.sink.position + length + 10 <= this.segmentBytes) return this.sink
    this.sink?.finish()
    this.segment++
    const sink = new FileSink(path.join(this.dir, String(this.segment + 1).padStart(6, '0')))
    this.sink = sink
    putBe32(sink.buffer, CHUNKS_MAGIC)
    // Version 1, three bytes of padding.
    putBe32(sink.buffer, 0x01000000)
    return sink
  }
}
