import { isIP } from 'node:net'

/** Where a listener is bound. */
export interface ListenAddress {
  /** '' means every address. */
  readonly host: string
  readonly port: number
}

/** Reads `host:port`, `[::1]:port` or `:port`. @throws Error for anything else */
export function parseListenAddress(text: string): ListenAddress {
  const parts = /^(?:\[([0-9a-fA-F:.%\w]+)\]|([^:[\]]*)):(\d{1,5})$/.exec(text)
  const port = Number(parts?.[3])
  if (parts === null || port > 65_535) throw new Error(`invalid listen address "${text}": want host:port, e.g. 127.0.0.1:9090`)
  return { host: parts[1] ?? parts[2] ?? '', port }
}

/** Whether only this machine can reach the address. */
export function isLoopback(host: string): boolean {
  if (host === 'localhost' || host.endsWith('.localhost')) return true
  if (isIP(host) === 4) return host.startsWith('127.')
  return host === '::1' || /^::ffff:127\./i.test(host)
}

/** The host of a Host header or of an origin, lower case, without port and brackets. Undefined for a text that is none. */
export function hostOf(header: string): string | undefined {
  const parts = /^(?:\[([0-9a-fA-F:.]+)\]|([^:[\]/@\\\s]+))(?::\d{1,5})?$/.exec(header)
  return (parts?.[1] ?? parts?.[2])?.toLowerCase().replace(/\.$/, '')
}

/**
 * Whether a Host header may stand on a request to a loopback listener. A web page that has its own name point to 127.0.0.1
 * (DNS rebinding) comes with that name, and is refused.
 */
export function hostAllowed(header: string | undefined, allowed: ReadonlySet<string>): boolean {
  if (header === undefined) return false
  const host = hostOf(header)
  return host !== undefined && (isLoopback(host) || allowed.has(host))
}

/** Whether an Origin header names the place that the request goes to, or the external URL. */
export function originAllowed(origin: string, hostHeader: string | undefined, externalOrigin: string | undefined): boolean {
  if (!URL.canParse(origin)) return false
  const url = new URL(origin)
  if (url.protocol !== 'http:' && url.protocol !== 'https:') return false
  return url.host === hostHeader?.toLowerCase() || url.origin === externalOrigin
}
