import type { Kysely } from 'kysely'
import type { StateTables } from './tables.ts'

/** What notes can be about. */
export type ResourceKind = 'dashboards' | 'folders'

type Texts = Readonly<Record<string, string>>

/** What clients of `/apis` write beside a dashboard or folder: who manages it, from which file it came. Kept as it was given. */
export interface ResourceNoteStore {
  /** Of all things of a kind, by name. */
  list(kind: ResourceKind): Promise<ReadonlyMap<string, { readonly annotations: Texts; readonly labels: Texts }>>
  /** They go with the dashboard or folder. */
  put(kind: ResourceKind, name: string, annotations: Texts, labels: Texts): Promise<void>
}

/** The notes of an open, migrated database. */
export function resourceNoteStore(db: Kysely<StateTables>): ResourceNoteStore {
  return {
    async list(kind) {
      const rows = await db.selectFrom('resource_notes').selectAll().where('kind', '=', kind).execute()
      return new Map(rows.map(r => [r.name, { annotations: JSON.parse(r.annotations_json) as Texts, labels: JSON.parse(r.labels_json) as Texts }]))
    },
    async put(kind, name, annotations, labels) {
      const row = { annotations_json: JSON.stringify(annotations), labels_json: JSON.stringify(labels) }
      await db.insertInto('resource_notes').values({ kind, name, ...row }).onConflict(c => c.columns(['kind', 'name']).doUpdateSet(row)).execute()
    },
  }
}
