import { labelsToObject } from '@haechi/model'
import type { Labels } from '@haechi/model'
import { timeText } from './notification.ts'
import { outgoingAlerts } from './outgoing.ts'
import type { Proxy } from '@haechi/model/proxy'
import type { TlsSettings } from './receivers/settings.ts'
import { TransportError, maskUrl, wayOf } from './transport.ts'
import type { HttpPost } from './transport.ts'
import type { AlertingLog, PostableAlert } from './views.ts'

/** One Alertmanager that alerts are sent to. */
export interface AlertmanagerTarget {
  /** Up to and without `/api/v2/alerts`; may hold a password: never printed. */
  readonly url: string
  /** Further request headers, e.g. authorization. */
  readonly headers?: Readonly<Record<string, string>>
  /** Default 10 s. */
  readonly timeoutMs?: number
  readonly tls?: TlsSettings
  /** Its address may hold a password. */
  readonly proxy?: Proxy
  readonly followRedirects?: boolean
  /** This Alertmanager's `alert_relabel_configs`; undefined drops the alert. */
  readonly relabel?: (labels: Labels) => Labels | undefined
}

/** Everything that sending to Alertmanagers needs from outside. */
export interface AlertmanagerSenderOptions {
  readonly post: HttpPost
  readonly log: AlertingLog
  /** Asked at each send: discovery may change them. */
  readonly targets: () => readonly AlertmanagerTarget[]
  /** Asked at each send: a reload may change them. */
  readonly externalLabels: () => Labels
  /** `alerting.alert_relabel_configs`; undefined drops the alert. */
  readonly relabel?: (labels: Labels) => Labels | undefined
  /** `--alertmanager.notification-queue-capacity`, default 10000; the oldest are dropped. */
  readonly queueCapacity?: number
  /** `--alertmanager.notification-batch-size`, default 256. */
  readonly batchSize?: number
  readonly userAgent?: string
}

/** Counters named as Prometheus' `prometheus_notifications_*`, per Alertmanager by masked address. */
export interface AlertmanagerSenderCounters {
  readonly queueLength: number
  readonly queueCapacity: number
  readonly dropped: number
  readonly targets: readonly { readonly url: string; readonly sent: number; readonly errors: number }[]
}

/** Sends alerts to Alertmanagers as Prometheus does. */
export interface AlertmanagerSender {
  /** Queues alerts and begins to send; never waits, never fails. */
  send(alerts: readonly PostableAlert[]): void
  /** Resolves when everything that was queued has been tried. */
  drain(): Promise<void>
  /** Forgets what waits; resolves when the batch under way has been tried. */
  discard(): Promise<void>
  counters(): AlertmanagerSenderCounters
}

/** Prometheus' `--alertmanager.notification-batch-size`. */
const BATCH_SIZE = 256

/**
 * Makes a sender. Batches, no retry: a batch that fails is dropped, delivery relies on the rules sending again.
 * @see Prometheus notifier/notifier.go
 */
export function createAlertmanagerSender(options: AlertmanagerSenderOptions): AlertmanagerSender {
  const capacity = options.queueCapacity ?? 10_000
  let queue: { readonly labels: Labels; readonly json: Readonly<Record<string, unknown>> }[] = []
  let dropped = 0
  let running: Promise<void> | undefined
  const counts = new Map<string, { sent: number; errors: number }>()
  const count = (url: string): { sent: number; errors: number } => {
    let c = counts.get(url)
    if (c === undefined) counts.set(url, c = { sent: 0, errors: 0 })
    return c
  }

  const sendTo = async (t: AlertmanagerTarget, batch: typeof queue): Promise<void> => {
    const alerts = t.relabel === undefined ? batch : batch.flatMap(a => {
      const labels = t.relabel!(a.labels)
      return labels === undefined ? [] : [{ labels, json: a.json }]
    })
    if (alerts.length === 0) return
    const where = maskUrl(t.url)
    try {
      const answer = await options.post({
        url: `${t.url.replace(/\/$/, '')}/api/v2/alerts`, timeoutMs: t.timeoutMs ?? 10_000, signal: new AbortController().signal, ...wayOf(t),
        headers: { 'content-type': 'application/json', 'user-agent': options.userAgent ?? 'Haechi', ...t.headers },
        body: JSON.stringify(alerts.map(a => ({ ...a.json, labels: labelsToObject(a.labels) }))),
      })
      if (answer.status < 200 || answer.status >= 300) throw new TransportError(`bad response status ${answer.status}`)
      count(where).sent += alerts.length
    } catch (err) {
      count(where).errors += alerts.length
      options.log.error({ alertmanager: where, count: alerts.length, err: err instanceof TransportError ? err.message : 'sending failed' }, 'Error sending alerts')
    }
  }

  const run = async (): Promise<void> => {
    while (queue.length > 0) {
      const batch = queue.splice(0, options.batchSize ?? BATCH_SIZE)
      await Promise.all(options.targets().map(t => sendTo(t, batch)))
    }
    running = undefined
  }

  return {
    send(alerts) {
      for (const a of outgoingAlerts(alerts, options.externalLabels(), options.relabel)) {
        queue.push({
          labels: a.labels, json: {
            annotations: labelsToObject(a.annotations), ...(a.endsAtMs === undefined ? {} : { endsAt: timeText(a.endsAtMs) }),
            ...(a.startsAtMs === undefined ? {} : { startsAt: timeText(a.startsAtMs) }), generatorURL: a.generatorUrl ?? '',
          },
        })
      }
      if (queue.length > capacity) {
        const over = queue.length - capacity
        dropped += over
        queue = queue.slice(over)
        options.log.warn({ count: over }, 'Alert notification queue full, dropping alerts')
      }
      running ??= Promise.resolve().then(run)
    },
    async drain() {
      while (running !== undefined) await running
    },
    async discard() {
      dropped += queue.length
      queue = []
      await running
    },
    counters: () => ({ queueLength: queue.length, queueCapacity: capacity, dropped, targets: [...counts].map(([url, c]) => ({ url, ...c })) }),
  }
}
