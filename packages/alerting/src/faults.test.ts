import { createServer } from 'node:http'
import type { RequestListener, Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { labelsFromObject, parseFields } from '@haechi/model'
import { proxyConfig, proxyOf } from '@haechi/model/proxy'
import { VirtualClock } from '@haechi/testkit'
import { afterEach, describe, expect, test } from 'vitest'
import { LIMITED, Recorder } from '../test/discord-recorder.ts'
import type { HttpRequest, HttpResponse } from './transport.ts'
import { TransportError, createAlertPipeline, createHttpPost, createMemoryStore } from './index.ts'
import type { AlertPipeline, AlertingStore, ContactPoint, PostableAlert } from './index.ts'

const M = 60_000
const T0 = 1_800_000_000_000
const log = { debug() {}, info() {}, warn() {}, error() {} }
const HOOK: ContactPoint = { uid: 'w', name: 'hook', type: 'webhook', url: 'http://h/hook', origin: 'ui' }
interface Bench { clock: VirtualClock; hook: Recorder; store: AlertingStore; pipeline: AlertPipeline }
async function bench(from: Partial<Bench> = {}, points: readonly ContactPoint[] = [HOOK]): Promise<Bench> {
  const clock = from.clock ?? new VirtualClock(T0)
  const hook = from.hook ?? new Recorder()
  const store = from.store ?? createMemoryStore()
  const pipeline = createAlertPipeline({ store, clock, log, post: hook.post, externalUrl: 'http://h:9090', random: () => 0.5 })
  pipeline.configure({ contactPoints: points, route: { groupWaitMs: 10_000, groupIntervalMs: 5 * M, repeatIntervalMs: 4 * 60 * M } })
  await pipeline.start()
  return { clock, hook, store, pipeline }
}
const firing = (clock: VirtualClock, labels: Record<string, string> = {}): PostableAlert => ({ labels: labelsFromObject({ alertname: 'A', ...labels }), annotations: [], startsAtMs: T0, endsAtMs: clock.nowMs() + 10 * 60 * M })
interface Body { status: string; alerts: { status: string; labels: Record<string, string> }[]; truncatedAlerts: number }
const bodies = (b: Bench): Body[] => b.hook.bodies() as unknown as Body[]

/** A clock that can be set while timers run, as the machine's. */
function shiftedClock(clock: VirtualClock): { by: number; nowMs: () => number; after: VirtualClock['after'] } {
  const self = { by: 0, nowMs: () => clock.nowMs() + self.by, after: (ms: number, run: () => void) => clock.after(ms, run) }
  return self
}

describe('[A90] faults: nothing is lost, nothing is told twice', () => {
  test('[A90] 10,000 alerts at once, in one group; 2,000 groups', async () => {
    const b = await bench()
    await b.pipeline.put(Array.from({ length: 10_000 }, (_x, i) => firing(b.clock, { i: String(i) })))
    await b.clock.advance(M)
    expect(bodies(b).map(x => x.alerts.length)).toEqual([10_000])
    const c = await bench({}, [{ ...HOOK, maxAlerts: 100 }])
    await c.pipeline.put(Array.from({ length: 2_000 }, (_x, i) => firing(c.clock, { alertname: `A${i}` })))
    await c.clock.advance(M)
    expect(new Set(bodies(c).map(x => x.alerts[0]!.labels['alertname'])).size).toBe(2_000)
    expect(c.pipeline.stats()).toMatchObject({ groups: 2_000, received: { firing: 2_000 }, alerts: { active: 2_000 } })
    expect(c.pipeline.stats().integrations.get('webhook')).toMatchObject({ messages: 2_000, requestsFailed: 0 })
  }, 60_000)
  test('[A90] down for three hours: told when it is back, its end too', async () => {
    const b = await bench()
    b.hook.answers = Array.from({ length: 5000 }, () => new TransportError('connection refused'))
    await b.pipeline.put([firing(b.clock)])
    await b.clock.advance(180 * M)
    b.hook.answers = []
    b.hook.requests.length = 0
    await b.pipeline.put([{ ...firing(b.clock), endsAtMs: b.clock.nowMs() }])
    await b.clock.advance(10 * M)
    expect(bodies(b).map(x => x.status)).toEqual(['resolved'])
  })
  test('[A90] 429, then 500, then lost, then accepted: one message, after the time that was asked for', async () => {
    const b = await bench()
    b.hook.answers = [{ ...LIMITED, headers: { 'retry-after': '20' } }, { status: 500 }, new TransportError('connection closed by the other side')]
    await b.pipeline.put([firing(b.clock)])
    await b.clock.advance(29_000)
    expect(b.hook.requests).toHaveLength(1)
    await b.clock.advance(4 * M)
    expect(b.hook.requests).toHaveLength(4)
    expect((await b.pipeline.deliveries({ limit: 10 })).map(d => d.ok)).toEqual([true, false, false, false])
    expect(b.pipeline.stats().integrations.get('webhook')).toMatchObject({ messages: 1, requests: 4, requestsFailed: 3 })
    await b.clock.advance(60 * M)
    expect(b.hook.requests).toHaveLength(4)
  })
  test.each([[-3600_000], [3600_000]])('[A90] the clock jumps by %d ms: told once, the end once', async jump => {
    const b = await bench()
    await b.pipeline.put([firing(b.clock)])
    await b.clock.advance(M)
    await b.pipeline.stop()
    // What was kept has times of before the jump.
    const c = await bench({ ...b, clock: new VirtualClock(T0 + M + jump) })
    for (let i = 0; i < 30; i++) {
      await c.pipeline.put([{ ...firing(c.clock), startsAtMs: Math.min(T0, c.clock.nowMs()), endsAtMs: c.clock.nowMs() + 4 * M }])
      await c.clock.advance(M)
    }
    await c.pipeline.put([{ ...firing(c.clock), startsAtMs: c.clock.nowMs() - M, endsAtMs: c.clock.nowMs() }])
    await c.clock.advance(70 * M)
    expect(bodies(c).map(x => x.status)).toEqual(['firing', 'resolved'])
  })
  test('[A90] killed between the answer and the log: repeated once, and nothing else is', async () => {
    const b = await bench()
    const broken: AlertingStore = { ...b.store, addDelivery: () => new Promise(() => undefined), putLog: entry => (entry.sending === undefined ? new Promise(() => undefined) : b.store.putLog(entry)) }
    const c = await bench({ ...b, store: broken })
    await c.pipeline.put([firing(c.clock)])
    await c.clock.advance(M)
    expect(b.hook.requests).toHaveLength(1)
    const d = await bench({ ...b, store: b.store })
    await d.clock.advance(30 * M)
    expect(b.hook.requests).toHaveLength(2)
    // Seen in the history, and counted.
    expect((await d.pipeline.deliveries({ limit: 9 })).map(x => [x.ok, x.uncertain, x.mayRepeat, x.alertNames])).toEqual([[true, undefined, 'restart', ['A']], [false, true, undefined, ['A']]])
    expect(d.pipeline.stats().integrations.get('webhook')!.mayRepeat).toEqual({ restart: 1, no_answer: 0 })
  })
  test('[A94] killed during an attempt, over when it comes back: its end is told, and is no repetition', async () => {
    const b = await bench()
    const c = await bench({ ...b, store: { ...b.store, addDelivery: () => new Promise(() => undefined) } })
    await c.pipeline.put([firing(c.clock)])
    await c.clock.advance(M)
    const d = await bench({ ...b, store: b.store })
    await d.pipeline.put([{ ...firing(b.clock), endsAtMs: b.clock.nowMs() }])
    await d.clock.advance(10 * M)
    expect(bodies(b).map(x => x.status)).toEqual(['firing', 'resolved'])
    expect(d.pipeline.stats().integrations.get('webhook')!.mayRepeat.restart).toBe(0)
  })
  test('[A94] a lost connection after the request was sent may repeat a message; a refused one can not', async () => {
    const b = await bench()
    b.hook.answers = [new TransportError('connection refused', false), new TransportError('timed out'), new TransportError('connection refused', false)]
    await b.pipeline.put([firing(b.clock)])
    await b.clock.advance(5 * M)
    expect((await b.pipeline.deliveries({ limit: 9 })).reverse().map(x => [x.ok, x.uncertain ?? false, x.mayRepeat ?? ''])).toEqual([[false, false, ''], [false, true, ''], [false, false, 'no_answer'], [true, false, '']])
    expect(b.pipeline.stats().integrations.get('webhook')!.mayRepeat).toEqual({ restart: 0, no_answer: 1 })
  })
  test('[A94] no answer until the flush is over: the next flush counts', async () => {
    const b = await bench()
    b.hook.answers = Array.from({ length: 100 }, () => new TransportError('timed out'))
    await b.pipeline.put([firing(b.clock)])
    await b.clock.advance(5 * M + 5000)
    const before = b.pipeline.stats().integrations.get('webhook')!.mayRepeat.no_answer
    b.hook.answers = []
    await b.clock.advance(10 * M)
    const after = await b.pipeline.deliveries({ limit: 1 })
    expect(after[0]).toMatchObject({ ok: true, mayRepeat: 'no_answer' })
    expect(b.pipeline.stats().integrations.get('webhook')!.mayRepeat.no_answer).toBe(before + 1)
  })
  test('[A94] a clean stop between two attempts leaves nothing unknown', async () => {
    const b = await bench()
    b.hook.answers = Array.from({ length: 5 }, () => ({ status: 503, headers: { 'retry-after': '100' } }))
    await b.pipeline.put([firing(b.clock)])
    await b.clock.advance(15_000)
    await b.pipeline.stop()
    b.hook.answers = []
    const c = await bench({ ...b })
    await c.clock.advance(10 * M)
    expect((await c.pipeline.deliveries({ limit: 9 })).map(x => [x.ok, x.uncertain, x.mayRepeat])).toEqual([[true, undefined, undefined], [false, undefined, undefined]])
  })
  test.each([
    ['seconds', '7', 7000], ['a fraction', '1.5', 1500], ['an HTTP date', new Date(T0 + 10_000 + 30_000).toUTCString(), 30_000], ['a date that is past', 'Mon, 01 Jan 2001 00:00:00 GMT', undefined], ['no wait at all', '0', undefined],
    ['a word', 'soon', undefined], ['below zero', '-5', undefined], ['nothing', '', undefined],
  ])('[A90] 429 with Retry-After: %s', async (_what, header, waitMs) => {
    const b = await bench()
    b.hook.answers = [{ status: 429, headers: { 'retry-after': header } }]
    await b.pipeline.put([firing(b.clock)])
    await b.clock.advance(10_000 + (waitMs ?? 400) - 1)
    expect(b.hook.requests).toHaveLength(1)
    // Without a time that can be read, as after any failure: half a second, half up or down by chance.
    await b.clock.advance(waitMs === undefined ? 400 : 2)
    expect(b.hook.requests).toHaveLength(2)
  })
  test.each(['999999999999', '1e300', 'Fri, 31 Dec 9999 23:59:59 GMT'])('[A90] 429 with Retry-After %s: an hour at most', async header => {
    const b = await bench()
    b.hook.answers = [{ status: 429, headers: { 'retry-after': header } }]
    await b.pipeline.put([firing(b.clock)])
    await b.clock.advance(50 * M)
    expect(b.hook.requests).toHaveLength(1)
    await b.clock.advance(16 * M)
    expect(b.hook.requests).toHaveLength(2)
    expect(bodies(b).map(x => x.status)).toEqual(['firing', 'firing'])
  })
  test.each([[-3600_000], [3600_000], [-30 * 86_400_000], [30 * 86_400_000]])('[A90] the running clock jumps by %d ms during group_wait, between messages and while waiting for an answer: nothing is lost, the repetition comes within its interval', async jump => {
    const b = await bench()
    const shift = shiftedClock(b.clock)
    const pipeline = createAlertPipeline({ store: createMemoryStore(), clock: shift, log, post: b.hook.post, externalUrl: 'http://h:9090', random: () => 0.5 })
    pipeline.configure({ contactPoints: [HOOK], route: { groupWaitMs: 10_000, groupIntervalMs: 5 * M, repeatIntervalMs: 4 * 60 * M } })
    await pipeline.start()
    const startsAtMs = T0
    const put = (ended = false): Promise<void> => pipeline.put([{ labels: labelsFromObject({ alertname: 'A' }), annotations: [], startsAtMs: Math.min(startsAtMs, shift.nowMs()), endsAtMs: shift.nowMs() + (ended ? 0 : 12 * M) }])
    const minutes = async (n: number): Promise<void> => {
      for (let i = 0; i < n; i += 5) {
        await put()
        await b.clock.advance(5 * M)
      }
    }
    // Within group_wait.
    await put()
    await b.clock.advance(5000)
    shift.by += jump
    await minutes(6)
    expect(bodies(b).map(x => x.status)).toEqual(['firing'])
    // Between two messages: at most four hours and a flush until the next, whatever the clock does.
    shift.by -= jump
    const before = b.hook.requests.length
    await minutes(4 * 60 + 10)
    expect(b.hook.requests.length - before).toBeGreaterThanOrEqual(1)
    expect(b.hook.requests.length - before).toBeLessThanOrEqual(2)
    // While the other side asks to wait.
    b.hook.answers = [{ status: 429, headers: { 'retry-after': '20' } }]
    await put(true)
    await b.clock.advance(5 * M + 1000)
    shift.by += jump
    await b.clock.advance(70 * M)
    expect(bodies(b).at(-1)!.status).toBe('resolved')
    const told = b.hook.requests.length
    await b.clock.advance(60 * M)
    expect(b.hook.requests).toHaveLength(told)
    await pipeline.stop()
  }, 60_000)
  test('[A91] a template that fails: the message goes in our form, and the reason is seen', async () => {
    const b = await bench({}, [{ uid: 'd', name: 'Discord', type: 'discord', url: 'https://discord.test/api/webhooks/1/x', origin: 'file', texts: { title: '{{ template "nowhere" . }}' } }])
    await b.pipeline.put([firing(b.clock)])
    await b.clock.advance(M)
    expect(b.hook.titles()).toEqual(['🔴 A'])
    expect((await b.pipeline.deliveries({ limit: 1 }))[0]).toMatchObject({ ok: true, warning: expect.stringContaining('nowhere') })
  })
})

describe('[A92] the other side over a real connection', () => {
  const open: { server: Server; close: () => Promise<void> }[] = []
  afterEach(async () => {
    for (const { server, close } of open.splice(0)) {
      await close()
      server.closeAllConnections()
      await new Promise(done => { server.close(done) })
    }
  })
  const answeredBy = async (listener: RequestListener, timeoutMs = 5000, more: Partial<HttpRequest> = {}): Promise<string> => {
    const server = createServer(listener)
    const http = createHttpPost()
    open.push({ server, close: http.close })
    await new Promise<void>(done => { server.listen(0, '127.0.0.1', done) })
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/SECRETPATH`
    return http.post({ url, headers: {}, body: '{}', timeoutMs, signal: new AbortController().signal, ...more }).then(a => `${a.status} ${a.body.length}`, (err: Error) => `${err.name}: ${err.message}`)
  }
  test('[A92] closes in the middle of its answer', async () => {
    expect(await answeredBy((_q, res) => {
      res.writeHead(200, { 'content-length': '100' })
      res.write('half')
      setImmediate(() => res.destroy())
    })).toMatch(/^TransportError: (connection closed by the other side|connection reset by peer)$/)
  })
  test.each([[301, false], [302, false], [303, false], [307, false], [301, true], [302, true], [303, true]])('[A92] HTTP %d, follow_redirects %s: an answer, because what it leads to would get no message', async (status, followRedirects) => {
    let others = 0
    expect(await answeredBy((q, res) => {
      if (q.url === '/elsewhere') others++
      res.writeHead(status, { location: '/elsewhere' }).end()
    }, 5000, { followRedirects })).toBe(`${status} 0`)
    expect(others).toBe(0)
  })
  test.each([307, 308])('[A92] HTTP %d with follow_redirects: the same request goes to where it points; ten times at most', async status => {
    const seen: string[] = []
    expect(await answeredBy((q, res) => {
      seen.push(`${q.method} ${q.headers.authorization}`)
      if (q.url === '/elsewhere') res.end('taken')
      else res.writeHead(status, { location: '/elsewhere' }).end()
    }, 5000, { followRedirects: true, headers: { authorization: 'Bearer s' } })).toBe('200 5')
    expect(seen).toEqual(['POST Bearer s', 'POST Bearer s'])
    let asked = 0
    expect(await answeredBy((_q, res) => {
      asked++
      res.writeHead(status, { location: '/again' }).end()
    }, 5000, { followRedirects: true })).toBe(`${status} 0`)
    expect(asked).toBe(11)
  })
  test('[A92] a redirect to another host gets no credentials; one to plain text or to nowhere is an answer', async () => {
    const other = createServer((q, res) => res.end(`${q.method} ${q.headers.authorization ?? 'none'} ${q.headers['x-own'] ?? ''}`))
    open.push({ server: other, close: async () => undefined })
    await new Promise<void>(done => { other.listen(0, '127.0.0.1', done) })
    const port = (other.address() as AddressInfo).port
    const http = createHttpPost()
    let location = `http://localhost:${port}/`
    const first = createServer((_q, res) => res.writeHead(307, { location }).end())
    open.push({ server: first, close: http.close })
    await new Promise<void>(done => { first.listen(0, '127.0.0.1', done) })
    const send = (): Promise<HttpResponse> => http.post({ url: `http://127.0.0.1:${(first.address() as AddressInfo).port}/`, headers: { Authorization: 'Bearer s', 'x-own': 'kept' }, body: '{}', followRedirects: true, timeoutMs: 5000, signal: new AbortController().signal })
    expect((await send()).body).toBe('POST none kept')
    location = 'ftp://127.0.0.1/'
    expect((await send()).status).toBe(307)
    location = 'http://['
    expect((await send()).status).toBe(307)
  })
  test('[A26] a proxy is used, by http and through a tunnel, but for spared hosts', async () => {
    const seen: string[] = []
    const proxy = createServer((q, res) => {
      seen.push(`${q.method} ${q.url} ${q.headers['proxy-authorization'] ?? ''}`)
      res.end('by the proxy')
    })
    proxy.on('connect', (q, socket) => {
      seen.push(`CONNECT ${q.url} ${q.headers['x-team'] ?? ''}`)
      socket.end('HTTP/1.1 502 Bad Gateway\r\n\r\n')
    })
    const http = createHttpPost()
    open.push({ server: proxy, close: http.close })
    await new Promise<void>(done => { proxy.listen(0, '127.0.0.1', done) })
    const config = proxyConfig(parseFields(`proxy_url: http://u:pw@127.0.0.1:${(proxy.address() as AddressInfo).port}\nno_proxy: spared.invalid\nproxy_connect_header: { x-team: [ops] }\n`, 'a.yml'))
    const send = (url: string): Promise<string> => http.post({ url, headers: {}, body: '{}', proxy: proxyOf(config, {})!, timeoutMs: 5000, signal: new AbortController().signal }).then(a => `${a.status} ${a.body}`, (err: Error) => err.message)
    expect(await send('http://hooks.invalid/a')).toBe('200 by the proxy')
    expect(await send('http://spared.invalid/a')).toMatch(/no such host|name resolution/)
    expect(await send('https://hooks.invalid/a')).not.toContain('200')
    expect(seen).toEqual([`POST http://hooks.invalid/a Basic ${Buffer.from('u:pw').toString('base64')}`, 'CONNECT hooks.invalid:443 ops'])
  })
  test('[A92] a name that is nowhere, a port without a listener, plain text where TLS is meant: one sentence each, without the address', async () => {
    const http = createHttpPost()
    const plain = createServer((_q, res) => res.end())
    open.push({ server: plain, close: http.close })
    await new Promise<void>(done => { plain.listen(0, '127.0.0.1', done) })
    const port = (plain.address() as AddressInfo).port
    const said = (url: string): Promise<unknown> => http.post({ url, headers: {}, body: '{}', timeoutMs: 5000, signal: new AbortController().signal }).then(() => 'sent', (err: TransportError) => [err.name, err.message, err.mayHaveArrived])
    expect(await said('http://haechi-nowhere.invalid/SECRETPATH')).toEqual(['TransportError', expect.stringMatching(/^(no such host|temporary failure in name resolution)$/), false])
    expect(await said('http://127.0.0.1:1/SECRETPATH')).toEqual(['TransportError', 'connection refused', false])
    const [name, words] = (await said(`https://127.0.0.1:${port}/SECRETPATH`)) as string[]
    expect(name).toBe('TransportError')
    expect(words).not.toMatch(/SECRETPATH|127\.0\.0\.1/)
  })
  test('[A92] never answers', async () => expect(await answeredBy(() => undefined, 200)).toBe('TransportError: timed out'))
  test('[A92] floods: what was read is enough', async () => expect(await answeredBy((_q, res) => res.end(Buffer.alloc(4 << 20, 120)))).toBe('200 65536'))
  test('[A92] methods and bytes', async () => {
    const got: string[] = []
    const server = createServer((q, res) => {
      q.setEncoding('utf8').on('data', (d: string) => got.push(`${q.method} ${d}`)).on('end', () => {
        if (q.method === 'GET') got.push('GET')
        res.end()
      })
    })
    const http = createHttpPost()
    open.push({ server, close: http.close })
    await new Promise<void>(done => { server.listen(0, '127.0.0.1', done) })
    const base = { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`, headers: {}, timeoutMs: 5000, signal: new AbortController().signal }
    await http.post({ ...base, body: 'a', method: 'PATCH' })
    await http.post({ ...base, body: 'b', bytes: new TextEncoder().encode('bytes') })
    await http.post({ ...base, body: '', method: 'GET' })
    expect(got).toEqual(['PATCH a', 'POST bytes', 'GET'])
  })
})
