import type { Fields } from '@haechi/model'
import { secretUrl } from '../../config/file-contact-point.ts'
import type { FileContactPoint } from '../../config/file-contact-point.ts'
import { httpConfig, secretSource } from '../../config/http-config.ts'
import type { SecretSource } from '../../config/http-config.ts'
import { fileTexts } from '../file-texts.ts'
import type { MattermostAttachment } from '../settings.ts'

/** Texts of the message itself, and of each of its attachments in the order of the body. */
const TEXTS: Readonly<Record<string, string>> = {
  channel: '', username: '{{ template "mattermost.default.username" . }}', icon_url: '', icon_emoji: '', type: '', text: '{{ template "mattermost.default.text" . }}',
}
export const ATTACHMENT_TEXTS: readonly string[] = ['fallback', 'color', 'pretext', 'text', 'author_name', 'author_link', 'author_icon', 'title', 'title_link', 'thumb_url', 'footer', 'footer_icon', 'image_url']
const USUAL: Readonly<Record<string, string>> = {
  color: '{{ template "mattermost.default.color" . }}', title: '{{ template "mattermost.default.title" . }}', title_link: '{{ template "mattermost.default.titlelink" . }}', fallback: '{{ template "mattermost.default.fallback" . }}',
}

/** One element of `mattermost_configs`. @throws ConfigError with Alertmanager's reasons @see alertmanager notify/mattermost */
export function mattermostFileConfig(f: Fields, warnings: string[], globalUrl: SecretSource | undefined): FileContactPoint {
  const url = secretSource(f, 'webhook_url', 'webhook_url_file') ?? globalUrl
  if (url === undefined) throw f.error(undefined, 'missing webhook_url or webhook_url_file on mattermost_config')
  const texts = fileTexts(f, TEXTS)
  const attachment = (a: Fields, i: number, usual: Readonly<Record<string, string>>, keys: readonly string[]): MattermostAttachment => {
    for (const key of keys) texts[`${i} ${key}`] = a.string(key, usual[key] ?? '')
    return { fields: a.list('fields').map((field, k) => {
      const title = field.string('title', '')
      const value = field.string('value', '')
      if (title === '') throw field.error(undefined, 'missing title in Mattermost field configuration')
      if (value === '') throw field.error(undefined, 'missing value in Mattermost field configuration')
      Object.assign(texts, { [`${i} field ${k} title`]: title, [`${i} field ${k} value`]: value })
      const one = field.has('short') ? { short: field.boolean('short') } : {}
      field.done()
      return one
    }) }
  }
  const own = attachment(f, 0, USUAL, ATTACHMENT_TEXTS.filter(key => key !== 'text'))
  const listed = f.list('attachments')
  const attachments = listed.map((a, i) => {
    const one = attachment(a, i, {}, ATTACHMENT_TEXTS)
    a.done()
    return one
  })
  const props = f.fields('props')
  texts['card'] = props?.string('card', '') ?? ''
  props?.done()
  const p = f.fields('priority')
  texts['priority'] = p?.string('priority', '') ?? ''
  const requestedAck = p?.boolean('requested_ack', false) ?? false
  const persistent = p?.boolean('persistent_notifications', false) ?? false
  p?.done()
  const point: FileContactPoint = {
    settings: { type: 'mattermost', sendResolved: f.boolean('send_resolved', true), texts, mattermost: { attachments: listed.length === 0 ? [own] : attachments, textAbove: listed.length > 0, requestedAck, persistent } },
    url: secretUrl(f, 'webhook_url', url), http: httpConfig(f.fields('http_config'), warnings),
  }
  f.done()
  return point
}
