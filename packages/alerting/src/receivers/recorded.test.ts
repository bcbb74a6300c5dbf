import { readFileSync } from 'node:fs'
import { labelsFromObject } from '@haechi/model'
import { VirtualClock } from '@haechi/testkit'
import { describe, expect, test } from 'vitest'
import { fileContactPoints, parseAlertmanagerConfig } from '../config/alertmanager-config.ts'
import { fingerprint } from '../fingerprint.ts'
import type { Notification, NotificationAlert, SendResult } from '../notification.ts'
import type { HttpRequest, HttpResponse } from '../transport.ts'
import type { ContactPoint } from '../views.ts'
import { createNotifier } from './create-notifier.ts'
import { awsSignature } from './sns/sigv4.ts'

// What the real Alertmanager sent to a server that noted it, for a group of two alerts that fired and ended.
interface Sent { readonly method: string; readonly url: string; readonly headers: Readonly<Record<string, string>>; readonly body: string }
interface Recording { readonly config: unknown; readonly firing: readonly Sent[]; readonly resolved: readonly Sent[] }
const recorded = JSON.parse(readFileSync(new URL('../../test/receivers-recorded.json', import.meta.url), 'utf8')) as Recording

/** The recorded server's own address: it is part of what was signed. */
const SIGNED_FOR = 'http://127.0.0.1:21660/sns'
const START = Date.UTC(2026, 2, 1, 5, 2)
/** The seconds at which the recorded server signed. */
const signedMs = (status: 'firing' | 'resolved'): number => {
  const date = recorded[status].find(s => s.url === '/sns')!.headers['x-amz-date']!
  return Date.parse(date.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, '$1-$2-$3T$4:$5:$6Z'))
}

function notification(status: 'firing' | 'resolved'): Notification {
  const alert = (job: string): NotificationAlert => {
    const labels = labelsFromObject({ alertname: 'High', job, severity: 'critical', team: 'a<b&c' })
    return {
      status, labels, annotations: labelsFromObject({ summary: 'orders <fails> & more', note: '한글 "quoted"' }), startsAtMs: START, endsAtMs: status === 'firing' ? undefined : START + 600_000,
      generatorUrl: 'http://h:9090/graph?g0.expr=a%3E1', fingerprint: fingerprint(labels),
    }
  }
  return {
    receiver: 'all', status, alerts: [alert('orders'), alert('pay')], groupLabels: labelsFromObject({ alertname: 'High' }), externalUrl: 'http://am.test', groupKey: '{}:{alertname="High"}', truncatedAlerts: 0,
    reason: status === 'firing' ? 'new alerts added' : 'all alerts resolved',
  }
}

/** The other side of all of them. */
function answerOf(q: HttpRequest, found: boolean): HttpResponse {
  const path = new URL(q.url).pathname
  const body = path.startsWith('/wechat/gettoken') ? '{"access_token":"TOK","errcode":0}' : path.startsWith('/wechat/') ? '{"errcode":0,"errmsg":"ok"}'
    : path.includes('/search') ? (found ? '{"issues":[{"key":"OPS-1","fields":{"status":{"name":"Open","statusCategory":{"key":"new"}}}}]}' : '{"issues":[]}')
      : path.endsWith('/transitions') ? '{"transitions":[{"id":"11","name":"Done"},{"id":"12","name":"Reopen"}]}' : path.startsWith('/rocket') ? '{"success":true}' : '{}'
  return { status: 200, headers: {}, body }
}

async function points(): Promise<ContactPoint[]> {
  const config = parseAlertmanagerConfig(JSON.stringify(recorded.config), 'alertmanager.yml')
  expect(config.warnings).toEqual([])
  return fileContactPoints(config, () => Promise.reject(new Error('no files')))
}

async function sentBy(point: ContactPoint, status: 'firing' | 'resolved', answer = answerOf): Promise<{ readonly result: SendResult; readonly requests: HttpRequest[] }> {
  const requests: HttpRequest[] = []
  const post = (q: HttpRequest): Promise<HttpResponse> => {
    requests.push(q)
    return Promise.resolve(answer(q, status === 'resolved'))
  }
  const result = await createNotifier(point, { post, clock: new VirtualClock(signedMs(status)), userAgent: 'Haechi/1', templates: [] }).send(notification(status), new AbortController().signal)
  return { result, requests }
}

/** Our name and the address of our page stand where theirs do. */
const asTheirs = (text: string): string => text.replaceAll('http://am.test/alerts', 'http://am.test/#/alerts?receiver=all').replaceAll('"Haechi"', '"Alertmanager"')

describe.each(['firing', 'resolved'] as const)('[A23] %s: the same requests as the real Alertmanager, byte by byte', status => {
  test('[A23] all of them', async () => {
    const ours: Sent[] = []
    for (const point of await points()) {
      const { result, requests } = await sentBy(point, status)
      expect(result, point.name).toMatchObject({ ok: true })
      for (const q of requests) ours.push({ method: q.method ?? 'POST', url: q.url.replace('http://receiver.test', ''), headers: q.headers, body: asTheirs(q.body) })
    }
    const line = (s: Sent): string => `${s.method} ${s.url}\n${s.body}`
    // Theirs has its token for WeChat already when the alerts end.
    const compared = ours.filter(o => status === 'firing' || !o.url.startsWith('/wechat/gettoken'))
    expect(compared.map(line).sort()).toEqual(recorded[status].map(line).sort())
    for (const theirs of recorded[status].filter(s => s.url !== '/sns')) {
      const { 'content-type': type, ...others } = theirs.headers
      const same = ours.find(o => line(o) === line(theirs))!
      expect(same.headers, theirs.url).toMatchObject(others)
      if (type !== undefined) expect(same.headers['content-type']).toBe(type)
    }
  })
  test('[A23] what signs a request to AWS is what the real one computed', () => {
    const { headers, body } = recorded[status].find(s => s.url === '/sns')!
    const { 'x-amz-date': date, authorization, ...given } = headers
    expect(awsSignature({
      method: 'POST', url: SIGNED_FOR, body, headers: given, region: 'eu-west-1', service: 'sns', accessKey: 'AKIDEXAMPLE', secretKey: 'sns-secret-key', nowMs: signedMs(status),
    })).toEqual({ 'x-amz-date': date, authorization })
  })
})

describe('[A23] failures and limits of these kinds', () => {
  test('[A23] nothing secret in what is said', async () => {
    for (const point of await points()) {
      for (const status of [400, 500]) {
        const { result } = await sentBy(point, 'firing', q => ({ status, headers: {}, body: `{"message":"${Object.values(q.headers).join(' ').replaceAll('"', '')} ${q.url} ${Object.values(point.secrets ?? {}).join(' ')}"}` }))
        expect(result).toMatchObject({ ok: false, retryable: status === 500 })
        if (!result.ok) expect(result.error.replaceAll('<secret>', ''), point.name).not.toMatch(/-secret/)
      }
    }
  })
  const named = async (name: string): Promise<ContactPoint> => (await points()).find(p => p.name === name)!
  test('[A23] WeChat: a token is used again, and asked for anew when it has expired', async () => {
    const point = await named('all/wechat[0]')
    const urls: string[] = []
    let expired = false
    const notifier = createNotifier(point, {
      post: q => {
        urls.push(new URL(q.url).pathname)
        const gone = expired && q.url.includes('/message/')
        if (gone) expired = false
        return Promise.resolve(gone ? { status: 200, headers: {}, body: '{"errcode":42001,"errmsg":"access_token expired"}' } : answerOf(q, false))
      }, clock: new VirtualClock(START), userAgent: 'Haechi/1', templates: [],
    })
    const send = (): Promise<SendResult> => notifier.send(notification('firing'), new AbortController().signal)
    await send()
    await send()
    expect(urls).toEqual(['/wechat/gettoken', '/wechat/message/send', '/wechat/message/send'])
    expired = true
    expect(await send()).toMatchObject({ ok: false, retryable: true, error: 'WeChat refused the message: access_token expired' })
    expect(await send()).toMatchObject({ ok: true })
    expect(urls.slice(3)).toEqual(['/wechat/message/send', '/wechat/gettoken', '/wechat/message/send'])
  })
  test('[A23] Jira: what has ended opens nothing; a closed issue is opened again', async () => {
    const point = await named('all/jira[0]')
    expect((await sentBy(point, 'resolved', q => answerOf(q, false))).requests.map(q => q.method)).toEqual(['POST'])
    const done = '{"issues":[{"key":"OPS-2","fields":{"status":{"statusCategory":{"key":"done"}}}}]}'
    const { requests } = await sentBy(point, 'firing', q => (q.url.endsWith('/search') ? { status: 200, headers: {}, body: done } : answerOf(q, false)))
    expect(requests.map(q => `${q.method} ${new URL(q.url).pathname.slice('/jira/rest/api/2'.length)}`)).toEqual(['POST /search', 'PUT /issue/OPS-2', 'GET /issue/OPS-2/transitions', 'POST /issue/OPS-2/transitions'])
    expect(JSON.parse(requests[3]!.body)).toEqual({ transition: { id: '12' } })
  })
  test('[A23] Rocket.Chat says no inside of a 200', async () => {
    expect((await sentBy(await named('all/rocketchat[0]'), 'firing', () => ({ status: 200, headers: {}, body: '{"success":false,"error":"no-such-room"}' }))).result).toMatchObject({ ok: false, retryable: false, error: 'Rocket.Chat refused the message: no-such-room' })
  })
  test('[A23] long texts are cut where the other side stops reading', async () => {
    const long = { ...await named('all/webex[0]'), texts: { message: '가'.repeat(5000), room_id: 'r' } }
    const { markdown } = JSON.parse((await sentBy(long, 'firing')).requests[0]!.body) as { markdown: string }
    expect(Buffer.byteLength(markdown)).toBeLessThanOrEqual(7439)
    expect(markdown.endsWith('가…')).toBe(true)
    const phone = { ...await named('all/sns[0]'), texts: { ...(await named('all/sns[0]')).texts, topic_arn: '', phone_number: '+1', message: '가'.repeat(1000) } }
    const form = new URLSearchParams((await sentBy(phone, 'firing')).requests[0]!.body)
    expect(Buffer.byteLength(form.get('Message')!)).toBeLessThanOrEqual(1600)
    expect([...form.values()]).toContain('truncated')
  })
  test('[A23] Pushover: token and message in the address, as its API wants them', async () => {
    const config = parseAlertmanagerConfig(JSON.stringify({ route: { receiver: 'p' }, receivers: [{ name: 'p', pushover_configs: [{ user_key: 'user-secret', token: 'app-secret', url_title: 'Open', html: true, ttl: '2m' }] }] }), 'a.yml')
    const [point] = await fileContactPoints(config, () => Promise.reject(new Error('no files')))
    const { requests } = await sentBy(point!, 'firing')
    expect(requests[0]).toMatchObject({ headers: { 'content-type': 'text/plain' }, body: '' })
    const url = new URL(requests[0]!.url)
    expect(url.origin + url.pathname).toBe('https://api.pushover.net/1/messages.json')
    expect([...url.searchParams.keys()]).toEqual(['device', 'expire', 'html', 'message', 'priority', 'retry', 'sound', 'title', 'token', 'ttl', 'url', 'url_title', 'user'])
    expect(Object.fromEntries(url.searchParams)).toMatchObject({ priority: '2', retry: '60', expire: '3600', ttl: '120', token: 'app-secret', user: 'user-secret', title: '[FIRING:2] High (critical a<b&c)' })
    expect(url.searchParams.get('message')).toContain('summary = orders &lt;fails&gt; &amp; more')
    const { result } = await sentBy(point!, 'firing', q => ({ status: 400, headers: {}, body: JSON.stringify({ status: 0, errors: [`bad ${q.url}`] }) }))
    expect(JSON.stringify(result)).not.toContain('secret"')
    expect(JSON.stringify(result)).not.toMatch(/user-secret|app-secret/)
  })
  test.each([
    ['pushover_configs', [{ token: 't' }], 'one of user_key or user_key_file must be configured'],
    ['pushover_configs', [{ token: 't', user_key: 'u', html: true, monospace: true }], 'at most one of monospace & html must be configured'],
    ['sns_configs', [{ sigv4: { region: 'r' } }], 'must provide either a Target ARN, Topic ARN, or Phone Number for SNS config'],
    ['victorops_configs', [{ routing_key: 'r' }], 'no global VictorOps API Key set'],
    ['victorops_configs', [{ routing_key: 'r', api_key: 'k', custom_fields: { entity_id: 'x' } }], 'victorOps config contains custom field entity_id which cannot be used as it conflicts with the fixed/static fields'],
    ['webex_configs', [{ room_id: 'r' }], 'missing webex_configs.http_config.authorization'],
    ['wechat_configs', [{ message_type: 'card' }], 'weChat message type "card" does not match valid options ^(text|markdown)$'],
    ['wechat_configs', [{ api_secret: 's' }], 'no global Wechat CorpID set'],
    ['rocketchat_configs', [{ token: 't' }], 'no global Rocketchat TokenID set either inline or in a file'],
    ['mattermost_configs', [{}], 'missing webhook_url or webhook_url_file on mattermost_config'],
    ['jira_configs', [{ project: 'P', issue_type: 'T' }], 'no global Jira Cloud URL set'],
    ['jira_configs', [{ project: 'P', issue_type: 'T', api_type: 'x', api_url: 'http://j' }], 'unknown api_type on jira_config, must be auto, cloud or datacenter'],
    ['incidentio_configs', [{}], 'one of url or url_file must be configured'],
    ['incidentio_configs', [{ url: 'http://i', http_config: {} }], 'at least one of alert_source_token, alert_source_token_file or http_config.authorization must be configured'],
  ])('[A23] %s %j is refused in Alertmanager\'s words', (key, list, words) => {
    expect(() => parseAlertmanagerConfig(JSON.stringify({ route: { receiver: 'r' }, receivers: [{ name: 'r', [key]: list }] }), 'a.yml')).toThrow(words)
  })
})
