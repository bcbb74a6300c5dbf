import { readDashboard } from '@haechi/dashboards'
import { describe, expect, test } from 'vitest'
import { tooltipRows } from '../charts/tooltip.ts'
import { turned } from '../charts/series-colors.ts'
import { symlogMarks, yScale } from '../charts/y-scale.ts'
import { exemplarLinks } from './timeseries/ExemplarDialog.tsx'
import { timeSeriesModel } from './timeseries/transform.ts'
import type { JsonObject, Panel } from '@haechi/dashboards'
import type { ChartModel } from '../charts/chart-model.ts'
import type { TooltipRow } from '../charts/tooltip.ts'
import type { PanelContext, QueryResult } from './panel-result.ts'

const context: PanelContext = { theme: 'dark', language: 'en', range: { startMs: 0, endMs: 100 } }
const query = { expr: 'x', legend: '{{l}}', startMs: 0, endMs: 100, stepMs: 10, instant: false, shiftMs: 0 }
const result = (vs: number[], l = 'a', more: Partial<QueryResult> = {}): QueryResult => ({ query: { ...query, refId: l.toUpperCase() }, series: [{ labels: { l }, ts: Float64Array.from(vs, (_, i) => i * 10), vs: Float64Array.from(vs) }], ...more })
const panelOf = (custom: JsonObject, more: JsonObject = {}, defaults: JsonObject = {}): Panel => readDashboard({ panels: [{ type: 'timeseries', targets: [{ refId: 'A', expr: 'x' }], fieldConfig: { defaults: { custom, ...defaults }, overrides: [] }, ...more }] }).panels[0]!
const model = (custom: JsonObject, more: JsonObject = {}, defaults: JsonObject = {}): ChartModel => timeSeriesModel(panelOf(custom, more, defaults), [result([3, 1, 2]), result([5, 6, 7], 'b')], context)
const steps = { mode: 'absolute', steps: [{ value: null, color: 'green' }, { value: 5, color: 'transparent' }, { value: 8, color: 'red' }] }

describe('P25 options of time series', () => {
  test.each([
    ['off', undefined, undefined, 0], ['line', 'solid', undefined, 2], ['dashed', 'dashed', undefined, 2], ['area', 'none', 2, 2], ['line+area', 'solid', 2, 2], ['dashed+area', 'dashed', 2, 2],
  ])('[P25] thresholds as %s', (mode, line, bands, count) => {
    const m = model({ thresholdsStyle: { mode } }, {}, { thresholds: steps })
    expect([m.thresholdLine, m.bands?.length, m.thresholds.length]).toEqual([line, bands, count])
    if (bands !== undefined) expect(m.bands!.map(b => [b.from, b.to])).toEqual([[-Infinity, 5], [8, Infinity]])
  })
  test('[P25] soft ends widen the axis, data may go beyond them; what is given stays the end', () => {
    expect(model({ axisSoftMin: 10, axisSoftMax: 50 }).y).toMatchObject({ softMin: 10, softMax: 50 })
    expect(yScale(20, 30, { unit: 'short', softMin: 10, softMax: 50 }, 5)).toMatchObject({ min: 10, max: 50 })
    expect(yScale(2, 90, { unit: 'short', softMin: 10, softMax: 50 }, 5)).toMatchObject({ min: 0, max: 100 })
    expect(yScale(20, 30, { unit: 'short', min: 25, softMin: 0 }, 5).min).toBe(25)
  })
  test('[P25] zero in the middle: as far below as above', () => {
    const { min, max } = yScale(-2, 7, { unit: 'short', centeredZero: true }, 6)
    expect([min, max]).toEqual([-max, max])
    expect(max).toBeGreaterThanOrEqual(7)
  })
  test('[P25] logarithmic on both sides of zero', () => {
    expect(model({ scaleDistribution: { type: 'symlog', linearThreshold: 0.1 } }).y).toMatchObject({ symlog: 0.1 })
    expect(symlogMarks({ min: -100, max: 1000, increment: 100 }, 10, 1)).toEqual([-100, -10, -1, 0, 1, 10, 100, 1000])
  })
  test('[P25] axes: width, grid, border, colour of their first series', () => {
    expect(model({ axisWidth: 80, axisGridShow: false, axisBorderShow: true, axisColorMode: 'series' }).y).toMatchObject({ width: 80, grid: false, border: true })
    const m = model({ axisColorMode: 'series' })
    expect(m.y.color).toBe(m.series[0]!.color)
    expect(model({}).y.color).toBeUndefined()
  })
  test('[P25] fills: down to another series, fading, turning, by value', () => {
    const m = model({ fillBelowTo: 'b' })
    expect(m.series[0]).toMatchObject({ fillTo: m.series[1]!.id, style: { fill: 0.3 } })
    expect(m.series[1]!.fillTo).toBeUndefined()
    expect(model({ gradientMode: 'opacity' }).series[0]!.style.gradient).toBe('opacity')
    expect(model({ gradientMode: 'scheme' }, {}, { thresholds: steps, color: { mode: 'thresholds' } }).series[0]!.stops).toMatchObject({ isStep: true, list: [{ value: -Infinity }, { value: 5 }, { value: 8 }] })
    const schemed = model({ gradientMode: 'scheme' }, {}, { color: { mode: 'continuous-GrYlRd' }, min: 0, max: 10 }).series[0]!.stops!
    expect([schemed.isStep, schemed.list[0]!.value, schemed.list.at(-1)!.value]).toEqual([false, 0, 10])
    expect([turned('#ff0000', 120), turned('#ff0000', 240), turned('#808080', 90)]).toEqual(['#00ff00', '#0000ff', '#808080'])
  })
  test('[P25] bars stand before, around or after their moment, as wide as said', () => {
    expect(model({ drawStyle: 'bars', barAlignment: -1, barWidthFactor: 0.4, barMaxWidth: 12 }).series[0]!.style).toMatchObject({ barAlign: -1, barWidth: 0.4, barMax: 12 })
    expect(model({ barAlignment: 1 }).series[0]!.style.barAlign).toBeUndefined()
  })
  test('[P25] holes: connected up to a length, or up to where one is told as a hole', () => {
    expect([model({ spanNulls: 60_000 }), model({ spanNulls: true }), model({ spanNulls: true, insertNulls: 5000 }), model({ insertNulls: 5000 })].map(m => m.series[0]!.style.spanGaps)).toEqual([60_000, true, 5000, false])
  })
  test('[P25] values mirrored, or the first one all along', () => {
    expect([...model({ transform: 'negative-Y' }).series[0]!.vs]).toEqual([-3, -1, -2])
    expect([...model({ transform: 'constant' }).series[0]!.vs]).toEqual([3, 3, 3])
  })
  test('[P25] the tooltip: one line, all, none; in the order of the series or by value; without zeros', () => {
    const rows: TooltipRow[] = [['a', 1], ['b', 3], ['c', 0]].map(([name, value]) => ({ name: name as string, value: value as number, color: '', dash: false, text: '', near: name === 'b' }))
    const names = (options: JsonObject): string[] => tooltipRows(rows, model({}, { options: { tooltip: options } }).tooltip).rows.map(r => r.name)
    expect(names({ mode: 'multi', sort: 'none' })).toEqual(['a', 'b', 'c'])
    expect(names({ mode: 'multi', sort: 'asc' })).toEqual(['c', 'a', 'b'])
    expect(names({ mode: 'multi', sort: 'desc', hideZeros: true })).toEqual(['b', 'a'])
    expect(names({ mode: 'single' })).toEqual(['b'])
    expect(names({ mode: 'none' })).toEqual([])
    expect(names({})).toEqual(['b', 'a', 'c'])
    // The arrow keys have no nearest line: all are told.
    expect(tooltipRows(rows.map(r => ({ ...r, near: false })), { mode: 'single', sort: 'none', hideZeros: false }).rows).toHaveLength(3)
  })
})

describe('P26 exemplars', () => {
  const exemplars = [
    { tMs: 11, value: 2, labels: { trace_id: 'abc' }, seriesLabels: { l: 'a' } }, { tMs: 11.1, value: 2.01, labels: { trace_id: 'higher' }, seriesLabels: { l: 'a' } }, { tMs: 90, value: 9, labels: { trace_id: 'x/y' }, seriesLabels: { l: 'a', le: '10' } },
  ]
  const panel = panelOf({}, { targets: [{ refId: 'A', expr: 'x', exemplar: true }] }, { links: [{ title: 'Trace', url: 'https://tempo.example/${__data.fields.trace_id}', targetBlank: true }, { title: 'Other', url: 'https://x.example/' }] })
  test('[P26] those behind a query are marked in its chart, in the colour of its line; those that lie on each other are thinned', () => {
    const m = timeSeriesModel(panel, [result([3, 1, 2], 'a', { exemplars })], context)
    expect(m.exemplars!.map(e => [e.tMs, e.value, e.labels['trace_id'], e.color])).toEqual([[11.1, 2.01, 'higher', m.series[0]!.color], [90, 9, 'x/y', m.series[0]!.color]])
    expect(timeSeriesModel(panel, [result([1])], context).exemplars).toBeUndefined()
  })
  test('[P26] a link that names a label of theirs leads to their trace', () => {
    const e = { tMs: 90, value: 9, color: '', labels: { trace_id: 'x/y', l: 'a' } }
    expect(exemplarLinks(panel, e, context, '9')).toEqual([{ title: 'Trace', href: 'https://tempo.example/x%2Fy', isNewTab: true }])
    expect(exemplarLinks(panel, { ...e, labels: { l: 'a' } }, context, '9')).toEqual([])
  })
})
