import { existsSync } from 'node:fs'
import { crc32c } from '../crc32c.ts'
import { RecordBuffer, RecordError, RecordReader } from '../wal/record.ts'
import { readWhole } from '../wal/wal-reader.ts'
import { BlockError } from './block-error.ts'
import { be32 } from './file-window.ts'

const MAGIC = 0x0130ba30

/** Deleted times by series (offset in the index, units of 16 bytes): first and last time of each interval, both inclusive, ascending. */
export type Tombstones = ReadonlyMap<number, readonly number[]>

/** Reads a block's `tombstones`; a missing file has none. @throws BlockError @see Prometheus tsdb/docs/format/tombstones.md */
export function readTombstones(file: string): Tombstones {
  const out = new Map<number, number[]>()
  if (!existsSync(file)) return out
  const b = readWhole(file)
  if (b.length < 9) throw new BlockError(file, `has only ${b.length} bytes`)
  if (be32(b, 0) !== MAGIC) throw new BlockError(file, 'invalid magic number')
  if (b[4] !== 1) throw new BlockError(file, `has version ${b[4]}, only version 1 is known`)
  const end = b.length - 4
  if (crc32c(b, 5, end) !== be32(b, end)) throw new BlockError(file, 'checksum mismatch')
  const r = new RecordReader(b, 5, end)
  try {
    while (r.p < end) {
      const ref = r.uvarint()
      const min = r.varint()
      const max = r.varint()
      const list = out.get(ref)
      if (list === undefined) out.set(ref, [min, max])
      else list.push(min, max)
    }
  } catch (err) {
    throw err instanceof RecordError ? new BlockError(file, err.message) : err
  }
  return out
}

/** The bytes of a `tombstones` file. */
export function printTombstones(tombstones: Tombstones): Uint8Array {
  const out = new RecordBuffer()
  for (const byte of [MAGIC >>> 24, (MAGIC >>> 16) & 255, (MAGIC >>> 8) & 255, MAGIC & 255, 1]) out.byte(byte)
  for (const [ref, intervals] of tombstones) {
    for (let i = 0; i < intervals.length; i += 2) {
      out.uvarint(ref)
      out.varint(intervals[i]!)
      out.varint(intervals[i + 1]!)
    }
  }
  const crc = crc32c(out.bytes, 5, out.length)
  for (const shift of [24, 16, 8, 0]) out.byte((crc >>> shift) & 255)
  return out.bytes.slice(0, out.length)
}
