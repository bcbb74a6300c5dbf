import { Secret } from '@haechi/model'
import type { Fields } from '@haechi/model'
import { secretUrl } from '../../config/file-contact-point.ts'
import type { FileContactPoint } from '../../config/file-contact-point.ts'
import { httpConfig, secretSource } from '../../config/http-config.ts'
import type { SecretSource } from '../../config/http-config.ts'
import { fileTexts } from '../file-texts.ts'

export const ROCKETCHAT_API = 'https://open.rocket.chat/'

/** What `global` says for Rocket.Chat. */
export interface RocketchatGlobal {
  readonly apiUrl: string
  readonly token: SecretSource | undefined
  readonly tokenId: SecretSource | undefined
}

const TEXTS: Readonly<Record<string, string>> = {
  channel: '', color: '{{ if eq .Status "firing" }}red{{ else }}green{{ end }}', emoji: '{{ template "rocketchat.default.emoji" . }}', icon_url: '{{ template "rocketchat.default.iconurl" . }}', text: '{{ template "rocketchat.default.text" . }}',
  title: '{{ template "rocketchat.default.title" . }}', title_link: '{{ template "rocketchat.default.titlelink" . }}', image_url: '', thumb_url: '',
}

/** One element of `rocketchat_configs`. @throws ConfigError with Alertmanager's reasons @see alertmanager notify/rocketchat */
export function rocketchatFileConfig(f: Fields, warnings: string[], global: RocketchatGlobal): FileContactPoint {
  const tokenId = secretSource(f, 'token_id', 'token_id_file') ?? global.tokenId
  if (tokenId === undefined) throw f.error(undefined, 'no global Rocketchat TokenID set either inline or in a file')
  const token = secretSource(f, 'token', 'token_file') ?? global.token
  if (token === undefined) throw f.error(undefined, 'no global Rocketchat Token set either inline or in a file')
  const texts = fileTexts(f, TEXTS)
  const short = f.boolean('short_fields', false)
  f.boolean('link_names', false)
  const fields = f.list('fields').map((field, i) => {
    Object.assign(texts, { [`field ${i} title`]: field.string('title', ''), [`field ${i} value`]: field.string('value', '') })
    const one = field.boolean('short', short)
    field.done()
    return one
  })
  const actions = f.list('actions')
  actions.forEach((a, i) => {
    for (const key of ['text', 'url', 'msg'] as const) texts[`action ${i} ${key}`] = a.string(key, '')
    // Only buttons are sent.
    for (const key of ['type', 'image_url', 'is_webview', 'webview_height_ratio', 'msg_in_chat_window', 'msg_processing_type'] as const) a.raw(key)
    a.done()
  })
  const point: FileContactPoint = {
    settings: { type: 'rocketchat', sendResolved: f.boolean('send_resolved', false), texts, rocketchat: { shortFields: fields, actions: actions.length } },
    url: secretUrl(f, 'api_url', new Secret(f.string('api_url', global.apiUrl))), http: httpConfig(f.fields('http_config'), warnings), secrets: { token, tokenId }, finish: (p, secrets) => ({ ...p, secrets }),
  }
  f.done()
  return point
}
