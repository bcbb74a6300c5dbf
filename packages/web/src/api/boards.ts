import type { GrafanaDashboardJson } from '../state/view-types.ts'
import { getJson, sendJson } from './client.ts'
import { boardPath } from './first-paths.ts'

/** What the server says about a board beside its JSON; Grafana's `meta`. */
export interface BoardMeta {
  /** False for boards that come from a file. */
  readonly canSave?: boolean
  /** A saved version exists that can be removed. */
  readonly canDelete?: boolean
  readonly provisioned?: boolean
  /** It came with the program. */
  readonly builtIn?: boolean
  readonly isStarred?: boolean
  readonly version?: number
  readonly folderUid?: string
  readonly folderTitle?: string
  readonly url?: string
}

/** GET /api/dashboards/uid/:uid */
export interface BoardAnswer {
  readonly dashboard: GrafanaDashboardJson
  readonly meta: BoardMeta
}

/** One line of a board's history, newest first. */
export interface BoardVersion {
  readonly version: number
  /** ISO 8601. */
  readonly created: string
  readonly createdBy: string
  readonly message: string
  readonly restoredFrom: number
}

export interface BoardFolder { readonly uid: string; readonly title: string; readonly parentUid?: string }

/** The answer to a save. */
export interface SavedBoard { readonly uid: string; readonly version: number; readonly folderUid: string }

const of = (uid: string): string => `api/dashboards/uid/${encodeURIComponent(uid)}`

/** One dashboard with what the server knows about it. `lang` chooses the texts of built-in boards. */
export async function getBoardAnswer(uid: string, language: string, signal?: AbortSignal): Promise<BoardAnswer> {
  const answer = await getJson<BoardAnswer>(boardPath(uid, language), {}, signal)
  return { dashboard: answer.dashboard, meta: answer.meta ?? {} }
}

/** POST /api/dashboards/db. `overwrite`: whatever was saved in between. @throws ApiFailure with status 412 when somebody else saved */
export function saveBoard(dashboard: GrafanaDashboardJson, how: { readonly folderUid: string; readonly message: string; readonly overwrite: boolean }): Promise<SavedBoard> {
  return sendJson<SavedBoard>('POST', 'api/dashboards/db', { dashboard, ...how })
}

/** DELETE /api/dashboards/uid/:uid: of a built-in board, the saved one that stands in for it. */
export function removeBoard(uid: string): Promise<unknown> {
  return sendJson('DELETE', of(uid))
}

export async function getVersions(uid: string, signal?: AbortSignal): Promise<readonly BoardVersion[]> {
  return (await getJson<{ readonly versions: readonly BoardVersion[] }>(`${of(uid)}/versions`, {}, signal)).versions
}

/** The JSON of one version. */
export async function getVersion(uid: string, version: number, signal?: AbortSignal): Promise<GrafanaDashboardJson> {
  return (await getJson<{ readonly data: GrafanaDashboardJson }>(`${of(uid)}/versions/${version}`, {}, signal)).data
}

export function restoreVersion(uid: string, version: number): Promise<SavedBoard> {
  return sendJson<SavedBoard>('POST', `${of(uid)}/restore`, { version })
}

/** All folders, flat. */
export async function getFolders(signal?: AbortSignal): Promise<readonly BoardFolder[]> {
  const hits = await getJson<readonly { readonly uid: string; readonly title: string; readonly folderUid?: string }[]>('api/search', { type: 'dash-folder', limit: 5000 }, signal)
  return hits.map(h => ({ uid: h.uid, title: h.title, ...(h.folderUid === undefined ? {} : { parentUid: h.folderUid }) }))
}

export function makeFolder(title: string): Promise<BoardFolder> {
  return sendJson<BoardFolder>('POST', 'api/folders', { title })
}

/** Renames a folder, whatever version it is of. */
export function renameFolder(uid: string, title: string): Promise<unknown> {
  return sendJson('PUT', `api/folders/${encodeURIComponent(uid)}`, { title, overwrite: true })
}

/** Removes a folder with the boards in it. */
export function removeFolder(uid: string): Promise<unknown> {
  return sendJson('DELETE', `api/folders/${encodeURIComponent(uid)}`)
}

export function setStar(uid: string, starred: boolean): Promise<unknown> {
  return sendJson(starred ? 'POST' : 'DELETE', `api/user/stars/dashboard/uid/${encodeURIComponent(uid)}`)
}
