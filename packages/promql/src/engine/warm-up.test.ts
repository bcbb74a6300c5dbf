import { labelsFromObject } from '@haechi/model'
import type { Queryable } from '@haechi/storage'
import { MemoryStorage } from '@haechi/testkit'
import { describe, expect, test } from 'vitest'
import { LocalQueryEngine, serveQueries } from '@haechi/promql'
import { newQueryMemory } from './query-memory.ts'
import { fewSeries, warmUpQuestions } from './warm-up.ts'

const NOW_MS = 1_700_000_000_000
const MANY = 100

/** A target with a counter of many series, a histogram and a gauge, whose last sample is ten hours old. */
function storage(instance: Readonly<Record<string, string>> = { instance: 'a.b"c:80' }): MemoryStorage {
  const out = new MemoryStorage()
  for (let t = NOW_MS - 11 * 3600_000; t <= NOW_MS - 10 * 3600_000; t += 60_000) {
    for (let i = 0; i < MANY; i++) out.add(labelsFromObject({ __name__: 'requests_total', ...instance, job: 'j', path: `/${i}` }), t, t / 1000 + i)
    for (const le of ['1', '+Inf']) out.add(labelsFromObject({ __name__: 'seconds_bucket', ...instance, job: 'j', le }), t, t / 1000)
    out.add(labelsFromObject({ __name__: 'memory_bytes', ...instance, job: 'j' }), t, 5)
  }
  return out
}

describe('[Q6] a warm-up', () => {
  test('asks about metrics that there are, up to the newest sample, and about few series of them', async () => {
    const few = fewSeries(storage())
    const questions = await warmUpQuestions(few, NOW_MS)
    const engine = new LocalQueryEngine(few)
    const answered: number[] = []
    for (const q of questions) {
      if (q.method === 'rangeJson') {
        const { body } = await engine.rangeJson(q.query)
        answered.push((JSON.parse(new TextDecoder().decode(body)) as { data: { result: unknown[] } }).data.result.length)
      } else if (q.method === 'instantJson') await engine.instantJson(q.query)
      else if (q.method === 'seriesJson') await engine.seriesJson(q.query)
    }
    expect(answered.length).toBeGreaterThan(10)
    expect(Math.min(...answered)).toBeGreaterThan(0)
    expect(Math.max(...answered)).toBeGreaterThan(1)
    expect(Math.max(...answered)).toBeLessThan(MANY)
  })

  test('asks nothing of a storage without targets', async () => {
    expect(await warmUpQuestions(fewSeries(new MemoryStorage()), NOW_MS)).toEqual([])
    expect(await warmUpQuestions(fewSeries(storage({})), NOW_MS)).toEqual([])
  })

  test('sends nothing, and questions are answered meanwhile; a storage that fails is no matter', async () => {
    const inner = storage()
    let selections = 0
    const queryable: Queryable = {
      querier: (from, to) => {
        const below = inner.querier(from, to)
        return {
          ...below,
          select: (...asked) => {
            if (++selections === 4) return Promise.reject(new Error('unreadable'))
            return below.select(...asked)
          },
        }
      },
    }
    const sent: unknown[] = []
    let receive: (message: unknown) => void = () => undefined
    serveQueries({ postMessage: message => sent.push(message), on: (_, listener) => { receive = listener } }, queryable)
    receive({ channel: 'haechi-query', type: 'init', cancel: new SharedArrayBuffer(8), memory: newQueryMemory(1), place: 0 })
    receive({ channel: 'haechi-query', type: 'warm-up', nowMs: NOW_MS })
    await expect.poll(() => selections, { timeout: 20_000 }).toBeGreaterThan(6)
    receive({ channel: 'haechi-query', type: 'ask', id: 1, question: { method: 'instantJson', query: { expr: 'vector(1)', tMs: 0 } }, queuedMs: 0 })
    await expect.poll(() => sent.length, { timeout: 20_000 }).toBe(2)
    expect(sent).toMatchObject([{ type: 'ready' }, { type: 'answer', id: 1 }])
  })
})
