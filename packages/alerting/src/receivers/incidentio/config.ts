import type { Fields } from '@haechi/model'
import { secretUrl } from '../../config/file-contact-point.ts'
import type { FileContactPoint } from '../../config/file-contact-point.ts'
import { NO_HTTP_CONFIG, httpConfig, secretSource } from '../../config/http-config.ts'

/** One element of `incidentio_configs`. @throws ConfigError with Alertmanager's reasons @see alertmanager notify/incidentio */
export function incidentioFileConfig(f: Fields, warnings: string[]): FileContactPoint {
  const url = secretSource(f, 'url', 'url_file')
  if (url === undefined) throw f.error(undefined, 'one of url or url_file must be configured')
  const token = secretSource(f, 'alert_source_token', 'alert_source_token_file')
  const http = httpConfig(f.fields('http_config'), warnings)
  if (http?.authorization !== undefined && token !== undefined) throw f.error('alert_source_token', 'cannot specify alert_source_token or alert_source_token_file when using http_config.authorization')
  if (http !== undefined && http.authorization === undefined && token === undefined) throw f.error(undefined, 'at least one of alert_source_token, alert_source_token_file or http_config.authorization must be configured')
  const timeoutMs = f.durationMs('timeout', 0)
  const point: FileContactPoint = {
    settings: { type: 'incidentio', sendResolved: f.boolean('send_resolved', true), maxAlerts: f.integer('max_alerts', 0), ...(timeoutMs === 0 ? {} : { timeoutMs }) },
    url: secretUrl(f, 'url', url), http: token === undefined ? http : { ...(http ?? NO_HTTP_CONFIG), authorization: { type: 'Bearer', credentials: token } },
  }
  f.done()
  return point
}
