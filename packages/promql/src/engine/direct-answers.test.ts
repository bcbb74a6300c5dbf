import { labelsFromObject } from '@haechi/model'
import type { Queryable } from '@haechi/storage'
import { MemoryStorage } from '@haechi/testkit'
import { describe, expect, test } from 'vitest'
import { DirectAnswers } from './direct-answers.ts'
import { LocalQueryEngine } from './local-engine.ts'
import type { Question } from './protocol.ts'

const model = new MemoryStorage()
for (let t = 0; t <= 3_600_000; t += 15_000) for (const job of ['a', 'b']) model.add(labelsFromObject({ __name__: 'up', job }), t, 1)

/** A storage that takes so many ms for each selection, on the clock that the answers go by. */
function slowStorage(clock: { ms: number }, takesMs: () => number): Queryable {
  return {
    querier: (minMs, maxMs) => {
      const querier = model.querier(minMs, maxMs)
      return {
        ...querier,
        select: (matchers, from, to) => {
          clock.ms += takesMs()
          return querier.select(matchers, from, to)
        },
      }
    },
  }
}

const at = (tMs: number, expr = 'up'): Question => ({ method: 'instantJson', query: { expr, tMs } })
const over = (startMs: number, expr = 'sum(up)'): Question => ({ method: 'rangeJson', query: { expr, startMs, endMs: startMs + 600_000, stepMs: 60_000 } })

describe('[Q8] small questions are answered in the calling thread', () => {
  test('once a thread has shown that they are small, with the same answer, and no earlier times', async () => {
    const engine = new LocalQueryEngine(model)
    const direct = new DirectAnswers(model, {}, () => 0)
    expect(await direct.answer(at(60_000))).toBeUndefined()
    direct.took(at(60_000), 0.2, 100)
    expect(await direct.answer(at(60_000))).toEqual(await engine.instantJson({ expr: 'up', tMs: 60_000 }))
    expect(await direct.answer(at(120_000))).toEqual(await engine.instantJson({ expr: 'up', tMs: 120_000 }))
    // What lies before may have to be read from a disk.
    expect(await direct.answer(at(45_000))).toBeUndefined()
    direct.took(over(600_000), 0.2, 100)
    expect(await direct.answer(over(660_000))).toEqual(await engine.rangeJson({ expr: 'sum(up)', startMs: 660_000, endMs: 1_260_000, stepMs: 60_000 }))
    expect(await direct.answer({ ...over(660_000), query: { ...over(660_000).query, stats: 'all' } } as Question)).toBeUndefined()
    expect(await direct.answer({ ...over(660_000), query: { ...over(660_000).query, endMs: 2_000_000 } } as Question)).toBeUndefined()
    expect(await direct.answer({ method: 'labelNamesJson', query: { matchers: [], startMs: 0, endMs: 1 } })).toBeUndefined()
  })

  test('not those that took a thread long, have large answers or fail', async () => {
    const direct = new DirectAnswers(model, {}, () => 0)
    direct.took(at(60_000), 3, 100)
    expect(await direct.answer(at(60_000))).toBeUndefined()
    direct.took(at(60_000), 0.2, 1_000_000)
    expect(await direct.answer(at(60_000))).toBeUndefined()
    direct.took(at(60_000), 0.2, 100)
    expect(await direct.answer(at(60_000))).toBeDefined()
    const wrong = at(60_000, 'up + on () up')
    direct.took(wrong, 0.2, 100)
    expect(await direct.answer(wrong)).toBeUndefined()
  })

  test('they take half of the time at most, and what is slow here goes back to the threads', async () => {
    const clock = { ms: 1000 }
    let takesMs = 3
    const direct = new DirectAnswers(slowStorage(clock, () => takesMs), {}, () => clock.ms)
    direct.took(at(60_000), 0.2, 100)
    const answered = async (count: number, pauseMs: number): Promise<number> => {
      let n = 0
      for (let i = 0; i < count; i++) {
        if (await direct.answer(at(60_000)) !== undefined) n++
        clock.ms += pauseMs
      }
      return n
    }
    // 3 ms each, without a pause: what is saved up, and then half.
    const n = await answered(1000, 1)
    expect(n).toBeGreaterThan(150)
    expect(n).toBeLessThan(450)
    clock.ms += 10_000
    takesMs = 6
    expect(await answered(20, 100)).toBeLessThan(8)
    takesMs = 0.1
    expect(await answered(20, 100)).toBe(0)
    clock.ms += 60_000
    expect(await answered(20, 100)).toBe(20)
    // What would not end is left off.
    takesMs = 50
    expect(await answered(1, 0)).toBe(0)
    takesMs = 0.1
    expect(await answered(1, 100)).toBe(0)
    direct.took(at(60_000), 0.2, 100)
    expect(await answered(1, 0)).toBe(1)
  })
})
