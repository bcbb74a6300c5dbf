import { closeSync, openSync, readSync, fstatSync } from 'node:fs'
import { SnappyBlockError, uncompressBlock } from '@haechi/exposition'
import { crc32c } from '../crc32c.ts'
import { FRAGMENT, HEADER_BYTES, PAGE_BYTES } from './wal-writer.ts'
import { ZstdError, zstdDecompress } from './zstd.ts'

/** The longest record that is taken: nothing that we or Prometheus write comes near. */
const MAX_RECORD_BYTES = 512 * 1024 * 1024

/** Where and why a segment can't be read further. */
export interface WalCorruption {
  readonly file: string
  /** End of the last whole record before it. */
  readonly goodBytes: number
  readonly totalBytes: number
  readonly reason: string
  /** The file simply ends inside a record: a write that was cut short. */
  readonly torn: boolean
}

/** What is called for each record: its bytes are valid during the call only. */
export type RecordHandler = (b: Uint8Array, from: number, to: number) => void

/** Reads a whole file; the buffer is the caller's. */
export function readWhole(file: string): Uint8Array {
  const fd = openSync(file, 'r')
  try {
    const size = fstatSync(fd).size
    // Not a Buffer: one kind of array everywhere keeps the hot loops' accesses monomorphic.
    const b = new Uint8Array(size)
    let done = 0
    while (done < size) {
      const n = readSync(fd, b, done, size - done, done)
      if (n === 0) break
      done += n
    }
    return b.subarray(0, done)
  } finally {
    closeSync(fd)
  }
}

/** Bytes of a segment after which its scan yields: some 5 ms of reading. */
const SLICE_BYTES = 256 * 1024

/**
 * Reads the records of one segment's bytes.
 *
 * @param start  where to begin: a place at which a record begins
 * @returns undefined when the segment is whole, else the place of the first fault: all records before it were handed over
 * @throws  whatever the handler throws
 * @see     Prometheus tsdb/wlog/reader.go
 */
export function readSegment(file: string, b: Uint8Array, onRecord: RecordHandler, start = 0): WalCorruption | undefined {
  return toTheEnd(scanSegment(file, b, onRecord, start))
}

/** Runs a scan without a pause. */
export function toTheEnd<T>(scan: Generator<number, T>): T {
  for (;;) {
    const { done, value } = scan.next()
    if (done === true) return value
  }
}

/** The same, which yields the place that it has reached every few milliseconds. */
export function* scanSegment(file: string, b: Uint8Array, onRecord: RecordHandler, start = 0): Generator<number, WalCorruption | undefined> {
  let pauseAt = start + SLICE_BYTES
  const total = b.length
  let joined = new Uint8Array(0)
  let joinedLength = 0
  let inRecord = false
  let good = start
  let p = start
  const fault = (reason: string, torn: boolean): WalCorruption => ({ file, goodBytes: good, totalBytes: total, reason, torn })
  while (p < total) {
    if (p >= pauseAt) {
      pauseAt = p + SLICE_BYTES
      yield p
    }
    const left = PAGE_BYTES - (p % PAGE_BYTES)
    const head = b[p]!
    const type = head & FRAGMENT.typeMask
    if (head === FRAGMENT.pageTerm) {
      const end = Math.min(total, p + left)
      for (let i = p; i < end; i++) if (b[i] !== 0) return fault(inRecord ? 'unexpected end of page inside a record' : 'unexpected non-zero byte in padded page', false)
      p = end
      if (!inRecord) good = p
      continue
    }
    if (left < HEADER_BYTES) return fault('record header crosses a page', false)
    if (p + HEADER_BYTES > total) return fault('torn record header', true)
    const n = (b[p + 1]! << 8) | b[p + 2]!
    if (n > left - HEADER_BYTES) return fault(`invalid record size ${n}`, false)
    const from = p + HEADER_BYTES
    if (from + n > total) return fault('last record is torn', true)
    const crc = ((b[p + 3]! << 24) | (b[p + 4]! << 16) | (b[p + 5]! << 8) | b[p + 6]!) >>> 0
    if (crc32c(b, from, from + n) !== crc) return fault('unexpected checksum', false)
    const starts = type === FRAGMENT.full || type === FRAGMENT.first
    if (type > FRAGMENT.last || starts === inRecord) return fault(`unexpected record type ${type}`, false)
    p = from + n
    if (type === FRAGMENT.full) {
      const bad = deliver(b, from, p, head, onRecord)
      if (bad !== undefined) return fault(bad, false)
      good = p
      continue
    }
    if (joined.length < joinedLength + n) {
      const more = new Uint8Array(Math.max(2 * joined.length, joinedLength + n, 1 << 17))
      more.set(joined.subarray(0, joinedLength))
      joined = more
    }
    joined.set(b.subarray(from, p), joinedLength)
    joinedLength += n
    inRecord = type !== FRAGMENT.last
    if (!inRecord) {
      const bad = deliver(joined, 0, joinedLength, head, onRecord)
      if (bad !== undefined) return fault(bad, false)
      joinedLength = 0
      good = p
    }
  }
  return inRecord ? fault('last record is torn', true) : undefined
}

/** Hands a record over, uncompressed. @returns what is wrong with its compression, if something is */
function deliver(b: Uint8Array, from: number, to: number, head: number, onRecord: RecordHandler): string | undefined {
  if ((head & (FRAGMENT.snappy | FRAGMENT.zstd)) === 0) {
    onRecord(b, from, to)
    return undefined
  }
  let plain: Uint8Array
  try {
    plain = ((head & FRAGMENT.snappy) !== 0 ? uncompressBlock : zstdDecompress)(b.subarray(from, to), MAX_RECORD_BYTES)
  } catch (err) {
    if (err instanceof SnappyBlockError || err instanceof ZstdError) return err.message
    throw err
  }
  onRecord(plain, 0, plain.length)
  return undefined
}
