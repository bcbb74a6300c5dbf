import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import http from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { hashSync } from 'bcryptjs'
import { afterEach, describe, expect, test } from 'vitest'
import { ListenError, createServer, parseWebConfig, readWebConfig } from '../src/index.ts'
import type { HaechiServer, ServerDeps, ServerOptions } from '../src/index.ts'
import { fakeDeps, fakeEngine } from './fake-deps.ts'

const HASH = hashSync('열려라', 4)
const WEB_CONFIG = parseWebConfig(`basic_auth_users:\n  kim: ${HASH}\n`, 'web.config.yml')
const servers: HaechiServer[] = []
function make(options: Partial<ServerOptions> = {}, deps: Partial<ServerDeps> = {}): HaechiServer {
  const server = createServer(fakeDeps(deps), { version: '0.1.0', listen: ['127.0.0.1:0'], ...options })
  servers.push(server)
  return server
}
afterEach(async () => {
  for (const s of servers.splice(0)) await s.close()
})
const basic = (user: string, password: string): string => `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`

/** A request through a real socket. */
function ask(base: string, path: string, headers: Record<string, string> = {}, method = 'GET', body?: string): Promise<{ status: number; body: string; headers: http.IncomingHttpHeaders }> {
  return new Promise((resolve, reject) => {
    const req = http.request(new URL(path, base), { method, headers }, res => {
      let text = ''
      res.on('data', c => { text += String(c) })
      res.on('end', () => resolve({ status: res.statusCode!, body: text, headers: res.headers }))
    })
    req.on('error', reject)
    req.end(body)
  })
}

describe('C1 names that a loopback listener answers to', () => {
  const server = (): HaechiServer => make({ externalUrl: 'https://watch.example.org/', listen: ['127.0.0.1:0'] })
  test.each(['localhost', 'localhost:9090', '127.0.0.1:9090', '127.1.2.3', '[::1]:9090', 'app.localhost', 'watch.example.org', 'WATCH.example.org:443'])('[C1] %s is answered', async host => {
    expect((await server().inject({ url: '/-/healthy', headers: { host } })).statusCode).toBe(200)
  })
  test.each(['evil.example', '127.0.0.1.evil.example', 'localhost.evil.example', '10.0.0.1', 'user@localhost', 'localhost/evil'])('[C1] %j is refused', async host => {
    const got = await server().inject({ url: '/api/v1/query?query=1', headers: { host } })
    expect(got.statusCode).toBe(403)
    expect(got.body).toContain('--web.external-url')
    expect(got.body).toContain('접속')
  })
  test('[C1] our own API refuses in its own form', async () => {
    const got = await server().inject({ url: '/api/haechi/v1/status', headers: { host: 'evil.example' } })
    expect(JSON.parse(got.body)).toMatchObject({ status: 'error', errorType: 'host_refused' })
  })
})

describe('C2 changes from pages of other sites', () => {
  const change = (headers: Record<string, string>): Promise<{ statusCode: number }> => make({ lifecycle: true, externalUrl: 'http://watch.example.org' }, { lifecycle: { reload: async () => {}, quit: () => {} } })
    .inject({ method: 'POST', url: '/-/reload', headers: { host: 'localhost:9090', ...headers } })
  test.each([{}, { origin: 'http://localhost:9090' }, { origin: 'http://watch.example.org' }])('[C2] %j may change', async headers => {
    expect((await change(headers)).statusCode).toBe(200)
  })
  test.each([{ origin: 'http://evil.example' }, { origin: 'null' }, { origin: 'http://localhost:3000' }, { 'sec-fetch-site': 'cross-site' }, { origin: 'file://localhost:9090' }])('[C2] %j may not', async headers => {
    expect((await change(headers as Record<string, string>)).statusCode).toBe(403)
  })
  test('[C2] reading by POST stays open to them, as the CORS headers say', async () => {
    const got = await make().inject({ method: 'POST', url: '/api/v1/query', headers: { host: 'localhost', origin: 'http://grafana.example', 'content-type': 'application/x-www-form-urlencoded' }, payload: 'query=up' })
    expect(got.statusCode).toBe(200)
  })
})

describe('C3 passwords', () => {
  test('[C3] an address that others reach needs one', async () => {
    for (const listen of ['0.0.0.0:0', ':0', '[::]:0', '10.0.0.1:9090']) {
      await expect(make({ listen: [listen] }).listen()).rejects.toThrow(ListenError)
      await expect(make({ listen: ['127.0.0.1:0', listen] }).listen()).rejects.toThrow(/--web\.config\.file/)
    }
  })
  test('[C3] with one, every name is answered there, and nothing without the password', async () => {
    const [base] = await make({ listen: ['0.0.0.0:0'], webConfig: WEB_CONFIG }).listen()
    const url = base!.replace('0.0.0.0', '127.0.0.1')
    expect((await ask(url, '/api/v1/labels', { host: 'anything.example' })).status).toBe(401)
    expect((await ask(url, '/api/v1/labels', { host: 'anything.example', authorization: basic('kim', '열려라') })).status).toBe(200)
  })
  test.each(['/api/v1/query?query=up', '/metrics', '/-/healthy', '/federate', '/version', '/api/haechi/v1/status', '/api/search', '/api/dashboards/uid/a'])('[C3] %s asks for it', async url => {
    const server = make({ webConfig: WEB_CONFIG })
    const got = await server.inject({ url, headers: { host: 'localhost' } })
    expect(got.statusCode).toBe(401)
    expect(got.headers['www-authenticate']).toBe('Basic')
    expect((await server.inject({ url, headers: { host: 'localhost', authorization: basic('kim', '틀림') } })).statusCode).toBe(401)
    expect((await server.inject({ url, headers: { host: 'localhost', authorization: basic('lee', '열려라') } })).statusCode).toBe(401)
    expect((await server.inject({ url, headers: { host: 'localhost', authorization: basic('kim', '열려라') } })).statusCode).not.toBe(401)
  })
  test('[C3] the sign-in page is open, and its requests open no window of the browser', async () => {
    const server = make({ webConfig: WEB_CONFIG })
    expect((await server.inject({ url: '/login', headers: { host: 'localhost' } })).statusCode).not.toBe(401)
    expect((await server.inject({ url: '/api/health', headers: { host: 'localhost' } })).statusCode).toBe(200)
    const fetched = await server.inject({ url: '/api/haechi/v1/status', headers: { host: 'localhost', 'sec-fetch-mode': 'cors' } })
    expect(fetched.statusCode).toBe(401)
    expect(fetched.headers['www-authenticate']).toBeUndefined()
  })
  test('[C4] signing in begins a session, signing out ends it', async () => {
    const server = make({ webConfig: WEB_CONFIG })
    const post = (path: string, payload: string, headers: Record<string, string> = {}): ReturnType<HaechiServer['inject']> => server.inject({ method: 'POST', url: `/api/haechi/v1${path}`, headers: { host: 'localhost', 'content-type': 'application/json', ...headers }, payload })
    const got = await post('/login', '{"username":"kim","password":"열려라"}')
    expect(got.statusCode).toBe(200)
    const set = String(got.headers['set-cookie'])
    expect(set).toMatch(/^haechi_session=[\w-]{43}; Path=\/; Max-Age=\d+; HttpOnly; SameSite=Strict$/)
    const cookie = set.split(';')[0]!
    expect((await server.inject({ url: '/api/v1/labels', headers: { host: 'localhost', cookie } })).statusCode).toBe(200)
    expect(JSON.parse((await server.inject({ url: '/api/haechi/v1/session', headers: { host: 'localhost', cookie } })).body)).toEqual({ required: true, user: 'kim' })
    expect((await post('/logout', '', { cookie })).statusCode).toBe(204)
    expect((await server.inject({ url: '/api/v1/labels', headers: { host: 'localhost', cookie } })).statusCode).toBe(401)
    expect((await server.inject({ url: '/api/v1/labels', headers: { host: 'localhost', cookie: 'haechi_session=forged' } })).statusCode).toBe(401)
  })
  test('[C4] ten wrong passwords in a minute, then waiting', async () => {
    let now = 1_795_300_000_000
    const server = make({ webConfig: WEB_CONFIG, nowMs: () => now })
    const login = (password: string): ReturnType<HaechiServer['inject']> => server.inject({ method: 'POST', url: '/api/haechi/v1/login', headers: { host: 'localhost', 'content-type': 'application/json' }, payload: JSON.stringify({ username: 'kim', password }) })
    for (let i = 0; i < 10; i++) expect((await login(`wrong ${i}`)).statusCode).toBe(401)
    const refused = await login('열려라')
    expect(refused.statusCode).toBe(429)
    expect(Number(refused.headers['retry-after'])).toBeGreaterThan(0)
    now += 61_000
    expect((await login('열려라')).statusCode).toBe(200)
    // A known password is no guess: it works while others guess.
    for (let i = 0; i < 10; i++) await login(`wrong again ${i}`)
    expect((await login('열려라')).statusCode).toBe(200)
  })
})

describe('C5 headers', () => {
  test('[C5] every answer has them', async () => {
    for (const url of ['/', '/api/v1/query?query=up', '/none', '/metrics']) {
      const got = await make().inject({ url, headers: { host: 'localhost' } })
      expect(String(got.headers['content-security-policy'])).toContain("script-src 'self'")
      expect(String(got.headers['content-security-policy'])).not.toMatch(/script-src[^;]*unsafe/)
      expect(got.headers['x-content-type-options']).toBe('nosniff')
      expect(got.headers['strict-transport-security']).toBeUndefined()
    }
  })
  test('[C5] web.config.yml may change them', async () => {
    const webConfig = parseWebConfig('http_server_config:\n  headers:\n    X-Frame-Options: deny\n', 'web.config.yml')
    expect((await make({ webConfig }).inject({ url: '/version', headers: { host: 'localhost' } })).headers['x-frame-options']).toBe('deny')
  })
})

describe('C6 web.config.yml', () => {
  const fails = (text: string, message: string | RegExp): void => test(`[C6] ${JSON.stringify(text)} is refused`, () => {
    expect(() => parseWebConfig(text, 'web.config.yml')).toThrow(message)
  })
  fails('basic_auth_users:\n  kim: secret\n', 'web.config.yml:2:')
  fails('basic_auth_users:\n  kim: secret\n', /bcrypt/)
  fails('tls_server_config:\n  cert_file: a.pem\n', 'key_file')
  fails('tls_server_config:\n  cert_file: a\n  key_file: b\n  min_version: SSL3\n', 'unknown TLS version: SSL3')
  fails('tls_server_config:\n  cert_file: a\n  key_file: b\n  client_auth_type: RequireAndVerifyClientCert\n', 'client_ca_file')
  fails('http_server_config:\n  headers:\n    X-Evil: a\n', 'X-Evil')
  fails('basic_auth_user:\n  a: b\n', 'basic_auth_user')
  test('[C6] a secret is not in the message', () => {
    expect(() => parseWebConfig('basic_auth_users:\n  kim: hunter2\n', 'w')).toThrow(expect.not.objectContaining({ message: expect.stringContaining('hunter2') as string }) as Error)
  })
  test('[C6] paths are beside the file', () => {
    const dir = mkdtempSync(join(tmpdir(), 'haechi-web-'))
    try {
      writeFileSync(join(dir, 'web.config.yml'), 'tls_server_config:\n  cert_file: a.pem\n  key_file: /b.pem\n')
      const read = readWebConfig(join(dir, 'web.config.yml'))
      expect(read.tls).toMatchObject({ certFile: join(dir, 'a.pem'), keyFile: '/b.pem', clientAuth: 'none', minVersion: 'TLSv1.2' })
      expect(() => readWebConfig(join(dir, 'none.yml'))).toThrow('cannot read')
    } finally {
      rmSync(dir, { recursive: true })
    }
  })
})

describe('C7 sockets', () => {
  test('[C7] a client that goes away ends its query', async () => {
    let started: () => void = () => {}
    const begun = new Promise<void>(r => { started = r })
    const ended = new Promise<string>(resolve => {
      const engine = fakeEngine((_e, _k, signal) => new Promise((_res, reject) => {
        started()
        signal!.addEventListener('abort', () => {
          resolve('aborted')
          reject(new Error('gone'))
        })
      }))
      const log = { debug() {}, info() {}, warn() {}, error() {} }
      void make({}, { engine, log }).listen().then(async ([base]) => {
        const req = http.get(new URL('/api/v1/query_range?query=up&start=0&end=1&step=1', base))
        req.on('error', () => {})
        await begun
        req.destroy()
      })
    })
    expect(await ended).toBe('aborted')
  })
  test('[C7] an answer that is complete aborts nothing', async () => {
    let signal: AbortSignal | undefined
    const engine = fakeEngine((_e, _k, s) => {
      signal = s
      return '{"status":"success","data":{"resultType":"vector","result":[]}}'
    })
    const [base] = await make({}, { engine }).listen()
    expect((await ask(base!, '/api/v1/query?query=up')).status).toBe(200)
    await new Promise(r => setTimeout(r, 20))
    expect(signal!.aborted).toBe(false)
  })
  test('[C7] a body over the limit is refused', async () => {
    const [base] = await make().listen()
    const got = await ask(base!, '/api/v1/query', { 'content-type': 'application/x-www-form-urlencoded', 'content-length': String(11 << 20) }, 'POST').catch((err: NodeJS.ErrnoException) => ({ status: err.code === 'ECONNRESET' ? 413 : 0, body: '', headers: {} }))
    expect(got.status).toBe(413)
  })
  test('[C7] a port that is taken is named', async () => {
    const [base] = await make().listen()
    const { port } = new URL(base!)
    await expect(make({ listen: ['127.0.0.1:0', `127.0.0.1:${port}`] }).listen()).rejects.toThrow(`cannot listen on 127.0.0.1:${port}`)
  })
  test('[C7] closing waits for an answer under way, and not for ever', async () => {
    let release: () => void = () => {}
    let begun: () => void = () => {}
    const started = new Promise<void>(r => { begun = r })
    const engine = fakeEngine(() => new Promise(r => {
      begun()
      release = () => r('{"status":"success"}')
    }))
    const server = make({}, { engine })
    const [base] = await server.listen()
    const answer = ask(base!, '/api/v1/query?query=up')
    await started
    const closed = server.close()
    servers.length = 0
    release()
    expect((await answer).status).toBe(200)
    await closed
    await expect(ask(base!, '/-/healthy')).rejects.toThrow()
  })
})
