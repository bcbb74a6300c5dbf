import { labelsFromObject, labelsToObject, parseFields } from '@haechi/model'
import { LocalQueryEngine } from '@haechi/promql'
import { MemoryStorage } from '@haechi/storage'
import { describe, expect, test } from 'vitest'
import { answerRule } from './evaluate-rule.ts'
import { readGraph } from './graph.ts'
import { readRuleQuery } from './query.ts'
import { ruleFields } from './read-rules.ts'
import { nodesNow, replayRule } from './replay.ts'
import type { RuleReplay } from './replay.ts'
import type { GrafanaRule } from './rule.ts'

const T0 = 1_800_000_000_000
const M = 60_000
const signal = new AbortController().signal
const query = (refId: string, expr: string, from: number, instant: boolean, to = 0): object => ({ refId, relativeTimeRange: { from, to }, datasourceUid: 'prom', model: { expr, instant } })
const expression = (refId: string, model: object): object => ({ refId, datasourceUid: '__expr__', model })
const above = (refId: string, of: string, limit: number): object => expression(refId, { type: 'threshold', expression: of, conditions: [{ evaluator: { type: 'gt', params: [limit] } }] })
const when = (of: string, reducer: string, evaluator: object, operator = 'and'): object => ({ type: 'query', evaluator, operator: { type: operator }, query: { params: [of] }, reducer: { type: reducer, params: [] } })

function rule(data: readonly object[], more: object = {}): GrafanaRule {
  return ruleFields(parseFields(JSON.stringify({ uid: 'r', title: 't', condition: 'C', for: '0s', data, ...more }), 'rule'), 'api', t => t, { group: 'g', folderUid: 'f' })
}
const RULES: Readonly<Record<string, readonly object[]>> = {
  'instant, threshold': [query('A', 'load', 600, true), above('C', 'A', 5)],
  'instant of a while ago': [query('A', 'load', 600, true, 120), above('C', 'A', 5)],
  'range, reduce, threshold': [query('A', 'load', 300, false), expression('B', { type: 'reduce', expression: 'A', reducer: 'mean' }), above('C', 'B', 5)],
  'two queries, math': [query('A', 'load', 300, false), query('B', 'load', 600, true), expression('D', { type: 'reduce', expression: 'A', reducer: 'max' }), expression('C', { type: 'math', expression: '$D - $B > 2 && $B > 1' })],
  'resample': [query('A', 'load', 300, false), expression('R', { type: 'resample', expression: 'A', window: '40s', downsampler: 'sum', upsampler: 'fillna' }), expression('B', { type: 'reduce', expression: 'R', reducer: 'max', settings: { mode: 'dropNN' } }), above('C', 'B', 12)],
  'classic conditions': [query('A', 'load', 300, false), query('B', 'load{job="a"}', 120, false), expression('C', { type: 'classic_conditions', conditions: [when('A', 'avg', { type: 'gt', params: [5] }), when('B', 'diff', { type: 'outside_range', params: [-3, 3] }, 'or')] })],
}

/** Two series with a gap, every 10 s from half an hour before T0 on. */
function storage(): MemoryStorage {
  const s = new MemoryStorage()
  for (let i = -180; i <= 180; i++) {
    s.add(labelsFromObject({ __name__: 'load', job: 'a' }), T0 + i * 10_000, 5 + 4 * Math.sin(i / 9))
    if (i < 20 || i > 70) s.add(labelsFromObject({ __name__: 'load', job: 'b' }), T0 + i * 10_000, (i * 7919) % 11)
  }
  return s
}
const engine = new LocalQueryEngine(storage(), { lookbackMs: 30_000 })
const play = (r: GrafanaRule, more: { startMs?: number; endMs?: number; most?: number } = {}): Promise<RuleReplay> =>
  replayRule({ engine, rule: r, intervalMs: 30_000, scrapeIntervalMs: 10_000, startMs: T0, endMs: T0 + 25 * M, priority: 'range', timeoutMs: 10_000, signal, ...more })

describe('[R80] a rule played over past data', () => {
  test.each(Object.keys(RULES))('says at each time what it would have said then: %s', async name => {
    const r = rule(RULES[name]!, { noDataState: 'OK' })
    const { ts, stepMs, instances } = await play(r)
    expect([ts.length, stepMs, ts.at(-1)]).toEqual([51, 30_000, T0 + 25 * M])
    const graph = readGraph(r.data, 'C')
    const queries = new Map(graph.nodes.filter(n => n.command === undefined).map(n => [n.query.refId, readRuleQuery(n.query, 10_000)]))
    const live: string[] = []
    for (const [i, tMs] of ts.entries()) {
      const { results } = await answerRule({ engine, graph, queries, datasourceUid: () => 'prom', timeoutMs: 10_000 }, tMs, new Set(), signal)
      live.push(...results.filter(x => x.kind === 'Alerting').map(x => `${i} ${JSON.stringify(labelsToObject(x.labels))}`))
    }
    const played: string[] = []
    for (const [i] of ts.entries()) for (const { labels, spans } of instances) if (spans.some(s => s.from <= i && i <= s.to && s.state === 'Alerting')) played.push(`${i} ${JSON.stringify(labelsToObject(labels))}`)
    expect(live.length).toBeGreaterThan(3)
    // A series that is gone holds its alert for two evaluations.
    expect(live.filter(x => !played.includes(x))).toEqual([])
    const more = played.filter(x => !live.includes(x))
    expect(more.every(x => x.includes('"b"'))).toBe(true)
    expect(more.length).toBeLessThanOrEqual(2)
  })
  test('the state machine is the live one: pending first, then firing', async () => {
    const { instances } = await play(rule(RULES['instant, threshold']!, { for: '90s', noDataState: 'OK' }))
    const a = instances.find(i => labelsToObject(i.labels)['job'] === 'a')!
    expect(a.spans.slice(0, 2).map(s => s.state)).toEqual(['Pending', 'Alerting'])
    expect(a.spans[0]!.to - a.spans[0]!.from).toBe(2)
  })
  test.each([
    ['instant, threshold', { op: '>', value: 5, unit: '' }, ['a', 'b']],
    ['resample', { op: '>', value: 12, unit: '' }, ['a', 'b']],
    ['two queries, math', undefined, [undefined]],
    ['classic conditions', undefined, ['a', 'b']],
  ])('shows what the condition looks at: %s', async (name, threshold, jobs) => {
    const r = await play(rule(RULES[name]!))
    expect(r.threshold).toEqual(threshold)
    if (jobs[0] !== undefined) expect(r.values.map(v => labelsToObject(v.labels)['job']).sort()).toEqual(jobs)
    expect(r.values[0]!.vs.some(v => !Number.isNaN(v))).toBe(true)
  })
  test('a formula shows the variable that it compares', async () => {
    const one = (text: string): Promise<RuleReplay> => play(rule([query('A', 'load{job="a"}', 60, true), expression('C', { type: 'math', expression: text })]))
    expect((await one('$A > 5')).threshold).toEqual({ op: '>', value: 5, unit: '' })
    expect((await one('-5 <= $A && 1')).threshold).toEqual({ op: '>=', value: -5, unit: '' })
    expect((await one('$A + 1 > 5')).threshold).toBeUndefined()
  })
  test('long times have fewer evaluations, no more than asked for, and no query of more than 11,000 points', async () => {
    const r = await play(rule(RULES['range, reduce, threshold']!), { startMs: T0 - 30 * 86_400_000, most: 100 })
    expect(r.ts.length).toBeLessThanOrEqual(101)
    expect(r.stepMs % 30_000).toBe(0)
  })
  test('what can not be computed is told', async () => {
    const r = await play(rule([query('A', 'load', 300, false), expression('B', { type: 'reduce', expression: 'A', reducer: 'mean' }), expression('C', { type: 'math', expression: '$A > 1' })]))
    expect(r.error).toContain('time series data')
    await expect(play(rule([query('A', 'load{', 300, false), above('C', 'A', 1)]))).rejects.toThrow('unexpected end of input')
  })
  test('each step tells what it gives now', async () => {
    const now = await nodesNow({ engine, rule: rule(RULES['range, reduce, threshold']!), scrapeIntervalMs: 10_000, timeoutMs: 1000, signal }, T0)
    expect(now.map(n => [n.refId, n.results.length, n.results[0]?.points])).toEqual([['A', 2, 301], ['B', 2, undefined], ['C', 2, undefined]])
    const broken = await nodesNow({ engine, rule: rule([query('A', 'nope(', 300, true), above('C', 'A', 1)]), scrapeIntervalMs: 10_000, timeoutMs: 1000, signal }, T0)
    expect(broken.map(n => n.error !== undefined)).toEqual([true, true])
  })
})
