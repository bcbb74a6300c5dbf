import { messageTexts, truncated } from '../../message-templates.ts'
import type { Notification, Notifier } from '../../notification.ts'
import type { ContactPoint } from '../../views.ts'
import { goForm } from '../go-json.ts'
import { answerObject, httpNotifier } from '../http-notifier.ts'
import type { NotifierContext } from '../notifier-context.ts'
import { defaultTitle } from '../webhook/body.ts'
import { httpUrl } from '../webhook/config.ts'

/** In characters. @see https://pushover.net/api#limits */
const LIMITS = { title: 250, message: 1024, url: 512 } as const

/** Sends to phones with Pushover. @throws Error when token or user are missing */
export function createPushoverNotifier(c: ContactPoint, context: NotifierContext): Notifier {
  const { pushover: s, secrets } = c
  if (s === undefined || secrets === undefined) throw new Error('a Pushover contact point needs a token and a user key')
  const base = httpUrl(c.url)
  const query = (n: Notification): string => {
    const { message, ...others } = c.texts ?? {}
    const nowMs = context.clock.nowMs()
    const t = messageTexts({ ...others, token: secrets['token']!, userKey: secrets['userKey']! }, context.templates, n, nowMs)
    const body = messageTexts({ message: message ?? '' }, context.templates, n, nowMs, s.html ? { markup: 'html' } : {})['message']!
    return goForm({
      token: t['token']!, user: t['userKey']!, title: truncated(t['title'] ?? '', LIMITS.title), ...(s.html ? { html: '1' } : {}), ...(s.monospace ? { monospace: '1' } : {}),
      // An empty message would be refused.
      message: truncated(body, LIMITS.message).trim() || '(no details)', url: truncated(t['url'] ?? '', LIMITS.url), url_title: t['url_title'] ?? '', priority: t['priority'] ?? '',
      retry: String(s.retrySeconds), expire: String(s.expireSeconds), device: t['device'] ?? '', sound: t['sound'] ?? '', ...(s.ttlSeconds > 0 ? { ttl: String(s.ttlSeconds) } : {}),
    })
  }
  return httpNotifier({
    service: 'Pushover', title: defaultTitle,
    request: n => ({ url: `${base}?${query(n)}`, headers: { 'content-type': 'text/plain' }, body: '' }),
    refusal: answer => (answer.status >= 200 && answer.status < 300 ? undefined : { reason: [answerObject(answer)['errors']].flat().filter(e => typeof e === 'string').join(', ') }),
  }, c, context)
}
