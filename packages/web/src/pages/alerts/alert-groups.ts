import type { AlertView, LabelMap } from '../../api/prometheus.ts'
import type { Locale } from '../../state/view-types.ts'
import { severityRank } from './severity.ts'

/** Alerts of one rule. */
export interface AlertGroup<A extends AlertView = AlertView> {
  readonly name: string
  /** Most severe and oldest first. */
  readonly alerts: readonly A[]
}

/** Unix ms at which the alert's condition began to hold. */
export function alertSinceMs(alert: AlertView): number {
  return Date.parse(alert.activeAt)
}

function compareAlerts(a: AlertView, b: AlertView): number {
  return Number(a.state === 'pending') - Number(b.state === 'pending')
    || severityRank(a.labels['severity'] ?? '') - severityRank(b.labels['severity'] ?? '')
    || alertSinceMs(a) - alertSinceMs(b)
}

/** Alerts by rule: rules with firing alerts first, most severe first, then oldest first. */
export function alertGroups<A extends AlertView>(alerts: readonly A[]): AlertGroup<A>[] {
  const byName = new Map<string, A[]>()
  for (const alert of alerts) {
    const name = alert.labels['alertname'] ?? ''
    const group = byName.get(name)
    if (group === undefined) byName.set(name, [alert])
    else group.push(alert)
  }
  return [...byName]
    .map(([name, members]) => ({ name, alerts: members.sort(compareAlerts) }))
    .sort((a, b) => compareAlerts(a.alerts[0]!, b.alerts[0]!) || (a.name < b.name ? -1 : 1))
}

/** An annotation in the reader's language: `summary_ko` where the rule has one, else `summary`. */
export function annotationText(annotations: LabelMap, name: string, locale: Locale): string {
  return annotations[`${name}_${locale}`] ?? annotations[name] ?? ''
}

/** What all label sets have in common. */
export function commonLabels(all: readonly LabelMap[]): LabelMap {
  const [first = {}, ...others] = all
  return Object.fromEntries(Object.entries(first).filter(([name, value]) => others.every(o => o[name] === value)))
}

/** The labels that tell an alert from its siblings. */
export function tellingLabels(labels: LabelMap): [name: string, value: string][] {
  return Object.entries(labels).filter(([name]) => name !== 'alertname' && name !== 'severity' && !name.startsWith('__'))
}
