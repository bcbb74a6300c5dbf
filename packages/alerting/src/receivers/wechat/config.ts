import { Secret } from '@haechi/model'
import type { Fields } from '@haechi/model'
import { secretUrl } from '../../config/file-contact-point.ts'
import type { FileContactPoint } from '../../config/file-contact-point.ts'
import { httpConfig, secretSource } from '../../config/http-config.ts'
import type { SecretSource } from '../../config/http-config.ts'
import { fileTexts } from '../file-texts.ts'

export const WECHAT_API = 'https://qyapi.weixin.qq.com/cgi-bin/'

/** What `global` says for WeChat. */
export interface WechatGlobal {
  readonly apiUrl: string
  readonly secret: SecretSource | undefined
  readonly corpId: string
}

const TEXTS: Readonly<Record<string, string>> = {
  message: '{{ template "wechat.default.message" . }}', to_user: '{{ template "wechat.default.to_user" . }}', to_party: '{{ template "wechat.default.to_party" . }}', to_tag: '{{ template "wechat.default.to_tag" . }}',
  agent_id: '{{ template "wechat.default.agent_id" . }}',
}

/** One element of `wechat_configs`. @throws ConfigError with Alertmanager's reasons @see alertmanager config/notifiers.go `WechatConfig` */
export function wechatFileConfig(f: Fields, warnings: string[], global: WechatGlobal): FileContactPoint {
  const type = f.string('message_type', 'text') || 'text'
  if (type !== 'text' && type !== 'markdown') throw f.error('message_type', `weChat message type "${type}" does not match valid options ^(text|markdown)$`)
  const secret = secretSource(f, 'api_secret', 'api_secret_file') ?? global.secret
  if (secret === undefined) throw f.error(undefined, 'no global Wechat Api Secret set either inline or in a file')
  const corpId = f.string('corp_id', '') || global.corpId
  if (corpId === '') throw f.error(undefined, 'no global Wechat CorpID set')
  const point: FileContactPoint = {
    settings: { type: 'wechat', sendResolved: f.boolean('send_resolved', false), texts: { ...fileTexts(f, TEXTS), corp_id: corpId }, wechat: { messageType: type } },
    url: secretUrl(f, 'api_url', new Secret(f.string('api_url', global.apiUrl))), http: httpConfig(f.fields('http_config'), warnings), secrets: { secret }, finish: (p, secrets) => ({ ...p, secrets }),
  }
  f.done()
  return point
}
