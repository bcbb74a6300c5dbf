import { Secret } from '@haechi/model'
import type { Fields } from '@haechi/model'
import { secretUrl } from '../../config/file-contact-point.ts'
import type { FileContactPoint } from '../../config/file-contact-point.ts'
import { httpConfig, secretSource } from '../../config/http-config.ts'
import { PAGERDUTY_DETAILS, PAGERDUTY_TEXTS, PAGERDUTY_V1, PAGERDUTY_V2 } from './notifier.ts'

/** One element of `pagerduty_configs`. @throws ConfigError with Alertmanager's reasons @see alertmanager config/notifiers.go `PagerdutyConfig` */
export function pagerDutyFileConfig(f: Fields, warnings: string[], globalUrl: string): FileContactPoint {
  const routing = secretSource(f, 'routing_key', 'routing_key_file')
  const service = secretSource(f, 'service_key', 'service_key_file')
  const key = routing ?? service
  if (key === undefined) throw f.error(undefined, 'missing service or routing key in PagerDuty config')
  const version = routing === undefined ? 1 : 2
  const texts: Record<string, string> = {}
  for (const name of Object.keys(PAGERDUTY_TEXTS)) if (f.has(name)) texts[name] = f.string(name)
  const list = (name: 'images' | 'links', keys: readonly string[]): Record<string, string>[] => f.list(name).map(item => {
    const one = Object.fromEntries(keys.map(k => [k, item.string(k, '')]))
    item.done()
    return one
  })
  const images = list('images', ['href', 'src', 'alt']).map(i => ({ href: i['href']!, src: i['src']!, alt: i['alt']! }))
  const links = list('links', ['href', 'text']).map(l => ({ href: l['href']!, text: l['text']! }))
  const timeoutMs = f.durationMs('timeout', 0)
  const url = f.string('url', globalUrl === '' ? (version === 1 ? PAGERDUTY_V1 : PAGERDUTY_V2) : globalUrl)
  const point: FileContactPoint = {
    settings: {
      type: 'pagerduty', sendResolved: f.boolean('send_resolved', true), ...(Object.keys(texts).length === 0 ? {} : { texts }), ...(timeoutMs === 0 ? {} : { timeoutMs }),
      pagerduty: { key: '', version, details: { ...PAGERDUTY_DETAILS, ...f.stringMap('details') }, ...(images.length === 0 ? {} : { images }), ...(links.length === 0 ? {} : { links }) },
    },
    url: secretUrl(f, 'url', new Secret(url)), http: httpConfig(f.fields('http_config'), warnings), secrets: { key },
    finish: (p, secrets) => (p.pagerduty === undefined ? p : { ...p, pagerduty: { ...p.pagerduty, key: secrets['key']! } }),
  }
  f.done()
  return point
}
