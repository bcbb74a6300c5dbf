import { createMemoryStore } from '../memory-store.ts'
import { createDiscordNotifier } from '../receivers/discord/notifier.ts'
import { ContactSender } from '../sender.ts'
import type { HttpPost } from '../transport.ts'
import type { AlertingLog, Clock, ContactPoint } from '../views.ts'
import { WebhookBodyError, parseWebhookBody } from './webhook-body.ts'

/** Everything that the relay needs from outside. */
export interface RelayOptions {
  /** A secret. */
  readonly discordUrl: string
  /** Default 'en'. */
  readonly language?: 'en' | 'ko'
  readonly post: HttpPost
  readonly clock: Clock
  readonly log: AlertingLog
  readonly random?: () => number
  /** How long one message is tried before the sender is asked to come again; default 15 s, below Grafana's patience of 30 s. */
  readonly budgetMs?: number
}

/** What the relay answers. */
export interface RelayAnswer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  /** JSON. */
  readonly body: string
}

/** Turns webhook bodies into Discord messages. */
export interface Relay {
  /** Handles one POST. Never rejects; answers 200 only when Discord has accepted the message. */
  handle(path: string, body: string): Promise<RelayAnswer>
}

const PATHS: ReadonlySet<string> = new Set(['/grafana', '/alertmanager'])

/** Waiting messages; more are asked to come again, so that a storm can't fill the memory. */
const MAX_WAITING = 100

/** Makes a relay. @throws Error when the address can't be used; the text never holds it */
export function createRelay(options: RelayOptions): Relay {
  const { post, clock, log } = options
  // A relayed message has no memory of the one before, so nothing is edited.
  const point: ContactPoint = { uid: 'relay', name: 'relay', type: 'discord', url: options.discordUrl, origin: 'env', ...(options.language === undefined ? {} : { language: options.language }) }
  const sender = new ContactSender(point, p => createDiscordNotifier(point, { post: p, clock, userAgent: 'Haechi-relay', templates: [] }), { post, clock, log, store: createMemoryStore(), random: options.random ?? Math.random })
  const signal = new AbortController().signal
  let waiting = 0
  return {
    async handle(path, body) {
      const pathname = path.split('?')[0]!.replace(/\/+$/, '')
      if (!PATHS.has(pathname)) return relayAnswer(404, { status: 'error', error: 'not found: post to /grafana or /alertmanager' })
      if (waiting >= MAX_WAITING) return relayAnswer(503, { status: 'error', error: 'too many messages are waiting' }, { 'retry-after': '30' })
      waiting++
      try {
        const n = parseWebhookBody(body)
        const outcome = await sender.deliver(n, clock.nowMs() + (options.budgetMs ?? 15_000), signal)
        if (outcome.ok) return relayAnswer(200, { status: 'ok', alerts: n.alerts.length })
        const seconds = Math.max(1, Math.ceil((outcome.retryAfterMs ?? 0) / 1000))
        log.error({ path: pathname, err: outcome.error }, 'Relaying a message failed')
        // 5xx, so that the sender keeps the message and tries again.
        return relayAnswer(outcome.final ? 502 : 503, { status: 'error', error: outcome.error }, { 'retry-after': String(seconds) })
      } catch (err) {
        if (err instanceof WebhookBodyError) return relayAnswer(400, { status: 'error', error: err.message })
        log.error({ path: pathname, err }, 'Relaying a message failed')
        return relayAnswer(500, { status: 'error', error: 'internal error' })
      } finally {
        waiting--
      }
    },
  }
}

/** A JSON answer. */
export function relayAnswer(status: number, body: object, headers: Readonly<Record<string, string>> = {}): RelayAnswer {
  return { status, headers: { 'content-type': 'application/json; charset=utf-8', ...headers }, body: `${JSON.stringify(body)}\n` }
}
