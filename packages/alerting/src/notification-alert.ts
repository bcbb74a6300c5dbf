import { labelValue, labelsFromPairs } from '@haechi/model'
import type { Labels } from '@haechi/model'
import { isResolved } from './group.ts'
import type { NotificationAlert } from './notification.ts'
import type { StoredAlert } from './views.ts'

/** Grafana's private names: routing and links are made from them, no message shows them. */
function isPrivate(name: string): boolean {
  return name.length > 4 && name.startsWith('__') && name.endsWith('__')
}

/** The label that a rule managed as Grafana's has. */
export const RULE_UID_LABEL = '__alert_rule_uid__'
const HOUR_MS = 3_600_000

/** An alert as a message shows it: without private names, with the links and values that those hold. */
export function notificationAlert(a: StoredAlert, nowMs: number, externalUrl: string): NotificationAlert {
  const over = isResolved(a, nowMs)
  const ruleUid = a.ruleUid ?? (labelValue(a.labels, RULE_UID_LABEL) || undefined)
  const board = labelValue(a.annotations, '__dashboardUid__')
  const panel = labelValue(a.annotations, '__panelId__')
  const range = `from=${a.startsAtMs - HOUR_MS}&to=${over ? a.endsAtMs : nowMs}`
  const dashboardUrl = board === '' ? undefined : `${externalUrl}/d/${encodeURIComponent(board)}?${range}&orgId=1`
  const valueString = labelValue(a.annotations, '__value_string__')
  return {
    status: over ? 'resolved' : 'firing', labels: publicPairs(a.labels), annotations: publicPairs(a.annotations), startsAtMs: a.startsAtMs, endsAtMs: over ? a.endsAtMs : undefined, generatorUrl: a.generatorUrl,
    fingerprint: a.fingerprint, value: a.value, peak: a.peak, threshold: a.threshold, ruleUid, values: a.values ?? written(labelValue(a.annotations, '__values__')),
    silenceUrl: silenceUrl(a.labels, externalUrl), dashboardUrl, panelUrl: dashboardUrl === undefined || panel === '' ? undefined : `${dashboardUrl}&viewPanel=${encodeURIComponent(panel)}`,
    ...(valueString === '' ? {} : { valueString }),
  }
}

/** Where a silence for exactly this alert is begun. */
export function silenceUrl(labels: Labels, externalUrl: string): string | undefined {
  if (!/^https?:\/\//.test(externalUrl)) return undefined
  const url = new URL(`${externalUrl}/alerting/silence/new`)
  url.searchParams.set('alertmanager', 'grafana')
  const uid = labelValue(labels, RULE_UID_LABEL)
  if (uid !== '') url.searchParams.append('matcher', `${RULE_UID_LABEL}=${uid}`)
  for (let i = 0; i < labels.length; i += 2) {
    const name = labels[i]!
    if (isPrivate(name) || (uid !== '' && (name === 'alertname' || name === 'grafana_folder'))) continue
    url.searchParams.append('matcher', `${name}=${labels[i + 1]!}`)
  }
  url.searchParams.set('orgId', '1')
  return url.href
}

/** Without private names. */
export function publicPairs(labels: Labels): Labels {
  const out: [string, string][] = []
  for (let i = 0; i < labels.length; i += 2) if (!isPrivate(labels[i]!)) out.push([labels[i]!, labels[i + 1]!])
  return out.length * 2 === labels.length ? labels : labelsFromPairs(out)
}

function written(text: string): Readonly<Record<string, number>> | undefined {
  if (text === '') return undefined
  try {
    const json: unknown = JSON.parse(text)
    if (typeof json !== 'object' || json === null) return undefined
    return Object.fromEntries(Object.entries(json).filter((e): e is [string, number] => typeof e[1] === 'number'))
  } catch {
    return undefined
  }
}
