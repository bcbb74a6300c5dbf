import { existsSync } from 'node:fs'
import path from 'node:path'
import { RECORD, RecordError, RecordReader, SampleRows, decodeSamples } from '../wal/record.ts'
import { nextRecord } from '../wal/salvage.ts'
import { listCheckpoints, listSegments } from '../wal/wal-files.ts'
import type { SegmentFile } from '../wal/wal-files.ts'
import { readSegment, readWhole } from '../wal/wal-reader.ts'
import type { RecordHandler } from '../wal/wal-reader.ts'

/** A part of a segment that can't be read. */
export interface LogFault {
  readonly file: string
  /** Bytes `[from, to)` of the file. */
  readonly from: number
  readonly to: number
  readonly reason: string
  /** The file just ends inside a record: a write that a crash cut short. Nothing that was acknowledged is in it. */
  readonly torn: boolean
  /** Unix ms of the newest sample before it and of the first behind it, as far as there are any: what was lost lies about there. */
  readonly afterMs: number | undefined
  readonly beforeMs: number | undefined
}

/** What was found in a log: the write-ahead log, one of its checkpoints, or the log of out-of-order samples. */
export interface LogCheck {
  readonly dir: string
  readonly segments: number
  readonly bytes: number
  readonly records: number
  readonly series: number
  readonly samples: number
  readonly minMs: number | undefined
  readonly maxMs: number | undefined
  readonly faults: readonly LogFault[]
  /** Records whose frame is whole but whose content is not. */
  readonly badRecords: number
  /** Numbers of segments that are missing between others. */
  readonly missing: readonly number[]
}

/** The logs of a data directory: checkpoints before the log that they belong to. */
export function logsOf(dataDir: string): string[] {
  const out: string[] = []
  for (const name of ['wal', 'wbl']) {
    const dir = path.join(dataDir, name)
    if (!existsSync(dir)) continue
    // Only the newest checkpoint is ever read.
    const checkpoint = listCheckpoints(dir).at(-1)
    if (checkpoint !== undefined) out.push(checkpoint.dir)
    out.push(dir)
  }
  return out
}

/** Reads a whole log record by record. Damage does not end the reading: it goes on with the first record of a later page. */
export function verifyLog(dir: string, onProgress: (part: number) => void = () => {}): LogCheck {
  const segments = listSegments(dir)
  const total = segments.reduce((sum, s) => sum + s.bytes, 0)
  const missing: number[] = []
  for (let i = 1; i < segments.length; i++) for (let k = segments[i - 1]!.index + 1; k < segments[i]!.index; k++) missing.push(k)
  const counts = new RecordCounts()
  const faults: LogFault[] = []
  let done = 0
  for (const segment of segments) {
    onProgress(total === 0 ? 1 : done / total)
    faults.push(...scanSegment(segment, readWhole(segment.file), counts))
    done += segment.bytes
  }
  return {
    dir, segments: segments.length, bytes: total, records: counts.records, series: counts.series, samples: counts.samples, badRecords: counts.bad, faults, missing,
    minMs: counts.minMs === Infinity ? undefined : counts.minMs, maxMs: counts.maxMs === -Infinity ? undefined : counts.maxMs,
  }
}

/** Reads what can be read of a segment. @returns the parts that can't */
export function scanSegment(segment: SegmentFile, b: Uint8Array, counts: RecordCounts, onRecord?: RecordHandler): LogFault[] {
  const open: { from: number; to: number; reason: string; torn: boolean; afterMs: number | undefined }[] = []
  const faults: LogFault[] = []
  const settle = (beforeMs: number | undefined): void => {
    for (const f of open.splice(0)) faults.push({ file: segment.file, ...f, beforeMs })
  }
  const handler: RecordHandler = (record, from, to) => {
    const first = counts.add(record, from, to)
    if (first !== undefined && open.length > 0) settle(first)
    onRecord?.(record, from, to)
  }
  let start = 0
  for (;;) {
    const fault = readSegment(segment.file, b, handler, start)
    if (fault === undefined) break
    const { goodBytes: from, reason, torn } = fault
    const next = torn ? undefined : nextRecord(b, from)
    const last = open.at(-1)
    // Two faults without a whole record between them are one.
    if (last !== undefined && last.to === from) last.to = next ?? b.length
    else open.push({ from, to: next ?? b.length, reason, torn, afterMs: counts.newestMs })
    if (next === undefined) break
    start = next
  }
  settle(undefined)
  return faults
}

/** Counts records while they are read. */
export class RecordCounts {
  records = 0
  series = 0
  samples = 0
  bad = 0
  minMs: number = Infinity
  maxMs: number = -Infinity
  /** Time of the last sample that was read. */
  newestMs: number | undefined
  private readonly rows = new SampleRows()

  /** @returns the time of the record's first sample, if it has one */
  add(b: Uint8Array, from: number, to: number): number | undefined {
    this.records++
    try {
      if (b[from] === RECORD.samples) {
        const { rows } = this
        decodeSamples(b, from, to, rows)
        this.samples += rows.length
        for (let i = 0; i < rows.length; i++) {
          if (rows.ts[i]! < this.minMs) this.minMs = rows.ts[i]!
          if (rows.ts[i]! > this.maxMs) this.maxMs = rows.ts[i]!
        }
        if (rows.length > 0) this.newestMs = rows.ts[rows.length - 1]!
        return rows.length > 0 ? rows.ts[0]! : undefined
      }
      if (b[from] === RECORD.series) {
        const r = new RecordReader(b, from + 1, to)
        while (r.p < to) {
          r.be64()
          const n = r.uvarint()
          for (let i = 0; i < 2 * n; i++) r.text()
          this.series++
        }
      }
    } catch (err) {
      if (!(err instanceof RecordError)) throw err
      this.bad++
    }
    return undefined
  }
}
