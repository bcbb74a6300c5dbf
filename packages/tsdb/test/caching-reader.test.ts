import { labelsFromObject, labelsKey, newMatcher } from '@haechi/model'
import type { Labels } from '@haechi/model'
import { SampleColumns } from '@haechi/storage'
import type { Queryable, SeriesSet } from '@haechi/storage'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { openDatabase, openDatabaseReader } from '../src/index.ts'
import type { Database } from '../src/index.ts'
import { KeptColumn, KeptColumns } from '../src/kept-columns.ts'
import { tempDir } from './temp-dir.ts'

const HOUR = 3_600_000
const T0 = Math.floor(1_790_000_000_000 / (54 * HOUR)) * 54 * HOUR
const METRIC = [newMatcher('=', '__name__', 'm')]

/** Samples of all selected series as text, empty series left out: those may or may not be there. */
async function read(from: Queryable, minMs: number, maxMs: number): Promise<ReadonlyMap<string, string>> {
  const querier = from.querier(minMs, maxMs)
  const out = samplesOf(await querier.select(METRIC, minMs, maxMs), minMs, maxMs)
  querier.close()
  return out
}

/** Selectors of which some find the same series. */
const SELECTORS = [METRIC, [...METRIC, newMatcher('=', 'i', '0')], [...METRIC, newMatcher('=~', 'i', '[0-2]')], [...METRIC, newMatcher('!=', 'i', '1')]]

/** One selection of several: whose series, over which time, and which part of that is read. Minutes before now. */
interface Asked { readonly which: number; readonly back: number; readonly length: number; readonly skip: number; readonly skipEnd: number }

/** Samples of several selections that are read in turns, through one view. */
async function readSeveral(from: Queryable, asked: readonly Asked[], now: number): Promise<readonly ReadonlyMap<string, string>[]> {
  const places = asked.map(a => {
    const maxMs = now - a.back * 60_000
    const minMs = maxMs - a.length * 60_000
    const fromMs = Math.min(maxMs, minMs + a.skip * 60_000)
    return { matchers: SELECTORS[a.which]!, minMs, maxMs, reads: { minMs: fromMs, maxMs: Math.max(fromMs, maxMs - a.skipEnd * 60_000) } }
  })
  const querier = from.querier(Math.min(...places.map(p => p.minMs)), Math.max(...places.map(p => p.maxMs)))
  const sets = await Promise.all(places.map(p => querier.select(p.matchers, p.minMs, p.maxMs, p.reads)))
  const out = places.map(() => new Map<string, string>())
  for (let i = 0; i < Math.max(...sets.map(set => set.size)); i++) {
    for (const [k, set] of sets.entries()) {
      const { minMs, maxMs } = places[k]!.reads
      if (i < set.size) for (const [key, text] of samplesOf({ size: 1, labels: () => set.labels(i), read: (_i, from1, to1, into) => set.read(i, from1, to1, into) }, minMs, maxMs)) out[k]!.set(key, text)
    }
  }
  querier.close()
  return out
}

/** Samples of some series as text, by their labels, empty series left out. */
function samplesOf(set: SeriesSet, minMs: number, maxMs: number): ReadonlyMap<string, string> {
  const into = new SampleColumns()
  const out = new Map<string, string>()
  for (let i = 0; i < set.size; i++) {
    const n = set.read(i, minMs, maxMs, into)
    if (n > 0) out.set(labelsKey(set.labels(i)), Array.from({ length: n }, (_, k) => `${into.ts[k]}:${into.bits[2 * k + 1]}.${into.bits[2 * k]}`).join(' '))
  }
  return out
}

describe('kept columns', () => {
  const any = fc.oneof(
    fc.array(fc.integer({ min: -5, max: 300 }), { maxLength: 700 }),
    fc.array(fc.integer({ min: 0, max: 2 ** 31 }), { maxLength: 600 }),
    fc.array(fc.integer({ min: 0, max: 1e9 }).map(n => n / 1000), { maxLength: 600 }),
    fc.array(fc.oneof(fc.double(), fc.constantFrom(-0, NaN, Infinity, 2 ** 53, -(2 ** 60))), { maxLength: 40 }),
    fc.tuple(fc.integer(), fc.nat(600)).map(([v, n]) => Array.from({ length: n }, () => v)),
  )

  test('[K1] give back the bits of any part of what they keep', () => {
    fc.assert(fc.property(any, fc.nat(700), fc.nat(700), (values, a, b) => {
      const from = new SampleColumns()
      for (const [i, v] of values.entries()) from.push(i, v)
      if (values.length > 3) from.pushStale(values.length)
      const column = new KeptColumn(0, 1e9, from.ts.slice(0, from.length), true, from)
      const lo = Math.min(a, b, from.length)
      const hi = Math.min(Math.max(a, b), from.length)
      const into = new SampleColumns(from.length)
      column.values(lo, hi, into)
      expect(into.bits.subarray(0, 2 * (hi - lo))).toEqual(from.bits.subarray(2 * lo, 2 * hi))
    }))
  })

  test('[K2] stay within their limit, and a query does not push out what it reads itself', () => {
    const samples = new SampleColumns()
    for (let i = 0; i < 200; i++) samples.push(i, Math.sqrt(i))
    const columns = new KeptColumns(20_000)
    columns.begin()
    for (let s = 0; s < 50; s++) columns.keep(s, 0, 200, samples)
    expect(columns.sizeBytes).toBeLessThanOrEqual(20_000)
    expect(columns.get(0)).toBeDefined()
    expect(columns.get(49)).toBeUndefined()
    // After enough other queries there is room for something else.
    for (let i = 0; i < 80; i++) columns.begin()
    columns.keep(49, 0, 200, samples)
    expect(columns.get(49)).toBeDefined()
    expect(columns.sizeBytes).toBeLessThanOrEqual(20_000)
  })
})

describe('a reader that keeps what it reads', () => {
  /** What happens between questions. */
  const step = fc.oneof(
    { weight: 6, arbitrary: fc.record({ do: fc.constant('append' as const), minutes: fc.integer({ min: 1, max: 40 }), kind: fc.integer({ min: 0, max: 3 }) }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('series' as const) }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('late' as const), minutes: fc.integer({ min: 1, max: 70 }) }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('maintain' as const) }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('delete' as const), which: fc.nat(3), back: fc.integer({ min: 1, max: 120 }), minutes: fc.integer({ min: 0, max: 60 }) }) },
    { weight: 6, arbitrary: fc.record({ do: fc.constant('ask' as const), back: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 300 })), length: fc.oneof(fc.constantFrom(5, 10), fc.integer({ min: 0, max: 400 })) }) },
    {
      weight: 4,
      arbitrary: fc.record({
        do: fc.constant('several' as const),
        asked: fc.array(fc.record({ which: fc.nat(SELECTORS.length - 1), back: fc.constantFrom(0, 0, 0, 30, 150), length: fc.constantFrom(0, 60, 200, 400), skip: fc.constantFrom(0, 0, 50, 120), skipEnd: fc.constantFrom(0, 0, 40) }), { minLength: 1, maxLength: 4 }),
      }),
    },
  )

  test('[K3] answers as one that does not, whatever happens between the questions', { timeout: 60_000 }, async () => {
    await fc.assert(fc.asyncProperty(fc.array(step, { minLength: 10, maxLength: 60 }), fc.constantFrom(3000, 60_000, 10_000_000), fc.constantFrom(0, HOUR), async (steps, bytes, outOfOrderWindowMs) => {
      let now = T0
      const db: Database = await openDatabase({ dataDir: tempDir(), retentionMs: 12 * HOUR, maintenanceMs: 0, syncMs: 0, outOfOrderWindowMs, now: () => now })
      const plain = openDatabaseReader(db.readerHandles(), 7)
      const keeping = openDatabaseReader(db.readerHandles(), 8, bytes)
      const series: Labels[] = []
      const addSeries = (): void => void series.push(labelsFromObject({ __name__: 'm', i: String(series.length) }))
      for (let i = 0; i < 4; i++) addSeries()
      let v = 0
      try {
        for (const s of steps) {
          const a = db.appender()
          switch (s.do) {
            case 'series':
              addSeries()
              break
            case 'append':
              for (let k = 0; k < s.minutes; k++) {
                now += 60_000
                for (const [i, labels] of series.entries()) {
                  if (s.kind === 2 && i === 1) continue // a target that is away for a while
                  v = s.kind === 1 ? v + 0.125 : s.kind === 3 ? Math.sqrt(v + i) : v + i
                  // Two targets, each with its own times.
                  a.append(a.series(labels), now + (i % 2) * 137, v)
                }
              }
              a.commit()
              break
            case 'late':
              // Older than others' newest, but newer than its own: a series of its own.
              a.append(a.series(labelsFromObject({ __name__: 'm', i: `late${s.minutes}` })), now - s.minutes * 60_000, v)
              a.append(a.series(series[0]!), now - s.minutes * 60_000 + 5, v)
              a.commit()
              break
            case 'maintain':
              await db.maintain()
              break
            case 'delete':
              await db.deleteSeries([[newMatcher('=', 'i', String(s.which))]], now - s.back * 60_000, now - (s.back - s.minutes) * 60_000)
              break
            case 'several':
              for (let k = 0; k < 2; k++) expect(await readSeveral(keeping, s.asked, now)).toEqual(await readSeveral(plain, s.asked, now))
              break
            case 'ask': {
              const maxMs = now - s.back * 60_000
              // Twice: what is asked for but once is not kept.
              for (let k = 0; k < 2; k++) expect(await read(keeping, maxMs - s.length * 60_000, maxMs)).toEqual(await read(plain, maxMs - s.length * 60_000, maxMs))
            }
          }
        }
        expect(await read(keeping, 0, now)).toEqual(await read(plain, 0, now))
      } finally {
        plain.close()
        keeping.close()
        await db.close()
      }
    }), { numRuns: Number(process.env['KEPT_RUNS'] ?? 30) })
  })

  test('[K3] selections of one query with ranges of their own do not take each other\'s samples', async () => {
    let now = T0
    const db: Database = await openDatabase({ dataDir: tempDir(), retentionMs: 12 * HOUR, maintenanceMs: 0, syncMs: 0, now: () => now })
    const keeping = openDatabaseReader(db.readerHandles(), 8, 1_000_000)
    const labels = labelsFromObject({ __name__: 'm', i: '0' })
    for (let k = 0; k < 90; k++) {
      now += 60_000
      const a = db.appender()
      a.append(a.series(labels), now, k)
      a.commit()
    }
    const one = [newMatcher('=', '__name__', 'm'), newMatcher('=', 'i', '0')]
    const all = [newMatcher('=', '__name__', 'm')]
    const columns = new SampleColumns()
    const values = (set: SeriesSet, fromMs: number, toMs: number): number[] => [...columns.vs.subarray(0, set.read(0, fromMs, toMs, columns))]
    try {
      // The early range is kept for the one; the other is about to be kept.
      for (const matchers of [one, one, all]) {
        const q = keeping.querier(T0, T0 + 20 * 60_000)
        values(await q.select(matchers, T0, T0 + 20 * 60_000), T0, T0 + 20 * 60_000)
        q.close()
      }
      const q = keeping.querier(T0, now)
      const early = await q.select(one, T0, T0 + 20 * 60_000)
      const late = await q.select(all, now - 30 * 60_000, now)
      expect(values(late, now - 30 * 60_000, now)).toEqual(Array.from({ length: 31 }, (_, i) => 59 + i))
      expect(values(early, T0, T0 + 20 * 60_000)).toEqual(Array.from({ length: 20 }, (_, i) => i))
      q.close()
    } finally {
      keeping.close()
      await db.close()
    }
  })

  test('[K3] a series that goes on after a pause is found by a selection that was kept during the pause', async () => {
    let now = T0
    const db: Database = await openDatabase({ dataDir: tempDir(), retentionMs: 12 * HOUR, maintenanceMs: 0, syncMs: 0, now: () => now })
    const keeping = openDatabaseReader(db.readerHandles(), 8, 1_000_000)
    const plain = openDatabaseReader(db.readerHandles(), 7)
    const append = (minutes: number, which: readonly number[]): void => {
      for (let k = 0; k < minutes; k++) {
        now += 60_000
        const a = db.appender()
        for (const i of which) a.append(a.series(labelsFromObject({ __name__: 'm', i: String(i) })), now, k)
        a.commit()
      }
    }
    try {
      append(10, [0, 1])
      append(20, [0])
      for (let k = 0; k < 3; k++) expect((await read(keeping, now - 5 * 60_000, now)).size).toBe(1)
      append(2, [0, 1])
      expect(await read(keeping, now - 5 * 60_000, now)).toEqual(await read(plain, now - 5 * 60_000, now))
      expect((await read(keeping, now - 5 * 60_000, now)).size).toBe(2)
    } finally {
      keeping.close()
      plain.close()
      await db.close()
    }
  })

  test('[K4] the journal of changes tells the oldest sample since a mark', async () => {
    const db = await openDatabase({ dataDir: tempDir(), maintenanceMs: 0, syncMs: 0, now: () => T0 + HOUR })
    const changes = openDatabaseReader(db.readerHandles(), 7, 1).changes!
    const append = (i: number, tMs: number): void => {
      const a = db.appender()
      a.append(a.series(labelsFromObject({ __name__: 'm', i: String(i) })), tMs, 1)
      a.commit()
    }
    append(0, T0)
    const version = changes.version()
    const mark = changes.mark()
    expect(changes.oldestSince(mark)).toBe(Infinity)
    append(0, T0 + 5000)
    append(1, T0 + 2000)
    append(0, T0 + 9000)
    // The group of the mark counts as a whole.
    expect(changes.oldestSince(mark)).toBe(T0)
    for (let i = 1; i <= 20; i++) append(0, T0 + 9000 + i)
    const later = changes.mark()
    for (let i = 1; i <= 20; i++) append(0, T0 + 10_000 + i)
    expect(changes.oldestSince(later)).toBeGreaterThanOrEqual(T0 + 9000)
    for (let i = 0; i < 16; i++) append(0, T0 + 20_000 + i)
    expect(changes.oldestSince(changes.mark() - 1)).toBeGreaterThan(T0 + 10_000)
    expect(changes.version()).toBe(version)
    await db.close()
  })

  test('[K4] samples out of order are told by their times, and so are deletions; those change the version too', async () => {
    const db = await openDatabase({ dataDir: tempDir(), maintenanceMs: 0, syncMs: 0, now: () => T0 + HOUR, outOfOrderWindowMs: HOUR })
    const changes = openDatabaseReader(db.readerHandles(), 7, 1).changes!
    const append = (tMs: number): void => {
      const a = db.appender()
      a.append(a.series(labelsFromObject({ __name__: 'm' })), tMs, 1)
      a.commit()
    }
    // Groups of the journal count as a whole: enough commits that each mark has one of its own.
    const settle = (fromMs: number): number => {
      for (let i = 0; i < 40; i++) append(fromMs + i)
      return changes.mark() - 1
    }
    const version = changes.version()
    let mark = settle(T0 + 600_000)
    append(T0 + 300_000)
    expect(changes.oldestSince(mark)).toBe(T0 + 300_000)
    mark = settle(T0 + 700_000)
    expect(changes.oldestSince(mark)).toBeGreaterThanOrEqual(T0 + 600_000)
    expect(changes.version()).toBe(version)
    await db.deleteSeries([METRIC], T0 + 400_000, T0 + 650_000)
    expect(changes.oldestSince(mark)).toBe(T0 + 400_000)
    // Blocks may have lost samples too.
    expect(changes.version()).not.toBe(version)
    await db.close()
  })
})
