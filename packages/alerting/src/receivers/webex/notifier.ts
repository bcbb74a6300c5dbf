import { messageTexts } from '../../message-templates.ts'
import type { Notifier } from '../../notification.ts'
import type { ContactPoint } from '../../views.ts'
import { goJson, some } from '../go-json.ts'
import { answerObject, httpNotifier } from '../http-notifier.ts'
import type { NotifierContext } from '../notifier-context.ts'
import { defaultTitle } from '../webhook/body.ts'
import { httpUrl } from '../webhook/config.ts'

/** Bytes of a message. @see https://developer.webex.com/docs/api/v1/messages/create-a-message */
const MESSAGE_BYTES = 7439

/** Writes to a room of Webex. @throws Error when the address is none */
export function createWebexNotifier(c: ContactPoint, context: NotifierContext): Notifier {
  const url = httpUrl(c.url)
  return httpNotifier({
    service: 'Webex', title: defaultTitle,
    request(n) {
      const t = messageTexts(c.texts ?? {}, context.templates, n, context.clock.nowMs())
      return { url, body: goJson({ markdown: withinBytes(t['message'] ?? '', MESSAGE_BYTES), ...some('roomId', t['room_id']) }) }
    },
    refusal: answer => (answer.status >= 200 && answer.status < 300 ? undefined : { reason: String(answerObject(answer)['message'] ?? '') }),
  }, c, context)
}

/** At most so many bytes of UTF-8, the last three an ellipsis where something was cut. */
function withinBytes(text: string, limit: number): string {
  const bytes = Buffer.from(text, 'utf8')
  if (bytes.length <= limit) return text
  let end = limit - 3
  while ((bytes[end]! & 0xc0) === 0x80) end--
  return `${bytes.toString('utf8', 0, end)}…`
}
