import { messageTexts } from '../../message-templates.ts'
import type { Notifier } from '../../notification.ts'
import type { ContactPoint } from '../../views.ts'
import { messageTitle, shorten } from '../alert-text.ts'
import { answerObject, httpNotifier } from '../http-notifier.ts'
import { plainText } from '../human-message.ts'
import type { NotifierContext } from '../notifier-context.ts'
import { httpUrl } from '../webhook/config.ts'
import { WORDS } from '../words.ts'

/** Of the text of a message, in characters. @see https://docs.kakaoi.ai/kakao_work/webapireference/messages/ */
export const KAKAOWORK_LIMIT = 500

/** Posts a text to an incoming webhook of Kakao Work, or to any that takes `{"text": …}`. @throws Error when the address is none */
export function createKakaoWorkNotifier(c: ContactPoint, context: NotifierContext): Notifier {
  const url = httpUrl(c.url)
  const language = c.language ?? 'ko'
  return httpNotifier({
    service: 'Kakao Work', title: n => messageTitle(n, language),
    request(n) {
      const own = c.texts?.['message']
      const text = own === undefined ? plainText(n, language, KAKAOWORK_LIMIT) : shorten(messageTexts({ own }, context.templates, n, context.clock.nowMs())['own']!, KAKAOWORK_LIMIT, WORDS[language])
      return { url, body: JSON.stringify({ text }) }
    },
    refusal(answer) {
      const { success, error } = answerObject(answer) as { success?: unknown; error?: { message?: unknown } }
      if (answer.status >= 200 && answer.status < 300 && success !== false) return undefined
      return { reason: typeof error?.message === 'string' ? error.message : 'no reason' }
    },
  }, c, context)
}
