import { cpSync, existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { labelsFromObject, labelsKey } from '@haechi/model'
import type { Labels } from '@haechi/model'
import { SampleColumns } from '@haechi/storage'
import { ModelStorage, bitsOf, storageSuite } from '@haechi/storage/suite'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { listBlocks, parseBlockMeta, printBlockMeta } from '../src/block/block-meta.ts'
import { BlockError } from '../src/block/block-error.ts'
import { ChunkFileWriter } from '../src/block/chunk-file-writer.ts'
import { ChunkFiles } from '../src/block/chunk-files.ts'
import { BlockReader } from '../src/block/block-reader.ts'
import { BlockWriter } from '../src/block/block-writer.ts'
import { beyondRetention, beyondSize, blockRanges, planCompaction } from '../src/block/compaction-plan.ts'
import { mergeBlocks } from '../src/block/merge-blocks.ts'
import { dropDeletedColumns } from '../src/columns.ts'
import { printTombstones, readTombstones } from '../src/block/tombstones.ts'
import { isUlid, newUlid } from '../src/block/ulid.ts'
import { openDatabase } from '../src/index.ts'
import { readAll } from './read-all.ts'
import { tempDir } from './temp-dir.ts'

const HOUR = 3_600_000
const T0 = Math.floor(1_790_000_000_000 / (54 * HOUR)) * 54 * HOUR

const dirs: string[] = []
storageSuite('tsdb with blocks', () => openDatabase({ dataDir: (dirs.push(tempDir()), dirs.at(-1)!), retentionMs: Infinity }), {
  reopen: () => openDatabase({ dataDir: dirs.at(-1)!, retentionMs: Infinity }),
  makeLimited: limit => openDatabase({ dataDir: tempDir(), retentionMs: Infinity, maxSeries: limit }),
})

type Series = ReadonlyMap<string, { readonly labels: Labels; readonly samples: readonly (readonly [t: number, v: number])[] }>

/** Writes a block of its own with these samples. */
function writeBlock(dataDir: string, series: Series, nowMs: number): void {
  const texts = [...new Set([...series.values()].flatMap(s => s.labels))].map(t => Buffer.from(t)).sort(Buffer.compare)
  const rank = new Map(texts.map((b, i) => [b.toString(), i]))
  const writer = new BlockWriter(dataDir, newUlid(nowMs), texts)
  const sorted = [...series.values()].sort((a, b) => {
    for (let i = 0; i < a.labels.length && i < b.labels.length; i++) if (a.labels[i] !== b.labels[i]) return rank.get(a.labels[i]!)! - rank.get(b.labels[i]!)!
    return a.labels.length - b.labels.length
  })
  let minT = Infinity
  let maxT = -Infinity
  for (const s of sorted) {
    const columns = new SampleColumns()
    for (const [t, v] of s.samples) columns.push(t, v)
    if (columns.length > 0) {
      minT = Math.min(minT, columns.ts[0]!)
      maxT = Math.max(maxT, columns.ts[columns.length - 1]!)
    }
    writer.addColumns(columns)
    writer.endSeries(Int32Array.from(s.labels, l => rank.get(l)!), s.labels.length / 2)
  }
  writer.finish(minT, maxT + 1, { level: 1, sources: [writer.ulid], parents: [], hints: [] })
}

function readBlocks(dataDir: string): Map<string, [number, number][]> {
  const out = new Map<string, Map<number, number>>()
  for (const block of listBlocks(dataDir)) {
    const reader = new BlockReader(block)
    const set = reader.series([], -1e15, 1e15)
    const into = new SampleColumns()
    for (let i = 0; i < set.size; i++) {
      const n = set.read(i, -1e15, 1e15, into)
      const key = labelsKey(set.labels(i))
      if (!out.has(key)) out.set(key, new Map())
      for (let k = 0; k < n; k++) out.get(key)!.set(into.ts[k]!, into.vs[k]!)
    }
    reader.close()
  }
  return new Map([...out].map(([key, m]) => [key, [...m].sort((a, b) => a[0] - b[0])]))
}

const label = fc.constantFrom('a', 'b', 'ab', '가', '😀', 'Z', 'z'.repeat(200))
/** Samples whose value follows from label and time, so that overlapping blocks agree. */
const samplesOf = (key: string, from: number, step: number, n: number): [number, number][] => Array.from({ length: n }, (_, i) => [from + i * step, key.length + ((from + i * step) % 1009) / 7])
const blockOf: fc.Arbitrary<Series> = fc.array(fc.record({ x: label, y: fc.option(label), from: fc.integer({ min: 0, max: 40 }), step: fc.constantFrom(1, 2, 3), n: fc.integer({ min: 1, max: 300 }) }), { minLength: 1, maxLength: 6 }).map(list => {
  const out = new Map<string, { labels: Labels; samples: [number, number][] }>()
  for (const s of list) {
    const labels = labelsFromObject({ __name__: 'm', x: s.x, ...(s.y === null ? {} : { y: s.y }) })
    out.set(labelsKey(labels), { labels, samples: samplesOf(labelsKey(labels), T0 + s.from * 20, s.step, s.n) })
  }
  return out
})

describe('blocks', () => {
  test('[B6] merging in any order gives the union of all blocks', async () => {
    await fc.assert(fc.asyncProperty(fc.array(blockOf, { minLength: 2, maxLength: 4 }), fc.boolean(), async (list, pairwise) => {
      const dir = tempDir()
      for (const [i, series] of list.entries()) writeBlock(dir, series, T0 + i)
      const want = new Map<string, Map<number, number>>()
      for (const series of list) {
        for (const [key, s] of series) {
          if (!want.has(key)) want.set(key, new Map())
          for (const [t, v] of s.samples) want.get(key)!.set(t, v)
        }
      }
      const union = new Map([...want].map(([key, m]) => [key, [...m].sort((a, b) => a[0] - b[0])]))
      const check = (): void => expect([...readBlocks(dir)].sort()).toEqual([...union].sort())
      check()
      if (pairwise) while (listBlocks(dir).length > 1) await mergeBlocks(dir, listBlocks(dir).slice(-2), T0)
      else await mergeBlocks(dir, listBlocks(dir), T0)
      expect(listBlocks(dir)).toHaveLength(1)
      check()
      const [block] = listBlocks(dir)
      expect(block!.meta.stats.numSamples).toBe([...union.values()].reduce((n, s) => n + s.length, 0))
      expect(block!.meta.compaction.sources).toHaveLength(list.length)
      rmSync(dir, { recursive: true })
    }), { numRuns: 20 })
  }, 60_000)

  test('[B1] random batches, maintenance and restarts: database and model hold the same', async () => {
    const step = fc.oneof(
      { weight: 6, arbitrary: fc.record({ kind: fc.constant('append' as const), series: fc.integer({ min: 0, max: 5 }), minutes: fc.integer({ min: 1, max: 50 }), n: fc.integer({ min: 1, max: 30 }) }) },
      { weight: 2, arbitrary: fc.constant({ kind: 'maintain' as const }) },
      { weight: 1, arbitrary: fc.constant({ kind: 'reopen' as const }) },
    )
    await fc.assert(fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 60 }), async steps => {
      const dir = tempDir()
      const open = () => openDatabase({ dataDir: dir, retentionMs: 1e13, maintenanceMs: 0, syncMs: 0 })
      let db = await open()
      const model = new ModelStorage()
      let t = T0
      for (const s of steps) {
        if (s.kind === 'maintain') await db.maintain()
        else if (s.kind === 'reopen') {
          await db.close()
          db = await open()
        } else {
          const a = db.appender()
          const labels = labelsFromObject({ __name__: 'm', i: String(s.series) })
          for (let k = 0; k < s.n; k++) {
            t += s.minutes * 60_000
            a.append(a.series(labels), t, k)
            const { appended } = a.commit()
            expect(appended).toBe(1)
            const bits = bitsOf(k)
            model.append(labels, t, bits.lo, bits.hi)
          }
        }
      }
      await db.maintain()
      expect(await readAll(db)).toEqual(model.select([], -1e15, 1e15))
      await db.close()
      rmSync(dir, { recursive: true })
    }), { numRuns: 8 })
  }, 120_000)

  test('[B1] where block and head have a sample of the same time, the head counts', async () => {
    const dir = tempDir()
    const labels = labelsFromObject({ __name__: 'm' })
    writeBlock(dir, new Map([['m', { labels, samples: [[T0 - HOUR, 1], [T0, 1], [T0 + 2, 1]] }]]), T0)
    const aside = tempDir()
    const [block] = listBlocks(dir)
    cpSync(block!.dir, path.join(aside, block!.meta.ulid), { recursive: true })
    rmSync(block!.dir, { recursive: true })
    const db = await openDatabase({ dataDir: dir, retentionMs: 1e13, maintenanceMs: 0 })
    const a = db.appender()
    for (const t of [T0, T0 + 1, T0 + 3]) {
      a.append(a.series(labels), t, 2)
      a.commit()
    }
    // A block that somebody copies into the directory is noticed by the next round.
    cpSync(path.join(aside, block!.meta.ulid), block!.dir, { recursive: true })
    await db.maintain()
    const values = [...(await readAll(db)).values()][0]!.map(s => [s.t - T0, new Float64Array(Uint32Array.of(s.lo, s.hi).buffer)[0]])
    expect(values).toEqual([[-HOUR, 1], [0, 2], [1, 2], [2, 1], [3, 2]])
    await db.close()
  })

  test('[B6] plans are those of Prometheus: ranges by three, overlaps first, the newest alone', () => {
    const block = (fromH: number, toH: number, tombstones = 0): Parameters<typeof planCompaction>[0][number] => ({
      dir: '', meta: {
        ulid: `${fromH}-${toH}`, minTime: T0 + fromH * HOUR, maxTime: T0 + toH * HOUR, stats: { numSamples: 1, numSeries: 10, numChunks: 1, numTombstones: tombstones },
        compaction: { level: 1, sources: [], parents: [], hints: [] },
      },
    })
    const ranges = blockRanges(15 * 24 * HOUR)
    expect(ranges.map(r => r / HOUR)).toEqual([2, 6, 18])
    expect(blockRanges(1000 * 24 * HOUR).map(r => r / HOUR)).toEqual([2, 6, 18, 54, 162, 486])
    expect(blockRanges(HOUR).map(r => r / HOUR)).toEqual([2])
    const plan = (...blocks: Parameters<typeof planCompaction>[0][number][]): string[] => planCompaction(blocks, ranges).map(b => b.meta.ulid)
    expect(plan()).toEqual([])
    expect(plan(block(0, 2), block(2, 4), block(4, 6))).toEqual([])
    expect(plan(block(0, 2), block(2, 4), block(4, 6), block(6, 8))).toEqual(['0-2', '2-4', '4-6'])
    // A range with a gap is complete when something later exists.
    expect(plan(block(0, 2), block(4, 6), block(6, 8), block(8, 10))).toEqual(['0-2', '4-6'])
    expect(plan(block(0, 6), block(6, 12), block(12, 18), block(18, 20))).toEqual(['0-6', '6-12', '12-18'])
    expect(plan(block(0, 3), block(2, 4), block(4, 6))).toEqual(['0-3', '2-4'])
    expect(plan(block(0, 18, 9), block(18, 20))).toEqual(['0-18'])
    expect(plan(block(0, 2, 10), block(2, 4))).toEqual(['0-2'])
    expect(plan(block(0, 2, 9), block(2, 4))).toEqual([])
    expect(planCompaction([block(0, 3), block(2, 4)], ranges, ulid => ulid === '0-3')).toEqual([])
    const all = [block(0, 2), block(2, 4), block(4, 6)]
    expect(beyondRetention(all, 3 * HOUR).map(b => b.meta.ulid)).toEqual(['0-2'])
    // One block of the future is no reason to delete those of today.
    const future = [...all, block(9000, 9002)]
    expect(beyondRetention(future, 3 * HOUR, T0 + 6 * HOUR).map(b => b.meta.ulid)).toEqual(['0-2'])
    expect(beyondRetention(all, 3 * HOUR, T0 + 9000 * HOUR).map(b => b.meta.ulid)).toEqual(['0-2'])
    expect(beyondSize(all, () => 10, 5, 25).map(b => b.meta.ulid)).toEqual(['0-2'])
    expect(beyondSize(all, () => 10, 5, 35)).toEqual([])
  })

  test('[B6] deleted samples are not read, and gone after merging', async () => {
    const dir = tempDir()
    const labels = (x: string): Labels => labelsFromObject({ __name__: 'm', x })
    const samples = samplesOf('m', T0, 1000, 500)
    writeBlock(dir, new Map([['a', { labels: labels('a'), samples }], ['b', { labels: labels('b'), samples }], ['c', { labels: labels('c'), samples }]]), T0)
    const [block] = listBlocks(dir)
    const open = new BlockReader(block!)
    const [a, b] = open.index.all()
    open.close()
    writeFileSync(path.join(block!.dir, 'tombstones'), printTombstones(new Map([[a!, [T0 + 100_000, T0 + 199_999]], [b!, [-1e13, 1e14]]])))
    const want = samples.filter(([t]) => t < T0 + 100_000 || t > T0 + 199_999)
    const check = (): void => {
      const found = readBlocks(dir)
      expect(found.get(labelsKey(labels('a')))).toEqual(want)
      expect(found.get(labelsKey(labels('b'))) ?? []).toEqual([])
      expect(found.get(labelsKey(labels('c')))).toEqual(samples)
    }
    check()
    const { block: merged } = await mergeBlocks(dir, listBlocks(dir), T0)
    expect(merged!.stats).toMatchObject({ numSeries: 2, numSamples: want.length + samples.length })
    check()
  })

  test('[B6] what is deleted as a whole leaves no block', async () => {
    const dir = tempDir()
    writeBlock(dir, new Map([['a', { labels: labelsFromObject({ __name__: 'm' }), samples: [[T0, 1]] }]]), T0)
    const [block] = listBlocks(dir)
    writeFileSync(path.join(block!.dir, 'tombstones'), printTombstones(new Map([[new BlockReader(block!).index.all()[0]!, [T0, T0]]])))
    expect((await mergeBlocks(dir, [block!], T0)).block).toBeUndefined()
    expect(readdirSync(dir)).toEqual([block!.meta.ulid])
  })
})

test('[B6] chunks go through several segments', () => {
  const dir = tempDir()
  const writer = new ChunkFileWriter(dir, 2000)
  const chunks = Array.from({ length: 50 }, (_, i) => Buffer.alloc(i * 29, i))
  const places = chunks.map((b, i) => writer.add(1 + (i % 3), b, 0, b.length))
  writer.finish()
  expect(readdirSync(dir).length).toBeGreaterThan(10)
  const files = new ChunkFiles(dir)
  for (const i of [...chunks.keys()].reverse()) {
    files.read(places[i]!)
    expect(files.encoding).toBe(1 + (i % 3))
    expect(Buffer.from(files.bytes.subarray(files.from, files.from + files.length)).equals(chunks[i]!)).toBe(true)
  }
  expect(() => files.read(5 * 2 ** 40)).toThrow(BlockError)
  expect(() => files.read(1500)).toThrow(BlockError)
  files.close()
})

describe('damage', () => {
  /** A directory with one block of a few series. */
  function sample(): { dir: string; block: string } {
    const dir = tempDir()
    const series = new Map(Array.from({ length: 8 }, (_, i) => [String(i), { labels: labelsFromObject({ __name__: 'm', i: String(i) }), samples: samplesOf('m', T0, 1000, 200) }]))
    writeBlock(dir, series, T0)
    const ulid = listBlocks(dir)[0]!.meta.ulid
    writeFileSync(path.join(dir, ulid, 'tombstones'), printTombstones(new Map([[5, [1, 2, 7, 9]]])))
    return { dir, block: path.join(dir, ulid) }
  }

  function readEverything(dir: string): void {
    for (const block of listBlocks(dir)) {
      const reader = new BlockReader(block)
      try {
        const set = reader.series([], -1e15, 1e15)
        const into = new SampleColumns()
        for (let i = 0; i < set.size; i++) set.read(i, -1e15, 1e15, into)
        reader.labelNames([])
        for (const name of reader.index.names()) reader.labelValues(name, [])
      } finally {
        reader.close()
      }
    }
  }

  test('[B9] changed, cut and random bytes give a BlockError or the same answers, never anything else', () => {
    const { dir, block } = sample()
    const files = ['index', 'chunks/000001', 'meta.json', 'tombstones'].map(f => path.join(block, f))
    const good = files.map(f => readFileSync(f))
    const change = fc.record({
      file: fc.nat(files.length - 1), at: fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), bytes: fc.uint8Array({ minLength: 1, maxLength: 8 }), cut: fc.boolean(),
    })
    fc.assert(fc.property(fc.array(change, { minLength: 1, maxLength: 3 }), changes => {
      for (const c of changes) {
        const b = Buffer.from(readFileSync(files[c.file]!))
        const at = Math.floor(c.at * b.length)
        if (!c.cut) Buffer.from(c.bytes).copy(b, at)
        writeFileSync(files[c.file]!, c.cut ? b.subarray(0, at) : b)
      }
      try {
        readEverything(dir)
      } catch (err) {
        if (!(err instanceof BlockError)) throw err
      } finally {
        files.forEach((f, i) => writeFileSync(f, good[i]!))
      }
    }), { numRuns: 250 })
    readEverything(dir)
  }, 60_000)

  test.each(['index', 'chunks/000001', 'tombstones', 'meta.json'])('[D3] a block with a damaged %s is set aside, and the start succeeds with the others', async file => {
    const { dir, block } = sample()
    writeBlock(dir, new Map([['x', { labels: labelsFromObject({ __name__: 'healthy' }), samples: [[T0 + HOUR, 1]] }]]), T0 + 1)
    writeFileSync(path.join(block, file), 'garbage')
    const lines: { fields: Readonly<Record<string, unknown>>; message: string }[] = []
    const db = await openDatabase({ dataDir: dir, retentionMs: 1e13, maintenanceMs: 0, logger: { info: () => {}, warn: () => {}, error: (fields, message) => lines.push({ fields, message }) } })
    expect([...(await readAll(db)).keys()]).toEqual([labelsKey(labelsFromObject({ __name__: 'healthy' }))])
    const [damaged] = db.report.damagedBlocks
    expect(damaged).toMatchObject({ ulid: path.basename(block), ...(file === 'meta.json' ? {} : { series: 8, samples: 1600 }) })
    expect(damaged!.reason).toContain(file.split('/')[0])
    expect(damaged!.bytes).toBeGreaterThan(100)
    expect(existsSync(path.join(damaged!.movedTo!, 'index'))).toBe(true)
    expect(lines).toHaveLength(1)
    expect(lines[0]!.message).toBe('A block is damaged and was set aside; its samples are missing from answers')
    await db.close()
  })

  test('[B9] a block that was replaced by a damaged one counts again', async () => {
    const dir = tempDir()
    for (let i = 0; i < 2; i++) writeBlock(dir, new Map([['x', { labels: labelsFromObject({ __name__: 'm' }), samples: [[T0 + i, i]] }]]), T0 + i)
    const { block } = await mergeBlocks(dir, listBlocks(dir), T0 + 5)
    expect(listBlocks(dir).map(b => b.meta.ulid)).toEqual([block!.ulid])
    writeFileSync(path.join(dir, block!.ulid, 'index'), '')
    const db = await openDatabase({ dataDir: dir, retentionMs: 1e13, maintenanceMs: 0 })
    expect([...(await readAll(db)).values()][0]).toHaveLength(2)
    await db.close()
  })

  test('meta.json: print and parse are inverse, ULIDs ascend with time', () => {
    const meta = { ulid: newUlid(T0), minTime: -5, maxTime: T0, stats: { numSamples: 1, numSeries: 2, numChunks: 3, numTombstones: 4 }, compaction: { level: 2, sources: ['a'], parents: [{ ulid: 'b', minTime: 1, maxTime: 2 }], hints: ['from-out-of-order'] } }
    expect(parseBlockMeta('x', printBlockMeta(meta))).toEqual(meta)
    expect(isUlid(newUlid(0))).toBe(true)
    expect(newUlid(T0) < newUlid(T0 + 1)).toBe(true)
    fc.assert(fc.property(fc.oneof(fc.json(), fc.string()), text => {
      try {
        parseBlockMeta('x', text)
      } catch (err) {
        if (!(err instanceof BlockError)) throw err
      }
    }))
  })

  test('tombstones: print and read are inverse, intervals are inclusive', () => {
    const dir = tempDir()
    mkdirSync(dir, { recursive: true })
    const file = path.join(dir, 't')
    const want = new Map([[3, [-9, 5, 8, 2 ** 45]], [1000, [0, 0]]])
    writeFileSync(file, printTombstones(want))
    expect(readTombstones(file)).toEqual(want)
    const c = new SampleColumns()
    for (const t of [1, 2, 3, 4, 5]) c.push(t, t)
    dropDeletedColumns(c, [2, 3, 5, 9])
    expect(c.length).toBe(2)
    expect([c.ts[0], c.ts[1], c.vs[1]]).toEqual([1, 4, 4])
  })
})
