import { readFileSync } from 'node:fs'
import http from 'node:http'
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import https from 'node:https'
import type { AddressInfo } from 'node:net'
import { MAX_HEADER_BYTES, answerClientError } from './client-errors.ts'
import type { ServerOptions } from './deps.ts'
import { isLoopback, parseListenAddress } from './security/hosts.ts'
import type { ListenAddress } from './security/hosts.ts'
import { ConnectionGate } from './connection-gate.ts'

/** Answers a request. `reachable`: it came over an address that other machines can reach. */
export type Answerer = (req: IncomingMessage, res: ServerResponse, reachable: boolean) => void

/** Open listeners. Whoever answers can be changed while they are open, so that the port is taken before there is anything to tell. */
export interface Listeners {
  /** With the ports that were taken and the route prefix. */
  readonly urls: readonly string[]
  /** Requests from now on go to this one. */
  answerWith(answerer: Answerer): void
  /** Stops listening, lets requests under way finish for two seconds, then cuts them. Safe to call twice. */
  close(): Promise<void>
}

/** Defaults of `--web.max-connections` and `--web.read-timeout`. */
export const DEFAULT_MAX_CONNECTIONS = 512
export const DEFAULT_READ_TIMEOUT_MS = 300_000

/** Headers that take longer come from nobody who means well. */
const HEADERS_MS = 30_000

/** How long requests under way may take to finish when the server closes. */
const CLOSE_GRACE_MS = 2000

/**
 * Opens all addresses or none.
 *
 * @param prefix  the route prefix, for the URLs
 * @throws ListenError naming the address when one can't be opened, or when it is open to others and no user is configured
 */
export async function openListeners(addresses: readonly ListenAddress[], prefix: string, options: Pick<ServerOptions, 'webConfig' | 'maxConnections' | 'readTimeoutMs'>, first: Answerer): Promise<Listeners> {
  const { webConfig, readTimeoutMs = DEFAULT_READ_TIMEOUT_MS } = options
  const exposed = addresses.find(a => !isLoopback(a.host))
  if (exposed !== undefined && (webConfig === undefined || webConfig.users.size === 0)) {
    throw new ListenError(`${exposed.host === '' ? 'every address' : exposed.host} (port ${exposed.port}) can be reached by others, so a password is required: name a file with basic_auth_users by --web.config.file, or listen on 127.0.0.1 only`)
  }
  const servers: Server[] = []
  const gate = new ConnectionGate(options.maxConnections ?? DEFAULT_MAX_CONNECTIONS, () => servers.forEach(server => server.closeIdleConnections()))
  let answerer = first
  const close = async (): Promise<void> => {
    gate.close()
    await Promise.all(servers.splice(0).map(server => new Promise<void>(resolve => {
      const cut = setTimeout(() => server.closeAllConnections(), CLOSE_GRACE_MS)
      server.close(() => {
        clearTimeout(cut)
        resolve()
      })
      server.closeIdleConnections()
    })))
  }
  const open = (address: ListenAddress): Promise<string> => new Promise((resolve, reject) => {
    const reachable = !isLoopback(address.host)
    const listener = (req: IncomingMessage, res: ServerResponse): void => answerer(req, res, reachable)
    const tls = webConfig?.tls
    // As Go reads the flag: a request must have been read by then, and a connection without one is closed. 0: never.
    const limits = {
      maxHeaderSize: MAX_HEADER_BYTES, requestTimeout: readTimeoutMs, headersTimeout: readTimeoutMs === 0 ? HEADERS_MS : Math.min(HEADERS_MS, readTimeoutMs), keepAliveTimeout: readTimeoutMs,
      connectionsCheckingInterval: readTimeoutMs === 0 ? HEADERS_MS : Math.max(50, Math.min(HEADERS_MS, readTimeoutMs / 4)),
    }
    const server: Server = tls === undefined ? http.createServer(limits, listener) : https.createServer({
      ...limits,
      cert: readFileSync(tls.certFile), key: readFileSync(tls.keyFile), minVersion: tls.minVersion, maxVersion: tls.maxVersion,
      ...(tls.clientCaFile === undefined ? {} : { ca: readFileSync(tls.clientCaFile) }),
      requestCert: tls.clientAuth !== 'none', rejectUnauthorized: tls.clientAuth === 'require',
    }, listener)
    gate.guard(server)
    server.on('clientError', answerClientError)
    server.once('error', err => reject(new ListenError(listenProblem(address, err), { cause: err })))
    server.listen({ port: address.port, ...(address.host === '' ? {} : { host: address.host }) }, () => {
      servers.push(server)
      const bound = server.address() as AddressInfo
      const host = address.host === '' ? 'localhost' : address.host.includes(':') ? `[${address.host}]` : address.host
      resolve(`${tls === undefined ? 'http' : 'https'}://${host}:${bound.port}${prefix}`)
    })
  })
  const urls: string[] = []
  try {
    for (const address of addresses) urls.push(await open(address))
  } catch (err) {
    await close()
    throw err
  }
  return {
    urls,
    answerWith(next) {
      answerer = next
    },
    close,
  }
}

/** Names that a loopback listener answers to besides those of this machine: its own and the external URL's. */
export function hostsOf(addresses: readonly ListenAddress[], external: URL | undefined): ReadonlySet<string> {
  return new Set([...addresses.map(a => a.host.toLowerCase()), ...(external === undefined ? [] : [external.hostname.replace(/^\[|\]$/g, '').toLowerCase().replace(/\.$/, '')])].filter(h => h !== ''))
}

/** Where the options say that is listened. @throws Error for what is no address */
export function addressesOf(options: Pick<ServerOptions, 'listen'>): ListenAddress[] {
  return (options.listen ?? DEFAULT_LISTEN).map(parseListenAddress)
}
/** Prometheus listens on every address; without a password we don't. */
const DEFAULT_LISTEN: readonly string[] = ['127.0.0.1:9090']

/** `/haechi/` and `haechi` become `/haechi`, `/` becomes ''. */
export function routePrefix(path: string): string {
  const trimmed = path.replace(/^\/+|\/+$/g, '')
  return trimmed === '' ? '' : `/${trimmed}`
}

/** The prefix that the options mean: their own, else the path of the external URL. */
export function prefixOf(options: Pick<ServerOptions, 'routePrefix' | 'externalUrl'>): string {
  return routePrefix(options.routePrefix ?? (options.externalUrl === undefined ? '/' : new URL(options.externalUrl).pathname))
}

/** A listener could not be opened, or was refused because others could read everything without a password. The message is one sentence for the user. */
export class ListenError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'ListenError'
  }
}

function listenProblem({ host, port }: ListenAddress, err: NodeJS.ErrnoException): string {
  const where = `cannot listen on ${host.includes(':') ? `[${host}]` : host}:${port}`
  switch (err.code) {
    case 'EADDRINUSE': return `${where}: the port is in use by another program; stop that one or choose another port with --web.listen-address`
    case 'EACCES': return `${where}: no permission to use this port; ports below 1024 are the administrator's, choose a higher one with --web.listen-address`
    case 'EADDRNOTAVAIL': return `${where}: this machine has no such address; 127.0.0.1 is always there`
    case 'ENOTFOUND': return `${where}: no such host`
    default: return `${where}: ${err.message}`
  }
}
