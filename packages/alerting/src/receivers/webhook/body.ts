import { compareText, labelValue, labelsToObject } from '@haechi/model'
import type { Labels } from '@haechi/model'
import { formatFloat } from '@haechi/template'
import { alertValueString, alertValues, quoteMeta } from '../../message-templates.ts'
import { ZERO_TIME, commonPairs, timeText } from '../../notification.ts'
import type { Notification, NotificationAlert } from '../../notification.ts'

/** Alertmanager's webhook body, version "4", keys in its order. @see Alertmanager notify/webhook */
export function alertmanagerBody(n: Notification): Record<string, unknown> {
  return {
    receiver: quoteMeta(n.receiver),
    status: n.status,
    alerts: n.alerts.map(a => ({
      status: a.status, labels: labelsToObject(a.labels), annotations: labelsToObject(a.annotations), startsAt: timeText(a.startsAtMs),
      endsAt: a.endsAtMs === undefined ? ZERO_TIME : timeText(a.endsAtMs), generatorURL: a.generatorUrl, fingerprint: a.fingerprint,
    })),
    ...(n.reason === '' ? {} : { notification_reason: n.reason }),
    groupLabels: labelsToObject(n.groupLabels),
    commonLabels: labelsToObject(commonPairs(n.alerts.map(a => a.labels))),
    commonAnnotations: labelsToObject(commonPairs(n.alerts.map(a => a.annotations))),
    externalURL: n.externalUrl,
    version: '4',
    groupKey: n.groupKey,
    truncatedAlerts: n.truncatedAlerts,
  }
}

/** Grafana's webhook body, version "1", keys in its order. @see grafana/alerting receivers/webhook */
export function grafanaBody(n: Notification): Record<string, unknown> {
  return {
    receiver: n.receiver,
    status: n.status,
    alerts: n.alerts.map(a => ({
      status: a.status, labels: labelsToObject(a.labels), annotations: labelsToObject(a.annotations), startsAt: timeText(a.startsAtMs),
      endsAt: a.endsAtMs === undefined ? ZERO_TIME : timeText(a.endsAtMs), generatorURL: a.generatorUrl, fingerprint: a.fingerprint,
      silenceURL: a.silenceUrl ?? '', dashboardURL: a.dashboardUrl ?? '', panelURL: a.panelUrl ?? '',
      ...(a.ruleUid === undefined ? {} : { ruleUID: a.ruleUid }), values: alertValues(a), valueString: alertValueString(a), orgId: 1,
    })),
    groupLabels: labelsToObject(n.groupLabels),
    commonLabels: labelsToObject(commonPairs(n.alerts.map(a => a.labels))),
    commonAnnotations: labelsToObject(commonPairs(n.alerts.map(a => a.annotations))),
    externalURL: n.externalUrl,
    version: '1',
    groupKey: n.groupKey,
    truncatedAlerts: n.truncatedAlerts,
    orgId: 1,
    title: defaultTitle(n),
    state: n.status === 'firing' ? 'alerting' : 'ok',
    message: defaultMessage(n),
  }
}

function pairs(labels: Labels): [string, string][] {
  const out: [string, string][] = []
  for (let i = 0; i < labels.length; i += 2) out.push([labels[i]!, labels[i + 1]!])
  return out.sort((a, b) => (a[0] === 'alertname' ? -1 : b[0] === 'alertname' ? 1 : compareText(a[0], b[0])))
}

/** `[FIRING:2, RESOLVED:1] group label values (other common label values)` */
export function defaultTitle(n: Notification): string {
  const firing = n.alerts.filter(a => a.status === 'firing').length
  const resolved = n.alerts.length - firing
  const head = n.status === 'firing' ? `[FIRING:${firing}${resolved > 0 ? `, RESOLVED:${resolved}` : ''}]` : '[RESOLVED]'
  const group = pairs(n.groupLabels).map(([, v]) => v).join(' ')
  const others = pairs(commonPairs(n.alerts.map(a => a.labels))).filter(([name]) => labelValue(n.groupLabels, name) === '').map(([, v]) => v)
  return `${head} ${group}${others.length > 0 ? ` (${others.join(' ')})` : ''}`
}

/** Grafana's default message. */
export function defaultMessage(n: Notification): string {
  const block = (a: NotificationAlert): string => {
    const values = Object.entries(alertValues(a) ?? {})
    const links: readonly (readonly [string, string])[] = [['Source', a.generatorUrl], ['Silence', a.silenceUrl ?? ''], ['Dashboard', a.dashboardUrl ?? ''], ['Panel', a.panelUrl ?? '']]
    return `\nValue: ${values.length > 0 ? values.map(([ref, v]) => `${ref}=${formatFloat(v)}`).join(', ') : '[no value]'}\nLabels:\n`
      + `${pairs(a.labels).map(([name, v]) => ` - ${name} = ${v}\n`).join('')}Annotations:\n${pairs(a.annotations).map(([name, v]) => ` - ${name} = ${v}\n`).join('')}`
      + links.filter(([, url]) => url !== '').map(([what, url]) => `${what}: ${url}\n`).join('')
  }
  const part = (title: string, status: string): string => {
    const alerts = n.alerts.filter(a => a.status === status)
    return alerts.length === 0 ? '' : `**${title}**\n${alerts.map(block).join('')}`
  }
  return [part('Firing', 'firing'), part('Resolved', 'resolved')].filter(p => p !== '').join('\n\n')
}
