import { ConfigError, Secret, parseFields } from '@haechi/model'
import type { Fields } from '@haechi/model'
import type { FileContactPoint } from '../config/file-contact-point.ts'
import type { SecretSource } from '../config/http-config.ts'
import { incidentioFileConfig } from '../receivers/incidentio/config.ts'
import { jiraFileConfig } from '../receivers/jira/config.ts'
import { mattermostFileConfig } from '../receivers/mattermost/config.ts'
import { pushoverFileConfig } from '../receivers/pushover/config.ts'
import { ROCKETCHAT_API, rocketchatFileConfig } from '../receivers/rocketchat/config.ts'
import { snsFileConfig } from '../receivers/sns/config.ts'
import { VICTOROPS_API, victorOpsFileConfig } from '../receivers/victorops/config.ts'
import { WEBEX_API, webexFileConfig } from '../receivers/webex/config.ts'
import { WECHAT_API, wechatFileConfig } from '../receivers/wechat/config.ts'
import type { ContactPoint, FileOnlyType } from '../views.ts'
import type { Settings } from './settings.ts'

type Json = Record<string, unknown>

/** Members without those that are empty. */
function given(members: Json): Json {
  return Object.fromEntries(Object.entries(members).filter(([, v]) => v !== '' && v !== undefined && !(typeof v === 'object' && v !== null && Object.keys(v).length === 0)))
}

/** Grafana's address of VictorOps holds key and routing key as its last two parts. */
function victorOps(s: Settings): Json {
  const parts = s.url('url').split('?')[0]!.replace(/\/+$/, '').split('/')
  const [key, routing] = parts.slice(-2) as [string, string]
  if (parts.length < 6) throw s.error('url', 'write the whole address, …/alert/<key>/<routing key>')
  return {
    api_url: `${parts.slice(0, -2).join('/')}/`, api_key: decodeURIComponent(key), routing_key: decodeURIComponent(routing), message_type: s.text('messageType'), entity_display_name: s.text('title'), state_message: s.text('description'), custom_fields: s.map('custom_fields'),
  }
}

function jira(s: Settings): Json {
  const user = s.text('user')
  const token = s.text('api_token')
  const password = s.text('password')
  if (user === '' ? token === '' : token === '' && password === '') throw s.error(user === '' ? 'api_token' : 'password', 'is missing; write user and password, user and API token (Jira Cloud), or an access token alone')
  const reopen = s.text('reopen_duration')
  return {
    api_url: s.url('api_url'), project: s.required('project'), issue_type: s.required('issue_type'), summary: s.text('summary'), description: s.text('description'), priority: s.text('priority'), api_type: s.oneOf('api_type', ['auto', 'cloud', 'datacenter'] as const, 'auto'),
    labels: s.lines('labels'), resolve_transition: s.text('resolve_transition'), reopen_transition: s.text('reopen_transition'), wont_fix_resolution: s.text('wont_fix_resolution'), ...(reopen === '' ? {} : { reopen_duration: reopen }), fields: s.object('fields'),
    http_config: user === '' ? { authorization: { credentials: token } } : { basic_auth: { username: user, password: password === '' ? token : password } },
  }
}

/** How Grafana's settings (ours where Grafana has no such kind) stand in `alertmanager.yml`. */
const WRITTEN: Readonly<Record<FileOnlyType, (s: Settings) => Json>> = {
  pushover: s => ({
    token: s.required('apiToken'), user_key: s.required('userKey'), title: s.text('title'), message: s.text('message'), device: s.text('device'), sound: s.text('sound'), url: s.text('url'), url_title: s.text('url_title'), ...seconds(s, 'retry'), ...seconds(s, 'expire'), ...seconds(s, 'ttl'),
    html: s.boolean('html', false), monospace: s.boolean('monospace', false),
    ...(s.text('priority') === '' && s.text('okPriority') === '' ? {} : { priority: `{{ if eq .Status "firing" }}${s.integer('priority', 0)}{{ else }}${s.integer('okPriority', 0)}{{ end }}` }),
  }),
  sns: s => {
    const sign = s.inner('sigv4') ?? s
    return {
      topic_arn: s.text('topic_arn'), phone_number: s.text('phone_number'), target_arn: s.text('target_arn'), api_url: s.text('api_url'), subject: s.text('subject'), message: s.text('body'), attributes: s.map('attributes'),
      sigv4: { region: sign.required('region'), access_key: sign.required('access_key'), secret_key: sign.required('secret_key') },
    }
  },
  victorops: victorOps,
  webex: s => ({ room_id: s.required('room_id'), api_url: s.text('api_url'), message: s.text('message'), http_config: { authorization: { credentials: s.required('bot_token') } } }),
  wechat: s => ({
    api_secret: s.required('secret'), corp_id: s.required('corp_id'), agent_id: s.required('agent_id'), api_url: s.text('endpointUrl'), to_user: s.text('touser', '@all'), to_party: s.text('toparty'), to_tag: s.text('totag'), message: s.text('message'),
    message_type: s.oneOf('msgtype', ['markdown', 'text'] as const, 'text'),
  }),
  rocketchat: s => ({
    api_url: s.text('api_url'), token_id: s.required('token_id'), token: s.required('token'), ...texts(s, ['channel', 'title', 'text', 'emoji', 'icon_url', 'color', 'title_link', 'image_url', 'thumb_url']), fields: s.json('fields'), actions: s.json('actions'),
  }),
  mattermost: s => ({
    webhook_url: s.url('url'), ...texts(s, ['channel', 'username', 'icon_url', 'icon_emoji', 'title', 'text', 'color', 'pretext', 'title_link', 'author_name', 'author_link', 'author_icon', 'image_url', 'thumb_url', 'footer', 'footer_icon']),
    fields: s.json('fields'), attachments: s.json('attachments'), props: s.json('props'), priority: s.json('priority'),
  }),
  jira,
  incidentio: s => ({ url: s.url('url'), alert_source_token: s.required('alert_source_token'), max_alerts: s.integer('maxAlerts', 0) }),
}

function texts(s: Settings, keys: readonly string[]): Json {
  return Object.fromEntries(keys.map(key => [key, s.text(key)]))
}

function seconds(s: Settings, key: string): Json {
  const value = s.integer(key, 0)
  return value === 0 ? {} : { [key]: `${value}s` }
}

const READ: Readonly<Record<FileOnlyType, (f: Fields, warnings: string[]) => FileContactPoint | undefined>> = {
  pushover: pushoverFileConfig, sns: snsFileConfig, jira: (f, w) => jiraFileConfig(f, w, ''), incidentio: incidentioFileConfig, webex: (f, w) => webexFileConfig(f, w, WEBEX_API),
  victorops: (f, w) => victorOpsFileConfig(f, w, { apiUrl: VICTOROPS_API, key: undefined }), wechat: (f, w) => wechatFileConfig(f, w, { apiUrl: WECHAT_API, secret: undefined, corpId: '' }),
  rocketchat: (f, w) => rocketchatFileConfig(f, w, { apiUrl: ROCKETCHAT_API, token: undefined, tokenId: undefined }), mattermost: (f, w) => mattermostFileConfig(f, w, undefined),
}

/**
 * A contact point of a kind that `alertmanager.yml` knows, from settings of a form: they are read by the reader of that file, so that both are the same.
 * @throws GrafanaAlertingError naming the setting
 */
export function fileKindContactPoint(base: ContactPoint, type: FileOnlyType, s: Settings): ContactPoint {
  let read: FileContactPoint | undefined
  try {
    read = READ[type](parseFields(JSON.stringify(given(WRITTEN[type](s))), 'settings'), [])
  } catch (err) {
    if (err instanceof ConfigError) throw s.error(err.place.path.split('.').at(-1) ?? '', err.reason)
    throw err
  }
  if (read === undefined) throw s.error('sigv4', 'region, access_key and secret_key are needed')
  const auth = read.http?.authorization
  const basic = read.http?.basicAuth
  const authorization = auth !== undefined ? `${auth.type} ${inline(auth.credentials)}` : basic !== undefined ? `Basic ${Buffer.from(`${inline(basic.username)}:${inline(basic.password)}`).toString('base64')}` : undefined
  const { sendResolved: _s, ...settings } = read.settings
  const point: ContactPoint = { ...base, ...settings, url: inline(read.url), ...(authorization === undefined ? {} : { headers: { authorization } }) }
  return read.finish === undefined ? point : read.finish(point, Object.fromEntries(Object.entries(read.secrets ?? {}).map(([name, source]) => [name, inline(source)])))
}

/** Settings hold their secrets themselves. */
function inline(source: SecretSource): string {
  if (!(source instanceof Secret)) throw new Error('BUG: a setting names a file')
  return source.reveal()
}
