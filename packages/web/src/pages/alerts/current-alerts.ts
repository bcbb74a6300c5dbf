import type { AlertFactsView, LimitView, SilenceView } from '@haechi/server'
import type { NotifiedAlert } from '../../api/alerting.ts'
import type { AlertView, LabelMap } from '../../api/prometheus.ts'

/** An alert that holds now, with why nobody is told of it, where that is so. */
export interface CurrentAlert extends AlertView {
  /** Somebody has seen it. */
  readonly acknowledgement?: SilenceView
  /** Silences that hold for it, acknowledgements not among them. */
  readonly silences: readonly SilenceView[]
  /** Alerts that make this one unimportant. */
  readonly inhibitedBy: readonly LabelMap[]
  /** Time intervals that hold messages back. */
  readonly mutedBy: readonly string[]
  /** What its value is compared with. */
  readonly limit?: LimitView
}

function key(labels: LabelMap): string {
  return JSON.stringify(Object.entries(labels).filter(([name]) => !name.startsWith('__')).sort(([a], [b]) => (a < b ? -1 : 1)))
}

/**
 * What the rules say and what notifications say, as one list. Alerts that only others sent (`POST /api/v2/alerts`) have no value.
 * A rule's alert is also found with labels added on the way.
 */
export function currentAlerts(ofRules: readonly AlertView[], notified: readonly NotifiedAlert[], silences: readonly SilenceView[], facts: readonly AlertFactsView[] = []): CurrentAlert[] {
  const factsOf = new Map(facts.map(f => [f.fingerprint, f]))
  const byKey = new Map(notified.map(n => [key(n.labels), n]))
  const byFingerprint = new Map(notified.map(n => [n.fingerprint, n]))
  const byId = new Map(silences.map(s => [s.id, s]))
  const used = new Set<NotifiedAlert>()
  const out = ofRules.map((a): CurrentAlert => {
    const n = a.state === 'firing' ? byKey.get(key(a.labels)) ?? notified.find(x => Object.entries(a.labels).every(([name, value]) => name.startsWith('__') || x.labels[name] === value)) : undefined
    if (n !== undefined) used.add(n)
    return { ...a, ...reasons(n), ...limitOf(n) }
  })
  for (const n of notified) {
    if (!used.has(n)) out.push({ labels: n.labels, annotations: n.annotations, state: 'firing', activeAt: n.startsAt, value: String(factsOf.get(n.fingerprint)?.value ?? ''), ...reasons(n), ...limitOf(n) })
  }
  return out

  function limitOf(n: NotifiedAlert | undefined): Pick<CurrentAlert, 'limit'> {
    const limit = n === undefined ? undefined : factsOf.get(n.fingerprint)?.threshold
    return limit === undefined ? {} : { limit }
  }

  function reasons(n: NotifiedAlert | undefined): Pick<CurrentAlert, 'acknowledgement' | 'silences' | 'inhibitedBy' | 'mutedBy'> {
    const all = (n?.status.silencedBy ?? []).map(id => byId.get(id)).filter(s => s !== undefined)
    const acknowledgement = all.find(s => s.acknowledgement === true)
    return {
      ...(acknowledgement === undefined ? {} : { acknowledgement }), silences: all.filter(s => s.acknowledgement !== true),
      inhibitedBy: (n?.status.inhibitedBy ?? []).map(f => byFingerprint.get(f)?.labels ?? {}), mutedBy: n?.status.mutedBy ?? [],
    }
  }
}

/** Whether nobody is told of it though nobody has said that they are on it. */
export function isKeptQuiet(a: CurrentAlert): boolean {
  return a.silences.length > 0 || a.inhibitedBy.length > 0
}

/** The worst first: what nobody has seen, what somebody has acknowledged. */
export function isOpen(a: CurrentAlert): boolean {
  return a.state === 'firing' && a.acknowledgement === undefined && !isKeptQuiet(a)
}

/** When the next working day begins here: at nine, tomorrow or, from Friday on, on Monday. Unix ms. */
export function nextMorningMs(nowMs: number): number {
  const d = new Date(nowMs)
  const days = d.getDay() === 5 ? 3 : d.getDay() === 6 ? 2 : 1
  return new Date(d.getFullYear(), d.getMonth(), d.getDate() + days, 9).getTime()
}
