import { readFileSync } from 'node:fs'
import { labelsFromObject } from '@haechi/model'
import type { ActiveTarget } from '@haechi/scrape'
import type { QueryEngine } from '@haechi/storage'
import { describe, expect, test } from 'vitest'
import { ServiceFinder, MIDDLEWARE_CODES, PERSONAL_DATA_CODE, QUERY_CODES, TARGET_CODES, diagnoseTarget, text, verdict } from './index.ts'

function target(over: Partial<ActiveTarget> = {}): ActiveTarget {
  return {
    scrapePool: 'app', scrapeUrl: 'http://localhost:8900/metrics', discoveredLabels: [], labels: labelsFromObject({ job: 'app', instance: 'localhost:8900' }), health: 'down', lastError: '',
    lastScrapeMs: 1000, lastScrapeDurationMs: 5, intervalMs: 15_000, timeoutMs: 10_000, samples: 0, history: [0], bodyBytes: 0, contentType: '', discovered: false, inProcess: false,
    loopbackFallback: false, duplicateSamples: 0, outOfOrderSamples: 0, outOfBoundsSamples: 0, nativeHistogramsSkipped: 0, zeroBirths: 0, ...over,
  }
}

describe('[N1] [N2] a failed target is explained', () => {
  // The texts on the left are those that the real Prometheus 3.5 shows, and ours are the same.
  test.each<[code: string, over: Partial<ActiveTarget>]>([
    ['target-refused', { lastError: 'Get "http://localhost:8900/metrics": dial tcp 127.0.0.1:8900: connect: connection refused' }],
    ['target-docker-host', { scrapeUrl: 'http://host.docker.internal:8900/metrics', lastError: 'Get "http://host.docker.internal:8900/metrics": dial tcp: lookup host.docker.internal on 127.0.0.53:53: no such host' }],
    ['target-unknown-host', { scrapeUrl: 'http://shopp:8900/metrics', lastError: 'Get "http://shopp:8900/metrics": dial tcp: lookup shopp: no such host' }],
    ['target-timeout', { lastError: 'Get "http://localhost:8900/metrics": context deadline exceeded' }],
    ['target-allowed-hosts', { lastError: 'server returned HTTP status 400 Bad Request' }],
    ['target-needs-tls', { lastError: 'server returned HTTP status 400 Bad Request', badBody: 'Client sent an HTTP request to an HTTPS server.\n' }],
    ['target-unauthorized', { lastError: 'server returned HTTP status 401 Unauthorized' }],
    ['target-forbidden', { lastError: 'server returned HTTP status 403 Forbidden' }],
    ['target-trailing-slash', { scrapeUrl: 'http://localhost:8900/metrics/', lastError: 'server returned HTTP status 404 Not Found' }],
    ['target-not-found', { lastError: 'server returned HTTP status 404 Not Found' }],
    ['target-server-error', { lastError: 'server returned HTTP status 502 Bad Gateway' }],
    ['target-http-status', { lastError: 'server returned HTTP status 418 I\'m a teapot' }],
    ['target-json', { lastError: 'received unsupported Content-Type "application/json" and no fallback_scrape_protocol specified for target', contentType: 'application/json' }],
    ['target-html', { lastError: 'received unsupported Content-Type "text/html; charset=utf-8" and no fallback_scrape_protocol specified for target', contentType: 'text/html; charset=utf-8' }],
    ['target-content-type', { lastError: 'non-compliant scrape target sending blank Content-Type and no fallback_scrape_protocol specified for target' }],
    ['target-body-limit', { lastError: 'body size limit exceeded' }],
    ['target-sample-limit', { lastError: 'sample limit exceeded' }],
    ['target-certificate', { lastError: 'Get "https://localhost:8900/metrics": tls: failed to verify certificate: x509: certificate signed by unknown authority' }],
    ['target-not-tls', { lastError: 'Get "https://localhost:8900/metrics": http: server gave HTTP response to HTTPS client' }],
    ['target-closed', { lastError: 'Get "http://localhost:8900/metrics": EOF' }],
    ['target-unreachable', { lastError: 'Get "http://10.0.0.9:8900/metrics": dial tcp 10.0.0.9:8900: connect: no route to host' }],
    ['target-parse', { lastError: 'expected value after metric, got "\\n" ("INVALID") while parsing: "up"', contentType: 'text/plain; version=0.0.4' }],
    ['target-other', { lastError: 'something new' }],
  ])('%s', (code, over) => {
    const d = diagnoseTarget(target(over))!
    expect(d.code).toBe(code)
    expect(d.health).toBe('critical')
    for (const sentence of [d.what, d.next!, ...(d.cause === undefined ? [] : [d.cause])]) {
      expect(sentence.en).not.toMatch(/undefined|NaN/)
      expect(sentence.ko).toMatch(/[가-힣]/)
      expect(sentence.ko).not.toMatch(/undefined|NaN/)
    }
  })

  test('a target that is up and well has nothing to explain', () => expect(diagnoseTarget(target({ health: 'up' }))).toBeUndefined())
  test('several processes behind one port are a warning with the evidence', () => {
    const d = diagnoseTarget(target({ health: 'up', multiProcessSuspected: { series: 'http_requests_total{handler="/"}', values: [144, 144, 156, 144, 156], timesMs: [1, 2, 3, 4, 5] } }))!
    expect(d.health).toBe('warning')
    expect(d.cause!.en).toContain('144, 144, 156, 144, 156')
  })
})

describe('[N3] every code is documented', () => {
  test('docs/diagnoses.md lists the same codes as the code', () => {
    const page = readFileSync(new URL('../../../docs/diagnoses.md', import.meta.url), 'utf8')
    expect([...page.matchAll(/^### `([a-z-]+)`/gm)].map(m => m[1]).sort()).toEqual([...TARGET_CODES, ...QUERY_CODES, ...MIDDLEWARE_CODES, PERSONAL_DATA_CODE].sort())
  })
})

describe('[N4] [N5] services are recognised by their metrics', () => {
  const engine = (series: Record<string, string>[]): QueryEngine => ({ series: () => Promise.resolve({ value: series.map(labelsFromObject), warnings: [], infos: [] }) }) as unknown as QueryEngine
  const up = (job: string, over: Partial<ActiveTarget> = {}): ActiveTarget => target({ health: 'up', labels: labelsFromObject({ job, instance: `${job}:1`, ...(job === 'demo' ? { demo: 'true' } : {}) }), ...over })

  const findServices = (e: QueryEngine, targets: readonly ActiveTarget[], nowMs: number): ReturnType<ServiceFinder['find']> => new ServiceFinder(e, () => nowMs).find(targets)

  test('[N7] what jobs expose is asked every two seconds while one is young, every minute later; their state is always the present one', async () => {
    let asked = 0
    let nowMs = 0
    const counting = { series: () => { asked++; return Promise.resolve({ value: [], warnings: [], infos: [] }) } } as unknown as QueryEngine
    const finder = new ServiceFinder(counting, () => nowMs)
    const states: string[] = []
    for (; nowMs < 300_000; nowMs += 1000) states.push((await finder.find([up('a', { health: nowMs % 2000 === 0 ? 'up' : 'down' })]))[0]!.health)
    // 60 in the first two minutes, one each minute after it.
    expect(asked).toBe(60 + 3)
    expect(new Set(states)).toEqual(new Set(['ok', 'critical']))
  })

  test('[N7] without new series a young job is asked about every minute only', async () => {
    let asked = 0
    let nowMs = 0
    const counting = { series: () => { asked++; return Promise.resolve({ value: [], warnings: [], infos: [] }) } } as unknown as QueryEngine
    const finder = new ServiceFinder(counting, () => nowMs, { seriesVersion: () => (nowMs < 10_000 ? String(nowMs) : 'same') })
    for (; nowMs < 100_000; nowMs += 1000) await finder.find([up('a')])
    // At 0, 2, 4, 6 and 8 s, at 10 s for the last series, and a minute later.
    expect(asked).toBe(7)
  })

  test('[N7] a failed question is asked again at once', async () => {
    let asked = 0
    const failing = { series: () => (asked++ === 0 ? Promise.reject(new Error('no')) : Promise.resolve({ value: [], warnings: [], infos: [] })) } as unknown as QueryEngine
    const finder = new ServiceFinder(failing, () => 0)
    await expect(finder.find([up('a')])).rejects.toThrow('no')
    expect(await finder.find([up('a')])).toHaveLength(1)
  })

  test('FastAPI, Django, a host and an unknown job', async () => {
    const found = await findServices(engine([
      { __name__: 'http_requests_total', job: 'orders', handler: '/', method: 'GET', status: '2xx' },
      { __name__: 'http_request_duration_highr_seconds_bucket', job: 'orders', le: '+Inf' },
      { __name__: 'django_http_responses_total_by_status_view_method_total', job: 'shop', status: '200', view: 'index', method: 'GET' },
      { __name__: 'django_http_requests_latency_seconds_by_view_method_bucket', job: 'shop', view: 'index', method: 'GET', le: '+Inf' },
      { __name__: 'node_cpu_seconds_total', job: 'box', mode: 'idle', cpu: '0' },
    ]), [up('orders'), up('shop'), up('box'), up('thing'), up('demo')], 1_000_000)
    expect(found.map(s => [s.id, s.kind, s.library, s.queries.p95 !== undefined, s.queries.cpu !== undefined, s.demo])).toEqual([
      ['orders', 'service', 'FastAPI', true, false, false],
      ['shop', 'service', 'Django', true, false, false],
      ['box', 'host', 'node_exporter', false, true, false],
      ['thing', 'service', undefined, false, false, false],
      ['demo', 'service', undefined, false, false, true],
    ])
  })

  test('health of a job follows its targets', async () => {
    const health = async (...states: ActiveTarget['health'][]): Promise<string> => (await findServices(engine([]), states.map(s => up('a', { health: s })), 0))[0]!.health
    expect(await health('up', 'up')).toBe('ok')
    expect(await health('up', 'down')).toBe('warning')
    expect(await health('down', 'down')).toBe('critical')
    expect(await health('unknown')).toBe('unknown')
  })
})

describe('[N6] one sentence', () => {
  const calm = { services: 2, hosts: 1, targets: 3, targetsUp: 3, targetsUnknown: 0, firing: [], jobsDown: [], nowMs: 600_000 }
  test('fine', () => {
    expect(verdict(calm)).toEqual({ health: 'ok', verdict: { en: 'Everything is fine. 2 services, 3 targets, this computer.', ko: '모두 정상입니다. 서비스 2개, 타깃 3개, 이 컴퓨터.' } })
  })
  test('a firing alert comes before a target that is down', () => {
    const v = verdict({ ...calm, targetsUp: 2, jobsDown: ['shop'], firing: [{ summary: text('orders: 4.2 % of requests fail', 'orders: 요청의 4.2 %가 실패합니다'), sinceMs: 420_000, severity: 'warning' }] })
    expect(v).toEqual({ health: 'critical', verdict: { en: 'orders: 4.2 % of requests fail, for 3 min. Also not answering: shop.', ko: 'orders: 요청의 4.2 %가 실패합니다 (3분째). shop도 응답하지 않습니다.' } })
    // An alert that is about the silence says it already.
    expect(verdict({ ...calm, targetsUp: 2, jobsDown: ['shop'], firing: [{ summary: text('shop does not answer', 'shop이 응답하지 않습니다'), sinceMs: 420_000, severity: 'warning' }] }))
      .toEqual({ health: 'warning', verdict: { en: 'shop does not answer, for 3 min.', ko: 'shop이 응답하지 않습니다 (3분째)' } })
  })
  test('a target that is down', () => expect(verdict({ ...calm, targetsUp: 2, jobsDown: ['shop'] }).verdict.ko).toBe('shop: 타깃 1개가 응답하지 않습니다.'))
  test('nothing watched, and not looked yet', () => {
    expect(verdict({ ...calm, targets: 0, targetsUp: 0, services: 0, hosts: 0 }).health).toBe('unknown')
    expect(verdict({ ...calm, targetsUp: 0, targetsUnknown: 3 }).verdict.en).toBe('The first look at your services is under way.')
  })
})
