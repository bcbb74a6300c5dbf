import { describe, expect, test } from 'vitest'
import { transformFrames } from './frames/transform-frames.ts'
import { placeBoard } from './layout.ts'
import { panelQueries } from './panel-queries.ts'
import { readDashboard } from './read-dashboard.ts'
import { variableValue } from './interpolate.ts'
import type { Panel } from './model.ts'

const one = (panel: object, more: object = {}): Panel => readDashboard({ title: 'b', panels: [{ id: 1, ...panel }], ...more }).panels[0]!

describe('D7 what old versions saved', () => {
  test('[D7] thresholds of a graph that limit from above and from below', () => {
    const p = one({ type: 'graph', thresholds: [{ op: 'gt', value: 90, fill: true, line: true, colorMode: 'critical' }, { op: 'lt', value: 10, fill: true, colorMode: 'custom', fillColor: '#123456' }] })
    expect(p.fieldConfig.thresholds!.steps).toEqual([{ value: -Infinity, color: '#123456' }, { value: 10, color: 'transparent' }, { value: 90, color: 'red' }])
    expect(p.fieldConfig.custom['thresholdsStyle']).toEqual({ mode: 'line+area' })
  })

  test('[D7] thresholds of before schema 13 stood in the grid', () => {
    const p = one({ type: 'graph', grid: { threshold1: 10, threshold2: 20, threshold1Color: 'yellow', threshold2Color: 'red' } })
    expect(p.fieldConfig.thresholds!.steps.map(s => [s.value, s.color])).toEqual([[-Infinity, 'transparent'], [10, 'yellow'], [20, 'red']])
  })

  test.each([['series', 'bargauge', { values: ['max'] }], ['histogram', 'histogram', { buckets: 7 }], ['time', 'timeseries', {}]])('[D7] a graph over %s is a %s', (mode, type, more) => {
    const p = one({ type: 'graph', xaxis: { mode, ...more } })
    expect(p.type).toBe(type)
    if (type === 'bargauge') expect(p.options['reduceOptions']).toMatchObject({ calcs: ['max'] })
    if (type === 'histogram') expect(p.options['bucketCount']).toBe(7)
  })

  test('[D7] overrides of series: groups of stacks, points, dashes, the right axis', () => {
    const p = one({ type: 'graph', stack: true, yaxes: [{}, { format: 'bytes', logBase: 2 }], seriesOverrides: [{ alias: '/^b/', stack: 'B', points: true, pointradius: 3, dashes: true, dashLength: 4, spaceLength: 2, yaxis: 2 }] })
    expect(Object.fromEntries(p.overrides[0]!.properties.map(x => [x.id, x.value]))).toEqual({
      'custom.stacking': { mode: 'normal', group: 'B' }, 'custom.showPoints': 'always', 'custom.pointSize': 8, 'custom.lineStyle': { fill: 'dash', dash: [4, 2] },
      'custom.axisPlacement': 'right', 'unit': 'bytes', 'custom.scaleDistribution': { type: 'log', log: 2 },
    })
  })

  test.each([[3, 8], [4, 6], [5, 4], [6, 4], [12, 2], [24, 1]])('[D7] a least width of %i columns lets %i stand in a row', (minSpan, perRow) => expect(one({ type: 'stat', minSpan }).maxPerRow).toBe(perRow))

  test('[D7] a constant that could be changed is a text box', () => {
    const kinds = (schemaVersion: number, hide: number): unknown => readDashboard({ schemaVersion, panels: [], templating: { list: [{ name: 'c', type: 'constant', query: '5', hide }] } }).variables.map(v => [v.kind, v.hide])
    expect(kinds(26, 0)).toEqual([['textbox', 0]])
    expect(kinds(26, 2)).toEqual([['constant', 2]])
    expect(kinds(27, 0)).toEqual([['constant', 2]])
  })

  test('[D7] copies that were saved beside their panel are left out, in closed rows too', () => {
    const panel = { type: 'stat', repeat: 'h' }
    const b = readDashboard({ panels: [{ id: 1, ...panel }, { id: 2, ...panel, repeatPanelId: 1 }, { id: 3, type: 'row', collapsed: true, panels: [{ id: 4, ...panel }, { id: 5, ...panel, repeatPanelId: 4 }] }] })
    expect(b.panels.map(p => p.id)).toEqual([1])
    expect(b.rows[0]!.panels.map(p => p.id)).toEqual([4])
  })
})

test('[D3] copies below each other stay together; what stood below goes down', () => {
  const b = readDashboard({
    panels: [{ id: 1, type: 'stat', repeat: 'h', repeatDirection: 'v', gridPos: { x: 6, y: 0, w: 6, h: 4 } }, { id: 2, type: 'stat', gridPos: { x: 0, y: 4, w: 12, h: 4 } }],
    templating: { list: [{ name: 'h', type: 'custom', query: 'a,b', multi: true, current: { value: ['a', 'b'] } }] },
  })
  expect(placeBoard(b, new Map([['h', variableValue(b.variables[0]!)]])).map(p => [p.pos.x, p.pos.y])).toEqual([[6, 0], [6, 4], [0, 8]])
})

test('[D2] a legend writes values, several in braces', () => {
  const b = readDashboard({ panels: [{ id: 1, type: 'stat', targets: [{ expr: 'x', legendFormat: '{{host}} $m' }] }], templating: { list: [{ name: 'm', type: 'custom', query: 'fast : f, slow : s', multi: true, current: { value: ['f', 's'] } }] } })
  expect(panelQueries(b.panels[0]!, { range: { startMs: 0, endMs: 3_600_000 }, widthPx: 100, variables: new Map([['m', variableValue(b.variables[0]!)]]) })[0]!.legend).toBe('{{host}} {f,s}')
})

test.each([['default', ''], ['Mars/Olympus', ''], ['Asia/Seoul', 'Asia/Seoul'], ['utc', 'utc'], ['browser', 'browser']])('[D1] the zone %s', (timezone, want) => expect(readDashboard({ timezone, panels: [] }).timezone).toBe(want))

describe('D10 what each schema version changed', () => {
  test('[D10] 12: axes stood in the panel and in its grid', () => {
    const p = one({ type: 'graph', y_formats: ['bytes', 'percent'], leftYAxisLabel: 'size', grid: { leftMin: 0, leftMax: 10, leftLogBase: 2, rightMax: 100 }, seriesOverrides: [{ alias: 'b', yaxis: 2 }] })
    expect(p.fieldConfig).toMatchObject({ unit: 'bytes', min: 0, max: 10, custom: { axisLabel: 'size', scaleDistribution: { type: 'log', log: 2 } } })
    expect(p.overrides[0]!.properties).toEqual(expect.arrayContaining([{ id: 'custom.axisPlacement', value: 'right' }, { id: 'unit', value: 'percent' }, { id: 'max', value: 100 }]))
  })
  test('[D10] 16: spans are whole columns; copies of repeated rows are left out', () => {
    const b = readDashboard({ rows: [{ panels: [{ id: 1, span: 4.8, type: 'text' }] }, { repeatIteration: 1500000000000, panels: [{ id: 2, type: 'text' }] }] })
    expect(b.panels.map(p => [p.id, p.gridPos.w])).toEqual([[1, 8]])
  })
  test('[D10] 18: the first gauge, its steps from high to low', () => {
    const p = one({ type: 'gauge', 'options-gauge': { unit: 'percent', stat: 'avg', decimals: 1, minValue: 0, maxValue: 100, thresholds: [{ value: 80, color: 'red' }, { value: 50, color: 'orange' }, { value: null, color: 'green' }], showThresholdLabels: true, mappings: [{ type: 1, value: 'null', text: 'none' }] } })
    expect(p.options).toMatchObject({ showThresholdLabels: true, reduceOptions: { calcs: ['mean'] } })
    expect(p.fieldConfig).toMatchObject({ unit: 'percent', decimals: 1, min: 0, max: 100, mappings: [{ type: 'special', match: 'null', result: { text: 'none' } }] })
    expect(p.fieldConfig.thresholds!.steps.map(s => s.color)).toEqual(['green', 'orange', 'red'])
    const later = one({ type: 'gauge', options: { valueOptions: { unit: 'ms', stat: 'max' }, thresholds: [{ value: null, color: 'green' }, { value: 5, color: 'red' }] } })
    expect([later.fieldConfig.unit, later.options['reduceOptions'], later.fieldConfig.thresholds!.steps.map(s => s.color)]).toEqual(['ms', expect.objectContaining({ calcs: ['max'] }), ['green', 'red']])
  })
  test.each([
    [{ dashUri: 'db/my-board', title: 'a' }, '/dashboard/db/my-board'],
    [{ dashboard: 'My board: one', title: 'a', keepTime: true, includeVars: true, params: 'x=1' }, '/dashboard/db/my-board-one?$__url_time_range&$__all_variables&x=1'],
    [{ url: 'https://x.org', params: 'a=1' }, 'https://x.org?a=1'], [{ url: '/d/x?b=1' }, '/d/x?b=1'],
  ])('[D10] 19: a link %j', (link, url) => expect(one({ type: 'graph', links: [link] }).links![0]!.url).toBe(url))
  test('[D10] 20, 21: names in links and titles', () => {
    const p = one({ type: 'timeseries', fieldConfig: { defaults: { displayName: '${__series.labels.job}', links: [{ title: '$__series_name', url: '/d/x?s=${__series_name}&f=$__field_name&t=${__value_time}&l=${__series.labels.job}' }] } } })
    expect(p.fieldConfig.links).toEqual([{ title: '${__series.name}', url: '/d/x?s=${__series.name}&f=${__field.name}&t=${__value.time}&l=${__field.labels.job}', targetBlank: false }])
    expect(p.fieldConfig.displayName).toBe('${__field.labels.job}')
  })
  test('[D10] 30: old mappings have the colour of the number that they write, and values come before ranges', () => {
    const { fieldConfig } = one({ type: 'stat', fieldConfig: { defaults: {
      mappings: [{ type: 2, from: '10', to: '20', text: 'many' }, { type: 1, value: '1', text: '100' }, { type: 1, value: 'null', text: '-1' }], thresholds: { mode: 'absolute', steps: [{ color: 'green', value: null }, { color: 'red', value: 80 }] } } } })
    expect(fieldConfig.mappings).toEqual([
      { type: 'value', options: new Map([['1', { text: '100', color: 'red' }]]) }, { type: 'range', from: 10, to: 20, result: { text: 'many' } }, { type: 'special', match: 'null', result: { text: '-1', color: 'green' } },
    ])
    expect(one({ type: 'timeseries', options: { tooltipOptions: { mode: 'multi' } } }).options).toEqual({ tooltip: { mode: 'multi' } })
  })
  test('[D10] 39: the numbers of small graphs stood in one member', () => {
    const frames = [{ name: 'a', refId: 'A', length: 2, fields: [{ name: 'Time', type: 'time' as const, values: [0, 1] }, { name: 'Value', type: 'number' as const, values: [1, 3], labels: { job: 'a' } }] }]
    const total = (options: object): unknown => (transformFrames(frames, [{ id: 'timeSeriesTable', options }]).frames[0]!.fields.at(-1)!.values[0] as { name: string }).name
    expect([total({ refIdToStat: { A: 'mean' } }), total({ A: { stat: 'max' } }), total({})]).toEqual(['2', '3', '3'])
  })
  test('[D10] graphs: missing values as zeros, the order of the legend, and series without anything in it', () => {
    const p = one({ type: 'graph', nullPointMode: 'null as zero', legend: { show: true, values: true, max: true, avg: true, sort: 'avg', sortDesc: true, hideEmpty: true, hideZero: true } })
    expect(p.fieldConfig.custom).toMatchObject({ nullAsZero: true, spanNulls: false })
    expect(p.options['legend']).toMatchObject({ calcs: ['mean', 'max'], sortBy: 'Mean', sortDesc: true })
    expect(p.overrides.map(o => (o.matcher.options as { reducer: string }).reducer)).toEqual(['allIsNull', 'allIsZero'])
    expect(one({ type: 'timeseries', fieldConfig: { defaults: { nullValueMode: 'null as zero' } } }).fieldConfig.custom).toEqual({ nullAsZero: true })
  })
})

test('[D10] a panel of a library that is saved as a reference only has its name; one with its model is drawn', () => {
  expect([one({ libraryPanel: { uid: 'x', name: 'CPU of all' } }), one({ libraryPanel: { uid: 'x' } }), one({ type: 'stat', title: 'T', libraryPanel: { uid: 'x', name: 'n' } })].map(p => [p.type, p.title])).toEqual([['library panel CPU of all', 'CPU of all'], ['library panel x', 'x'], ['stat', 'T']])
})
