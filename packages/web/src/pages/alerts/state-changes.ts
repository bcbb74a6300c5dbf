import type { GridSeries } from '../../state/view-types.ts'
import type { LabelMap } from '../../api/prometheus.ts'

/** A moment at which an alert began to wait, fired or was over. */
export interface StateChange {
  readonly tMs: number
  readonly labels: LabelMap
  readonly to: 'pending' | 'firing' | 'inactive'
}

/** State changes from the series `ALERTS{alertname="…"}` on the grid of its steps, newest first. What holds at the first step began before it and is no change. */
export function stateChanges(series: readonly GridSeries[]): StateChange[] {
  const alerts = new Map<string, { labels: LabelMap; states: Map<string, GridSeries> }>()
  for (const s of series) {
    const { __name__: _n, alertstate, ...labels } = s.labels
    const key = JSON.stringify(Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : 1)))
    const known = alerts.get(key) ?? { labels, states: new Map<string, GridSeries>() }
    known.states.set(alertstate ?? '', s)
    alerts.set(key, known)
  }
  const out: StateChange[] = []
  for (const { labels, states } of alerts.values()) {
    const ts = states.values().next().value!.ts
    const at = (i: number): StateChange['to'] => (Number.isFinite(states.get('firing')?.vs[i] ?? NaN) ? 'firing' : Number.isFinite(states.get('pending')?.vs[i] ?? NaN) ? 'pending' : 'inactive')
    for (let i = 1; i < ts.length; i++) if (at(i) !== at(i - 1)) out.push({ tMs: ts[i]!, labels, to: at(i) })
  }
  return out.sort((a, b) => b.tMs - a.tMs)
}
