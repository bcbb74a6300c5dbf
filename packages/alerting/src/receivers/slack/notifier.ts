import { messageTexts, truncated } from '../../message-templates.ts'
import type { TemplateFile } from '../../message-templates.ts'
import type { Notification, Notifier, SendResult } from '../../notification.ts'
import { TransportError, retryAfterMs } from '../../transport.ts'
import type { HttpPost, HttpResponse } from '../../transport.ts'
import type { Clock, ContactPoint } from '../../views.ts'
import { defaultTitle } from '../webhook/body.ts'
import { httpUrl } from '../webhook/config.ts'

/** @see https://api.slack.com/reference/messaging/attachments, alertmanager notify/slack `maxTitleLenRunes` */
const TITLE_LENGTH = 1024

/** Sends messages to Slack: an incoming webhook, or `chat.postMessage` with a token. @throws Error when the address is none */
export function createSlackNotifier(c: ContactPoint, post: HttpPost, clock: Clock, userAgent: string, templates: readonly TemplateFile[]): Notifier {
  const url = httpUrl(c.url)
  return {
    title: defaultTitle,
    async send(n: Notification, signal: AbortSignal): Promise<SendResult> {
      let body: string
      try {
        body = JSON.stringify(slackMessage(c, n, templates, clock.nowMs()))
      } catch (err) {
        return { ok: false, retryable: false, error: err instanceof Error ? err.message : String(err) }
      }
      try {
        return judge(await post({ url, headers: { 'content-type': 'application/json', 'user-agent': userAgent, ...c.headers }, body, timeoutMs: c.timeoutMs ?? 10_000, signal }), clock.nowMs())
      } catch (err) {
        if (err instanceof TransportError) return { ok: false, retryable: true, error: err.message }
        throw err
      }
    },
  }
}

/** The body, members in Alertmanager's order. @throws TemplateExecError, TemplateSyntaxError */
export function slackMessage(c: Pick<ContactPoint, 'texts' | 'slack'>, n: Notification, templates: readonly TemplateFile[], nowMs: number): Record<string, unknown> {
  const fields = c.slack?.fields ?? []
  const sources: Record<string, string> = { ...c.texts }
  fields.forEach((f, i) => {
    sources[`field ${i} title`] = f.title
    sources[`field ${i} value`] = f.value
  })
  const t = messageTexts(sources, templates, n, nowMs)
  const some = (name: string, value: string | undefined): Record<string, string> => (value === undefined || value === '' ? {} : { [name]: value })
  return {
    ...some('channel', t['channel']), ...some('username', t['username']), ...some('icon_emoji', t['icon_emoji']), ...some('icon_url', t['icon_url']),
    ...(c.slack?.linkNames === true ? { link_names: true } : {}), ...some('text', t['message_text']),
    attachments: [{
      ...some('title', truncated(t['title'] ?? '', TITLE_LENGTH)), ...some('title_link', t['title_link']), ...some('pretext', t['pretext']), text: t['text'] ?? '', fallback: t['fallback'] ?? '',
      callback_id: t['callback_id'] ?? '', ...(fields.length === 0 ? {} : { fields: fields.map((f, i) => ({ title: t[`field ${i} title`], value: t[`field ${i} value`], short: f.short })) }),
      ...some('image_url', t['image_url']), ...some('thumb_url', t['thumb_url']), footer: t['footer'] ?? '', ...some('color', t['color']), mrkdwn_in: c.slack?.mrkdwnIn ?? [],
    }],
  }
}

/** Slack says no in a 200 too: as text for webhooks, as JSON for its API. Nothing of its answer is trusted. */
function judge(answer: HttpResponse, nowMs: number): SendResult {
  const { status, headers, body } = answer
  if (status < 200 || status >= 300) {
    const wait = retryAfterMs(headers['retry-after'], nowMs)
    return { ok: false, httpStatus: status, error: `Slack answered HTTP ${status}: ${body.slice(0, 200)}`, retryable: status === 429 || status >= 500, ...(wait === undefined ? {} : { retryAfterMs: wait }) }
  }
  let refused: string | undefined
  if (headers['content-type']?.startsWith('application/json') === true) {
    try {
      const json = JSON.parse(body) as { ok?: unknown; error?: unknown } | null
      if (json?.ok !== true) refused = String(json?.error ?? 'no reason')
    } catch {
      return { ok: false, httpStatus: status, error: 'Slack answered no JSON', retryable: true }
    }
  } else if (body !== 'ok') refused = body
  return refused === undefined ? { ok: true, httpStatus: status } : { ok: false, httpStatus: status, error: `Slack refused the message: ${refused.slice(0, 200)}`, retryable: false }
}
