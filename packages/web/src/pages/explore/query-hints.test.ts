import { parseExpr } from '@haechi/promql'
import { describe, expect, test } from 'vitest'
import { nearestNames } from '../../state/nearest-names.ts'
import { queryHints } from './query-hints.ts'

const NAMES = new Set(['http_requests_total', 'http_request_duration_seconds_bucket', 'http_request_duration_highr_seconds_bucket', 'process_resident_memory_bytes', 'django_http_requests_total_by_view', 'up'])
const METADATA = {
  http_requests_total: [{ type: 'counter', help: '' }], process_resident_memory_bytes: [{ type: 'gauge', help: '' }], http_request_duration_seconds: [{ type: 'histogram', help: '' }],
}
const hints = (text: string): ReturnType<typeof queryHints> => queryHints(text, NAMES, METADATA)

describe('[E5] hints', () => {
  test.each([
    ['sum(rate(http_server_requests_total[5m]))', 'http_requests_total'],
    ['http_request_total', 'http_requests_total'],
    ['histogram_quantile(0.95, sum by (le) (rate(http_requests_duration_seconds_bucket[$__rate_interval])))', 'http_request_duration_seconds_bucket'],
  ])('[E5] %s offers %s', (text, want) => {
    const [hint] = hints(text)
    expect(hint).toMatchObject({ kind: 'unknown' })
    const first = hint!.kind === 'unknown' ? hint!.near[0] : undefined
    expect(first!.name).toBe(want)
    expect(first!.query).toContain(want)
    parseExpr(first!.query.replaceAll('$__rate_interval', '1m'))
  })
  test('[E5] nothing alike: nothing is offered', () => expect(hints('zzz')).toEqual([{ kind: 'unknown', name: 'zzz', near: [] }]))
  test('[E5] rate on a gauge', () => expect(hints('max(rate(process_resident_memory_bytes{job="a"}[5m]))')).toEqual([{ kind: 'rateOnGauge', name: 'process_resident_memory_bytes', func: 'rate', better: 'deriv', query: 'max(deriv(process_resident_memory_bytes{job="a"}[5m]))' }]))
  test('[E5] a counter as it is', () => expect(hints('sum by (job) (http_requests_total{status="200"}) > 1')).toEqual([{ kind: 'bareCounter', name: 'http_requests_total', query: 'sum by (job) (rate(http_requests_total{status="200"}[$__rate_interval])) > 1' }]))
  test.each(['rate(http_requests_total[5m])', 'up', 'count by (job) (http_requests_total)', 'absent(http_requests_total)', 'up and http_requests_total', '{__name__=~".+"}', 'sum(', 'process_resident_memory_bytes'])('[E5] nothing about %s', text => expect(hints(text)).toEqual([]))
  test('[E5] no names known yet: nothing is called unknown', () => expect(queryHints('whatever', new Set(), {})).toEqual([]))
  test('[E5] ten thousand names are searched at once', () => expect(nearestNames('http_requests_totl', [...NAMES, ...Array.from({ length: 10_000 }, (_, i) => `metric_${i}_number_${i * 7}`)])[0]).toBe('http_requests_total'))
})
