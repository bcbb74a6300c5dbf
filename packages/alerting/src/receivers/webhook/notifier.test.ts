import { readFileSync } from 'node:fs'
import { labelsFromObject } from '@haechi/model'
import { describe, expect, test } from 'vitest'
import { Recorder } from '../../../test/discord-recorder.ts'
import { VirtualClock } from '@haechi/testkit'
import { createAlertmanagerSender } from '../../index.ts'
import type { Notification } from '../../notification.ts'
import { parseWebhookBody } from '../../relay/webhook-body.ts'
import { createNotifier } from '../create-notifier.ts'
import { alertmanagerBody, grafanaBody } from './body.ts'

const N: Notification = {
  receiver: 'relay', status: 'resolved', groupLabels: labelsFromObject({ alertname: 'TargetDown' }), externalUrl: 'http://am.test:9093', groupKey: '{}:{alertname="TargetDown"}', truncatedAlerts: 0,
  reason: 'all alerts resolved', alerts: [{
    status: 'resolved', labels: labelsFromObject({ alertname: 'TargetDown', instance: '10.0.0.5:8000', job: 'orders', severity: 'critical' }), annotations: labelsFromObject({ summary: 'orders is down' }),
    startsAtMs: Date.UTC(2026, 2, 1, 5, 2, 30, 500), endsAtMs: Date.UTC(2026, 2, 1, 5, 8, 30, 500), generatorUrl: 'http://p.test:9090/graph', fingerprint: '6f51615bd6ecc335',
  }],
}

describe('[A12] webhook bodies are those of the real senders', () => {
  test('Alertmanager, version 4: members and their order', () => {
    const want = JSON.parse(readFileSync(new URL('../../../test/fixtures/alertmanager-resolved.json', import.meta.url), 'utf8')) as Record<string, unknown>
    const alert = N.alerts[0]!
    want['commonLabels'] = Object.fromEntries(Array.from({ length: alert.labels.length / 2 }, (_, i) => [alert.labels[2 * i]!, alert.labels[2 * i + 1]!]))
    want['commonAnnotations'] = { summary: 'orders is down' }
    expect(JSON.stringify(alertmanagerBody(N))).toBe(JSON.stringify(want))
  })
  test('a firing alert has Go\'s zero time as its end', () => {
    const body = alertmanagerBody({ ...N, alerts: [{ ...N.alerts[0]!, status: 'firing', endsAtMs: undefined }] }) as { alerts: { endsAt: string }[] }
    expect(body.alerts[0]!.endsAt).toBe('0001-01-01T00:00:00Z')
  })
  test('Grafana, version 1: title, state, values', () => {
    const body = grafanaBody({ ...N, status: 'firing', alerts: [{ ...N.alerts[0]!, status: 'firing', endsAtMs: undefined, value: 0.5 }, N.alerts[0]!] })
    expect(Object.keys(body)).toEqual(['receiver', 'status', 'alerts', 'groupLabels', 'commonLabels', 'commonAnnotations', 'externalURL', 'version', 'groupKey', 'truncatedAlerts', 'orgId', 'title', 'state', 'message'])
    expect(body).toMatchObject({ version: '1', state: 'alerting', title: '[FIRING:1, RESOLVED:1] TargetDown (10.0.0.5:8000 orders critical)' })
    expect(body['message']).toMatch(/^\*\*Firing\*\*\n\nValue: A=0\.5\nLabels:\n - alertname = TargetDown\n/)
    expect(parseWebhookBody(JSON.stringify(body)).alerts).toHaveLength(2)
  })
  test('max_alerts cuts and counts', async () => {
    const recorder = new Recorder()
    const notifier = createNotifier({ uid: 'w', name: 'w', type: 'webhook', url: 'http://h/', origin: 'ui', maxAlerts: 2 }, { post: recorder.post, clock: new VirtualClock(0), userAgent: 'Haechi', templates: [] })
    await notifier.send({ ...N, alerts: Array.from({ length: 5 }, () => N.alerts[0]!) }, new AbortController().signal)
    expect(recorder.bodies()[0]).toMatchObject({ truncatedAlerts: 3, alerts: [{}, {}] })
  })
})

describe('[A30] sending to Alertmanagers', () => {
  const alert = (i: number): { labels: string[]; annotations: string[]; startsAtMs: number; endsAtMs: number; generatorUrl: string } => ({ labels: ['alertname', 'A', 'i', String(i)], annotations: [], startsAtMs: 1000, endsAtMs: 2000, generatorUrl: 'g' })
  const bench = (more: object = {}): { recorder: Recorder; sender: ReturnType<typeof createAlertmanagerSender> } => {
    const recorder = new Recorder()
    return { recorder, sender: createAlertmanagerSender({
      post: recorder.post, log: { debug() {}, info() {}, warn() {}, error() {} }, externalLabels: () => labelsFromObject({ cluster: 'c', i: 'never' }),
      targets: () => [{ url: 'http://u:p@a:9093/am/' }, { url: 'http://b:9093', relabel: l => (l.includes('3') ? undefined : l) }], ...more,
    }) }
  }
  test('external labels fill gaps, each Alertmanager gets its own list, batches of 256', async () => {
    const { recorder, sender } = bench()
    sender.send(Array.from({ length: 300 }, (_, i) => alert(i)))
    await sender.drain()
    expect(recorder.requests.map(r => r.url)).toEqual(['http://u:p@a:9093/am/api/v2/alerts', 'http://b:9093/api/v2/alerts', 'http://u:p@a:9093/am/api/v2/alerts', 'http://b:9093/api/v2/alerts'])
    expect(recorder.bodies().map(b => (b as unknown as unknown[]).length)).toEqual([256, 255, 44, 44])
    expect((recorder.bodies()[0] as unknown as unknown[])[0]).toEqual({ annotations: {}, endsAt: '1970-01-01T00:00:02Z', startsAt: '1970-01-01T00:00:01Z', generatorURL: 'g', labels: { alertname: 'A', cluster: 'c', i: '0' } })
    expect(sender.counters().targets).toEqual([{ url: 'http://a:9093/…', sent: 300, errors: 0 }, { url: 'http://b:9093/…', sent: 299, errors: 0 }])
  })
  test('a failed batch is dropped and counted, not repeated', async () => {
    const { recorder, sender } = bench()
    recorder.answers = [{ status: 500 }]
    sender.send([alert(1)])
    await sender.drain()
    expect(recorder.requests).toHaveLength(2)
    expect(sender.counters().targets.map(t => [t.sent, t.errors])).toEqual([[0, 1], [1, 0]])
  })
  test('a full queue drops the oldest', async () => {
    const { recorder, sender } = bench({ queueCapacity: 2 })
    sender.send([alert(1), alert(2), alert(4)])
    await sender.drain()
    expect(sender.counters().dropped).toBe(1)
    expect(JSON.stringify(recorder.bodies()[0])).toContain('"i":"4"')
  })
  test('the size of batches is given; what waits can be dropped at a stop, and is counted', async () => {
    const { recorder, sender } = bench({ batchSize: 2, targets: () => [{ url: 'http://a:9093' }] })
    sender.send([alert(1), alert(2), alert(3)])
    await sender.drain()
    expect(recorder.bodies().map(b => (b as unknown as unknown[]).length)).toEqual([2, 1])
    sender.send([alert(1), alert(2), alert(3)])
    await sender.discard()
    expect(sender.counters()).toMatchObject({ queueLength: 0, dropped: 3 })
    expect(recorder.requests).toHaveLength(2)
  })
})
