import { cpSync, existsSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { CUSTOM_BUCKETS_SCHEMA, RESET_HINT, labelsFromObject, labelsKey, newMatcher } from '@haechi/model'
import type { Histogram, Labels } from '@haechi/model'
import { APPEND, SampleColumns } from '@haechi/storage'
import type { Appender, Queryable } from '@haechi/storage'
import { describe, expect, test } from 'vitest'
import { readTombstones } from '../src/block/tombstones.ts'
import { addInterval } from '../src/intervals.ts'
import { openDatabase, openDatabaseReader } from '../src/index.ts'
import type { Database, DatabaseOptions } from '../src/index.ts'
import { histogramOf, meaning } from './histogram-arbitrary.ts'
import { tempDir } from './temp-dir.ts'

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const T0 = Math.floor(1_790_000_000_000 / (54 * HOUR)) * 54 * HOUR

let clock = T0
function open(dir: string, options: Partial<DatabaseOptions> = {}): Promise<Database> {
  return openDatabase({ dataDir: dir, retentionMs: 3650 * 24 * HOUR, maintenanceMs: 0, syncMs: 0, outOfOrderWindowMs: 6 * HOUR, now: () => clock, ...options })
}

const series = (i: number): Labels => labelsFromObject({ __name__: i % 2 === 0 ? 'even' : 'odd', i: String(i) })
/** A value that depends on series and time only, so that it does not matter which of two equal samples counts. */
const valueOf = (i: number, t: number): number => ((t / 1000) * (i + 1)) % 977

/** A native histogram that depends on series and time only: integers, floats, gauges, with their own bounds; layouts and counts come and go. */
function histogramAt(i: number, t: number): Histogram {
  const k = Math.floor(t / 10_000)
  const positive = new Map([[k % 7, 1 + (k % 50)], [8 + (k % 3), k % 4]])
  if (i % 4 === 1) return histogramOf({ positive: new Map([[k % 3, 1 + (k % 9)]]), schema: CUSTOM_BUCKETS_SCHEMA, zeroThreshold: 0, bounds: Float64Array.of(0.1, 1, k % 90 < 80 ? 5 : 6), sum: k % 1000, integer: k % 40 < 20 })
  return histogramOf({
    positive, negative: new Map([[k % 2, k % 5]]), zero: k % 3, sum: k % 1000, schema: 3 + (Math.floor(k / 60) % 2), integer: i % 4 !== 2, hint: i % 4 === 3 && k % 100 < 60 ? RESET_HINT.gauge : RESET_HINT.unknown,
  })
}

/** What series `i` has at a time: those below 6 floats, the others histograms, and the tenth either. */
function sampleAt(i: number, t: number): number | Histogram {
  return i < 6 || (i === 9 && t % 70_000 < 30_000) ? valueOf(i, t) : histogramAt(i, t)
}

function append(a: Appender, i: number, t: number): void {
  const sample = sampleAt(i, t)
  const ref = a.series(series(i))
  if (typeof sample === 'number') a.append(ref, t, sample)
  else a.appendHistogram(ref, t, sample)
}

/** A float as it is, a histogram as what it says. */
type Value = number | string
const valueFor = (sample: number | Histogram): Value => (typeof sample === 'number' ? sample : JSON.stringify(meaning(sample)))

/** Times and values by series, as they should be. */
class Model {
  readonly samples: Map<number, Value>[] = []
  constructor(n: number) {
    for (let i = 0; i < n; i++) this.samples.push(new Map())
  }

  all(): Map<string, [number, Value][]> {
    const out = new Map<string, [number, Value][]>()
    this.samples.forEach((samples, i) => {
      if (samples.size > 0) out.set(labelsKey(series(i)), [...samples].sort((a, b) => a[0] - b[0]))
    })
    return out
  }

  delete(of: (i: number) => boolean, minMs: number, maxMs: number): void {
    this.samples.forEach((samples, i) => {
      if (!of(i)) return
      for (const t of samples.keys()) if (t >= minMs && t <= maxMs) samples.delete(t)
    })
  }
}

async function stored(s: Queryable): Promise<Map<string, [number, Value][]>> {
  const querier = s.querier(-8e15, 8e15)
  const set = await querier.select([newMatcher('!=', '__name__', '')], -8e15, 8e15)
  const into = new SampleColumns()
  const out = new Map<string, [number, Value][]>()
  for (let i = 0; i < set.size; i++) {
    const n = set.read(i, -8e15, 8e15, into)
    if (n > 0) out.set(labelsKey(set.labels(i)), Array.from({ length: n }, (_, k) => [into.ts[k]!, valueFor(into.histograms?.[k] ?? into.vs[k]!)]))
  }
  querier.close()
  return out
}

/** Numbers that repeat from run to run. */
function randomOf(seed: number): (n: number) => number {
  let s = seed
  return n => {
    s = (Math.imul(s, 1664525) + 1013904223) >>> 0
    return Math.floor((s / 4294967296) * n)
  }
}

describe('samples out of order', () => {
  test('[O1] within the window they are taken, beyond it they are too old; without a window they are refused as ever', async () => {
    const db = await open(tempDir(), { outOfOrderWindowMs: HOUR })
    const a = db.appender()
    const ref = a.series(series(0))
    a.append(ref, T0, 1)
    a.commit()
    for (const t of [T0 - HOUR, T0 - HOUR - 1, T0 - 1, T0 - 1, T0]) a.append(ref, t, t === T0 ? 2 : 5)
    // The second T0 - 1 is there already: no error, and not counted.
    expect(a.commit()).toEqual({ appended: 2, outOfOrder: 0, duplicate: 1, outOfBounds: 1, tooOld: 1, duplicateSample: { tMs: T0, existing: 1, value: 2 } })
    expect([...a.statuses]).toEqual([APPEND.ok, APPEND.outOfBounds, APPEND.ok, APPEND.ok, APPEND.duplicate])
    expect(db.stats()).toMatchObject({ outOfOrderAppended: 2, tooOld: 1, samplesAppended: 3 })
    db.setOutOfOrderWindow(0)
    a.append(ref, T0 - 5, 1)
    a.append(ref, T0 - 2 * HOUR, 1)
    a.commit()
    expect([...a.statuses]).toEqual([APPEND.outOfOrder, APPEND.outOfBounds])
    // A new series begins late: in order if the head still takes that time, else out of order.
    db.setOutOfOrderWindow(3 * HOUR)
    a.append(a.series(series(1)), T0 - 2 * HOUR, 7)
    expect(a.commit().appended).toBe(1)
    expect(await stored(db)).toEqual(new Map([[labelsKey(series(0)), [[T0 - HOUR, 5], [T0 - 1, 5], [T0, 1]]], [labelsKey(series(1)), [[T0 - 2 * HOUR, 7]]]]))
    const q = db.querier(T0 - 2 * HOUR, T0 - 2 * HOUR)
    expect((await q.select([newMatcher('=', 'i', '0')], T0 - 2 * HOUR, T0 - 2 * HOUR)).size).toBe(0)
    expect((await q.select([newMatcher('=', 'i', '1')], T0 - 2 * HOUR, T0 - 2 * HOUR)).size).toBe(1)
    expect(await q.labelValues('i', [], T0 - 2 * HOUR, T0 - 2 * HOUR)).toContain('1')
    q.close()
    await db.close()
  })

  test('[O2] allOrNothing takes batches with samples inside the window', async () => {
    const db = await open(tempDir())
    const a = db.appender()
    const ref = a.series(series(0))
    a.append(ref, T0, 1)
    a.commit()
    a.append(ref, T0 - HOUR, 2)
    expect(a.commit({ allOrNothing: true })).toMatchObject({ appended: 1 })
    a.append(ref, T0 - 2 * HOUR, 2)
    a.append(ref, T0 - 9 * HOUR, 2)
    expect(a.commit({ allOrNothing: true })).toMatchObject({ appended: 0, tooOld: 1 })
    expect((await stored(db)).get(labelsKey(series(0)))).toEqual([[T0 - HOUR, 2], [T0, 1]])
    await db.close()
  })

  test('[O1] native histograms are taken out of order as floats are: integers, floats, gauges, own bounds, staleness markers', async () => {
    const dir = tempDir()
    const lines: string[] = []
    const logger = { info: () => {}, warn: (_: object, text: string) => void lines.push(text), error: (_: object, text: string) => void lines.push(text) }
    let db = await open(dir, { logger })
    const model = new Model(10)
    let a = db.appender()
    for (let i = 6; i < 10; i++) append(a, i, T0)
    expect(a.commit()).toMatchObject({ appended: 4, outOfOrder: 0 })
    for (let i = 6; i < 10; i++) model.samples[i]!.set(T0, valueFor(sampleAt(i, T0)))
    // More than a chunk of each, not in order, each twice.
    for (let k = 0; k < 100; k++) {
      for (let i = 6; i < 10; i++) {
        const t = T0 - 10_000 * (1 + (k * 37) % 100)
        append(a, i, t)
        model.samples[i]!.set(t, valueFor(sampleAt(i, t)))
      }
      if (k % 10 === 9) expect(a.commit()).toEqual({ appended: 40, outOfOrder: 0, duplicate: 0, outOfBounds: 0 })
    }
    append(a, 6, T0 - 7 * HOUR)
    append(a, 7, T0 - 10_000 * (1 + (99 * 37) % 100))
    expect(a.commit()).toEqual({ appended: 0, outOfOrder: 0, duplicate: 0, outOfBounds: 1, tooOld: 1 })
    expect([...a.statuses]).toEqual([APPEND.outOfBounds, APPEND.ok])
    a.appendStale(a.series(series(6)), T0 - 5000)
    expect(a.commit()).toMatchObject({ appended: 1 })
    const staleAt = async (): Promise<boolean[]> => {
      const q = db.querier(T0 - 6000, T0)
      const into = new SampleColumns()
      ;(await q.select([newMatcher('=', 'i', '6')], T0 - 6000, T0)).read(0, T0 - 6000, T0, into)
      q.close()
      return Array.from({ length: into.length }, (_, k) => into.isStale(k) && (into.histograms?.[k] ?? null) === null)
    }
    model.samples[6]!.set(T0 - 5000, NaN)
    expect(await stored(db)).toEqual(model.all())
    expect(await staleAt()).toEqual([true, false])
    expect(db.stats()).toMatchObject({ outOfOrderAppended: 401, tooOld: 1 })
    await db.close()
    db = await open(dir, { logger })
    expect(db.report.outOfOrder).toMatchObject({ samples: 401, skippedRecords: 0, badRecords: 0 })
    expect(await stored(db)).toEqual(model.all())
    // Blocks of their own, merged with those of the samples in order.
    a = db.appender()
    for (let t = T0 + MINUTE; t <= T0 + 4 * HOUR; t += MINUTE) {
      for (let i = 6; i < 10; i++) {
        append(a, i, t)
        model.samples[i]!.set(t, valueFor(sampleAt(i, t)))
      }
      a.commit()
    }
    clock = T0 + 4 * HOUR
    expect((await db.maintain()).outOfOrderBlocks).toHaveLength(1)
    expect(db.stats().outOfOrderChunks).toBe(0)
    expect(await stored(db)).toEqual(model.all())
    expect(await staleAt()).toEqual([true, false])
    await db.close()
    expect(lines).toEqual([])
  })

  test('[O3] head compaction writes them as blocks of two hours with the hint, their log goes, and overlapping blocks become one', async () => {
    const dir = tempDir()
    clock = T0 + 10 * HOUR
    const db = await open(dir)
    const a = db.appender()
    const model = new Model(4)
    for (let t = T0; t < T0 + 9 * HOUR; t += MINUTE) {
      for (let i = 0; i < 4; i++) {
        // Every third sample comes two hours late.
        const at = i > 0 && t % (3 * MINUTE) === 0 ? t - 2 * HOUR : t
        a.append(a.series(series(i)), at, valueOf(i, at))
        model.samples[i]!.set(at, valueOf(i, at))
      }
      a.commit()
    }
    expect(db.stats().outOfOrderChunks).toBeGreaterThan(0)
    expect(readdirSync(path.join(dir, 'wbl')).length).toBeGreaterThan(0)
    const report = await db.maintain()
    expect(report.outOfOrderBlocks.map(b => [b.minTime - T0, b.maxTime - T0, b.compaction.hints])).toEqual(
      [-2, 0, 2, 4, 6].map(h => [h * HOUR, (h + 2) * HOUR, ['from-out-of-order']]),
    )
    expect(report.compaction?.merged.some(m => m.overlapping)).toBe(true)
    expect(db.stats()).toMatchObject({ outOfOrderChunks: 0 })
    expect(db.stats().verticalCompactions).toBeGreaterThan(0)
    expect(readdirSync(path.join(dir, 'wbl')).map(f => readFileSync(path.join(dir, 'wbl', f)).length)).toEqual([0])
    expect(await stored(db)).toEqual(model.all())
    for (const b of db.blocks()) for (const c of db.blocks()) expect(b === c || b.maxTime <= c.minTime || c.maxTime <= b.minTime, `${b.ulid} ${c.ulid}`).toBe(true)
    // The block of the head's own time keeps its hint, so the head's samples are not taken for old ones at the next start.
    await db.close()
    const again = await open(dir)
    expect(await stored(again)).toEqual(model.all())
    await again.close()
  })

  test('[O4] samples that arrive while the blocks are written stay in the head', async () => {
    const dir = tempDir()
    clock = T0 + 4 * HOUR
    const db = await open(dir)
    const a = db.appender()
    const model = new Model(1)
    const put = (t: number): void => {
      a.append(a.series(series(0)), t, valueOf(0, t))
      model.samples[0]!.set(t, valueOf(0, t))
      a.commit()
    }
    for (let t = T0; t <= T0 + 4 * HOUR; t += MINUTE) put(t)
    for (let k = 1; k < 100; k++) put(T0 + HOUR + k * 100)
    let running = true
    const maintained = db.maintain().finally(() => {
      running = false
    })
    for (let k = 100; running && k < 5000; k++) {
      put(T0 + HOUR + k * 100)
      await new Promise(resolve => setImmediate(resolve))
    }
    await maintained
    put(T0 + HOUR + 1)
    expect(await stored(db)).toEqual(model.all())
    await db.close()
    const again = await open(dir)
    expect(await stored(again)).toEqual(model.all())
    await again.close()
  })

  test('[O5] a torn end of their log is cut off, damage in the middle cuts it there and is reported', async () => {
    const dir = tempDir()
    const db = await open(dir, { walCompression: false })
    const a = db.appender()
    const ref = a.series(series(0))
    a.append(ref, T0, 0)
    a.commit()
    for (let k = 1; k <= 100; k++) {
      a.append(ref, T0 - k * 1000, k)
      a.commit()
    }
    await db.close()
    const file = path.join(dir, 'wbl', '00000000')
    const whole = readFileSync(file)
    writeFileSync(file, whole.subarray(0, whole.length - 5))
    let again = await open(dir)
    expect((await stored(again)).get(labelsKey(series(0)))).toHaveLength(100)
    await again.close()
    const bad = Buffer.from(readFileSync(file))
    bad[Math.floor(bad.length / 2)]! ^= 0x55
    writeFileSync(file, bad)
    again = await open(dir)
    const left = (await stored(again)).get(labelsKey(series(0)))!.length
    expect(left).toBeGreaterThan(30)
    expect(left).toBeLessThan(70)
    await again.close()
  })
})

describe('deletions', () => {
  test('[T1] deleted samples are gone at once for every reader, from head and blocks, after a restart, and for good after cleaning', async () => {
    const dir = tempDir()
    clock = T0 + 10 * HOUR
    let db = await open(dir)
    const a = db.appender()
    const model = new Model(3)
    for (let t = T0; t < T0 + 8 * HOUR; t += MINUTE) {
      for (let i = 0; i < 3; i++) {
        a.append(a.series(series(i)), t, valueOf(i, t))
        model.samples[i]!.set(t, valueOf(i, t))
      }
      a.commit()
    }
    await db.maintain()
    a.append(a.series(series(1)), T0 + 7 * HOUR + 1, valueOf(1, T0 + 7 * HOUR + 1))
    expect(a.commit().appended).toBe(1)
    const reader = openDatabaseReader(db.readerHandles(), 9)
    expect((await stored(reader)).size).toBe(3)
    await db.deleteSeries([[newMatcher('=', 'i', '1')]], T0 + HOUR, T0 + 7 * HOUR + 30 * MINUTE)
    model.delete(i => i === 1, T0 + HOUR, T0 + 7 * HOUR + 30 * MINUTE)
    await db.deleteSeries([[newMatcher('=', 'i', '2')], [newMatcher('=', 'i', '2'), newMatcher('=', '__name__', 'even')]], -8e15, 8e15)
    model.delete(i => i === 2, -8e15, 8e15)
    expect(await stored(reader)).toEqual(model.all())
    expect(await stored(db)).toEqual(model.all())
    // A series of which nothing is left is not found.
    const q = reader.querier(-8e15, 8e15)
    expect((await q.select([newMatcher('=', 'i', '2')], -8e15, 8e15)).size).toBe(0)
    q.close()
    expect(db.blocks().some(b => b.stats.numTombstones > 0)).toBe(true)
    // What comes after the newest sample is not deleted.
    a.append(a.series(series(2)), T0 + 8 * HOUR, 5)
    a.commit()
    model.samples[2]!.set(T0 + 8 * HOUR, 5)
    expect(await stored(reader)).toEqual(model.all())
    reader.close()
    await db.close()
    db = await open(dir)
    expect(await stored(db)).toEqual(model.all())
    const before = db.blocks()
    const { rewritten } = await db.cleanTombstones()
    expect(rewritten.map(r => r.from).sort()).toEqual(before.filter(b => b.stats.numTombstones > 0).map(b => b.ulid).sort())
    for (const b of db.blocks()) {
      expect(b.stats.numTombstones).toBe(0)
      expect(readTombstones(path.join(dir, b.ulid, 'tombstones')).size).toBe(0)
    }
    expect(await stored(db)).toEqual(model.all())
    expect((await db.cleanTombstones()).rewritten).toEqual([])
    await db.close()
  })

  test('[T2] a block of which everything is deleted goes with cleaning', async () => {
    const dir = tempDir()
    clock = T0 + 5 * HOUR
    const db = await open(dir)
    const a = db.appender()
    for (let t = T0; t <= T0 + 4 * HOUR; t += MINUTE) {
      a.append(a.series(series(0)), t, 1)
      a.commit()
    }
    await db.maintain()
    const before = db.blocks().length
    expect(before).toBeGreaterThan(0)
    await db.deleteSeries([[newMatcher('=~', 'i', '.*')]], T0, T0 + 2 * HOUR - 1)
    await db.cleanTombstones()
    expect(db.blocks()).toHaveLength(before - 1)
    expect((await stored(db)).get(labelsKey(series(0)))![0]![0]).toBe(T0 + 2 * HOUR)
    await db.close()
  })

  test('[T3] intervals that overlap or touch become one', () => {
    expect(addInterval([], 1, 2)).toEqual([1, 2])
    expect(addInterval([1, 2, 10, 12], 3, 4)).toEqual([1, 4, 10, 12])
    expect(addInterval([1, 2, 10, 12], 4, 8)).toEqual([1, 2, 4, 8, 10, 12])
    expect(addInterval([1, 2, 10, 12, 20, 30], 0, 19)).toEqual([0, 30])
    expect(addInterval([5, 6], 1, 2)).toEqual([1, 2, 5, 6])
  })
})

describe('snapshots', () => {
  test('[S1] a snapshot opens as a data directory with the same samples, deletions and out-of-order samples included; without the head it has the blocks only', async () => {
    const dir = tempDir()
    clock = T0 + 5 * HOUR
    const db = await open(dir)
    const a = db.appender()
    const model = new Model(2)
    for (let t = T0; t <= T0 + 4 * HOUR; t += MINUTE) {
      for (const [i, at] of [[0, t], [1, t % 240_000 === 0 ? t - HOUR : t]] as const) {
        a.append(a.series(series(i)), at, valueOf(i, at))
        model.samples[i]!.set(at, valueOf(i, at))
      }
      a.commit()
    }
    await db.maintain()
    a.append(a.series(series(1)), T0 + 3 * HOUR + 7, 1)
    a.commit()
    model.samples[1]!.set(T0 + 3 * HOUR + 7, 1)
    await db.deleteSeries([[newMatcher('=', 'i', '1')]], T0 + HOUR, T0 + 3 * HOUR)
    model.delete(i => i === 1, T0 + HOUR, T0 + 3 * HOUR)
    const { name } = await db.snapshot(false)
    expect(name).toMatch(/^\d{8}T\d{6}Z-[0-9a-f]{16}$/)
    const bare = await db.snapshot(true)
    const blocks = db.blocks()
    await db.close()
    const copy = await open(path.join(dir, 'snapshots', name))
    expect(await stored(copy)).toEqual(model.all())
    await copy.close()
    const small = await open(bare.dir)
    expect(small.blocks().map(b => b.ulid)).toEqual(blocks.map(b => b.ulid))
    await small.close()
  })
})

/** Six of floats, four of histograms. */
const SERIES = 10

describe('random lives', () => {
  // LIFE_SEEDS=500 tries as many.
  test.each(Array.from({ length: Number(process.env['LIFE_SEEDS'] ?? 6) }, (_, i) => i + 1))('[L1] any mix of late samples, deletions, compaction, restarts and kills leaves what the model has (seed %i)', async seed => {
    const random = randomOf(seed)
    let dir = tempDir()
    clock = T0
    let now = T0
    let window = 3 * HOUR
    let db = await open(dir, { outOfOrderWindowMs: window })
    // Keeps what it has read.
    let reader = openDatabaseReader(db.readerHandles(), 9, 1 << 22)
    let appender = db.appender()
    const model = new Model(SERIES)
    /** Samples of deleted times are not sent again: a head hides them as long as it knows of the deletion. */
    const gone = Array.from({ length: SERIES }, () => new Set<number>())
    for (let step = 0; step < 60; step++) {
      const what = random(20)
      if (what < 8) {
        for (let k = random(30); k >= 0; k--) {
          now += 30_000
          clock = now
          for (let i = 0; i < SERIES; i++) if (random(8) > 0) add(i, now)
          appender.commit()
          settle()
        }
      } else if (what < 14) {
        for (let k = random(60); k >= 0; k--) add(random(SERIES), now - random(Math.floor(window * 1.2 / 10_000)) * 10_000)
        appender.commit()
        settle()
      } else if (what === 14) {
        const i = random(SERIES)
        const from = now - random(8 * 60) * MINUTE
        const to = from + random(60) * MINUTE
        await db.deleteSeries([[newMatcher('=', 'i', String(i))]], from, to)
        for (const t of model.samples[i]!.keys()) if (t >= from && t <= to) gone[i]!.add(t)
        for (let t = from; t <= to; t += 1000) if (t % 10_000 === now % 10_000) gone[i]!.add(t)
        model.delete(k => k === i, from, to)
      } else if (what === 15) {
        await db.maintain()
      } else if (what === 16) {
        now += random(3) * HOUR
        clock = now
        await db.maintain()
      } else if (what === 17) {
        await db.cleanTombstones()
      } else if (what === 18) {
        window = random(2) * 4 * HOUR + HOUR
        db.setOutOfOrderWindow(window)
      } else {
        const killed = random(2) === 0
        if (killed) {
          // What a process that is killed leaves: all that was written, nothing closed.
          const copy = tempDir()
          rmSync(copy, { recursive: true })
          cpSync(dir, copy, { recursive: true })
          if (existsSync(path.join(copy, 'lock'))) rmSync(path.join(copy, 'lock'))
          dir = copy
        }
        reader.close()
        await db.close()
        db = await open(dir, { outOfOrderWindowMs: window })
        reader = openDatabaseReader(db.readerHandles(), 9, 1 << 22)
        appender = db.appender()
        expect(db.report.replay).toMatchObject({ badRecords: 0, lost: [] })
      }
      if (step % 3 === 0) {
        const want = model.all()
        for (let k = 0; k < 2; k++) expect(await stored(reader), `seed ${seed} step ${step} what ${what}`).toEqual(want)
      }
    }
    expect(await stored(db)).toEqual(model.all())
    reader.close()
    await db.close()

    function add(i: number, t: number): void {
      if (gone[i]!.has(t)) return
      pending.push([i, t])
      append(appender, i, t)
    }
    function settle(): void {
      const { statuses } = appender
      pending.forEach(([i, t], k) => {
        if (statuses[k] === APPEND.ok) model.samples[i]!.set(t, valueFor(sampleAt(i, t)))
      })
      pending.length = 0
    }
  })
})

const pending: [number, number][] = []
