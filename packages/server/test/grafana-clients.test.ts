import { createServer as createHttp } from 'node:http'
import type { AddressInfo } from 'node:net'
import { labelsFromObject } from '@haechi/model'
import { LocalQueryEngine } from '@haechi/promql'
import { MemoryStorage } from '@haechi/storage'
import { hashSync } from 'bcryptjs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createServer, openState, parseWebConfig } from '../src/index.ts'
import type { HaechiServer, InjectedAnswer, StateStore } from '../src/index.ts'
import { fakeDeps } from './fake-deps.ts'

const NOW = 1_795_300_000_000
const OWN = 'PBFA97CFB590B2093'
let state: StateStore
let server: HaechiServer

/** Another Prometheus: notes what it is asked and answers like one. */
const asked: { method: string; url: string; body: string; headers: NodeJS.Dict<string | string[]> }[] = []
const other = createHttp((req, res) => {
  let body = ''
  req.on('data', (piece: Buffer) => { body += piece.toString() }).on('end', () => {
    asked.push({ method: req.method!, url: req.url!, body, headers: req.headers })
    const result = req.url!.includes('query_range') ? { resultType: 'matrix', result: [{ metric: { __name__: 'up', job: 'far' }, values: [[NOW / 1000 - 60, '1'], [NOW / 1000, '+Inf']] }] } : { resultType: 'scalar', result: [NOW / 1000, '2'] }
    res.setHeader('content-type', req.url!.includes('federate') ? 'text/html' : 'application/json').end(body.includes('bad') ? '{"status":"error","errorType":"bad_data","error":"1:1: parse error"}' : JSON.stringify({ status: 'success', data: result }))
  })
})
let otherUrl: string

beforeAll(async () => {
  await new Promise<void>(done => { other.listen(0, '127.0.0.1', done) })
  otherUrl = `http://127.0.0.1:${(other.address() as AddressInfo).port}`
  state = await openState(':memory:', { log: fakeDeps().log, nowMs: () => NOW })
  const storage = new MemoryStorage()
  for (let t = NOW - 600_000; t <= NOW; t += 15_000) for (const [job, v] of [['a', 2], ['b', 4]] as const) storage.add(labelsFromObject({ __name__: 'load', job }), t, v)
  server = createServer(fakeDeps({ state, engine: new LocalQueryEngine(storage), boards: () => [{ uid: 'known', dashboard: { uid: 'known', title: 'Known' }, origin: 'builtin' }] }), { version: '0.1.0', nowMs: () => NOW })
})
afterAll(async () => {
  await server.close()
  await state.close()
  await new Promise(done => { other.close(done) })
})

type Body = Record<string, unknown>
const json = (a: InjectedAnswer): Body => JSON.parse(a.body) as Body
function call(method: string, url: string, body?: unknown, headers: Record<string, string> = {}, on: HaechiServer = server): Promise<InjectedAnswer> {
  const form = typeof body === 'string'
  return on.inject({
    method: method as 'GET', url, headers: { host: 'localhost', ...(body === undefined ? {} : { 'content-type': form ? 'application/x-www-form-urlencoded' : 'application/json' }), ...headers },
    ...(body === undefined ? {} : { payload: form ? body : JSON.stringify(body) }),
  })
}
const ask = (method: string, path: string, body?: unknown): Promise<InjectedAnswer> => call(method, `/api${path}`, body)

describe('D10 data sources', () => {
  test('[D10] are added, found in three ways, changed, and removed; secrets are never told', async () => {
    const made = await ask('POST', '/datasources', { name: 'Far', uid: 'far', type: 'prometheus', url: otherUrl, access: 'proxy', jsonData: { httpMethod: 'POST', httpHeaderName1: 'X-Scope-OrgID' }, secureJsonData: { httpHeaderValue1: 'tenant-7', basicAuthPassword: 'secret-1' }, basicAuth: true, basicAuthUser: 'me' })
    expect(json(made)).toMatchObject({ id: 2, name: 'Far', message: 'Datasource added', datasource: { uid: 'far', version: 1, readOnly: false, secureJsonFields: { httpHeaderValue1: true, basicAuthPassword: true } } })
    for (const path of ['/uid/far', '/2', '/name/Far']) expect(json(await ask('GET', `/datasources${path}`))).toMatchObject({ id: 2, uid: 'far', url: otherUrl })
    expect((await ask('GET', '/datasources')).body).not.toMatch(/secret-1|tenant-7/)
    expect(json(await ask('GET', '/datasources/id/Far'))).toEqual({ id: 2 })
    // A secret that isn't sent stays.
    expect(json(await ask('PUT', '/datasources/uid/far', { name: 'Far away', type: 'prometheus', url: `${otherUrl}/`, version: 1, basicAuth: true, basicAuthUser: 'me', jsonData: { httpHeaderName1: 'X-Scope-OrgID' } }))).toMatchObject({ message: 'Datasource updated', datasource: { name: 'Far away', version: 2, secureJsonFields: { basicAuthPassword: true } } })
  })
  test.each([
    ['POST', '/datasources', { name: 'Far away', type: 'prometheus', url: 'http://x' }, 409, 'data source with the same name already exists'],
    ['POST', '/datasources', { name: 'N', uid: OWN, type: 'prometheus', url: 'http://x' }, 409, 'data source with the same uid already exists'],
    ['POST', '/datasources', { name: 'N', type: 'prometheus', url: 'nowhere' }, 400, /^url: "nowhere" is no address/],
    ['POST', '/datasources', { name: 'N', type: 'prometheus', url: 'http://me:pw@x' }, 400, /basicAuthPassword/],
    ['POST', '/datasources', { name: 'N' }, 400, /^type:/],
    ['PUT', '/datasources/uid/far', { name: 'Far', type: 'prometheus', url: 'http://x', version: 1 }, 409, /updated by someone else/],
    ['PUT', `/datasources/uid/${OWN}`, { name: 'Mine' }, 403, /own storage/],
    ['DELETE', '/datasources/1', undefined, 403, /own storage/],
    ['DELETE', '/datasources/uid/none', undefined, 404, 'Data source not found'],
  ])('[D10] %s %s %j is refused', async (method, path, body, status, message) => {
    const got = await ask(method, path, body)
    expect(got.statusCode).toBe(status)
    expect(json(got)['message']).toMatch(message)
  })
  test('[D10] calls are passed on with the source\'s own credentials, and nobody else\'s', async () => {
    asked.length = 0
    const got = await call('POST', '/api/datasources/proxy/uid/far/api/v1/query_range', 'query=up&start=1&end=2&step=1', { authorization: 'Basic bWU6bWluZQ==', cookie: 'haechi_session=x', 'x-dashboard-uid': 'd' })
    expect(json(got)['status']).toBe('success')
    expect(asked[0]).toMatchObject({ method: 'POST', url: '/api/v1/query_range', body: 'query=up&start=1&end=2&step=1', headers: { 'x-scope-orgid': 'tenant-7', authorization: `Basic ${Buffer.from('me:secret-1').toString('base64')}` } })
    expect(asked[0]!.headers['cookie']).toBeUndefined()
    await ask('GET', '/datasources/2/resources/api/v1/label/job/values?match%5B%5D=up')
    expect(asked[1]!.url).toBe('/api/v1/label/job/values?match%5B%5D=up')
    // What comes from elsewhere is nothing that a browser runs on this origin.
    expect((await ask('GET', '/datasources/proxy/uid/far/federate?match[]=up')).headers['content-type']).toBe('application/octet-stream')
  })
  test.each(['/api/v1/write', '/api/v1/admin/tsdb/snapshot', '/-/quit', '/api/v1/..%2fadmin', '/index.html'])('[D10] %s is not passed on', async path => {
    asked.length = 0
    expect((await ask('GET', `/datasources/proxy/uid/far${path}`)).statusCode).toBe(403)
    expect(asked).toEqual([])
  })
  test('[D10] health tells why a source does not answer', async () => {
    expect(json(await ask('GET', '/datasources/uid/far/health'))).toMatchObject({ status: 'OK', message: 'Successfully queried the Prometheus API.' })
    await ask('POST', '/datasources', { name: 'Gone', uid: 'gone', type: 'prometheus', url: 'http://127.0.0.1:1' })
    await ask('POST', '/datasources', { name: 'Logs', uid: 'logs', type: 'loki', url: 'http://127.0.0.1:1' })
    const gone = await ask('GET', '/datasources/uid/gone/health')
    expect([gone.statusCode, json(gone)]).toEqual([400, { status: 'ERROR', details: { verboseMessage: expect.stringMatching(/^Start that server/) }, message: expect.stringMatching(/^Gone \(http:\/\/127\.0\.0\.1:1\) cannot be reached/) }])
    expect(json(await ask('GET', '/datasources/uid/logs/health'))['message']).toMatch(/"loki" are kept, but can't be asked/)
    expect((await ask('GET', '/datasources/proxy/uid/gone/api/v1/labels')).statusCode).toBe(502)
  })
  test('[D10] a source may be called Prometheus; then our storage has another name', async () => {
    const { id } = json(await ask('POST', '/datasources', { name: 'Prometheus', uid: 'theirs', type: 'prometheus', url: otherUrl, isDefault: true }))
    expect((JSON.parse((await ask('GET', '/datasources')).body) as Body[]).filter(s => s['uid'] === OWN || s['uid'] === 'theirs')).toMatchObject([{ name: 'Haechi', isDefault: false }, { name: 'Prometheus', isDefault: true }])
    expect((await ask('DELETE', `/datasources/${String(id)}`)).statusCode).toBe(200)
  })
})

describe('D8 queries and expressions', () => {
  const frames = async (queries: unknown[]): Promise<Body> => json(await ask('POST', '/ds/query', { from: String(NOW - 300_000), to: String(NOW), queries }))['results'] as Body
  const query = (refId: string, more: Body = {}): Body => ({ refId, datasource: { type: 'prometheus', uid: OWN }, expr: 'load', range: true, intervalMs: 60_000, maxDataPoints: 10, ...more })
  const expression = (refId: string, more: Body): Body => ({ refId, datasource: { type: '__expr__', uid: '__expr__' }, ...more })
  test('[D8] reduce, math, resample and threshold work on queries', async () => {
    const got = await frames([query('A', { hide: true }), expression('B', { type: 'reduce', expression: 'A', reducer: 'mean' }), expression('C', { type: 'math', expression: '$B * 2 > 5' }), expression('D', { type: 'math', expression: '$A + 1' })])
    expect(Object.keys(got).sort()).toEqual(['B', 'C', 'D'])
    expect(got['B']).toMatchObject({ status: 200, frames: [{ schema: { refId: 'B', fields: [{ name: 'B', labels: { job: 'a' } }] }, data: { values: [[2]] } }, { data: { values: [[4]] } }] })
    expect(got['C']).toMatchObject({ frames: [{ data: { values: [[0]] } }, { data: { values: [[1]] } }] })
    expect(got['D']).toMatchObject({ frames: [{ schema: { meta: { type: 'timeseries-multi' }, fields: [{ name: 'Time' }, { name: 'D', labels: { job: 'a' } }] } }, {}] })
  })
  test('[D8] an expression says what it misses', async () => {
    expect(await frames([query('A', { expr: 'load{' }), expression('B', { type: 'reduce', expression: 'A', reducer: 'last' })])).toMatchObject({ A: { status: 400 }, B: { status: 400, error: expect.stringMatching(/needs A, which failed/) } })
    expect(await frames([query('A'), expression('B', { type: 'math', expression: '$Z + 1' })])).toMatchObject({ A: { status: 200 }, B: { error: expect.stringMatching(/"Z", which does not exist/) } })
    expect(json(await ask('POST', '/ds/query', { queries: [query('A'), query('A')] }))['message']).toMatch(/used more than once/)
  })
  test('[D8] another source is asked for its own queries', async () => {
    const got = await frames([query('A', { datasource: { uid: 'far' } }), query('B', { datasource: { uid: 'far' }, expr: 'bad(' }), query('C', { datasource: { uid: 'gone' } }), query('D', { datasource: { uid: 'nobody' } })])
    expect(got).toMatchObject({
      A: { frames: [{ schema: { fields: [{}, { labels: { job: 'far' } }] }, data: { values: [[NOW - 60_000, NOW], [1, null]], entities: [null, { Inf: [1] }] } }] },
      B: { status: 400, error: '1:1: parse error' }, C: { status: 422, error: expect.stringMatching(/cannot be reached/) }, D: { error: 'data source not found' },
    })
  })
})

describe('D11 library elements', () => {
  test('[D11] are kept, found, changed by version, and stay while a board uses them', async () => {
    expect(json(await ask('POST', '/library-elements', { uid: 'lib', name: 'Requests', kind: 1, model: { type: 'timeseries', title: 'Requests' } }))).toMatchObject({ result: { uid: 'lib', version: 1, type: 'timeseries', folderUid: '', meta: { connectedDashboards: 0 } } })
    expect((await ask('POST', '/library-elements', { name: 'Requests', kind: 1, model: {} })).statusCode).toBe(400)
    expect((await ask('POST', '/library-elements', { name: 'X', kind: 3, model: {} })).statusCode).toBe(400)
    expect((await ask('PATCH', '/library-elements/lib', { name: 'New', version: 9 })).statusCode).toBe(412)
    expect(json(await ask('PATCH', '/library-elements/lib', { name: 'New', kind: 1, model: { type: 'stat' }, version: 1 }))).toMatchObject({ result: { name: 'New', type: 'stat', version: 2 } })
    expect(json(await ask('GET', '/library-elements/name/New'))).toMatchObject({ result: [{ uid: 'lib' }] })
    expect(json(await ask('GET', '/library-elements?perPage=1&searchString=new&kind=1'))).toMatchObject({ result: { totalCount: 1, page: 1, perPage: 1 } })
    await ask('POST', '/dashboards/db', { dashboard: { uid: 'uses', title: 'Uses', panels: [{ type: 'row', panels: [{ libraryPanel: { uid: 'lib', name: 'New' } }] }] } })
    expect(json(await ask('GET', '/library-elements/lib/connections'))).toMatchObject({ result: [{ connectionUid: 'uses' }] })
    expect((await ask('DELETE', '/library-elements/lib')).statusCode).toBe(403)
    await ask('DELETE', '/dashboards/uid/uses')
    expect((await ask('DELETE', '/library-elements/lib')).statusCode).toBe(200)
    expect((await ask('GET', '/library-elements/lib')).statusCode).toBe(404)
  })
})

describe('C8 tokens', () => {
  test('[C8] a token signs in as its account, with the rights of its role, until it ends', async () => {
    let now = NOW
    const own = await openState(':memory:', { log: fakeDeps().log, nowMs: () => now })
    const guarded = createServer(fakeDeps({ state: own }), { version: '0.1.0', nowMs: () => now, webConfig: parseWebConfig(`basic_auth_users:\n  jin: ${hashSync('pw', 4)}\n`, 'web.config.yml') })
    try {
      const as = (auth: string, method: string, url: string, body?: unknown): Promise<InjectedAnswer> => call(method, url, body, { authorization: auth }, guarded)
      const person = `Basic ${Buffer.from('jin:pw').toString('base64')}`
      const tokenOf = async (name: string, role: string, seconds = 0): Promise<string> => {
        const account = json(await as(person, 'POST', '/api/serviceaccounts/', { name, role }))
        return json(await as(person, 'POST', `/api/serviceaccounts/${String(account['id'])}/tokens`, { name: 'key', secondsToLive: seconds }))['key'] as string
      }
      const [viewer, editor, admin] = [await tokenOf('look', 'Viewer', 60), await tokenOf('CI bot', 'Editor'), await tokenOf('root', 'Admin')]
      expect(editor).toMatch(/^glsa_[A-Za-z0-9]{32}_[0-9a-f]{8}$/)
      const board = { dashboard: { uid: 'b', title: 'B' }, overwrite: true }
      const status = async (token: string, method: string, url: string, body?: unknown): Promise<number> => (await as(`Bearer ${token}`, method, url, body)).statusCode
      expect(await status(viewer, 'GET', '/api/search')).toBe(200)
      expect(await status(viewer, 'POST', '/api/v1/query', 'query=up')).toBe(200)
      expect(await status(viewer, 'POST', '/api/dashboards/db', board)).toBe(403)
      expect(await status(viewer, 'DELETE', '/apis/dashboard.grafana.app/v1beta1/namespaces/default/dashboards/b')).toBe(403)
      expect(await status(editor, 'POST', '/api/dashboards/db', board)).toBe(200)
      expect(await status(editor, 'POST', '/api/serviceaccounts', { name: 'more', role: 'Admin' })).toBe(403)
      expect(await status(admin, 'POST', '/api/serviceaccounts', { name: 'more', role: 'Viewer' })).toBe(201)
      expect((await as(`Basic ${Buffer.from(`api_key:${editor}`).toString('base64')}`, 'GET', '/api/user')).body).toContain('"login":"sa-ci-bot"')
      expect(json(await as('Bearer glsa_wrong', 'GET', '/api/search'))).toEqual({ message: 'Unauthorized' })
      expect((await as(person, 'GET', '/api/serviceaccounts/1/tokens')).body).not.toContain(viewer)
      now += 61_000
      expect(await status(viewer, 'GET', '/api/search')).toBe(401)
      await as(person, 'PATCH', '/api/serviceaccounts/2', { isDisabled: true })
      expect(await status(editor, 'GET', '/api/search')).toBe(401)
      await as(person, 'DELETE', '/api/serviceaccounts/3')
      expect(await status(admin, 'GET', '/api/search')).toBe(401)
    } finally {
      await guarded.close()
      await own.close()
    }
  })
})

describe('D13 requests as clients send them', () => {
  test('[D13] old clients name folders, boards and stars by numbers', async () => {
    const folder = json(await ask('POST', '/folders', { uid: 'by-number', title: 'By number' }))
    // grizzly
    const { id } = json(await ask('POST', '/dashboards/db', { dashboard: { uid: 'numbered', title: 'Numbered' }, folderId: folder['id'], overwrite: true }))
    expect(json(await ask('GET', '/dashboards/uid/numbered'))).toMatchObject({ meta: { folderUid: 'by-number' } })
    expect((await ask('POST', '/dashboards/db', { dashboard: { title: 'x' }, folderId: 987 })).statusCode).toBe(404)
    // grafana-backup
    expect(json(await ask('GET', `/dashboards/id/${String(id)}/versions`))).toMatchObject({ versions: [{ version: 1 }] })
    expect(json(await ask('GET', `/dashboards/id/${String(id)}/versions/1`))).toMatchObject({ data: { title: 'Numbered' } })
    // grafana-client
    expect(json(await ask('POST', `/dashboards/id/${String(id)}/restore`, { version: 1 }))).toMatchObject({ version: 2 })
    expect(json(await ask('POST', `/user/stars/dashboard/${String(id)}`))).toEqual({ message: 'Dashboard starred!' })
    const found = async (query: string): Promise<unknown[]> => (JSON.parse((await ask('GET', `/search${query}`)).body) as Body[]).map(h => h['uid'])
    expect(await found('?starred=True')).toEqual(['numbered'])
    expect(await found(`?dashboardIds=${String(id)}`)).toEqual(['numbered'])
    expect(await found(`?folderIds=${String(folder['id'])}&type=dash-db`)).toEqual(['numbered'])
    expect(await found('?folderIds=987')).toEqual([])
    expect(await found('/?type=dash-folder&limit=1&page=1')).toEqual(['by-number'])
    expect(json(await ask('GET', '/search?limit=5001'))).toMatchObject({ message: expect.stringMatching(/^Limit is above maximum/) })
    await ask('DELETE', '/folders/by-number')
  })
  test.each([
    // [who asks, path, what it needs of the answer]
    ['grafana-client: users page by page', '/users?page=2&perpage=1000', []], ['grafana-client: switch', '/user/teams', []], ['terraform: organisation', '/orgs/name/Main%20Org.', { id: 1 }],
    ['terraform: user', '/users/lookup?loginOrEmail=admin', { login: 'admin' }], ['terraform: teams', '/teams/search?page=1&perpage=1000', { totalCount: 0, teams: [] }],
    ['terraform: service accounts', '/serviceaccounts/search?query=x&perpage=500', { totalCount: 0 }], ['grizzly: top folder', '/folders/general', { uid: 'general', id: 0 }],
    ['grafana-backup: teams of old', '/alert-notifications', { message: 'Not found' }], ['a path that is none', '/nothing', { message: 'Not found' }], ['sidecar', '/health/', { database: 'ok' }],
  ])('[D13] %s', async (_who, path, part) => expect(JSON.parse((await ask('GET', path)).body)).toMatchObject(part))
  test('[D13] a folder with alert rules stays unless told otherwise', async () => {
    const gone: string[] = []
    const rules = [{ rule: { uid: 'r', folderUid: 'ruled' }, provenance: '' }, { rule: { uid: 'f', folderUid: 'ruled' }, provenance: 'file' }]
    const ruled = createServer(fakeDeps({ state, grafanaRules: { rules: () => rules, groups: () => [], running: () => [], deleteRule: async (uid: string) => { gone.push(uid) } } as never }), { version: '0.1.0' })
    await ask('POST', '/folders', { uid: 'ruled', title: 'Ruled' })
    expect(json(await call('GET', '/api/folders/ruled/counts', undefined, {}, ruled))).toMatchObject({ alertrule: 1 })
    expect(json(await call('DELETE', '/api/folders/ruled', undefined, {}, ruled))['message']).toMatch(/contains alert rules/)
    expect((await call('DELETE', '/api/folders/ruled?forceDeleteRules=true', undefined, {}, ruled)).statusCode).toBe(200)
    expect(gone).toEqual(['r'])
    await ruled.close()
  })
})

describe('G3 a real Grafana whose data source is this server', () => {
  const HEADERS = { 'user-agent': 'Grafana/12.2.0', 'x-dashboard-uid': 'abc', 'x-panel-id': '4', 'x-datasource-uid': 'p', 'x-grafana-org-id': '1', fromalert: 'true', 'accept-encoding': 'gzip' }
  test.each([
    ['POST', '/api/v1/query', `query=1%2B1&time=${NOW / 1000}`], ['POST', '/api/v1/query_range', 'end=1795300000&query=up&start=1795296400&step=15'], ['POST', '/api/v1/labels', 'match%5B%5D=up&start=1&end=1795300000&limit=40000'],
    ['GET', '/api/v1/labels?start=1&end=1795300000', undefined], ['GET', '/api/v1/label/job/values?match[]=up&start=1&end=1795300000&limit=40000', undefined], ['POST', '/api/v1/series', 'match%5B%5D=up&start=1&end=1795300000'],
    ['GET', '/api/v1/metadata?limit=40000', undefined], ['GET', '/api/v1/status/buildinfo', undefined], ['GET', '/api/v1/rules?type=record', undefined], ['GET', '/api/v1/alerts', undefined],
    ['POST', '/api/v1/format_query', 'query=sum(up)'], ['POST', '/api/v1/parse_query', 'query=sum(up)'], ['GET', '/api/v1/query_exemplars?query=up&start=1&end=1795300000', undefined],
  ])('[G3] %s %s', async (method, url, form) => {
    const got = await call(method, url, form, { ...HEADERS, 'accept-encoding': 'identity' })
    expect([got.statusCode, got.headers['content-type'], json(got)['status']]).toEqual([200, 'application/json', 'success'])
  })
  test('[G3] its probe', async () => expect((await call('GET', '/-/healthy', undefined, HEADERS)).statusCode).toBe(200))
})
