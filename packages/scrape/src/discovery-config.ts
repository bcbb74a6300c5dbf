import type { Fields } from '@haechi/model'
import { besideFile, httpConfig } from './http-config.ts'
import type { HttpConfig } from './http-config.ts'

/** Targets with common labels. */
export interface TargetGroup {
  /** Names the group among those of one discovery. */
  readonly source: string
  /** One label set per target, `__address__` among them. */
  readonly targets: readonly Readonly<Record<string, string>>[]
  readonly labels: Readonly<Record<string, string>>
}

/** Where targets come from. */
export type DiscoveryConfig =
  | { readonly kind: 'static'; readonly groups: readonly TargetGroup[] }
  | { readonly kind: 'file'; readonly files: readonly string[]; readonly refreshMs: number }
  | { readonly kind: 'http'; readonly url: string; readonly refreshMs: number; readonly http: HttpConfig }
  | { readonly kind: 'dns'; readonly names: readonly string[]; readonly type: 'SRV' | 'A' | 'AAAA' | 'MX' | 'NS'; readonly port: number; readonly refreshMs: number }

const SUPPORTED = 'static_configs, file_sd_configs, http_sd_configs and dns_sd_configs'

/** What Prometheus has and we have not. */
const OTHERS: readonly string[] = [
  'aws', 'azure', 'consul', 'digitalocean', 'docker', 'dockerswarm', 'ec2', 'ecs', 'eureka', 'gce', 'hetzner', 'ionos', 'kubernetes', 'kuma', 'lightsail', 'linode', 'marathon', 'msk',
  'nerve', 'nomad', 'openstack', 'ovhcloud', 'puppetdb', 'scaleway', 'serverset', 'stackit', 'triton', 'uyuni', 'vultr',
]

const FILE_NAME = /^[^*]*(\*[^/]*)?\.(json|yml|yaml|JSON|YML|YAML)$/

/** Reads all `…_configs` of a scrape config that name targets. @param checkAddresses  refuse URLs where addresses belong (only without relabeling) @throws ConfigError */
export function discoveryConfigs(f: Fields, checkAddresses: boolean): DiscoveryConfig[] {
  for (const name of OTHERS) {
    const key = `${name}_sd_configs`
    if (f.has(key)) throw f.error(key, `${key} is not supported`, `supported are ${SUPPORTED}; a small service that answers http_sd_configs can stand in between`)
  }
  const out: DiscoveryConfig[] = []
  const statics = f.list('static_configs')
  if (statics.length > 0) out.push({ kind: 'static', groups: statics.map((s, i) => staticGroup(s, i, checkAddresses)) })
  return [...out, ...foundConfigs(f)]
}

/** Reads `file_sd_configs`, `http_sd_configs` and `dns_sd_configs`. @throws ConfigError */
export function foundConfigs(f: Fields): DiscoveryConfig[] {
  const out: DiscoveryConfig[] = []
  for (const s of f.list('file_sd_configs')) {
    const files = s.strings('files', [])
    if (files.length === 0) throw s.error(undefined, 'file service discovery config must contain at least one path name')
    for (const name of files) if (!FILE_NAME.test(name)) throw s.error('files', `path name ${JSON.stringify(name)} is not valid for file discovery`)
    out.push({ kind: 'file', files: files.map(name => besideFile(f, name)), refreshMs: s.durationMs('refresh_interval', 0) || 300_000 })
    s.done()
  }
  for (const s of f.list('http_sd_configs')) out.push(httpDiscovery(s))
  for (const s of f.list('dns_sd_configs')) out.push(dnsDiscovery(s))
  return out
}

function staticGroup(s: Fields, index: number, checkAddresses: boolean): TargetGroup {
  const addresses = s.strings('targets', [])
  const labels = s.stringMap('labels')
  s.done()
  if (checkAddresses) for (const address of addresses) if (address.includes('/')) throw s.error('targets', `${JSON.stringify(address)} is not a valid hostname`, 'write host:port; the path goes into metrics_path, https into scheme')
  return { source: String(index), targets: addresses.map(address => ({ __address__: address })), labels }
}

function httpDiscovery(s: Fields): DiscoveryConfig {
  const url = s.string('url', '')
  if (url === '') throw s.error(undefined, 'URL is missing')
  if (!URL.canParse(url)) throw s.error('url', 'not a valid URL')
  const parsed = new URL(url)
  if (parsed.protocol !== 'http:' && parsed.protocol !== 'https:') throw s.error('url', "URL scheme must be 'http' or 'https'")
  if (parsed.host === '') throw s.error('url', 'host is missing in URL')
  const config: DiscoveryConfig = { kind: 'http', url, refreshMs: s.durationMs('refresh_interval', 0) || 60_000, http: httpConfig(s) }
  s.done()
  return config
}

function dnsDiscovery(s: Fields): DiscoveryConfig {
  const names = s.strings('names', [])
  const word = s.string('type', 'SRV')
  const port = s.integer('port', 0, 0, 65535)
  const refreshMs = s.durationMs('refresh_interval', 0) || 30_000
  s.done()
  if (names.length === 0) throw s.error(undefined, 'DNS-SD config must contain at least one SRV record name')
  const type = (['SRV', 'A', 'AAAA', 'MX', 'NS'] as const).find(t => t === word.toUpperCase())
  if (type === undefined) throw s.error('type', `invalid DNS-SD records type ${word}`)
  if (type !== 'SRV' && port === 0) throw s.error('port', 'a port is required in DNS-SD configs for all record types except SRV')
  return { kind: 'dns', names, type, port, refreshMs }
}
