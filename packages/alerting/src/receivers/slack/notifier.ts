import { messageTexts, truncated } from '../../message-templates.ts'
import type { TemplateFile } from '../../message-templates.ts'
import type { Notification, Notifier } from '../../notification.ts'
import type { HttpResponse } from '../../transport.ts'
import type { ContactPoint } from '../../views.ts'
import { answerObject, httpNotifier } from '../http-notifier.ts'
import type { NotifierContext } from '../notifier-context.ts'
import { defaultTitle } from '../webhook/body.ts'
import { httpUrl } from '../webhook/config.ts'

/** @see https://api.slack.com/reference/messaging/attachments, alertmanager notify/slack `maxTitleLenRunes` */
const TITLE_LENGTH = 1024
/** @see https://api.slack.com/methods/chat.update */
const SLACK_UPDATE = 'https://slack.com/api/chat.update'

/** Sends messages to Slack: an incoming webhook, or `chat.postMessage` with a token. @throws Error when the address is none */
export function createSlackNotifier(c: ContactPoint, context: NotifierContext): Notifier {
  const url = httpUrl(c.url)
  const update = c.slack?.update === true
  const notifier = httpNotifier({
    service: 'Slack', title: defaultTitle, refusal,
    request(n) {
      const message = slackMessage(c, n, context.templates, context.clock.nowMs())
      const [channel, ts] = update ? (n.messages?.at(-1) ?? '').split(' ') : []
      return ts === undefined ? { url, body: JSON.stringify(message) } : { url: SLACK_UPDATE, body: JSON.stringify({ ...message, channel, ts }) }
    },
    ...(update ? { messages: (answer: HttpResponse) => messageOf(answer) } : {}),
  }, c, context)
  if (!update) return notifier
  return {
    ...notifier,
    async send(n, signal) {
      const result = await notifier.send(n, signal)
      // The message was deleted, or can no longer be changed: it is told anew.
      const lost = !result.ok && !result.retryable && result.template !== true && (n.messages ?? []).length > 0
      return lost ? notifier.send({ ...n, messages: [] }, signal) : result
    },
  }
}

/** What names a message afterwards. */
function messageOf(answer: HttpResponse): readonly string[] | undefined {
  const { channel, ts } = answerObject(answer)
  return typeof channel === 'string' && typeof ts === 'string' && /^[\w.-]{1,64} [\d.]{1,64}$/.test(`${channel} ${ts}`) ? [`${channel} ${ts}`] : undefined
}

/** The body, members in Alertmanager's order. @throws TemplateExecError, TemplateSyntaxError */
export function slackMessage(c: Pick<ContactPoint, 'texts' | 'slack'>, n: Notification, templates: readonly TemplateFile[], nowMs: number): Record<string, unknown> {
  const fields = c.slack?.fields ?? []
  const sources: Record<string, string> = { ...c.texts }
  fields.forEach((f, i) => {
    sources[`field ${i} title`] = f.title
    sources[`field ${i} value`] = f.value
  })
  const actions = c.slack?.actions ?? []
  actions.forEach((a, i) => {
    for (const [key, text] of Object.entries(a.texts)) sources[`action ${i} ${key}`] = text
    for (const [key, text] of Object.entries(a.confirm ?? {})) sources[`confirm ${i} ${key}`] = text
  })
  const t = messageTexts(sources, templates, n, nowMs)
  const some = (name: string, value: string | undefined): Record<string, string> => (value === undefined || value === '' ? {} : { [name]: value })
  return {
    ...some('channel', t['channel']), ...some('username', t['username']), ...some('icon_emoji', t['icon_emoji']), ...some('icon_url', t['icon_url']),
    ...(c.slack?.linkNames === true ? { link_names: true } : {}), ...some('text', t['message_text']),
    attachments: [{
      ...some('title', truncated(t['title'] ?? '', TITLE_LENGTH)), ...some('title_link', t['title_link']), ...some('pretext', t['pretext']), text: t['text'] ?? '', fallback: t['fallback'] ?? '',
      callback_id: t['callback_id'] ?? '', ...(fields.length === 0 ? {} : { fields: fields.map((f, i) => ({ title: t[`field ${i} title`], value: t[`field ${i} value`], short: f.short })) }),
      ...(actions.length === 0 ? {} : {
        actions: actions.map((a, i) => ({
          ...Object.assign({}, ...Object.keys(a.texts).map(key => some(key, t[`action ${i} ${key}`]))),
          ...(a.confirm === undefined ? {} : { confirm: Object.assign({}, ...Object.keys(a.confirm).map(key => some(key, t[`confirm ${i} ${key}`]))) }),
        })),
      }),
      ...some('image_url', t['image_url']), ...some('thumb_url', t['thumb_url']), footer: t['footer'] ?? '', ...some('color', t['color']), mrkdwn_in: c.slack?.mrkdwnIn ?? [],
    }],
  }
}

/** Slack says no in a 200 too: as text for webhooks, as JSON for its API. Nothing of its answer is trusted. */
function refusal(answer: HttpResponse): { readonly reason: string } | undefined {
  const { status, headers, body } = answer
  if (status < 200 || status >= 300) return { reason: body }
  if (headers['content-type']?.startsWith('application/json') === true) {
    const json = answerObject(answer)
    return json['ok'] === true ? undefined : { reason: String(json['error'] ?? 'no reason') }
  }
  return body === 'ok' ? undefined : { reason: body }
}
