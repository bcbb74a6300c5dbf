import { Secret, goQuote } from '@haechi/model'
import type { Fields } from '@haechi/model'
import type { FileContactPoint } from '../../config/file-contact-point.ts'
import { secretSource, tlsConfig } from '../../config/http-config.ts'
import type { SecretSource, TlsConfig } from '../../config/http-config.ts'

/** What `global` says for mails. */
export interface SmtpGlobal {
  readonly from: string
  readonly hello: string
  readonly smarthost: string
  readonly username: string
  readonly password: SecretSource | undefined
  readonly secret: SecretSource | undefined
  readonly requireTls: boolean
  readonly implicitTls: boolean | undefined
  readonly tls: TlsConfig | undefined
}

/** The `smtp_…` keys of `global`. @throws ConfigError */
export function smtpGlobal(g: Fields | undefined): SmtpGlobal {
  const smarthost = g?.string('smtp_smarthost', '') ?? ''
  if (g !== undefined && smarthost !== '') hostPort(g, 'smtp_smarthost', smarthost)
  g?.string('smtp_auth_identity', '')
  return {
    from: g?.string('smtp_from', '') ?? '', hello: g?.string('smtp_hello', 'localhost') ?? 'localhost', smarthost, username: g?.string('smtp_auth_username', '') ?? '',
    password: g === undefined ? undefined : secretSource(g, 'smtp_auth_password', 'smtp_auth_password_file'), secret: g === undefined ? undefined : secretSource(g, 'smtp_auth_secret', 'smtp_auth_secret_file'),
    requireTls: g?.boolean('smtp_require_tls', true) ?? true, implicitTls: g?.has('smtp_force_implicit_tls') === true ? g.boolean('smtp_force_implicit_tls') : undefined, tls: tlsConfig(g?.fields('smtp_tls_config')),
  }
}

/** `host:port`, as Go splits it. */
function hostPort(f: Fields, key: string, text: string): { readonly host: string; readonly port: string } {
  const found = /^(?:\[([^\]]+)\]|([^:]*)):(.*)$/.exec(text)
  if (found === null) throw f.error(key, `address ${text}: missing port in address`)
  if (found[3] === '') throw f.error(key, `address ${goQuote(text)}: port cannot be empty`)
  return { host: found[1] ?? found[2]!, port: found[3]! }
}

/** @throws ConfigError with Alertmanager's reasons */
function threadingConfig(f: Fields, headers: Readonly<Record<string, string>>): 'none' | 'daily' | undefined {
  const t = f.fields('threading')
  const enabled = t?.boolean('enabled', false) ?? false
  const by = t?.string('thread_by_date', '') ?? ''
  t?.done()
  if (t === undefined || !enabled) return undefined
  for (const name of ['References', 'In-Reply-To']) if (headers[name] !== undefined) throw f.error('threading', `conflicting configuration: threading.enabled conflicts with custom ${name} header`)
  if (by !== 'none' && by !== 'daily') throw t.error('thread_by_date', "threading.thread_by_date must be either 'none' or 'daily'")
  return by
}

/** One element of `email_configs`. @throws ConfigError with Alertmanager's reasons @see alertmanager config/notifiers.go `EmailConfig` */
export function emailFileConfig(f: Fields, global: SmtpGlobal): FileContactPoint {
  const to = f.string('to', '')
  if (to === '') throw f.error(undefined, 'missing to address in email config')
  const written = f.stringMap('headers')
  const headers: Record<string, string> = {}
  for (const [name, value] of Object.entries(written)) {
    const normal = name.toLowerCase().replace(/(^|-)[a-z]/g, c => c.toUpperCase())
    if (headers[normal] !== undefined) throw f.error('headers', `duplicate header ${goQuote(normal)} in email config`)
    headers[normal] = value
  }
  const smarthost = f.string('smarthost', '') || global.smarthost
  if (smarthost === '') throw f.error(undefined, 'no global SMTP smarthost set')
  const from = f.string('from', '') || global.from
  if (from === '') throw f.error(undefined, 'no global SMTP from set')
  const { host, port } = hostPort(f, f.has('smarthost') ? 'smarthost' : 'to', smarthost)
  const password = secretSource(f, 'auth_password', 'auth_password_file') ?? global.password
  const cramSecret = secretSource(f, 'auth_secret', 'auth_secret_file') ?? global.secret
  const username = f.string('auth_username', '') || global.username
  f.string('auth_identity', '')
  const implicit = f.has('force_implicit_tls') ? f.boolean('force_implicit_tls') : f.has('implicit_tls') ? f.boolean('implicit_tls') : global.implicitTls
  const threading = threadingConfig(f, headers)
  const tls = tlsConfig(f.fields('tls_config')) ?? global.tls
  const texts: Record<string, string> = {}
  for (const key of ['html', 'text'] as const) if (f.has(key)) texts[key] = f.string(key)
  const implicitTls = implicit ?? port === '465'
  const requireTls = f.boolean('require_tls', global.requireTls)
  const point: FileContactPoint = {
    settings: {
      type: 'email', sendResolved: f.boolean('send_resolved', false), ...(Object.keys(texts).length === 0 ? {} : { texts }),
      email: {
        from, to: to.includes('{{') ? [to] : to.split(',').map(t => t.trim()).filter(t => t !== ''), ...(threading === undefined ? {} : { threading }), hello: f.string('hello', '') || global.hello, requireTls: requireTls && !implicitTls, implicitTls,
        ...(username === '' ? {} : { username }), ...(Object.keys(headers).length === 0 ? {} : { headers }),
      },
    },
    url: new Secret(`smtp://${host.includes(':') ? `[${host}]` : host}:${port}`), http: undefined,
    secrets: { ...(username === '' || password === undefined ? {} : { password }), ...(username === '' || cramSecret === undefined || password !== undefined ? {} : { cramSecret }) },
    ...(tls === undefined ? {} : { tls }),
    finish: (p, secrets) => (p.email === undefined ? p : {
      ...p, email: { ...p.email, ...(secrets['password'] === undefined ? {} : { password: secrets['password'] }), ...(secrets['cramSecret'] === undefined ? {} : { cramSecret: secrets['cramSecret'] }), ...(p.tls === undefined ? {} : { tls: p.tls }) },
    }),
  }
  f.done()
  return point
}
