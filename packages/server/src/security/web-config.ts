import { readFileSync } from 'node:fs'
import { dirname, isAbsolute, join } from 'node:path'
import { parseFields } from '@haechi/model'

/** `tls_server_config`; paths are absolute or relative to the working directory. */
export interface TlsConfig {
  readonly certFile: string
  readonly keyFile: string
  readonly clientCaFile: string | undefined
  readonly clientAuth: 'none' | 'request' | 'require'
  readonly minVersion: 'TLSv1' | 'TLSv1.1' | 'TLSv1.2' | 'TLSv1.3'
  readonly maxVersion: 'TLSv1' | 'TLSv1.1' | 'TLSv1.2' | 'TLSv1.3'
}

/** What `web.config.yml` says. */
export interface WebConfig {
  readonly tls?: TlsConfig
  /** Names and their bcrypt hashes. Not printed anywhere. */
  readonly users: ReadonlyMap<string, string>
  /** `http_server_config.headers` */
  readonly headers: Readonly<Record<string, string>>
}

const CLIENT_AUTH: Readonly<Record<string, TlsConfig['clientAuth']>> = {
  NoClientCert: 'none', RequestClientCert: 'request', RequireAnyClientCert: 'require', VerifyClientCertIfGiven: 'request', RequireAndVerifyClientCert: 'require',
}
const TLS_VERSIONS: Readonly<Record<string, TlsConfig['minVersion']>> = { TLS10: 'TLSv1', TLS11: 'TLSv1.1', TLS12: 'TLSv1.2', TLS13: 'TLSv1.3' }
/** Headers that the file may set. @see exporter-toolkit `docs/web-configuration.md` */
const HEADER_NAMES = ['Content-Security-Policy', 'X-Frame-Options', 'X-Content-Type-Options', 'X-XSS-Protection', 'Strict-Transport-Security']

/** Reads the file. @throws ConfigError naming file, line and key; Error when it can't be read */
export function readWebConfig(file: string): WebConfig {
  let text: string
  try {
    text = readFileSync(file, 'utf8')
  } catch (err) {
    throw new Error(`cannot read ${file}: ${(err as NodeJS.ErrnoException).code === 'ENOENT' ? 'no such file' : (err as Error).message}`, { cause: err })
  }
  return parseWebConfig(text, file)
}

/**
 * Reads the text of a `web.config.yml`.
 *
 * @throws ConfigError naming file, line and key
 * @see exporter-toolkit `docs/web-configuration.md`
 */
export function parseWebConfig(text: string, file: string): WebConfig {
  const top = parseFields(text, file)
  const users = new Map<string, string>()
  const userFields = top.fields('basic_auth_users')
  if (userFields !== undefined) {
    for (const name of userFields.keys()) {
      const hash = userFields.string(name)
      if (!/^\$2[aby]\$\d\d\$[./A-Za-z0-9]{53}$/.test(hash)) throw userFields.error(name, 'is no bcrypt hash', "make one with: htpasswd -nBC 10 '' | tr -d ':\\n'")
      users.set(name, hash)
    }
    userFields.done()
  }
  const beside = (path: string): string => (path === '' || isAbsolute(path) ? path : join(dirname(file), path))

  let tls: TlsConfig | undefined
  const t = top.fields('tls_server_config')
  if (t !== undefined) {
    const certFile = beside(t.string('cert_file', ''))
    const keyFile = beside(t.string('key_file', ''))
    const clientAuthText = t.string('client_auth_type', 'NoClientCert')
    const clientAuth = CLIENT_AUTH[clientAuthText]
    if (clientAuth === undefined) throw t.error('client_auth_type', `Invalid ClientAuth: ${clientAuthText}`)
    const clientCaFile = beside(t.string('client_ca_file', ''))
    const version = (key: string, fallback: string): TlsConfig['minVersion'] => {
      const name = t.string(key, fallback)
      const found = TLS_VERSIONS[name]
      if (found === undefined) throw t.error(key, `unknown TLS version: ${name}`)
      return found
    }
    const minVersion = version('min_version', 'TLS12')
    const maxVersion = version('max_version', 'TLS13')
    // Read and checked by the file's users elsewhere; OpenSSL chooses here.
    t.strings('cipher_suites', [])
    t.strings('curve_preferences', [])
    t.boolean('prefer_server_cipher_suites', true)
    t.done()
    if (certFile === '') throw t.error(undefined, 'missing one of cert_file or cert')
    if (keyFile === '') throw t.error(undefined, 'missing one of key_file or key')
    if (clientAuth === 'require' && clientCaFile === '') throw t.error('client_auth_type', 'needs client_ca_file')
    tls = { certFile, keyFile, clientCaFile: clientCaFile === '' ? undefined : clientCaFile, clientAuth, minVersion, maxVersion }
  }

  const headers: Record<string, string> = {}
  const h = top.fields('http_server_config')
  if (h !== undefined) {
    h.boolean('http2', true)
    const given = h.stringMap('headers')
    for (const [name, value] of Object.entries(given)) {
      if (!HEADER_NAMES.includes(name)) throw h.error('headers', `HTTP header "${name}" can not be configured`)
      headers[name] = value
    }
    h.done()
  }
  top.done()
  return { users, headers, ...(tls === undefined ? {} : { tls }) }
}

