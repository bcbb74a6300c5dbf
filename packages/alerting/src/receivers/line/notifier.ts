import { messageTexts } from '../../message-templates.ts'
import type { Notifier } from '../../notification.ts'
import type { ContactPoint } from '../../views.ts'
import { messageTitle, shorten } from '../alert-text.ts'
import { answerObject, httpNotifier } from '../http-notifier.ts'
import { plainText } from '../human-message.ts'
import type { NotifierContext } from '../notifier-context.ts'
import { httpUrl } from '../webhook/config.ts'
import { WORDS } from '../words.ts'

export const LINE_API = 'https://api.line.me/v2/bot/message'
/** In UTF-16 units. @see https://developers.line.biz/en/reference/messaging-api/#text-message */
export const LINE_LIMIT = 5000

/** Sends with LINE's Messaging API: to one reader or group, else to all friends of the account. @throws Error when the token is missing */
export function createLineNotifier(c: ContactPoint, context: NotifierContext): Notifier {
  const s = c.line
  if (s === undefined) throw new Error('a LINE contact point needs a channel access token')
  const base = httpUrl(c.url).replace(/\/+$/, '')
  const language = c.language ?? 'en'
  return httpNotifier({
    service: 'LINE', title: n => messageTitle(n, language),
    request(n) {
      let text = plainText(n, language, LINE_LIMIT)
      if (c.texts !== undefined && Object.keys(c.texts).length > 0) {
        const t = messageTexts({ title: '{{ template "default.title" . }}', description: '{{ template "default.message" . }}', ...c.texts }, context.templates, n, context.clock.nowMs())
        text = shorten(`${t['title']!}\n${t['description']!}`, LINE_LIMIT, WORDS[language])
      }
      return {
        url: s.to === '' ? `${base}/broadcast` : `${base}/push`, headers: { authorization: `Bearer ${s.token}` },
        body: JSON.stringify({ ...(s.to === '' ? {} : { to: s.to }), messages: [{ type: 'text', text }] }),
      }
    },
    refusal: answer => (answer.status >= 200 && answer.status < 300 ? undefined : { reason: typeof answerObject(answer)['message'] === 'string' ? String(answerObject(answer)['message']) : '' }),
  }, c, context)
}
