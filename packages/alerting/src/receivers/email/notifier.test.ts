import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { labelsFromObject } from '@haechi/model'
import { VirtualClock } from '@haechi/testkit'
import { afterAll, afterEach, describe, expect, test } from 'vitest'
import { SmtpServer } from '../../../test/smtp-server.ts'
import type { SmtpOptions } from '../../../test/smtp-server.ts'
import { createMailPost } from '../../mail-transport.ts'
import type { Notification, SendResult } from '../../notification.ts'
import type { ContactPoint } from '../../views.ts'
import { createNotifier } from '../create-notifier.ts'
import type { NotifierContext } from '../notifier-context.ts'

const dir = mkdtempSync(join(tmpdir(), 'haechi-mail-'))
afterAll(() => rmSync(dir, { recursive: true }))
let tls: SmtpOptions['tls']
try {
  execFileSync('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2', '-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1', '-keyout', join(dir, 'key.pem'), '-out', join(dir, 'cert.pem')], { stdio: 'ignore', timeout: 20_000 })
  tls = { key: readFileSync(join(dir, 'key.pem'), 'utf8'), cert: readFileSync(join(dir, 'cert.pem'), 'utf8') }
} catch {
  process.stderr.write('packages/alerting: mail over TLS is skipped, there is no openssl to make a certificate with\n')
}

const N: Notification = {
  receiver: 'r', status: 'firing', groupLabels: labelsFromObject({ alertname: 'A' }), externalUrl: 'http://h:9090', groupKey: '{}:{alertname="A"}', truncatedAlerts: 0, reason: 'first notification',
  alerts: [{
    status: 'firing', labels: labelsFromObject({ alertname: 'A', job: 'orders', severity: 'critical', x: '<b>&' }), annotations: labelsFromObject({ summary: 'orders is down', summary_ko: '주문 서비스가 멈췄습니다' }), startsAtMs: Date.UTC(2026, 2, 1, 5, 2),
    endsAtMs: undefined, generatorUrl: 'http://h:9090/graph?g0.expr=a&g0.tab=1', fingerprint: 'f', value: 0.042, threshold: { op: '>', value: 0.01, unit: 'ratio' },
  }],
}
const servers: SmtpServer[] = []
afterEach(async () => { for (const s of servers.splice(0)) await s.close() })

async function send(options: SmtpOptions, email: Partial<NonNullable<ContactPoint['email']>> = {}, more: Partial<ContactPoint> = {}, context: Partial<NotifierContext> = {}): Promise<{ result: SendResult; server: SmtpServer }> {
  const server = new SmtpServer(options)
  servers.push(server)
  const point: ContactPoint = {
    uid: 'm', name: 'mail', type: 'email', url: `smtp://127.0.0.1:${await server.listen()}`, origin: 'file', language: 'ko',
    email: { from: '해치 <haechi@test.example>', to: ['a@test.example', 'b@test.example'], hello: 'localhost', requireTls: false, implicitTls: false, ...email }, ...more,
  }
  const post = (): Promise<never> => Promise.reject(new Error('BUG: a mail is no web request'))
  const notifier = createNotifier(point, { post, clock: new VirtualClock(0), userAgent: 'x', templates: [], mail: createMailPost(), ...context })
  return { result: await notifier.send(N, new AbortController().signal), server }
}
const header = (data: string, name: string): string => new RegExp(`^${name}: ((?:.*\\r\\n[ \\t])*.*)`, 'mi').exec(data)?.[1] ?? ''
/** Encoded words of a header as text. */
const decoded = (text: string): string => text.replace(/\?=\s+=\?/g, '?==?').replace(/=\?utf-8\?([QB])\?(.*?)\?=/gi, (_all, kind: string, t: string) => (kind.toUpperCase() === 'B' ? Buffer.from(t, 'base64').toString() : decodeURIComponent(t.replaceAll('_', ' ').replaceAll('=', '%'))))
const parts = (data: string): string => data.replace(/=\r\n/g, '').replace(/(?:=[0-9A-F]{2})+/g, t => Buffer.from(t.replaceAll('=', ''), 'hex').toString())

describe('[A15] mail', () => {
  test('[A15] to all readers in one mail, Korean subject, HTML and text, nothing of an alert is markup', async () => {
    const { result, server } = await send({})
    expect(result).toEqual({ ok: true, httpStatus: 250 })
    const [mail] = server.mails
    expect([mail!.from, mail!.to]).toEqual(['haechi@test.example', ['a@test.example', 'b@test.example']])
    expect(decoded(header(mail!.data, 'Subject'))).toBe('🔴 주문 서비스가 멈췄습니다')
    expect(decoded(header(mail!.data, 'From'))).toContain('해치')
    const body = mail!.data.split('\r\n--').map(p => (/base64/i.test(p) ? Buffer.from(p.split('\r\n\r\n')[1] ?? '', 'base64').toString() : parts(p))).join('\n')
    expect(body).toContain('현재값: 4.2%')
    expect(body).toContain('x=&lt;b&gt;&amp;')
    expect(body).toContain('<html lang="ko">')
  })
  test('[A15] one mail for each reader where that is asked for', async () => {
    const { server } = await send({}, { single: false })
    expect(server.mails.map(m => m.to)).toEqual([['a@test.example'], ['b@test.example']])
  })
  test('[A15] subject, headers and texts of alertmanager.yml are templates', async () => {
    const { server } = await send({}, { headers: { Subject: '[{{ .Status }}] {{ .GroupLabels.alertname }}', 'X-Team': 'ops' } }, { texts: { html: '<p>{{ .CommonLabels.x }}</p>', text: '{{ .CommonLabels.x }}' } })
    const { data } = server.mails[0]!
    expect([header(data, 'Subject'), header(data, 'X-Team')]).toEqual(['[firing] A', 'ops'])
    expect(parts(data)).toContain('<p>&lt;b&gt;&amp;</p>')
  })
  test('[A15] a picture goes along inside of the mail', async () => {
    const { server } = await send({}, {}, {}, { chart: async () => ({ png: new Uint8Array([137, 80, 78, 71]), alt: '최근 값' }) })
    expect(server.mails[0]!.data).toMatch(/Content-Type: image\/png/)
    expect(header(server.mails[0]!.data, 'Content-Id')).toBe('<chart>')
  })
  test('[A15] a server without STARTTLS gets no mail where TLS is required', async () => {
    const { result, server } = await send({}, { requireTls: true })
    expect(result).toMatchObject({ ok: false, retryable: false, error: 'The mail server: the mail server offers no STARTTLS, and require_tls is on: 502 5.5.1 not implemented' })
    expect(server.mails).toEqual([])
  })
  test('[A15] refusals: 4xx later again, 5xx not; a connection that ends in the middle later again', async () => {
    expect((await send({ answers: { RCPT: '450 4.2.1 busy' } })).result).toMatchObject({ ok: false, retryable: true, httpStatus: 450 })
    expect((await send({ answers: { '.': '554 5.7.1 spam' } })).result).toMatchObject({ ok: false, retryable: false, httpStatus: 554, error: 'The mail server: 554 5.7.1 spam' })
    expect((await send({ hangUp: true })).result).toMatchObject({ ok: false, retryable: true })
  })
  describe.skipIf(tls === undefined)('over TLS', () => {
    test('[A15] STARTTLS, then name and password', async () => {
      const { result, server } = await send({ tls: tls!, login: 'kim:SECRETPW' }, { requireTls: true, username: 'kim', password: 'SECRETPW', tls: { insecure: false, ca: tls!.cert, serverName: 'localhost' } })
      expect(result).toMatchObject({ ok: true })
      expect(server.mails[0]).toMatchObject({ encrypted: true, login: 'kim:SECRETPW' })
    })
    test('[A15] a wrong password is said, and is in no word', async () => {
      const { result } = await send({ tls: tls!, login: 'kim:x' }, { requireTls: true, username: 'kim', password: 'SECRETPW', tls: { insecure: true } })
      expect(result).toMatchObject({ ok: false, retryable: false, httpStatus: 535 })
      expect(JSON.stringify(result)).toContain('refused name and password')
      expect(JSON.stringify(result)).not.toContain('SECRETPW')
    })
    test('[A15] a certificate that nobody vouches for is refused', async () => {
      const { result, server } = await send({ tls: tls! }, { requireTls: true })
      expect(result.ok).toBe(false)
      expect(JSON.stringify(result)).toMatch(/self-signed/)
      expect(server.mails).toEqual([])
    })
  })
})
