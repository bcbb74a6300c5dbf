import { mkdirSync, renameSync, truncateSync } from 'node:fs'
import path from 'node:path'
import type { Histogram } from '@haechi/model'
import type { Exemplar, SeriesMetadata } from '@haechi/storage'
import type { MappedChunk, MappedChunks } from '../chunks-head.ts'
import type { HeadCore } from '../head-core.ts'
import { decodeHistogramRecord, isHistogramRecord } from '../histogram/log-records.ts'
import type { Logger } from '../logger.ts'
import { RECORD, RecordError, RecordReader, SampleRows, decodeSamples } from './record.ts'
import { decodeExemplars, decodeMetadata } from './side-records.ts'
import { listCheckpoints, listSegments } from './wal-files.ts'
import type { SegmentFile } from './wal-files.ts'
import { readSegment, readWhole } from './wal-reader.ts'
import type { WalCorruption } from './wal-reader.ts'

/** How far the replay is; for a progress line or the readiness probe. */
export interface ReplayProgress {
  readonly segment: number
  readonly segments: number
  readonly samples: number
  readonly series: number
}

/** What the replay found. */
export interface ReplayReport {
  readonly durationMs: number
  readonly segments: number
  readonly bytes: number
  readonly series: number
  readonly samples: number
  /** Samples that were in the memory-mapped chunks already, or repeat what the log said before. */
  readonly samplesKnown: number
  /** Samples older than the retention. */
  readonly samplesExpired: number
  /** Samples of a series that the log does not describe. */
  readonly samplesUnknownSeries: number
  readonly mappedChunks: number
  /** Records that were passed over, by type number: what is newer than this code. */
  readonly skippedRecords: Readonly<Record<number, number>>
  /** Records whose frame is whole but whose content is not. */
  readonly badRecords: number
  /** A write that was cut short by a crash; nothing acknowledged is in it. */
  readonly tornBytes: number
  /** Real damage and what became of it. */
  readonly lost: readonly LostPart[]
}

/** A part of the log that could not be read. */
export interface LostPart {
  readonly file: string
  readonly bytes: number
  readonly reason: string
  /** Where the bytes were moved to, if they were kept. */
  readonly movedTo: string | undefined
}

/** Row by series number of the log. Numbers are nearly dense, so pages of an array do. */
class RowsByRef {
  private readonly pages = new Map<number, Int32Array>()
  private lastPage = -1
  private last: Int32Array = new Int32Array(0)

  get(ref: number): number {
    const page = Math.floor(ref / 4096)
    if (page !== this.lastPage) {
      const found = this.pages.get(page)
      if (found === undefined) return -1
      this.last = found
      this.lastPage = page
    }
    return this.last[ref - page * 4096]! - 1
  }

  set(ref: number, row: number): void {
    const page = Math.floor(ref / 4096)
    let found = this.pages.get(page)
    if (found === undefined) {
      found = new Int32Array(4096)
      this.pages.set(page, found)
    }
    found[ref - page * 4096] = row + 1
  }
}

/** Puts what a log holds into an empty head, and repairs the log where it must. */
export class Replay {
  private readonly core: HeadCore
  private readonly log: Logger
  private readonly readOnly: boolean
  private readonly mapped: ReadonlyMap<number, readonly MappedChunk[]>
  private readonly outOfOrder: Map<number, readonly MappedChunk[]>
  private readonly rows = new RowsByRef()
  private readonly samplesRows = new SampleRows()
  private spans: Int32Array = new Int32Array(256)
  private samples = 0
  private samplesKnown = 0
  private samplesExpired = 0
  private samplesUnknownSeries = 0
  private mappedChunks = 0
  private badRecords = 0
  private readonly skippedRecords: Record<number, number> = {}
  private readonly lost: LostPart[] = []
  private tornBytes = 0
  /** Newest sample time of the segment that is read, samples that are not taken included. */
  private newest = -Infinity

  /** @param readOnly reports damage but leaves the log as it is */
  constructor(core: HeadCore, mapped: MappedChunks, log: Logger, readOnly = false) {
    this.core = core
    this.mapped = mapped.bySeries
    this.outOfOrder = new Map(mapped.outOfOrder)
    this.log = log
    this.readOnly = readOnly
  }

  /**
   * Reads checkpoint and segments of `walDir`. Gives way to other work between segments.
   * @throws Error of the file system
   */
  async run(walDir: string, onProgress: (p: ReplayProgress) => void): Promise<ReplayReport> {
    const started = performance.now()
    const checkpoint = listCheckpoints(walDir).at(-1)
    const fromCheckpoint = checkpoint === undefined ? [] : listSegments(checkpoint.dir)
    const segments = listSegments(walDir).filter(s => checkpoint === undefined || s.index > checkpoint.index)
    const total = fromCheckpoint.length + segments.length
    let bytes = 0
    let done = 0
    for (const segment of fromCheckpoint) {
      const fault = this.readOne(segment)
      bytes += segment.bytes
      if (fault !== undefined) {
        // A checkpoint can't be repaired; what it said up to here is in the head, and the log after it is read.
        this.lost.push({ file: segment.file, bytes: fault.totalBytes - fault.goodBytes, reason: fault.reason, movedTo: undefined })
        this.log.error({ file: segment.file, reason: fault.reason }, 'The checkpoint of the write-ahead log is damaged; samples before its segments may be missing')
        break
      }
      onProgress({ segment: ++done, segments: total, samples: this.samples, series: this.core.store.series })
      await nextTurn()
    }
    for (let i = 0; i < segments.length; i++) {
      const segment = segments[i]!
      this.newest = -Infinity
      const fault = this.readOne(segment)
      bytes += segment.bytes
      this.core.segmentTimes.note(segment.index, this.newest)
      if (fault !== undefined) this.repair(walDir, fault, segments.slice(i + 1))
      onProgress({ segment: ++done, segments: total, samples: this.samples, series: this.core.store.series })
      // A torn end is where a process was killed: the next one began a new segment. Any other fault ends the log.
      if (fault !== undefined && !fault.torn) break
      await nextTurn()
    }
    return {
      durationMs: performance.now() - started, segments: done, bytes, series: this.core.store.series, samples: this.samples, samplesKnown: this.samplesKnown,
      samplesExpired: this.samplesExpired, samplesUnknownSeries: this.samplesUnknownSeries, mappedChunks: this.mappedChunks, skippedRecords: this.skippedRecords,
      badRecords: this.badRecords, tornBytes: this.tornBytes, lost: this.lost,
    }
  }

  private readOne(segment: SegmentFile): WalCorruption | undefined {
    const b = readWhole(segment.file)
    return readSegment(segment.file, b, (record, from, to) => this.record(record, from, to))
  }

  /** Cuts the log where it stops making sense. What follows is kept aside, not deleted. */
  repair(walDir: string, fault: WalCorruption, later: readonly SegmentFile[]): void {
    const cut = fault.totalBytes - fault.goodBytes
    if (this.readOnly) {
      if (fault.torn) this.tornBytes += cut
      else this.lost.push({ file: fault.file, bytes: cut, reason: fault.reason, movedTo: undefined }, ...later.map(s => ({ file: s.file, bytes: s.bytes, reason: `follows the damage in ${path.basename(fault.file)}`, movedTo: undefined })))
      return
    }
    truncateSync(fault.file, fault.goodBytes)
    if (fault.torn) {
      this.tornBytes += cut
      this.log.warn({ file: fault.file, bytes: cut }, 'Cut an unfinished write off the write-ahead log')
      return
    }
    this.lost.push({ file: fault.file, bytes: cut, reason: fault.reason, movedTo: undefined })
    this.log.error({ file: fault.file, bytes: cut, reason: fault.reason }, 'The write-ahead log is damaged; it was cut at the damage')
    if (later.length === 0) return
    const aside = path.join(path.dirname(walDir), `${path.basename(walDir)}-damaged-${path.basename(fault.file)}`)
    mkdirSync(aside, { recursive: true })
    for (const segment of later) {
      const to = path.join(aside, path.basename(segment.file))
      renameSync(segment.file, to)
      this.lost.push({ file: segment.file, bytes: segment.bytes, reason: `follows the damage in ${path.basename(fault.file)}`, movedTo: to })
    }
  }

  private record(b: Uint8Array, from: number, to: number): void {
    const type = b[from] ?? 0
    try {
      if (type === RECORD.samples) this.samplesRecord(b, from, to)
      else if (type === RECORD.series) this.seriesRecord(b, from, to)
      else if (isHistogramRecord(type)) decodeHistogramRecord(b, from, to, this.onHistogram)
      else if (type === RECORD.exemplars) decodeExemplars(b, from, to, this.onExemplar)
      else if (type === RECORD.metadata) decodeMetadata(b, from, to, this.onMetadata)
      else if (type === RECORD.tombstones) this.tombstonesRecord(b, from, to)
      else this.skippedRecords[type] = (this.skippedRecords[type] ?? 0) + 1
    } catch (err) {
      if (!(err instanceof RecordError)) throw err
      this.badRecords++
      this.log.warn({ type, err: err.message }, 'A record of the write-ahead log cannot be read')
    }
  }

  private seriesRecord(b: Uint8Array, from: number, to: number): void {
    const { core } = this
    const r = new RecordReader(b, from + 1, to)
    while (r.p < to) {
      const ref = r.be64()
      const n = r.uvarint()
      if (n > to - r.p) throw new RecordError('more labels than bytes')
      if (this.spans.length < 4 * n) this.spans = new Int32Array(8 * n)
      for (let i = 0; i < 2 * n; i++) {
        const length = r.text()
        this.spans[2 * i] = r.p - length
        this.spans[2 * i + 1] = r.p
      }
      const { row, made } = core.store.rowOfBytes(b, this.spans, n)
      if (made) core.welcome(row, ref, false)
      else if (core.columns.walRef[row] !== ref) core.aliases.set(ref, core.columns.walRef[row]!)
      this.rows.set(ref, row)
      if (ref > core.lastWalRef) core.lastWalRef = ref
      const chunks = this.mapped.get(ref)
      if (chunks !== undefined) this.restore(row, chunks)
      const outOfOrder = this.outOfOrder.get(ref)
      if (outOfOrder === undefined) continue
      this.outOfOrder.delete(ref)
      for (const c of outOfOrder) if (c.samples > 0) core.store.extras.restore(row, c.minT, c.maxT, c.encoding, c.samples, c.bytes, c.from, c.length)
    }
  }

  /** Row of a series number of the log, -1 if it describes none. */
  rowOf(ref: number): number {
    return this.rows.get(ref)
  }

  /** Deletions of series. @see Prometheus tsdb/docs/format/wal.md */
  private tombstonesRecord(b: Uint8Array, from: number, to: number): void {
    const r = new RecordReader(b, from + 1, to)
    while (r.p < to) {
      const row = this.rows.get(r.be64())
      const minMs = r.varint()
      const maxMs = r.varint()
      if (row >= 0 && minMs <= maxMs) this.core.store.extras.addDeleted(row, minMs, maxMs)
    }
  }

  private restore(row: number, chunks: readonly MappedChunk[]): void {
    const { store, columns, minTimeMs } = this.core
    let minT = Infinity
    let maxT = -Infinity
    for (const c of chunks) {
      if (c.maxT < minTimeMs || c.samples === 0) continue
      if (!store.restoreChunk(row, c.minT, c.maxT, c.encoding, c.samples, c.bytes, c.from, c.length)) continue
      columns.newest[row] = c.maxT
      this.mappedChunks++
      if (c.minT < minT) minT = c.minT
      maxT = c.maxT
    }
    if (maxT > -Infinity) this.core.noteTimes(minT, maxT)
  }

  private readonly onExemplar = (ref: number, exemplar: Exemplar): void => {
    const row = this.rows.get(ref)
    if (row >= 0 && exemplar.tMs >= this.core.minTimeMs) this.core.exemplars.add(this.core.store.labelsOf(row), exemplar)
  }

  private readonly onMetadata = (ref: number, metadata: SeriesMetadata): void => {
    const row = this.rows.get(ref)
    if (row >= 0) this.core.metadata.set(row, metadata)
  }

  private readonly onHistogram = (ref: number, t: number, h: Histogram | null, encoding: number): void => {
    const { store, columns, minTimeMs } = this.core
    const row = this.rows.get(ref)
    if (row < 0) {
      this.samplesUnknownSeries++
      return
    }
    if (t > this.newest) this.newest = t
    if (t < minTimeMs) {
      this.samplesExpired++
      return
    }
    if (!(t > columns.newest[row]!)) {
      this.samplesKnown++
      return
    }
    columns.newest[row] = t
    store.addHistogram(row, t, h, encoding)
    store.publishHistogram(row)
    this.core.noteTimes(t, t)
    this.samples++
  }

  private samplesRecord(b: Uint8Array, from: number, to: number): void {
    const rows = this.samplesRows
    decodeSamples(b, from, to, rows)
    const { store, columns, minTimeMs } = this.core
    const { newest } = columns
    const { refs, ts, lo, hi, length } = rows
    let minT = Infinity
    let maxT = -Infinity
    for (let i = 0; i < length; i++) {
      const row = this.rows.get(refs[i]!)
      if (row < 0) {
        this.samplesUnknownSeries++
        continue
      }
      const t = ts[i]!
      if (t > this.newest) this.newest = t
      if (t < minTimeMs) {
        this.samplesExpired++
        continue
      }
      if (!(t > newest[row]!)) {
        this.samplesKnown++
        continue
      }
      newest[row] = t
      store.add(row, t, lo[i]!, hi[i]!)
      store.publish(row)
      if (t < minT) minT = t
      if (t > maxT) maxT = t
      this.samples++
    }
    if (maxT > -Infinity) this.core.noteTimes(minT, maxT)
  }
}

/** Lets timers and I/O run. */
const nextTurn = (): Promise<void> => new Promise(resolve => setImmediate(resolve))
