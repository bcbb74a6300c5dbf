import type { Labels } from '@haechi/model'
import { NO_SERIES } from '@haechi/storage'
import type { SeriesRef } from '@haechi/storage'
import { DEFAULT_MAX_EXEMPLARS, ExemplarStore } from './exemplar-store.ts'
import { HistogramRecords } from './histogram/log-records.ts'
import { noteChange, noteCreated } from './change-journal.ts'
import type { BatchColumns } from './batch-columns.ts'
import type { ChurnCounter } from './head-churn.ts'
import { CHUNK_RANGE_MS, HeadStore } from './head-store.ts'
import { CTLF_APPENDED, CTLF_MAX_TIME, CTLF_MIN_TIME, CTLF_OOO_MAX, CTLF_OOO_MIN, LABELS_COUNT, LABELS_PAIRS, ROW_LABELS, ROW_SHIFT } from './layout.ts'
import { MetadataColumns } from './metadata-columns.ts'
import { SeriesColumns } from './series-refs.ts'
import { HeadMemoryError } from './shared-memory.ts'
import { RECORD, RecordBuffer, SamplesRecord } from './wal/record.ts'
import { encodeExemplars, encodeMetadata } from './wal/side-records.ts'
import type { LoggedExemplar, LoggedMetadata } from './wal/side-records.ts'
import { SegmentTimes } from './wal/segment-times.ts'
import { StartRecords } from './wal/start-records.ts'
import type { WalWriter } from './wal/wal-writer.ts'

/** How far behind the newest sample a new sample may be at most: half a block of two hours, as Prometheus. */
export const LATE_MS = 3_600_000

/** New series that one log record describes at most: keeps records and their buffers small when a large target is scraped first. */
const SERIES_PER_RECORD = 2048

/** The log records of a batch, in the order in which they are written. */
export interface BatchRecords {
  readonly samples: SamplesRecord
  readonly histograms: HistogramRecords
  readonly starts: StartRecords
}

const newBatchRecords = (): BatchRecords => ({ samples: new SamplesRecord(), histograms: new HistogramRecords(), starts: new StartRecords() })

/** Counters of a head since it was opened. */
export interface HeadCounters {
  samplesAppended: number
  outOfOrder: number
  duplicate: number
  /** Too old, or of an unknown series. */
  outOfBounds: number
  seriesCreated: number
  seriesRemoved: number
  /** New series refused because of the limit of series or of memory. */
  seriesRefused: number
  /** Samples taken although newer ones of their series were there; part of `samplesAppended`. */
  outOfOrderAppended: number
  /** Refused because they are older than the out-of-order window; part of `outOfBounds`. */
  tooOld: number
  /** New series refused because of the limit of memory; part of `seriesRefused`. */
  seriesRefusedMemory: number
  /** Samples of batches that found no memory; they are not in the log either. */
  samplesRefusedMemory: number
}

/** What appenders, replay and maintenance share: the memory, the log and the rules between them. Only one thread has it. */
export class HeadCore {
  readonly store: HeadStore
  /** How far behind the newest sample a new sample may be: half a block, never more than {@link LATE_MS}. */
  readonly lateMs: number
  readonly columns: SeriesColumns = new SeriesColumns()
  readonly counters: HeadCounters = { samplesAppended: 0, outOfOrder: 0, duplicate: 0, outOfBounds: 0, seriesCreated: 0, seriesRemoved: 0, seriesRefused: 0, outOfOrderAppended: 0, tooOld: 0, seriesRefusedMemory: 0, samplesRefusedMemory: 0 }
  readonly maxSeries: number
  readonly exemplars: ExemplarStore
  readonly metadata: MetadataColumns = new MetadataColumns()
  /** Bytes of the shared buffers from which no new series is taken. */
  readonly maxBytes: number
  /** Which series begin and end; none are counted while the log is replayed. */
  churn: ChurnCounter | undefined
  /** A batch with a sample from here on begins a segment of the log: where the block of the newest sample ends. */
  private segmentEndMs = -Infinity
  /** Null while the log is replayed, and for a head without a directory. */
  wal: WalWriter | null = null
  /** The log of out-of-order samples; null until there is need of one. */
  wbl: WalWriter | null = null
  /** How much older than the newest sample of the head an out-of-order sample may be, ms; 0: none is taken. */
  oooWindowMs: number = 0
  /** The machine's clock, if samples are to be taken out of order while it is behind the newest sample. */
  clock: (() => number) | undefined
  /** Start times of samples are kept; else they are passed over. */
  keepStarts = false
  /** Makes the log of out-of-order samples when it is first needed. */
  makeWbl: (() => void) | undefined
  /** Highest series number that the log has used. */
  lastWalRef: number = 0
  /** Samples before this are refused: what retention dropped must not come back. */
  minTimeMs: number = -Infinity
  readonly segmentTimes: SegmentTimes = new SegmentTimes()
  /** Series numbers of the log that mean the same labels as another one, with that other one. */
  readonly aliases: Map<number, number> = new Map()
  /** Series were made since the last commit that readers know of. */
  private created = false
  private readonly metadataRecord = new RecordBuffer()
  private readonly exemplarsRecord = new RecordBuffer()
  /** Columns for batches that no appender uses now. */
  readonly spareBatches: BatchColumns[] = []
  /** Rows whose series record is not in the log yet. */
  private unlogged: number[] = []
  private readonly seriesRecord = new RecordBuffer()
  /** Records of the batch. A further group begins where the order inside one, samples before histograms before those with start times, would not be that of a series. */
  private readonly groups: BatchRecords[] = [newBatchRecords()]
  /** The out-of-order samples of a batch. */
  readonly oooRecord: SamplesRecord = new SamplesRecord()
  /** Its out-of-order histograms. */
  readonly oooHistograms: HistogramRecords = new HistogramRecords()

  constructor(maxSeries: number, maxExemplars: number = DEFAULT_MAX_EXEMPLARS, maxBytes: number = Infinity, blockRangeMs: number = CHUNK_RANGE_MS) {
    this.store = new HeadStore(blockRangeMs)
    this.lateMs = Math.min(LATE_MS, blockRangeMs / 2)
    this.maxSeries = maxSeries
    this.exemplars = new ExemplarStore(maxExemplars)
    this.maxBytes = maxBytes
  }

  /** A series that begins needs memory that the head must not take. Places of ended series are there already. */
  get memoryFull(): boolean {
    const { store, maxBytes } = this
    return (store.memory.bytes >= maxBytes || store.memory.cramped) && store.seriesRows.spare === 0
  }

  /** Ref of a label set; NO_SERIES when the limit refuses a new one. */
  seriesRef(labels: Labels): SeriesRef {
    const { store, columns } = this
    if (store.series >= this.maxSeries || this.memoryFull) {
      const row = store.seriesRows.find(labels)
      if (row >= 0) return columns.refOf(row)
      this.counters.seriesRefused++
      if (store.series < this.maxSeries) this.counters.seriesRefusedMemory++
      return NO_SERIES
    }
    return this.made(() => store.seriesRows.of(labels))
  }

  /** The same from UTF-8 bytes: see `SeriesRows.ofBytes`. */
  seriesRefOfBytes(bytes: Uint8Array, spans: Int32Array, n: number): SeriesRef {
    const { store } = this
    if (store.series >= this.maxSeries || this.memoryFull) {
      const labels: string[] = []
      const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
      for (let i = 0; i < 2 * n; i++) labels.push(text.toString('utf8', spans[2 * i]!, spans[2 * i + 1]!))
      return this.seriesRef(labels)
    }
    return this.made(() => store.seriesRows.ofBytes(bytes, spans, n))
  }

  private made(find: () => { readonly row: number; readonly made: boolean }): SeriesRef {
    let found: { readonly row: number; readonly made: boolean }
    try {
      found = find()
    } catch (err) {
      // The system gives no more, before the limit is reached.
      if (!(err instanceof HeadMemoryError)) throw err
      this.counters.seriesRefused++
      this.counters.seriesRefusedMemory++
      return NO_SERIES
    }
    if (found.made) this.welcome(found.row, ++this.lastWalRef, true)
    return this.columns.refOf(found.row)
  }

  /** Fills the columns of a new row. `log`: its series record must still be written. */
  welcome(row: number, walRef: number, log: boolean): void {
    const { columns } = this
    columns.reserve(row + 1)
    // A used row has the generation after the last one.
    if (columns.walRef[row] !== 0) columns.generation[row] = columns.generation[row]! + 1
    columns.newest[row] = -Infinity
    columns.walRef[row] = walRef
    this.counters.seriesCreated++
    this.created = true
    if (!log) return
    this.unlogged.push(row)
    this.churn?.created(row)
  }

  /** Called when a series ends; its row is given up later. */
  farewell(row: number): void {
    this.columns.newest[row] = NaN
    this.metadata.forget(row)
    this.counters.seriesRemoved++
    this.churn?.removed(row)
  }

  /** The oldest time that a batch that starts now may have. */
  minValidMs(): number {
    return Math.max(this.minTimeMs, this.store.memory.ctlF[CTLF_MAX_TIME]! - this.lateMs)
  }

  /** How much older than the newest sample an out-of-order sample of a batch that starts now may be: more than the window while the clock has been set back behind it. */
  windowMs(): number {
    if (this.clock === undefined) return this.oooWindowMs
    const aheadMs = this.newestMs() - this.clock()
    return aheadMs > LATE_MS ? Math.max(this.oooWindowMs, aheadMs + LATE_MS) : this.oooWindowMs
  }

  /** Newest time of the head, -Infinity while it is empty. */
  newestMs(): number {
    return this.store.memory.ctlF[CTLF_MAX_TIME]!
  }

  /** Oldest and newest out-of-order sample; Infinity and -Infinity without one. */
  oldestOutOfOrderMs(): number {
    return this.store.memory.ctlF[CTLF_OOO_MIN]!
  }

  newestOutOfOrderMs(): number {
    return this.store.memory.ctlF[CTLF_OOO_MAX]!
  }

  /** Starts the log record of a batch of at most `n` samples. */
  beginBatch(n: number): SamplesRecord {
    this.oooRecord.begin(0)
    this.oooHistograms.begin()
    this.groups.length = 1
    const { samples, histograms, starts } = this.groups[0]!
    samples.begin(n)
    histograms.begin()
    starts.begin()
    this.metadataRecord.length = this.exemplarsRecord.length = 0
    return samples
  }

  /** Widens the time range of the head. */
  noteTimes(minT: number, maxT: number): void {
    const { ctlF } = this.store.memory
    if (minT < ctlF[CTLF_MIN_TIME]!) ctlF[CTLF_MIN_TIME] = minT
    if (maxT > ctlF[CTLF_MAX_TIME]!) ctlF[CTLF_MAX_TIME] = maxT
  }

  /** Moves the start of the head's time range up after old data was dropped. */
  narrowTimes(minMs: number): void {
    const { ctlF } = this.store.memory
    if (ctlF[CTLF_MIN_TIME]! < minMs) ctlF[CTLF_MIN_TIME] = minMs
  }

  abandonBatch(): void {
    this.beginBatch(0)
  }

  /** Lets what is logged from now on stand behind what was; at most `n` samples. */
  nextRecords(n: number): SamplesRecord {
    const records = newBatchRecords()
    records.samples.begin(n)
    this.groups.push(records)
    return records.samples
  }

  /** The records that take the batch's samples and histograms now. */
  get records(): BatchRecords {
    return this.groups.at(-1)!
  }

  /** Exemplars of the batch, for the log: they stand behind its samples. */
  logExemplars(list: readonly LoggedExemplar[]): void {
    if (this.wal !== null) encodeExemplars(list, this.exemplarsRecord)
  }

  /** Metadata of the batch, for the log: it stands behind the new series. */
  logMetadata(list: readonly LoggedMetadata[]): void {
    if (this.wal !== null) encodeMetadata(list, this.metadataRecord)
  }

  /**
   * Writes the batch, new series first, with one system call.
   * @param newestMs its newest sample in order, -Infinity without one
   * @throws Error when that fails; the series are written with the next batch
   */
  writeBatch(newestMs: number): void {
    const { wal } = this
    if (wal === null) {
      this.unlogged.length = 0
      return
    }
    if (newestMs > -Infinity && newestMs >= this.segmentEndMs) this.beginRange(wal, newestMs)
    if (this.unlogged.length > 0) {
      for (let i = 0; i < this.unlogged.length; i += SERIES_PER_RECORD) {
        this.encodeSeries(this.unlogged.slice(i, i + SERIES_PER_RECORD))
        wal.add(this.seriesRecord.bytes, this.seriesRecord.length)
      }
    }
    if (this.metadataRecord.length > 0) wal.add(this.metadataRecord.bytes, this.metadataRecord.length)
    for (const { samples, histograms, starts } of this.groups) {
      if (samples.count > 0) wal.add(samples.buffer.bytes, samples.buffer.length)
      histograms.each((b, length) => wal.add(b, length))
      starts.each((b, length) => wal.add(b, length))
    }
    if (this.exemplarsRecord.length > 0) wal.add(this.exemplarsRecord.bytes, this.exemplarsRecord.length)
    wal.flush()
    const ooo = this.oooRecord
    if (ooo.count > 0 || !this.oooHistograms.empty) {
      // Second, because it names series that the first log describes. A batch is in both logs or in none.
      try {
        if (this.wbl === null) this.makeWbl!()
        if (ooo.count > 0) this.wbl!.add(ooo.buffer.bytes, ooo.buffer.length)
        this.oooHistograms.each((b, length) => this.wbl!.add(b, length))
        this.wbl!.flush()
      } catch (err) {
        wal.undoFlush()
        throw err
      }
    }
    this.unlogged = []
  }

  /**
   * Begins a segment of the log where the head comes into the next block: those before it go as soon as that block is written, and a start has no more to read than what is
   * in no block.
   */
  private beginRange(wal: WalWriter, newestMs: number): void {
    const { rangeMs } = this.store
    try {
      if (wal.segmentLength > 0) wal.nextSegment()
      this.segmentEndMs = Math.floor(newestMs / rangeMs) * rangeMs + rangeMs
    } catch {
      // The open segment goes on, or says why it can't; the next batch tries again.
    }
  }

  /** Counts a batch that is in memory. Also the fence between its samples and their publication. */
  endBatch(appended: number, minT: number, maxT: number, outOfOrder: number, duplicate: number, outOfBounds: number): void {
    const { ctlF } = this.store.memory
    const c = this.counters
    c.samplesAppended += appended
    c.outOfOrder += outOfOrder
    c.duplicate += duplicate
    c.outOfBounds += outOfBounds
    this.noteTimes(minT, maxT)
    if (this.wal !== null) this.segmentTimes.note(this.wal.segment, maxT)
    ctlF[CTLF_APPENDED] = c.samplesAppended
    this.store.fence()
  }

  /** Tells readers that keep what they have read about a commit, after its samples can be seen. @param minT its oldest sample */
  noteCommit(minT: number): void {
    const { memory } = this.store
    if (this.created) {
      this.created = false
      noteCreated(memory)
    }
    if (minT !== Infinity) noteChange(memory, minT)
  }

  /** Encodes the series record of some rows into a buffer that the next call overwrites. */
  encodeSeries(rows: readonly number[]): RecordBuffer {
    const out = this.seriesRecord
    const m = this.store.memory
    out.length = 0
    out.byte(RECORD.series)
    for (const row of rows) {
      out.be64(this.columns.walRef[row]!)
      const at = m.rows[(row << ROW_SHIFT) + ROW_LABELS]!
      const n = m.labels[at + LABELS_COUNT]!
      out.uvarint(n)
      for (let i = 0; i < 2 * n; i++) {
        const id = m.labels[at + LABELS_PAIRS + i]!
        const from = m.symbols[2 * id]!
        out.text(m.text, from, from + m.symbols[2 * id + 1]!)
      }
    }
    return out
  }
}
