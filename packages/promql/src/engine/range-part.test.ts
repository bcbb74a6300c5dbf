import { labelsFromObject } from '@haechi/model'
import type { Querier, Queryable } from '@haechi/storage'
import { MemoryStorage } from '@haechi/testkit'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { KeptResults } from './kept-results.ts'
import { toJsonBody } from './outcome.ts'
import { DEFAULT_ENGINE, runRange, runRangeAsking, runRangeInParts, runRangePart } from './run-query.ts'
import type { EngineOptions, RunLimits } from './run-query.ts'

const MINUTE = 60_000
const T0 = 1_790_000_000_000 - (1_790_000_000_000 % (10 * MINUTE))
const OPTIONS = { ...DEFAULT_ENGINE, experimentalFunctions: true }
const limits: RunLimits = { deadlineMs: Infinity, nowMs: () => performance.now() }
const text = (body: Uint8Array): string => Buffer.from(body).toString()

const SPLIT = [
  'sum by (g) (rate(c_total[5m]))', 'sum(c_total)', 'avg by (g) (c_total)', 'c_total', 'topk(2, c_total)', 'max_over_time(sum by (g) (rate(c_total[5m]))[20m:2m])', 'c_total > 50', 'absent(c_total{i="1"})',
  'c_total offset 7m', 'sum(rate(c_total{i="0"}[10m])) / sum(rate(c_total[10m]))', 'histogram_quantile(0.5, sum by (le) (rate(b_bucket[5m])))', 'vector(time() + scalar(c_total{i="2"}))', 'count_values("v", c_total)',
  'stddev(gauge)', 'quantile(0.3, gauge)', 'quantile_over_time(0.9, gauge[10m])', 'avg_over_time(gauge[7m])', 'irate(c_total[3m]) * 60', 'c_total - c_total offset 5m',
  'sum by (i) ({__name__=~"c_total|gauge"})', 'count({g="a"})', 'sum(gauge) or sum(c_total)', 'changes(gauge[11m])', 'last_over_time(gauge[2m])',
]
/** Answered as a whole whatever is tried. */
const WHOLE = [
  'rate({__name__=~"c_total|d_total"}[5m])', 'c_total @ end()', 'c_total offset -3m', 'vector(end() - start())', 'limitk(1, c_total)', 'rate(c_total[5m]) * range()', 'rate(gauge[5m])', 'sort(c_total)', '1', 'time() + scalar(c_total{i="2"})',
  'sum(rate(c_total[5m] @ start()))', 'label_replace(c_total, "x", "$1", "i", "(.*)")', 'c_total + on (g) c_total',
]

/** Samples with digits that sums in another order would round otherwise, gaps, resets and series that come and go. */
function storage(seed: number): MemoryStorage {
  const model = new MemoryStorage()
  let x = seed >>> 0
  const random = (): number => {
    x = (Math.imul(x, 1_664_525) + 1_013_904_223) >>> 0
    return x / 2 ** 32
  }
  for (let i = 0; i < 9; i++) {
    const from = random() < 0.3 ? random() * 90 : 0
    const to = random() < 0.3 ? random() * 90 : 90
    let v = 0
    for (let t = 0; t < 90; t += random() < 0.05 ? 12 : 0.5) {
      if (t < from || t > to) continue
      v = random() < 0.02 ? random() : v + random() * 10 ** Math.floor(random() * 12 - 6)
      const g = 'abc'[i % 3]!
      model.add(labelsFromObject({ __name__: 'c_total', g, i: String(i) }), T0 + t * MINUTE + i, v)
      model.add(labelsFromObject({ __name__: 'gauge', g, i: String(i) }), T0 + t * MINUTE + i, Math.round(random() * 5) / 3)
      if (i < 4) model.add(labelsFromObject({ __name__: 'b_bucket', le: ['0.1', '1', '5', '+Inf'][i]! }), T0 + t * MINUTE, v)
      if (i === 8) model.add(labelsFromObject({ __name__: 'd_total', g, i: '8' }), T0 + t * MINUTE, v)
    }
  }
  return model
}

async function inParts(queryable: Queryable, expr: string, cuts: readonly number[], more: EngineOptions = {}, fresh = true, own: RunLimits = limits): Promise<{ readonly body: string; readonly whole: boolean }> {
  const q = { expr, startMs: T0 + 10 * MINUTE, endMs: T0 + 80 * MINUTE, stepMs: MINUTE, fresh }
  const options = { ...OPTIONS, ...more }
  const from = cuts.at(-1)!
  const others = (): Promise<readonly (Awaited<ReturnType<typeof runRangePart>>)[]> => Promise.all(cuts.map((cut, i) => runRangePart(queryable, q, i === 0 ? 0 : cuts[i - 1]!, cut - (i === 0 ? 0 : cuts[i - 1]!), options, limits)))
  const { body, whole } = await runRangeInParts(queryable, q, from, others, options, own)
  return { body: text(body), whole }
}

const wholeBody = async (queryable: Queryable, expr: string): Promise<string> => text(await runRange(queryable, { expr, startMs: T0 + 10 * MINUTE, endMs: T0 + 80 * MINUTE, stepMs: MINUTE, fresh: true }, OPTIONS, limits, toJsonBody))

describe('[E25] a range query in parts', () => {
  test('answers byte for byte as the whole, wherever it is cut', { timeout: 60_000 }, async () => {
    await fc.assert(fc.asyncProperty(fc.integer(), fc.constantFrom(...SPLIT), fc.uniqueArray(fc.integer({ min: 1, max: 70 }), { minLength: 1, maxLength: 3 }), fc.boolean(), async (seed, expr, cuts, fresh) => {
      const model = storage(seed)
      const { body, whole } = await inParts(model, expr, cuts.toSorted((a, b) => a - b), {}, fresh)
      expect(body).toBe(await wholeBody(model, expr))
      expect(whole).toBe(body.includes('"infos"') || body.includes('"warnings"'))
    }), { numRuns: Number(process.env['PART_RUNS'] ?? 100) })
  })

  test('others are asked for help when much was found, and the answer is the same whether they help or not', async () => {
    const model = new MemoryStorage()
    for (let i = 0; i < 700; i++) for (let t = 0; t < 90; t += 30) model.add(labelsFromObject({ __name__: 'c_total', g: 'ab'[i % 2]!, i: String(i) }), T0 + t * MINUTE, (t * i) / 7)
    const queryable: Queryable = { querier: (minMs, maxMs) => model.querier(minMs, maxMs), changes: { version: () => 1, mark: () => 0, oldestSince: () => Infinity } }
    for (const expr of ['sum by (g) (last_over_time(c_total[30h]))', 'topk(3, max_over_time(c_total[30h]))', 'sum(rate(c_total[30h]))']) {
      const expected = await wholeBody(model, expr)
      for (const fresh of [true, false]) {
        const q = { expr, startMs: T0 + 10 * MINUTE, endMs: T0 + 80 * MINUTE, stepMs: MINUTE, fresh }
        const keeping = { ...limits, results: new KeptResults(100_000_000) }
        const asked: number[] = []
        for (const from of [31, undefined]) {
          const help = ({ parts }: { readonly parts: number }): Promise<number | undefined> => {
            asked.push(parts)
            return Promise.resolve(from)
          }
          const others = async (): Promise<readonly (Awaited<ReturnType<typeof runRangePart>>)[]> => [await runRangePart(queryable, q, 0, 31, OPTIONS, limits)]
          for (let k = 0; k < 2; k++) expect(await runRangeAsking(queryable, q, help, others, OPTIONS, keeping).then(({ body, whole }) => ({ body: text(body), whole })), expr).toEqual({ body: expected, whole: false })
        }
        expect(asked.length, `${expr} ${fresh}`).toBeGreaterThan(0)
        expect(asked.every(parts => parts >= 2)).toBe(true)
        // What is kept needs no help.
        if (!fresh && expr.startsWith('sum')) expect(asked).toHaveLength(1)
      }
    }
    const none = (): Promise<number | undefined> => Promise.reject(new Error('asked for little'))
    const few = { expr: 'c_total{i="3"}', startMs: T0 + 10 * MINUTE, endMs: T0 + 80 * MINUTE, stepMs: MINUTE, fresh: true }
    expect(text((await runRangeAsking(queryable, few, none, () => Promise.resolve([]), OPTIONS, limits)).body)).toBe(await wholeBody(model, few.expr))
    // What turns out to have annotations is computed as a whole.
    const noted = { ...few, expr: 'quantile_over_time(2, c_total[30h])' }
    const { body, whole } = await runRangeAsking(queryable, noted, () => Promise.resolve(31), async () => [await runRangePart(queryable, noted, 0, 31, OPTIONS, limits)], OPTIONS, limits)
    expect({ body: text(body), whole }).toEqual({ body: await wholeBody(model, noted.expr), whole: true })
  })

  test('what can be told by the whole alone is told by the whole', async () => {
    const model = storage(1)
    for (const expr of WHOLE) {
      const body = await wholeBody(model, expr).catch((err: Error) => err.message)
      const parts = await inParts(model, expr, [20, 40]).catch((err: Error) => ({ body: err.message, whole: true }))
      expect(parts, expr).toEqual({ body, whole: true })
    }
  })

  test('what is too much as a whole is refused, though each part would pass', async () => {
    const model = storage(2)
    const expected = await runRange(model, { expr: 'c_total', startMs: T0 + 10 * MINUTE, endMs: T0 + 80 * MINUTE, stepMs: MINUTE }, { ...OPTIONS, maxSamples: 300 }, limits, toJsonBody).catch((err: Error) => err.message)
    expect(expected).toContain('--query.max-samples')
    await expect(inParts(model, 'sum(c_total) + on () group_right c_total', [35], { maxSamples: 300 })).rejects.toThrow(expected as string)
    await expect(inParts(model, 'c_total', [35], { maxBytes: 40_000 })).rejects.toThrow('--query.max-memory')
  })

  test('it is kept as of the older of the views that its parts had', async () => {
    const model = storage(3)
    let commits = 7
    const oldest: number[] = []
    const queryable: Queryable = {
      querier: (minMs, maxMs): Querier => model.querier(minMs, maxMs),
      changes: { version: () => 1, mark: () => commits, oldestSince: mark => Math.min(Infinity, ...oldest.slice(mark - 7)) },
    }
    const results = new KeptResults(10_000_000)
    const q = { expr: 'sum(c_total)', startMs: T0 + 10 * MINUTE, endMs: T0 + 80 * MINUTE, stepMs: MINUTE }
    const early = await runRangePart(queryable, q, 0, 30, OPTIONS, limits)
    // A sample comes between the views of the two.
    model.add(labelsFromObject({ __name__: 'c_total', i: 'late' }), T0 + 20 * MINUTE, 1000)
    oldest.push(T0 + 20 * MINUTE)
    commits++
    const keeping = { ...limits, results }
    await runRangeInParts(queryable, q, 30, () => Promise.resolve([early]), OPTIONS, keeping)
    expect(results.sizeBytes).toBeGreaterThan(0)
    expect(text(await runRange(queryable, q, OPTIONS, keeping, toJsonBody))).toBe(await wholeBody(model, 'sum(c_total)'))
  })
})
