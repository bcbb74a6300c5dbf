import { createHash, createHmac } from 'node:crypto'
import { labelsFromObject } from '@haechi/model'
import { VirtualClock } from '@haechi/testkit'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Recorder } from '../../test/discord-recorder.ts'
import { grafanaContactPoint } from '../grafana/contact-point.ts'
import type { Notification, NotificationAlert, SendResult } from '../notification.ts'
import { TransportError } from '../transport.ts'
import type { HttpResponse } from '../transport.ts'
import type { ContactPoint } from '../views.ts'
import { createNotifier } from './create-notifier.ts'

const START = Date.UTC(2026, 2, 1, 5, 2)
const alert = (more: Partial<NotificationAlert> = {}, labels: Record<string, string> = {}): NotificationAlert => ({
  status: 'firing', labels: labelsFromObject({ alertname: 'High 5xx', job: 'orders', severity: 'critical', ...labels }), annotations: labelsFromObject({ summary: 'orders <fails> & more', runbook_url: 'https://wiki.test/5xx' }), startsAtMs: START,
  endsAtMs: undefined, generatorUrl: 'http://h:9090/graph?g0.expr=a', fingerprint: 'f', value: 0.042, threshold: { op: '>', value: 0.01, unit: 'ratio' }, silenceUrl: 'http://h:9090/alerting/silence/new', ...more,
})
const note = (alerts: readonly NotificationAlert[] = [alert()], more: Partial<Notification> = {}): Notification => ({
  receiver: 'r', status: alerts.some(a => a.status === 'firing') ? 'firing' : 'resolved', alerts, groupLabels: labelsFromObject({ alertname: 'High 5xx' }), externalUrl: 'http://h:9090', groupKey: '{}:{alertname="High 5xx"}', truncatedAlerts: 0,
  reason: 'first notification', ...more,
})
const over = (): NotificationAlert => alert({ status: 'resolved', endsAtMs: START + 60_000 })
const made = (type: string, settings: Record<string, unknown>): ContactPoint => grafanaContactPoint({ uid: 'u', name: 'n', type, settings, disableResolveMessage: false }, { origin: 'ui', language: 'en' })
interface Sent { readonly result: SendResult; readonly requests: Recorder['requests']; readonly body: Record<string, unknown> }
async function sent(point: ContactPoint, n: Notification = note(), answer: Partial<HttpResponse> | TransportError = { status: 200, body: '{"ok":true}' }, clock: VirtualClock = new VirtualClock(START)): Promise<Sent> {
  const recorder = new Recorder()
  recorder.answers = [answer]
  const result = await createNotifier(point, { post: recorder.post, clock, userAgent: 'Haechi/1', templates: [] }).send(n, new AbortController().signal)
  let body: Record<string, unknown> = {}
  try {
    body = recorder.bodies()[0] ?? {}
  } catch {
    // a payload that is no JSON
  }
  return { result, requests: recorder.requests, body }
}
const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex')

const TELEGRAM = made('telegram', { bottoken: '123:SECRETWORD0123456789', chatid: '-100', message_thread_id: '7', disable_notifications: true })
const TEAMS = made('teams', { url: 'https://x.logic.test/workflows/SECRETWORD0123456789' })
const PAGERDUTY = made('pagerduty', { integrationKey: 'SECRETWORD0123456789', summary: '{{ .CommonLabels.alertname }}', severity: '{{ .CommonLabels.severity }}' })
const OPSGENIE = made('opsgenie', { apiKey: 'SECRETWORD0123456789', responders: [{ type: 'team', name: 'ops' }] })
const CHAT = made('googlechat', { url: 'https://chat.test/v1/spaces/A/messages?key=SECRETWORD0123456789&token=SECRETWORD0123456789' })
const LINE = made('LINE', { token: 'SECRETWORD0123456789' })
const KAKAO = made('kakaowork', { url: 'https://kakao.test/SECRETWORD0123456789' })
const ALL = { TELEGRAM, TEAMS, PAGERDUTY, OPSGENIE, CHAT, LINE, KAKAO }

describe('[A16] further kinds of contact points', () => {
  test('[A16] Telegram: HTML, what alerts hold is no markup; links', async () => {
    const { result, requests, body } = await sent(TELEGRAM)
    expect(result).toEqual({ ok: true, httpStatus: 200 })
    expect(requests[0]!.url).toBe('https://api.telegram.org/bot123:SECRETWORD0123456789/sendMessage')
    expect(body).toMatchObject({ chat_id: '-100', message_thread_id: '7', parse_mode: 'HTML', disable_notification: 'true' })
    expect(body['text']).toMatch(/^<b>🔴 orders &lt;fails&gt; &amp; more<\/b>\n\nService: orders\nValue: 4\.2%\nLimit: > 1%|&gt; 1%/)
    expect(body['text']).toContain('<a href="http://h:9090/alerting/silence/new">Silence</a>')
  })
  test('[A16] Telegram: a long text goes plain, shortened with a count', async () => {
    const { body } = await sent({ ...TELEGRAM, texts: { message: `<b>${'가'.repeat(5000)}</b>` } })
    expect(String(body['text']).length).toBeLessThanOrEqual(4096)
    expect(body['text']).toMatch(/가… \(\d+ more characters\)$/)
    expect(body['parse_mode']).toBeUndefined()
  })
  test('[A16] Telegram: 429 waits as long as it is told to', async () => {
    expect((await sent(TELEGRAM, note(), { status: 429, body: '{"ok":false,"error_code":429,"description":"Too Many Requests: retry after 9","parameters":{"retry_after":9}}' })).result).toEqual({
      ok: false, httpStatus: 429, retryable: true, retryAfterMs: 9000, error: 'Telegram answered HTTP 429: Too Many Requests: retry after 9',
    })
  })
  test('[A16] Teams: an adaptive card with facts and buttons', async () => {
    const { body } = await sent(TEAMS, note(), { status: 202 })
    const content = (body['attachments'] as { content: Record<string, unknown> }[])[0]!.content
    expect(content).toMatchObject({ type: 'AdaptiveCard', version: '1.4', body: [{ type: 'TextBlock', text: '🔴 orders <fails> & more', color: 'attention' }, { type: 'FactSet' }] })
    expect((content['actions'] as { title: string }[]).map(a => a.title)).toEqual(['Graph', 'Silence', 'Runbook'])
  })
  test('[A16] PagerDuty: the group is the incident; its end resolves it', async () => {
    const first = await sent(PAGERDUTY, note(), { status: 202 })
    expect(first.requests[0]!.url).toBe('https://events.pagerduty.com/v2/enqueue')
    expect(first.body).toMatchObject({
      routing_key: 'SECRETWORD0123456789', dedup_key: sha256('{}:{alertname="High 5xx"}'), event_action: 'trigger', client: 'Haechi', client_url: 'http://h:9090/alerts',
      payload: { summary: 'High 5xx', severity: 'critical', source: 'Haechi', class: 'default', component: 'Grafana', custom_details: { num_firing: '1', num_resolved: '0' } },
    })
    expect((await sent(PAGERDUTY, note([over()]), { status: 202 })).body).toMatchObject({ event_action: 'resolve', dedup_key: first.body['dedup_key'] })
    const big = await sent({ ...PAGERDUTY, pagerduty: { ...PAGERDUTY.pagerduty!, details: { big: 'x'.repeat(600_000) } } }, note(), { status: 202 })
    expect(big.body['payload']).toMatchObject({ custom_details: { error: expect.stringContaining('removed') } })
  })
  test('[A16] Opsgenie: made, and closed by its alias', async () => {
    const { requests, body } = await sent(OPSGENIE, note(), { status: 202 })
    expect(requests[0]).toMatchObject({ url: 'https://api.opsgenie.com/v2/alerts', headers: { authorization: 'GenieKey SECRETWORD0123456789' } })
    expect(body).toMatchObject({ alias: sha256('{}:{alertname="High 5xx"}'), message: '[FIRING:1] High 5xx (orders critical)', responders: [{ type: 'team', name: 'ops' }], details: { job: 'orders' } })
    expect((await sent(OPSGENIE, note([over()]), { status: 202 })).requests[0]!.url).toBe(`https://api.opsgenie.com/v2/alerts/${sha256('{}:{alertname="High 5xx"}')}/close?identifierType=alias`)
  })
  test('[A16] Google Chat: a card, one thread for each group', async () => {
    const { requests, body } = await sent(CHAT)
    expect(requests[0]!.url).toContain('messageReplyOption=REPLY_MESSAGE_FALLBACK_TO_NEW_THREAD')
    expect(body).toMatchObject({ thread: { threadKey: sha256('{}:{alertname="High 5xx"}') }, cardsV2: [{ card: { header: { title: '🔴 orders <fails> & more' } } }] })
  })
  test('[A16] LINE: to everybody, or to one', async () => {
    const { requests, body } = await sent(LINE)
    expect(requests[0]).toMatchObject({ url: 'https://api.line.me/v2/bot/message/broadcast', headers: { authorization: 'Bearer SECRETWORD0123456789' } })
    expect(body).toMatchObject({ messages: [{ type: 'text', text: expect.stringMatching(/^🔴 orders <fails> & more\n\nService: orders/) }] })
    expect((await sent(made('line', { token: 't-long', to: 'C12' }))).requests[0]!.url).toMatch(/push$/)
  })
  test('[A16] Kakao Work: a text of 500 characters, Korean where nothing else is said; a no inside of a 200', async () => {
    const { body } = await sent({ ...KAKAO, language: 'ko' }, note(Array.from({ length: 30 }, (_x, i) => alert({}, { i: String(i) }))))
    expect(String(body['text']).length).toBeLessThanOrEqual(500)
    expect(body['text']).toContain('알림 30건')
    expect((await sent(KAKAO, note(), { status: 200, body: '{"success":false,"error":{"message":"no room"}}' })).result).toMatchObject({ ok: false, error: 'Kakao Work refused the message: no room' })
  })
  test.each(Object.entries(ALL))('[A17] %s: nothing secret in what is said about a failure', async (_name, point) => {
    for (const answer of [{ status: 400, body: 'SECRETWORD0123456789 {"message":"SECRETWORD0123456789"}' }, { status: 400, body: '{"message":"SECRETWORD0123456789 SECRETWORD0123456789","description":"SECRETWORD0123456789","error":{"message":"SECRETWORD0123456789 SECRETWORD0123456789"}}' }, new TransportError('timed out')]) {
      expect(JSON.stringify((await sent(point, note(), answer)).result)).not.toContain('SECRET')
    }
  })
  test.each(Object.entries(ALL))('[A17] %s: 5xx and a lost connection may be accepted later, 4xx not', async (_name, point) => {
    expect((await sent(point, note(), { status: 503, headers: { 'retry-after': '2' }, body: 'x' })).result).toMatchObject({ ok: false, retryable: true, retryAfterMs: 2000 })
    expect((await sent(point, note(), new TransportError('connection reset by peer'))).result).toMatchObject({ ok: false, retryable: true, error: 'connection reset by peer' })
    expect((await sent(point, note(), { status: 400, body: 'bad' })).result).toMatchObject({ ok: false, retryable: false, httpStatus: 400 })
  })
  test.each(Object.entries(ALL))('[A17] %s: whatever alerts hold is sent within the limits', async (_name, point) => {
    const text = fc.oneof(fc.string({ unit: 'grapheme', maxLength: 2000 }), fc.constantFrom('', '<', '😀'.repeat(3000), '가'.repeat(20_000)))
    await fc.assert(fc.asyncProperty(fc.array(fc.record({ labels: fc.dictionary(text, text, { maxKeys: 8 }), notes: fc.dictionary(fc.constantFrom('summary', 'description', 'runbook_url'), text) }), { minLength: 1, maxLength: 8 }), fc.boolean(), async (list, isOver) => {
      const { result, requests } = await sent(point, note(list.map(a => ({ ...(isOver ? over() : alert()), labels: labelsFromObject(a.labels), annotations: labelsFromObject(a.notes) }))))
      expect(result.ok).toBe(true)
      const size = Buffer.byteLength(requests[0]!.body)
      if (point.type === 'teams') expect(size).toBeLessThan(28_000)
      if (point.type === 'googlechat') expect(size).toBeLessThan(32_000)
      if (point.type === 'telegram') expect((JSON.parse(requests[0]!.body) as { text: string }).text.length).toBeLessThanOrEqual(4096)
    }), { numRuns: 15 })
  })
})

describe('[A12] webhook: signature, headers, own bodies', () => {
  const WEB = { url: 'http://h/SECRETWORD0123456789' }
  test('[A12] Grafana\'s signature, with and without the time', async () => {
    const plain = await sent(made('webhook', { ...WEB, hmacConfig: { secret: 'SECRETWORD0123456789' } }))
    expect(plain.requests[0]!.headers['x-grafana-alerting-signature']).toBe(createHmac('sha256', 'SECRETWORD0123456789').update(plain.requests[0]!.body).digest('hex'))
    const timed = await sent(made('webhook', { ...WEB, hmacConfig: { secret: 'SECRETWORD0123456789', header: 'X-Sign', timestampHeader: 'X-Time' } }))
    expect(timed.requests[0]!.headers['x-time']).toBe(String(START / 1000))
    expect(timed.requests[0]!.headers['x-sign']).toBe(createHmac('sha256', 'SECRETWORD0123456789').update(`${START / 1000}:${timed.requests[0]!.body}`).digest('hex'))
  })
  test('[A12] headers, method, authorization; Grafana\'s body with own title and message', async () => {
    const { requests, body } = await sent(made('webhook', { ...WEB, httpMethod: 'PUT', headers: { 'X-Team': 'ops' }, authorization_credentials: 'SECRETWORD0123456789', title: 'T {{ .Status }}', message: '{{ len .Alerts }}', maxAlerts: '1' }), note([alert(), alert()]))
    expect(requests[0]).toMatchObject({ method: 'PUT', headers: { 'x-team': 'ops', authorization: 'Bearer SECRETWORD0123456789' } })
    expect(body).toMatchObject({ version: '1', title: 'T firing', message: '1', truncatedAlerts: 1 })
    expect(() => made('webhook', { ...WEB, headers: { Host: 'x' } })).toThrow(/headers: Host can't be set/)
  })
  test('[A12] Grafana\'s payload template with its functions', async () => {
    const template = '{{ define "p" }}{{ $d := coll.Dict "status" .Status "team" .Vars.team "n" (len .Alerts) }}{{ data.ToJSON $d }}{{ end }}{{ template "p" . }}'
    expect((await sent(made('webhook', { ...WEB, payload: { template, vars: { team: 'ops' } } }))).requests[0]!.body).toBe('{"n":1,"status":"firing","team":"ops"}')
  })
  test('[A12] Alertmanager\'s payload: texts and keys are templates, what reads as a value is one', async () => {
    const point: ContactPoint = { uid: 'u', name: 'n', type: 'webhook', url: 'http://h/', origin: 'file', payload: { json: { 'k-{{ .Status }}': '{{ len .Alerts }}', list: ['a', '{{ .Receiver }}'], deep: { flag: true, text: 'x {{ .Status }}' } } } }
    expect((await sent(point)).body).toEqual({ 'k-firing': 1, list: ['a', 'r'], deep: { flag: true, text: 'x firing' } })
  })
  test('[A12] a template that fails is said, and nothing is sent', async () => {
    const { result, requests } = await sent(made('webhook', { ...WEB, payload: { template: '{{ .Nope.Deep }}{{ call }}' } }))
    expect(result).toMatchObject({ ok: false, retryable: false })
    expect(requests).toEqual([])
  })
})

describe('[A70] contact points in Grafana\'s form', () => {
  test.each([
    ['webhook', {}, 'contact point "n" (webhook): settings.url: is missing'],
    ['discord', { url: 'ftp://SECRET' }, 'contact point "n" (discord): settings.url: not a web address; write http://… or https://…'],
    ['telegram', { bottoken: 'x', chatid: '1', parse_mode: 'BB' }, 'contact point "n" (telegram): settings.parse_mode: unknown value; one of HTML, Markdown, MarkdownV2, None'],
    ['email', { addresses: 'nobody' }, 'contact point "n" (email): settings.addresses: "nobody" is no mail address'],
    ['email', { addresses: 'a@b.c' }, 'contact point "n" (email): settings.smtpHost: there is no mail server; write smtpHost (host:port) here, or GF_SMTP_HOST into the .env file'],
    ['pager', {}, /^contact point "n" \(pager\): unknown type; one of discord, webhook/],
    ['kafka', {}, 'contact point "n" (kafka): Haechi does not deliver to this type'],
  ])('[A70] %s %j is refused', (type, settings, message) => expect(() => made(type, settings)).toThrow(message))
  test('[A70] a mail password is never sent without encryption unless that is asked for', () => {
    expect(made('email', { addresses: 'a@b.c;d@e.f', smtpHost: 'mail.test:587', smtpUser: 'kim@test.example', password: 'p' }).email).toMatchObject({ to: ['a@b.c', 'd@e.f'], requireTls: true, from: 'kim@test.example' })
  })
})
