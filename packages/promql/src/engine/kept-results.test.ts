import { labelsFromObject } from '@haechi/model'
import type { Labels } from '@haechi/model'
import type { ChangeLog, MatrixSeries, Querier, Queryable } from '@haechi/storage'
import { MemoryStorage } from '@haechi/testkit'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { LocalQueryEngine } from './local-engine.ts'

/** A storage that tells what has changed: every commit's oldest time, and how often the past changed. Counts the views that were opened. */
class Journaled implements Queryable {
  readonly model = new MemoryStorage()
  readonly commits: number[] = []
  past = 0
  views = 0
  oldestRead = Infinity
  readonly changes: ChangeLog = {
    version: () => this.past,
    mark: () => this.commits.length,
    oldestSince: mark => Math.min(Infinity, ...this.commits.slice(mark)),
  }

  querier(minMs: number, maxMs: number): Querier {
    this.views++
    this.oldestRead = minMs
    return this.model.querier(minMs, maxMs)
  }

  append(samples: readonly (readonly [Labels, number, number])[]): void {
    for (const [labels, t, v] of samples) this.model.add(labels, t, v)
    this.commits.push(Math.min(...samples.map(([, t]) => t)))
  }
}

const MINUTE = 60_000
const T0 = 1_790_000_000_000 - (1_790_000_000_000 % (10 * MINUTE))

const EXPRS = [
  'sum by (g) (rate(c_total[5m]))', 'c_total', 'topk(2, c_total)', 'max_over_time(sum by (g) (rate(c_total[5m]))[20m:2m])', 'c_total > 50', 'absent(c_total{i="1"})', 'c_total offset 7m',
  'sum(rate(c_total{i="0"}[10m])) / sum(rate(c_total[10m]))', 'histogram_quantile(0.5, sum by (le) (rate(b_bucket[5m])))', 'time() + scalar(c_total{i="2"})', 'vector(time())', 'count_values("v", c_total)',
  // These are not taken over.
  'rate({__name__=~"c_total|d_total"}[5m])', 'c_total @ end()', 'c_total offset -3m', 'vector(end() - start())', 'limitk(1, c_total)', 'rate(c_total[5m]) * range()', 'rate(gauge[5m])',
]

const step = fc.oneof(
  { weight: 5, arbitrary: fc.record({ do: fc.constant('append' as const), minutes: fc.integer({ min: 1, max: 12 }), skip: fc.nat(5) }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('late' as const), minutes: fc.integer({ min: 1, max: 40 }) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('past' as const), minutes: fc.integer({ min: 1, max: 60 }) }) },
  { weight: 6, arbitrary: fc.record({ do: fc.constant('ask' as const), which: fc.nat(1), minutes: fc.constantFrom(30, 30, 30, 10, 60), back: fc.constantFrom(0, 0, 0, 1, 5), stepMinutes: fc.constantFrom(1, 1, 1, 2) }) },
)

async function answer(engine: LocalQueryEngine, expr: string, startMs: number, endMs: number, stepMs: number): Promise<unknown> {
  const q = { expr, startMs, endMs, stepMs }
  const { value, warnings, infos } = await engine.range(q).catch((err: Error) => ({ value: err.message, warnings: [], infos: [] }))
  const body = await engine.rangeJson(q).then(json => Buffer.from(json.body).toString(), (err: Error) => err.message)
  // Errors of the query are answers, ours are not.
  if (typeof value === 'string' && value.startsWith('unexpected')) throw new Error(value)
  const series = typeof value === 'object' && value.type === 'matrix' ? value.series.map((s: MatrixSeries) => [s.labels, [...s.ts], [...s.vs]]) : value
  return { series, warnings, infos, body }
}

describe('kept answers of range queries', () => {
  test('[E22] what is kept answers as what is computed, whatever happens between the questions', { timeout: 60_000 }, async () => {
    await fc.assert(fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 50 }), fc.shuffledSubarray(EXPRS, { minLength: 2, maxLength: 2 }), fc.constantFrom(4000, 1_000_000), async (steps, exprs, bytes) => {
      const storage = new Journaled()
      const plain = new LocalQueryEngine(storage, { experimentalFunctions: true })
      const keeping = new LocalQueryEngine(storage, { experimentalFunctions: true, resultBytes: bytes })
      const newest = new Map<string, number>()
      let now = T0
      let v = 0
      const samplesAt = (t: number, skip: number): [Labels, number, number][] => {
        const out: [Labels, number, number][] = []
        for (let i = 0; i < 4; i++) if (i !== skip) out.push([labelsFromObject({ __name__: 'c_total', g: i < 2 ? 'a' : 'b', i: String(i) }), t + i, v += 3], [labelsFromObject({ __name__: 'gauge', i: String(i) }), t + i, v % 7])
        for (const le of ['1', '2', '+Inf']) out.push([labelsFromObject({ __name__: 'b_bucket', le }), t, v])
        if (skip === 4) out.push([labelsFromObject({ __name__: 'd_total', g: 'a', i: '0' }), t, v])
        for (const [labels, at] of out) newest.set(labels.join(), at)
        return out
      }
      for (const s of steps) {
        switch (s.do) {
          case 'append':
            for (let k = 0; k < s.minutes; k++) storage.append(samplesAt(now += MINUTE, s.skip))
            break
          case 'late': {
            // In order for its own series, older than what others have.
            const labels = labelsFromObject({ __name__: 'c_total', g: 'a', i: 'late' })
            const t = now - s.minutes * MINUTE
            if (t <= (newest.get(labels.join()) ?? 0)) break
            newest.set(labels.join(), t)
            storage.append([[labels, t, v]])
            break
          }
          case 'past':
            storage.append([[labelsFromObject({ __name__: 'c_total', g: 'b', i: `ooo${s.minutes}-${now}` }), now - s.minutes * MINUTE, v]])
            if (s.minutes % 2 === 0) storage.past++
            break
          case 'ask': {
            const expr = exprs[s.which]!
            const stepMs = s.stepMinutes * MINUTE
            const endMs = Math.floor((now - s.back * MINUTE) / stepMs) * stepMs
            // Twice: what is asked for but once is not kept.
            for (let k = 0; k < 2; k++) expect(await answer(keeping, expr, endMs - s.minutes * MINUTE, endMs, stepMs)).toEqual(await answer(plain, expr, endMs - s.minutes * MINUTE, endMs, stepMs))
          }
        }
      }
    }), { numRuns: Number(process.env['KEPT_RUNS'] ?? 80) })
  })

  test('[E22] a range that has moved on reads only what the new steps need; the same range again reads nothing', async () => {
    const storage = new Journaled()
    const labels = labelsFromObject({ __name__: 'c_total' })
    let v = 0
    const fill = (from: number, to: number): void => {
      for (let t = from; t <= to; t += MINUTE) storage.append([[labels, t, v += 2]])
    }
    fill(T0, T0 + 120 * MINUTE)
    const engine = new LocalQueryEngine(storage, { resultBytes: 1_000_000 })
    const ask = (endMs: number): Promise<unknown> => engine.rangeJson({ expr: 'rate(c_total[5m])', startMs: endMs - 60 * MINUTE, endMs, stepMs: MINUTE })
    await ask(T0 + 120 * MINUTE)
    expect(storage.views).toBe(1)
    await ask(T0 + 120 * MINUTE)
    expect(storage.views).toBe(1)
    await engine.rangeJson({ expr: 'rate(c_total[5m])', startMs: T0 + 60 * MINUTE, endMs: T0 + 120 * MINUTE, stepMs: MINUTE, fresh: true })
    expect(storage.views).toBe(2)
    fill(T0 + 121 * MINUTE, T0 + 123 * MINUTE)
    await ask(T0 + 123 * MINUTE)
    expect(storage.views).toBe(3)
    expect(storage.oldestRead).toBe(T0 + 116 * MINUTE + 1)
    // A late sample of another series: what it may have changed is computed anew, the steps before it are not.
    storage.append([[labelsFromObject({ __name__: 'c_total', i: 'late' }), T0 + 100 * MINUTE, 1]])
    storage.append([[labelsFromObject({ __name__: 'c_total', i: 'late' }), T0 + 101 * MINUTE, 7]])
    const late = await ask(T0 + 123 * MINUTE)
    expect(storage.oldestRead).toBe(T0 + 95 * MINUTE + 1)
    expect(late).toEqual(await new LocalQueryEngine(storage).rangeJson({ expr: 'rate(c_total[5m])', startMs: T0 + 63 * MINUTE, endMs: T0 + 123 * MINUTE, stepMs: MINUTE }))
    // So it is with one that comes out of order.
    storage.append([[labelsFromObject({ __name__: 'c_total', i: 'late' }), T0 + 90 * MINUTE, 2]])
    const disordered = await ask(T0 + 123 * MINUTE)
    expect(storage.oldestRead).toBe(T0 + 85 * MINUTE + 1)
    expect(disordered).toEqual(await new LocalQueryEngine(storage).rangeJson({ expr: 'rate(c_total[5m])', startMs: T0 + 63 * MINUTE, endMs: T0 + 123 * MINUTE, stepMs: MINUTE }))
    // A change of the past that nobody knows the time of: everything anew.
    storage.past++
    await ask(T0 + 123 * MINUTE)
    expect(storage.oldestRead).toBe(T0 + 58 * MINUTE + 1)
  })
})
