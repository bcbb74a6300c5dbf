import type { Fields } from '@haechi/model'
import { secretUrl } from '../../config/file-contact-point.ts'
import type { FileContactPoint } from '../../config/file-contact-point.ts'
import { httpConfig, secretSource } from '../../config/http-config.ts'
import type { ContactPoint } from '../../views.ts'

/** Settings of a webhook with all defaults filled in. */
export interface WebhookConfig {
  /** May hold a secret: never printed. */
  readonly url: string
  readonly body: 'alertmanager' | 'grafana'
  /** Most alerts in a body, the others are counted; 0: all. */
  readonly maxAlerts: number
  readonly timeoutMs: number
  /** Sent with every request; may hold secrets. */
  readonly headers: Readonly<Record<string, string>>
}

/** Alertmanager: `max_alerts: 0`, HTTP client timeout 10 s is ours (Alertmanager waits for its flush to end). */
export const DEFAULT_WEBHOOK: Omit<WebhookConfig, 'url'> = { body: 'alertmanager', maxAlerts: 0, timeoutMs: 10_000, headers: {} }

/** @throws Error when the address is not an http or https URL */
export function webhookConfig(c: ContactPoint): WebhookConfig {
  return { url: httpUrl(c.url), body: c.body ?? DEFAULT_WEBHOOK.body, maxAlerts: c.maxAlerts ?? DEFAULT_WEBHOOK.maxAlerts, timeoutMs: c.timeoutMs ?? DEFAULT_WEBHOOK.timeoutMs, headers: c.headers ?? DEFAULT_WEBHOOK.headers }
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

/** One element of `webhook_configs`. @throws ConfigError with Alertmanager's reasons @see alertmanager notify/webhook/config.go */
export function webhookFileConfig(f: Fields, warnings: string[]): FileContactPoint {
  const url = secretSource(f, 'url', 'url_file')
  if (url === undefined) throw f.error(undefined, 'one of url or url_file must be configured')
  if (f.has('payload')) warnings.push(`${f.path}.payload is not acted on by this version: the body is Alertmanager's`)
  f.raw('payload')
  const timeoutMs = f.durationMs('timeout', 0)
  const point: FileContactPoint = {
    settings: { type: 'webhook', sendResolved: f.boolean('send_resolved', true), maxAlerts: f.integer('max_alerts', 0), ...(timeoutMs === 0 ? {} : { timeoutMs }) },
    url: secretUrl(f, 'url', url), http: httpConfig(f.fields('http_config'), warnings),
  }
  f.done()
  return point
}
