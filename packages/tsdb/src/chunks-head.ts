import { existsSync, readdirSync, rmSync } from 'node:fs'
import path from 'node:path'
import { crc32c } from './crc32c.ts'
import { isKnownEncoding } from './chunk-decode.ts'
import { samplesOf } from './start-times.ts'
import { RecordReader } from './wal/record.ts'
import { readWhole } from './wal/wal-reader.ts'

/** First bytes of a file of memory-mapped head chunks. @see Prometheus tsdb/chunks/head_chunks.go */
const MAGIC = 0x0130bc91
const HEADER_BYTES = 8

/** One chunk of a series, in a file's bytes. */
export interface MappedChunk {
  readonly minT: number
  readonly maxT: number
  readonly encoding: number
  readonly samples: number
  readonly bytes: Uint8Array
  readonly from: number
  readonly length: number
}

/** What the files of memory-mapped chunks hold. */
export interface MappedChunks {
  /** Chunks in file order, by series number of the log. */
  readonly bySeries: ReadonlyMap<number, readonly MappedChunk[]>
  /** Chunks that are out of order, likewise, and their places (file number, offset) as the `wbl` names them. */
  readonly outOfOrder: ReadonlyMap<number, readonly MappedChunk[]>
  readonly outOfOrderPlaces: ReadonlySet<number>
  readonly count: number
  /** Chunks of an encoding that we don't know: left where they are. */
  readonly skipped: number
  /** Files that could not be read to their end, with the reason. */
  readonly faults: readonly { readonly file: string; readonly reason: string }[]
  /** Newest time in each file, and whether it has out-of-order chunks. */
  readonly files: readonly { readonly file: string; readonly maxT: number; readonly outOfOrder: boolean }[]
}

/** Bit of the encoding byte that marks out-of-order chunks. */
const OUT_OF_ORDER = 0x80

/** Reads `chunks_head` of a data directory. Faulty files are read as far as they go, as the log holds the samples too. */
export function readMappedChunks(dir: string): MappedChunks {
  const bySeries = new Map<number, MappedChunk[]>()
  const faults: { file: string; reason: string }[] = []
  const files: { file: string; maxT: number; outOfOrder: boolean }[] = []
  const outOfOrder = new Map<number, MappedChunk[]>()
  const outOfOrderPlaces = new Set<number>()
  let count = 0
  let skipped = 0
  const names = existsSync(dir) ? readdirSync(dir).filter(n => /^\d+$/.test(n)).sort() : []
  for (const name of names) {
    const file = path.join(dir, name)
    const b = readWhole(file)
    let maxOfFile = -Infinity
    let hasOutOfOrder = false
    const fault = readFile(b, (ref, chunk, offset) => {
      if (chunk.maxT > maxOfFile) maxOfFile = chunk.maxT
      const encoding = chunk.encoding & ~OUT_OF_ORDER
      if (!isKnownEncoding(encoding)) {
        skipped++
        return
      }
      if (encoding !== chunk.encoding) {
        hasOutOfOrder = true
        outOfOrderPlaces.add(Number(name) * 4294967296 + offset)
        const inOrder = { ...chunk, encoding }
        const known = outOfOrder.get(ref)
        if (known === undefined) outOfOrder.set(ref, [inOrder])
        else known.push(inOrder)
        return
      }
      count++
      const list = bySeries.get(ref)
      if (list === undefined) bySeries.set(ref, [chunk])
      else list.push(chunk)
    })
    if (fault !== undefined) faults.push({ file, reason: fault })
    files.push({ file, maxT: maxOfFile, outOfOrder: hasOutOfOrder })
  }
  return { bySeries, outOfOrder, outOfOrderPlaces, count, skipped, faults, files }
}

function readFile(b: Uint8Array, onChunk: (ref: number, chunk: MappedChunk, offset: number) => void): string | undefined {
  if (b.length < HEADER_BYTES) return b.length === 0 ? undefined : 'file is too short'
  if (((b[0]! << 24) | (b[1]! << 16) | (b[2]! << 8) | b[3]!) >>> 0 !== MAGIC) return 'invalid magic number'
  if (b[4] !== 1) return `unknown version ${b[4]}`
  const r = new RecordReader(b, HEADER_BYTES, b.length)
  // Files are made longer in advance: zeros follow the last chunk.
  while (r.end - r.p >= 30) {
    const start = r.p
    try {
      const ref = r.be64()
      const minT = r.be64()
      const maxT = r.be64()
      const encoding = r.byte()
      const length = r.uvarint()
      if (ref === 0 && minT === 0 && maxT === 0 && encoding === 0 && length === 0) return undefined
      if (length > r.end - r.p - 4) return 'chunk is torn'
      const from = r.p
      r.p += length
      const crc = ((b[r.p]! << 24) | (b[r.p + 1]! << 16) | (b[r.p + 2]! << 8) | b[r.p + 3]!) >>> 0
      if (crc32c(b, start, r.p) !== crc) return `checksum mismatch at ${start}`
      r.p += 4
      const samples = length >= 2 ? samplesOf(encoding & ~OUT_OF_ORDER, b, from) : 0
      onChunk(ref, { minT, maxT, encoding, samples, bytes: b, from, length }, start)
    } catch (err) {
      return err instanceof Error ? err.message : String(err)
    }
  }
  return undefined
}

/** Deletes files in which everything is older than `minMs`, oldest first, as far as they go. `keepOutOfOrder`: not those whose out-of-order chunks are in no block yet. */
export function dropMappedChunks(files: MappedChunks['files'], minMs: number, keepOutOfOrder: boolean): string[] {
  const dropped: string[] = []
  for (const f of files) {
    if (f.maxT >= minMs || (keepOutOfOrder && f.outOfOrder)) break
    rmSync(f.file, { force: true })
    dropped.push(f.file)
  }
  return dropped
}
