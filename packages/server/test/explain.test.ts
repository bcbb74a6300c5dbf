import { labelsFromObject } from '@haechi/model'
import { LocalQueryEngine } from '@haechi/promql'
import type { QueryExplanation } from '@haechi/storage'
import { MemoryStorage } from '@haechi/testkit'
import { afterAll, describe, expect, test } from 'vitest'
import { createServer } from '../src/index.ts'
import type { ApiErrorBody } from '../src/index.ts'
import { fakeDeps } from './fake-deps.ts'

const storage = new MemoryStorage()
for (let t = 0; t <= 600; t += 15) for (const job of ['a', 'b']) storage.add(labelsFromObject({ __name__: 'm_total', job }), t * 1000, t)
const server = createServer(fakeDeps({ engine: new LocalQueryEngine(storage, { perStepStats: true }), queryable: storage }), { version: '0.1.0', nowMs: () => 600_000 })
const other = createServer(fakeDeps(), { version: '0.1.0' })
afterAll(() => Promise.all([server.close(), other.close()]))

const get = async (path: string, from = server): Promise<{ status: number; body: unknown }> => {
  const got = await from.inject({ url: path, headers: { host: 'localhost' } })
  return { status: got.statusCode, body: JSON.parse(got.body) as unknown }
}
const explain = (query: string): ReturnType<typeof get> => get(`/api/haechi/v1/explain?${query}`)

describe('[O5] GET /explain', () => {
  test('now, at a time, over a range', async () => {
    const now = (await explain('query=sum(m_total)')).body as QueryExplanation
    expect(now).toMatchObject({ expr: 'sum(m_total)', type: 'vector', steps: 1, root: { kind: 'aggregation', name: 'sum', series: 1, parts: [{ kind: 'selector', name: 'm_total', series: 2, matched: 2 }] }, warnings: [], infos: [] })
    expect(now.stats.samples.totalQueryableSamples).toBe(2)
    expect((await explain('query=sum(m_total)&time=2000')).body).toMatchObject({ root: { series: 0 }, emptyAt: { id: 1, reason: 'no-series' } })
    expect((await explain('query=rate(m_total[1m])&start=60&end=600&step=60')).body).toMatchObject({ type: 'matrix', steps: 10, root: { name: 'rate', series: 2, samples: 20 } })
  })
  test.each([
    ['query=', 'bad_parameter', 'the parameter "query" is missing'],
    ['query=sum(', 'bad_expression', '1:5: parse error: unclosed left parenthesis'],
    ['query=m_total * on () m_total', 'bad_expression', 'found duplicate series for the match group {}'],
    ['query=up&time=x', 'bad_parameter', 'invalid parameter "time"'],
    ['query=up&start=1&end=2', 'bad_parameter', 'invalid parameter "step"'],
    ['query=up&start=2&end=1&step=1', 'bad_parameter', 'the parameter "end" lies before "start"'],
    ['query=up&start=1&end=2&step=0', 'bad_parameter', 'the parameter "step" must be at least a millisecond'],
    ['query=up&start=1&end=20000&step=1', 'bad_parameter', 'more than 11,000 points per series'],
    ['query=up[5m]&start=1&end=2&step=1', 'bad_expression', 'invalid expression type "range vector" for range query'],
  ])('%s is refused', async (query, code, message) => {
    const { status, body } = await explain(encodeURI(query))
    expect([status, (body as ApiErrorBody).errorType]).toEqual([400, code])
    expect((body as ApiErrorBody).error).toContain(message)
  })
  test('an engine that cannot tell says so', async () => {
    expect(await get('/api/haechi/v1/explain?query=up', other)).toMatchObject({ status: 503, body: { errorType: 'unavailable', error: 'this storage cannot explain queries' } })
  })
})

describe('[G1] the parameter stats', () => {
  test('of instant and range queries', async () => {
    expect((await get('/api/v1/query?query=m_total&time=600&stats=true')).body).toMatchObject({ status: 'success', data: { resultType: 'vector', stats: { timings: {}, samples: { totalQueryableSamples: 2, peakSamples: 2 } } } })
    expect((await get('/api/v1/query_range?query=m_total&start=300&end=600&step=300&stats=all')).body).toMatchObject({ data: { stats: { samples: { totalQueryableSamplesPerStep: [[300, 2], [600, 2]], totalQueryableSamples: 4 } } } })
  })
  test('other values warn', async () => {
    expect((await get('/api/v1/query?query=1&stats=1')).body).toMatchObject({ warnings: ['value "1" for parameter "stats" is deprecated and will be rejected in the next major release, use "true" or "all"'] })
  })
})
