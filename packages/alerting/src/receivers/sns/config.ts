import { Secret } from '@haechi/model'
import type { Fields } from '@haechi/model'
import type { FileContactPoint } from '../../config/file-contact-point.ts'
import { httpConfig } from '../../config/http-config.ts'
import { fileTexts } from '../file-texts.ts'

const TEXTS: Readonly<Record<string, string>> = { api_url: '', topic_arn: '', phone_number: '', target_arn: '', subject: '{{ template "sns.default.subject" . }}', message: '{{ template "sns.default.message" . }}' }

/**
 * One element of `sns_configs`; undefined, with a warning, where its credentials come from somewhere else than the file.
 * @throws ConfigError with Alertmanager's reasons @see alertmanager notify/sns
 */
export function snsFileConfig(f: Fields, warnings: string[]): FileContactPoint | undefined {
  const texts = fileTexts(f, TEXTS)
  if ([texts['target_arn'], texts['topic_arn'], texts['phone_number']].filter(t => t !== '').length % 2 === 0) throw f.error(undefined, 'must provide either a Target ARN, Topic ARN, or Phone Number for SNS config')
  const sign = f.fields('sigv4')
  const [region, profile, role, external] = ['region', 'profile', 'role_arn', 'external_id'].map(key => sign?.string(key, '') ?? '') as [string, string, string, string]
  const accessKey = sign?.secret('access_key')
  const secretKey = sign?.secret('secret_key')
  if (sign !== undefined && ((accessKey?.reveal() ?? '') === '') !== ((secretKey?.reveal() ?? '') === '')) throw sign.error(undefined, 'must provide a AWS SigV4 Access key and Secret Key if credentials are specified in the SigV4 config')
  sign?.boolean('use_fips_sts_endpoint', false)
  sign?.done()
  const attributes = f.stringMap('attributes')
  Object.keys(attributes).forEach((name, i) => Object.assign(texts, { [`attribute ${i} name`]: name, [`attribute ${i} value`]: attributes[name]! }))
  f.boolean('use_aws_http_client', false)
  const sendResolved = f.boolean('send_resolved', true)
  const http = httpConfig(f.fields('http_config'), warnings)
  f.done()
  if (region === '' || accessKey === undefined || secretKey === undefined || profile !== '' || role !== '' || external !== '') {
    warnings.push(`${f.path} needs sigv4 with region, access_key and secret_key, and no profile or role, in this version; its messages reach nobody`)
    return undefined
  }
  return {
    settings: { type: 'sns', sendResolved, texts, sns: { region, attributes: Object.keys(attributes).length } },
    url: new Secret(`https://sns.${region}.amazonaws.com/`), http, secrets: { accessKey, secretKey }, finish: (p, secrets) => ({ ...p, secrets }),
  }
}
