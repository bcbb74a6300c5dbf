import { describe, expect, test } from 'vitest'
import { labelsFromObject } from '@haechi/model'
import { LocalQueryEngine } from '@haechi/promql'
import type { QueryExplanation } from '@haechi/storage'
import { MemoryStorage } from '@haechi/testkit'

// Three counters with a sample every 15 s until 20 minutes; the second has a gap.
const storage = new MemoryStorage()
for (const [i, job] of ['a', 'b', 'c'].entries()) {
  const labels = labelsFromObject({ __name__: 'm_total', job })
  for (let t = 0; t <= 1200; t += 15) if (!(i === 1 && t > 300 && t < 700)) storage.add(labels, t * 1000, t + i)
}
const engine = new LocalQueryEngine(storage, { perStepStats: true, experimentalFunctions: true })
const range = { startMs: 600_000, endMs: 1_000_000, stepMs: 40_000 }

/** Recorded from Prometheus 3.5.3 with `stats=all` and `promql-per-step-stats`. */
const INSTANT: readonly (readonly [query: string, total: number])[] = [
  ['m_total', 3],
  ['sum(m_total)', 3],
  ['rate(m_total[5m])', 60],
  ['rate(m_total[1m])', 12],
  ['m_total @ 600', 2],
  ['rate(m_total[5m] @ 600)', 40],
  ['max_over_time(rate(m_total[1m])[5m:30s])', 30],
  ['max_over_time(m_total[5m:30s] offset 1m)', 28],
  ['m_total + m_total', 6],
  ['timestamp(m_total)', 3],
  ['absent_over_time(m_total[1m])', 12],
  ['1', 0],
  ['vector(1)', 0],
  ['m_total > 500', 3],
  ['topk(1, m_total)', 3],
  ['max_over_time(m_total[5m:30s] @ 900)', 27],
  ['count_over_time(m_total[10s])', 0],
  ['predict_linear(m_total[2m] @ 600, 60)', 16],
  ['m_total[5m]', 60],
  ['m_total[5m:1m]', 15],
  ['rate(m_total[1m])[5m:1m]', 58],
]
const RANGE: readonly (readonly [query: string, perStep: readonly number[]])[] = [
  ['m_total', [2, 2, 2, 3, 3, 3, 3, 3, 3, 3, 3]],
  ['sum(m_total)', [2, 2, 2, 3, 3, 3, 3, 3, 3, 3, 3]],
  ['rate(m_total[5m])', [40, 40, 40, 42, 44, 47, 50, 52, 55, 58, 60]],
  ['rate(m_total[1m])', [8, 8, 8, 10, 12, 12, 12, 12, 12, 12, 12]],
  ['m_total @ 600', [2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2]],
  ['rate(m_total[5m] @ 600)', [40, 40, 40, 40, 40, 40, 40, 40, 40, 40, 40]],
  ['max_over_time(rate(m_total[1m])[5m:30s])', [21, 20, 20, 21, 22, 23, 25, 26, 27, 29, 30]],
  ['max_over_time(m_total[5m:30s] offset 1m)', [30, 30, 29, 27, 26, 26, 26, 26, 26, 27, 28]],
  ['m_total + m_total', [4, 4, 4, 6, 6, 6, 6, 6, 6, 6, 6]],
  ['timestamp(m_total)', [2, 2, 2, 3, 3, 3, 3, 3, 3, 3, 3]],
  ['absent_over_time(m_total[1m])', [8, 8, 8, 10, 12, 12, 12, 12, 12, 12, 12]],
  ['1', [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]],
  ['vector(1)', [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]],
  ['m_total > 500', [2, 2, 2, 3, 3, 3, 3, 3, 3, 3, 3]],
  ['topk(1, m_total)', [2, 2, 2, 3, 3, 3, 3, 3, 3, 3, 3]],
  ['max_over_time(m_total[5m:30s] @ 900)', [27, 27, 27, 27, 27, 27, 27, 27, 27, 27, 27]],
  ['count_over_time(m_total[10s])', [2, 0, 2, 3, 0, 3, 3, 0, 3, 3, 0]],
  ['predict_linear(m_total[2m] @ 600, 60)', [16, 16, 16, 16, 16, 16, 16, 16, 16, 16, 16]],
]

describe('[E11] samples that a query looks at are counted as in Prometheus', () => {
  test.each(INSTANT)('%s looks at %d', async (expr, total) => {
    const { stats } = await engine.instant({ expr, tMs: 1_000_000, stats: 'true' })
    expect(stats!.samples.totalQueryableSamples).toBe(total)
    expect(stats!.samples).not.toHaveProperty('totalQueryableSamplesPerStep')
  })
  test.each(RANGE)('%s over a range', async (expr, perStep) => {
    const { stats } = await engine.range({ expr, ...range, stats: 'all' })
    expect(stats!.samples.totalQueryableSamplesPerStep!.map(s => s.count)).toEqual(perStep)
    expect(stats!.samples.totalQueryableSamplesPerStep!.map(s => s.tMs).slice(0, 2)).toEqual([600_000, 640_000])
    expect(stats!.samples.totalQueryableSamples).toBe(perStep.reduce((a, b) => a + b, 0))
  })
  test('what the next step looks at again was read once', async () => {
    const { stats } = await engine.range({ expr: 'count_over_time(m_total{job="a"}[5m])', ...range, stats: 'all' })
    expect(stats!.samples.samplesReadPerStep!.map(s => s.count)).toEqual([20, 2, 3, 3, 2, 3, 3, 2, 3, 3, 2])
    expect(stats!.samples.samplesRead).toBe(46)
    const once = await engine.range({ expr: 'count_over_time(m_total{job="a"}[5m] @ 600)', ...range, stats: 'all' })
    expect(once.stats!.samples.samplesRead).toBe(20)
  })
  test('samples that are held', async () => {
    expect((await engine.range({ expr: 'm_total', ...range, stats: 'true' })).stats!.samples.peakSamples).toBe(30)
    expect((await engine.instant({ expr: 'm_total[5m]', tMs: 1_000_000, stats: 'true' })).stats!.samples.peakSamples).toBe(60)
  })
})

describe('[E12] statistics stand where Prometheus has them', () => {
  const body = async (stats: string | undefined, perStepStats = true): Promise<{ data: { stats?: { timings: object; samples: object } }; warnings?: string[] }> => {
    const own = new LocalQueryEngine(storage, { perStepStats })
    const answer = await own.rangeJson({ expr: 'm_total', startMs: 1_000_500, endMs: 1_001_000, stepMs: 500, ...(stats === undefined ? {} : { stats }) })
    return JSON.parse(new TextDecoder().decode(answer.body)) as never
  }
  test('none unless asked for', async () => {
    expect((await body(undefined)).data).not.toHaveProperty('stats')
    expect((await body('')).data).not.toHaveProperty('stats')
    expect((await engine.instant({ expr: 'm_total', tMs: 0 })).stats).toBeUndefined()
  })
  test('members and their order', async () => {
    const { stats } = (await body('all')).data
    expect(JSON.stringify(stats!.samples)).toBe('{"totalQueryableSamplesPerStep":[[1000.5,3],[1001,3]],"totalQueryableSamples":6,"samplesReadPerStep":[[1000.5,3],[1001,3]],"samplesRead":6,"peakSamples":6}')
    expect(Object.keys(stats!.timings)).toEqual(['evalTotalTime', 'resultSortTime', 'queryPreparationTime', 'innerEvalTime', 'execQueueTime', 'execTotalTime'])
    for (const seconds of Object.values(stats!.timings)) expect(seconds).toBeGreaterThanOrEqual(0)
  })
  test('steps only with their feature', async () => {
    expect(JSON.stringify((await body('all', false)).data.stats!.samples)).toBe('{"totalQueryableSamples":6,"samplesRead":6,"peakSamples":6}')
  })
  test('other values are taken with a warning', async () => {
    const { data, warnings } = await body('yes')
    expect(data.stats).toBeDefined()
    expect(warnings).toEqual(['value "yes" for parameter "stats" is deprecated and will be rejected in the next major release, use "true" or "all"'])
    expect((await body('true')).warnings).toBeUndefined()
  })
})

const explain = (expr: string): Promise<QueryExplanation> => engine.explain({ expr, tMs: 1_000_000 })

describe('[E13] an explanation follows the query part by part', () => {
  test('numbers, places, series, samples', async () => {
    const { root, steps, type } = await engine.explain({ expr: 'sum by (job) (rate(m_total[5m])) / 2', ...range })
    expect([type, steps]).toEqual(['matrix', 11])
    const flat: unknown[] = []
    const walk = (n: typeof root, depth: number): void => {
      flat.push([depth, n.id, n.kind, n.name, n.text, n.series, n.samples, n.matched])
      expect(n.ms).toBeGreaterThanOrEqual(n.selfMs)
      for (const part of n.parts) walk(part, depth + 1)
    }
    walk(root, 0)
    expect(flat).toEqual([
      [0, 0, 'operator', '/', 'sum by (job) (rate(m_total[5m])) / 2', 3, 30, undefined],
      [1, 1, 'aggregation', 'sum', 'sum by (job) (rate(m_total[5m]))', 3, 30, undefined],
      [2, 2, 'call', 'rate', 'rate(m_total[5m])', 3, 30, undefined],
      [3, 3, 'range', 'm_total', 'm_total[5m]', 3, 112, 3],
      [1, 4, 'literal', '2', '2', 1, 11, undefined],
    ])
  })
  test.each([
    ['rate(nothing[5m])', 'nothing[5m]', 'no-series'],
    ['m_total offset 1h', 'm_total offset 1h', 'no-series'],
    ['m_total{job="b"} offset 335s and m_total{job="b"}', 'm_total{job="b"} offset 335s', 'no-samples'],
    ['sum(rate(m_total[10s])) > 5', 'm_total[10s]', 'no-samples'],
    ['increase(m_total[15s])', 'increase(m_total[15s])', 'too-few-samples'],
    ['sum(m_total) > 1e9', 'sum(m_total) > 1e9', 'filtered'],
    ['m_total and on (x) (nothing or vector(1) > 2)', 'nothing', 'no-series'],
    ['m_total * on (job) label_replace(m_total, "job", "z$1", "job", "(.*)")', 'm_total * on (job) label_replace(m_total, "job", "z$1", "job", "(.*)")', 'no-match'],
    ['absent(m_total)', 'absent(m_total)', 'present'],
    ['histogram_quantile(0.9, m_total)', 'histogram_quantile(0.9, m_total)', 'no-buckets'],
    ['m_total unless m_total', 'm_total unless m_total', 'filtered'],
  ])('%s turned empty at %s: %s', async (query, text, reason) => {
    const { root, emptyAt } = await explain(query)
    const find = (n: typeof root): typeof root | undefined => (n.id === emptyAt!.id ? n : n.parts.map(find).find(found => found !== undefined))
    expect([find(root)!.text, emptyAt!.reason]).toEqual([text, reason])
  })
  test.each(['sum(m_total)', 'absent(nothing)', '1', 'count(nothing) or vector(0)', '"text"', 'm_total[5m:1m]'])('%s is not empty', async query => expect((await explain(query)).emptyAt).toBeUndefined())
  test('an answer is the same, watched or not', async () => {
    const expr = 'topk(2, sum by (job) (rate(m_total[5m] @ 600)) + on (job) max_over_time(m_total[5m:1m]))'
    const { root } = await engine.explain({ expr, ...range })
    const { value } = await engine.range({ expr, ...range })
    if (value.type !== 'matrix') throw new Error(value.type)
    expect([root.series, root.samples]).toEqual([value.series.length, value.series.reduce((n, s) => n + s.ts.length, 0)])
  })
  test('failures are those of the query', async () => {
    await expect(explain('sum(')).rejects.toThrow('parse error')
    await expect(explain('m_total * on () m_total')).rejects.toThrow('found duplicate series')
  })
})
