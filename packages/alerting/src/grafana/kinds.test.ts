import { VirtualClock } from '@haechi/testkit'
import { describe, expect, test } from 'vitest'
import { createNotifier } from '../receivers/create-notifier.ts'
import { CONTACT_POINT_KINDS, grafanaContactPoint } from '../index.ts'
import type { ContactPointType, HttpRequest, Notification } from '../index.ts'
import { REDACTED, redactedSettings, restoredSettings } from './contact-point.ts'
import type { KindField, ReceiverKind } from './kinds.ts'

const N: Notification = {
  receiver: 'team', status: 'firing', groupLabels: ['alertname', 'A'], externalUrl: 'http://h', groupKey: '{}:{alertname="A"}', truncatedAlerts: 0, reason: 'first notification',
  alerts: [{ status: 'firing', labels: ['alertname', 'A', 'severity', 'critical'], annotations: ['summary', 'it is broken'], startsAtMs: 1_800_000_000_000, endsAtMs: undefined, generatorUrl: '', fingerprint: 'f' }],
}

/** A value that each kind takes for a field. */
function sample(f: KindField): unknown {
  const own: Readonly<Record<string, unknown>> = {
    chatid: '-100', message_thread_id: '5', addresses: 'a@b.c', smtpHost: 'mail.test:587', priority: '1', okPriority: '0', retry: '60', expire: '600', ttl: '60', edit: 'false', maxAlerts: '3', icon_emoji: ':fire:', mentionChannel: 'here', reopen_duration: '4h',
    labels: 'one\ntwo', color: 'red', 'sigv4.region': 'eu-west-1',
  }
  if (own[f.key] !== undefined) return own[f.key]
  if (f.choices !== undefined) return f.choices[0]
  switch (f.input) {
    case 'boolean': return true
    case 'map': return { 'X-A': 'b' }
    case 'rows': return [Object.fromEntries(f.columns!.map(c => [c.key, sample(c)]))]
    case 'json': return f.key === 'attachments' ? [{ title: 'kept as written' }] : { components: [{ name: 'kept as written' }] }
    case 'url': return f.placeholder?.includes('victorops') === true ? 'https://alert.victorops.com/integrations/generic/1/alert/KEYKEY123/routing' : `https://${f.key.replace(/\W|_/g, '')}.test/SECRETPART`
    default: return `${f.key}SECRET12345`
  }
}
function settings(kind: ReceiverKind, wanted: (f: KindField) => boolean): Record<string, unknown> {
  const out: Record<string, unknown> = {}
  for (const f of kind.fields.filter(wanted)) {
    const [first, second] = f.key.split('.') as [string, string | undefined]
    out[first] = second === undefined ? sample(f) : { ...(out[first] as object | undefined), [second]: sample(f) }
  }
  return out
}
/** Fields of which one is enough, or that exclude each other. */
const CHOICES: Readonly<Partial<Record<ContactPointType, { readonly least?: readonly string[]; readonly without?: readonly string[] }>>> = {
  slack: { least: ['url'] }, email: { least: ['smtpHost'], without: [] }, sns: { least: ['topic_arn'], without: ['target_arn', 'phone_number'] }, jira: { least: ['api_token'], without: ['password'] }, pushover: { without: ['monospace'] },
  webhook: { without: ['username', 'password', 'tlsConfig.caCertificate', 'tlsConfig.clientCertificate', 'tlsConfig.clientKey'] },
}
const make = (kind: ReceiverKind, s: Record<string, unknown>): ReturnType<typeof grafanaContactPoint> =>
  grafanaContactPoint({ uid: 'u', name: 'n', type: kind.type, settings: s, disableResolveMessage: false }, { origin: 'ui', language: 'en' })

describe('[A71] every kind has a complete form', () => {
  test('all kinds that messages are sent to', () => {
    expect(CONTACT_POINT_KINDS.map(k => k.type).sort()).toEqual([
      'discord', 'email', 'googlechat', 'incidentio', 'jira', 'kakaowork', 'line', 'mattermost', 'opsgenie', 'pagerduty', 'pushover', 'rocketchat', 'slack', 'sns', 'teams', 'telegram', 'victorops', 'webex', 'webhook', 'wechat',
    ])
    for (const k of CONTACT_POINT_KINDS) {
      expect(new Set(k.fields.map(f => f.key)).size, k.type).toBe(k.fields.length)
      for (const f of k.fields) for (const text of [f.label.en, f.label.ko, ...(f.help === undefined ? [] : [f.help.en, f.help.ko])]) expect(text.trim(), `${k.type} ${f.key}`).not.toBe('')
    }
  })
  test.each(CONTACT_POINT_KINDS)('$type: required fields are enough, each is named when it is missing', kind => {
    const least = CHOICES[kind.type]?.least ?? []
    const given = settings(kind, f => f.required || least.includes(f.key))
    expect(make(kind, given)).toMatchObject({ type: kind.type, name: 'n' })
    for (const f of kind.fields.filter(x => x.required)) {
      const [first, second] = f.key.split('.') as [string, string | undefined]
      const without = second === undefined ? { ...given, [first]: '' } : { ...given, [first]: { ...(given[first] as object), [second]: '' } }
      expect(() => make(kind, without), f.key).toThrow(new RegExp(`settings.*${second ?? first}`))
    }
  })
  test.each(CONTACT_POINT_KINDS)('$type: all fields at once make a message; secrets are masked and come back', async kind => {
    const all = settings(kind, f => !(CHOICES[kind.type]?.without ?? []).includes(f.key))
    const point = make(kind, all)
    const sent: HttpRequest[] = []
    const mails: unknown[] = []
    const notifier = createNotifier(point, {
      clock: new VirtualClock(1_800_000_000_000), userAgent: 'H', templates: [],
      post: async r => {
        sent.push(r)
        return { status: 200, headers: {}, body: '{"errcode":0,"access_token":"t","ok":true,"issues":[],"success":true,"status":"success"}' }
      },
      mail: async m => {
        mails.push(m)
        return { code: 250, text: 'ok' }
      },
    })
    const result = await notifier.send(N, new AbortController().signal)
    expect('error' in result ? result.error : '').not.toMatch(/template|BUG/)
    expect(sent.length + mails.length).toBeGreaterThan(0)
    const shown = redactedSettings(kind.type, all)
    for (const f of kind.fields.filter(x => x.input === 'secret')) {
      const value = String(sample(f))
      expect(JSON.stringify(shown), f.key).not.toContain(value)
    }
    expect(restoredSettings(shown, all)).toEqual(all)
    // What has no field of its own in a message is still in the request.
    for (const f of kind.fields.filter(x => x.input === 'rows' || x.input === 'json')) if (f.key !== 'fields' || kind.type !== 'mattermost') {
      const said = f.input === 'rows' ? `${f.columns!.find(c => c.input === 'text')!.key}SECRET12345` : 'kept as written'
      expect(sent.map(r => r.body).join('\n'), `${kind.type} ${f.key}`).toContain(said)
    }
    if (kind.fields.some(f => f.input === 'secret')) expect(JSON.stringify(shown)).toContain(REDACTED)
  })
  test('lists and objects may be JSON texts; what is none is named', () => {
    const mattermost = CONTACT_POINT_KINDS.find(k => k.type === 'mattermost')!
    const s = { url: 'https://mm.test/hooks/x', attachments: '[{"title": "T", "fields": [{"title": "a", "value": "b"}]}]', priority: { priority: 'urgent', requested_ack: true } }
    expect(make(mattermost, s)).toMatchObject({ mattermost: { attachments: [{ fields: [{}] }], textAbove: true, requestedAck: true } })
    expect(() => make(mattermost, { ...s, attachments: '[' })).toThrow('settings.attachments: expected a list or an object as JSON')
  })
  test('the same as in alertmanager.yml: VictorOps\' address, basic and bearer authorization of Jira', () => {
    const of = (type: ContactPointType): ReceiverKind => CONTACT_POINT_KINDS.find(k => k.type === type)!
    expect(make(of('victorops'), { url: 'https://alert.victorops.com/integrations/generic/1/alert/KEY/team' })).toMatchObject({ url: 'https://alert.victorops.com/integrations/generic/1/alert/', secrets: { key: 'KEY' }, texts: { routing_key: 'team' } })
    const jira = { api_url: 'https://j.test/rest/api/3', project: 'P', issue_type: 'Bug' }
    expect(make(of('jira'), { ...jira, user: 'me', api_token: 'tok' }).headers).toEqual({ authorization: `Basic ${Buffer.from('me:tok').toString('base64')}` })
    expect(make(of('jira'), { ...jira, api_token: 'tok' }).headers).toEqual({ authorization: 'Bearer tok' })
    expect(() => make(of('jira'), jira)).toThrow('settings.api_token: is missing')
    expect(() => make(of('victorops'), { url: 'https://h/x' })).toThrow('write the whole address')
  })
})
