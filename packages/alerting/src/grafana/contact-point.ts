import { OPSGENIE_API } from '../receivers/opsgenie/notifier.ts'
import { LINE_API } from '../receivers/line/notifier.ts'
import { PAGERDUTY_DETAILS, PAGERDUTY_V2 } from '../receivers/pagerduty/notifier.ts'
import type { EmailSettings, PagerDutySettings, TlsSettings } from '../receivers/settings.ts'
import { PARSE_MODES, TELEGRAM_API } from '../receivers/telegram/config.ts'
import { SIGNATURE_HEADER } from '../receivers/webhook/notifier.ts'
import type { ContactPoint, ContactPointType } from '../views.ts'
import { fileKindContactPoint } from './file-kinds.ts'
import { GrafanaAlertingError, Settings } from './settings.ts'

/** One integration of a contact point, as Grafana's files and HTTP API write it. Holds secrets. */
export interface GrafanaReceiver {
  readonly uid: string
  /** Several of one name are told together. */
  readonly name: string
  readonly type: string
  readonly settings: Readonly<Record<string, unknown>>
  readonly disableResolveMessage: boolean
  readonly provenance?: 'api' | 'file'
}

/** The mail server of contact points that name none: Grafana's `[smtp]`. */
export interface SmtpServer {
  /** `host:port` */
  readonly host: string
  readonly from: string
  readonly username?: string
  readonly password?: string
  readonly hello?: string
  readonly skipVerify: boolean
  readonly startTls: 'opportunistic' | 'mandatory' | 'none'
}

/** What a contact point does not say itself. */
export interface GrafanaContext {
  readonly origin: ContactPoint['origin']
  readonly language: 'en' | 'ko'
  readonly smtp?: SmtpServer
}

/** By Grafana's names in lower case. */
const TYPES: Readonly<Record<string, ContactPointType>> = {
  discord: 'discord', webhook: 'webhook', oncall: 'webhook', slack: 'slack', email: 'email', telegram: 'telegram', teams: 'teams', pagerduty: 'pagerduty', opsgenie: 'opsgenie', googlechat: 'googlechat', line: 'line', kakaowork: 'kakaowork',
  pushover: 'pushover', sns: 'sns', victorops: 'victorops', webex: 'webex', wecom: 'wechat', wechat: 'wechat', rocketchat: 'rocketchat', mattermost: 'mattermost', jira: 'jira', incidentio: 'incidentio',
}
/** Types of Grafana that nothing is sent to. */
const UNSUPPORTED: ReadonlySet<string> = new Set(['kafka', 'threema', 'mqtt', 'dingding', 'sensugo', 'prometheus-alertmanager'])

/** Keys whose values are shown as `[REDACTED]`. */
const SECRET_SETTINGS: ReadonlySet<string> = new Set([
  'password', 'authorization_credentials', 'token', 'bottoken', 'integrationKey', 'apiKey', 'secret', 'clientKey', 'clientCertificate', 'caCertificate', 'apiToken', 'userKey', 'bot_token', 'api_token', 'api_secret', 'basicAuthPassword',
  'secret_key', 'access_key', 'apikey', 'token_id', 'alert_source_token',
])
/** Kinds whose address is a secret as a whole. */
const SECRET_URLS: ReadonlySet<string> = new Set(['discord', 'slack', 'googlechat', 'victorops', 'wecom', 'dingding', 'kakaowork', 'teams', 'mattermost', 'incidentio'])
export const REDACTED = '[REDACTED]'

/** Whether Grafana knows a type that nothing is sent to from here. */
export function isUnsupportedType(type: string): boolean {
  return UNSUPPORTED.has(type.toLowerCase())
}

/** Whether a setting's value is a secret. */
export function isSecretSetting(type: string, key: string): boolean {
  return SECRET_SETTINGS.has(key) || (key === 'url' && SECRET_URLS.has(type.toLowerCase()))
}

/** An address without its password. */
function withoutPassword(text: string): string {
  return text.replace(/([a-z][a-z0-9+.-]*:\/\/[^\s/:@]*:)[^\s/@]+@/gi, `$1${REDACTED}@`)
}

/** The settings without their secrets, as Grafana shows them. */
export function redactedSettings(type: string, settings: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const shown = (v: unknown, key: string): unknown => {
    if (isSecretSetting(type, key) && v !== '' && v !== undefined && v !== null) return REDACTED
    if (Array.isArray(v)) return v.map(item => shown(item, ''))
    // A header may hold anything.
    if (typeof v === 'object' && v !== null) return Object.fromEntries(Object.entries(v).map(([k, inner]) => [k, key === 'headers' ? REDACTED : shown(inner, k)]))
    return typeof v === 'string' ? withoutPassword(v) : v
  }
  return Object.fromEntries(Object.entries(settings).map(([k, v]) => [k, shown(v, k)]))
}

/** Settings that were shown and come back: what is `[REDACTED]`, a password in an address too, keeps its value. */
export function restoredSettings(given: Readonly<Record<string, unknown>>, old: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const restored = (v: unknown, before: unknown): unknown => {
    if (v === REDACTED || (typeof v === 'string' && typeof before === 'string' && v.includes(REDACTED) && v === withoutPassword(before))) return before
    if (typeof v !== 'object' || v === null || Array.isArray(v) || typeof before !== 'object' || before === null) return v
    return Object.fromEntries(Object.entries(v).map(([k, inner]) => [k, restored(inner, (before as Record<string, unknown>)[k])]))
  }
  return Object.fromEntries(Object.entries(given).map(([k, v]) => [k, restored(v, old[k])]))
}

/** Makes a contact point of Grafana's form. @throws GrafanaAlertingError naming the setting */
export function grafanaContactPoint(r: GrafanaReceiver, context: GrafanaContext): ContactPoint {
  const where = `contact point ${JSON.stringify(r.name)} (${r.type})`
  const type = Object.hasOwn(TYPES, r.type.toLowerCase()) ? TYPES[r.type.toLowerCase()] : undefined
  if (isUnsupportedType(r.type)) throw new GrafanaAlertingError(`${where}: Haechi does not deliver to this type`)
  if (type === undefined) throw new GrafanaAlertingError(`${where}: unknown type; one of ${Object.keys(TYPES).join(', ')}`)
  const s = new Settings(r.settings, where)
  const grafana = { type: r.type, settings: r.settings, disableResolveMessage: r.disableResolveMessage, ...(r.provenance === undefined ? {} : { provenance: r.provenance }) }
  const base: ContactPoint = { uid: r.uid, name: r.name, type, url: '', origin: context.origin, sendResolved: !r.disableResolveMessage, language: context.language, grafana }
  const withTexts = (point: ContactPoint, texts: Readonly<Record<string, string>>): ContactPoint => (Object.keys(texts).length === 0 ? point : { ...point, texts })
  switch (type) {
    case 'discord': return discord(base, s)
    case 'webhook': return webhook(base, s)
    case 'slack': return slack(base, s)
    case 'email': return email(base, s, context.smtp)
    case 'telegram': {
      const chatId = s.required('chatid')
      const threadId = s.integer('message_thread_id', 0)
      return withTexts({
        ...base, url: `${s.url('api_url', TELEGRAM_API).replace(/\/+$/, '')}/bot${s.required('bottoken')}`, telegram: {
          chatId, parseMode: parseMode(s), silent: s.boolean('disable_notifications', false), noPreview: s.boolean('disable_web_page_preview', false), protectContent: s.boolean('protect_content', false), ...(threadId === 0 ? {} : { threadId }),
        },
      }, s.texts({ message: 'message' }))
    }
    case 'teams': return withTexts({ ...base, url: s.url('url'), teams: { card: 'adaptive' } }, textsOr(s, { title: 'title', message: 'text' }, { title: '{{ template "default.title" . }}', text: '{{ template "teams.default.message" . }}' }))
    case 'pagerduty': return withTexts({
      ...base, url: s.url('url', PAGERDUTY_V2), pagerduty: { key: s.required('integrationKey'), version: 2, details: { ...PAGERDUTY_DETAILS, ...s.map('details') }, ...pagerdutyLinks(s) },
    }, { description: '{{ template "default.title" . }}', severity: 'critical', class: 'default', component: 'Grafana', group: 'default', ...s.texts({ summary: 'description', severity: 'severity', class: 'class', component: 'component', group: 'group', source: 'source', client: 'client', client_url: 'client_url' }) })
    case 'opsgenie': return withTexts({
      ...base, sendResolved: base.sendResolved === true && s.boolean('autoClose', true), url: s.url('apiUrl', OPSGENIE_API).replace(/\/v2\/alerts\/?$/, '/'), opsgenie: {
        key: s.required('apiKey'), details: {}, updateAlerts: false,
        responders: s.list('responders').map(p => ({ type: p.text('type', 'team'), ...some('id', p.text('id')), ...some('name', p.text('name')), ...some('username', p.text('username')) })),
      },
    }, {
      message: '{{ template "default.title" . }}', description: '{{ template "default.message" . }}', ...s.texts({ message: 'message', description: 'description' }),
      // Grafana takes the priority of the label `og_priority`.
      ...(s.boolean('overridePriority', true) ? { priority: '{{ .CommonLabels.og_priority }}' } : {}),
    })
    case 'googlechat': return withTexts({ ...base, url: s.url('url') }, s.texts({ title: 'title', message: 'message' }))
    case 'line': return withTexts({ ...base, url: s.url('api_url', LINE_API), line: { token: s.required('token'), to: s.text('to') } }, s.texts({ title: 'title', description: 'description' }))
    case 'pushover': case 'sns': case 'victorops': case 'webex': case 'wechat': case 'rocketchat': case 'mattermost': case 'jira': case 'incidentio': return fileKindContactPoint(base, type, s)
    case 'kakaowork': return withTexts({ ...base, url: s.url('url') }, s.texts({ message: 'message' }))
  }
}

function pagerdutyLinks(s: Settings): Partial<Pick<PagerDutySettings, 'images' | 'links'>> {
  const images = s.list('images').map(i => ({ src: i.required('src'), href: i.text('href'), alt: i.text('alt') }))
  const links = s.list('links').map(l => ({ href: l.required('href'), text: l.text('text') }))
  return { ...(images.length === 0 ? {} : { images }), ...(links.length === 0 ? {} : { links }) }
}

function some<K extends string>(key: K, value: string): Partial<Record<K, string>> {
  return value === '' ? {} : ({ [key]: value } as Partial<Record<K, string>>)
}

/** None where none is given: the message then has our form. Else those that are given beside Grafana's defaults. */
function textsOr(s: Settings, names: Readonly<Record<string, string>>, defaults: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  const given = s.texts(names)
  return Object.keys(given).length === 0 ? {} : { ...defaults, ...given }
}

function parseMode(s: Settings): (typeof PARSE_MODES)[number] {
  const mode = s.oneOf('parse_mode', [...PARSE_MODES, 'None'] as const, 'HTML')
  return mode === 'None' ? '' : mode
}

function discord(base: ContactPoint, s: Settings): ContactPoint {
  const point: ContactPoint = { ...base, url: s.url('url'), ...(s.boolean('edit', true) ? {} : { edit: false }) }
  const given = s.texts({ title: 'title', message: 'message' })
  const look = s.texts({ avatar_url: 'avatar_url', username: 'username' })
  if (Object.keys(given).length === 0) return Object.keys(look).length === 0 ? point : { ...point, texts: look }
  const message = given['message'] ?? '{{ template "default.message" . }}'
  return {
    ...point, texts: { ...look, title: given['title'] ?? '{{ template "default.title" . }}', ...(s.boolean('use_embed_description', false) ? { content: '', message } : { content: message, message: '' }) },
  }
}

/** Headers that requests set themselves. */
const REFUSED_HEADERS: ReadonlySet<string> = new Set(['host', 'content-length', 'transfer-encoding', 'connection', 'cookie', 'user-agent', 'authorization', 'upgrade', 'te', 'trailer'])

function webhook(base: ContactPoint, s: Settings): ContactPoint {
  const headers: Record<string, string> = {}
  for (const [name, value] of Object.entries(s.map('headers'))) {
    if (REFUSED_HEADERS.has(name.toLowerCase())) throw s.error('headers', `${name} can't be set`)
    if (!/^[\w!#$%&'*+.^`|~-]+$/.test(name) || /[\r\n]/.test(value)) throw s.error('headers', `${JSON.stringify(name)} is no header`)
    headers[name.toLowerCase()] = value
  }
  const credentials = s.text('authorization_credentials')
  const username = s.text('username')
  if (credentials !== '' && username !== '') throw s.error('authorization_credentials', 'both basic authentication and an authorization header are given; take one')
  if (username !== '') headers['authorization'] = `Basic ${Buffer.from(`${username}:${s.text('password')}`).toString('base64')}`
  if (credentials !== '') headers['authorization'] = `${s.text('authorization_scheme', 'Bearer')} ${credentials}`
  const hmac = s.inner('hmacConfig')
  const payload = s.inner('payload')
  const tls = s.inner('tlsConfig')
  const body = s.oneOf('body', ['grafana', 'alertmanager'] as const, 'grafana')
  const maxAlerts = s.integer('maxAlerts', 0)
  const point: ContactPoint = {
    ...base, url: s.url('url'), body, maxAlerts, method: s.oneOf('httpMethod', ['POST', 'PUT'] as const, 'POST'), ...(Object.keys(headers).length === 0 ? {} : { headers }),
    ...(hmac === undefined ? {} : { hmac: { secret: hmac.required('secret'), header: hmac.text('header', SIGNATURE_HEADER), timestampHeader: hmac.text('timestampHeader') } }),
    ...(payload === undefined ? {} : { payload: { template: payload.required('template'), vars: payload.map('vars') } }), ...(tls === undefined ? {} : { tls: tlsOf(tls) }),
  }
  const texts = s.texts({ title: 'title', message: 'message' })
  return Object.keys(texts).length === 0 ? point : { ...point, texts }
}

function tlsOf(s: Settings): TlsSettings {
  return { insecure: s.boolean('insecureSkipVerify', false), ...some('ca', s.text('caCertificate')), ...some('cert', s.text('clientCertificate')), ...some('key', s.text('clientKey')) }
}

function slack(base: ContactPoint, s: Settings): ContactPoint {
  const token = s.text('token')
  const url = token === '' ? s.url('url') : s.url('endpointUrl', 'https://slack.com/api/chat.postMessage')
  const channel = token === '' ? s.text('recipient') : s.required('recipient')
  const people = [...s.text('mentionUsers').split(','), ...s.text('mentionGroups').split(',').map(g => (g.trim() === '' ? '' : `!subteam^${g.trim()}`)), s.text('mentionChannel') === '' ? '' : `!${s.oneOf('mentionChannel', ['here', 'channel'] as const, 'here')}`]
  const mentions = people.map(p => p.trim()).filter(p => p !== '').map(p => `<${p.startsWith('!') ? p : `@${p}`}>`).join(' ')
  return {
    ...base, url, ...(token === '' ? {} : { headers: { authorization: `Bearer ${token}` } }), slack: { fields: [], linkNames: false, mrkdwnIn: ['pretext', 'text'] },
    texts: {
      channel, username: s.text('username', 'Haechi'), icon_emoji: s.text('icon_emoji'), icon_url: s.text('icon_url'), title: s.text('title', '{{ template "default.title" . }}'), text: s.text('text', '{{ template "default.message" . }}'),
      title_link: '{{ .ExternalURL }}/alerts', color: s.text('color', '{{ template "default.color" . }}'), fallback: '{{ template "default.title" . }}', footer: s.text('footer', 'Haechi'), message_text: mentions,
    },
  }
}

function email(base: ContactPoint, s: Settings, smtp: SmtpServer | undefined): ContactPoint {
  const to = s.required('addresses').split(/[;,\n]/).map(a => a.trim()).filter(a => a !== '')
  const wrong = to.find(a => !/^[^\s@<>]+@[^\s@<>]+$|<[^\s@<>]+@[^\s@<>]+>$/.test(a))
  if (to.length === 0 || wrong !== undefined) throw s.error('addresses', wrong === undefined ? 'is missing' : `${JSON.stringify(wrong)} is no mail address`)
  const host = s.text('smtpHost', smtp?.host ?? '')
  if (host === '') throw s.error('smtpHost', 'there is no mail server; write smtpHost (host:port) here, or GF_SMTP_HOST into the .env file')
  const found = /^(?:\[([^\]]+)\]|([^:]+)):(\d{1,5})$/.exec(host.includes(':') ? host : `${host}:25`)
  if (found === null) throw s.error('smtpHost', 'write host:port, e.g. smtp.example.com:587')
  const name = found[1] ?? found[2]!
  const username = s.text('smtpUser', smtp?.username ?? '')
  const password = s.text('password', smtp?.password ?? '')
  const implicitTls = found[3] === '465'
  // A password never goes over a line that is not encrypted, unless that was asked for.
  const policy = s.oneOf('startTls', ['mandatory', 'opportunistic', 'none'] as const, smtp?.startTls ?? (username === '' ? 'none' : 'mandatory'))
  const settings: EmailSettings = {
    from: s.text('smtpFrom', smtp?.from ?? (username.includes('@') ? username : `haechi@${name}`)), to, hello: smtp?.hello ?? 'localhost', requireTls: !implicitTls && policy === 'mandatory', implicitTls,
    ...(policy === 'opportunistic' && !implicitTls ? { opportunisticTls: true } : {}), ...(username === '' ? {} : { username }), ...(password === '' ? {} : { password }),
    ...(s.boolean('skipVerify', smtp?.skipVerify ?? false) ? { tls: { insecure: true } } : {}), single: s.boolean('singleEmail', false),
  }
  const texts = { ...s.texts({ subject: 'subject' }), ...(s.text('message') === '' ? {} : { text: s.text('message'), html: `<pre style="font:inherit;white-space:pre-wrap">${s.text('message')}</pre>` }) }
  const point: ContactPoint = { ...base, url: `smtp://${name.includes(':') ? `[${name}]` : name}:${found[3]!}`, email: settings }
  return Object.keys(texts).length === 0 ? point : { ...point, texts }
}
