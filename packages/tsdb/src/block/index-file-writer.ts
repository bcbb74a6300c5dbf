import { crc32c } from '../crc32c.ts'
import { RecordBuffer } from '../wal/record.ts'
import { FileSink, putBe32, putBytes } from './file-sink.ts'
import { INDEX_MAGIC, INDEX_VERSION } from './index-file.ts'

/**
 * Writes an index from front to back: symbols, series, and at the end what leads to the series.
 *
 *   header · symbols · series … · label indices · postings · label offset table · postings offset table · TOC
 *
 * The label indices are read by nobody any more; Prometheus 3.5 still writes them, and so do we, byte for byte.
 * @see Prometheus tsdb/index/index.go `Writer`
 */
export class IndexFileWriter {
  private readonly sink: FileSink
  private readonly symbols: readonly Uint8Array[]
  private readonly entry = new RecordBuffer()
  private readonly seriesAt: number
  /** Label pairs by `name · symbols + value`, numbered as they come. */
  private readonly pairIds = new Map<number, number>()
  /** Series refs, and for each the end of its pairs in `pairsOf`. */
  private refs = new Int32Array(1024)
  private ends = new Int32Array(1024)
  private pairsOf = new Int32Array(8192)
  private count = 0

  /** @param symbols UTF-8, ascending, each once @throws Error of the file system */
  constructor(file: string, symbols: readonly Uint8Array[]) {
    this.sink = new FileSink(file)
    this.symbols = symbols
    putBe32(this.sink.buffer, INDEX_MAGIC)
    this.sink.buffer.byte(INDEX_VERSION)
    const section = new RecordBuffer()
    putBe32(section, symbols.length)
    for (const s of symbols) section.text(s, 0, s.length)
    try {
      this.section(section)
    } catch (err) {
      this.sink.close()
      throw err
    }
    this.seriesAt = this.sink.position
  }

  /** Series so far. */
  get series(): number {
    return this.count
  }

  /**
   * Adds a series; labels must come in ascending order, chunks in the order of time.
   * @param pairs name and value symbol of each of `n` labels
   */
  addSeries(pairs: Int32Array, n: number, minTs: Float64Array, maxTs: Float64Array, places: Float64Array, chunks: number): void {
    const { sink, entry } = this
    sink.pad(16)
    const ref = sink.position / 16
    entry.length = 0
    entry.uvarint(n)
    for (let i = 0; i < 2 * n; i++) entry.uvarint(pairs[i]!)
    entry.uvarint(chunks)
    for (let i = 0; i < chunks; i++) {
      if (i === 0) {
        entry.varint(minTs[0]!)
        entry.uvarint(maxTs[0]! - minTs[0]!)
        entry.uvarint(places[0]!)
      } else {
        entry.uvarint(minTs[i]! - maxTs[i - 1]!)
        entry.uvarint(maxTs[i]! - minTs[i]!)
        entry.varint(places[i]! - places[i - 1]!)
      }
    }
    const out = sink.buffer
    out.uvarint(entry.length)
    putBytes(out, entry.bytes, 0, entry.length)
    putBe32(out, crc32c(entry.bytes, 0, entry.length))
    sink.flushIfFull()
    this.remember(ref, pairs, n)
  }

  private remember(ref: number, pairs: Int32Array, n: number): void {
    const at = this.count === 0 ? 0 : this.ends[this.count - 1]!
    if (this.count === this.refs.length) {
      this.refs = longer(this.refs, 2 * this.count)
      this.ends = longer(this.ends, 2 * this.count)
    }
    if (at + n > this.pairsOf.length) this.pairsOf = longer(this.pairsOf, 2 * (at + n))
    for (let i = 0; i < n; i++) {
      const key = pairs[2 * i]! * this.symbols.length + pairs[2 * i + 1]!
      let id = this.pairIds.get(key)
      if (id === undefined) {
        id = this.pairIds.size
        this.pairIds.set(key, id)
      }
      this.pairsOf[at + i] = id
    }
    this.refs[this.count] = ref
    this.ends[this.count++] = at + n
  }

  /** Writes what is left and brings the file to the disk. @returns the file's bytes @throws Error of the file system */
  finish(): number {
    const { sink, symbols } = this
    const keys = Float64Array.from(this.pairIds.keys()).sort()
    const nameOf = (key: number): number => Math.floor(key / symbols.length)
    const valueOf = (key: number): number => key % symbols.length

    const labelIndicesAt = sink.position
    const labelTable = new RecordBuffer()
    let names = 0
    for (let from = 0; from < keys.length; ) {
      const name = nameOf(keys[from]!)
      let to = from
      while (to < keys.length && nameOf(keys[to]!) === name) to++
      sink.pad(4)
      labelTable.uvarint(1)
      labelTable.text(symbols[name]!, 0, symbols[name]!.length)
      labelTable.uvarint(sink.position)
      names++
      const index = new RecordBuffer()
      putBe32(index, 1)
      putBe32(index, to - from)
      for (let i = from; i < to; i++) putBe32(index, valueOf(keys[i]!))
      this.section(index)
      from = to
    }

    const postingsAt = sink.position
    const postingsTable = new RecordBuffer()
    putBe32(postingsTable, keys.length + 1)
    const { starts, grouped } = this.group()
    const list = new RecordBuffer()
    const writeList = (name: Uint8Array, value: Uint8Array, refs: Int32Array, from: number, to: number): void => {
      sink.pad(4)
      postingsTable.uvarint(2)
      postingsTable.text(name, 0, name.length)
      postingsTable.text(value, 0, value.length)
      postingsTable.uvarint(sink.position)
      list.length = 0
      putBe32(list, to - from)
      for (let i = from; i < to; i++) putBe32(list, refs[i]!)
      this.section(list)
    }
    const empty = new Uint8Array(0)
    writeList(empty, empty, this.refs, 0, this.count)
    for (const key of keys) {
      const id = this.pairIds.get(key)!
      writeList(symbols[nameOf(key)]!, symbols[valueOf(key)]!, grouped, starts[id]!, starts[id + 1]!)
    }

    const labelTableAt = sink.position
    const framed = new RecordBuffer()
    putBe32(framed, names)
    putBytes(framed, labelTable.bytes, 0, labelTable.length)
    this.section(framed)
    const postingsTableAt = sink.position
    this.section(postingsTable)

    const toc = new RecordBuffer()
    for (const at of [5, this.seriesAt, labelIndicesAt, labelTableAt, postingsAt, postingsTableAt]) toc.be64(at)
    putBe32(toc, crc32c(toc.bytes, 0, toc.length))
    putBytes(sink.buffer, toc.bytes, 0, toc.length)
    const bytes = sink.position
    sink.finish()
    return bytes
  }

  discard(): void {
    this.sink.close()
  }

  /** Series of each pair, one pair after the other, ascending. */
  private group(): { readonly starts: Int32Array; readonly grouped: Int32Array } {
    const pairs = this.pairIds.size
    const total = this.count === 0 ? 0 : this.ends[this.count - 1]!
    const starts = new Int32Array(pairs + 1)
    for (let i = 0; i < total; i++) starts[this.pairsOf[i]! + 1]!++
    for (let i = 0; i < pairs; i++) starts[i + 1]! += starts[i]!
    const next = starts.slice()
    const grouped = new Int32Array(total)
    let at = 0
    for (let s = 0; s < this.count; s++) for (; at < this.ends[s]!; at++) grouped[next[this.pairsOf[at]!]!++] = this.refs[s]!
    return { starts, grouped }
  }

  /** Writes length, content and checksum. */
  private section(content: RecordBuffer): void {
    const out = this.sink.buffer
    putBe32(out, content.length)
    putBytes(out, content.bytes, 0, content.length)
    putBe32(out, crc32c(content.bytes, 0, content.length))
    this.sink.flushIfFull()
  }
}

function longer(a: Int32Array, size: number): Int32Array<ArrayBuffer> {
  const b = new Int32Array(size)
  b.set(a)
  return b
}
