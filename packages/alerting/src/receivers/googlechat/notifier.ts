import { createHash } from 'node:crypto'
import { messageTexts } from '../../message-templates.ts'
import type { Notification, Notifier } from '../../notification.ts'
import type { ContactPoint } from '../../views.ts'
import { messageTitle, shorten } from '../alert-text.ts'
import { answerObject, httpNotifier } from '../http-notifier.ts'
import { humanMessage } from '../human-message.ts'
import type { NotifierContext } from '../notifier-context.ts'
import { httpUrl } from '../webhook/config.ts'
import { WORDS } from '../words.ts'
import { escapeHtml } from '../../message-templates.ts'

/** In bytes, of the whole message. @see https://developers.google.com/workspace/chat/api/reference/rest/v1/spaces.messages */
const MAX_BYTES = 32_000
const TEXT_LENGTH = 4000

/** Posts a card to a Google Chat space; messages of one group stand in one thread. @throws Error when the address is none */
export function createGoogleChatNotifier(c: ContactPoint, context: NotifierContext): Notifier {
  const url = httpUrl(c.url)
  const language = c.language ?? 'en'
  return httpNotifier({
    service: 'Google Chat', title: n => messageTitle(n, language),
    request(n) {
      const target = new URL(url)
      target.searchParams.set('messageReplyOption', 'REPLY_MESSAGE_FALLBACK_TO_NEW_THREAD')
      return { url: target.href, body: JSON.stringify({ ...message(c, n, context), thread: { threadKey: createHash('sha256').update(n.groupKey).digest('hex') } }) }
    },
    refusal(answer) {
      if (answer.status >= 200 && answer.status < 300) return undefined
      const { error } = answerObject(answer) as { error?: { message?: unknown } }
      return { reason: typeof error?.message === 'string' ? error.message : '' }
    },
  }, c, context)
}

function message(c: ContactPoint, n: Notification, context: Pick<NotifierContext, 'templates' | 'clock'>): object {
  const language = c.language ?? 'en'
  if (c.texts !== undefined && Object.keys(c.texts).length > 0) {
    const t = messageTexts({ title: '{{ template "default.title" . }}', message: '{{ template "default.message" . }}', ...c.texts }, context.templates, n, context.clock.nowMs(), { markup: 'html' })
    const title = shorten(t['title']!, 300, WORDS[language])
    return card(title, title, [{ widgets: [{ textParagraph: { text: shorten(t['message']!, TEXT_LENGTH, WORDS[language]) } }] }])
  }
  for (let shown = 5; ; shown--) {
    const m = humanMessage(n, language, shown)
    const sections = m.alerts.map(a => ({
      ...(m.alerts.length > 1 ? { header: escapeHtml(a.title) } : {}),
      widgets: [
        ...(a.description === '' ? [] : [{ textParagraph: { text: escapeHtml(a.description) } }]),
        ...a.facts.map(([topLabel, text]) => ({ decoratedText: { topLabel, text: escapeHtml(text), wrapText: true } })),
        ...(a.links.length === 0 ? [] : [{ buttonList: { buttons: a.links.map(([text, url]) => ({ text, onClick: { openLink: { url } } })) } }]),
      ],
    }))
    const made = card(m.title, m.title, m.summary === '' ? sections : [{ widgets: [{ textParagraph: { text: escapeHtml(m.summary) } }] }, ...sections])
    if (shown === 1 || Buffer.byteLength(JSON.stringify(made)) < MAX_BYTES - 500) return made
  }
}

function card(text: string, title: string, sections: readonly object[]): object {
  return { text, fallbackText: text, cardsV2: [{ cardId: 'alert', card: { header: { title, subtitle: 'Haechi' }, sections } }] }
}
