import { readdirSync } from 'node:fs'
import path from 'node:path'
import { crc32c } from '../crc32c.ts'
import { BlockError } from './block-error.ts'
import { FileWindow, be32 } from './file-window.ts'

/** First bytes of a segment of chunks. @see Prometheus tsdb/docs/format/chunks.md */
export const CHUNKS_MAGIC = 0x85bd40dd
export const CHUNKS_HEADER_BYTES = 8
/** What one look for a chunk's length and data takes at once: nearly every float chunk is shorter. */
const USUAL_BYTES = 512

/** The chunks of a block. After `read`, the fields tell where the chunk's data is, until the next `read`. */
export class ChunkFiles {
  readonly segments: FileWindow[] = []
  /** The data begins at `bytes[from]`; at least 8 more bytes can be read behind it. */
  bytes: Uint8Array = new Uint8Array(0)
  from = 0
  length = 0
  encoding = 0

  /** Opens all segments. @throws BlockError; Error of the file system */
  constructor(dir: string) {
    try {
      const names = readdirSync(dir).filter(n => /^\d{6,}$/.test(n)).sort()
      for (const [i, name] of names.entries()) {
        const w = new FileWindow(path.join(dir, name))
        this.segments.push(w)
        if (Number(name) !== i + 1) throw new BlockError(w.file, `segment ${i + 1} is missing`)
        if (w.size < CHUNKS_HEADER_BYTES) throw new BlockError(w.file, `has only ${w.size} bytes`)
        const head = w.copy(0, CHUNKS_HEADER_BYTES)
        if (be32(head, 0) !== CHUNKS_MAGIC) throw new BlockError(w.file, 'invalid magic number')
        if (head[4] !== 1) throw new BlockError(w.file, `has version ${head[4]}, only version 1 is known`)
      }
    } catch (err) {
      this.close()
      throw err
    }
  }

  /** Reads a chunk and checks it. @throws BlockError */
  read(ref: number): void {
    const w = this.segments[Math.floor(ref / 4294967296)]
    const offset = ref % 4294967296
    if (w === undefined) throw new BlockError(path.dirname(this.segments[0]?.file ?? ''), `has no segment ${Math.floor(ref / 4294967296) + 1}`)
    const there = w.loadUpTo(offset, USUAL_BYTES)
    let p = w.at
    let length = 0
    let mul = 1
    let c = 128
    for (let i = 0; c >= 128; i++) {
      if (i >= 5 || i >= there) throw new BlockError(w.file, `no chunk at ${offset}`)
      c = w.bytes[p++]!
      length += (c & 127) * mul
      mul *= 128
    }
    const head = p - w.at
    // Encoding in front, checksum behind.
    const at = head + length + 5 <= there ? p : w.load(offset, head + length + 5) + head
    const b = w.bytes
    if (crc32c(b, at, at + 1 + length) !== be32(b, at + 1 + length)) throw new BlockError(w.file, `checksum mismatch in the chunk at ${offset}`)
    this.bytes = b
    this.encoding = b[at]!
    this.from = at + 1
    this.length = length
  }

  release(): void {
    for (const w of this.segments) w.release()
    this.bytes = new Uint8Array(0)
  }

  close(): void {
    for (const w of this.segments) w.close()
  }
}
