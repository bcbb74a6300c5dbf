import { Secret } from '@haechi/model'
import type { Fields } from '@haechi/model'
import { secretUrl } from '../../config/file-contact-point.ts'
import type { FileContactPoint } from '../../config/file-contact-point.ts'
import { httpConfig, secretSource } from '../../config/http-config.ts'
import { PAGERDUTY_VALUES, PAGERDUTY_TEXTS, PAGERDUTY_V1, PAGERDUTY_V2 } from './notifier.ts'

/** Any YAML whose texts are templates. */
function detailValues(f: Fields): Record<string, unknown> {
  const given = f.raw('details')
  if (given === undefined || given === null) return {}
  if (typeof given !== 'object' || Array.isArray(given)) throw f.error('details', 'expected a mapping of names to values')
  return given as Record<string, unknown>
}

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
  const given = f.string('url', globalUrl === '' ? PAGERDUTY_V2 : globalUrl)
  // As in Alertmanager: the older API has one address, whatever is written.
  const url = version === 1 ? PAGERDUTY_V1 : given
  const point: FileContactPoint = {
    settings: {
      type: 'pagerduty', sendResolved: f.boolean('send_resolved', true), ...(Object.keys(texts).length === 0 ? {} : { texts }), ...(timeoutMs === 0 ? {} : { timeoutMs }),
      pagerduty: { key: '', version, details: {}, values: { ...PAGERDUTY_VALUES, ...detailValues(f) }, ...(images.length === 0 ? {} : { images }), ...(links.length === 0 ? {} : { links }) },
    },
    url: secretUrl(f, 'url', new Secret(url)), http: httpConfig(f.fields('http_config'), warnings), secrets: { key },
    finish: (p, secrets) => (p.pagerduty === undefined ? p : { ...p, pagerduty: { ...p.pagerduty, key: secrets['key']! } }),
  }
  f.done()
  return point
}
