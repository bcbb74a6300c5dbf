import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createServer, openState } from '../src/index.ts'
import type { HaechiServer, InjectedAnswer, ServerDeps, StateStore } from '../src/index.ts'
import { fakeDeps } from './fake-deps.ts'

let state: StateStore
let server: HaechiServer
const boards: Awaited<ReturnType<ServerDeps['boards']>> = [{ uid: 'haechi-overview', dashboard: { uid: 'haechi-overview', title: 'Overview', tags: ['haechi'] }, origin: 'builtin' }]
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
const titles = async (query: string): Promise<unknown[]> => list(await ask('GET', `/search${query}`)).map(h => h['title'])

describe('D4 folders', () => {
  test('[D4] are made, found, renamed, moved and removed with what lies in them', async () => {
    const team = json(await ask('POST', '/folders', { uid: 'team', title: '우리 팀' }))
    expect(team).toMatchObject({ uid: 'team', title: '우리 팀', version: 1, canSave: true })
    expect((await ask('POST', '/folders', { uid: 'team', title: 'again' })).statusCode).toBe(409)
    expect((await ask('POST', '/folders', { title: '  ' })).statusCode).toBe(400)
    expect(json(await ask('POST', '/folders', { uid: 'inner', title: 'Inner', parentUid: 'team' }))).toMatchObject({ parentUid: 'team', parents: [{ uid: 'team' }] })
    expect(list(await ask('GET', '/folders')).map(f => f['uid'])).toEqual(['team'])
    expect(list(await ask('GET', '/folders?parentUid=team')).map(f => f['uid'])).toEqual(['inner'])
    expect((await ask('PUT', '/folders/team', { title: 'Team', version: 7 })).statusCode).toBe(412)
    expect(json(await ask('PUT', '/folders/team', { title: 'Team', version: 1 }))).toMatchObject({ title: 'Team', version: 2 })
    expect((await ask('POST', '/folders/team/move', { parentUid: 'inner' })).statusCode).toBe(400)

    expect(json(await ask('POST', '/dashboards/db', { dashboard: { uid: 'b1', title: 'In it', tags: ['x'] }, folderUid: 'inner' }))).toMatchObject({ folderUid: 'inner', version: 1 })
    expect((await ask('POST', '/dashboards/db', { dashboard: { title: 'Lost' }, folderUid: 'none' })).statusCode).toBe(404)
    expect(json(await ask('GET', '/dashboards/uid/b1'))['meta']).toMatchObject({ folderUid: 'inner', folderTitle: 'Inner' })
    expect(await titles('')).toEqual(['Inner', 'Team', 'In it', 'Overview'])
    expect(await titles('?folderUIDs=inner')).toEqual(['In it'])
    expect(await titles('?folderUIDs=general')).toEqual(['Team', 'Overview'])
    expect(await titles('?type=dash-folder')).toEqual(['Inner', 'Team'])
    expect(await titles('?tag=x')).toEqual(['In it'])
    expect(list(await ask('GET', '/dashboards/tags'))).toEqual([{ term: 'haechi', count: 1 }, { term: 'x', count: 1 }])
    expect(json(await ask('GET', '/folders/team/counts'))).toMatchObject({ dashboard: 1, folder: 1 })
    // No folder means the top, as in Grafana.
    expect(json(await ask('POST', '/dashboards/db', { dashboard: { uid: 'b1', title: 'In it', version: 1 } }))).toMatchObject({ folderUid: '' })
    await ask('POST', '/dashboards/db', { dashboard: { uid: 'b1', title: 'In it' }, overwrite: true, folderUid: 'inner' })
    expect((await ask('DELETE', '/folders/team')).statusCode).toBe(200)
    expect((await ask('GET', '/dashboards/uid/b1')).statusCode).toBe(404)
    expect((await ask('GET', '/folders/inner')).statusCode).toBe(404)
  })
})

describe('D5 stars', () => {
  test('[D5] a board is marked and found by its mark', async () => {
    expect((await ask('POST', '/user/stars/dashboard/uid/haechi-overview')).statusCode).toBe(200)
    expect((await ask('POST', '/user/stars/dashboard/uid/none')).statusCode).toBe(404)
    expect(list(await ask('GET', '/user/stars'))).toEqual(['haechi-overview'])
    expect(await titles('?starred=true')).toEqual(['Overview'])
    expect(json(await ask('GET', '/dashboards/uid/haechi-overview'))['meta']).toMatchObject({ isStarred: true })
    expect(list(await ask('GET', '/haechi/v1/boards'))[0]).toMatchObject({ starred: true })
    await ask('DELETE', '/user/stars/dashboard/uid/haechi-overview')
    expect(await titles('?starred=true')).toEqual([])
  })
})

describe('D2 versions', () => {
  test('[D2] an old version is brought back as a new one', async () => {
    await ask('POST', '/dashboards/db', { dashboard: { uid: 'r', title: 'One' }, message: 'first' })
    await ask('POST', '/dashboards/db', { dashboard: { uid: 'r', title: 'Two', version: 1 } })
    expect(json(await ask('POST', '/dashboards/uid/r/restore', { version: 1 }))).toMatchObject({ status: 'success', version: 3 })
    expect(json(await ask('GET', '/dashboards/uid/r'))['dashboard']).toMatchObject({ title: 'One', version: 3 })
    const { versions } = json(await ask('GET', '/dashboards/uid/r/versions?limit=1')) as { versions: object[] }
    expect(versions).toMatchObject([{ version: 3, restoredFrom: 1 }])
    expect((await ask('POST', '/dashboards/uid/r/restore', { version: 9 })).statusCode).toBe(404)
    expect((await ask('POST', '/dashboards/uid/r/restore', {})).statusCode).toBe(400)
  })
})

describe('D6 import', () => {
  test('[D6] inputs are filled in; a data source that is not named is ours', async () => {
    const dashboard = {
      __inputs: [{ name: 'DS_PROM', type: 'datasource', pluginId: 'prometheus' }, { name: 'VAR_X', type: 'constant', value: '5m' }], __requires: [], title: 'Imported',
      panels: [{ datasource: { uid: '${DS_PROM}' }, targets: [{ expr: 'rate(x[${VAR_X}])' }] }],
    }
    const got = json(await ask('POST', '/dashboards/import', { dashboard, inputs: [{ name: 'VAR_X', type: 'constant', value: '1m' }] }))
    expect(got).toMatchObject({ imported: true, title: 'Imported' })
    const read = json(await ask('GET', `/dashboards/uid/${String(got['uid'])}`))['dashboard'] as Record<string, unknown>
    expect(read['panels']).toEqual([{ datasource: { uid: 'PBFA97CFB590B2093' }, targets: [{ expr: 'rate(x[1m])' }] }])
    expect(Object.keys(read)).not.toContain('__inputs')
    expect((await ask('POST', '/dashboards/import', { dashboard: { title: 'x', __inputs: 5 } })).statusCode).toBe(400)
  })
})
