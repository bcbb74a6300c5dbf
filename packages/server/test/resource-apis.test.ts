import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createServer, openState } from '../src/index.ts'
import type { HaechiServer, InjectedAnswer, StateStore } from '../src/index.ts'
import { fakeDeps } from './fake-deps.ts'

let state: StateStore
let server: HaechiServer
beforeAll(async () => {
  state = await openState(':memory:', { log: fakeDeps().log })
  server = createServer(fakeDeps({ state, boards: () => [{ uid: 'known', dashboard: { uid: 'known', title: 'Known' }, origin: 'builtin' }, { uid: 'of-file', dashboard: { title: 'Of a file' }, origin: 'file' }] }), { version: '0.1.0' })
})
afterAll(async () => {
  await server.close()
  await state.close()
})
type Body = Record<string, unknown>
const json = (a: InjectedAnswer): Body => JSON.parse(a.body) as Body
function ask(method: string, url: string, body?: unknown, type = 'application/json'): Promise<InjectedAnswer> {
  return server.inject({ method: method as 'GET', url, headers: { host: 'localhost', accept: 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,application/json', ...(body === undefined ? {} : { 'content-type': type }) }, ...(body === undefined ? {} : { payload: JSON.stringify(body) }) })
}
const BOARDS = '/apis/dashboard.grafana.app/v1beta1/namespaces/default/dashboards'
const FOLDERS = '/apis/folder.grafana.app/v1beta1/namespaces/default/folders'
const board = (name: string, spec: Body, metadata: Body = {}): Body => ({ apiVersion: 'dashboard.grafana.app/v1beta1', kind: 'Dashboard', metadata: { name, ...metadata }, spec })
const version = (b: Body): unknown => (b['metadata'] as Body)['resourceVersion']

describe('D12 dashboards and folders as resources', () => {
  test('[D12] a client discovers what is offered', async () => {
    const groups = json(await ask('GET', '/apis'))
    expect(groups).toMatchObject({ kind: 'APIGroupList', groups: [{ name: 'dashboard.grafana.app', preferredVersion: { version: 'v1beta1' } }, { name: 'folder.grafana.app' }] })
    for (const g of groups['groups'] as { versions: { groupVersion: string }[] }[]) {
      for (const v of g.versions) expect(json(await ask('GET', `/apis/${v.groupVersion}`))).toMatchObject({ kind: 'APIResourceList', groupVersion: v.groupVersion, resources: [{ namespaced: true, verbs: expect.arrayContaining(['get', 'list']) }] })
    }
    expect(json(await ask('GET', '/apis/playlist.grafana.app/v1'))).toMatchObject({ kind: 'Status', status: 'Failure', reason: 'NotFound', code: 404 })
    expect(json(await ask('GET', '/bootdata'))).toMatchObject({ settings: { namespace: 'default' } })
  })
  test('[D12] what terraform does: create, read, change by version, notes kept, delete', async () => {
    expect((await ask('POST', FOLDERS, { apiVersion: 'folder.grafana.app/v1beta1', kind: 'Folder', metadata: { name: 'team' }, spec: { title: '팀' } })).statusCode).toBe(201)
    const annotations = { 'grafana.app/folder': 'team', 'grafana.app/managedBy': 'terraform', 'grafana.app/managerId': 'ws' }
    const made = await ask('POST', BOARDS, board('tf', { title: 'From terraform', tags: ['a'], panels: [] }, { annotations, labels: { env: 'x' } }))
    expect(made.statusCode).toBe(201)
    expect(json(made)).toMatchObject({ kind: 'Dashboard', apiVersion: 'dashboard.grafana.app/v1beta1', metadata: { name: 'tf', namespace: 'default', generation: 1, annotations, labels: { env: 'x' } }, spec: { title: 'From terraform', tags: ['a'], panels: [] }, status: {} })
    // The spec comes back as it was sent: nothing is added that a plan would show as a change.
    expect(Object.keys(json(made)['spec'] as Body)).toEqual(['title', 'tags', 'panels'])
    expect(json(await ask('POST', BOARDS, board('tf', { title: 'x' })))).toMatchObject({ code: 409, reason: 'AlreadyExists', message: 'dashboards.dashboard.grafana.app "tf" already exists' })
    const read = json(await ask('GET', `${BOARDS}/tf`))
    const changed = json(await ask('PUT', `${BOARDS}/tf`, board('tf', { title: 'Second' }, { annotations, resourceVersion: version(read) })))
    expect(changed).toMatchObject({ metadata: { generation: 2 }, spec: { title: 'Second' } })
    expect(json(await ask('PUT', `${BOARDS}/tf`, board('tf', { title: 'Late' }, { resourceVersion: version(read) })))).toMatchObject({ code: 409, reason: 'Conflict', message: expect.stringMatching(/^Operation cannot be fulfilled on dashboards\.dashboard\.grafana\.app "tf": the object has been modified/) })
    // The same board in the classic API.
    expect(json(await ask('GET', '/api/dashboards/uid/tf'))).toMatchObject({ dashboard: { uid: 'tf', title: 'Second', version: 2 }, meta: { folderUid: 'team' } })
    expect(json(await ask('DELETE', `${BOARDS}/tf`))).toMatchObject({ kind: 'Status', status: 'Success', details: { name: 'tf' } })
    expect(json(await ask('GET', `${BOARDS}/tf`))).toMatchObject({ code: 404, reason: 'NotFound', message: 'dashboards.dashboard.grafana.app "tf" not found' })
  })
  test('[D12] what grafanactl does: list in pages, try without storing, push what is not there yet', async () => {
    const first = json(await ask('GET', `${BOARDS}?limit=1`))
    expect(first).toMatchObject({ kind: 'DashboardList', items: [{ metadata: { name: 'known' } }], metadata: { continue: '1', remainingItemCount: 1 } })
    expect(json(await ask('GET', `${BOARDS}?limit=1&continue=1`))).toMatchObject({ items: [{ metadata: { name: 'of-file' } }] })
    expect((await ask('POST', `${BOARDS}?dryRun=All`, board('dry', { title: 'Dry' }))).statusCode).toBe(201)
    expect((await ask('GET', `${BOARDS}/dry`)).statusCode).toBe(404)
    expect((await ask('PUT', `${BOARDS}/pushed`, board('pushed', { title: 'Pushed' }))).statusCode).toBe(201)
    expect(json(await ask('PATCH', `${BOARDS}/pushed`, { spec: { description: 'd', title: 'Patched' } }, 'application/merge-patch+json'))).toMatchObject({ spec: { title: 'Patched', description: 'd' } })
    expect((await ask('PATCH', `${BOARDS}/pushed`, [], 'application/json-patch+json')).statusCode).toBe(415)
    expect((await ask('GET', `${BOARDS}?watch=true`)).statusCode).toBe(405)
    await ask('DELETE', `${BOARDS}/pushed`)
  })
  test('[D12] the newer schema is kept as it is, and told where the older is asked', async () => {
    const v2 = BOARDS.replace('v1beta1', 'v2beta1')
    const spec = { title: 'Two', elements: {}, layout: { kind: 'GridLayout', spec: { items: [] } }, tags: ['n'] }
    expect(json(await ask('POST', v2, { apiVersion: 'dashboard.grafana.app/v2beta1', kind: 'Dashboard', metadata: { name: 'two' }, spec }))).toMatchObject({ spec, status: {} })
    expect(json(await ask('GET', `${BOARDS}/two`))).toMatchObject({ spec: { title: 'Two' }, status: { conversion: { failed: true, storedVersion: 'v2beta1' } } })
    expect(json(await ask('GET', `${v2}/known`))).toMatchObject({ status: { conversion: { storedVersion: 'v1beta1' } } })
    expect(JSON.parse((await ask('GET', '/api/search?query=two')).body)).toMatchObject([{ uid: 'two', title: 'Two', tags: ['n'] }])
    await ask('DELETE', `${v2}/two`)
  })
  test.each([
    ['POST', BOARDS, [], 400, /JSON object/], ['POST', BOARDS, board('', { title: 'x' }), 400, /metadata\.name/], ['POST', BOARDS, board('a b', { title: 'x' }), 400, /illegal/],
    ['POST', BOARDS, { ...board('x', { title: 'x' }), apiVersion: 'dashboard.grafana.app/v2' }, 400, /does not match the expected API version/], ['POST', BOARDS, board('x', {}), 400, /spec\.title/],
    ['POST', BOARDS, board('x', { title: 'x' }, { annotations: { 'grafana.app/folder': 'none' } }), 404, /folders\.folder\.grafana\.app "none" not found/],
    ['POST', BOARDS, board('x', { title: 'x' }, { labels: { a: 1 } }), 400, /metadata\.labels/],
    ['PUT', `${BOARDS}/of-file`, board('of-file', { title: 'x' }), 403, /comes from a file/], ['DELETE', `${BOARDS}/known`, undefined, 403, /built in/],
    ['GET', BOARDS.replace('default', 'stack-7'), undefined, 403, /use "default"/],
    ['POST', FOLDERS, { metadata: { name: 'self', annotations: { 'grafana.app/folder': 'nowhere' } }, spec: { title: 'x' } }, 400, /parent folder not found/],
  ])('[D12] %s %s %j is refused', async (method, url, body, status, message) => {
    const got = await ask(method, url, body)
    expect(json(got)).toMatchObject({ kind: 'Status', status: 'Failure', code: status, message: expect.stringMatching(message) })
    expect(got.statusCode).toBe(status)
  })
})
