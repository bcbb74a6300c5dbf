import type { Fields } from '@haechi/model'
import { secretUrl } from '../../config/file-contact-point.ts'
import type { FileContactPoint } from '../../config/file-contact-point.ts'
import { httpConfig, secretSource } from '../../config/http-config.ts'

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
  const payload = f.raw('payload')
  const timeoutMs = f.durationMs('timeout', 0)
  const point: FileContactPoint = {
    settings: { type: 'webhook', sendResolved: f.boolean('send_resolved', true), maxAlerts: f.integer('max_alerts', 0), ...(payload === undefined ? {} : { payload: { json: payload } }), ...(timeoutMs === 0 ? {} : { timeoutMs }) },
    url: secretUrl(f, 'url', url), http: httpConfig(f.fields('http_config'), warnings),
  }
  f.done()
  return point
}
