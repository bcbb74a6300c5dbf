import { httpConfigKeys, requestHeaders, tlsSettings } from '@haechi/alerting'
import type { TlsSettings } from '@haechi/alerting'
import { labelValue, labelsFromObject, relabel, relabelConfig } from '@haechi/model'
import type { Fields, RelabelConfig } from '@haechi/model'

/** One external Alertmanager. */
export interface AlertmanagerTarget {
  /** `http://host:port/prefix`, without a slash at the end. */
  readonly url: string
  readonly timeoutMs: number
  /** With secrets. */
  readonly headers?: Readonly<Record<string, string>>
  readonly tls?: TlsSettings
  /** Its own `alert_relabel_configs`. */
  readonly relabelConfigs?: readonly RelabelConfig[]
}

/** `alerting:` of prometheus.yml. */
export interface AlertingSection {
  readonly alertmanagers: readonly AlertmanagerTarget[]
  readonly relabel: readonly RelabelConfig[]
  /** Addresses that `relabel_configs` dropped. */
  readonly dropped: readonly string[]
}

const KNOWN: ReadonlySet<string> = new Set([
  'scheme', 'path_prefix', 'timeout', 'api_version', 'static_configs', 'relabel_configs', 'alert_relabel_configs', 'basic_auth', 'authorization', 'bearer_token', 'bearer_token_file', 'tls_config', 'http_headers',
  'follow_redirects', 'enable_http2', 'oauth2', 'proxy_url', 'no_proxy', 'proxy_from_environment', 'proxy_connect_header',
])
const ALERTS_PATH = '/api/v2/alerts'

/**
 * Reads the section. Static addresses are used; what needs more is named in the warnings.
 * @param read  the text of a secret's file @throws ConfigError; what `read` throws @see Prometheus config/config.go `AlertmanagerConfig`, notifier/alertmanager.go
 */
export async function alertingSection(f: Fields | undefined, warnings: string[], read: (file: string) => Promise<string>): Promise<AlertingSection> {
  if (f === undefined) return { alertmanagers: [], relabel: [], dropped: [] }
  const relabelAll = f.list('alert_relabel_configs').map(relabelConfig)
  const alertmanagers: AlertmanagerTarget[] = []
  const dropped: string[] = []
  for (const am of f.list('alertmanagers')) {
    const scheme = am.oneOf('scheme', ['http', 'https'] as const, 'http')
    const prefix = am.string('path_prefix', '').replace(/^\/?/, '/').replace(/\/+$/, '')
    const timeoutMs = am.durationMs('timeout', 10_000)
    am.oneOf('api_version', ['v2'] as const, 'v2')
    const http = httpConfigKeys(am, warnings)
    const headers = await requestHeaders(http, read)
    const rules = am.list('relabel_configs').map(relabelConfig)
    const own = am.list('alert_relabel_configs').map(relabelConfig)
    const more = {
      timeoutMs, ...(Object.keys(headers).length === 0 ? {} : { headers }), ...(http.tls === undefined ? {} : { tls: await tlsSettings(http.tls, read) }), ...(own.length === 0 ? {} : { relabelConfigs: own }),
    }
    for (const group of am.list('static_configs')) {
      const labels = group.stringMap('labels')
      for (const address of group.strings('targets', [])) {
        const found = relabel(labelsFromObject({ ...labels, __address__: address, __scheme__: scheme, __alerts_path__: `${prefix}${ALERTS_PATH}` }), rules)
        const host = found === undefined ? '' : labelValue(found, '__address__')
        if (found === undefined || host === '') dropped.push(`${scheme}://${address}${prefix}${ALERTS_PATH}`)
        else {
          const path = labelValue(found, '__alerts_path__')
          const url = `${labelValue(found, '__scheme__')}://${host}${path.endsWith(ALERTS_PATH) ? path.slice(0, -ALERTS_PATH.length) : path}`
          // As Prometheus: one address is sent to once.
          if (!alertmanagers.some(a => a.url === url)) alertmanagers.push({ url, ...more })
        }
      }
      group.done()
    }
    for (const key of am.keys().filter(k => !KNOWN.has(k))) {
      am.raw(key)
      warnings.push(`alerting.alertmanagers: ${key} is not acted on by this version`)
    }
    am.done()
  }
  f.done()
  return { alertmanagers, relabel: relabelAll, dropped }
}
