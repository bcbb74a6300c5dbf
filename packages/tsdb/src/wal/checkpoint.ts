import { existsSync, fsyncSync, mkdirSync, openSync, closeSync, readdirSync, renameSync, rmSync } from 'node:fs'
import path from 'node:path'
import type { SeriesMetadata } from '@haechi/storage'
import type { Logger } from '../logger.ts'
import { RECORD, RecordBuffer, RecordReader, SampleRows, SamplesRecord, decodeSamples } from './record.ts'
import { decodeMetadata, encodeMetadata } from './side-records.ts'
import { checkpointName, listCheckpoints, listSegments } from './wal-files.ts'
import { readSegment, readWhole } from './wal-reader.ts'
import { WalWriter } from './wal-writer.ts'
import type { WalCompression } from './wal-writer.ts'

/** What a checkpoint kept. */
export interface CheckpointReport {
  readonly upTo: number
  readonly segmentsRemoved: number
  readonly series: number
  readonly seriesDropped: number
  readonly samples: number
  readonly samplesDropped: number
}

/** What decides over records of old segments. */
export interface CheckpointRules {
  /** Samples before this go. Unix ms. */
  readonly minMs: number
  /** Deletions that end before this go. Default `minMs`. */
  readonly deletionsMinMs?: number
  /** Whether a series number is still needed. */
  keepSeries(ref: number): boolean
  readonly compress: WalCompression
  readonly logger: Logger
}

/** How much of the samples of one record may be apart: records that are not taken apart are judged by their first time. */
const RECORD_SPREAD_MS = 3_600_000

/** Series whose metadata one record says. */
const METADATA_PER_RECORD = 1024

/** Bytes of records that are collected before they are written. */
const FLUSH_BYTES = 1 << 20

/**
 * Writes one checkpoint for the last checkpoint and all segments up to `upTo`, and deletes these. Blocks the thread for the length of a
 * segment (half a second for 128 MiB), so it belongs into the maintenance thread. A crash at any point leaves either the old or the new state.
 *
 * @see Prometheus tsdb/wlog/checkpoint.go
 */
export async function writeCheckpoint(walDir: string, upTo: number, rules: CheckpointRules): Promise<CheckpointReport> {
  const last = listCheckpoints(walDir).at(-1)
  const segments = listSegments(walDir).filter(s => s.index <= upTo && (last === undefined || s.index > last.index))
  const sources = [...(last === undefined ? [] : listSegments(last.dir)), ...segments]
  const target = path.join(walDir, checkpointName(upTo))
  const temp = `${target}.tmp`
  // Also those of a process that ended while it wrote another one.
  for (const name of readdirSync(walDir)) if (/^checkpoint\.\d+\.tmp$/.test(name)) rmSync(path.join(walDir, name), { recursive: true, force: true })
  mkdirSync(temp, { recursive: true })
  const out = new WalWriter(temp, 0, { compress: rules.compress, logger: rules.logger })
  const filter = new RecordFilter(rules, out)
  try {
    for (const segment of sources) {
      let bytes = 0
      readSegment(segment.file, readWhole(segment.file), (record, from, to) => {
        filter.record(record.subarray(from, to))
        bytes += to - from
        if (bytes < FLUSH_BYTES) return
        bytes = 0
        out.flush()
      })
      out.flush()
      await new Promise(resolve => setImmediate(resolve))
    }
    filter.end()
    out.close()
  } catch (err) {
    out.abort()
    rmSync(temp, { recursive: true, force: true })
    throw err
  }
  syncDir(temp)
  rmSync(target, { recursive: true, force: true })
  renameSync(temp, target)
  syncDir(walDir)
  // Also those that an earlier checkpoint replaced when the process ended before it had removed them: Prometheus opens no log whose segments have a gap.
  for (const segment of listSegments(walDir)) if (segment.index <= upTo) rmSync(segment.file, { force: true })
  for (const old of listCheckpoints(walDir)) if (old.index < upTo) rmSync(old.dir, { recursive: true, force: true })
  return {
    upTo, segmentsRemoved: segments.length, series: filter.series, seriesDropped: filter.seriesDropped, samples: filter.samples, samplesDropped: filter.samplesDropped,
  }
}

function syncDir(dir: string): void {
  if (!existsSync(dir)) return
  const fd = openSync(dir, 'r')
  try {
    fsyncSync(fd)
  } catch {
    // Some file systems can't sync a directory; the rename is then as durable as they make it.
  } finally {
    closeSync(fd)
  }
}

/** Passes on the parts of records that are still needed. */
class RecordFilter {
  series = 0
  seriesDropped = 0
  samples = 0
  samplesDropped = 0
  private readonly rules: CheckpointRules
  private readonly out: WalWriter
  private readonly rows = new SampleRows()
  private readonly kept = new SamplesRecord()
  private readonly buffer = new RecordBuffer()
  private readonly metadata = new Map<number, SeriesMetadata>()

  constructor(rules: CheckpointRules, out: WalWriter) {
    this.rules = rules
    this.out = out
  }

  record(b: Uint8Array): void {
    switch (b[0]) {
      case RECORD.series: return this.seriesRecord(b)
      case RECORD.samples: return this.samplesRecord(b)
      case RECORD.tombstones: return this.tombstonesRecord(b)
      case RECORD.exemplars:
      case RECORD.histograms:
      case RECORD.floatHistograms:
      case RECORD.customBucketsHistograms:
      case RECORD.customBucketsFloatHistograms: {
        // First number, first time, then differences: one batch, so one time is enough to judge it by.
        const r = new RecordReader(b, 1, b.length)
        r.be64()
        if (r.be64() + RECORD_SPREAD_MS >= this.rules.minMs) this.out.add(b, b.length)
        return
      }
      case RECORD.samplesStarts:
      case RECORD.histogramsStarts:
      case RECORD.floatHistogramsStarts: {
        const r = new RecordReader(b, 1, b.length)
        r.varint()
        if (r.varint() + RECORD_SPREAD_MS >= this.rules.minMs) this.out.add(b, b.length)
        return
      }
      case RECORD.metadata:
        decodeMetadata(b, 0, b.length, (ref, metadata) => {
          if (this.rules.keepSeries(ref)) this.metadata.set(ref, metadata)
        })
        return
      // What is newer than this code: kept, so that nothing is lost for those who understand it.
      default: this.out.add(b, b.length)
    }
  }

  /** Writes what is known at the end only: the newest metadata of each series. */
  end(): void {
    const list = Array.from(this.metadata, ([ref, metadata]) => ({ ref, metadata }))
    for (let i = 0; i < list.length; i += METADATA_PER_RECORD) {
      this.buffer.length = 0
      encodeMetadata(list.slice(i, i + METADATA_PER_RECORD), this.buffer)
      this.out.add(this.buffer.bytes, this.buffer.length)
    }
    this.out.flush()
  }

  private seriesRecord(b: Uint8Array): void {
    const r = new RecordReader(b, 1, b.length)
    const out = this.buffer
    out.length = 0
    out.byte(RECORD.series)
    while (r.p < b.length) {
      const start = r.p
      const ref = r.be64()
      const n = r.uvarint()
      for (let i = 0; i < 2 * n; i++) r.text()
      if (!this.rules.keepSeries(ref)) {
        this.seriesDropped++
        continue
      }
      this.series++
      out.reserve(r.p - start)
      out.bytes.set(b.subarray(start, r.p), out.length)
      out.length += r.p - start
    }
    if (out.length > 1) this.out.add(out.bytes, out.length)
  }

  private samplesRecord(b: Uint8Array): void {
    const { rows, kept } = this
    decodeSamples(b, 0, b.length, rows)
    kept.begin(rows.length)
    for (let i = 0; i < rows.length; i++) {
      if (rows.ts[i]! < this.rules.minMs) {
        this.samplesDropped++
        continue
      }
      kept.sample(rows.refs[i]!, rows.ts[i]!, rows.lo[i]!, rows.hi[i]!)
      this.samples++
    }
    if (kept.count > 0) this.out.add(kept.buffer.bytes, kept.buffer.length)
  }

  private tombstonesRecord(b: Uint8Array): void {
    const r = new RecordReader(b, 1, b.length)
    const out = this.buffer
    out.length = 0
    out.byte(RECORD.tombstones)
    while (r.p < b.length) {
      const start = r.p
      r.be64()
      r.varint()
      if (r.varint() < (this.rules.deletionsMinMs ?? this.rules.minMs)) continue
      out.reserve(r.p - start)
      out.bytes.set(b.subarray(start, r.p), out.length)
      out.length += r.p - start
    }
    if (out.length > 1) this.out.add(out.bytes, out.length)
  }
}
