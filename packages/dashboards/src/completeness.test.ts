import { describe, expect, test } from 'vitest'
import { addFilters, addGrouping } from './add-filters.ts'
import { filterText, parseFilter, savedFilters } from './adhoc-filters.ts'
import { isRendered } from './conditions.ts'
import { exportForSharing } from './share/export-board.ts'
import { interpolateQuery, interpolateText, plainValue, variableValue } from './interpolate.ts'
import { placeBoard } from './layout.ts'
import { libraryModel, libraryPanelUids, linkedPanel, unlinkedPanel } from './library-panels.ts'
import { readDashboard } from './read-dashboard.ts'
import { variableOptions } from './variable-queries.ts'
import type { JsonObject, Variable } from './model.ts'

const variable = (json: JsonObject): Variable => readDashboard({ panels: [], templating: { list: [{ name: 'v', ...json }] } }).variables[0]!

describe('D11 library panels', () => {
  const model = { type: 'stat', title: 'Errors', targets: [{ refId: 'A', expr: 'errors' }], gridPos: { x: 0, y: 0, w: 1, h: 1 }, id: 99 }
  const reference = { id: 4, gridPos: { x: 6, y: 2, w: 12, h: 5 }, libraryPanel: { uid: 'lib1', name: 'Shared' } }
  const board = { panels: [reference, { type: 'row', gridPos: { x: 0, y: 20, w: 24, h: 1 }, panels: [{ libraryPanel: { uid: 'lib2', name: 'Other' } }] }] }
  test('[D11] a board\'s references are found, in rows and in model v2, too', () => {
    expect(libraryPanelUids(board)).toEqual(['lib1', 'lib2'])
    expect(libraryPanelUids({ kind: 'Dashboard', spec: { elements: { a: { kind: 'LibraryPanel', spec: { id: 1, libraryPanel: { uid: 'lib3', name: 'x' } } } } } })).toEqual(['lib3'])
    expect(libraryPanelUids(null)).toEqual([])
  })
  test('[D11] what the library has is drawn at the panel\'s own place, under its own title if it has one', () => {
    const panels = readDashboard(board, new Map([['lib1', model]])).panels
    expect(panels[0]).toMatchObject({ id: 4, type: 'stat', title: 'Errors', gridPos: reference.gridPos })
    expect(panels[0]!.targets[0]!.expr).toBe('errors')
    expect(readDashboard({ panels: [{ ...reference, title: 'Own' }] }, new Map([['lib1', model]])).panels[0]!.title).toBe('Own')
  })
  test('[D11] a missing one keeps its name; one that a board holds whole is drawn from the board', () => {
    for (const library of [undefined, new Map([['lib1', null]])]) expect(readDashboard(board, library).panels[0]).toMatchObject({ type: 'library panel Shared', title: 'Shared' })
    expect(readDashboard({ panels: [{ ...reference, ...model, id: 4 }] }).panels[0]!.type).toBe('stat')
    const v2 = { elements: { a: { kind: 'LibraryPanel', spec: { id: 1, title: '', libraryPanel: { uid: 'lib1', name: 'Shared' } } } }, layout: { kind: 'GridLayout', spec: { items: [{ kind: 'GridLayoutItem', spec: { x: 0, y: 0, width: 6, height: 4, element: { name: 'a' } } }] } } }
    expect(readDashboard(v2).panels[0]!.type).toBe('library panel Shared')
    expect(readDashboard(v2, new Map([['lib1', model]])).panels[0]).toMatchObject({ type: 'stat', title: 'Errors', gridPos: { w: 6, h: 4 } })
  })
  test('[D11] taken out of the library all of it stands in the board; put into it only its place and title', () => {
    const alone = unlinkedPanel(reference, new Map([['lib1', model]]))
    expect(alone).toMatchObject({ id: 4, type: 'stat', gridPos: reference.gridPos, title: 'Errors' })
    expect(alone).not.toHaveProperty('libraryPanel')
    expect(linkedPanel(alone, { uid: 'n', name: 'N' })).toEqual({ id: 4, gridPos: reference.gridPos, title: 'Errors', libraryPanel: { uid: 'n', name: 'N' } })
    expect(libraryModel({ ...alone, repeat: 'x' })).toEqual({ type: 'stat', title: 'Errors', targets: model.targets })
  })
})

describe('D12 filters and groupings', () => {
  test.each([['a|=|b', 'a="b"'], ['a|=__gfp__|x|y.z', String.raw`a=~"x|y\\.z"`], ['a|!=__gfp__|x', 'a!~"x"'], ['a|=~|x.*', 'a=~"x.*"']])('[D12] %s', (text, matcher) => expect(addFilters('up', [parseFilter(text)!])).toBe(`up{${matcher}}`))
  test('[D12] < and > are no matchers of PromQL: they are kept and change nothing', () => {
    for (const op of ['<', '>']) expect(addFilters('sum(up)', [parseFilter(`le|${op}|5`)!])).toBe('sum(up)')
    expect(addFilters('up', [parseFilter('le|>|5')!, parseFilter('a|=|b')!])).toBe('up{a="b"}')
  })
  test('[D12] addresses as Grafana writes them: bars, commas and hashes in values, names of values behind a comma', () => {
    const f = parseFilter('a|=__gfp__|x__gfc__1,shown|y__gfh__2')!
    expect(f).toMatchObject({ operator: '=|', values: ['x,1', 'y#2'] })
    expect(parseFilter(filterText(f))).toEqual(f)
    expect([parseFilter('|=|b'), parseFilter('a|?|b'), parseFilter('a|=')]).toEqual([undefined, undefined, undefined])
    expect(savedFilters(variable({ type: 'adhoc', filters: [{ key: 'a', operator: '=|', value: 'x', values: ['x', 'y'] }, { operator: '=' }] }))).toEqual([{ key: 'a', operator: '=|', value: 'x', values: ['x', 'y'] }])
  })
  test.each([
    ['sum(rate(a[5m]))', 'sum by (pod) (rate(a[5m]))'], ['sum by (job) (a)', 'sum by (pod, job) (a)'], ['sum(a) by (job)', 'sum(a) by (pod, job)'], ['sum by () (a)', 'sum by (pod) (a)'], ['sum without (job) (a)', 'sum without (job) (a)'], ['sum by (pod) (a)', 'sum by (pod) (a)'],
    ['max(sum by (le) (a)) / count(b)', 'max by (pod) (sum by (pod, le) (a)) / count by (pod) (b)'], ['up', 'up'], ['sum(', 'sum('],
  ])('[D12] %s grouped by pod, too', (expr, want) => expect(addGrouping(expr, ['pod']).replace(/\s+/g, ' ').replace(/\( /g, '(')).toBe(want))
})

describe('D13 variables', () => {
  test('[D13] regex with named groups gives texts and values; static options stand before, after or among them', () => {
    const v = (more: JsonObject): string[] => variableOptions(variable({ type: 'query', query: 'q', regex: '/(?<text>\\w+):(?<value>\\d+)/', ...more }), ['b:2', 'a:1']).map(o => `${o.text}=${o.value}`)
    expect(v({})).toEqual(['b=2', 'a=1'])
    expect(v({ staticOptions: [{ text: 'none', value: 'x' }] })).toEqual(['none=x', 'b=2', 'a=1'])
    expect(v({ staticOptions: [{ text: 'none', value: 'x' }], staticOptionsOrder: 'after' })).toEqual(['b=2', 'a=1', 'none=x'])
    expect(v({ staticOptions: [{ value: 'aa' }], staticOptionsOrder: 'sorted', sort: 1 })).toEqual(['a=1', 'aa=aa', 'b=2'])
  })
  test('[D13] custom values in JSON: their members are reached by name', () => {
    const v = variable({ type: 'custom', valuesFormat: 'json', query: '[{"text":"Prod","value":"p","zone":"eu"},"q"]', current: { value: 'p' } })
    expect(v.options.map(o => [o.text, o.value])).toEqual([['Prod', 'p'], ['q', 'q']])
    const values = new Map([['v', variableValue(v)]])
    expect(interpolateQuery('a{z="${v.zone}",v="$v"}', values)).toBe('a{z="eu",v="p"}')
    expect(interpolateText('${v.zone} ${v.text}', values)).toBe('eu Prod')
    expect(variable({ type: 'custom', valuesFormat: 'json', query: 'no list' }).options).toEqual([])
  })
  test('[D13] a variable of groupings has labels as values, none at first', () => expect(variable({ type: 'groupby', current: { value: [] } })).toMatchObject({ kind: 'groupby', current: [] }))
})

describe('D14 conditions of model v2', () => {
  const condition = (visibility: string, join: string, ...items: JsonObject[]): JsonObject => ({ kind: 'ConditionalRenderingGroup', spec: { visibility, condition: join, items } })
  const onVariable = (operator: string, value: string): JsonObject => ({ kind: 'ConditionalRenderingVariable', spec: { variable: 'v', operator, value } })
  const range = { kind: 'ConditionalRenderingTimeRangeSize', spec: { value: '7d' } }
  const values = new Map([['v', plainValue('v', 'prod')]])
  test.each([
    ['equals', 'prod', true], ['equals', 'dev', false], ['notEquals', 'dev', true], ['matches', '^p', true], ['notMatches', '^p', false], ['matches', '(', false],
  ])('[D14] the variable %s %s', (operator, value, want) => expect(isRendered(condition('show', 'and', onVariable(operator, value)), values, 0)).toBe(want))
  test('[D14] and, or, hidden instead of shown, the length of the range; what is known to the panel only doesn\'t count', () => {
    const no = onVariable('equals', 'dev')
    const yes = onVariable('equals', 'prod')
    expect([isRendered(condition('show', 'and', yes, no), values, 0), isRendered(condition('show', 'or', yes, no), values, 0), isRendered(condition('hide', 'and', yes), values, 0)]).toEqual([false, true, false])
    expect([isRendered(condition('show', 'and', range), values, 86_400_000), isRendered(condition('show', 'and', range), values, 8 * 86_400_000)]).toEqual([true, false])
    expect([isRendered(condition('hide', 'and', { kind: 'ConditionalRenderingData', spec: { value: true } }), values, 0), isRendered(undefined, values, 0)]).toEqual([true, true])
  })
  const element = (id: number): JsonObject => ({ kind: 'Panel', spec: { id, title: `p${id}`, vizConfig: { kind: 'VizConfig', group: 'stat', spec: {} } } })
  const item = (name: string, more: JsonObject = {}): JsonObject => ({ kind: 'AutoGridLayoutItem', spec: { element: { kind: 'ElementReference', name }, ...more } })
  const board = {
    apiVersion: 'dashboard.grafana.app/v2', kind: 'Dashboard', metadata: { name: 'u' },
    spec: {
      title: 'Tabs', elements: { a: element(1), b: element(2), c: element(3) },
      layout: { kind: 'TabsLayout', spec: { tabs: [
        { kind: 'TabsLayoutTab', spec: { title: 'One', layout: { kind: 'RowsLayout', spec: { rows: [{ kind: 'RowsLayoutRow', spec: { title: 'Row', layout: { kind: 'AutoGridLayout', spec: { maxColumnCount: 2, items: [item('a'), item('b', { conditionalRendering: condition('show', 'and', onVariable('equals', 'dev')) })] } } } }] } } } },
        { kind: 'TabsLayoutTab', spec: { title: 'Two', conditionalRendering: condition('hide', 'and', onVariable('equals', 'prod')), layout: { kind: 'AutoGridLayout', spec: { items: [item('c')] } } } },
      ] } },
    },
  }
  test('[D14] panels, rows and tabs of a board in model v2 are shown as they say', () => {
    const d = readDashboard(board)
    const shown = (value: string): string[] => placeBoard(d, new Map([['v', plainValue('v', value)]])).map(p => p.kind === 'row' ? `# ${p.title}` : p.panel.title)
    expect(shown('prod')).toEqual(['# One', '# Row', 'p1'])
    expect(shown('dev')).toEqual(['# One', '# Row', 'p1', 'p2', '# Two', 'p3'])
  })
  test('[D14] such a board is kept, and exported, as it came', () => {
    const before = JSON.stringify(board)
    expect(readDashboard(board).raw).toBe(board)
    expect(exportForSharing(board)).toEqual(board)
    expect(JSON.stringify(board)).toBe(before)
  })
})
