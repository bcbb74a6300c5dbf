import type { Histogram } from '@haechi/model'
import type { HeadCore } from '../head-core.ts'
import { decodeHistogramRecord, isHistogramRecord } from '../histogram/log-records.ts'
import type { Logger } from '../logger.ts'
import { RECORD, RecordError, RecordReader, SampleRows, decodeSamples } from './record.ts'
import { ENCODING } from '../layout.ts'
import { decodeStartRecord, isStartRecord } from './start-records.ts'
import type { StartSample } from './start-records.ts'
import { listSegments } from './wal-files.ts'
import type { SegmentFile } from './wal-files.ts'
import { readWithFaults } from './salvage.ts'
import type { SegmentFault } from './salvage.ts'
import { readWhole } from './wal-reader.ts'

/** What the replay of the log of out-of-order samples found. */
export interface OutOfOrderReplay {
  readonly segments: number
  readonly bytes: number
  readonly samples: number
  /** Samples of series that the write-ahead log does not describe: they were never acknowledged, or are in blocks. */
  readonly samplesUnknownSeries: number
  /** Records that were passed over: what is newer than this code. */
  readonly skippedRecords: number
  readonly badRecords: number
}

/** What the replay of the write-ahead log knows, and does with damage. */
export interface OutOfOrderSource {
  /** Row of a series number, -1 if unknown. */
  rowOf(ref: number): number
  repair(segment: SegmentFile, faults: readonly SegmentFault[]): void
}

/**
 * Puts what the `wbl` folder holds into a head whose write-ahead log has been replayed.
 *
 * @param mapped places of the out-of-order chunks that were taken from `chunks_head`: a marker that names one says that all earlier samples of its series are in such chunks
 * @see Prometheus tsdb/head_wal.go `loadWBL`
 */
export async function replayOutOfOrder(core: HeadCore, source: OutOfOrderSource, mapped: ReadonlySet<number>, dir: string, log: Logger): Promise<OutOfOrderReplay> {
  const { extras } = core.store
  const rows = new SampleRows()
  const segments = listSegments(dir)
  let bytes = 0
  let samples = 0
  let samplesUnknownSeries = 0
  let skippedRecords = 0
  let badRecords = 0
  const sampleRecord = (b: Uint8Array, from: number, to: number): void => {
    decodeSamples(b, from, to, rows)
    for (let i = 0; i < rows.length; i++) {
      const ref = rows.refs[i]!
      if (ref > core.lastWalRef) core.lastWalRef = ref
      const row = source.rowOf(ref)
      if (row < 0) samplesUnknownSeries++
      else if (extras.insert(row, rows.ts[i]!, rows.lo[i]!, rows.hi[i]!)) samples++
    }
  }
  const onHistogram = (ref: number, t: number, h: Histogram | null, encoding: number): void => {
    if (ref > core.lastWalRef) core.lastWalRef = ref
    const row = source.rowOf(ref)
    if (row < 0) samplesUnknownSeries++
    else if (extras.insertHistogram(row, t, h, encoding)) samples++
  }
  // Those of samples out of order are not kept.
  const onStartSample = ({ ref, t, encoding, histogram, low, high }: Readonly<StartSample>): void => {
    if (encoding !== ENCODING.xor2) {
      onHistogram(ref, t, histogram, encoding - ENCODING.histogramStarts + ENCODING.histogram)
      return
    }
    if (ref > core.lastWalRef) core.lastWalRef = ref
    const row = source.rowOf(ref)
    if (row < 0) samplesUnknownSeries++
    else if (extras.insert(row, t, low, high)) samples++
  }
  const markerRecord = (b: Uint8Array, from: number, to: number): void => {
    const r = new RecordReader(b, from + 1, to)
    while (r.p < to) {
      const row = source.rowOf(r.be64())
      const place = r.be64()
      if (row >= 0 && mapped.has(place)) extras.forgetInserted(row)
    }
  }
  for (const segment of segments) {
    const faults = readWithFaults(segment.file, readWhole(segment.file), (b, from, to) => {
      try {
        if (b[from] === RECORD.samples) sampleRecord(b, from, to)
        else if (isHistogramRecord(b[from] ?? 0)) decodeHistogramRecord(b, from, to, onHistogram)
        else if (isStartRecord(b[from] ?? 0)) decodeStartRecord(b, from, to, onStartSample)
        else if (b[from] === RECORD.mmapMarkers) markerRecord(b, from, to)
        else skippedRecords++
      } catch (err) {
        if (!(err instanceof RecordError)) throw err
        badRecords++
        log.warn({ file: segment.file, type: b[from], err: err.message }, 'A record of the log of out-of-order samples cannot be read')
      }
    })
    bytes += segment.bytes
    if (faults.length > 0) source.repair(segment, faults)
    await new Promise(resolve => setImmediate(resolve))
  }
  if (skippedRecords > 0) log.warn({ records: skippedRecords }, 'Records of the log of out-of-order samples are of a kind that is not known here; their samples are not answered')
  return { segments: segments.length, bytes, samples, samplesUnknownSeries, skippedRecords, badRecords }
}
