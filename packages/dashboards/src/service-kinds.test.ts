import { SERVICE_PARTS } from './service-parts.ts'
import { describe, expect, test } from 'vitest'
import { hostQueries } from './host-queries.ts'
import {
  SERVICE_KINDS, detectServiceKind, distinctKinds, endpointQueries, errorRatioByEndpointExpr, errorRatioExpr, inProgressExpr, latencyByEndpointExpr, latencyExpr, libraryName, meanLatencyExpr,
  rateByEndpointExpr, rateByStatusExpr, rateExpr, serviceKind, serviceQueries, totalErrorRatioExpr, totalRateExpr,
} from './service-kinds.ts'
import type { MetricCatalog, ServiceKind } from './service-kinds.ts'

const kind = (id: string): ServiceKind => {
  const found = serviceKind(id)
  if (!found) throw new Error(`no kind ${id}`)
  return found
}
const catalog = (o: Record<string, string[]>): MetricCatalog => new Map(Object.entries(o).map(([k, v]) => [k, new Set(v)]))

/** The real parser, where that package is already there. */
async function loadParser(): Promise<((expr: string) => unknown) | undefined> {
  try {
    const name = '@haechi/promql'
    const m = await import(/* @vite-ignore */ name) as { parseExpr?: (expr: string) => unknown }
    return m.parseExpr
  } catch {
    return undefined
  }
}
const parseExpr = await loadParser()
if (!parseExpr) console.info('skipped: @haechi/promql has no parseExpr yet')

describe('K1 the questions about one job', () => {
  test('[K1] FastAPI, word for word', () => {
    expect(serviceQueries(kind('fastapi'), 'api')).toEqual({
      rate: 'sum(rate(http_requests_total{job="api",handler!="",status!="",handler!="/metrics"}[$__rate_interval])) or 0 * max(up{job="api"} == 1)',
      errorRatio: 'sum(rate(http_requests_total{job="api",handler!="",status!="",handler!="/metrics",status=~"5.."}[$__rate_interval])) / (sum(rate(http_requests_total{job="api",handler!="",status!="",handler!="/metrics"}[$__rate_interval])) > 0) or 0 * max(up{job="api"} == 1)',
      p95: 'histogram_quantile(0.95, sum by (le) (rate(http_request_duration_highr_seconds_bucket{job="api"}[$__rate_interval]))) and sum(rate(http_requests_total{job="api",handler!="",status!="",handler!="/metrics"}[$__rate_interval])) > 0',
      inProgress: 'sum({__name__=~"http_requests_inprogress|app_inprogress_requests",job="api",handler!="/metrics"})',
      rateByEndpoint: 'sum by (handler) (rate(http_requests_total{job="api",handler!="",status!="",handler!="/metrics"}[$__rate_interval]))',
    })
  })
  test('[K1] Django: responses, which know their status, without scrapes', () => {
    expect(rateExpr(kind('django'), { job: 'shop', range: '5m' })).toBe('sum(rate(django_http_responses_total_by_status_view_method_total{job="shop",view!="prometheus-django-metrics"}[5m])) or 0 * max(up{job="shop"} == 1)')
    expect(latencyExpr(kind('django'), 0.95, { job: 'shop', range: '5m' })).toBe('histogram_quantile(0.95, sum by (le) (rate(django_http_requests_latency_seconds_by_view_method_bucket{job="shop",view!="prometheus-django-metrics"}[5m])))')
  })
  test('[K1] a job with quotes and backslashes stays one literal', () => {
    expect(rateExpr(kind('django'), { job: 'a"b\\c' })).toContain('job="a\\"b\\\\c"')
  })
  test('[K1] what is not exposed is not asked', () => {
    const q = serviceQueries(kind('spring'), 'x', catalog({ http_server_requests_seconds_count: ['uri', 'status', 'method'] }))
    expect(q.p95).toBeUndefined()
    expect(q.inProgress).toBeUndefined()
    expect(q.rate).toBeDefined()
  })
  test('[K1] one endpoint: rate, share of failures, p95', () => {
    expect(endpointQueries(kind('spring'), 'x', '/a/{id}')).toEqual([
      'sum(rate(http_server_requests_seconds_count{job="x",uri!="/actuator/prometheus",uri="/a/{id}"}[$__rate_interval]))',
      '(sum(rate(http_server_requests_seconds_count{job="x",uri!="/actuator/prometheus",uri="/a/{id}",status=~"5.."}[$__rate_interval])) or 0 * sum(rate(http_server_requests_seconds_count{job="x",uri!="/actuator/prometheus",uri="/a/{id}"}[$__rate_interval]))) / (sum(rate(http_server_requests_seconds_count{job="x",uri!="/actuator/prometheus",uri="/a/{id}"}[$__rate_interval])) > 0)',
      'histogram_quantile(0.95, sum by (le) (rate(http_server_requests_seconds_bucket{job="x",uri="/a/{id}"}[$__rate_interval])))',
    ])
    expect(endpointQueries(kind('fastapi'), 'x', '/')[2]).toContain('http_request_duration_seconds_bucket{job="x",handler!="",handler="/"}')
  })
  test('[K1] milliseconds become seconds', () => {
    expect(latencyExpr(kind('otel-milliseconds'), 0.5, { job: 'x', range: '1m' })).toMatch(/^0\.001 \* \(histogram_quantile\(0\.5,/)
  })
})

describe('K2 all jobs', () => {
  test('[K2] one series per job', () => {
    expect(rateExpr(kind('fastapi'), { range: '5m' })).toBe('sum by (job) (rate(http_requests_total{handler!="",status!="",handler!="/metrics"}[5m])) or 0 * sum by (job) (rate(http_requests_total{handler!="",status!=""}[5m]))')
  })
  test('[K2] the sum over kinds needs no kind to have failures, and counts shared names once', () => {
    const both = [kind('fastapi'), kind('django'), kind('haechi-instrument')]
    expect(distinctKinds(both).map(k => k.id)).toEqual(['fastapi', 'django'])
    expect(totalErrorRatioExpr(both, '5m')).toBe(
      '(((sum(rate(http_requests_total{handler!="",status!="",handler!="/metrics",status=~"5.."}[5m])) or vector(0)) + (sum(rate(django_http_responses_total_by_status_view_method_total{view!="prometheus-django-metrics",status=~"5.."}[5m])) or vector(0)))'
      + ' / ((sum(rate(http_requests_total{handler!="",status!="",handler!="/metrics"}[5m])) or vector(0)) + (sum(rate(django_http_responses_total_by_status_view_method_total{view!="prometheus-django-metrics"}[5m])) or vector(0)) > 0) or vector(0)) and on () up')
    expect(totalRateExpr([])).toBe('vector(0) and on () up')
  })
})

describe('K3 recognition', () => {
  test.each([
    ['fastapi', { http_requests_total: ['handler', 'method', 'status'], http_request_duration_highr_seconds_bucket: ['le'], http_request_duration_seconds_count: ['handler', 'method'], python_info: [] }],
    ['haechi-instrument', { http_requests_total: ['handler', 'method', 'status'], http_request_duration_highr_seconds_bucket: ['le'], nodejs_version_info: ['version'] }],
    ['django', { django_http_responses_total_by_status_view_method_total: ['status', 'view', 'method'] }],
    ['spring', { http_server_requests_seconds_count: ['uri', 'status', 'method', 'outcome'] }],
    ['otel-js', { http_server_request_duration_count: ['http_request_method', 'http_response_status_code'] }],
    ['express-prom-bundle', { http_request_duration_seconds_count: ['status_code', 'method', 'path'] }],
    ['prom-client', { http_request_duration_seconds_count: ['status_code', 'method', 'route'] }],
    ['api-metrics', { http_request_duration_seconds_count: ['code', 'method', 'route'] }],
    ['hono', { http_requests_total: ['method', 'route', 'status', 'ok'] }],
    ['go-http', { http_requests_total: ['code', 'method'] }],
    ['go-promhttp', { http_requests_total: ['code', 'method', 'handler'], http_request_duration_seconds_count: ['code', 'method', 'handler'], go_info: ['version'] }],
    ['gin', { gin_requests_total: ['code', 'method', 'handler', 'host', 'url'], gin_request_duration_seconds_count: ['code', 'method', 'url'] }],
    ['echo', { echo_requests_total: ['code', 'method', 'host', 'url'] }],
    ['node-milliseconds', { http_request_duration_ms_count: ['method', 'route', 'code'] }],
    ['http-path', { http_requests_total: ['method', 'path', 'status'], http_request_duration_seconds_count: ['method', 'path'] }],
    ['http-route', { http_requests_total: ['method', 'route', 'status_code'], http_request_duration_seconds_count: ['method', 'route'] }],
    ['http-handler', { http_requests_total: ['handler', 'method', 'status'] }],
  ] as const)('[K3] %s', (id, metrics) => {
    expect(detectServiceKind(catalog(metrics as unknown as Record<string, string[]>))?.id).toBe(id)
  })
  test('[K3] a framework is called by its own name where a metric tells it', () => {
    const metrics = { http_request_duration_seconds_count: ['status_code', 'method', 'route'] }
    expect(libraryName(kind('prom-client'), catalog({ ...metrics, http_request_summary_seconds_count: ['status_code'] }))).toBe('Fastify')
    expect(libraryName(kind('prom-client'), catalog(metrics))).toBe('Node.js (prom-client)')
    expect(libraryName(kind('prom-client'), catalog({ ...metrics, python_info: [] }))).toBe('Python')
    expect(libraryName(kind('express-prom-bundle'), catalog({ ...metrics, go_info: [] }))).toBe('Fiber')
    expect(libraryName(kind('http-path'), catalog({ go_info: [] }))).toBe('Go')
    expect(libraryName(kind('http-path'), catalog({}))).toBe('HTTP')
    expect(libraryName(kind('express-prom-bundle'), catalog({ http_request_summary_seconds_count: [] }))).toBe('Express')
  })
  test('[K3] a computer is no HTTP service', () => {
    expect(detectServiceKind(catalog({ node_cpu_seconds_total: ['cpu', 'mode'], promhttp_metric_handler_requests_total: ['code'] }))).toBeUndefined()
  })
  test('[K3] ids are unique', () => {
    expect(new Set(SERVICE_KINDS.map(k => k.id)).size).toBe(SERVICE_KINDS.length)
  })
})

describe.skipIf(!parseExpr)('K4 every text is PromQL', () => {
  const texts = SERVICE_KINDS.flatMap(k => [{}, { job: 'a"b' }].flatMap(scope => [
    rateExpr(k, scope), rateByEndpointExpr(k, scope), rateByStatusExpr(k, scope), errorRatioExpr(k, scope), errorRatioByEndpointExpr(k, scope),
    ...endpointQueries(k, 'a"b', '/x\\{id}'), latencyExpr(k, 0.95, scope), latencyByEndpointExpr(k, 0.99, scope), meanLatencyExpr(k, scope), inProgressExpr(k, scope),
    ...SERVICE_PARTS.flatMap(p => p.queries(k, 'a"b').map(q => q.expr)),
  ])).filter(e => e !== undefined)
  test.each([...new Set([...texts, totalRateExpr(SERVICE_KINDS), totalErrorRatioExpr(SERVICE_KINDS), ...[hostQueries({ job: 'node', instance: 'a' }), hostQueries()].flatMap(q => Object.values(q).map(v => typeof v === 'string' ? v : v(604_800)))])])('[K4] %s', expr => {
    expect(() => parseExpr!(expr.replaceAll('$__rate_interval', '1m'))).not.toThrow()
  })
})
