import { escapeHtml, messageTexts } from '../../message-templates.ts'
import type { Notification, Notifier } from '../../notification.ts'
import type { ContactPoint } from '../../views.ts'
import { messageTitle, shorten } from '../alert-text.ts'
import { answerObject, httpNotifier } from '../http-notifier.ts'
import { humanMessage } from '../human-message.ts'
import type { NotifierContext } from '../notifier-context.ts'
import { httpUrl } from '../webhook/config.ts'
import { WORDS } from '../words.ts'
import type { TelegramSettings } from '../settings.ts'

/** In UTF-16 units. @see https://core.telegram.org/bots/api#sendmessage */
export const TELEGRAM_LIMIT = 4096

/** Sends with a Telegram bot. @throws Error when the address or the chat is missing */
export function createTelegramNotifier(c: ContactPoint, context: NotifierContext): Notifier {
  const s = c.telegram
  if (s === undefined) throw new Error('a Telegram contact point needs a chat')
  const base = httpUrl(c.url).replace(/\/+$/, '')
  const language = c.language ?? 'en'
  return httpNotifier({
    service: 'Telegram', title: n => messageTitle(n, language),
    request(n) {
      const { text, parseMode } = telegramText(c, s, n, context)
      return {
        url: `${base}/sendMessage`, body: JSON.stringify({
          chat_id: s.chatId, ...(s.threadId === undefined || s.threadId === 0 ? {} : { message_thread_id: String(s.threadId) }), text, ...(parseMode === '' ? {} : { parse_mode: parseMode }),
          ...(s.noPreview === true ? { disable_web_page_preview: 'true' } : {}), ...(s.silent ? { disable_notification: 'true' } : {}), ...(s.protectContent === true ? { protect_content: 'true' } : {}),
        }),
      }
    },
    refusal(answer) {
      const body = answerObject(answer)
      if (body['ok'] === true) return undefined
      const parameters = body['parameters'] as { retry_after?: unknown } | undefined
      const wait = typeof parameters === 'object' && parameters !== null && typeof parameters.retry_after === 'number' ? { retryAfterMs: parameters.retry_after * 1000 } : {}
      return { reason: typeof body['description'] === 'string' ? body['description'] : 'no reason', ...wait }
    },
  }, c, context)
}

/** The text within the limit. What is too long goes without markup: a tag that is cut in half would be refused. */
export function telegramText(c: Pick<ContactPoint, 'texts' | 'language'>, s: TelegramSettings, n: Notification, context: Pick<NotifierContext, 'templates' | 'clock'>): { readonly text: string; readonly parseMode: string } {
  const language = c.language ?? 'en'
  const own = c.texts?.['message']
  const text = own === undefined ? ourHtml(n, language) : messageTexts({ message: own }, context.templates, n, context.clock.nowMs(), { markup: s.parseMode === 'HTML' ? 'html' : 'text' })['message']!
  const parseMode = own === undefined ? 'HTML' : s.parseMode
  if (text.trim() === '') return { text: messageTitle(n, language), parseMode: '' }
  if (text.length <= TELEGRAM_LIMIT) return { text, parseMode }
  return { text: shorten(parseMode === 'HTML' ? withoutTags(text) : text, TELEGRAM_LIMIT, WORDS[language]), parseMode: '' }
}

function ourHtml(n: Notification, language: 'en' | 'ko'): string {
  const m = humanMessage(n, language)
  const single = m.alerts.length === 1
  const blocks = m.alerts.map(a => [
    ...(single ? [] : [`<b>${escapeHtml(a.title)}</b>`]), ...(a.description === '' ? [] : [escapeHtml(a.description)]), ...a.facts.map(([name, value]) => `${escapeHtml(name)}: ${escapeHtml(value)}`),
    ...(a.links.length === 0 ? [] : [a.links.map(([name, url]) => `<a href="${escapeHtml(url)}">${escapeHtml(name)}</a>`).join(' · ')]),
  ].join('\n'))
  return [[`<b>${escapeHtml(m.title)}</b>`, escapeHtml(m.summary)].filter(t => t !== '').join('\n'), ...blocks].join('\n\n')
}

function withoutTags(html: string): string {
  return html.replace(/<[^>]*>/g, '').replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&#34;', '"').replaceAll('&#39;', "'").replaceAll('&amp;', '&')
}
