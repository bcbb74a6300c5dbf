import { matchesValue } from '@haechi/model'
import type { Matcher } from '@haechi/model'
import { crc32c } from '../crc32c.ts'
import { RecentMap } from '../recent-map.ts'
import { RecordError, RecordReader } from '../wal/record.ts'
import { BlockError } from './block-error.ts'
import { FileWindow, be32 } from './file-window.ts'

/** First bytes of an index. @see Prometheus tsdb/docs/format/index.md */
export const INDEX_MAGIC = 0xbaaad700
export const INDEX_VERSION = 2
/** Six offsets and their checksum at the end of the file. */
export const TOC_BYTES: number = 6 * 8 + 4

/** Sets of matching values that are kept. */
const MAX_MATCHED = 64

/** One series of an index. Reused: each `series` overwrites it. */
export class SeriesEntry {
  /** Name and value symbol of each label. */
  pairs: Int32Array = new Int32Array(32)
  /** Labels. */
  count = 0
  minTs: Float64Array = new Float64Array(16)
  maxTs: Float64Array = new Float64Array(16)
  /** Place of each chunk: segment · 2^32 + offset. */
  refs: Float64Array = new Float64Array(16)
  chunks = 0
}

/** A block's index: small sections in memory, series and postings read when needed. */
export class BlockIndex {
  readonly window: FileWindow
  private readonly symbolBytes: Buffer
  /** Where each symbol's text begins and, at the next number, the length's end of its follower is not needed: lengths stand in front. */
  private readonly symbolAt: Uint32Array
  private readonly symbolLength: Uint32Array
  private readonly texts = new RecentMap<number, string>(100_000)
  /** The postings offset table without its frame. */
  private readonly table: Buffer
  private readonly valueAt: Uint32Array
  private readonly valueLength: Uint32Array
  private readonly postingsAt: Float64Array
  private readonly ranges = new Map<string, { readonly from: number; readonly to: number }>()
  private readonly matched = new RecentMap<string, Int32Array>(MAX_MATCHED)
  private readonly record = new RecordReader(new Uint8Array(0), 0, 0)

  /** Opens an index and checks its frame, symbols and table of postings. @throws BlockError; Error of the file system */
  constructor(file: string) {
    this.window = new FileWindow(file)
    try {
      const w = this.window
      if (w.size < 5 + TOC_BYTES) throw new BlockError(file, `has only ${w.size} bytes`)
      const head = w.copy(0, 5)
      if (be32(head, 0) !== INDEX_MAGIC) throw new BlockError(file, 'invalid magic number')
      if (head[4] !== INDEX_VERSION) throw new BlockError(file, `has version ${head[4]}, only version ${INDEX_VERSION} is known`)
      const toc = w.copy(w.size - TOC_BYTES, TOC_BYTES)
      if (crc32c(toc, 0, TOC_BYTES - 4) !== be32(toc, TOC_BYTES - 4)) throw new BlockError(file, 'checksum mismatch in the table of contents')
      const r = new RecordReader(toc, 0, TOC_BYTES - 4)
      const symbols = r.be64()
      r.p = 40
      const table = r.be64()

      const s = this.section(symbols, 'symbols')
      const count = be32(s, 0)
      if (count > s.length) throw new BlockError(file, 'more symbols than bytes')
      this.symbolBytes = s
      this.symbolAt = new Uint32Array(count)
      this.symbolLength = new Uint32Array(count)
      const sr = new RecordReader(s, 4, s.length)
      for (let i = 0; i < count; i++) {
        const length = sr.text()
        this.symbolAt[i] = sr.p - length
        this.symbolLength[i] = length
      }

      const t = this.section(table, 'postings offset table')
      const entries = be32(t, 0)
      if (entries > t.length) throw new BlockError(file, 'more postings than bytes')
      this.table = t
      this.valueAt = new Uint32Array(entries)
      this.valueLength = new Uint32Array(entries)
      this.postingsAt = new Float64Array(entries)
      this.readTable(entries)
    } catch (err) {
      this.window.close()
      throw err instanceof RecordError ? new BlockError(file, err.message) : err
    }
  }

  private section(offset: number, what: string): Buffer {
    const w = this.window
    const length = be32(w.copy(offset, 4), 0)
    if (length < 4) throw new BlockError(w.file, `${what} is too short`)
    const b = w.copy(offset + 4, length + 4)
    if (crc32c(b, 0, length) !== be32(b, length)) throw new BlockError(w.file, `checksum mismatch in ${what}`)
    return Buffer.from(b.buffer, b.byteOffset, length)
  }

  private readTable(entries: number): void {
    const r = new RecordReader(this.table, 4, this.table.length)
    let nameFrom = 0
    let nameLength = -1
    let from = 0
    const close = (to: number): void => {
      if (nameLength >= 0) this.ranges.set(this.table.toString('utf8', nameFrom, nameFrom + nameLength), { from, to })
    }
    for (let i = 0; i < entries; i++) {
      if (r.uvarint() !== 2) throw new BlockError(this.window.file, 'unexpected entry in the postings offset table')
      const length = r.text()
      const at = r.p - length
      if (length !== nameLength || this.table.compare(this.table, nameFrom, nameFrom + nameLength, at, at + length) !== 0) {
        close(i)
        nameFrom = at
        nameLength = length
        from = i
      }
      const valueLength = r.text()
      this.valueAt[i] = r.p - valueLength
      this.valueLength[i] = valueLength
      this.postingsAt[i] = r.uvarint()
    }
    close(entries)
  }

  /** Symbols of the block, numbered from 0 in the order of their bytes. */
  get symbolCount(): number {
    return this.symbolAt.length
  }

  /** A view of a symbol's bytes. */
  symbolView(i: number): Uint8Array {
    const at = this.symbolAt[i]!
    return this.symbolBytes.subarray(at, at + this.symbolLength[i]!)
  }

  /** A symbol's text. @throws BlockError when there is none of this number */
  text(i: number): string {
    let text = this.texts.get(i)
    if (text === undefined) {
      if (i >= this.symbolAt.length) throw new BlockError(this.window.file, `unknown symbol ${i}`)
      const at = this.symbolAt[i]!
      text = this.symbolBytes.toString('utf8', at, at + this.symbolLength[i]!)
      this.texts.set(i, text)
    }
    return text
  }

  /** Label names, in the order of their bytes. */
  names(): string[] {
    return [...this.ranges.keys()].filter(name => name !== '')
  }

  /** Values of a label, in the order of their bytes. */
  values(name: string): string[] {
    const range = this.ranges.get(name)
    if (range === undefined || name === '') return []
    return Array.from({ length: range.to - range.from }, (_, k) => this.valueText(range.from + k))
  }

  private valueText(entry: number): string {
    const at = this.valueAt[entry]!
    return this.table.toString('utf8', at, at + this.valueLength[entry]!)
  }

  /** All series in the order of their labels; ascending. */
  all(): Int32Array {
    const range = this.ranges.get('')
    return range === undefined ? new Int32Array(0) : this.postings(range.from)
  }

  /** Series with exactly this label; ascending. */
  equal(name: string, value: string): Int32Array {
    const range = this.ranges.get(name)
    if (range === undefined) return new Int32Array(0)
    const want = Buffer.from(value)
    let lo = range.from
    let hi = range.to
    while (lo < hi) {
      const mid = (lo + hi) >>> 1
      const at = this.valueAt[mid]!
      if (this.table.compare(want, 0, want.length, at, at + this.valueLength[mid]!) < 0) lo = mid + 1
      else hi = mid
    }
    if (lo === range.to) return new Int32Array(0)
    const at = this.valueAt[lo]!
    return this.table.compare(want, 0, want.length, at, at + this.valueLength[lo]!) === 0 ? this.postings(lo) : new Int32Array(0)
  }

  /** Series that have the matcher's label with a value that satisfies it (`wanted`) or does not; ascending. */
  union(matcher: Matcher, wanted: boolean): Int32Array {
    const entries = this.entriesOf(matcher, wanted)
    if (entries.length === 1) return this.postings(entries[0]!)
    const lists: Int32Array[] = []
    let total = 0
    for (const entry of entries) {
      const rows = this.postings(entry)
      lists.push(rows)
      total += rows.length
    }
    const out = new Int32Array(total)
    let n = 0
    // A series has one value per label, so the lists have none in common.
    for (const rows of lists) {
      out.set(rows, n)
      n += rows.length
    }
    return out.sort()
  }

  private entriesOf(matcher: Matcher, wanted: boolean): Int32Array {
    const key = `${wanted ? '+' : '-'}${matcher.type}${matcher.name}\xff${matcher.value}`
    const known = this.matched.get(key)
    if (known !== undefined) return known
    const range = this.ranges.get(matcher.name)
    const found: number[] = []
    if (range !== undefined && matcher.name !== '') for (let i = range.from; i < range.to; i++) if (matchesValue(matcher, this.valueText(i)) === wanted) found.push(i)
    const out = Int32Array.from(found)
    this.matched.set(key, out)
    return out
  }

  private postings(entry: number): Int32Array {
    const w = this.window
    const offset = this.postingsAt[entry]!
    const at = w.load(offset, 4)
    const length = be32(w.bytes, at)
    const b = w.copy(offset + 4, length + 4)
    if (length < 4 || crc32c(b, 0, length) !== be32(b, length)) throw new BlockError(w.file, `checksum mismatch in postings at ${offset}`)
    const n = be32(b, 0)
    if (length < 4 + 4 * n) throw new BlockError(w.file, `postings at ${offset} end early`)
    const out = new Int32Array(n)
    for (let i = 0; i < n; i++) out[i] = be32(b, 4 + 4 * i)
    return out
  }

  /** Reads one series. @param ref its offset in units of 16 bytes @throws BlockError */
  series(ref: number, into: SeriesEntry): void {
    readSeries(this.window, this.record, ref, into)
  }

  close(): void {
    this.window.close()
  }
}

/**
 * Reads one series of an index file.
 * @param r a reader that is used again and again
 * @param ref its offset in units of 16 bytes
 * @returns where it ends in the file
 * @throws BlockError
 */
export function readSeries(w: FileWindow, r: RecordReader, ref: number, into: SeriesEntry): number {
  const offset = ref * 16
  const there = w.loadUpTo(offset, 10)
  r.b = w.bytes
  r.p = w.at
  r.end = w.at + there
  try {
    const length = r.uvarint()
    const head = r.p - w.at
    const at = w.load(offset, head + length + 4) + head
    const b = w.bytes
    if (crc32c(b, at, at + length) !== be32(b, at + length)) throw new BlockError(w.file, `checksum mismatch in the series at ${offset}`)
    r.b = b
    r.p = at
    r.end = at + length
    const n = r.uvarint()
    if (n > length) throw new BlockError(w.file, `the series at ${offset} has more labels than bytes`)
    if (into.pairs.length < 2 * n) into.pairs = new Int32Array(4 * n)
    for (let i = 0; i < 2 * n; i++) into.pairs[i] = r.uvarint()
    into.count = n
    readChunks(w, r, length, offset, into)
    return offset + head + length + 4
  } catch (err) {
    throw err instanceof RecordError ? new BlockError(w.file, `series at ${offset}: ${err.message}`) : err
  }
}

function readChunks(w: FileWindow, r: RecordReader, length: number, offset: number, into: SeriesEntry): void {
  const n = r.uvarint()
  if (n > length) throw new BlockError(w.file, `the series at ${offset} has more chunks than bytes`)
  if (into.refs.length < n) {
    into.minTs = new Float64Array(2 * n)
    into.maxTs = new Float64Array(2 * n)
    into.refs = new Float64Array(2 * n)
  }
  into.chunks = n
  let t = 0
  let ref = 0
  for (let i = 0; i < n; i++) {
    // The first has its time and place, the others differences to the one before.
    t = i === 0 ? r.varint() : t + r.uvarint()
    into.minTs[i] = t
    t += r.uvarint()
    into.maxTs[i] = t
    ref = i === 0 ? r.uvarint() : ref + r.varint()
    into.refs[i] = ref
  }
}
