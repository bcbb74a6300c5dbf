import { readFileSync } from 'node:fs'
import path from 'node:path'
import { Secret } from '@haechi/model'
import type { Fields } from '@haechi/model'
import { NO_PROXY, proxyConfig } from '@haechi/model/proxy'
import type { ProxyConfig } from '@haechi/model/proxy'

/** TLS versions of `tls_config`. */
export type TlsVersion = 'TLSv1' | 'TLSv1.1' | 'TLSv1.2' | 'TLSv1.3'

/** `tls_config`. Files are read when connections are made, so that renewed certificates are taken up. */
export interface TlsConfig {
  readonly ca?: string
  readonly caFile?: string
  readonly cert?: string
  readonly certFile?: string
  readonly key?: Secret
  readonly keyFile?: string
  readonly serverName?: string
  readonly insecureSkipVerify: boolean
  readonly minVersion?: TlsVersion
  readonly maxVersion?: TlsVersion
}

/** How an HTTP client of the configuration authenticates and connects: Prometheus' `http_config`, inlined in a scrape config. Paths are absolute. */
export interface HttpConfig {
  readonly basicAuth?: { readonly username: string; readonly usernameFile?: string; readonly password: Secret; readonly passwordFile?: string }
  readonly authorization?: { readonly type: string; readonly credentials?: Secret; readonly credentialsFile?: string }
  readonly oauth2?: OAuth2Config
  readonly tls: TlsConfig
  readonly followRedirects: boolean
  readonly enableHttp2: boolean
  readonly proxy: ProxyConfig
  readonly headers: readonly HttpHeader[]
}

/** One header of `http_headers`: all values in order, files read at use. */
export interface HttpHeader {
  readonly name: string
  readonly values: readonly Secret[]
  readonly files: readonly string[]
}

/** `oauth2`: client credentials. */
export interface OAuth2Config {
  readonly clientId: string
  readonly clientSecret?: Secret
  readonly clientSecretFile?: string
  readonly scopes: readonly string[]
  readonly tokenUrl: string
  readonly endpointParams: Readonly<Record<string, string>>
}

/** No authentication, redirects followed. */
export const DEFAULT_HTTP_CONFIG: HttpConfig = {
  tls: { insecureSkipVerify: false }, followRedirects: true, enableHttp2: true, proxy: NO_PROXY, headers: [],
}

/** A path of a configuration file, relative to that file. */
export function besideFile(f: Fields, relative: string): string {
  return relative === '' ? '' : path.resolve(path.dirname(f.file), relative)
}

/** Headers that Prometheus sets itself. @see prometheus/common `ReservedHeaders` */
const RESERVED_HEADERS: ReadonlySet<string> = new Set([
  'authorization', 'host', 'content-encoding', 'content-length', 'content-type', 'user-agent', 'connection', 'keep-alive', 'proxy-authenticate', 'proxy-authorization',
  'www-authenticate', 'accept-encoding', 'x-prometheus-remote-write-version', 'x-prometheus-remote-read-version', 'x-prometheus-scrape-timeout-seconds', 'x-amz-date',
  'x-amz-security-token', 'x-amz-content-sha256',
])

/**
 * Reads the HTTP client keys of a mapping (they stand beside its other keys) and checks them as Prometheus does.
 * @throws ConfigError
 * @see prometheus/common `config/http_config.go`
 */
export function httpConfig(f: Fields): HttpConfig {
  const basic = f.fields('basic_auth')
  const authorizationFields = f.fields('authorization')
  const oauth2Fields = f.fields('oauth2')
  const bearer = f.secret('bearer_token')
  const bearerFile = f.string('bearer_token_file', '')
  const place = (key: string, message: string): Error => f.error(f.has(key) ? key : undefined, message)
  if (bearer !== undefined && bearerFile !== '') throw place('bearer_token', 'at most one of bearer_token & bearer_token_file must be configured')
  if (basic !== undefined && (bearer !== undefined || bearerFile !== '')) {
    throw place('basic_auth', 'at most one of basic_auth, oauth2, bearer_token & bearer_token_file must be configured')
  }
  let basicAuth: HttpConfig['basicAuth']
  if (basic !== undefined) {
    const usernameFile = basic.string('username_file', '')
    const passwordFile = basic.string('password_file', '')
    if (basic.has('username') && usernameFile !== '') throw basic.error('username_file', 'at most one of basic_auth username & username_file must be configured')
    if (basic.has('password') && passwordFile !== '') throw basic.error('password_file', 'at most one of basic_auth password & password_file must be configured')
    basicAuth = {
      username: basic.string('username', ''), password: basic.secret('password') ?? new Secret(''),
      ...(usernameFile !== '' && { usernameFile: besideFile(f, usernameFile) }), ...(passwordFile !== '' && { passwordFile: besideFile(f, passwordFile) }),
    }
    basic.done()
  }
  let authorization: HttpConfig['authorization']
  if (authorizationFields !== undefined) {
    const a = authorizationFields
    if (bearer !== undefined || bearerFile !== '') throw place('authorization', 'authorization is not compatible with bearer_token & bearer_token_file')
    const type = a.string('type', 'Bearer').trim() || 'Bearer'
    const credentials = a.secret('credentials')
    const credentialsFile = a.string('credentials_file', '')
    a.done()
    if (credentials !== undefined && credentialsFile !== '') throw a.error('credentials_file', 'at most one of authorization credentials & credentials_file must be configured')
    if (type.toLowerCase() === 'basic') throw a.error('type', 'authorization type cannot be set to "basic", use "basic_auth" instead')
    if (basic !== undefined || oauth2Fields !== undefined) throw place('authorization', 'at most one of basic_auth, oauth2 & authorization must be configured')
    authorization = { type, ...(credentials !== undefined && { credentials }), ...(credentialsFile !== '' && { credentialsFile: besideFile(f, credentialsFile) }) }
  } else if (bearer !== undefined) authorization = { type: 'Bearer', credentials: bearer }
  else if (bearerFile !== '') authorization = { type: 'Bearer', credentialsFile: besideFile(f, bearerFile) }
  if (oauth2Fields !== undefined && basic !== undefined) throw place('oauth2', 'at most one of basic_auth, oauth2 & authorization must be configured')
  const oauth2 = oauth2Fields === undefined ? undefined : oauth2Config(oauth2Fields, f)
  const proxy = proxyConfig(f)
  return {
    ...(basicAuth !== undefined && { basicAuth }), ...(authorization !== undefined && { authorization }), ...(oauth2 !== undefined && { oauth2 }),
    tls: tlsConfig(f.fields('tls_config'), f), followRedirects: f.boolean('follow_redirects', true), enableHttp2: f.boolean('enable_http2', true),
    proxy,
    headers: httpHeaders(f),
  }
}

function oauth2Config(o: Fields, f: Fields): OAuth2Config {
  const clientSecret = o.secret('client_secret')
  const clientSecretFile = o.string('client_secret_file', '')
  const config: OAuth2Config = {
    clientId: o.string('client_id', ''), scopes: o.strings('scopes', []), tokenUrl: o.string('token_url', ''), endpointParams: o.stringMap('endpoint_params'),
    ...(clientSecret !== undefined && { clientSecret }), ...(clientSecretFile !== '' && { clientSecretFile: besideFile(f, clientSecretFile) }),
  }
  o.done()
  if (config.clientId === '') throw o.error(undefined, 'oauth2 client_id must be configured')
  if (config.tokenUrl === '') throw o.error(undefined, 'oauth2 token_url must be configured')
  if (!URL.canParse(config.tokenUrl)) throw o.error('token_url', 'not a valid URL')
  if (clientSecret !== undefined && clientSecretFile !== '') throw o.error('client_secret_file', 'at most one of oauth2 client_secret, client_secret_file & client_secret_ref must be configured using grant-type=client_credentials')
  return config
}

const TLS_VERSIONS: Readonly<Record<string, TlsVersion>> = { TLS10: 'TLSv1', TLS11: 'TLSv1.1', TLS12: 'TLSv1.2', TLS13: 'TLSv1.3' }

function tlsConfig(t: Fields | undefined, f: Fields): TlsConfig {
  if (t === undefined) return { insecureSkipVerify: false }
  const text = (key: string): string => t.string(key, '')
  const file = (key: string): string => besideFile(f, t.string(key, ''))
  const [ca, caFile, cert, certFile, key, keyFile] = [text('ca'), file('ca_file'), text('cert'), file('cert_file'), t.secret('key'), file('key_file')]
  if (ca !== '' && caFile !== '') throw t.error('ca_file', 'at most one of ca, ca_file & ca_ref must be configured')
  if (cert !== '' && certFile !== '') throw t.error('cert_file', 'at most one of cert, cert_file & cert_ref must be configured')
  if (key !== undefined && keyFile !== '') throw t.error('key_file', 'at most one of key and key_file must be configured')
  const hasCert = cert !== '' || certFile !== ''
  const hasKey = key !== undefined || keyFile !== ''
  if (hasCert && !hasKey) throw t.error(undefined, 'exactly one of key or key_file must be configured when a client certificate is configured')
  if (hasKey && !hasCert) throw t.error(undefined, 'exactly one of cert or cert_file must be configured when a client key is configured')
  const version = (name: string): TlsVersion | undefined => {
    const word = text(name)
    if (word === '') return undefined
    const found = TLS_VERSIONS[word]
    if (found === undefined) throw t.error(name, `unknown TLS version: ${word}`)
    return found
  }
  const minVersion = version('min_version')
  const maxVersion = version('max_version')
  const serverName = text('server_name')
  const insecureSkipVerify = t.boolean('insecure_skip_verify', false)
  t.done()
  if (minVersion !== undefined && maxVersion !== undefined && minVersion > maxVersion) {
    throw t.error('max_version', 'tls_config.max_version must be greater than or equal to tls_config.min_version if both are specified')
  }
  return {
    insecureSkipVerify, ...(ca !== '' && { ca }), ...(caFile !== '' && { caFile }), ...(cert !== '' && { cert }), ...(certFile !== '' && { certFile }),
    ...(key !== undefined && { key }), ...(keyFile !== '' && { keyFile }), ...(serverName !== '' && { serverName }),
    ...(minVersion !== undefined && { minVersion }), ...(maxVersion !== undefined && { maxVersion }),
  }
}

function httpHeaders(f: Fields): HttpHeader[] {
  const all = f.fields('http_headers')
  return (all?.keys() ?? []).map(name => {
    const h = all!.fields(name)!
    if (RESERVED_HEADERS.has(name.toLowerCase())) throw all!.error(name, `setting header ${JSON.stringify(name)} is not allowed`)
    const header: HttpHeader = {
      name, values: [...h.strings('values', []), ...h.strings('secrets', [])].map(v => new Secret(v)), files: h.strings('files', []).map(p => besideFile(f, p)),
    }
    h.done()
    return header
  })
}

/** A secret that stands in a file: the text without blanks around it. @throws Error naming the file */
export function secretFromFile(file: string): string {
  try {
    return readFileSync(file, 'utf8').trim()
  } catch (err) {
    throw new Error(`unable to read file ${file}: ${(err as NodeJS.ErrnoException).code === 'ENOENT' ? 'no such file or directory' : String((err as NodeJS.ErrnoException).code)}`, { cause: err })
  }
}
