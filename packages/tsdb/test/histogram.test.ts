import { labelsFromObject, newMatcher } from '@haechi/model'
import type { Histogram } from '@haechi/model'
import { SampleColumns } from '@haechi/storage'
import type { Queryable } from '@haechi/storage'
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { HeadAppender } from '../src/head-appender.ts'
import { HeadCore } from '../src/head-core.ts'
import { openHeadReader } from '../src/head-reader.ts'
import { BitReader, BitWriter, HistogramChunkError } from '../src/histogram/bits.ts'
import { decodeHistograms } from '../src/histogram/decode.ts'
import { HistogramRecords, decodeHistogramRecord } from '../src/histogram/log-records.ts'
import { listBlocks } from '../src/block/block-meta.ts'
import { mergeBlocks } from '../src/block/merge-blocks.ts'
import { openDatabase } from '../src/database.ts'
import type { Database } from '../src/database.ts'
import { openHead } from '../src/head.ts'
import { ENCODING } from '../src/layout.ts'
import { RecordError } from '../src/wal/record.ts'
import { histogramOf, histogramSeries, meaning } from './histogram-arbitrary.ts'
import { tempDir } from './temp-dir.ts'

const T = 1_790_000_000_000
const labels = labelsFromObject({ __name__: 'latency', job: 'a' })

/** All samples of the one series: time, and what the histogram says, 'stale' or a number. */
async function readSeries(s: Queryable, minMs = -Infinity, maxMs = Infinity): Promise<[number, unknown][]> {
  const querier = s.querier(minMs, maxMs)
  const set = await querier.select([newMatcher('=', '__name__', 'latency')], minMs, maxMs)
  const into = new SampleColumns(1)
  const out: [number, unknown][] = []
  if (set.size > 0) {
    set.read(0, minMs, maxMs, into)
    if (into.histograms !== null) expect(into.histograms.length).toBe(into.length)
    for (let i = 0; i < into.length; i++) {
      const h = into.histograms?.[i] ?? null
      out.push([into.ts[i]!, h !== null ? meaning(h) : into.isStale(i) ? 'stale' : into.vs[i]!])
    }
  }
  querier.close()
  return out
}

test('[N1] what is appended is read back, whatever the series does: new and vanishing buckets, resets, gauges, floats, staleness', async () => {
  await fc.assert(fc.asyncProperty(histogramSeries, fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 400_000 }), async (steps, batch, interval) => {
    const core = new HeadCore(Infinity)
    const a = new HeadAppender(core)
    const reader = openHeadReader(core.store.memory.handles)
    const want: [number, unknown][] = []
    const ref = a.series(labels)
    let held: { close(): void } | undefined
    for (let i = 0; i < steps.length; i++) {
      const t = T + i * interval
      if (steps[i] === null) a.appendStale(ref, t)
      else a.appendHistogram(ref, t, steps[i]!)
      want.push([t, steps[i] === null ? 'stale' : meaning(steps[i]!)])
      if (i % batch === 0 || i === steps.length - 1) {
        expect(a.commit().appended).toBe(i % batch === 0 ? Math.min(i + 1, i === 0 ? 1 : batch) : i % batch)
        expect(await readSeries(reader)).toEqual(want)
      }
      // A reader that stays open keeps old memory from being used again.
      if (i === 20) held = reader.querier(0, 2 * T)
    }
    const cut = Math.floor(steps.length / 2)
    expect(await readSeries(reader, T + cut * interval, T + (cut + 3) * interval)).toEqual(want.slice(cut, cut + 4))
    held?.close()
    reader.close()
  }), { numRuns: 60 })
})

test('[N2] floats and histograms share a series: a chunk ends where the type changes', async () => {
  const core = new HeadCore(Infinity)
  const a = new HeadAppender(core)
  const reader = openHeadReader(core.store.memory.handles)
  const ref = a.series(labels)
  const h = (n: number): Histogram => histogramOf({ positive: new Map([[1, n], [5, 2 * n]]) })
  a.append(ref, T, 1)
  a.appendHistogram(ref, T + 1, h(1))
  a.appendHistogram(ref, T + 2, { ...h(1), integer: false })
  a.commit()
  a.append(ref, T + 3, 2)
  a.commit()
  a.appendStale(ref, T + 4)
  a.appendHistogram(ref, T + 5, h(2))
  a.appendStale(ref, T + 6)
  a.append(ref, T + 7, 3)
  a.commit()
  expect(await readSeries(reader)).toEqual([
    [T, 1], [T + 1, meaning(h(1))], [T + 2, meaning({ ...h(1), integer: false })], [T + 3, 2], [T + 4, 'stale'], [T + 5, meaning(h(2))], [T + 6, 'stale'], [T + 7, 3],
  ])
  reader.close()
})

test('[N3] the rules of order hold: older is out of order, the same time is a duplicate unless it says the same', () => {
  const core = new HeadCore(Infinity)
  const a = new HeadAppender(core)
  const ref = a.series(labels)
  const h = histogramOf({ positive: new Map([[1, 1]]) })
  const other = histogramOf({ positive: new Map([[1, 2]]) })
  a.appendHistogram(ref, T, h)
  expect(a.commit()).toEqual({ appended: 1, outOfOrder: 0, duplicate: 0, outOfBounds: 0 })
  a.appendHistogram(ref, T - 1, h)
  a.appendHistogram(ref, T, { ...h })
  a.appendHistogram(ref, T, other)
  a.append(ref, T, 1)
  a.appendHistogram(ref, T - 7_200_000, h)
  a.appendHistogram(0, T, h)
  expect(a.commit()).toEqual({ appended: 0, outOfOrder: 1, duplicate: 2, outOfBounds: 1 })
  expect([...a.statuses]).toEqual([1, 0, 2, 2, 3, 4])
  a.appendHistogram(ref, T + 1, other)
  a.appendHistogram(ref, T - 1, other)
  expect(a.commit({ allOrNothing: true })).toEqual({ appended: 0, outOfOrder: 1, duplicate: 0, outOfBounds: 0 })
  a.appendHistogram(ref, T + 1, other)
  a.appendHistogram(ref, T + 1, other)
  a.appendHistogram(ref, T + 1, h)
  expect(a.commit()).toEqual({ appended: 1, outOfOrder: 0, duplicate: 1, outOfBounds: 0 })
})

test('[N4] the log keeps histograms, integer and float, custom buckets and markers, over a restart', async () => {
  const dir = tempDir()
  const open = (): ReturnType<typeof openHead> => openHead({ dataDir: dir, retentionMs: Infinity, maintenanceMs: 0, syncMs: 0 })
  let head = await open()
  const a = head.appender()
  const ref = a.series(labels)
  const steps = fc.sample(histogramSeries, { numRuns: 30, seed: 7 }).flat()
  for (let i = 0; i < steps.length; i++) {
    if (steps[i] === null) a.appendStale(ref, T + i * 15_000)
    else a.appendHistogram(ref, T + i * 15_000, steps[i]!)
    if (i % 7 === 0) a.commit()
  }
  a.commit()
  const before = await readSeries(head)
  expect(before.length).toBe(steps.length)
  await head.close()
  head = await open()
  expect(head.report.replay.samples).toBe(steps.length)
  expect(await readSeries(head)).toEqual(before)
  await head.close()
})

test('[N1] differences of any size are exact', () => {
  const out = new BitWriter()
  const numbers = [0, 5, -20_000_001, 2 ** 40 + 1, -(2 ** 40) - 1, 16777217, -16777216, 2 ** 53 - 1, 1 - 2 ** 53, -16777215]
  out.begin(0, 0)
  for (const v of numbers) out.varbitInt(v)
  const r = new BitReader(out.bytes, 0, out.bytes.length)
  expect(numbers.map(() => r.varbitInt())).toEqual(numbers)
})

test('[N5] any bytes decode to histograms or to a clean error', () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 300 }), fc.integer({ min: 0, max: 400 }), fc.constantFrom(ENCODING.histogram, ENCODING.floatHistogram), (b, n, encoding) => {
    const into = new SampleColumns(n)
    into.reserve(n)
    try {
      decodeHistograms(encoding, b, 0, b.length, n, into, 0)
    } catch (err) {
      expect(err).toBeInstanceOf(HistogramChunkError)
    }
  }), { numRuns: 2000 })
  fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), fc.integer({ min: 7, max: 10 }), (raw, type) => {
    const b = Uint8Array.from([type, ...raw])
    try {
      decodeHistogramRecord(b, 0, b.length, () => {})
    } catch (err) {
      expect(err).toBeInstanceOf(RecordError)
    }
  }), { numRuns: 2000 })
})

test('[N5] flipped bits in real chunks and records give histograms or a clean error', () => {
  fc.assert(fc.property(histogramSeries, fc.nat(), fc.nat(7), (steps, at, bit) => {
    const records = new HistogramRecords()
    steps.forEach((h, i) => records.add(i + 1, T + i, h, h === null || h.integer ? ENCODING.histogram : ENCODING.floatHistogram))
    let n = 0
    records.each((bytes, length) => {
      const b = bytes.slice(0, length)
      decodeHistogramRecord(b, 0, length, (ref, t, h) => {
        n++
        expect(t).toBe(T + ref - 1)
        expect(meaning(h)).toEqual(meaning(steps[ref - 1]!))
      })
      b[1 + (at % (length - 1))]! ^= 1 << bit
      try {
        decodeHistogramRecord(b, 0, length, () => {})
      } catch (err) {
        expect(err).toBeInstanceOf(RecordError)
      }
    })
    expect(n).toBe(steps.length)
  }), { numRuns: 100 })
})

test('[N6] blocks hold the same: written from the head, merged, cut by deletions, read with the head', async () => {
  const dir = tempDir()
  const open = (): Promise<Database> => openDatabase({ dataDir: dir, retentionMs: Infinity, maintenanceMs: 0, syncMs: 0, now: () => T + 6 * 3_600_000 })
  let db = await open()
  const a = db.appender()
  const ref = a.series(labels)
  const steps = fc.sample(histogramSeries, { numRuns: 80, seed: 11 }).flat()
  const interval = Math.floor(7 * 3_600_000 / steps.length)
  const want: [number, unknown][] = []
  for (let i = 0; i < steps.length; i++) {
    const t = T + i * interval
    if (i % 11 === 10) a.append(ref, t, i)
    else if (steps[i] === null) a.appendStale(ref, t)
    else a.appendHistogram(ref, t, steps[i]!)
    want.push([t, i % 11 === 10 ? i : steps[i] === null ? 'stale' : meaning(steps[i]!)])
    a.commit()
  }
  expect(await readSeries(db)).toEqual(want)
  const report = await db.maintain()
  expect(report.blocksWritten.length).toBeGreaterThan(1)
  expect(await readSeries(db)).toEqual(want)
  await db.close()
  await mergeBlocks(dir, listBlocks(dir), T)
  db = await open()
  await db.maintain()
  expect(await readSeries(db)).toEqual(want)
  await db.close()
})
