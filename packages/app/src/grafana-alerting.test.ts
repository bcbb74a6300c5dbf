import { createAlertPipeline, createMemoryStore } from '@haechi/alerting'
import type { AlertPipeline } from '@haechi/alerting'
import { loadAlertmanagerConfig, loadProvisioning } from '@haechi/config'
import { labelsFromObject } from '@haechi/model'
import { createServer, openState } from '@haechi/server'
import type { HaechiServer } from '@haechi/server'
import { VirtualClock } from '@haechi/testkit'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, test } from 'vitest'
import { fakeDeps } from '../../server/test/fake-deps.ts'
import { ContactPoints } from './contact-points.ts'
import { GrafanaAlertingStore } from './grafana-alerting.ts'
import { policyTree } from './policy-view.ts'

const log = { debug() {}, info() {}, warn() {}, error() {} }
const dirs: string[] = []
afterEach(async () => { for (const dir of dirs.splice(0)) await rm(dir, { recursive: true }) })

const FILE = `apiVersion: 1
contactPoints:
  - orgId: 1
    name: ops
    receivers:
      - { uid: ops-1, type: webhook, settings: { url: 'http://hook.test/$HOOK', maxAlerts: 5 }, disableResolveMessage: true }
      - { uid: ops-2, type: kafka, settings: { kafkaRestProxy: x, kafkaTopic: y } }
  - { name: other, receivers: [{ uid: other-1, type: webhook, settings: { url: 'http://other.test/' } }] }
policies:
  - receiver: other
    group_wait: 0s
    routes:
      - { receiver: ops, object_matchers: [[team, '=~', 'o.*']], mute_time_intervals: [night], group_by: ['...'] }
      - { receiver: ops, matchers: ['severity = critical', 'x != "1"'] }
muteTimes:
  - { name: night, time_intervals: [{ times: [{ start_time: '22:00', end_time: '24:00' }], location: Asia/Seoul }] }
templates:
  - { name: words, template: '{{ define "words" }}{{ len .Alerts }} $alerts{{ end }}' }
`
interface Bench { server: HaechiServer; store: GrafanaAlertingStore; points: ContactPoints; pipeline: AlertPipeline; requests: { url: string; body: string }[]; clock: VirtualClock; dir: string }
async function bench(files: Readonly<Record<string, string>> = { 'alerting/a.yaml': FILE }, alertmanager?: string): Promise<Bench> {
  const dir = await mkdtemp(join(tmpdir(), 'haechi-prov-'))
  dirs.push(dir)
  for (const [name, text] of Object.entries(files)) {
    await mkdir(join(dir, name, '..'), { recursive: true })
    await writeFile(join(dir, name), text)
  }
  const clock = new VirtualClock(Date.UTC(2026, 2, 2, 3))
  const requests: Bench['requests'] = []
  const pipeline = createAlertPipeline({ store: createMemoryStore(), clock, log, externalUrl: 'http://h:9090', post: async r => {
    requests.push({ url: r.url, body: r.body })
    return { status: 200, headers: {}, body: 'ok' }
  } })
  const state = await openState(':memory:', { log })
  const points = new ContactPoints(state, 'en')
  await points.load(undefined)
  if (alertmanager !== undefined) {
    await writeFile(join(dir, 'alertmanager.yml'), alertmanager)
    points.setFile(await loadAlertmanagerConfig(join(dir, 'alertmanager.yml')))
  }
  const apply = (): void => pipeline.configure(points.alerting())
  const store = new GrafanaAlertingStore(state, points, apply)
  await store.load((await loadProvisioning(dir, name => (name === 'HOOK' ? 'SECRETHOOK' : undefined), points.context('file'))).alerting)
  apply()
  await pipeline.start()
  return { server: createServer({ ...fakeDeps(), grafanaAlerting: store }, { version: '0.1.0' }), store, points, pipeline, requests, clock, dir }
}
async function ask(b: Bench, method: 'GET' | 'POST' | 'PUT' | 'DELETE', path: string, body?: object): Promise<{ status: number; json: unknown; text: string }> {
  const a = await b.server.inject({ method, url: `/api/v1/provisioning/${path}`, headers: { host: 'localhost', ...(body === undefined ? {} : { 'content-type': 'application/json' }) }, ...(body === undefined ? {} : { body: JSON.stringify(body) }) })
  const text = String(a.body)
  return { status: a.statusCode, text, json: text.startsWith('{') || text.startsWith('[') ? JSON.parse(text) : undefined }
}
const raise = (b: Bench, labels: Record<string, string>): Promise<void> => b.pipeline.put([{ labels: labelsFromObject({ alertname: 'A', ...labels }), annotations: [], startsAtMs: b.clock.nowMs(), endsAtMs: b.clock.nowMs() + 600_000 }])

describe('[G1] provisioning/alerting files', () => {
  test('[G1] contact points, policies and mute timings route alerts; variables of the environment', async () => {
    const b = await bench()
    await raise(b, { team: 'ops' })
    await raise(b, { team: 'web' })
    await b.clock.advance(1000)
    expect(b.requests.map(r => r.url).sort()).toEqual(['http://hook.test/SECRETHOOK', 'http://other.test/'])
    expect(JSON.parse(b.requests.find(r => r.url.includes('other'))!.body)).toMatchObject({ version: '1', receiver: 'other', groupLabels: { alertname: 'A' } })
    expect(b.pipeline.receivers().find(r => r.name === 'ops')!.contactPoints).toEqual(['ops-1'])
    // 22:30 in Seoul.
    b.requests.length = 0
    await b.clock.advance(10.5 * 3_600_000)
    await raise(b, { team: 'ops', i: '2' })
    await b.clock.advance(60_000)
    expect(b.requests.filter(r => r.url.includes('SECRETHOOK'))).toEqual([])
  })
  test('[G1] beside alertmanager.yml what Grafana\'s rules raise goes by its policies, the rest by the file', async () => {
    const b = await bench(undefined, 'route: { receiver: other, group_wait: 0s }\nreceivers: [{ name: other, webhook_configs: [{ url: "http://file.test/" }] }]\n')
    await raise(b, { __alert_rule_uid__: 'u1', team: 'ops' })
    await raise(b, { __alert_rule_uid__: 'u1', team: 'web' })
    await raise(b, { team: 'ops' })
    await b.clock.advance(1000)
    expect(b.requests.map(r => r.url).sort()).toEqual(['http://file.test/', 'http://hook.test/SECRETHOOK', 'http://other.test/'])
    expect(b.requests.map(r => r.body).join()).not.toContain('"__alert_rule_uid__":')
  })
  test.each([
    ['contactPoints: [{ name: a, receivers: [{ uid: u, type: webhook, settings: {} }] }]', /a\.yaml:1:\d+: contactPoints\[0\]\.receivers\[0\]\.settings: contact point "a" \(webhook\): settings\.url: is missing/],
    ['contactPoints: [{ name: a, recievers: [] }]', /field recievers not found \(did you mean receivers\?\)/],
    ['contactPoints: [{ name: a, receivers: [{ uid: u, type: telegraph, settings: {} }] }]', /unknown type/],
    ['policies: [{ routes: [] }]', /the root policy must name a contact point/],
    ['policies: [{ receiver: nobody }]', /undefined receiver "nobody"/],
    ['policies: [{ receiver: empty, routes: [{ object_matchers: [[a, "~", b]] }] }]', /unknown operator "~"/],
    ['muteTimes: [{ name: x, time_intervals: [{ weekdays: [fri] }] }]', /fri is not a valid weekday/],
    ['templates: [{ name: x, template: "{{ if }}" }]', /missing value for if/],
    ['apiVersion: 2', /only apiVersion 1/],
  ])('[G2] %s is refused with its place', async (text, says) => {
    await expect(bench({ 'alerting/a.yaml': text })).rejects.toThrow(says)
  })
})

describe('[G3] Grafana\'s provisioning API', () => {
  const EMPTY = {}
  test('[G3] contact points: made, shown without secrets, changed with the secret kept, deleted', async () => {
    const b = await bench(EMPTY)
    const made = await ask(b, 'POST', 'contact-points', { name: 'chat', type: 'telegram', settings: { bottoken: 'SECRETTOKEN1234', chatid: '5' } })
    expect(made).toMatchObject({ status: 202, json: { name: 'chat', type: 'telegram', settings: { bottoken: '[REDACTED]', chatid: '5' }, provenance: 'api' } })
    const { uid } = made.json as { uid: string }
    expect((await ask(b, 'PUT', `contact-points/${uid}`, { name: 'chat', type: 'telegram', settings: { bottoken: '[REDACTED]', chatid: '6' } })).status).toBe(202)
    expect(b.points.all()[0]).toMatchObject({ url: 'https://api.telegram.org/botSECRETTOKEN1234', telegram: { chatId: '6' } })
    const exported = await ask(b, 'GET', 'contact-points/export')
    expect(exported.text).toMatch(/^apiVersion: 1\ncontactPoints:\n {2}- orgId: 1\n {4}name: chat\n/)
    expect(exported.text).not.toContain('SECRET')
    expect((await ask(b, 'DELETE', `contact-points/${uid}`)).status).toBe(202)
    expect((await ask(b, 'DELETE', `contact-points/${uid}`)).status).toBe(404)
    expect((await ask(b, 'GET', 'contact-points')).json).toEqual([])
  })
  test('[G3] policies: set, exported, reset; one that names nobody is refused; a contact point in use stays', async () => {
    const b = await bench(EMPTY)
    expect((await ask(b, 'PUT', 'policies', { receiver: 'web' })).json).toEqual({ message: 'receiver: undefined receiver "web" used in route' })
    const { uid } = (await ask(b, 'POST', 'contact-points', { name: 'web', type: 'webhook', settings: { url: 'http://w.test/x' } })).json as { uid: string }
    expect((await ask(b, 'POST', 'mute-timings', { name: 'weekend', time_intervals: [{ weekdays: ['saturday', 'sunday'] }] })).status).toBe(201)
    expect(await ask(b, 'PUT', 'policies', { receiver: 'web', group_wait: '0s', routes: [{ receiver: 'web', object_matchers: [['a', '=', 'b']], mute_time_intervals: ['weekend'] }] })).toMatchObject({ status: 202, json: { message: 'policies updated' } })
    expect((await ask(b, 'GET', 'policies')).json).toMatchObject({ receiver: 'web', provenance: 'api' })
    await raise(b, { a: 'c' })
    await b.clock.advance(1000)
    expect(b.requests.map(r => r.url)).toEqual(['http://w.test/x'])
    expect((await ask(b, 'DELETE', `contact-points/${uid}`)).status).toBe(409)
    expect((await ask(b, 'DELETE', 'mute-timings/weekend')).status).toBe(409)
    expect((await ask(b, 'GET', 'policies/export?format=json')).json).toMatchObject({ apiVersion: 1, policies: [{ orgId: 1, receiver: 'web' }] })
    expect((await ask(b, 'GET', 'policies/export?format=hcl')).status).toBe(400)
    expect((await ask(b, 'DELETE', 'policies')).status).toBe(202)
    expect((await ask(b, 'DELETE', 'mute-timings/weekend')).status).toBe(204)
  })
  test('[G3] templates are called by contact points', async () => {
    const b = await bench(EMPTY)
    expect((await ask(b, 'PUT', 'templates/words', { template: '{{ define "words" }}{{ .Status }}!{{ end }}' })).status).toBe(202)
    expect((await ask(b, 'PUT', 'templates/bad', { template: '{{ if }}' })).status).toBe(400)
    await ask(b, 'POST', 'contact-points', { name: 'web', type: 'webhook', settings: { url: 'http://w.test/x', title: '{{ template "words" . }}' } })
    await raise(b, {})
    await b.clock.advance(20_000)
    expect(JSON.parse(b.requests[0]!.body)).toMatchObject({ title: 'firing!' })
    expect((await ask(b, 'DELETE', 'templates/words')).status).toBe(204)
    expect((await ask(b, 'GET', 'templates/words')).status).toBe(404)
  })
  test('[G3] what comes from a file can be read and exported, not changed; the export goes in again', async () => {
    const b = await bench()
    expect((await ask(b, 'GET', 'contact-points?name=ops')).json).toMatchObject([{ uid: 'ops-1', provenance: 'file', settings: { maxAlerts: 5 } }, { uid: 'ops-2', type: 'kafka' }])
    for (const [method, path, body] of [['PUT', 'contact-points/ops-1', { name: 'ops', type: 'webhook', settings: { url: 'http://x/' } }], ['DELETE', 'contact-points/ops-1', undefined], ['PUT', 'policies', { receiver: 'ops' }], ['PUT', 'mute-timings/night', { time_intervals: [] }], ['PUT', 'templates/words', { template: 'x' }]] as const) {
      expect([path, (await ask(b, method, path, body)).status]).toEqual([path, 409])
    }
    const part = async (path: string): Promise<string> => (await ask(b, 'GET', path)).text.replace('apiVersion: 1\n', '')
    const text = `${await part('contact-points/export')}${await part('policies/export')}${await part('mute-timings/export')}`
    const again = await bench({ 'alerting/again.yaml': text })
    expect((await ask(again, 'GET', 'policies')).json).toEqual((await ask(b, 'GET', 'policies')).json)
  })
})

describe('[P33] where things come from', () => {
  test('[P33] contact points, policies and mute timings of files name the file; timings are there before a policy uses them', async () => {
    const b = await bench()
    const file = join(b.dir, 'alerting/a.yaml')
    expect(b.points.views().map(v => [v.name, v.origin, v.file])).toEqual([['ops', 'file', file], ['other', 'file', file]])
    const tree = policyTree(b.points.alerting(), b.points.policyOrigin(), 0, b.points.placesOfPolicies())
    expect([tree.file, tree.timeIntervals.map(t => [t.name, t.file])]).toEqual([file, [['night', file]]])
    await expect(b.points.remove('ops-1')).rejects.toThrow(`this contact point comes from ${file}`)
    await b.server.close()
    const timingsOnly = await bench({ 'alerting/t.yaml': 'apiVersion: 1\nmuteTimes:\n  - { name: night, time_intervals: [{ weekdays: [sunday] }] }\n' })
    const bare = policyTree(timingsOnly.points.alerting(), timingsOnly.points.policyOrigin(), Date.UTC(2026, 0, 4), timingsOnly.points.placesOfPolicies())
    expect([bare.origin, bare.timeIntervals.map(t => [t.name, t.isNow])]).toEqual(['none', [['night', true]]])
    await timingsOnly.server.close()
  })
})
