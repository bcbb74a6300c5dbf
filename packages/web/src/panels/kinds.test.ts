import { describe, expect, test } from 'vitest'
import { readDashboard } from '@haechi/dashboards'
import { barModel } from './barchart/transform.ts'
import { barItems } from './bargauge/transform.ts'
import { barGaugeOptions } from './bargauge/options.ts'
import { dataPanel } from './data-panel.ts'
import { linkAddress } from './data-links.ts'
import { panelFields } from './fields.ts'
import { gaugeItems } from './gauge/transform.ts'
import { schemeColors } from './heatmap/color-scheme.ts'
import { heatmapModel } from './heatmap/transform.ts'
import { bucketSize, histogramModel } from './histogram/transform.ts'
import { pieSlices } from './piechart/transform.ts'
import { panelFrames } from './shown-frames.ts'
import { singleValues } from './single-values.ts'
import { stateModel } from './state-timeline/transform.ts'
import { readableOn, readableText } from '../charts/readable-on.ts'
import { rowOrder, tableCell, tableModel } from './table/transform.ts'
import { valuesSummary } from './values-summary.ts'
import type { JsonObject, Panel, PanelQuery } from '@haechi/dashboards'
import type { PanelContext, QueryResult } from './panel-result.ts'

const context: PanelContext = { theme: 'dark', language: 'en', range: { startMs: 0, endMs: 60_000 } }
type Series = [labels: Record<string, string>, vs: number[]]

function panel(type: string, json: JsonObject = {}, target: JsonObject = {}): Panel {
  return readDashboard({ panels: [{ type, targets: [{ refId: 'A', expr: 'a', ...target }, { refId: 'B', expr: 'b', ...target }], ...json }] }).panels[0]!
}
function results(...all: Series[][]): QueryResult[] {
  return all.map((series, k) => ({
    query: { refId: 'AB'[k]!, expr: 'x', startMs: 0, endMs: 60_000, stepMs: 15_000, legend: '{{n}}', instant: false, shiftMs: 0 } satisfies PanelQuery,
    series: series.map(([labels, vs]) => ({ labels, ts: Float64Array.from(vs, (_, i) => i * 15_000), vs: Float64Array.from(vs) })),
  }))
}
const field = (defaults: JsonObject, overrides: JsonObject[] = []): JsonObject => ({ fieldConfig: { defaults, overrides } })
const override = (id: string, options: unknown, property: string, value: unknown): JsonObject => ({ matcher: { id, options }, properties: [{ id: property, value }] })
const two = results([[{ n: 'a' }, [1, 4]], [{ n: 'b' }, [8, 2]]])

describe('P7 single values', () => {
  test('[P7] one per series and calculation; overrides by name, pattern, type and query', () => {
    const p = panel('gauge', { options: { reduceOptions: { calcs: ['max'] } }, ...field({ unit: 's' }, [
      override('byName', 'a', 'unit', 'bytes'), override('byRegexp', '/^b$/', 'displayName', 'B!'), override('byType', 'number', 'decimals', 1), override('byFrameRefID', 'A', 'max', 10), override('byType', 'string', 'unit', 'h'),
    ]) })
    expect(singleValues(p, two, context).map(v => [v.name, v.value, v.config.unit, v.config.decimals, v.range.max])).toEqual([['a', 4, 'bytes', 1, 10], ['B!', 8, 's', 1, 10]])
  })
  test('[P7] every row, called by its texts, at most as many as set', () => {
    const p = panel('bargauge', { options: { reduceOptions: { values: true, limit: 2 } }, targets: [{ refId: 'A', expr: 'a', format: 'table', instant: true }] })
    expect(singleValues(p, results([[{ n: 'x' }, [1]], [{ n: 'y' }, [2]], [{ n: 'z' }, [3]]]), context).map(v => [v.name, v.value])).toEqual([['x', 1], ['y', 2]])
  })
  test('[P7] a chosen column may hold texts, which are mapped by value and pattern', () => {
    const p = panel('stat', { options: { reduceOptions: { fields: '/^n$/' } }, targets: [{ refId: 'A', expr: 'a', format: 'table', instant: true }], ...field({ mappings: [{ type: 'regex', options: { pattern: '^v(.*)$', result: { text: 'version $1', color: 'blue' } } }] }) })
    expect(singleValues(p, results([[{ n: 'v1.2' }, [1]]]), context)[0]).toMatchObject({ value: 'v1.2', display: { text: 'version 1.2', color: '#5794F2' } })
  })
  test('[P7] ends: those that are set, 0 to 100 for percentages, else zero to the highest of all', () => {
    const share = (json: JsonObject): number[] => singleValues(panel('gauge', json), two, context).map(v => v.share)
    expect(share(field({ min: 2, max: 6 }))).toEqual([0.5, 0])
    expect(share(field({ unit: 'percent' }))).toEqual([0.04, 0.02])
    expect(share({})).toEqual([0.5, 0.25])
  })
  test('[P7] nothing but NaN has no value', () => expect(singleValues(panel('gauge', field({ noValue: 'none' })), results([[{ n: 'a' }, [NaN]]]), context)[0]).toMatchObject({ value: null, share: 0, display: { text: 'none' } }))
  test('[P7] no series at all is a value where the dashboard has words for it', () => {
    expect(singleValues(panel('stat', field({ mappings: [{ type: 'special', options: { match: 'null', result: { text: 'N/A', color: 'blue' } } }] })), results([]), context)).toMatchObject([{ value: null, display: { text: 'N/A', color: '#5794F2' } }])
    expect(singleValues(panel('stat'), results([]), context)).toEqual([])
  })
  test('[P7] a sentence tells at most six', () => {
    expect(valuesSummary('Disks', Array.from({ length: 8 }, (_, i) => ({ name: `d${i}`, display: { text: String(i) } })), 'en')).toBe('Disks: d0 0, d1 1, d2 2, d3 3, d4 4, d5 5 and 2 more.')
    expect(valuesSummary('CPU', [{ name: 'CPU', display: { text: '5', suffix: '%' } }], 'ko')).toBe('CPU: 5%')
  })
})

describe('P8 gauges and bars', () => {
  test('[P8] thresholds lie along the scale; those beyond its ends are cut', () => {
    const [item] = gaugeItems(panel('gauge', field({ unit: 'percent', thresholds: { steps: [{ value: null, color: 'green' }, { value: 80, color: 'red' }, { value: 150, color: 'blue' }] } })), two, context)
    expect(item!.bands).toEqual([{ from: 0, to: 0.8, color: '#73BF69' }, { from: 0.8, to: 1, color: '#F2495C', label: '80%' }])
    const [percent] = gaugeItems(panel('gauge', field({ min: 0, max: 50, thresholds: { mode: 'percentage', steps: [{ color: 'green' }, { value: 50, color: 'red' }] } })), two, context)
    expect(percent!.bands[1]).toMatchObject({ from: 0.5, label: '25' })
    expect(gaugeItems(panel('gauge', { options: { showThresholdMarkers: false } }), two, context)[0]!.bands).toEqual([])
  })
  test('[P8] a gradient changes colour where the thresholds are, an LCD has cells, a basic bar one part', () => {
    const parts = (displayMode: string): unknown => barItems(panel('bargauge', { options: { displayMode, reduceOptions: { calcs: ['max'] } }, ...field({ min: 0, max: 8, thresholds: { steps: [{ color: 'green' }, { value: 4, color: 'red' }] } }) }), two, context)[1]!.parts
    expect(parts('basic')).toEqual([{ from: 0, to: 1, color: '#F2495C', isLit: true }])
    expect(parts('gradient')).toEqual([{ from: 0, to: 0.5, color: '#73BF69', isLit: true }, { from: 0.5, to: 1, color: '#F2495C', isLit: true }])
    expect(parts('lcd')).toHaveLength(40)
  })
  test('[P8] bars stand in wide panels, lie in others, or as set', () => {
    const stands = (gridPos: JsonObject, orientation?: string): boolean => barGaugeOptions(panel('bargauge', { gridPos, options: { orientation } })).isVertical
    expect([stands({ w: 24, h: 8 }), stands({ w: 6, h: 8 }), stands({ w: 24, h: 8 }, 'horizontal')]).toEqual([true, false, false])
  })
})

describe('P9 pie', () => {
  test('[P9] slices by size; what is not positive has none', () => {
    const slices = pieSlices(panel('piechart'), results([[{ n: 'a' }, [1]], [{ n: 'b' }, [3]], [{ n: 'c' }, [0]], [{ n: 'd' }, [-5]], [{ n: 'e' }, [NaN]]]), context)
    expect(slices.map(s => [s.name, s.part])).toEqual([['b', 0.75], ['a', 0.25]])
    expect(slices.at(-1)!.to).toBeCloseTo(Math.PI * 2)
    expect(new Set(slices.map(s => s.color)).size).toBe(2)
  })
})

describe('P10 table', () => {
  const tables = { targets: [{ refId: 'A', expr: 'a', format: 'table', instant: true }, { refId: 'B', expr: 'b', format: 'table', instant: true }] }
  const answers = results([[{ pod: 'x' }, [2]], [{ pod: 'y' }, [1]]], [[{ pod: 'y' }, [20]], [{ pod: 'x' }, [10]]])
  const joined = (json: JsonObject = {}): Panel => panel('table', { ...tables, transformations: [{ id: 'merge' }, { id: 'organize', options: { excludeByName: { Time: true }, renameByName: { 'Value #A': 'CPU' } } }], ...json })
  const shown = (p: Panel, r = answers): string[][] => {
    const m = tableModel(p, r, context)
    return [m.columns.map(c => c.name), ...rowOrder(m, m.ownSort).map(i => m.columns.map(c => tableCell(m, c, i, context).text))]
  }
  test('[P10] two instant queries merged, renamed, sorted as the dashboard wants', () => {
    expect(shown(joined({ options: { sortBy: [{ displayName: 'CPU' }] } }))).toEqual([['pod', 'CPU', 'Value #B'], ['y', '1', '20'], ['x', '2', '10']])
    expect(shown(joined({ options: { sortBy: [{ displayName: 'CPU', desc: true }] } }))[1]![0]).toBe('x')
  })
  test('[P10] overrides after renaming: unit, colour, look, alignment, width, hidden columns', () => {
    const m = tableModel(joined(field({ custom: { align: 'center' } }, [
      override('byName', 'CPU', 'unit', 'percentunit'), override('byName', 'CPU', 'custom.cellOptions', { type: 'color-background', applyToRow: true }), override('byName', 'CPU', 'custom.width', 90), override('byName', 'Value #B', 'custom.hidden', true),
    ])), answers, context)
    expect(m.columns.map(c => [c.name, c.align, c.width, c.look.kind, c.look.applyToRow])).toEqual([['pod', 'center', undefined, 'text', false], ['CPU', 'center', 90, 'color-background', true]])
    expect(tableCell(m, m.columns[1]!, 0, context)).toMatchObject({ text: '200%', color: '#73BF69' })
  })
  test('[P10] mappings of texts and numbers; a share for bars; the old word for a look', () => {
    const m = tableModel(joined(field({ min: 0, max: 4, custom: { displayMode: 'gradient-gauge' }, mappings: [{ type: 'value', options: { x: { text: 'X!' }, 1: { text: 'one' } } }] })), answers, context)
    expect(tableCell(m, m.columns[0]!, 0, context).text).toBe('X!')
    expect(tableCell(m, m.columns[1]!, 1, context)).toMatchObject({ text: 'one', share: 0.25 })
    expect(m.columns[1]!.look.kind).toBe('gauge')
  })
  test('[P10] footers reduce columns of numbers', () => {
    const m = tableModel(joined({ options: { footer: { show: true, reducer: ['sum'] } } }), answers, context)
    expect(m.columns.map(c => c.footer)).toEqual([undefined, '3', '30'])
  })
  test('[P10] several tables can be chosen; times are written as moments', () => {
    const m = tableModel(panel('table'), two, context)
    expect(m.names).toEqual(['a', 'b'])
    expect(tableModel(panel('table'), two, context, 1).columns.map(c => c.name)).toEqual(['Time', 'b'])
    expect(tableCell(m, m.columns[0]!, 0, { ...context, timeZone: 'UTC' }).text).toMatch(/00:00/)
  })
  test('[P10] links know value, row, labels, variables and range; scripts are none', () => {
    const scope = { value: 5, text: '5 s', name: 'CPU', labels: { job: 'a b' }, row: [{ name: 'pod', text: 'x/y' }], variables: new Map([['env', { name: 'env', values: ['p', 'q'], texts: ['p', 'q'], many: true, isAll: false }]]), range: { startMs: 1, endMs: 2 } }
    expect(linkAddress('/d/x?v=${__value.raw}&t=${__value.text}&p=${__data.fields.pod}&q=${__data.fields[0]}&j=${__field.labels.job}&e=$env&${env:queryparam}&${__url_time_range}', scope)).toBe('/d/x?v=5&t=5%20s&p=x%2Fy&q=x%2Fy&j=a%20b&e=p%2Cq&var-env=p&var-env=q&from=1&to=2')
    expect(linkAddress('javascript:alert(1)', scope)).toBeUndefined()
    expect(linkAddress('https://$env.example/', { ...scope, variables: undefined })).toBe('https://$env.example/')
  })
  test('[P10] black on pale, white on dark', () => expect([readableOn('#F2CC0C'), readableOn('rgb(20, 30, 90)'), readableOn('#fff'), readableOn('tomato')]).toEqual(['#000000', '#ffffff', '#000000', '#ffffff']))
  test('[P10] a text keeps its colour where it can be read, else it is mixed until it can', () => {
    expect([readableText('#73BF69', 'dark', 4.5), readableText('tomato', 'light', 4.5)]).toEqual(['#73BF69', 'tomato'])
    expect(readableText('#FF780A', 'light', 4.5)).toBe('rgb(179, 84, 7)')
    expect(readableText('#000', 'dark', 4.5)).toBe('rgb(140, 140, 140)')
  })
  test('[P10] behind a picture: a row per value, a row per moment, or the table that there is', () => {
    const names = (p: Panel): string[] => tableModel(dataPanel(p), two, context).columns.map(c => c.name)
    expect(names(panel('gauge', { options: { reduceOptions: { calcs: ['max', 'mean'] } } }))).toEqual(['Field', 'Max', 'Mean'])
    expect(names(panel('state-timeline'))).toEqual(['Time', 'a', 'b'])
    expect(dataPanel(joined()).transformations).toHaveLength(2)
  })
  test('[P10] a line in a cell sorts by its number', () => {
    const p = panel('table', { transformations: [{ id: 'timeSeriesTable', options: {} }] })
    const m = tableModel(p, two, context)
    expect(m.columns.map(c => [c.name, c.look.kind])).toEqual([['n', 'text'], ['Trend #A', 'sparkline']])
    expect(tableCell(m, m.columns[1]!, 0, context)).toMatchObject({ text: '4', line: { vs: Float64Array.of(1, 4) } })
    expect(rowOrder(m, { id: m.columns[1]!.id, desc: false })).toEqual([1, 0])
  })
})

describe('P11 bar chart and histogram', () => {
  test('[P11] a category per row, a bar per column; the named column of categories', () => {
    const p = panel('barchart', { targets: [{ refId: 'A', expr: 'a', format: 'table', instant: true }], options: { xField: 'pod' } })
    expect(barModel(p, results([[{ n: '1', pod: 'x' }, [5]], [{ n: '2', pod: 'y' }, [NaN]]]), context)).toMatchObject({ categories: ['x', 'y'], series: [{ name: 'Value', vs: [5, null] }] })
  })
  test('[P11] series with one value are categories; over time each moment is one', () => {
    expect(barModel(panel('barchart'), results([[{ n: 'a' }, [1]], [{ n: 'b' }, [2]]]), context)).toMatchObject({ categories: ['a', 'b'], series: [{ vs: [1, 2] }] })
    expect(barModel(panel('barchart'), two, context)!.series.map(s => [s.name, s.vs])).toEqual([['a', [1, 4]], ['b', [8, 2]]])
    expect(barModel(panel('barchart'), results([]), context)).toBeUndefined()
    const soft = readDashboard({ panels: [{ type: 'barchart', targets: [{ refId: 'A', expr: 'x' }], fieldConfig: { defaults: { custom: { axisSoftMin: -5, axisSoftMax: 50, axisWidth: 'x' } }, overrides: [] } }] }).panels[0]!
    expect(barModel(soft, two, context)!.y).toEqual({ unit: 'short', softMin: -5, softMax: 50 })
  })
  test('[P11] values are counted in round stretches', () => {
    expect([bucketSize(1, 10), bucketSize(0.93, 30), bucketSize(0, 30), bucketSize(700, 30)]).toEqual([0.1, 0.04, 1, 25])
    const m = histogramModel(panel('histogram', { options: { bucketSize: 2 } }), results([[{ n: 'a' }, [0, 1, 2, 7, NaN, Infinity]]]), context)!
    expect(m.edges!.values).toEqual([0, 2, 4, 6, 8])
    expect(m.series[0]!.vs).toEqual([2, 1, 0, 1])
    const both = histogramModel(panel('histogram', { options: { bucketSize: 5, combine: true } }), two, context)!
    expect(both.series.map(s => s.vs)).toEqual([[3, 1]])
  })
  test('[P11] a size that would make too many stretches is widened', () => expect(histogramModel(panel('histogram', { options: { bucketSize: 1e-9 } }), two, context)!.categories.length).toBeLessThanOrEqual(1001))
})

describe('P12 heatmap', () => {
  const buckets = results([[{ le: '+Inf' }, [9, 9]], [{ le: '0.1' }, [2, 0]], [{ le: '1' }, [5, 9]]])
  const heat = (json: JsonObject = {}): ReturnType<typeof heatmapModel> => heatmapModel(panel('heatmap', { options: { yAxis: { unit: 's' } }, ...json }, { format: 'heatmap' }), buckets, context)
  test('[P12] buckets stand on each other, the highest on top, named by their bounds; empty cells are left out', () => {
    const m = heat()!
    expect(m.cells.rows.map(r => r.name)).toEqual(['> 1 s', '100 ms – 1 s', '≤ 100 ms'])
    expect(m.cells.rows.map(r => Array.from(r.colors, c => c >= 0))).toEqual([[true, false], [true, true], [true, false]])
    expect([m.min, m.max, m.topBucket]).toEqual([2, 9, '100 ms – 1 s'])
    expect(m.cells.marks.map(k => k.text)).toEqual(['∞', '1 s', '100 ms'])
    expect(m.cells.rows[1]!.textOf(1)).toBe('9')
  })
  test('[P12] a cell covers the step before its moment', () => expect([...heat()!.cells.rows[0]!.starts]).toEqual([-15_000, 0]))
  test('[P12] reversed, and with fixed ends of the colours', () => {
    const m = heat({ options: { yAxis: { reverse: true }, color: { min: 0, max: 100, scale: 'linear', steps: 11 } } })!
    expect(m.cells.rows[0]!.name).toBe('≤ 0.100')
    expect(m.cells.rows[1]!.colors[1]).toBe(1)
  })
  test('[P12] the panel counts values itself', () => {
    const m = heatmapModel(panel('heatmap', { options: { calculate: true, calculation: { yBuckets: { mode: 'size', value: '4' }, xBuckets: { mode: 'size', value: '30000' } } } }), two, context)!
    expect(m.cells.rows.map(r => r.name)).toEqual(['8 – 12', '4 – 8', '0 – 4'])
    expect(m.cells.rows.map(r => r.textOf(0))).toEqual(['1', '1', '2'])
  })
  test('[P12] series without bounds keep their names; no numbers are no heatmap', () => {
    expect(heatmapModel(panel('heatmap'), two, context)!.cells.rows.map(r => r.name)).toEqual(['b', 'a'])
    expect(heatmapModel(panel('heatmap'), results([]), context)).toBeUndefined()
  })
  test('[P12] every scheme has as many colours as asked for', () => {
    for (const name of ['Oranges', 'Spectral', 'Turbo', 'nobody', '__proto__']) expect(schemeColors(name, 64, false, 'dark').every(c => /^#[0-9a-f]{6}$/.test(c))).toBe(true)
    expect(schemeColors('Oranges', 2, false, 'light')).toEqual(schemeColors('Oranges', 2, false, 'dark').toReversed())
  })
})

describe('P13 states', () => {
  const states = (type: string, vs: number[], json: JsonObject = {}): [number, number, string][] => {
    const row = stateModel(panel(type, { ...field({ mappings: [{ type: 'value', options: { 0: { text: 'down', color: 'red' } } }] }), ...json }), results([[{ n: 'a' }, vs]]), context)!.cells.rows[0]!
    return Array.from(row.starts, (s, i): [number, number, string] => [s / 15_000, row.ends[i]! / 15_000, row.textOf(i)])
  }
  test('[P13] equal neighbours are one stretch, NaN ends it', () => expect(states('state-timeline', [1, 1, 0, NaN, 0])).toEqual([[0, 2, '1'], [2, 3, 'down'], [4, 5, 'down']]))
  test('[P13] unmerged, and with holes bridged', () => {
    expect(states('state-timeline', [1, 1], { options: { mergeValues: false } })).toHaveLength(2)
    expect(states('state-timeline', [1, NaN, 1], field({ custom: { spanNulls: true } }))).toEqual([[0, 3, '1']])
  })
  test('[P13] a history has a cell per sample', () => expect(states('status-history', [1, 1, 0])).toEqual([[-0.45, 0.45, '1'], [0.55, 1.45, '1'], [1.55, 2.45, 'down']]))
  test('[P13] the colours are explained once each', () => {
    const m = stateModel(panel('state-timeline', field({ mappings: [{ type: 'value', options: { 1: { text: 'up', color: 'green' } } }] })), results([[{ n: 'a' }, [1, 1]], [{ n: 'b' }, [1]]]), context)!
    expect(m.keys).toEqual([{ name: 'up', color: '#73BF69' }])
  })
})

describe('P14 transformed series', () => {
  test('[P14] a time series panel draws what its transformations make', () => {
    const p = panel('timeseries', { transformations: [{ id: 'calculateField', options: { mode: 'reduceRow', alias: 'all', replaceFields: true, reduce: { reducer: 'sum' } } }] })
    expect(panelFields(p, two).map(f => [f.name, [...f.series.vs]])).toEqual([['all', [9, 6]]])
  })
  test('[P14] an unknown transformation is named, the data passes', () => {
    const made = panelFrames(panel('table', { transformations: [{ id: 'spatial' }] }), two, {})
    expect([made.unknown, made.frames.length]).toEqual([['spatial'], 2])
  })
})
