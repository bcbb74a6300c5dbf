import { existsSync, readFileSync } from 'node:fs'
import { ConfigError } from '@haechi/model'
import { referencePath } from '@haechi/testkit'
import { describe, expect, test } from 'vitest'
import { HAS_AMTOOL, checkConfigs } from '../../test/amtool.ts'
import { fileContactPoints, parseAlertmanagerConfig } from './alertmanager-config.ts'
import type { AlertmanagerConfig } from './alertmanager-config.ts'

const R = 'receivers: [{ name: a }]\n'
const route = (inner: string): string => `route:\n  receiver: a\n  routes:\n    - ${inner}\n${R}`
const spec = (inner: string): string => `route: { receiver: a }\n${R}time_intervals:\n  - name: t\n    time_intervals:\n      - ${inner}\n`
const receiver = (inner: string): string => `route: { receiver: a }\nreceivers:\n  - name: a\n    ${inner}\n`

/** Refused by the real one with exactly these words; ours add the place in front. */
const BAD: readonly (readonly [text: string, place: string, reason: string])[] = [
  ['', '1:1', 'no route provided in config'],
  ['receivers: [{ name: a }]\n', '1:1', 'no routes provided'],
  [`route: { receiver: a, continue: true }\n${R}`, '1:23', 'cannot have continue in root route'],
  [`route: {}\n${R}`, '1:8', 'root route must specify a default receiver'],
  [`route: { receiver: a, matchers: ['x="1"'] }\n${R}`, '1:23', 'root route must not have any matchers'],
  [`route: { receiver: a, match: { x: y } }\n${R}`, '1:8', 'root route must not have any matchers'],
  [`route: { receiver: a, mute_time_intervals: [t] }\n${R}`, '1:23', 'root route must not have any mute time intervals'],
  [`route: { receiver: a, active_time_intervals: [t] }\n${R}`, '1:23', 'root route must not have any active time intervals'],
  ['route: { receiver: b }\nreceivers: [{ name: a }]\n', '1:10', 'undefined receiver "b" used in route'],
  [route('receiver: b'), '4:7', 'undefined receiver "b" used in route'],
  [route('mute_time_intervals: [t]'), '4:7', 'undefined time interval "t" used in route'],
  [route('active_time_intervals: [t]'), '4:7', 'undefined time interval "t" used in route'],
  [route("group_by: ['...', x]"), '4:7', 'cannot have wildcard group_by (`...`) and other labels at the same time'],
  [route('group_by: [x, x]'), '4:7', 'duplicated label "x" in group_by'],
  [route("group_by: ['']"), '4:7', 'invalid label name "" in group_by list'],
  [route('group_interval: 0s'), '4:7', 'group_interval cannot be zero'],
  [route('repeat_interval: 0s'), '4:7', 'repeat_interval cannot be zero'],
  [route("matchers: ['=x']"), '4:7', 'bad matcher format: =x'],
  [route("matchers: ['a=~\"(\"']"), '4:7', 'error parsing regexp: missing closing ): `^(?:()$`'],
  [route("match: { 'a b': x }"), '4:7', 'invalid label name "a b"'],
  [route("match_re: { 'a-b': x }"), '4:7', 'invalid label name "a-b"'],
  [route("match_re: { a: '(' }"), '4:7', 'error parsing regexp: missing closing ): `^(?:()$`'],
  [`route: { receiver: a }\nreceivers: [{ name: a }, { name: a }]\n`, '2:28', 'notification config name "a" is not unique'],
  ['route: { receiver: a }\nreceivers: [{ labels: {} }]\n', '2:13', 'missing name in receiver'],
  ['route: { receiver: a }\nreceivers: [{ name: a, labels: { name: b } }]\n', '2:24', 'receiver label "name" must match receiver name "a", got "b"'],
  [receiver('webhook_configs: [{ send_resolved: true }]'), '4:23', 'one of url or url_file must be configured'],
  [receiver('webhook_configs: [{ url: "http://x", url_file: y }]'), '4:42', 'at most one of url & url_file must be configured'],
  [receiver('discord_configs: [{ title: x }]'), '4:23', 'one of webhook_url or webhook_url_file must be configured'],
  [receiver('slack_configs: [{ channel: x }]'), '4:21', 'no Slack API URL nor App token set either inline or in a file'],
  [receiver('slack_configs: [{ api_url: "http://x", api_url_file: y }]'), '4:44', 'at most one of api_url & api_url_file must be configured'],
  [receiver('slack_configs: [{ api_url: "http://x", fields: [{ value: y }] }]'), '4:53', 'missing title in Slack field configuration'],
  [receiver('email_configs: [{ from: x }]'), '4:21', 'missing to address in email config'],
  [receiver('email_configs: [{ to: a@b }]'), '4:21', 'no global SMTP smarthost set'],
  [receiver('email_configs: [{ to: a@b, smarthost: "h:25" }]'), '4:21', 'no global SMTP from set'],
  [receiver('email_configs: [{ to: a@b, smarthost: "h:25", from: c@d, headers: { subject: x, Subject: y } }]'), '4:62', 'duplicate header "Subject" in email config'],
  [receiver('pagerduty_configs: [{ class: x }]'), '4:25', 'missing service or routing key in PagerDuty config'],
  [receiver('pagerduty_configs: [{ routing_key: x, routing_key_file: y }]'), '4:43', 'at most one of routing_key & routing_key_file must be configured'],
  [receiver('opsgenie_configs: [{ message: x }]'), '4:24', 'no global OpsGenie API Key set either inline or in a file'],
  [receiver('opsgenie_configs: [{ api_key: x, responders: [{ type: team }] }]'), '4:51', 'opsGenieConfig responder {   team} has to have at least one of id, username or name specified'],
  [receiver('opsgenie_configs: [{ api_key: x, responders: [{ type: dog, name: y }] }]'), '4:53', 'opsGenieConfig responder { y  dog} type does not match valid options ^(team|teams|user|escalation|schedule)$'],
  [receiver('telegram_configs: [{ chat_id: 5 }]'), '4:24', 'missing bot_token or bot_token_file on telegram_config'],
  [receiver('telegram_configs: [{ bot_token: x }]'), '4:24', 'missing chat_id or chat_id_file on telegram_config'],
  [receiver('telegram_configs: [{ bot_token: x, chat_id: 5, parse_mode: y }]'), '4:52', 'unknown parse_mode on telegram_config, must be Markdown, MarkdownV2, HTML or empty string'],
  [receiver('msteams_configs: [{ title: x }]'), '4:23', 'one of webhook_url or webhook_url_file must be configured'],
  [receiver('msteamsv2_configs: [{ title: x }]'), '4:25', 'one of webhook_url or webhook_url_file must be configured'],
  [`${route('{}')}inhibit_rules: [{ source_match: { 'a b': x } }]\n`, '6:19', 'invalid label name "a b"'],
  [`${route('{}')}inhibit_rules: [{ equal: [''] }]\n`, '6:19', 'invalid label name "" in equal list'],
  [`${route('{}')}time_intervals: [{ name: t }, { name: t }]\n`, '6:33', 'time interval "t" is not unique'],
  [`${route('{}')}mute_time_intervals: [{ name: t }, { name: t }]\n`, '6:38', 'mute time interval "t" is not unique'],
  [`${route('{}')}time_intervals: [{ time_intervals: [] }]\n`, '6:18', 'missing name in time interval'],
  [spec("times: [{ start_time: '9:00', end_time: '17:00' }]"), '6:19', "couldn't parse timestamp 9:00, invalid format"],
  [spec("times: [{ start_time: '17:00', end_time: '09:00' }]"), '6:19', 'start time cannot be equal or greater than end time'],
  [spec("times: [{ start_time: '17:00' }]"), '6:17', 'both start and end times must be provided'],
  [spec("weekdays: ['friday:monday']"), '6:9', 'start day cannot be before end day'],
  [spec("weekdays: ['fri']"), '6:9', 'fri is not a valid weekday'],
  [spec("weekdays: ['a:b:c']"), '6:9', "couldn't parse range a:b:c, invalid format"],
  [spec("days_of_month: ['0']"), '6:9', '0 is not a valid day of the month: out of range'],
  [spec("days_of_month: ['-1:1']"), '6:9', 'end day must be negative if start day is negative'],
  [spec("days_of_month: ['5:2']"), '6:9', 'end day 2 is always before start day 5'],
  [spec("days_of_month: ['x']"), '6:9', 'strconv.Atoi: parsing "x": invalid syntax'],
  [spec("months: ['june:march']"), '6:9', 'end month march is before start month june'],
  [spec("months: ['jun']"), '6:9', 'jun is not a valid month'],
  [spec("years: ['2030:2020']"), '6:9', 'end year 2020 is before start year 2030'],
  [spec("location: 'Asia/Nowhere'"), '6:9', 'unknown time zone Asia/Nowhere'],
]
const refusal = (text: string): ConfigError => {
  try {
    parseAlertmanagerConfig(text, 'am.yml')
  } catch (err) {
    if (err instanceof ConfigError) return err
    throw err
  }
  throw new Error('it was taken')
}

const GOOD = `
global:
  resolve_timeout: 7m
  smtp_smarthost: 'localhost:25'
  smtp_from: a@b
  slack_api_url: 'https://hooks.slack.test/GLOBALSECRET'
  http_config: { authorization: { credentials: TOKENSECRET } }
route:
  receiver: team
  group_by: [alertname, 가]
  routes:
    - matchers: [severity="critical", 'team=~"a|b"']
      receiver: hook
      continue: true
      active_time_intervals: [office]
receivers:
  - name: team
    labels: { kind: chat }
    discord_configs:
      - { webhook_url: 'https://discord.test/api/webhooks/1/URLSECRET', send_resolved: false, http_config: { follow_redirects: false } }
  - name: hook
    webhook_configs:
      - { url: 'http://user:PASSSECRET@h/1', max_alerts: 3, timeout: 4s, http_config: { basic_auth: { username: kim, password_file: secret.txt } } }
      - { url_file: url.txt }
  - name: nobody
  - name: mail
    email_configs: [{ to: 'a@b, c@d', auth_username: kim, auth_password: MAILSECRET, tls_config: { insecure_skip_verify: true }, headers: { Subject: '알림' } }]
    pushover_configs: [{ user_key: PUSHSECRET, token: PUSHSECRET2 }]
  - name: others
    telegram_configs: [{ bot_token: BOTSECRET, chat_id: -100123, message: hi }]
    pagerduty_configs: [{ routing_key: PDSECRET, severity: '{{ .CommonLabels.severity }}', details: { a: b } }]
    opsgenie_configs: [{ api_key: OGSECRET, responders: [{ type: team, name: ops }], priority: P2, tags: 'a, b' }]
    msteams_configs: [{ webhook_url: 'http://t/TEAMSSECRET1' }]
    msteamsv2_configs: [{ webhook_url: 'http://t/TEAMSSECRET2', title: x }]
inhibit_rules:
  - { name: x, source_matchers: [severity="critical"], target_match: { severity: warning }, equal: [alertname] }
time_intervals:
  - name: office
    time_intervals:
      - { times: [{ start_time: '09:00', end_time: '18:00' }], weekdays: ['monday:friday'], location: Asia/Seoul }
templates: ['*.tmpl']
`

describe('[A55] alertmanager.yml', () => {
  test.each(BAD)('[A55] %j is refused at %s: %s', (text, place, reason) => {
    const err = refusal(text)
    expect(err.reason).toBe(reason)
    expect(`${err.place.line}:${err.place.column}`).toBe(place)
  })
  test('[A55] an unknown key names its line and the nearest known one', () => {
    expect(() => parseAlertmanagerConfig('route:\n  receiver: a\n  gruop_by: [x]\nreceivers: [{ name: a }]\n', 'am.yml')).toThrow('am.yml:3:3: route.gruop_by: field gruop_by not found (did you mean group_by?)')
  })
  test('[A56] secrets are looked up, and are in no message and no text', async () => {
    const config: AlertmanagerConfig = parseAlertmanagerConfig(GOOD, 'am.yml')
    expect(JSON.stringify(config)).not.toContain('SECRET')
    expect(config.resolveTimeoutMs).toBe(420_000)
    expect(config.warnings).toEqual([])
    expect(config.routing.receivers).toEqual([
      { name: 'team', labels: { kind: 'chat', name: 'team' }, contactPoints: ['file-team-discord-0'] }, { name: 'hook', labels: { name: 'hook' }, contactPoints: ['file-hook-webhook-0', 'file-hook-webhook-1'] },
      { name: 'nobody', labels: { name: 'nobody' }, contactPoints: [] }, { name: 'mail', labels: { name: 'mail' }, contactPoints: ['file-mail-email-0', 'file-mail-pushover-0'] },
      { name: 'others', labels: { name: 'others' }, contactPoints: ['file-others-pagerduty-0', 'file-others-opsgenie-0', 'file-others-telegram-0', 'file-others-msteams-0', 'file-others-msteamsv2-0'] },
    ])
    const files: Record<string, string> = { 'secret.txt': 'FILEPASS\n', 'url.txt': ' http://h/FILEURL\n' }
    const points = await fileContactPoints(config, path => Promise.resolve(files[path]!))
    expect(points.slice(0, 3)).toEqual([
      { uid: 'file-team-discord-0', name: 'team', origin: 'file', type: 'discord', sendResolved: false, followRedirects: false, url: 'https://discord.test/api/webhooks/1/URLSECRET' },
      { uid: 'file-hook-webhook-0', name: 'hook/webhook[0]', origin: 'file', type: 'webhook', sendResolved: true, maxAlerts: 3, timeoutMs: 4000, url: 'http://user:PASSSECRET@h/1', headers: { authorization: `Basic ${Buffer.from('kim:FILEPASS').toString('base64')}` } },
      { uid: 'file-hook-webhook-1', name: 'hook/webhook[1]', origin: 'file', type: 'webhook', sendResolved: true, maxAlerts: 0, url: 'http://h/FILEURL', headers: { authorization: 'Bearer TOKENSECRET' } },
    ])
    const bearer = { headers: { authorization: 'Bearer TOKENSECRET' } }
    expect(points.slice(3)).toEqual([
      {
        uid: 'file-mail-email-0', name: 'mail/email[0]', origin: 'file', type: 'email', sendResolved: false, url: 'smtp://localhost:25', tls: { insecure: true }, email: {
          from: 'a@b', to: ['a@b', 'c@d'], hello: 'localhost', requireTls: true, implicitTls: false, username: 'kim', password: 'MAILSECRET', headers: { Subject: '알림' }, tls: { insecure: true },
        },
      },
      expect.objectContaining({ ...bearer, uid: 'file-mail-pushover-0', type: 'pushover', url: 'https://api.pushover.net/1/messages.json', secrets: { token: 'PUSHSECRET2', userKey: 'PUSHSECRET' } }),
      { ...bearer, uid: 'file-others-pagerduty-0', name: 'others/pagerduty[0]', origin: 'file', type: 'pagerduty', sendResolved: true, url: 'https://events.pagerduty.com/v2/enqueue', texts: { severity: '{{ .CommonLabels.severity }}' }, pagerduty: expect.objectContaining({ key: 'PDSECRET', version: 2 }) },
      { ...bearer, uid: 'file-others-opsgenie-0', name: 'others/opsgenie[0]', origin: 'file', type: 'opsgenie', sendResolved: true, url: 'https://api.opsgenie.com/', texts: { priority: 'P2', tags: 'a, b' }, opsgenie: { key: 'OGSECRET', details: {}, responders: [{ type: 'team', name: 'ops' }], updateAlerts: false } },
      { ...bearer, uid: 'file-others-telegram-0', name: 'others/telegram[0]', origin: 'file', type: 'telegram', sendResolved: true, url: 'https://api.telegram.org/botBOTSECRET', texts: { message: 'hi' }, telegram: { chatId: '-100123', parseMode: 'HTML', silent: false, noPreview: true } },
      { ...bearer, uid: 'file-others-msteams-0', name: 'others/msteams[0]', origin: 'file', type: 'teams', sendResolved: true, url: 'http://t/TEAMSSECRET1', teams: { card: 'connector' } },
      { ...bearer, uid: 'file-others-msteamsv2-0', name: 'others/msteamsv2[0]', origin: 'file', type: 'teams', sendResolved: true, url: 'http://t/TEAMSSECRET2', texts: { title: 'x' }, teams: { card: 'adaptive' } },
    ])
    expect(refusal(receiver("webhook_configs: [{ url: 'ftp://SECRET' }]")).message).not.toContain('SECRET')
  })
  test('[A57] the configuration of the peers is taken', ({ skip }) => {
    const path = referencePath('peers/config/alertmanager.yml')
    if (path === undefined || !existsSync(path)) return skip('the reference folder is absent')
    const config = parseAlertmanagerConfig(readFileSync(path, 'utf8'), path)
    expect([config.contactPoints.length, config.routing.route.routes.length, config.warnings]).toEqual([2, 1, []])
  })
  test.skipIf(!HAS_AMTOOL)('[A57] the real amtool takes and refuses the same, with the same words', async () => {
    const good = [GOOD.replace("templates: ['*.tmpl']", ''), route('{}'), spec("days_of_month: ['1:5', '-3:-1']"), spec("months: ['may:august', '12']"), spec('{}'), spec("times: [{ start_time: '00:00', end_time: '24:00' }]"), route("group_by: ['...']"), route('group_wait: 0s')]
    const bad = BAD.map(([text]) => text)
    const said = await checkConfigs([...good, ...bad])
    expect(said.slice(0, good.length)).toEqual(good.map(() => undefined))
    for (const text of good) parseAlertmanagerConfig(text, 'am.yml')
    expect(said.slice(good.length)).toEqual(BAD.map(([, , reason]) => reason))
  })
})
