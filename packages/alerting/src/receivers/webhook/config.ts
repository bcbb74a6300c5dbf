import type { ContactPoint } from '../../views.ts'

/** Settings of a webhook with all defaults filled in. */
export interface WebhookConfig {
  /** May hold a secret: never printed. */
  readonly url: string
  readonly body: 'alertmanager' | 'grafana'
  /** Most alerts in a body, the others are counted; 0: all. */
  readonly maxAlerts: number
  readonly timeoutMs: number
}

/** Alertmanager: `max_alerts: 0`, HTTP client timeout 10 s is ours (Alertmanager waits for its flush to end). */
export const DEFAULT_WEBHOOK: Omit<WebhookConfig, 'url'> = { body: 'alertmanager', maxAlerts: 0, timeoutMs: 10_000 }

/** @throws Error when the address is not an http or https URL */
export function webhookConfig(c: ContactPoint): WebhookConfig {
  return { url: httpUrl(c.url), body: c.body ?? DEFAULT_WEBHOOK.body, maxAlerts: c.maxAlerts ?? DEFAULT_WEBHOOK.maxAlerts, timeoutMs: DEFAULT_WEBHOOK.timeoutMs }
}

/** The address if it is an http or https URL. The error never holds it. */
export function httpUrl(url: string): string {
  let parsed: URL
  try {
    parsed = new URL(url)
  } catch {
    throw new Error('the address is not a URL')
  }
  if (parsed.protocol !== 'http:' && parsed.protocol !== 'https:') throw new Error('the address must begin with http:// or https://')
  return url
}
