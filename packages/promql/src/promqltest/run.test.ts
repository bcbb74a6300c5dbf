import { labelsFromObject } from '@haechi/model'
import type { Answer, QueryValue } from '@haechi/storage'
import { describe, expect, test } from 'vitest'
import type { TestEngine } from './engine.ts'
import { pinnedQuery, pinnedTimes } from './pin.ts'
import { runTestScript } from './run.ts'
import { TestScriptError, parseTestScript } from './script.ts'

const vector = (...samples: [labels: Record<string, string>, value: number][]): QueryValue => ({ type: 'vector', samples: samples.map(([l, value]) => ({ labels: labelsFromObject(l), tMs: 0, value })) })
const matrix = (...series: [labels: Record<string, string>, points: [number, number][]][]): QueryValue => ({
  type: 'matrix', series: series.map(([l, points]) => ({ labels: labelsFromObject(l), ts: Float64Array.from(points, p => p[0]), vs: Float64Array.from(points, p => p[1]) })),
})

/** An engine that always gives one answer. */
function always(value: QueryValue | Error, notes: Partial<Answer<QueryValue>> = {}): () => TestEngine {
  const answer = (): Promise<Answer<QueryValue>> => (value instanceof Error ? Promise.reject(value) : Promise.resolve({ value, warnings: [], infos: [], ...notes }))
  return () => ({ load() {}, clear() {}, instant: answer, range: answer })
}

/** What is wrong with the engine's answer, '' if nothing is. */
async function verdict(script: string, makeEnv: () => TestEngine): Promise<string> {
  const [outcome] = await runTestScript(script, makeEnv, { asWritten: true })
  return outcome!.reason ?? ''
}

const SUM = 'eval instant at 5m sum by (job) (up)\n  {job="a"} 3\n  {job="b"} 4\n'
const RANGE = 'eval range from 0 to 2m step 1m up\n  up{job="a"} 1 _ 3\n'

describe('[S5] the runner sees every difference', () => {
  test.each<[string, string, QueryValue | Error, Partial<Answer<QueryValue>>, string]>([
    ['right', SUM, vector([{ job: 'b' }, 4], [{ job: 'a' }, 3]), {}, ''],
    ['rounded', SUM, vector([{ job: 'b' }, 4.000001], [{ job: 'a' }, 3]), {}, ''],
    ['a value', SUM, vector([{ job: 'b' }, 4.0001], [{ job: 'a' }, 3]), {}, 'expected 4 for {job="b"} but got 4.0001'],
    ['a series too many', SUM, vector([{ job: 'b' }, 4], [{ job: 'a' }, 3], [{}, 1]), {}, 'unexpected metric {} in result, has value 1'],
    ['a series too few', SUM, vector([{ job: 'b' }, 4]), {}, 'expected metric {job="a"} with 3 not found'],
    ['a label', SUM, vector([{ job: 'b' }, 4], [{ job: 'a', __name__: 'up' }, 3]), {}, 'unexpected metric up{job="a"} in result, has value 3'],
    ['the type', SUM, { type: 'scalar', tMs: 0, value: 3 }, {}, 'expected vector or matrix result, but got scalar 3'],
    ['an error', SUM, new Error('boom'), {}, 'error: boom'],
    ['the order', SUM.replace(')\n', ')\n  expect ordered\n'), vector([{ job: 'b' }, 4], [{ job: 'a' }, 3]), {}, 'expected metric {job="b"} at position 2 but was at 1'],
    ['no error', 'eval instant at 0 up\n  expect fail\n', vector(), {}, 'expected error but got none'],
    ['another error', 'eval instant at 0 up\n  expect fail msg: boom\n', new Error('bang'), {}, 'expected error matching "boom", but got: bang'],
    ['an error that matches', 'eval instant at 0 up\n  expect fail regex: b.m\n', new Error('big boom!'), {}, 'expected error matching "b.m", but got: big boom!'],
    ['the same error', 'eval_fail instant at 0 up\n  expected_fail_regexp bo+m\n', new Error('big boom!'), {}, ''],
    ['no warning', `${SUM}  expect warn\n`, vector([{ job: 'b' }, 4], [{ job: 'a' }, 3]), {}, 'expected warn annotations but none were found'],
    ['a warning', `${SUM}  expect no_warn\n`, vector([{ job: 'b' }, 4], [{ job: 'a' }, 3]), { warnings: ['w'] }, 'unexpected warn annotations: w'],
    ['a second info', `${SUM}  expect info msg: i\n`, vector([{ job: 'b' }, 4], [{ job: 'a' }, 3]), { infos: ['i', 'j'] }, 'unexpected info annotation "j"'],
    ['a string', 'eval instant at 0 "x"\n  expect string "x"\n', { type: 'string', tMs: 0, value: 'y' }, {}, 'expected "x", got string "y"'],
    ['a scalar', 'eval instant at 0 1\n  1\n', { type: 'scalar', tMs: 0, value: 2 }, {}, 'expected scalar 1 but got 2'],
    ['a right matrix', RANGE, matrix([{ __name__: 'up', job: 'a' }, [[0, 1], [120_000, 3]]]), {}, ''],
    ['a point too many', RANGE, matrix([{ __name__: 'up', job: 'a' }, [[0, 1], [60_000, 2], [120_000, 3]]]), {}, 'expected 3 at t=120000 for up{job="a"}, result has 1 @[0] 2 @[60000] 3 @[120000]'],
    ['a point too few', RANGE, matrix([{ __name__: 'up', job: 'a' }, [[0, 1]]]), {}, 'expected 3 at t=120000 for up{job="a"}, result has 1 @[0]'],
    ['a time', RANGE, matrix([{ __name__: 'up', job: 'a' }, [[0, 1], [119_000, 3]]]), {}, 'expected 3 at t=120000 for up{job="a"}, result has 1 @[0] 3 @[119000]'],
    ['matrix order', RANGE, matrix([{ b: '1' }, [[0, 1]]], [{ a: '1' }, [[0, 1]]]), {}, 'matrix is not sorted: {b="1"} stands before {a="1"}'],
  ])('%s', async (_, script, value, notes, want) => expect(await verdict(script, always(value, notes))).toBe(want))
})

describe('[S6] an instant query is asked in other ways too', () => {
  test('pinned, at other times, and as a range', async () => {
    const asked: string[] = []
    const outcomes = await runTestScript('eval instant at 5m up\n  up 1\n', () => ({
      load() {}, clear() {},
      instant: (expr, tMs) => {
        asked.push(`${expr} at ${tMs}`)
        return Promise.resolve({ value: vector([{ __name__: 'up' }, 1]), warnings: [], infos: [] })
      },
      range: (expr, startMs, endMs, stepMs) => {
        asked.push(`${expr} ${startMs}-${endMs}/${stepMs}`)
        return Promise.resolve({ value: matrix([{ __name__: 'up' }, [[(startMs + endMs) / 2, expr === 'up' ? 1 : 2]]]), warnings: [], infos: [] })
      },
    }))
    expect(asked.slice(0, 4)).toEqual(['up at 300000', 'up 240000-360000/60000', 'up @ 300.000 at -3000000', 'up @ 300.000 -3060000--2940000/60000'])
    expect(outcomes[0]!.reason).toBe('up @ 300.000 at -3000000: in range mode: expected 1 for up{} but got 2')
  })

  test.each([
    ['sum(a) + b @ 5', 'sum(a @ 60.000) + b @ 5.000'], ['a @ end() offset 1m', 'a @ 60.000 offset 1m'], ['rate(a[5m])', 'rate(a[5m] @ 60.000)'], ['a[5m:1m]', 'a[5m:1m] @ 60.000'],
    ['max_over_time(a[5m:1m] @ 5)', 'max_over_time(a[5m:1m] @ 5.000)'], ['time() + a', undefined], ['predict_linear(a[5m], 1)', undefined],
  ])('%s', (query, want) => expect(pinnedQuery(query, 60_000)).toBe(want))
  test('times', () => {
    expect(pinnedTimes(0)).toEqual([-1000, 0, 1000])
    expect(pinnedTimes(300_000)).toEqual([-3_000_000, 0, 60_000, 300_000, 3_000_000])
  })
})

describe('[S7] what an engine has not is excluded with the reason', () => {
  test('native histograms, flags, functions', async () => {
    const outcomes = await runTestScript(`
load 1m
  h {{sum:1}}
  f 1

load_with_nhcb 1m
  c_bucket{le="1",a="x"} 1

eval instant at 0 h
eval instant at 0 {__name__=~".+"}
eval instant at 0 histogram_quantile(0.5, c)
eval instant at 0 histogram_quantile(0.5, c_bucket)
eval instant at 0 f
  f {{sum:2}}
eval instant at 0 f[5m] anchored
eval instant at 0 f </ 5
eval instant at 0 limitk(1, f)
eval instant at 0 f + 1
eval instant at 0 abs(f)

clear
eval instant at 0 h
`.replaceAll('\neval', '\n\neval'), () => ({ ...always(vector())(), withoutFunctions: ['abs'] }), { asWritten: true })
    expect(outcomes.map(o => `${o.expr}: ${o.reason ?? o.status}`)).toEqual([
      'h: native histograms', '{__name__=~".+"}: native histograms', 'histogram_quantile(0.5, c): native histograms', 'histogram_quantile(0.5, c_bucket): passed', 'f: native histograms',
      'f[5m] anchored: other feature flags', 'f </ 5: native histograms', 'limitk(1, f): experimental functions', 'f + 1: passed', 'abs(f): function abs', 'h: passed',
    ])
  })
})

describe('[S8] a faulty script names the line', () => {
  test.each([
    ['\nwhat\n', 'line 2: invalid command "what"'],
    ['load\n', 'line 1: invalid load command. (load[_with_nhcb] <step:duration>)'],
    ['load 5x\n', 'line 1: unknown unit "x" in duration "5x"'],
    ['load 1m\n  up{ 1\n', 'line 2: 1:5: parse error: unexpected character inside braces: \'1\''],
    ['eval instant at 5 up\n', 'line 1: not a valid duration string: "5"'],
    ['eval instant at 0 up\n  up 1 2\n', 'line 2: expecting multiple values in instant evaluation not allowed'],
    ['eval at 0 up\n', "line 1: invalid evaluation command. Must be either 'eval[_fail|_warn|_ordered] instant"],
    ['eval range from 5m to 0 step 1m up\n', 'line 1: invalid test definition, end timestamp (0) is before start timestamp (5m)'],
    ['eval instant at 0 up\n  expect something\n', 'line 2: invalid expect statement'],
    ['eval instant at 0 up\n  expect warn\n  expect no_warn\n', 'line 3: invalid expect lines, warn and no_warn cannot be used together'],
    ['eval instant at 0 up\n  expect fail regex: (\n', 'line 2: error parsing regexp: missing closing )'],
  ])('%j', (script, message) => {
    expect(() => parseTestScript(script)).toThrow(TestScriptError)
    expect(() => parseTestScript(script)).toThrow(message)
  })
})
