import { describe, expect, test } from 'vitest'
import { readDashboard } from '../read-dashboard.ts'
import { answerFrames } from './answer-frames.ts'
import { fieldMatches } from './field-matcher.ts'
import { fieldName } from './frame.ts'
import { transformFrames } from './transform-frames.ts'
import type { JsonObject } from '../model.ts'
import type { QueryAnswer } from './answer-frames.ts'
import type { Cell, Frame, FrameField } from './frame.ts'

/** A table as text: a line of names, then its rows. */
const shown = (frames: readonly Frame[]): unknown[][][] => frames.map(frame => [
  frame.fields.map(f => fieldName(f, frame, frames)),
  ...Array.from({ length: frame.length }, (_, i) => frame.fields.map(f => f.values[i])),
])
const column = (name: string, values: Cell[], members: Partial<FrameField> = {}): FrameField => ({ name, type: typeof values.find(v => v !== null) === 'string' ? 'string' : name.startsWith('Time') ? 'time' : 'number', values, ...members })
const table = (refId: string, ...fields: FrameField[]): Frame => ({ name: '', refId, fields, length: fields[0]?.values.length ?? 0 })
const line = (refId: string, name: string, labels: Record<string, string>, ts: number[], vs: number[]): Frame => ({ name, refId, length: ts.length, fields: [column('Time', ts), column('Value', vs, { labels, sourceName: name })] })
const run = (frames: readonly Frame[], ...steps: [id: string, options?: JsonObject, more?: JsonObject][]): unknown[][][] => shown(transformFrames(frames, steps.map(([id, options, more]) => ({ id, options: options ?? {}, ...more }))).frames)

const answer = (refId: string, all: [labels: Record<string, string>, vs: number[], ts?: number[]][], legend = ''): QueryAnswer => ({
  query: { refId, expr: 'x', legend, startMs: 0, endMs: 0, stepMs: 1, instant: false, shiftMs: 0 },
  series: all.map(([labels, vs, ts]) => ({ labels, ts: Float64Array.from(ts ?? vs.map((_, i) => i)), vs: Float64Array.from(vs) })),
})
const panelOf = (...formats: string[]): Parameters<typeof answerFrames>[0] => readDashboard({ panels: [{ type: 'table', targets: formats.map((format, i) => ({ refId: 'ABC'[i], expr: 'x', format })) }] }).panels[0]!

describe('F1 answers as tables', () => {
  test('[F1] a table per series, named by its legend', () => {
    expect(shown(answerFrames(panelOf('time_series'), [answer('A', [[{ job: 'a' }, [1, 2]], [{ job: 'b' }, [3]]], '{{job}}')]))).toEqual([[['Time', 'a'], [0, 1], [1, 2]], [['Time', 'b'], [0, 3]]])
  })
  test('[F1] format table: one table per query, a column per label, the value named by its query where there are several', () => {
    expect(shown(answerFrames(panelOf('table'), [answer('A', [[{ job: 'a', host: 'x' }, [1]], [{ job: 'b', le: '0.5' }, [2]]])]))).toEqual([[['Time', 'host', 'job', 'le', 'Value'], [0, 'x', 'a', NaN, 1], [0, '', 'b', 0.5, 2]]])
    expect(shown(answerFrames(panelOf('table', 'table'), [answer('A', [[{ job: 'a' }, [1]]]), answer('B', [])]))).toEqual([[['Time', 'job', 'Value #A'], [0, 'a', 1]], [['Time', 'Value #B']]])
  })
  test('[F1] format heatmap: buckets in order, each with its own count only; a count is never negative', () => {
    const frames = answerFrames(panelOf('heatmap'), [answer('A', [[{ le: '+Inf' }, [9, 9]], [{ le: '0.1' }, [2, 3]], [{ le: '1' }, [5, 2.9]]])])
    expect(shown(frames)).toEqual([[['Time', '0.1', '1', '+Inf'], [0, 2, 3, 4], [1, 3, 0, 6]]])
  })
})

describe('F2 names of columns', () => {
  test.each([
    ['given before legend', column('Value', [1], { givenName: 'G', sourceName: 'S' }), 'G'],
    ['legend before labels', column('Value', [1], { sourceName: 'S', labels: { a: '1' } }), 'S'],
    ['one label: its value', column('Value', [1], { labels: { a: '1' } }), '1'],
    ['several labels', column('Value', [1], { labels: { b: '2', a: '1' } }), '{a="1", b="2"}'],
    ['name and labels', column('x', [1], { labels: { b: '2', a: '1' } }), 'x {a="1", b="2"}'],
    ['nothing', column('', [1]), 'Value'],
  ])('[F2] %s', (_name, field, want) => {
    const frame = table('A', field)
    expect(fieldName(field, frame, [frame])).toBe(want)
  })
  test('[F2] equal names are numbered', () => expect(shown([table('A', column('Value', [1]), column('Value', [2]))])[0]![0]).toEqual(['Value 1', 'Value 2']))
})

const a = table('A', column('Time', [5, 5]), column('ns', ['x', 'y']), column('Value #A', [1, 2]))
const b = table('B', column('Time', [5, 5]), column('ns', ['y', 'z']), column('Value #B', [20, 30]))

describe('F3 transformations that join', () => {
  test('[F3] merge joins rows with equal shared columns and appends the others', () => {
    expect(run([a, b], ['merge'])).toEqual([[['Time', 'ns', 'Value #A', 'Value #B'], [5, 'x', 1, null], [5, 'y', 2, 20], [5, 'z', null, 30]]])
    expect(run([table('A', column('ns', ['x', 'x']), column('v', [1, 2])), table('B', column('ns', ['x']), column('v', [1]))], ['merge'])).toEqual([[['ns', 'v'], ['x', 1], ['x', 2]]])
  })
  test('[F3] merge without shared columns, or of one table, changes nothing', () => {
    const other = table('C', column('q', [1]))
    expect(run([a, other], ['merge'])).toEqual(shown([a, other]))
    expect(run([a], ['merge'])).toEqual(shown([a]))
  })
  test('[F3] joinByField, outer and inner; the columns of equal name are numbered', () => {
    expect(run([a, b], ['joinByField', { byField: 'ns' }])).toEqual([[['ns', 'Time 1', 'Value #A', 'Time 2', 'Value #B'], ['x', 5, 1, null, null], ['y', 5, 2, 5, 20], ['z', null, null, 5, 30]]])
    expect(run([a, b], ['joinByField', { byField: 'ns', mode: 'inner' }])).toEqual([[['ns', 'Time 1', 'Value #A', 'Time 2', 'Value #B'], ['y', 5, 2, 5, 20]]])
    expect(run([a, b], ['seriesToColumns', { byField: 'ns' }])[0]).toHaveLength(4)
  })
  test('[F3] without a field series are joined by time, sorted', () => {
    expect(run([line('A', 'l', {}, [3, 1], [30, 10]), line('B', 'm', {}, [2, 3], [2, 3])], ['joinByField'])).toEqual([[['Time', 'l', 'm'], [1, 10, null], [2, null, 2], [3, 30, 3]]])
  })
  test('[F3] tables that lack the column are dropped; none has it: nothing changes', () => {
    expect(run([a, table('C', column('q', [1]))], ['joinByField', { byField: 'ns' }])[0]).toHaveLength(3)
    expect(run([a, b], ['joinByField', { byField: 'nobody' }])).toEqual(shown([a, b]))
  })
  test('[F3] outerTabular keeps every pairing', () => {
    const twice = table('B', column('ns', ['x', 'x']), column('v', [7, 8]))
    expect(run([a, twice], ['joinByField', { byField: 'ns', mode: 'outerTabular' }])[0]!.slice(1)).toEqual([['x', 5, 1, 7], ['x', 5, 1, 8], ['y', 5, 2, null]])
  })
  test('[F3] seriesToRows: newest first', () => {
    expect(run([line('A', 'l', {}, [1, 2], [10, 20]), line('B', 'm', {}, [3], [30])], ['seriesToRows'])).toEqual([[['Time', 'Metric', 'Value'], [3, 'm', 30], [2, 'l', 20], [1, 'l', 10]]])
  })
})

describe('F4 transformations that arrange', () => {
  test('[F4] organize: leave out, order, rename, by the names before', () => {
    expect(run([a], ['organize', { excludeByName: { Time: true }, indexByName: { 'Value #A': 0, 'ns': 1 }, renameByName: { 'Value #A': 'Load', 'ns': '' } }])).toEqual([[['Load', 'ns'], [1, 'x'], [2, 'y']]])
    expect(run([a], ['organize', { includeByName: { ns: true } }])).toEqual([[['ns'], ['x'], ['y']]])
  })
  test('[F4] later steps know the new names', () => {
    expect(run([a], ['organize', { renameByName: { 'Value #A': 'Load' } }], ['sortBy', { sort: [{ field: 'Load', desc: true }] }], ['filterFieldsByName', { include: { names: ['Load'] } }])).toEqual([[['Load'], [2], [1]]])
  })
  test('[F4] filterFieldsByName: names, pattern, exclude, variable; nothing named leaves nothing out', () => {
    expect(run([a], ['filterFieldsByName', { include: { pattern: '/^V/' } }])[0]![0]).toEqual(['Value #A'])
    expect(run([a], ['filterFieldsByName', { exclude: { names: ['Time'] } }])[0]![0]).toEqual(['ns', 'Value #A'])
    expect(run([a], ['filterFieldsByName', {}])).toEqual(shown([a]))
    const byVariable = transformFrames([a], [{ id: 'filterFieldsByName', options: { byVariable: true, include: { variable: '$cols' } } }], { valuesOf: n => n === 'cols' ? ['ns'] : [] })
    expect(shown(byVariable.frames)[0]![0]).toEqual(['ns'])
  })
  test('[F4] sortBy: numbers by value, texts with the numbers inside, nothing first; equal rows stay', () => {
    const sorted = (values: Cell[], desc: boolean): unknown => run([table('A', column('v', values))], ['sortBy', { sort: [{ field: 'v', desc }] }])[0]!.slice(1).flat()
    expect(sorted([3, null, 20, 1], false)).toEqual([null, 1, 3, 20])
    expect(sorted(['pod-10', 'pod-9', 'a'], true)).toEqual(['pod-10', 'pod-9', 'a'])
  })
  test('[F4] renameByRegex, limit, filterByValue, filterByRefId, convertFieldType, transpose, concatenate', () => {
    expect(run([a], ['renameByRegex', { regex: 'Value #(.*)', renamePattern: 'v-$1' }])[0]![0]).toEqual(['Time', 'ns', 'v-A'])
    expect(run([a], ['limit', { limitField: 1 }])[0]).toHaveLength(2)
    expect(run([a], ['filterByValue', { type: 'include', match: 'any', filters: [{ fieldName: 'Value #A', config: { id: 'greater', options: { value: 1 } } }] }])[0]!.slice(1)).toEqual([[5, 'y', 2]])
    expect(run([a, b], ['filterByRefId', { include: 'B' }])).toHaveLength(1)
    expect(run([table('A', column('v', ['1', 'x']))], ['convertFieldType', { conversions: [{ targetField: 'v', destinationType: 'number' }] }])[0]!.slice(1).flat()).toEqual([1, null])
    expect(run([table('A', column('ns', ['x', 'y']), column('v', [1, 2]))], ['transpose'])).toEqual([[['Field', 'x', 'y'], ['v', 1, 2]]])
    expect(run([a, b], ['concatenate'])[0]![0]).toHaveLength(6)
  })
  test('[F4] labelsToFields: label columns before the values; a chosen label names the value', () => {
    const series = [line('A', 'l', { ns: 'x', mode: 'idle' }, [1], [10]), line('A', 'm', { ns: 'y', mode: 'idle' }, [1], [20])]
    expect(run(series, ['labelsToFields', { keepLabels: ['ns'] }], ['merge'])).toEqual([[['Time', 'ns', 'Value'], [1, 'x', 10], [1, 'y', 20]]])
    expect(run(series, ['labelsToFields', { valueLabel: 'mode' }], ['merge'])[0]![0]).toEqual(['Time', 'ns', 'idle'])
    expect(run(series.slice(0, 1), ['labelsToFields', { mode: 'rows' }])).toEqual([[['label', 'value'], ['ns', 'x'], ['mode', 'idle']]])
  })
  test('[F4] a filter limits a step to some queries, a disabled one is skipped, an unknown one is named', () => {
    expect(run([a, b], ['limit', { limitField: 1 }, { filter: { id: 'byRefId', options: 'B' } }]).map(t => t.length)).toEqual([2, 3])
    expect(run([a], ['limit', { limitField: 0 }, { disabled: true }])).toEqual(shown([a]))
    expect(transformFrames([a], [{ id: 'spatial' }]).unknown).toEqual(['spatial'])
  })
})

describe('F5 transformations that compute', () => {
  const series = [line('A', 'l', { ns: 'x' }, [1, 2], [10, 30]), line('A', 'm', { ns: 'y' }, [1, 2], [5, NaN])]
  test('[F5] reduce: a row per series, a column per reducer', () => {
    expect(run(series, ['reduce', { reducers: ['max', 'lastNotNull'] }])).toEqual([[['Field', 'Max', 'Last *'], ['l', 30, 30], ['m', 5, 5]]])
    expect(run(series, ['reduce', { reducers: ['sum'], labelsToFields: true }])).toEqual([[['Field', 'ns', 'Total'], ['Value', 'x', 40], ['Value', 'y', 5]]])
    expect(run([a], ['reduce', { reducers: ['sum'], mode: 'reduceFields' }])).toEqual([[['ns', 'Value #A'], [null, 3]]])
    expect(run([a], ['reduce', { reducers: [] }])).toEqual(shown([a]))
  })
  test('[F5] groupBy: named columns only, others vanish', () => {
    expect(run([table('A', column('db', ['p', 'q', 'p']), column('Value', [1, 2, 9]), column('other', [0, 0, 0]))], ['groupBy', { fields: { db: { operation: 'groupby', aggregations: [] }, Value: { operation: 'aggregate', aggregations: ['max', 'count'] } } }]))
      .toEqual([[['db', 'Value (max)', 'Value (count)'], ['p', 9, 2], ['q', 2, 1]]])
  })
  test('[F5] calculateField: rows, two operands, a number, one operand, running sums, the row number', () => {
    const t = [table('A', column('a', [6, 8]), column('b', [2, 4]))]
    const last = (options: JsonObject): unknown => run(t, ['calculateField', options])[0]!.map(r => r.at(-1))
    expect(last({ mode: 'reduceRow', reduce: { reducer: 'sum' } })).toEqual(['Total', 8, 12])
    expect(last({ mode: 'reduceRow', alias: 'S', reduce: { reducer: 'count', include: ['a'] } })).toEqual(['S', 1, 1])
    expect(last({ mode: 'binary', binary: { left: 'a', operator: '/', right: 'b' } })).toEqual(['a / b', 3, 2])
    expect(last({ mode: 'binary', binary: { left: { matcher: { id: 'byName', options: 'a' } }, operator: '*', right: { fixed: '10' } } })).toEqual(['a * 10', 60, 80])
    expect(last({ mode: 'unary', unary: { operator: 'ln', fieldName: 'a' } })).toEqual(['ln(a)', Math.log(6), Math.log(8)])
    expect(last({ mode: 'cumulativeFunctions', cumulative: { field: 'a', reducer: 'sum' } })).toEqual(['cumulative sum(a)', 6, 14])
    expect(last({ mode: 'windowFunctions', window: { field: 'a', reducer: 'mean', windowSize: 2, windowSizeMode: 'fixed' } })).toEqual(['trailing moving mean(a)', 6, 7])
    expect(last({ mode: 'index' })).toEqual(['Row', 0, 1])
    expect(run(t, ['calculateField', { mode: 'binary', alias: 'r', replaceFields: true, binary: { left: 'a', operator: '-', right: 'b' } }])).toEqual([[['r'], [4], [4]]])
    expect(run(t, ['calculateField', { mode: 'binary', binary: { left: 'nobody', operator: '-', right: 'b' } }])).toEqual(shown(t))
  })
  test('[F5] calculateField joins series by time first', () => {
    expect(run(series, ['calculateField', { mode: 'reduceRow', reduce: { reducer: 'sum' } }])).toEqual([[['Time', 'l', 'm', 'Total'], [1, 10, 5, 15], [2, 30, NaN, 30]]])
  })
  test('[F5] groupingToMatrix, partitionByValues, timeSeriesTable', () => {
    const t = [table('A', column('pod', ['p', 'q', 'p']), column('par', ['x', 'x', 'y']), column('Value', [1, 2, 3]))]
    expect(run(t, ['groupingToMatrix', { columnField: 'pod', rowField: 'par', valueField: 'Value' }])).toEqual([[['par\\pod', 'p', 'q'], ['x', 1, 2], ['y', 3, null]]])
    expect(run(t, ['partitionByValues', { fields: ['pod'] }]).map(f => f.length - 1)).toEqual([2, 1])
    const made = transformFrames(series, [{ id: 'timeSeriesTable', options: { A: { stat: 'max' } } }]).frames[0]!
    expect(made.fields.map(f => f.name)).toEqual(['ns', 'Trend #A'])
    expect(made.fields[1]!.values[0]).toMatchObject({ name: '30', length: 2 })
  })
  test('[F5] whatever the options, data that does not fit is left as it is', () => {
    const ids = ['merge', 'joinByField', 'concatenate', 'seriesToRows', 'organize', 'renameByRegex', 'filterFieldsByName', 'filterByRefId', 'filterByValue', 'sortBy', 'limit', 'labelsToFields', 'transpose', 'convertFieldType', 'reduce', 'groupBy', 'groupingToMatrix', 'partitionByValues', 'timeSeriesTable', 'calculateField', 'prepareTimeSeries']
    for (const id of ids) {
      for (const options of [undefined, null, 5, [], { fields: 3, sort: 'x', filters: [4], reducers: 'max', binary: { left: {}, right: {} }, conversions: [null], indexByName: [], constructor: 1 }]) {
        for (const frames of [[], [table('A')], [a], [a, b, table('C')], series]) expect(Array.isArray(transformFrames(frames, [{ id, options }]).frames)).toBe(true)
      }
    }
  })
})

describe('F6 transformations that reshape', () => {
  // Expected values: @grafana/data 13.2.3, but for joinByLabels and rowsToFields, which it does not hold.
  const dates = table('A', column('name', ['a b', 'C']), column('Time', [0, 1_700_000_000_000]))
  test('[F6] formatTime writes times by a pattern, without one as ISO; other columns stay', () => {
    expect(run([dates], ['formatTime', { timeField: 'Time', outputFormat: 'YYYY-MM-DD', timezone: 'utc' }])).toEqual([[['name', 'Time'], ['a b', '1970-01-01'], ['C', '2023-11-14']]])
    expect(run([dates], ['formatTime', { timeField: 'Time', outputFormat: '', timezone: 'utc' }])[0]![2]).toEqual(['C', '2023-11-14T22:13:20Z'])
    expect(run([dates], ['formatTime', { timeField: 'none', outputFormat: 'X' }])).toEqual(shown([dates]))
  })
  test.each([
    ['Upper Case', 'HELLO WORLD  FOO'], ['Lower Case', 'hello world  foo'], ['Sentence Case', 'HeLLo woRLd  foo'], ['Title Case', 'Hello World  Foo'], ['Pascal Case', 'HelloWorldFoo'], ['Camel Case', 'helloWorldFoo'],
    ['Snake Case', 'hello_world__foo'], ['Kebab Case', 'hello-world--foo'], ['Trim', 'heLLo woRLd  foo'], ['Substring', 'eL'],
  ])('[F6] formatString: %s', (outputFormat, want) => {
    expect(run([table('A', column('s', ['heLLo woRLd  foo']))], ['formatString', { stringField: 's', outputFormat, substringStart: 1, substringEnd: 3 }])[0]![1]).toEqual([want])
  })
  test('[F6] joinByLabels: a row for each set of labels, a column for each value of one label', () => {
    const frames = [line('A', 'x', { what: 'Temp', cluster: 'A' }, [0, 1], [1, 2]), line('A', 'y', { what: 'Temp', cluster: 'B' }, [0, 1], [10, 20]), line('A', 'z', { what: 'Speed', cluster: 'B' }, [0], [5])]
    expect(run(frames, ['joinByLabels', { value: 'what' }])).toEqual([[['cluster', 'Temp', 'Speed'], ['A', 1, null], ['A', 2, null], ['B', 10, 5], ['B', 20, null]]])
    expect(run(frames, ['joinByLabels', { value: 'nothing' }])).toEqual(shown(frames))
  })
  test('[F6] rowsToFields: a row becomes a column', () => {
    expect(run([table('A', column('name', ['cpu', 'memory']), column('v', [1, 2]))], ['rowsToFields'])).toEqual([[['cpu', 'memory'], [1, 2]]])
    expect(run([table('A', column('a', ['x', 'y']), column('b', ['p', 'q']), column('v', [1, 2]))], ['rowsToFields', { nameField: 'b', valueField: 'v' }])).toEqual([[['p x', 'q y'], [1, 2]]])
  })
})

describe('F7 matchers', () => {
  const fits = (options: object, values: (number | null)[]): boolean => fieldMatches('byValue', options, { name: 'x', displayName: 'x', refId: 'A', values })
  test('[F7] "all zero" and "all empty" are answers already, whatever they are compared with', () => {
    expect([[0, 0], [0, 1]].map(v => fits({ reducer: 'allIsZero', op: 'gte', value: 0 }, v))).toEqual([true, false])
    expect([[null], [1]].map(v => fits({ reducer: 'allIsNull', op: 'gte', value: 0 }, v))).toEqual([true, false])
    expect(fits({ reducer: 'mean', op: 'gt', value: 2 }, [3])).toBe(true)
  })
})
