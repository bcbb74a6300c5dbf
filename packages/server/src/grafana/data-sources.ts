import { UpstreamError, askUpstream, faultOfAnswer } from '@haechi/remote'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { FormBody, abortSignalOf, roleOf } from '../request-context.ts'
import type { DataSourceSettings, StoredDataSource } from '../state/data-sources.ts'
import { fail, jsonObject, send, textAt, uidFault } from './answers.ts'
import type { AddRoute, GrafanaDeps, Json } from './answers.ts'
import { newUid } from './boards.ts'
import { isOwnUid, ownSourceName, ownSourceUid } from './own-source.ts'
import { isPromqlType, isReadingPath, notPrometheus, probeSource, upstreamOf } from './foreign-source.ts'

/** Our own storage stands first; the ids of the others follow it. */
const OWN_ID = 1
const READ_ONLY = 'This is Haechi\'s own storage: it can be neither changed nor removed. Add another data source beside it'
const MAX_NAME = 190
/** Who is not an Admin may ask data sources, not change them. @see Grafana's permissions `datasources:create`, `:write`, `:delete` */
const ADMINS_ONLY = 'You\'ll need additional permissions to perform this action. Data sources are changed by Admins'

/** A file that made a source, and what may not be done with it. */
function provisionedFault({ settings }: StoredDataSource, verb: string): string | undefined {
  return settings.provisioned === undefined || settings.provisioned.editable ? undefined : `Cannot ${verb} read-only data source: it comes from ${settings.provisioned.file}, change it there`
}

/** Data sources: our own storage, and others that clients add; what is asked of those is passed on. */
export function registerDataSources(route: AddRoute, deps: GrafanaDeps): void {
  const store = deps.state.dataSources
  const shown = (s: StoredDataSource): Json => {
    const { provisioned, ...settings } = s.settings
    return {
      id: s.id + OWN_ID, uid: s.uid, orgId: 1, name: s.name, typeLogoUrl: '', ...settings, typeName: s.settings.type === 'prometheus' ? 'Prometheus' : s.settings.type,
      secureJsonFields: Object.fromEntries(Object.keys(s.secrets).map(k => [k, true])), version: s.version, readOnly: provisionedFault(s, 'change') !== undefined, ...(provisioned === undefined ? {} : { file: provisioned.file }),
    }
  }
  const own = (others: readonly StoredDataSource[]): Json => ({
    id: OWN_ID, uid: ownSourceUid(others), orgId: 1, name: ownSourceName(others), type: 'prometheus', typeName: 'Prometheus', typeLogoUrl: '', access: 'proxy', url: '', user: '', database: '', basicAuth: false,
    basicAuthUser: '', withCredentials: false, isDefault: !others.some(s => s.settings.isDefault), jsonData: { httpMethod: 'POST' }, secureJsonFields: {}, version: 1, readOnly: true, isOwn: true,
  })
  const notFound = (reply: FastifyReply): FastifyReply => fail(reply, 404, 'Data source not found')

  type Found = { readonly kind: 'own'; readonly shown: Json } | { readonly kind: 'other'; readonly source: StoredDataSource }
  /** The three ways to name a source. */
  const WAYS = [
    { path: '/datasources/uid/:key', isIt: (key: string, s: { uid: string }): boolean => s.uid === key },
    { path: '/datasources/name/:key', isIt: (key: string, s: { name: string }): boolean => s.name === key },
    { path: '/datasources/:key', isIt: (key: string, s: { id: number }): boolean => String(s.id) === key },
  ] as const
  const find = async (request: FastifyRequest, isIt: (key: string, s: { uid: string; name: string; id: number }) => boolean): Promise<Found | undefined> => {
    const { key } = request.params as { key: string }
    const others = await store.list()
    if (isIt(key, { uid: ownSourceUid(others), name: ownSourceName(others), id: OWN_ID })) return { kind: 'own', shown: own(others) }
    const source = others.find(s => isIt(key, { uid: s.uid, name: s.name, id: s.id + OWN_ID }))
    return source === undefined ? undefined : { kind: 'other', source }
  }

  route('GET', '/datasources', async (_q, reply) => {
    const others = await store.list()
    return send(reply, [own(others), ...others.map(shown)])
  })

  route('POST', '/datasources', async (request, reply) => {
    if (roleOf(request) !== 'Admin') return fail(reply, 403, ADMINS_ONLY)
    const body = jsonObject(request.body)
    const uid = textAt(body, 'uid') || newUid()
    const draft = draftOf(body, undefined)
    if (typeof draft === 'string') return fail(reply, 400, draft)
    const fault = uidFault(uid)
    if (fault !== undefined) return fail(reply, 400, fault)
    const others = await store.list()
    if (others.some(s => s.name === draft.name)) return fail(reply, 409, 'data source with the same name already exists')
    if (isOwnUid(uid) || others.some(s => s.uid === uid)) return fail(reply, 409, 'data source with the same uid already exists')
    const made = await store.add({ ...draft, uid })
    await onlyDefault(made)
    return send(reply, { datasource: shown(made), id: made.id + OWN_ID, message: 'Datasource added', name: made.name })
  })

  /** A new default takes the place of the old one. */
  const onlyDefault = async (made: StoredDataSource): Promise<void> => {
    if (!made.settings.isDefault) return
    for (const s of await store.list()) if (s.id !== made.id && s.settings.isDefault) await store.change(s.id, { ...s, settings: { ...s.settings, isDefault: false } })
  }

  for (const { path, isIt } of WAYS) {
    route('GET', path, async (request, reply) => {
      const found = await find(request, isIt as never)
      if (found === undefined) return notFound(reply)
      return send(reply, found.kind === 'own' ? found.shown : shown(found.source))
    })
    route('DELETE', path, async (request, reply) => {
      if (roleOf(request) !== 'Admin') return fail(reply, 403, ADMINS_ONLY)
      const found = await find(request, isIt as never)
      if (found === undefined) return notFound(reply)
      if (found.kind === 'own') return fail(reply, 403, READ_ONLY)
      const fixed = provisionedFault(found.source, 'delete')
      if (fixed !== undefined) return fail(reply, 403, fixed)
      await store.remove(found.source.id)
      return send(reply, { id: found.source.id + OWN_ID, message: 'Data source deleted' })
    })
    if (path.includes('/name/')) continue
    route('PUT', path, async (request, reply) => {
      if (roleOf(request) !== 'Admin') return fail(reply, 403, ADMINS_ONLY)
      const found = await find(request, isIt as never)
      if (found === undefined) return notFound(reply)
      if (found.kind === 'own') return fail(reply, 403, READ_ONLY)
      const { source } = found
      const fixed = provisionedFault(source, 'update')
      if (fixed !== undefined) return fail(reply, 403, fixed)
      const body = jsonObject(request.body)
      const draft = draftOf(body, source)
      if (typeof draft === 'string') return fail(reply, 400, draft)
      const uid = textAt(body, 'uid') || source.uid
      const fault = uidFault(uid)
      if (fault !== undefined) return fail(reply, 400, fault)
      const others = (await store.list()).filter(s => s.id !== source.id)
      if (others.some(s => s.name === draft.name)) return fail(reply, 409, 'data source with the same name already exists')
      if (isOwnUid(uid) || others.some(s => s.uid === uid)) return fail(reply, 409, 'data source with the same uid already exists')
      const version = body?.['version']
      if (typeof version === 'number' && version > 0 && version !== source.version) return fail(reply, 409, 'Datasource has already been updated by someone else. Please reload and try again')
      const made = await store.change(source.id, { ...draft, uid })
      await onlyDefault(made)
      return send(reply, { datasource: shown(made), id: made.id + OWN_ID, message: 'Datasource updated', name: made.name })
    })
  }
  route('GET', '/datasources/id/:key', async (request, reply) => {
    const found = await find(request, (key, s) => s.name === key)
    if (found === undefined) return notFound(reply)
    return send(reply, { id: found.kind === 'own' ? OWN_ID : found.source.id + OWN_ID })
  })

  const health = async (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> => {
    const found = (await find(request, (key, s) => s.uid === key)) ?? (await find(request, (key, s) => String(s.id) === key))
    if (found === undefined) return notFound(reply)
    const ok = (application: string): Json => ({ details: { application, features: { rulerApiEnabled: false } }, message: 'Successfully queried the Prometheus API.', status: 'OK' })
    if (found.kind === 'own') return send(reply, ok('Prometheus'))
    const { source } = found
    if (!isPromqlType(source.settings.type)) return send(reply, { message: notPrometheus(source), status: 'ERROR' }, 400)
    const tried = await probeSource(upstreamOf(source), abortSignalOf(request))
    return tried.ok ? send(reply, ok(tried.application === '' ? 'Prometheus' : tried.application)) : send(reply, { message: tried.what.en, status: 'ERROR', details: { verboseMessage: tried.next.en } }, 400)
  }
  route('GET', '/datasources/uid/:key/health', health)
  route('GET', '/datasources/:key/health', health)

  /** Passes a reading call on. Calls of our own storage don't come here: their address is changed before. */
  const pass = async (request: FastifyRequest, reply: FastifyReply, isIt: (key: string, s: { uid: string; id: number }) => boolean): Promise<FastifyReply> => {
    const found = await find(request, isIt)
    if (found === undefined) return notFound(reply)
    const url = request.raw.url ?? ''
    const at = url.indexOf('?')
    const path = (request.params as { '*': string })['*']
    if (!isReadingPath(path) || found.kind === 'own') return fail(reply, 403, 'Only the reading paths of Prometheus\' API are passed on')
    const { source } = found
    if (!isPromqlType(source.settings.type)) return fail(reply, 400, notPrometheus(source))
    const upstream = upstreamOf(source)
    const form = request.method === 'POST' && request.body instanceof FormBody ? Buffer.from(request.body.text, 'latin1').toString('utf8') : ''
    const signal = abortSignalOf(request)
    try {
      const answer = await askUpstream(upstream, { path, params: [...new URLSearchParams(form), ...new URLSearchParams(at < 0 ? '' : url.slice(at + 1))], mayPost: request.method === 'POST', accept: request.headers.accept, signal })
      const fault = path.startsWith('api/v1/') ? faultOfAnswer(upstream, answer) : undefined
      if (fault !== undefined) throw fault
      // It comes from this origin now: as nothing that a browser would run or show.
      reply.type(/^(?:application\/json|text\/plain)\b/.test(answer.contentType) ? answer.contentType : 'application/octet-stream')
      // To a browser 401 would mean that it has to sign in here. @see Grafana `pluginproxy/ds_proxy.go`
      return reply.code(answer.status === 401 ? 400 : answer.status).send(answer.body)
    } catch (err) {
      if (err instanceof UpstreamError) return send(reply, upstreamBody(err), err.status)
      if (signal.aborted) return fail(reply, 499, 'the client went away')
      throw err
    }
  }
  for (const method of ['GET', 'POST'] as const) {
    route(method, '/datasources/proxy/uid/:key/*', (request, reply) => pass(request, reply, (key, s) => s.uid === key))
    route(method, '/datasources/proxy/:key/*', (request, reply) => pass(request, reply, (key, s) => String(s.id) === key))
    route(method, '/datasources/uid/:key/resources/*', (request, reply) => pass(request, reply, (key, s) => s.uid === key))
    route(method, '/datasources/:key/resources/*', (request, reply) => pass(request, reply, (key, s) => String(s.id) === key))
  }
}

/** The failure of another server in the forms of Prometheus' API, of Grafana's, and of our pages: what happened, and what to do, in both languages. */
export function upstreamBody({ code, message, what, next }: UpstreamError): Json {
  return { status: 'error', errorType: code === 'upstream_timeout' ? 'timeout' : 'unavailable', error: message, message, code, what, next }
}

/** @returns what is kept, or what is wrong with it. A secret that isn't sent stays; one that is sent empty goes. */
export function draftOf(body: Json | undefined, before: StoredDataSource | undefined): Omit<StoredDataSource, 'id' | 'version' | 'uid'> | string {
  if (body === undefined) return 'bad request data'
  const name = textAt(body, 'name')
  const type = textAt(body, 'type')
  if (name === '') return 'name: a data source needs one'
  if (name.length > MAX_NAME) return `name: is longer than ${MAX_NAME} characters`
  if (type === '') return 'type: a data source needs one, e.g. "prometheus"'
  const access = textAt(body, 'access') || 'proxy'
  if (access !== 'proxy' && access !== 'direct') return 'access: "proxy" or "direct"'
  const url = textAt(body, 'url')
  if (isPromqlType(type) || url !== '') {
    const parsed = URL.canParse(url) ? new URL(url) : undefined
    if (parsed === undefined || (parsed.protocol !== 'http:' && parsed.protocol !== 'https:')) return `url: ${JSON.stringify(url.slice(0, 200))} is no address; write e.g. "http://127.0.0.1:9090"`
    if (parsed.username !== '' || parsed.password !== '') return 'url: holds a name or password; send them as basicAuthUser and secureJsonData.basicAuthPassword'
  }
  const given = jsonObject(body['secureJsonData'])
  if (body['secureJsonData'] !== undefined && body['secureJsonData'] !== null && (given === undefined || Object.values(given).some(v => typeof v !== 'string'))) return 'secureJsonData: expected texts by their names'
  const jsonData = body['jsonData'] === undefined || body['jsonData'] === null ? {} : jsonObject(body['jsonData'])
  if (jsonData === undefined) return 'jsonData: expected an object'
  const secrets = Object.fromEntries(Object.entries({ ...before?.secrets, ...given as Record<string, string> | undefined }).filter(([, v]) => v !== ''))
  const settings: DataSourceSettings = {
    type, access, url, user: textAt(body, 'user'), database: textAt(body, 'database'), basicAuth: body['basicAuth'] === true, basicAuthUser: textAt(body, 'basicAuthUser'),
    withCredentials: body['withCredentials'] === true, isDefault: body['isDefault'] === true, jsonData,
  }
  return { name, settings, secrets }
}
