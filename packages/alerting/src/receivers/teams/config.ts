import type { Fields } from '@haechi/model'
import { secretUrl } from '../../config/file-contact-point.ts'
import type { FileContactPoint } from '../../config/file-contact-point.ts'
import { httpConfig, secretSource } from '../../config/http-config.ts'
import type { TeamsSettings } from '../settings.ts'

/** One element of `msteamsv2_configs` (adaptive) or `msteams_configs` (connector). @throws ConfigError with Alertmanager's reasons @see alertmanager config/notifiers.go */
export function teamsFileConfig(f: Fields, warnings: string[], card: TeamsSettings['card']): FileContactPoint {
  const url = secretSource(f, 'webhook_url', 'webhook_url_file')
  if (url === undefined) throw f.error(undefined, 'one of webhook_url or webhook_url_file must be configured')
  const texts: Record<string, string> = {}
  for (const key of card === 'adaptive' ? ['title', 'text'] as const : ['title', 'summary', 'text'] as const) if (f.has(key)) texts[key] = f.string(key)
  const point: FileContactPoint = {
    settings: { type: 'teams', sendResolved: f.boolean('send_resolved', true), teams: { card }, ...(Object.keys(texts).length === 0 ? {} : { texts }) },
    url: secretUrl(f, 'webhook_url', url), http: httpConfig(f.fields('http_config'), warnings),
  }
  f.done()
  return point
}
