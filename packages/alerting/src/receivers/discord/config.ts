import type { Fields } from '@haechi/model'
import { secretUrl } from '../../config/file-contact-point.ts'
import type { FileContactPoint } from '../../config/file-contact-point.ts'
import { httpConfig, secretSource } from '../../config/http-config.ts'

/** One element of `discord_configs`. @throws ConfigError with Alertmanager's reasons @see alertmanager notify/discord/config.go */
export function discordFileConfig(f: Fields, warnings: string[]): FileContactPoint {
  const url = secretSource(f, 'webhook_url', 'webhook_url_file')
  if (url === undefined) throw f.error(undefined, 'one of webhook_url or webhook_url_file must be configured')
  const texts: Record<string, string> = {}
  for (const key of ['title', 'message', 'content', 'username', 'avatar_url'] as const) {
    if (f.has(key)) texts[key] = f.string(key)
  }
  const point: FileContactPoint = { settings: { type: 'discord', sendResolved: f.boolean('send_resolved', true), ...(Object.keys(texts).length === 0 ? {} : { texts }) }, url: secretUrl(f, 'webhook_url', url), http: httpConfig(f.fields('http_config'), warnings) }
  f.done()
  return point
}
