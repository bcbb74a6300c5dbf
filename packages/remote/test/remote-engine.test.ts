import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { gzipSync } from 'node:zlib'
import { Secret, histogramJson, labelsFromObject } from '@haechi/model'
import { QueryError } from '@haechi/storage'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { UpstreamQueryError, askUpstream, faultOfAnswer, isForbiddenAddress, remoteEngine } from '../src/index.ts'
import type { Upstream, UpstreamError } from '../src/index.ts'
import { histogramOfJson } from '../src/json-values.ts'

const asked: { method: string; url: string; body: string; headers: NodeJS.Dict<string | string[]> }[] = []
let reply: { status: number; headers: Record<string, string>; body: string | Buffer }
let hangs = false
const server = createServer((req, res) => {
  let body = ''
  req.on('data', (piece: Buffer) => { body += piece.toString() }).on('end', () => {
    asked.push({ method: req.method!, url: req.url!, body, headers: req.headers })
    if (hangs) return
    if (reply.status === 405 && req.method === 'GET') res.writeHead(200, { 'content-type': 'application/json' }).end('{"status":"success","data":[]}')
    else res.writeHead(reply.status, reply.headers).end(reply.body)
  })
})
let up: Upstream
beforeAll(async () => {
  await new Promise<void>(done => { server.listen(0, '127.0.0.1', done) })
  up = { name: 'Far', url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, method: 'POST', headers: [], params: [], timeoutMs: 20_000, tls: { skipVerify: false } }
})
afterAll(async () => {
  server.closeAllConnections()
  await new Promise(done => { server.close(done) })
})
beforeEach(() => {
  asked.length = 0
  hangs = false
  answer({ status: 'success', data: [] })
})
function answer(body: unknown, status = 200, headers: Record<string, string> = { 'content-type': 'application/json' }): void {
  reply = { status, headers, body: typeof body === 'string' || Buffer.isBuffer(body) ? body : JSON.stringify(body) }
}
const engine = (change: Partial<Upstream> = {}) => remoteEngine(() => ({ ...up, ...change }))
const failure = async (run: Promise<unknown>): Promise<Error> => await run.then(() => { throw new Error('BUG: answered') }, (err: Error) => err)

describe('RE1 questions as Prometheus\' API', () => {
  test('[RE1] instant, range, series, labels, values; headers and parameters of the source', async () => {
    const e = engine({ headers: [{ name: 'X-Scope-OrgID', value: new Secret('t7') }], params: [['dedup', 'true']] })
    answer({ status: 'success', data: { resultType: 'vector', result: [{ metric: { job: 'a' }, value: [1700000000.5, '+Inf'] }] }, warnings: ['w'] })
    expect(await e.instant({ expr: 'up', tMs: 1_700_000_000_500, limit: 3, lookbackMs: 60_000, timeoutMs: 5000 })).toEqual({ value: { type: 'vector', samples: [{ labels: labelsFromObject({ job: 'a' }), tMs: 1_700_000_000_500, value: Infinity }] }, warnings: ['w'], infos: [] })
    expect(asked[0]).toMatchObject({ method: 'POST', url: '/api/v1/query', body: 'query=up&time=1700000000.5&timeout=5000ms&limit=3&lookback_delta=60000ms&dedup=true', headers: { 'x-scope-orgid': 't7' } })
    answer({ status: 'success', data: { resultType: 'matrix', result: [{ metric: { job: 'b' }, values: [[1, '1'], [2, 'NaN']] }, { metric: { job: 'a' }, values: [[1, '2']] }] } })
    const { value } = await engine({ method: 'GET' }).range({ expr: 'up', startMs: 1000, endMs: 2000, stepMs: 1000 })
    expect(value.type === 'matrix' && value.series.map(s => [s.labels, [...s.ts], [...s.vs]])).toEqual([[labelsFromObject({ job: 'a' }), [1000], [2]], [labelsFromObject({ job: 'b' }), [1000, 2000], [1, NaN]]])
    expect(asked[1]).toMatchObject({ method: 'GET', url: '/api/v1/query_range?query=up&start=1&end=2&step=1' })
    answer({ status: 'success', data: ['b', 'a'] })
    expect((await engine().labelValues('job', { matchers: ['up', 'x{}'], startMs: -8.64e15, endMs: 8.64e15 })).value).toEqual(['a', 'b'])
    expect(asked[2]!.url).toBe('/api/v1/label/job/values?match%5B%5D=up&match%5B%5D=x%7B%7D')
  })
  test('[RE1] a whole answer goes on as it came, compressed or not', async () => {
    const text = '{"status":"success","data":{"resultType":"vector","result":[]},"stats":{"seriesFetched":"1"}}'
    answer(gzipSync(text), 200, { 'content-type': 'application/json', 'content-encoding': 'gzip' })
    expect(Buffer.from((await engine().instantJson({ expr: 'up', tMs: 0 })).body).toString()).toBe(text)
  })
  test('[RE1] who takes no forms is asked with GET', async () => {
    answer('no', 405)
    expect((await engine().series({ matchers: ['up'], startMs: 0, endMs: 1 })).value).toEqual([])
    expect(asked.map(a => a.method)).toEqual(['POST', 'GET'])
  })
  test('[RE2] errors of the server are the query\'s own', async () => {
    answer({ status: 'error', errorType: 'bad_data', error: 'invalid parameter "query": 1:1: parse error: x' }, 400)
    expect(await failure(engine().instantJson({ expr: 'x(', tMs: 0 }))).toMatchObject({ name: 'QueryError', kind: 'bad_data', message: 'invalid parameter "query": 1:1: parse error: x' })
    answer({ status: 'error', errorType: '422', error: 'cannot parse' }, 422) // VictoriaMetrics
    expect(await failure(engine().range({ expr: 'x(', startMs: 0, endMs: 1, stepMs: 1 }))).toMatchObject({ kind: 'execution', message: 'cannot parse' })
  })
  test('[RE3] native histograms come back from the bounds that the API writes', () => {
    const bound = (text: string): string => Number(text.replace('Inf', 'Infinity')).toPrecision(9)
    const shape = (h: Parameters<typeof histogramOfJson>[0]): unknown => (h.buckets ?? []).map(b => [bound(b[1]), bound(b[2]), b[3]])
    for (const json of [
      { count: '20', sum: '12.5', buckets: [[1, '-2', '-1', '1'], [3, '-0.001', '0.001', '2'], [0, '1', '1.4142135623730951', '7'], [0, '2', '2.8284271247461903', '10']] },
      { count: '3', sum: '4', buckets: [[0, '0.25', '4', '3']] },
      { count: '6', sum: '4', buckets: [[3, '-Inf', '0.1', '1'], [0, '0.1', '0.5', '2'], [0, '0.5', '+Inf', '3']] },
      { count: '0', sum: '0' },
    ] as Parameters<typeof histogramOfJson>[0][]) {
      const back = JSON.parse(histogramJson(histogramOfJson(json))) as typeof json
      expect([back.count, back.sum]).toEqual([json.count, json.sum])
      expect(shape(back)).toEqual(shape(json))
    }
  })
})

describe('RE4 what keeps an answer away is told with what to do, in both languages', () => {
  test.each([
    [401, 'Unauthorized', 'text/plain', 'upstream_unauthorized', 400], [403, 'no', 'text/plain', 'upstream_forbidden', 502], [401, 'no org id\n', 'text/plain', 'upstream_tenant', 502],
    [404, '404 page not found', 'text/plain', 'upstream_not_found', 502], [200, '<!doctype html><p>Grafana</p>', 'text/html', 'upstream_web_page', 502], [302, '', 'text/html', 'upstream_redirect', 502],
    [500, 'oops', 'text/plain', 'upstream_failed', 502], [200, 'hello', 'text/plain', 'upstream_not_prometheus', 502], [200, '{"a":1}', 'application/json', 'upstream_not_prometheus', 502],
  ])('[RE4] %d %j (%s): %s', async (status, body, type, code, passed) => {
    answer(body, status, { 'content-type': type, 'location': 'http://elsewhere/login?token=geheim' })
    const err = await failure(engine({ headers: [{ name: 'Authorization', value: new Secret('Bearer geheim') }] }).instant({ expr: 'up', tMs: 0 }))
    expect(err).toBeInstanceOf(UpstreamQueryError)
    expect(err).toBeInstanceOf(QueryError)
    const { upstream } = err as UpstreamQueryError
    expect([upstream.code, upstream.status]).toEqual([code, passed])
    expect(upstream.what.en).toContain('Far (http://127.0.0.1:')
    expect(upstream.what.ko).toMatch(/Far.*[가-힣]/)
    expect(upstream.next.ko).toMatch(/[가-힣]/)
    expect(JSON.stringify([err.message, upstream])).not.toContain('geheim')
  })
  test('[RE4] nobody there, no such host, no TLS, too late', async () => {
    const code = async (change: Partial<Upstream>): Promise<string> => ((await failure(engine(change).instant({ expr: 'up', tMs: 0 }))) as UpstreamQueryError).upstream.code
    expect(await code({ url: 'http://127.0.0.1:1' })).toBe('upstream_refused')
    expect(await code({ url: 'http://prometheus.invalid:9090' })).toBe('upstream_no_such_host')
    expect(await code({ url: up.url.replace('http:', 'https:') })).toBe('upstream_tls')
    hangs = true
    expect(await code({ timeoutMs: 50 })).toBe('upstream_timeout')
  })
  test('[RE4] who goes away ends the question', async () => {
    hangs = true
    const gone = new AbortController()
    const run = failure(engine().instant({ expr: 'up', tMs: 0, signal: gone.signal }))
    await expect.poll(() => asked.length, { timeout: 10_000 }).toBe(1)
    gone.abort()
    expect(await run).toMatchObject({ kind: 'canceled' })
  })
  test('[RE5] an answer beyond the limit is not kept, packed ones included', async () => {
    answer(gzipSync(Buffer.alloc(70 << 20, 32)), 200, { 'content-type': 'application/json', 'content-encoding': 'gzip' })
    expect((await failure(askUpstream(up, { path: 'api/v1/query', params: [], mayPost: true })) as UpstreamError).code).toBe('upstream_too_large')
  })
  test('[RE4] an error of Prometheus is no fault', () => {
    expect(faultOfAnswer(up, { status: 422, contentType: 'application/json', body: Buffer.from('{"status":"error"}') })).toBeUndefined()
  })
})

describe('RE6 addresses that are never asked', () => {
  test.each(['169.254.169.254', 'fe80::1', '::ffff:169.254.169.254', '::ffff:a9fe:a9fe', '0.0.0.0', '::', '224.0.0.1', '100.100.100.200', 'fd00:ec2::254', '[fe80::1]', '64:ff9b::169.254.169.254'])('[RE6] %s', async address => {
    expect(isForbiddenAddress(address)).toBe(true)
    const url = `http://${address.includes(':') && !address.startsWith('[') ? `[${address}]` : address}:9090`
    expect(((await failure(engine({ url }).instant({ expr: 'up', tMs: 0 }))) as UpstreamQueryError).upstream.code).toBe('upstream_forbidden_address')
  })
  test.each(['127.0.0.1', '::1', '10.1.2.3', '192.168.0.9', '172.17.0.1', '8.8.8.8', 'fd12::1', '::ffff:10.0.0.1'])('[RE6] %s is fine', address => expect(isForbiddenAddress(address)).toBe(false))
})
