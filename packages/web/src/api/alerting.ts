import type { AlertFactsView,
  ContactPointKind, GrafanaRuleSummary, HeartbeatEdit, HeartbeatView, NewSilence, PolicyMatchView, PolicyTreeView, RulePreviewView, SilenceView,
} from '@haechi/server'
import { getJson, sendJson } from './client.ts'
import type { LabelMap } from './prometheus.ts'
import type { Question } from './queries.ts'

const API = 'api/haechi/v1'
const PROVISIONING = 'api/v1/provisioning'
/** What is made on our page can be changed on it later. */
const MADE_HERE = { 'X-Disable-Provenance': 'true' }

/** One alert that notifications are made from. GET /api/v2/alerts */
export interface NotifiedAlert {
  readonly fingerprint: string
  readonly labels: LabelMap
  readonly annotations: LabelMap
  /** RFC 3339. */
  readonly startsAt: string
  readonly receivers: readonly { readonly name: string }[]
  readonly status: { readonly state: 'active' | 'suppressed' | 'unprocessed'; readonly silencedBy: readonly string[]; readonly inhibitedBy: readonly string[]; readonly mutedBy?: readonly string[] }
}

/** One rule of GET /api/v1/rules. */
export interface RunningRule {
  readonly name: string
  readonly type: 'alerting' | 'recording'
  readonly query: string
  readonly health: 'ok' | 'err' | 'unknown'
  readonly lastError?: string
  /** Seconds. */
  readonly evaluationTime: number
  /** RFC 3339; the year 1 for never. */
  readonly lastEvaluation: string
  readonly state?: 'inactive' | 'pending' | 'firing'
  /** Seconds. */
  readonly duration?: number
  readonly labels?: LabelMap
  readonly annotations?: LabelMap
}

/** One group of GET /api/v1/rules. */
export interface RunningGroup {
  readonly name: string
  readonly file: string
  /** Seconds. */
  readonly interval: number
  readonly rules: readonly RunningRule[]
}

/** A tree of policies as Grafana writes it. */
export interface PolicyJson {
  readonly receiver?: string
  readonly group_by?: readonly string[]
  readonly group_wait?: string
  readonly group_interval?: string
  readonly repeat_interval?: string
  readonly object_matchers?: readonly (readonly [string, string, string])[]
  readonly continue?: boolean
  readonly mute_time_intervals?: readonly string[]
  readonly active_time_intervals?: readonly string[]
  readonly routes?: readonly PolicyJson[]
}

export const silencesQuery: Question<readonly SilenceView[]> = { queryKey: ['live', 'silences'], queryFn: ({ signal }) => getJson<readonly SilenceView[]>(`${API}/silences`, {}, signal) }
export const notifiedAlertsQuery: Question<readonly NotifiedAlert[]> = { queryKey: ['live', 'notified-alerts'], queryFn: ({ signal }) => getJson<readonly NotifiedAlert[]>('api/v2/alerts', {}, signal) }
export const runningRulesQuery: Question<readonly RunningGroup[]> = {
  queryKey: ['live', 'running-rules'], queryFn: async ({ signal }) => (await getJson<{ readonly groups: readonly RunningGroup[] }>('api/v1/rules', { exclude_alerts: 'true' }, signal)).groups,
}
export const grafanaRulesQuery: Question<readonly GrafanaRuleSummary[]> = { queryKey: ['live', 'grafana-rules'], queryFn: ({ signal }) => getJson<readonly GrafanaRuleSummary[]>(`${API}/grafana-rules`, {}, signal) }
export const alertFactsQuery: Question<readonly AlertFactsView[]> = { queryKey: ['live', 'alert-facts'], queryFn: ({ signal }) => getJson<readonly AlertFactsView[]>(`${API}/alerts`, {}, signal) }
export const policiesQuery: Question<PolicyTreeView> = { queryKey: ['live', 'policies'], queryFn: ({ signal }) => getJson<PolicyTreeView>(`${API}/policies`, {}, signal) }
export const kindsQuery: Question<readonly ContactPointKind[]> = { queryKey: ['contact-point-kinds'], staleTime: 3_600_000, queryFn: ({ signal }) => getJson<readonly ContactPointKind[]>(`${API}/contact-point-kinds`, {}, signal) }
export const heartbeatQuery: Question<HeartbeatView | null> = { queryKey: ['live', 'heartbeat'], queryFn: async ({ signal }) => (await getJson<HeartbeatView | undefined>(`${API}/heartbeat`, {}, signal)) ?? null }

/** POST /grafana-rules/preview: plays a rule that need not exist. @throws ApiFailure naming the member that can't be used */
export async function previewRule(body: { readonly rule: Readonly<Record<string, unknown>>; readonly startMs: number; readonly endMs: number; readonly intervalMs: number; readonly scrapeIntervalMs: number }, signal: AbortSignal): Promise<RulePreviewView> {
  return sendJson<RulePreviewView>('POST', `${API}/grafana-rules/preview`, body, {}, signal)
}

/** POST /silences; with an id that one is changed. */
export function postSilence(silence: NewSilence): Promise<SilenceView> {
  return sendJson<SilenceView>('POST', `${API}/silences`, silence)
}

/** DELETE /silences/:id: ends it now. */
export function endSilence(id: string): Promise<unknown> {
  return sendJson<unknown>('DELETE', `${API}/silences/${encodeURIComponent(id)}`)
}

/** POST /policies/match: the way of an alert with these labels. */
export function matchPolicies(labels: LabelMap): Promise<PolicyMatchView> {
  return sendJson<PolicyMatchView>('POST', `${API}/policies/match`, { labels })
}

/** GET /api/v1/provisioning/policies: the tree that can be edited. */
export function getPolicyJson(): Promise<PolicyJson> {
  return getJson<PolicyJson>(`${PROVISIONING}/policies`)
}

/** PUT /api/v1/provisioning/policies. */
export function putPolicyJson(tree: PolicyJson): Promise<unknown> {
  return sendJson<unknown>('PUT', `${PROVISIONING}/policies`, tree, MADE_HERE)
}

/** Makes a Grafana-managed rule, or replaces the one with this uid. */
export function saveGrafanaRule(rule: Readonly<Record<string, unknown>>, uid: string | undefined): Promise<Readonly<Record<string, unknown>>> {
  return uid === undefined ? sendJson('POST', `${PROVISIONING}/alert-rules`, rule, MADE_HERE) : sendJson('PUT', `${PROVISIONING}/alert-rules/${encodeURIComponent(uid)}`, rule, MADE_HERE)
}

/** A group of Grafana-managed rules as the provisioning API has it. */
export interface RuleGroupJson {
  /** Seconds. */
  readonly interval: number
  readonly rules: readonly Readonly<Record<string, unknown>>[]
}

function groupPath(folderUid: string, group: string): string {
  return `${PROVISIONING}/folder/${encodeURIComponent(folderUid)}/rule-groups/${encodeURIComponent(group)}`
}

/** One rule as the provisioning API has it now. */
export function getGrafanaRule(uid: string): Promise<Readonly<Record<string, unknown>>> {
  return getJson(`${PROVISIONING}/alert-rules/${encodeURIComponent(uid)}`)
}

/** A group with its rules in the order in which they are evaluated. */
export function getRuleGroup(folderUid: string, group: string): Promise<RuleGroupJson> {
  return getJson(groupPath(folderUid, group))
}

/** Replaces a group. */
export function putRuleGroup(folderUid: string, group: string, json: RuleGroupJson): Promise<unknown> {
  return sendJson('PUT', groupPath(folderUid, group), json, MADE_HERE)
}

/** Changes how often a group is checked; its rules stay. @param seconds  a multiple of 10 */
export async function setGroupInterval(folderUid: string, group: string, seconds: number): Promise<unknown> {
  return putRuleGroup(folderUid, group, { ...(await getRuleGroup(folderUid, group)), interval: seconds })
}

/** Where a group is downloaded as a provisioning file. */
export function groupExportPath(folderUid: string, group: string): string {
  return `${groupPath(folderUid, group)}/export?format=yaml&download=true`
}

/** Where a rule is downloaded as a provisioning file. */
export function ruleExportPath(uid: string): string {
  return `${PROVISIONING}/alert-rules/${encodeURIComponent(uid)}/export?format=yaml&download=true`
}

/** DELETE /api/v1/provisioning/alert-rules/:uid. */
export function deleteGrafanaRule(uid: string): Promise<unknown> {
  return sendJson<unknown>('DELETE', `${PROVISIONING}/alert-rules/${encodeURIComponent(uid)}`, undefined, MADE_HERE)
}

/** A contact point as Grafana's API shows it: secrets are `[REDACTED]`, which sent back stay as they were. */
export interface ContactPointJson {
  readonly uid: string
  readonly name: string
  readonly type: string
  readonly settings: Readonly<Record<string, unknown>>
  readonly disableResolveMessage: boolean
}

/** GET /api/v1/provisioning/contact-points: what can be edited of one; undefined when there is none. */
export async function getContactPointJson(uid: string): Promise<ContactPointJson | undefined> {
  return (await getJson<readonly ContactPointJson[]>(`${PROVISIONING}/contact-points`)).find(c => c.uid === uid)
}

/** PUT /api/v1/provisioning/contact-points/:uid. */
export function putContactPoint(point: ContactPointJson): Promise<unknown> {
  return sendJson('PUT', `${PROVISIONING}/contact-points/${encodeURIComponent(point.uid)}`, point, MADE_HERE)
}

/** A mute timing as Grafana writes it. */
export interface MuteTimingJson {
  readonly name: string
  readonly time_intervals: readonly unknown[]
  readonly provenance?: string
}

export const muteTimingsQuery: Question<readonly MuteTimingJson[]> = { queryKey: ['mute-timings'], queryFn: ({ signal }) => getJson<readonly MuteTimingJson[]>(`${PROVISIONING}/mute-timings`, {}, signal) }

/** Makes a mute timing, or replaces the one of this name. */
export function putMuteTiming(timing: MuteTimingJson, isNew: boolean): Promise<unknown> {
  return isNew ? sendJson('POST', `${PROVISIONING}/mute-timings`, timing, MADE_HERE) : sendJson('PUT', `${PROVISIONING}/mute-timings/${encodeURIComponent(timing.name)}`, timing, MADE_HERE)
}

/** DELETE /api/v1/provisioning/mute-timings/:name; refused while a policy uses it. */
export function deleteMuteTiming(name: string): Promise<unknown> {
  return sendJson('DELETE', `${PROVISIONING}/mute-timings/${encodeURIComponent(name)}`, undefined, MADE_HERE)
}

/** PUT /heartbeat. */
export function putHeartbeat(edit: HeartbeatEdit): Promise<HeartbeatView> {
  return sendJson<HeartbeatView>('PUT', `${API}/heartbeat`, edit)
}

/** DELETE /heartbeat. */
export function removeHeartbeat(): Promise<unknown> {
  return sendJson<unknown>('DELETE', `${API}/heartbeat`)
}

/** POST /heartbeat/test: tells it once now. */
export function testHeartbeat(): Promise<HeartbeatView> {
  return sendJson<HeartbeatView>('POST', `${API}/heartbeat/test`)
}
