import { messageTexts, truncated } from '../../message-templates.ts'
import type { Notification, Notifier } from '../../notification.ts'
import type { ContactPoint } from '../../views.ts'
import { goJson, some } from '../go-json.ts'
import { answerObject, httpNotifier } from '../http-notifier.ts'
import type { NotifierContext } from '../notifier-context.ts'
import { defaultTitle } from '../webhook/body.ts'
import { httpUrl } from '../webhook/config.ts'

const TITLE_LENGTH = 1024

/** Writes to a channel or a person on Rocket.Chat. @throws Error when the token is missing */
export function createRocketchatNotifier(c: ContactPoint, context: NotifierContext): Notifier {
  const { rocketchat: s, secrets } = c
  if (s === undefined || secrets === undefined) throw new Error('a Rocket.Chat contact point needs a token and its id')
  const url = `${httpUrl(c.url).replace(/\/*$/, '')}/api/v1/chat.postMessage`
  const message = (n: Notification): unknown => {
    const t = messageTexts(c.texts ?? {}, context.templates, n, context.clock.nowMs())
    const fields = s.shortFields.map((short, i) => ({ short, ...some('title', t[`field ${i} title`]), ...some('value', t[`field ${i} value`]) }))
    const actions = Array.from({ length: s.actions }, (_x, i) => ({
      type: 'button', ...some('text', t[`action ${i} text`]), ...some('url', t[`action ${i} url`]), is_webview: false, ...some('msg', t[`action ${i} msg`]), msg_in_chat_window: false,
    }))
    return {
      ...some('channel', t['channel']), ...some('emoji', t['emoji']), ...some('avatar', t['icon_url']), attachments: [{
        ...some('title', truncated(t['title'] ?? '', TITLE_LENGTH)), ...some('title_link', t['title_link']), ...some('text', t['text']), ...some('image_url', t['image_url']), ...some('thumb_url', t['thumb_url']),
        ...some('color', t['color']), ...(fields.length === 0 ? {} : { fields }), ...(actions.length === 0 ? {} : { actions }),
      }],
    }
  }
  return httpNotifier({
    service: 'Rocket.Chat', title: defaultTitle, request: n => ({ url, headers: { 'x-auth-token': secrets['token']!, 'x-user-id': secrets['tokenId']! }, body: goJson(message(n)) }),
    refusal(answer) {
      // It says no inside of a 200 too.
      const body = answerObject(answer)
      return body['success'] === true ? undefined : { reason: String(body['error'] ?? 'no reason') }
    },
  }, c, context)
}
