import { Secret } from '@haechi/model'
import type { Fields } from '@haechi/model'
import type { FileContactPoint } from '../../config/file-contact-point.ts'
import { secretUrl } from '../../config/file-contact-point.ts'
import { NO_HTTP_CONFIG, httpConfig, secretSource } from '../../config/http-config.ts'
import type { HttpConfig, SecretSource } from '../../config/http-config.ts'
import type { SlackAction, SlackField } from '../../views.ts'

/** What `global` says for Slack. */
export interface SlackGlobal {
  readonly apiUrl: SecretSource | undefined
  readonly appToken: SecretSource | undefined
  readonly appUrl: SecretSource
}

/** Where messages are sent to that can be changed afterwards. */
const SLACK_POST = 'https://slack.com/api/chat.postMessage'

/** Texts of a message by their keys, with Alertmanager's defaults. */
const TEXTS: Readonly<Record<string, string>> = {
  channel: '', username: '{{ template "slack.default.username" . }}', color: '{{ template "slack.default.color" . }}', title: '{{ template "slack.default.title" . }}',
  title_link: '{{ template "slack.default.titlelink" . }}', pretext: '{{ template "slack.default.pretext" . }}', text: '{{ template "slack.default.text" . }}', message_text: '',
  footer: '{{ template "slack.default.footer" . }}', fallback: '{{ template "slack.default.fallback" . }}', callback_id: '{{ template "slack.default.callbackid" . }}',
  icon_emoji: '{{ template "slack.default.iconemoji" . }}', icon_url: '{{ template "slack.default.iconurl" . }}', image_url: '', thumb_url: '',
}

function slackAction(a: Fields): SlackAction {
  const [type, text, url, style, name, value] = [a.string('type', ''), a.string('text', ''), a.string('url', ''), a.string('style', ''), a.string('name', ''), a.string('value', '')]
  const confirm = a.fields('confirm')
  const asked = confirm === undefined ? undefined : { text: confirm.string('text', ''), title: confirm.string('title', ''), ok_text: confirm.string('ok_text', ''), dismiss_text: confirm.string('dismiss_text', '') }
  confirm?.done()
  a.done()
  if (asked?.text === '') throw confirm!.error(undefined, 'missing text in Slack confirmation configuration')
  if (type === '') throw a.error(undefined, 'missing type in Slack action configuration')
  if (text === '') throw a.error(undefined, 'missing text in Slack action configuration')
  if (url === '' && name === '') throw a.error(undefined, 'missing name or url in Slack action configuration')
  // A link does nothing else.
  return url !== '' ? { texts: { type, text, url, style } } : { texts: { type, text, style, name, value }, ...(asked === undefined ? {} : { confirm: asked }) }
}

/** One element of `slack_configs`. @throws ConfigError with Alertmanager's reasons @see alertmanager config/notifiers.go `SlackConfig` */
export function slackFileConfig(f: Fields, warnings: string[], global: SlackGlobal): FileContactPoint {
  const apiUrl = secretSource(f, 'api_url', 'api_url_file')
  const token = secretSource(f, 'app_token', 'app_token_file')
  if (apiUrl !== undefined && token !== undefined) throw f.error('app_token', 'at most one of api_url/api_url_file & app_token/app_token_file must be configured')
  const appUrl = f.has('app_url') ? f.secret('app_url')! : global.appUrl
  const own: HttpConfig | undefined = httpConfig(f.fields('http_config'), warnings)
  const appToken = token ?? (apiUrl === undefined && own?.authorization === undefined ? global.appToken : undefined)
  const url = appToken === undefined ? (apiUrl ?? global.apiUrl) : appUrl
  if (url === undefined) throw f.error(undefined, 'no Slack API URL nor App token set either inline or in a file')
  if (appToken !== undefined && own?.authorization !== undefined) throw f.error('http_config', "http authorization can't be set when using Slack App tokens")
  const update = f.boolean('update_message', false)
  if (update && !(apiUrl instanceof Secret && apiUrl.reveal() === SLACK_POST)) throw f.error('update_message', `update_message can only be used with bot tokens. api_url must be set to ${SLACK_POST}`)
  const actions = f.list('actions').map(slackAction)
  const short = f.boolean('short_fields', false)
  const fields = f.list('fields').map((field): SlackField => {
    const title = field.string('title', '')
    const value = field.string('value', '')
    if (title === '') throw field.error(undefined, 'missing title in Slack field configuration')
    if (value === '') throw field.error(undefined, 'missing value in Slack field configuration')
    const one = { title, value, short: field.boolean('short', short) }
    field.done()
    return one
  })
  const timeoutMs = f.durationMs('timeout', 0)
  const texts: Record<string, string> = {}
  for (const [key, usual] of Object.entries(TEXTS)) texts[key] = f.string(key, usual)
  const point: FileContactPoint = {
    settings: {
      type: 'slack', sendResolved: f.boolean('send_resolved', false), texts, slack: { fields, ...(actions.length === 0 ? {} : { actions }), ...(update ? { update } : {}), linkNames: f.boolean('link_names', false), mrkdwnIn: f.strings('mrkdwn_in', ['fallback', 'pretext', 'text']) },
      ...(timeoutMs === 0 ? {} : { timeoutMs }),
    },
    url: secretUrl(f, 'api_url', url), http: appToken === undefined ? own : { ...(own ?? NO_HTTP_CONFIG), authorization: { type: 'Bearer', credentials: appToken } },
  }
  f.done()
  return point
}
