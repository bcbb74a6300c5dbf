import type { Kysely, Selectable } from 'kysely'
import type { StateTables } from './tables.ts'

/** A panel (kind 1) or variable (kind 2) that several dashboards use. */
export interface LibraryElement {
  readonly id: number
  readonly uid: string
  readonly name: string
  readonly kind: number
  /** `''`: in no folder. */
  readonly folderUid: string
  /** Grafana's JSON, as it was given. */
  readonly model: Readonly<Record<string, unknown>>
  readonly version: number
  readonly createdMs: number
  readonly updatedMs: number
  /** Who wrote it; `''` where nobody signs in. */
  readonly author: string
}

/** What is written; the store adds the rest. */
export type LibraryDraft = Pick<LibraryElement, 'uid' | 'name' | 'kind' | 'folderUid' | 'model' | 'author'>

/** The library of panels and variables. */
export interface LibraryStore {
  /** Sorted by name. */
  list(): Promise<LibraryElement[]>
  /** The uid is free: the caller made sure. */
  add(draft: LibraryDraft): Promise<LibraryElement>
  /** @returns it with its next version */
  change(id: number, draft: LibraryDraft): Promise<LibraryElement>
  remove(id: number): Promise<void>
}

/** The library of an open, migrated database. */
export function libraryStore(db: Kysely<StateTables>, nowMs: () => number): LibraryStore {
  const read = (r: Selectable<StateTables['library_elements']>): LibraryElement => ({
    id: r.id, uid: r.uid, name: r.name, kind: r.kind, folderUid: r.folder_uid, model: JSON.parse(r.model_json) as Record<string, unknown>, version: r.version, createdMs: r.created_ms,
    updatedMs: r.updated_ms, author: r.author,
  })
  const row = (d: LibraryDraft): { uid: string; name: string; kind: number; folder_uid: string; model_json: string; author: string } => ({
    uid: d.uid, name: d.name, kind: d.kind, folder_uid: d.folderUid, model_json: JSON.stringify(d.model), author: d.author,
  })
  return {
    async list() {
      return (await db.selectFrom('library_elements').selectAll().orderBy('name').orderBy('uid').execute()).map(read)
    },
    async add(draft) {
      const t = nowMs()
      return read(await db.insertInto('library_elements').values({ ...row(draft), version: 1, created_ms: t, updated_ms: t }).returningAll().executeTakeFirstOrThrow())
    },
    async change(id, draft) {
      return read(await db.updateTable('library_elements').set(e => ({ ...row(draft), version: e('version', '+', 1), updated_ms: nowMs() })).where('id', '=', id).returningAll().executeTakeFirstOrThrow())
    },
    async remove(id) {
      await db.deleteFrom('library_elements').where('id', '=', id).execute()
    },
  }
}
