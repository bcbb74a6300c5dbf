import { readdirSync } from 'node:fs'
import { gunzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { haveShared, sharedBytes, sharedPath } from '../test/shared.ts'
import { interpolateQuery, interpolateText, plainValue, validChoice, variableValue } from './interpolate.ts'
import { placeBoard } from './layout.ts'
import { metricNames } from './metric-names.ts'
import { DashboardError } from './model.ts'
import { panelQueries } from './panel-queries.ts'
import { readDashboard } from './read-dashboard.ts'
import { customOptions, readVariables } from './read-variables.ts'
import { parseVariableQuery, variableOptions } from './variable-queries.ts'
import type { JsonObject, Variable } from './model.ts'

const panel = (members: JsonObject): JsonObject => ({ type: 'timeseries', targets: [{ refId: 'A', expr: 'up' }], gridPos: { x: 0, y: 0, w: 12, h: 8 }, ...members })
const board = (...panels: JsonObject[]): JsonObject => ({ uid: 'u', title: 't', panels })

describe('D1 reading', () => {
  const fails = (name: string, json: unknown, path: string): void => test(`[D1] ${name} is an error at ${path || 'the root'}`, () => {
    try {
      readDashboard(json)
    } catch (err) {
      expect(err).toBeInstanceOf(DashboardError)
      expect((err as DashboardError).path).toBe(path)
      return
    }
    expect.unreachable()
  })
  fails('a text', 'x', '')
  fails('a list', [], '')
  fails('null', null, '')
  fails('panels that are no list', { panels: 5 }, 'panels')
  fails('a panel that is a number', { panels: [panel({}), 3] }, 'panels[1]')
  fails('targets that are a text', board(panel({ targets: 'up' })), 'panels[0].targets')
  fails('gridPos that is a list', board(panel({ gridPos: [] })), 'panels[0].gridPos')
  fails('an override that is a text', board(panel({ fieldConfig: { overrides: ['x'] } })), 'panels[0].fieldConfig.overrides[0]')
  fails('a variable that is a text', { templating: { list: ['x'] } }, 'templating.list[0]')
  fails('model v2 without a layout', { apiVersion: 'dashboard.grafana.app/v2beta1', spec: { elements: {} } }, 'spec.layout.kind')
  fails('model v2 with an item that names no element', { elements: {}, layout: { kind: 'GridLayout', spec: { items: [{ kind: 'GridLayoutItem', spec: { element: { name: 'x' } } }] } } }, 'layout.spec.items[0]')

  test('[D1] scalars of the wrong type count as missing', () => {
    const d = readDashboard({ uid: 5, title: null, refresh: false, time: { from: 3 }, panels: [panel({ title: 7, gridPos: { w: 'x', h: 99_999 }, maxDataPoints: 'no' })] })
    expect([d.uid, d.title, d.refreshMs, d.time]).toEqual(['5', '', 0, { from: '3', to: 'now' }])
    expect(d.panels[0]).toMatchObject({ title: '7', gridPos: { x: 0, y: 0, w: 6, h: 1000 } })
  })
  test('[D1] the JSON stays as it is, unknown members included', () => {
    const json = board(panel({ future: { a: 1 } }))
    const before = JSON.stringify(json)
    const d = readDashboard({ dashboard: json, meta: {} })
    expect(JSON.stringify(d.raw)).toBe(before)
    expect(d.panels[0]!.raw['future']).toEqual({ a: 1 })
  })
  test('[D1] ids and refIds are filled, duplicates renumbered', () => {
    const d = readDashboard(board(panel({ id: 3 }), panel({ id: 3, gridPos: { y: 9 } }), panel({ gridPos: { y: 20 }, targets: [{ expr: 'a' }, { refId: 'A', expr: 'b' }, { expr: 'c' }] })))
    expect(d.panels.map(p => p.id)).toEqual([3, 4, 5])
    expect(d.panels[2]!.targets.map(t => t.refId)).toEqual(['B', 'A', 'C'])
  })
  test('[D1] rows hold what follows them, closed ones what they carry; clones of repeats are dropped', () => {
    const d = readDashboard(board(
      panel({ id: 1 }), { type: 'row', id: 2, title: 'open', gridPos: { y: 8 } }, panel({ id: 3, gridPos: { y: 9 } }), panel({ id: 9, repeatPanelId: 3, gridPos: { y: 9 } }),
      { type: 'row', id: 4, title: 'closed', collapsed: true, panels: [panel({ id: 5 })], gridPos: { y: 20 } }))
    expect(d.panels.map(p => p.id)).toEqual([1])
    expect(d.rows.map(r => [r.title, r.collapsed, r.panels.map(p => p.id)])).toEqual([['open', false, [3]], ['closed', true, [5]]])
  })
  test('[D1] a graph is read as time series, with a notice', () => {
    const d = readDashboard(board({ type: 'graph', title: 'g', fill: 3, linewidth: 2, stack: true, nullPointMode: 'connected', yaxes: [{ format: 'bytes', min: '0', logBase: 10 }], legend: { show: true, values: true, current: true, alignAsTable: true },
      aliasColors: { a: '#ff0000' }, seriesOverrides: [{ alias: '/b.*/', transform: 'negative-Y' }], thresholds: [{ op: 'gt', value: 5, colorMode: 'critical' }], targets: [{ expr: 'x', intervalFactor: 2 }] }))
    const p = d.panels[0]!
    expect(p.type).toBe('timeseries')
    expect(p.fieldConfig).toMatchObject({ unit: 'bytes', min: 0, custom: { drawStyle: 'line', lineWidth: 2, fillOpacity: 30, spanNulls: true, stacking: { mode: 'normal' }, scaleDistribution: { type: 'log', log: 10 } } })
    expect(p.overrides.map(o => o.matcher)).toEqual([{ id: 'byName', options: 'a' }, { id: 'byRegexp', options: '/b.*/' }])
    expect(p.targets[0]!.intervalFactor).toBe(2)
    expect(d.notices).toEqual(['panels[0]: graph is shown as timeseries'])
  })
  test('[D1] a singlestat is read as stat', () => {
    const p = readDashboard(board({ type: 'singlestat', format: 'percent', thresholds: '50, 80', colors: ['green', 'orange', 'red'], colorValue: true, valueName: 'avg', sparkline: { show: true }, valueMaps: [{ value: 'null', text: 'N/A' }] })).panels[0]!
    expect(p).toMatchObject({ type: 'stat', options: { reduceOptions: { calcs: ['mean'] }, colorMode: 'value', graphMode: 'area' } })
    expect(p.fieldConfig.thresholds!.steps).toEqual([{ value: -Infinity, color: 'green' }, { value: 50, color: 'orange' }, { value: 80, color: 'red' }])
    expect(p.fieldConfig.mappings).toEqual([{ type: 'special', match: 'null', result: { text: 'N/A' } }])
  })
  test('[D1] rows of before schema 16 are put on the grid', () => {
    const d = readDashboard({ rows: [{ height: '380px', panels: [{ type: 'graph', id: 1, span: 8 }, { type: 'graph', id: 2, span: 4 }, { type: 'graph', id: 3, span: 12 }] }, { showTitle: true, title: 'R', panels: [{ type: 'graph', id: 4, span: 6 }] }] })
    const all = d.rows.flatMap(r => r.panels)
    expect(all.map(p => [p.id, p.gridPos])).toEqual([[1, { x: 0, y: 1, w: 16, h: 10 }], [2, { x: 16, y: 1, w: 8, h: 10 }], [3, { x: 0, y: 11, w: 24, h: 10 }], [4, { x: 0, y: 22, w: 12, h: 7 }]])
  })

  const folder = 'fixtures/dashboards'
  test.skipIf(!haveShared(folder))('[D1] every public dashboard is read, and every query of its panels is made', () => {
    const notes: string[] = []
    let queries = 0
    for (const name of readdirSync(sharedPath(folder)).filter(n => /\.json(\.gz)?$/.test(n))) {
      const bytes = sharedBytes(`${folder}/${name}`)
      const json: unknown = JSON.parse((name.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString())
      try {
        const d = readDashboard(json)
        const values = new Map(d.variables.map(v => [v.name, variableValue(v)]))
        const placed = placeBoard(d, values, new Set(d.rows.map(r => r.id)))
        if (placed.length === 0) notes.push(`${name}: nothing to show`)
        for (const p of [...d.panels, ...d.rows.flatMap(r => r.panels)]) {
          for (const q of panelQueries(p, { range: { startMs: 1.7e12, endMs: 1.7e12 + 21_600_000 }, widthPx: 800, variables: values })) {
            queries++
            if (/\$__(?:interval|rate_interval|range)/.test(q.expr) || !(q.stepMs > 0) || q.endMs < q.startMs) notes.push(`${name}: ${p.title}: ${q.expr}`)
          }
        }
      } catch (err) {
        notes.push(`${name}: ${String(err)}`)
      }
    }
    expect(notes).toEqual([])
    expect(queries).toBeGreaterThan(2000)
  })
})

describe('D6 model v2', () => {
  const element = (id: number, members: JsonObject = {}): JsonObject => ({ kind: 'Panel', spec: {
    id, title: `p${id}`, vizConfig: { kind: 'VizConfig', group: 'gauge', spec: { options: { a: 1 }, fieldConfig: { defaults: { unit: 's' }, overrides: [] } } },
    data: { kind: 'QueryGroup', spec: { queries: [{ kind: 'PanelQuery', spec: { refId: 'B', hidden: true, query: { kind: 'DataQuery', group: 'prometheus', datasource: { name: 'ds' }, spec: { expr: 'up', instant: true } } } }], transformations: [{ kind: 'Transformation', group: 'merge', spec: { options: {} } }], queryOptions: { interval: '1m', maxDataPoints: 50 } } },
    ...members,
  } })
  const item = (name: string, x: number, y: number): JsonObject => ({ kind: 'GridLayoutItem', spec: { x, y, width: 12, height: 8, element: { kind: 'ElementReference', name } } })
  const grid = (...items: JsonObject[]): JsonObject => ({ kind: 'GridLayout', spec: { items } })
  test('[D6] a panel, its query, its options and the settings of the board', () => {
    const json = { apiVersion: 'dashboard.grafana.app/v2', kind: 'Dashboard', metadata: { name: 'uid' }, spec: {
      title: 'T', cursorSync: 'Crosshair', timeSettings: { from: 'now-1h', to: 'now', autoRefresh: '30s', timezone: 'utc' }, elements: { a: element(7) }, layout: grid(item('a', 12, 4)),
      variables: [{ kind: 'QueryVariable', spec: { name: 'job', hide: 'hideVariable', sort: 'numericalDesc', multi: true, current: { value: ['x'] }, query: { kind: 'DataQuery', group: 'prometheus', spec: { query: 'label_values(job)' } } } }, { kind: 'DatasourceVariable', spec: { name: 'ds', pluginId: 'prometheus' } }],
    } }
    const d = readDashboard(json)
    expect(d).toMatchObject({ uid: 'uid', title: 'T', sharedCrosshair: true, time: { from: 'now-1h', to: 'now' }, refreshMs: 30_000, timezone: 'utc' })
    expect(d.raw).toBe(json)
    expect(d.panels[0]).toMatchObject({ id: 7, type: 'gauge', title: 'p7', gridPos: { x: 12, y: 4, w: 12, h: 8 }, interval: '1m', maxDataPoints: 50, options: { a: 1 }, fieldConfig: { unit: 's' }, transformations: [{ id: 'merge' }] })
    expect(d.panels[0]!.targets).toMatchObject([{ refId: 'B', expr: 'up', hide: true, instant: true, range: false, datasource: { type: 'prometheus', uid: 'ds' } }])
    expect(d.variables).toMatchObject([{ name: 'job', kind: 'query', query: 'label_values(job)', hide: 2, sort: 4, multi: true, current: ['x'] }, { name: 'ds', kind: 'datasource', query: 'prometheus' }])
  })
  test('[D6] tabs and rows nest into rows; grids by themselves have equal widths; an element twice is two panels', () => {
    const d = readDashboard({ elements: { a: element(1), b: element(2) }, layout: { kind: 'TabsLayout', spec: { tabs: [
      { kind: 'TabsLayoutTab', spec: { title: 'One', layout: grid(item('a', 0, 0), item('b', 12, 0)) } },
      { kind: 'TabsLayoutTab', spec: { title: 'Two', variables: [{ kind: 'CustomVariable', spec: { name: 'v', query: 'a,b' } }], layout: { kind: 'RowsLayout', spec: { rows: [
        { kind: 'RowsLayoutRow', spec: { title: 'Inner', collapse: true, repeat: { mode: 'variable', value: 'v' }, layout: { kind: 'AutoGridLayout', spec: { maxColumnCount: 2, items: [{ kind: 'AutoGridLayoutItem', spec: { element: { name: 'a' } } }, { kind: 'AutoGridLayoutItem', spec: { element: { name: 'b' } } }] } } } },
      ] } } } },
    ] } } })
    expect(d.rows.map(r => [r.title, r.collapsed, r.repeat, r.panels.map(p => p.title)])).toEqual([['One', false, '', ['p1', 'p2']], ['Two', false, '', []], ['Inner', true, 'v', ['p1', 'p2']]])
    expect(d.rows[2]!.panels.map(p => p.gridPos)).toMatchObject([{ x: 0, w: 12, h: 9 }, { x: 12, w: 12, h: 9 }])
    expect(new Set(d.rows.flatMap(r => r.panels.map(p => p.id))).size).toBe(4)
    expect(d.variables.map(v => v.name)).toEqual(['v'])
  })
})

describe('D7 old panels', () => {
  const old = (json: JsonObject): ReturnType<typeof readDashboard>['panels'][number] => readDashboard({ panels: [{ targets: [{ refId: 'A', expr: 'up', format: 'table' }], ...json }] }).panels[0]!
  test('[D7] a singlestat with a gauge is a gauge; thresholds, range maps and the column stay', () => {
    const p = old({ type: 'singlestat', gauge: { show: true, minValue: 0, maxValue: 50 }, thresholds: '10,20', colors: ['green', 'orange', 'red'], tableColumn: 'a.b', mappingType: 2, rangeMaps: [{ from: '0', to: '5', text: 'low' }] })
    expect(p).toMatchObject({ type: 'gauge', options: { reduceOptions: { fields: String.raw`/^a\.b$/` } }, fieldConfig: { min: 0, max: 50, thresholds: { steps: [{ color: 'green' }, { value: 10, color: 'orange' }, { value: 20, color: 'red' }] } } })
    expect(p.fieldConfig.mappings).toEqual([{ type: 'range', from: 0, to: 5, result: { text: 'low' } }])
  })
  test('[D7] a table with styles', () => {
    const p = old({ type: 'table', transform: 'table', styles: [{ pattern: 'Time', type: 'hidden' }, { pattern: '/Value.*/', alias: 'Load', type: 'number', unit: 'percent', decimals: 1, colorMode: 'cell', colors: ['red', 'green'], thresholds: ['5'] }, { pattern: '/.*/', type: 'number', unit: 'short' }] })
    expect(p).toMatchObject({ type: 'table', transformations: [{ id: 'merge' }], fieldConfig: { unit: 'short' } })
    expect(p.overrides).toMatchObject([{ matcher: { id: 'byRegexp' }, properties: [{ id: 'displayName', value: 'Load' }, { id: 'unit' }, { id: 'decimals' }, { id: 'custom.cellOptions', value: { type: 'color-background' } }, { id: 'thresholds' }, { id: 'color' }] }, { matcher: { id: 'byName', options: 'Time' }, properties: [{ id: 'custom.hidden', value: true }] }])
  })
  test('[D7] pie, heatmap and fieldOptions', () => {
    expect(old({ type: 'grafana-piechart-panel', pieType: 'donut', valueName: 'avg', format: 'bytes', legend: { percentage: true } })).toMatchObject({ type: 'piechart', options: { pieType: 'donut', reduceOptions: { calcs: ['mean'] }, legend: { values: ['percent'] } }, fieldConfig: { unit: 'bytes', decimals: 0 } })
    expect(old({ type: 'heatmap', dataFormat: 'tsbuckets', color: { colorScheme: 'interpolateGreens' }, yAxis: { format: 's' } })).toMatchObject({ type: 'heatmap', options: { calculate: false, color: { scheme: 'Greens' }, yAxis: { unit: 's' } } })
    expect(old({ type: 'bargauge', options: { displayMode: 'lcd', fieldOptions: { calcs: ['max'], defaults: { unit: 'ms', max: 9, title: 'T' } } } })).toMatchObject({ options: { displayMode: 'lcd', reduceOptions: { calcs: ['max'] } }, fieldConfig: { unit: 'ms', max: 9, displayName: 'T' } })
  })
  test('[D7] labelsToFields made one table before schema 31', () => {
    const ids = (schemaVersion: number): unknown => readDashboard({ schemaVersion, panels: [{ type: 'table', transformations: [{ id: 'labelsToFields' }] }] }).panels[0]!.transformations.map(t => t['id'])
    expect([ids(30), ids(31)]).toEqual([['labelsToFields', 'merge'], ['labelsToFields']])
  })
})

describe('D2 variables', () => {
  const variable = (json: JsonObject): Variable => readVariables([{ name: 'v', ...json }], 'list')[0]!
  const query = (json: JsonObject, text: string, selected?: string[]): string => interpolateQuery(text, new Map([['v', variableValue(variable(json), selected)]]))

  test('[D2] a custom list, with keys and escaped commas', () => {
    expect(customOptions(String.raw`a, key : value,x\,y`)).toEqual([{ text: 'a', value: 'a' }, { text: 'key', value: 'value' }, { text: 'x,y', value: 'x,y' }])
  })
  test.each([
    { name: 'one value is bare', json: { type: 'custom', query: 'a,b', current: { value: 'b' } }, text: 'up{x="$v"}', want: 'up{x="b"}' },
    { name: 'several are a group', json: { type: 'custom', query: 'a,b', multi: true, current: { value: ['a', 'b'] } }, text: 'up{x=~"$v"}', want: 'up{x=~"(a|b)"}' },
    { name: 'metacharacters of several are escaped twice', json: { type: 'custom', query: 'a.b', multi: true, current: { value: ['a.b'] } }, text: '"$v"', want: String.raw`"a\\.b"` },
    { name: 'a single one only doubles backslashes', json: { type: 'custom', query: String.raw`a.b\c`, current: { value: String.raw`a.b\c` } }, text: '"$v"', want: String.raw`"a.b\\c"` },
    { name: 'All is every option', json: { type: 'custom', query: 'a,b', includeAll: true, current: { value: '$__all' } }, text: '${v}', want: '(a|b)' },
    { name: 'allValue is written as it is', json: { type: 'custom', query: 'a,b', includeAll: true, allValue: '.+', current: { value: '$__all' } }, text: '[[v]]', want: '.+' },
    { name: 'a format is obeyed', json: { type: 'custom', query: 'a,b', multi: true, current: { value: ['a', 'b'] } }, text: '${v:pipe} ${v:csv} ${v:doublequote} ${v:regex}', want: 'a|b a,b "a","b" (a|b)' },
    { name: 'unknown names stay', json: { type: 'custom', query: 'a', current: { value: 'a' } }, text: '$w ${w} $v1', want: '$w ${w} $v1' },
    { name: 'a constant is its query', json: { type: 'constant', query: 'c' }, text: '$v', want: 'c' },
    { name: 'an interval is its choice', json: { type: 'interval', query: '1m,5m', current: { value: '5m' } }, text: '[$v]', want: '[5m]' },
    { name: 'without a choice the first option', json: { type: 'custom', query: 'a,b' }, text: '$v', want: 'a' },
  ])('[D2] $name', ({ json, text, want }) => expect(query(json, text)).toBe(want))
  test('[D2] titles show what people read', () => {
    const v = variable({ type: 'custom', query: 'One : 1,Two : 2', multi: true, current: { value: ['1', '2'] } })
    expect(interpolateText('Hosts: $v', new Map([['v', variableValue(v)]]))).toBe('Hosts: One + Two')
  })
  test('[D2] a choice that is gone becomes the first option', () => {
    const v = variable({ type: 'query', query: 'label_values(job)', includeAll: false })
    expect(validChoice(v, ['old'], [{ text: 'new', value: 'new' }])).toEqual(['new'])
    expect(validChoice({ ...v, includeAll: true }, ['$__all'], [])).toEqual(['$__all'])
  })
  test.each([
    ['label_values(job)', { kind: 'label_values', label: 'job' }],
    ['label_values(up{a="b,c",d=~"x"}, instance)', { kind: 'label_values', selector: 'up{a="b,c",d=~"x"}', label: 'instance' }],
    ['label_names()', { kind: 'label_names' }],
    ['metrics(node_.*)', { kind: 'metrics', matching: 'node_.*' }],
    ['query_result(sum by (a) (b))', { kind: 'query_result', expr: 'sum by (a) (b)' }],
    ['up{job="x"}', { kind: 'series', selector: 'up{job="x"}' }],
    ['  ', undefined],
  ])('[D2] %s', (text, want) => expect(parseVariableQuery(text)).toEqual(want))
  test('[D2] answers are filtered, made unique and sorted', () => {
    const v = variable({ type: 'query', query: 'x', regex: '/job="([^"]+)"/', sort: 3 })
    expect(variableOptions(v, ['up{job="a10"} 1', 'up{job="a2"} 1', 'up{job="a2"} 5', 'none']).map(o => o.value)).toEqual(['a2', 'a10'])
    expect(variableOptions({ ...v, regex: '/(?<text>\\w+)-(?<value>\\d+)/', sort: 0 }, ['web-1', 'db-2'])).toEqual([{ text: 'web', value: '1' }, { text: 'db', value: '2' }])
    expect(variableOptions({ ...v, regex: '/(broken/' }, ['a'])).toEqual([{ text: 'a', value: 'a' }])
  })
})

describe('D3 placement', () => {
  const at = (json: JsonObject, toggled: number[] = []): unknown[] => placeBoard(readDashboard(json), new Map(), new Set(toggled)).map(p => p.kind === 'row' ? `row ${p.title}@${p.pos.y}` : `${p.panel.id}@${p.pos.x},${p.pos.y}`)
  test('[D3] holes close upwards, overlaps are pushed down', () => {
    expect(at(board(panel({ id: 1, gridPos: { x: 0, y: 5, w: 12, h: 4 } }), panel({ id: 2, gridPos: { x: 6, y: 6, w: 12, h: 4 } }), panel({ id: 3, gridPos: { x: 18, y: 30, w: 6, h: 2 } })))).toEqual(['1@0,0', '2@6,4', '3@18,0'])
  })
  test('[D3] a closed row hides its panels until it is opened', () => {
    const json = board({ type: 'row', id: 1, title: 'R', collapsed: true, panels: [panel({ id: 2, gridPos: { y: 1, w: 24, h: 5 } })], gridPos: { y: 0 } }, { type: 'row', id: 3, title: 'S', gridPos: { y: 1 } })
    expect(at(json)).toEqual(['row R@0', 'row S@1'])
    expect(at(json, [1])).toEqual(['row R@0', '2@0,1', 'row S@6'])
  })
  test('[D3] repeats copy for each value, with that value in scope', () => {
    const d = readDashboard({ templating: { list: [{ name: 'host', type: 'custom', query: 'a,b,c', multi: true, current: { value: ['a', 'b', 'c'] } }] }, panels: [panel({ id: 1, repeat: 'host', maxPerRow: 2, gridPos: { x: 0, y: 0, w: 24, h: 4 } })] })
    const placed = placeBoard(d, new Map(d.variables.map(v => [v.name, variableValue(v)])))
    expect(placed.map(p => [p.pos, p.kind === 'panel' && p.panel.scopedVars])).toEqual([
      [{ x: 0, y: 0, w: 12, h: 4 }, { host: 'a' }], [{ x: 12, y: 0, w: 12, h: 4 }, { host: 'b' }], [{ x: 0, y: 4, w: 12, h: 4 }, { host: 'c' }],
    ])
  })
})

describe('D4 metric names of a query', () => {
  test.each([
    ['sum by (job) (rate(http_requests_total{handler!="/metrics"}[5m])) or 0 * up', ['http_requests_total', 'up']],
    ['histogram_quantile(0.95, sum by (le) (rate(a_bucket[$__rate_interval]))) and on (job) b > 0', ['a_bucket', 'b']],
    ['{__name__="x", job="y"}', ['x']],
    ['node:cpu:rate5m offset 5m', ['node:cpu:rate5m']],
    ['vector(1)', []],
    ['max_over_time(rate(x[1m])[5m:20s]) + y[5m:]', ['x', 'y']],
  ])('[D4] %s', (expr, want) => expect(metricNames(expr)).toEqual(want))
})

describe('D5 texts', () => {
  test('[D5] built-in values', () => expect(interpolateQuery('${__from:date:YYYY} $__range_s', new Map([['__from', plainValue('__from', '1700000000000')], ['__range_s', plainValue('__range_s', '60')]]))).toBe('2023 60'))
})
