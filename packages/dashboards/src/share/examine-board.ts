import { isObject, textOf } from '../json-reader.ts'
import { metricNames } from '../metric-names.ts'
import { readDashboard } from '../read-dashboard.ts'
import { transformFrames } from '../frames/transform-frames.ts'
import { parseVariableQuery } from '../variable-queries.ts'
import type { Dashboard, Panel } from '../model.ts'

/** What a board is made of, told before it is taken in. */
export interface BoardExamination {
  readonly title: string
  readonly uid: string
  readonly panels: number
  readonly rows: number
  readonly queries: number
  readonly variables: number
  /** Panel types with how often each occurs, most frequent first. */
  readonly types: readonly { readonly type: string; readonly count: number; readonly isDrawn: boolean }[]
  /** Transformations that are passed over. */
  readonly transformations: readonly string[]
  /** Variables of kinds that are not understood. */
  readonly unsupportedVariables: readonly string[]
  /** Kinds of data sources other than Prometheus that panels ask. */
  readonly otherSources: readonly string[]
  /** Metrics that its queries and variables ask for, sorted; names that hold variables are left out. */
  readonly metrics: readonly string[]
  readonly notices: readonly string[]
}

/**
 * Looks at a board's JSON without drawing it.
 *
 * @param isDrawn  whether panels of a type are drawn here
 * @throws DashboardError naming the place, for what is no dashboard
 */
export function examineBoard(json: unknown, isDrawn: (type: string) => boolean): BoardExamination {
  const board = readDashboard(json)
  const panels = [...board.panels, ...board.rows.flatMap(r => r.panels)]
  const counts = new Map<string, number>()
  const skipped = new Set<string>()
  const sources = new Set<string>()
  const metrics = new Set<string>()
  for (const p of panels) {
    counts.set(p.type, (counts.get(p.type) ?? 0) + 1)
    for (const id of transformFrames([], p.transformations).unknown) skipped.add(id)
    for (const kind of sourceKinds(p)) if (kind !== 'prometheus') sources.add(kind)
    for (const t of p.targets) for (const name of namesIn(t.expr)) metrics.add(name)
  }
  for (const name of variableMetrics(board)) metrics.add(name)
  return {
    title: board.title, uid: board.uid, panels: panels.length, rows: board.rows.filter(r => r.gridPos.h > 0).length, queries: panels.reduce((n, p) => n + p.targets.length, 0), variables: board.variables.length,
    types: [...counts].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1)).map(([type, count]) => ({ type, count, isDrawn: isDrawn(type) })),
    transformations: [...skipped].sort(), unsupportedVariables: board.variables.filter(v => v.kind === 'unsupported').map(v => v.name), otherSources: [...sources].sort(),
    metrics: [...metrics].sort(), notices: board.notices,
  }
}

function sourceKinds(panel: Panel): string[] {
  const out = [panel.datasource, ...panel.targets.map(t => t.datasource)].map(d => d?.type ?? '').filter(t => t !== '' && t !== 'datasource' && t !== 'grafana' && t !== '-- Mixed --' && t !== 'mixed')
  return [...new Set(out)].filter(t => !t.startsWith('$'))
}

function variableMetrics(board: Dashboard): string[] {
  return board.variables.filter(v => v.kind === 'query').flatMap(v => {
    const q = parseVariableQuery(v.query)
    const text = q === undefined ? '' : q.kind === 'label_values' ? q.selector ?? '' : q.kind === 'series' ? q.selector : q.kind === 'query_result' ? q.expr : ''
    return namesIn(text)
  })
}

/** Metric names of a query; those that are put together with variables can't be looked up. */
function namesIn(expr: string): string[] {
  return metricNames(expr.replace(/[\w:]*(?:\$\{\w+(?::\w+)?\}|\[\[\w+(?::\w+)?\]\])[\w:]+|[\w:]+(?:\$\{\w+(?::\w+)?\}|\$\w+|\[\[\w+(?::\w+)?\]\])[\w:]*/g, ' '))
}

/** The title of a file that may not even be a board; for a list of files. */
export function titleOfJson(json: unknown): string {
  if (!isObject(json)) return ''
  const root = isObject(json.dashboard) ? json.dashboard : isObject(json.spec) ? json.spec : json
  return textOf(root.title)
}
