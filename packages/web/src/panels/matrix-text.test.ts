import { describe, expect, test } from 'vitest'
import { seriesOfAnswer } from './fetch-series.ts'
import { matrixSeries } from './matrix-text.ts'

/** An answer as the server writes it. */
function answerOf(result: readonly unknown[], more = ''): string {
  return `{"status":"success","data":{"resultType":"matrix","result":${JSON.stringify(result)}}${more}}`
}

describe('the text of an answer', () => {
  const results: readonly [string, readonly unknown[]][] = [
    ['nothing', []],
    ['series of different length', [{ metric: { job: 'a', path: '/x' }, values: [[1_763_800_000, '1'], [1_763_800_060, '2.5e-7']] }, { metric: { job: 'b' }, values: [[1_763_800_060, '-0']] }]],
    ['what is no number', [{ metric: {}, values: [[1, 'NaN'], [2, '+Inf'], [3, '-Inf'], [4, '1e+300']] }]],
    ['parts of seconds, times before 1970', [{ metric: {}, values: [[-60, '1'], [-59.5, '2'], [0, '3'], [1_763_800_000.123, '4']] }]],
    ['labels with everything that JSON can hold', [{ metric: { a: '}"]},{"values":[[', b: 'tab\t\\ ünï\u2028 😀', 'c"d': '' }, values: [[1, '1']] }]],
  ]
  test.each(results)('[P4] %s is read as JSON reads it', (_name, result) => {
    const text = answerOf(result)
    expect(matrixSeries(text, 4)).toEqual(seriesOfAnswer({ resultType: 'matrix', result: result as never }))
  })

  test('[P4] notes behind the data change nothing', () => {
    const result = [{ metric: { job: 'a' }, values: [[1, '1']] }]
    expect(matrixSeries(answerOf(result, ',"warnings":["w"],"infos":["i"]'), 1)).toEqual(matrixSeries(answerOf(result), 1))
  })

  test.each([
    ['native histograms', answerOf([{ metric: {}, histograms: [[1, { count: '1', sum: '1' }]] }])],
    ['numbers and histograms', answerOf([{ metric: {}, values: [[1, '1']], histograms: [[2, { count: '1', sum: '1' }]] }])],
    ['a vector', '{"status":"success","data":{"resultType":"vector","result":[]}}'],
    ['another order of members', '{"data":{"resultType":"matrix","result":[]},"status":"success"}'],
    ['spaces', JSON.stringify({ status: 'success', data: { resultType: 'matrix', result: [{ metric: {}, values: [[1, '1']] }] } }, null, 1)],
    ['more samples than steps', answerOf([{ metric: {}, values: [[1, '1'], [2, '1'], [3, '1'], [4, '1'], [5, '1']] }])],
    ['a text that ends in the middle', answerOf([{ metric: { job: 'a' }, values: [[1, '1'], [2, '2']] }]).slice(0, -12)],
    ['no answer', ''],
  ])('[P4] %s is left to JSON', (_name, text) => expect(matrixSeries(text, 4)).toBeUndefined())
})
