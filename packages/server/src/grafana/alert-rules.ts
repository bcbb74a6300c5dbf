import { ConfigError, labelsToObject, parseFields } from '@haechi/model'
import type { Fields } from '@haechi/model'
import { groupsToFile, intervalProblem, ruleFields, ruleToApi, shownLabels } from '@haechi/rules'
import type { AlertView, AlertingRuleView, GrafanaGroup, GrafanaRule, GrafanaRuleView, Provenance } from '@haechi/rules'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { randomBytes } from 'node:crypto'
import { stringify } from 'yaml'
import type { GrafanaRuleSummary } from '../api-types.ts'
import type { ServerLog } from '../deps.ts'
import { goExponent, goTime } from '../go-values.ts'
import { paramsOf } from '../request-context.ts'
import { ProvisioningError } from './provisioning.ts'
import { API_ERRORS } from '../errors.ts'
import { StateWriteError } from '../state/state-write-error.ts'

/** One rule as it is kept. */
export interface KeptGrafanaRule {
  readonly rule: GrafanaRule
  readonly id: number
  readonly updatedMs: number
  readonly provenance: Provenance
  /** The provisioning file that it stands in. */
  readonly file?: string
}

/** Grafana-managed rules: what is kept and what runs. Functions reject with {@link ProvisioningError} for what is the client's fault. */
export interface GrafanaRulesApi {
  /** Every rule, those of files included; groups in order of folder and name. */
  rules(): readonly KeptGrafanaRule[]
  groups(): readonly GrafanaGroup[]
  /** As they run. */
  running(): readonly GrafanaRuleView[]
  /** Adds or replaces one rule. */
  putRule(rule: GrafanaRule, isNew: boolean, provenance: Provenance): Promise<void>
  deleteRule(uid: string): Promise<void>
  /** Replaces a whole group. */
  putGroup(group: Omit<GrafanaGroup, 'folderTitle'>, provenance: Provenance): Promise<void>
  deleteGroup(folderUid: string, name: string): Promise<void>
}

type Json = Readonly<Record<string, unknown>>
interface Answer { readonly status: number; readonly body?: unknown; readonly text?: string; readonly headers?: Readonly<Record<string, string>> }

/** Registers Grafana's provisioning API for rules and the lists of running rules. @see Grafana pkg/services/ngalert/api */
export function registerAlertRules(app: FastifyInstance, api: GrafanaRulesApi, options: { readonly prefix: string; readonly log: ServerLog; readonly reload: (() => Promise<void>) | undefined }): void {
  const route = (method: 'GET' | 'POST' | 'PUT' | 'DELETE', path: string, handler: (request: FastifyRequest, params: Readonly<Record<string, string>>) => Promise<Answer> | Answer): void => {
    app.route({
      method, url: `${options.prefix}/api${path}`,
      handler: async (request, reply) => {
        reply.header('Cache-Control', 'no-store')
        try {
          return sent(reply, await handler(request, request.params as Readonly<Record<string, string>>))
        } catch (err) {
          if (err instanceof ProvisioningError) return sent(reply, { status: err.status, body: { message: err.message } })
          if (err instanceof ConfigError) return sent(reply, { status: 400, body: { message: `${err.place.path === '' ? '' : `${err.place.path}: `}${err.reason}${err.hint === undefined ? '' : ` (${err.hint})`}` } })
          options.log.error({ err, path: request.routeOptions.url }, 'Answering a request about rules failed')
          return sent(reply, err instanceof StateWriteError ? { status: 507, body: { message: `${err.message}. ${API_ERRORS.not_kept.next.en}` } } : { status: 500, body: { message: 'Internal server error' } })
        }
      },
    })
  }
  const shown = (k: KeptGrafanaRule): Json => ruleToApi(k.rule, k)
  const ruleOf = (uid: string): KeptGrafanaRule => found(api.rules().find(k => k.rule.uid === uid), 'alert rule')
  const groupOf = (folderUid: string, name: string): GrafanaGroup => found(api.groups().find(g => g.folderUid === folderUid && g.name === name), 'rule group')
  const groupJson = (g: GrafanaGroup): Json => ({ title: g.name, folderUid: g.folderUid, interval: g.intervalMs / 1000, rules: g.rules.map(r => shown(ruleOf(r.uid))) })

  const provisioning = '/v1/provisioning'
  route('GET', `${provisioning}/alert-rules`, () => ({ status: 200, body: api.rules().map(shown) }))
  route('POST', `${provisioning}/alert-rules`, async request => {
    const rule = readRule(bodyFields(request), undefined)
    await api.putRule(rule, true, provenanceOf(request))
    return { status: 201, body: shown(ruleOf(rule.uid)) }
  })
  route('GET', `${provisioning}/alert-rules/export`, request => {
    const params = paramsOf(request)
    const folders = params.all('folderUid')
    const only = params.get('ruleUid')
    const group = params.get('group')
    const groups = api.groups().filter(g => (folders.length === 0 || folders.includes(g.folderUid)) && (group === '' || g.name === group))
      .map(g => (only === '' ? g : { ...g, rules: g.rules.filter(r => r.uid === only) })).filter(g => g.rules.length > 0)
    return exported(request, groups)
  })
  route('GET', `${provisioning}/alert-rules/:uid`, (_q, { uid }) => ({ status: 200, body: shown(ruleOf(uid!)) }))
  route('PUT', `${provisioning}/alert-rules/:uid`, async (request, { uid }) => {
    await api.putRule(readRule(bodyFields(request), ruleOf(uid!).rule), false, provenanceOf(request))
    return { status: 200, body: shown(ruleOf(uid!)) }
  })
  route('DELETE', `${provisioning}/alert-rules/:uid`, async (_q, { uid }) => {
    await api.deleteRule(uid!)
    return { status: 204 }
  })
  route('GET', `${provisioning}/alert-rules/:uid/export`, (request, { uid }) => {
    const { rule } = ruleOf(uid!)
    return exported(request, [{ ...groupOf(rule.folderUid, rule.group), rules: [rule] }])
  })

  const groupPath = `${provisioning}/folder/:folderUid/rule-groups/:group`
  route('GET', groupPath, (_q, { folderUid, group }) => ({ status: 200, body: groupJson(groupOf(folderUid!, group!)) }))
  route('GET', `${groupPath}/export`, (request, { folderUid, group }) => exported(request, [groupOf(folderUid!, group!)]))
  route('PUT', groupPath, async (request, { folderUid, group }) => {
    const body = bodyFields(request)
    const intervalMs = body.integer('interval', 60) * 1000
    const problem = intervalProblem(intervalMs)
    if (problem !== undefined) throw body.error('interval', problem)
    const rules = body.list('rules').map(f => ({ ...ruleFields(f, 'api', t => t, { group: group!, folderUid: folderUid!, newUid }), group: group!, folderUid: folderUid! }))
    await api.putGroup({ name: group!, folderUid: folderUid!, intervalMs, rules }, provenanceOf(request))
    return { status: 200, body: rules.length === 0 ? { title: group, folderUid, interval: intervalMs / 1000, rules: [] } : groupJson(groupOf(folderUid!, group!)) }
  })
  route('DELETE', groupPath, async (_q, { folderUid, group }) => {
    await api.deleteGroup(folderUid!, group!)
    return { status: 204 }
  })

  const { reload } = options
  if (reload !== undefined) {
    route('POST', '/admin/provisioning/alerting/reload', async () => {
      try {
        await reload()
      } catch (err) {
        throw new ProvisioningError(400, (err as Error).message)
      }
      return { status: 202, body: { message: 'Alerting config reloaded' } }
    })
  }
  route('GET', '/prometheus/grafana/api/v1/rules', () => ({ status: 200, body: { status: 'success', data: { groups: runningGroups(api.running()), totals: totalsOf(api.running()) } } }))
  route('GET', '/prometheus/grafana/api/v1/alerts', () => ({ status: 200, body: { status: 'success', data: { alerts: api.running().flatMap(instancesOf) } } }))
}

function sent(reply: FastifyReply, a: Answer): FastifyReply {
  reply.code(a.status).headers(a.headers ?? {})
  if (a.status === 204) return reply.send()
  return a.text === undefined ? reply.type('application/json').send(JSON.stringify(a.body)) : reply.send(a.text)
}

function found<T>(value: T | undefined, what: string): T {
  if (value === undefined) throw new ProvisioningError(404, `${what} not found`)
  return value
}

/** The body as configuration fields, so that an error names the member. */
function bodyFields(request: FastifyRequest): Fields {
  const text = typeof request.body === 'string' ? request.body : ''
  try {
    const value: unknown = JSON.parse(text)
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return parseFields(text, 'body')
  } catch (err) {
    if (err instanceof ConfigError) throw err
    // Said below.
  }
  throw new ProvisioningError(400, 'the body must be a JSON object')
}

function newUid(): string {
  return randomBytes(7).toString('hex')
}

function readRule(f: Fields, old: GrafanaRule | undefined): GrafanaRule {
  const rule = ruleFields(f, 'api', t => t, { group: old?.group ?? '', folderUid: old?.folderUid ?? '', newUid: () => old?.uid ?? newUid() })
  if (rule.group === '') throw f.error('ruleGroup', 'name the group, e.g. "api"')
  if (rule.folderUid === '') throw f.error('folderUID', 'name the folder by its uid')
  if (old !== undefined && rule.uid !== old.uid) throw f.error('uid', `is another rule than ${old.uid}`)
  return rule
}

/** With `X-Disable-Provenance` what is made can be changed on our page too. */
function provenanceOf(request: FastifyRequest): Provenance {
  return request.headers['x-disable-provenance'] === undefined ? 'api' : ''
}

/** In the form of Grafana's files: YAML unless JSON is asked for. */
function exported(request: FastifyRequest, groups: readonly GrafanaGroup[]): Answer {
  const params = paramsOf(request)
  const asked = params.get('format') || (/application\/json/.test(request.headers.accept ?? '') ? 'json' : 'yaml')
  if (asked !== 'json' && asked !== 'yaml') throw new ProvisioningError(400, `format: ${JSON.stringify(asked.slice(0, 20))} is not offered; take yaml or json`)
  const headers: Record<string, string> = params.get('download') === 'true' ? { 'Content-Disposition': `attachment;filename=export.${asked}` } : {}
  const body = groupsToFile(groups)
  return asked === 'json' ? { status: 200, body, headers } : { status: 200, text: stringify(body, { lineWidth: 0 }), headers: { ...headers, 'Content-Type': 'text/yaml' } }
}

function runningGroups(views: readonly GrafanaRuleView[]): Json[] {
  const groups = new Map<GrafanaGroup, GrafanaRuleView[]>()
  for (const v of views) groups.set(v.group, [...(groups.get(v.group) ?? []), v])
  return [...groups].map(([group, rules]) => ({
    name: group.name, file: group.folderTitle, folderUid: group.folderUid, interval: group.intervalMs / 1000, totals: totalsOf(rules),
    lastEvaluation: goTime(Math.max(...rules.map(v => v.running.lastEvaluationMs))), evaluationTime: rules.reduce((s, v) => s + v.running.evaluationMs, 0) / 1000, rules: rules.map(ruleJson),
  }))
}

function ruleJson(v: GrafanaRuleView): Json {
  const { rule, group } = v
  const view = v.running.view() as AlertingRuleView
  const states = [...v.running.states.byKey.values()].map(i => i.state)
  const totals: Record<string, number> = {}
  for (const s of states) totals[s.toLowerCase()] = (totals[s.toLowerCase()] ?? 0) + 1
  return {
    state: view.state === 'firing' && states.every(s => s === 'Recovering' || s === 'Normal' || s === 'Pending') && states.includes('Recovering') ? 'recovering' : view.state,
    name: rule.title, uid: rule.uid, folderUid: rule.folderUid, query: view.query, duration: rule.forMs / 1000, keepFiringFor: rule.keepFiringForMs / 1000, labels: rule.labels, annotations: rule.annotations,
    alerts: instancesOf(v), totals, health: view.health === 'err' ? 'error' : states.includes('NoData') ? 'nodata' : view.health, lastError: view.lastError === '' ? undefined : view.lastError,
    type: rule.record === undefined ? 'alerting' : 'recording', isPaused: rule.isPaused, lastEvaluation: goTime(view.lastEvaluationMs), evaluationTime: view.evaluationMs / 1000,
    ...(rule.notificationSettings === undefined ? {} : { notificationSettings: { receiver: rule.notificationSettings.receiver } }), interval: group.intervalMs / 1000,
  }
}

function instancesOf(v: GrafanaRuleView): Json[] {
  const active = (v.running.view() as AlertingRuleView).alerts
  const normal = [...v.running.states.byKey.values()].filter(i => i.state === 'Normal')
  const reasons = [...v.running.states.byKey.values()].filter(i => i.state !== 'Normal')
  const word = (state: string, reason: string): string => (reason === '' ? state : `${state} (${reason})`)
  return [
    ...active.map((a: AlertView, i) => ({ labels: labelsToObject(a.labels), annotations: labelsToObject(a.annotations), state: word(reasons[i]!.state, reasons[i]!.reason), activeAt: goTime(a.activeAtMs), value: Number.isNaN(a.value) ? '' : goExponent(a.value) })),
    ...normal.map(i => ({ labels: labelsToObject(shownLabels(i.labels)), annotations: labelsToObject(shownLabels(i.annotations)), state: word('Normal', i.reason), activeAt: goTime(Number.isNaN(i.startsAtMs) ? 0 : i.startsAtMs), value: '' })),
  ]
}

function totalsOf(views: readonly GrafanaRuleView[]): Json {
  const totals: Record<string, number> = {}
  for (const v of views) {
    const { state } = v.running.view()
    totals[state] = (totals[state] ?? 0) + 1
  }
  return totals
}

/** The rules with what they do now, for our own page. */
export function grafanaRuleSummaries(api: GrafanaRulesApi): GrafanaRuleSummary[] {
  const running = new Map(api.running().map(v => [v.rule.uid, v]))
  const groups = new Map(api.groups().flatMap(g => g.rules.map(r => [r.uid, g])))
  return api.rules().map((k): GrafanaRuleSummary => {
    const { rule } = k
    const group = groups.get(rule.uid)!
    const view = running.get(rule.uid)?.running.view()
    return {
      uid: rule.uid, title: rule.title, folderUid: rule.folderUid, folderTitle: group.folderTitle, group: rule.group, intervalMs: group.intervalMs, provenance: k.provenance, ...(k.file === undefined ? {} : { file: k.file }), paused: rule.isPaused,
      state: view?.state ?? 'inactive', health: view?.health ?? 'unknown', ...(view === undefined || view.lastError === '' ? {} : { lastError: view.lastError }),
      lastEvaluationMs: view === undefined || view.lastEvaluationMs === 0 ? null : view.lastEvaluationMs, rule: ruleToApi(rule, k),
      ...(view?.type === 'alerting' && view.threshold !== undefined ? { threshold: view.threshold } : {}),
      instances: [...(running.get(rule.uid)?.running.states.byKey.values() ?? [])].map(i => ({
        state: i.state, reason: i.reason, labels: labelsToObject(shownLabels(i.labels)), annotations: labelsToObject(shownLabels(i.annotations)), values: i.values,
        sinceMs: Number.isNaN(i.startsAtMs) ? null : i.startsAtMs,
      })),
    }
  })
}
