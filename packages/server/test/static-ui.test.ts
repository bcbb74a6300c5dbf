import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { brotliDecompressSync, brotliCompressSync, gzipSync, gunzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createServer } from '../src/index.ts'
import type { HaechiServer, InjectedAnswer } from '../src/index.ts'
import { fakeDeps } from './fake-deps.ts'

const dir = mkdtempSync(join(tmpdir(), 'haechi-ui-'))
const root = join(dir, 'web')
mkdirSync(join(root, 'assets'), { recursive: true })
writeFileSync(join(dir, 'secret.txt'), 'secret')
writeFileSync(join(root, 'index.html'), '<html><head><base href="/" /><title>Haechi</title></head></html>')
writeFileSync(join(root, 'index.html.br'), 'stale')
const script = 'export const x = 1\n'.repeat(200)
writeFileSync(join(root, 'assets/app-abc.js'), script)
writeFileSync(join(root, 'assets/app-abc.js.gz'), gzipSync(script))
writeFileSync(join(root, 'assets/app-abc.js.br'), brotliCompressSync(script))
writeFileSync(join(root, 'favicon.svg'), '<svg/>')

let plain: HaechiServer
let prefixed: HaechiServer
beforeAll(() => {
  plain = createServer(fakeDeps(), { version: '0.1.0', webRoot: root })
  prefixed = createServer(fakeDeps(), { version: '0.1.0', webRoot: root, externalUrl: 'http://localhost/haechi/' })
})
afterAll(async () => {
  await plain.close()
  await prefixed.close()
  rmSync(dir, { recursive: true })
})
const ask = (server: HaechiServer, url: string, headers: Record<string, string> = {}, method = 'GET'): Promise<InjectedAnswer> => server.inject({ method: method as 'GET', url, headers: { host: 'localhost', ...headers } })

describe('U1 pages', () => {
  test.each(['/', '/explore?expr=up', '/boards/haechi-overview', '/d/abc/title', '/alerts', '/targets', '/login', '/index.html'])('[U1] %s is the UI', async url => {
    const got = await ask(plain, url, { 'accept-encoding': 'br' })
    expect(got.statusCode).toBe(200)
    expect(got.headers['content-type']).toBe('text/html; charset=utf-8')
    expect(got.headers['cache-control']).toBe('no-cache')
    expect(got.headers['content-encoding']).toBeUndefined()
    expect(got.body).toContain('<base href="/" />')
  })
  test.each([
    ['/graph?g0.expr=up%7Bjob%3D%22a%22%7D&g0.tab=1', '/explore?g0.expr=up%7Bjob%3D%22a%22%7D&g0.tab=1'], ['/query', '/explore'], ['/rules', '/alerts'], ['/service-discovery', '/targets'], ['/graph/', '/explore'],
  ])('[U1] %s leads to %s', async (url, target) => {
    const got = await ask(plain, url)
    expect([got.statusCode, got.headers['location']]).toEqual([302, target])
  })
  test('[U1] without a built UI the first page says so', async () => {
    const server = createServer(fakeDeps(), { version: '0.1.0', webRoot: join(dir, 'not-built') })
    const got = await ask(server, '/')
    expect([got.statusCode, got.body.includes('npm run build')]).toEqual([503, true])
    expect((await ask(server, '/other')).statusCode).toBe(404)
    await server.close()
  })
})

describe('U2 files', () => {
  test('[U2] compressed forms, for ever', async () => {
    const br = await ask(plain, '/assets/app-abc.js', { 'accept-encoding': 'gzip, deflate, br' })
    expect([br.headers['content-encoding'], br.headers['cache-control'], br.headers['content-type']]).toEqual(['br', 'public, max-age=31536000, immutable', 'text/javascript; charset=utf-8'])
    expect(brotliDecompressSync(br.rawPayload).toString()).toBe(script)
    const gz = await ask(plain, '/assets/app-abc.js', { 'accept-encoding': 'gzip' })
    expect(gz.headers['content-encoding']).toBe('gzip')
    expect(gunzipSync(gz.rawPayload).toString()).toBe(script)
    const none = await ask(plain, '/assets/app-abc.js')
    expect([none.headers['content-encoding'], none.body]).toEqual([undefined, script])
    expect(none.headers['vary']).toContain('Accept-Encoding')
  })
  test('[U2] unchanged files are not sent again', async () => {
    const first = await ask(plain, '/favicon.svg')
    const again = await ask(plain, '/favicon.svg', { 'if-none-match': String(first.headers['etag']) })
    expect([again.statusCode, again.body]).toEqual([304, ''])
  })
  test('[U2] HEAD has the length and no body', async () => {
    const got = await ask(plain, '/favicon.svg', {}, 'HEAD')
    expect([got.statusCode, got.headers['content-length'], got.body]).toEqual([200, '6', ''])
  })
  test.each(['/assets/none.js', '/api/none', '/-/none', '/api/v2/none', '/debug/pprof/heap', '/consoles/x', '/metrics/x'])('[U2] %s is not there', async url => {
    expect((await ask(plain, url)).statusCode).toBe(404)
  })
  test.each(['/../secret.txt', '/assets/../../secret.txt', '/%2e%2e/secret.txt', '/..%2fsecret.txt', '/assets/..%5c..%5csecret.txt', '//etc/passwd'])('[U2] %s leads nowhere outside', async url => {
    expect((await ask(plain, url)).body).not.toContain('secret')
  })
})

describe('U3 under a prefix', () => {
  test('[U3] everything is below it', async () => {
    expect((await ask(prefixed, '/')).headers['location']).toBe('/haechi/')
    expect((await ask(prefixed, '/haechi')).headers['location']).toBe('/haechi/')
    expect((await ask(prefixed, '/haechi/')).body).toContain('<base href="/haechi/" />')
    expect((await ask(prefixed, '/haechi/alerts')).body).toContain('<base href="/haechi/" />')
    expect((await ask(prefixed, '/haechi/assets/app-abc.js')).body).toBe(script)
    expect((await ask(prefixed, '/haechi/graph?g0.expr=up')).headers['location']).toBe('/haechi/explore?g0.expr=up')
    for (const path of ['/api/v1/labels', '/-/healthy', '/metrics', '/api/haechi/v1/status', '/api/health']) {
      expect([path, (await ask(prefixed, `/haechi${path}`)).statusCode]).toEqual([path, 200])
      expect([path, (await ask(prefixed, path)).statusCode]).toEqual([path, 404])
    }
  })
})
