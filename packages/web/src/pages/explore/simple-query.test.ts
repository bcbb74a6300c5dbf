import { parseExpr, printExpr } from '@haechi/promql'
import { describe, expect, test } from 'vitest'
import { NO_QUERY, readSimple, withMetric, writeSimple } from './simple-query.ts'
import type { SimpleQuery } from './simple-query.ts'

const SIMPLE = [
  'up', 'up{job="a"}', 'up{job!="a", instance="x\\"y\\\\z"}', 'up{job=~"a|b\\\\.c"}', 'up{job!~"a|b"}', 'up{job=~"a.*"}', 'up{job=""}', 'up{job="$job"}',
  'rate(http_requests_total[5m])', 'sum(rate(http_requests_total{status=~"5.."}[$__rate_interval]))', 'sum by (job, handler) (rate(http_requests_total[$__rate_interval]))',
  'max by (instance) (max_over_time(temperature[1h]))', 'count(up)', 'topk(5, sum by (handler) (increase(http_requests_total[1h])))', 'topk(3, up)',
  'histogram_quantile(0.95, sum by (le) (rate(d_bucket[$__rate_interval])))', 'histogram_quantile(0.5, sum by (le, job) (rate(d_bucket{job="a"}[5m])))', 'histogram_quantile(0.99, rate(d_bucket[5m]))',
  'histogram_quantile(0.9, sum by (job) (rate(native_seconds[5m])))', '{"http.requests", "a.b"="c"}', 'sum by ("a.b") ({"http.requests"})', 'deriv(disk_free[6h])',
]

/** Whether two texts are the same query but for spaces and the like. */
function isSameQuery(a: string, b: string): boolean {
  const plain = (text: string): string => printExpr(parseExpr(text.replaceAll('$__rate_interval', '77m')))
  return plain(a) === plain(b)
}

describe('[E6] a query made by choosing', () => {
  test.each(SIMPLE)('[E6] %s is read and written as the same query', text => {
    const q = readSimple(text)
    expect(q).toBeDefined()
    const written = writeSimple(q!)
    expect({ written, same: isSameQuery(written, text) }).toEqual({ written, same: true })
    expect(readSimple(written)).toEqual(q)
  })
  test.each(['sum(rate(x[5m])) by (job)', 'sum by(le)(x)', ' rate( x [ 5m ] ) # why'])('[E6] %s is read whatever its form', text => expect(isSameQuery(writeSimple(readSimple(text)!), text)).toBe(true))
  test.each([
    '', '1', 'sum(', 'a + b', 'a > 1', 'x offset 5m', 'x @ 5', 'rate(x[5m] offset 1h)', 'rate(x[5m:1m])', 'sum without (job) (x)', 'quantile(0.9, x)', 'topk by (job) (1, x)', 'topk(2.5, x)', 'histogram_quantile(1.5, x_bucket)',
    'histogram_quantile(0.5, sum(rate(x_bucket[5m])))', '{job="a"}', '{__name__=~"a|b"}', 'absent(x)', 'irate(x[5m])', 'label_replace(x, "a", "b", "c", "d")', 'rate(x[$window])', '-x', 'sum(sum(x))',
  ])('[E6] %s is more than clicks can say', text => expect(readSimple(text)).toBeUndefined())
  test('[E6] whatever is chosen is PromQL, and reads back', () => {
    const metrics = ['up', 'a:b', 'x_bucket', 'dotted.name', '한글']
    const filters: SimpleQuery['filters'] = [{ label: 'a', op: 'is', values: ['1', 'b|c', '$', ''].slice(0, 3) }, { label: 'k.v', op: 'isNot', values: ['\\d"\n'] }, { label: 'r', op: 'matches', values: ['x.*'] }, { label: '', op: 'is', values: ['q'] }, { label: 'z', op: 'is', values: [] }]
    for (const metric of metrics) {
      for (const func of ['', 'rate', 'delta'] as const) {
        for (const aggregation of ['', 'sum', 'count'] as const) {
          for (const quantile of [undefined, 0.9]) {
            for (const top of [undefined, 7]) {
              const q: SimpleQuery = { metric, filters, func, window: func === '' ? '$__rate_interval' : '2m', ...(quantile === undefined ? {} : { quantile }), aggregation, by: aggregation === '' ? [] : ['job', 'x y'], ...(top === undefined ? {} : { top }) }
              const text = writeSimple(q)
              parseExpr(text.replaceAll('$__rate_interval', '1m'))
              expect({ text, q: readSimple(text) }).toEqual({ text, q: { ...q, filters: filters.slice(0, 3) } })
            }
          }
        }
      }
    }
  })
  test('[E6] another metric takes what fits it', () => {
    const from = (q: Partial<SimpleQuery>, metric: string, type: string): string => writeSimple(withMetric({ ...NO_QUERY, ...q }, metric, type))
    expect(from({}, 'http_requests_total', 'counter')).toBe('rate(http_requests_total[$__rate_interval])')
    expect(from({}, 'd_seconds_bucket', 'histogram')).toBe('histogram_quantile(0.95, sum by (le) (rate(d_seconds_bucket[$__rate_interval])))')
    expect(from({}, 'd_seconds', 'histogram')).toBe('histogram_quantile(0.95, sum(rate(d_seconds[$__rate_interval])))')
    expect(from({}, 'd_seconds_sum', 'summary')).toBe('rate(d_seconds_sum[$__rate_interval])')
    expect(from({ metric: 'd_seconds_bucket', func: 'rate', quantile: 0.9, aggregation: 'sum' }, 'memory_bytes', 'gauge')).toBe('memory_bytes')
    expect(from({ metric: 'a_total', func: 'increase', aggregation: 'sum', by: ['job'], filters: [{ label: 'job', op: 'is', values: ['x'] }] }, 'b_total', 'counter')).toBe('sum by (job) (increase(b_total{job="x"}[$__rate_interval]))')
    expect(from({}, 'x_created', 'counter')).toBe('x_created')
    expect(writeSimple(NO_QUERY)).toBe('')
  })
})
