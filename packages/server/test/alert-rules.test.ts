import { LocalQueryEngine } from '@haechi/promql'
import { GrafanaRuleManager, readRuleProvisioning } from '@haechi/rules'
import type { GrafanaGroup, GrafanaRule } from '@haechi/rules'
import { MemoryStorage } from '@haechi/storage'
import { VirtualClock } from '@haechi/testkit'
import { labelsFromObject, parseFields } from '@haechi/model'
import { afterAll, describe, expect, test } from 'vitest'
import { createServer } from '../src/index.ts'
import type { GrafanaRulesApi } from '../src/index.ts'
import { fakeDeps } from './fake-deps.ts'

const silent = { debug() {}, info() {}, warn() {}, error() {} }
const storage = new MemoryStorage()
const clock = new VirtualClock(1_800_000_000_000)
const manager = new GrafanaRuleManager({
  query: new LocalQueryEngine(storage), appendable: storage, clock, log: silent, externalUrl: 'http://h', scrapeIntervalMs: 15_000, evaluationTimeoutMs: 30_000, maxAttempts: 1, notify: () => {},
  store: { load: () => Promise.resolve([]), save: () => Promise.resolve() },
})
const rules = new Map<string, { rule: GrafanaRule; provenance: '' | 'api' | 'file' }>()
const api: GrafanaRulesApi = {
  rules: () => [...rules.values()].map((r, i) => ({ ...r, id: i + 1, updatedMs: 0 })),
  groups: () => [...new Set([...rules.values()].map(r => r.rule.group))].map((name): GrafanaGroup => ({ name, folderUid: 'f', folderTitle: 'Folder', intervalMs: 10_000, rules: [...rules.values()].map(r => r.rule).filter(r => r.group === name) })),
  running: () => manager.rules(),
  putRule: async (rule, _isNew, provenance) => { rules.set(rule.uid, { rule, provenance }) },
  deleteRule: async uid => { rules.delete(uid) },
  putGroup: async (g, provenance) => { for (const rule of g.rules) rules.set(rule.uid, { rule, provenance }) },
  deleteGroup: async () => { rules.clear() },
}
const server = createServer(fakeDeps({ grafanaRules: api }), { version: '0.1.0', listen: ['127.0.0.1:0'] })
afterAll(() => server.close())

const RULE = {
  uid: 'r1', title: 'R', folderUID: 'f', ruleGroup: 'g', condition: 'C', for: '1m', annotations: { summary: '{{ $values.A }}' },
  data: [
    { refId: 'A', relativeTimeRange: { from: 60, to: 0 }, datasourceUid: 'p', model: { expr: 'load', instant: true } },
    { refId: 'C', datasourceUid: '__expr__', model: { type: 'threshold', expression: 'A', conditions: [{ evaluator: { type: 'gt', params: [1] } }] } },
  ],
}
async function ask(method: 'GET' | 'POST' | 'PUT' | 'DELETE', path: string, body?: unknown, headers: Record<string, string> = {}): Promise<{ status: number; json: Record<string, unknown>; text: string }> {
  const answer = await server.inject({ method, url: `/api${path}`, headers: { host: '127.0.0.1', ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...headers }, ...(body === undefined ? {} : { payload: typeof body === 'string' ? body : JSON.stringify(body) }) })
  let json: Record<string, unknown> = {}
  try {
    json = JSON.parse(answer.body) as Record<string, unknown>
  } catch { /* a text */ }
  return { status: answer.statusCode, json, text: answer.body }
}

describe('[GR1] Grafana\'s provisioning API for rules', () => {
  test('POST 201, GET, PUT 200, DELETE 204', async () => {
    const made = await ask('POST', '/v1/provisioning/alert-rules', RULE)
    expect([made.status, made.json['provenance'], made.json['for'], made.json['execErrState']]).toEqual([201, 'api', '1m', 'Error'])
    expect((await ask('GET', '/v1/provisioning/alert-rules/r1')).json).toEqual(made.json)
    expect((await ask('GET', '/v1/provisioning/alert-rules')).json).toEqual([made.json])
    const put = await ask('PUT', '/v1/provisioning/alert-rules/r1', { ...made.json, title: 'S' }, { 'x-disable-provenance': 'true' })
    expect([put.status, put.json['title'], put.json['provenance']]).toEqual([200, 'S', undefined])
    expect((await ask('GET', '/v1/provisioning/folder/f/rule-groups/g')).json).toMatchObject({ title: 'g', folderUid: 'f', interval: 10, rules: [{ uid: 'r1' }] })
    expect((await ask('PUT', '/v1/provisioning/folder/f/rule-groups/h', { interval: 60, rules: [{ ...RULE, uid: 'r2', ruleGroup: 'h' }] })).status).toBe(200)
    expect((await ask('DELETE', '/v1/provisioning/alert-rules/r2')).status).toBe(204)
    expect((await ask('GET', '/v1/provisioning/alert-rules/none')).status).toBe(404)
    expect((await ask('GET', '/v1/provisioning/folder/f/rule-groups/none')).status).toBe(404)
  })
  test('the export is a provisioning file', async () => {
    const { status, text } = await ask('GET', '/v1/provisioning/alert-rules/export')
    expect(status).toBe(200)
    const top = parseFields(text, 'export.yaml')
    expect(top.integer('apiVersion')).toBe(1)
    expect(readRuleProvisioning(top, t => t).groups).toMatchObject([{ name: 'g', folder: 'Folder', rules: [{ uid: 'r1', annotations: { summary: '{{ $values.A }}' } }] }])
    expect((await ask('GET', '/v1/provisioning/alert-rules/r1/export?format=json')).json).toMatchObject({ apiVersion: 1, groups: [{ rules: [{ uid: 'r1' }] }] })
    expect((await ask('GET', '/v1/provisioning/folder/f/rule-groups/g/export?format=hcl')).status).toBe(400)
  })
  test.each([
    ['{', /must be a JSON object/], [[], /must be a JSON object/], [{ ...RULE, condition: 'Z' }, /^condition: condition "Z" does not exist, must be one of A, C$/],
    [{ ...RULE, condition: 'A', data: [{ ...RULE.data[0], model: {} }] }, /^data\[0\]\.model: query A: model\.expr: is missing/], [{ ...RULE, isPausd: true }, /^isPausd: field isPausd not found \(did you mean isPaused\?\)$/],
    [{ ...RULE, ruleGroup: '' }, /ruleGroup: name the group/], [{ ...RULE, noDataState: 'Maybe' }, /noDataState: unknown value "Maybe" \(one of NoData, Alerting, OK, KeepLast\)/],
  ])('%j is refused by 400 with the member', async (body, says) => {
    const { status, json } = await ask('POST', '/v1/provisioning/alert-rules', body)
    expect([status, json['message']]).toEqual([400, expect.stringMatching(says)])
  })
  test('[GR2] running rules: states of rules and instances', async () => {
    for (let t = 0; t < 120_000; t += 10_000) storage.add(labelsFromObject({ __name__: 'load', i: '1' }), clock.nowMs() + t, 3)
    manager.load(api.groups())
    manager.start()
    await clock.advance(40_000)
    const pending = (await ask('GET', '/prometheus/grafana/api/v1/rules')).json
    expect(pending).toMatchObject({ status: 'success', data: { groups: [{ name: 'g', file: 'Folder', folderUid: 'f', interval: 10, rules: [{ uid: 'r1', state: 'pending', health: 'ok', totals: { pending: 1 }, alerts: [{ state: 'Pending' }] }] }], totals: { pending: 1 } } })
    await clock.advance(60_000)
    expect((await ask('GET', '/prometheus/grafana/api/v1/alerts')).json).toMatchObject({ data: { alerts: [{ labels: { alertname: 'S', grafana_folder: 'Folder', i: '1' }, state: 'Alerting', value: '3e+00', annotations: { summary: '3' } }] } })
    const own = (await ask('GET', '/haechi/v1/grafana-rules')).json
    expect(own).toMatchObject([{ uid: 'r1', title: 'S', folderTitle: 'Folder', group: 'g', provenance: '', state: 'firing', instances: [{ state: 'Alerting', values: { A: 3, C: 1 } }], rule: { uid: 'r1', for: '1m' } }])
    await manager.stop()
  })
})
