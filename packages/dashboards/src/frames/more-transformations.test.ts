import { describe, expect, test } from 'vitest'
import { fieldConfigFor } from '../overrides.ts'
import { readDashboard } from '../read-dashboard.ts'
import { matchedColumn } from './arrange.ts'
import { keyValuePairs } from './extract-fields.ts'
import { fieldName, isFrame } from './frame.ts'
import { leastSquares } from './regression.ts'
import { transformFrames } from './transform-frames.ts'
import type { JsonObject } from '../model.ts'
import type { Cell, Frame, FrameField } from './frame.ts'

const column = (name: string, values: Cell[], members: Partial<FrameField> = {}): FrameField => ({ name, type: typeof values.find(v => v !== null) === 'string' ? 'string' : name === 'Time' ? 'time' : 'number', values, ...members })
const table = (refId: string, ...fields: FrameField[]): Frame => ({ name: '', refId, fields, length: fields[0]?.values.length ?? 0 })
const shown = (frames: readonly Frame[]): unknown[] => frames.map(frame => [
  frame.fields.map(f => fieldName(f, frame, frames)),
  ...Array.from({ length: frame.length }, (_, i) => frame.fields.map(f => {
    const v = f.values[i]
    return isFrame(v) ? shown([v]) : v
  })),
])
const frames = (input: readonly Frame[], id: string, options: JsonObject = {}): readonly Frame[] => transformFrames(input, [{ id, options }]).frames
const run = (input: readonly Frame[], id: string, options: JsonObject = {}): unknown[] => shown(frames(input, id, options))

const series = (labels: Record<string, string>, vs: (number | null)[]): Frame => table('A', column('Time', vs.map((_, i) => i * 1000)), column('Value', vs, { labels }))
const two = [series({ ns: 'x' }, [1, 2, 2.5, 7, 30]), series({ ns: 'y' }, [5, null, 11, NaN])]
const rows = table('A', column('name', ['a', 'b', 'a', 'c']), column('v', [1, 2, 3, 4]), column('w', [10, 20, 30, 40]), column('lab', ['x', 'y', 'z', 'x']))

// Expected values of F8 and F9: @grafana/data 13.2.3, but that `bucketCount` is heeded (there always 30) and equal values have a size.
describe('F8 histogram and heatmap', () => {
  test('[F8] a row per bucket that has values, a column of counts per series', () => {
    expect(run(two, 'histogram')).toEqual([[['xMin', 'xMax', 'x', 'y'], [1, 2, 1, 0], [2, 3, 2, 0], [5, 6, 0, 1], [7, 8, 1, 0], [11, 12, 0, 1], [30, 31, 1, 0]]])
    expect(run(two, 'histogram', { bucketSize: 5, bucketOffset: 1 })).toEqual([[['xMin', 'xMax', 'x', 'y'], [1, 6, 3, 1], [6, 11, 1, 0], [11, 16, 0, 1], [26, 31, 1, 0]]])
    expect(run(two, 'histogram', { bucketSize: '10', combine: true })).toEqual([[['xMin', 'xMax', 'Count'], [0, 10, 5], [10, 20, 1], [30, 40, 1]]])
    expect(run([series({}, [0.12, 0.35, 0.36])], 'histogram')).toEqual([[['xMin', 'xMax', 'Value'], [0.12, 0.13999999999999999, 1], [0.34, 0.36000000000000004, 1], [0.36, 0.38, 1]]])
    expect(run(two, 'histogram', { bucketCount: 5 })).toEqual([[['xMin', 'xMax', 'x', 'y'], [0, 10, 4, 1], [10, 20, 0, 1], [30, 40, 1, 0]]])
    expect(run([series({}, [3, 3, 3])], 'histogram')).toEqual([[['xMin', 'xMax', 'Value'], [3, 4, 3]]])
    expect(frames(two, 'histogram')[0]!.shape).toBe('bins')
  })
  test('[F8] heatmap: cells by time and size, sizes as Grafana rounds them', () => {
    const [cells] = frames([table('A', column('Time', [1, 2, 3, 4]), column('temp', [1.1, 2.2, 3.3, 4.4]))], 'heatmap')
    expect(cells!.fields.map(f => [f.name, f.type])).toEqual([['xMin', 'time'], ['yMin', 'number'], ['Count', 'number']])
    // (4.4 - 1.1) / 9 is 0.367: 0.35 is the next round size below; 3 to 12 times that, at four moments.
    expect(cells!.length).toBe(40)
    expect(Array.from(cells!.fields[1]!.values).slice(0, 3)).toEqual([1.05, 1.4, 1.75])
    expect(Array.from(cells!.fields[2]!.values).reduce<number>((n, v) => n + Number(v), 0)).toBe(4)
    expect(cells!.shape).toBe('cells')
  })
  test('[F8] heatmap: sizes of time as durations, logarithmic values, the values kept beside', () => {
    const input = [table('A', column('Time', [0, 60_000, 120_000]), column('v', [1, 10, 100]))]
    const [cells] = frames(input, 'heatmap', { xBuckets: { mode: 'size', value: '1m' }, yBuckets: { scale: { type: 'log', log: 10 } } })
    expect([...new Set(Array.from(cells!.fields[0]!.values))]).toEqual([0, 60_000, 120_000])
    expect([...new Set(Array.from(cells!.fields[1]!.values))]).toEqual([1, 10, 100])
    expect(frames(input, 'heatmap', { keepOriginalData: true })).toHaveLength(2)
  })
})

describe('F9 groups, texts and settings', () => {
  test('[F9] groupToNestedTable: aggregated columns outside, the rest inside', () => {
    expect(run([rows], 'groupToNestedTable', { fields: { name: { operation: 'groupby', aggregations: [] }, v: { operation: 'aggregate', aggregations: ['sum', 'max'] } } })).toEqual([[
      ['name', 'v (sum)', 'v (max)', '__nestedFrames'], ['a', 4, 3, [[['w', 'lab'], [10, 'x'], [30, 'z']]]], ['b', 2, 2, [[['w', 'lab'], [20, 'y']]]], ['c', 4, 4, [[['w', 'lab'], [40, 'x']]]],
    ]])
  })
  test('[F9] groupToNestedTable by rules: kept columns stay inside; no heading inside where it says so', () => {
    const rules = [{ matcher: { id: 'byName', options: 'name' }, operation: 'groupby' }, { matcher: { id: 'byType', options: 'number' }, operation: 'aggregate', aggregations: ['mean'], keepNestedField: true }]
    const [made] = frames([rows], 'groupToNestedTable', { rules, showSubframeHeaders: false, expandAllRows: true })
    expect(shown([made!])[0]).toMatchObject([['name', 'v (mean)', 'w (mean)', '__nestedFrames'], ['a', 2, 20, [[['name', 'v', 'w', 'lab'], ['a', 1, 10, 'x'], ['a', 3, 30, 'z']]]], {}, {}])
    expect(made).toMatchObject({ expandAll: true })
    expect(made!.fields.at(-1)!.values[0]).toMatchObject({ noHeader: true })
    expect(run([rows], 'groupToNestedTable', {})).toEqual(shown([rows]))
  })
  test('[F9] extractFields: JSON, paths, pairs, lists, groups; rows that are none of it stay empty', () => {
    const json = table('A', column('Time', [5, 6]), column('line', ['{"a":"x","n":1,"o":{"p":[1,2]}}', 'nothing']))
    expect(run([json], 'extractFields', { source: 'line', format: 'json', replace: true })).toEqual([[['a', 'n', 'o'], ['x', 1, '{"p":[1,2]}'], [null, null, null]]])
    expect(run([json], 'extractFields', { source: 'line', format: 'json', replace: true, keepTime: true, jsonPaths: [{ path: 'o.p[1]', alias: 'second' }, { path: 'q' }] })).toEqual([[['Time', 'second', 'q'], [5, 2, 'Not Found'], [6, null, null]]])
    const texts = table('A', column('line', ['k=1, w: "a b"']))
    expect(run([texts], 'extractFields', { source: 'line', format: 'kvp' })).toEqual([[['line', 'k', 'w'], ['k=1, w: "a b"', '1', 'a b']]])
    expect(run([table('A', column('line', ['a, b']))], 'extractFields', { source: 'line', format: 'delimiter', replace: true })).toEqual([[['a', 'b'], [1, 1]]])
    expect(run([texts], 'extractFields', { source: 'line', format: 'regexp', regExp: '/k=(?<k>\\d)/', replace: true })).toEqual([[['k'], ['1']]])
    expect(run([texts], 'extractFields', { source: 'nobody' })).toEqual(shown([texts]))
  })
  test.each([
    ['a=1 b=2', { a: '1', b: '2' }], ['a:1,b:2;c=3', { a: '1', b: '2', c: '3' }], ['flag a="x y"', { flag: '', a: 'x y' }], [String.raw`a="x\"y"`, { a: 'x"y' }], ['{a="1"}', { a: '1' }], ['a=', { a: '' }], ['', {}],
  ])('[F9] pairs of %s', (text, want) => expect(keyValuePairs(text)).toEqual(want))
  test('[F9] configFromData: ends, limits, words and unit of the data win over the panel\'s, an override wins over both', () => {
    const config = table('B', column('Max', [1, 10, 50]), column('Min', [1, 10, 5]), column('u', ['s']), column('value', [1, 2]), column('text', ['one', 'two']))
    const mappings = [{ fieldName: 'u', handlerKey: 'unit' }, { fieldName: 'value', handlerKey: 'mappings.value' }, { fieldName: 'text', handlerKey: 'mappings.text' }]
    const out = frames([config, two[0]!], 'configFromData', { configRefId: 'B', mappings })
    expect(out).toHaveLength(1)
    const panel = readDashboard({ panels: [{ type: 'stat', fieldConfig: { defaults: { unit: 'bytes', max: 7, decimals: 1 }, overrides: [{ matcher: { id: 'byName', options: 'Value' }, properties: [{ id: 'min', value: 2 }] }] } }] }).panels[0]!
    const shownAs = fieldConfigFor(panel, matchedColumn(out[0]!.fields[1]!, out[0]!, out))
    expect(shownAs).toMatchObject({ unit: 's', max: 50, min: 2, decimals: 1 })
    expect(shownAs.mappings).toEqual([{ type: 'value', options: new Map([['1', { text: 'one' }], ['2', { text: 'two' }]]) }])
    const limits = frames([config, two[0]!], 'configFromData', { configRefId: 'B', mappings: [{ fieldName: 'Max', handlerKey: 'threshold1', reducerId: 'min', handlerArguments: { threshold: { color: 'orange' } } }] })
    expect(limits[0]!.fields[1]!.config).toMatchObject({ thresholds: { steps: [{ color: 'green' }, { value: 1, color: 'orange' }] } })
    expect(frames(two, 'configFromData', { configRefId: 'none' })).toBe(two)
  })
  test('[F9] regression: a table more, straight or curved; gaps are no points', () => {
    const square = table('A', column('Time', [0, 1, 2, 3, 4, 5]), column('v', [0, 1, 2, 2, 1, null]))
    const [, line] = frames([table('A', column('Time', [0, 1, 2, 3, 4, 5]), column('v', [0, 1, 2, 2, 1, 0]))], 'regression', { xFieldName: 'Time', yFieldName: 'v', predictionCount: 6 })
    expect(line!.name).toBe('Linear regression')
    expect(line!.fields[1]!.name).toBe('v predicted')
    for (const v of Array.from(line!.fields[1]!.values)) expect(v).toBeCloseTo(1)
    const [, curve] = frames([square], 'regression', { xFieldName: 'Time', yFieldName: 'v', modelType: 'polynomial', predictionCount: 10 })
    expect(curve!.name).toBe('Quadratic polynomial regression')
    expect([curve!.fields[0]!.values[1], curve!.fields[0]!.values[9]]).toEqual([0.5, 5])
    expect(frames([square], 'regression', { xFieldName: 'nobody', yFieldName: 'v' })).toHaveLength(1)
    expect(leastSquares([0, 0.5, 1], [1, 2.25, 4], 2)!.map(f => Number(f.toFixed(9)))).toEqual([1, 2, 1])
    expect(leastSquares([1, 1], [1, 2], 1)).toBeUndefined()
  })
  test('[F9] order, rename and the older filters', () => {
    expect((run([rows], 'order', { indexByName: { v: 0, name: 1 } })[0] as unknown[])[0]).toEqual(['v', 'name', 'w', 'lab'])
    expect((run([rows], 'rename', { renameByName: { v: 'V' } })[0] as unknown[])[0]).toEqual(['name', 'V', 'w', 'lab'])
    expect((run([rows], 'filterFields', { include: { id: 'byType', options: 'number' } })[0] as unknown[])[0]).toEqual(['v', 'w'])
    expect(run([...two, table('B', column('q', [1]))], 'filterFrames', { include: { id: 'byRefId', options: 'B' } })).toEqual([[['q'], [1]]])
  })
  test('[F9] transpose names columns by the first one; without texts or times there, by number', () => {
    expect(run([rows], 'transpose', { firstFieldName: 'F', restFieldsName: 'R' })).toEqual([[['F', 'R a', 'R b', 'R a', 'R c'], ['v', '1', '2', '3', '4'], ['w', '10', '20', '30', '40'], ['lab', 'x', 'y', 'z', 'x']]])
    expect(run([table('A', column('v', [1, 2]))], 'transpose')).toEqual([[['Field', '1', '2'], ['v', 1, 2]]])
  })
  test('[F9] partitionByValues: values become labels, or the name; the first table only', () => {
    expect(run([rows, table('B', column('q', [1]))], 'partitionByValues', { fields: ['name'] }).map(t => (t as unknown[]).length - 1)).toEqual([2, 1, 1])
    expect(frames([rows], 'partitionByValues', { fields: ['name'] })[0]!.fields[0]!.labels).toEqual({ name: 'a' })
    expect(frames([rows], 'partitionByValues', { fields: ['name', 'lab'], naming: { asLabels: false, withNames: true } })[0]!.name).toBe('name=a lab=x')
  })
  test('[F9] whatever the options, data that does not fit is left as it is or left out', () => {
    for (const id of ['histogram', 'heatmap', 'groupToNestedTable', 'extractFields', 'configFromData', 'regression', 'order', 'rename', 'filterFields', 'filterFrames', 'transpose', 'partitionByValues']) {
      for (const options of [undefined, null, 5, [], { fields: 3, rules: [null, {}], mappings: [4, { fieldName: 'v' }], source: 'lab', format: 'regexp', regExp: '/(/', xBuckets: 3, yBuckets: { value: '0', mode: 'count' }, bucketSize: -1, configRefId: 'A', xFieldName: 'v', yFieldName: 'w', degree: 'x', predictionCount: -5, include: 5, constructor: 1 }]) {
        for (const input of [[], [table('A')], [rows], [rows, table('C')], two]) expect(Array.isArray(transformFrames(input, [{ id, options }]).frames)).toBe(true)
      }
    }
  })
})
