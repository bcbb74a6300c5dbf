import { copyFileSync, existsSync, linkSync, mkdirSync, renameSync, rmSync } from 'node:fs'
import path from 'node:path'
import { crc32c } from '../crc32c.ts'
import { SILENT } from '../logger.ts'
import type { SegmentFile } from './wal-files.ts'
import { readWhole, scanSegment, toTheEnd } from './wal-reader.ts'
import type { RecordHandler, WalCorruption } from './wal-reader.ts'
import { FRAGMENT, HEADER_BYTES, PAGE_BYTES, WalWriter, segmentName } from './wal-writer.ts'

/** A part of a segment that can't be read: from `goodBytes` to `endBytes`. */
export interface SegmentFault extends WalCorruption {
  /** Where reading went on, or the end of the file. */
  readonly endBytes: number
}

/**
 * Reads every record of a segment that can be read: behind damage it goes on with the first record that begins in a later page.
 * @returns what could not be read, in the order of the file; a torn end is the last
 * @throws  whatever the handler throws
 */
export function readWithFaults(file: string, b: Uint8Array, onRecord: RecordHandler): SegmentFault[] {
  return toTheEnd(scanWithFaults(file, b, onRecord))
}

/** The same, which yields the place that it has reached every few milliseconds. */
export function* scanWithFaults(file: string, b: Uint8Array, onRecord: RecordHandler): Generator<number, SegmentFault[]> {
  const faults: SegmentFault[] = []
  let records = 0
  let start = 0
  const counting: RecordHandler = (r, from, to) => {
    records++
    onRecord(r, from, to)
  }
  for (;;) {
    const before = records
    const fault = yield* scanSegment(file, b, counting, start)
    if (fault === undefined) break
    const next = fault.torn ? undefined : nextRecord(b, fault.goodBytes)
    const endBytes = next ?? b.length
    const last = faults.at(-1)
    // Two faults without a whole record between them are one.
    if (last !== undefined && records === before) faults[faults.length - 1] = { ...last, endBytes }
    else faults.push({ ...fault, endBytes })
    if (next === undefined) break
    start = next
  }
  return faults
}

/** The first place behind `from`, in a later page, at which a whole fragment begins a record; undefined if there is none. */
export function nextRecord(b: Uint8Array, from: number): number | undefined {
  for (let page = Math.floor(from / PAGE_BYTES) * PAGE_BYTES + PAGE_BYTES; page < b.length; page += PAGE_BYTES) {
    const end = Math.min(b.length, page + PAGE_BYTES)
    for (let p = page; p + HEADER_BYTES <= end; ) {
      const type = b[p]! & FRAGMENT.typeMask
      if (b[p] === FRAGMENT.pageTerm) break
      const n = (b[p + 1]! << 8) | b[p + 2]!
      const data = p + HEADER_BYTES
      const crc = ((b[p + 3]! << 24) | (b[p + 4]! << 16) | (b[p + 5]! << 8) | b[p + 6]!) >>> 0
      if (type > FRAGMENT.last || data + n > end || crc32c(b, data, data + n) !== crc) break
      if (type === FRAGMENT.full || type === FRAGMENT.first) return p
      p = data + n
    }
  }
  return undefined
}

/**
 * Writes a segment anew with all records that can be read. The old one stays beside the rest, in a folder `wal-damaged-…` or `wbl-damaged-…` of the data directory. A crash
 * at any point leaves the old or the new one in its place.
 * @returns where the old one is now
 * @throws Error of the file system; then the old one is in its place
 */
export function rewriteSegment(dataDir: string, segment: SegmentFile): string {
  const temp = freePlace(dataDir, '.', `wal-repair-${path.basename(segment.file)}`)
  mkdirSync(temp)
  try {
    const out = new WalWriter(temp, segment.index, { compress: 'snappy', logger: SILENT, segmentBytes: 2 ** 31 })
    try {
      readWithFaults(segment.file, readWhole(segment.file), (b, from, to) => {
        out.add(b.subarray(from, to), to - from)
        out.flush()
      })
      out.close()
    } catch (err) {
      out.abort()
      throw err
    }
    const log = segment.file.includes(`${path.sep}wbl${path.sep}`) ? 'wbl' : 'wal'
    const movedTo = freePlace(dataDir, `${log}-damaged-${path.basename(segment.file)}`, path.basename(segment.file))
    try {
      linkSync(segment.file, movedTo)
    } catch {
      // File systems without hard links.
      copyFileSync(segment.file, movedTo)
    }
    renameSync(path.join(temp, segmentName(segment.index)), segment.file)
    return movedTo
  } finally {
    rmSync(temp, { recursive: true, force: true })
  }
}

/** A place below the data directory that is free; its folder is made. */
export function freePlace(dataDir: string, folder: string, name: string): string {
  mkdirSync(path.join(dataDir, folder), { recursive: true })
  let to = path.join(dataDir, folder, name)
  for (let i = 2; existsSync(to); i++) to = path.join(dataDir, folder, `${name}-${i}`)
  return to
}
