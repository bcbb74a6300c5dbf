import { describe, expect, test } from 'vitest'
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
