import type { Fields } from '@haechi/model'
import { Secret } from '@haechi/model'
import { NO_PROXY, proxyConfig, proxyOf } from '@haechi/model/proxy'
import type { ProxyConfig } from '@haechi/model/proxy'
import type { TlsSettings } from '../receivers/settings.ts'
import type { HttpRequest } from '../transport.ts'

/** A secret as it is written: itself, or the file that holds it (read when the configuration is loaded). */
export type SecretSource = Secret | { readonly file: string }

/** What `http_config` adds to requests. */
export interface HttpConfig {
  readonly basicAuth: { readonly username: SecretSource; readonly password: SecretSource } | undefined
  readonly authorization: { readonly type: string; readonly credentials: SecretSource } | undefined
  /** By header name; values of one header are sent as one line each. */
  readonly headers: Readonly<Record<string, readonly SecretSource[]>>
  readonly tls?: TlsConfig
  readonly proxy: ProxyConfig
  /** Those that send the same request again (307, 308). */
  readonly followRedirects: boolean
}

/** A `tls_config`. */
export interface TlsConfig {
  readonly insecure: boolean
  readonly serverName: string
  readonly ca: SecretSource | undefined
  readonly cert: SecretSource | undefined
  readonly key: SecretSource | undefined
}

/** Reads a `tls_config`; undefined where it is missing. @throws ConfigError @see prometheus/common config/http_config.go `TLSConfig` */
export function tlsConfig(f: Fields | undefined): TlsConfig | undefined {
  if (f === undefined) return undefined
  const config: TlsConfig = {
    insecure: f.boolean('insecure_skip_verify', false), serverName: f.string('server_name', ''), ca: secretSource(f, 'ca', 'ca_file'), cert: secretSource(f, 'cert', 'cert_file'), key: secretSource(f, 'key', 'key_file'),
  }
  if (config.cert !== undefined && config.key === undefined) throw f.error('cert_file', 'exactly one of key or key_file must be configured when a client certificate is configured')
  if (config.key !== undefined && config.cert === undefined) throw f.error('key_file', 'exactly one of cert or cert_file must be configured when a client key is configured')
  for (const key of ['min_version', 'max_version'] as const) f.string(key, '')
  f.done()
  return config
}

/** The same with its files read. @throws what `read` throws */
export async function tlsSettings(t: TlsConfig, read: (file: string) => Promise<string>): Promise<TlsSettings> {
  const text = async (key: 'ca' | 'cert' | 'key'): Promise<Partial<TlsSettings>> => (t[key] === undefined ? {} : { [key]: await revealed(t[key], read) })
  return { insecure: t.insecure, ...(await text('ca')), ...(await text('cert')), ...(await text('key')), ...(t.serverName === '' ? {} : { serverName: t.serverName }) }
}

export const NO_HTTP_CONFIG: HttpConfig = { basicAuth: undefined, authorization: undefined, headers: {}, proxy: NO_PROXY, followRedirects: true }

/** Keys that ask for what is not done. */
const UNSUPPORTED = ['oauth2'] as const

/** The `http_config` of a receiver or of `global`; undefined where it is missing. @throws ConfigError @see prometheus/common config/http_config.go */
export function httpConfig(f: Fields | undefined, warnings: string[]): HttpConfig | undefined {
  if (f === undefined) return undefined
  const config = httpConfigKeys(f, warnings)
  f.done()
  return config
}

/** The same where its keys stand among others. @throws ConfigError */
export function httpConfigKeys(f: Fields, warnings: string[]): HttpConfig {
  for (const key of UNSUPPORTED) if (asksForSomething(f.raw(key))) warnings.push(`${f.path}.${key} is not acted on by this version`)
  const followRedirects = f.boolean('follow_redirects', true)
  // It only says how.
  f.boolean('enable_http2', true)
  const proxy = proxyConfig(f)
  const tls = tlsConfig(f.fields('tls_config'))
  const bearer = secretSource(f, 'bearer_token', 'bearer_token_file')
  const basic = f.fields('basic_auth')
  const auth = f.fields('authorization')
  const given = [bearer, basic, auth].filter(x => x !== undefined).length
  if (given > 1) throw f.error('authorization', 'at most one of basic_auth, oauth2 & authorization must be configured')
  const headers: Record<string, readonly SecretSource[]> = {}
  const written = f.fields('http_headers')
  for (const name of written?.keys() ?? []) {
    const h = written!.fields(name)!
    headers[name] = [
      ...h.strings('values', []).map(v => new Secret(v)), ...h.strings('secrets', []).map(v => new Secret(v)), ...h.strings('files', []).map(file => ({ file })),
    ]
    h.done()
  }
  const config: HttpConfig = {
    basicAuth: basic === undefined ? undefined : {
      username: secretSource(basic, 'username', 'username_file') ?? new Secret(''), password: secretSource(basic, 'password', 'password_file') ?? new Secret(''),
    },
    authorization: bearer !== undefined ? { type: 'Bearer', credentials: bearer }
      : auth === undefined ? undefined : { type: auth.string('type', 'Bearer'), credentials: secretSource(auth, 'credentials', 'credentials_file') ?? new Secret('') },
    headers, ...(tls === undefined ? {} : { tls }), proxy, followRedirects,
  }
  basic?.done()
  auth?.done()
  return config
}

function asksForSomething(value: unknown): boolean {
  if (typeof value === 'object' && value !== null) return Object.values(value).some(asksForSomething)
  return value !== undefined && value !== null && value !== '' && value !== false
}

/** A secret with its `…_file` twin; undefined where neither is given. @throws ConfigError when both are */
export function secretSource(f: Fields, key: string, fileKey: string): SecretSource | undefined {
  const secret = f.secret(key)
  const file = f.string(fileKey, '')
  if (secret !== undefined && secret.reveal() !== '' && file !== '') throw f.error(fileKey, `at most one of ${key} & ${fileKey} must be configured`)
  if (file !== '') return { file }
  return secret === undefined || secret.reveal() === '' ? undefined : secret
}

/** The ways of requests that differ from the usual one. @param env the environment's variables, which may name a proxy */
export function connectionOf(config: HttpConfig, env: Readonly<Record<string, string | undefined>> = process.env): Pick<HttpRequest, 'proxy' | 'followRedirects'> {
  const proxy = proxyOf(config.proxy, env)
  return { ...(proxy === undefined ? {} : { proxy }), ...(config.followRedirects ? {} : { followRedirects: false }) }
}

/**
 * The headers of requests, with their secrets.
 * @param read  the text of a secret's file @throws what `read` throws
 */
export async function requestHeaders(config: HttpConfig, read: (file: string) => Promise<string>): Promise<Record<string, string>> {
  const reveal = (s: SecretSource): Promise<string> => revealed(s, read)
  const headers: Record<string, string> = {}
  for (const [name, values] of Object.entries(config.headers)) headers[name.toLowerCase()] = (await Promise.all(values.map(reveal))).join(', ')
  if (config.basicAuth !== undefined) headers['authorization'] = `Basic ${Buffer.from(`${await reveal(config.basicAuth.username)}:${await reveal(config.basicAuth.password)}`).toString('base64')}`
  if (config.authorization !== undefined) headers['authorization'] = `${config.authorization.type} ${await reveal(config.authorization.credentials)}`
  return headers
}

/** The secret itself. */
export async function revealed(s: SecretSource, read: (file: string) => Promise<string>): Promise<string> {
  return s instanceof Secret ? s.reveal() : (await read(s.file)).trim()
}
