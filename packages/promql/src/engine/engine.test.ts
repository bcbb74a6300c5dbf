import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { labelsFromObject } from '@haechi/model'
import { LocalQueryEngine } from '@haechi/promql'
import type { EngineOptions } from '@haechi/promql'
import type { Queryable } from '@haechi/storage'
import { MemoryStorage } from '@haechi/testkit'

/** Series by selector text such as `a{x="1"}`: `[time in seconds, value]`, `'stale'` for a marker. */
type Data = Readonly<Record<string, readonly (readonly [number, number | 'stale'])[]>>

function storageOf(data: Data): MemoryStorage {
  const storage = new MemoryStorage()
  for (const [series, samples] of Object.entries(data)) {
    const labels: Record<string, string> = { __name__: series.split('{')[0]! }
    for (const [, name, value] of series.matchAll(/(\w+)="([^"]*)"/g)) labels[name!] = value!
    for (const [seconds, value] of samples) {
      if (value === 'stale') storage.addStale(labelsFromObject(labels), seconds * 1000)
      else storage.add(labelsFromObject(labels), seconds * 1000, value)
    }
  }
  return storage
}

/** Body of an instant query, parsed. */
async function instant(data: Data, expr: string, seconds: number, options: EngineOptions = {}): Promise<{ result: unknown; warnings?: string[]; infos?: string[] }> {
  const { body } = await new LocalQueryEngine(storageOf(data), options).instantJson({ expr, tMs: seconds * 1000 })
  const { data: { result }, warnings, infos } = JSON.parse(new TextDecoder().decode(body)) as { data: { result: unknown }; warnings?: string[]; infos?: string[] }
  return { result, ...(warnings === undefined ? {} : { warnings }), ...(infos === undefined ? {} : { infos }) }
}

/** Values of an instant vector. */
async function values(data: Data, expr: string, seconds: number): Promise<string[]> {
  return ((await instant(data, expr, seconds)).result as { value: [number, string] }[]).map(s => s.value[1])
}

const steady: Data = { 'c_total{i="1"}': [[0, 0], [15, 15], [30, 30], [45, 45], [60, 60]] }

describe('[E2] windows are left-open', () => {
  test('a sample exactly a range ago is not in it', async () => expect(await values(steady, 'count_over_time(c_total[15s])', 30)).toEqual(['1']))
  test('a sample exactly a lookback ago is not current', async () => {
    expect(await values({ g: [[0, 1]] }, 'g', 299)).toEqual(['1'])
    expect(await values({ g: [[0, 1]] }, 'g', 300)).toEqual([])
  })
  test('subqueries step at multiples of their step', async () => expect((await instant(steady, 'vector(time())[40s:20s]', 70)).result).toEqual([{ metric: {}, values: [[40, '40'], [60, '60']] }]))
})

describe('[E3] staleness', () => {
  const data: Data = { g: [[0, 1], [10, 'stale'], [20, 2]] }
  test.each([[5, ['1']], [10, []], [15, []], [20, ['2']]] as const)('at %d s: %j', async (seconds, want) => expect(await values(data, 'g', seconds)).toEqual(want))
  test('a range leaves markers out', async () => expect((await instant(data, 'g[1m]', 30)).result).toEqual([{ metric: { __name__: 'g' }, values: [[0, '1'], [20, '2']] }]))
})

describe('[E4] rates reach as far as the samples justify', () => {
  test('to the borders when samples are near', async () => expect(await values(steady, 'increase(c_total[1m])', 60)).toEqual(['60']))
  test('not past the zero of a counter', async () => expect(await values({ c_total: [[20, 1], [40, 11]] }, 'increase(c_total[40s])', 50)).toEqual(['16']))
  test('resets are added back', async () => expect(await values({ c_total: [[0, 10], [15, 20], [30, 5], [45, 15]] }, 'increase(c_total[1m])', 45)).toEqual(['33.33333333333333']))
})

describe('[E5] matching is judged at each step', () => {
  const data: Data = { 'l{i="1"}': [[0, 1]], 'r{i="1",x="a"}': [[0, 1]], 'r{i="1",x="b"}': [[0, 1]] }
  const fails = (expr: string, message: string): void => test(`${expr} fails`, async () => expect(instant(data, expr, 0)).rejects.toMatchObject({ kind: 'execution', message }))
  fails('l * on (i) r', 'found duplicate series for the match group {i="1"} on the right hand-side of the operation: [{__name__="r", i="1", x="a"}, {__name__="r", i="1", x="b"}];many-to-many matching not allowed: matching labels must be unique on one side')
  fails('r * on (i) l', 'multiple matches for labels: many-to-one matching must be explicit (group_left/group_right)')
  fails('r * on (i) group_left (x) l', 'multiple matches for labels: grouping labels must ensure unique matches')
  test('series that never meet are one', async () => {
    const storage = storageOf({ 'a{i="1"}': [[0, 1]], 'b{i="1"}': [[600, 2]] })
    const { value } = await new LocalQueryEngine(storage).range({ expr: '-{__name__=~"a|b"}', startMs: 0, endMs: 600_000, stepMs: 300_000 })
    expect(value).toEqual({ type: 'matrix', series: [{ labels: ['i', '1'], ts: Float64Array.of(0, 600_000), vs: Float64Array.of(-1, -2) }] })
  })
})

describe('[E6] a whole range equals its steps one by one', () => {
  const exprs = [
    'rate(c_total[1m])', 'increase(c_total[45s] offset 30s)', 'irate(c_total[1m])', 'sum by (g) (c_total)', 'avg(c_total)', 'max_over_time(c_total[1m])', 'min_over_time(c_total[20s])', 'changes(c_total[1m])',
    'resets(c_total[2m])', 'c_total > 50', 'c_total / on (i) group_left c_total', 'c_total unless c_total{g="a"}', 'sum_over_time(c_total[1m:20s])', 'c_total @ 60', 'quantile_over_time(0.3, c_total[1m])', 'deriv(c_total[1m])',
    'predict_linear(c_total[1m], 60)', 'stddev_over_time(c_total[1m])', 'absent(c_total{g="a"})', 'absent_over_time(c_total[30s])', 'count_values("v", c_total)', 'quantile(0.4, c_total)', 'scalar(c_total{i="1"})', 'timestamp(c_total)', 'topk(1, c_total)',
  ]
  const samples = fc.array(fc.tuple(fc.integer({ min: 1, max: 25 }), fc.oneof({ weight: 8, arbitrary: fc.integer({ min: 0, max: 100 }) }, { weight: 1, arbitrary: fc.constant('stale' as const) }, { weight: 1, arbitrary: fc.constantFrom(NaN, Infinity) })), { maxLength: 20 })
  const series = samples.map(gaps => {
    let t = 0
    return gaps.map(([gap, v]) => [t += gap, v] as const)
  })

  test.each(exprs)('%s', async expr => {
    await fc.assert(fc.asyncProperty(series, series, series, async (a, b, c) => {
      const engine = new LocalQueryEngine(storageOf({ 'c_total{g="a",i="1"}': a, 'c_total{g="a",i="2"}': b, 'c_total{g="b",i="3"}': c }), { lookbackMs: 40_000 })
      const whole = (await engine.range({ expr, startMs: 0, endMs: 240_000, stepMs: 15_000 })).value
      const seen = new Map<string, string[]>()
      for (let tMs = 0; tMs <= 240_000; tMs += 15_000) {
        const { value } = await engine.instant({ expr, tMs })
        const now = value.type === 'vector' ? value.samples : value.type === 'scalar' ? [{ labels: [], tMs, value: value.value }] : []
        for (const s of now) {
          const key = JSON.stringify(s.labels)
          seen.set(key, [...(seen.get(key) ?? []), `${s.tMs} ${s.value}`])
        }
      }
      const got = whole.type === 'matrix' ? whole.series.map(s => [JSON.stringify(s.labels), Array.from(s.ts, (t, i) => `${t} ${s.vs[i]}`)]) : []
      expect(Object.fromEntries(got)).toEqual(Object.fromEntries(seen))
    }), { numRuns: 30 })
  })
})

describe('[E7] limits', () => {
  const many: Data = Object.fromEntries(Array.from({ length: 20 }, (_, i) => [`m{i="${i}"}`, [[0, 1]]] as const))
  test('samples held', async () => expect(instant(many, 'm', 0, { maxSamples: 19 })).rejects.toMatchObject({ kind: 'execution', message: 'query processing would load too many samples into memory in expression evaluation: more than 19 (--query.max-samples)' }))
  test('exactly the limit is fine', async () => expect((await instant(many, 'count(m)', 0, { maxSamples: 20 })).result).toEqual([{ metric: {}, value: [0, '20'] }]))
  test('time', async () => {
    let now = 0
    const engine = new LocalQueryEngine(storageOf(many), { timeoutMs: 5 }, () => now++)
    await expect(engine.instant({ expr: 'm', tMs: 0 })).rejects.toMatchObject({ kind: 'timeout', message: 'query timed out in expression evaluation' })
  })
  test('series in the answer', async () => {
    const engine = new LocalQueryEngine(storageOf(many))
    expect(await engine.instant({ expr: 'm', tMs: 0, limit: 2 })).toMatchObject({ value: { samples: [{}, {}] }, warnings: ['results truncated due to limit'] })
    expect((await engine.instant({ expr: 'm', tMs: 0, limit: 20 })).warnings).toEqual([])
  })
})

describe('[E8] annotations have Prometheus\' words and places', () => {
  test('a rate of what may be no counter', async () => expect((await instant({ x: [[0, 1], [15, 2]] }, 'rate(x[1m])', 15)).infos).toEqual(['PromQL info: metric might not be a counter, name does not end in _total/_sum/_count/_bucket: "x" (1:6)']))
  test('a quantile that is none', async () => expect((await instant(steady, 'quantile(2, c_total)', 60)).warnings).toEqual(['PromQL warning: quantile value should be between 0 and 1, got 2 (1:10)']))
  test('a bucket without a bound', async () => expect((await instant(steady, 'histogram_quantile(0.5, c_total)', 60)).warnings).toEqual(['PromQL warning: bucket label "le" is missing or has a malformed value of "" (1:25)']))
  test('buckets whose counts fall', async () => expect((await instant({ 'b{le="1"}': [[0, 10]], 'b{le="2"}': [[0, 5]], 'b{le="+Inf"}': [[0, 20]] }, 'histogram_quantile(0.9, b)', 0)).infos).toEqual([
    'PromQL info: input to histogram_quantile needed to be fixed for monotonicity (see https://prometheus.io/docs/prometheus/latest/querying/functions/#histogram_quantile), from buckets 2 to 2, with a max diff of 5, over 1 samples from 1970-01-01T00:00:00Z to 1970-01-01T00:00:00Z (1:25)',
  ]))
})

describe('[E9] metric names go', () => {
  const data: Data = { 'a{i="1"}': [[0, 1]] }
  const metric = async (expr: string, options?: EngineOptions): Promise<unknown> => ((await instant(data, expr, 0, options)).result as { metric: unknown }[]).map(s => s.metric)
  test.each(['a + 1', '-a', 'abs(a)', 'a > bool 0', 'a * on (i) a', 'sum_over_time(a[1m])'])('%s', async expr => expect(await metric(expr)).toEqual([{ i: '1' }]))
  test.each(['a > 0', 'a and a', 'last_over_time(a[1m])', 'a or a', 'topk(1, a)', '+a'])('%s keeps it', async expr => expect(await metric(expr)).toEqual([{ __name__: 'a', i: '1' }]))
  test('later with delayed removal', async () => expect(await metric('label_replace(abs(a), "n", "$1", "__name__", "(.*)")', { delayedNameRemoval: true })).toEqual([{ i: '1', n: 'a' }]))
})

describe('[E10] equal selectors are one', () => {
  test('selected once over the union of their times, each series read once', async () => {
    const storage = storageOf(steady)
    const selected: string[] = []
    const read: string[] = []
    const counting: Queryable = {
      querier: (minMs, maxMs) => {
        const querier = storage.querier(minMs, maxMs)
        return {
          ...querier,
          select: async (matchers, from, to) => {
            selected.push(`${from}..${to}`)
            const set = await querier.select(matchers, from, to)
            return {
              ...set,
              read: (i, a, b, into) => {
                read.push(`${a}..${b}`)
                return set.read(i, a, b, into)
              },
            }
          },
        }
      },
    }
    const { value } = await new LocalQueryEngine(counting).instant({ expr: 'increase(c_total[1m]) - increase(c_total[30s] offset 30s) + on () group_left c_total', tMs: 60_000 })
    expect(value).toMatchObject({ samples: [{ value: 60 - 30 + 60 }] })
    expect(selected).toEqual(['-239999..60000'])
    expect(read).toEqual(['-239999..60000'])
  })
})
