import { createHmac } from 'node:crypto'
import { payloadText, templatedJson } from '../../payload-templates.ts'
import type { Notification, Notifier } from '../../notification.ts'
import type { ContactPoint } from '../../views.ts'
import { httpNotifier } from '../http-notifier.ts'
import type { NotifierContext } from '../notifier-context.ts'
import { messageTexts } from '../../message-templates.ts'
import type { HmacSettings } from '../settings.ts'
import { alertmanagerBody, defaultTitle, grafanaBody } from './body.ts'
import { httpUrl } from './config.ts'

/** Grafana's name of the header. */
export const SIGNATURE_HEADER = 'X-Grafana-Alerting-Signature'

/** Sends Alertmanager's body, Grafana's, or one of the user's own to a webhook. @throws Error when the address is none */
export function createWebhookNotifier(c: ContactPoint, context: NotifierContext): Notifier {
  httpUrl(c.url.includes('{{') ? 'http://template' : c.url)
  const maxAlerts = c.maxAlerts ?? 0
  return httpNotifier({
    service: 'The webhook', title: defaultTitle,
    request(n) {
      const left = maxAlerts > 0 ? Math.max(0, n.alerts.length - maxAlerts) : 0
      const cut: Notification = left > 0 ? firstAlerts(n, maxAlerts) : n
      const nowMs = context.clock.nowMs()
      const body = bodyOf(c, cut, context, nowMs)
      const url = c.url.includes('{{') ? httpUrl(messageTexts({ url: c.url }, context.templates, cut, nowMs)['url']!) : c.url
      return { url, body, method: c.method ?? 'POST', headers: c.hmac === undefined ? {} : signature(c.hmac, body, nowMs) }
    },
  }, c, context)
}

function bodyOf(c: ContactPoint, n: Notification, context: NotifierContext, nowMs: number): string {
  if (c.payload?.template !== undefined) return payloadText(c.payload.template, c.payload.vars ?? {}, n, context.templates, nowMs)
  if (c.payload?.json !== undefined) return JSON.stringify(templatedJson(c.payload.json, n, context.templates, nowMs))
  if (c.body !== 'grafana') return JSON.stringify(alertmanagerBody(n))
  const own = Object.fromEntries(Object.entries(c.texts ?? {}).filter(([key]) => key === 'title' || key === 'message'))
  return JSON.stringify({ ...grafanaBody(n), ...messageTexts(own, context.templates, n, nowMs) })
}

/** Hex of HMAC-SHA256 over the body, or over `<Unix seconds>:<body>` where a header for the time is named. @see grafana/alerting http/hmac.go */
function signature(hmac: HmacSettings, body: string, nowMs: number): Record<string, string> {
  const sign = createHmac('sha256', hmac.secret)
  if (hmac.timestampHeader === '') return { [hmac.header.toLowerCase()]: sign.update(body).digest('hex') }
  const seconds = String(Math.floor(nowMs / 1000))
  return { [hmac.timestampHeader.toLowerCase()]: seconds, [hmac.header.toLowerCase()]: sign.update(`${seconds}:`).update(body).digest('hex') }
}

/** The first alerts only. As in Alertmanager and Grafana the status is then that of these. */
export function firstAlerts(n: Notification, maxAlerts: number): Notification {
  const alerts = n.alerts.slice(0, maxAlerts)
  return { ...n, alerts, status: alerts.some(a => a.status === 'firing') ? 'firing' : 'resolved', truncatedAlerts: n.truncatedAlerts + n.alerts.length - maxAlerts }
}
