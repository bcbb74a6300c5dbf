import { truncateSync } from 'node:fs'
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
import { rewriteSegment, scanWithFaults } from './salvage.ts'
import type { SegmentFault } from './salvage.ts'
import { ENCODING } from '../layout.ts'
import { decodeStartRecord, isStartRecord } from './start-records.ts'
import type { StartSample } from './start-records.ts'
import { readWhole } from './wal-reader.ts'
import { segmentName } from './wal-writer.ts'

/** How far the replay is; for a progress line or the readiness probe. */
export interface ReplayProgress {
  readonly segment: number
  readonly segments: number
  readonly samples: number
  readonly series: number
  /** Bytes of the log that were read, and those of all its segments. */
  readonly bytes: number
  readonly totalBytes: number
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

/** Numbers below this are looked up in one array: Prometheus and we count them from 1. */
const DENSE_REFS = 1 << 24

/** Row by series number of the log. */
class RowsByRef {
  /** Row + 1 of the small numbers, 0 for none. */
  dense: Int32Array = new Int32Array(1 << 12)
  private readonly others = new Map<number, number>()

  get(ref: number): number {
    if (ref < this.dense.length) return ref >= 0 ? this.dense[ref]! - 1 : -1
    return this.others.get(ref) ?? -1
  }

  set(ref: number, row: number): void {
    if (ref >= DENSE_REFS) {
      this.others.set(ref, row)
      return
    }
    if (ref >= this.dense.length) {
      const dense = new Int32Array(Math.min(DENSE_REFS, Math.max(ref + 1, 2 * this.dense.length)))
      dense.set(this.dense)
      this.dense = dense
    }
    this.dense[ref] = row + 1
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
  private dataDir = ''
  /** The segment that is read. */
  private file = ''
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
   * Reads checkpoint and segments of `walDir`. Gives way to other work every few milliseconds.
   * @throws Error of the file system; the signal's reason
   */
  async run(walDir: string, onProgress: (p: ReplayProgress) => void, signal?: AbortSignal): Promise<ReplayReport> {
    const started = performance.now()
    const checkpoint = listCheckpoints(walDir).at(-1)
    const fromCheckpoint = checkpoint === undefined ? [] : listSegments(checkpoint.dir)
    const segments = listSegments(walDir).filter(s => checkpoint === undefined || s.index > checkpoint.index)
    const total = fromCheckpoint.length + segments.length
    const totalBytes = [...fromCheckpoint, ...segments].reduce((sum, s) => sum + s.bytes, 0)
    let bytes = 0
    let done = 0
    const tell = (at: number): void => onProgress({ segment: done, segments: total, samples: this.samples, series: this.core.store.series, bytes: bytes + at, totalBytes })
    const readOne = async (segment: SegmentFile): Promise<SegmentFault[]> => {
      this.file = segment.file
      const scan = scanWithFaults(segment.file, readWhole(segment.file), (record, from, to) => this.record(record, from, to))
      for (let pausedMs = performance.now(); ; ) {
        const next = scan.next()
        if (next.done === true) {
          bytes += segment.bytes
          done++
          tell(0)
          await nextTurn()
          signal?.throwIfAborted()
          return next.value
        }
        if (performance.now() - pausedMs < TURN_MS) continue
        tell(next.value)
        await nextTurn()
        signal?.throwIfAborted()
        pausedMs = performance.now()
      }
    }
    this.dataDir = path.dirname(walDir)
    for (const segment of fromCheckpoint) {
      const faults = await readOne(segment)
      // A checkpoint gets its name when it is whole: an end that is missing is damage.
      if (faults.length > 0) this.repair(segment, faults.map(f => ({ ...f, torn: false })))
    }
    let expected = checkpoint === undefined ? 0 : checkpoint.index + 1
    for (const segment of segments) {
      if (segment.index > expected) this.missing(walDir, expected, segment.index - 1)
      expected = segment.index + 1
      this.newest = -Infinity
      // A torn end is where a process was killed: the next one began a new segment.
      const faults = await readOne(segment)
      this.core.segmentTimes.note(segment.index, this.newest)
      if (faults.length > 0) this.repair(segment, faults)
    }
    // Nobody reads before: once for all samples.
    this.core.store.fence()
    for (let row = 0; row < this.core.store.rows; row++) this.core.store.publish(row)
    if (this.samplesUnknownSeries > 0) {
      this.log.warn({ samples: this.samplesUnknownSeries, dir: walDir, next: this.next('verify') }, 'Samples of the write-ahead log belong to series that it does not describe, and were left out')
    }
    return {
      durationMs: performance.now() - started, segments: done, bytes, series: this.core.store.series, samples: this.samples, samplesKnown: this.samplesKnown,
      samplesExpired: this.samplesExpired, samplesUnknownSeries: this.samplesUnknownSeries, mappedChunks: this.mappedChunks, skippedRecords: this.skippedRecords,
      badRecords: this.badRecords, tornBytes: this.tornBytes, lost: this.lost,
    }
  }

  /** The command that tells more, or mends. */
  private next(command: 'verify' | 'repair'): string {
    return `haechi tsdb ${command} ${this.dataDir}`
  }

  /** Takes what could not be read out of a segment of any of the logs, all records of which have been read that can be. What is taken out is kept aside, not deleted. */
  repair(segment: SegmentFile, faults: readonly SegmentFault[]): void {
    const { file } = segment
    const damage = faults.filter(f => !f.torn)
    const end = faults.at(-1)!
    if (end.torn) this.tornBytes += end.totalBytes - end.goodBytes
    const bytes = damage.reduce((sum, f) => sum + f.endBytes - f.goodBytes, 0)
    const reason = damage.map(f => `${f.reason} at byte ${f.goodBytes}`).join(', ')
    if (this.readOnly) {
      if (damage.length > 0) this.lost.push({ file, bytes, reason, movedTo: undefined })
      return
    }
    if (damage.length === 0) {
      truncateSync(file, end.goodBytes)
      this.log.warn({ file, bytes: end.totalBytes - end.goodBytes }, 'Cut an unfinished write off the write-ahead log; nothing acknowledged was in it')
      return
    }
    let movedTo: string | undefined
    let err: unknown
    try {
      movedTo = rewriteSegment(this.dataDir, segment)
    } catch (cause) {
      err = cause
    }
    this.lost.push({ file, bytes, reason, movedTo })
    const fields = { file, bytes, of: segment.bytes, reason, next: this.next(movedTo === undefined ? 'repair' : 'verify') }
    if (movedTo === undefined) this.log.error({ ...fields, err }, 'The write-ahead log is damaged; the rest of it was read, but it could not be written anew')
    else this.log.error({ ...fields, movedTo }, 'The write-ahead log is damaged; the damaged part was taken out of it and the rest was read')
  }

  /** Segments that should be there. */
  private missing(walDir: string, from: number, to: number): void {
    const file = path.join(walDir, segmentName(from))
    const reason = from === to ? 'the segment is missing' : `segments ${from} to ${to} are missing`
    this.lost.push({ file, bytes: 0, reason, movedTo: undefined })
    this.log.error({ file, segments: to - from + 1, next: this.next('repair') }, 'Segments of the write-ahead log are missing, and with them what they held; the rest was read')
  }

  private record(b: Uint8Array, from: number, to: number): void {
    const type = b[from] ?? 0
    try {
      if (type === RECORD.samples) this.samplesRecord(b, from, to)
      else if (type === RECORD.series) this.seriesRecord(b, from, to)
      else if (isHistogramRecord(type)) decodeHistogramRecord(b, from, to, this.onHistogram)
      else if (isStartRecord(type)) decodeStartRecord(b, from, to, this.onStartSample)
      else if (type === RECORD.exemplars) decodeExemplars(b, from, to, this.onExemplar)
      else if (type === RECORD.metadata) decodeMetadata(b, from, to, this.onMetadata)
      else if (type === RECORD.tombstones) this.tombstonesRecord(b, from, to)
      else this.skippedRecords[type] = (this.skippedRecords[type] ?? 0) + 1
    } catch (err) {
      if (!(err instanceof RecordError)) throw err
      this.badRecords++
      this.log.warn({ file: this.file, type, err: err.message, next: this.next('verify') }, 'A record of the write-ahead log cannot be read')
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
      const { row, made } = core.store.seriesRows.ofBytes(b, this.spans, n)
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
    if (row >= 0 && exemplar.tMs >= this.core.minTimeMs) this.core.exemplars.add(this.core.store.seriesRows.labelsOf(row), exemplar)
  }

  private readonly onMetadata = (ref: number, metadata: SeriesMetadata): void => {
    const row = this.rows.get(ref)
    if (row >= 0) this.core.metadata.set(row, metadata)
  }

  private readonly onHistogram = (ref: number, t: number, h: Histogram | null, encoding: number): void => {
    const row = this.rowFor(ref, t)
    if (row < 0) return
    this.core.store.addHistogram(row, t, h, encoding)
    this.core.store.publishHistogram(row)
  }

  private readonly onStartSample = ({ ref, t, startMs, encoding, histogram, low, high }: Readonly<StartSample>): void => {
    const row = this.rowFor(ref, t)
    if (row < 0) return
    const { store } = this.core
    // What has no start time need not be in chunks that can say it, unless the series has one open.
    if (encoding === ENCODING.xor2 && startMs === 0 && store.encodingOf(row) !== ENCODING.xor2) store.add(row, t, low, high)
    else if (encoding === ENCODING.xor2) store.addFloatWithStart(row, t, low, high, startMs)
    else store.addHistogram(row, t, histogram, startMs === 0 ? encoding - ENCODING.histogramStarts + ENCODING.histogram : encoding, startMs)
    store.publishHistogram(row)
  }

  /** Counts a sample of the log that is taken one by one. @returns its row, -1 if it is not to be taken */
  private rowFor(ref: number, t: number): number {
    const { columns, minTimeMs } = this.core
    const row = this.rows.get(ref)
    if (row < 0) {
      if (ref > this.core.lastWalRef) this.core.lastWalRef = ref
      this.samplesUnknownSeries++
      return -1
    }
    if (t > this.newest) this.newest = t
    if (t < minTimeMs) {
      this.samplesExpired++
      return -1
    }
    if (!(t > columns.newest[row]!)) {
      this.samplesKnown++
      return -1
    }
    columns.newest[row] = t
    this.core.noteTimes(t, t)
    this.samples++
    return row
  }

  private samplesRecord(b: Uint8Array, from: number, to: number): void {
    const rows = this.samplesRows
    decodeSamples(b, from, to, rows)
    for (let i = 0; i < rows.length; i += SAMPLES_AT_ONCE) this.takeSamples(i, Math.min(i + SAMPLES_AT_ONCE, rows.length))
  }

  /**
   * Takes some of the decoded samples. A call for each few hundred, not one loop for the record: V8 then optimises the function as a whole; of a long loop it
   * optimises the loop alone and throws that away at each end.
   */
  private takeSamples(first: number, end: number): void {
    const { store, columns, minTimeMs } = this.core
    const { newest } = columns
    const { refs, ts, lo, hi } = this.samplesRows
    const { dense } = this.rows
    let newestSeen = this.newest
    let minT = Infinity
    let maxT = -Infinity
    let taken = 0
    for (let i = first; i < end; i++) {
      const ref = refs[i]!
      const row = ref >= 0 && ref < dense.length ? dense[ref]! - 1 : this.rows.get(ref)
      if (row < 0) {
        // Its series record was lost: the number must not be given to another series.
        if (ref > this.core.lastWalRef) this.core.lastWalRef = ref
        this.samplesUnknownSeries++
        continue
      }
      const t = ts[i]!
      if (t > newestSeen) newestSeen = t
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
      taken++
      if (t < minT) minT = t
      if (t > maxT) maxT = t
    }
    this.newest = newestSeen
    this.samples += taken
    if (taken > 0) this.core.noteTimes(minT, maxT)
  }
}

/** Samples that one call takes. */
const SAMPLES_AT_ONCE = 256
/** Longest time without a turn for others. */
const TURN_MS = 20
/** Lets timers and I/O run. */
const nextTurn = (): Promise<void> => new Promise(resolve => setImmediate(resolve))
