import { formatDuration, goQuote } from '@haechi/model'
import type { Fields } from '@haechi/model'
import { TemplateSyntaxError } from '@haechi/template'
import { readGraph } from './graph.ts'
import { readRuleQuery } from './query.ts'
import { EXEC_ERR_STATES, EXPRESSION_UIDS, NO_DATA_STATES, SCHEDULER_TICK_MS } from './rule.ts'
import type { GrafanaQuery, GrafanaRule, NotificationSettings } from './rule.ts'
import { GrafanaText } from './texts.ts'
import { ExpressionError } from './values.ts'

/** Which of Grafana's two spellings is read: provisioning files, or the provisioning API's JSON. */
export type RuleDialect = 'file' | 'api'

/** Changes a text of a file, e.g. by putting in environment variables. Annotations and query models are taken as they are. */
export type Interpolate = (text: string) => string

/** A group of a provisioning file: its folder is named by title. */
export interface FileGroup {
  readonly name: string
  readonly folder: string
  readonly intervalMs: number
  /** `folderUid` and `group` are filled in by who knows the folders. */
  readonly rules: readonly GrafanaRule[]
  readonly file: string
}

/** The part of a provisioning file that is about rules. */
export interface RuleProvisioning {
  readonly groups: readonly FileGroup[]
  /** Uids of rules to be removed. */
  readonly deleteRules: readonly string[]
}

/** Longest uid, title and group name. */
const MAX_UID = 40
const MAX_NAME = 190

/** `groups` and `deleteRules` of a provisioning file; the other keys are left to others. @throws ConfigError with file, line and path */
export function readRuleProvisioning(top: Fields, interpolate: Interpolate): RuleProvisioning {
  const groups: FileGroup[] = []
  for (const g of top.list('groups')) {
    const name = interpolate(g.string('name', '')).trim()
    if (name === '') throw g.error('name', 'rule group has no name set')
    const folder = interpolate(g.string('folder', '')).trim()
    if (folder === '') throw g.error('folder', `rule group ${goQuote(name)} has no folder set`, 'every rule group needs a folder')
    orgId(g)
    const intervalMs = groupIntervalMs(g, interpolate)
    const rules = g.list('rules').map(r => ruleFields(r, 'file', interpolate, { group: name, folderUid: '' }))
    g.done()
    if (groups.some(o => o.name === name && o.folder === folder)) throw g.error('name', `group ${goQuote(name)} of folder ${goQuote(folder)} is repeated`)
    groups.push({ name, folder, intervalMs, rules, file: top.file })
  }
  const deleteRules = top.list('deleteRules').map(d => {
    orgId(d)
    const uid = interpolate(d.string('uid', ''))
    if (uid === '') throw d.error('uid', 'uid is missing')
    d.done()
    return uid
  })
  return { groups, deleteRules }
}

function orgId(f: Fields): void {
  const id = f.integer('orgId', 1)
  if (id > 1) throw f.error('orgId', `there is one organisation here, number 1, not ${id}`, 'leave orgId out')
}

/** The interval of a group. @throws ConfigError when the scheduler can't keep it */
function groupIntervalMs(g: Fields, interpolate: Interpolate): number {
  const text = interpolate(g.string('interval', ''))
  if (text === '') throw g.error('interval', 'interval is missing', 'write e.g. 30s or 1m')
  const ms = /^\d+$/.test(text) ? Number(text) * 1000 : g.durationMs('interval')
  const problem = intervalProblem(ms)
  if (problem !== undefined) throw g.error('interval', problem)
  return ms
}

/** What is wrong with the interval of a group; undefined: nothing. */
export function intervalProblem(ms: number): string | undefined {
  return ms > 0 && ms % SCHEDULER_TICK_MS === 0 ? undefined : `interval (${formatDuration(ms)}) should be non-zero and divided exactly by scheduler interval: ${formatDuration(SCHEDULER_TICK_MS)}`
}

/** What a rule has where its JSON does not say it. */
export interface RuleDefaults {
  readonly group: string
  readonly folderUid: string
  /** Absent: a rule without uid is refused. */
  readonly newUid?: () => string
}

/** Reads one rule, with all its expressions and texts. @throws ConfigError with line and path */
export function ruleFields(f: Fields, dialect: RuleDialect, interpolate: Interpolate, defaults: RuleDefaults): GrafanaRule {
  const text = (key: string, fallback = ''): string => interpolate(f.string(key, fallback))
  const title = text('title').trim()
  if (title === '') throw f.error('title', 'rule has no title set')
  if (title.length > MAX_NAME) throw f.error('title', `alert rule title is too long, most ${MAX_NAME} characters`)
  const uid = text('uid').trim() || (defaults.newUid?.() ?? '')
  if (uid === '') throw f.error(undefined, `rule ${goQuote(title)} has no UID set`, 'give it a uid that stays the same')
  if (uid.length > MAX_UID || !/^[a-zA-Z0-9_-]+$/.test(uid)) throw f.error('uid', `uid ${goQuote(uid)} is not usable`, `at most ${MAX_UID} letters, digits, - and _`)
  const data = f.list('data').map(d => queryFields(d, interpolate))
  if (data.length === 0) throw f.error('data', `rule ${goQuote(title)} has no queries`, 'data needs at least one query')
  const record = recordFields(f.fields('record'), interpolate)
  const condition = text('condition') || record?.from || ''
  if (condition === '') throw f.error('condition', `rule ${goQuote(title)} has no condition set`, `one of ${data.map(d => d.refId).join(', ')}`)
  const labels = mapped(f, 'labels', interpolate)
  for (const name of Object.keys(labels)) {
    if (name === '__name__' || /^__(?:grafana_|alert_rule_)/.test(name)) throw f.error('labels', `label ${name} is reserved`)
  }
  const annotations = mapped(f, 'annotations', t => t)
  const dashboardUid = text('dashboardUid') || text('dasboardUid')
  const panelId = f.integer('panelId', 0)
  if (dashboardUid !== '' && panelId > 0) Object.assign(annotations, { __dashboardUid__: dashboardUid, __panelId__: String(panelId) })
  if ((annotations['__dashboardUid__'] === undefined) !== (annotations['__panelId__'] === undefined)) throw f.error('annotations', 'both annotations __dashboardUid__ and __panelId__ must be specified')
  const rule: GrafanaRule = {
    uid, title, group: text('ruleGroup') || defaults.group, folderUid: text('folderUID') || defaults.folderUid, condition, data, record,
    forMs: duration(f, 'for'), keepFiringForMs: duration(f, dialect === 'file' && f.has('keepFiringFor') ? 'keepFiringFor' : 'keep_firing_for'),
    missingSeriesEvalsToResolve: missingEvals(f, dialect), noDataState: state(f, 'noDataState', NO_DATA_STATES, 'NoData'),
    execErrState: state(f, 'execErrState', EXEC_ERR_STATES, dialect === 'file' ? 'Alerting' : 'Error'), labels, annotations, isPaused: f.boolean('isPaused', false),
    notificationSettings: notificationFields(f.fields('notification_settings'), interpolate),
  }
  // What Grafana's own answers carry besides.
  for (const key of ['id', 'orgID', 'orgId', 'updated', 'provenance', 'namespaceUID', 'guid', 'metadata', 'intervalSeconds', 'version']) f.raw(key)
  f.done()
  checkRuleContent(rule, f)
  return rule
}

/** Everything that can be known about a rule before it runs. @throws ConfigError */
function checkRuleContent(rule: GrafanaRule, f: Fields): void {
  try {
    const graph = readGraph(rule.data, rule.record?.from ?? rule.condition)
    for (const n of graph.nodes) if (n.command === undefined) readRuleQuery(n.query, 15_000)
  } catch (err) {
    if (!(err instanceof ExpressionError)) throw err
    const index = rule.data.findIndex(d => d.refId === err.refId)
    throw index < 0 ? f.error('condition', err.message) : f.list('data')[index]!.error('model', err.message)
  }
  for (const [key, map] of [['labels', rule.labels], ['annotations', rule.annotations]] as const) {
    for (const [name, t] of Object.entries(map)) {
      try {
        void new GrafanaText(rule.title, t, '')
      } catch (err) {
        if (err instanceof TemplateSyntaxError) throw f.fields(key)!.error(name, err.message)
        throw err
      }
    }
  }
}

function queryFields(d: Fields, interpolate: Interpolate): GrafanaQuery {
  const range = d.fields('relativeTimeRange')
  const from = range?.integer('from', 0) ?? 0
  const to = range?.integer('to', 0) ?? 0
  range?.done()
  const refId = interpolate(d.string('refId', ''))
  if (refId === '') throw d.error('refId', 'refId is missing')
  const model = d.raw('model')
  if (model === null || typeof model !== 'object' || Array.isArray(model)) throw d.error('model', 'expected a mapping of keys to values')
  const datasourceUid = interpolate(d.string('datasourceUid', ''))
  const query: GrafanaQuery = { refId, queryType: d.string('queryType', ''), relativeTimeRange: { from, to }, datasourceUid: datasourceUid || uidInModel(model as Record<string, unknown>), model: model as Record<string, unknown> }
  d.done()
  if (!EXPRESSION_UIDS.has(query.datasourceUid) && from <= to && (model as Record<string, unknown>)['instant'] !== true) {
    throw d.error('relativeTimeRange', `the range of query ${refId} is empty: from ${from} s to ${to} s ago`, 'from must be greater than to, e.g. {from: 600, to: 0}')
  }
  return query
}

function uidInModel(model: Readonly<Record<string, unknown>>): string {
  const source = model['datasource']
  const uid = source !== null && typeof source === 'object' ? (source as Readonly<Record<string, unknown>>)['uid'] : undefined
  return typeof uid === 'string' ? uid : ''
}

function recordFields(f: Fields | undefined, interpolate: Interpolate): GrafanaRule['record'] {
  if (f === undefined) return undefined
  const metric = interpolate(f.string('metric', ''))
  if (!/^[a-zA-Z_:][a-zA-Z0-9_:]*$/.test(metric)) throw f.error('metric', `${goQuote(metric)} is no metric name`)
  const from = interpolate(f.string('from', ''))
  if (from === '') throw f.error('from', 'name the query whose result is recorded')
  f.string('target_datasource_uid', '')
  f.string('targetDatasourceUid', '')
  f.done()
  return { metric, from }
}

function mapped(f: Fields, key: string, interpolate: Interpolate): Record<string, string> {
  return Object.fromEntries(Object.entries(f.stringMap(key)).map(([name, value]) => [name, interpolate(value)]))
}

/** A Prometheus duration; the API may also give a bare zero. */
function duration(f: Fields, key: string): number {
  return f.durationMs(key, 0)
}

function missingEvals(f: Fields, dialect: RuleDialect): number | undefined {
  const key = dialect === 'api' && f.has('missingSeriesEvalsToResolve') ? 'missingSeriesEvalsToResolve' : 'missing_series_evals_to_resolve'
  if (!f.has(key)) return undefined
  const n = f.integer(key, 0, 0, 1_000_000)
  return n === 0 ? undefined : n
}

function state<T extends string>(f: Fields, key: string, allowed: readonly T[], fallback: T): T {
  const text = f.string(key, '')
  return text === '' ? fallback : f.oneOf(key, allowed)
}

function notificationFields(f: Fields | undefined, interpolate: Interpolate): NotificationSettings | undefined {
  if (f === undefined) return undefined
  const receiver = interpolate(f.string('receiver', ''))
  if (receiver === '') throw f.error('receiver', 'receiver must be specified', 'name a contact point')
  const ms = (key: string): number | undefined => (f.has(key) ? f.durationMs(key) : undefined)
  const names = (key: string): readonly string[] | undefined => (f.has(key) ? f.strings(key) : undefined)
  const all = {
    groupBy: names('group_by'), groupWaitMs: ms('group_wait'), groupIntervalMs: ms('group_interval'), repeatIntervalMs: ms('repeat_interval'), muteTimeIntervals: names('mute_time_intervals'),
    activeTimeIntervals: names('active_time_intervals'),
  }
  f.done()
  if (all.groupIntervalMs === 0) throw f.error('group_interval', 'group_interval cannot be zero')
  if (all.repeatIntervalMs === 0) throw f.error('repeat_interval', 'repeat_interval cannot be zero')
  return { receiver, ...(Object.fromEntries(Object.entries(all).filter(([, v]) => v !== undefined)) as Omit<NotificationSettings, 'receiver'>) }
}

