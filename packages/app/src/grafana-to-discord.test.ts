import { createAlertCharts, createAlertPipeline, createMemoryStore } from '@haechi/alerting'
import type { AlertPipeline, HttpRequest, HttpResponse } from '@haechi/alerting'
import { labelsFromObject, parseFields } from '@haechi/model'
import { LocalQueryEngine } from '@haechi/promql'
import { GrafanaRuleManager, ruleFields } from '@haechi/rules'
import type { GrafanaRule, StoredRuleState } from '@haechi/rules'
import { VirtualClock } from '@haechi/testkit'
import { MemoryStorage } from '@haechi/storage'
import { describe, expect, test } from 'vitest'
import { alertQuery } from './alert-charts.ts'

const T0 = 1_800_000_000_000
const M = 60_000
const silent = { debug() {}, info() {}, warn() {}, error() {} }

const QUERY = { refId: 'A', relativeTimeRange: { from: 120, to: 0 }, datasourceUid: 'prom', model: { expr: 'errors' } }
const expression = (refId: string, model: object): object => ({ refId, datasourceUid: '__expr__', model })
/** One graph per kind of condition: what decides, and what the message says of it. */
const GRAPHS = {
  threshold: [QUERY, expression('B', { type: 'reduce', expression: 'A', reducer: 'last' }), expression('C', { type: 'threshold', expression: 'B', conditions: [{ evaluator: { type: 'gt', params: [0.01] } }] })],
  math: [QUERY, expression('B', { type: 'reduce', expression: 'A', reducer: 'last' }), expression('C', { type: 'math', expression: '$B > 0.01' })],
  classic: [QUERY, expression('C', { type: 'classic_conditions', conditions: [{ type: 'query', evaluator: { type: 'gt', params: [0.01] }, operator: { type: 'and' }, query: { params: ['A'] }, reducer: { type: 'last', params: [] } }] })],
  resample: [QUERY, expression('R', { type: 'resample', expression: 'A', window: '30s', downsampler: 'max', upsampler: 'pad' }), expression('B', { type: 'reduce', expression: 'R', reducer: 'last', settings: { mode: 'dropNN' } }), expression('C', { type: 'threshold', expression: 'B', conditions: [{ evaluator: { type: 'gt', params: [0.01] } }] })],
} as const

function rule(data: readonly object[]): GrafanaRule {
  const json = {
    uid: 'r1', title: 'High 5xx', condition: 'C', for: '1m', labels: { severity: 'critical' }, data,
    annotations: { summary: 'orders fail', runbook_url: 'https://wiki.test/5xx', __dashboardUid__: 'api', __panelId__: '4' },
  }
  return ruleFields(parseFields(JSON.stringify(json), 'rule'), 'api', t => t, { group: 'g', folderUid: 'f1' })
}

interface Message { readonly embeds: readonly { readonly title: string; readonly url?: string; readonly fields: readonly { readonly name: string; readonly value: string }[]; readonly image?: { readonly url: string } }[]; readonly attachments?: readonly { readonly description: string }[] }

/** A rule managed as Grafana's, its pipeline and a Discord channel. */
class Company {
  readonly clock: VirtualClock = new VirtualClock(T0)
  readonly storage: MemoryStorage = new MemoryStorage()
  readonly requests: HttpRequest[] = []
  readonly svgs: string[] = []
  readonly manager: GrafanaRuleManager
  readonly pipeline: AlertPipeline
  #lastId = 0

  constructor() {
    const engine = new LocalQueryEngine(this.storage)
    const kept = new Map<string, StoredRuleState>()
    const charts = createAlertCharts({
      query: engine, clock: this.clock, log: silent,
      render: async svg => {
        this.svgs.push(svg)
        return new Uint8Array([1])
      },
      queryOf: a => alertQuery(a, { prometheus: { groups: () => [] }, grafana: this.manager, scrapeIntervalMs: 15_000 }, engine),
    })
    const post = async (r: HttpRequest): Promise<HttpResponse> => {
      this.requests.push(r)
      return { status: 200, headers: {}, body: `{"id":"${++this.#lastId}"}` }
    }
    this.pipeline = createAlertPipeline({ store: createMemoryStore(), clock: this.clock, log: silent, post, chart: charts, externalUrl: 'http://h:9090' })
    this.pipeline.configure({ contactPoints: [{ uid: 'd', name: 'd', type: 'discord', url: 'https://discord.test/x', origin: 'env', language: 'en' }], route: { groupWaitMs: 0, groupIntervalMs: M } })
    this.manager = new GrafanaRuleManager({
      query: engine, clock: this.clock, log: silent, externalUrl: 'http://h:9090', scrapeIntervalMs: 15_000, evaluationTimeoutMs: 30_000, maxAttempts: 1, appendable: this.storage,
      notify: alerts => this.pipeline.put(alerts),
      store: { load: async () => [...kept.values()], save: async states => { for (const s of states) kept.set(s.ruleUid, s) } },
    })
  }

  async run(ms: number, values: Readonly<Record<string, number>>): Promise<void> {
    for (let t = 0; t < ms; t += 10_000) {
      for (const [job, value] of Object.entries(values)) this.storage.add(labelsFromObject({ __name__: 'errors', job }), this.clock.nowMs(), value)
      await this.clock.advance(10_000)
    }
  }

  messages(): Message[] {
    return this.requests.map(r => JSON.parse(r.body) as Message)
  }
}

const field = (m: Message, name: string): string | undefined => m.embeds[0]!.fields.find(f => f.name === name)?.value

describe('[A19] what a rule managed as Grafana\'s tells Discord', () => {
  test.each(Object.keys(GRAPHS) as (keyof typeof GRAPHS)[])('value, limit, since when, links and picture; the end is written into the message (%s)', async kind => {
    const c = new Company()
    await c.pipeline.start()
    c.manager.load([{ name: 'g', folderUid: 'f1', folderTitle: 'Observability', intervalMs: 30_000, rules: [rule(GRAPHS[kind])] }])
    c.manager.start()
    await c.run(5 * M, { orders: 0.002, users: 0.001 })
    expect(c.requests).toHaveLength(0)
    await c.run(4 * M, { orders: 0.04, users: 0.001 })
    expect(c.requests.map(r => r.method)).toEqual(['POST'])
    const begun = c.messages()[0]!
    expect([begun.embeds[0]!.title, field(begun, 'Value'), field(begun, 'Limit'), field(begun, 'Severity')]).toEqual(['🔴 orders fail', '0.04', '> 0.01', 'critical'])
    // Discord shows each reader's own time.
    expect(field(begun, 'Since')).toMatch(/^<t:18000003[0-9]{2}:f> · <t:18000003[0-9]{2}:R>$/)
    const links = field(begun, 'Links')!
    expect(links).toContain('[Panel](http://h:9090/d/api?')
    expect(links).toContain('viewPanel=4')
    expect(links).toContain('[Silence](http://h:9090/alerting/silence/new?')
    expect(links).toContain('[Runbook](https://wiki.test/5xx)')
    expect(begun.embeds[0]!.image).toEqual({ url: 'attachment://chart.png' })
    expect(begun.attachments![0]!.description).toBe('Graph: Value 0.04, Limit > 0.01')
    expect(c.requests[0]!.bytes).toBeDefined()
    // Its own line and that of the other service, the limit, and the time since it fires.
    expect(c.svgs[0]!.match(/<path /g)).toHaveLength(2)
    expect(c.svgs[0]).toContain('&gt; 0.01')
    await c.run(4 * M, { orders: 0.002, users: 0.001 })
    expect(c.requests.map(r => [r.method, new URL(r.url).pathname])).toEqual([['POST', '/x'], ['PATCH', '/x/messages/1']])
    const over = c.messages()[1]!
    expect(over.embeds[0]!.title).toMatch(/^🟢 Resolved: .*High 5xx$/)
    expect(over.embeds[0]!.image).toEqual({ url: 'attachment://chart.png' })
    await c.manager.stop()
    await c.pipeline.stop()
  })
})
