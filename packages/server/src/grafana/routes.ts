import type { FastifyInstance } from 'fastify'
import { DATASOURCE_UID, fail, routeAdder, send } from './answers.ts'
import type { GrafanaDeps, GrafanaOptions, Json } from './answers.ts'
import { registerAnnotations } from './annotations.ts'
import { registerBoards } from './boards.ts'
import { registerDataQueries } from './ds-query.ts'
import { registerFolders } from './folders.ts'
import { registerIdentity } from './identity.ts'

/** The part of Grafana's HTTP API that scripts, sidecars, terraform and our own pages use: health, search, dashboards, folders, stars, annotations, one data source and its queries, who asks. */
export function registerGrafanaApi(app: FastifyInstance, deps: GrafanaDeps, options: GrafanaOptions): void {
  const route = routeAdder(app, deps, options.prefix)
  route('GET', '/health', (_q, reply) => send(reply, { commit: '', database: 'ok', version: options.version }), true)
  registerBoards(route, deps, options)
  registerFolders(route, deps, options)
  registerAnnotations(route, deps, options)
  registerDataQueries(route, deps, options)
  registerIdentity(app, route, deps, options)

  const dataSource: Json = {
    id: 1, uid: DATASOURCE_UID, orgId: 1, name: 'Prometheus', type: 'prometheus', typeName: 'Prometheus', typeLogoUrl: '', access: 'proxy', url: '', user: '', database: '', basicAuth: false,
    isDefault: true, jsonData: { httpMethod: 'POST' }, version: 1, readOnly: true,
  }
  route('GET', '/datasources', (_q, reply) => send(reply, [dataSource]))
  route('GET', '/datasources/uid/:uid', (request, reply) => (
    (request.params as { uid: string }).uid === DATASOURCE_UID ? send(reply, dataSource) : fail(reply, 404, 'Data source not found')
  ))
  route('GET', '/datasources/name/:name', (request, reply) => (
    (request.params as { name: string }).name === 'Prometheus' ? send(reply, dataSource) : fail(reply, 404, 'Data source not found')
  ))
  route('GET', '/datasources/uid/:uid/health', (request, reply) => (
    (request.params as { uid: string }).uid === DATASOURCE_UID
      ? send(reply, { status: 'OK', message: 'Successfully queried the Prometheus API.' })
      : fail(reply, 404, 'Data source not found')
  ))
  route('GET', '/datasources/id/:name', (request, reply) => (
    (request.params as { name: string }).name === 'Prometheus' ? send(reply, { id: 1 }) : fail(reply, 404, 'Data source not found')
  ))
  for (const [method, path] of [['POST', '/datasources'], ['PUT', '/datasources/uid/:uid'], ['DELETE', '/datasources/uid/:uid']] as const) {
    route(method, path, (_q, reply) => fail(reply, 403, 'Haechi has one data source, its own storage; it can be neither changed nor removed, and no other added'))
  }
}

/** Calls through Grafana's data-source paths are calls of our own Prometheus API; the rest of the path stays. */
export function withoutDataSourceProxy(url: string, prefix: string): string {
  if (!url.startsWith(`${prefix}/api/datasources/`)) return url
  const rest = url.slice(prefix.length)
  const match = /^\/api\/datasources\/(?:proxy\/(?:uid\/[\w-]+|\d+)|uid\/[\w-]+\/resources)\/(.*)$/s.exec(rest)
  const path = match?.[1]
  // Only reading paths: never our own API or management by another name.
  return path !== undefined && /^api\/v1\/(?!write|admin)/.test(path) && !/%2f|\.\./i.test(path.split('?', 1)[0]!) ? `${prefix}/${path}` : url
}
