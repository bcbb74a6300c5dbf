import type { FastifyInstance } from 'fastify'
import { DATASOURCE_UID, GRAFANA_VERSION, OTHER_OWN_UID, routeAdder, send } from './answers.ts'
import type { GrafanaDeps, GrafanaOptions } from './answers.ts'
import { registerAnnotations } from './annotations.ts'
import { registerBoards } from './boards.ts'
import { registerDataSources } from './data-sources.ts'
import { registerDataQueries } from './ds-query.ts'
import { registerFolders } from './folders.ts'
import { registerIdentity } from './identity.ts'
import { registerLibrary } from './library.ts'
import { registerResourceApis } from './resource-apis.ts'
import { registerServiceAccounts } from './service-accounts.ts'

/** Paths of our own data source, by its uid or number. */
const OWN_PATH = new RegExp(`^/api/datasources/(?:proxy/(?:uid/(${DATASOURCE_UID}|${OTHER_OWN_UID})|1)|uid/(${DATASOURCE_UID}|${OTHER_OWN_UID})/resources|1/resources)/(.*)$`, 's')

/** The part of Grafana's HTTP API that scripts, sidecars, terraform and our own pages use: health, search, dashboards, folders, stars, annotations, data sources and their queries, library elements, service accounts, who asks. */
export function registerGrafanaApi(app: FastifyInstance, deps: GrafanaDeps, options: GrafanaOptions): void {
  const route = routeAdder(app, deps, options.prefix)
  // Clients choose their calls by the version: it is that of the Grafana whose API this is.
  route('GET', '/health', (_q, reply) => send(reply, { commit: '', database: 'ok', version: GRAFANA_VERSION, product: `Haechi ${options.version}` }), true)
  registerBoards(route, deps, options)
  registerFolders(route, deps, options)
  registerAnnotations(route, deps, options)
  registerDataQueries(route, deps, options)
  registerDataSources(route, deps)
  registerLibrary(route, deps)
  registerServiceAccounts(route, deps, options)
  registerIdentity(app, route, deps, options)
  registerResourceApis(app, deps, options)
}

/**
 * The address under which a request is answered. Grafana takes a stroke at the end; calls through our own data source's paths are calls of our Prometheus API, and the rest
 * of the path stays. @param isOthersUid whether a data source of the user has this uid of ours
 */
export function grafanaAddress(url: string, prefix: string, isOthersUid: (uid: string) => boolean = () => false): string {
  if (!url.startsWith(`${prefix}/api/`)) return url
  const at = url.indexOf('?')
  const path = at < 0 ? url : url.slice(0, at)
  const isOthers = /^\/api\/(?:v1(?!\/provisioning)|v2|haechi)\//.test(path.slice(prefix.length))
  return withoutDataSourceProxy(!isOthers && path.endsWith('/') ? path.slice(0, -1) + (at < 0 ? '' : url.slice(at)) : url, prefix, isOthersUid)
}

/** Calls through Grafana's data-source paths are calls of our own Prometheus API; the rest of the path stays. */
export function withoutDataSourceProxy(url: string, prefix: string, isOthersUid: (uid: string) => boolean = () => false): string {
  if (!url.startsWith(`${prefix}/api/datasources/`)) return url
  const rest = url.slice(prefix.length)
  const match = OWN_PATH.exec(rest)
  const path = match?.[3]
  const uid = match?.[1] ?? match?.[2]
  if (uid !== undefined && isOthersUid(uid)) return url
  // Only reading paths: never our own API or management by another name.
  return path !== undefined && /^api\/v1\/(?!write|admin)/.test(path) && !/%2f|\.\./i.test(path.split('?', 1)[0]!) ? `${prefix}/${path}` : url
}

/** Whether the clients of a path read Grafana's form. */
export function isGrafanaPath(path: string): boolean {
  return /^\/(?:api\/(?!v1\/(?!provisioning\/)|haechi\/|v2\/)|apis(?:\/|$))/.test(path)
}
