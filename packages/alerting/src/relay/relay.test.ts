import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { describe, expect, test } from 'vitest'
import { LIMITED, Recorder } from '../../test/discord-recorder.ts'
import { sharedBodies } from '../../test/shared.ts'
import { VirtualClock } from '@haechi/testkit'
import { createHttpPost, createRelay, startRelay } from '../index.ts'
import type { Clock, Relay } from '../index.ts'

const log = { debug() {}, info() {}, warn() {}, error() {} }
const fixture = (name: string): string => readFileSync(new URL(`../../test/fixtures/${name}.json`, import.meta.url), 'utf8')
const REAL_CLOCK: Clock = {
  nowMs: () => Date.now(),
  after(ms, run) {
    const timer = setTimeout(run, ms)
    return () => clearTimeout(timer)
  },
}

function bench(): { relay: Relay; discord: Recorder; clock: VirtualClock } {
  const discord = new Recorder()
  const clock = new VirtualClock(1_800_000_000_000)
  return { discord, clock, relay: createRelay({ discordUrl: 'https://discord.test/api/webhooks/1/SECRET', language: 'ko', post: discord.post, clock, log, random: () => 0.5 }) }
}

describe('[A20] the relay turns Grafana\'s and Alertmanager\'s bodies into messages', () => {
  test('Grafana', async () => {
    const { relay, discord } = bench()
    expect(await relay.handle('/grafana', fixture('grafana-firing'))).toMatchObject({ status: 200, body: '{"status":"ok","alerts":1}\n' })
    const body = discord.bodies()[0] as { embeds: { title: string; description: string; fields: { name: string; value: string }[] }[] }
    expect(body.embeds[0]!.title).toBe('🔴 5xx error rate is high: 0.035 (> 0.01)')
    expect(body.embeds[0]!.description).toBe('확인:\n1) 최근 배포\n2) 에러 로그')
    expect(body.embeds[0]!.fields.find(f => f.name === '현재값')!.value).toBe('A = 0.03457')
    expect(body.embeds[0]!.fields.at(-1)!.value).toMatch(/^\[패널\]\(.*\) · \[대시보드\]\(.*\) · \[그래프\]\(.*\) · \[음소거\]\(.*\) · \[런북\]\(https:\/\/wiki.test\/runbooks\/5xx\)$/)
    expect(discord.requests[0]!.url).toBe('https://discord.test/api/webhooks/1/SECRET?wait=true')
  })
  test('Alertmanager, with a slash and a query', async () => {
    const { relay, discord } = bench()
    expect((await relay.handle('/alertmanager/?x=1', fixture('alertmanager-resolved'))).status).toBe(200)
    expect(discord.titles()).toEqual(['🟢 해결됨: orders · TargetDown'])
  })
  const shared = sharedBodies()
  test.runIf(shared.length > 0)(`all ${shared.length} recorded bodies, on both paths`, async () => {
    const { relay, discord } = bench()
    for (const [name, body] of shared) {
      for (const path of ['/grafana', '/alertmanager']) expect([name, (await relay.handle(path, body)).status]).toEqual([name, 200])
    }
    expect(discord.requests).toHaveLength(2 * shared.length)
  })
  if (shared.length === 0) test.skip('recorded bodies: the folder `shared` is not beside the repository', () => undefined)
})

describe('[A21] the relay acknowledges only what Discord has accepted', () => {
  test('429 is waited out', async () => {
    const { relay, discord, clock } = bench()
    discord.answers = [LIMITED]
    const answer = relay.handle('/grafana', fixture('grafana-firing'))
    await clock.advance(1000)
    expect((await answer).status).toBe(200)
    expect(discord.requests).toHaveLength(2)
  })
  test('a long wait or lasting failure asks the sender to come again', async () => {
    const { relay, discord, clock } = bench()
    discord.answers = [{ status: 429, body: '{"retry_after":64.57}' }]
    expect(await relay.handle('/grafana', fixture('grafana-firing'))).toMatchObject({ status: 503, headers: { 'retry-after': '65' } })
    // Until then Discord is left in peace.
    expect((await relay.handle('/grafana', fixture('grafana-firing'))).status).toBe(503)
    expect(discord.requests).toHaveLength(1)
    await clock.advance(65_000)
    discord.answers = Array.from({ length: 50 }, () => ({ status: 500 }))
    const failed = relay.handle('/grafana', fixture('grafana-firing'))
    await clock.advance(20_000)
    expect((await failed).status).toBe(503)
  })
  test('an unknown webhook is 502 and is not tried again; the answer does not hold the address', async () => {
    const { relay, discord } = bench()
    discord.answers = [{ status: 404, body: '{"message":"Unknown Webhook","code":10015}' }]
    const first = await relay.handle('/grafana', fixture('grafana-firing'))
    expect(first).toMatchObject({ status: 502, body: '{"status":"error","error":"Discord answered HTTP 404: Unknown Webhook"}\n' })
    expect((await relay.handle('/grafana', fixture('grafana-firing'))).status).toBe(502)
    expect(discord.requests).toHaveLength(1)
  })
  test.each([
    ['/grafana', 'nonsense', 400, 'the body is not JSON'],
    ['/grafana', '[]', 400, 'the body must be a JSON object as Grafana or Alertmanager sends it'],
    ['/grafana', '{"content":"hi"}', 400, '"alerts" is missing: the body must be the standard webhook body of Grafana or Alertmanager'],
    ['/grafana', '{"alerts":[]}', 400, '"alerts" is empty'],
    ['/grafana', '{"alerts":[{"status":"firing","labels":{"a":1}}]}', 400, '"alerts[0].labels.a" must be a text'],
    ['/grafana', '{"alerts":[{"status":"x"}]}', 400, '"alerts[0].status" must be "firing" or "resolved"'],
    ['/other', '{}', 404, 'not found: post to /grafana or /alertmanager'],
  ])('%s %s answers %d', async (path, body, status, error) => {
    const { relay } = bench()
    expect(await relay.handle(path, body)).toMatchObject({ status, body: `${JSON.stringify({ status: 'error', error })}\n` })
  })
})

describe('[A22] the relay as a server', () => {
  test('listens on loopback, answers /healthz, bounds bodies, delivers over HTTP', async () => {
    const got: string[] = []
    const fake = createServer((req, res) => {
      req.on('data', (d: Buffer) => got.push(d.toString()))
      req.on('end', () => res.writeHead(204).end())
    })
    await new Promise<void>(resolve => fake.listen(0, '127.0.0.1', resolve))
    const http = createHttpPost()
    const server = await startRelay({ discordUrl: `http://127.0.0.1:${(fake.address() as AddressInfo).port}/hook`, post: http.post, clock: REAL_CLOCK, log, port: 0 })
    const base = `http://127.0.0.1:${server.port}`
    try {
      expect(server.host).toBe('127.0.0.1')
      expect((await fetch(`${base}/healthz`)).status).toBe(200)
      expect((await fetch(`${base}/grafana`)).status).toBe(405)
      const ok = await fetch(`${base}/grafana`, { method: 'POST', body: fixture('grafana-firing') })
      expect([ok.status, await ok.json()]).toEqual([200, { status: 'ok', alerts: 1 }])
      expect(got.join('')).toContain('5xx error rate is high')
      expect((await fetch(`${base}/grafana`, { method: 'POST', body: 'x'.repeat(5 << 20) }).catch(() => ({ status: 413 }))).status).toBe(413)
      expect((await fetch(`${base}/grafana`, { method: 'POST', body: '{}', headers: { 'content-encoding': 'gzip' } })).status).toBe(415)
    } finally {
      await server.close()
      await http.close()
      fake.close()
    }
  })
  test('a refused connection is said in words, without the address', async () => {
    const http = createHttpPost()
    await expect(http.post({ url: 'http://127.0.0.1:9/SECRET', headers: {}, body: '', timeoutMs: 2000, signal: new AbortController().signal })).rejects.toThrow(/^connection refused$/)
    await expect(http.post({ url: 'http://%/SECRET', headers: {}, body: '', timeoutMs: 2000, signal: new AbortController().signal })).rejects.toThrow(/^the address is not a URL$/)
    await http.close()
  })
})
