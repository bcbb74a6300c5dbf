import { messageTexts } from '../../message-templates.ts'
import type { Notification, Notifier } from '../../notification.ts'
import type { ContactPoint } from '../../views.ts'
import { messageTitle, shorten } from '../alert-text.ts'
import { httpNotifier } from '../http-notifier.ts'
import { humanMessage } from '../human-message.ts'
import type { HumanMessage } from '../human-message.ts'
import type { NotifierContext } from '../notifier-context.ts'
import { httpUrl } from '../webhook/config.ts'
import { WORDS } from '../words.ts'

/** Teams refuses messages above 28 KB. @see https://learn.microsoft.com/microsoftteams/limits-specifications-teams */
const MAX_BYTES = 26_000
const TEXT_LENGTH = 18_000
const ALERT_COLOUR = { critical: 'attention', warning: 'warning', info: 'accent', resolved: 'good', unknown: 'default' } as const

/** Posts a card to a Teams workflow or to an old connector. @throws Error when the address is none */
export function createTeamsNotifier(c: ContactPoint, context: NotifierContext): Notifier {
  const url = httpUrl(c.url)
  const language = c.language ?? 'en'
  return httpNotifier({
    service: 'Teams', title: n => messageTitle(n, language),
    request: n => ({ url, body: JSON.stringify(c.teams?.card === 'connector' ? connectorCard(c, n, context) : adaptiveMessage(c, n, context)) }),
    // The old connector says no in a 200.
    refusal: answer => (answer.status >= 200 && answer.status < 300 ? (/failed with error|error code/i.test(answer.body.slice(0, 1000)) ? { reason: answer.body } : undefined) : { reason: answer.body }),
  }, c, context)
}

/** As it is, if it is short enough. */
function within(text: string, limit: number, language: 'en' | 'ko'): string {
  return text.length <= limit ? text : shorten(text, limit, WORDS[language])
}

/** The message with one adaptive card. @see https://adaptivecards.io/explorer/ */
export function adaptiveMessage(c: ContactPoint, n: Notification, context: Pick<NotifierContext, 'templates' | 'clock'>): object {
  const language = c.language ?? 'en'
  const own = c.texts !== undefined && Object.keys(c.texts).length > 0
  const message = (content: object): object => ({ type: 'message', attachments: [{ contentType: 'application/vnd.microsoft.card.adaptive', contentUrl: null, content }] })
  const card = (body: readonly object[], actions: readonly object[]): object => ({
    $schema: 'http://adaptivecards.io/schemas/adaptive-card.json', type: 'AdaptiveCard', version: own ? '1.2' : '1.4', msteams: { width: own ? 'full' : 'Full' }, body, ...(actions.length === 0 ? {} : { actions }),
  })
  if (own) {
    const t = messageTexts({ title: '{{ template "msteamsv2.default.title" . }}', text: '{{ template "msteamsv2.default.text" . }}', ...c.texts }, context.templates, n, context.clock.nowMs())
    return message(card([
      { type: 'TextBlock', text: within(t['title']!, 1000, language), weight: 'Bolder', size: 'Medium', wrap: true, style: 'heading', color: n.status === 'firing' ? 'Attention' : 'Good' },
      { type: 'TextBlock', text: within(t['text']!, TEXT_LENGTH, language), wrap: true },
    ], []))
  }
  for (let shown = 5; ; shown--) {
    const made = message(card(...ourCard(humanMessage(n, language, shown))))
    if (shown === 1 || Buffer.byteLength(JSON.stringify(made)) <= MAX_BYTES) return made
  }
}

function ourCard(m: HumanMessage): [body: object[], actions: object[]] {
  const single = m.alerts.length === 1
  const body: object[] = [{ type: 'TextBlock', text: m.title, weight: 'Bolder', size: 'Medium', wrap: true, style: 'heading', color: ALERT_COLOUR[m.state] }]
  if (m.summary !== '') body.push({ type: 'TextBlock', text: m.summary, wrap: true, isSubtle: true })
  for (const a of m.alerts) {
    if (!single) body.push({ type: 'TextBlock', text: a.title, weight: 'Bolder', wrap: true, separator: true, color: ALERT_COLOUR[a.state] })
    if (a.description !== '') body.push({ type: 'TextBlock', text: a.description, wrap: true })
    body.push({ type: 'FactSet', facts: a.facts.map(([title, value]) => ({ title, value })) })
  }
  return [body, (m.alerts[0]?.links ?? []).map(([title, url]) => ({ type: 'Action.OpenUrl', title, url }))]
}

/** The card of Office 365 connectors, as Alertmanager's `msteams_configs` sends it. */
function connectorCard(c: ContactPoint, n: Notification, context: Pick<NotifierContext, 'templates' | 'clock'>): object {
  const language = c.language ?? 'en'
  const t = messageTexts({
    title: '{{ template "msteams.default.title" . }}', summary: '{{ template "msteams.default.summary" . }}', text: '{{ template "msteams.default.text" . }}', ...c.texts,
  }, context.templates, n, context.clock.nowMs())
  return {
    '@context': 'http://schema.org/extensions', type: 'MessageCard', title: within(t['title']!, 1000, language), summary: within(t['summary']!, 1000, language),
    text: within(t['text']!, TEXT_LENGTH, language), themeColor: n.status === 'firing' ? '8C1A1A' : '2DC72D',
  }
}
