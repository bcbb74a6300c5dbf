import type { Histogram, Labels } from '@haechi/model'
import { APPEND, STALE_HIGH, STALE_LOW } from '@haechi/storage'
import type { Appender, CommitOptions, CommitResult, Exemplar, SeriesMetadata, SeriesRef } from '@haechi/storage'
import { HistogramBatch } from './histogram/batch.ts'
import type { BatchBounds } from './histogram/batch.ts'
import { highBits, lowBits } from './histogram/bits.ts'
import { encodingFor } from './histogram/layout.ts'
import { ENCODING, ROWF_LAST_T, ROW_LAST_HI, ROW_LAST_LO, ROW_SHIFT } from './layout.ts'
import { newBatchColumns } from './batch-columns.ts'
import type { BatchColumns } from './batch-columns.ts'
import type { HeadCore } from './head-core.ts'
import { HeadMemoryError } from './shared-memory.ts'
import { SideBatch } from './side-batch.ts'

/** The bits of an ordinary NaN, as Prometheus writes it. @see model/value `NormalNaN` */
const NAN_LOW = 1
const NAN_HIGH = 0x7ff80000

/** Row column: sample of no known series, and sample that is there already. */
const UNKNOWN = -1
const PRESENT = -2
/** Likewise: a histogram, which is in {@link HistogramBatch}. */
const HISTOGRAM = -3
/** Rows from here down are of samples that are taken out of order: this, minus the row. */
const OUT_OF_ORDER = -4
/** What `refusal` says of these. */
const TAKEN_OUT_OF_ORDER = 255

/** Columns that are kept for later batches, and the longest of them: 256 Ki samples are 5 MB. */
const MAX_SPARE_BATCHES = 4
const LONGEST_SPARE_BATCH = 1 << 18
const NO_COLUMNS: BatchColumns = newBatchColumns(0)

/**
 * Collects a batch in columns; `commit` checks it, logs it and puts it into the head's memory.
 *
 * Three passes: check and encode the log record; after the log was written, append to the chunks; then publish the new counts to readers.
 */
export class HeadAppender implements Appender, BatchBounds {
  private readonly core: HeadCore
  private n = 0
  /** Those of `columns`, which is lent by the head from the first sample of a batch to its end: hundreds of targets share a few. */
  private rows: Int32Array = NO_COLUMNS.rows
  private ts: Float64Array = NO_COLUMNS.ts
  private vs: Float64Array = NO_COLUMNS.vs
  private bits: Uint32Array = NO_COLUMNS.bits
  private columns: BatchColumns | undefined
  private status: Uint8Array = new Uint8Array(0)
  /** Bounds of the next commit; taken from the head when the first sample of a batch arrives, as Prometheus does when it makes an appender. */
  minValidMs: number = -Infinity
  /** Newest time of the head, likewise; the out-of-order window is measured from it. */
  headMaxMs: number = -Infinity
  /** The out-of-order window, likewise. */
  windowMs: number = 0
  private committed = 0
  private readonly histograms: HistogramBatch
  private readonly side: SideBatch

  constructor(core: HeadCore) {
    this.core = core
    this.histograms = new HistogramBatch(core)
    this.side = new SideBatch(core)
  }

  get statuses(): Uint8Array {
    return this.status.subarray(0, this.committed)
  }

  series(labels: Labels): SeriesRef {
    return this.core.seriesRef(labels)
  }

  append(ref: SeriesRef, tMs: number, value: number, startMs = 0): void {
    const i = this.begin(1)
    if (startMs !== 0 && this.core.keepStarts) {
      this.n = i + 1
      this.rows[i] = HISTOGRAM
      this.histograms.addFloat(this.core.columns.rowOf(ref, this.core.store.rows), tMs, lowBits(value), highBits(value), startMs)
      return
    }
    this.rows[i] = this.core.columns.rowOf(ref, this.core.store.rows)
    this.ts[i] = tMs
    if (value === value) this.vs[i] = value
    else this.setBits(i, NAN_LOW, NAN_HIGH)
    this.n = i + 1
  }

  appendStale(ref: SeriesRef, tMs: number): void {
    const i = this.begin(1)
    const row = this.core.columns.rowOf(ref, this.core.store.rows)
    const encoding = this.histograms.encodingOf(row)
    if (encoding > ENCODING.xor) {
      this.rows[i] = HISTOGRAM
      if (encoding === ENCODING.xor2) this.histograms.addFloat(row, tMs, STALE_LOW, STALE_HIGH, 0)
      else this.histograms.add(row, tMs, null, encoding, 0)
    } else {
      this.rows[i] = row
      this.ts[i] = tMs
      this.setBits(i, STALE_LOW, STALE_HIGH)
    }
    this.n = i + 1
  }

  appendHistogram(ref: SeriesRef, tMs: number, histogram: Histogram, startMs = 0): void {
    const i = this.begin(1)
    this.rows[i] = HISTOGRAM
    this.histograms.add(this.core.columns.rowOf(ref, this.core.store.rows), tMs, histogram, encodingFor(histogram), this.core.keepStarts ? startMs : 0)
    this.n = i + 1
  }

  appendExemplar(ref: SeriesRef, exemplar: Exemplar): void {
    this.side.addExemplar(this.core.columns.rowOf(ref, this.core.store.rows), exemplar)
  }

  appendMetadata(ref: SeriesRef, metadata: SeriesMetadata): void {
    this.side.addMetadata(this.core.columns.rowOf(ref, this.core.store.rows), metadata)
  }

  appendBits(ref: SeriesRef, tMs: number, low: number, high: number, startMs = 0): void {
    const i = this.begin(1)
    if (startMs !== 0 && this.core.keepStarts) {
      this.n = i + 1
      this.rows[i] = HISTOGRAM
      this.histograms.addFloat(this.core.columns.rowOf(ref, this.core.store.rows), tMs, low, high, startMs)
      return
    }
    this.rows[i] = this.core.columns.rowOf(ref, this.core.store.rows)
    this.ts[i] = tMs
    this.setBits(i, low, high)
    this.n = i + 1
  }

  appendColumn(refs: Float64Array, tMs: number, values: Float64Array, n: number): void {
    let k = this.begin(n)
    const { rows, ts, vs } = this
    const columns = this.core.columns
    const { generation, newest } = columns
    const rowCount = this.core.store.rows
    for (let i = 0; i < n; i++, k++) {
      const ref = refs[i]!
      let row = (ref >>> 0) - 1
      // The common case by hand: a series of the first generation that is alive (newest is not NaN).
      if (row < 0 || row >= rowCount || generation[row] !== 0 || ref > 4294967295 || newest[row] !== newest[row]) row = columns.rowOf(ref, rowCount)
      rows[k] = row
      ts[k] = tMs
      const v = values[i]!
      if (v === v) vs[k] = v
      else this.setBits(k, NAN_LOW, NAN_HIGH)
    }
    this.n = k
  }

  commit(options?: CommitOptions): CommitResult {
    if (this.n > this.status.length) this.status = new Uint8Array(this.n + (this.n >>> 3))
    try {
      return this.store(options)
    } finally {
      this.giveBack()
    }
  }

  private store(options: CommitOptions | undefined): CommitResult {
    const { core, rows, ts, status, n } = this
    const { store, columns } = core
    this.n = 0
    this.committed = n
    // What went into a block since the batch began must not grow any more.
    if (core.minTimeMs > this.minValidMs) this.minValidMs = core.minTimeMs
    // An empty head begins with this batch.
    if (this.headMaxMs === -Infinity && n > 0) this.headMaxMs = rows[0] === HISTOGRAM ? this.histograms.firstMs : ts[0]!
    let outOfOrder = 0
    let duplicate = 0
    let outOfBounds = 0
    let unknown = 0
    let log = core.beginBatch(n)
    const { newest, walRef } = columns
    const { minValidMs, bits, histograms } = this
    const mixed = histograms.size > 0
    const allOrNothing = options?.allOrNothing === true
    let refused = false
    let duplicateSample: CommitResult['duplicateSample']
    let outOfOrderTaken = 0
    let tooOld = 0
    let newestT = -Infinity
    for (let i = 0; i < n; i++) {
      const row = rows[i]!
      if (row === HISTOGRAM) {
        const code = histograms.check(this, n)
        if (code === APPEND.ok && histograms.checkedT > newestT) newestT = histograms.checkedT
        log = core.records.samples
        status[i] = code
        if (code === APPEND.outOfOrder) outOfOrder++
        else if (code === APPEND.duplicate) duplicate++
        else if (code === APPEND.outOfBounds) {
          outOfBounds++
          if (this.windowMs > 0) tooOld++
        } else if (code === APPEND.unknownSeries) unknown++
        if (histograms.refused) refused = true
        continue
      }
      if (row < 0) {
        status[i] = APPEND.unknownSeries
        unknown++
        refused = true
        continue
      }
      const t = ts[i]!
      const last = newest[row]!
      if (t > last && t >= minValidMs) {
        newest[row] = t
        if (t > newestT) newestT = t
        status[i] = APPEND.ok
        if (mixed) log = histograms.recordOf(row, log, n)
        log.sample(walRef[row]!, t, bits[2 * i]!, bits[2 * i + 1]!)
        continue
      }
      const code = this.refusal(i, row, t, last)
      if (code === TAKEN_OUT_OF_ORDER) {
        status[i] = APPEND.ok
        rows[i] = OUT_OF_ORDER - row
        outOfOrderTaken++
        if (core.oooRecord.count === 0) core.oooRecord.begin(n)
        core.oooRecord.sample(walRef[row]!, t, bits[2 * i]!, bits[2 * i + 1]!)
        continue
      }
      status[i] = code
      if (code === APPEND.ok) {
        rows[i] = PRESENT
        continue
      }
      if (code === APPEND.outOfOrder) outOfOrder++
      else if (code === APPEND.duplicate) duplicate++
      else if (code === APPEND.outOfBounds) {
        outOfBounds++
        if (this.windowMs > 0) tooOld++
      }
      rows[i] = UNKNOWN
      // As in Prometheus, a request fails for what the head held before it; what is out of order or double only within the request is dropped.
      const held = store.memory.rowsF[(row << ROW_SHIFT >>> 1) + ROWF_LAST_T]!
      if (code === APPEND.outOfBounds || t <= held) refused = true
      if (code === APPEND.duplicate && t === held && store.encodingOf(row) === ENCODING.xor) duplicateSample ??= this.duplicateAt(i, row)
    }
    if (allOrNothing && refused) {
      this.forget(n)
      core.abandonBatch()
      return { appended: 0, outOfOrder, duplicate, outOfBounds, ...(tooOld === 0 ? {} : { tooOld }), ...(duplicateSample === undefined ? {} : { duplicateSample }) }
    }
    const room = this.reserve(n, outOfOrderTaken)
    if (room !== undefined) {
      core.counters.samplesRefusedMemory += n
      this.forget(n)
      core.abandonBatch()
      throw room
    }
    this.side.log()
    try {
      core.writeBatch(newestT)
    } catch (err) {
      this.forget(n)
      throw err
    }
    let appended = 0
    let minT = Infinity
    let maxT = -Infinity
    for (let i = 0; i < n; i++) {
      const row = rows[i]!
      if (row < 0) {
        if (row !== HISTOGRAM || !histograms.store()) continue
        if (histograms.storedT < minT) minT = histograms.storedT
        if (histograms.storedT > maxT) maxT = histograms.storedT
        appended++
        continue
      }
      const t = ts[i]!
      store.add(row, t, bits[2 * i]!, bits[2 * i + 1]!)
      if (t < minT) minT = t
      if (t > maxT) maxT = t
      appended++
    }
    if (core.oooRecord.count > 0 || !core.oooHistograms.empty) appended += this.insertOutOfOrder(n)
    core.counters.tooOld += tooOld
    core.endBatch(appended, minT, maxT, outOfOrder, duplicate, outOfBounds + unknown)
    for (let i = 0; i < n; i++) if (rows[i]! >= 0) store.publish(rows[i]!)
    histograms.publish()
    core.noteCommit(minT)
    this.side.keep()
    store.reclaim()
    if (duplicateSample === undefined && tooOld === 0) return { appended, outOfOrder, duplicate, outOfBounds }
    return { appended, outOfOrder, duplicate, outOfBounds, ...(tooOld === 0 ? {} : { tooOld }), ...(duplicateSample === undefined ? {} : { duplicateSample }) }
  }

  /** Finds room for all that is to be stored, before the log says that it is. @returns why there is none */
  private reserve(n: number, outOfOrder: number): HeadMemoryError | undefined {
    const { store } = this.core
    const { histograms } = this
    try {
      if (outOfOrder > 0) for (let i = 0; i < n; i++) if (this.rows[i]! <= OUT_OF_ORDER) store.extras.reserve(OUT_OF_ORDER - this.rows[i]!)
      const more = histograms.size === 0 ? 0 : histograms.countTaken()
      // A chunk out of order has at most 32 samples, and each sample writes it anew.
      store.reserve(this.rows, n, 2 * more + outOfOrder, (more === 0 ? 0 : histograms.bytes) + 768 * outOfOrder)
      return undefined
    } catch (err) {
      if (err instanceof HeadMemoryError) return err
      throw err
    }
  }

  /** Puts the samples that are older than what their series has into out-of-order chunks. @returns how many were new */
  private insertOutOfOrder(n: number): number {
    const { core, rows, ts, bits } = this
    let taken = 0
    for (let i = 0; i < n; i++) {
      if (rows[i]! > OUT_OF_ORDER) continue
      if (core.store.extras.insert(OUT_OF_ORDER - rows[i]!, ts[i]!, bits[2 * i]!, bits[2 * i + 1]!)) taken++
    }
    taken += this.histograms.insertOutOfOrder()
    core.counters.outOfOrderAppended += taken
    return taken
  }

  rollback(): void {
    this.n = 0
    this.giveBack()
    this.histograms.clear()
    this.side.clear()
  }

  /** Why sample i can't be taken, `ok` if the head has the very same one, or that it is taken out of order. @see Prometheus tsdb/head_append.go `appendable` */
  private refusal(i: number, row: number, t: number, last: number): 0 | 1 | 2 | 3 | 4 | typeof TAKEN_OUT_OF_ORDER {
    if (last !== last) return APPEND.unknownSeries
    const valid = t >= this.minValidMs
    if (!valid || t < last) {
      const { windowMs } = this
      if (windowMs > 0) return t >= this.headMaxMs - windowMs ? TAKEN_OUT_OF_ORDER : APPEND.outOfBounds
      return valid ? APPEND.outOfOrder : APPEND.outOfBounds
    }
    const { bits } = this
    if (!this.isNewest(row, t)) {
      // Not the head's, so it is an earlier sample of this batch.
      for (let k = i - 1; k >= 0; k--) {
        if (this.rows[k] === row && this.ts[k] === t) return bits[2 * k] === bits[2 * i] && bits[2 * k + 1] === bits[2 * i + 1] ? APPEND.ok : APPEND.duplicate
      }
    }
    const { rows: words } = this.core.store.memory
    const w = row << ROW_SHIFT
    return words[w + ROW_LAST_LO] === (bits[2 * i]! | 0) && words[w + ROW_LAST_HI] === (bits[2 * i + 1]! | 0) ? APPEND.ok : APPEND.duplicate
  }

  /** Sample i and the one that the head has at its time. */
  private duplicateAt(i: number, row: number): { readonly tMs: number; readonly existing: number; readonly value: number } {
    const { rows } = this.core.store.memory
    const w = row << ROW_SHIFT
    const existing = new Float64Array(Int32Array.of(rows[w + ROW_LAST_LO]!, rows[w + ROW_LAST_HI]!).buffer)[0]!
    return { tMs: this.ts[i]!, existing, value: this.vs[i]! }
  }

  private isNewest(row: number, t: number): boolean {
    return this.core.store.memory.rowsF[(row << ROW_SHIFT >>> 1) + ROWF_LAST_T] === t
  }

  /** Undoes the check pass: the newest times are those of the rows again. */
  private forget(n: number): void {
    const { rowsF } = this.core.store.memory
    const { newest } = this.core.columns
    for (let i = 0; i < n; i++) {
      const row = this.rows[i]!
      if (row >= 0 && newest[row] === newest[row]) newest[row] = rowsF[(row << ROW_SHIFT >>> 1) + ROWF_LAST_T]!
    }
    this.histograms.forget()
    this.side.clear()
  }

  /** Makes room for `n` more samples. @returns index of the first */
  private begin(n: number): number {
    if (this.n === 0) {
      this.minValidMs = this.core.minValidMs()
      this.headMaxMs = this.core.newestMs()
      this.windowMs = this.core.windowMs()
    }
    const want = this.n + n
    if (want > this.rows.length || this.columns === undefined) this.take(want)
    return this.n
  }

  /** Borrows columns, or makes longer ones out of those at hand. */
  private take(want: number): void {
    const { spareBatches } = this.core
    this.columns ??= spareBatches.pop() ?? newBatchColumns(1024)
    if (want > this.columns.rows.length) {
      const next = newBatchColumns(Math.max(want, 2 * this.columns.rows.length))
      next.rows.set(this.columns.rows.subarray(0, this.n))
      next.ts.set(this.columns.ts.subarray(0, this.n))
      // Bits, not numbers: a copy of numbers may change those of a NaN.
      next.bits.set(this.columns.bits.subarray(0, 2 * this.n))
      this.columns = next
    }
    const { rows, ts, vs, bits } = this.columns
    this.rows = rows
    this.ts = ts
    this.vs = vs
    this.bits = bits
  }

  private giveBack(): void {
    const { columns } = this
    if (columns === undefined) return
    const { spareBatches } = this.core
    if (spareBatches.length < MAX_SPARE_BATCHES && columns.rows.length <= LONGEST_SPARE_BATCH) spareBatches.push(columns)
    this.columns = undefined
    this.rows = NO_COLUMNS.rows
    this.ts = NO_COLUMNS.ts
    this.vs = NO_COLUMNS.vs
    this.bits = NO_COLUMNS.bits
  }

  private setBits(i: number, low: number, high: number): void {
    this.bits[2 * i] = low
    this.bits[2 * i + 1] = high
  }
}

