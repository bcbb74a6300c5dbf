import { compareText, labelValue, labelsFromPairs } from '@haechi/model'
import type { Labels } from '@haechi/model'
import type { AlertThreshold } from './views.ts'

/** Go's zero time in JSON: what a firing alert has as its end. */
export const ZERO_TIME = '0001-01-01T00:00:00Z'

/** One alert of a message. */
export interface NotificationAlert {
  readonly status: 'firing' | 'resolved'
  readonly labels: Labels
  readonly annotations: Labels
  /** Unix ms. */
  readonly startsAtMs: number
  /** Unix ms; undefined while firing. */
  readonly endsAtMs: number | undefined
  readonly generatorUrl: string
  readonly fingerprint: string
  readonly value?: number | undefined
  readonly peak?: number | undefined
  readonly threshold?: AlertThreshold | undefined
  readonly ruleUid?: string | undefined
  /** Grafana's results by refId. */
  readonly values?: Readonly<Record<string, number>> | undefined
  readonly silenceUrl?: string | undefined
  readonly dashboardUrl?: string | undefined
  readonly panelUrl?: string | undefined
  /** Grafana's text of all values, where the sender wrote one. */
  readonly valueString?: string | undefined
}

/** Why Alertmanager sends a message; part of its webhook body. */
export type NotificationReason = 'first notification' | 'new alerts added' | 'all alerts resolved' | 'some alerts resolved' | 'repeat interval elapsed' | ''

/** What one contact point is told about one group. */
export interface Notification {
  readonly receiver: string
  readonly status: 'firing' | 'resolved'
  readonly alerts: readonly NotificationAlert[]
  readonly groupLabels: Labels
  readonly externalUrl: string
  readonly groupKey: string
  /** Alerts that the sender left out. */
  readonly truncatedAlerts: number
  readonly reason: NotificationReason
  /** A trial from the settings page, not a real alert. */
  readonly test?: boolean
  /** Ids of the messages that this contact point has of this group; oldest first. */
  readonly messages?: readonly string[]
}

/** What an attempt to send came to. Texts never hold a secret. */
export type SendResult =
  | {
    readonly ok: true
    readonly httpStatus: number
    /** Not before then, Unix ms. */
    readonly notBeforeMs?: number
    /** What the user should know though it was accepted, e.g. why a template of theirs was not used. */
    readonly warning?: string
    /** Ids of the group's messages now, where they can be edited; absent: as before. */
    readonly messages?: readonly string[]
  }
  | {
    readonly ok: false
    readonly error: string
    readonly httpStatus?: number
    /** Whether the same message may be accepted later. */
    readonly retryable: boolean
    /** How long the other side asks to wait. */
    readonly retryAfterMs?: number
    /** The user's own text could not be made; nothing was sent. */
    readonly template?: boolean
    /** The address is no more; it must not be tried again until it is changed. */
    readonly gone?: boolean
  }

/** Sends messages to one contact point. */
export interface Notifier {
  /** Never rejects, except with the signal's reason. */
  send(n: Notification, signal: AbortSignal): Promise<SendResult>
  /** One line that says what the message is about. */
  title(n: Notification): string
}

/** Labels (or annotations) that all alerts share. */
export function commonPairs(sets: readonly Labels[]): Labels {
  const first = sets[0]
  if (first === undefined) return []
  const out: [string, string][] = []
  for (let i = 0; i < first.length; i += 2) {
    const name = first[i]!
    const value = first[i + 1]!
    if (sets.every(s => labelValue(s, name) === value)) out.push([name, value])
  }
  return labelsFromPairs(out)
}

/** Alertmanager's order of the alerts of a message: by job, then instance (those without one come last), then all labels. */
export function compareAlerts(a: { readonly labels: Labels }, b: { readonly labels: Labels }): number {
  for (const name of ['job', 'instance']) {
    const x = labelValue(a.labels, name)
    const y = labelValue(b.labels, name)
    if (x === y) continue
    if (x === '' || y === '') return x === '' ? 1 : -1
    return compareText(x, y)
  }
  return compareSets(a.labels, b.labels)
}

/** Fewer labels first; then by the first name that only one has (who lacks it comes first) or whose value differs. @see prometheus/common `LabelSet.Before` */
export function compareSets(a: Labels, b: Labels): number {
  if (a.length !== b.length) return a.length - b.length
  for (let i = 0; i < a.length; i += 2) {
    // Sorted by name: where names differ, the smaller one is missing on the other side.
    const names = compareText(a[i]!, b[i]!)
    if (names !== 0) return -names
    const values = compareText(a[i + 1]!, b[i + 1]!)
    if (values !== 0) return values
  }
  return 0
}

/** RFC 3339 with as many decimals as needed, as Go prints times. */
export function timeText(ms: number): string {
  return new Date(ms).toISOString().replace(/\.?0+Z$/, 'Z')
}
