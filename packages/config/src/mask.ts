import { isMap, isScalar, isSeq, parseDocument, visit } from 'yaml'

/** Keys whose value is a secret wherever they stand in Prometheus', Alertmanager's or Grafana's files. */
const SECRET_KEYS: ReadonlySet<string> = new Set([
  'password', 'passwd', 'bearer_token', 'credentials', 'client_secret', 'secret', 'secret_key', 'access_key', 'api_key', 'auth_token', 'token', 'service_key', 'routing_key',
  'webhook_url', 'api_url', 'opsgenie_api_key', 'slack_api_url', 'smtp_auth_password', 'smtp_auth_secret', 'bot_token', 'consumer_key', 'application_credential_secret', 'refresh_token', 'sas_token',
])

/** The text of a configuration with every secret shown as `<secret>`, comments dropped; what `/api/v1/status/config` answers. A text that is no YAML gives ''. */
export function maskSecrets(text: string): string {
  const document = parseDocument(text)
  if (document.errors.length > 0) return ''
  visit(document, {
    Pair(_key, pair) {
      const name = isScalar(pair.key) ? String(pair.key.value) : ''
      const value = pair.value
      if (SECRET_KEYS.has(name) && isScalar(value) && value.value !== null && value.value !== '') value.value = '<secret>'
      // http_headers: { X-Key: { secrets: [...] } }
      if (name === 'secrets' && isSeq(value)) for (const item of value.items) if (isScalar(item)) item.value = '<secret>'
      if (name === 'headers' && isMap(value)) for (const header of value.items) if (isScalar(header.value)) header.value.value = '<secret>'
    },
    Scalar(key, node) {
      if (key === 'key' || typeof node.value !== 'string') return
      // A password inside an address: https://user:password@host
      node.value = node.value.replace(/([a-z][a-z0-9+.-]*:\/\/[^\s/:@]*:)[^\s/@]+@/gi, '$1<secret>@')
    },
  })
  document.commentBefore = null
  document.comment = null
  visit(document, { Node(_key, node) { node.comment = null; node.commentBefore = null } })
  return document.contents === null ? '' : document.toString({ lineWidth: 0 })
}
