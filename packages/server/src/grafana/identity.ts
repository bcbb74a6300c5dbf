import type { FastifyInstance } from 'fastify'
import { userOf } from '../request-context.ts'
import { fail, jsonObject, send, textAt } from './answers.ts'
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
  route('GET', '/user/orgs', (_q, reply) => send(reply, [{ orgId: ORG.id, name: ORG.name, role: 'Admin' }]))
  route('GET', '/users', (request, reply) => send(reply, [user(userOf(request))]))
  route('GET', '/org', (_q, reply) => send(reply, { ...ORG, address: { address1: '', address2: '', city: '', zipCode: '', state: '', country: '' } }))
  route('GET', '/org/users', (request, reply) => send(reply, [{ orgId: ORG.id, userId: 1, login: user(userOf(request))['login'], name: userOf(request), email: '', role: 'Admin' }]))
  route('GET', '/orgs', (_q, reply) => send(reply, [ORG]))
  route('GET', '/orgs/:id', (request, reply) => ((request.params as { id: string }).id === String(ORG.id) ? send(reply, ORG) : fail(reply, 404, 'Organization not found')))
  route('GET', '/teams/search', (_q, reply) => send(reply, { totalCount: 0, teams: [], page: 1, perPage: 1000 }))
  route('GET', '/serviceaccounts/search', (_q, reply) => send(reply, { totalCount: 0, serviceAccounts: [], page: 1, perPage: 1000 }))
  route('GET', '/library-elements', (_q, reply) => send(reply, { result: { totalCount: 0, elements: [], page: 1, perPage: 100 } }))
  route('GET', '/dashboard/snapshots', (_q, reply) => send(reply, []))
  route('GET', '/dashboards/home', (_q, reply) => send(reply, { redirectUri: `${prefix}/` }))
  route('GET', '/plugins', (_q, reply) => send(reply, [{ id: 'prometheus', name: 'Prometheus', type: 'datasource', enabled: true, pinned: false, info: { version: options.version }, category: 'tsdb' }]))
  route('GET', '/plugins/:id/settings', (request, reply) => (
    (request.params as { id: string }).id === 'prometheus' ? send(reply, { id: 'prometheus', name: 'Prometheus', type: 'datasource', enabled: true, info: { version: options.version } }) : fail(reply, 404, 'Plugin not found, no installed plugin with that id')
  ))
  route('GET', '/frontend/settings', (_q, reply) => send(reply, {
    appUrl: '', appSubUrl: prefix, buildInfo: { version: options.version, commit: '', edition: 'Haechi' }, defaultDatasource: 'Prometheus', unifiedAlertingEnabled: true,
    datasources: { Prometheus: { id: 1, uid: 'PBFA97CFB590B2093', type: 'prometheus', name: 'Prometheus', isDefault: true, access: 'proxy', url: `${prefix}/api/datasources/proxy/uid/PBFA97CFB590B2093` } },
  }))
  // There are no roles to ask for: who is signed in may do everything. Clients that ask take 404 for «not offered here».
  for (const path of ['/access-control/*', '/folders/:uid/permissions', '/dashboards/uid/:uid/permissions'] as const) route('GET', path, (_q, reply) => fail(reply, 404, 'Haechi has no roles and permissions'))

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
