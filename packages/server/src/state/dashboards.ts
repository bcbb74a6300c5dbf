import type { Kysely } from 'kysely'
import type { StateTables } from './tables.ts'

/** A dashboard that was saved here. `dashboard` is Grafana's JSON, without `id` and `version`. */
export interface StoredDashboard {
  readonly id: number
  readonly uid: string
  readonly title: string
  readonly version: number
  readonly dashboard: Readonly<Record<string, unknown>>
  /** `''`: in no folder. */
  readonly folderUid: string
  readonly createdMs: number
  readonly updatedMs: number
}

export interface DashboardVersion {
  readonly version: number
  readonly message: string
  readonly createdMs: number
  /** Who saved it; `''` where nobody signs in. */
  readonly createdBy: string
  /** The version that this one brought back; 0: none. */
  readonly restoredFrom: number
  readonly dashboard: Readonly<Record<string, unknown>>
}

/** How a version comes to be. */
export interface SaveDetails {
  /** The version that must be the newest (0: none yet). Absent: whatever is there is followed. */
  readonly expected?: number | undefined
  /** Absent: stays where it is; a new one lies in no folder. */
  readonly folderUid?: string | undefined
  readonly by?: string | undefined
  readonly restoredFrom?: number | undefined
}

/** Dashboards with all their versions. */
export interface DashboardStore {
  get(uid: string): Promise<StoredDashboard | undefined>
  byId(id: number): Promise<StoredDashboard | undefined>
  /** Sorted by title. */
  list(): Promise<StoredDashboard[]>
  /** Stores the next version; resolves to undefined when the newest is not the expected one. */
  save(uid: string, title: string, dashboard: Readonly<Record<string, unknown>>, message: string, details?: SaveDetails): Promise<StoredDashboard | undefined>
  /** Newest first. */
  versions(uid: string): Promise<DashboardVersion[]>
  /** Removes the dashboard with its versions and stars; false when there is none. */
  remove(uid: string): Promise<boolean>
}

/** Versions kept of one dashboard. */
const KEPT_VERSIONS = 100

/** The dashboards of an open, migrated database. */
export function dashboardStore(db: Kysely<StateTables>, nowMs: () => number): DashboardStore {
  const stored = (r: { id: number; uid: string; title: string; version: number; dashboard_json: string; created_ms: number; updated_ms: number; folder_uid: string }): StoredDashboard => ({
    id: r.id, uid: r.uid, title: r.title, version: r.version, dashboard: JSON.parse(r.dashboard_json) as Record<string, unknown>, folderUid: r.folder_uid, createdMs: r.created_ms, updatedMs: r.updated_ms,
  })
  return {
    async get(uid) {
      const row = await db.selectFrom('dashboards').selectAll().where('uid', '=', uid).executeTakeFirst()
      return row === undefined ? undefined : stored(row)
    },
    async byId(id) {
      const row = await db.selectFrom('dashboards').selectAll().where('id', '=', id).executeTakeFirst()
      return row === undefined ? undefined : stored(row)
    },
    async list() {
      return (await db.selectFrom('dashboards').selectAll().orderBy('title').orderBy('uid').execute()).map(stored)
    },
    save: (uid, title, dashboard, message, details = {}) => db.transaction().execute(async tx => {
      const old = await tx.selectFrom('dashboards').select(['version', 'created_ms', 'folder_uid']).where('uid', '=', uid).executeTakeFirst()
      if (details.expected !== undefined && (old?.version ?? 0) !== details.expected) return undefined
      const t = nowMs()
      const version = (old?.version ?? 0) + 1
      const dashboard_json = JSON.stringify(dashboard)
      const folder_uid = details.folderUid ?? old?.folder_uid ?? ''
      await tx.insertInto('dashboards').values({ uid, title, version, dashboard_json, created_ms: old?.created_ms ?? t, updated_ms: t, folder_uid })
        .onConflict(c => c.column('uid').doUpdateSet({ title, version, dashboard_json, updated_ms: t, folder_uid })).execute()
      await tx.insertInto('dashboard_versions').values({ uid, version, dashboard_json, message, created_ms: t, created_by: details.by ?? '', restored_from: details.restoredFrom ?? 0 }).execute()
      await tx.deleteFrom('dashboard_versions').where('uid', '=', uid).where('version', '<=', version - KEPT_VERSIONS).execute()
      return stored(await tx.selectFrom('dashboards').selectAll().where('uid', '=', uid).executeTakeFirstOrThrow())
    }),
    async versions(uid) {
      const rows = await db.selectFrom('dashboard_versions').selectAll().where('uid', '=', uid).orderBy('version', 'desc').execute()
      return rows.map(r => ({
        version: r.version, message: r.message, createdMs: r.created_ms, createdBy: r.created_by, restoredFrom: r.restored_from, dashboard: JSON.parse(r.dashboard_json) as Record<string, unknown>,
      }))
    },
    remove: uid => db.transaction().execute(async tx => {
      await tx.deleteFrom('dashboard_versions').where('uid', '=', uid).execute()
      await tx.deleteFrom('stars').where('dashboard_uid', '=', uid).execute()
      await tx.deleteFrom('resource_notes').where('kind', '=', 'dashboards').where('name', '=', uid).execute()
      const result = await tx.deleteFrom('dashboards').where('uid', '=', uid).executeTakeFirst()
      return result.numDeletedRows > 0n
    }),
  }
}
