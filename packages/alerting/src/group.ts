import { goQuote, labelValue, labelsFromPairs, labelsKey } from '@haechi/model'
import type { Labels } from '@haechi/model'
import type { StoredAlert } from './views.ts'

/** Alerts that are told together. */
export interface AlertGroup {
  /** Alertmanager's key text: `{}:{alertname="X"}`. Routes with the same matchers share it. */
  readonly key: string
  /** See `Route`. */
  readonly routeId: string
  readonly labels: Labels
  readonly fingerprints: Set<string>
  /** Unix ms. */
  nextFlushMs: number
  cancelTimer: (() => void) | undefined
  /** The flush under way. */
  flushing: Promise<void> | undefined
}

/** The labels of an alert that name its group. */
export function groupLabels(labels: Labels, groupBy: readonly string[]): Labels {
  if (groupBy.includes('...')) return labels
  return labelsFromPairs(groupBy.map(name => [name, labelValue(labels, name)] as const))
}

/** Alertmanager's key of a group: the route's key and the labels. */
export function groupKey(routeKey: string, labels: Labels): string {
  const parts: string[] = []
  for (let i = 0; i < labels.length; i += 2) parts.push(`${labels[i]!}=${goQuote(labels[i + 1]!)}`)
  return `${routeKey}:{${parts.join(', ')}}`
}

/** Key in memory: one group per route and label set. */
export function groupId(routeId: string, labels: Labels): string {
  return `${routeId}\xff${labelsKey(labels)}`
}

/** Whether an alert is over. */
export function isResolved(a: StoredAlert, nowMs: number): boolean {
  return a.endsAtMs <= nowMs
}
