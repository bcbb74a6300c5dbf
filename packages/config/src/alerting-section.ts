import { connectionOf, httpConfigKeys, requestHeaders, tlsSettings } from '@haechi/alerting'
import type { TlsSettings } from '@haechi/alerting'
import { labelValue, labelsFromObject, relabel, relabelConfig } from '@haechi/model'
import type { Fields, RelabelConfig } from '@haechi/model'
import { foundConfigs } from '@haechi/scrape'
import type { DiscoveryConfig } from '@haechi/scrape'

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

/** What one set of labels from discovery came to: an Alertmanager, or an address that `relabel_configs` dropped. */
export type FoundAlertmanager = { readonly target: AlertmanagerTarget } | { readonly dropped: string }

/** External Alertmanagers that are found while running. */
export interface AlertmanagerDiscoveryConfig {
  readonly discovery: readonly DiscoveryConfig[]
  /** @param labels of one target, `__address__` among them, and its group's */
  readonly found: (labels: Readonly<Record<string, string>>) => FoundAlertmanager
}

/** `alerting:` of prometheus.yml. */
export interface AlertingSection {
  readonly alertmanagers: readonly AlertmanagerTarget[]
  readonly discoveries: readonly AlertmanagerDiscoveryConfig[]
  readonly relabel: readonly RelabelConfig[]
  /** Addresses that `relabel_configs` dropped. */
  readonly dropped: readonly string[]
}

const KNOWN: ReadonlySet<string> = new Set([
  'scheme', 'path_prefix', 'timeout', 'api_version', 'static_configs', 'file_sd_configs', 'http_sd_configs', 'dns_sd_configs', 'relabel_configs', 'alert_relabel_configs', 'basic_auth', 'authorization', 'bearer_token', 'bearer_token_file', 'tls_config', 'http_headers',
  'follow_redirects', 'enable_http2', 'oauth2', 'proxy_url', 'no_proxy', 'proxy_from_environment', 'proxy_connect_header',
])
const ALERTS_PATH = '/api/v2/alerts'

/**
 * Reads the section. Kinds of discovery that there are not are named in the warnings.
 * @param read  the text of a secret's file @throws ConfigError; what `read` throws @see Prometheus config/config.go `AlertmanagerConfig`, notifier/alertmanager.go
 */
export async function alertingSection(f: Fields | undefined, warnings: string[], read: (file: string) => Promise<string>): Promise<AlertingSection> {
  if (f === undefined) return { alertmanagers: [], discoveries: [], relabel: [], dropped: [] }
  const relabelAll = f.list('alert_relabel_configs').map(relabelConfig)
  const alertmanagers: AlertmanagerTarget[] = []
  const discoveries: AlertmanagerDiscoveryConfig[] = []
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
      timeoutMs, ...(Object.keys(headers).length === 0 ? {} : { headers }), ...(http.tls === undefined ? {} : { tls: await tlsSettings(http.tls, read) }), ...connectionOf(http), ...(own.length === 0 ? {} : { relabelConfigs: own }),
    }
    const found = (labels: Readonly<Record<string, string>>): FoundAlertmanager => {
      const kept = relabel(labelsFromObject({ ...labels, __scheme__: scheme, __alerts_path__: `${prefix}${ALERTS_PATH}` }), rules)
      const host = kept === undefined ? '' : labelValue(kept, '__address__')
      if (kept === undefined || host === '') return { dropped: `${scheme}://${labels['__address__'] ?? ''}${prefix}${ALERTS_PATH}` }
      const path = labelValue(kept, '__alerts_path__')
      return { target: { url: `${labelValue(kept, '__scheme__')}://${host}${path.endsWith(ALERTS_PATH) ? path.slice(0, -ALERTS_PATH.length) : path}`, ...more } }
    }
    for (const group of am.list('static_configs')) {
      const labels = group.stringMap('labels')
      for (const address of group.strings('targets', [])) {
        const one = found({ ...labels, __address__: address })
        if ('dropped' in one) dropped.push(one.dropped)
        // As Prometheus: one address is sent to once.
        else if (!alertmanagers.some(a => a.url === one.target.url)) alertmanagers.push(one.target)
      }
      group.done()
    }
    const discovery = foundConfigs(am)
    if (discovery.length > 0) discoveries.push({ discovery, found })
    for (const key of am.keys().filter(k => !KNOWN.has(k))) {
      am.raw(key)
      warnings.push(`alerting.alertmanagers: ${key} is not acted on by this version`)
    }
    am.done()
  }
  f.done()
  return { alertmanagers, discoveries, relabel: relabelAll, dropped }
}
