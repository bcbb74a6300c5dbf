import { labelsFromPairs } from '@haechi/model'
import type { Labels } from '@haechi/model'
import { fingerprint } from '../fingerprint.ts'
import type { Notification, NotificationAlert, NotificationReason } from '../notification.ts'

/** A webhook body that can't be used; the message says what is wrong with it. */
export class WebhookBodyError extends Error {}

/** Most alerts read of one body, labels of one alert, characters of one value; the rest is counted or cut. */
const MAX_ALERTS = 1000
const MAX_PAIRS = 128
const MAX_TEXT = 16_384

const REASONS: ReadonlySet<string> = new Set(['first notification', 'new alerts added', 'all alerts resolved', 'some alerts resolved', 'repeat interval elapsed'])

/** Reads Alertmanager's (version "4") or Grafana's (version "1") webhook body. Unknown members are ignored. @throws WebhookBodyError */
export function parseWebhookBody(text: string): Notification {
  let json: unknown
  try {
    json = JSON.parse(text)
  } catch {
    throw new WebhookBodyError('the body is not JSON')
  }
  if (!isObject(json)) throw new WebhookBodyError('the body must be a JSON object as Grafana or Alertmanager sends it')
  const list = json['alerts']
  if (!Array.isArray(list)) throw new WebhookBodyError('"alerts" is missing: the body must be the standard webhook body of Grafana or Alertmanager')
  if (list.length === 0) throw new WebhookBodyError('"alerts" is empty')
  const alerts = list.slice(0, MAX_ALERTS).map((a: unknown, i) => readAlert(a, `alerts[${i}]`))
  const truncated = typeof json['truncatedAlerts'] === 'number' && json['truncatedAlerts'] > 0 ? Math.floor(json['truncatedAlerts']) : 0
  const reason = str(json['notification_reason'])
  return {
    receiver: str(json['receiver']), status: alerts.some(a => a.status === 'firing') ? 'firing' : 'resolved', alerts, groupLabels: pairs(json['groupLabels'], 'groupLabels'),
    externalUrl: str(json['externalURL']), groupKey: str(json['groupKey']), truncatedAlerts: truncated + Math.max(0, list.length - MAX_ALERTS),
    reason: REASONS.has(reason) ? (reason as NotificationReason) : '',
  }
}

function isObject(v: unknown): v is Record<string, unknown> {
  return typeof v === 'object' && v !== null && !Array.isArray(v)
}

function str(v: unknown): string {
  return typeof v === 'string' ? v.slice(0, MAX_TEXT) : ''
}

function pairs(v: unknown, where: string): Labels {
  if (v === undefined || v === null) return []
  if (!isObject(v)) throw new WebhookBodyError(`"${where}" must be an object`)
  const out: [string, string][] = []
  for (const [name, value] of Object.entries(v).slice(0, MAX_PAIRS)) {
    if (typeof value !== 'string') throw new WebhookBodyError(`"${where}.${name.slice(0, 64)}" must be a text`)
    out.push([name.slice(0, 256), value.slice(0, MAX_TEXT)])
  }
  return labelsFromPairs(out)
}

function time(v: unknown): number | undefined {
  if (typeof v !== 'string') return undefined
  const ms = Date.parse(v)
  // Go's zero time means: none.
  return Number.isNaN(ms) || ms <= 0 ? undefined : ms
}

function readAlert(v: unknown, where: string): NotificationAlert {
  if (!isObject(v)) throw new WebhookBodyError(`"${where}" must be an object`)
  const { status } = v
  if (status !== 'firing' && status !== 'resolved') throw new WebhookBodyError(`"${where}.status" must be "firing" or "resolved"`)
  const labels = pairs(v['labels'], `${where}.labels`)
  const startsAtMs = time(v['startsAt'])
  if (startsAtMs === undefined) throw new WebhookBodyError(`"${where}.startsAt" must be a time`)
  const values: Record<string, number> = {}
  if (isObject(v['values'])) for (const [ref, n] of Object.entries(v['values']).slice(0, 26)) if (typeof n === 'number') values[ref.slice(0, 64)] = n
  const link = (key: string): string | undefined => str(v[key]) || undefined
  return {
    status, labels, annotations: pairs(v['annotations'], `${where}.annotations`), startsAtMs, endsAtMs: status === 'resolved' ? (time(v['endsAt']) ?? startsAtMs) : undefined,
    generatorUrl: str(v['generatorURL']), fingerprint: str(v['fingerprint']) || fingerprint(labels), silenceUrl: link('silenceURL'), dashboardUrl: link('dashboardURL'), panelUrl: link('panelURL'),
    ruleUid: link('ruleUID'), values: Object.keys(values).length > 0 ? withoutCondition(values, v['valueString']) : undefined,
  }
}

/** Grafana lists the condition's own 0 or 1 beside the numbers it was made from; nobody wants to read it. */
function withoutCondition(values: Readonly<Record<string, number>>, valueString: unknown): Readonly<Record<string, number>> {
  const refs = Object.keys(values)
  const last = refs[refs.length - 1]!
  if (refs.length < 2 || (values[last] !== 0 && values[last] !== 1) || typeof valueString !== 'string') return values
  return Object.fromEntries(Object.entries(values).filter(([ref]) => ref !== last))
}
