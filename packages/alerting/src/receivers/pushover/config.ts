import { Secret } from '@haechi/model'
import type { Fields } from '@haechi/model'
import type { FileContactPoint } from '../../config/file-contact-point.ts'
import { httpConfig, secretSource } from '../../config/http-config.ts'
import { fileTexts } from '../file-texts.ts'

export const PUSHOVER_API = 'https://api.pushover.net/1/messages.json'

const TEXTS: Readonly<Record<string, string>> = {
  title: '{{ template "pushover.default.title" . }}', message: '{{ template "pushover.default.message" . }}', url: '{{ template "pushover.default.url" . }}', url_title: '', device: '', sound: '',
  priority: '{{ if eq .Status "firing" }}2{{ else }}0{{ end }}',
}

/** One element of `pushover_configs`. @throws ConfigError with Alertmanager's reasons @see alertmanager notify/pushover */
export function pushoverFileConfig(f: Fields, warnings: string[]): FileContactPoint {
  const userKey = secretSource(f, 'user_key', 'user_key_file')
  if (userKey === undefined) throw f.error(undefined, 'one of user_key or user_key_file must be configured')
  const token = secretSource(f, 'token', 'token_file')
  if (token === undefined) throw f.error(undefined, 'one of token or token_file must be configured')
  const html = f.boolean('html', false)
  const monospace = f.boolean('monospace', false)
  if (html && monospace) throw f.error('monospace', 'at most one of monospace & html must be configured')
  const seconds = (key: string, usualMs: number): number => Math.floor(f.durationMs(key, usualMs) / 1000)
  const point: FileContactPoint = {
    settings: {
      type: 'pushover', sendResolved: f.boolean('send_resolved', true), texts: fileTexts(f, TEXTS),
      pushover: { html, monospace, retrySeconds: seconds('retry', 60_000), expireSeconds: seconds('expire', 3_600_000), ttlSeconds: seconds('ttl', 0) },
    },
    url: new Secret(PUSHOVER_API), http: httpConfig(f.fields('http_config'), warnings), secrets: { token, userKey }, finish: (p, secrets) => ({ ...p, secrets }),
  }
  f.done()
  return point
}
