import { cpSync, rmSync } from 'node:fs'
import path from 'node:path'
import { labelsFromObject, newMatcher } from '@haechi/model'
import type { Histogram } from '@haechi/model'
import { APPEND, STALE_HIGH, STALE_LOW, SampleColumns } from '@haechi/storage'
import type { Queryable } from '@haechi/storage'
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { decodeChunk } from '../src/chunk-decode.ts'
import { BitWriter, HistogramChunkError } from '../src/histogram/bits.ts'
import { encodingFor } from '../src/histogram/layout.ts'
import { HistogramChunkBuilder } from '../src/histogram/chunk-builder.ts'
import { openDatabase, openDatabaseReader } from '../src/index.ts'
import type { Database } from '../src/index.ts'
import { ENCODING } from '../src/layout.ts'
import { samplesOf } from '../src/start-times.ts'
import { decodeStartRecord } from '../src/wal/start-records.ts'
import { StartRecords } from '../src/wal/start-records.ts'
import { RecordError } from '../src/wal/record.ts'
import { Xor2State, encodeXor2Chunk } from '../src/xor2-chunk.ts'
import { histogramOf, histogramSeries, meaning } from './histogram-arbitrary.ts'
import { tempDir } from './temp-dir.ts'

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const T0 = Math.floor(1_790_000_000_000 / (54 * HOUR)) * 54 * HOUR

/** Samples as `[time, start time, high word, low word]`. */
type Row = readonly [t: number, startMs: number, high: number, low: number]

function columnsOf(rows: readonly Row[]): SampleColumns {
  const columns = new SampleColumns(rows.length + 1)
  columns.startsMs = new Float64Array(rows.length + 1)
  rows.forEach(([t, startMs, high, low], i) => {
    columns.push(t, 0)
    columns.bits[2 * i] = low
    columns.bits[2 * i + 1] = high
    columns.startsMs![i] = startMs
  })
  return columns
}

function rowsOf(columns: SampleColumns, n: number): Row[] {
  return Array.from({ length: n }, (_, i) => [columns.ts[i]!, columns.startsMs?.[i] ?? 0, columns.bits[2 * i + 1]!, columns.bits[2 * i]!])
}

const word = fc.integer({ min: 0, max: 0xffffffff })
const values = fc.oneof(
  fc.constantFrom<[number, number]>([0x3ff00000, 0], [0x40000000, 0], [0, 0], [STALE_HIGH, STALE_LOW], [0x7ff80000, 1]), fc.tuple(word, word), fc.double({ noNaN: true }).map((v): [number, number] => [...new Uint32Array(Float64Array.of(v).buffer)].reverse() as [number, number]),
)
const deltas = fc.oneof(fc.constant(15_000), fc.constant(15_000), fc.integer({ min: 1, max: 20_000 }), fc.integer({ min: 1, max: 2 ** 40 }))
const starts = fc.oneof(fc.constant('same' as const), fc.constant(0), fc.integer({ min: -4_000_000, max: 4_000_000 }))
const series = fc.array(fc.tuple(deltas, values, starts), { minLength: 1, maxLength: 300 }).chain(list => fc.boolean().map(known => {
  const rows: Row[] = []
  let t = 1_790_000_000_000
  let startMs = known ? t - 7 : 0
  for (const [delta, [high, low], start] of list) {
    t += delta
    if (start === 0) startMs = 0
    else if (start !== 'same' && known) startMs = t + start
    rows.push([t, startMs, high, low])
  }
  return rows
}))

describe('chunks of floats with start times', () => {
  test('[X4] the bits are those of the format, sample by sample', () => {
    // Time 1000, 1.0, start 990; then 15 later the same value (its `0`) and start (nothing); 15 later 2.0 (`10`, a new window: `1`, lead 1, 11 bits); a time 1 later than that (13 bits) and a staleness marker.
    const chunk = encodeXor2Chunk(columnsOf([[1000, 990, 0x3ff00000, 0], [1015, 990, 0x3ff00000, 0], [1030, 990, 0x40000000, 0], [1046, 990, STALE_HIGH, STALE_LOW], [1062, 990, 0x40000000, 0], [1078, 1062, 0x40000000, 0]]), 0, 6)
    const binary = Array.from(chunk.subarray(3), b => b.toString(2).padStart(8, '0')).join('')
    expect([...chunk.subarray(0, 3)]).toEqual([0, 6, 0x80 | 5])
    const head = '1101000000001111' + '0011111111110000' + '0'.repeat(48) + '00010100'
    const xor = '10' + '1' + '00001' + '001011' + '11111111111'
    const dod = '110' + '0000000000001' + '111'
    // Unchanged against 2.0, the last that was no marker; then the start time changes: the time before minus it is 0.
    expect(binary).toBe((head + '00001111' + '0' + xor + dod + '0' + '0' + '0').padEnd(binary.length, '0'))
    expect(binary.length - (head + '00001111' + '0' + xor + dod + '000').length).toBeLessThan(8)
  })

  test('[X1] any bits, times and start times are read back', () => {
    fc.assert(fc.property(series, rows => {
      const chunk = encodeXor2Chunk(columnsOf(rows), 0, rows.length)
      const into = new SampleColumns(rows.length)
      decodeChunk(ENCODING.xor2, chunk, 0, chunk.length, rows.length, into, 0)
      expect(rowsOf(into, rows.length)).toEqual(rows)
    }), { numRuns: 150 })
  })

  test('[N7] histograms with start times are read back, also where a layout begins a new chunk', () => {
    fc.assert(fc.property(histogramSeries, fc.array(starts, { minLength: 60, maxLength: 60 }), (steps, changes) => {
      const want: unknown[] = []
      const got: unknown[] = []
      const into = new SampleColumns(130)
      const builder = new HistogramChunkBuilder((minT, _maxT, encoding, samples, b, length) => {
        expect(samplesOf(encoding, b, 0)).toBe(samples)
        into.startsMs = null
        into.histograms = null
        decodeChunk(encoding, b.slice(0, length), 0, length, samples, into, 0)
        expect(into.ts[0]).toBe(minT)
        for (let i = 0; i < samples; i++) got.push([into.ts[i], (into.startsMs as Float64Array | null)?.[i] ?? 0, meaning(into.histograms![i]!)])
      })
      let encoding: number = ENCODING.histogramStarts
      let startMs = 0
      steps.forEach((h, i) => {
        const t = T0 + i * 15_000
        const change = changes[i]!
        if (change !== 'same') startMs = change === 0 ? 0 : t + change
        if (h !== null) encoding = encodingFor(h, true)
        builder.add(t, h, encoding, startMs)
        want.push([t, startMs, meaning(h)])
      })
      builder.end()
      expect(got).toEqual(want)
    }), { numRuns: 60 })
  })

  test('[X3] any bytes decode to samples or to a clean error', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), fc.constantFrom(4, 5, 6), fc.integer({ min: 0, max: 300 }), (bytes, encoding, n) => {
      const into = new SampleColumns(n)
      try {
        decodeChunk(encoding, bytes, 0, bytes.length, n, into, 0)
      } catch (err) {
        expect(err).toBeInstanceOf(HistogramChunkError)
      }
    }), { numRuns: 500 })
  })

  test('[X3] a growing chunk has at each sample what one of all samples has', () => {
    const rows: Row[] = Array.from({ length: 200 }, (_, i) => [T0 + i * 15_000 + (i % 7), i < 130 ? 0 : T0 + i, 0x40000000 + (i % 3), i])
    const out = new BitWriter()
    const state = new Xor2State()
    for (const [t, startMs, high, low] of rows) state.encode(t, low, high, startMs, out)
    const chunk = encodeXor2Chunk(columnsOf(rows), 0, 200)
    expect(state.length).toBe(chunk.length)
    // From sample 127 on each says when it began, for the header can't say a later first change.
    expect(chunk[2]).toBe(127)
  })
})

describe('log records of samples with start times', () => {
  test('[W3] are read back; any bytes give that or a clean error', () => {
    const records = new StartRecords()
    const h = histogramOf({ positive: new Map([[1, 4]]) })
    const want = [
      { ref: 7, t: T0, startMs: T0 - 5, encoding: 4, histogram: null, low: 1, high: 2 }, { ref: 3, t: T0 + 1, startMs: T0 - 5, encoding: 4, histogram: null, low: 3, high: 4 },
      { ref: 9, t: T0 - 1, startMs: 0, encoding: 4, histogram: null, low: STALE_LOW, high: STALE_HIGH }, { ref: 9, t: T0, startMs: T0 + 8, encoding: 4, histogram: null, low: 5, high: 6 },
    ]
    for (const s of want) records.add(s)
    records.add({ ref: 12, t: T0, startMs: 5, encoding: 5, histogram: h, low: 0, high: 0 })
    const got: unknown[] = []
    const types: number[] = []
    records.each((b, length) => {
      types.push(b[0]!)
      decodeStartRecord(b, 0, length, s => got.push(s.encoding === 4 ? { ...s } : [s.ref, s.t, s.startMs, meaning(s.histogram)]))
    })
    expect(types).toEqual([11, 12])
    expect(got).toEqual([...want, [12, T0, 5, meaning(h)]])
    fc.assert(fc.property(fc.uint8Array({ maxLength: 100 }), fc.constantFrom(11, 12, 13), (bytes, type) => {
      try {
        decodeStartRecord(Uint8Array.of(type, ...bytes), 0, bytes.length + 1, () => {})
      } catch (err) {
        expect(err).toBeInstanceOf(RecordError)
      }
    }), { numRuns: 300 })
  })
})

const open = (dir: string, startTimes: boolean): Promise<Database> =>
  openDatabase({ dataDir: dir, retentionMs: 3650 * 24 * HOUR, maintenanceMs: 0, syncMs: 0, outOfOrderWindowMs: HOUR, startTimes, now: () => T0 + 10 * HOUR })

/** Samples by series: time, start time, value or what the histogram says. */
async function stored(s: Queryable): Promise<Map<string, unknown[]>> {
  const q = s.querier(-8e15, 8e15)
  const set = await q.select([newMatcher('!=', '__name__', '')], -8e15, 8e15)
  const into = new SampleColumns()
  const out = new Map<string, unknown[]>()
  for (let i = 0; i < set.size; i++) {
    set.read(i, -8e15, 8e15, into)
    out.set(set.labels(i)[1]!, Array.from({ length: into.length }, (_, k) => [into.ts[k], into.startsMs?.[k] ?? 0, into.histograms?.[k] ? meaning(into.histograms[k]) : into.isStale(k) ? 'stale' : into.vs[k]]))
  }
  q.close()
  return out
}

const KINDS = ['float', 'integer', 'floats', 'mixed', 'plain'] as const

/** A sample of a kind at minute `k`, and since when it counts. */
function sampleAt(kind: (typeof KINDS)[number], k: number): { readonly value: number | Histogram; readonly startMs: number } {
  const t = T0 + k * MINUTE
  const startMs = kind === 'plain' || k % 50 > 45 ? 0 : t - 1 - (k % 40) * MINUTE
  if (kind === 'float' || kind === 'plain' || (kind === 'mixed' && k % 20 < 10)) return { value: k % 40, startMs }
  return { value: histogramOf({ positive: new Map([[k % 3, 1 + (k % 40)]]), integer: kind !== 'floats', sum: k }), startMs }
}

function append(db: Database, from: number, to: number, want: Map<string, unknown[]>, starts: boolean): void {
  const a = db.appender()
  for (let k = from; k < to; k++) {
    for (const kind of KINDS) {
      const t = T0 + k * MINUTE
      const ref = a.series(labelsFromObject({ __name__: kind }))
      const { value, startMs } = sampleAt(kind, k)
      if (k === 77) a.appendStale(ref, t)
      else if (typeof value === 'number') a.append(ref, t, value, startMs)
      else a.appendHistogram(ref, t, value, startMs)
      const list = want.get(kind) ?? []
      list.push([t, starts && k !== 77 ? startMs : 0, k === 77 ? 'stale' : typeof value === 'number' ? value : meaning(value)])
      want.set(kind, list)
    }
    expect(a.commit()).toMatchObject({ appended: KINDS.length, outOfOrder: 0, duplicate: 0, outOfBounds: 0 })
  }
}

describe('start times in a data directory', () => {
  test('[ST1] are kept in memory, log, blocks and merges, over restarts and kills, for every thread', async () => {
    let dir = tempDir()
    let db = await open(dir, true)
    const want = new Map<string, unknown[]>()
    append(db, 0, 200, want, true)
    expect(await stored(db)).toEqual(want)
    const reader = openDatabaseReader(db.readerHandles(), 9, 1 << 22)
    for (let i = 0; i < 3; i++) expect(await stored(reader)).toEqual(want)
    const copy = tempDir()
    cpSync(dir, copy, { recursive: true })
    rmSync(path.join(copy, 'lock'))
    reader.close()
    await db.close()
    dir = copy
    db = await open(dir, true)
    expect(db.report.replay).toMatchObject({ badRecords: 0, skippedRecords: {}, lost: [] })
    expect(await stored(db)).toEqual(want)
    append(db, 200, 500, want, true)
    const { blocksWritten } = await db.maintain()
    expect(blocksWritten.length).toBeGreaterThan(2)
    expect(await stored(db)).toEqual(want)
    // Late samples lie between them; the blocks that overlap become one.
    const a = db.appender()
    a.append(a.series(labelsFromObject({ __name__: 'float' })), T0 + 450 * MINUTE + 5, 1, T0)
    a.appendHistogram(a.series(labelsFromObject({ __name__: 'integer' })), T0 + 450 * MINUTE + 5, histogramOf({ positive: new Map([[1, 2]]) }), T0)
    expect(a.commit()).toMatchObject({ appended: 2 })
    want.get('float')!.splice(451, 0, [T0 + 450 * MINUTE + 5, 0, 1])
    want.get('integer')!.splice(451, 0, [T0 + 450 * MINUTE + 5, 0, meaning(histogramOf({ positive: new Map([[1, 2]]) }))])
    expect(await stored(db)).toEqual(want)
    await db.deleteSeries([[newMatcher('=', '__name__', 'float')]], T0 + 20 * MINUTE, T0 + 30 * MINUTE)
    want.set('float', want.get('float')!.filter(s => !((s as number[])[0]! >= T0 + 20 * MINUTE && (s as number[])[0]! <= T0 + 30 * MINUTE)))
    await db.cleanTombstones()
    expect(await stored(db)).toEqual(want)
    await db.close()
    db = await open(dir, false)
    expect(await stored(db)).toEqual(want)
    await db.close()
  })

  test('[ST2] without the feature none is kept, and every Prometheus reads the directory', async () => {
    const dir = tempDir()
    const db = await open(dir, false)
    const want = new Map<string, unknown[]>()
    append(db, 0, 200, want, false)
    expect(await stored(db)).toEqual(want)
    await db.close()
    const again = await open(dir, true)
    expect(again.report.replay).toMatchObject({ badRecords: 0, skippedRecords: {} })
    expect(await stored(again)).toEqual(want)
    await again.close()
  })

  test('[ST3] the rules of order and of duplicates are those of samples without', async () => {
    const db = await open(tempDir(), true)
    const a = db.appender()
    const ref = a.series(labelsFromObject({ __name__: 'c' }))
    a.append(ref, T0, 1, T0 - 10)
    a.commit()
    a.append(ref, T0, 1, T0 - 10)
    a.append(ref, T0, 2, T0 - 10)
    a.append(ref, T0 + 1, 3, T0 - 10)
    a.append(ref, T0 + 1, 3, T0 - 10)
    a.append(ref, T0 + 1, 4, T0 - 10)
    a.append(ref, T0, 1)
    a.append(ref, T0 - 2 * HOUR, 1, T0)
    expect(a.commit()).toMatchObject({ duplicate: 2, outOfBounds: 1 })
    expect([...a.statuses]).toEqual([APPEND.ok, APPEND.duplicate, APPEND.ok, APPEND.ok, APPEND.duplicate, APPEND.ok, APPEND.outOfBounds])
    // Its own zero is not what is not known.
    expect((await stored(db)).get('c')).toEqual([[T0, T0 - 10, 1], [T0 + 1, T0 - 10, 3]])
    await db.close()
  })
})
