import type { DataSourceDraft } from '../../api/sources.ts'
import type { DataSourceInfo } from '../../api/system.ts'

/** Servers that answer Prometheus' API, with the address that each has as a rule. */
export const SERVER_KINDS = [
  { id: 'Prometheus', url: 'http://127.0.0.1:9090' }, { id: 'VictoriaMetrics', url: 'http://127.0.0.1:8428' }, { id: 'Mimir', url: 'http://127.0.0.1:9009/prometheus' }, { id: 'Thanos', url: 'http://127.0.0.1:10902' },
  { id: 'Cortex', url: 'http://127.0.0.1:9009/prometheus' },
] as const

/** How a data source signs in. */
export type SourceAuth = 'none' | 'basic' | 'bearer'

/** What the form holds; secrets are empty where the kept ones stay. */
export interface SourceForm {
  readonly kind: string
  readonly name: string
  readonly url: string
  readonly isDefault: boolean
  readonly auth: SourceAuth
  readonly user: string
  readonly password: string
  readonly token: string
  readonly tenant: string
  readonly method: 'POST' | 'GET'
  readonly timeout: string
  readonly interval: string
  readonly params: string
  readonly skipVerify: boolean
  readonly ca: string
}

/** An empty form. */
export const NEW_SOURCE: SourceForm = {
  kind: 'Prometheus', name: '', url: '', isDefault: false, auth: 'none', user: '', password: '', token: '', tenant: '', method: 'POST', timeout: '', interval: '', params: '', skipVerify: false, ca: '',
}

/** The names of headers, by their numbers. */
function headerNumber(source: DataSourceInfo | undefined, header: string): string | undefined {
  const found = Object.entries(source?.jsonData ?? {}).find(([key, v]) => key.startsWith('httpHeaderName') && typeof v === 'string' && v.toLowerCase() === header.toLowerCase())
  return found?.[0].slice('httpHeaderName'.length)
}

/** Whether a secret is kept. */
export function isKept(source: DataSourceInfo | undefined, what: 'password' | 'token' | 'tenant' | 'ca'): boolean {
  const fields = source?.secureJsonFields ?? {}
  if (what === 'password') return fields['basicAuthPassword'] === true
  if (what === 'ca') return fields['tlsCACert'] === true
  const number = headerNumber(source, what === 'token' ? 'Authorization' : 'X-Scope-OrgID')
  return number !== undefined && fields[`httpHeaderValue${number}`] === true
}

/** The form of a source that there is. */
export function formOf(source: DataSourceInfo): SourceForm {
  const json = source.jsonData ?? {}
  const text = (key: string): string => (typeof json[key] === 'string' ? json[key] : typeof json[key] === 'number' ? String(json[key]) : '')
  return {
    ...NEW_SOURCE, kind: text('prometheusType') || 'Prometheus', name: source.name, url: source.url, isDefault: source.isDefault,
    auth: source.basicAuth === true ? 'basic' : headerNumber(source, 'Authorization') === undefined ? 'none' : 'bearer', user: source.basicAuthUser ?? '', method: text('httpMethod') === 'GET' ? 'GET' : 'POST',
    timeout: text('timeout'), interval: text('timeInterval'), params: text('customQueryParameters'), skipVerify: json['tlsSkipVerify'] === true,
  }
}

/** What is wrong with a URL; undefined for nothing. */
export function urlFault(url: string): 'urlMissing' | 'urlPassword' | undefined {
  const parsed = URL.canParse(url.trim()) ? new URL(url.trim()) : undefined
  if (parsed === undefined || !/^https?:$/.test(parsed.protocol)) return 'urlMissing'
  return parsed.username !== '' || parsed.password !== '' ? 'urlPassword' : undefined
}

/** What is sent for a form. Members that the form doesn't know stay as they were. */
export function draftOf(form: SourceForm, old: DataSourceInfo | undefined): DataSourceDraft {
  const json: Record<string, unknown> = { ...old?.jsonData, httpMethod: form.method, prometheusType: form.kind }
  const secrets: Record<string, string> = {}
  const put = (key: string, value: unknown): void => {
    if (value === '' || value === false || value === undefined) delete json[key]
    else json[key] = value
  }
  put('timeout', form.timeout.trim() === '' ? undefined : Number(form.timeout))
  put('timeInterval', form.interval.trim())
  put('customQueryParameters', form.params.trim())
  put('tlsSkipVerify', form.skipVerify)
  const ca = form.ca.trim()
  if (ca !== '') secrets['tlsCACert'] = ca
  put('tlsAuthWithCACert', ca !== '' || isKept(old, 'ca'))
  const header = (name: string, value: string, isWanted: boolean): void => {
    const number = headerNumber(old, name) ?? freeNumber(json)
    if (!isWanted) {
      if (headerNumber(old, name) === undefined) return
      put(`httpHeaderName${number}`, undefined)
      secrets[`httpHeaderValue${number}`] = ''
      return
    }
    json[`httpHeaderName${number}`] = name
    if (value !== '') secrets[`httpHeaderValue${number}`] = value
  }
  header('Authorization', form.token.trim() === '' ? '' : `Bearer ${form.token.trim()}`, form.auth === 'bearer')
  header('X-Scope-OrgID', form.tenant.trim(), form.tenant.trim() !== '' || isKept(old, 'tenant'))
  if (form.auth === 'basic' ? form.password !== '' : isKept(old, 'password')) secrets['basicAuthPassword'] = form.auth === 'basic' ? form.password : ''
  return {
    ...(old === undefined ? {} : { uid: old.uid }), name: form.name.trim(), type: old?.type ?? 'prometheus', access: 'proxy', url: form.url.trim().replace(/\/+$/, ''), basicAuth: form.auth === 'basic',
    basicAuthUser: form.auth === 'basic' ? form.user.trim() : '', isDefault: form.isDefault, jsonData: json, secureJsonData: secrets,
  }
}

function freeNumber(json: Readonly<Record<string, unknown>>): string {
  for (let i = 1; ; i++) if (json[`httpHeaderName${i}`] === undefined) return String(i)
}
