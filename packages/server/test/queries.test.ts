import { gunzipSync } from 'node:zlib'
import { labelsFromObject } from '@haechi/model'
import { LocalQueryEngine } from '@haechi/promql'
import { QueryError } from '@haechi/storage'
import { MemoryStorage } from '@haechi/testkit'
import { afterAll, describe, expect, test } from 'vitest'
import { createServer } from '../src/index.ts'
import { fakeDeps } from './fake-deps.ts'

const storage = new MemoryStorage()
for (let t = 0; t <= 600; t += 15) for (const job of ['a', 'b']) storage.add(labelsFromObject({ __name__: 'm_total', job }), t * 1000, t)
const local = new LocalQueryEngine(storage)
/** The slow question is answered a while after the quick one. */
let quickDone = (): void => {}
const isQuickDone = new Promise<void>(resolve => { quickDone = () => void setImmediate(resolve) })
const engine = new Proxy(local, {
  get: (target, name) => name === 'rangeJson'
    ? async (q: { readonly expr: string }) => {
      if (q.expr === 'slow') await isQuickDone
      const answer = await target.rangeJson(q as never)
      if (q.expr === 'quick') quickDone()
      return answer
    }
    : (Reflect.get(target, name) as (...args: readonly unknown[]) => unknown).bind(target),
})
const server = createServer(fakeDeps({ engine, queryable: storage }), { version: '0.1.0', nowMs: () => 600_000 })
afterAll(() => server.close())

const post = (queries: unknown, headers: Record<string, string> = {}): ReturnType<typeof server.inject> =>
  server.inject({ method: 'POST', url: '/api/haechi/v1/queries', headers: { 'host': 'localhost', 'content-type': 'application/json', ...headers }, payload: JSON.stringify({ queries }) })

/** Place, status and body of each line, in the order in which they came. */
const linesOf = (text: string): [number, number, string][] => text.trimEnd().split('\n').map(line => {
  const [, place, status, body] = /^(\d+) (\d+) (.*)$/.exec(line)!
  return [Number(place), Number(status), body!]
})

const RANGE = 'query_range?query=sum(m_total)&start=0&end=60&step=15'
const INSTANT = 'query?query=m_total%7Bjob%3D%22a%22%7D&time=60'

describe('[O8] POST /queries', () => {
  test('the bodies are those of the questions asked alone', async () => {
    const got = linesOf((await post([RANGE, INSTANT])).body).sort(([a], [b]) => a - b)
    const alone = await Promise.all([RANGE, INSTANT].map(async path => (await server.inject({ url: `/api/v1/${path}`, headers: { host: 'localhost' } })).body))
    expect(got).toEqual(alone.map((body, i) => [i, 200, body]))
  })
  test('one that fails touches no other', async () => {
    const got = linesOf((await post(['query?query=sum(', INSTANT, 'query_range?query=up&start=2&end=1&step=1'])).body).sort(([a], [b]) => a - b)
    expect(got.map(([place, status]) => [place, status])).toEqual([[0, 400], [1, 200], [2, 400]])
    expect(JSON.parse(got[0]![2])).toMatchObject({ status: 'error', errorType: 'bad_data', error: expect.stringContaining('unclosed left parenthesis') as string })
  })
  test('a slow one holds up no other: lines come in the order of their answers', async () => {
    const lines = linesOf((await post(['query_range?query=slow&start=0&end=60&step=15', 'query_range?query=quick&start=0&end=60&step=15'])).body)
    expect(lines.map(([place]) => place)).toEqual([1, 0])
  })
  test('compressed line by line for those who take it', async () => {
    const answer = await post([RANGE], { 'accept-encoding': 'gzip' })
    expect(answer.headers).toMatchObject({ 'content-encoding': 'gzip', 'vary': 'Accept-Encoding', 'cache-control': 'no-store' })
    expect(linesOf(gunzipSync(answer.rawPayload).toString())).toMatchObject([[0, 200, expect.stringContaining('"matrix"') as string]])
  })
  test('a client that goes away ends its questions, and the log says nothing of it', async () => {
    let stopped = 0
    const told: unknown[] = []
    const patient = new Proxy(local, { get: (target, name) => name === 'rangeJson'
      ? (q: { readonly signal: AbortSignal }) => new Promise((_resolve, reject) => q.signal.addEventListener('abort', () => {
        stopped++
        reject(new QueryError('canceled', 'query was canceled'))
      }))
      : (Reflect.get(target, name) as (...args: readonly unknown[]) => unknown).bind(target) })
    const log = { ...fakeDeps().log, error: (...args: readonly unknown[]) => void told.push(args) }
    const listening = createServer(fakeDeps({ engine: patient, queryable: storage, log }), { version: '0.1.0', listen: ['127.0.0.1:0'] })
    const [url] = await listening.listen()
    const gone = new AbortController()
    const response = await fetch(new URL('/api/haechi/v1/queries', url), { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ queries: [INSTANT, RANGE, RANGE] }), signal: gone.signal })
    const { value } = await response.body!.getReader().read()
    expect(new TextDecoder().decode(value)).toMatch(/^0 200 /)
    gone.abort()
    await expect.poll(() => stopped, { timeout: 20_000 }).toBe(2)
    await listening.close()
    expect(told).toEqual([])
  })
  test.each([
    ['other paths', ['status/config'], 'queries.0: must begin with query? or query_range?'],
    ['none', [], 'queries: '],
    ['too many', Array.from({ length: 101 }, () => INSTANT), 'queries: '],
    ['what is no text', [1], 'queries.0: '],
  ])('%s: refused with the place', async (_what, queries, message) => {
    const answer = await post(queries)
    expect(answer.statusCode).toBe(400)
    expect((JSON.parse(answer.body) as { error: string }).error).toContain(message)
  })
})
