import { compareText, firstAtOrAfter } from '@haechi/model'
import type { Labels, Matcher } from '@haechi/model'
import { SampleColumns } from '@haechi/storage'
import type { Querier, Queryable, RecentView, SeriesSet } from '@haechi/storage'
import { copyColumns, dropDeletedColumns, mergeColumns } from './columns.ts'
import { ReaderSlot } from './epochs.ts'
import { readDeleted } from './head-extras.ts'
import { covers } from './intervals.ts'
import {
  CHUNK_INFO, CHUNK_LEN, CHUNK_PREV, CHUNK_PTR, CHUNK_WORDS, CTLF_MAX_TIME, CTLF_MIN_TIME, CTLF_OOO_MAX, CTLF_OOO_MIN, CTL_EXTRA_ROWS, CTL_NAMES, CTL_RECYCLED, ENCODING, EXTRA_DELETED, EXTRA_OOO, EXTRA_SHIFT, FRAG_NEXT_WORD, FRAG_PAYLOAD, LABELS_COUNT, LABELS_PAIRS,
  LIST_COUNT, NAME_PAIR, NAME_SYMBOL, NAME_WORDS, NO_MASK, OPEN_SAMPLES, PAIR_LIST, PAIR_NEXT, PAIR_VALUE, PAIR_WORDS, ROWF_LAST_T, ROW_FIRST_FRAG, ROW_FULL, ROW_LABELS, ROW_PUB, ROW_SHIFT,
} from './layout.ts'
import { ANY_CUT, readOoo } from './ooo-columns.ts'
import { histogramColumn } from './histogram/decode.ts'
import { decodeChunk } from './chunk-decode.ts'
import { samplesOf, startColumn } from './start-times.ts'
import { RecentMap } from './recent-map.ts'
import { RecentSelections } from './recent-rows.ts'
import type { RecentRows } from './recent-rows.ts'
import { RowSelector } from './select-rows.ts'
import { HeadMemory } from './shared-memory.ts'
import type { HeadHandles } from './shared-memory.ts'
import { offsetOf, segmentOf } from './slab.ts'
import { symbolText } from './symbols.ts'
import { decodeXor, firstTime } from './xor-decode.ts'

/** Label sets that a thread keeps as text. */
const MAX_LABEL_SETS = 100_000
/** Symbols that a thread keeps as text, so that label sets share their strings. */
const MAX_TEXTS = 200_000
/** Longest open chunk in fragments, with room to spare. */
const MAX_FRAGS = 64

/** A reader of a head: a Queryable for one thread. */
export interface HeadReader extends Queryable {
  recent(): RecentView & { select(matchers: readonly Matcher[], minMs: number, maxMs: number): SeriesSet }
  /** Gives the thread's place back; queriers that are still open must not be used afterwards. */
  close(): void
}

/**
 * Opens a head for reading, in any thread that got its handles. No message is needed per query and nothing is copied.
 * @param owner a number that names the thread (not 0), for `Head.releaseReader` if it dies without `close`
 */
export function openHeadReader(handles: HeadHandles, owner = 1): HeadReader {
  return new Reader(handles, owner)
}

class Reader implements HeadReader {
  readonly memory: HeadMemory
  readonly slot: ReaderSlot
  readonly selector: RowSelector
  readonly selections: RecentSelections
  private readonly labelSets = new RecentMap<number, Labels>(MAX_LABEL_SETS)
  private readonly texts = new RecentMap<number, string>(MAX_TEXTS)
  private recycled = 0
  /** The payloads of an open chunk's fragments, one after the other. */
  readonly gatherWords: Int32Array = new Int32Array(15 * MAX_FRAGS + 4)
  readonly gatherBytes: Uint8Array = new Uint8Array(this.gatherWords.buffer)
  chunkIds: Int32Array = new Int32Array(256)
  readonly labelText = (at: number): Labels => this.labelsAt(at)
  /** Out-of-order samples of the series that is read, and what they make with the others. */
  readonly ooo: SampleColumns = new SampleColumns()
  readonly merged: SampleColumns = new SampleColumns()

  constructor(handles: HeadHandles, owner: number) {
    this.memory = new HeadMemory(handles)
    this.slot = new ReaderSlot(this.memory, owner)
    this.selector = new RowSelector(this.memory)
    this.selections = new RecentSelections(this.memory, this.selector)
  }

  querier(minMs: number, maxMs: number): Querier {
    return new HeadQuerier(this, minMs, maxMs)
  }

  recent(): HeadRecentView {
    return new HeadRecentView(this)
  }

  close(): void {
    this.slot.release()
  }

  /** Text of the labels at a place of the labels buffer. */
  labelsAt(at: number): Labels {
    const m = this.memory
    const recycled = Atomics.load(m.ctl, CTL_RECYCLED)
    if (recycled !== this.recycled) {
      // Places of the labels buffer were used again: what we know by place may be of other series.
      this.labelSets.clear()
      this.recycled = recycled
    }
    const known = this.labelSets.get(at)
    if (known !== undefined) return known
    m.refresh()
    const n = m.labels[at + LABELS_COUNT]!
    const out: string[] = []
    for (let i = 0; i < 2 * n; i++) out.push(this.text(m.labels[at + LABELS_PAIRS + i]!))
    this.labelSets.set(at, out)
    return out
  }

  text(symbol: number): string {
    let text = this.texts.get(symbol)
    if (text === undefined) {
      text = symbolText(this.memory, symbol)
      this.texts.set(symbol, text)
    }
    return text
  }
}

const NO_ROWS = new Int32Array(0)

class HeadQuerier implements Querier {
  private readonly reader: Reader
  private readonly epoch: number
  private closed = false

  constructor(reader: Reader, _minMs: number, _maxMs: number) {
    this.reader = reader
    this.epoch = reader.slot.enter()
  }

  select(matchers: readonly Matcher[], minMs: number, maxMs: number): Promise<SeriesSet> {
    try {
      // A range beyond all samples selects nothing, as no chunk lies in it.
      const rows = this.overlaps(minMs, maxMs) ? this.reader.selector.select(matchers) : NO_ROWS
      return Promise.resolve(new HeadSeries(this.reader, rows, minMs, maxMs))
    } catch (err) {
      return Promise.reject(err as Error)
    }
  }

  labelNames(matchers: readonly Matcher[], minMs: number, maxMs: number): Promise<string[]> {
    if (!this.overlaps(minMs, maxMs)) return Promise.resolve([])
    const { reader } = this
    const m = reader.memory
    const found = new Set<number>()
    if (matchers.length === 0) {
      const count = Atomics.load(m.ctl, CTL_NAMES)
      m.refresh()
      for (let i = 0; i < count; i++) if (this.hasRows(i * NAME_WORDS)) found.add(m.names[i * NAME_WORDS + NAME_SYMBOL]!)
    } else {
      const rows = reader.selector.select(matchers)
      m.refresh()
      for (const row of rows) {
        const at = m.rows[(row << ROW_SHIFT) + ROW_LABELS]!
        if (at === 0) continue
        const n = m.labels[at + LABELS_COUNT]!
        for (let i = 0; i < n; i++) found.add(m.labels[at + LABELS_PAIRS + 2 * i]!)
      }
    }
    return Promise.resolve(this.sortedTexts(found))
  }

  labelValues(name: string, matchers: readonly Matcher[], minMs: number, maxMs: number): Promise<string[]> {
    if (!this.overlaps(minMs, maxMs)) return Promise.resolve([])
    const { reader } = this
    const m = reader.memory
    const found = new Set<number>()
    const nameAt = reader.selector.nameAt(name)
    if (nameAt < 0) return Promise.resolve([])
    if (matchers.length === 0) {
      const newest = Atomics.load(m.names, nameAt + NAME_PAIR)
      m.refresh()
      for (let pair = newest; pair !== 0; pair = m.pairs[pair * PAIR_WORDS + PAIR_NEXT]!) {
        if (this.listLength(pair) > 0) found.add(m.pairs[pair * PAIR_WORDS + PAIR_VALUE]!)
      }
    } else {
      const symbol = m.names[nameAt + NAME_SYMBOL]!
      const rows = reader.selector.select(matchers)
      m.refresh()
      for (const row of rows) {
        const at = m.rows[(row << ROW_SHIFT) + ROW_LABELS]!
        if (at === 0) continue
        const n = m.labels[at + LABELS_COUNT]!
        for (let i = 0; i < n; i++) {
          if (m.labels[at + LABELS_PAIRS + 2 * i] === symbol) found.add(m.labels[at + LABELS_PAIRS + 2 * i + 1]!)
        }
      }
    }
    return Promise.resolve(this.sortedTexts(found))
  }

  close(): void {
    if (this.closed) return
    this.closed = true
    this.reader.slot.leave(this.epoch)
  }

  private overlaps(minMs: number, maxMs: number): boolean {
    const { ctlF } = this.reader.memory
    return (minMs <= ctlF[CTLF_MAX_TIME]! && maxMs >= ctlF[CTLF_MIN_TIME]!) || (minMs <= ctlF[CTLF_OOO_MAX]! && maxMs >= ctlF[CTLF_OOO_MIN]!)
  }

  private listLength(pair: number): number {
    const m = this.reader.memory
    const list = Atomics.load(m.pairs, pair * PAIR_WORDS + PAIR_LIST)
    if (list + LIST_COUNT >= m.postings.length) m.refresh()
    return Atomics.load(m.postings, list + LIST_COUNT)
  }

  private hasRows(nameAt: number): boolean {
    const m = this.reader.memory
    const newest = Atomics.load(m.names, nameAt + NAME_PAIR)
    m.refresh()
    for (let pair = newest; pair !== 0; pair = m.pairs[pair * PAIR_WORDS + PAIR_NEXT]!) if (this.listLength(pair) > 0) return true
    return false
  }

  private sortedTexts(symbols: ReadonlySet<number>): string[] {
    const out: string[] = []
    for (const symbol of symbols) out.push(this.reader.text(symbol))
    return out.sort(compareText)
  }
}

class HeadRecentView implements RecentView {
  private readonly reader: Reader
  private readonly epoch: number
  private closed = false

  constructor(reader: Reader) {
    this.reader = reader
    this.epoch = reader.slot.enter()
  }

  select(matchers: readonly Matcher[], minMs: number, maxMs: number): SeriesSet {
    const { reader } = this
    const rows = reader.selections.rowsOf(matchers, false)
    const found = new HeadSeries(reader, rows.rows, minMs, maxMs, rows)
    if (!found.moved) return found
    const again = reader.selections.rowsOf(matchers, true)
    return new HeadSeries(reader, again.rows, minMs, maxMs, again)
  }

  close(): void {
    if (this.closed) return
    this.closed = true
    this.reader.slot.leave(this.epoch)
  }
}

/** Words that are noted per selected series: labels, newest full chunk, first fragment of the open chunk (negative: record of a histogram chunk), its samples, newest out-of-order chunk, deletions. */
const CAPTURE = 6

/** The captured state of the selected series: later samples don't show, and nothing of it moves before the querier closes. */
class HeadSeries implements SeriesSet {
  readonly size: number
  /** A row belongs to another series than when it was found. */
  readonly moved: boolean
  private readonly reader: Reader
  private readonly captured: Int32Array
  private readonly recent: RecentRows | undefined

  /** @param recent  where the rows come from, if they were found earlier */
  constructor(reader: Reader, rows: Int32Array, minMs: number, maxMs: number, recent?: RecentRows) {
    this.reader = reader
    this.recent = recent
    const places = recent?.places
    let moved = false
    const m = reader.memory
    const extraRows = Atomics.load(m.ctl, CTL_EXTRA_ROWS)
    m.refresh()
    const captured = new Int32Array(rows.length * CAPTURE)
    let n = 0
    for (let i = 0; i < rows.length; i++) {
      const row = rows[i]!
      const w = row << ROW_SHIFT
      const ooo = row < extraRows ? Atomics.load(m.extras, (row << EXTRA_SHIFT) + EXTRA_OOO) : 0
      // The newest time only grows, so a row that is too old now was too old at the capture.
      if (ooo === 0 && m.rowsF[(w >>> 1) + ROWF_LAST_T]! < minMs) continue
      // The order matters: see SPEC.md [R3].
      const pub = Atomics.load(m.rows, w + ROW_PUB)
      const first = Atomics.load(m.rows, w + ROW_FIRST_FRAG)
      const full = Atomics.load(m.rows, w + ROW_FULL)
      const labels = Atomics.load(m.rows, w + ROW_LABELS)
      if (labels === 0) continue
      if (places !== undefined && places[i] !== labels) moved = true
      let open = pub & 1023
      if (full !== 0) {
        if ((full + 1) * CHUNK_WORDS > m.chunks.length) m.refresh()
        // The open chunk was sealed since we looked: the full one holds its samples.
        const ahead = ((m.chunks[full * CHUNK_WORDS + CHUNK_INFO]! & NO_MASK) - (pub >>> 10)) & NO_MASK
        if (ahead <= NO_MASK >>> 1) open = 0
      }
      if (open !== 0 && first < 0) {
        if ((1 - first) * CHUNK_WORDS > m.chunks.length) m.refresh()
        open = Atomics.load(m.chunks, -first * CHUNK_WORDS + OPEN_SAMPLES)
      }
      if (open === 0 && full === 0 && ooo === 0) continue
      const c = n * CAPTURE
      captured[c] = labels
      captured[c + 1] = full
      captured[c + 2] = first
      captured[c + 3] = open
      captured[c + 4] = ooo
      captured[c + 5] = row < extraRows ? Atomics.load(m.extras, (row << EXTRA_SHIFT) + EXTRA_DELETED) : 0
      if ((captured[c + 4] !== 0 || captured[c + 5] !== 0) ? !this.hasSamples(row, c, captured, minMs, maxMs) : !this.mayReach(captured, c, maxMs)) continue
      n++
    }
    this.captured = captured
    this.size = n
    this.moved = moved
  }

  get all(): readonly Labels[] | undefined {
    return this.recent?.labelsAt(this.captured, CAPTURE, this.size, this.reader.labelText)
  }

  labels(i: number): Labels {
    return this.reader.labelsAt(this.captured[i * CAPTURE]!)
  }

  read(i: number, minMs: number, maxMs: number, into: SampleColumns): number {
    const { reader, captured } = this
    const m = reader.memory
    m.refresh()
    const c = i * CAPTURE
    let ids = reader.chunkIds
    let n = 0
    let samples = captured[c + 3]!
    for (let id = captured[c + 1]!; id !== 0; id = Atomics.load(m.chunks, id * CHUNK_WORDS + CHUNK_PREV)) {
      const w = id * CHUNK_WORDS
      if (m.chunksF[(w >>> 1) + 1]! < minMs) break
      if (m.chunksF[w >>> 1]! > maxMs) continue
      if (n === ids.length) {
        reader.chunkIds = new Int32Array(2 * n)
        reader.chunkIds.set(ids)
        ids = reader.chunkIds
      }
      ids[n++] = id
      samples += m.chunks[w + CHUNK_INFO]! >>> 22
    }
    into.length = 0
    into.histograms = null
    into.startsMs = null
    into.reserve(samples)
    let at = 0
    while (n > 0) {
      const w = ids[--n]! * CHUNK_WORDS
      if (m.chunks[w + CHUNK_LEN]! >>> 24 !== ENCODING.xor) {
        at += this.readOther(w, 0, at, into)
        continue
      }
      const count = m.chunks[w + CHUNK_INFO]! >>> 22
      const ptr = m.chunks[w + CHUNK_PTR]!
      if (at + count > into.ts.length) keepRoom(into, at, count)
      decodeXor(m.segments[segmentOf(ptr)]!, offsetOf(ptr) + 2, count, into.ts, into.bits, at)
      at += count
    }
    const open = captured[c + 3]!
    const first = captured[c + 2]!
    if (open > 0 && first < 0) {
      if (this.openMinT(first) <= maxMs) at += this.readOther(-first * CHUNK_WORDS, open, at, into)
    } else if (open > 0 && this.openMinT(first) <= maxMs) {
      this.gather(first)
      if (at + open > into.ts.length) keepRoom(into, at, open)
      decodeXor(reader.gatherBytes, 0, open, into.ts, into.bits, at)
      at += open
    }
    if (into.histograms !== null) histogramColumn(into, at)
    if (into.startsMs !== null) startColumn(into, at)
    into.length = trim(into, at, minMs, maxMs)
    if (captured[c + 4] !== 0 || captured[c + 5] !== 0) this.readExtras(c, minMs, maxMs, into)
    return into.length
  }

  /** Adds out-of-order samples to what was read of a series, and takes deleted ones away. */
  private readExtras(c: number, minMs: number, maxMs: number, into: SampleColumns): void {
    const { reader, captured } = this
    const { memory: m, ooo, merged } = reader
    if (captured[c + 4] !== 0) {
      readOoo(m, captured[c + 4]!, minMs, maxMs, ANY_CUT, ooo)
      ooo.length = trim(ooo, ooo.length, minMs, maxMs)
      if (ooo.length > 0) {
        // Of two samples of one time, the one that came in order counts.
        mergeColumns(ooo, into, merged)
        copyColumns(merged, into)
      }
    }
    if (captured[c + 5] !== 0) dropDeletedColumns(into, readDeleted(m, captured[c + 5]!))
  }

  /** Whether a captured series with out-of-order samples or deletions has a chunk in the range that is not deleted as a whole. */
  private hasSamples(row: number, c: number, captured: Int32Array, minMs: number, maxMs: number): boolean {
    const m = this.reader.memory
    m.refresh()
    const deleted = readDeleted(m, captured[c + 5]!)
    const counts = (minT: number, maxT: number): boolean => minT <= maxMs && maxT >= minMs && !covers(deleted, minT, maxT)
    if (captured[c + 3]! > 0 && counts(this.openMinT(captured[c + 2]!), m.rowsF[((row << ROW_SHIFT) >>> 1) + ROWF_LAST_T]!)) return true
    for (const first of [captured[c + 1]!, captured[c + 4]!]) {
      for (let id = first; id !== 0; id = Atomics.load(m.chunks, id * CHUNK_WORDS + CHUNK_PREV)) {
        if (counts(m.chunksF[(id * CHUNK_WORDS) >>> 1]!, m.chunksF[((id * CHUNK_WORDS) >>> 1) + 1]!)) return true
      }
    }
    return false
  }

  /** Time of an open chunk's first sample, by the row's first fragment. */
  private openMinT(first: number): number {
    const m = this.reader.memory
    return first < 0 ? m.chunksF[(-first * CHUNK_WORDS) >>> 1]! : firstTime(m.frags, first * 64)
  }

  /** Decodes a chunk of a record, of histograms or with start times, behind `at` samples; `open`: how many samples of an open one count, 0 for a full one. @returns how many */
  private readOther(w: number, open: number, at: number, into: SampleColumns): number {
    const m = this.reader.memory
    const ptr = m.chunks[w + CHUNK_PTR]!
    const bytes = m.segments[segmentOf(ptr)]!
    const from = offsetOf(ptr)
    const length = m.chunks[w + CHUNK_LEN]!
    const count = open === 0 ? samplesOf(length >>> 24, bytes, from) : open
    keepRoom(into, at, count)
    decodeChunk(length >>> 24, bytes, from, from + (length & 0xffffff), count, into, at)
    return count
  }

  /** Copies the payloads of an open chunk together. The writer may be filling the last one: we need only the bits of samples already published. */
  private gather(first: number): void {
    const words = this.reader.memory.fragWords
    const out = this.reader.gatherWords
    let p = 0
    for (let frag = first; frag !== 0 && p < 15 * MAX_FRAGS; ) {
      const w = frag * 16
      if (w + FRAG_NEXT_WORD >= words.length) break // newer than our view, so newer than our samples
      for (let k = 0; k < 15; k++) out[p + k] = words[w + k]!
      p += FRAG_PAYLOAD / 4
      frag = Atomics.load(words, w + FRAG_NEXT_WORD)
    }
  }

  /** Whether the oldest sample of a captured series is not after `maxMs`. */
  private mayReach(captured: Int32Array, c: number, maxMs: number): boolean {
    const m = this.reader.memory
    if (maxMs >= m.ctlF[CTLF_MAX_TIME]!) return true
    if (captured[c + 3]! > 0) {
      if (captured[c + 2]! * 64 + 64 > m.frags.length) m.refresh()
      if (this.openMinT(captured[c + 2]!) <= maxMs) return true
    }
    for (let id = captured[c + 1]!; id !== 0; id = Atomics.load(m.chunks, id * CHUNK_WORDS + CHUNK_PREV)) {
      if (m.chunksF[(id * CHUNK_WORDS) >>> 1]! <= maxMs) return true
    }
    return false
  }
}

/** Makes room for `more` samples behind the first `at`, which are kept. */
function keepRoom(into: SampleColumns, at: number, more: number): void {
  into.length = at
  into.reserve(at + more)
}

/** Cuts samples outside of the bounds off both ends. @returns how many are left, from index 0 */
function trim(into: SampleColumns, n: number, minMs: number, maxMs: number): number {
  const { ts, bits } = into
  while (n > 0 && ts[n - 1]! > maxMs) n--
  if (into.histograms !== null) into.histograms.length = n
  if (n === 0 || ts[0]! >= minMs) return n
  const lo = firstAtOrAfter(ts, 0, n, minMs)
  ts.copyWithin(0, lo, n)
  bits.copyWithin(0, 2 * lo, 2 * n)
  into.histograms?.splice(0, lo)
  into.startsMs?.copyWithin(0, lo, n)
  return n - lo
}
