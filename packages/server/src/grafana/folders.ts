import type { FastifyReply } from 'fastify'
import { goTime } from '../go-values.ts'
import { paramsOf } from '../request-context.ts'
import type { Folder } from '../state/folders.ts'
import { fail, folderUrl, jsonObject, positive, send, textAt, uidFault } from './answers.ts'
import type { AddRoute, GrafanaDeps, GrafanaOptions, Json } from './answers.ts'
import { newUid } from './boards.ts'
import { parentsOf, placeFault, removeFolder, rulesIn, within } from './folder-tree.ts'

/** Folders of boards. */
export function registerFolders(route: AddRoute, deps: GrafanaDeps, options: GrafanaOptions): void {
  const { state } = deps
  const byUid = async (): Promise<ReadonlyMap<string, Folder>> => new Map((await state.folders.list()).map(f => [f.uid, f]))
  const brief = (f: Folder): Json => ({ id: f.id, uid: f.uid, title: f.title, ...(f.parentUid === '' ? {} : { parentUid: f.parentUid }) })
  const whole = (f: Folder, all: ReadonlyMap<string, Folder>): Json => {
    const parents = parentsOf(f, all)
    return {
      ...brief(f), orgId: 1, url: folderUrl(options.prefix, f.uid, f.title), hasAcl: false, canSave: true, canEdit: true, canAdmin: true, canDelete: true,
      createdBy: '', created: goTime(f.createdMs), updatedBy: '', updated: goTime(f.updatedMs), version: f.version,
      ...(parents.length === 0 ? {} : { parents: parents.map(p => ({ ...brief(p), url: folderUrl(options.prefix, p.uid, p.title) })) }),
    }
  }
  const notFound = (reply: FastifyReply): FastifyReply => fail(reply, 404, 'folder not found', { status: 'not-found' })
  route('GET', '/folders', async (request, reply) => {
    const params = paramsOf(request)
    const limit = positive(params.get('limit'), 1000)
    const page = positive(params.get('page'), 1)
    const parentUid = params.get('parentUid')
    return send(reply, (await state.folders.list()).filter(f => f.parentUid === parentUid).slice((page - 1) * limit, page * limit).map(brief))
  })

  route('POST', '/folders', async (request, reply) => {
    const body = jsonObject(request.body)
    const title = textAt(body, 'title')
    if (title === '') return fail(reply, 400, 'folder title cannot be empty')
    const uid = textAt(body, 'uid') || newUid()
    const fault = uidFault(uid)
    if (fault !== undefined) return fail(reply, 400, fault)
    const all = await byUid()
    if (all.has(uid)) return fail(reply, 409, 'a folder with the same uid already exists')
    const parentUid = textAt(body, 'parentUid')
    const misplaced = placeFault(uid, parentUid, all)
    if (misplaced !== undefined) return fail(reply, 400, misplaced)
    return send(reply, whole(await state.folders.put(uid, title, parentUid), all))
  })

  const general: Json = { id: 0, uid: 'general', orgId: 1, title: 'Dashboards', url: '', hasAcl: false, canSave: true, canEdit: true, canAdmin: true, canDelete: false, createdBy: '', created: goTime(options.startedMs), updatedBy: '', updated: goTime(options.startedMs), version: 0 }
  route('GET', '/folders/:uid', async (request, reply) => {
    if ((request.params as { uid: string }).uid === 'general') return send(reply, general)
    const all = await byUid()
    const folder = all.get((request.params as { uid: string }).uid)
    return folder === undefined ? notFound(reply) : send(reply, whole(folder, all))
  })
  route('GET', '/folders/id/:id', async (request, reply) => {
    if ((request.params as { id: string }).id === '0') return send(reply, general)
    const all = await byUid()
    const folder = [...all.values()].find(f => String(f.id) === (request.params as { id: string }).id)
    return folder === undefined ? notFound(reply) : send(reply, whole(folder, all))
  })
  route('GET', '/folders/:uid/counts', async (request, reply) => {
    const { uid } = request.params as { uid: string }
    const all = await byUid()
    if (!all.has(uid)) return notFound(reply)
    const inside = within(uid, all)
    return send(reply, { alertrule: rulesIn(deps, inside).length, dashboard: (await state.dashboards.list()).filter(d => inside.has(d.folderUid)).length, folder: inside.size - 1, librarypanel: (await state.library.list()).filter(e => inside.has(e.folderUid)).length })
  })

  route('PUT', '/folders/:uid', async (request, reply) => {
    const body = jsonObject(request.body)
    const title = textAt(body, 'title')
    if (title === '') return fail(reply, 400, 'folder title cannot be empty')
    const all = await byUid()
    const folder = all.get((request.params as { uid: string }).uid)
    if (folder === undefined) return notFound(reply)
    if (body?.['overwrite'] !== true && body?.['version'] !== folder.version) return fail(reply, 412, 'the folder has been changed by someone else', { status: 'version-mismatch' })
    return send(reply, whole(await state.folders.put(folder.uid, title, folder.parentUid), all))
  })
  route('POST', '/folders/:uid/move', async (request, reply) => {
    const all = await byUid()
    const folder = all.get((request.params as { uid: string }).uid)
    if (folder === undefined) return notFound(reply)
    const parentUid = textAt(jsonObject(request.body), 'parentUid')
    const misplaced = placeFault(folder.uid, parentUid, all)
    if (misplaced !== undefined) return fail(reply, 400, misplaced)
    return send(reply, whole(await state.folders.put(folder.uid, folder.title, parentUid), all))
  })

  // As Grafana does it: what lies in a folder goes with it.
  route('DELETE', '/folders/:uid', async (request, reply) => {
    const { uid } = request.params as { uid: string }
    const all = await byUid()
    const folder = all.get(uid)
    if (folder === undefined) return notFound(reply)
    const staying = await removeFolder(deps, uid, all, /^(?:true|t|1)$/i.test(paramsOf(request).get('forceDeleteRules')))
    if (staying !== undefined) return fail(reply, 400, staying)
    return send(reply, { message: `Folder ${folder.title} deleted`, id: folder.id, title: folder.title })
  })
}
