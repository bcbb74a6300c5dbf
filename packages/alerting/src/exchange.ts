import type { MailPost } from './mail-transport.ts'
import { redacted } from './receivers/redact.ts'
import type { HttpPost } from './transport.ts'
import type { DeliveryExchange } from './views.ts'

const MAX_TEXT = 16 * 1024
/** Headers whose value is a secret whatever it is. */
const SECRET_HEADER = /authorization|cookie|token|secret|api-?key|signature/i

/** The same transport; each request and its answer are told, secrets shown as `<secret>`. */
export function tappedPost(post: HttpPost, secrets: readonly string[], tell: (e: DeliveryExchange) => void): HttpPost {
  return async r => {
    const safe = (text: string): string => redacted(text, secrets).slice(0, MAX_TEXT)
    const exchange: DeliveryExchange = {
      method: r.method ?? 'POST', url: safeUrl(r.url, secrets), body: safe(r.body) + (r.bytes === undefined ? '' : `\n… ${r.bytes.length} bytes as multipart/form-data`),
      headers: Object.fromEntries(Object.entries(r.headers).map(([name, value]) => [name, SECRET_HEADER.test(name) ? '<secret>' : safe(value)])),
    }
    tell(exchange)
    const answer = await post(r)
    tell({ ...exchange, status: answer.status, answer: safe(answer.body) })
    return answer
  }
}

/** As {@link tappedPost}, for mails. */
export function tappedMail(mail: MailPost, secrets: readonly string[], tell: (e: DeliveryExchange) => void): MailPost {
  return async m => {
    const safe = (text: string): string => redacted(text, secrets).slice(0, MAX_TEXT)
    const exchange: DeliveryExchange = {
      method: 'SMTP', url: `smtp://${m.host}:${m.port}`, headers: { from: m.settings.from, to: m.to.join(', '), subject: safe(m.subject), ...Object.fromEntries(Object.entries(m.headers).map(([k, v]) => [k, safe(v)])) }, body: safe(m.text),
    }
    tell(exchange)
    const answer = await mail(m)
    tell({ ...exchange, status: answer.code, answer: safe(answer.text) })
    return answer
  }
}

/** Host and the parts of the path that every one has; the rest of a webhook's address is its secret. */
function safeUrl(url: string, secrets: readonly string[]): string {
  if (!URL.canParse(url)) return '…'
  const u = new URL(url)
  return `${u.protocol}//${u.host}${redacted(decodeURIComponent(u.pathname) + u.search, secrets)}`
}
