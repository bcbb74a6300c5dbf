import { labelsKey } from '@haechi/model'
import type { Labels, Matcher } from '@haechi/model'
import { HINT_NUMBERS, HINT_SAME_TIMES, SampleColumns } from '@haechi/storage'
import type { ChangeLog, Querier, RecentView, SeriesSet } from '@haechi/storage'
import { ChangeJournal } from './change-journal.ts'
import type { BlockSet } from './block/block-set.ts'
import { openUnionReader } from './block/union-reader.ts'
import type { DatabaseHandles, DatabaseReader, UnionReader } from './block/union-reader.ts'
import { LATE_MS } from './head-core.ts'
import { CTLF_MAX_TIME } from './layout.ts'
import { KeptColumns } from './kept-columns.ts'
import type { KeptColumn } from './kept-columns.ts'

/** Series that kept selections may name together, and that may have numbers. */
const MOST_SELECTED = 300_000
const MOST_NUMBERED = 300_000
const NO_NUMBER = -1
/** A column that lacks more of the newest samples than this is kept anew. */
const LONGEST_TAIL = 120
/** A sample may be this much later than the head's rule says: its batch began before. */
const LATE_MARGIN_MS = 120_000

/** The series that matchers found, to be found again without looking. */
interface KeptSelection {
  /** `ChangeJournal.contents` at which it holds. */
  readonly version: string
  /** Of the journal: series that have samples in the range only since then may be missing. */
  mark: number
  /** Series with samples in this range are all in it. */
  readonly fromMs: number
  readonly toMs: number
  readonly labels: readonly Labels[]
  /** Number of each series, or `NO_NUMBER` while nobody has read it. */
  readonly series: Int32Array
  /** The same numbers, once all are known. */
  members: ReadonlySet<number> | undefined
}

/**
 * Opens a database for reading, in any thread that got its handles. New and removed blocks are noticed without a message.
 * @param owner      a number that names the thread (not 0), for `Head.releaseReader` if it dies without `close`
 * @param keepBytes  how much of what was read may be kept for the next query; 0: nothing
 */
export function openDatabaseReader(handles: DatabaseHandles, owner = 1, keepBytes = 0): DatabaseReader {
  const reader = openUnionReader(handles, owner)
  return keepBytes > 0 ? new CachingReader(reader, handles.head.control, keepBytes) : reader
}

/**
 * A reader that keeps what its thread has read: which series matchers find, and their samples as columns. What has been read of a series stays
 * true, because its samples only ever come behind the newest; for anything else the journal of changes tells it from which time on to forget, or to
 * forget everything.
 */
export class CachingReader implements DatabaseReader {
  readonly changes: ChangeLog
  readonly journal: ChangeJournal
  readonly below: UnionReader
  readonly columns: KeptColumns
  /** Oldest use first. */
  private readonly selections = new Map<string, KeptSelection>()
  private selected = 0
  /** Selections asked for once: what is asked for but once is not kept. */
  private readonly asked = new Set<string>()
  private readonly numbers = new Map<string, number>()
  private numbersByLabels = new WeakMap<Labels, number>()
  private version = -1
  private past = 0
  /** Of the journal, before the last view was opened. */
  private mark = 0
  private readonly ctlF: Float64Array

  /** @param control the head's control block @param maxBytes for columns */
  constructor(below: UnionReader, control: SharedArrayBuffer, maxBytes: number) {
    this.below = below
    this.journal = new ChangeJournal(control)
    this.changes = this.journal
    this.columns = new KeptColumns(maxBytes)
    this.ctlF = new Float64Array(control)
  }

  querier(minMs: number, maxMs: number): Querier {
    // Before the view is opened, and the mark before the count of past changes: see ChangeLog and `notePastChange`.
    const mark = this.journal.mark()
    const version = this.journal.version()
    const past = this.journal.past()
    if (version !== this.version || this.numbers.size > MOST_NUMBERED) this.forget()
    else if (past !== this.past) {
      const oldest = this.journal.oldestSince(this.mark)
      if (oldest === -Infinity) this.forget()
      else this.columns.cut(oldest - 1)
    }
    this.version = version
    this.past = past
    this.mark = mark
    this.columns.begin()
    const newestMs = this.ctlF[CTLF_MAX_TIME]!
    const contents = this.journal.contents()
    return new CachingQuerier(this, this.below.querier(minMs, maxMs), this.below.headOnly(), contents, mark, newestMs, Math.max(newestMs - LATE_MS - LATE_MARGIN_MS, this.below.inOrderFromMs() - 1))
  }

  /** The newest samples are read where they are. */
  recent(): RecentView {
    return this.below.recent()
  }

  close(): void {
    this.below.close()
  }

  get blocks(): BlockSet {
    return this.below.blocks
  }

  /** A kept selection that holds at `version` and has all series with samples in the range. */
  selection(key: string, version: string, minMs: number, maxMs: number): KeptSelection | undefined {
    const found = this.selections.get(key)
    if (found === undefined || found.version !== version || minMs < found.fromMs || maxMs > found.toMs) return undefined
    this.selections.delete(key)
    this.selections.set(key, found)
    return found
  }

  /** Whether the selection was asked for before. */
  again(key: string): boolean {
    if (this.asked.has(key)) return true
    if (this.asked.size >= 1000) this.asked.clear()
    this.asked.add(key)
    return false
  }

  keepSelection(key: string, selection: KeptSelection): void {
    const before = this.selections.get(key)
    if (before !== undefined) this.selected -= before.labels.length
    this.selections.delete(key)
    this.selected += selection.labels.length
    for (const [oldest, s] of this.selections) {
      if (this.selected <= MOST_SELECTED) break
      this.selections.delete(oldest)
      this.selected -= s.labels.length
    }
    this.selections.set(key, selection)
  }

  /** The number of a series. */
  numberOf(labels: Labels): number {
    let number = this.numbersByLabels.get(labels)
    if (number !== undefined) return number
    const key = labelsKey(labels)
    number = this.numbers.get(key)
    if (number === undefined) this.numbers.set(key, (number = this.numbers.size))
    this.numbersByLabels.set(labels, number)
    return number
  }

  private forget(): void {
    this.columns.clear()
    this.selections.clear()
    this.selected = 0
    this.asked.clear()
    this.numbers.clear()
    this.numbersByLabels = new WeakMap()
  }
}

class CachingQuerier implements Querier {
  private readonly reader: CachingReader
  private readonly below: Querier
  private readonly head: Querier
  private readonly version: string
  private readonly mark: number
  private readonly newestMs: number
  private readonly settledMs: number

  /**
   * @param head       a view of the head alone
   * @param version    `ChangeJournal.contents` before the view was opened
   * @param mark       of the journal, likewise
   * @param newestMs   the newest sample of all that the mark counts
   * @param settledMs  no sample up to here will come any more
   */
  constructor(reader: CachingReader, below: Querier, head: Querier, version: string, mark: number, newestMs: number, settledMs: number) {
    this.reader = reader
    this.below = below
    this.head = head
    this.version = version
    this.mark = mark
    this.newestMs = newestMs
    this.settledMs = settledMs
  }

  async select(matchers: readonly Matcher[], minMs: number, maxMs: number, reads: { readonly minMs: number; readonly maxMs: number } | 'labels' = { minMs, maxMs }): Promise<SeriesSet> {
    // What is kept was selected for a wider range.
    if (reads === 'labels') return this.below.select(matchers, minMs, maxMs)
    const { reader } = this
    const key = matchers.map(m => `${m.type}${m.name}\xff${m.value}`).join('\xfe')
    const kept = reader.selection(key, this.version, minMs, maxMs)
    if (kept !== undefined) {
      const known = await this.known(kept, matchers, reads.minMs, reads.maxMs)
      if (known !== undefined) return known
    }
    if (!reader.again(key)) return this.below.select(matchers, minMs, maxMs)
    const headFromMs = reader.below.headFromMs()
    // A range that reaches into the head moves on: series that begin later belong to it too.
    const toMs = maxMs >= headFromMs ? Infinity : maxMs
    const set = await this.below.select(matchers, minMs, toMs)
    const labels: Labels[] = []
    for (let i = 0; i < set.size; i++) labels.push(set.labels(i))
    const series = new Int32Array(set.size).fill(NO_NUMBER)
    reader.keepSelection(key, { version: this.version, mark: this.mark, fromMs: minMs, toMs, labels, series, members: undefined })
    return new ReadSeries(reader, set, series, this.settledMs)
  }

  labelNames(matchers: readonly Matcher[], minMs: number, maxMs: number): Promise<string[]> {
    return this.below.labelNames(matchers, minMs, maxMs)
  }

  labelValues(name: string, matchers: readonly Matcher[], minMs: number, maxMs: number): Promise<string[]> {
    return this.below.labelValues(name, matchers, minMs, maxMs)
  }

  close(): void {
    this.head.close()
    this.below.close()
  }

  /** The series from what is kept and, for the newest samples, the head; undefined when something is missing. */
  private async known(kept: KeptSelection, matchers: readonly Matcher[], minMs: number, maxMs: number): Promise<SeriesSet | undefined> {
    const { reader } = this
    const headFromMs = reader.below.headFromMs()
    const { series } = kept
    // Held by the answer: another selection of the same query may keep columns of another range in their place.
    const columns: KeptColumn[] = []
    let tailFromMs = Infinity
    for (let i = 0; i < series.length; i++) {
      const column = series[i] === NO_NUMBER ? undefined : reader.columns.get(series[i]!)
      if (column === undefined || column.fromMs > minMs) return undefined
      columns.push(column)
      if (column.toMs >= maxMs) continue
      if (column.toMs + 1 < headFromMs) return undefined
      if (column.toMs + 1 < tailFromMs) tailFromMs = column.toMs + 1
    }
    // What came since the selection was made may be of series that had nothing there before.
    const oldestNew = reader.journal.oldestSince(kept.mark)
    const fromMs = Math.min(tailFromMs, Math.max(minMs, oldestNew))
    if (fromMs > maxMs) return new KeptSeries(reader.columns, kept, columns, this.settledMs, undefined, undefined)
    const head = await this.head.select(matchers, fromMs, maxMs)
    // A block was written meanwhile: the head may have let go of what we wanted from it.
    if (reader.journal.contents() !== this.version) return undefined
    const places = new Map<number, number>()
    kept.members ??= new Set(series)
    for (let i = 0; i < head.size; i++) {
      const number = reader.numberOf(head.labels(i))
      if (!kept.members.has(number)) return undefined
      places.set(number, i)
    }
    if (oldestNew >= minMs && maxMs >= this.newestMs) kept.mark = this.mark
    if (head.size === 0) return new KeptSeries(reader.columns, kept, columns, this.settledMs, undefined, undefined)
    return new KeptSeries(reader.columns, kept, columns, this.settledMs, head, places)
  }

}

/** Series read from the storage, kept on the way. */
class ReadSeries implements SeriesSet {
  readonly size: number
  private readonly reader: CachingReader
  private readonly columns: KeptColumns
  private readonly below: SeriesSet
  private readonly series: Int32Array
  private readonly settledMs: number

  /** @param series  the kept selection's, filled in as series are read */
  constructor(reader: CachingReader, below: SeriesSet, series: Int32Array, settledMs: number) {
    this.size = series.length
    this.reader = reader
    this.columns = reader.columns
    this.below = below
    this.series = series
    this.settledMs = settledMs
  }

  labels(i: number): Labels {
    return this.below.labels(i)
  }

  read(i: number, minMs: number, maxMs: number, into: SampleColumns): number {
    // Who only wants the labels needs no numbers.
    if (this.series[i] === NO_NUMBER) this.series[i] = this.reader.numberOf(this.below.labels(i))
    const known = this.columns.get(this.series[i]!)
    if (known !== undefined && known.fromMs <= minMs && known.toMs >= maxMs) {
      const lo = known.firstFrom(minMs)
      const hi = known.firstFrom(maxMs + 1)
      into.length = 0
      into.reserve(hi - lo)
      into.ts.set(known.times.subarray(lo, hi))
      known.values(lo, hi, into)
      into.histograms = null
      into.startsMs = null
      into.hints = known.numbers ? HINT_NUMBERS : 0
      return (into.length = hi - lo)
    }
    const n = this.below.read(i, minMs, maxMs, into)
    if (into.histograms !== null || into.startsMs !== null) return n
    const settled = Math.min(maxMs, this.settledMs)
    const toMs = n === 0 ? settled : Math.max(settled, into.ts[n - 1]!)
    if (known === undefined || known.fromMs > minMs || known.toMs < toMs) this.columns.keep(this.series[i]!, minMs, Math.max(toMs, minMs - 1), into)
    return n
  }
}

/** Series from kept columns, their newest samples from the head. */
class KeptSeries implements SeriesSet {
  readonly size: number
  private readonly columns: KeptColumns
  private readonly kept: KeptSelection
  private readonly own: readonly KeptColumn[]
  private readonly settledMs: number
  private readonly head: SeriesSet | undefined
  /** Index in `head` by number of the series. */
  private readonly places: ReadonlyMap<number, number> | undefined
  private readonly tail = new SampleColumns()
  // Which times the receiver's columns hold already: neighbouring series mostly have the same.
  private filled: Float64Array | undefined
  private filledTimes: Float64Array | undefined
  private filledEnd = 0
  /** How many times of a tail stand behind them. */
  private filledTail = 0
  private minMs = NaN
  private maxMs = NaN
  private lo = 0
  private hi = 0

  /** @param own  the column of each series */
  constructor(columns: KeptColumns, kept: KeptSelection, own: readonly KeptColumn[], settledMs: number, head: SeriesSet | undefined, places: ReadonlyMap<number, number> | undefined) {
    this.size = kept.labels.length
    this.columns = columns
    this.kept = kept
    this.own = own
    this.settledMs = settledMs
    this.head = head
    this.places = places
  }

  labels(i: number): Labels {
    return this.kept.labels[i]!
  }

  read(i: number, minMs: number, maxMs: number, into: SampleColumns): number {
    const number = this.kept.series[i]!
    const column = this.own[i]!
    column.reachMs = Math.max(column.reachMs, maxMs - minMs)
    const { times } = column
    into.histograms = null
    into.startsMs = null
    let same = HINT_SAME_TIMES
    if (times !== this.filledTimes || column.end !== this.filledEnd || minMs !== this.minMs || maxMs !== this.maxMs || into.ts !== this.filled) {
      this.minMs = minMs
      this.maxMs = maxMs
      this.filledEnd = column.end
      this.lo = column.firstFrom(minMs)
      this.hi = column.firstFrom(maxMs + 1)
      into.length = 0
      into.reserve(this.hi - this.lo)
      into.ts.set(times.subarray(this.lo, this.hi))
      this.filled = into.ts
      this.filledTimes = times
      this.filledTail = 0
      same = 0
    }
    const { lo, hi } = this
    column.values(lo, hi, into)
    into.length = hi - lo
    const place = this.places === undefined || column.toMs >= maxMs ? undefined : this.places.get(number)
    const n = place === undefined ? 0 : this.head!.read(place, column.toMs + 1, maxMs, this.tail)
    if (n === 0) {
      into.hints = (column.numbers ? HINT_NUMBERS : 0) | (this.filledTail === 0 ? same : 0)
      this.filledTail = 0
      return into.length
    }
    return this.addTail(column, number, n, same, minMs, maxMs, into)
  }

  /** Puts what came after the column behind it. @param same  the hint, if the times before are those of the last read */
  private addTail(column: KeptColumn, number: number, n: number, same: number, minMs: number, maxMs: number, into: SampleColumns): number {
    const { tail } = this
    const at = into.length
    into.reserve(at + n)
    let numbers = column.numbers && tail.histograms === null
    for (let k = 0; k < n && numbers; k++) numbers = tail.vs[k] === tail.vs[k]
    if (this.filledTail !== n || into.ts !== this.filled) same = 0
    for (let k = 0; k < n && same !== 0; k++) if (into.ts[at + k] !== tail.ts[k]) same = 0
    into.hints = same | (numbers ? HINT_NUMBERS : 0)
    if (same === 0) into.ts.set(tail.ts.subarray(0, n), at)
    this.filledTail = n
    into.bits.set(tail.bits.subarray(0, 2 * n), 2 * at)
    into.length = at + n
    // What is kept has neither histograms nor start times; what comes behind it may have.
    if (tail.histograms !== null) into.histograms = [...Array.from({ length: at }, () => null), ...tail.histograms.slice(0, n)]
    if (tail.startsMs !== null) {
      into.startsMs = new Float64Array(at + n)
      into.startsMs.set(tail.startsMs.subarray(0, n), at)
    }
    if (n > LONGEST_TAIL && tail.histograms === null && tail.startsMs === null) this.lengthen(column, number, maxMs)
    // A column may end before the range begins.
    if (tail.ts[0]! < minMs) {
      dropBefore(into, at, minMs)
      into.hints = 0
      this.filledTimes = undefined
    }
    return into.length
  }

  /** Keeps the column with its tail, without what lies further back than queries have looked. */
  private lengthen(column: KeptColumn, number: number, maxMs: number): void {
    const { tail } = this
    const from = column.firstFrom(maxMs - 1.25 * column.reachMs)
    const whole = this.whole
    const n = column.end - from
    whole.length = 0
    whole.reserve(n + tail.length)
    whole.ts.set(column.times.subarray(from, column.end))
    column.values(from, column.end, whole)
    whole.ts.set(tail.ts.subarray(0, tail.length), n)
    whole.bits.set(tail.bits.subarray(0, 2 * tail.length), 2 * n)
    whole.length = n + tail.length
    const fromMs = Math.max(column.fromMs, maxMs - 1.25 * column.reachMs)
    this.columns.keep(number, fromMs, Math.max(whole.ts[whole.length - 1]!, Math.min(maxMs, this.settledMs)), whole)
  }
  private readonly whole = new SampleColumns()
}

/** Takes samples before `minMs` out of those from index `at` on. */
function dropBefore(into: SampleColumns, at: number, minMs: number): void {
  const n = into.length
  let k = at
  while (k < n && into.ts[k]! < minMs) k++
  into.ts.copyWithin(at, k, n)
  into.bits.copyWithin(2 * at, 2 * k, 2 * n)
  into.histograms?.splice(at, k - at)
  into.startsMs?.copyWithin(at, k, n)
  into.length = n - (k - at)
}
