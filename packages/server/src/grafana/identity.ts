import type { FastifyInstance, FastifyRequest } from 'fastify'
import { paramsOf, roleOf, userOf } from '../request-context.ts'
import { GRAFANA_VERSION, fail, jsonObject, knownBoards, positive, send, textAt } from './answers.ts'
import { ownSourceName, ownSourceUid } from './own-source.ts'
import type { AddRoute, GrafanaDeps, GrafanaOptions, Json } from './answers.ts'

const ORG = { id: 1, name: 'Main Org.' } as const
const PREFERENCES = { theme: '', homeDashboardUID: '', timezone: '', weekStart: '', language: '' } as const
const SETTING = 'grafana-preferences'

/** Who asks, the one organisation, preferences, and the few paths that clients knock at before they begin. */
export function registerIdentity(app: FastifyInstance, route: AddRoute, deps: GrafanaDeps, options: GrafanaOptions): void {
  const { prefix } = options
  const user = (login: string): Json => ({ id: 1, uid: 'haechi', email: '', name: login, login: login === '' ? 'admin' : login, theme: '', orgId: ORG.id, isGrafanaAdmin: true, isDisabled: false, isExternal: false, authLabels: [] })
  app.route({ method: ['GET', 'HEAD'], url: `${prefix}/healthz`, config: { open: true }, handler: (_q, reply) => reply.type('text/plain; charset=utf-8').send('Ok') })
  route('GET', '/login/ping', (_q, reply) => send(reply, { message: 'Logged in' }))
  route('GET', '/user', (request, reply) => send(reply, user(userOf(request))))
  route('GET', '/user/orgs', (request, reply) => send(reply, [{ orgId: ORG.id, name: ORG.name, role: roleOf(request) }]))
  route('GET', '/user/teams', (_q, reply) => send(reply, []))
  route('POST', '/user/using/:id', (request, reply) => (isOrg(request) ? send(reply, { message: 'Active organization changed' }) : fail(reply, 404, 'Organization not found')))

  // Who asks is the one user there is to tell of: names and passwords stand in a file.
  const self = (request: FastifyRequest): boolean => (request.params as { id: string }).id === '1'
  /** Clients ask for page after page until one is empty. */
  const page = <T>(request: FastifyRequest, all: readonly T[]): readonly T[] => {
    const params = paramsOf(request)
    const size = positive(params.get('perpage'), 1000)
    const from = (positive(params.get('page'), 1) - 1) * size
    return all.slice(from, from + size)
  }
  route('GET', '/users', (request, reply) => send(reply, page(request, [user(userOf(request))])))
  route('GET', '/users/search', (request, reply) => {
    const params = paramsOf(request)
    return send(reply, { totalCount: 1, users: page(request, [user(userOf(request))]), page: positive(params.get('page'), 1), perPage: positive(params.get('perpage'), 1000) })
  })
  route('GET', '/users/lookup', (request, reply) => {
    const me = user(userOf(request))
    return paramsOf(request).get('loginOrEmail') === me['login'] ? send(reply, me) : fail(reply, 404, 'user not found')
  })
  route('GET', '/users/:id', (request, reply) => (self(request) ? send(reply, user(userOf(request))) : fail(reply, 404, 'user not found')))
  route('GET', '/users/:id/orgs', (request, reply) => (self(request) ? send(reply, [{ orgId: ORG.id, name: ORG.name, role: roleOf(request) }]) : fail(reply, 404, 'user not found')))
  route('GET', '/users/:id/teams', (request, reply) => (self(request) ? send(reply, []) : fail(reply, 404, 'user not found')))

  const org: Json = { ...ORG, address: { address1: '', address2: '', city: '', zipCode: '', state: '', country: '' } }
  const isOrg = (request: FastifyRequest): boolean => (request.params as { id: string }).id === String(ORG.id)
  const orgUsers = (request: FastifyRequest): Json[] => [{ orgId: ORG.id, userId: 1, uid: 'haechi', email: '', name: userOf(request), avatarUrl: '', login: user(userOf(request))['login'], role: roleOf(request), isDisabled: false, authLabels: [] }]
  route('GET', '/org', (_q, reply) => send(reply, org))
  route('GET', '/org/users', (request, reply) => send(reply, orgUsers(request)))
  route('GET', '/orgs', (request, reply) => send(reply, page(request, [ORG])))
  route('GET', '/orgs/:id', (request, reply) => (isOrg(request) ? send(reply, org) : fail(reply, 404, 'Organization not found')))
  route('GET', '/orgs/:id/users', (request, reply) => (isOrg(request) ? send(reply, orgUsers(request)) : fail(reply, 404, 'Organization not found')))
  route('GET', '/orgs/name/:name', (request, reply) => ((request.params as { name: string }).name === ORG.name ? send(reply, org) : fail(reply, 404, 'Organization not found')))

  route('GET', '/teams/search', (request, reply) => {
    const params = paramsOf(request)
    return send(reply, { totalCount: 0, teams: [], page: positive(params.get('page'), 1), perPage: positive(params.get('perpage'), 1000) })
  })
  route('GET', '/teams/:id', (_q, reply) => fail(reply, 404, 'Team not found'))
  for (const [method, path, what] of [['POST', '/teams', 'teams'], ['POST', '/orgs', 'other organizations'], ['PUT', '/org', 'other organizations'], ['POST', '/admin/users', 'users of its own: names and passwords stand in web.config.yml'], ['POST', '/org/users', 'users of its own: names and passwords stand in web.config.yml']] as const) {
    route(method, path, (_q, reply) => fail(reply, 403, `Haechi has no ${what}`))
  }
  route('GET', '/dashboard/snapshots', (_q, reply) => send(reply, []))
  route('GET', '/dashboards/home', (_q, reply) => send(reply, { redirectUri: `${prefix}/` }))
  route('GET', '/plugins', (_q, reply) => send(reply, [{ id: 'prometheus', name: 'Prometheus', type: 'datasource', enabled: true, pinned: false, info: { version: options.version }, category: 'tsdb' }]))
  route('GET', '/plugins/:id/settings', (request, reply) => (
    (request.params as { id: string }).id === 'prometheus' ? send(reply, { id: 'prometheus', name: 'Prometheus', type: 'datasource', enabled: true, info: { version: options.version } }) : fail(reply, 404, 'Plugin not found, no installed plugin with that id')
  ))
  const settings = async (): Promise<Json> => {
    const others = await deps.state.dataSources.list()
    const source = (id: number, uid: string, name: string, type: string, isDefault: boolean): Json => ({ id, uid, type, name, isDefault, access: 'proxy', url: `${prefix}/api/datasources/proxy/uid/${uid}`, jsonData: {}, meta: { id: type, name: type, type: 'datasource' } })
    const sources = [source(1, ownSourceUid(others), ownSourceName(others), 'prometheus', !others.some(o => o.settings.isDefault)), ...others.map(o => source(o.id + 1, o.uid, o.name, o.settings.type, o.settings.isDefault))]
    return {
      appUrl: '', appSubUrl: prefix, namespace: 'default', buildInfo: { version: GRAFANA_VERSION, commit: '', edition: 'Haechi', env: 'production' }, defaultDatasource: sources.find(o => o['isDefault'] === true)?.['name'], unifiedAlertingEnabled: true,
      datasources: Object.fromEntries(sources.map(o => [o['name'], o])),
    }
  }
  route('GET', '/frontend/settings', async (_q, reply) => send(reply, await settings()))
  // What newer clients ask for the namespace of `/apis`.
  app.route({ method: 'GET', url: `${prefix}/bootdata`, handler: async (request, reply) => send(reply.header('Cache-Control', 'no-store'), { settings: await settings(), user: user(userOf(request)), navTree: [] }) })

  // What roles may do is the same everywhere: a Viewer looks, an Editor changes, an Admin manages tokens, too.
  const basic = (level: (name: string) => number): readonly { readonly role: string; readonly permission: number; readonly permissionName: string }[] =>
    (['Viewer', 'Editor'] as const).map(role => ({ role, permission: level(role), permissionName: level(role) === 1 ? 'View' : 'Edit' }))
  const acl = basic(role => (role === 'Viewer' ? 1 : 2))
  /** Sending what holds anyway changes nothing and is fine. */
  const isWhatHolds = (items: unknown): boolean => Array.isArray(items) && items.length === acl.length && acl.every(a => items.some(i => jsonObject(i)?.['role'] === a.role && jsonObject(i)?.['permission'] === a.permission))
  const exists = async (path: string, uid: string): Promise<boolean> => (path.startsWith('/folders') ? (await deps.state.folders.get(uid)) !== undefined : (await knownBoards(deps)).some(b => b.uid === uid))
  for (const path of ['/folders/:uid/permissions', '/dashboards/uid/:uid/permissions'] as const) {
    const what = path.startsWith('/folders') ? 'folder' : 'Dashboard'
    route('GET', path, async (request, reply) => {
      const { uid } = request.params as { uid: string }
      return (await exists(path, uid)) ? send(reply, acl.map(a => ({ ...a, uid, isFolder: what === 'folder', inherited: false, userId: 0, userLogin: '', teamId: 0, team: '' }))) : fail(reply, 404, `${what} not found`)
    })
    route('POST', path, async (request, reply) => {
      const { uid } = request.params as { uid: string }
      if (!(await exists(path, uid))) return fail(reply, 404, `${what} not found`)
      return isWhatHolds(jsonObject(request.body)?.['items']) ? send(reply, { id: 0, message: `${what === 'folder' ? 'Folder' : what} permissions updated`, title: '' })
        : fail(reply, 403, 'Haechi has the same permissions everywhere: Viewer views, Editor edits. Others can\'t be set for one folder or dashboard')
    })
  }
  for (const path of ['/access-control/*', '/datasources/:id/permissions'] as const) route('GET', path, (_q, reply) => fail(reply, 404, 'Haechi has the roles Viewer, Editor and Admin, and no permissions of single things'))

  const read = async (): Promise<Json> => ({ ...PREFERENCES, ...jsonObject(await deps.state.settings.get(SETTING)) })
  for (const path of ['/org/preferences', '/user/preferences'] as const) {
    route('GET', path, async (_q, reply) => send(reply, await read()))
    for (const method of ['PUT', 'PATCH'] as const) {
      route(method, path, async (request, reply) => {
        const body = jsonObject(request.body)
        if (body === undefined) return fail(reply, 400, 'bad request data')
        const before = method === 'PUT' ? PREFERENCES : await read()
        const next: Record<string, string> = {}
        for (const name of Object.keys(PREFERENCES)) next[name] = body[name] === undefined ? String((before as Json)[name] ?? '') : textAt(body, name)
        await deps.state.settings.set(SETTING, next)
        return send(reply, { message: 'Preferences updated' })
      })
    }
  }
}
