import { createHash } from 'node:crypto'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { goTime } from '../go-values.ts'
import { boardTitle } from '../own/routes.ts'
import { paramsOf, userOf } from '../request-context.ts'
import { StateWriteError } from '../state/state-write-error.ts'
import type { Folder } from '../state/folders.ts'
import type { ResourceKind } from '../state/resource-notes.ts'
import { jsonObject, positive, send, textAt, uidFault } from './answers.ts'
import type { GrafanaDeps, GrafanaOptions, Json } from './answers.ts'
import { newUid } from './boards.ts'
import { placeFault, removeFolder } from './folder-tree.ts'

type Texts = Readonly<Record<string, string>>

/** What a kind of resources is called and in which versions it is offered. */
interface Kind {
  readonly group: string
  readonly versions: readonly string[]
  readonly preferred: string
  readonly resource: ResourceKind
  readonly singular: string
  readonly kind: string
}

const KINDS: readonly Kind[] = [
  { group: 'dashboard.grafana.app', versions: ['v0alpha1', 'v1', 'v1beta1', 'v2', 'v2beta1'], preferred: 'v1beta1', resource: 'dashboards', singular: 'dashboard', kind: 'Dashboard' },
  { group: 'folder.grafana.app', versions: ['v1', 'v1beta1'], preferred: 'v1beta1', resource: 'folders', singular: 'folder', kind: 'Folder' },
]
const VERBS = ['create', 'delete', 'get', 'list', 'patch', 'update']
const FOLDER = 'grafana.app/folder'
/** Annotations that are ours to write. */
const OURS: ReadonlySet<string> = new Set([FOLDER, 'grafana.app/createdBy', 'grafana.app/updatedBy', 'grafana.app/updatedTimestamp'])
const NAMESPACES: ReadonlySet<string> = new Set(['default', 'org-1'])

/** A request that can't be answered, in the words of Kubernetes. */
class StatusError extends Error {
  readonly code: number
  readonly reason: string

  constructor(code: number, reason: string, message: string) {
    super(message)
    this.code = code
    this.reason = reason
  }
}

/** One thing as it is stored. `resourceVersion`: what must be sent back to change it. */
interface Stored {
  readonly name: string
  readonly spec: Json
  /** '' at the top. */
  readonly folder: string
  readonly version: number
  readonly id: number
  readonly createdMs: number
  readonly updatedMs: number
  /** Of a dashboard that was written in another schema than the one asked: that. */
  readonly storedVersion: string | undefined
}

/** What a client wants to be stored. */
interface Wanted { readonly name: string; readonly spec: Json; readonly folder: string; readonly annotations: Texts; readonly labels: Texts; readonly resourceVersion: string }

/** How things of one kind are read and written. */
interface Shelf {
  list(version: string): Promise<Stored[]>
  /** @throws StatusError @param expected the version that must be the newest; undefined: whatever is there */
  write(wanted: Wanted, version: string, before: Stored | undefined, by: string): Promise<void>
  remove(name: string): Promise<void>
}

/** Dashboards and folders as resources of Grafana's newer API (`/apis`, Kubernetes' conventions), which terraform and grafanactl use. */
export function registerResourceApis(app: FastifyInstance, deps: GrafanaDeps, options: GrafanaOptions): void {
  const base = `${options.prefix}/apis`
  const shelves: Readonly<Record<ResourceKind, Shelf>> = { dashboards: boardShelf(deps, options), folders: folderShelf(deps) }
  const handle = (method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE', url: string, handler: (request: FastifyRequest, reply: FastifyReply) => Promise<FastifyReply> | FastifyReply): void => {
    app.route({
      method, url: base + url,
      handler: async (request, reply) => {
        reply.header('Cache-Control', 'no-store')
        try {
          return await handler(request, reply)
        } catch (err) {
          if (err instanceof StatusError) return status(reply, err.code, err.reason, err.message)
          deps.log.error({ err, path: request.routeOptions.url }, 'Answering a resource request failed')
          return err instanceof StateWriteError ? status(reply, 507, 'InternalError', err.message) : status(reply, 500, 'InternalError', 'Internal server error')
        }
      },
    })
  }

  const groupOf = (k: Kind): Json => ({ name: k.group, versions: k.versions.map(v => ({ groupVersion: `${k.group}/${v}`, version: v })), preferredVersion: { groupVersion: `${k.group}/${k.preferred}`, version: k.preferred } })
  handle('GET', '', (_q, reply) => send(reply, { kind: 'APIGroupList', apiVersion: 'v1', groups: KINDS.map(groupOf) }))
  for (const k of KINDS) {
    handle('GET', `/${k.group}`, (_q, reply) => send(reply, { kind: 'APIGroup', apiVersion: 'v1', ...groupOf(k) }))
    for (const version of k.versions) {
      handle('GET', `/${k.group}/${version}`, (_q, reply) => send(reply, {
        kind: 'APIResourceList', apiVersion: 'v1', groupVersion: `${k.group}/${version}`, resources: [{ name: k.resource, singularName: k.singular, namespaced: true, kind: k.kind, verbs: VERBS }],
      }))
      addKind(k, version)
    }
  }
  handle('GET', '/*', (_q, reply) => status(reply, 404, 'NotFound', 'the server could not find the requested resource'))

  function addKind(k: Kind, version: string): void {
    const shelf = shelves[k.resource]
    const path = `/${k.group}/${version}/namespaces/:namespace/${k.resource}`
    const full = (name: string): string => `${k.resource}.${k.group} ${JSON.stringify(name)}`
    const notFound = (name: string): StatusError => new StatusError(404, 'NotFound', `${full(name)} not found`)
    const nameOf = (request: FastifyRequest): string => {
      const { namespace, name = '' } = request.params as { namespace: string; name?: string }
      if (!NAMESPACES.has(namespace)) throw new StatusError(403, 'Forbidden', `namespace ${JSON.stringify(namespace)} does not exist here; use "default"`)
      return name
    }
    const find = async (name: string): Promise<Stored | undefined> => (await shelf.list(version)).find(s => s.name === name)
    const shown = async (s: Stored): Promise<Json> => {
      const notes = (await deps.state.resourceNotes.list(k.resource)).get(s.name)
      return {
        kind: k.kind, apiVersion: `${k.group}/${version}`,
        metadata: {
          name: s.name, namespace: 'default', uid: uuidOf(`${k.resource}/${s.name}`), resourceVersion: String(s.version), generation: s.version, creationTimestamp: `${new Date(s.createdMs).toISOString().slice(0, 19)}Z`,
          labels: { ...notes?.labels, ...(s.id > 0 && { 'grafana.app/deprecatedInternalID': String(s.id) }) },
          annotations: { ...notes?.annotations, ...(s.folder !== '' && { [FOLDER]: s.folder }), 'grafana.app/updatedTimestamp': goTime(s.updatedMs) },
        },
        spec: s.spec,
        status: s.storedVersion === undefined ? {} : { conversion: { failed: true, storedVersion: s.storedVersion, error: `stored as ${s.storedVersion}; ask for that version` } },
      }
    }
    const isDryRun = (request: FastifyRequest): boolean => paramsOf(request).all('dryRun').includes('All')
    const write = async (request: FastifyRequest, reply: FastifyReply, wanted: Wanted, before: Stored | undefined): Promise<FastifyReply> => {
      if (before !== undefined && wanted.resourceVersion !== '' && wanted.resourceVersion !== String(before.version)) {
        throw new StatusError(409, 'Conflict', `Operation cannot be fulfilled on ${full(wanted.name)}: the object has been modified; please apply your changes to the latest version and try again`)
      }
      if (isDryRun(request)) {
        const t = options.nowMs()
        return send(reply, await shown({ name: wanted.name, spec: wanted.spec, folder: wanted.folder, version: before?.version ?? 0, id: before?.id ?? 0, createdMs: before?.createdMs ?? t, updatedMs: t, storedVersion: undefined }), before === undefined ? 201 : 200)
      }
      await shelf.write(wanted, version, before, userOf(request))
      await deps.state.resourceNotes.put(k.resource, wanted.name, wanted.annotations, wanted.labels)
      return send(reply, await shown((await find(wanted.name))!), before === undefined ? 201 : 200)
    }

    handle('GET', path, async (request, reply) => {
      nameOf(request)
      const params = paramsOf(request)
      if (/^(?:true|1)$/.test(params.get('watch'))) throw new StatusError(405, 'MethodNotAllowed', 'watching is not supported; list again')
      const limit = positive(params.get('limit'), 500)
      const from = Number(params.get('continue')) || 0
      const all = await shelf.list(version)
      const items = await Promise.all(all.slice(from, from + limit).map(shown))
      const left = all.length - from - items.length
      return send(reply, { kind: `${k.kind}List`, apiVersion: `${k.group}/${version}`, metadata: { resourceVersion: String(options.nowMs()), ...(left > 0 && { continue: String(from + limit), remainingItemCount: left }) }, items })
    })
    handle('POST', path, async (request, reply) => {
      nameOf(request)
      const wanted = wantedOf(bodyOf(request), k, version, '')
      if ((await find(wanted.name)) !== undefined) throw new StatusError(409, 'AlreadyExists', `${full(wanted.name)} already exists`)
      return write(request, reply, wanted, undefined)
    })
    handle('GET', `${path}/:name`, async (request, reply) => {
      const name = nameOf(request)
      const found = await find(name)
      if (found === undefined) throw notFound(name)
      return send(reply, await shown(found))
    })
    handle('PUT', `${path}/:name`, async (request, reply) => {
      const name = nameOf(request)
      // As Grafana: a PUT also makes.
      return write(request, reply, wantedOf(bodyOf(request), k, version, name), await find(name))
    })
    handle('PATCH', `${path}/:name`, async (request, reply) => {
      const name = nameOf(request)
      if (!/^application\/(?:merge-patch\+)?json\s*(?:;|$)/.test(request.headers['content-type'] ?? '')) throw new StatusError(415, 'UnsupportedMediaType', 'the body of the request was in an unknown format - accepted media types include: application/merge-patch+json')
      const before = await find(name)
      if (before === undefined) throw notFound(name)
      return write(request, reply, wantedOf(merged(await shown(before), bodyOf(request)) as Json, k, version, name), before)
    })
    handle('DELETE', `${path}/:name`, async (request, reply) => {
      const name = nameOf(request)
      const found = await find(name)
      if (found === undefined) throw notFound(name)
      if (!isDryRun(request)) await shelf.remove(name)
      return send(reply, { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', details: { name, group: k.group, kind: k.resource, uid: uuidOf(`${k.resource}/${name}`) } })
    })
  }
}

function boardShelf(deps: GrafanaDeps, options: GrafanaOptions): Shelf {
  const { state } = deps
  return {
    async list(version) {
      const saved = new Map((await state.dashboards.list()).map(d => [d.uid, d]))
      const out: Stored[] = []
      const add = (name: string, dashboard: Json, folder: string, more: Pick<Stored, 'version' | 'id' | 'createdMs' | 'updatedMs'>): void => {
        const envelope = /^dashboard\.grafana\.app\/(v2\w*)$/.exec(textAt(dashboard, 'apiVersion'))?.[1]
        const own = envelope === undefined ? dashboard : jsonObject(dashboard['spec']) ?? {}
        const isOther = (envelope !== undefined) !== version.startsWith('v2')
        out.push({ name, folder, ...more, spec: isOther ? { title: boardTitle(dashboard) } : own, storedVersion: isOther ? envelope ?? 'v1beta1' : undefined })
      }
      for (const b of await deps.boards()) {
        if (!saved.has(b.uid)) add(b.uid, b.dashboard, b.folderUid ?? '', { version: 1, id: 0, createdMs: options.startedMs, updatedMs: options.startedMs })
      }
      for (const d of saved.values()) add(d.uid, d.dashboard, d.folderUid, d)
      return out.sort((a, b) => (a.name < b.name ? -1 : 1))
    },
    async write(wanted, version, before, by) {
      const title = textAt(wanted.spec, 'title')
      if (title === '') throw new StatusError(400, 'BadRequest', 'spec.title: a dashboard needs one')
      if (wanted.folder !== '' && (await state.folders.get(wanted.folder)) === undefined) throw new StatusError(404, 'NotFound', `folders.folder.grafana.app ${JSON.stringify(wanted.folder)} not found`)
      const provided = (await deps.boards()).find(b => b.uid === wanted.name)
      if (provided?.origin === 'file' && provided.canSave !== true) throw new StatusError(403, 'Forbidden', 'this dashboard comes from a file: change the file')
      const { id: _id, version: _version, ...classic } = wanted.spec
      // The newer schema is kept in its envelope; the title stands beside it for lists and searches.
      const dashboard: Json = version.startsWith('v2')
        ? { apiVersion: `dashboard.grafana.app/${version}`, kind: 'Dashboard', metadata: { name: wanted.name }, spec: wanted.spec, title, tags: wanted.spec['tags'] ?? [] }
        : classic
      const isSaved = (await state.dashboards.get(wanted.name)) !== undefined
      const done = await state.dashboards.save(wanted.name, title, dashboard, wanted.annotations['grafana.app/message'] ?? '', { expected: isSaved ? before?.version : 0, folderUid: wanted.folder, by })
      if (done === undefined) throw new StatusError(409, 'Conflict', 'the object has been modified; please apply your changes to the latest version and try again')
    },
    async remove(name) {
      if (!(await state.dashboards.remove(name))) throw new StatusError(403, 'Forbidden', 'this dashboard is built in or comes from a file and can\'t be deleted')
    },
  }
}

function folderShelf(deps: GrafanaDeps): Shelf {
  const { folders } = deps.state
  const all = async (): Promise<ReadonlyMap<string, Folder>> => new Map((await folders.list()).map(f => [f.uid, f]))
  return {
    async list() {
      return [...(await all()).values()].map(f => ({ name: f.uid, spec: { title: f.title }, folder: f.parentUid, version: f.version, id: f.id, createdMs: f.createdMs, updatedMs: f.updatedMs, storedVersion: undefined }))
        .sort((a, b) => (a.name < b.name ? -1 : 1))
    },
    async write(wanted) {
      const title = textAt(wanted.spec, 'title')
      if (title === '') throw new StatusError(400, 'BadRequest', 'spec.title: a folder needs one')
      const misplaced = placeFault(wanted.name, wanted.folder, await all())
      if (misplaced !== undefined) throw new StatusError(400, 'BadRequest', misplaced)
      await folders.put(wanted.name, title, wanted.folder)
    },
    async remove(name) {
      const staying = await removeFolder(deps, name, await all(), false)
      if (staying !== undefined) throw new StatusError(400, 'BadRequest', staying)
    },
  }
}

function status(reply: FastifyReply, code: number, reason: string, message: string): FastifyReply {
  return send(reply, { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', message, reason, code }, code)
}

function bodyOf(request: FastifyRequest): Json {
  const { body } = request
  const value = jsonObject(body instanceof Uint8Array ? Buffer.from(body).toString('utf8') : body)
  if (value === undefined) throw new StatusError(400, 'BadRequest', 'the body must be a JSON object')
  return value
}

/** Reads a resource. @param name of the address; '' for a new one @throws StatusError */
function wantedOf(body: Json, k: Kind, version: string, name: string): Wanted {
  const bad = (message: string): StatusError => new StatusError(400, 'BadRequest', message)
  const apiVersion = textAt(body, 'apiVersion')
  if (apiVersion !== '' && apiVersion !== `${k.group}/${version}`) throw bad(`the API version in the data (${apiVersion}) does not match the expected API version (${k.group}/${version})`)
  if (body['kind'] !== undefined && body['kind'] !== k.kind) throw bad(`kind: expected ${JSON.stringify(k.kind)}`)
  const metadata = jsonObject(body['metadata']) ?? {}
  const given = textAt(metadata, 'name') || (textAt(metadata, 'generateName') === '' ? '' : textAt(metadata, 'generateName') + newUid())
  if (name !== '' && given !== '' && given !== name) throw bad(`the name of the object (${given}) does not match the name on the URL (${name})`)
  const wanted = name || given
  if (wanted === '') throw bad('metadata.name or metadata.generateName: one of them is needed')
  const fault = uidFault(wanted)
  if (fault !== undefined) throw bad(`metadata.name: ${fault}`)
  const spec = jsonObject(body['spec'])
  if (spec === undefined) throw bad('spec: is missing')
  const annotations = texts(metadata['annotations'], 'metadata.annotations')
  const folder = annotations[FOLDER] ?? ''
  return {
    name: wanted, spec, folder: folder === 'general' ? '' : folder, resourceVersion: textAt(metadata, 'resourceVersion'),
    annotations: Object.fromEntries(Object.entries(annotations).filter(([key]) => !OURS.has(key))),
    labels: Object.fromEntries(Object.entries(texts(metadata['labels'], 'metadata.labels')).filter(([key]) => key !== 'grafana.app/deprecatedInternalID')),
  }
}

function texts(value: unknown, where: string): Texts {
  if (value === undefined || value === null) return {}
  const given = jsonObject(value)
  if (given === undefined || Object.values(given).some(v => typeof v !== 'string')) throw new StatusError(400, 'BadRequest', `${where}: expected texts by their names`)
  return given as Texts
}

/** @see RFC 7396 */
function merged(target: unknown, patch: unknown): unknown {
  const changes = jsonObject(patch)
  if (changes === undefined) return patch
  const out: Record<string, unknown> = { ...jsonObject(target) }
  for (const [key, value] of Object.entries(changes)) {
    if (value === null) delete out[key]
    else out[key] = merged(out[key], value)
  }
  return out
}

/** The same name has the same id for ever. */
function uuidOf(text: string): string {
  const hex = createHash('sha256').update(text).digest('hex')
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-5${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20, 32)}`
}
