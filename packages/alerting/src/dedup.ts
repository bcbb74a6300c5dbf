import type { NotificationReason } from './notification.ts'
import type { NotificationLogEntry } from './views.ts'

/** What a group looks like at a flush. */
export interface GroupContents {
  /** Fingerprints. */
  readonly firing: readonly string[]
  readonly resolved: readonly string[]
}

/**
 * Whether a group must be told, and why; undefined: no. Alertmanager's table (alertmanager notify `needsUpdate`), plus one row: alerts that could never
 * be delivered as firing and are over now are told as resolved instead of being forgotten.
 */
export function reasonToSend(entry: NotificationLogEntry | undefined, now: GroupContents, nowMs: number, repeatIntervalMs: number, sendResolved: boolean): NotificationReason | undefined {
  const told = entry === undefined || entry.sentMs === 0 ? undefined : entry
  if (now.firing.length === 0 && sendResolved && entry !== undefined && entry.undelivered.some(f => now.resolved.includes(f))) return 'all alerts resolved'
  if (told === undefined) return now.firing.length > 0 ? 'first notification' : undefined
  const known = new Set(told.firing)
  if (now.firing.some(f => !known.has(f))) return told.firing.length === 0 ? 'first notification' : 'new alerts added'
  if (now.firing.length === 0) return told.firing.length > 0 ? 'all alerts resolved' : undefined
  if (sendResolved) {
    const over = new Set(told.resolved)
    if (now.resolved.some(f => !over.has(f) && (known.has(f) || told.undelivered.includes(f)))) return 'some alerts resolved'
  }
  return told.sentMs <= nowMs - repeatIntervalMs ? 'repeat interval elapsed' : undefined
}
