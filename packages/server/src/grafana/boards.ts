import { randomBytes } from 'node:crypto'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { DashboardError, boardInputs, resolveInputs } from '@haechi/dashboards'
import type { ProvidedBoard } from '../deps.ts'
import { goTime } from '../go-values.ts'
import { boardTags, boardTitle } from '../own/routes.ts'
import { paramsOf, userOf } from '../request-context.ts'
import type { StoredDashboard } from '../state/dashboards.ts'
import { boardUrl, fail, folderUrl, jsonObject, knownBoards, positive, send, slugOf, textAt, uidFault } from './answers.ts'
import { ownSourceUid } from './own-source.ts'
import type { AddRoute, GrafanaDeps, GrafanaOptions, Json } from './answers.ts'

/** Most hits of one page of a search. */
const MAX_HITS = 5000

/** How a parameter says yes; Python clients write `True`. */
function isTrue(text: string): boolean {
  return /^(?:true|t|1)$/i.test(text)
}

/** Boards: reading, saving with versions, importing, searching, tags and stars. */
export function registerBoards(route: AddRoute, deps: GrafanaDeps, options: GrafanaOptions): void {
  const { state } = deps
  const { prefix } = options
  const provided = async (uid: string): Promise<ProvidedBoard | undefined> => (await deps.boards()).find(b => b.uid === uid)

  const meta = async (request: FastifyRequest, uid: string, title: string, saved: StoredDashboard | undefined, board: ProvidedBoard | undefined): Promise<Json> => {
    const isFile = board?.origin === 'file'
    const folderUid = saved === undefined ? board?.folderUid ?? '' : saved.folderUid
    const folder = folderUid === '' ? undefined : await state.folders.get(folderUid)
    return {
      type: 'db', canSave: !isFile || board.canSave === true, canEdit: true, canAdmin: true, canStar: true, canDelete: saved !== undefined, slug: slugOf(title), url: boardUrl(prefix, uid, title),
      expires: '0001-01-01T00:00:00Z', created: goTime(saved?.createdMs ?? options.startedMs), updated: goTime(saved?.updatedMs ?? options.startedMs),
      updatedBy: '', createdBy: '', version: saved?.version ?? 1, hasAcl: false, isFolder: false, isStarred: (await state.stars.list(userOf(request))).includes(uid),
      folderId: folder?.id ?? 0, folderUid: folder?.uid ?? '', folderTitle: folder?.title ?? 'General', folderUrl: folder === undefined ? '' : folderUrl(prefix, folder.uid, folder.title),
      provisioned: isFile, ...(board?.origin === 'builtin' ? { builtIn: true } : {}), provisionedExternalId: '', annotationsPermissions: null,
    }
  }

  route('GET', '/search', async (request, reply) => {
    const params = paramsOf(request)
    const query = params.get('query').toLowerCase()
    const tags = params.all('tag')
    const uids = new Set([...params.all('dashboardUIDs'), ...params.all('dashboardUID')])
    const inFolders = new Set(params.all('folderUIDs').flatMap(u => u.split(',')).map(u => (u === 'general' ? '' : u)))
    const limit = positive(params.get('limit'), 1000)
    if (limit > MAX_HITS) return fail(reply, 422, `Limit is above maximum allowed (${MAX_HITS}), use page parameter to access hits beyond limit`)
    const page = positive(params.get('page'), 1)
    const type = params.get('type')
    const isStarredOnly = isTrue(params.get('starred'))
    const ids = new Set(params.all('dashboardIds').flatMap(i => i.split(',')))
    const folderIds = new Set(params.all('folderIds').flatMap(i => i.split(',')))
    if (isTrue(params.get('deleted'))) return send(reply, [])
    const stars = new Set(await state.stars.list(userOf(request)))
    // Before the folders: boards of files may bring theirs.
    const boards = await knownBoards(deps)
    const folders = new Map((await state.folders.list()).map(f => [f.uid, f]))
    // How older clients name folders; 0 is the top.
    for (const id of folderIds) inFolders.add(id === '0' ? '' : [...folders.values()].find(f => String(f.id) === id)?.uid ?? `no-${id}`)
    const direction = params.get('sort') === 'alpha-desc' ? -1 : 1
    const byTitle = (a: { title: string }, b: { title: string }): number => (a.title < b.title ? -1 : a.title > b.title ? 1 : 0) * direction
    const placeOf = (folderUid: string): Json => {
      const folder = folders.get(folderUid)
      return folder === undefined ? {} : { folderId: folder.id, folderUid, folderTitle: folder.title, folderUrl: folderUrl(prefix, folderUid, folder.title) }
    }
    const matches = (title: string): boolean => query === '' || title.toLowerCase().includes(query)
    const isFolderWanted = type !== 'dash-db' && tags.length === 0 && uids.size === 0 && ids.size === 0 && !isStarredOnly
    const folderHits = !isFolderWanted ? [] : [...folders.values()].filter(f => matches(f.title) && (inFolders.size === 0 || inFolders.has(f.parentUid))).map(f => ({
      id: f.id, uid: f.uid, title: f.title, uri: `db/${slugOf(f.title)}`, url: folderUrl(prefix, f.uid, f.title), slug: '', type: 'dash-folder', tags: [], isStarred: false, sortMeta: 0, ...placeOf(f.parentUid),
    })).sort(byTitle)
    const boardHits = type === 'dash-folder' ? [] : boards.map(b => ({ ...b, tags: boardTags(b.dashboard), folderUid: folders.has(b.folderUid) ? b.folderUid : '' }))
      .filter(b => matches(b.title) && tags.every(t => b.tags.includes(t)) && (uids.size === 0 || uids.has(b.uid)) && (ids.size === 0 || ids.has(String(b.saved?.id))) && (inFolders.size === 0 || inFolders.has(b.folderUid)) && (!isStarredOnly || stars.has(b.uid)))
      .map(b => ({
        id: b.saved?.id ?? 0, uid: b.uid, title: b.title, uri: `db/${slugOf(b.title)}`, url: boardUrl(prefix, b.uid, b.title), slug: '', type: 'dash-db', tags: b.tags, isStarred: stars.has(b.uid), sortMeta: 0,
        ...placeOf(b.folderUid),
      })).sort(byTitle)
    return send(reply, [...folderHits, ...boardHits].slice((page - 1) * limit, page * limit))
  })

  route('GET', '/search/sorting', (_q, reply) => send(reply, {
    sortOptions: [
      { name: 'alpha-asc', displayName: 'Alphabetically (A–Z)', description: 'Sort results in an alphabetically ascending order', meta: '' },
      { name: 'alpha-desc', displayName: 'Alphabetically (Z–A)', description: 'Sort results in an alphabetically descending order', meta: '' },
    ],
  }))

  route('GET', '/dashboards/tags', async (_q, reply) => {
    const counts = new Map<string, number>()
    for (const b of await knownBoards(deps)) for (const tag of new Set(boardTags(b.dashboard))) counts.set(tag, (counts.get(tag) ?? 0) + 1)
    return send(reply, [...counts].sort((a, b) => (a[0] < b[0] ? -1 : 1)).map(([term, count]) => ({ term, count })))
  })

  route('GET', '/dashboards/uid/:uid', async (request, reply) => {
    const { uid } = request.params as { uid: string }
    const saved = await state.dashboards.get(uid)
    const board = await provided(uid)
    // Grafana's own clients don't ask for a language and get English.
    const ours = paramsOf(request).get('lang') === 'ko' ? board?.dashboardKo ?? board?.dashboard : board?.dashboard
    const dashboard = saved?.dashboard ?? ours
    if (dashboard === undefined) return fail(reply, 404, 'Dashboard not found')
    return send(reply, { meta: await meta(request, uid, boardTitle(dashboard), saved, board), dashboard: { ...dashboard, id: saved?.id ?? null, uid, version: saved?.version ?? 1 } })
  })

  /** Adds a route below one board, named by its uid or, as older clients do, by its number. */
  const byUidOrId = (method: 'GET' | 'POST', path: string, handler: (request: FastifyRequest, reply: FastifyReply, uid: string) => Promise<FastifyReply>): void => {
    route(method, `/dashboards/uid/:uid${path}`, (request, reply) => handler(request, reply, (request.params as { uid: string }).uid))
    route(method, `/dashboards/id/:id${path}`, async (request, reply) => {
      const byId = await state.dashboards.byId(Number((request.params as { id: string }).id))
      return byId === undefined ? fail(reply, 404, 'Dashboard not found') : handler(request, reply, byId.uid)
    })
  }

  byUidOrId('GET', '/versions', async (request, reply, uid) => {
    const params = paramsOf(request)
    const saved = await state.dashboards.get(uid)
    if (saved === undefined) return (await provided(uid)) === undefined ? fail(reply, 404, 'Dashboard not found') : send(reply, { continueToken: '', versions: [] })
    const start = Number(params.get('start')) || 0
    const versions = (await state.dashboards.versions(uid)).slice(start, start + positive(params.get('limit'), 1000))
    return send(reply, {
      continueToken: '',
      versions: versions.map(v => ({
        id: v.version, dashboardId: saved.id, uid, parentVersion: v.version - 1, restoredFrom: v.restoredFrom, version: v.version, created: goTime(v.createdMs), createdBy: v.createdBy, message: v.message,
      })),
    })
  })

  byUidOrId('GET', '/versions/:version', async (request, reply, uid) => {
    const { version } = request.params as { version: string }
    const found = (await state.dashboards.versions(uid)).find(v => String(v.version) === version)
    if (found === undefined) return fail(reply, 404, 'Dashboard version not found')
    return send(reply, { id: found.version, uid, version: found.version, created: goTime(found.createdMs), createdBy: found.createdBy, message: found.message, restoredFrom: found.restoredFrom, data: found.dashboard })
  })

  byUidOrId('POST', '/restore', async (request, reply, uid) => {
    const wanted = jsonObject(request.body)?.['version']
    if (typeof wanted !== 'number') return fail(reply, 400, 'bad request data')
    const saved = await state.dashboards.get(uid)
    if (saved === undefined) return fail(reply, 404, 'Dashboard not found')
    const found = (await state.dashboards.versions(uid)).find(v => v.version === wanted)
    if (found === undefined) return fail(reply, 404, 'Dashboard version not found')
    const title = boardTitle(found.dashboard)
    const done = await state.dashboards.save(uid, title, found.dashboard, `Restored from version ${wanted}`, { by: userOf(request), restoredFrom: wanted })
    return send(reply, { folderUid: done!.folderUid, id: done!.id, slug: slugOf(title), status: 'success', uid, url: boardUrl(prefix, uid, title), version: done!.version })
  })

  route('DELETE', '/dashboards/uid/:uid', async (request, reply) => {
    const { uid } = request.params as { uid: string }
    const saved = await state.dashboards.get(uid)
    if (saved === undefined) return (await provided(uid)) === undefined ? fail(reply, 404, 'Dashboard not found') : fail(reply, 400, 'provisioned dashboard cannot be deleted')
    await state.dashboards.remove(uid)
    return send(reply, { title: saved.title, message: `Dashboard ${saved.title} deleted`, uid })
  })

  /** Stores a board, or sends why it can't be and answers undefined. */
  const store = async (request: FastifyRequest, reply: FastifyReply, given: Json, how: { readonly overwrite: boolean; readonly folderUid: string; readonly message: string }): Promise<StoredDashboard | undefined> => {
    // A reply is thenable: returned from here it would be waited for and become nothing.
    const refuse = (status: number, message: string, more?: Json): undefined => {
      void fail(reply, status, message, more)
      return undefined
    }
    const title = textAt(given, 'title')
    if (title === '') return refuse(400, 'Dashboard title cannot be empty', { status: 'empty-name' })
    let uid = textAt(given, 'uid')
    const fault = uidFault(uid)
    if (fault !== undefined) return refuse(400, fault)
    const id = typeof given['id'] === 'number' ? given['id'] : 0
    if (uid === '' && id > 0) {
      const byId = await state.dashboards.byId(id)
      if (byId === undefined) return refuse(404, 'Dashboard not found', { status: 'not-found' })
      uid = byId.uid
    }
    if (uid === '') uid = newUid()
    const ofFile = await provided(uid)
    if (ofFile?.origin === 'file' && ofFile.canSave !== true) return refuse(400, 'Cannot save provisioned dashboard')
    const folderUid = how.folderUid === 'general' ? '' : how.folderUid
    if (folderUid !== '' && (await state.folders.get(folderUid)) === undefined) return refuse(404, 'folder not found', { status: 'not-found' })
    const existing = await state.dashboards.get(uid)
    const { id: _id, version, ...dashboard } = given
    const mismatch = (): undefined => refuse(412, 'The dashboard has been changed by someone else', { status: 'version-mismatch' })
    if (existing !== undefined && !how.overwrite && version !== existing.version) return mismatch()
    const saved = await state.dashboards.save(uid, title, { ...dashboard, uid, title }, how.message.slice(0, 500), { expected: how.overwrite ? undefined : existing?.version ?? 0, folderUid, by: userOf(request) })
    return saved ?? mismatch()
  }

  route('POST', '/dashboards/db', async (request, reply) => {
    const body = jsonObject(request.body)
    const given = jsonObject(body?.['dashboard'])
    if (body === undefined || given === undefined) return fail(reply, 400, 'bad request data')
    let folderUid = textAt(body, 'folderUid')
    const folderId = body['folderId']
    // How older clients name the folder.
    if (folderUid === '' && typeof folderId === 'number' && folderId > 0) {
      const byId = (await state.folders.list()).find(f => f.id === folderId)
      if (byId === undefined) return fail(reply, 404, 'folder not found', { status: 'not-found' })
      folderUid = byId.uid
    }
    const saved = await store(request, reply, given, { overwrite: body['overwrite'] === true, folderUid, message: textAt(body, 'message') })
    if (saved === undefined) return reply
    return send(reply, { folderUid: saved.folderUid, id: saved.id, slug: slugOf(saved.title), status: 'success', uid: saved.uid, url: boardUrl(prefix, saved.uid, saved.title), version: saved.version })
  })

  route('POST', '/dashboards/import', async (request, reply) => {
    const body = jsonObject(request.body)
    const given = jsonObject(body?.['dashboard'])
    if (body === undefined || given === undefined) return fail(reply, 400, 'bad request data')
    const values: Record<string, string> = {}
    for (const input of Array.isArray(body['inputs']) ? body['inputs'] : []) {
      const item = jsonObject(input)
      const name = textAt(item, 'name')
      if (name !== '') values[name] = textAt(item, 'value')
    }
    let resolved: Json
    try {
      // There is one source of data here: what names none means it.
      const sources = await deps.state.dataSources.list()
      const usual = sources.find(o => o.settings.isDefault)?.uid ?? ownSourceUid(sources)
      for (const input of boardInputs(given)) if (input.kind === 'datasource' && (values[input.name] ?? '') === '') values[input.name] = usual
      resolved = resolveInputs(given, values)
    } catch (err) {
      if (!(err instanceof DashboardError)) throw err
      return fail(reply, 400, err.message)
    }
    const saved = await store(request, reply, resolved, { overwrite: body['overwrite'] === true, folderUid: textAt(body, 'folderUid'), message: '' })
    if (saved === undefined) return reply
    const slug = slugOf(saved.title)
    return send(reply, {
      uid: saved.uid, pluginId: '', title: saved.title, imported: true, importedUri: `db/${slug}`, importedUrl: boardUrl(prefix, saved.uid, saved.title), slug, dashboardId: saved.id, folderId: 0,
      folderUid: saved.folderUid, importedRevision: saved.version, revision: saved.version, description: '', path: '', removed: false,
    })
  })

  route('GET', '/user/stars', async (request, reply) => send(reply, await state.stars.list(userOf(request))))
  for (const method of ['POST', 'DELETE'] as const) {
    route(method, '/user/stars/dashboard/uid/:uid', async (request, reply) => {
      const { uid } = request.params as { uid: string }
      if ((await state.dashboards.get(uid)) === undefined && (await provided(uid)) === undefined) return fail(reply, 404, 'Dashboard not found')
      await state.stars.set(userOf(request), uid, method === 'POST')
      return send(reply, { message: method === 'POST' ? 'Dashboard starred!' : 'Dashboard unstarred' })
    })
    route(method, '/user/stars/dashboard/:id', async (request, reply) => {
      const byId = await state.dashboards.byId(Number((request.params as { id: string }).id))
      if (byId === undefined) return fail(reply, 404, 'Dashboard not found')
      await state.stars.set(userOf(request), byId.uid, method === 'POST')
      return send(reply, { message: method === 'POST' ? 'Dashboard starred!' : 'Dashboard unstarred' })
    })
  }
}

/** A uid for a new board or folder. */
export function newUid(): string {
  return `h${randomBytes(8).toString('hex').slice(0, 13)}`
}
