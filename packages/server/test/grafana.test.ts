import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createServer, openState } from '../src/index.ts'
import type { HaechiServer, InjectedAnswer, ServerDeps, StateStore } from '../src/index.ts'
import { withoutDataSourceProxy } from '../src/grafana/routes.ts'
import { fakeDeps } from './fake-deps.ts'

let state: StateStore
let server: HaechiServer
const boards: Awaited<ReturnType<ServerDeps['boards']>> = [
  { uid: 'haechi-overview', dashboard: { uid: 'haechi-overview', title: 'Overview', tags: ['haechi'], panels: [] }, dashboardKo: { uid: 'haechi-overview', title: '한눈에', tags: ['haechi'], panels: [] }, localTitle: { en: 'Overview', ko: '한눈에' }, origin: 'builtin' },
  { uid: 'file-board', dashboard: { uid: 'file-board', title: 'From a file', tags: ['mine'] }, origin: 'file' },
]
beforeAll(async () => {
  state = await openState(':memory:', { log: fakeDeps().log })
  server = createServer(fakeDeps({ state, boards: () => boards }), { version: '0.1.0' })
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

describe('D1 what clients of Grafana find', () => {
  test('[D1] health, data source', async () => {
    expect(json(await ask('GET', '/health'))).toEqual({ commit: '', database: 'ok', version: expect.stringMatching(/^12\./), product: 'Haechi 0.1.0' })
    const [source, ...more] = list(await ask('GET', '/datasources'))
    expect(more).toEqual([])
    expect(source).toMatchObject({ uid: 'PBFA97CFB590B2093', name: 'Prometheus', type: 'prometheus', isDefault: true, readOnly: true })
    expect(json(await ask('GET', '/datasources/uid/PBFA97CFB590B2093/health'))['status']).toBe('OK')
    expect((await ask('GET', '/datasources/uid/other')).statusCode).toBe(404)
  })
  test('[D1] the board itself is untouched', async () => {
    const got = json(await ask('GET', '/dashboards/uid/haechi-overview'))
    expect(got['dashboard']).toEqual({ ...boards[0]!.dashboard, id: null, version: 1 })
    expect(got['meta']).toMatchObject({ type: 'db', slug: 'overview', url: '/d/haechi-overview/overview', provisioned: false, canSave: true, canDelete: false })
    expect(json(await ask('GET', '/dashboards/uid/file-board'))['meta']).toMatchObject({ provisioned: true, canSave: false })
    expect(json(await ask('GET', '/dashboards/uid/haechi-overview?lang=ko'))['dashboard']).toMatchObject({ title: '한눈에' })
    expect(json(await ask('GET', '/dashboards/uid/file-board?lang=ko'))['dashboard']).toMatchObject({ title: 'From a file' })
    const none = await ask('GET', '/dashboards/uid/none')
    expect([none.statusCode, json(none)]).toEqual([404, { message: 'Dashboard not found' }])
  })
  test('[D1] search', async () => {
    const titles = async (query: string): Promise<unknown[]> => list(await ask('GET', `/search${query}`)).map(h => h['title'])
    expect(await titles('')).toEqual(['From a file', 'Overview'])
    expect(await titles('?query=OVER')).toEqual(['Overview'])
    expect(await titles('?tag=mine')).toEqual(['From a file'])
    expect(await titles('?tag=mine&tag=haechi')).toEqual([])
    expect(await titles('?dashboardUIDs=file-board')).toEqual(['From a file'])
    expect(await titles('?limit=1&page=2')).toEqual(['Overview'])
    expect(await titles('?sort=alpha-desc')).toEqual(['Overview', 'From a file'])
    expect(await titles('?type=dash-folder')).toEqual([])
    expect(list(await ask('GET', '/search'))[1]).toMatchObject({ uid: 'haechi-overview', uri: 'db/overview', url: '/d/haechi-overview/overview', type: 'dash-db', tags: ['haechi'], isStarred: false })
  })
})

describe('D2 saving', () => {
  const save = (dashboard: unknown, more: object = {}): Promise<InjectedAnswer> => ask('POST', '/dashboards/db', { dashboard, ...more })
  test('[D2] a new board gets a uid, an id and version 1', async () => {
    const got = json(await save({ id: null, title: '내 보드', panels: [{ unknown: true }] }, { message: 'first' }))
    expect(got).toMatchObject({ status: 'success', version: 1, slug: '내-보드' })
    const read = json(await ask('GET', `/dashboards/uid/${String(got['uid'])}`))
    expect(read['dashboard']).toEqual({ title: '내 보드', panels: [{ unknown: true }], uid: got['uid'], id: got['id'], version: 1 })
  })
  test('[D2] a stale version is refused, overwrite is not', async () => {
    expect((await save({ uid: 'v', title: 'V' })).statusCode).toBe(200)
    expect((await save({ uid: 'v', title: 'V2', version: 1 })).statusCode).toBe(200)
    const stale = await save({ uid: 'v', title: 'V3', version: 1 })
    expect([stale.statusCode, json(stale)]).toEqual([412, { message: 'The dashboard has been changed by someone else', status: 'version-mismatch' }])
    expect((await save({ uid: 'v', title: 'V3' })).statusCode).toBe(412)
    expect(json(await save({ uid: 'v', title: 'V3', version: 1 }, { overwrite: true }))['version']).toBe(3)
    const { versions } = json(await ask('GET', '/dashboards/uid/v/versions')) as { versions: { version: number }[] }
    expect(versions.map(v => v.version)).toEqual([3, 2, 1])
    expect(json(await ask('GET', '/dashboards/uid/v/versions/1'))['data']).toMatchObject({ title: 'V' })
    expect((await ask('GET', '/dashboards/uid/v/versions/9')).statusCode).toBe(404)
  })
  test('[D2] a saved built-in board stands in for it until it is deleted', async () => {
    expect((await save({ uid: 'haechi-overview', title: 'Mine', tags: ['own'] })).statusCode).toBe(200)
    expect(json(await ask('GET', '/dashboards/uid/haechi-overview'))['dashboard']).toMatchObject({ title: 'Mine' })
    const summaries = list(await ask('GET', '/haechi/v1/boards'))
    expect(summaries.find(b => b['uid'] === 'haechi-overview')).toEqual({ uid: 'haechi-overview', title: 'Mine', tags: ['own'], builtIn: true, edited: true, updatedMs: expect.any(Number) as number })
    expect(json(await ask('DELETE', '/dashboards/uid/haechi-overview'))).toMatchObject({ title: 'Mine' })
    expect(json(await ask('GET', '/dashboards/uid/haechi-overview'))['dashboard']).toMatchObject({ title: 'Overview' })
    expect((await ask('DELETE', '/dashboards/uid/haechi-overview')).statusCode).toBe(400)
    expect((await ask('DELETE', '/dashboards/uid/none')).statusCode).toBe(404)
  })
  test.each([
    [{ title: '' }, 400, 'Dashboard title cannot be empty'],
    [{ title: 'a', uid: 'x'.repeat(41) }, 400, 'uid too long, max 40 characters'],
    [{ title: 'a', uid: 'a/b' }, 400, 'uid contains illegal characters'],
    [{ title: 'a', uid: 'file-board' }, 400, 'Cannot save provisioned dashboard'],
    [{ title: 'a', id: 999_999 }, 404, 'Dashboard not found'],
    [[], 400, 'bad request data'],
    ['text', 400, 'bad request data'],
  ])('[D2] %j is refused', async (dashboard, status, message) => {
    const got = await save(dashboard)
    expect([got.statusCode, json(got)['message']]).toEqual([status, message])
  })
})

describe('D3 the data source\'s paths are our API', () => {
  test('[D3] queries pass', async () => {
    expect(json(await ask('GET', '/datasources/proxy/uid/PBFA97CFB590B2093/api/v1/labels'))['status']).toBe('success')
    expect(json(await ask('GET', '/datasources/proxy/1/api/v1/label/job/values'))['data']).toEqual(['gone', 'prometheus'])
    expect(json(await ask('GET', '/datasources/uid/PBFA97CFB590B2093/resources/api/v1/labels?match[]=up'))['data']).toEqual(['__name__', 'instance', 'job'])
  })
  test.each(['/-/quit', '/api/haechi/v1/status', '/api/v1/write', '/api/v1/admin/tsdb/snapshot', '/api/v1/../haechi', '/api/v1/%2f'])('[D3] %s does not', path => {
    const url = `/api/datasources/proxy/uid/a${path}`
    expect(withoutDataSourceProxy(url, '')).toBe(url)
  })
})
