import { labelsFromObject, labelsToObject } from '@haechi/model'
import { describe, expect, test } from 'vitest'
import { RecordedSamples, fakeEngine } from '../test/fake-storage.ts'
import type { Answers } from '../test/fake-storage.ts'
import { VirtualClock } from '@haechi/testkit'
import { QueryError } from '@haechi/storage'
import type { BatchAnswer, InstantBatch } from '@haechi/storage'
import { groupOffsetMs, slotAfter, slotBefore } from './group.ts'
import { createRuleManager } from './index.ts'
import type { AlertingRule, Rule, RuleAlert, RuleGroup, RuleManager, RuleManagerOptions } from './index.ts'

const T0 = 1_800_000_000_000
const S = 1000
const silent = { debug() {}, info() {}, warn() {}, error() {} }

function alerting(name: string, expr: string, more: Partial<AlertingRule> = {}): AlertingRule {
  return { kind: 'alerting', name, expr, forMs: 0, keepFiringForMs: 0, labels: [], annotations: [], ...more }
}
function group(rules: readonly Rule[], more: Partial<RuleGroup> = {}): RuleGroup {
  return { name: 'g', file: 'f.yml', source: 'file', intervalMs: 15 * S, limit: 0, queryOffsetMs: 0, rules, ...more }
}

interface Bench { clock: VirtualClock; recorded: RecordedSamples; sent: RuleAlert[][]; manager: RuleManager; engine: ReturnType<typeof fakeEngine> }
function bench(answers: Answers, groups: readonly RuleGroup[], more: Partial<RuleManagerOptions> = {}, from?: { clock: VirtualClock; recorded: RecordedSamples }): Bench {
  const clock = from?.clock ?? new VirtualClock(T0)
  const recorded = from?.recorded ?? new RecordedSamples()
  const sent: RuleAlert[][] = []
  const engine = fakeEngine(answers, recorded)
  const manager = createRuleManager({
    query: engine, appendable: recorded, clock, log: silent, externalUrl: 'http://h:9090', externalLabels: [], notify: alerts => { sent.push([...alerts]) }, ...more,
  })
  manager.load(groups)
  manager.start()
  return { clock, recorded, sent, manager, engine }
}
/** The first slot of the group after T0. */
function firstSlot(g: RuleGroup): number {
  return slotBefore(T0, g.intervalMs, groupOffsetMs(g)) + g.intervalMs
}
const states = (m: RuleManager): string[] => m.alerts().map(a => a.state)

describe('[R10] groups run in slots of their own', () => {
  test('the same group has the same slot, every interval, one time for all rules', async () => {
    const g = group([alerting('A', 'a'), alerting('B', 'b')])
    const { clock, engine, manager } = bench(() => [], [g])
    await clock.advance(31 * S)
    await manager.stop()
    const times = engine.asked.map(q => q.tMs)
    expect(times).toEqual([0, 0, 1, 1].map(k => firstSlot(g) + k * 15 * S).slice(0, times.length))
    expect(times.length).toBeGreaterThanOrEqual(4)
    expect(engine.asked.every(q => q.priority === 'rule')).toBe(true)
  })
  test('groups of one interval share at most five moments, or moments 10 s apart; all of them are used', () => {
    const moments = (intervalMs: number): number[] => [...new Set(Array.from({ length: 300 }, (_, i) => groupOffsetMs(group([], { name: `g${i}`, intervalMs })) / S))].sort((a, b) => a - b)
    expect(moments(15 * S)).toEqual([0, 3, 6, 9, 12])
    expect(moments(10 * S)).toEqual([0, 2, 4, 6, 8])
    expect(moments(60 * S)).toEqual([0, 10, 20, 30, 40, 50])
    expect(moments(17 * S)).toEqual([0, 3, 6, 9, 12, 15])
    expect(moments(S).length).toBeGreaterThan(100)
  })
  test('a run that takes too long skips slots and counts them', async () => {
    const g = group([alerting('A', 'a')])
    let slow = 50 * S
    const b = bench(() => [], [g])
    const instant = b.engine.instant.bind(b.engine)
    b.engine.instant = async q => {
      const wait = slow
      slow = 0
      if (wait > 0) await new Promise<void>(resolve => b.clock.after(wait, resolve))
      return instant(q)
    }
    await b.clock.advance(120 * S)
    const [view] = b.manager.groups()
    expect(view!.iterationsMissed).toBe(2)
    expect(view!.iterations).toBe(8)
  })
  test('when the clock is set back a day the next slot is one of the new time; forward changes nothing', () => {
    const day = 86_400 * S
    expect(slotAfter(T0 + 15 * S, T0, 15 * S, 0)).toBe(T0 + 15 * S)
    expect(slotAfter(T0 + 15 * S, T0 + day, 15 * S, 0)).toBe(T0 + 15 * S)
    const slot = slotAfter(T0 + 15 * S, T0 - day + 1, 15 * S, 4 * S)
    expect([slot > T0 - day, slot <= T0 - day + 16 * S, (slot - 4 * S) % (15 * S)]).toEqual([true, true, 0])
  })
  test('an expression is asked and written query_offset earlier', async () => {
    const g = group([{ kind: 'recording', name: 'r', expr: 'a', labels: [] }], { queryOffsetMs: 4 * S })
    const { clock, recorded } = bench(() => [{ labels: {}, value: 1 }], [g])
    await clock.advance(15 * S)
    expect(recorded.samples('r')).toEqual([`${firstSlot(g) - 4 * S}=1`])
  })
})

describe('[R15] rules that do not read each other are asked together', () => {
  const record = (name: string, expr: string): Rule => ({ kind: 'recording', name, expr, labels: [] })
  const RULES = [record('r1', 'a'), record('r2', 'sum(b)'), alerting('A', 'r1 > 0'), record('r3', 'c'), record('r4', '{job="x"}'), record('r5', 'ALERTS'), record('r6', 'd')]
  const answered = (batches: string[][], asked: (expr: string) => BatchAnswer): ((q: InstantBatch) => Promise<BatchAnswer[]>) => q => {
    batches.push([...q.exprs])
    return Promise.resolve(q.exprs.map(asked))
  }
  const one = (value: number): BatchAnswer => ({ value: { type: 'vector', samples: [{ labels: [], tMs: 0, value }] }, ms: 2 })

  test('a rule that reads what one before it writes comes in a later batch; each keeps its own result', async () => {
    const batches: string[][] = []
    const b = bench(() => [{ labels: {}, value: 1 }], [group(RULES)])
    Object.assign(b.engine, { instantBatch: answered(batches, e => (e === 'c' ? { error: new QueryError('execution', 'boom'), ms: 1 } : one(1))) })
    await b.clock.advance(15 * S)
    // One that can read anything comes after all before it.
    expect(batches).toEqual([['a', 'sum(b)'], ['r1 > 0', 'c'], ['{job="x"}', 'ALERTS', 'd']])
    expect(b.engine.asked).toEqual([])
    const [view] = b.manager.groups()
    expect(view!.rules.map(r => [r.health, r.lastError])).toEqual(RULES.map((_r, i) => (i === 3 ? ['err', 'boom'] : ['ok', ''])))
    expect(view!.rules[0]!.evaluationMs).toBe(2)
    expect(b.recorded.names()).toEqual(['r1', 'r2', 'r4', 'r5', 'r6'])
  })
  test('slow rules are asked alone again; a batch that fails or runs out of time costs no rule its answer', async () => {
    const batches: string[][] = []
    const b = bench(() => [{ labels: {}, value: 1 }], [group([record('r1', 'a'), record('r2', 'b'), record('r3', 'c')])])
    let round = 0
    Object.assign(b.engine, { instantBatch: (q: InstantBatch): Promise<readonly BatchAnswer[]> => {
      round++
      if (round === 1) return Promise.reject(new QueryError('internal', 'the thread ended'))
      return answered(batches, e => (e === 'b' ? { error: new QueryError('timeout', 'query timed out'), ms: 60 } : one(1)))(q)
    } })
    await b.clock.advance(15 * S)
    expect(b.engine.asked.map(q => q.expr)).toEqual(['a', 'b', 'c'])
    await b.clock.advance(15 * S)
    expect(b.engine.asked.map(q => q.expr)).toEqual(['a', 'b', 'c', 'b'])
    expect(b.manager.groups()[0]!.rules.every(r => r.health === 'ok')).toBe(true)
    expect(batches).toEqual([['a', 'b', 'c']])
  })
})

describe('[R11] recording rules', () => {
  test('write their series, mark what vanished as ended, keep others apart', async () => {
    let values: Record<string, string>[] = [{ __name__: 'x', i: '1' }, { i: '2' }]
    const g = group([{ kind: 'recording', name: 'r', expr: 'a', labels: labelsFromObject({ team: 't' }) }])
    const { clock, recorded } = bench(() => values.map(labels => ({ labels, value: 3 })), [g])
    await clock.advance(15 * S)
    values = [{ i: '2' }]
    await clock.advance(15 * S)
    const t = firstSlot(g)
    expect(recorded.samples('r', { i: '1', team: 't' })).toEqual([`${t}=3`, `${t + 15 * S}=stale`])
    expect(recorded.samples('r', { i: '2', team: 't' })).toEqual([`${t}=3`, `${t + 15 * S}=3`])
  })
  test.each([
    ['duplicate series', [{ i: '1', x: '1' }, { i: '1', x: '2' }], 0, 'vector contains metrics with the same labelset after applying rule labels'],
    ['limit', [{ i: '1' }, { i: '2' }], 1, 'exceeded limit of 1 with 2 series'],
  ])('%s is an error of the rule, nothing is written', async (_, list, limit, message) => {
    const g = group([{ kind: 'recording', name: 'r', expr: 'a', labels: labelsFromObject({ x: 'same' }) }], { limit })
    const { clock, recorded, manager } = bench(() => list.map(labels => ({ labels: labels as Record<string, string>, value: 1 })), [g])
    await clock.advance(15 * S)
    expect(recorded.bySeries.size).toBe(0)
    expect(manager.groups()[0]!.rules[0]).toMatchObject({ health: 'err', lastError: message })
  })
  test('a failing rule does not keep the next from running', async () => {
    const { clock, recorded, manager } = bench(expr => (expr === 'a' ? new Error('boom') : [{ labels: {}, value: 1 }]), [group([
      { kind: 'recording', name: 'r1', expr: 'a', labels: [] }, { kind: 'recording', name: 'r2', expr: 'b', labels: [] },
    ])])
    await clock.advance(15 * S)
    expect(recorded.names()).toEqual(['r2'])
    expect(manager.groups()[0]!.rules.map(r => [r.health, r.lastError])).toEqual([['err', 'boom'], ['ok', '']])
  })
})

describe('[R12] alerts go from pending to firing to resolved', () => {
  test('and are written, told once each, and told again after the resend delay', async () => {
    const g = group([alerting('A', 'a > 1', { forMs: 30 * S, labels: labelsFromObject({ severity: 'warning', v: '{{ $value }}' }), annotations: labelsFromObject({ s: '{{ $labels.i }} is {{ $value }}' }) })])
    let on = true
    const { clock, recorded, sent, manager } = bench(() => (on ? [{ labels: { __name__: 'a', i: '1' }, value: 2 }] : []), [g], {})
    const t = firstSlot(g)
    await clock.advance(t - T0)
    expect(states(manager)).toEqual(['pending'])
    await clock.advance(30 * S)
    expect(states(manager)).toEqual(['firing'])
    expect(sent).toHaveLength(1)
    expect(sent[0]![0]).toMatchObject({
      startsAtMs: t + 30 * S, endsAtMs: t + 30 * S + 240 * S, resolved: false, value: 2, peak: 2, threshold: { op: '>', value: 1, unit: '' },
      generatorUrl: 'http://h:9090/graph?g0.expr=a+%3E+1&g0.tab=1',
    })
    expect(labelsToObject(sent[0]![0]!.labels)).toEqual({ alertname: 'A', i: '1', severity: 'warning', v: '2' })
    expect(labelsToObject(sent[0]![0]!.annotations)).toEqual({ s: '1 is 2' })
    // Resent strictly more than a minute later: at the fifth run.
    await clock.advance(60 * S)
    expect(sent).toHaveLength(1)
    await clock.advance(15 * S)
    expect(sent).toHaveLength(2)
    on = false
    await clock.advance(15 * S)
    expect(sent).toHaveLength(3)
    expect(sent[2]![0]).toMatchObject({ resolved: true, startsAtMs: t + 30 * S, endsAtMs: t + 120 * S })
    expect(states(manager)).toEqual([])
    // Not before the restore: the group was there at the start, so the first two runs write nothing.
    const labels = { alertname: 'A', i: '1', severity: 'warning', v: '2' }
    expect(recorded.samples('ALERTS', { ...labels, alertstate: 'pending' })).toEqual([])
    expect(recorded.samples('ALERTS', { ...labels, alertstate: 'firing' })[0]).toBe(`${t + 30 * S}=1`)
    expect(recorded.samples('ALERTS', { ...labels, alertstate: 'firing' }).at(-1)).toBe(`${t + 120 * S}=stale`)
    expect(recorded.samples('ALERTS_FOR_STATE', labels)[0]).toBe(`${t + 30 * S}=${Math.floor(t / 1000)}`)
  })
  test('resolved ones are told again each minute for 15 minutes, then forgotten', async () => {
    const g = group([alerting('A', 'a')], { intervalMs: 60 * S })
    let on = true
    const { clock, sent } = bench(() => (on ? [{ labels: {}, value: 1 }] : []), [g])
    await clock.advance(60 * S)
    on = false
    await clock.advance(30 * 60 * S)
    // Every second run: the delay must be exceeded, not reached.
    expect(sent.length).toBe(1 + 8)
    expect(new Set(sent.slice(1).map(a => a[0]!.endsAtMs)).size).toBe(1)
  })
  test('pending turning firing ends the pending series in the same run', async () => {
    const late = group([alerting('A', 'a', { forMs: 15 * S })])
    const { clock, recorded, manager } = bench(() => [{ labels: {}, value: 1 }], [])
    // Loaded long after the start: such a group does not wait for a restore.
    await clock.advance(660 * S)
    manager.load([late])
    const t = firstSlot(late) + 660 * S
    await clock.advance(30 * S)
    expect(recorded.samples('ALERTS', { alertname: 'A', alertstate: 'pending' })).toEqual([`${t}=1`, `${t + 15 * S}=stale`])
    expect(recorded.samples('ALERTS', { alertname: 'A', alertstate: 'firing' })[0]).toBe(`${t + 15 * S}=1`)
  })
  test('a later rule of the group may ask for what an earlier one wrote', async () => {
    const order: string[] = []
    const g = group([{ kind: 'recording', name: 'r', expr: 'a', labels: [] }, alerting('A', 'r > 0')])
    const b = bench(expr => {
      order.push(`${expr}:${b.recorded.samples('r').length}`)
      return [{ labels: {}, value: 1 }]
    }, [g])
    await b.clock.advance(15 * S)
    expect(order).toEqual(['a:0', 'r > 0:1'])
  })
  test('an expansion that fails does not fail the rule', async () => {
    const { clock, manager } = bench(() => [{ labels: {}, value: 1 }], [group([alerting('A', 'a', { annotations: labelsFromObject({ s: '{{ humanize "x" }}' }) })])])
    await clock.advance(15 * S)
    expect(labelsToObject(manager.alerts()[0]!.annotations)['s']).toBe('<error expanding template: error executing template __alert_A: template: __alert_A:1:115: executing "__alert_A" at <humanize "x">: error calling humanize: strconv.ParseFloat: parsing "x": invalid syntax>')
  })
  test('a text may ask queries, at the time of the evaluation', async () => {
    const { clock, manager, engine } = bench(expr => (expr === 'a' ? [{ labels: { i: '1' }, value: 1 }] : [{ labels: { who: expr }, value: 42 }]), [group([
      alerting('A', 'a', { annotations: labelsFromObject({ s: '{{ range query (printf "q_%s" $labels.i) }}{{ .Labels.who }}={{ .Value }}{{ end }}' }) }),
    ], { queryOffsetMs: 1000 })])
    await clock.advance(15 * S)
    expect(labelsToObject(manager.alerts()[0]!.annotations)['s']).toBe('q_1=42')
    expect(engine.asked[1]!.tMs - engine.asked[0]!.tMs).toBe(1000)
  })
  test('what the pipeline did not take is told again at once', async () => {
    let fail = true
    const got: number[] = []
    const { clock } = bench(() => [{ labels: {}, value: 1 }], [group([alerting('A', 'a')])], {
      notify: alerts => {
        if (fail) throw new Error('no')
        got.push(alerts.length)
      },
    })
    await clock.advance(15 * S)
    fail = false
    await clock.advance(15 * S)
    expect(got).toEqual([1])
  })
})

describe('[R13] `for` continues over a restart', () => {
  const cases: [name: string, forMs: number, runMs: number, downMs: number, options: Partial<RuleManagerOptions>, firesAfterMs: number][] = [
    // Was firing: fires with the run after the restore, the third.
    ['was firing', 300 * S, 400 * S, 60 * S, {}, 45 * S],
    ['pending for 200 of 300 s goes on with the time left', 300 * S, 200 * S, 60 * S, {}, 120 * S],
    ['short for, as Prometheus: from the beginning', 300 * S, 200 * S, 60 * S, { restoreShortFor: false }, 315 * S],
    ['for above the grace period: down time does not count', 1200 * S, 300 * S, 60 * S, {}, 945 * S],
    ['less left than the grace period: one grace period from now', 1200 * S, 900 * S, 60 * S, {}, 630 * S],
    ['down for longer than the tolerance', 300 * S, 400 * S, 3700 * S, {}, 315 * S],
  ]
  test('all rules of a group are looked up in one message; one that fails goes on without, the others are restored', async () => {
    const rules = ['A', 'B', 'C'].map(name => alerting(name, name.toLowerCase(), { forMs: 300 * S }))
    const g = group([...rules, alerting('AtOnce', 'd')])
    const before = bench(() => [{ labels: { i: '1' }, value: 1 }], [g])
    // In steps: a run of rules that are asked one by one takes some turns.
    const pass = async (seconds: number): Promise<void> => {
      for (let i = 0; i < seconds; i += 5) await before.clock.advance(5 * S)
    }
    await pass(400)
    await before.manager.stop()
    await pass(60)
    const batches: InstantBatch[] = []
    const after = bench(() => [{ labels: { i: '1' }, value: 1 }], [g], {}, before)
    const instant = after.engine.instant.bind(after.engine)
    Object.assign(after.engine, { instantBatch: async (q: InstantBatch): Promise<readonly BatchAnswer[]> => {
      const { exprs, known: _known, ...rest } = q
      if (q.lookbackMs !== undefined) batches.push(q)
      return Promise.all(exprs.map(async (expr): Promise<BatchAnswer> => (expr.startsWith('ALERTS_FOR_STATE') && expr.includes('"B"') ? { error: new QueryError('execution', 'boom'), ms: 1 } : { value: (await instant({ ...rest, expr })).value, ms: 1 })))
    } })
    await pass(65)
    expect(batches.map(q => [q.exprs.length, q.lookbackMs, q.priority])).toEqual([[6, 3600 * S, 'rule']])
    expect(batches[0]!.exprs.slice(0, 2)).toEqual(['ALERTS_FOR_STATE{alertname="A"}', 'timestamp(ALERTS_FOR_STATE{alertname="A"})'])
    expect(after.manager.alerts().map(a => [labelsToObject(a.labels)['alertname'], a.state])).toEqual([['A', 'firing'], ['B', 'pending'], ['C', 'firing'], ['AtOnce', 'firing']])
    await after.manager.stop()
  })
  test.each(cases)('%s', async (_, forMs, runMs, downMs, options, firesAfterMs) => {
    const g = group([alerting('A', 'a', { forMs, labels: labelsFromObject({ x: 'y' }) })])
    const before = bench(() => [{ labels: { i: '1' }, value: 1 }], [g])
    await before.clock.advance(runMs)
    await before.manager.stop()
    await before.clock.advance(downMs)
    const upMs = before.clock.nowMs()
    const after = bench(() => [{ labels: { i: '1' }, value: 1 }], [g], options, before)
    while (after.sent.length === 0 && before.clock.nowMs() - upMs < 3000 * S) await before.clock.advance(S)
    const tookMs = before.clock.nowMs() - upMs
    expect(Math.abs(tookMs - firesAfterMs)).toBeLessThanOrEqual(20 * S)
    await after.manager.stop()
  })
  test('an expression that becomes known only after the start is restored too', async () => {
    const g = (expr: string): RuleGroup => group([alerting('A', expr, { forMs: 300 * S })])
    const answers: Answers = expr => (expr === 'a' ? [{ labels: {}, value: 1 }] : [])
    const before = bench(answers, [g('a')])
    await before.clock.advance(400 * S)
    await before.manager.stop()
    const after = bench(answers, [g('nothing')], {}, before)
    await before.clock.advance(60 * S)
    after.manager.load([g('a')])
    await before.clock.advance(45 * S)
    expect(states(after.manager)).toEqual(['firing'])
  })
  test('an alert that had ended is not restored', async () => {
    const g = group([alerting('A', 'a', { forMs: 300 * S })])
    let on = true
    const before = bench(() => (on ? [{ labels: {}, value: 1 }] : []), [g])
    await before.clock.advance(200 * S)
    on = false
    await before.clock.advance(15 * S)
    await before.manager.stop()
    on = true
    const after = bench(() => [{ labels: {}, value: 1 }], [g], {}, before)
    await before.clock.advance(200 * S)
    expect(states(after.manager)).toEqual(['pending'])
  })
})

describe('[R14] a reload keeps state', () => {
  test('an equal group goes on; another `for` or expression keeps the alerts; another label loses them', async () => {
    const g = (more: Partial<AlertingRule>): RuleGroup => group([alerting('A', 'a', { forMs: 60 * S, ...more })])
    const { clock, manager, recorded } = bench(() => [{ labels: {}, value: 1 }], [g({})])
    await clock.advance(50 * S)
    const activeAt = manager.alerts()[0]!.activeAtMs
    manager.load([g({})])
    manager.load([g({ expr: 'a > 0', annotations: labelsFromObject({ n: 'x' }) })])
    await clock.advance(15 * S)
    expect(manager.alerts()[0]!.activeAtMs).toBe(activeAt)
    manager.load([g({ forMs: 3600 * S })])
    await clock.advance(30 * S)
    expect(states(manager)).toEqual(['pending'])
    expect(manager.alerts()[0]!.activeAtMs).toBe(activeAt)
    manager.load([g({ labels: labelsFromObject({ l: '1' }) })])
    await clock.advance(15 * S)
    expect(manager.alerts()[0]!.activeAtMs).toBeGreaterThan(activeAt)
    // The series of the rule that is gone ended.
    expect(recorded.samples('ALERTS', { alertname: 'A', alertstate: 'pending' }).at(-1)).toMatch(/=stale$/)
  })
  test('a removed group ends its series two intervals later', async () => {
    const g = group([{ kind: 'recording', name: 'r', expr: 'a', labels: [] }])
    const { clock, manager, recorded } = bench(() => [{ labels: {}, value: 1 }], [g])
    await clock.advance(16 * S)
    manager.load([])
    await clock.advance(29 * S)
    expect(recorded.samples('r').at(-1)).not.toMatch(/stale/)
    await clock.advance(2 * S)
    expect(recorded.samples('r').at(-1)).toMatch(/=stale$/)
    expect(manager.groups()).toEqual([])
  })
  test('rules that can not be used are refused as a whole; the old ones go on', async () => {
    const { clock, manager } = bench(() => [{ labels: {}, value: 1 }], [group([alerting('A', 'a')])])
    expect(() => manager.load([group([alerting('B', 'a ++')])])).toThrow('f.yml: group "g", rule 1, "B": could not parse expression: 1:5: parse error: unexpected end of input')
    await clock.advance(15 * S)
    expect(states(manager)).toEqual(['firing'])
  })
})
