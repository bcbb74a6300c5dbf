import { Readable } from 'node:stream'
import type { ReadableStream } from 'node:stream/web'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { FormBody, abortSignalOf } from '../request-context.ts'
import type { DataSourceSettings, StoredDataSource } from '../state/data-sources.ts'
import { DATASOURCE_UID, fail, jsonObject, send, textAt, uidFault } from './answers.ts'
import type { AddRoute, GrafanaDeps, Json } from './answers.ts'
import { newUid } from './boards.ts'
import { askSource, isReadingPath, notPrometheus, reasonUnreachable } from './foreign-source.ts'

/** Our own storage stands first; the ids of the others follow it. */
const OWN_ID = 1
const READ_ONLY = 'This is Haechi\'s own storage: it can be neither changed nor removed. Add another data source beside it'
const MAX_NAME = 190

/** What our own storage is called: its usual name, unless somebody gave that to another source. */
export function ownSourceName(others: readonly StoredDataSource[]): string {
  return others.some(s => s.name === 'Prometheus') ? 'Haechi' : 'Prometheus'
}

/** Data sources: our own storage, and others that clients add; what is asked of those is passed on. */
export function registerDataSources(route: AddRoute, deps: GrafanaDeps): void {
  const store = deps.state.dataSources
  const shown = (s: StoredDataSource): Json => ({
    id: s.id + OWN_ID, uid: s.uid, orgId: 1, name: s.name, typeLogoUrl: '', ...s.settings, typeName: s.settings.type === 'prometheus' ? 'Prometheus' : s.settings.type,
    secureJsonFields: Object.fromEntries(Object.keys(s.secrets).map(k => [k, true])), version: s.version, readOnly: false,
  })
  const own = (others: readonly StoredDataSource[]): Json => ({
    id: OWN_ID, uid: DATASOURCE_UID, orgId: 1, name: ownSourceName(others), type: 'prometheus', typeName: 'Prometheus', typeLogoUrl: '', access: 'proxy', url: '', user: '', database: '', basicAuth: false,
    basicAuthUser: '', withCredentials: false, isDefault: !others.some(s => s.settings.isDefault), jsonData: { httpMethod: 'POST' }, secureJsonFields: {}, version: 1, readOnly: true,
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
    if (isIt(key, { uid: DATASOURCE_UID, name: ownSourceName(others), id: OWN_ID })) return { kind: 'own', shown: own(others) }
    const source = others.find(s => isIt(key, { uid: s.uid, name: s.name, id: s.id + OWN_ID }))
    return source === undefined ? undefined : { kind: 'other', source }
  }

  route('GET', '/datasources', async (_q, reply) => {
    const others = await store.list()
    return send(reply, [own(others), ...others.map(shown)])
  })

  route('POST', '/datasources', async (request, reply) => {
    const body = jsonObject(request.body)
    const uid = textAt(body, 'uid') || newUid()
    const draft = draftOf(body, undefined)
    if (typeof draft === 'string') return fail(reply, 400, draft)
    const fault = uidFault(uid)
    if (fault !== undefined) return fail(reply, 400, fault)
    const others = await store.list()
    if (others.some(s => s.name === draft.name)) return fail(reply, 409, 'data source with the same name already exists')
    if (uid === DATASOURCE_UID || others.some(s => s.uid === uid)) return fail(reply, 409, 'data source with the same uid already exists')
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
      const found = await find(request, isIt as never)
      if (found === undefined) return notFound(reply)
      if (found.kind === 'own') return fail(reply, 403, READ_ONLY)
      await store.remove(found.source.id)
      return send(reply, { id: found.source.id + OWN_ID, message: 'Data source deleted' })
    })
    if (path.includes('/name/')) continue
    route('PUT', path, async (request, reply) => {
      const found = await find(request, isIt as never)
      if (found === undefined) return notFound(reply)
      if (found.kind === 'own') return fail(reply, 403, READ_ONLY)
      const { source } = found
      const body = jsonObject(request.body)
      const draft = draftOf(body, source)
      if (typeof draft === 'string') return fail(reply, 400, draft)
      const uid = textAt(body, 'uid') || source.uid
      const fault = uidFault(uid)
      if (fault !== undefined) return fail(reply, 400, fault)
      const others = (await store.list()).filter(s => s.id !== source.id)
      if (others.some(s => s.name === draft.name)) return fail(reply, 409, 'data source with the same name already exists')
      if (uid === DATASOURCE_UID || others.some(s => s.uid === uid)) return fail(reply, 409, 'data source with the same uid already exists')
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
    const ok: Json = { details: { application: 'Prometheus', features: { rulerApiEnabled: false } }, message: 'Successfully queried the Prometheus API.', status: 'OK' }
    if (found.kind === 'own') return send(reply, ok)
    const { source } = found
    const wrong = (message: string): FastifyReply => send(reply, { message, status: 'ERROR' }, 400)
    if (source.settings.type !== 'prometheus') return wrong(notPrometheus(source))
    try {
      const answer = await askSource(source, 'api/v1/query?query=1%2B1', { method: 'GET', signal: abortSignalOf(request) })
      const text = await answer.text()
      return answer.ok && text.includes('"success"') ? send(reply, ok) : wrong(`${source.name} (${source.settings.url}) answered ${answer.status}${answer.ok ? ' with something that is no answer of Prometheus' : ''}`)
    } catch (err) {
      return wrong(reasonUnreachable(source, err))
    }
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
    if (source.settings.type !== 'prometheus') return fail(reply, 400, notPrometheus(source))
    try {
      const body = request.method === 'POST' ? (request.body instanceof FormBody ? request.body.text : '') : undefined
      const answer = await askSource(source, path + (at < 0 ? '' : url.slice(at)), { method: request.method, body, accept: request.headers.accept, signal: abortSignalOf(request) })
      // It comes from this origin now: as nothing that a browser would run or show.
      const type = answer.headers.get('content-type') ?? ''
      reply.code(answer.status).type(/^(?:application\/json|text\/plain)\b/.test(type) ? type : 'application/octet-stream')
      return reply.send(answer.body === null ? '' : Readable.fromWeb(answer.body as ReadableStream))
    } catch (err) {
      return fail(reply, 502, reasonUnreachable(source, err))
    }
  }
  for (const method of ['GET', 'POST'] as const) {
    route(method, '/datasources/proxy/uid/:key/*', (request, reply) => pass(request, reply, (key, s) => s.uid === key))
    route(method, '/datasources/proxy/:key/*', (request, reply) => pass(request, reply, (key, s) => String(s.id) === key))
    route(method, '/datasources/uid/:key/resources/*', (request, reply) => pass(request, reply, (key, s) => s.uid === key))
    route(method, '/datasources/:key/resources/*', (request, reply) => pass(request, reply, (key, s) => String(s.id) === key))
  }
}

/** @returns what is kept, or what is wrong with it. A secret that isn't sent stays; one that is sent empty goes. */
function draftOf(body: Json | undefined, before: StoredDataSource | undefined): Omit<StoredDataSource, 'id' | 'version' | 'uid'> | string {
  if (body === undefined) return 'bad request data'
  const name = textAt(body, 'name')
  const type = textAt(body, 'type')
  if (name === '') return 'name: a data source needs one'
  if (name.length > MAX_NAME) return `name: is longer than ${MAX_NAME} characters`
  if (type === '') return 'type: a data source needs one, e.g. "prometheus"'
  const access = textAt(body, 'access') || 'proxy'
  if (access !== 'proxy' && access !== 'direct') return 'access: "proxy" or "direct"'
  const url = textAt(body, 'url')
  if (type === 'prometheus' || url !== '') {
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
