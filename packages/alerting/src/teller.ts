import { WorkStats } from './work-stats.ts'
import type { WorkCounts } from './work-stats.ts'
import { reasonToSend } from './dedup.ts'
import type { GroupContents } from './dedup.ts'
import { isResolved } from './group.ts'
import type { AlertGroup } from './group.ts'
import { notificationAlert, publicPairs } from './notification-alert.ts'
import type { Notification, NotificationReason } from './notification.ts'
import type { ContactSender, DeliveryOutcome } from './sender.ts'
import type { AlertingStore, NotificationLogEntry, StoredAlert } from './views.ts'

/** Alertmanager: notification log entries live twice the repeat interval, at most 120 h. */
export const LOG_RETENTION_MS: number = 120 * 3_600_000

/** What a flush knows. Times are Unix ms. */
export interface Flush {
  readonly receiver: string
  readonly repeatIntervalMs: number
  readonly nowMs: number
  readonly deadlineMs: number
  readonly signal: AbortSignal
}

/** Tells contact points what they do not know yet, and remembers what they know: the notification log. */
export class Teller {
  readonly #store: AlertingStore
  readonly #externalUrl: string
  readonly #log = new Map<string, NotificationLogEntry>()
  readonly #queries = new WorkStats()
  #misses = 0

  constructor(store: AlertingStore, externalUrl: string) {
    this.#store = store
    this.#externalUrl = externalUrl
  }

  /** Takes over what was kept; what is too old is removed. A message that was under way is written down as one of which nobody knows what came of it. */
  async load(entries: readonly NotificationLogEntry[], nowMs: number): Promise<void> {
    for (const entry of entries) {
      if (entry.expiresMs > nowMs) await this.#take(entry)
      else await this.#store.deleteLog(entry.groupKey, entry.contactPointUid)
    }
  }

  async #take({ sending, ...entry }: NotificationLogEntry): Promise<void> {
    this.#log.set(logKey(entry.groupKey, entry.contactPointUid), entry)
    if (sending === undefined) return
    const { firing, resolved, ...attempt } = sending
    // The mark goes last: killed in between, the attempt is written down twice rather than never, and what is uncertain stays so.
    await this.#store.addDelivery({ ...attempt, contactPointUid: entry.contactPointUid, groupKey: entry.groupKey, attempt: 1, ok: false, uncertain: true, error: ENDED_DURING, durationMs: 0 })
    await this.#remember({ ...entry, uncertain: { reason: 'restart', firing, resolved } })
  }

  /** Entries of the notification log that still count. */
  size(nowMs: number): number {
    let n = 0
    for (const e of this.#log.values()) if (e.expiresMs > nowMs) n++
    return n
  }

  /** Tells one contact point. @returns whether it knows everything now */
  async tell(sender: ContactSender, group: Pick<AlertGroup, 'key' | 'labels'>, alerts: readonly StoredAlert[], flush: Flush): Promise<boolean> {
    const { contactPoint } = sender
    const { nowMs, repeatIntervalMs } = flush
    let entry = this.#asked(logKey(group.key, contactPoint.uid), nowMs)
    // The clock went back: what was told is told now, so that it is repeated after its interval, not after that and the jump.
    if (entry !== undefined && entry.sentMs > nowMs) await this.#remember(entry = { ...entry, sentMs: nowMs })
    const firing = alerts.filter(a => !isResolved(a, nowMs)).map(a => a.fingerprint)
    const resolved = alerts.filter(a => isResolved(a, nowMs)).map(a => a.fingerprint)
    const sendResolved = contactPoint.sendResolved ?? true
    const reason = reasonToSend(entry, { firing, resolved }, nowMs, repeatIntervalMs, sendResolved)
    if (reason === undefined) return true
    const shown = sendResolved ? alerts : alerts.filter(a => !isResolved(a, nowMs))
    const base = { groupKey: group.key, contactPointUid: contactPoint.uid, expiresMs: nowMs + Math.min(LOG_RETENTION_MS, 2 * repeatIntervalMs) }
    // Without resolved messages the end of all alerts only clears the log.
    const outcome = shown.length === 0 ? undefined : await this.#send(sender, this.#notification(group, shown, reason, flush, entry?.messages), { firing, resolved }, entry, base, flush)
    const messages = outcome?.ok === true && outcome.messages !== undefined ? outcome.messages : entry?.messages
    const kept = messages === undefined ? {} : { messages }
    if (outcome?.ok === false) {
      await this.#remember({
        ...base, ...kept, ...told(entry), undelivered: [...new Set([...(entry?.undelivered ?? []), ...firing])],
        ...(outcome.uncertain === true ? { uncertain: { reason: 'no_answer', firing, resolved } } : {}),
      })
      return false
    }
    await this.#remember({ ...base, ...(firing.length === 0 ? {} : kept), sentMs: nowMs, firing, resolved, undelivered: [] })
    return true
  }

  /** Sends a message, with a mark in the log while it is under way: a process that ends then can tell afterwards that it does not know what came of it. */
  async #send(sender: ContactSender, n: Notification, now: GroupContents, entry: NotificationLogEntry | undefined, base: Pick<NotificationLogEntry, 'groupKey' | 'contactPointUid' | 'expiresMs'>, flush: Flush): Promise<DeliveryOutcome> {
    const { uncertain, messages } = entry ?? {}
    const same = uncertain !== undefined && (uncertain.firing.some(f => now.firing.includes(f)) || uncertain.resolved.some(f => now.resolved.includes(f)))
    const mark: NotificationLogEntry = {
      ...base, ...told(entry), ...(messages === undefined ? {} : { messages }), ...(uncertain === undefined ? {} : { uncertain }),
      // What may never be known as told must be told when it is over.
      undelivered: [...new Set([...(entry?.undelivered ?? []), ...now.firing])],
      sending: { tMs: flush.nowMs, ...sender.about(n), firing: now.firing, resolved: now.resolved },
    }
    // Where it can't be kept, the message goes out all the same; that the log can't be written is told when it is to be written for good.
    await this.#remember(mark).catch(() => undefined)
    return sender.deliver(n, flush.deadlineMs, flush.signal, same ? uncertain.reason : undefined)
  }

  /** How often the log was asked, and how often it knew nothing. */
  work(): { readonly queries: WorkCounts; readonly misses: number } {
    return { queries: this.#queries, misses: this.#misses }
  }

  #asked(key: string, nowMs: number): NotificationLogEntry | undefined {
    const entry = this.#liveEntry(key, nowMs)
    // In memory: it takes no time that a clock shows.
    this.#queries.add(0)
    if (entry === undefined) this.#misses++
    return entry
  }

  /** Forgets what a contact point knows about a group that is no more. */
  async forget(key: string, uid: string): Promise<void> {
    if (this.#log.delete(logKey(key, uid))) await this.#store.deleteLog(key, uid)
  }

  #notification(group: Pick<AlertGroup, 'key' | 'labels'>, alerts: readonly StoredAlert[], reason: NotificationReason, { nowMs, receiver }: Flush, messages: readonly string[] | undefined): Notification {
    const list = alerts.map(a => notificationAlert(a, nowMs, this.#externalUrl))
    return {
      receiver, status: list.some(a => a.status === 'firing') ? 'firing' : 'resolved', alerts: list, groupLabels: publicPairs(group.labels), externalUrl: this.#externalUrl,
      groupKey: group.key, truncatedAlerts: 0, reason, ...(messages === undefined ? {} : { messages }),
    }
  }

  #liveEntry(key: string, nowMs: number): NotificationLogEntry | undefined {
    const entry = this.#log.get(key)
    return entry !== undefined && entry.expiresMs > nowMs ? entry : undefined
  }

  async #remember(entry: NotificationLogEntry): Promise<void> {
    this.#log.set(logKey(entry.groupKey, entry.contactPointUid), entry)
    await this.#store.putLog(entry)
  }
}

const ENDED_DURING = 'the server ended during this attempt: nobody knows whether the message arrived'

/** What an entry says was accepted last. */
function told(entry: NotificationLogEntry | undefined): Pick<NotificationLogEntry, 'sentMs' | 'firing' | 'resolved'> {
  return { sentMs: entry?.sentMs ?? 0, firing: entry?.firing ?? [], resolved: entry?.resolved ?? [] }
}

function logKey(key: string, uid: string): string {
  return `${key}\xff${uid}`
}
