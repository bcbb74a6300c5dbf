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
  /** Holes only where a tool looks at a damaged block. */
  readonly segments: (FileWindow | undefined)[] = []
  /** The data begins at `bytes[from]`; at least 8 more bytes can be read behind it. */
  bytes: Uint8Array = new Uint8Array(0)
  from = 0
  length = 0
  encoding = 0

  /**
   * Opens all segments.
   * @param onFault for tools: called for each segment that can't be used, which then stays closed; by default such a segment is an error
   * @throws BlockError; Error of the file system
   */
  constructor(dir: string, onFault?: (err: BlockError) => void) {
    try {
      for (const name of readdirSync(dir).filter(n => /^\d{6,}$/.test(n)).sort()) {
        try {
          const number = this.segments.length + 1
          if (Number(name) !== number) {
            const missing = new BlockError(path.join(dir, String(number).padStart(6, '0')), 'is missing')
            if (onFault === undefined) throw missing
            onFault(missing)
            this.segments.length = Number(name) - 1
          }
          this.segments.push(openSegment(path.join(dir, name)))
        } catch (err) {
          if (onFault === undefined || !(err instanceof BlockError)) throw err
          onFault(err)
          this.segments.length = Number(name)
        }
      }
      // A block without a chunk is never written.
      if (this.segments.length === 0 && onFault === undefined) throw new BlockError(path.join(dir, '000001'), 'is missing')
    } catch (err) {
      this.close()
      throw err
    }
  }

  /** Reads a chunk and checks it. @throws BlockError */
  read(ref: number): void {
    const w = this.segments[Math.floor(ref / 4294967296)]
    const offset = ref % 4294967296
    if (w === undefined) throw new BlockError(path.dirname(this.segments.find(x => x !== undefined)?.file ?? ''), `has no segment ${Math.floor(ref / 4294967296) + 1}`)
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
    for (const w of this.segments) w?.release()
    this.bytes = new Uint8Array(0)
  }

  close(): void {
    for (const w of this.segments) w?.close()
  }
}

function openSegment(file: string): FileWindow {
  const w = new FileWindow(file)
  try {
    if (w.size < CHUNKS_HEADER_BYTES) throw new BlockError(file, `has only ${w.size} bytes`)
    const head = w.copy(0, CHUNKS_HEADER_BYTES)
    if (be32(head, 0) !== CHUNKS_MAGIC) throw new BlockError(file, 'invalid magic number')
    if (head[4] !== 1) throw new BlockError(file, `has version ${head[4]}, only version 1 is known`)
  } catch (err) {
    w.close()
    throw err
  }
  return w
}
