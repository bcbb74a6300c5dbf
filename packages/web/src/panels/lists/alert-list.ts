import { isOptions } from '../option-values.ts'
import type { Panel } from '@haechi/dashboards'

/** An alert as the API tells it. */
export interface ListedAlert {
  readonly labels: Readonly<Record<string, string>>
  readonly state: 'pending' | 'firing'
  readonly activeAt: string
}

/** One line of the list. */
export interface AlertRow {
  readonly key: string
  readonly name: string
  readonly state: 'pending' | 'firing'
  /** RFC 3339. */
  readonly since: string
  /** The labels beside the name. */
  readonly detail: string
}

/** What an alert list shows. */
export interface AlertListModel {
  readonly rows: readonly AlertRow[]
  /** Before `maxItems` cut them. */
  readonly all: number
  readonly firing: number
  /** Only the number is shown. */
  readonly isCount: boolean
}

/**
 * Reads the options of an alert list: states, a part of the name, conditions on labels (`{job="a"}`), order and most rows. Panels of before Grafana 8 (`stateFilter` as a list) say
 * what they want in other members.
 *
 * @param fill  writes variables into texts
 */
export function alertListModel(alerts: readonly ListedAlert[], panel: Panel, fill: (text: string) => string): AlertListModel {
  const o = panel.options
  const states = isOptions(o['stateFilter']) ? o['stateFilter'] : {}
  // Without any choice both are shown; "error" and "no data" are no states of ours.
  const wantsNone = states['firing'] !== true && states['pending'] !== true
  const part = fill(typeof o['alertName'] === 'string' ? o['alertName'] : typeof o['nameFilter'] === 'string' ? o['nameFilter'] : '').toLowerCase()
  const conditions = conditionsOf(fill(typeof o['alertInstanceLabelFilter'] === 'string' ? o['alertInstanceLabelFilter'] : ''))
  const found = alerts.filter(a => (wantsNone || states[a.state] === true)
    && (a.labels['alertname'] ?? '').toLowerCase().includes(part)
    && conditions.every(c => c(a.labels)))
  const order = typeof o['sortOrder'] === 'number' ? o['sortOrder'] : 1
  const sorted = found.toSorted((a, b) => {
    const byName = (a.labels['alertname'] ?? '').localeCompare(b.labels['alertname'] ?? '')
    const byTime = Date.parse(b.activeAt) - Date.parse(a.activeAt)
    const bySeverity = Number(b.state === 'firing') - Number(a.state === 'firing')
    return order === 1 ? byName : order === 2 ? -byName : order === 4 ? byTime : order === 5 ? -byTime : bySeverity || byName
  })
  const most = typeof o['maxItems'] === 'number' && o['maxItems'] > 0 ? Math.min(500, Math.trunc(o['maxItems'])) : 20
  return {
    rows: sorted.slice(0, most).map((a): AlertRow => ({
      key: JSON.stringify(Object.entries(a.labels).sort()), name: a.labels['alertname'] ?? '', state: a.state, since: a.activeAt,
      detail: Object.entries(a.labels).filter(([n]) => n !== 'alertname' && !n.startsWith('__')).map(([n, v]) => `${n}=${v}`).join(', '),
    })),
    all: found.length, firing: found.filter(a => a.state === 'firing').length, isCount: o['viewMode'] === 'stat',
  }
}

/** The conditions of `{a="b", c=~"d.*"}`; what can't be read holds for all. */
function conditionsOf(text: string): ((labels: Readonly<Record<string, string>>) => boolean)[] {
  return [...text.matchAll(/(\w+)\s*(=~|!~|!=|=)\s*"((?:[^"\\]|\\.)*)"/g)].map(([, name, operator, raw]) => {
    const value = raw!.replace(/\\(.)/g, '$1')
    let pattern: RegExp | undefined
    try {
      pattern = operator!.endsWith('~') ? new RegExp(`^(?:${value})$`) : undefined
    } catch {
      return () => true
    }
    return labels => {
      const own = labels[name!] ?? ''
      const fits = pattern === undefined ? own === value : pattern.test(own)
      return operator!.startsWith('!') ? !fits : fits
    }
  })
}
