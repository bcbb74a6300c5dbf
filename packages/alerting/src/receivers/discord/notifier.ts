import { messageTitle } from '../alert-text.ts'
import { TransportError, retryAfterMs, wayOf } from '../../transport.ts'
import type { HttpResponse } from '../../transport.ts'
import type { Notification, Notifier, SendResult } from '../../notification.ts'
import type { ContactPoint } from '../../views.ts'
import type { ChartImage, NotifierContext } from '../notifier-context.ts'
import { httpUrl } from '../webhook/config.ts'
import { customMessage } from './custom-message.ts'
import { discordMessage } from './message.ts'
import type { DiscordMessage } from './message.ts'
import { multipart } from './multipart.ts'

/** Messages of one group that are remembered, to be marked as over. */
const KEPT_MESSAGES = 5
const CHART_FILE = 'chart.png'

/**
 * Sends messages to a Discord webhook. What is new is a new message, for only that rings; the end is written into the message of the beginning.
 * @throws Error when the address is none
 * @see discord-api-docs resources/webhook.mdx "Execute Webhook", "Edit Webhook Message"; topics/rate-limits.md
 */
export function createDiscordNotifier(c: ContactPoint, context: NotifierContext): Notifier {
  const { post, clock, userAgent, templates } = context
  const webhook = new URL(httpUrl(c.url))
  const language = c.language ?? 'en'
  const send = async (url: URL, method: 'POST' | 'PATCH', payload: object, image: ChartImage | undefined, signal: AbortSignal): Promise<HttpResponse | TransportError> => {
    const body = JSON.stringify(payload)
    const form = image === undefined ? undefined : multipart(body, CHART_FILE, image.png)
    try {
      return await post({
        url: url.href, method, headers: { 'content-type': form?.contentType ?? 'application/json', 'user-agent': userAgent, ...c.headers }, body, ...(form === undefined ? {} : { bytes: form.bytes }),
        timeoutMs: c.timeoutMs ?? 10_000, signal, ...wayOf(c),
      })
    } catch (err) {
      if (err instanceof TransportError) return err
      throw err
    }
  }
  const message = (id: string): URL => {
    const url = new URL(webhook)
    url.pathname = `${webhook.pathname.replace(/\/+$/, '')}/messages/${id}`
    return url
  }
  const execute = new URL(webhook)
  // Without `wait` Discord answers 204 even for a message that it then does not keep, and names no message.
  execute.searchParams.set('wait', 'true')

  return {
    title: n => messageTitle(n, language),
    async send(n: Notification, signal: AbortSignal): Promise<SendResult> {
      const drawing = c.chart === false || n.test === true ? undefined : context.chart?.(n, language)
      const image = drawing === undefined ? undefined : await drawing
      let payload: object
      try {
        payload = customMessage(c.texts ?? {}, n, templates, withImage(discordMessage(n, language), image), clock.nowMs())
      } catch (err) {
        return { ok: false, retryable: false, template: true, error: err instanceof Error ? err.message : String(err) }
      }
      const shown = 'attachments' in payload ? image : undefined
      const known = n.messages ?? []
      const last = known.at(-1)
      if (c.edit !== false && last !== undefined && (n.status === 'resolved' || n.reason === 'some alerts resolved')) {
        // Fields of the message of before that this one lacks are taken away; a picture too.
        const answer = await send(message(last), 'PATCH', { content: '', attachments: [], ...payload }, shown, signal)
        if (answer instanceof TransportError) return { ok: false, retryable: true, error: answer.message }
        if (answer.status >= 200 && answer.status < 300) {
          if (n.status === 'resolved') for (const id of known.slice(0, -1)) await send(message(id), 'PATCH', overMark(n, language), undefined, signal)
          return accepted(answer, clock.nowMs())
        }
        // The message was deleted, or what stands in for Discord edits none: the end is told in a new one.
        if (answer.status === 429 || answer.status < 400 || answer.status >= 500) return judge(answer, clock.nowMs())
      }
      const answer = await send(execute, 'POST', payload, shown, signal)
      if (answer instanceof TransportError) return { ok: false, retryable: true, error: answer.message }
      const result = judge(answer, clock.nowMs())
      const id = result.ok ? readAnswer(answer.body).id : undefined
      return id === undefined || !result.ok ? result : { ...result, messages: [...known, id].slice(-KEPT_MESSAGES) }
    },
  }
}

/** The picture stands in the embed of the worst alert. */
function withImage(m: DiscordMessage, image: ChartImage | undefined): DiscordMessage {
  const [first, ...others] = m.embeds
  if (image === undefined || first === undefined) return m
  return { ...m, embeds: [{ ...first, image: { url: `attachment://${CHART_FILE}` } }, ...others], attachments: [{ id: 0, filename: CHART_FILE, description: image.alt.slice(0, 1024) }] }
}

/** What an earlier message of a group that is over becomes: one line. */
function overMark(n: Notification, language: 'en' | 'ko'): object {
  return { content: '', attachments: [], allowed_mentions: { parse: [] }, embeds: [{ title: messageTitle(n, language), color: 0x2ea043 }] }
}

interface DiscordAnswer { readonly message?: string; readonly retryAfter?: number; readonly place?: string; readonly id?: string }

function accepted({ status, headers }: HttpResponse, nowMs: number): Extract<SendResult, { ok: true }> {
  // The bucket is empty: the next message would be refused.
  const reset = headers['x-ratelimit-remaining'] === '0' ? Number(headers['x-ratelimit-reset-after']) : NaN
  return { ok: true, httpStatus: status, ...(reset > 0 ? { notBeforeMs: nowMs + reset * 1000 } : {}) }
}

function judge(answer: HttpResponse, nowMs: number): SendResult {
  const { status, headers } = answer
  if (status >= 200 && status < 300) return accepted(answer, nowMs)
  const body = readAnswer(answer.body)
  const error = `Discord answered HTTP ${status}${body.message === undefined ? '' : `: ${body.message}`}${body.place === undefined ? '' : ` (${body.place})`}`
  if (status === 429) {
    const wait = body.retryAfter !== undefined ? body.retryAfter * 1000 : (retryAfterMs(headers['retry-after'], nowMs) ?? 1000)
    return { ok: false, httpStatus: status, error, retryable: true, retryAfterMs: wait }
  }
  if (status >= 500) {
    const wait = retryAfterMs(headers['retry-after'], nowMs)
    return { ok: false, httpStatus: status, error, retryable: true, ...(wait === undefined ? {} : { retryAfterMs: wait }) }
  }
  // An unknown webhook must not be tried again: repeated refusals block the whole address.
  return { ok: false, httpStatus: status, error, retryable: false, ...(status === 404 || status === 401 ? { gone: true } : {}) }
}

/** What Discord says, bounded; nothing of it is trusted. */
function readAnswer(text: string): DiscordAnswer {
  let json: unknown
  try {
    json = JSON.parse(text)
  } catch {
    return {}
  }
  if (typeof json !== 'object' || json === null) return {}
  const { message, retry_after: retryAfter, errors, id } = json as Record<string, unknown>
  const place = typeof errors === 'object' && errors !== null ? JSON.stringify(errors).slice(0, 200) : undefined
  return {
    ...(typeof message === 'string' ? { message: message.slice(0, 200) } : {}),
    ...(typeof retryAfter === 'number' && retryAfter >= 0 && Number.isFinite(retryAfter) ? { retryAfter } : {}),
    ...(place === undefined ? {} : { place }), ...(typeof id === 'string' && /^\d{1,25}$/.test(id) ? { id } : {}),
  }
}
