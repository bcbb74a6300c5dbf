import { labelValue, labelsFromPairs, labelsKey } from '@haechi/model'
import type { Labels } from '@haechi/model'
import type { StoredAlert } from './views.ts'

/** Alerts that are told together. */
export interface AlertGroup {
  /** Alertmanager's key text: `{}:{alertname="X"}`. */
  readonly key: string
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

/** Alertmanager's key of a group below the root route. */
export function groupKey(labels: Labels): string {
  const parts: string[] = []
  for (let i = 0; i < labels.length; i += 2) parts.push(`${labels[i]!}=${JSON.stringify(labels[i + 1]!)}`)
  return `{}:{${parts.join(', ')}}`
}

/** Key in memory: equal for equal label sets. */
export function groupId(labels: Labels): string {
  return labelsKey(labels)
}

/** Whether an alert is over. */
export function isResolved(a: StoredAlert, nowMs: number): boolean {
  return a.endsAtMs <= nowMs
}
