import { crc32c } from '../crc32c.ts'
import { BlockError } from '../block/block-error.ts'
import { FileWindow, be32 } from '../block/file-window.ts'
import { BlockIndex, SeriesEntry, TOC_BYTES, readSeries } from '../block/index-file.ts'
import { RecordError, RecordReader } from '../wal/record.ts'
import { seriesRefs } from './verify-block.ts'

/** What is needed of an index to write its block anew. */
export interface SalvagedIndex {
  readonly symbolCount: number
  /** A symbol's bytes; undefined if they can't be trusted. */
  symbol(i: number): Uint8Array | undefined
  /** Places of the series that there are, ascending. Where `complete` is false, of those that can be read. */
  readonly refs: Int32Array
  readonly complete: boolean
  /** @throws BlockError */
  series(ref: number, into: SeriesEntry): void
  close(): void
}

/** Opens an index, or what can be read of it: see {@link salvageIndex}. @throws BlockError when nothing can; Error of the file system */
export function openForSalvage(file: string): SalvagedIndex {
  let index: BlockIndex
  try {
    index = new BlockIndex(file)
  } catch (err) {
    if (!(err instanceof BlockError)) throw err
    return salvageIndex(file)
  }
  const { refs, complete } = seriesRefs(index, () => {})
  return {
    symbolCount: index.symbolCount, symbol: i => index.symbolView(i), refs: complete ? refs : scanned(index.window), complete, series: (ref, into) => index.series(ref, into), close: () => index.close(),
  }
}

/**
 * Reads an index whose symbols, tables or table of contents are damaged. Series are found by their checksums, at every place where one can begin.
 * Symbols without a good checksum are taken from the table of postings, which has all names and values that series use; where that is not whole either,
 * those are trusted of which both places have the same text.
 * @throws BlockError when no series or no symbol can be read; Error of the file system
 */
function salvageIndex(file: string): SalvagedIndex {
  const window = new FileWindow(file)
  try {
    if (window.size < 5 + TOC_BYTES) throw new BlockError(file, `has only ${window.size} bytes`)
    const toc = tableOfContents(window)
    const symbolsAt = toc?.symbols ?? 5
    const section = sectionAt(window, symbolsAt)
    const table = toc === undefined ? undefined : sectionAt(window, toc.table)
    const seriesFrom = toc?.series ?? (section?.whole === true ? symbolsAt + 8 + section.bytes.length : 5)
    const symbols = readableSymbols(section, table === undefined ? undefined : { texts: tableTexts(table.bytes), whole: table.whole })
    if (symbols.length === 0) throw new BlockError(file, 'none of its symbols can be read')
    const refs = scanSeries(window, seriesFrom, toc?.seriesEnd ?? window.size)
    if (refs.length === 0) throw new BlockError(file, 'none of its series can be read')
    const record = new RecordReader(new Uint8Array(0), 0, 0)
    return { symbolCount: symbols.length, symbol: i => symbols[i], refs, complete: false, series: (ref, into) => readSeries(window, record, ref, into), close: () => window.close() }
  } catch (err) {
    window.close()
    throw err
  }
}

/** The same of an index of which only postings can't be read. */
function scanned(window: FileWindow): Int32Array {
  const toc = tableOfContents(window)
  return scanSeries(window, toc?.series ?? 5, toc?.seriesEnd ?? window.size)
}

interface Section { readonly bytes: Buffer; readonly whole: boolean }

function tableOfContents(window: FileWindow): { readonly symbols: number; readonly series: number; readonly seriesEnd: number; readonly table: number } | undefined {
  const toc = window.copy(window.size - TOC_BYTES, TOC_BYTES)
  if (crc32c(toc, 0, TOC_BYTES - 4) !== be32(toc, TOC_BYTES - 4)) return undefined
  const at = (i: number): number => be32(toc, 8 * i) * 4294967296 + be32(toc, 8 * i + 4)
  const series = at(1)
  const behind = [2, 3, 4, 5].map(at).filter(offset => offset > series)
  return { symbols: at(0), series, seriesEnd: Math.min(window.size, ...behind), table: at(5) }
}

/** A section with its length in front and its checksum behind; cut where the file ends. */
function sectionAt(window: FileWindow, offset: number): Section | undefined {
  if (offset + 8 > window.size) return undefined
  const length = be32(window.copy(offset, 4), 0)
  const fits = offset + 8 + length <= window.size
  const b = window.copy(offset + 4, fits ? length + 4 : window.size - offset - 4)
  const end = fits ? length : b.length
  return { bytes: Buffer.from(b.buffer, b.byteOffset, end), whole: fits && crc32c(b, 0, length) === be32(b, length) }
}

/** Names and values of a table of postings, as far as it can be read. */
function tableTexts(table: Buffer): Set<string> {
  const texts = new Set<string>()
  const r = new RecordReader(table, 4, table.length)
  const text = (): void => {
    const length = r.text()
    texts.add(table.toString('latin1', r.p - length, r.p))
  }
  try {
    while (r.p < table.length) {
      if (r.uvarint() !== 2) break
      text()
      text()
      r.uvarint()
    }
  } catch (err) {
    if (!(err instanceof RecordError)) throw err
  }
  return texts
}

/** Symbols by their number; undefined those whose bytes can't be trusted. Texts are bytes as Latin 1: its order is that of the bytes. */
function readableSymbols(section: Section | undefined, table: { readonly texts: Set<string>; readonly whole: boolean } | undefined): (Uint8Array | undefined)[] {
  if (section === undefined || section.bytes.length < 4) return []
  const count = be32(section.bytes, 0)
  if (section.whole) return symbolsFrom(section.bytes, 4, count).symbols
  // The same number of texts: nothing stands between them.
  const rebuilt = table?.whole === true ? inOrder(table.texts) : []
  if (rebuilt.length === count) return rebuilt
  // The list of all series has the empty text, which is a symbol in some blocks.
  if (rebuilt.length === count + 1 && rebuilt[0]!.length === 0) return rebuilt.slice(1)
  if (count > section.bytes.length) return []
  const trusted = (symbol: Uint8Array): boolean => table?.texts.has(Buffer.from(symbol).toString('latin1')) === true
  const end = section.bytes.length
  const front = symbolsFrom(section.bytes, 4, Infinity)
  if (front.end === end && front.symbols.length === count) return front.symbols.map(symbol => (trusted(symbol) ? symbol : undefined))
  // A length or the count is wrong: the numbers are sure up to the first text that is.
  const untrusted = front.symbols.findIndex(symbol => !trusted(symbol))
  const out: (Uint8Array | undefined)[] = front.symbols.slice(0, untrusted < 0 ? undefined : untrusted)
  if (front.end === end) return out
  // Behind a damaged length they are counted from the end.
  const last = out.at(-1)
  const from = last === undefined ? 4 : last.byteOffset + last.length - section.bytes.byteOffset
  for (let p = from; p < end; p++) {
    const [next] = symbolsFrom(section.bytes, p, 1).symbols
    if (next === undefined || !trusted(next)) continue
    const back = symbolsFrom(section.bytes, p, Infinity)
    const first = count - back.symbols.length
    if (back.end !== end) continue
    if (first >= out.length && first - out.length <= p - from) for (const [i, symbol] of back.symbols.entries()) if (trusted(symbol)) out[first + i] = symbol
    break
  }
  return out
}

function inOrder(texts: Set<string>): Uint8Array[] {
  return [...texts].sort((a, b) => (a < b ? -1 : a > b ? 1 : 0)).map(text => Buffer.from(text, 'latin1'))
}

/** Reads symbols one behind the other. */
function symbolsFrom(section: Buffer, from: number, most: number): { readonly symbols: Uint8Array[]; readonly end: number } {
  const r = new RecordReader(section, from, section.length)
  const symbols: Uint8Array[] = []
  let end = from
  try {
    while (symbols.length < most && r.p < section.length) {
      const length = r.text()
      symbols.push(section.subarray(r.p - length, r.p))
      end = r.p
    }
  } catch (err) {
    if (!(err instanceof RecordError)) throw err
  }
  return { symbols, end }
}

/** Places of all series between two offsets whose checksums are right; each begins at a multiple of 16 bytes. */
function scanSeries(window: FileWindow, from: number, to: number): Int32Array {
  const entry = new SeriesEntry()
  const record = new RecordReader(new Uint8Array(0), 0, 0)
  const found: number[] = []
  for (let ref = Math.ceil(from / 16); ref * 16 + 5 <= to;) {
    try {
      const end = readSeries(window, record, ref, entry)
      found.push(ref)
      // Behind a series nothing begins before its end.
      ref = Math.ceil(end / 16)
    } catch (err) {
      if (!(err instanceof BlockError)) throw err
      ref++
    }
  }
  return Int32Array.from(found)
}
