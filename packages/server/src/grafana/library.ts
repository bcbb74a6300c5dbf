import type { FastifyReply, FastifyRequest } from 'fastify'
import { goTime } from '../go-values.ts'
import { paramsOf, userOf } from '../request-context.ts'
import type { LibraryElement } from '../state/library.ts'
import { fail, jsonObject, knownBoards, positive, send, textAt, uidFault } from './answers.ts'
import type { AddRoute, GrafanaDeps, Json } from './answers.ts'
import { newUid } from './boards.ts'

const PANEL = 1
const VARIABLE = 2

/** Library elements: panels and variables that boards share. They are kept and handed out; a board shows the panel as its own JSON has it. */
export function registerLibrary(route: AddRoute, deps: GrafanaDeps): void {
  const { library, folders } = deps.state
  const notFound = (reply: FastifyReply): FastifyReply => fail(reply, 404, 'library element could not be found')
  const find = async (request: FastifyRequest): Promise<LibraryElement | undefined> => (await library.list()).find(e => e.uid === (request.params as { uid: string }).uid)
  const users = async (uid: string): Promise<{ readonly uid: string; readonly id: number }[]> =>
    (await knownBoards(deps)).filter(b => usesElement(b.dashboard, uid)).map(b => ({ uid: b.uid, id: b.saved?.id ?? 0 }))
  const shown = async (e: LibraryElement): Promise<Json> => {
    const folder = e.folderUid === '' ? undefined : await folders.get(e.folderUid)
    const person: Json = { id: 1, name: e.author, avatarUrl: '' }
    return {
      id: e.id, orgId: 1, folderId: folder?.id ?? 0, folderUid: folder?.uid ?? '', uid: e.uid, name: e.name, kind: e.kind, type: textAt(e.model, 'type'), description: textAt(e.model, 'description'), model: e.model, version: e.version,
      meta: { folderName: folder?.title ?? 'General', folderUid: folder?.uid ?? 'general', connectedDashboards: (await users(e.uid)).length, created: goTime(e.createdMs), updated: goTime(e.updatedMs), createdBy: person, updatedBy: person },
    }
  }

  route('GET', '/library-elements', async (request, reply) => {
    const params = paramsOf(request)
    const text = params.get('searchString').toLowerCase()
    const kind = params.get('kind')
    const inFolders = new Set(params.get('folderFilterUIDs').split(',').filter(u => u !== '').map(u => (u === 'general' ? '' : u)))
    const types = new Set(params.get('typeFilter').split(',').filter(t => t !== ''))
    const perPage = positive(params.get('perPage'), 100)
    const page = positive(params.get('page'), 1)
    const direction = params.get('sortDirection') === 'alpha-desc' ? -1 : 1
    const hits = (await library.list()).filter(e => (e.name.toLowerCase().includes(text) || textAt(e.model, 'description').toLowerCase().includes(text)) && (kind === '' || String(e.kind) === kind)
      && (inFolders.size === 0 || inFolders.has(e.folderUid)) && (types.size === 0 || types.has(textAt(e.model, 'type'))) && e.uid !== params.get('excludeUid')).sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0) * direction)
    return send(reply, { result: { totalCount: hits.length, elements: await Promise.all(hits.slice((page - 1) * perPage, page * perPage).map(shown)), page, perPage } })
  })
  route('GET', '/library-elements/name/:name', async (request, reply) => {
    const found = (await library.list()).filter(e => e.name === (request.params as { name: string }).name)
    return found.length === 0 ? notFound(reply) : send(reply, { result: await Promise.all(found.map(shown)) })
  })
  route('GET', '/library-elements/:uid', async (request, reply) => {
    const e = await find(request)
    return e === undefined ? notFound(reply) : send(reply, { result: await shown(e) })
  })
  route('GET', '/library-elements/:uid/connections', async (request, reply) => {
    const e = await find(request)
    if (e === undefined) return notFound(reply)
    return send(reply, { result: (await users(e.uid)).map((b, i) => ({ id: i + 1, kind: 1, elementId: e.id, connectionId: b.id, connectionUid: b.uid, created: goTime(e.createdMs), createdBy: { id: 1, name: e.author, avatarUrl: '' } })) })
  })

  /** Where an element shall lie, by the uid or the number of the folder; a text is what is wrong. */
  const placeOf = async (body: Json, before: string): Promise<{ readonly uid: string } | string> => {
    const id = body['folderId']
    const uid = body['folderUid'] !== undefined ? textAt(body, 'folderUid') : typeof id === 'number' ? (id === 0 ? '' : (await folders.list()).find(f => f.id === id)?.uid) : before
    if (uid === '' || uid === 'general') return { uid: '' }
    return uid === undefined || (await folders.get(uid)) === undefined ? 'folder not found' : { uid }
  }

  route('POST', '/library-elements', async (request, reply) => {
    const body = jsonObject(request.body)
    const model = jsonObject(body?.['model'])
    if (body === undefined || model === undefined) return fail(reply, 400, 'bad request data')
    const name = textAt(body, 'name')
    if (name === '') return fail(reply, 400, 'name: a library element needs one')
    const kind = body['kind']
    if (kind !== PANEL && kind !== VARIABLE) return fail(reply, 400, `kind: ${PANEL} (panel) or ${VARIABLE} (variable)`)
    const uid = textAt(body, 'uid') || newUid()
    const fault = uidFault(uid)
    if (fault !== undefined) return fail(reply, 400, fault)
    const place = await placeOf(body, '')
    if (typeof place === 'string') return fail(reply, 404, place)
    const all = await library.list()
    if (all.some(e => e.uid === uid || (e.name === name && e.folderUid === place.uid && e.kind === kind))) return fail(reply, 400, 'library element with that name or UID already exists')
    return send(reply, { result: await shown(await library.add({ uid, name, kind, folderUid: place.uid, model, author: userOf(request) })) })
  })

  route('PATCH', '/library-elements/:uid', async (request, reply) => {
    const body = jsonObject(request.body)
    if (body === undefined) return fail(reply, 400, 'bad request data')
    const old = await find(request)
    if (old === undefined) return notFound(reply)
    if (body['version'] !== old.version) return fail(reply, 412, 'the library element has been changed by someone else')
    const place = await placeOf(body, old.folderUid)
    if (typeof place === 'string') return fail(reply, 404, place)
    const uid = textAt(body, 'uid') || old.uid
    const fault = uidFault(uid)
    if (fault !== undefined) return fail(reply, 400, fault)
    const name = textAt(body, 'name') || old.name
    if ((await library.list()).some(e => e.id !== old.id && (e.uid === uid || (e.name === name && e.folderUid === place.uid && e.kind === old.kind)))) return fail(reply, 400, 'library element with that name or UID already exists')
    return send(reply, { result: await shown(await library.change(old.id, { uid, name, kind: old.kind, folderUid: place.uid, model: jsonObject(body['model']) ?? old.model, author: userOf(request) })) })
  })

  route('DELETE', '/library-elements/:uid', async (request, reply) => {
    const e = await find(request)
    if (e === undefined) return notFound(reply)
    if ((await users(e.uid)).length > 0) return fail(reply, 403, 'the library element has connections')
    await library.remove(e.id)
    return send(reply, { message: 'Library element deleted', id: e.id })
  })
}

/** Whether a panel of a board, also one inside a row, is a library panel. */
function usesElement(board: Json, uid: string): boolean {
  const { panels } = board
  return Array.isArray(panels) && panels.some(p => {
    const panel = jsonObject(p)
    return panel !== undefined && (jsonObject(panel['libraryPanel'])?.['uid'] === uid || usesElement(panel, uid))
  })
}
