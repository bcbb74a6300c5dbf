import { labelsFromPairs } from '@haechi/model'
import { fingerprint } from './fingerprint.ts'
import { groupKey } from './group.ts'
import type { Notification } from './notification.ts'
import { redacted, secretsOf } from './receivers/redact.ts'
import { alertmanagerBody } from './receivers/webhook/body.ts'
import { TransportError } from './transport.ts'
import type { HttpPost } from './transport.ts'
import type { AlertingLog, Clock } from './views.ts'

/** Where life is told, and how often. */
export interface HeartbeatSettings {
  /** A secret: who knows it can pretend to be us. */
  readonly url: string
  /** POST sends Alertmanager's body with the alert `Watchdog`, which always fires. */
  readonly method: 'GET' | 'POST'
  readonly intervalMs: number
}

/** How it goes. Times are Unix ms; undefined: never yet. */
export interface HeartbeatStatus {
  readonly settings: HeartbeatSettings
  readonly lastTryMs: number | undefined
  readonly lastOkMs: number | undefined
  /** HTTP status of the last answer; undefined: there was none. */
  readonly lastStatus: number | undefined
  /** Why the last one failed, without secrets; undefined: it did not. */
  readonly error: string | undefined
  /** In a row. */
  readonly failures: number
}

/** Everything that it needs from outside. */
export interface HeartbeatOptions {
  readonly post: HttpPost
  readonly clock: Clock
  readonly log: AlertingLog
  readonly externalUrl: string
  readonly userAgent: string
  /** Proves that what alerts depend on works. Rejects when it does not: then no life is told, and the other side raises the alarm. */
  readonly alive: () => Promise<void>
}

/** Tells somebody else at each interval that this server lives, so that its death is noticed. */
export interface Heartbeat {
  /** Begins with the given settings, at once; the same settings change nothing, undefined ends it. */
  configure(settings: HeartbeatSettings | undefined): void
  /** Undefined: none is configured. */
  status(): HeartbeatStatus | undefined
  /** One now, besides the regular ones. */
  beat(): Promise<HeartbeatStatus | undefined>
  stop(): void
}

export const MIN_HEARTBEAT_MS = 10_000
const TIMEOUT_MS = 10_000
/** After a failure it is tried again this soon, or after the interval where that is shorter. */
const RETRY_MS = 15_000

/** Makes a heartbeat that is not configured. */
export function createHeartbeat(o: HeartbeatOptions): Heartbeat {
  let settings: HeartbeatSettings | undefined
  let state: Omit<HeartbeatStatus, 'settings'> = { lastTryMs: undefined, lastOkMs: undefined, lastStatus: undefined, error: undefined, failures: 0 }
  let cancel = (): void => undefined
  let running: Promise<void> | undefined
  let startedMs = o.clock.nowMs()

  const once = async (s: HeartbeatSettings): Promise<void> => {
    const tMs = o.clock.nowMs()
    const { error, status } = await tell(o, s, startedMs)
    if (settings !== s) return
    if (error !== undefined && state.error !== error) o.log.warn({ err: error }, 'The heartbeat could not be told')
    if (error === undefined && state.error !== undefined) o.log.info({}, 'The heartbeat is told again')
    state = { lastTryMs: tMs, lastOkMs: error === undefined ? tMs : state.lastOkMs, lastStatus: status, error, failures: error === undefined ? 0 : state.failures + 1 }
  }
  /** One at a time: a slow other side gets no second one meanwhile. */
  const alone = (s: HeartbeatSettings): Promise<void> => running ??= once(s).finally(() => { running = undefined })
  const schedule = (s: HeartbeatSettings, inMs: number): void => {
    cancel = o.clock.after(inMs, () => {
      void alone(s).then(() => {
        if (settings === s) schedule(s, state.error === undefined ? s.intervalMs : Math.min(RETRY_MS, s.intervalMs))
      })
    })
  }
  return {
    configure(next) {
      if (JSON.stringify(next) === JSON.stringify(settings)) return
      cancel()
      settings = next
      running = undefined
      startedMs = o.clock.nowMs()
      state = { lastTryMs: undefined, lastOkMs: undefined, lastStatus: undefined, error: undefined, failures: 0 }
      if (next !== undefined) schedule(next, 0)
    },
    status: () => (settings === undefined ? undefined : { settings, ...state }),
    async beat() {
      if (settings === undefined) return undefined
      const s = settings
      await alone(s)
      return settings === undefined ? undefined : { settings, ...state }
    },
    stop() {
      cancel()
      settings = undefined
    },
  }
}

/** @returns what was answered, and why it failed */
async function tell(o: HeartbeatOptions, s: HeartbeatSettings, startedMs: number): Promise<{ readonly status: number | undefined; readonly error: string | undefined }> {
  const secrets = secretsOf({ uid: '', name: '', type: 'webhook', url: s.url, origin: 'ui' })
  try {
    await o.alive()
  } catch (err) {
    return { status: undefined, error: `not told, for rules can't be evaluated: ${err instanceof Error ? err.message : String(err)}` }
  }
  try {
    const answer = await o.post({
      url: s.url, method: s.method, timeoutMs: TIMEOUT_MS, signal: new AbortController().signal, headers: { 'user-agent': o.userAgent, ...(s.method === 'POST' ? { 'content-type': 'application/json' } : {}) },
      body: s.method === 'POST' ? JSON.stringify(alertmanagerBody(watchdog(o.externalUrl, startedMs))) : '',
    })
    return { status: answer.status, error: answer.status >= 200 && answer.status < 300 ? undefined : `answered HTTP ${answer.status}` }
  } catch (err) {
    return { status: undefined, error: err instanceof TransportError ? redacted(err.message, secrets) : 'it could not be sent' }
  }
}

/** The alert that always fires, as a message. */
function watchdog(externalUrl: string, startedMs: number): Notification {
  const labels = labelsFromPairs([['alertname', 'Watchdog'], ['severity', 'none']])
  const groupLabels = labelsFromPairs([['alertname', 'Watchdog']])
  const annotations = labelsFromPairs([['summary', 'Always firing: Haechi evaluates rules and sends messages. Raise the alarm when this stops.']])
  return {
    receiver: 'heartbeat', status: 'firing', groupLabels, externalUrl, groupKey: groupKey('{}', groupLabels), truncatedAlerts: 0, reason: 'repeat interval elapsed',
    alerts: [{ status: 'firing', labels, annotations, startsAtMs: startedMs, endsAtMs: undefined, generatorUrl: externalUrl, fingerprint: fingerprint(labels) }],
  }
}
