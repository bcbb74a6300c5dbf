import { existsSync, readFileSync, readdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { gunzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { interpolateText, metricNames, panelQueries, placeBoard, readDashboard, variableValue } from '@haechi/dashboards'
import { barPicture } from '../charts/bar-picture.ts'
import { cellPicture } from '../charts/cell-picture.ts'
import { barModel } from './barchart/transform.ts'
import { barItems } from './bargauge/transform.ts'
import { gaugeItems } from './gauge/transform.ts'
import { heatmapModel } from './heatmap/transform.ts'
import { histogramModel } from './histogram/transform.ts'
import { isDrawn, isShown } from './PanelPicture.tsx'
import { pieSlices } from './piechart/transform.ts'
import { panelFrames } from './shown-frames.ts'
import { stateModel } from './state-timeline/transform.ts'
import { statItems } from './stat/transform.ts'
import { rowOrder, tableCell, tableModel } from './table/transform.ts'
import { timeSeriesModel } from './timeseries/transform.ts'
import type { Panel, PanelQuery } from '@haechi/dashboards'
import type { PanelContext, QueryResult } from './panel-result.ts'
import type { PanelSeries } from './types.ts'

const FOLDER = `${process.env['HAECHI_SHARED'] ?? fileURLToPath(new URL('../../../../../shared', import.meta.url))}/fixtures/dashboards`
const isThere = existsSync(FOLDER)
if (!isThere) console.info('skipped: fixtures/dashboards is not on this machine')

const RANGE = { startMs: 1_700_000_000_000, endMs: 1_700_000_000_000 + 3_600_000 }
const BOUNDS = ['0.01', '0.1', '1', '10', '+Inf']

/** The labels that an answer to a query has: those it groups by or keeps, those its legend names, those it fixes. */
function labelsOf(query: PanelQuery, panel: Panel): readonly Readonly<Record<string, string>>[] {
  const names = new Set<string>()
  for (const m of query.expr.matchAll(/\b(?:by|on|group_left|group_right)\s*\(([^)]*)\)/g)) for (const n of m[1]!.split(',')) if (/^\w+$/.test(n.trim())) names.add(n.trim())
  for (const m of query.legend.matchAll(/\{\{\s*(\w+)\s*\}\}/g)) names.add(m[1]!)
  for (const m of query.expr.matchAll(/[{,]\s*(\w+)\s*=~?\s*"/g)) names.add(m[1]!)
  for (const m of query.expr.matchAll(/label_(?:replace|join)\([^"]*"(\w+)"/g)) names.add(m[1]!)
  // An aggregation has only the labels that it names.
  if (!/^\s*(?:sum|avg|max|min|count|topk)\b/.test(query.expr)) for (const n of labelsNamed(panel)) names.add(n)
  const isBucket = names.delete('le') || /_bucket\b/.test(query.expr) && !query.expr.includes('histogram_quantile')
  const isGrouped = /^\s*(?:sum|avg|max|min|count)\s*(?:\(|by|without)/.test(query.expr)
  const metric: Record<string, string> = isGrouped ? {} : Object.fromEntries(metricNames(query.expr).slice(0, 1).map(n => ['__name__', n]))
  if (names.size === 0 && !isGrouped) names.add('instance')
  const count = names.size === 0 ? 1 : 3
  const plain = Array.from({ length: count }, (_, k) => ({ ...metric, ...Object.fromEntries([...names].map(n => [n, `${n}-${k}`])) }))
  return isBucket ? plain.slice(0, 1).flatMap(l => BOUNDS.map(le => ({ ...l, le }))) : plain
}

/** Words of transformations that are no labels. */
const OPTION_WORDS = new Set(['fields', 'names', 'include', 'exclude', 'pattern', 'mode', 'reducers', 'sort', 'field', 'desc', 'operation', 'aggregations', 'alias', 'binary', 'left', 'right', 'matcher', 'id', 'options', 'operator', 'reduce', 'reducer', 'le'])

/** The labels that the panel itself speaks of: they exist where the board is used. */
function labelsNamed(panel: Panel): readonly string[] {
  const names = new Set<string>()
  const chosen = /"fields":"\/\^(\w+)\$\/"/.exec(JSON.stringify(panel.options['reduceOptions'] ?? {}))?.[1]
  if (chosen !== undefined && chosen !== '__name__') names.add(chosen)
  for (const t of panel.transformations) {
    for (const m of JSON.stringify(t['options'] ?? {}).matchAll(/"([a-z]\w*)":|"pattern":"([\w|]+)"/g)) for (const n of (m[2] ?? m[1]!).split('|')) if (/^[a-z][a-z_0-9]*$/.test(n) && !OPTION_WORDS.has(n)) names.add(n)
  }
  return [...names]
}

function answer(query: PanelQuery, panel: Panel): PanelSeries[] {
  const n = query.instant ? 1 : Math.max(1, Math.min(60, Math.floor((query.endMs - query.startMs) / query.stepMs)))
  return labelsOf(query, panel).map((labels, k): PanelSeries => {
    const ts = Float64Array.from({ length: n }, (_, i) => query.endMs - (n - 1 - i) * query.stepMs)
    // Numbers as different as real ones, with a gap; a bucket holds what the smaller ones hold.
    const vs = Float64Array.from({ length: n }, (_, i) => i === 7 && k === 1 ? NaN : (k + 1) * 10 ** (k % 4) * (1 + 0.4 * Math.sin(i / 5 + k)) * ('le' in labels ? 10 : 1))
    return { labels, ts, vs }
  })
}

/** Why a panel is not shown well; undefined if it is. */
function complaint(panel: Panel, results: readonly QueryResult[], context: PanelContext): string | undefined {
  const finite = (values: readonly number[]): string | undefined => values.every(Number.isFinite) ? undefined : 'a place that is no number'
  switch (panel.type) {
    case 'timeseries': {
      const m = timeSeriesModel(panel, results, context)
      const isAllHidden = panelFrames(panel, results, context).frames.every(f => f.fields.every(x => x.field.type !== 'number' || x.isHidden))
      return m.series.length === 0 ? isAllHidden ? undefined : 'no series' : m.series.some(s => s.name === '' || s.ts.length !== s.vs.length) ? 'a series without name' : finite([m.startMs, m.endMs, m.stepMs])
    }
    case 'stat': return statItems(panel, results, context).length === 0 ? 'no value' : undefined
    case 'gauge': {
      const items = gaugeItems(panel, results, context)
      return items.length === 0 ? 'no value' : finite(items.flatMap(i => [i.share, i.range.min, i.range.max, ...i.bands.flatMap(b => [b.from, b.to])]))
    }
    case 'bargauge': {
      const items = barItems(panel, results, context)
      return items.length === 0 ? 'no value' : finite(items.flatMap(i => i.parts.flatMap(p => [p.from, p.to])))
    }
    case 'piechart': {
      const slices = pieSlices(panel, results, context)
      return slices.length === 0 ? 'no slice' : finite(slices.flatMap(s => [s.from, s.to, s.part]))
    }
    case 'table': {
      const m = tableModel(panel, results, context)
      if (m.unknown.length > 0) return `unknown transformation ${m.unknown.join(', ')}`
      if (m.columns.length === 0 || m.length === 0) return 'an empty table'
      const cells = rowOrder(m, m.ownSort).slice(0, 50).flatMap(row => m.columns.map(c => tableCell(m, c, row, context)))
      return cells.every(c => c.text === '') ? 'an empty table' : finite(cells.map(c => c.share))
    }
    case 'heatmap': {
      const m = heatmapModel(panel, results, context)
      return m === undefined ? 'no bucket' : finite([m.min, m.max, cellPicture(m.cells, 'en').y.max])
    }
    case 'histogram': case 'barchart': {
      const m = panel.type === 'barchart' ? barModel(panel, results, context) : histogramModel(panel, results, context)
      if (m === undefined) return 'no bar'
      const { x, y } = barPicture(m)
      return finite([x.min, x.max, y.min, y.max])
    }
    case 'state-timeline': case 'status-history': return stateModel(panel, results, context) === undefined ? 'no state' : undefined
    default: return 'not supported'
  }
}

describe('P15 boards that others made', () => {
  test.skipIf(!isThere)('[P15] every board is read and placed; of the panels of supported types with a query for us, 99.9 % are shown; 99.5 % of all have a supported type', () => {
    const files = readdirSync(FOLDER).filter(n => /\.json(\.gz)?$/.test(n))
    const bad: string[] = []
    const unsupported = new Map<string, number>()
    const byType = new Map<string, number>()
    let all = 0
    let asked = 0
    for (const name of files) {
      const bytes = readFileSync(`${FOLDER}/${name}`)
      const board = readDashboard(JSON.parse((name.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString()))
      // A variable that asks a data source has two values, so that repeats are placed, too.
      const variables = new Map(board.variables.map(v => [v.name, variableValue(v, v.kind === 'query' ? v.multi ? ['one', 'two'] : ['one'] : undefined, v.kind === 'query' ? [{ text: 'one', value: 'one' }, { text: 'two', value: 'two' }] : v.options)]))
      const closed = new Set(board.rows.filter(r => r.collapsed).map(r => r.id))
      const placed = placeBoard(board, variables, closed)
      expect(placed.length, name).toBeGreaterThan(0)
      for (const p of placed) {
        if (p.kind !== 'panel' || p.panel.type === 'row') continue
        all++
        const { panel } = p
        byType.set(panel.type, (byType.get(panel.type) ?? 0) + 1)
        if (isShown(panel.type) && !isDrawn(panel.type)) continue
        if (!isDrawn(panel.type)) {
          unsupported.set(panel.type, (unsupported.get(panel.type) ?? 0) + 1)
          continue
        }
        const queries = panelQueries(panel, { range: RANGE, widthPx: 600, variables })
        // Other data sources' queries have no PromQL.
        if (queries.length === 0) continue
        asked++
        for (const theme of ['dark', 'light'] as const) {
          const context: PanelContext = { theme, language: 'en', range: RANGE, timeZone: 'UTC', variables }
          let why: string | undefined
          try {
            why = complaint(panel, queries.map(query => ({ query, series: answer(query, panel) })), context)
          } catch (err) {
            why = String(err)
          }
          if (why !== undefined && theme === 'dark') bad.push(`${name}: ${panel.type} "${interpolateText(panel.title, variables)}": ${why}`)
        }
      }
    }
    const shown = (asked - bad.length) / asked
    const supported = 1 - [...unsupported.values()].reduce((a, b) => a + b, 0) / all
    console.info(`${files.length} boards, ${all} panels (${[...byType].sort((a, b) => b[1] - a[1]).map(([t, n]) => `${t} ${n}`).join(', ')}); supported types ${(supported * 100).toFixed(1)} %; shown without a complaint ${asked - bad.length} of ${asked} = ${(shown * 100).toFixed(2)} %\n${bad.join('\n')}`)
    expect(files).toHaveLength(59)
    expect(supported).toBeGreaterThan(0.995)
    expect(shown, bad.join('\n')).toBeGreaterThanOrEqual(0.999)
  }, 60_000)
})
