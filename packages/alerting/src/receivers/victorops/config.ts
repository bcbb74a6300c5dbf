import { Secret } from '@haechi/model'
import type { Fields } from '@haechi/model'
import { secretUrl } from '../../config/file-contact-point.ts'
import type { FileContactPoint } from '../../config/file-contact-point.ts'
import { httpConfig, secretSource } from '../../config/http-config.ts'
import type { SecretSource } from '../../config/http-config.ts'
import { fileTexts } from '../file-texts.ts'

export const VICTOROPS_API = 'https://alert.victorops.com/integrations/generic/20131114/alert/'

/** What `global` says for VictorOps. */
export interface VictorOpsGlobal {
  readonly apiUrl: string
  readonly key: SecretSource | undefined
}

const TEXTS: Readonly<Record<string, string>> = {
  routing_key: '', message_type: 'CRITICAL', state_message: '{{ template "victorops.default.state_message" . }}', entity_display_name: '{{ template "victorops.default.entity_display_name" . }}',
  monitoring_tool: '{{ template "victorops.default.monitoring_tool" . }}',
}
const RESERVED = ['routing_key', 'message_type', 'state_message', 'entity_display_name', 'monitoring_tool', 'entity_id', 'entity_state'] as const

/** One element of `victorops_configs`. @throws ConfigError with Alertmanager's reasons @see alertmanager config/notifiers.go `VictorOpsConfig` */
export function victorOpsFileConfig(f: Fields, warnings: string[], global: VictorOpsGlobal): FileContactPoint {
  const texts = fileTexts(f, TEXTS)
  if (texts['routing_key'] === '') throw f.error(undefined, 'missing Routing key in VictorOps config')
  const fields = f.stringMap('custom_fields')
  for (const name of RESERVED) if (name in fields) throw f.error('custom_fields', `victorOps config contains custom field ${name} which cannot be used as it conflicts with the fixed/static fields`)
  const key = secretSource(f, 'api_key', 'api_key_file') ?? global.key
  if (key === undefined) throw f.error(undefined, 'no global VictorOps API Key set')
  for (const [name, text] of Object.entries(fields)) texts[`field ${name}`] = text
  const point: FileContactPoint = {
    settings: { type: 'victorops', sendResolved: f.boolean('send_resolved', true), texts },
    url: secretUrl(f, 'api_url', new Secret(f.string('api_url', global.apiUrl))), http: httpConfig(f.fields('http_config'), warnings), secrets: { key }, finish: (p, secrets) => ({ ...p, secrets }),
  }
  f.done()
  return point
}
