import type { AlertingStore, ContactPoint, DeliveryAttempt, NotificationLogEntry, Silence, StoredAlert } from '@haechi/alerting'
import { sql } from 'kysely'
import type { Kysely } from 'kysely'
import type { RuleEdit } from '../api-types.ts'
import { annotationStore } from './annotations.ts'
import type { AnnotationStore } from './annotations.ts'
import { dataSourceStore } from './data-sources.ts'
import type { DataSourceStore } from './data-sources.ts'
import { dashboardStore } from './dashboards.ts'
import type { DashboardStore } from './dashboards.ts'
import { folderStore, starStore } from './folders.ts'
import { grafanaRuleStore } from './grafana-rules.ts'
import type { GrafanaRuleStore } from './grafana-rules.ts'
import type { FolderStore, StarStore } from './folders.ts'
import { libraryStore } from './library.ts'
import type { LibraryStore } from './library.ts'
import { resourceNoteStore } from './resource-notes.ts'
import type { ResourceNoteStore } from './resource-notes.ts'
import { serviceAccountStore } from './service-accounts.ts'
import type { ServiceAccountStore } from './service-accounts.ts'
import type { StateTables } from './tables.ts'

/** One stored edit of a rule, or a rule that was made here. */
export interface StoredRuleEdit {
  readonly uid: string
  /** Of a rule that was made here everything: its title and unit, too. */
  readonly edit: RuleEdit & { readonly title?: string; readonly unit?: string }
  readonly updatedMs: number
}

/** Who is signed in. `idHash` is the SHA-256 of the cookie's value: who reads the file can't sign in with it. */
export interface SessionStore {
  put(idHash: string, user: string, expiresMs: number): Promise<void>
  /** The user of a session that has not ended. */
  user(idHash: string): Promise<string | undefined>
  remove(idHash: string): Promise<void>
}

/** What people change in the UI, and what alerting remembers. Survives `kill -9` once a method's promise has resolved. */
export interface StateStore {
  readonly alerting: AlertingStore
  /** Those made in the UI, with their secrets. */
  readonly contactPoints: {
    list(): Promise<ContactPoint[]>
    /** Adds or replaces by uid. */
    put(point: ContactPoint): Promise<void>
    remove(uid: string): Promise<boolean>
  }
  readonly ruleEdits: {
    list(): Promise<StoredRuleEdit[]>
    /** Adds or replaces by uid. */
    put(uid: string, edit: StoredRuleEdit['edit']): Promise<void>
    remove(uid: string): Promise<boolean>
  }
  readonly dashboards: DashboardStore
  readonly folders: FolderStore
  readonly grafanaRules: GrafanaRuleStore
  readonly stars: StarStore
  readonly annotations: AnnotationStore
  readonly dataSources: DataSourceStore
  readonly library: LibraryStore
  readonly serviceAccounts: ServiceAccountStore
  readonly resourceNotes: ResourceNoteStore
  readonly settings: {
    /** Undefined when it was never set. */
    get(key: string): Promise<unknown>
    /** `value` must be JSON. */
    set(key: string, value: unknown): Promise<void>
  }
  readonly sessions: SessionStore
  /** Where a damaged file was moved to when this one was opened. */
  readonly movedAside: string | undefined
  close(): Promise<void>
}

/** Attempts to deliver that are kept at most, and for how long at most; forgotten in hundreds. */
export const KEPT_DELIVERIES = 20_000
export const KEPT_DELIVERIES_MS: number = 90 * 86_400_000

/** The stores over an open, migrated database; owns it. */
export function stateStore(db: Kysely<StateTables>, options: { readonly movedAside: string | undefined; readonly nowMs: () => number }): StateStore {
  const { nowMs } = options
  return {
    alerting: alertingStore(db, nowMs),
    contactPoints: {
      async list() {
        const rows = await db.selectFrom('contact_points').selectAll().orderBy('created_ms').orderBy('uid').execute()
        return rows.map(r => ({ ...(JSON.parse(r.settings_json) as object), uid: r.uid, name: r.name, type: r.type as ContactPoint['type'], url: r.url, origin: 'ui' as const }))
      },
      async put({ uid, name, type, url, origin: _origin, ...settings }) {
        const row = { uid, name, type, url, settings_json: JSON.stringify(settings), created_ms: nowMs() }
        await db.insertInto('contact_points').values(row).onConflict(c => c.column('uid').doUpdateSet({ name, type, url, settings_json: row.settings_json })).execute()
      },
      remove: async uid => changed(await db.deleteFrom('contact_points').where('uid', '=', uid).executeTakeFirst()),
    },
    ruleEdits: {
      async list() {
        const rows = await db.selectFrom('rule_edits').selectAll().orderBy('uid').execute()
        return rows.map(r => ({ uid: r.uid, edit: JSON.parse(r.edit_json) as StoredRuleEdit['edit'], updatedMs: r.updated_ms }))
      },
      async put(uid, edit) {
        const row = { uid, edit_json: JSON.stringify(edit), updated_ms: nowMs() }
        await db.insertInto('rule_edits').values(row).onConflict(c => c.column('uid').doUpdateSet({ edit_json: row.edit_json, updated_ms: row.updated_ms })).execute()
      },
      remove: async uid => changed(await db.deleteFrom('rule_edits').where('uid', '=', uid).executeTakeFirst()),
    },
    dashboards: dashboardStore(db, nowMs),
    folders: folderStore(db, nowMs),
    grafanaRules: grafanaRuleStore(db, nowMs),
    stars: starStore(db),
    annotations: annotationStore(db, nowMs),
    dataSources: dataSourceStore(db),
    library: libraryStore(db, nowMs),
    serviceAccounts: serviceAccountStore(db, nowMs),
    resourceNotes: resourceNoteStore(db),
    settings: {
      async get(key) {
        const row = await db.selectFrom('settings').selectAll().where('key', '=', key).executeTakeFirst()
        return row === undefined ? undefined : JSON.parse(row.value_json)
      },
      async set(key, value) {
        const row = { key, value_json: JSON.stringify(value) }
        await db.insertInto('settings').values(row).onConflict(c => c.column('key').doUpdateSet({ value_json: row.value_json })).execute()
      },
    },
    sessions: {
      async put(idHash, user, expiresMs) {
        await db.deleteFrom('sessions').where('expires_ms', '<=', nowMs()).execute()
        await db.insertInto('sessions').values({ id_hash: idHash, user, created_ms: nowMs(), expires_ms: expiresMs }).execute()
      },
      async user(idHash) {
        const row = await db.selectFrom('sessions').select('user').where('id_hash', '=', idHash).where('expires_ms', '>', nowMs()).executeTakeFirst()
        return row?.user
      },
      async remove(idHash) {
        await db.deleteFrom('sessions').where('id_hash', '=', idHash).execute()
      },
    },
    movedAside: options.movedAside,
    close: () => db.destroy(),
  }
}

function changed(result: { readonly numDeletedRows: bigint } | undefined): boolean {
  return (result?.numDeletedRows ?? 0n) > 0n
}

async function forgetOld(db: Kysely<StateTables>, beforeMs: number, upToId = 0): Promise<void> {
  await db.deleteFrom('deliveries').where(e => e.or([e('id', '<=', upToId), e('t_ms', '<', beforeMs)])).execute()
}

function alertingStore(db: Kysely<StateTables>, nowMs: () => number): AlertingStore {
  // Rules that run at the same moment tell their alerts one by one: one transaction for all of a turn.
  let waiting: StoredAlert[] | undefined
  let stored: Promise<void> = Promise.resolve()
  const putTogether = (alerts: readonly StoredAlert[]): Promise<void> => db.transaction().execute(async tx => {
    for (const a of alerts) {
      const row = { fingerprint: a.fingerprint, alert_json: JSON.stringify(a), updated_ms: a.updatedAtMs }
      await tx.insertInto('alerts').values(row).onConflict(c => c.column('fingerprint').doUpdateSet({ alert_json: row.alert_json, updated_ms: row.updated_ms })).execute()
    }
  })
  return {
    async load() {
      await forgetOld(db, nowMs() - KEPT_DELIVERIES_MS)
      const alerts = await db.selectFrom('alerts').select('alert_json').orderBy('fingerprint').execute()
      const log = await db.selectFrom('notification_log').select('entry_json').orderBy('group_key').execute()
      return { alerts: alerts.map(r => JSON.parse(r.alert_json) as StoredAlert), log: log.map(r => JSON.parse(r.entry_json) as NotificationLogEntry) }
    },
    putAlerts(alerts) {
      if (waiting === undefined) {
        const together: StoredAlert[] = []
        waiting = together
        stored = new Promise<void>(resolve => setImmediate(resolve)).then(() => {
          waiting = undefined
          return putTogether(together)
        })
      }
      waiting.push(...alerts)
      return stored
    },
    async deleteAlerts(fingerprints) {
      await db.transaction().execute(async tx => {
        for (const f of fingerprints) await tx.deleteFrom('alerts').where('fingerprint', '=', f).execute()
      })
    },
    async putLog(entry) {
      const row = { group_key: entry.groupKey, contact_point_uid: entry.contactPointUid, entry_json: JSON.stringify(entry), expires_ms: entry.expiresMs }
      await db.insertInto('notification_log').values(row)
        .onConflict(c => c.columns(['group_key', 'contact_point_uid']).doUpdateSet({ entry_json: row.entry_json, expires_ms: row.expires_ms })).execute()
    },
    async deleteLog(groupKey, contactPointUid) {
      await db.deleteFrom('notification_log').where('group_key', '=', groupKey).where('contact_point_uid', '=', contactPointUid).execute()
    },
    async addDelivery(attempt) {
      const row = { t_ms: attempt.tMs, attempt_json: JSON.stringify(attempt), contact_point: attempt.contactPoint, status: attempt.status, ok: attempt.ok ? 1 : 0, alert_names: `\n${(attempt.alertNames ?? []).join('\n')}\n` }
      const { id } = await db.insertInto('deliveries').values(row).returning('id').executeTakeFirstOrThrow()
      if (id % 100 === 0) await forgetOld(db, nowMs() - KEPT_DELIVERIES_MS, id - KEPT_DELIVERIES)
      return id
    },
    async deliveries(q) {
      let asked = db.selectFrom('deliveries').select(['id', 'attempt_json'])
      if (q.fromMs !== undefined) asked = asked.where('t_ms', '>=', q.fromMs)
      if (q.beforeId !== undefined) asked = asked.where('id', '<', q.beforeId)
      if (q.toMs !== undefined) asked = asked.where('t_ms', '<=', q.toMs)
      if (q.contactPoint !== undefined) asked = asked.where('contact_point', '=', q.contactPoint)
      if (q.status !== undefined) asked = asked.where('status', '=', q.status)
      if (q.ok !== undefined) asked = asked.where('ok', '=', q.ok ? 1 : 0)
      if (q.alertName !== undefined) asked = asked.where(sql`instr(alert_names, ${`\n${q.alertName}\n`})`, '>', 0)
      const rows = await asked.orderBy('id', 'desc').limit(q.limit).execute()
      return rows.map(r => ({ ...(JSON.parse(r.attempt_json) as DeliveryAttempt), id: r.id }))
    },
    async loadSilences() {
      return (await db.selectFrom('silences').select('silence_json').orderBy('id').execute()).map(r => JSON.parse(r.silence_json) as Silence)
    },
    async putSilence(silence) {
      const row = { id: silence.id, silence_json: JSON.stringify(silence), ends_ms: silence.endsAtMs }
      await db.insertInto('silences').values(row).onConflict(c => c.column('id').doUpdateSet({ silence_json: row.silence_json, ends_ms: row.ends_ms })).execute()
    },
    async deleteSilences(ids) {
      await db.transaction().execute(async tx => {
        for (const id of ids) await tx.deleteFrom('silences').where('id', '=', id).execute()
      })
    },
  }
}
