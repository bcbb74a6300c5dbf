import http from 'node:http'
import { hashSync } from 'bcryptjs'
import { afterEach, describe, expect, test } from 'vitest'
import { ListenError, createServer, listenWhileStarting, parseWebConfig } from '../src/index.ts'
import type { Listeners, ServerOptions, StartProgress } from '../src/index.ts'
import { fakeDeps } from './fake-deps.ts'

const open: { close(): Promise<void> }[] = []
afterEach(async () => {
  for (const o of open.splice(0)) await o.close()
})

const HALF: StartProgress = { stage: 'log', ratio: 0.436, segments: { min: 0, max: 7, current: 3 } }
const options = (more: Partial<ServerOptions> = {}): ServerOptions => ({ version: '0.1.0', listen: ['127.0.0.1:0'], ...more })
async function starting(more: Partial<ServerOptions> = {}, progress: () => StartProgress = () => HALF): Promise<Listeners> {
  const listeners = await listenWhileStarting(options(more), progress)
  open.push(listeners)
  return listeners
}

interface Answer {
  readonly status: number
  readonly headers: http.IncomingHttpHeaders
  readonly body: string
}
function ask(base: string, path: string, headers: Record<string, string> = {}, method = 'GET', body?: string): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const req = http.request(base.replace(/\/$/, '') + path, { method, headers }, res => {
      let text = ''
      res.on('data', c => { text += String(c) })
      res.on('end', () => resolve({ status: res.statusCode!, headers: res.headers, body: text }))
    })
    req.on('error', reject)
    req.end(body)
  })
}

describe('W1 alive, but not ready', () => {
  test('[W1] /-/healthy is 200, /-/ready is 503 in Prometheus\' words, the replay is told', async () => {
    const [base] = (await starting()).urls as [string]
    expect(await ask(base, '/-/healthy')).toMatchObject({ status: 200, body: 'Prometheus Server is Healthy.\n' })
    expect(await ask(base, '/-/ready')).toMatchObject({ status: 503, body: 'Service Unavailable', headers: { 'retry-after': '1' } })
    expect(JSON.parse((await ask(base, '/api/v1/status/walreplay')).body)).toEqual({ status: 'success', data: { min: 0, max: 7, current: 3 } })
  })
  test('[W1] a port in use is told before anything else', async () => {
    const [base] = (await starting()).urls as [string]
    await expect(starting({ listen: [new URL(base).host] })).rejects.toThrow(/the port is in use/)
    await expect(starting({ listen: ['0.0.0.0:0'] })).rejects.toThrow(ListenError)
  })
})

describe('W2 requests that must wait', () => {
  test.each(['/api/v1/query?query=up', '/api/haechi/v1/status', '/api/dashboards/uid/x', '/api/v2/alerts'])('[W2] %s says how far the start is, and when to come again', async path => {
    const [base] = (await starting()).urls as [string]
    const got = await ask(base, path)
    expect(got).toMatchObject({ status: 503, headers: { 'retry-after': '1' } })
    expect(got.headers['content-type']).toMatch(/^application\/json/)
    expect(JSON.stringify(JSON.parse(got.body))).toContain('Haechi is starting: reading the write-ahead log, 43 %')
  })
  test('[W2] what is sent is refused, whatever its size', async () => {
    const [base] = (await starting()).urls as [string]
    expect(await ask(base, '/api/v1/write', {}, 'POST', 'x'.repeat(300_000))).toMatchObject({ status: 503, headers: { 'retry-after': '1' } })
    expect(await ask(base, '/anything', {}, 'POST', 'x')).toMatchObject({ status: 503 })
  })
  test('[W2] other names are refused, security headers are there', async () => {
    const [base] = (await starting({ externalUrl: 'https://watch.example.org/' })).urls as [string]
    expect((await ask(base, '/', { host: 'evil.example' })).status).toBe(403)
    expect((await ask(base, '/-/healthy', { host: 'watch.example.org' })).status).toBe(200)
    expect((await ask(base, '/')).headers['content-security-policy']).toContain("script-src 'self'")
  })
})

describe('W3 the page', () => {
  test.each([['ko-KR,ko;q=0.9,en;q=0.8', '저장된 기록(WAL)을 읽는 중입니다. 43 %'], ['en-US,ko;q=0.5', 'reading the write-ahead log, 43 %'], ['', 'reading the write-ahead log, 43 %']])('[W3] for %j', async (language, text) => {
    const [base] = (await starting()).urls as [string]
    const got = await ask(base, '/dashboards', { 'accept-language': language })
    expect(got).toMatchObject({ status: 503, headers: { 'content-type': 'text/html; charset=utf-8', 'cache-control': 'no-store', vary: 'Accept-Language' } })
    expect(got.body).toContain(text)
    expect(got.body).toContain('value="0.436"')
  })
  test('[W3] it follows the progress by a script of ours, below the prefix', async () => {
    let progress: StartProgress = { ...HALF, stage: 'storage' }
    const [base] = (await starting({ routePrefix: '/haechi' }, () => progress)).urls as [string]
    expect((await ask(base, '/')).body).toContain('<base href="/haechi/">')
    expect((await ask(base, '/-/starting.js')).headers['content-type']).toMatch(/^text\/javascript/)
    progress = { stage: 'rest', segments: HALF.segments }
    expect(JSON.parse((await ask(base, '/-/starting')).body)).toEqual({ en: 'starting scrapes, rules and notifications', ko: '수집과 규칙, 알림을 시작하는 중입니다', ratio: null })
  })
})

describe('W4 the server takes over', () => {
  test('[W4] on the same listeners, without a request in between that finds nobody', async () => {
    const listeners = await starting()
    const [base] = listeners.urls as [string]
    expect((await ask(base, '/-/ready')).status).toBe(503)
    const server = createServer(fakeDeps(), options())
    open.push(server)
    expect(await server.listen(listeners)).toEqual(listeners.urls)
    expect((await ask(base, '/-/ready')).status).toBe(200)
    // The script of the page takes this as the sign.
    expect((await ask(base, '/-/starting')).status).toBe(404)
    await server.close()
    await expect(ask(base, '/-/ready')).rejects.toThrow()
  })
  test('[W4] a password is asked for once there is something to protect', async () => {
    const webConfig = parseWebConfig(`basic_auth_users:\n  kim: ${hashSync('열려라', 4)}\n`, 'web.config.yml')
    const listeners = await starting({ webConfig })
    const [base] = listeners.urls as [string]
    const server = createServer(fakeDeps(), options({ webConfig }))
    open.push(server)
    await server.listen(listeners)
    expect((await ask(base, '/api/v1/query?query=1')).status).toBe(401)
  })
})
