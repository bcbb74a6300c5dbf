import type { GrafanaRule, GrafanaStateStore, Provenance, StoredInstance } from '@haechi/rules'
import type { Kysely } from 'kysely'
import type { StateTables } from './tables.ts'

/** A Grafana-managed rule that was made here or over the API. */
export interface StoredGrafanaRule {
  readonly id: number
  readonly rule: GrafanaRule
  /** Of its group. */
  readonly intervalMs: number
  readonly provenance: Provenance
  readonly updatedMs: number
}

/** Rules, and what is known about their alerts. */
export interface GrafanaRuleStore extends GrafanaStateStore {
  /** In the order in which they were made. */
  rules(): Promise<StoredGrafanaRule[]>
  /** Adds or replaces by uid, and removes others, all or nothing. */
  change(put: readonly Omit<StoredGrafanaRule, 'id' | 'updatedMs'>[], remove: readonly string[]): Promise<void>
}

/** The rules of an open, migrated database. */
export function grafanaRuleStore(db: Kysely<StateTables>, nowMs: () => number): GrafanaRuleStore {
  return {
    async rules() {
      const rows = await db.selectFrom('grafana_rules').selectAll().orderBy('id').execute()
      return rows.map(r => ({ id: r.id, rule: readRule(r.rule_json), intervalMs: r.interval_ms, provenance: r.provenance as Provenance, updatedMs: r.updated_ms }))
    },
    change: (put, remove) => db.transaction().execute(async tx => {
      for (const uid of remove) await tx.deleteFrom('grafana_rules').where('uid', '=', uid).execute()
      for (const p of put) {
        const row = { rule_json: JSON.stringify(p.rule), interval_ms: p.intervalMs, provenance: p.provenance, updated_ms: nowMs() }
        await tx.insertInto('grafana_rules').values({ uid: p.rule.uid, ...row }).onConflict(c => c.column('uid').doUpdateSet(row)).execute()
      }
    }),
    async load() {
      const rows = await db.selectFrom('grafana_rule_states').selectAll().orderBy('rule_uid').execute()
      return rows.map(r => ({ ruleUid: r.rule_uid, version: r.version, instances: JSON.parse(r.instances_json) as StoredInstance[] }))
    },
    save: states => db.transaction().execute(async tx => {
      for (const s of states) {
        if (s.instances.length === 0) {
          await tx.deleteFrom('grafana_rule_states').where('rule_uid', '=', s.ruleUid).execute()
          continue
        }
        const row = { version: s.version, instances_json: JSON.stringify(s.instances) }
        await tx.insertInto('grafana_rule_states').values({ rule_uid: s.ruleUid, ...row }).onConflict(c => c.column('rule_uid').doUpdateSet(row)).execute()
      }
    }),
  }
}

/** JSON leaves out what is undefined. */
function readRule(text: string): GrafanaRule {
  const rule = JSON.parse(text) as GrafanaRule
  return { ...rule, missingSeriesEvalsToResolve: rule.missingSeriesEvalsToResolve, notificationSettings: rule.notificationSettings, record: rule.record }
}
