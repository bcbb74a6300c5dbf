import { labelsFromPairs } from '@haechi/model'
import { AlertInputError, acceptedAlert, mergedAlert, revivedAlert } from './alerts.ts'
import { reasonToSend } from './dedup.ts'
import { fingerprint } from './fingerprint.ts'
import { groupId, groupKey, groupLabels, isResolved } from './group.ts'
import type { AlertGroup } from './group.ts'
import { compareAlerts } from './notification.ts'
import type { Notification, NotificationAlert, NotificationReason, SendResult } from './notification.ts'
import { createNotifier } from './receivers/create-notifier.ts'
import { ContactSender } from './sender.ts'
import type { HttpPost } from './transport.ts'
import type {
  AlertGroupView, AlertingConfig, AlertingLog, AlertingStore, AlertPipeline, Clock, ContactPoint, NotificationLogEntry, PipelineAlertView, PostableAlert, RouteSettings, StoredAlert, StoredDelivery,
} from './views.ts'

/** Everything that the pipeline needs from outside. */
export interface PipelineOptions {
  readonly store: AlertingStore
  readonly clock: Clock
  readonly log: AlertingLog
  /** See `createHttpPost`. */
  readonly post: HttpPost
  /** Without a slash at the end. */
  readonly externalUrl: string
  /** Default `Haechi`. */
  readonly userAgent?: string
  /** Default Math.random. */
  readonly random?: () => number
}

/** Alertmanager's defaults. */
export const DEFAULT_ROUTE: Required<RouteSettings> = { groupBy: ['alertname'], groupWaitMs: 30_000, groupIntervalMs: 300_000, repeatIntervalMs: 4 * 3_600_000 }
const DEFAULT_RESOLVE_TIMEOUT_MS = 300_000
/** Alertmanager: notification log entries live twice the repeat interval, at most 120 h. */
const LOG_RETENTION_MS = 120 * 3_600_000
/** A flush has at least this long to deliver. */
const MIN_FLUSH_MS = 10_000

/** Makes a pipeline without contact points, not started. */
export function createAlertPipeline(options: PipelineOptions): AlertPipeline {
  return new Pipeline(options)
}

class Pipeline implements AlertPipeline {
  readonly #options: PipelineOptions
  readonly #alerts = new Map<string, StoredAlert>()
  readonly #log = new Map<string, NotificationLogEntry>()
  readonly #groups = new Map<string, AlertGroup>()
  #senders: ContactSender[] = []
  #route: Required<RouteSettings> = DEFAULT_ROUTE
  #receiver = 'default'
  #resolveTimeoutMs = DEFAULT_RESOLVE_TIMEOUT_MS
  #started = false
  #abort = new AbortController()

  constructor(options: PipelineOptions) {
    this.#options = options
  }

  configure(config: AlertingConfig): void {
    const { clock, store, log, post, random, userAgent } = this.#options
    const kept = new Map(this.#senders.map(s => [s.contactPoint.uid, s]))
    this.#senders = config.contactPoints.map(c => {
      const old = kept.get(c.uid)
      // One that did not change keeps its place in the queue and what it knows about rate limits.
      if (old !== undefined && JSON.stringify(old.contactPoint) === JSON.stringify(c)) return old
      return new ContactSender(c, this.#notifier(c, post, clock, userAgent ?? 'Haechi'), { clock, store, log, random: random ?? Math.random })
    })
    const { groupBy } = this.#route
    this.#route = { ...DEFAULT_ROUTE, ...config.route }
    this.#receiver = config.receiver ?? 'default'
    this.#resolveTimeoutMs = config.resolveTimeoutMs ?? DEFAULT_RESOLVE_TIMEOUT_MS
    // Groups that stay the same keep their timers and the flush under way.
    if (this.#started && JSON.stringify(groupBy) !== JSON.stringify(this.#route.groupBy)) this.#regroup()
  }

  /** A contact point whose address can't be used says so at each attempt instead of keeping the others from working. */
  #notifier(c: ContactPoint, post: HttpPost, clock: Clock, userAgent: string): ReturnType<typeof createNotifier> {
    try {
      return createNotifier(c, post, clock, userAgent)
    } catch (err) {
      const result: SendResult = { ok: false, retryable: false, error: err instanceof Error ? err.message : String(err) }
      this.#options.log.error({ contactPoint: c.name, err: result.error }, 'Contact point can not be used')
      return { title: n => n.groupKey, send: () => Promise.resolve(result) }
    }
  }

  async start(): Promise<void> {
    if (this.#started) return
    const kept = await this.#options.store.load()
    const nowMs = this.#options.clock.nowMs()
    for (const entry of kept.log) {
      if (entry.expiresMs > nowMs) this.#log.set(logKey(entry.groupKey, entry.contactPointUid), entry)
      else await this.#options.store.deleteLog(entry.groupKey, entry.contactPointUid)
    }
    // An alert that was put while the store was read is newer.
    for (const a of kept.alerts) if (!this.#alerts.has(a.fingerprint)) this.#alerts.set(a.fingerprint, revivedAlert(a, nowMs))
    this.#abort = new AbortController()
    this.#started = true
    this.#regroup()
  }

  async stop(): Promise<void> {
    this.#started = false
    this.#abort.abort(new Error('stopped'))
    const running = [...this.#groups.values()].map(g => {
      g.cancelTimer?.()
      return g.flushing
    })
    await Promise.all(running)
    this.#groups.clear()
  }

  async put(alerts: readonly PostableAlert[]): Promise<void> {
    const nowMs = this.#options.clock.nowMs()
    const taken: StoredAlert[] = []
    const problems: string[] = []
    for (const a of alerts) {
      try {
        taken.push(acceptedAlert(a, nowMs, this.#resolveTimeoutMs))
      } catch (err) {
        problems.push(err instanceof Error ? err.message : String(err))
      }
    }
    const changed: StoredAlert[] = []
    for (const fresh of taken) {
      const old = this.#alerts.get(fresh.fingerprint)
      // The end of something that nobody was told about is no news.
      if (old === undefined && isResolved(fresh, nowMs)) continue
      const alert = old === undefined ? fresh : mergedAlert(old, fresh, nowMs)
      this.#alerts.set(alert.fingerprint, alert)
      changed.push(alert)
    }
    // Stored before the caller hears that they are taken, and before anything is sent.
    if (changed.length > 0) await this.#options.store.putAlerts(changed)
    if (this.#started) for (const a of changed) this.#place(a)
    if (problems.length > 0) throw new AlertInputError(problems)
  }

  #regroup(): void {
    for (const g of this.#groups.values()) g.cancelTimer?.()
    this.#groups.clear()
    for (const a of this.#alerts.values()) this.#place(a)
  }

  /** Puts an alert into its group, making the group if need be. */
  #place(a: StoredAlert): void {
    const labels = groupLabels(a.labels, this.#route.groupBy)
    const id = groupId(labels)
    let group = this.#groups.get(id)
    if (group === undefined) {
      const nowMs = this.#options.clock.nowMs()
      group = { key: groupKey(labels), labels, fingerprints: new Set(), nextFlushMs: 0, cancelTimer: undefined, flushing: undefined }
      this.#groups.set(id, group)
      // An alert that already waited (before a restart, say) is looked at at once.
      this.#schedule(group, a.startsAtMs + this.#route.groupWaitMs <= nowMs ? nowMs : nowMs + this.#route.groupWaitMs)
    }
    group.fingerprints.add(a.fingerprint)
  }

  #schedule(group: AlertGroup, atMs: number): void {
    const { clock, log } = this.#options
    group.nextFlushMs = atMs
    group.cancelTimer?.()
    group.cancelTimer = clock.after(Math.max(0, atMs - clock.nowMs()), () => {
      if (group.flushing !== undefined || !this.#isCurrent(group)) return
      const begunMs = clock.nowMs()
      group.flushing = this.#flush(group, begunMs).catch((err: unknown) => {
        if (!this.#abort.signal.aborted) log.error({ groupKey: group.key, err }, 'Flushing a group failed')
      }).finally(() => {
        group.flushing = undefined
        if (!this.#isCurrent(group)) return
        if (group.fingerprints.size === 0) this.#groups.delete(groupId(group.labels))
        else this.#schedule(group, begunMs + this.#route.groupIntervalMs)
      })
    })
  }

  #isCurrent(group: AlertGroup): boolean {
    return this.#started && this.#groups.get(groupId(group.labels)) === group
  }

  async #flush(group: AlertGroup, nowMs: number): Promise<void> {
    const alerts = [...group.fingerprints].map(f => this.#alerts.get(f)).filter(a => a !== undefined).sort(compareAlerts)
    const deadlineMs = nowMs + Math.max(this.#route.groupIntervalMs, MIN_FLUSH_MS)
    const { signal } = this.#abort
    const results = await Promise.all(this.#senders.map(s => this.#tell(s, group, alerts, nowMs, deadlineMs, signal)))
    const told = results.every(Boolean)
    // What is over and told (and did not change meanwhile) is forgotten; what can't be told at all, after five days.
    const over = alerts.filter(a => isResolved(a, told ? nowMs : nowMs - LOG_RETENTION_MS) && this.#alerts.get(a.fingerprint) === a).map(a => a.fingerprint)
    if (over.length === 0) return
    await this.#options.store.deleteAlerts(over)
    for (const f of over) {
      this.#alerts.delete(f)
      group.fingerprints.delete(f)
    }
    if (group.fingerprints.size === 0) for (const s of this.#senders) await this.#forget(group.key, s.contactPoint.uid)
  }

  /** Tells one contact point what it does not know yet. @returns whether it knows everything now */
  async #tell(sender: ContactSender, group: AlertGroup, alerts: readonly StoredAlert[], nowMs: number, deadlineMs: number, signal: AbortSignal): Promise<boolean> {
    const { contactPoint } = sender
    const key = logKey(group.key, contactPoint.uid)
    const entry = this.#liveEntry(key, nowMs)
    const firing = alerts.filter(a => !isResolved(a, nowMs)).map(a => a.fingerprint)
    const resolved = alerts.filter(a => isResolved(a, nowMs)).map(a => a.fingerprint)
    const sendResolved = contactPoint.sendResolved ?? true
    const reason = reasonToSend(entry, { firing, resolved }, nowMs, this.#route.repeatIntervalMs, sendResolved)
    if (reason === undefined) return true
    const shown = sendResolved ? alerts : alerts.filter(a => !isResolved(a, nowMs))
    const base = { groupKey: group.key, contactPointUid: contactPoint.uid, expiresMs: nowMs + Math.min(LOG_RETENTION_MS, 2 * this.#route.repeatIntervalMs) }
    // Without resolved messages the end of all alerts only clears the log.
    if (shown.length > 0 && !(await sender.deliver(this.#notification(group, shown, reason, nowMs), deadlineMs, signal)).ok) {
      await this.#remember({
        ...base, sentMs: entry?.sentMs ?? 0, firing: entry?.firing ?? [], resolved: entry?.resolved ?? [], undelivered: [...new Set([...(entry?.undelivered ?? []), ...firing])],
      })
      return false
    }
    await this.#remember({ ...base, sentMs: nowMs, firing, resolved, undelivered: [] })
    return true
  }

  #notification(group: Pick<AlertGroup, 'key' | 'labels'>, alerts: readonly StoredAlert[], reason: NotificationReason, nowMs: number): Notification {
    const list = alerts.map((a): NotificationAlert => {
      const over = isResolved(a, nowMs)
      return {
        status: over ? 'resolved' : 'firing', labels: a.labels, annotations: a.annotations, startsAtMs: a.startsAtMs, endsAtMs: over ? a.endsAtMs : undefined, generatorUrl: a.generatorUrl,
        fingerprint: a.fingerprint, value: a.value, peak: a.peak, threshold: a.threshold, ruleUid: a.ruleUid,
      }
    })
    return {
      receiver: this.#receiver, status: list.some(a => a.status === 'firing') ? 'firing' : 'resolved', alerts: list, groupLabels: group.labels, externalUrl: this.#options.externalUrl,
      groupKey: group.key, truncatedAlerts: 0, reason,
    }
  }

  #liveEntry(key: string, nowMs: number): NotificationLogEntry | undefined {
    const entry = this.#log.get(key)
    return entry !== undefined && entry.expiresMs > nowMs ? entry : undefined
  }

  async #remember(entry: NotificationLogEntry): Promise<void> {
    this.#log.set(logKey(entry.groupKey, entry.contactPointUid), entry)
    await this.#options.store.putLog(entry)
  }

  async #forget(key: string, uid: string): Promise<void> {
    if (this.#log.delete(logKey(key, uid))) await this.#options.store.deleteLog(key, uid)
  }

  alerts(): PipelineAlertView[] {
    const nowMs = this.#options.clock.nowMs()
    return [...this.#alerts.values()].filter(a => !isResolved(a, nowMs)).map(a => this.#view(a)).sort((a, b) => (a.fingerprint < b.fingerprint ? -1 : 1))
  }

  #view(a: StoredAlert): PipelineAlertView {
    return {
      fingerprint: a.fingerprint, labels: a.labels, annotations: a.annotations, startsAtMs: a.startsAtMs, endsAtMs: a.endsAtMs, updatedAtMs: a.updatedAtMs, generatorUrl: a.generatorUrl,
      receivers: [this.#receiver], state: this.#started ? 'active' : 'unprocessed', silencedBy: [], inhibitedBy: [], mutedBy: [],
      ...(a.value === undefined ? {} : { value: a.value }), ...(a.threshold === undefined ? {} : { threshold: a.threshold }), ...(a.ruleUid === undefined ? {} : { ruleUid: a.ruleUid }),
    }
  }

  groups(): AlertGroupView[] {
    const nowMs = this.#options.clock.nowMs()
    return [...this.#groups.values()].map(g => ({
      key: g.key, labels: g.labels, receiver: this.#receiver, nextFlushMs: g.nextFlushMs,
      alerts: [...g.fingerprints].map(f => this.#alerts.get(f)).filter(a => a !== undefined && !isResolved(a, nowMs)).map(a => this.#view(a!)),
    })).filter(g => g.alerts.length > 0)
  }

  contactPoints(): readonly ContactPoint[] {
    return this.#senders.map(s => s.contactPoint)
  }

  async test(contactPointUid: string): Promise<StoredDelivery> {
    const sender = this.#senders.find(s => s.contactPoint.uid === contactPointUid)
    if (sender === undefined) throw new Error('no such contact point')
    const nowMs = this.#options.clock.nowMs()
    const labels = labelsFromPairs([['alertname', 'TestAlert'], ['instance', 'haechi'], ['severity', 'info']])
    const alert: NotificationAlert = {
      status: 'firing', labels, annotations: labelsFromPairs([['summary', 'Notification test']]), startsAtMs: nowMs, endsAtMs: undefined, generatorUrl: this.#options.externalUrl,
      fingerprint: fingerprint(labels),
    }
    const group = groupLabels(labels, ['alertname'])
    return sender.test({
      receiver: this.#receiver, status: 'firing', alerts: [alert], groupLabels: group, externalUrl: this.#options.externalUrl, groupKey: groupKey(group), truncatedAlerts: 0, reason: '', test: true,
    }, new AbortController().signal)
  }

  deliveries(limit: number): Promise<StoredDelivery[]> {
    return this.#options.store.deliveries(limit)
  }
}

function logKey(key: string, uid: string): string {
  return `${key}\xff${uid}`
}
