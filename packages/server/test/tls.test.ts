import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import https from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { createServer, readWebConfig } from '../src/index.ts'
import { fakeDeps } from './fake-deps.ts'

const dir = mkdtempSync(join(tmpdir(), 'haechi-tls-'))
afterAll(() => rmSync(dir, { recursive: true }))
let hasCertificate = true
try {
  execFileSync('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2', '-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost', '-keyout', join(dir, 'key.pem'), '-out', join(dir, 'cert.pem')], { stdio: 'ignore', timeout: 20_000 })
} catch {
  hasCertificate = false
  process.stderr.write('packages/server/test/tls.test.ts: skipped, there is no openssl to make a certificate with\n')
}

describe.skipIf(!hasCertificate)('C6 TLS', () => {
  test('[C6] web.config.yml turns it on, and the cookie is for TLS only', async () => {
    writeFileSync(join(dir, 'web.config.yml'), 'tls_server_config:\n  cert_file: cert.pem\n  key_file: key.pem\n  min_version: TLS13\n')
    const server = createServer(fakeDeps(), { version: '0.1.0', listen: ['localhost:0'], webConfig: readWebConfig(join(dir, 'web.config.yml')) })
    const [url] = await server.listen()
    expect(url).toMatch(/^https:/)
    const got = await new Promise<{ status: number; protocol: string }>((resolve, reject) => {
      https.get(new URL('/-/healthy', url), { ca: readFileSync(join(dir, 'cert.pem')) }, res => {
        resolve({ status: res.statusCode!, protocol: (res.socket as import('node:tls').TLSSocket).getProtocol()! })
        res.resume()
      }).on('error', reject)
    })
    expect(got).toEqual({ status: 200, protocol: 'TLSv1.3' })
    const out = await server.inject({ method: 'POST', url: '/api/haechi/v1/logout', headers: { host: 'localhost' } })
    expect(String(out.headers['set-cookie'])).toContain('; Secure')
    await server.close()
  })
  test('[C10] a connection that waits for its turn is answered over TLS, too', async () => {
    writeFileSync(join(dir, 'web.config.yml'), 'tls_server_config:\n  cert_file: cert.pem\n  key_file: key.pem\n')
    const server = createServer(fakeDeps(), { version: '0.1.0', listen: ['localhost:0'], webConfig: readWebConfig(join(dir, 'web.config.yml')), maxConnections: 1 })
    const [url] = await server.listen()
    const get = (): Promise<number> => new Promise((resolve, reject) => {
      https.get(new URL('/-/healthy', url), { ca: readFileSync(join(dir, 'cert.pem')), agent: false }, res => {
        resolve(res.statusCode!)
        res.resume()
      }).on('error', reject)
    })
    expect(await Promise.all(Array.from({ length: 8 }, get))).toEqual(Array.from({ length: 8 }, () => 200))
    await server.close()
  })
})
