import { existsSync, readFileSync, readdirSync } from 'node:fs'
import path from 'node:path'
import { labelsFromObject, labelsKey, newMatcher } from '@haechi/model'
import type { Labels } from '@haechi/model'
import { ModelStorage, bitsOf } from '@haechi/storage/suite'
import { describe, expect, test } from 'vitest'
import { openDatabase, openDatabaseReader } from '../src/index.ts'
import type { Database, DatabaseOptions } from '../src/index.ts'
import { readAll } from './read-all.ts'
import { tempDir } from './temp-dir.ts'

const HOUR = 3_600_000
// A multiple of 54 h, so that every range begins here.
const T0 = Math.floor(1_790_000_000_000 / (54 * HOUR)) * 54 * HOUR

/** A database without clocks and timers of its own. */
function open(dir: string, options: Partial<DatabaseOptions> = {}): Promise<Database> {
  return openDatabase({ dataDir: dir, retentionMs: 365 * 24 * HOUR, maintenanceMs: 0, syncMs: 0, now: () => T0 + 24 * HOUR, ...options })
}

/** Appends one sample per series each minute; series `late` begins in the middle and `short` ends there. */
function fill(db: Database, model: ModelStorage, fromMs: number, toMs: number): void {
  const a = db.appender()
  const series: Labels[] = []
  for (let i = 0; i < 20; i++) series.push(labelsFromObject({ __name__: i % 2 === 0 ? 'even' : 'odd', i: String(i), job: `j${i % 3}` }))
  for (let t = fromMs; t < toMs; t += 60_000) {
    for (const [i, labels] of series.entries()) {
      if (i === 3 && t > T0 + 3 * HOUR) continue
      if (i === 4 && t < T0 + 5 * HOUR) continue
      const v = i * 1000 + Math.sin(t / 1e6) * (i % 4)
      a.append(a.series(labels), t, v)
      const bits = bitsOf(v)
      model.append(labels, t, bits.lo, bits.hi)
    }
    a.commit()
  }
}

const everything = (model: ModelStorage): Map<string, { t: number; lo: number; hi: number }[]> => model.select([], -1e15, 1e15)

describe('blocks written from the head', () => {
  test('[B10] blocks of another length: chunks, head, late samples and merging keep to it, and a start with the usual length goes on', async () => {
    const dir = tempDir()
    const model = new ModelStorage()
    const short = { blockRangeMs: 600_000, maxBlockRangeMs: 3 * 600_000, outOfOrderWindowMs: 6 * HOUR }
    let db = await open(dir, short)
    fill(db, model, T0, T0 + HOUR)
    const a = db.appender()
    const labels = labelsFromObject({ __name__: 'even', i: '0', job: 'j0' })
    const late = [T0 + 500, T0 + 700_500]
    for (const t of late) a.append(a.series(labels), t, 5)
    expect(a.commit().appended).toBe(2)
    // The model takes samples in order only.
    const want = (): Map<string, { t: number; lo: number; hi: number }[]> => {
      const all = everything(model)
      const key = labelsKey(labels)
      all.set(key, [...all.get(key)!, ...late.map(t => ({ t, ...bitsOf(5) }))].sort((x, y) => x.t - y.t))
      return all
    }
    const report = await db.maintain()
    expect(report.blocksWritten.map(b => (b.maxTime - T0) / 600_000)).toEqual([1, 2, 3, 4, 5])
    expect(report.outOfOrderBlocks.map(b => [b.minTime - T0, b.maxTime - T0])).toEqual([[0, 600_000], [600_000, 1_200_000]])
    // The first three became one of the longest that may be.
    expect(db.blocks().map(b => [(b.minTime - T0) / 600_000, (b.maxTime - T0) / 600_000])).toEqual([[0, 3], [3, 4], [4, 5]])
    expect(await readAll(db)).toEqual(want())
    await db.close()
    db = await open(dir)
    fill(db, model, T0 + HOUR, T0 + 6 * HOUR)
    await db.maintain()
    expect(await readAll(db)).toEqual(want())
    await db.close()
  })

  test('[B1] after head compaction the union of blocks and head is what was appended, also in another reader and after opening again', async () => {
    const dir = tempDir()
    const model = new ModelStorage()
    let db = await open(dir)
    const reader = openDatabaseReader(db.readerHandles(), 7)
    fill(db, model, T0, T0 + 9 * HOUR)
    const before = db.stats().chunkCount
    const report = await db.maintain()
    // 9 h: the head keeps at most 3 h, so three blocks of 2 h, of which the last stays and two can't be merged before 6 h are complete.
    expect(report.blocksWritten.map(b => [b.minTime - T0, b.maxTime - T0])).toEqual([[0, 2 * HOUR], [2 * HOUR, 4 * HOUR], [4 * HOUR, 6 * HOUR]])
    expect(db.stats().chunkCount).toBeLessThan(before)
    expect(db.stats().minTime).toBe(T0 + 6 * HOUR)
    expect(await readAll(db)).toEqual(everything(model))
    expect(await readAll(reader)).toEqual(everything(model))
    reader.close()
    await db.close()
    db = await open(dir)
    expect(db.report.blocks).toHaveLength(3)
    expect(db.report.replay).toMatchObject({ lost: [], badRecords: 0 })
    expect(await readAll(db)).toEqual(everything(model))
    // Names and values are united as well.
    const q = db.querier(T0, T0 + 9 * HOUR)
    expect(await q.labelNames([], T0, T0 + 9 * HOUR)).toEqual(['__name__', 'i', 'job'])
    expect(await q.labelValues('i', [newMatcher('=', '__name__', 'odd')], T0, T0 + 9 * HOUR)).toEqual(['1', '11', '13', '15', '17', '19', '3', '5', '7', '9'])
    expect(await q.labelValues('i', [newMatcher('=~', 'i', '3|4')], T0, T0 + HOUR)).toEqual(['3'])
    q.close()
    await db.close()
  })

  test('[B2] the log shrinks and series without samples end with head compaction', async () => {
    const dir = tempDir()
    const model = new ModelStorage()
    const db = await open(dir)
    const size = (): number => readdirSync(path.join(dir, 'wal'), { recursive: true, withFileTypes: true }).filter(e => e.isFile()).reduce((n, e) => n + readFileSync(path.join(e.parentPath, e.name)).length, 0)
    let most = 0
    for (let h = 0; h < 24; h++) {
      fill(db, model, T0 + h * HOUR, T0 + (h + 1) * HOUR)
      await db.maintain()
      if (h === 8) most = size()
    }
    expect(size()).toBeLessThanOrEqual(most * 1.2)
    expect(db.stats().numSeries).toBe(19)
    expect(await readAll(db)).toEqual(everything(model))
    // 24 h in ranges of 2, 6 and 18 h; the newest two-hour blocks stand alone.
    expect(db.blocks().map(b => (b.maxTime - b.minTime) / HOUR)).toEqual([18, 2, 2])
    expect(db.blocks().map(b => b.compaction.level)).toEqual([3, 1, 1])
    expect(db.blocks()[0]!.compaction.sources).toHaveLength(9)
    await db.close()
  })

  test('[B2] a start reads no more of the log than what is in no block, also when many hours came before the first block was written', async () => {
    const dir = tempDir()
    const model = new ModelStorage()
    let db = await open(dir)
    fill(db, model, T0, T0 + 9 * HOUR)
    // Samples out of bounds or out of order begin nothing; a late one goes into the segment that is open.
    const a = db.appender()
    a.append(a.series(['__name__', 'late']), T0 + 8 * HOUR + 1, 1)
    expect(a.commit().appended).toBe(1)
    expect((await db.maintain()).blocksWritten).toHaveLength(3)
    const want = await readAll(db)
    await db.close()
    db = await open(dir)
    expect(db.report.replay).toMatchObject({ samples: 3 * 60 * 19 + 1, samplesExpired: 0, samplesUnknownSeries: 0 })
    expect(await readAll(db)).toEqual(want)
    await db.close()
  })

  test('[B3] a selection by any kind of matcher is the same in blocks as in the head', async () => {
    const dir = tempDir()
    const model = new ModelStorage()
    const db = await open(dir)
    fill(db, model, T0, T0 + 5 * HOUR)
    await db.maintain()
    for (const matchers of [
      [newMatcher('=', '__name__', 'even')], [newMatcher('!=', 'job', 'j1')], [newMatcher('=~', 'i', '1.')], [newMatcher('!~', 'i', '1.'), newMatcher('=', 'job', 'j0')],
      [newMatcher('=', 'missing', '')], [newMatcher('!=', 'missing', '')], [newMatcher('=~', 'missing', '.*')], [newMatcher('=~', 'job', '.+'), newMatcher('!=', 'job', 'j0')], [newMatcher('=', 'i', '99')], [],
    ]) {
      for (const [min, max] of [[T0, T0 + HOUR], [T0 + 1.5 * HOUR, T0 + 4.5 * HOUR], [T0 + 100 * HOUR, T0 + 101 * HOUR]] as const) {
        const q = db.querier(min, max)
        const set = await q.select(matchers, min, max)
        const want = model.select(matchers, min, max)
        expect(set.size).toBe(want.size)
        q.close()
      }
    }
    await db.close()
  })

  test('[B4] samples before the end of the newest block are refused, those after it taken', async () => {
    const dir = tempDir()
    const model = new ModelStorage()
    const db = await open(dir)
    fill(db, model, T0, T0 + 4 * HOUR)
    await db.maintain()
    const a = db.appender()
    a.append(a.series(['__name__', 'x']), T0 + 2 * HOUR - 1, 1)
    expect(a.commit()).toMatchObject({ appended: 0, outOfBounds: 1 })
    a.append(a.series(['__name__', 'x']), T0 + 4 * HOUR, 1)
    expect(a.commit()).toMatchObject({ appended: 1 })
    await db.close()
  })

  test('[B5] blocks beyond the retention are deleted, and unfinished folders are removed at the next start', async () => {
    const dir = tempDir()
    const model = new ModelStorage()
    let nowMs = T0 + 2 * HOUR
    let db = await open(dir, { retentionMs: 8 * HOUR, now: () => nowMs })
    fill(db, model, T0, T0 + 15 * HOUR)
    nowMs = T0 + 15 * HOUR
    await db.maintain()
    const left = db.blocks()
    expect(left[0]!.minTime).toBe(T0 + 4 * HOUR)
    expect(left.at(-1)!.maxTime).toBe(T0 + 12 * HOUR)
    expect(readdirSync(dir).filter(n => n.includes('tmp'))).toEqual([])
    await db.close()
    const { mkdirSync } = await import('node:fs')
    mkdirSync(path.join(dir, '01HZZZZZZZZZZZZZZZZZZZZZZZ.tmp-for-creation'))
    db = await open(dir, { retentionMs: 8 * HOUR, now: () => nowMs })
    expect(existsSync(path.join(dir, '01HZZZZZZZZZZZZZZZZZZZZZZZ.tmp-for-creation'))).toBe(false)
    await db.close()
  })
})
