// What Prometheus' alert generator compliance specification 1.0 demands of rules, over real samples and the real engine.
import { labelValue, labelsFromObject, labelsToObject } from '@haechi/model'
import { LocalQueryEngine } from '@haechi/promql'
import { MemoryStorage } from '@haechi/storage'
import { VirtualClock } from '@haechi/testkit'
import { describe, expect, test } from 'vitest'
import { groupOffsetMs, slotBefore } from './group.ts'
import { createRuleManager } from './index.ts'
import type { AlertingRule, Rule, RuleAlert, RuleGroup, RuleManager } from './index.ts'

const S = 1000
const M = 60 * S
const T0 = 1_800_000_000_000
const silent = { debug() {}, info() {}, warn() {}, error() {} }

interface Bench {
  readonly t: (evaluation: number) => number
  readonly manager: RuleManager
  readonly sent: RuleAlert[]
  /** Goes on to an evaluation (0: the first) and past it. */
  until(evaluation: number): Promise<void>
  set(labels: Record<string, string>, value: number | 'gone'): void
  query(expr: string, tMs: number): Promise<Record<string, string>[]>
}

function bench(rules: readonly Rule[]): Bench {
  const clock = new VirtualClock(T0)
  const storage = new MemoryStorage()
  const engine = new LocalQueryEngine(storage, {}, () => clock.nowMs())
  const sent: RuleAlert[] = []
  const group: RuleGroup = { name: 'g', file: 'f.yml', source: 'file', intervalMs: 30 * S, limit: 0, queryOffsetMs: 0, rules }
  const manager = createRuleManager({ query: engine, appendable: storage, clock, log: silent, externalUrl: 'http://h:9090', externalLabels: [], notify: alerts => { sent.push(...alerts) } })
  // A manager that runs already: a group that comes later waits for no restore.
  manager.start()
  const at = new Map<string, { labels: Record<string, string>; value: number }>()
  const appender = storage.appender()
  let loaded = false
  const slot = (k: number): number => slotBefore(T0 + 11 * M, group.intervalMs, groupOffsetMs(group)) + (k + 1) * group.intervalMs
  const write = (tMs: number): void => {
    for (const { labels, value } of at.values()) appender.append(appender.series(labelsFromObject(labels)), tMs, value)
    appender.commit()
  }
  return {
    t: slot, manager, sent,
    async until(evaluation) {
      if (!loaded) {
        await clock.advance(11 * M)
        manager.load([group])
        loaded = true
      }
      while (clock.nowMs() < slot(evaluation)) {
        const next = slotBefore(clock.nowMs(), group.intervalMs, groupOffsetMs(group)) + group.intervalMs
        write(next - 1)
        await clock.advance(next - clock.nowMs())
      }
      await clock.advance(1)
    },
    set(labels, value) {
      const key = JSON.stringify(labels)
      const before = at.get(key)
      if (value !== 'gone') at.set(key, { labels, value })
      else if (before !== undefined) {
        at.delete(key)
        appender.appendStale(appender.series(labelsFromObject(labels)), clock.nowMs())
        appender.commit()
      }
    },
    async query(expr, tMs) {
      const { value } = await engine.instant({ expr, tMs })
      return value.type === 'vector' ? value.samples.map(s => labelsToObject(s.labels)) : []
    },
  }
}
const rule = (name: string, expr: string, more: Partial<AlertingRule> = {}): AlertingRule => ({ kind: 'alerting', name, expr, forMs: 0, keepFiringForMs: 0, labels: [], annotations: [], ...more })
const states = (b: Bench): string[] => b.manager.alerts().map(a => a.state)

describe('[R45] the alert generator compliance specification', () => {
  test('[R45] pending, firing, resolved: ALERTS, times, payload; sent at once, again after the resend delay, for 15 minutes after the end', async () => {
    const b = bench([rule('Simple', 'm > 10', { forMs: 2 * M, labels: labelsFromObject({ foo: 'bar', alertname: 'never' }), annotations: labelsFromObject({ summary: '{{$labels.i}} is {{$value}} {{.Value}}' }) })])
    b.set({ __name__: 'm', i: '1', foo: 'over' }, 11)
    await b.until(0)
    expect(states(b)).toEqual(['pending'])
    expect(b.manager.alerts()[0]).toMatchObject({ activeAtMs: b.t(0) })
    expect(await b.query('ALERTS', b.t(0))).toEqual([{ __name__: 'ALERTS', alertname: 'Simple', alertstate: 'pending', foo: 'bar', i: '1' }])
    b.set({ __name__: 'm', i: '1', foo: 'over' }, 20)
    await b.until(3)
    expect(states(b)).toEqual(['pending'])
    // Texts follow the value at once; nothing has been sent.
    expect(labelsToObject(b.manager.alerts()[0]!.annotations)).toEqual({ summary: '1 is 20 20' })
    expect(b.sent).toEqual([])
    await b.until(4)
    expect(states(b)).toEqual(['firing'])
    expect(b.sent).toHaveLength(1)
    expect(b.sent[0]).toMatchObject({ startsAtMs: b.t(4), endsAtMs: b.t(4) + 4 * M, resolved: false })
    expect(labelsToObject(b.sent[0]!.labels)).toEqual({ alertname: 'Simple', foo: 'bar', i: '1' })
    expect((await b.query('ALERTS', b.t(4))).map(l => l['alertstate'])).toEqual(['firing'])
    // The first evaluation that is more than the delay of a minute away: 1m30s.
    await b.until(6)
    expect(b.sent).toHaveLength(1)
    await b.until(7)
    expect(b.sent).toHaveLength(2)
    expect(b.sent[1]).toMatchObject({ startsAtMs: b.t(4), endsAtMs: b.t(7) + 4 * M })
    b.set({ __name__: 'm', i: '1', foo: 'over' }, 1)
    await b.until(8)
    expect(states(b)).toEqual([])
    expect(await b.query('ALERTS', b.t(8))).toEqual([])
    expect(b.sent[2]).toMatchObject({ resolved: true, startsAtMs: b.t(4), endsAtMs: b.t(8) })
    await b.until(8 + 40)
    const ends = b.sent.slice(2)
    expect(ends.every(a => a.resolved && a.endsAtMs === b.t(8))).toBe(true)
    expect(ends.map(a => (a.tMs - b.t(8)) / S)).toEqual([0, 90, 180, 270, 360, 450, 540, 630, 720, 810, 900])
  })
  test('[R45] pending and gone is never sent; never true is nothing', async () => {
    const b = bench([rule('Pending', 'm > 10', { forMs: 3 * M }), rule('Never', 'm > 99', { forMs: 3 * M })])
    b.set({ __name__: 'm' }, 11)
    await b.until(5)
    expect(states(b)).toEqual(['pending'])
    b.set({ __name__: 'm' }, 'gone')
    await b.until(6)
    expect(states(b)).toEqual([])
    await b.until(20)
    expect(b.sent).toEqual([])
    expect(await b.query('ALERTS', b.t(6))).toEqual([])
  })
  test('[R45] without `for` it fires at once; with one below the interval at the next evaluation', async () => {
    const b = bench([rule('Zero', 'm > 10'), rule('Small', 'm > 10', { forMs: 15 * S })])
    b.set({ __name__: 'm' }, 11)
    await b.until(0)
    expect(b.manager.alerts().map(a => [labelValue(a.labels, 'alertname'), a.state])).toEqual([['Zero', 'firing'], ['Small', 'pending']])
    expect(b.manager.alerts()[0]).toMatchObject({ activeAtMs: b.t(0), firedAtMs: b.t(0) })
    await b.until(1)
    expect(states(b)).toEqual(['firing', 'firing'])
    expect(b.sent.map(a => [labelValue(a.labels, 'alertname'), a.startsAtMs])).toEqual([['Zero', b.t(0)], ['Small', b.t(1)]])
  })
  test('[R45] rules run in order: what one writes the next one reads in the same evaluation; alerts that come later have times of their own', async () => {
    const b = bench([
      rule('First', 'm > 10', { forMs: 1 * M, labels: labelsFromObject({ foo: 'bar' }) }),
      rule('Second', '(ALERTS{alertstate="firing",alertname="First",variant="one"} + ignoring(variant) ALERTS{alertstate="firing",alertname="First",variant="two"}) == 2', {
        labels: labelsFromObject({ foo: 'baz' }), annotations: labelsFromObject({ was: '{{$labels.alertname}} {{.Labels.foo}}' }),
      }),
    ])
    b.set({ __name__: 'm', variant: 'one' }, 11)
    await b.until(1)
    b.set({ __name__: 'm', variant: 'two' }, 11)
    await b.until(3)
    expect(b.manager.alerts().map(a => [labelValue(a.labels, 'alertname'), labelValue(a.labels, 'variant'), a.state])).toEqual([['First', 'one', 'firing'], ['First', 'two', 'pending']])
    await b.until(4)
    const second = b.manager.alerts().find(a => labelValue(a.labels, 'alertname') === 'Second')!
    expect(second).toMatchObject({ state: 'firing', activeAtMs: b.t(4) })
    expect([labelsToObject(second.labels), labelsToObject(second.annotations)]).toEqual([{ alertname: 'Second', alertstate: 'firing', foo: 'baz' }, { was: 'First bar' }])
    expect(b.sent.filter(a => labelValue(a.labels, 'alertname') === 'First').map(a => [labelValue(a.labels, 'variant'), a.startsAtMs]).slice(0, 2)).toEqual([['one', b.t(2)], ['two', b.t(4)]])
  })
  test('[R45] what comes back is a new alert with new times, and its end is no longer sent', async () => {
    const b = bench([rule('Back', 'm > 10', { forMs: 1 * M })])
    b.set({ __name__: 'm' }, 11)
    await b.until(2)
    b.set({ __name__: 'm' }, 1)
    await b.until(3)
    expect(b.sent.map(a => a.resolved)).toEqual([false, true])
    b.set({ __name__: 'm' }, 11)
    await b.until(4)
    expect(b.manager.alerts()[0]).toMatchObject({ state: 'pending', activeAtMs: b.t(4) })
    await b.until(6)
    expect(b.sent.slice(2).map(a => [a.resolved, a.startsAtMs])).toEqual([[false, b.t(6)]])
  })
  test('[R45] two alerts with the same labels: an error of the rule, nothing is sent and nothing written', async () => {
    const b = bench([rule('Same', 'm > 10', { labels: labelsFromObject({ i: 'same' }) }), rule('Next', 'vector(1)')])
    b.set({ __name__: 'm', i: '1' }, 11)
    b.set({ __name__: 'm', i: '2' }, 11)
    await b.until(0)
    const [same, next] = b.manager.groups()[0]!.rules
    expect(same).toMatchObject({ health: 'err', lastError: 'vector contains metrics with the same labelset after applying alert labels', lastEvaluationMs: b.t(0) })
    expect(next).toMatchObject({ health: 'ok' })
    expect(b.sent.map(a => labelValue(a.labels, 'alertname'))).toEqual(['Next'])
    expect((await b.query('ALERTS', b.t(0))).map(l => l['alertname'])).toEqual(['Next'])
  })
  test('[R45] templates: functions, a query, and a text of its own', async () => {
    const b = bench([rule('Texts', 'm > 10', { annotations: labelsFromObject({
      numbers: '{{humanize 1048576}} {{humanize1024 1048576}} {{humanizeDuration 135.3563}} {{humanizePercentage 0.959}} {{humanizeTimestamp 1643114203}}',
      words: '{{title "this part"}} {{toUpper "is testing"}} {{toLower "THE STRINGS"}}. {{ stripPort "[::1]:6006"}} {{ stripPort "127.0.0.1:4004"}}. {{parseDuration "2h10m15s"}}. {{if match "[0-9]+" "1234"}}{{reReplaceAll "r.*d" "replaced" "rpld text"}}{{end}}',
      asked: '{{ define "t" }}{{.arg0}} {{.arg2}}: {{ with query "other" }}{{ . | sortByLabel "id" | first | label "id" }},{{ range $v := sortByLabel "id" . }}{{ $v | label "id" }}={{ $v | value }},{{ end }}{{ end }}{{ end }}{{ template "t" (args "foo" "bar" 99) }}',
    }) })])
    b.set({ __name__: 'm' }, 11)
    b.set({ __name__: 'other', id: 'b' }, 2)
    b.set({ __name__: 'other', id: 'a' }, 1)
    await b.until(0)
    expect(labelsToObject(b.sent[0]!.annotations)).toEqual({
      numbers: '1.049M 1Mi 2m 15s 95.9% 2022-01-25 12:36:43 +0000 UTC', words: 'This Part IS TESTING the strings. ::1 127.0.0.1. 7815. replaced text', asked: 'foo 99: a,a=1,b=2,',
    })
  })
})
