import { Secret } from '@haechi/model'
import type { Fields } from '@haechi/model'
import { secretUrl } from '../../config/file-contact-point.ts'
import type { FileContactPoint } from '../../config/file-contact-point.ts'
import { httpConfig } from '../../config/http-config.ts'
import { fileTexts } from '../file-texts.ts'

export const WEBEX_API = 'https://webexapis.com/v1/messages'

/** One element of `webex_configs`. @throws ConfigError with Alertmanager's reasons @see alertmanager config/notifiers.go `WebexConfig` */
export function webexFileConfig(f: Fields, warnings: string[], apiUrl: string): FileContactPoint {
  const texts = fileTexts(f, { message: '{{ template "webex.default.message" . }}', room_id: '' })
  if (texts['room_id'] === '') throw f.error(undefined, 'missing room_id on webex_config')
  const http = httpConfig(f.fields('http_config'), warnings)
  if (http?.authorization === undefined) throw f.error(undefined, 'missing webex_configs.http_config.authorization')
  const point: FileContactPoint = { settings: { type: 'webex', sendResolved: f.boolean('send_resolved', true), texts }, url: secretUrl(f, 'api_url', new Secret(f.string('api_url', apiUrl))), http }
  f.done()
  return point
}
