import { describe, expect, test } from 'vitest'
import type { EditableRule } from '@haechi/server'
import type { AlertView } from '../api/prometheus.ts'
import { lastValue, reachesZeroMs, sparkPath } from '../components/spark-path.ts'
import { alertGroups, annotationText, tellingLabels } from './alerts/alert-groups.ts'
import { backtest, joinedSpans } from './alerts/backtest.ts'
import { looksLikeDiscord, urlProblem } from './alerts/channel-url.ts'
import { comparedPart } from './alerts/comparison.ts'
import { ruleHealth, rulesWorstFirst } from './alerts/rule-state.ts'
import { thresholdText } from './alerts/threshold-input.ts'
import { EXPLANATION } from '../../test/explanation.ts'
import { explainRows, millisText, shortPart } from './explore/explain-rows.ts'
import { firstMetrics, firstQuery, metricEntry, metricGroups } from './explore/metric-list.ts'
import { HISTORY_SIZE, withQueries } from './explore/query-history.ts'
import { resultChart, unitOfQuery } from './explore/result-chart.ts'

describe('[E1] history', () => {
  test('[E1] each once, newest first', () => expect(withQueries(['b', 'a'], [' a ', 'c', ''])).toEqual(['a', 'c', 'b']))
  test('[E1] at most fifty', () => expect(withQueries(Array.from({ length: 80 }, (_, i) => `q${i}`), ['new'])).toHaveLength(HISTORY_SIZE))
})

describe('[E4] parts of a query', () => {
  test('[E4] in the order of the text, with the place in the tree', () => {
    expect(explainRows(EXPLANATION).map(r => [r.node.name, r.depth, r.goesOn, r.isLast, r.isEmptyFirst])).toEqual([
      ['>', 0, [], true, false], ['sum', 1, [], false, false], ['rate', 2, [true], true, false], ['nothing_here', 3, [true, false], true, true], ['10', 1, [], true, false],
    ])
  })
  test('[E4] a part is told without the parts below it', () => {
    const leaf = { parts: [], kind: 'selector', text: 'rate(up[5m])' }
    expect(shortPart({ kind: 'operator', text: 'rate(up[5m]) > rate(up[5m])', parts: [leaf, leaf] } as never)).toBe('… > …')
    expect(shortPart({ kind: 'aggregation', text: 'sum by (job) (rate(up[5m]))', parts: [leaf] } as never)).toBe('sum by (job) (…)')
    expect(shortPart({ kind: 'operator', text: 'rate(up[5m]) > 3', parts: [leaf, { parts: [], kind: 'literal', text: '3' }] } as never)).toBe('… > 3')
    expect(shortPart({ kind: 'call', text: 'f(x)', parts: [leaf] } as never)).toBe('f(x)')
  })
  test('[E4] shares are of the whole time', () => expect(explainRows(EXPLANATION).reduce((sum, r) => sum + r.share, 0)).toBeCloseTo(1))
  test.each([[0.001, '< 0.1 ms'], [0.26, '0.3 ms'], [9.96, '10.0 ms'], [12.3, '12 ms'], [1234, '1.2 s'], [65_000, '65 s']])('[E4] %d ms is %s', (ms, text) => expect(millisText(ms)).toBe(text))
})

const METADATA = { http_duration_seconds: [{ type: 'histogram', help: 'How long.' }], requests_total: [{ type: 'counter', help: 'Requests.' }], up: [{ type: 'gauge', help: '' }] }

describe('[E2] first query', () => {
  test.each([
    ['up', 'up'],
    ['requests_total', 'rate(requests_total[$__rate_interval])'],
    ['http_duration_seconds_bucket', 'histogram_quantile(0.95, sum by (le) (rate(http_duration_seconds_bucket[$__rate_interval])))'],
    ['http_duration_seconds_count', 'rate(http_duration_seconds_count[$__rate_interval])'],
    ['something_total', 'rate(something_total[$__rate_interval])'],
    ['requests_created', 'requests_created'],
    ['my.metric', '{"my.metric"}'],
  ])('[E2] %s', (name, want) => expect(firstQuery(metricEntry(name, METADATA))).toBe(want))
})

describe('[E3] metrics', () => {
  test('[E3] parts share their family', () => expect(metricEntry('http_duration_seconds_sum', METADATA)).toEqual({ name: 'http_duration_seconds_sum', type: 'histogram', help: 'How long.' }))
  test('[E3] groups, filter and limit', () => {
    const names = ['http_duration_seconds_bucket', 'http_duration_seconds_sum', 'requests_total', 'up']
    expect(metricGroups(names, METADATA, 'long').map(g => [g.prefix, g.metrics.length])).toEqual([['http', 2]])
    expect(firstMetrics(metricGroups(names, METADATA, ''), 3).map(g => [g.prefix, g.metrics.length, g.total])).toEqual([['http', 2, 2], ['requests', 1, 1]])
  })
  test.each([['rate(node_network_receive_bytes_total[5m])', 'Bps'], ['process_resident_memory_bytes', 'bytes'], ['histogram_quantile(0.9, rate(x_seconds_bucket[5m]))', 's'], ['a / b', 'short'], ['up', 'short'], ['foo_seconds', 's']])('[E2] unit of %s', (expr, want) => expect(unitOfQuery(expr)).toBe(want))
  test('[E2] a series has the same colour alone and among others', () => {
    const frame = { startMs: 0, endMs: 1, stepMs: 1, unit: 'short', thresholds: [] }
    const series = (job: string): { id: string; name: string; labels: { job: string }; ts: Float64Array; vs: Float64Array } => ({ id: job, name: job, labels: { job }, ts: new Float64Array(1), vs: new Float64Array(1) })
    const alone = resultChart([{ letter: undefined, series: [series('orders')] }], frame, 'dark').series[0]!.color
    const among = resultChart([{ letter: undefined, series: [series('shop'), series('orders')] }], frame, 'dark').series[1]!.color
    expect(among).toBe(alone)
  })
})

describe('[A1] compared part', () => {
  test.each([
    ['sum(rate(a[5m])) > 0.05', '>', 0.05, 'sum(rate(a[5m]))'],
    ['(\n  a / b\n) > 0.01', '>', 0.01, '(\n  a / b\n)'],
    ['(a > 0.05) and (b > 5)', '>', 5, 'b'],
    ['a > 0.05 and b > 5', '>', 0.05, 'a'],
    ['x and on(job) (y < -3)', '<', -3, 'y'],
    ['foo{bar="> 5"} > bool 5', '>', 5, 'foo{bar="> 5"}'],
    ['a > b', '>', 1, undefined],
    ['up == 0', '>', 0, undefined],
    ['a >= 1e3 # > 1', '>', 1000, 'a'],
  ] as const)('[A1] %s', (expr, op, value, want) => expect(comparedPart(expr, op, value)).toBe(want))
})

describe('[A2] preview', () => {
  const play = (vs: number[], forMs: number): { times: number; totalMs: number } => {
    const { times, totalMs } = backtest([Float64Array.from(vs)], 1000, forMs, v => v > 5)
    return { times, totalMs }
  }
  test('[A2] at once', () => expect(play([1, 9, 9, 1, 9], 0)).toEqual({ times: 2, totalMs: 3000 }))
  test('[A2] after the hold', () => expect(play([9, 9, 9, 9, 1], 2000)).toEqual({ times: 1, totalMs: 2000 }))
  test('[A2] a break begins anew', () => expect(play([9, 9, 1, 9, 9], 2000)).toEqual({ times: 0, totalMs: 0 }))
  test('[A2] a missing value is a break', () => expect(play([9, NaN, 9], 1000)).toEqual({ times: 0, totalMs: 0 }))
  test('[A2] it says when it would have fired, several series together', () => {
    const { spans } = backtest([Float64Array.of(9, 9, 9, 1, 9, 9), Float64Array.of(1, 9, 9, 9, NaN, 9)], 1000, 1000, v => v > 5)
    expect(spans).toEqual([{ from: 1, to: 2 }, { from: 5, to: 5 }, { from: 2, to: 3 }])
    expect(joinedSpans(spans)).toEqual([{ from: 1, to: 3 }, { from: 5, to: 5 }])
  })
  test('[A2] no data is told', () => expect(backtest([Float64Array.of(NaN)], 1000, 0, () => true).hasData).toBe(false))
})

function alert(name: string, state: 'firing' | 'pending', severity: string, activeAt: string): AlertView {
  return { labels: { alertname: name, severity, job: 'x' }, annotations: {}, state, activeAt, value: '1' }
}

describe('[A3] alerts', () => {
  test('[A3] groups', () => {
    const groups = alertGroups([
      alert('Slow', 'pending', 'critical', '2026-01-01T00:00:00Z'), alert('Errors', 'firing', 'warning', '2026-01-01T00:05:00Z'), alert('Errors', 'firing', 'warning', '2026-01-01T00:01:00Z'), alert('Down', 'firing', 'critical', '2026-01-01T00:09:00Z'),
    ])
    expect(groups.map(g => g.name)).toEqual(['Down', 'Errors', 'Slow'])
    expect(groups[1]!.alerts[0]!.activeAt).toBe('2026-01-01T00:01:00Z')
  })
  test('[A3] the reader\'s language', () => {
    expect(annotationText({ summary: 'a', summary_ko: '가' }, 'summary', 'ko')).toBe('가')
    expect(annotationText({ summary: 'a' }, 'summary', 'ko')).toBe('a')
  })
  test('[A3] telling labels', () => expect(tellingLabels({ alertname: 'a', severity: 'b', job: 'c' })).toEqual([['job', 'c']]))
})

describe('[A4] rules', () => {
  const rule = (more: Partial<EditableRule>): EditableRule => ({ uid: '', title: 't', expr: 'up', forMs: 0, labels: {}, annotations: {}, enabled: true, builtIn: true, edited: false, state: 'inactive', lastEvaluationMs: null, ...more })
  test.each([[{}, 'ok'], [{ state: 'firing' }, 'critical'], [{ lastError: 'x' }, 'critical'], [{ lastError: 'x', enabled: false, state: 'disabled' }, 'unknown'], [{ state: 'pending' }, 'warning']] as const)('[A4] %j is %s', (more, want) => expect(ruleHealth(rule(more))).toBe(want))
  test('[O1] rules', () => {
    const rules = [rule({ title: 'off', state: 'disabled', enabled: false }), rule({ title: 'quiet' }), rule({ title: 'broken', lastError: 'x' }), rule({ title: 'fires', state: 'firing' }), rule({ title: 'waits', state: 'pending' })]
    expect(rulesWorstFirst(rules).map(r => r.title)).toEqual(['fires', 'waits', 'broken', 'quiet', 'off'])
  })
  test.each([['https://discord.com/api/webhooks/1/x', true], ['https://discordapp.com/api/v10/webhooks/1/x', true], ['https://example.org/api/webhooks/1', false]])('[A4] %s is Discord\'s: %s', (url, want) => expect(looksLikeDiscord(url)).toBe(want))
  test.each([['http://127.0.0.1:8800/x', false], ['ftp://x', true], ['discord.com', true], ['', true]])('[A4] address %s is wrong: %s', (url, want) => expect(urlProblem(url)).toBe(want))
})

test.each([[0.05, 'ratio', '5\u00a0%'], [0.075, 'percentunit', '7.5\u00a0%'], [1.5, 's', '1.5\u00a0s'], [100, 'short', '100'], [0.07, 'ratio', '7\u00a0%']])('[F4] threshold %d %s', (v, unit, want) => expect(thresholdText(v, unit)).toBe(want))

describe('[C1] small lines', () => {
  test('[C1] from zero to the top', () => expect(sparkPath(Float64Array.of(0, 10), 100, 22, 10)).toBe('M0.0 21.0L100.0 1.0'))
  test('[C1] at least the given top', () => expect(sparkPath(Float64Array.of(0, 5), 100, 22, 10)).toBe('M0.0 21.0L100.0 11.0'))
  test('[C1] gaps and lone points', () => expect(sparkPath(Float64Array.of(1, NaN, 1, 1), 90, 22, 1)).toBe('M0.0 1.0h.6M60.0 1.0L90.0 1.0'))
  test('[C1] nothing', () => expect(sparkPath(new Float64Array(3).fill(NaN), 90, 22, 1)).toBe(''))
  test('[C1] an old value is not "now"', () => {
    expect(lastValue(Float64Array.of(1, 2, NaN), 2)).toBe(2)
    expect(lastValue(Float64Array.of(1, NaN, NaN), 2)).toBeNaN()
  })
})

describe('[C2] forecast', () => {
  const ts = Float64Array.from({ length: 31 }, (_, i) => i * 120_000)
  test('[C2] a falling line', () => expect(reachesZeroMs(ts, ts.map(t => 7_200_000 - t))).toBeCloseTo(3_600_000, -2))
  test('[C2] a rising one never', () => expect(reachesZeroMs(ts, ts)).toBeUndefined())
  test('[C2] too short', () => expect(reachesZeroMs(ts.slice(0, 12), ts.slice(0, 12).map(t => 1e7 - t))).toBeUndefined())
})
