import type { AlertPipeline, StoredDelivery } from '@haechi/alerting'
import { diagnoseTarget, text, verdict } from '@haechi/insight'
import type { Diagnosis, LocalText, Service, ServiceFinder } from '@haechi/insight'
import { labelValue, labelsToObject } from '@haechi/model'
import type { Labels } from '@haechi/model'
import type { AlertView, RuleManager } from '@haechi/rules'
import type { ActiveTarget, ScrapeView } from '@haechi/scrape'
import type { DeliveryView, HaechiApi, OverviewView, ServiceView, StatusView, TargetView } from '@haechi/server'
import { inShort } from './diagnoses.ts'
import type { Diagnoses } from './diagnoses.ts'
import type { ContactPoints } from './contact-points.ts'
import type { EditableRules } from './editable-rules.ts'
import type { HeartbeatControl } from './heartbeat.ts'
import { policyMatch, policyTree } from './policy-view.ts'

/** What our own API answers from. */
export interface HaechiApiParts {
  readonly finder: ServiceFinder
  readonly scrape: ScrapeView
  readonly rules: Pick<RuleManager, 'groups' | 'alerts'>
  readonly pipeline: AlertPipeline
  readonly editable: EditableRules
  readonly contactPoints: ContactPoints
  readonly heartbeat: HeartbeatControl
  readonly diagnoses: Pick<Diagnoses, 'list' | 'last'>
  readonly status: () => Omit<StatusView, 'auth'>
  readonly cardinality: HaechiApi['cardinality']
  /** Hands the rules that now hold to the rule manager. */
  readonly applyRules: () => void
  /** Hands the contact points that now hold to the pipeline. */
  readonly applyContactPoints: () => void
  /** Uid of the board that shows a service, if there is one. */
  readonly boardOf: (service: Service) => string | undefined
  readonly nowMs: () => number
  /** Which disks will be full soon. */
  readonly disks: { diagnoses(): Promise<readonly Diagnosis[]> }
}

/** Our own API over the running parts. */
export function haechiApi(parts: HaechiApiParts): HaechiApi {
  // This server itself is a target like any other, but nobody's service.
  const services = async (): Promise<Service[]> => (await parts.finder.find(parts.scrape.activeTargets())).filter(s => !s.own)
  return {
    status: () => Promise.resolve(parts.status()),
    cardinality: parts.cardinality,
    services: async () => (await services()).map(s => serviceView(s, parts)),
    targets: () => Promise.resolve(parts.scrape.activeTargets().map(targetView)),
    diagnoses: () => parts.diagnoses.list(),
    overview: async () => {
      const found = await services()
      return overview(found, parts, found.some(s => s.kind === 'host') ? await parts.disks.diagnoses() : [])
    },
    rules: () => Promise.resolve(parts.editable.list(parts.rules.groups())),
    addRule: async rule => {
      const uid = await parts.editable.add(rule)
      parts.applyRules()
      return parts.editable.one(uid, parts.rules.groups())!
    },
    editRule: async (uid, edit) => {
      if (!(await parts.editable.edit(uid, edit))) return undefined
      parts.applyRules()
      return parts.editable.one(uid, parts.rules.groups())
    },
    resetRule: async uid => {
      if (!(await parts.editable.reset(uid))) return undefined
      parts.applyRules()
      return parts.editable.one(uid, parts.rules.groups()) ?? null
    },
    contactPoints: () => Promise.resolve(parts.contactPoints.views()),
    addContactPoint: async point => {
      const made = await parts.contactPoints.add(point)
      parts.applyContactPoints()
      return made
    },
    deleteContactPoint: async uid => {
      const removed = await parts.contactPoints.remove(uid)
      if (removed) parts.applyContactPoints()
      return removed
    },
    testContactPoint: async uid => (parts.pipeline.contactPoints().some(p => p.uid === uid) ? deliveryView(await parts.pipeline.test(uid)) : undefined),
    policies: () => policyTree(parts.contactPoints.alerting(), parts.contactPoints.policyOrigin(), parts.nowMs(), parts.contactPoints.placesOfPolicies()),
    matchPolicies: labels => policyMatch(parts.contactPoints.alerting(), labels, parts.nowMs(), parts.pipeline),
    heartbeat: parts.heartbeat,
    deliveries: async query => (await parts.pipeline.deliveries(query)).map(deliveryView),
  }
}

function serviceView(s: Service, parts: HaechiApiParts): ServiceView {
  const boardUid = parts.boardOf(s)
  return {
    id: s.id, kind: s.kind, ...(s.library === undefined ? {} : { library: s.library }), ...(s.serviceKind === undefined ? {} : { kindId: s.serviceKind.id }), instances: s.instances, health: s.health, queries: s.queries,
    ...(boardUid === undefined ? {} : { boardUid }), demo: s.demo,
  }
}

function targetView(t: ActiveTarget): TargetView {
  const diagnosis = diagnoseTarget(t)
  return {
    job: labelValue(t.labels, 'job'), instance: labelValue(t.labels, 'instance'), url: t.scrapeUrl, health: t.health, lastScrapeMs: t.lastScrapeMs === 0 ? null : t.lastScrapeMs,
    lastScrapeDurationMs: t.lastScrapeDurationMs, lastError: t.lastError, samples: t.samples, intervalMs: t.intervalMs, timeoutMs: t.timeoutMs, labels: labelsToObject(t.labels),
    ...(diagnosis === undefined ? {} : { diagnosis }), history: t.history, discovered: t.discovered,
  }
}

function overview(services: readonly Service[], parts: HaechiApiParts, disks: readonly Diagnosis[]): OverviewView {
  const targets = parts.scrape.activeTargets()
  const alerts = parts.rules.alerts()
  const firing = alerts.filter(a => a.state === 'firing').sort((a, b) => severity(b) - severity(a) || a.activeAtMs - b.activeAtMs)
  const down = targets.filter(t => t.health === 'down')
  const quiet = parts.pipeline.alerts().filter(p => p.state === 'suppressed').map(p => p.labels)
  const said = verdict({
    services: services.filter(s => s.kind === 'service').length,
    hosts: services.filter(s => s.kind === 'host').length,
    targets: targets.length,
    targetsUp: targets.filter(t => t.health === 'up').length,
    targetsUnknown: targets.filter(t => t.health === 'unknown').length,
    firing: firing.map(a => ({ summary: alertSummary(a), sinceMs: a.firedAtMs ?? a.activeAtMs, severity: labelValue(a.labels, 'severity') })),
    jobsDown: [...new Set(down.map(t => labelValue(t.labels, 'job')))],
    nowMs: parts.nowMs(),
  })
  return {
    ...said,
    services: services.map(s => serviceView(s, parts)),
    firing: firing.map(a => {
      const summary = alertSummary(a)
      return {
        name: labelValue(a.labels, 'alertname'), sinceMs: a.firedAtMs ?? a.activeAtMs, value: String(a.value), summary: summary.en, localSummary: summary,
        severity: labelValue(a.labels, 'severity'), labels: labelsToObject(a.labels), ...(isQuiet(a.labels, quiet) ? { quiet: true as const } : {}),
      }
    }),
    pending: alerts.filter(a => a.state === 'pending').length,
    targetsDown: down.map(targetView),
    targets: targets.length,
    noticed: [...disks, ...noticed(targets, parts)],
  }
}

/** Whether a rule's alert is among those that nobody is told of; these may have further labels, added on their way. */
function isQuiet(labels: Labels, quiet: readonly Labels[]): boolean {
  return quiet.some(q => {
    for (let i = 0; i < labels.length; i += 2) if (labelValue(q, labels[i]!) !== labels[i + 1]) return false
    return true
  })
}

/** What one alert says in one line. A rule of the user has one text for both languages unless it says `summary_ko` too. */
function alertSummary(a: AlertView): LocalText {
  const en = labelValue(a.annotations, 'summary') || labelValue(a.annotations, 'description') || labelValue(a.labels, 'alertname')
  return text(firstLine(en), firstLine(labelValue(a.annotations, 'summary_ko') || en))
}

function firstLine(t: string): string {
  return t.split('\n')[0]!
}

function severity(a: AlertView): number {
  return ['', 'none', 'info', 'warning', 'error', 'critical', 'page'].indexOf(labelValue(a.labels, 'severity'))
}

/** What is not an alert and yet worth a word. */
function noticed(targets: readonly ActiveTarget[], parts: HaechiApiParts): Diagnosis[] {
  const found = targets.filter(t => t.health === 'up').map(diagnoseTarget).filter(d => d !== undefined)
  if (parts.contactPoints.all().length === 0) {
    found.push({
      code: 'no-contact-point', health: 'warning',
      what: text('Alerts reach nobody yet: there is no contact point.', '알림을 받을 곳이 아직 없습니다.'),
      next: text('Add a Discord webhook on the Alerts page.', '알림 화면에서 Discord 웹훅을 추가해 주세요.'),
    })
  }
  const heartbeat = parts.heartbeat.view()
  if (heartbeat?.error !== undefined) {
    found.push({
      code: 'heartbeat-failing', health: 'warning',
      what: text('The heartbeat is not told: nobody would notice if Haechi died.', '하트비트를 보내지 못하고 있습니다. Haechi가 멈춰도 아무도 알지 못합니다.'),
      cause: text(`${heartbeat.url}: ${heartbeat.error}`, `${heartbeat.url}: ${heartbeat.error}`),
      next: text('Check its address (HEARTBEAT_URL, --heartbeat.url or the Alerts page).', '주소를 확인해 주세요 (HEARTBEAT_URL, --heartbeat.url 또는 알림 화면).'),
    })
  }
  for (const rule of parts.rules.groups().flatMap(g => g.rules)) {
    if (rule.health !== 'err') continue
    found.push({
      code: 'rule-failing', health: 'warning', subject: rule.name,
      what: text(`The rule "${rule.name}" can't be evaluated, so it can't fire.`, `규칙 "${rule.name}"을 계산하지 못해 알림이 울릴 수 없습니다.`),
      cause: text(rule.lastError, rule.lastError),
      next: text('Correct its expression.', '식을 고쳐 주세요.'),
    })
  }
  if (!parts.rules.groups().some(g => g.rules.some(r => r.type === 'alerting'))) {
    found.push({
      code: 'no-alert-rule', health: 'warning',
      what: text('Nothing is alerted on: no rule file names an alert.', '알림 규칙이 하나도 없습니다.'),
      next: text('Switch on the built-in rules on the Alerts page.', '알림 화면에서 기본 규칙을 켜 주세요.'),
    })
  }
  found.push(...inShort(parts.diagnoses.last()))
  return found
}

function deliveryView(d: StoredDelivery): DeliveryView {
  return {
    id: d.id, tMs: d.tMs, contactPoint: d.contactPoint, status: d.status, title: d.title, alerts: d.alerts, ...(d.alertNames === undefined ? {} : { alertNames: d.alertNames }), attempt: d.attempt, ok: d.ok, durationMs: d.durationMs,
    ...(d.answer === undefined ? {} : { answer: d.answer }), ...(d.uncertain === undefined ? {} : { uncertain: d.uncertain }), ...(d.mayRepeat === undefined ? {} : { mayRepeat: d.mayRepeat }),
    ...(d.httpStatus === undefined ? {} : { httpStatus: d.httpStatus }), ...(d.error === undefined ? {} : { error: d.error }), ...(d.warning === undefined ? {} : { warning: d.warning }), ...(d.nextAttemptMs === undefined ? {} : { nextAttemptMs: d.nextAttemptMs }),
    ...(d.exchange === undefined ? {} : { exchange: d.exchange }),
  }
}
