import { labelsKey } from '@haechi/model'
import { expect, test } from 'vitest'
import { HeadAppender } from '../src/head-appender.ts'
import { HeadCore } from '../src/head-core.ts'
import { openHeadReader } from '../src/head-reader.ts'
import { HeadMemoryError } from '../src/shared-memory.ts'
import type { HeadBuffer } from '../src/shared-memory.ts'
import { histogramOf } from './histogram-arbitrary.ts'
import { readAll } from './read-all.ts'

const T0 = 1_780_000_000_000
const SERIES = 300

/** A head with so much memory for one thing, as if the system gave no more; `more` makes room. */
function smallHead(what: HeadBuffer | 'segment', bytes: number): { readonly core: HeadCore; more(): void } {
  const core = new HeadCore(Infinity)
  const { memory } = core.store
  let most = bytes
  const grow = memory.grow.bind(memory)
  const growSegment = memory.growSegment.bind(memory)
  memory.grow = (name, n) => {
    if (name === what && n > most) throw new HeadMemoryError(name)
    grow(name, n)
  }
  memory.growSegment = (index, n) => {
    if (what === 'segment' && n > most) throw new HeadMemoryError('chunks')
    growSegment(index, n)
  }
  return { core, more: () => { most = Infinity } }
}

const labelsOf = (i: number): string[] => ['__name__', 'm', 'id', String(i)]

test('[E7] a batch that finds no memory is refused as a whole, before the log has it; those before it and after it are whole', async () => {
  const { core, more } = smallHead('segment', 1.5 * 2 ** 20)
  const a = new HeadAppender(core)
  const refs = Array.from({ length: SERIES }, (_, i) => a.series(labelsOf(i)))
  const stored: number[] = []
  let refused = 0
  let firstRefused = 0
  let x = 1
  const round = (k: number): boolean => {
    for (let i = 0; i < SERIES; i++) {
      x = Math.imul(x, 1103515245) + 12345 | 0
      a.append(refs[i]!, T0 + k * 1000, x / 3)
    }
    try {
      expect(a.commit().appended).toBe(SERIES)
      stored.push(T0 + k * 1000)
      return true
    } catch (err) {
      expect(err).toBeInstanceOf(HeadMemoryError)
      refused += SERIES
      return false
    }
  }
  let k = 0
  for (; k < 20_000 && refused < 5 * SERIES; k++) if (!round(k) && firstRefused === 0) firstRefused = k
  expect(firstRefused).toBeGreaterThan(1)
  expect(core.counters.samplesRefusedMemory).toBe(refused)
  expect(core.counters.samplesAppended).toBe(stored.length * SERIES)
  const check = async (): Promise<void> => {
    const all = await readAll(openHeadReader(core.store.memory.handles))
    expect(all.size).toBe(SERIES)
    for (let i = 0; i < SERIES; i += 37) expect(all.get(labelsKey(labelsOf(i)))!.map(s => s.t)).toEqual(stored)
  }
  await check()
  // What is dropped makes room again, and so does more memory.
  const oldest = stored[Math.floor(stored.length / 2)]!
  core.store.dropBefore(oldest, 0, core.store.rows, () => {})
  core.store.reclaim()
  core.store.reclaim()
  expect(round(++k)).toBe(true)
  expect(round(++k)).toBe(true)
  more()
  expect(round(++k)).toBe(true)
  const all = await readAll(openHeadReader(core.store.memory.handles))
  for (let i = 0; i < SERIES; i += 37) {
    const times = all.get(labelsKey(labelsOf(i)))!.map(s => s.t)
    expect(stored.slice(-times.length)).toEqual(times)
    expect(times[0]).toBeLessThanOrEqual(oldest)
  }
})

test('[E7] native histograms and samples out of order likewise', async () => {
  const { core } = smallHead('segment', 2 ** 20)
  core.oooWindowMs = 3_600_000
  const a = new HeadAppender(core)
  const refs = Array.from({ length: 50 }, (_, i) => a.series(labelsOf(i)))
  let committed = 0
  let threw = 0
  for (let k = 0; k < 3000 && threw < 5; k++) {
    for (let i = 0; i < 50; i++) {
      if (i % 2 === 0) a.appendHistogram(refs[i]!, T0 + k * 1000, histogramOf({ positive: new Map(Array.from({ length: 40 }, (_, b) => [b, k * 7919 * (b + i) % 100_000])), sum: k / 3, integer: true }))
      else a.append(refs[i]!, i % 4 === 1 || k === 0 ? T0 + k * 1000 : T0 + 500 - k * 10, Math.sqrt(k + i))
    }
    try {
      committed += a.commit().appended
    } catch (err) {
      expect(err).toBeInstanceOf(HeadMemoryError)
      threw++
    }
  }
  expect(threw).toBe(5)
  expect(core.counters.samplesRefusedMemory).toBe(250)
  expect(core.counters.samplesAppended).toBe(committed)
})

for (const what of ['labels', 'postings', 'pairs', 'text', 'rows'] as const) {
  test(`[E7] a series that finds no memory (${what}) is refused and counted; those that are there are found, and with more memory new ones are made`, async () => {
    const { core, more } = smallHead(what, 2 ** 20)
    const a = new HeadAppender(core)
    const made: number[] = []
    let refused = 0
    for (let i = 0; i < 60_000 && refused < 50; i++) {
      const ref = a.series([...labelsOf(i), 'text', `${i}`.padEnd(what === 'text' ? 100 : 8, 'y')])
      if (ref === 0) refused++
      else {
        made.push(i)
        if (i % 500 === 0) a.append(ref, T0, i)
      }
    }
    expect(refused).toBe(50)
    expect(core.counters.seriesRefusedMemory).toBe(50)
    expect(core.store.series).toBe(made.length)
    a.commit()
    expect((await readAll(openHeadReader(core.store.memory.handles))).size).toBe(made.filter(i => i % 500 === 0).length)
    more()
    core.store.memory.cramped = false
    const fresh = a.series(labelsOf(-1))
    expect(fresh).toBeGreaterThan(0)
    a.append(fresh, T0 + 1, 1)
    expect(a.commit().appended).toBe(1)
    // What was made in part goes with the next sweep.
    core.store.dropBefore(T0 + 1, 0, core.store.rows, () => {})
    for (let next = core.store.seriesRows.sweep(0, Infinity); next !== 0; ) next = core.store.seriesRows.sweep(next, Infinity)
    core.store.reclaim()
    expect((await readAll(openHeadReader(core.store.memory.handles))).size).toBe(1)
  })
}
