import type { Kysely } from 'kysely'
import type { StateTables } from './tables.ts'

/** A folder of dashboards. */
export interface Folder {
  readonly id: number
  readonly uid: string
  readonly title: string
  /** `''`: at the top. */
  readonly parentUid: string
  readonly version: number
  readonly createdMs: number
  readonly updatedMs: number
}

/** The folders in which dashboards lie. */
export interface FolderStore {
  /** Sorted by title. */
  list(): Promise<Folder[]>
  get(uid: string): Promise<Folder | undefined>
  /** Adds a folder, or gives one another title or place and the next version. */
  put(uid: string, title: string, parentUid: string): Promise<Folder>
  /** Removes a folder alone; what lies in it is the caller's to move or remove. */
  remove(uid: string): Promise<boolean>
}

/** Which dashboards a person marked. `user`: `''` where nobody signs in. */
export interface StarStore {
  list(user: string): Promise<string[]>
  set(user: string, dashboardUid: string, starred: boolean): Promise<void>
}

/** The folders of an open, migrated database. */
export function folderStore(db: Kysely<StateTables>, nowMs: () => number): FolderStore {
  const read = (r: { id: number; uid: string; title: string; parent_uid: string; version: number; created_ms: number; updated_ms: number }): Folder => ({
    id: r.id, uid: r.uid, title: r.title, parentUid: r.parent_uid, version: r.version, createdMs: r.created_ms, updatedMs: r.updated_ms,
  })
  return {
    async list() {
      return (await db.selectFrom('folders').selectAll().orderBy('title').orderBy('uid').execute()).map(read)
    },
    async get(uid) {
      const row = await db.selectFrom('folders').selectAll().where('uid', '=', uid).executeTakeFirst()
      return row === undefined ? undefined : read(row)
    },
    put: (uid, title, parentUid) => db.transaction().execute(async tx => {
      const old = await tx.selectFrom('folders').select(['version', 'created_ms']).where('uid', '=', uid).executeTakeFirst()
      const t = nowMs()
      const version = (old?.version ?? 0) + 1
      await tx.insertInto('folders').values({ uid, title, parent_uid: parentUid, version, created_ms: old?.created_ms ?? t, updated_ms: t })
        .onConflict(c => c.column('uid').doUpdateSet({ title, parent_uid: parentUid, version, updated_ms: t })).execute()
      return read(await tx.selectFrom('folders').selectAll().where('uid', '=', uid).executeTakeFirstOrThrow())
    }),
    async remove(uid) {
      await db.deleteFrom('resource_notes').where('kind', '=', 'folders').where('name', '=', uid).execute()
      return (await db.deleteFrom('folders').where('uid', '=', uid).executeTakeFirst()).numDeletedRows > 0n
    },
  }
}

/** The stars of an open, migrated database. */
export function starStore(db: Kysely<StateTables>): StarStore {
  return {
    async list(user) {
      return (await db.selectFrom('stars').select('dashboard_uid').where('user', '=', user).orderBy('dashboard_uid').execute()).map(r => r.dashboard_uid)
    },
    async set(user, dashboardUid, starred) {
      if (starred) await db.insertInto('stars').values({ user, dashboard_uid: dashboardUid }).onConflict(c => c.doNothing()).execute()
      else await db.deleteFrom('stars').where('user', '=', user).where('dashboard_uid', '=', dashboardUid).execute()
    },
  }
}
