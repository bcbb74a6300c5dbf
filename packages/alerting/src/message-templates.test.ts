import { labelsFromObject } from '@haechi/model'
import { describe, expect, test } from 'vitest'
import { Recorder } from '../test/discord-recorder.ts'
import { fileContactPoints, parseAlertmanagerConfig } from './index.ts'
import type { Notification, NotificationAlert } from './index.ts'
import { templateSet } from './message-templates.ts'
import { createNotifier } from './receivers/create-notifier.ts'

const alert = (a: string, status: 'firing' | 'resolved'): NotificationAlert => ({
  status, labels: labelsFromObject({ alertname: 'A', severity: 'critical', a }), annotations: labelsFromObject({ summary: `s${a}` }), startsAtMs: 1_795_306_565_000, endsAtMs: status === 'firing' ? undefined : 1_795_306_569_000,
  generatorUrl: `http://g/${a}`, fingerprint: a,
})
const N: Notification = {
  receiver: 'd', status: 'firing', alerts: [alert('1', 'resolved'), alert('2', 'firing')], groupLabels: labelsFromObject({ alertname: 'A' }), externalUrl: 'http://localhost:9090', groupKey: '{}:{alertname="A"}',
  truncatedAlerts: 0, reason: 'some alerts resolved',
}
const FILES = [{ name: 'x.tmpl', text: '{{ define "my.title" }}T {{ .Status | toUpper }} {{ range .Alerts.Firing }}{{ .Labels.a }};{{ end }}{{ end }}' }]

/** The body that the only contact point of a receiver sends. */
async function sent(receiver: string, answer: Recorder['answers'][number] = { status: 200, body: 'ok' }, n: Notification = N): Promise<{ body: Record<string, unknown>; result: unknown }> {
  const config = parseAlertmanagerConfig(`global: { slack_app_token: TOKEN }\nroute: { receiver: d }\nreceivers: [{ name: d, ${receiver} }]\n`, 'am.yml')
  const hooks = new Recorder()
  hooks.answers = [answer]
  const [point] = await fileContactPoints(config, () => Promise.resolve(''))
  const result = await createNotifier(point!, { post: hooks.post, clock: { nowMs: () => 0, after: () => () => undefined }, userAgent: 'x', templates: FILES }).send(n, new AbortController().signal)
  return { body: hooks.bodies()[0] ?? {}, result }
}
/** What Alertmanager 0.33.1 sent for the same alerts, files and configuration. */
const DESCRIPTION = '\n\nAlerts Firing:\nLabels:\n - alertname = A\n - a = 2\n - severity = critical\nAnnotations:\n - summary = s2\nSource: http://g/2\n\n\n\nAlerts Resolved:\nLabels:\n - alertname = A\n - a = 1\n - severity = critical\nAnnotations:\n - summary = s1\nSource: http://g/1\n\n\n'

describe('[A13] texts of alertmanager.yml', () => {
  test('[A13] a Discord message with a title of a template file is Alertmanager\'s', async () => {
    expect((await sent(`discord_configs: [{ webhook_url: 'http://h/1', title: '{{ template "my.title" . }}', username: 'bot {{ x' }]`)).body).toEqual({
      content: '', username: 'bot {{ x', allowed_mentions: { parse: [] }, embeds: [{ title: 'T FIRING 2;', description: DESCRIPTION, color: 10_038_562 }],
    })
  })
  test('[A13] a mention in the file is meant, one in a label is not', async () => {
    const n = { ...N, alerts: [{ ...N.alerts[1]!, labels: labelsFromObject({ alertname: 'A', severity: '@everyone' }) }] }
    expect((await sent(`discord_configs: [{ webhook_url: 'http://h/1', content: 'hi <@&123> {{ .CommonLabels.severity }}' }]`, { status: 200 }, n)).body).toMatchObject({
      content: 'hi <@&123> @everyone', allowed_mentions: { parse: ['roles'] }, embeds: [{ title: '[FIRING:1] A (@everyone)' }],
    })
  })
  test('[A13] only a name leaves our form', async () => {
    const { body } = await sent(`discord_configs: [{ webhook_url: 'http://h/1', username: ops }]`)
    expect([body['username'], (body['embeds'] as { footer: object }[])[0]!.footer]).toEqual(['ops', { text: 'Haechi' }])
  })
  test('[A91] a template that fails is said; the message goes in our form', async () => {
    expect((await sent(`discord_configs: [{ webhook_url: 'http://h/1', title: '{{ template "none" . }}' }]`)).result).toMatchObject({ ok: true, warning: expect.stringContaining('none') as string })
  })
  test('[A13] a template file that is none is refused with Go\'s text', () => {
    expect(() => templateSet([{ name: 'x.tmpl', text: 'a\n{{ nofunc }}' }], 0)).toThrow('template: x.tmpl:2: function "nofunc" not defined')
  })
})

describe('[A14] Slack', () => {
  test('[A14] the body is Alertmanager\'s, under our name and address', async () => {
    expect(JSON.stringify((await sent(`slack_configs: [{ api_url: 'http://h/s', channel: '#c', fields: [{ title: Sev, value: '{{ .CommonLabels.severity }}', short: true }, { title: B, value: b }] }]`)).body)).toBe(
      '{"channel":"#c","username":"Haechi","attachments":[{"title":"[FIRING:1] A (critical)","title_link":"http://localhost:9090/alerts","text":"","fallback":"[FIRING:1] A (critical) | http://localhost:9090/alerts","callback_id":"",'
      + '"fields":[{"title":"Sev","value":"critical","short":true},{"title":"B","value":"b","short":false}],"footer":"","color":"danger","mrkdwn_in":["fallback","pretext","text"]}]}')
  })
  test('[A14] text and message_text are templates; the colour follows the state', async () => {
    const { body } = await sent(`slack_configs: [{ api_url: 'http://h/s', text: '{{ range .Alerts }}{{ .Annotations.summary }} {{ .StartsAt.Unix }};{{ end }}', message_text: x }]`, { status: 200, body: 'ok' }, { ...N, status: 'resolved', alerts: [N.alerts[0]!] })
    expect(body).toMatchObject({ text: 'x', attachments: [{ text: 's1 1795306565;', title: '[RESOLVED] A (1 critical)', color: 'good' }] })
  })
  test.each([
    [{ status: 200, body: 'ok' }, { ok: true }], [{ status: 200, body: 'no_service' }, { ok: false, retryable: false, error: 'Slack refused the message: no_service' }],
    [{ status: 200, headers: { 'content-type': 'application/json; charset=utf-8' }, body: '{"ok":true}' }, { ok: true }],
    [{ status: 200, headers: { 'content-type': 'application/json' }, body: '{"ok":false,"error":"channel_not_found"}' }, { ok: false, retryable: false, error: 'Slack refused the message: channel_not_found' }],
    [{ status: 429, headers: { 'retry-after': '3' }, body: '' }, { ok: false, retryable: true, retryAfterMs: 3000 }], [{ status: 503, body: '' }, { ok: false, retryable: true }], [{ status: 404, body: 'no_team' }, { ok: false, retryable: false }],
  ])('[A14] an answer %j means %j', async (answer, want) => {
    expect((await sent(`slack_configs: [{ api_url: 'http://h/s' }]`, answer)).result).toMatchObject(want)
  })
  test('[A14] a token of the global section goes to chat.postMessage', async () => {
    const config = parseAlertmanagerConfig('global: { slack_app_token: TOKEN }\nroute: { receiver: d }\nreceivers: [{ name: d, slack_configs: [{ channel: c }] }]\n', 'am.yml')
    expect(await fileContactPoints(config, () => Promise.resolve(''))).toMatchObject([{ type: 'slack', sendResolved: false, url: 'https://slack.com/api/chat.postMessage', headers: { authorization: 'Bearer TOKEN' } }])
  })
})
