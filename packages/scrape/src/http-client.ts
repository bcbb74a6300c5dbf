import { lookup } from 'node:dns'
import type { LookupAddress, LookupOptions } from 'node:dns'
import { readFileSync } from 'node:fs'
import { Agent, ProxyAgent } from 'undici'
import type { buildConnector } from 'undici'
import { proxyOf } from '@haechi/model/proxy'
import { secretFromFile } from './http-config.ts'
import type { HttpConfig, TlsConfig } from './http-config.ts'
import { OAuth2Tokens } from './oauth2.ts'
import { PlainClient } from './plain-client.ts'
import type { Getter } from './plain-client.ts'

/** The name that containers have for their host. On a machine without Docker it does not resolve, and means this machine. */
const HOST_ALIAS = 'host.docker.internal'
/** Go's client keeps idle connections for five minutes. */
const KEEP_ALIVE_MS = 300_000

/** No header at all: always this object. */
export const NO_HEADERS: Readonly<Record<string, string>> = Object.freeze({})

/** Connections and authentication for the targets of one job. */
export class HttpClient {
  readonly config: HttpConfig
  /** Host names that did not resolve and were asked on loopback. */
  readonly fallbacks: Set<string> = new Set()
  readonly #direct: Agent
  readonly #plain: PlainClient
  readonly #proxy: ProxyAgent | undefined
  readonly #spared: ((url: URL) => boolean) | undefined
  readonly #oauth2: OAuth2Tokens | undefined

  constructor(config: HttpConfig, now: () => number) {
    this.config = config
    const connect: buildConnector.BuildOptions = { ...tlsOptions(config.tls), timeout: 60_000, lookup: this.#lookup }
    const options: Agent.Options = { connect, keepAliveTimeout: KEEP_ALIVE_MS, keepAliveMaxTimeout: KEEP_ALIVE_MS, pipelining: 1, maxHeaderSize: 256 * 1024, strictContentLength: true }
    this.#direct = new Agent(options)
    this.#plain = new PlainClient(this.#lookup, KEEP_ALIVE_MS)
    const proxy = proxyOf(config.proxy, process.env)
    if (proxy !== undefined) {
      this.#proxy = new ProxyAgent({ uri: proxy.url, requestTls: connect, headers: proxy.headers, proxyTunnel: false, keepAliveTimeout: KEEP_ALIVE_MS })
      this.#spared = proxy.spares
    }
    if (config.oauth2 !== undefined) this.#oauth2 = new OAuth2Tokens(config.oauth2, this.#direct, now)
  }

  /** The connections to use for a URL. */
  dispatcher(url: URL): Getter {
    if (this.#proxy !== undefined && this.#spared?.(url) !== true) return this.#proxy
    return url.protocol === 'http:' ? this.#plain : this.#direct
  }

  /** Whether {@link headers} has something to say. */
  get hasHeaders(): boolean {
    const { basicAuth, authorization, headers } = this.config
    return headers.length > 0 || basicAuth !== undefined || authorization !== undefined || this.#oauth2 !== undefined
  }

  /** Headers that authenticate, and those of `http_headers`. Files are read anew each time. @throws Error naming the file that can't be read */
  async headers(): Promise<Readonly<Record<string, string>>> {
    const { basicAuth, authorization, headers } = this.config
    const out: Record<string, string> = {}
    for (const header of headers) {
      const values = [...header.values.map(v => v.reveal()), ...header.files.map(secretFromFile)]
      if (values.length > 0) out[header.name] = values.join(', ')
    }
    if (basicAuth !== undefined) {
      const user = basicAuth.usernameFile === undefined ? basicAuth.username : secretFromFile(basicAuth.usernameFile)
      const password = basicAuth.passwordFile === undefined ? basicAuth.password.reveal() : secretFromFile(basicAuth.passwordFile)
      out['authorization'] = `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`
    } else if (authorization !== undefined) {
      const credentials = authorization.credentialsFile === undefined ? (authorization.credentials?.reveal() ?? '') : secretFromFile(authorization.credentialsFile)
      out['authorization'] = `${authorization.type} ${credentials}`
    } else if (this.#oauth2 !== undefined) out['authorization'] = `Bearer ${await this.#oauth2.token()}`
    return out
  }

  /** Ends all connections at once. */
  async close(): Promise<void> {
    this.#plain.close()
    await Promise.all([this.#direct.destroy(), this.#proxy?.destroy()])
  }

  /** The system's resolver, and loopback for the name that means this machine. */
  readonly #lookup = (
    hostname: string, options: LookupOptions, callback: (err: NodeJS.ErrnoException | null, address: string | LookupAddress[], family?: number) => void,
  ): void => {
    lookup(hostname, { ...options, all: true }, (err, found) => {
      let addresses = found
      if (err !== null) {
        if (hostname !== HOST_ALIAS || (err.code !== 'ENOTFOUND' && err.code !== 'EAI_AGAIN')) return callback(err, '')
        this.fallbacks.add(hostname)
        addresses = [{ address: '127.0.0.1', family: 4 }, { address: '::1', family: 6 }]
      } else this.fallbacks.delete(hostname)
      if (options.all === true) callback(null, addresses)
      else callback(null, addresses[0]!.address, addresses[0]!.family)
    })
  }
}

function tlsOptions(tls: TlsConfig): buildConnector.BuildOptions {
  const file = (name: string | undefined): Buffer | undefined => (name === undefined ? undefined : readFileSync(name))
  const ca = tls.ca ?? file(tls.caFile)
  const cert = tls.cert ?? file(tls.certFile)
  const key = tls.key?.reveal() ?? file(tls.keyFile)
  return {
    rejectUnauthorized: !tls.insecureSkipVerify, ...(ca !== undefined && { ca }), ...(cert !== undefined && { cert }), ...(key !== undefined && { key }),
    ...(tls.serverName !== undefined && { servername: tls.serverName }), minVersion: tls.minVersion ?? 'TLSv1.2', ...(tls.maxVersion !== undefined && { maxVersion: tls.maxVersion }),
  }
}
