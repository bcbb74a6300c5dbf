import fc from 'fast-check'
import { labelsFromObject, labelsKey } from '@haechi/model'
import { describe, expect, test } from 'vitest'
import { CLASSIC_REDUCERS, classicConditions, classicReduce } from './classic.ts'
import { readGraph } from './graph.ts'
import { evaluateMath } from './math.ts'
import { MathSyntaxError, parseMath } from './math-parser.ts'
import { REDUCERS, reduceAll, reduceValues } from './reduce.ts'
import { resampleAll } from './resample.ts'
import type { GrafanaQuery } from './rule.ts'
import { satisfies, thresholdAll } from './threshold.ts'
import type { ThresholdType } from './threshold.ts'
import type { ExprValue } from './values.ts'

const number = (labels: Record<string, string>, value: number | null): ExprValue => ({ kind: 'number', labels: labelsFromObject(labels), value })
const series = (labels: Record<string, string>, ...vs: (number | null)[]): ExprValue => ({ kind: 'series', labels: labelsFromObject(labels), ts: Float64Array.from(vs, (_v, i) => i * 1000), vs })
const math = (text: string, results: Record<string, ExprValue[]> = {}): readonly ExprValue[] => evaluateMath('M', parseMath(text), new Map(Object.entries(results)))
const scalarOf = (text: string): number | null => (math(text)[0] as { value: number | null }).value

describe('[R50] reduce', () => {
  const all = (vs: (number | null)[]): Record<string, number | null> => Object.fromEntries(REDUCERS.map(r => [r, reduceValues(r, vs)]))
  test('numbers', () => expect(all([4, 1, 3, 2])).toEqual({ last: 2, mean: 2.5, sum: 10, min: 1, max: 4, count: 4, median: 2.5 }))
  test('strict: one null or NaN makes all but count and last NaN', () => {
    expect(all([1, null, 3])).toEqual({ last: 3, mean: NaN, sum: NaN, min: NaN, max: NaN, count: 3, median: NaN })
    expect(all([1, NaN])).toEqual({ last: NaN, mean: NaN, sum: NaN, min: NaN, max: NaN, count: 2, median: NaN })
  })
  test('no points: count 0, others NaN', () => expect(all([])).toEqual({ last: NaN, mean: NaN, sum: NaN, min: NaN, max: NaN, count: 0, median: NaN }))
  test('dropNN drops null, NaN and infinities; nothing left is null', () => {
    const one = (vs: (number | null)[], r: 'sum' | 'count'): unknown => (reduceAll('B', [series({ a: '1' }, ...vs)], r, { kind: 'dropNN' })[0] as { value: unknown }).value
    expect([one([1, null, NaN, Infinity, 2], 'sum'), one([null, NaN], 'sum'), one([null, NaN], 'count')]).toEqual([3, null, 0])
  })
  test('replaceNN puts a number in their place; numbers pass; no data stays', () => {
    expect(reduceAll('B', [series({ a: '1' }, 1, null, -Infinity)], 'sum', { kind: 'replaceNN', value: 5 })).toEqual([number({ a: '1' }, 11)])
    expect(reduceAll('B', [number({ a: '1' }, 7), { kind: 'no-data', labels: [] }], 'sum', { kind: 'strict' })).toEqual([number({ a: '1' }, 7), { kind: 'no-data', labels: [] }])
  })
})

describe('[R51] math', () => {
  test.each([
    ['1 + 2 * 3', 7], ['(1 + 2) * 3', 9], ['2 ** 3', 8], ['-2 ** 2', 4], ['7 % 4', 3], ['1 > 0 && 0 > 1', 0], ['0 || 2', 1], ['!0', 1], ['!3', 0], ['1 / 0', Infinity],
    ['nan() > 1', NaN], ['1 || nan()', 1], ['0 && nan()', 0], ['nan() == nan()', NaN], ['null() + 1', null], ['is_null(null())', 1], ['is_nan(nan())', 1], ['is_inf(infn())', 1], ['is_number(inf())', 0],
    ['round(2.5)', 3], ['round(-2.5)', -3], ['floor(-1.2)', -2], ['ceil(1.2)', 2], ['abs(-3)', 3], ['log(1)', 0], ['0x10 + 1e2', 116], ['1 == 1 == 1', 1], ['1 < 2 != 0', 1],
  ])('%s = %s', (text, want) => expect(scalarOf(text)).toBe(want))
  test.each([
    ['$A +', /column 5: unexpected end of expression/], ['foo(1)', /non existing function foo/], ['abs()', /takes 1 argument/], ['(1', /expected "\)"/], ['1 1', /column 3: unexpected "1"/], ['$A # 2', /column 4/],
    [`${'('.repeat(5000)}1`, /nested deeper/],
  ])('%s is refused', (text, says) => {
    expect(() => parseMath(text)).toThrow(says)
    expect(() => parseMath(text)).toThrow(MathSyntaxError)
  })
  test('labels join when equal, when one side has none, or when one contains the other; the rest is dropped', () => {
    const A = [number({ job: 'a', i: '1' }, 1), number({ job: 'b', i: '1' }, 2)]
    expect(math('$A + $B', { A, B: [number({ job: 'a' }, 10), number({ job: 'c' }, 20)] })).toEqual([number({ job: 'a', i: '1' }, 11)])
    expect(math('$A * 100', { A })).toEqual([number({ job: 'a', i: '1' }, 100), number({ job: 'b', i: '1' }, 200)])
    expect(math('${A} + $B', { A, B: [number({}, 1)] })).toEqual([number({ job: 'a', i: '1' }, 2), number({ job: 'b', i: '1' }, 3)])
    expect(math('$A + $B', { A: [number({ x: '1' }, 1)], B: [number({ y: '2' }, 2)] })).toEqual([number({}, 3)])
    expect(math('$A + $B', { A, B: [{ kind: 'no-data', labels: [] }] })).toEqual([{ kind: 'no-data', labels: [] }])
  })
  test('series: numbers apply to each point, two series meet at equal times', () => {
    expect(math('$A > $B', { A: [series({ a: '1' }, 1, 5, null)], B: [number({ a: '1' }, 2)] })).toMatchObject([{ kind: 'series', vs: [0, 1, null] }])
    const later: ExprValue = { kind: 'series', labels: [], ts: Float64Array.of(1000, 1500, 2000), vs: [10, 11, 12] }
    expect(math('$A - $B', { A: [series({}, 1, 2, 3)], B: [later] })).toMatchObject([{ vs: [-8, -9] }])
  })
})

describe('[R52] threshold', () => {
  const cases: readonly (readonly [ThresholdType, readonly number[], readonly number[]])[] = [
    ['gt', [5], [6]], ['lt', [5], [4]], ['eq', [5], [5]], ['ne', [5], [4, 6, NaN]], ['gte', [5], [5, 6]], ['lte', [5], [4, 5]],
    ['within_range', [4, 6], [5]], ['outside_range', [4.5, 5.5], [4, 6]], ['within_range_included', [4, 5], [4, 5]], ['outside_range_included', [4, 6], [4, 6]],
  ]
  test.each(cases)('%s %j holds for %j of 4, 5, 6, NaN', (type, params, want) => {
    expect([4, 5, 6, NaN].filter(v => satisfies({ type, params }, v))).toEqual(want)
  })
  test('null stays null; points of series are compared one by one', () => {
    expect(thresholdAll([number({}, null), series({}, 1, null, 9)], { evaluator: { type: 'gt', params: [5] }, unloadEvaluator: undefined }, new Set())).toMatchObject([{ value: null }, { vs: [0, null, 1] }])
  })
  test('recovery threshold: an alert that is on goes on until the second condition holds', () => {
    const t = { evaluator: { type: 'gt', params: [100] }, unloadEvaluator: { type: 'lt', params: [80] } } as const
    const at = (v: number, on: boolean): unknown => (thresholdAll([number({ a: '1' }, v)], t, new Set(on ? [labelsKey(labelsFromObject({ a: '1' }))] : []))[0] as { value: unknown }).value
    expect([at(90, false), at(101, false), at(90, true), at(80, true), at(79, true)]).toEqual([0, 1, 1, 1, 0])
  })
})

describe('[R53] resample', () => {
  const s: ExprValue = { kind: 'series', labels: [], ts: Float64Array.of(1000, 2000, 6000), vs: [1, 2, 6] }
  const run = (downsampler: 'last' | 'mean', upsampler: 'pad' | 'backfilling' | 'fillna'): unknown => (resampleAll('R', [s], { windowMs: 2000, downsampler, upsampler }, 0, 8000)[0] as { vs: unknown }).vs
  test('gaps are padded, filled backwards or left empty', () => {
    expect(run('last', 'pad')).toEqual([null, 2, 2, 6, 6])
    expect(run('mean', 'fillna')).toEqual([null, 1.5, null, 6, null])
    expect(run('last', 'backfilling')).toEqual([1, 2, 6, 6, null])
  })
  test('a range shorter than the window is an error', () => {
    expect(() => resampleAll('R', [s], { windowMs: 20_000, downsampler: 'last', upsampler: 'pad' }, 0, 8000)).toThrow('the time range is shorter than the interval')
  })
})

describe('[R54] classic conditions', () => {
  test('reducers skip null and NaN; count counts every point; nothing valid is null', () => {
    const all = (vs: (number | null)[]): unknown => Object.fromEntries(CLASSIC_REDUCERS.map(r => [r, classicReduce(r, vs)]))
    expect(all([2, null, 6, NaN, 4])).toEqual({ avg: 4, min: 2, max: 6, sum: 12, count: 5, last: 4, median: 4, diff: 2, diff_abs: 2, percent_diff: 100, percent_diff_abs: 100, count_non_null: 3 })
    expect(classicReduce('percent_diff', [-2, -3])).toBe(-50)
    expect(all([null])).toMatchObject({ avg: null, count: 1, diff: null, count_non_null: null })
  })
  test('one result without labels; conditions join from left to right; matches are told', () => {
    const results = new Map([['A', [series({ __name__: 'm', a: '1' }, 1, 9), series({ __name__: 'm', a: '2' }, 1, 2)]], ['B', [number({}, 3)]]])
    const over = (query: string, limit: number, operator: 'and' | 'or' = 'and') => ({ query, reducer: 'last', evaluator: { type: 'gt', params: [limit] }, operator }) as const
    expect(classicConditions([over('A', 5)], results)).toEqual({ kind: 'number', labels: [], value: 1, matches: [{ metric: 'm', labels: ['a', '1'], value: 9 }] })
    expect(classicConditions([over('A', 5), over('B', 5)], results).value).toBe(0)
    expect(classicConditions([over('A', 50), over('B', 2, 'or')], results).value).toBe(1)
    expect(classicConditions([over('C', 5)], results).value).toBe(null)
    expect(classicConditions([{ query: 'C', reducer: 'last', evaluator: { type: 'no_value' }, operator: 'and' }], results).value).toBe(1)
  })
})

describe('[R55] graph', () => {
  const node = (refId: string, model: Record<string, unknown>): GrafanaQuery => ({ refId, queryType: '', relativeTimeRange: { from: 0, to: 0 }, datasourceUid: '__expr__', model })
  const query: GrafanaQuery = { refId: 'A', queryType: '', relativeTimeRange: { from: 600, to: 0 }, datasourceUid: 'p', model: { expr: 'up' } }
  test.each([
    [[query], 'C', /condition "C" does not exist, must be one of A/],
    [[query, query], 'A', /refId "A" is used more than once/],
    [[node('B', { type: 'math', expression: '$B + 1' })], 'B', /refers to itself/],
    [[node('B', { type: 'reduce', reducer: 'last', expression: 'C' }), node('C', { type: 'math', expression: '$B' })], 'B', /B refers to itself through C/],
    [[node('B', { type: 'math', expression: '$Z' })], 'B', /uses "Z", which does not exist/],
    [[query, node('B', { type: 'reduce', reducer: 'avgg', expression: 'A' })], 'B', /model\.reducer: unknown reducer "avgg"; one of last, mean/],
    [[query, node('B', { type: 'reduce', reducer: 'last', expression: 'A', settings: { mode: 'replaceNN' } })], 'B', /replaceWithValue must be specified/],
    [[query, node('B', { type: 'threshold', expression: 'A', conditions: [{ evaluator: { type: 'within_range', params: [1] } }] })], 'B', /within_range takes two numbers/],
    [[query, node('B', { type: 'resample', expression: 'A', window: 'x', downsampler: 'last', upsampler: 'pad' })], 'B', /model\.window/],
    [[query, node('B', { type: 'nope' })], 'B', /unknown expression type "nope"/],
    [[query, node('B', { type: 'threshold', expression: 'A', conditions: [{ evaluator: { type: 'gt', params: [1] }, unloadEvaluator: { type: 'lt', params: [0] } }] }), node('C', { type: 'math', expression: '$B' })], 'C', /recovery threshold of B can only be used on the condition/],
  ])('%#', (data, condition, says) => expect(() => readGraph(data, condition)).toThrow(says))
  test('any formula text is read or refused, never anything else', () => {
    fc.assert(fc.property(fc.oneof(fc.string(), fc.array(fc.constantFrom('$A', '1', '+', '(', ')', '!', '&&', 'abs(', '**', ' ', '${B}', '-'), { maxLength: 20 }).map(x => x.join(''))), text => {
      try {
        parseMath(text)
      } catch (err) {
        expect(err).toBeInstanceOf(MathSyntaxError)
      }
    }), { numRuns: 500 })
  })
})
