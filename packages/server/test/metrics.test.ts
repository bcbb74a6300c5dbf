import { afterAll, describe, expect, test } from 'vitest'
import { createServer } from '../src/index.ts'
import type { ServerDeps } from '../src/index.ts'
import { fakeDeps } from './fake-deps.ts'

const deps = fakeDeps()
const server = createServer({
  ...deps,
  status: { ...deps.status, metrics: () => [...deps.status.metrics(), { name: 'prometheus_build_info', type: 'gauge', help: 'twice', values: [{ value: 1 }] }, { name: 'odd', type: 'gauge', help: 'a\nb\\c', values: [{ labels: { l: 'a"b\\c\nd' }, value: NaN }] }] },
}, { version: '0.1.0' })
afterAll(() => server.close())

describe('M1 own metrics', () => {
  test('[M1] families are there once, and every line is readable', async () => {
    await server.inject({ url: '/api/v1/query?query=up', headers: { host: 'localhost' } })
    await server.inject({ url: '/api/v1/label/job/values', headers: { host: 'localhost' } })
    await server.inject({ url: '/api/v1/query?query=up&time=x', headers: { host: 'localhost' } })
    const { body, headers } = await server.inject({ url: '/metrics', headers: { host: 'localhost' } })
    expect(headers['content-type']).toContain('text/plain; version=0.0.4')
    const types = body.split('\n').filter(l => l.startsWith('# TYPE ')).map(l => l.split(' ')[2])
    expect(new Set(types).size).toBe(types.length)
    for (const line of body.trimEnd().split('\n')) {
      if (line !== '' && !line.startsWith('#')) expect(line).toMatch(/^[a-zA-Z_:][\w:]*(?:\{(?:[a-zA-Z_]\w*="(?:[^"\\\n]|\\[\\"n])*",?)*\})? (?:[-+]?[\d.]+(?:e[-+]\d+)?|NaN|[-+]Inf)$/i)
    }
    for (const name of ['process_cpu_seconds_total', 'nodejs_heap_size_used_bytes', 'prometheus_tsdb_head_series', 'prometheus_rule_evaluations_total', 'prometheus_target_scrape_pool_targets', 'haechi_build_info', 'prometheus_ready']) {
      expect(types).toContain(name)
    }
    expect(body).toContain('prometheus_http_requests_total{code="200",handler="/api/v1/query"} 1')
    expect(body).toContain('prometheus_http_requests_total{code="400",handler="/api/v1/query"} 1')
    expect(body).toContain('prometheus_http_requests_total{code="200",handler="/api/v1/label/:name/values"} 1')
    expect(body).toContain('odd{l="a\\"b\\\\c\\nd"} NaN')
    expect(body).toContain('# HELP odd a\\nb\\\\c')
  })
})

describe('M2 requests to Alertmanager\'s API', () => {
  test('[M2] are counted under its names, with its handlers and methods', async () => {
    const pipeline = { alerts: () => [], silence: () => undefined, expireSilence: async () => false } as unknown as NonNullable<ServerDeps['alertmanager']>['pipeline']
    const own = createServer(fakeDeps({ alertmanager: { pipeline, configYaml: () => '' } }), { version: '0.1.0' })
    await own.inject({ url: '/api/v2/alerts', headers: { host: 'localhost' } })
    await own.inject({ url: '/api/v2/silence/11111111-1111-4111-8111-111111111111', headers: { host: 'localhost' } })
    const { body } = await own.inject({ url: '/metrics', headers: { host: 'localhost' } })
    expect(body).toMatch(/^alertmanager_http_request_duration_seconds_count\{code="\d+",handler="\/api\/v2\/alerts",method="get"\} 1$/m)
    expect(body).toContain('alertmanager_http_request_duration_seconds_count{code="404",handler="/api/v2/silence/{silenceID}",method="get"} 1')
    expect(body).toContain('alertmanager_http_concurrency_limit_exceeded_total{method="get"} 0')
    expect(body).toContain('alertmanager_http_requests_in_flight{method="get"} 1')
    await own.close()
  })
})

describe('G2 the parts around queries', () => {
  test('[G2] before the data is readable, queries wait and the rest answers', async () => {
    const starting = createServer(fakeDeps({ status: { ...deps.status, ready: () => false } }), { version: '0.1.0' })
    for (const [path, status] of [['/-/ready', 503], ['/api/v1/query?query=up', 503], ['/federate?match[]=up', 503], ['/-/healthy', 200], ['/api/v1/status/walreplay', 200], ['/api/v1/targets', 200]] as const) {
      expect([path, (await starting.inject({ url: path, headers: { host: 'localhost' } })).statusCode]).toEqual([path, status])
    }
    await starting.close()
  })
  test('[G2] reload and quit, when they are allowed', async () => {
    const calls: string[] = []
    const s = createServer(fakeDeps({ lifecycle: { reload: async () => { calls.push('reload'); throw new Error('prometheus.yml:3: bad') }, quit: () => calls.push('quit') } }), { version: '0.1.0', lifecycle: true })
    const reload = await s.inject({ method: 'POST', url: '/-/reload', headers: { host: 'localhost' } })
    expect([reload.statusCode, reload.body]).toEqual([500, 'failed to reload config: prometheus.yml:3: bad\n'])
    const quit = await s.inject({ method: 'PUT', url: '/-/quit', headers: { host: 'localhost' } })
    expect([quit.statusCode, quit.body]).toEqual([200, 'Requesting termination... Goodbye!'])
    await new Promise(r => setImmediate(r))
    expect(calls).toEqual(['reload', 'quit'])
    await s.close()
  })
  test('[G2] remote write hands over headers and bytes', async () => {
    const seen: unknown[] = []
    const s = createServer(fakeDeps({
      receive: async (headers, body) => {
        seen.push(headers['content-encoding'], [...body])
        return { status: 204, headers: { 'X-Prometheus-Remote-Write-Samples-Written': '3' } }
      },
    }), { version: '0.1.0', remoteWriteReceiver: true })
    const got = await s.inject({ method: 'POST', url: '/api/v1/write', headers: { host: 'localhost', 'content-type': 'application/x-protobuf', 'content-encoding': 'snappy' }, payload: Buffer.from([1, 2, 255]) })
    expect([got.statusCode, got.headers['x-prometheus-remote-write-samples-written'], seen]).toEqual([204, '3', ['snappy', [1, 2, 255]]])
    await s.close()
  })
})
