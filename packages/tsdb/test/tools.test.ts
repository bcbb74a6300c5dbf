import { appendFileSync, cpSync, existsSync, mkdirSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Backfill, ToolError, analyzeBlock, backfillBlockMs, blockInfos, isDamaged, openDatabase, openReadOnly, readOpenMetrics, repairDirectory, verifyDirectory } from '../src/index.ts'
import type { BackfillReport, RepairReport } from '../src/index.ts'
import { SILENT } from '../src/logger.ts'
import { RecordBuffer, SamplesRecord } from '../src/wal/record.ts'
import { PAGE_BYTES, WalWriter } from '../src/wal/wal-writer.ts'
import { readAll } from './read-all.ts'
import { tempDir } from './temp-dir.ts'

const HOUR = 3_600_000
const T0 = Math.floor(1_780_000_000_000 / (6 * HOUR)) * 6 * HOUR
const NOW = T0 + 1000 * HOUR
const bitsOf = (v: number): Uint32Array => new Uint32Array(Float64Array.of(v).buffer)

async function fill(dir: string, samples: Iterable<readonly [name: string, t: number, v: number]>, blockMs?: number): Promise<BackfillReport> {
  const backfill = new Backfill(dir, blockMs)
  try {
    for (const [name, t, v] of samples) {
      const bits = bitsOf(v)
      backfill.add(backfill.series(['__name__', name, 'job', 'a']), t, bits[0]!, bits[1]!)
    }
    return await backfill.finish(NOW)
  } finally {
    backfill.close()
  }
}

/** 20 series, a sample each 30 s over two blocks. */
function* steady(): Generator<[string, number, number]> {
  for (let i = 0; i < 20; i++) for (let t = T0; t < T0 + 4 * HOUR; t += 30_000) yield [`m${String(i).padStart(2, '0')}`, t, i + Math.sin(t)]
}

async function contents(dir: string): Promise<Map<string, string>> {
  const db = await openReadOnly(dir)
  try {
    return new Map([...await readAll(db)].map(([key, list]) => [key, list.map(s => `${s.t}:${s.hi}:${s.lo}`).join(' ')]))
  } finally {
    db.close()
  }
}

const samplesIn = (c: Map<string, string>): number => [...c.values()].reduce((n, s) => n + (s === '' ? 0 : s.split(' ').length), 0)
const blocksOf = (dir: string): string[] => blockInfos(dir, () => {}).map(b => b.meta.ulid)

function flip(file: string, at: number): void {
  const b = readFileSync(file)
  b[at < 0 ? b.length + at : at]! ^= 0x5a
  writeFileSync(file, b)
}

describe('T1 backfill', () => {
  test('[T1] samples in any order come into blocks of their time, sorted, each series once', async () => {
    const dir = tempDir()
    const all = [...steady()]
    const mixed = all.map((s, i) => [s, (i * 7919) % all.length] as const).sort((a, b) => a[1] - b[1]).map(([s]) => s)
    const report = await fill(dir, mixed)
    expect([report.samples, report.series, report.duplicates, report.blocks.map(b => b.meta.minTime)]).toEqual([all.length, 20, 0, [T0, T0 + 2 * HOUR]])
    const other = tempDir()
    await fill(other, all)
    expect(await contents(dir)).toEqual(await contents(other))
    expect(isDamaged(verifyDirectory(dir))).toBe(false)
    expect(readdirSync(dir).every(n => blocksOf(dir).includes(n)), 'no spool is left').toBe(true)
  })
  test('[T1] of samples of one series and time the last one stays, and the others are counted', async () => {
    const dir = tempDir()
    const report = await fill(dir, [['a', T0 + 10, 1], ['a', T0 + 5, 2], ['a', T0 + 10, 3], ['a', T0 + 10, 4], ['b', T0 + 10, 5]])
    expect([report.samples, report.duplicates]).toEqual([3, 2])
    const got = [...await contents(dir)].find(([k]) => k.includes('a') && !k.includes('\xffb'))!
    expect(got[1].split(' ').length).toBe(2)
    expect(got[1]).toContain(`${T0 + 10}:${bitsOf(4)[1]!}:${bitsOf(4)[0]!}`)
  })
  test('[T1] block lengths are those that are merged later', () => {
    expect([0, 2, 5, 6, 17, 18, 60].map(h => backfillBlockMs(h * HOUR) / HOUR)).toEqual([2, 2, 2, 6, 6, 18, 54])
  })
  test('[T1] a running database takes the blocks in', async () => {
    const dir = tempDir()
    const db = await openDatabase({ dataDir: dir, retentionMs: Infinity, maintenanceMs: 0, now: () => NOW })
    await fill(dir, steady())
    await db.maintain()
    expect((await readAll(db)).size).toBe(20)
    await db.close()
  })
})

describe('T2 OpenMetrics', () => {
  const read = async (text: string, extra = new Map<string, string>()): Promise<{ dir: string; report: BackfillReport }> => {
    const dir = tempDir()
    const file = path.join(tempDir(), 'in.om')
    writeFileSync(file, text)
    const backfill = new Backfill(dir)
    try {
      await readOpenMetrics(file, backfill, extra, () => {})
      return { dir, report: await backfill.finish(NOW) }
    } finally {
      backfill.close()
    }
  }
  test('[T2] files longer than a piece are read whole, with their types and extra labels', async () => {
    const line = (i: number): string => `m{path="/a\\"b\\n${'x'.repeat(200)}",le="${i % 10}"} ${i} ${T0 / 1000 + i * 0.25}\n`
    const text = `# TYPE m gauge\n${Array.from({ length: 24_000 }, (_, i) => line(i)).join('')}# EOF\n`
    expect(text.length).toBeGreaterThan(5 << 20)
    const { dir, report } = await read(text, new Map([['zone', 'z']]))
    expect([report.samples, report.series, report.duplicates]).toEqual([24_000, 10, 0])
    expect([...(await contents(dir)).keys()].every(k => k.includes('zone') && k.includes('/a"b\n'))).toBe(true)
  })
  test.each([
    ['a 1\n# EOF\n', /in\.om:1: expected timestamp for series \{__name__="a"\}, got none$/],
    ['a 1 1\n', /data does not end with # EOF$/],
    ['a 1 1\nb{ 2 2\n# EOF\n', /in\.om:2: expected label name/],
    ['# TYPE a counter\n\na_total 1 1\n# EOF\n', /in\.om:2: expected a valid start token/],
    ['a 1 1\n# EOF\nb 1 1\n# EOF\n', /in\.om:2: unexpected data after # EOF$/],
    ['\x00\xff', /in\.om:1: /],
  ])('[T2] %j is refused with file, line and reason', async (text, says) => {
    await expect(read(text)).rejects.toThrow(says)
  })
  test('[T2] no samples, no block', async () => {
    expect((await read('# EOF\n')).report.blocks).toEqual([])
    await expect(readOpenMetrics('/nowhere/x.om', new Backfill(tempDir()), new Map(), () => {})).rejects.toThrow(new ToolError('cannot read /nowhere/x.om: no such file'))
  })
})

test('[T3] analysis counts series, pairs and churn', async () => {
  const dir = tempDir()
  await fill(dir, [...steady(), ['short', T0, 1], ['short', T0 + 60_000, 2], ['short2', T0, 1]])
  const [first] = blockInfos(dir, () => {})
  const a = analyzeBlock(first!.dir, [], true)
  expect([a.series, a.labelNames, a.labelPairs, a.entries]).toEqual([22, 2, 23, 44])
  expect(a.seriesByPair[0]).toEqual({ name: 'job=a', value: 22 })
  expect(a.churnByPair.slice(0, 2)).toEqual([{ name: '__name__=short2', value: 1 }, { name: 'job=a', value: 1 }])
  expect([a.chunks!.total, a.chunks!.floatSamples.reduce((x, y) => x + y)]).toEqual([first!.meta.stats.numChunks, first!.meta.stats.numSamples])
})

describe('T4 verify and repair', () => {
  const damagedBy = async (damage: (dir: string, blocks: string[]) => void): Promise<{ dir: string; before: Map<string, string>; after: Map<string, string>; report: RepairReport }> => {
    const dir = tempDir()
    await fill(dir, steady())
    const before = await contents(dir)
    damage(dir, blocksOf(dir))
    const report = repairDirectory(dir, NOW)
    expect(isDamaged(report.before)).toBe(true)
    expect(isDamaged(report.after)).toBe(false)
    expect(isDamaged(verifyDirectory(dir))).toBe(false)
    return { dir, before, after: await contents(dir), report }
  }
  const kinds = (r: RepairReport): string[] => r.actions.map(a => a.kind)

  test('[T4] a damaged chunk is the only thing that a repaired block loses', async () => {
    const { before, after, report, dir } = await damagedBy((d, [b]) => flip(path.join(d, b!, 'chunks/000001'), 40))
    const action = report.actions[0]!
    if (action.kind !== 'rewritten') throw new Error(action.kind)
    expect([kinds(report), action.loss.chunks, action.loss.seriesCut, action.loss.seriesLost]).toEqual([['rewritten'], 1, 1, 0])
    expect(samplesIn(before) - samplesIn(after)).toBe(action.loss.samples)
    expect([...before].filter(([k, s]) => after.get(k) !== s).length).toBe(1)
    expect(existsSync(action.movedTo) && path.dirname(action.movedTo) === dir).toBe(true)
  })
  test.each([
    ['meta.json', (d: string, b: string): void => writeFileSync(path.join(d, b, 'meta.json'), '{'), 'meta'],
    ['a missing meta.json', (d: string, b: string): void => rmSync(path.join(d, b, 'meta.json')), 'meta'],
    ['wrong counts in meta.json', (d: string, b: string): void => writeFileSync(path.join(d, b, 'meta.json'), readFileSync(path.join(d, b, 'meta.json'), 'utf8').replace(/"numSeries": \d+/, '"numSeries": 7')), 'meta'],
    ['the list of all series', (d: string, b: string): void => flip(path.join(d, b, 'index'), readFileSync(path.join(d, b, 'index')).readUIntBE(statSync(path.join(d, b, 'index')).size - 52 + 4 * 8 + 2, 6) + 9), 'rewritten'],
  ] as const)('[T4] %s: nothing is lost', async (_, damage, kind) => {
    const { before, after, report } = await damagedBy((d, [b]) => damage(d, b!))
    expect(kinds(report)).toEqual([kind])
    expect(after).toEqual(before)
  })
  test('[T4] tombstones that can\'t be read: the block stays, and it is said', async () => {
    const { before, after, report } = await damagedBy((d, [b]) => flip(path.join(d, b!, 'tombstones'), 2))
    expect(report.actions[0]).toMatchObject({ kind: 'rewritten', loss: { tombstones: true, chunks: 0 } })
    expect(after).toEqual(before)
  })
  /** Where the sections of an index begin: symbols, series, label indices, their table, postings, their table; and where a text stands first behind an offset. */
  const sections = (file: string): number[] => {
    const b = readFileSync(file)
    return [0, 1, 2, 3, 4, 5].map(i => b.readUIntBE(b.length - 52 + 8 * i + 2, 6))
  }
  const textAt = (file: string, text: string, from: number): number => readFileSync(file).indexOf(text, from)
  const SYMBOLS = 0
  const SERIES = 1
  const POSTINGS = 4
  const TABLE = 5
  type Flips = readonly (readonly [section: number, text: string | number])[]
  const flipIn = (file: string, flips: Flips): void => {
    const at = sections(file)
    for (const [section, place] of flips) flip(file, typeof place === 'number' ? at[section]! + place : textAt(file, place, at[section]!))
  }

  test.each<[string, Flips]>([
    ['a symbol', [[SYMBOLS, 'm05']]],
    ['a symbol\'s length', [[SYMBOLS, 12]]],
    ['the number of symbols', [[SYMBOLS, 7]]],
    ['the length of the symbols', [[SYMBOLS, 1]]],
    ['the table of postings', [[TABLE, 'm05']]],
    ['the length of that table', [[TABLE, 0]]],
    ['a list of postings', [[POSTINGS, 9]]],
    ['the list of all series', [[POSTINGS, 9], [TABLE, 'm07']]],
  ])('[T4] %s: the index is made anew from the rest of it, nothing is lost', async (_, flips) => {
    const { before, after, report } = await damagedBy((d, [b]) => flipIn(path.join(d, b!, 'index'), flips))
    expect(report.actions).toMatchObject([{ kind: 'rewritten', loss: { seriesLost: 0, chunks: 0, samples: 0 } }])
    expect(after).toEqual(before)
  })
  test.each([0, 4, -1, -30, -52])('[T4] byte %i of the index, its frame: nothing is lost', async at => {
    const { before, after, report } = await damagedBy((d, [b]) => flip(path.join(d, b!, 'index'), at))
    expect(report.actions).toMatchObject([{ kind: 'rewritten', loss: { seriesLost: 0, chunks: 0 } }])
    expect(after).toEqual(before)
  })
  test.each<[string, Flips, string[]]>([
    ['symbols and the table of postings', [[SYMBOLS, 'm05'], [TABLE, 'm07']], ['m05', 'm07']],
    ['a symbol\'s length and the table', [[SYMBOLS, '\x03m05'], [TABLE, 'm07']], ['m05', 'm07']],
    ['a series and symbols', [[SERIES, 3], [SYMBOLS, 'm09']], ['m00']],
  ])('[T4] %s: the series that the damage covers are lost, and said', async (_, flips, lost) => {
    const { before, after, report } = await damagedBy((d, [b]) => flipIn(path.join(d, b!, 'index'), flips))
    expect(report.actions).toMatchObject([{ kind: 'rewritten', loss: { seriesLost: lost.length, samples: 240 * lost.length } }])
    // The other block has them still.
    const want = new Map([...before].map(([key, samples]) => [key, lost.some(name => key.includes(name)) ? samples.split(' ').slice(240).join(' ') : samples]))
    expect(after).toEqual(want)
  })
  test('[T4] an index of which nothing can be read is set aside with what it held', async () => {
    const { before, after, report } = await damagedBy((d, [b]) => writeFileSync(path.join(d, b!, 'index'), Buffer.alloc(3000, 0x5a)))
    expect(report.actions[0]).toMatchObject({ kind: 'set-aside', meta: { stats: { numSeries: 20, numSamples: 4800 } } })
    expect(samplesIn(before) - samplesIn(after)).toBe(4800)
  })
  test('[T4] any changed byte of a block is found, or changes no answer; the repair ends whole', { timeout: 60_000 }, async () => {
    const clean = tempDir()
    await fill(clean, [...steady()].filter(([n, t]) => n < 'm04' && t < T0 + 2 * HOUR))
    const want = await contents(clean)
    const [ulid] = blocksOf(clean)
    const files = ['index', 'chunks/000001', 'tombstones', 'meta.json']
    await fc.assert(fc.asyncProperty(fc.constantFrom(...files), fc.nat(), async (file, at) => {
      const dir = tempDir()
      cpSync(clean, dir, { recursive: true })
      const target = path.join(dir, ulid!, file)
      flip(target, at % statSync(target).size)
      const check = verifyDirectory(dir)
      if (!isDamaged(check)) expect(await contents(dir)).toEqual(want)
      const report = repairDirectory(dir, NOW)
      expect(isDamaged(report.after)).toBe(false)
      const left = await contents(dir)
      for (const [key, samples] of left) if (want.has(key)) expect(want.get(key)).toContain(samples.split(' ')[0])
    }), { numRuns: 60 })
  })
  test('[T5] a log damaged in the middle loses the pages of the damage, not what follows', async () => {
    const dir = tempDir()
    const wal = path.join(dir, 'wal')
    mkdirSync(wal)
    const w = new WalWriter(wal, 0, { compress: 'none', logger: SILENT })
    const series = new RecordBuffer()
    series.byte(1)
    series.be64(1)
    series.uvarint(1)
    for (const s of ['__name__', 'a']) series.text(Buffer.from(s), 0, s.length)
    w.add(series.bytes, series.length)
    const n = 8000
    for (let i = 0; i < n; i++) {
      const r = new SamplesRecord()
      r.begin(1)
      r.sample(1, T0 + i * 1000, 0, 0x3ff00000)
      w.add(r.buffer.bytes, r.buffer.length)
    }
    w.flush()
    w.close()
    const file = path.join(wal, '00000000')
    flip(file, PAGE_BYTES + 500)
    appendFileSync(file, Buffer.from([1, 0, 50, 1, 2]))
    const check = verifyDirectory(dir)
    const [fault, torn] = check.logs[0]!.faults
    expect([fault!.torn, torn!.torn, fault!.from > PAGE_BYTES && fault!.to >= 2 * PAGE_BYTES && fault!.to < 2 * PAGE_BYTES + 100]).toEqual([false, true, true])
    expect([fault!.afterMs! < fault!.beforeMs!, fault!.beforeMs! - fault!.afterMs! < 1200 * 1000]).toEqual([true, true])
    const report = repairDirectory(dir, NOW)
    expect(kinds(report)).toEqual(['log'])
    expect(isDamaged(report.after)).toBe(false)
    expect(report.after.logs[0]!.samples).toBe(check.logs[0]!.samples)
    const left = samplesIn(await contents(dir))
    expect(left).toBe(check.logs[0]!.samples)
    expect(left).toBeGreaterThan(n - 1200)
    expect(left).toBeLessThan(n)
  })
  test('[T5] samples out of order are among what is looked at', async () => {
    const dir = tempDir()
    const db = await openDatabase({ dataDir: dir, retentionMs: Infinity, maintenanceMs: 0, outOfOrderWindowMs: HOUR })
    const a = db.appender()
    const ref = a.series(['__name__', 'x'])
    for (const t of [T0, T0 - 5000, T0 - 60_000]) {
      a.append(ref, t, t)
      expect(a.commit().appended).toBe(1)
    }
    expect(samplesIn(await contents(dir))).toBe(3)
    await db.close()
    expect(samplesIn(await contents(dir))).toBe(3)
    expect(isDamaged(verifyDirectory(dir))).toBe(false)
  })
  test('[T5] a torn end is no damage; a missing segment is', async () => {
    const dir = tempDir()
    const db = await openDatabase({ dataDir: dir, retentionMs: Infinity, maintenanceMs: 0 })
    const a = db.appender()
    a.append(a.series(['__name__', 'x']), T0, 1)
    a.commit()
    await expect(async () => verifyDirectory(dir)).rejects.toThrow(/in use/)
    await expect(async () => repairDirectory(dir, NOW)).rejects.toThrow(/in use/)
    expect(samplesIn(await contents(dir)), 'looking is allowed while it runs').toBe(1)
    await db.close()
    const [segment] = readdirSync(path.join(dir, 'wal')).filter(f => statSync(path.join(dir, 'wal', f)).size > 0)
    appendFileSync(path.join(dir, 'wal', segment!), Buffer.from([1, 0, 50, 1, 2]))
    const size = statSync(path.join(dir, 'wal', segment!)).size
    expect(samplesIn(await contents(dir))).toBe(1)
    expect(statSync(path.join(dir, 'wal', segment!)).size, 'looking changes nothing').toBe(size)
    expect(isDamaged(verifyDirectory(dir))).toBe(false)
    writeFileSync(path.join(dir, 'wal/00000009'), '')
    expect(isDamaged(verifyDirectory(dir))).toBe(true)
    const report = repairDirectory(dir, NOW)
    expect(isDamaged(report.after)).toBe(false)
    expect(kinds(report)).toContain('torn')
    expect(kinds(report)).toContain('segment')
    expect(samplesIn(await contents(dir))).toBe(1)
    expect(() => verifyDirectory(path.join(dir, 'nope'))).toThrow(ToolError)
    expect(existsSync(path.join(dir, 'nope'))).toBe(false)
  })
})
