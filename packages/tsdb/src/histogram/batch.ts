import type { Histogram } from '@haechi/model'
import { APPEND, STALE_HIGH, STALE_LOW } from '@haechi/storage'
import type { AppendStatus } from '@haechi/storage'
import type { HeadCore } from '../head-core.ts'
import { OOO_CHUNK_BYTES } from '../head-extras.ts'
import { ENCODING, ROWF_LAST_T, ROW_LAST_HI, ROW_LAST_LO, ROW_SHIFT } from '../layout.ts'
import { startRecordKind } from '../wal/start-records.ts'
import type { SamplesRecord } from '../wal/record.ts'
import { sameHistogram } from './layout.ts'
import { recordKind } from './log-records.ts'

/** One histogram of a batch (null in `histogram` stands for a staleness marker), or a float with its start time. */
interface Entry {
  row: number
  readonly t: number
  readonly histogram: Histogram | null
  readonly encoding: number
  /** 0: not known. */
  readonly startMs: number
  /** The bits of a float. */
  readonly low: number
  readonly high: number
  /** Checked and to be stored behind the newest sample of the row. */
  taken: boolean
  /** Checked and to be stored out of order. */
  outOfOrder: boolean
}

/** What a batch is checked against: taken from the head when it began. */
export interface BatchBounds {
  /** The oldest time that a sample in order may have. */
  readonly minValidMs: number
  /** Newest time of the head, and how much older a sample out of order may be; 0: none is taken. */
  readonly headMaxMs: number
  readonly windowMs: number
}

/**
 * The histograms of an appender's batch, and its floats with start times, in the order of the calls. The passes of a commit walk over them with the batch: `check` for each,
 * then `store` for each, then `publish`. A batch that is not stored ends with `clear` or `forget`.
 */
export class HistogramBatch {
  private readonly core: HeadCore
  private entries: Entry[] = []
  /** What this batch made of rows, so that a staleness marker in the same batch is of the same kind. */
  private readonly encodings = new Map<number, number>()
  /** The latest record, by its place, that has a sample of a row. */
  private readonly logged = new Map<number, number>()
  private checked = 0
  private stored = 0
  /** Whether the last one checked is refused for what the head held before the batch. */
  refused = false
  /** Its time. */
  checkedT = 0
  /** Time of the last one stored. */
  storedT = 0

  constructor(core: HeadCore) {
    this.core = core
  }

  /** Adds a histogram; null: a staleness marker. @param encoding one without start times */
  add(row: number, t: number, histogram: Histogram | null, encoding: number, startMs: number): void {
    const withStart = startMs !== 0 && encoding < ENCODING.histogramStarts ? encoding + ENCODING.histogramStarts - ENCODING.histogram : encoding
    this.push({ row, t, histogram, encoding: withStart, startMs, low: STALE_LOW, high: STALE_HIGH, taken: false, outOfOrder: false })
  }

  /** Adds a float with its start time. */
  addFloat(row: number, t: number, low: number, high: number, startMs: number): void {
    this.push({ row, t, histogram: null, encoding: ENCODING.xor2, startMs, low, high, taken: false, outOfOrder: false })
  }

  private push(entry: Entry): void {
    const { row, encoding } = entry
    this.entries.push(entry)
    if (row >= 0) this.encodings.set(row, encoding)
  }

  /** Encoding of a row's newest sample, those of the batch included; 0 if it has none. */
  encodingOf(row: number): number {
    if (row < 0) return 0
    return (this.encodings.size > 0 ? this.encodings.get(row) : undefined) ?? this.core.store.encodingOf(row)
  }

  /** Time of the first, for a head that is empty. */
  get firstMs(): number {
    return this.entries[0]!.t
  }

  /** Histograms in the batch. */
  get size(): number {
    return this.entries.length
  }

  /** The record for a float of a row: a new one if a histogram of the row was logged before. @param n samples of the batch */
  recordOf(row: number, log: SamplesRecord, n: number): SamplesRecord {
    if (!this.logged.has(row)) return log
    this.logged.clear()
    return this.core.nextRecords(n)
  }

  /** Checks the next histogram and logs it if it is to be stored. @param n samples of the batch */
  check({ minValidMs, headMaxMs, windowMs }: BatchBounds, n: number): AppendStatus {
    const entry = this.entries[this.checked++]!
    const { core } = this
    const { columns, store } = core
    const { row, t, histogram, encoding } = entry
    const last = row < 0 ? NaN : columns.newest[row]!
    this.refused = false
    this.checkedT = t
    if (last !== last) {
      this.refused = true
      return APPEND.unknownSeries
    }
    if (t > last && t >= minValidMs) {
      columns.newest[row] = t
      entry.taken = true
      const kind = encoding >= ENCODING.xor2 ? startRecordKind(encoding) : recordKind(histogram, encoding)
      if ((this.logged.get(row) ?? 0) > kind) {
        this.logged.clear()
        core.nextRecords(n)
      }
      this.logged.set(row, kind)
      const ref = columns.walRef[row]!
      if (encoding >= ENCODING.xor2) core.records.starts.add({ ref, t, startMs: entry.startMs, encoding, histogram, low: entry.low, high: entry.high })
      else core.records.histograms.add(ref, t, histogram, encoding)
      return APPEND.ok
    }
    if (windowMs > 0 && (t < minValidMs || t < last)) {
      if (t >= headMaxMs - windowMs) {
        entry.outOfOrder = true
        // What comes late is kept without its start time.
        if (encoding === ENCODING.xor2) {
          if (core.oooRecord.count === 0) core.oooRecord.begin(n)
          core.oooRecord.sample(columns.walRef[row]!, t, entry.low, entry.high)
        } else core.oooHistograms.add(columns.walRef[row]!, t, histogram, withoutStart(encoding))
        return APPEND.ok
      }
      this.refused = true
      return APPEND.outOfBounds
    }
    const held = store.memory.rowsF[(row << ROW_SHIFT >>> 1) + ROWF_LAST_T]!
    const code = t < minValidMs ? APPEND.outOfBounds : t < last ? APPEND.outOfOrder : this.isKnown(entry, t === held) ? APPEND.ok : APPEND.duplicate
    this.refused = code !== APPEND.ok && (code === APPEND.outOfBounds || t <= held)
    return code
  }

  /** Whether the same histogram of the same time is there already. */
  private isKnown(entry: Entry, inHead: boolean): boolean {
    const { row, t, histogram, encoding } = entry
    const float = encoding === ENCODING.xor2
    if (inHead && float) {
      const { rows } = this.core.store.memory
      return rows[(row << ROW_SHIFT) + ROW_LAST_LO] === (entry.low | 0) && rows[(row << ROW_SHIFT) + ROW_LAST_HI] === (entry.high | 0)
    }
    if (inHead) return this.core.store.isNewestHistogram(row, histogram)
    for (let k = this.checked - 2; k >= 0; k--) {
      const other = this.entries[k]!
      if (!other.taken || other.row !== row || other.t !== t) continue
      if (float || other.encoding === ENCODING.xor2) return float && other.encoding === encoding && other.low === entry.low && other.high === entry.high
      return histogram === null ? other.histogram === null : other.histogram !== null && sameHistogram(histogram, other.histogram)
    }
    return false
  }

  /** Those that are to be stored, in order or not. Makes room for the words of rows with samples out of order. @throws HeadMemoryError */
  countTaken(): number {
    let n = 0
    for (const { row, taken, outOfOrder } of this.entries) {
      if (outOfOrder) this.core.store.extras.reserve(row)
      if (taken || outOfOrder) n++
    }
    return n
  }

  /** Bytes of chunk memory that they need, generously: a chunk is moved to a piece twice as long, and may have been encoded anew for more buckets before. */
  get bytes(): number {
    const { store } = this.core
    let bytes = 0
    /** Out of order each sample writes its chunk anew; what a row's chunk grows by in this batch counts for those that follow. */
    const grown = new Map<number, number>()
    for (const { row, taken, outOfOrder, histogram } of this.entries) {
      const buckets = histogram === null ? 0 : histogram.positiveCounts.length + histogram.negativeCounts.length + histogram.customValues.length
      if (taken) bytes += 4 * (store.openHistogramBytes(row) + 256 + 10 * buckets)
      if (!outOfOrder) continue
      const own = 256 + 24 * buckets
      const open = (grown.get(row) ?? Math.min(store.extras.openBytes(row), OOO_CHUNK_BYTES)) + own
      grown.set(row, Math.min(open, OOO_CHUNK_BYTES))
      bytes += 2 * open
    }
    return bytes
  }

  /** Puts those that are older than what their series has into out-of-order chunks. @returns how many were new */
  insertOutOfOrder(): number {
    const { extras } = this.core.store
    let taken = 0
    for (const { row, t, histogram, encoding, low, high, outOfOrder } of this.entries) {
      if (outOfOrder && (encoding === ENCODING.xor2 ? extras.insert(row, t, low, high) : extras.insertHistogram(row, t, histogram, withoutStart(encoding)))) taken++
    }
    return taken
  }

  /** Puts the next histogram into the head. @returns false if it was not taken */
  store(): boolean {
    const entry = this.entries[this.stored++]!
    if (!entry.taken) return false
    const { store } = this.core
    if (entry.encoding === ENCODING.xor2) store.addFloatWithStart(entry.row, entry.t, entry.low, entry.high, entry.startMs)
    else store.addHistogram(entry.row, entry.t, entry.histogram, entry.encoding, entry.startMs)
    this.storedT = entry.t
    return true
  }

  /** Shows what was stored to readers, and is empty then. */
  publish(): void {
    if (this.entries.length === 0) return
    for (const entry of this.entries) if (entry.taken) this.core.store.publishHistogram(entry.row)
    this.clear()
  }

  /** Undoes the checks: the newest times are those of the rows again; and is empty then. */
  forget(): void {
    const { rowsF } = this.core.store.memory
    const { newest } = this.core.columns
    for (const { row, taken } of this.entries) if (taken && newest[row] === newest[row]) newest[row] = rowsF[(row << ROW_SHIFT >>> 1) + ROWF_LAST_T]!
    this.clear()
  }

  clear(): void {
    this.checked = this.stored = 0
    if (this.entries.length === 0) return
    this.entries = []
    this.encodings.clear()
    this.logged.clear()
  }
}

/** The encoding of histograms of the same kind without start times. */
const withoutStart = (encoding: number): number => (encoding >= ENCODING.histogramStarts ? encoding - ENCODING.histogramStarts + ENCODING.histogram : encoding)
