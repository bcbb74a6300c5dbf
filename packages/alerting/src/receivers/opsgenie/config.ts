import { Secret } from '@haechi/model'
import type { Fields } from '@haechi/model'
import { secretUrl } from '../../config/file-contact-point.ts'
import type { FileContactPoint } from '../../config/file-contact-point.ts'
import { httpConfig, secretSource } from '../../config/http-config.ts'
import type { SecretSource } from '../../config/http-config.ts'
import { OPSGENIE_TEXTS } from './notifier.ts'

/** What `global` says for Opsgenie. */
export interface OpsgenieGlobal {
  readonly apiUrl: string
  readonly key: SecretSource | undefined
}

/** One element of `opsgenie_configs`. @throws ConfigError with Alertmanager's reasons @see alertmanager config/notifiers.go `OpsGenieConfig` */
export function opsgenieFileConfig(f: Fields, warnings: string[], global: OpsgenieGlobal): FileContactPoint {
  const key = secretSource(f, 'api_key', 'api_key_file') ?? global.key
  if (key === undefined) throw f.error(undefined, 'no global OpsGenie API Key set either inline or in a file')
  const texts: Record<string, string> = {}
  for (const name of Object.keys(OPSGENIE_TEXTS)) if (f.has(name)) texts[name] = f.string(name)
  const responders = f.list('responders').map(r => {
    const [id, name, username, type] = [r.string('id', ''), r.string('name', ''), r.string('username', ''), r.string('type', '')]
    if (id === '' && name === '' && username === '') throw r.error(undefined, `opsGenieConfig responder {${id} ${name} ${username} ${type}} has to have at least one of id, username or name specified`)
    if (!type.includes('{{') && !/^(team|teams|user|escalation|schedule)$/i.test(type)) throw r.error('type', `opsGenieConfig responder {${id} ${name} ${username} ${type}} type does not match valid options ^(team|teams|user|escalation|schedule)$`)
    r.done()
    return { type: type.toLowerCase(), ...(id === '' ? {} : { id }), ...(name === '' ? {} : { name }), ...(username === '' ? {} : { username }) }
  })
  const point: FileContactPoint = {
    settings: {
      type: 'opsgenie', sendResolved: f.boolean('send_resolved', true), ...(Object.keys(texts).length === 0 ? {} : { texts }),
      opsgenie: { key: '', details: f.stringMap('details'), responders, updateAlerts: f.boolean('update_alerts', false) },
    },
    url: secretUrl(f, 'api_url', new Secret(f.string('api_url', global.apiUrl))), http: httpConfig(f.fields('http_config'), warnings), secrets: { key },
    finish: (p, secrets) => (p.opsgenie === undefined ? p : { ...p, opsgenie: { ...p.opsgenie, key: secrets['key']! } }),
  }
  f.done()
  return point
}
