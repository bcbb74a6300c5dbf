import { labelValue, labelsFromObject, labelsToObject, parseFields } from '@haechi/model'
import { LocalQueryEngine } from '@haechi/promql'
import { MemoryStorage } from '@haechi/storage'
import { VirtualClock, settled } from '@haechi/testkit'
import { describe, expect, test } from 'vitest'
import { GrafanaRuleManager } from './manager.ts'
import type { StoredRuleState } from './manager.ts'
import { ruleFields } from './read-rules.ts'
import type { GrafanaGroup, GrafanaRule } from './rule.ts'
import type { RuleAlert } from '../views.ts'

const T0 = 1_800_000_000_000
const silent = { debug() {}, info() {}, warn() {}, error() {} }

function rule(json: Record<string, unknown>): GrafanaRule {
  const base = {
    uid: 'r1', title: 'High 5xx', condition: 'C', for: '0s', labels: { severity: 'warning' },
    data: [
      { refId: 'A', relativeTimeRange: { from: 600, to: 0 }, datasourceUid: 'prom', model: { expr: 'ratio', instant: true } },
      { refId: 'B', datasourceUid: '__expr__', model: { type: 'reduce', expression: 'A', reducer: 'last' } },
      { refId: 'C', datasourceUid: '__expr__', model: { type: 'threshold', expression: 'B', conditions: [{ evaluator: { type: 'gt', params: [0.01] } }] } },
    ],
    annotations: { summary: '5xx error rate is high: {{ $values.A }} (> 0.01)', text: '{{ $labels.job }} {{ $labels.nope }} {{ $values.B.Value }} {{ $value }}' },
  }
  return ruleFields(parseFields(JSON.stringify({ ...base, ...json }), 'rule'), 'api', t => t, { group: 'g', folderUid: 'f1' })
}

interface Bench { readonly clock: VirtualClock; readonly storage: MemoryStorage; readonly sent: RuleAlert[]; readonly kept: Map<string, StoredRuleState>; readonly make: () => GrafanaRuleManager; fail: boolean }
function bench(): Bench {
  const b: Bench = { clock: new VirtualClock(T0), storage: new MemoryStorage(), sent: [], kept: new Map(), fail: false, make }
  const engine = new LocalQueryEngine(b.storage)
  function make(): GrafanaRuleManager {
    return new GrafanaRuleManager({
      query: engine, clock: b.clock, log: silent, externalUrl: 'http://h:9090', scrapeIntervalMs: 15_000, evaluationTimeoutMs: 30_000, maxAttempts: 1, appendable: b.storage,
      notify: alerts => {
        if (b.fail) throw new Error('no')
        b.sent.push(...alerts)
      },
      store: { load: () => Promise.resolve([...b.kept.values()]), save: states => {
        for (const s of states) if (s.instances.length === 0) b.kept.delete(s.ruleUid); else b.kept.set(s.ruleUid, JSON.parse(JSON.stringify(s)) as StoredRuleState)
        return Promise.resolve()
      } },
    })
  }
  return b
}
const group = (...rules: GrafanaRule[]): GrafanaGroup => ({ name: 'g', folderUid: 'f1', folderTitle: 'Observability', intervalMs: 30_000, rules })
const text = (a: RuleAlert): string => `${a.resolved ? 'resolved' : 'firing'} ${labelValue(a.labels, 'alertname')} ${labelValue(a.labels, 'job')}`

/** Writes `ratio{job="a"}` every 10 s while time goes on. */
async function run(b: Bench, ms: number, value: number | undefined): Promise<void> {
  for (let t = 0; t < ms; t += 10_000) {
    if (value !== undefined) b.storage.add(labelsFromObject({ __name__: 'ratio', job: 'a' }), b.clock.nowMs(), value)
    else b.storage.addStale(labelsFromObject({ __name__: 'ratio', job: 'a' }), b.clock.nowMs())
    await b.clock.advance(10_000)
  }
}

describe('[R63] Grafana-managed rules run', () => {
  test('a change reads only the groups again that it is about; the others keep their rhythm and state', async () => {
    const b = bench()
    const m = b.make()
    const other = { ...group(rule({ uid: 'r2', title: 'Other' })), name: 'other' }
    m.load([group(rule({})), other])
    m.start()
    await run(b, 60_000, 0.02)
    const before = m.groups().find(g => g.name === 'other')!
    const sent = b.sent.length
    m.load([group(rule({ title: 'Renamed' })), { ...other, rules: [rule({ uid: 'r2', title: 'Other' })] }])
    await settled()
    expect(m.groups().find(g => g.name === 'other')).toEqual(before)
    expect(b.sent.slice(sent).map(text)).toEqual(['resolved High 5xx a'])
    await run(b, 60_000, 0.02)
    expect(m.groups().find(g => g.name === 'other')!.iterations).toBe(before.iterations + 2)
    m.load([group(rule({ title: 'Renamed' }))])
    await settled()
    expect(b.sent.map(text)).toContain('resolved Other a')
    await m.stop()
  })
  test('an alert carries reserved labels, expanded texts and Grafana\'s value strings', async () => {
    const b = bench()
    const m = b.make()
    m.load([group(rule({}))])
    m.start()
    await run(b, 60_000, 0.0123)
    const a = b.sent[0]!
    expect(labelsToObject(a.labels)).toEqual({ __name__: 'ratio', alertname: 'High 5xx', grafana_folder: 'Observability', job: 'a', severity: 'warning', __alert_rule_uid__: 'r1', __alert_rule_namespace_uid__: 'f1' })
    expect(labelsToObject(a.annotations)).toEqual({
      summary: '5xx error rate is high: 0.0123 (> 0.01)',
      text: "a [no value] 0.0123 [ var='A' labels={__name__=ratio, job=a} value=0.0123 ], [ var='B' labels={__name__=ratio, job=a} value=0.0123 ], [ var='C' labels={__name__=ratio, job=a} value=1 ]",
      __values__: '{"A":0.0123,"B":0.0123,"C":1}', __orgId__: '1',
      __value_string__: "[ var='A' labels={__name__=ratio, job=a} value=0.0123 ], [ var='B' labels={__name__=ratio, job=a} value=0.0123 ], [ var='C' labels={__name__=ratio, job=a} value=1 ]",
    })
    expect([a.value, a.threshold, a.ruleUid, a.generatorUrl]).toEqual([0.0123, { op: '>', value: 0.01, unit: '' }, 'r1', 'http://h:9090/alerting/grafana/r1/view?orgId=1'])
    await run(b, 40_000, 0)
    expect(text(b.sent.at(-1)!)).toBe('resolved High 5xx a')
    await m.stop()
  })

  test('[R52] a range is a limit with two numbers', async () => {
    const b = bench()
    const m = b.make()
    const { data } = rule({})
    const condition = (type: string): object => ({ refId: 'C', datasourceUid: '__expr__', model: { type: 'threshold', expression: 'B', conditions: [{ evaluator: { type, params: [0.01, 0.9] } }] } })
    m.load([group(rule({ data: [...data.slice(0, 2), condition('within_range')] }))])
    m.start()
    await run(b, 60_000, 0.0123)
    expect(b.sent[0]!.threshold).toEqual({ op: 'within', value: 0.01, high: 0.9, unit: '' })
    await m.stop()
  })

  test('a query without frames: DatasourceNoData at once, and its end when data is there again', async () => {
    const b = bench()
    const m = b.make()
    m.load([group(rule({ for: '5m' }))])
    m.start()
    await run(b, 40_000, undefined)
    expect(labelsToObject(b.sent[0]!.labels)).toMatchObject({ alertname: 'DatasourceNoData', rulename: 'High 5xx', datasource_uid: 'prom', ref_id: 'A', grafana_folder: 'Observability', severity: 'warning' })
    await run(b, 70_000, 0)
    expect(b.sent.at(-1)).toMatchObject({ resolved: true })
    expect(labelValue(b.sent.at(-1)!.annotations, 'grafana_state_reason')).toBe('MissingSeries')
    await m.stop()
  })

  test('a query that fails: DatasourceError with the reason, health err', async () => {
    const b = bench()
    const m = b.make()
    m.load([group(rule({ data: [{ refId: 'C', relativeTimeRange: { from: 60, to: 0 }, datasourceUid: 'prom', model: { expr: 'rate(ratio)', instant: true } }] }))])
    m.start()
    await run(b, 40_000, 1)
    expect(labelsToObject(b.sent[0]!.labels)).toMatchObject({ alertname: 'DatasourceError', rulename: 'High 5xx', datasource_uid: 'prom', ref_id: 'C' })
    expect(labelValue(b.sent[0]!.annotations, 'Error')).toMatch(/failed to execute query C: .*expected type range vector/)
    expect(m.groups()[0]!.rules[0]).toMatchObject({ health: 'err', state: 'firing' })
    await m.stop()
  })

  test('series are an error for a condition; a range query with reduce is fine', async () => {
    const b = bench()
    const m = b.make()
    const range = { refId: 'A', relativeTimeRange: { from: 60, to: 0 }, datasourceUid: 'prom', model: { expr: 'ratio', range: true } }
    const reduced = [range, { refId: 'C', datasourceUid: '__expr__', model: { type: 'reduce', expression: 'A', reducer: 'max' } }]
    m.load([group(rule({ condition: 'A', data: [range] }), rule({ uid: 'r2', title: 'max', data: reduced, annotations: { a: '{{ $values.A }} {{ $values.C }}' } }))])
    m.start()
    await run(b, 40_000, 5)
    expect(m.groups()[0]!.rules[0]!.lastError).toContain('only reduced data can be alerted on')
    const max = b.sent.find(a => labelValue(a.labels, 'alertname') === 'max')!
    expect(labelValue(max.annotations, 'a')).toBe('[no value] 5')
    await m.stop()
  })

  test('[R62] `for` and what was told go on after a restart; nothing is told twice', async () => {
    const b = bench()
    let m = b.make()
    const g = group(rule({ for: '1m' }))
    m.load([g])
    m.start()
    await run(b, 40_000, 1)
    expect([b.sent.length, m.alerts().map(a => a.state)]).toEqual([0, ['pending']])
    await m.stop()
    m = b.make()
    await m.restore()
    m.load([g])
    m.start()
    expect(m.alerts().map(a => a.state)).toEqual(['pending'])
    await run(b, 60_000, 1)
    expect([...new Set(b.sent.map(text))]).toEqual(['firing High 5xx a'])
    await m.stop()
    m = b.make()
    await m.restore()
    m.load([g])
    m.start()
    await run(b, 40_000, 0)
    expect(b.sent.map(text).at(-1)).toBe('resolved High 5xx a')
    await m.stop()
  })

  test('pausing, changing and deleting a rule end its alerts, with the reason', async () => {
    const b = bench()
    const m = b.make()
    const ended = async (next: GrafanaGroup[]): Promise<unknown> => {
      m.load([group(rule({}))])
      await run(b, 40_000, 1)
      expect(m.alerts()).toHaveLength(1)
      b.sent.length = 0
      m.load(next)
      await b.clock.advance(0)
      return b.sent.map(a => [a.resolved, labelValue(a.annotations, 'grafana_state_reason')])
    }
    m.start()
    expect(await ended([group(rule({ isPaused: true }))])).toEqual([[true, 'Paused']])
    expect(await ended([group(rule({ labels: { severity: 'page' } }))])).toEqual([[true, 'Updated']])
    expect(await ended([])).toEqual([[true, 'RuleDeleted']])
    expect(await ended([group(rule({ notification_settings: { receiver: 'x' } }))])).toEqual([])
    await m.stop()
    expect(b.kept.size).toBe(1)
  })

  test('what nobody took is told again', async () => {
    const b = bench()
    const m = b.make()
    m.load([group(rule({}))])
    m.start()
    b.fail = true
    await run(b, 40_000, 1)
    b.fail = false
    await run(b, 30_000, 1)
    expect(b.sent.map(text)).toEqual(['firing High 5xx a'])
    await m.stop()
  })

  test('a rule with its own contact point carries the labels that lead there', async () => {
    const b = bench()
    const m = b.make()
    m.load([group(rule({ notification_settings: { receiver: 'team', group_wait: '5s' } }))])
    m.start()
    await run(b, 40_000, 1)
    expect(labelsToObject(b.sent[0]!.labels)).toMatchObject({ __grafana_autogenerated__: 'true', __grafana_receiver__: 'team', __grafana_route_settings_hash__: expect.stringMatching(/^[0-9a-f]{16}$/) })
    await m.stop()
  })

  test('a recording rule writes its node, and ends what it no longer writes', async () => {
    const b = bench()
    const m = b.make()
    m.load([group(rule({ record: { metric: 'job:ratio', from: 'A' } }))])
    m.start()
    await run(b, 40_000, 3)
    await run(b, 40_000, undefined)
    const written = b.storage.all().find(s => labelValue(s.labels, '__name__') === 'job:ratio')!
    expect(labelsToObject(written.labels)).toEqual({ __name__: 'job:ratio', job: 'a', severity: 'warning' })
    expect(written.samples.vs[0]).toBe(3)
    expect(written.samples.isStale(written.samples.length - 1)).toBe(true)
    await m.stop()
  })
})
