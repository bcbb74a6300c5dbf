import { randomBytes } from 'node:crypto'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { ProvidedBoard, ServerDeps } from '../deps.ts'
import { goTime } from '../go-values.ts'
import { boardTags, boardTitle } from '../own/routes.ts'
import { paramsOf } from '../request-context.ts'
import type { StoredDashboard } from '../state/state.ts'

/** What Grafana derives from the name `Prometheus` (`P` + SHA-256): boards that name it find it. */
export const DATASOURCE_UID = 'PBFA97CFB590B2093'

export interface GrafanaOptions {
  readonly prefix: string
  readonly version: string
  readonly startedMs: number
}

type Json = Readonly<Record<string, unknown>>

/** The part of Grafana's HTTP API that scripts, sidecars and our own pages use: health, search, dashboards, one data source. */
export function registerGrafanaApi(app: FastifyInstance, deps: Pick<ServerDeps, 'boards' | 'state' | 'log'>, options: GrafanaOptions): void {
  const { state } = deps
  const api = `${options.prefix}/api`
  const send = (reply: FastifyReply, value: unknown, status = 200): FastifyReply => reply.code(status).type('application/json').send(JSON.stringify(value))
  const fail = (reply: FastifyReply, status: number, message: string, more: Json = {}): FastifyReply => send(reply, { message, ...more }, status)
  const route = (method: 'GET' | 'POST' | 'DELETE', path: string, handler: (request: FastifyRequest, reply: FastifyReply) => Promise<FastifyReply> | FastifyReply, open = false): void => {
    app.route({
      method, url: api + path, config: { open },
      handler: async (request, reply) => {
        reply.header('Cache-Control', 'no-store')
        try {
          return await handler(request, reply)
        } catch (err) {
          deps.log.error({ err, path: request.routeOptions.url }, 'Answering a dashboard request failed')
          return fail(reply, 500, 'Internal server error')
        }
      },
    })
  }
  const provided = async (uid: string): Promise<ProvidedBoard | undefined> => (await deps.boards()).find(b => b.uid === uid)
  const meta = (uid: string, title: string, saved: StoredDashboard | undefined, board: ProvidedBoard | undefined): Json => {
    const isFile = board?.origin === 'file'
    const created = goTime(saved?.createdMs ?? options.startedMs)
    return {
      type: 'db', canSave: !isFile, canEdit: true, canAdmin: true, canStar: false, canDelete: saved !== undefined, slug: slugOf(title), url: boardUrl(options.prefix, uid, title),
      expires: '0001-01-01T00:00:00Z', created, updated: goTime(saved?.updatedMs ?? options.startedMs), updatedBy: '', createdBy: '', version: saved?.version ?? 1, hasAcl: false, isFolder: false,
      isStarred: false, folderId: 0, folderUid: '', folderTitle: 'General', folderUrl: '', provisioned: isFile, provisionedExternalId: '', annotationsPermissions: null,
    }
  }

  route('GET', '/health', (_q, reply) => send(reply, { commit: '', database: 'ok', version: options.version }), true)

  route('GET', '/search', async (request, reply) => {
    const params = paramsOf(request)
    const query = params.get('query').toLowerCase()
    const tags = params.all('tag')
    const uids = new Set([...params.all('dashboardUIDs'), ...params.all('dashboardUID')])
    const folders = params.all('folderUIDs')
    const limit = Math.min(positive(params.get('limit'), 1000), 5000)
    const page = positive(params.get('page'), 1)
    if (params.get('type') === 'dash-folder' || params.get('starred') === 'true' || params.get('deleted') === 'true' || (folders.length > 0 && !folders.includes('general'))) return send(reply, [])
    const saved = new Map((await state.dashboards.list()).map(d => [d.uid, d]))
    const all = (await deps.boards()).map(b => ({ uid: b.uid, id: saved.get(b.uid)?.id ?? 0, dashboard: saved.get(b.uid)?.dashboard ?? b.dashboard }))
    const known = new Set(all.map(b => b.uid))
    for (const d of saved.values()) if (!known.has(d.uid)) all.push({ uid: d.uid, id: d.id, dashboard: d.dashboard })
    const hits = all.map(b => {
      const title = boardTitle(b.dashboard)
      const url = boardUrl(options.prefix, b.uid, title)
      return { id: b.id, uid: b.uid, title, uri: `db/${slugOf(title)}`, url, slug: '', type: 'dash-db', tags: boardTags(b.dashboard), isStarred: false, sortMeta: 0 }
    }).filter(h => (query === '' || h.title.toLowerCase().includes(query)) && tags.every(t => h.tags.includes(t)) && (uids.size === 0 || uids.has(h.uid)))
    hits.sort((a, b) => (a.title < b.title ? -1 : a.title > b.title ? 1 : 0) * (params.get('sort') === 'alpha-desc' ? -1 : 1))
    return send(reply, hits.slice((page - 1) * limit, page * limit))
  })

  route('GET', '/dashboards/uid/:uid', async (request, reply) => {
    const { uid } = request.params as { uid: string }
    const saved = await state.dashboards.get(uid)
    const board = await provided(uid)
    // Grafana's own clients don't ask for a language and get English.
    const ours = paramsOf(request).get('lang') === 'ko' ? board?.dashboardKo ?? board?.dashboard : board?.dashboard
    const dashboard = saved?.dashboard ?? ours
    if (dashboard === undefined) return fail(reply, 404, 'Dashboard not found')
    return send(reply, { meta: meta(uid, boardTitle(dashboard), saved, board), dashboard: { ...dashboard, id: saved?.id ?? null, uid, version: saved?.version ?? 1 } })
  })

  route('GET', '/dashboards/uid/:uid/versions', async (request, reply) => {
    const { uid } = request.params as { uid: string }
    const saved = await state.dashboards.get(uid)
    if (saved === undefined) return (await provided(uid)) === undefined ? fail(reply, 404, 'Dashboard not found') : send(reply, { continueToken: '', versions: [] })
    const versions = await state.dashboards.versions(uid)
    return send(reply, {
      continueToken: '',
      versions: versions.map(v => ({
        id: v.version, dashboardId: saved.id, uid, parentVersion: v.version - 1, restoredFrom: 0, version: v.version, created: goTime(v.createdMs), createdBy: '', message: v.message,
      })),
    })
  })

  route('GET', '/dashboards/uid/:uid/versions/:version', async (request, reply) => {
    const { uid, version } = request.params as { uid: string; version: string }
    const found = (await state.dashboards.versions(uid)).find(v => String(v.version) === version)
    if (found === undefined) return fail(reply, 404, 'Dashboard version not found')
    return send(reply, { id: found.version, uid, version: found.version, created: goTime(found.createdMs), createdBy: '', message: found.message, data: found.dashboard })
  })

  route('DELETE', '/dashboards/uid/:uid', async (request, reply) => {
    const { uid } = request.params as { uid: string }
    const saved = await state.dashboards.get(uid)
    if (saved === undefined) return (await provided(uid)) === undefined ? fail(reply, 404, 'Dashboard not found') : fail(reply, 400, 'provisioned dashboard cannot be deleted')
    await state.dashboards.remove(uid)
    return send(reply, { title: saved.title, message: `Dashboard ${saved.title} deleted`, uid })
  })

  route('POST', '/dashboards/db', async (request, reply) => {
    const body = jsonObject(request.body)
    const given = jsonObject(body?.['dashboard'])
    if (body === undefined || given === undefined) return fail(reply, 400, 'bad request data')
    const title = typeof given['title'] === 'string' ? given['title'].trim() : ''
    if (title === '') return fail(reply, 400, 'Dashboard title cannot be empty', { status: 'empty-name' })
    let uid = typeof given['uid'] === 'string' ? given['uid'].trim() : ''
    if (uid.length > 40) return fail(reply, 400, 'uid too long, max 40 characters')
    if (!/^[a-zA-Z0-9_-]*$/.test(uid)) return fail(reply, 400, 'uid contains illegal characters')
    const id = typeof given['id'] === 'number' ? given['id'] : 0
    if (uid === '' && id > 0) {
      const byId = await state.dashboards.byId(id)
      if (byId === undefined) return fail(reply, 404, 'Dashboard not found', { status: 'not-found' })
      uid = byId.uid
    }
    if (uid === '') uid = `h${randomBytes(8).toString('hex').slice(0, 13)}`
    if ((await provided(uid))?.origin === 'file') return fail(reply, 400, 'Cannot save provisioned dashboard')
    const existing = await state.dashboards.get(uid)
    const overwrite = body['overwrite'] === true
    const { id: _id, version, ...dashboard } = given
    const mismatch = (): FastifyReply => fail(reply, 412, 'The dashboard has been changed by someone else', { status: 'version-mismatch' })
    if (existing !== undefined && !overwrite && version !== existing.version) return mismatch()
    const message = typeof body['message'] === 'string' ? body['message'].slice(0, 500) : ''
    const saved = await state.dashboards.save(uid, title, { ...dashboard, uid, title }, message, overwrite ? undefined : existing?.version ?? 0)
    if (saved === undefined) return mismatch()
    return send(reply, { folderUid: '', id: saved.id, slug: slugOf(title), status: 'success', uid, url: boardUrl(options.prefix, uid, title), version: saved.version })
  })

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
  route('GET', '/folders', (_q, reply) => send(reply, []))
  route('GET', '/org', (_q, reply) => send(reply, { id: 1, name: 'Main Org.' }))
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

function jsonObject(value: unknown): Json | undefined {
  let v = value
  if (typeof v === 'string') {
    try {
      v = JSON.parse(v)
    } catch {
      return undefined
    }
  }
  return v !== null && typeof v === 'object' && !Array.isArray(v) && !(v instanceof Uint8Array) ? (v as Json) : undefined
}

function positive(text: string, fallback: number): number {
  const n = Number(text)
  return Number.isInteger(n) && n > 0 ? n : fallback
}

/** A title as it stands in a path. */
export function slugOf(title: string): string {
  return title.toLowerCase().replace(/[^\p{L}\p{N}]+/gu, '-').replace(/^-+|-+$/g, '') || '-'
}

function boardUrl(prefix: string, uid: string, title: string): string {
  return `${prefix}/d/${uid}/${encodeURIComponent(slugOf(title))}`
}
