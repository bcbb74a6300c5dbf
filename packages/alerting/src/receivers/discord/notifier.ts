import type { Clock } from '../../views.ts'
import { TransportError, retryAfterMs } from '../../transport.ts'
import type { HttpPost, HttpResponse } from '../../transport.ts'
import type { Notification, Notifier, SendResult } from '../../notification.ts'
import type { DiscordConfig } from './config.ts'
import type { TemplateFile } from '../../message-templates.ts'
import { discordMessage, discordTitle } from './message.ts'
import { customMessage } from './custom-message.ts'

/** Sends messages to a Discord webhook. @see discord-api-docs resources/webhook.mdx "Execute Webhook", topics/rate-limits.md */
export function createDiscordNotifier(config: DiscordConfig, post: HttpPost, clock: Clock, userAgent: string, templates: readonly TemplateFile[] = []): Notifier {
  // Without `wait` Discord answers 204 even for a message that it then does not keep.
  const url = new URL(config.url)
  url.searchParams.set('wait', 'true')
  return {
    title: n => discordTitle(n, config.language),
    async send(n: Notification, signal: AbortSignal): Promise<SendResult> {
      let answer: HttpResponse
      let body: string
      try {
        body = JSON.stringify(customMessage(config.texts, n, templates, discordMessage(n, config.language), clock.nowMs()))
      } catch (err) {
        return { ok: false, retryable: false, error: err instanceof Error ? err.message : String(err) }
      }
      try {
        answer = await post({
          url: url.href, headers: { 'content-type': 'application/json', 'user-agent': userAgent }, body, timeoutMs: config.timeoutMs, signal,
        })
      } catch (err) {
        if (err instanceof TransportError) return { ok: false, retryable: true, error: err.message }
        throw err
      }
      return judge(answer, clock.nowMs())
    },
  }
}

interface DiscordAnswer { readonly message?: string; readonly retryAfter?: number; readonly place?: string }

function judge(answer: HttpResponse, nowMs: number): SendResult {
  const { status, headers } = answer
  if (status >= 200 && status < 300) {
    // The bucket is empty: the next message would be refused.
    const reset = headers['x-ratelimit-remaining'] === '0' ? Number(headers['x-ratelimit-reset-after']) : NaN
    return { ok: true, httpStatus: status, ...(reset > 0 ? { notBeforeMs: nowMs + reset * 1000 } : {}) }
  }
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

/** What Discord says in its error, bounded; nothing of it is trusted. */
function readAnswer(text: string): DiscordAnswer {
  let json: unknown
  try {
    json = JSON.parse(text)
  } catch {
    return {}
  }
  if (typeof json !== 'object' || json === null) return {}
  const { message, retry_after: retryAfter, errors } = json as Record<string, unknown>
  const place = typeof errors === 'object' && errors !== null ? JSON.stringify(errors).slice(0, 200) : undefined
  return {
    ...(typeof message === 'string' ? { message: message.slice(0, 200) } : {}),
    ...(typeof retryAfter === 'number' && retryAfter >= 0 && Number.isFinite(retryAfter) ? { retryAfter } : {}),
    ...(place === undefined ? {} : { place }),
  }
}
