import { labelsFromObject } from '@haechi/model'
import { LocalQueryEngine } from '@haechi/promql'
import { MemoryStorage } from '@haechi/storage'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createServer, openState } from '../src/index.ts'
import type { HaechiServer, InjectedAnswer, StateStore } from '../src/index.ts'
import { fakeDeps } from './fake-deps.ts'

const NOW = 1_795_300_000_000
let state: StateStore
let server: HaechiServer
beforeAll(async () => {
  state = await openState(':memory:', { log: fakeDeps().log })
  const storage = new MemoryStorage()
  const labels = labelsFromObject({ __name__: 'requests_total', job: 'a' })
  for (let t = NOW - 600_000; t <= NOW; t += 15_000) storage.add(labels, t, (t - NOW) / 15_000)
  storage.add(labelsFromObject({ __name__: 'odd' }), NOW - 1000, Infinity)
  storage.addHistogram(labelsFromObject({ __name__: 'native' }), NOW - 1000, {
    schema: 0, zeroThreshold: 0, zeroCount: 0, count: 1, sum: 1, positiveSpans: Int32Array.of(0, 1), positiveCounts: Float64Array.of(1), negativeSpans: new Int32Array(0), negativeCounts: new Float64Array(0),
    customValues: new Float64Array(0), resetHint: 0, integer: true,
  })
  const engine = new LocalQueryEngine(storage)
  server = createServer(fakeDeps({ state, engine, boards: () => [{ uid: 'known', dashboard: { uid: 'known', title: 'Known' }, origin: 'builtin' }] }), { version: '0.1.0', nowMs: () => NOW })
})
afterAll(async () => {
  await server.close()
  await state.close()
})
function ask(method: string, path: string, body?: unknown): Promise<InjectedAnswer> {
  return server.inject({ method: method as 'GET', url: `/api${path}`, headers: { host: 'localhost', ...(body === undefined ? {} : { 'content-type': 'application/json' }) }, ...(body === undefined ? {} : { payload: JSON.stringify(body) }) })
}
const json = (a: InjectedAnswer): Record<string, unknown> => JSON.parse(a.body) as Record<string, unknown>
const list = (a: InjectedAnswer): readonly Record<string, unknown>[] => JSON.parse(a.body) as Record<string, unknown>[]
const texts = async (query: string): Promise<unknown[]> => list(await ask('GET', `/annotations${query}`)).map(a => a['text'])

describe('D7 annotations', () => {
  test('[D7] are written, found by time, board and tags, changed and removed', async () => {
    const first = json(await ask('POST', '/annotations', { text: 'deploy 1', tags: ['deploy', 'api', 'deploy'], time: NOW - 5000 }))
    expect(first).toEqual({ id: 1, message: 'Annotation added' })
    expect(json(await ask('POST', '/annotations', { text: '점검', dashboardUID: 'known', panelId: 3, time: NOW - 1000, timeEnd: NOW - 3000, tags: ['api'] }))['id']).toBe(2)
    expect(json(await ask('POST', '/annotations/graphite', { what: 'release', tags: 'deploy web', when: (NOW - 60_000) / 1000, data: 'v2' }))['message']).toBe('Graphite annotation added')
    expect(await texts('')).toEqual(['점검', 'deploy 1', 'release\nv2'])
    expect(list(await ask('GET', '/annotations?dashboardUID=known'))[0]).toMatchObject({ id: 2, dashboardUID: 'known', panelId: 3, time: NOW - 3000, timeEnd: NOW - 1000, tags: ['api'] })
    expect(list(await ask('GET', '/annotations?tags=deploy&tags=api'))).toMatchObject([{ tags: ['deploy', 'api'], dashboardUID: null, timeEnd: NOW - 5000 }])
    expect(await texts('?tags=api&tags=web&matchAny=true&limit=2')).toEqual(['점검', 'deploy 1'])
    expect(await texts(`?from=${NOW - 2000}&to=${NOW}`)).toEqual(['점검'])
    expect(await texts(`?from=${NOW - 100_000}&to=${NOW - 4000}`)).toEqual(['deploy 1', 'release\nv2'])
    expect(await texts('?type=alert')).toEqual([])
    expect(json(await ask('GET', '/annotations/tags?tag=dep'))).toEqual({ result: { tags: [{ tag: 'deploy', count: 2 }] } })
    await ask('PATCH', '/annotations/1', { text: 'deploy 1b' })
    expect(json(await ask('GET', '/annotations/1'))).toMatchObject({ text: 'deploy 1b', tags: ['deploy', 'api'], time: NOW - 5000 })
    await ask('PUT', '/annotations/1', { text: 'anew', time: NOW })
    expect(json(await ask('GET', '/annotations/1'))).toMatchObject({ text: 'anew', tags: [], time: NOW, timeEnd: NOW })
    expect(json(await ask('DELETE', '/annotations/1'))).toEqual({ message: 'Annotation deleted' })
    await ask('POST', '/annotations/mass-delete', { dashboardUID: 'known', panelId: 3 })
    expect(await texts('')).toEqual(['release\nv2'])
  })
  test.each([
    ['POST', '/annotations', { tags: [] }, 400, 'text field should not be empty'],
    ['POST', '/annotations', { text: 'x', time: 'now' }, 400, /Unix milliseconds/],
    ['POST', '/annotations', { text: 'x', tags: 'a' }, 400, /list of texts/],
    ['POST', '/annotations', { text: 'x', dashboardUID: 'none' }, 400, 'Dashboard not found'],
    ['POST', '/annotations', [], 400, 'bad request data'],
    ['PUT', '/annotations/99', { text: 'x' }, 404, 'Annotation not found'],
    ['DELETE', '/annotations/x', undefined, 404, 'Annotation not found'],
    ['POST', '/annotations/mass-delete', {}, 400, /must be given/],
    ['POST', '/annotations/graphite', { what: '' }, 400, 'what field should not be empty'],
  ])('[D7] %s %s %j is refused', async (method, path, body, status, message) => {
    const answer = await ask(method, path, body)
    expect(answer.statusCode).toBe(status)
    if (typeof message === 'string') expect(json(answer)['message']).toBe(message)
    else expect(json(answer)['message']).toMatch(message)
  })
})

describe('D8 queries of panels', () => {
  interface Frame { readonly schema: { readonly name: string; readonly meta: Record<string, unknown>; readonly fields: readonly Record<string, unknown>[] }; readonly data: { readonly values: readonly [number[], (number | null)[]]; readonly entities?: unknown } }
  const query = async (queries: unknown, more: object = {}): Promise<{ code: number; results: Record<string, { status: number; frames: Frame[]; error?: string }> }> => {
    const answer = await ask('POST', '/ds/query', { from: String(NOW - 300_000), to: String(NOW), queries, ...more })
    return { code: answer.statusCode, results: (json(answer)['results'] ?? {}) as never }
  }
  test('[D8] a range is frames of times and values, on whole steps', async () => {
    const { code, results } = await query([{ refId: 'A', expr: 'rate(requests_total[$__rate_interval])', datasource: { uid: 'PBFA97CFB590B2093' }, maxDataPoints: 10, range: true }])
    expect(code).toBe(200)
    const [frame] = results['A']!.frames
    expect(frame!.schema.meta).toMatchObject({ type: 'timeseries-multi', custom: { resultType: 'matrix' }, executedQueryString: 'Expr: rate(requests_total[1m])\nStep: 30s' })
    expect(frame!.schema.fields.map(f => [f['name'], f['type']])).toEqual([['Time', 'time'], ['Value', 'number']])
    expect(frame!.schema.fields[1]).toMatchObject({ labels: { job: 'a' }, config: { displayNameFromDS: '{job="a"}' } })
    expect(frame!.data.values[0].every((t, i, all) => t % 30_000 === 0 && (i === 0 || t - all[i - 1]! === 30_000))).toBe(true)
    expect(frame!.data.values[1].at(-1)).toBeCloseTo(1 / 15)
  })
  test('[D8] an instant query, a relative range, and numbers that JSON has not', async () => {
    const { results } = await query([{ refId: 'A', expr: 'odd', instant: true }, { expr: 'scalar(requests_total)', instant: true }], { from: 'now-5m', to: 'now' })
    expect(results['A']!.frames[0]!.data).toEqual({ values: [[NOW], [null]], entities: [null, { Inf: [0] }] })
    expect(results['B']!.frames[0]!.data.values).toEqual([[NOW], [0]])
  })
  test('[D8] a native histogram is no number', async () => {
    const { code, results } = await query([{ refId: 'A', expr: 'native', instant: true, range: true }, { refId: 'B', expr: 'histogram_count(native)', instant: true }])
    expect([code, results['A']!.frames, results['B']!.frames[0]!.data.values[1]]).toEqual([200, [], [1]])
  })
  test('[D8] what fails is said beside what does not', async () => {
    const some = await query([{ refId: 'A', expr: 'sum(' }, { refId: 'B', expr: 'requests_total', instant: true }])
    expect([some.code, some.results['A']!.status, some.results['B']!.status]).toEqual([207, 400, 200])
    expect(some.results['A']!.error).toContain('unclosed left parenthesis')
    const none = await query([{ refId: 'A', expr: '' }, { refId: 'B', expr: 'up', datasource: { uid: 'other' } }])
    expect([none.code, none.results['A']!.error, none.results['B']!.error]).toEqual([400, 'the query has no expression', 'data source not found'])
    expect((await query([])).code).toBe(400)
    expect((await query([{ expr: 'up' }], { from: 'then' })).code).toBe(400)
  })
})

describe('D9 who asks', () => {
  test.each([
    ['/user', { login: 'admin', orgId: 1 }], ['/org', { id: 1, name: 'Main Org.' }], ['/orgs/1', { id: 1 }], ['/user/preferences', { theme: '', timezone: '' }], ['/dashboards/home', { redirectUri: '/' }],
    ['/frontend/settings', { defaultDatasource: 'Prometheus' }], ['/datasources/id/Prometheus', { id: 1 }], ['/plugins/prometheus/settings', { type: 'datasource' }], ['/library-elements', { result: { elements: [] } }],
  ])('[D9] %s', async (path, part) => expect(json(await ask('GET', path))).toMatchObject(part))
  test('[D9] preferences are kept', async () => {
    await ask('PATCH', '/org/preferences', { theme: 'dark' })
    await ask('PATCH', '/org/preferences', { timezone: 'Asia/Seoul' })
    expect(json(await ask('GET', '/org/preferences'))).toMatchObject({ theme: 'dark', timezone: 'Asia/Seoul' })
    await ask('PUT', '/org/preferences', { theme: 'light' })
    expect(json(await ask('GET', '/org/preferences'))).toMatchObject({ theme: 'light', timezone: '' })
  })
  test('[D9] permissions of single things are not offered, and it says so', async () => {
    expect((await ask('GET', '/access-control/users/permissions')).statusCode).toBe(404)
    expect(json(await ask('POST', '/dashboards/uid/known/permissions', { items: [{ role: 'Viewer', permission: 2 }] }))['message']).toMatch(/same permissions everywhere/)
    expect((await ask('POST', '/dashboards/uid/known/permissions', { items: [{ role: 'Viewer', permission: 1 }, { role: 'Editor', permission: 2 }] })).statusCode).toBe(200)
    expect((await ask('GET', '/dashboards/uid/none/permissions')).statusCode).toBe(404)
    expect((await server.inject({ method: 'GET', url: '/healthz', headers: { host: 'localhost' } })).body).toBe('Ok')
  })
})
