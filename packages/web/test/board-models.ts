import { foreignQueries, formattedText, interpolateText, panelQueries, placeBoard, readDashboard, resolveInputs, variableValue, withScoped } from '@haechi/dashboards'
import { BOARD_END_MS, boardEngine, boardSeries, panelAnswer, variableAnswers } from '@haechi/testkit'
import { barPicture } from '../src/charts/bar-picture.ts'
import { cellPicture } from '../src/charts/cell-picture.ts'
import { barModel } from '../src/panels/barchart/transform.ts'
import { barItems } from '../src/panels/bargauge/transform.ts'
import { gaugeItems } from '../src/panels/gauge/transform.ts'
import { heatmapModel } from '../src/panels/heatmap/transform.ts'
import { histogramModel } from '../src/panels/histogram/transform.ts'
import { isDrawn, isShown } from '../src/panels/PanelPicture.tsx'
import { pieSlices } from '../src/panels/piechart/transform.ts'
import { hasTextForNothing } from '../src/panels/single-values.ts'
import { stateModel } from '../src/panels/state-timeline/transform.ts'
import { statItems } from '../src/panels/stat/transform.ts'
import { rowOrder, tableCell, tableModel } from '../src/panels/table/transform.ts'
import { timeSeriesModel } from '../src/panels/timeseries/transform.ts'
import { loadOptions } from '../src/panels/use-variables.ts'
import type { Panel, PanelQuery, VariableValue } from '@haechi/dashboards'
import type { YAxisSettings } from '../src/charts/chart-model.ts'
import type { PanelContext, QueryResult } from '../src/panels/panel-result.ts'
import type { SingleValue } from '../src/panels/single-values.ts'

/** What became of a panel: drawn with data, words or lists, nothing to show, a named placeholder, or a failure. */
export type PanelOutcome = 'drawn' | 'words' | 'empty' | 'placeholder' | 'error'

/** A panel as it is shown, in a few lines of text. */
export interface PanelModelText {
  readonly title: string
  readonly type: string
  readonly outcome: PanelOutcome
  /** Why it is not drawn. */
  readonly why: string
  readonly text: string
}

const RANGE = { startMs: BOARD_END_MS - 3_600_000, endMs: BOARD_END_MS }

/** Draws every panel of a board, closed rows too, with data made from its own queries and answered by our engine, as far as the model of the picture. */
export async function boardModels(source: unknown): Promise<{ readonly panels: readonly PanelModelText[]; readonly text: string }> {
  const json = resolveInputs(source, {})
  const board = readDashboard(json)
  const engine = boardEngine(await boardSeries(json), RANGE.startMs - 1_800_000, RANGE.endMs, 5_000)
  const states = await loadOptions(board.variables, {}, RANGE, (text, range) => variableAnswers(engine, text, range), new AbortController().signal)
  const values = new Map<string, VariableValue>([...states.values()].filter(s => s.variable.kind !== 'adhoc').map(s => [s.variable.name, variableValue(s.variable, s.chosen, s.options)]))
  const out: PanelModelText[] = []
  const lines: string[] = [...states.values()].map(s => `$${s.variable.name} ${s.variable.kind} = ${s.chosen.join(', ')}${s.options.length > 1 ? ` of ${s.options.length}` : ''}${s.error === undefined ? '' : ` FAILED ${s.error}`}`)
  for (const placed of placeBoard(board, values, new Set(board.rows.filter(r => r.collapsed).map(r => r.id)))) {
    const { x, y, w, h } = placed.pos
    if (placed.kind === 'row') {
      lines.push('', `# ${placed.title} at ${y}`)
      continue
    }
    const variables = placed.panel.scopedVars === undefined ? values : withScoped(values, placed.panel.scopedVars)
    const panel = await panelText(placed.panel, variables, async query => await panelAnswer(engine, query))
    out.push(panel)
    lines.push('', `## ${panel.title} (${panel.type}) ${x},${y} ${w}x${h}${panel.outcome === 'drawn' ? '' : ` ${panel.outcome}: ${panel.why}`}`, ...(panel.text === '' ? [] : [panel.text]))
  }
  return { panels: out, text: `${lines.join('\n').replaceAll('\r', '')}\n` }
}

async function panelText(panel: Panel, variables: ReadonlyMap<string, VariableValue>, ask: (query: PanelQuery) => Promise<QueryResult['series']>): Promise<PanelModelText> {
  const title = interpolateText(panel.title, variables)
  const end = (outcome: PanelOutcome, why: string, text = ''): PanelModelText => ({ title, type: panel.type, outcome, why, text })
  if (isShown(panel.type) && !isDrawn(panel.type)) return end('words', '')
  if (!isDrawn(panel.type)) return end('placeholder', `type ${panel.type}`)
  const foreign = foreignQueries(panel)
  if (foreign !== undefined) return end('placeholder', `data source ${foreign.kinds.join(', ')}`)
  const queries = panelQueries(panel, { range: RANGE, widthPx: 600, variables })
  if (queries.length === 0) return end('placeholder', 'no query')
  const told: string[] = []
  const results: QueryResult[] = []
  try {
    for (const query of queries) {
      const series = await ask(query)
      results.push({ query, series })
      told.push(`${query.refId} ${query.instant ? 'now' : `${query.stepMs / 1000}s`} ${query.expr.replace(/\s+/g, ' ')} → ${series.length}`)
    }
  } catch (err) {
    return end('error', `${queries[results.length]!.refId}: ${err instanceof Error ? err.message : String(err)}`, told.join('\n'))
  }
  const tellsNothing = (panel.type === 'stat' || panel.type === 'gauge' || panel.type === 'bargauge') && hasTextForNothing(panel.fieldConfig)
  if (!tellsNothing && results.every(r => r.series.length === 0)) return end('empty', 'no series', told.join('\n'))
  const context: PanelContext = { theme: 'dark', language: 'en', range: RANGE, timeZone: 'UTC', variables }
  try {
    const model = modelText(panel, results, context)
    return model === undefined ? end('empty', 'nothing to draw', told.join('\n')) : end('drawn', '', [...told, model].join('\n'))
  } catch (err) {
    return end('error', err instanceof Error ? err.stack ?? err.message : String(err), told.join('\n'))
  }
}

/** The picture's model in one line; undefined where there is nothing in it. */
function modelText(panel: Panel, results: readonly QueryResult[], context: PanelContext): string | undefined {
  switch (panel.type) {
    case 'timeseries': {
      const m = timeSeriesModel(panel, results, context)
      // All series hidden by the board itself is what the board wants.
      if (m.series.length === 0 && !panel.overrides.some(o => JSON.stringify(o.properties).includes('hideFrom'))) return undefined
      checkNumbers([m.startMs, m.endMs, m.stepMs])
      if (m.series.some(s => s.ts.length !== s.vs.length)) throw new Error('columns of different lengths')
      const style = m.series[0]?.style
      const thresholds = m.thresholds.map(t => `${t.label} ${t.color}`).join(', ')
      return `= ${m.series.length} series [${axisText(m.y)}${(m.moreY ?? []).map(y => ` | ${axisText(y)}`).join('')}] ${style === undefined ? '' : `${style.draw} ${style.width}${style.fill === undefined ? '' : ` fill ${style.fill}`}`}${m.stacking === 'none' ? '' : ` stacked ${m.stacking}`}${thresholds === '' ? '' : ` thresholds ${thresholds}`}: ${names(m.series.map(s => s.name))}`
    }
    case 'stat': return single(statItems(panel, results, context))
    case 'gauge': {
      const items = gaugeItems(panel, results, context)
      checkNumbers(items.flatMap(i => [i.share, i.range.min, i.range.max, ...i.bands.flatMap(b => [b.from, b.to])]))
      return single(items)
    }
    case 'bargauge': {
      const items = barItems(panel, results, context)
      checkNumbers(items.flatMap(i => i.parts.flatMap(p => [p.from, p.to])))
      return single(items)
    }
    case 'piechart': {
      const slices = pieSlices(panel, results, context)
      checkNumbers(slices.flatMap(s => [s.from, s.to, s.part]))
      return slices.length === 0 ? undefined : `= ${slices.length} slices: ${names(slices.map(s => `${s.name} ${formattedText(s.display)}`))}`
    }
    case 'table': {
      const m = tableModel(panel, results, context)
      if (m.unknown.length > 0) throw new Error(`unknown transformation ${m.unknown.join(', ')}`)
      if (m.columns.length === 0 || m.length === 0) return undefined
      const order = rowOrder(m, m.ownSort)
      const cells = Array.from(order).slice(0, 50).flatMap(row => m.columns.map(c => tableCell(m, c, row, context)))
      checkNumbers(cells.map(c => c.share))
      if (cells.every(c => c.text === '' && c.line === undefined)) return undefined
      return `= ${m.length} rows, columns ${m.columns.map(c => c.name).join(' | ')}; first ${cells.slice(0, m.columns.length).map(c => c.text).join(' | ')}`
    }
    case 'heatmap': {
      const m = heatmapModel(panel, results, context)
      if (m === undefined) return undefined
      checkNumbers([m.min, m.max, cellPicture(m.cells, 'en').y.max])
      return `= ${m.cells.rows.length} buckets: ${names(m.cells.rows.map(r => r.name))}; most in ${m.topBucket}`
    }
    case 'histogram': case 'barchart': {
      const m = panel.type === 'barchart' ? barModel(panel, results, context) : histogramModel(panel, results, context)
      if (m === undefined) return undefined
      const { x, y } = barPicture(m)
      checkNumbers([x.min, x.max, y.min, y.max])
      return `= ${m.categories.length} bars [${axisText(m.y)}]${m.stacking === 'none' ? '' : ` stacked ${m.stacking}`}: ${names(m.series.map(s => s.name))} over ${names(m.categories)}`
    }
    case 'state-timeline': case 'status-history': {
      const m = stateModel(panel, results, context)
      return m === undefined ? undefined : `= ${m.cells.rows.length} rows: ${names(m.cells.rows.map(r => r.name))}; states ${names(m.keys.map(k => k.name))}`
    }
    default: throw new Error(`no model for ${panel.type}`)
  }
}

function single(items: readonly (Pick<SingleValue, 'name' | 'display'> & { readonly color?: string })[]): string | undefined {
  return items.length === 0 ? undefined : `= ${items.length} values: ${names(items.map(i => `${i.name === '' ? '' : `${i.name} `}${formattedText(i.display)} ${i.color ?? i.display.color ?? ''}`))}`
}

function names(list: readonly string[]): string {
  return `${list.slice(0, 6).join('; ')}${list.length > 6 ? ` +${list.length - 6}` : ''}`
}

function axisText(y: YAxisSettings): string {
  return [y.side === 'right' ? 'right' : '', y.unit, y.min === undefined ? '' : `from ${y.min}`, y.max === undefined ? '' : `to ${y.max}`, y.decimals === undefined ? '' : `.${y.decimals}`, y.logBase === undefined ? '' : `log${y.logBase}`, y.hidden === true ? 'hidden' : '', y.label === undefined ? '' : `"${y.label}"`].filter(t => t !== '').join(' ')
}

function checkNumbers(values: readonly number[]): void {
  if (!values.every(Number.isFinite)) throw new Error('a place that is no number')
}
