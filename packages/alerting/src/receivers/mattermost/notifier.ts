import { messageTexts, truncated } from '../../message-templates.ts'
import type { Notification, Notifier } from '../../notification.ts'
import type { ContactPoint } from '../../views.ts'
import { goJson, some } from '../go-json.ts'
import { answerObject, httpNotifier } from '../http-notifier.ts'
import type { NotifierContext } from '../notifier-context.ts'
import { defaultTitle } from '../webhook/body.ts'
import { httpUrl } from '../webhook/config.ts'
import { ATTACHMENT_TEXTS } from './config.ts'

const TEXT_LENGTH = 16_383
const PRIORITIES: ReadonlySet<string> = new Set(['urgent', 'important', 'standard'])

/** Writes to Mattermost with an incoming webhook. @throws Error when the address is none */
export function createMattermostNotifier(c: ContactPoint, context: NotifierContext): Notifier {
  const url = httpUrl(c.url)
  return httpNotifier({
    service: 'Mattermost', title: defaultTitle, request: n => ({ url, body: goJson(message(c, n, context)) }),
    refusal: answer => (answer.status >= 200 && answer.status < 300 ? undefined : { reason: String(answerObject(answer)['message'] ?? '') }),
  }, c, context)
}

function message(c: ContactPoint, n: Notification, context: Pick<NotifierContext, 'templates' | 'clock'>): unknown {
  const s = c.mattermost ?? { attachments: [{ fields: [] }], textAbove: false, requestedAck: false, persistent: false }
  const t = messageTexts(c.texts ?? {}, context.templates, n, context.clock.nowMs())
  const attachments = s.attachments.map(({ fields }, i) => {
    const out: Record<string, unknown> = {}
    for (const key of ATTACHMENT_TEXTS) {
      Object.assign(out, some(key, key === 'text' && !s.textAbove ? t['text'] : t[`${i} ${key}`]))
      if (key === 'title_link' && fields.length > 0) out['fields'] = fields.map((field, k) => ({ ...some('title', t[`${i} field ${k} title`]), ...some('value', t[`${i} field ${k} value`]), ...field }))
    }
    return out
  })
  return {
    ...(s.textAbove ? some('text', truncated(t['text'] ?? '', TEXT_LENGTH)) : {}), ...some('channel', t['channel']), ...some('username', t['username']), ...some('icon_url', t['icon_url']), ...some('icon_emoji', t['icon_emoji']),
    attachments, ...some('type', t['type']), ...(c.texts?.['card'] === '' || c.texts?.['card'] === undefined ? {} : { props: some('card', t['card']) }), ...priority(c, t['priority'] ?? '', s),
  }
}

/** What goes with a priority goes only with those that have it. */
function priority(c: ContactPoint, text: string, s: { readonly requestedAck: boolean; readonly persistent: boolean }): Record<string, unknown> {
  if ((c.texts?.['priority'] ?? '') === '') return {}
  const name = PRIORITIES.has(text.toLowerCase()) ? text.toLowerCase() : 'standard'
  return { priority: { priority: name, ...(s.requestedAck && name !== 'standard' ? { requested_ack: true } : {}), ...(s.persistent && name === 'urgent' ? { persistent_notifications: true } : {}) } }
}
