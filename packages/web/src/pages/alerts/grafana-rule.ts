import type { GrafanaRuleSummary } from '@haechi/server'
import { holdText, parseHold } from '../../format/time.ts'
import { newNode, nodeJson, nodesOf } from './rule-nodes.ts'
import type { RuleNode } from './rule-nodes.ts'
import { pairsOf, recordOf } from './pairs.ts'
import type { Pair } from './pairs.ts'

type Json = Readonly<Record<string, unknown>>

/** What the form of a Grafana-managed rule holds; times as typed. */
export interface GrafanaRuleForm {
  readonly title: string
  readonly folderUid: string
  readonly group: string
  /** Of the whole group. */
  readonly every: string
  readonly hold: string
  readonly keepFiring: string
  readonly noData: string
  readonly onError: string
  /** Evaluations without a series until its alert ends; `''`: as usual. */
  readonly missing: string
  readonly labels: readonly Pair[]
  readonly annotations: readonly Pair[]
  /** `''`: as the policies say. */
  readonly receiver: string
  readonly paused: boolean
  /** refId of the step that decides. */
  readonly condition: string
  readonly nodes: readonly RuleNode[]
  /** As it came, for what the form does not show. */
  readonly source: Json
}

/** A new rule: A asks for the value now, C compares it. */
export function newGrafanaForm(expr: string, op: '>' | '<', limit: string): Pick<GrafanaRuleForm, 'nodes' | 'condition'> {
  return { condition: 'C', nodes: [newNode('A', 'query', { expr }), newNode('C', 'threshold', { input: 'A', compare: { type: op === '>' ? 'gt' : 'lt', low: limit, high: '' } })] }
}

/** The form of a rule that exists. */
export function grafanaForm(g: GrafanaRuleSummary): GrafanaRuleForm {
  const r = g.rule
  const text = (key: string, fallback: string): string => (typeof r[key] === 'string' ? r[key] : fallback)
  const settings = r['notification_settings'] as { readonly receiver?: string } | undefined
  return {
    title: g.title, folderUid: g.folderUid, group: g.group, every: holdText(g.intervalMs), hold: text('for', '0s'), keepFiring: text('keep_firing_for', '0s'), noData: text('noDataState', 'NoData'), onError: text('execErrState', 'Error'),
    missing: typeof r['missingSeriesEvalsToResolve'] === 'number' ? String(r['missingSeriesEvalsToResolve']) : '', labels: pairsOf(r['labels']), annotations: pairsOf(r['annotations']), receiver: settings?.receiver ?? '', paused: g.paused,
    condition: text('condition', 'A'), nodes: nodesOf(r['data']), source: r,
  }
}

/** The form of a new rule that is like another one. */
export function copiedForm(g: GrafanaRuleSummary, title: string): GrafanaRuleForm {
  const form = grafanaForm(g)
  const { uid: _u, ...source } = form.source
  return { ...form, title, source }
}

/** Whether a text is a length of time, as Prometheus or a person writes it. */
export function isTime(text: string): boolean {
  return parseHold(text) !== undefined || /^(?:\d+(?:ms|[ywdhms]))+$/.test(text.trim())
}

/** Length of time of the form; weeks, years and milliseconds stay as they are. */
function timeJson(text: string): string {
  const ms = parseHold(text)
  return ms === undefined ? text.trim() : holdText(ms)
}

/** The rule as Grafana's provisioning API takes it. */
export function grafanaRule(f: GrafanaRuleForm): Json {
  const { id: _i, updated: _u, provenance: _p, missingSeriesEvalsToResolve: _m, keep_firing_for: _k, notification_settings: settings, ...rest } = f.source
  return {
    ...rest, title: f.title.trim(), folderUID: f.folderUid, ruleGroup: f.group.trim(), orgID: 1, condition: f.condition, for: timeJson(f.hold), keep_firing_for: timeJson(f.keepFiring), noDataState: f.noData, execErrState: f.onError,
    isPaused: f.paused, labels: recordOf(f.labels), annotations: recordOf(f.annotations), data: f.nodes.map(n => nodeJson(n, (parseHold(n.range) ?? 600_000) / 1000)),
    ...(f.missing.trim() === '' ? {} : { missingSeriesEvalsToResolve: Number(f.missing) }),
    ...(f.receiver === '' ? {} : { notification_settings: { ...(settings as Json | undefined), receiver: f.receiver } }),
  }
}
