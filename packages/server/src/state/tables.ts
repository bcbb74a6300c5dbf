import { sql } from 'kysely'
import type { Generated, Kysely, Migration } from 'kysely'

/** The rows of the state database. Members that end in `json` hold JSON texts; times are Unix ms. */
export interface StateTables {
  contact_points: { uid: string; name: string; type: string; url: string; settings_json: string; created_ms: number }
  rule_edits: { uid: string; edit_json: string; updated_ms: number }
  notification_log: { group_key: string; contact_point_uid: string; entry_json: string; expires_ms: number }
  /** `alert_names`: one per line, each between line feeds, so that one is found as a whole. `ok`: 0 or 1. */
  deliveries: { id: Generated<number>; t_ms: number; attempt_json: string; contact_point: string; status: string; ok: number; alert_names: string }
  alerts: { fingerprint: string; alert_json: string; updated_ms: number }
  dashboards: { uid: string; id: Generated<number>; title: string; version: number; dashboard_json: string; created_ms: number; updated_ms: number; folder_uid: string }
  dashboard_versions: { uid: string; version: number; dashboard_json: string; message: string; created_ms: number; created_by: string; restored_from: number }
  folders: { id: Generated<number>; uid: string; title: string; parent_uid: string; version: number; created_ms: number; updated_ms: number }
  stars: { user: string; dashboard_uid: string }
  settings: { key: string; value_json: string }
  sessions: { id_hash: string; user: string; created_ms: number; expires_ms: number }
  silences: { id: string; silence_json: string; ends_ms: number }
  grafana_rules: { id: Generated<number>; uid: string; rule_json: string; interval_ms: number; provenance: string; updated_ms: number }
  annotations: { id: Generated<number>; dashboard_uid: string; panel_id: number; from_ms: number; to_ms: number; text: string; tags_json: string; author: string; created_ms: number; updated_ms: number }
  data_sources: { id: Generated<number>; uid: string; name: string; settings_json: string; secrets_json: string; version: number }
  library_elements: { id: Generated<number>; uid: string; name: string; kind: number; folder_uid: string; model_json: string; version: number; created_ms: number; updated_ms: number; author: string }
  service_accounts: { id: Generated<number>; name: string; role: string; disabled: number; created_ms: number }
  api_tokens: { id: Generated<number>; account_id: number; name: string; hash: string; created_ms: number; expires_ms: number; used_ms: number }
  resource_notes: { kind: string; name: string; annotations_json: string; labels_json: string }
  grafana_rule_states: { rule_uid: string; version: string; instances_json: string }
}

/** The steps that lead from an empty file to {@link StateTables}. A released step is never changed; a change is a new step. */
export const MIGRATIONS: Readonly<Record<string, Migration>> = {
  '0001_first': {
    async up(db: Kysely<unknown>) {
      await db.schema.createTable('contact_points')
        .addColumn('uid', 'text', c => c.primaryKey()).addColumn('name', 'text', c => c.notNull()).addColumn('type', 'text', c => c.notNull())
        .addColumn('url', 'text', c => c.notNull()).addColumn('settings_json', 'text', c => c.notNull()).addColumn('created_ms', 'integer', c => c.notNull()).execute()
      await db.schema.createTable('rule_edits')
        .addColumn('uid', 'text', c => c.primaryKey()).addColumn('edit_json', 'text', c => c.notNull()).addColumn('updated_ms', 'integer', c => c.notNull()).execute()
      await db.schema.createTable('notification_log')
        .addColumn('group_key', 'text', c => c.notNull()).addColumn('contact_point_uid', 'text', c => c.notNull()).addColumn('entry_json', 'text', c => c.notNull())
        .addColumn('expires_ms', 'integer', c => c.notNull()).addPrimaryKeyConstraint('notification_log_key', ['group_key', 'contact_point_uid']).execute()
      await db.schema.createTable('deliveries')
        .addColumn('id', 'integer', c => c.primaryKey().autoIncrement()).addColumn('t_ms', 'integer', c => c.notNull()).addColumn('attempt_json', 'text', c => c.notNull()).execute()
      await db.schema.createTable('alerts')
        .addColumn('fingerprint', 'text', c => c.primaryKey()).addColumn('alert_json', 'text', c => c.notNull()).addColumn('updated_ms', 'integer', c => c.notNull()).execute()
      await db.schema.createTable('dashboards')
        .addColumn('id', 'integer', c => c.primaryKey().autoIncrement()).addColumn('uid', 'text', c => c.notNull().unique()).addColumn('title', 'text', c => c.notNull())
        .addColumn('version', 'integer', c => c.notNull()).addColumn('dashboard_json', 'text', c => c.notNull()).addColumn('created_ms', 'integer', c => c.notNull())
        .addColumn('updated_ms', 'integer', c => c.notNull()).execute()
      await db.schema.createTable('dashboard_versions')
        .addColumn('uid', 'text', c => c.notNull()).addColumn('version', 'integer', c => c.notNull()).addColumn('dashboard_json', 'text', c => c.notNull())
        .addColumn('message', 'text', c => c.notNull()).addColumn('created_ms', 'integer', c => c.notNull()).addPrimaryKeyConstraint('dashboard_versions_key', ['uid', 'version']).execute()
      await db.schema.createTable('settings').addColumn('key', 'text', c => c.primaryKey()).addColumn('value_json', 'text', c => c.notNull()).execute()
      await db.schema.createTable('sessions')
        .addColumn('id_hash', 'text', c => c.primaryKey()).addColumn('user', 'text', c => c.notNull()).addColumn('created_ms', 'integer', c => c.notNull())
        .addColumn('expires_ms', 'integer', c => c.notNull()).execute()
    },
  },
  '0002_silences': {
    async up(db: Kysely<unknown>) {
      await db.schema.createTable('silences')
        .addColumn('id', 'text', c => c.primaryKey()).addColumn('silence_json', 'text', c => c.notNull()).addColumn('ends_ms', 'integer', c => c.notNull()).execute()
    },
  },
  '0003_folders_stars': {
    async up(db: Kysely<unknown>) {
      await db.schema.createTable('folders')
        .addColumn('id', 'integer', c => c.primaryKey().autoIncrement()).addColumn('uid', 'text', c => c.notNull().unique()).addColumn('title', 'text', c => c.notNull())
        .addColumn('parent_uid', 'text', c => c.notNull()).addColumn('version', 'integer', c => c.notNull()).addColumn('created_ms', 'integer', c => c.notNull())
        .addColumn('updated_ms', 'integer', c => c.notNull()).execute()
      await db.schema.createTable('stars')
        .addColumn('user', 'text', c => c.notNull()).addColumn('dashboard_uid', 'text', c => c.notNull()).addPrimaryKeyConstraint('stars_key', ['user', 'dashboard_uid']).execute()
      await db.schema.alterTable('dashboards').addColumn('folder_uid', 'text', c => c.notNull().defaultTo('')).execute()
      await db.schema.alterTable('dashboard_versions').addColumn('created_by', 'text', c => c.notNull().defaultTo('')).execute()
      await db.schema.alterTable('dashboard_versions').addColumn('restored_from', 'integer', c => c.notNull().defaultTo(0)).execute()
    },
  },
  '0004_grafana_rules': {
    async up(db: Kysely<unknown>) {
      await db.schema.createTable('grafana_rules')
        .addColumn('id', 'integer', c => c.primaryKey().autoIncrement()).addColumn('uid', 'text', c => c.notNull().unique()).addColumn('rule_json', 'text', c => c.notNull())
        .addColumn('interval_ms', 'integer', c => c.notNull()).addColumn('provenance', 'text', c => c.notNull()).addColumn('updated_ms', 'integer', c => c.notNull()).execute()
      await db.schema.createTable('grafana_rule_states')
        .addColumn('rule_uid', 'text', c => c.primaryKey()).addColumn('version', 'text', c => c.notNull()).addColumn('instances_json', 'text', c => c.notNull()).execute()
    },
  },
  '0005_annotations': {
    async up(db: Kysely<unknown>) {
      await db.schema.createTable('annotations')
        .addColumn('id', 'integer', c => c.primaryKey().autoIncrement()).addColumn('dashboard_uid', 'text', c => c.notNull()).addColumn('panel_id', 'integer', c => c.notNull())
        .addColumn('from_ms', 'integer', c => c.notNull()).addColumn('to_ms', 'integer', c => c.notNull()).addColumn('text', 'text', c => c.notNull())
        .addColumn('tags_json', 'text', c => c.notNull()).addColumn('author', 'text', c => c.notNull()).addColumn('created_ms', 'integer', c => c.notNull())
        .addColumn('updated_ms', 'integer', c => c.notNull()).execute()
      await db.schema.createIndex('annotations_from').on('annotations').column('from_ms').execute()
    },
  },
  '0006_grafana_api': {
    async up(db: Kysely<unknown>) {
      await db.schema.createTable('data_sources')
        .addColumn('id', 'integer', c => c.primaryKey().autoIncrement()).addColumn('uid', 'text', c => c.notNull().unique()).addColumn('name', 'text', c => c.notNull().unique())
        .addColumn('settings_json', 'text', c => c.notNull()).addColumn('secrets_json', 'text', c => c.notNull()).addColumn('version', 'integer', c => c.notNull()).execute()
      await db.schema.createTable('library_elements')
        .addColumn('id', 'integer', c => c.primaryKey().autoIncrement()).addColumn('uid', 'text', c => c.notNull().unique()).addColumn('name', 'text', c => c.notNull())
        .addColumn('kind', 'integer', c => c.notNull()).addColumn('folder_uid', 'text', c => c.notNull()).addColumn('model_json', 'text', c => c.notNull())
        .addColumn('version', 'integer', c => c.notNull()).addColumn('created_ms', 'integer', c => c.notNull()).addColumn('updated_ms', 'integer', c => c.notNull())
        .addColumn('author', 'text', c => c.notNull()).execute()
      await db.schema.createTable('service_accounts')
        .addColumn('id', 'integer', c => c.primaryKey().autoIncrement()).addColumn('name', 'text', c => c.notNull().unique()).addColumn('role', 'text', c => c.notNull())
        .addColumn('disabled', 'integer', c => c.notNull()).addColumn('created_ms', 'integer', c => c.notNull()).execute()
      await db.schema.createTable('api_tokens')
        .addColumn('id', 'integer', c => c.primaryKey().autoIncrement()).addColumn('account_id', 'integer', c => c.notNull()).addColumn('name', 'text', c => c.notNull())
        .addColumn('hash', 'text', c => c.notNull().unique()).addColumn('created_ms', 'integer', c => c.notNull()).addColumn('expires_ms', 'integer', c => c.notNull())
        .addColumn('used_ms', 'integer', c => c.notNull()).execute()
      await db.schema.createTable('resource_notes')
        .addColumn('kind', 'text', c => c.notNull()).addColumn('name', 'text', c => c.notNull()).addColumn('annotations_json', 'text', c => c.notNull())
        .addColumn('labels_json', 'text', c => c.notNull()).addPrimaryKeyConstraint('resource_notes_key', ['kind', 'name']).execute()
    },
  },
  '0007_delivery_columns': {
    async up(db: Kysely<unknown>) {
      for (const name of ['contact_point', 'status', 'alert_names'] as const) await db.schema.alterTable('deliveries').addColumn(name, 'text', c => c.notNull().defaultTo('')).execute()
      await db.schema.alterTable('deliveries').addColumn('ok', 'integer', c => c.notNull().defaultTo(0)).execute()
      await sql`UPDATE deliveries SET contact_point = coalesce(json_extract(attempt_json, '$.contactPoint'), ''), status = coalesce(json_extract(attempt_json, '$.status'), ''), ok = coalesce(json_extract(attempt_json, '$.ok'), 0),
        alert_names = coalesce((SELECT char(10) || group_concat(value, char(10)) || char(10) FROM json_each(attempt_json, '$.alertNames')), '')`.execute(db)
      await db.schema.createIndex('deliveries_time').on('deliveries').column('t_ms').execute()
    },
  },
}
