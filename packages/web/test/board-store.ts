import { BOARD } from './board.ts'
import { CROWDED_BOARD, HOSTILE_BOARD, longBoard } from './hostile-boards.ts'

type Json = Record<string, unknown>

/** An annotation as Grafana's API has it. */
interface KeptNote { readonly id: number; readonly time: number; readonly timeEnd: number; readonly text: string; readonly tags: readonly string[]; readonly dashboardUID: string | null; readonly panelId: number }

interface Stored { readonly dashboard: Json; readonly message: string; readonly restoredFrom: number; readonly tMs: number }

/** Boards as a server keeps them: versions, folders, stars; for the browser test only. Undefined: not a path of theirs. */
export interface BoardStore {
  answer(method: string, path: string, body: string): { readonly status: number; readonly body: unknown } | undefined
}

/** Starts with one built-in board that nobody has saved. Every unknown uid is that board, so that links from anywhere open. */
export function boardStore(): BoardStore {
  const versions = new Map<string, Stored[]>([HOSTILE_BOARD, CROWDED_BOARD, longBoard(3000)].map(b => [String(b['uid']), [{ dashboard: b, message: '', restoredFrom: 0, tMs: 0 }]]))
  const stars = new Set<string>()
  const folders: { uid: string; title: string }[] = [{ uid: 'team', title: 'Team' }]
  const folderOf = new Map<string, string>()
  const notes = new Map<number, KeptNote>()
  let noteId = 0
  const ok = (body: unknown): { status: number; body: unknown } => ({ status: 200, body })
  const newest = (uid: string): Stored | undefined => versions.get(uid)?.at(-1)
  const save = (uid: string, dashboard: Json, message: string, restoredFrom = 0): Json => {
    const list = versions.get(uid) ?? []
    versions.set(uid, [...list, { dashboard: { ...dashboard, uid, version: list.length + 1 }, message, restoredFrom, tMs: Date.now() }])
    return { status: 'success', uid, version: list.length + 1, folderUid: folderOf.get(uid) ?? '' }
  }
  return {
    answer(method, path, body) {
      const json = body === '' ? {} : (JSON.parse(body) as Json)
      if (path === '/api/dashboards/db') {
        const board = json['dashboard'] as Json
        const uid = String(board['uid'] ?? '') || `new${versions.size + 1}`
        if (json['overwrite'] !== true && newest(uid) !== undefined && board['version'] !== newest(uid)!.dashboard['version']) return { status: 412, body: { message: 'The dashboard has been changed by someone else', status: 'version-mismatch' } }
        folderOf.set(uid, String(json['folderUid'] ?? ''))
        return ok(save(uid, board, String(json['message'] ?? '')))
      }
      const star = /^\/api\/user\/stars\/dashboard\/uid\/(.+)$/.exec(path)
      if (star !== null) {
        if (method === 'POST') stars.add(star[1]!)
        else stars.delete(star[1]!)
        return ok({ message: 'ok' })
      }
      if (path === '/api/annotations/tags') return ok({ result: { tags: [{ tag: 'deploy', count: 1 }] } })
      if (path === '/api/annotations' && method === 'POST') {
        notes.set(++noteId, { id: noteId, time: Number(json['time']), timeEnd: Number(json['timeEnd']), text: String(json['text']), tags: json['tags'] as string[], dashboardUID: (json['dashboardUID'] as string | undefined) ?? null, panelId: Number(json['panelId'] ?? 0) })
        return ok({ id: noteId, message: 'Annotation added' })
      }
      if (path === '/api/annotations') return ok([...notes.values()].filter(n => n.dashboardUID === 'notes'))
      const changed = /^\/api\/annotations\/(\d+)$/.exec(path)
      if (changed !== null) {
        const id = Number(changed[1])
        if (method === 'DELETE') notes.delete(id)
        else notes.set(id, { ...notes.get(id)!, ...(json as Partial<KeptNote>) })
        return ok({ message: 'ok' })
      }
      if (path === '/api/search') return ok(folders)
      if (path === '/api/folders') {
        const made = { uid: `f${folders.length}`, title: String(json['title']) }
        folders.push(made)
        return ok(made)
      }
      const of = /^\/api\/dashboards\/uid\/([^/]+)(\/.*)?$/.exec(path)
      if (of === null) return undefined
      const [, uid = '', rest = ''] = of
      if (uid === 'missing') return { status: 404, body: { message: 'Dashboard not found' } }
      const list = versions.get(uid) ?? []
      if (rest === '/versions') return ok({ versions: list.map((v, i) => ({ version: i + 1, created: new Date(v.tMs).toISOString(), createdBy: '', message: v.message, restoredFrom: v.restoredFrom })).reverse() })
      const one = /^\/versions\/(\d+)$/.exec(rest)
      if (one !== null) return ok({ data: list[Number(one[1]) - 1]!.dashboard })
      if (rest === '/restore') return ok(save(uid, list[Number(json['version']) - 1]!.dashboard, '', Number(json['version'])))
      return ok({ dashboard: newest(uid)?.dashboard ?? { ...(BOARD as Json), uid }, meta: { canSave: uid !== 'from-file', canDelete: list.length > 0, isStarred: stars.has(uid), folderUid: folderOf.get(uid) ?? '' } })
    },
  }
}
