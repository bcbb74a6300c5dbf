import { readFileSync } from 'node:fs'
import { labelsFromObject } from '@haechi/model'
import { VirtualClock } from '@haechi/testkit'
import { describe, expect, test } from 'vitest'
import { CONFIG, FIRING, RESOLVED, STEPS } from '../../test/receiver-steps.mjs'
import type { StepAlert } from '../../test/receiver-steps.mjs'
import { SmtpServer } from '../../test/smtp-server.ts'
import { fileContactPoints, parseAlertmanagerConfig } from '../config/alertmanager-config.ts'
import { fingerprint } from '../fingerprint.ts'
import { createMailPost } from '../mail-transport.ts'
import type { Notification, NotificationAlert } from '../notification.ts'
import type { HttpRequest, HttpResponse } from '../transport.ts'
import type { ContactPoint } from '../views.ts'
import { createNotifier } from './create-notifier.ts'

// What the real Alertmanager sent at each step, noted by test/record-receivers.mjs.
interface Sent { readonly kind: string; readonly method?: string; readonly url?: string; readonly headers?: Readonly<Record<string, string>>; readonly from?: string; readonly to?: readonly string[]; readonly body: string }
const { steps: recorded } = JSON.parse(readFileSync(new URL('../../test/receivers-sent.json', import.meta.url), 'utf8')) as { readonly steps: Readonly<Record<string, readonly Sent[]>> }
const NOW = Date.UTC(2026, 10, 22, 11, 14)

function told(a: StepAlert): NotificationAlert {
  const labels = labelsFromObject(a.labels)
  const times = a.resolved === true ? RESOLVED : FIRING
  return {
    status: a.resolved === true ? 'resolved' : 'firing', labels, annotations: labelsFromObject(a.annotations), startsAtMs: Date.parse(times.startsAt), endsAtMs: a.resolved === true ? Date.parse(times.endsAt) : undefined,
    generatorUrl: a.generatorURL ?? '', fingerprint: fingerprint(labels),
  }
}

function notification(step: (typeof STEPS)[number]): Notification {
  const alerts = step.alerts.map(told)
  const name = step.alerts[0]!.labels['alertname']!
  return {
    receiver: 'all', status: alerts.some(a => a.status === 'firing') ? 'firing' : 'resolved', alerts, groupLabels: labelsFromObject({ alertname: name }), externalUrl: 'http://am.test', groupKey: `{}:{alertname="${name}"}`, truncatedAlerts: 0,
    reason: step.reason as Notification['reason'],
  }
}

async function points(mailPort: number): Promise<ContactPoint[]> {
  const config = parseAlertmanagerConfig(JSON.stringify(CONFIG).replaceAll('mail.test', `127.0.0.1:${mailPort}`), 'alertmanager.yml')
  expect(config.warnings.filter(w => !w.includes('proxy_url'))).toEqual([])
  return fileContactPoints(config, () => Promise.reject(new Error('no files')))
}

/** The other side of all of them. */
function answerOf(q: HttpRequest): HttpResponse {
  if (q.url.includes('slack.com')) return { status: 200, headers: { 'content-type': 'application/json' }, body: '{"ok":true,"channel":"C1","ts":"1700000000.000100"}' }
  return q.url.includes('/slack') ? { status: 200, headers: {}, body: 'ok' } : { status: 202, headers: {}, body: '{"ok":true}' }
}

/** Our name and the address of our page stand where theirs do. */
const asTheirs = (text: string): string => text.replaceAll('http://am.test/alerts', 'http://am.test/#/alerts?receiver=all').replaceAll('"Haechi"', '"Alertmanager"')
const ordered = (value: unknown): unknown => (Array.isArray(value) ? value.map(ordered) : typeof value === 'object' && value !== null ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)).map(([k, v]) => [k, ordered(v)])) : value)
const line = (method: string, url: string, headers: Readonly<Record<string, string>>, body: string): string => `${method} ${url} ${headers['content-type']} ${headers['authorization'] ?? ''}\n${JSON.stringify(ordered(JSON.parse(body)), undefined, 1)}`

/** A mail as what readers see of it: headers in order of their names, each part with its type. */
function mailOf(from: string, to: readonly string[], data: string): unknown {
  const [head, ...rest] = data.split('\r\n\r\n')
  const headers = Object.fromEntries(head!.replace(/\r\n[ \t]+/g, ' ').split('\r\n').map(l => [l.slice(0, l.indexOf(':')).toLowerCase(), decoded(l.slice(l.indexOf(':') + 2)).trim()]).filter(([, value]) => value !== ''))
  const boundary = /boundary="?([^";]+)"?/.exec(headers['content-type']!)?.[1]
  const bodies = boundary === undefined ? [data] : rest.join('\r\n\r\n').split(`--${boundary}`).slice(boundary === undefined ? 0 : 1, -1)
  const { date, 'message-id': id, 'content-type': type, 'content-transfer-encoding': _encoding, ...others } = headers
  expect(id).toMatch(/^<.+@.+>$/)
  expect(Date.parse(date!)).not.toBeNaN()
  return {
    from, to, headers: { ...others, from: others['from']!.toLowerCase() }, ...(bodies.length > 1 ? { type: type!.split(';')[0] } : {}),
    parts: bodies.map(b => {
      const at = b.indexOf('\r\n\r\n')
      const partHead = boundary === undefined ? head! : b.slice(0, at)
      const text = b.slice(at + 4)
      const bytes = /base64/i.test(partHead) ? Buffer.from(text, 'base64') : /quoted-printable/i.test(partHead) ? unquoted(text) : Buffer.from(text)
      return [/content-type: ([^;\r]+)/i.exec(partHead)![1], /charset="?utf-8/i.test(partHead) ? 'utf-8' : '', bytes.toString('utf8').replace(/\r\n/g, '\n').replace(/\n+$/, '')]
    }),
  }
}
const unquoted = (text: string): Buffer => Buffer.from(text.replace(/=\r\n/g, '').replace(/=([0-9A-F]{2})/g, (_m, hex: string) => String.fromCharCode(parseInt(hex, 16))), 'latin1')
const decoded = (text: string): string => text.replace(/\?=\s+=\?/g, '?==?').replace(/=\?utf-8\?([QB])\?(.*?)\?=/gi, (_all, kind: string, t: string) => (kind.toUpperCase() === 'B' ? Buffer.from(t, 'base64') : unquoted(t.replaceAll('_', ' '))).toString('utf8'))

/** PagerDuty refuses an event whose summary is blank; it gets the title. */
const BLANK = /^POST \/pd-full/

/** What is ours on purpose: a text that is too long for Telegram goes without markup, shortened with a count, instead of not at all or with half a tag. */
const OURS: Readonly<Record<string, RegExp>> = { 'long texts': /\/bot1:/, 'no annotations': BLANK, 'no annotations, ended': BLANK }

// Discord is asked to name the message, so that its end can be written into it, and to notify nobody whom a label names: both are taken out below.
// A responder whose name is empty is nobody; it is left out here.
const NOBODY = /  \{\n   "type": "team"\n  \},\n/

describe('[A24] webhook, Slack, Telegram, e-mail, Teams, PagerDuty, Opsgenie, Discord: the same requests as the real Alertmanager\'s', () => {
  test.each(STEPS.map(s => [s.name, s] as const))('[A24] %s', async (name, step) => {
    const mail = new SmtpServer()
    try {
      const ours: string[] = []
      const only = new RegExp(step.only ?? '')
      for (const point of await points(await mail.listen())) {
        const seen: HttpRequest[] = []
        const post = (q: HttpRequest): Promise<HttpResponse> => {
          seen.push(q)
          return Promise.resolve(answerOf(q))
        }
        // Slack's own message of the group is known after its first step.
        const messages = point.slack?.update === true && !/first/.test(step.reason) ? { messages: ['C1 1700000000.000100'] } : {}
        const result = await createNotifier(point, { post, mail: createMailPost(), clock: new VirtualClock(NOW), userAgent: 'Haechi/1', templates: [] }).send({ ...notification(step), ...messages }, new AbortController().signal)
        expect(result, `${point.name} ${JSON.stringify(result)}`).toMatchObject({ ok: true })
        for (const q of seen) ours.push(line(q.method ?? 'POST', q.url.replace('http://receiver.test', '').replace(/^https:\/\/[^/]+/, ''), q.headers, asTheirs(q.body).replace('"allowed_mentions":{"parse":[]},', '')).replace('?wait=true', ''))
      }
      const kept = (text: string): boolean => only.test(text.split(' ')[1]!) && OURS[name]?.test(text) !== true
      const theirs = recorded[name]!.filter(s => s.kind !== 'mail').map(s => line(s.method!, s.url!, s.headers!, s.body).replace(NOBODY, ''))
      expect(ours.filter(kept).sort()).toEqual(theirs.filter(kept).sort())
      if (step.only === undefined) {
        const their = recorded[name]!.filter(s => s.kind === 'mail').map(s => mailOf(s.from!, s.to!, Buffer.from(s.body, 'latin1').toString('utf8')))
        const byReader = (list: unknown[]): unknown[] => list.sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1))
        expect(byReader(mail.mails.map(m => mailOf(m.from, m.to, m.data)))).toEqual(byReader(their))
      }
    } finally {
      await mail.close()
    }
  })
})

describe('[A25] a text beyond all bounds is made of fewer alerts', () => {
  test.each(['all/slack[0]', 'all/pagerduty[0]'])('[A25] %s: 10,000 alerts in one message', async name => {
    const point = (await points(1)).find(p => p.name === name)!
    const alerts = Array.from({ length: 10_000 }, (_x, i) => told({ labels: { alertname: 'Many', instance: `10.0.0.${i}:9100`, job: 'node', severity: 'critical', zone: 'a' }, annotations: { summary: `disk ${i} is full and nobody looked at it for a long time`, note: 'x'.repeat(100) }, resolved: i < 5000 }))
    const seen: HttpRequest[] = []
    const all = { ...notification(STEPS[0]!), alerts, groupLabels: labelsFromObject({ alertname: 'Many' }) }
    const own = { ...point, ...(name === 'all/slack[0]' ? { texts: { ...point.texts, text: '{{ range .Alerts }}{{ .Annotations.summary }} {{ .Annotations.note }}\n{{ end }}' } } : {}) }
    const result = await createNotifier(own, { post: q => {
      seen.push(q)
      return Promise.resolve(answerOf(q))
    }, clock: new VirtualClock(NOW), userAgent: 'Haechi/1', templates: [] }).send(all, new AbortController().signal)
    expect(result).toMatchObject({ ok: true, warning: expect.stringContaining('alerts were left out') })
    expect(seen).toHaveLength(1)
    // What fires stands first, and the group is still one that fires.
    if (name === 'all/pagerduty[0]') expect(JSON.parse(seen[0]!.body)).toMatchObject({ event_action: 'trigger' })
    if (name === 'all/slack[0]') expect(seen[0]!.body).toContain('disk 5000 is full')
  }, 60_000)
  test('[A25] one alert with an annotation of a megabyte', async () => {
    const point = (await points(1)).find(p => p.name === 'all/opsgenie[0]')!
    const seen: HttpRequest[] = []
    const huge = { ...notification(STEPS[0]!), alerts: [told({ labels: { alertname: 'One' }, annotations: { summary: 'x'.repeat(1_200_000) } })] }
    const result = await createNotifier(point, { post: q => {
      seen.push(q)
      return Promise.resolve(answerOf(q))
    }, clock: new VirtualClock(NOW), userAgent: 'Haechi/1', templates: [] }).send(huge, new AbortController().signal)
    expect(result).toMatchObject({ ok: true })
    expect(seen[0]!.body.length).toBeLessThan(20_000)
  })
})
