import type { Kysely, Selectable } from 'kysely'
import type { StateTables } from './tables.ts'

/** A data source beside our own storage, as Grafana's API writes it. */
export interface StoredDataSource {
  readonly id: number
  readonly uid: string
  readonly name: string
  readonly settings: DataSourceSettings
  /** Passwords and header values by their names; never shown. */
  readonly secrets: Readonly<Record<string, string>>
  readonly version: number
}

/** What a data source is apart from its names. */
export interface DataSourceSettings {
  readonly type: string
  readonly access: string
  readonly url: string
  readonly user: string
  readonly database: string
  readonly basicAuth: boolean
  readonly basicAuthUser: string
  readonly withCredentials: boolean
  readonly isDefault: boolean
  readonly jsonData: Readonly<Record<string, unknown>>
  /** The file that it comes from, and whether it may be changed here until that is read again. */
  readonly provisioned?: { readonly file: string; readonly editable: boolean }
}

/** Data sources that were added on the page, by clients of Grafana's API, or by provisioning files. */
export interface DataSourceStore {
  /** Sorted by name. */
  list(): Promise<StoredDataSource[]>
  /** Uid and name are free: the caller made sure. @returns it with its id */
  add(source: Omit<StoredDataSource, 'id' | 'version'>): Promise<StoredDataSource>
  /** @returns it with its next version */
  change(id: number, source: Omit<StoredDataSource, 'id' | 'version'>): Promise<StoredDataSource>
  remove(id: number): Promise<boolean>
  /** Whether there is one with this uid, by what was listed or changed last; for who can't wait. */
  has(uid: string): boolean
}

/** The data sources of an open, migrated database. */
export function dataSourceStore(db: Kysely<StateTables>): DataSourceStore {
  const read = (r: Selectable<StateTables['data_sources']>): StoredDataSource => ({
    id: r.id, uid: r.uid, name: r.name, settings: JSON.parse(r.settings_json) as DataSourceSettings, secrets: JSON.parse(r.secrets_json) as Record<string, string>, version: r.version,
  })
  const row = (s: Omit<StoredDataSource, 'id' | 'version'>): { uid: string; name: string; settings_json: string; secrets_json: string } => ({
    uid: s.uid, name: s.name, settings_json: JSON.stringify(s.settings), secrets_json: JSON.stringify(s.secrets),
  })
  // Nobody else writes here, so what was read once holds until something is written.
  let known: Promise<StoredDataSource[]> | undefined
  let uids: ReadonlySet<string> = new Set()
  const list = (): Promise<StoredDataSource[]> => {
    const asked = (known ??= (async () => {
      const all = (await db.selectFrom('data_sources').selectAll().orderBy('name').execute()).map(read)
      uids = new Set(all.map(s => s.uid))
      return all
    })())
    asked.catch(() => { known = undefined })
    return asked
  }
  const written = async <T>(change: Promise<T>): Promise<T> => {
    try {
      return await change
    } finally {
      known = undefined
      await list().catch(() => undefined)
    }
  }
  return {
    list: async () => [...await list()],
    has: uid => uids.has(uid),
    async add(source) {
      return read(await written(db.insertInto('data_sources').values({ ...row(source), version: 1 }).returningAll().executeTakeFirstOrThrow()))
    },
    async change(id, source) {
      return read(await written(db.updateTable('data_sources').set(e => ({ ...row(source), version: e('version', '+', 1) })).where('id', '=', id).returningAll().executeTakeFirstOrThrow()))
    },
    async remove(id) {
      return (await written(db.deleteFrom('data_sources').where('id', '=', id).executeTakeFirst())).numDeletedRows > 0n
    },
  }
}
