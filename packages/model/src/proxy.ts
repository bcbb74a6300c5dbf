import { BlockList, isIP } from 'node:net'
import type { Fields } from './fields.ts'
import { Secret } from './secret.ts'

/** The proxy settings of a `http_config`. @see prometheus/common config/http_config.go `ProxyConfig` */
export interface ProxyConfig {
  /** May hold a name and password. */
  readonly url?: Secret
  /** Hosts that are asked without the proxy, in Go's manner. */
  readonly noProxy: readonly string[]
  /** `HTTP_PROXY`, `HTTPS_PROXY` and `NO_PROXY` decide, in capitals or not. */
  readonly fromEnvironment: boolean
  /** Headers of the requests to the proxy itself. */
  readonly headers: Readonly<Record<string, readonly Secret[]>>
}

/** No proxy. */
export const NO_PROXY: ProxyConfig = { noProxy: [], fromEnvironment: false, headers: {} }

/** A proxy as it is used. */
export interface Proxy {
  /** May hold a name and password: never to be shown. */
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  /** Whether an address is asked without it. */
  readonly spares: (url: URL) => boolean
}

/** Reads `proxy_url`, `no_proxy`, `proxy_from_environment` and `proxy_connect_header` of a mapping. @throws ConfigError */
export function proxyConfig(f: Fields): ProxyConfig {
  const url = f.string('proxy_url', '')
  const noProxy = f.string('no_proxy', '')
  const fromEnvironment = f.boolean('proxy_from_environment', false)
  if (fromEnvironment && url !== '') throw f.error('proxy_url', 'if proxy_from_environment is configured, proxy_url must not be configured')
  if (fromEnvironment && noProxy !== '') throw f.error('no_proxy', 'if proxy_from_environment is configured, no_proxy must not be configured')
  if (url === '' && noProxy !== '') throw f.error('no_proxy', 'if no_proxy is configured, proxy_url must also be configured')
  if (url !== '' && !(URL.canParse(url) && /^https?:$/.test(new URL(url).protocol))) throw f.error('proxy_url', 'not a valid URL', 'write e.g. http://proxy.example.com:3128')
  const h = f.fields('proxy_connect_header')
  const headers: Record<string, readonly Secret[]> = {}
  for (const name of h?.keys() ?? []) headers[name] = h!.strings(name).map(v => new Secret(v))
  if (Object.keys(headers).length > 0 && url === '' && !fromEnvironment) throw f.error('proxy_connect_header', 'if proxy_connect_header is configured, proxy_url or proxy_from_environment must also be configured')
  return { ...(url !== '' && { url: new Secret(url) }), noProxy: listOf(noProxy), fromEnvironment, headers }
}

/** The proxy that a configuration means; undefined for none. @param env the environment's variables */
export function proxyOf(config: ProxyConfig, env: Readonly<Record<string, string | undefined>>): Proxy | undefined {
  const get = (name: string): string => env[name.toUpperCase()] ?? env[name] ?? ''
  const url = config.fromEnvironment ? get('http_proxy') || get('https_proxy') : (config.url?.reveal() ?? '')
  if (url === '') return undefined
  const headers: Record<string, string> = {}
  for (const [name, values] of Object.entries(config.headers)) headers[name.toLowerCase()] = values.map(v => v.reveal()).join(', ')
  return { url, headers, spares: sparing(config.fromEnvironment ? listOf(get('no_proxy')) : config.noProxy) }
}

function listOf(text: string): string[] {
  return text.split(',').map(s => s.trim()).filter(s => s !== '')
}

/** Go's rule: `*`, names with their subdomains, addresses, networks; loopback never goes through a proxy. */
function sparing(entries: readonly string[]): (url: URL) => boolean {
  const networks = new BlockList()
  const names: { readonly name: string; readonly port: string }[] = []
  for (const entry of entries) {
    if (entry === '*') return () => true
    const network = /^([0-9a-fA-F.:]+)\/(\d+)$/.exec(entry)
    if (network !== null && isIP(network[1]!) !== 0) networks.addSubnet(network[1]!, Number(network[2]), isIP(network[1]!) === 6 ? 'ipv6' : 'ipv4')
    else if (isIP(entry) !== 0) networks.addAddress(entry, isIP(entry) === 6 ? 'ipv6' : 'ipv4')
    else {
      const parts = /^(.*?)(?::(\d+))?$/.exec(entry.toLowerCase())!
      names.push({ name: parts[1]!.replace(/^\*\./, '.'), port: parts[2] ?? '' })
    }
  }
  return url => {
    const host = url.hostname.replace(/^\[|\]$/g, '').toLowerCase()
    if (host === 'localhost' || host.startsWith('127.') || host === '::1') return true
    if (isIP(host) !== 0) return networks.check(host, isIP(host) === 6 ? 'ipv6' : 'ipv4')
    return names.some(n => (n.port === '' || n.port === url.port) && (n.name.startsWith('.') ? host.endsWith(n.name) : host === n.name || host.endsWith(`.${n.name}`)))
  }
}
