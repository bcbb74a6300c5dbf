import type { Clock } from '../../views.ts'
import { TransportError, retryAfterMs } from '../../transport.ts'
import type { HttpPost, HttpResponse } from '../../transport.ts'
import type { Notification, Notifier, SendResult } from '../../notification.ts'
import { alertmanagerBody, defaultTitle, grafanaBody } from './body.ts'
import type { WebhookConfig } from './config.ts'

/** Sends Alertmanager's or Grafana's body to a webhook. */
export function createWebhookNotifier(config: WebhookConfig, post: HttpPost, clock: Clock, userAgent: string): Notifier {
  return {
    title: defaultTitle,
    async send(n: Notification, signal: AbortSignal): Promise<SendResult> {
      const left = config.maxAlerts > 0 ? Math.max(0, n.alerts.length - config.maxAlerts) : 0
      const cut: Notification = left > 0 ? { ...n, alerts: n.alerts.slice(0, config.maxAlerts), truncatedAlerts: n.truncatedAlerts + left } : n
      const body = JSON.stringify(config.body === 'grafana' ? grafanaBody(cut) : alertmanagerBody(cut))
      let answer: HttpResponse
      try {
        answer = await post({ url: config.url, headers: { 'content-type': 'application/json', 'user-agent': userAgent, ...config.headers }, body, timeoutMs: config.timeoutMs, signal })
      } catch (err) {
        if (err instanceof TransportError) return { ok: false, retryable: true, error: err.message }
        throw err
      }
      return judge(answer, clock.nowMs())
    },
  }
}

/** 2xx is accepted; 429 and 5xx may be accepted later. */
function judge(answer: HttpResponse, nowMs: number): SendResult {
  const { status } = answer
  if (status >= 200 && status < 300) return { ok: true, httpStatus: status }
  const wait = retryAfterMs(answer.headers['retry-after'], nowMs)
  return { ok: false, httpStatus: status, error: `answered HTTP ${status}`, retryable: status === 429 || status >= 500, ...(wait === undefined ? {} : { retryAfterMs: wait }) }
}
