import { describe, expect, test } from 'vitest'
import { labelsFromObject } from '@haechi/model'
import { LocalQueryEngine } from '@haechi/promql'
import type { EngineOptions } from '@haechi/promql'
import type { QueryValue } from '@haechi/storage'
import { MemoryStorage } from '@haechi/testkit'

const ALL: EngineOptions = { experimentalFunctions: true, extendedRangeSelectors: true, fillModifiers: true }

/** A series and its samples `[seconds, value]`. */
type Series = readonly [labels: Readonly<Record<string, string>>, samples: readonly (readonly [number, number])[]]

function engineOf(series: readonly Series[], options: EngineOptions = ALL): LocalQueryEngine {
  const storage = new MemoryStorage()
  for (const [labels, samples] of series) for (const [t, v] of samples) storage.add(labelsFromObject(labels), t * 1000, v)
  return new LocalQueryEngine(storage, options)
}

function text(value: QueryValue): string[] {
  const labels = (own: readonly string[]): string => Array.from({ length: own.length / 2 }, (_, i) => `${own[2 * i]}=${own[2 * i + 1]}`).join(' ')
  switch (value.type) {
    case 'vector': return value.samples.map(s => `${labels(s.labels)} ${s.value}`.trim()).sort()
    case 'matrix': return value.series.map(s => `${labels(s.labels)} ${[...s.ts].map((t, i) => `${t / 1000}:${s.vs[i]}`).join(' ')}`.trim())
    default: return [String(value.value)]
  }
}
const at = async (engine: LocalQueryEngine, expr: string, seconds: number): Promise<string[]> => text((await engine.instant({ expr, tMs: seconds * 1000 })).value)
const over = async (engine: LocalQueryEngine, expr: string, from: number, to: number, step: number): Promise<string[]> => text((await engine.range({ expr, startMs: from * 1000, endMs: to * 1000, stepMs: step * 1000 })).value)

const counter: Series = [{ __name__: 'c_total' }, [[0, 1], [15, 2], [30, 3], [45, 4], [60, 5], [75, 1], [90, 2]]]

describe('[E14] durations are calculated when the query is asked', () => {
  const engine = engineOf([[{ __name__: 'g' }, Array.from({ length: 101 }, (_, t) => [t, t] as const)]], {})
  test.each([
    ['count_over_time(g[step()])', ['50:10 60:10']],
    ['count_over_time(g[range() * 2 + 1])', ['50:21 60:21']],
    ['count_over_time(g[min_of(step(), 7s)])', ['50:7 60:7']],
    ['g offset (step() / 2)', ['__name__=g 50:45 60:55']],
    ['g offset -(3 ^ 2)', ['__name__=g 50:59 60:69']],
    ['max_over_time(g[10s:max_of(step() / 5, 1)] offset (17 % 10))', ['50:42 60:52']],
  ])('%s', async (expr, want) => expect(await over(engine, expr, 50, 60, 10)).toEqual(want))
  test('an instant query has neither step nor range', async () => {
    expect(await at(engine, 'g offset range()', 50)).toEqual(['__name__=g 50'])
    await expect(at(engine, 'count_over_time(g[step()])', 50)).rejects.toMatchObject({ kind: 'bad_data', message: '18:24: duration must be greater than 0' })
    // Places count bytes.
    await expect(at(engine, 'count_over_time({"지표.utf8"}[step()])', 50)).rejects.toMatchObject({ kind: 'bad_data', message: '32:38: duration must be greater than 0' })
  })
  test.each([
    ['g[5m / (1 - 1)]', '2:13: division by zero'], ['g[1 % (0)]', '2:8: modulo by zero'], ['g[(2 ^ 2000)]', '3:11: duration is NaN or infinite'], ['g[1e9 * 1e9]', '2:11: duration is out of range'],
  ])('%s fails', async (expr, message) => {
    await expect(at(engine, expr, 50)).rejects.toMatchObject({ kind: 'bad_data', message: expect.stringContaining(message.slice(message.indexOf(' '))) as string })
  })
})

describe('[E15] extended ranges', () => {
  const engine = engineOf([counter])
  test.each([
    // Anchored: from the last sample before the range; no extrapolation.
    ['increase(c_total[1m] anchored)', 65, ['4']],
    ['increase(c_total[1m] anchored)', 80, ['4']],
    ['changes(c_total[30s] anchored)', 60, ['2']],
    ['resets(c_total[30s] anchored)', 80, ['1']],
    ['resets(c_total[10s] anchored)', 89, []],
    // Smoothed: interpolated at both borders.
    ['increase(c_total[30s] smoothed)', 52.5, ['2']],
    ['rate(c_total[30s] smoothed)', 52.5, [String(2 / 30)]],
    ['delta(c_total[30s] smoothed)', 70, [String(5 - 4 * 10 / 15 - (3 + 10 / 15))]],
    ['c_total smoothed', 50, ['__name__=c_total 4.333333333333333']],
    ['c_total smoothed', 1, ['__name__=c_total 1.0666666666666667']],
    ['c_total smoothed', 95, ['__name__=c_total 2']],
    ['c_total[30s] smoothed', 55, ['__name__=c_total 25:2.6666666666666665 30:3 45:4 55:4.666666666666667']],
    ['c_total[30s] anchored', 55, ['__name__=c_total 25:2 30:3 45:4 55:4']],
  ] as const)('%s at %d s', async (expr, seconds, want) => expect(await at(engine, expr, seconds)).toEqual(want))
  test('a range query equals its steps', async () => {
    for (const expr of ['increase(c_total[40s] smoothed)', 'increase(c_total[40s] anchored)', 'c_total smoothed', 'changes(c_total[40s] anchored)']) {
      const [row] = await over(engine, expr, 20, 120, 7)
      const single: string[] = []
      for (let t = 20; t <= 120; t += 7) for (const s of await at(engine, expr, t)) single.push(`${t}:${s.split(' ').at(-1)!}`)
      expect(row!.replace('__name__=c_total ', '')).toBe(single.join(' '))
    }
  })
  test('only for functions that know of them', async () => {
    await expect(at(engine, 'deriv(c_total[1m] smoothed)', 60)).rejects.toThrow('smoothed modifier can only be used with: delta, increase, rate - not with deriv')
    await expect(at(engine, 'absent_over_time(c_total[1m] anchored)', 60)).rejects.toThrow('anchored modifier can only be used with: changes, delta, increase, rate, resets - not with absent_over_time')
  })
})

describe('[E16] fill values stand in for missing series', () => {
  const engine = engineOf([
    [{ __name__: 'a', x: '1' }, [[0, 10], [60, 20]]], [{ __name__: 'a', x: '2' }, [[0, 5]]], [{ __name__: 'b', x: '1' }, [[0, 1]]], [{ __name__: 'b', x: '3' }, [[0, 7]]],
    [{ __name__: 'many', x: '1', y: 'p' }, [[0, 2]]], [{ __name__: 'many', x: '2', y: 'q' }, [[0, 3]]], [{ __name__: 'many', x: '2', y: 'r' }, [[0, 4]]],
  ])
  test.each([
    ['a + fill(0) b', ['x=1 11', 'x=2 5', 'x=3 7']],
    ['a - fill_left(100) b', ['x=1 9', 'x=3 93']],
    ['a - fill_right(100) b', ['x=1 9', 'x=2 -95']],
    ['a > bool fill(6) b', ['x=1 1', 'x=2 0', 'x=3 0']],
    ['a > fill(3) b', ['__name__=a x=1 10', '__name__=a x=2 5']],
    ['many * on (x) group_left fill(10) b', ['x=1 y=p 2', 'x=2 y=q 30', 'x=2 y=r 40', 'x=3 70']],
    ['b * on (x) group_right fill_right(10) many', ['x=1 y=p 2', 'x=2 y=q 30', 'x=2 y=r 40']],
    ['a + fill(1) nothing', ['x=1 11', 'x=2 6']],
    ['nothing + fill_right(1) a', []],
  ] as const)('%s', async (expr, want) => expect(await at(engine, expr, 0)).toEqual(want))
  test('each step is filled for itself', async () => {
    expect(await over(engine, 'a + fill(0) (b offset 30s)', 0, 360, 60)).toEqual([
      'x=1 0:10 60:21 120:21 180:21 240:21 300:21', 'x=2 0:5 60:5 120:5 180:5 240:5', 'x=3 60:7 120:7 180:7 240:7 300:7',
    ])
  })
  test('matching stays strict', async () => {
    await expect(at(engine, 'many + on (x) fill(0) b', 0)).rejects.toThrow('multiple matches for labels: many-to-one matching must be explicit (group_left/group_right)')
    await expect(at(engine, 'nothing + on (x) fill(0) many', 0)).rejects.toThrow('found duplicate series for the match group {x="2"} on the right hand-side')
  })
})

describe('[E17] info joins labels of info series', () => {
  const base: Series = [{ __name__: 'm', instance: 'i', job: 'j' }, [[0, 1], [60, 2], [120, 3]]]
  const info = (version: string, from: number, to: number, name = 'target_info'): Series => [{ __name__: name, instance: 'i', job: 'j', version, os: 'linux' }, Array.from({ length: (to - from) / 60 + 1 }, (_, i) => [from + i * 60, 1] as const)]
  test('all labels, some labels, another info metric', async () => {
    const engine = engineOf([base, info('1', 0, 120), [{ __name__: 'build_info', instance: 'i', job: 'j', rev: 'r' }, [[0, 1]]]])
    expect(await at(engine, 'info(m)', 0)).toEqual(['__name__=m instance=i job=j os=linux version=1 1'])
    expect(await at(engine, 'info(m, {version=~".+"})', 0)).toEqual(['__name__=m instance=i job=j version=1 1'])
    expect(await at(engine, 'info(m, {version="2"})', 0)).toEqual([])
    expect(await at(engine, 'info(m, {__name__="build_info"})', 0)).toEqual(['__name__=m instance=i job=j rev=r 1'])
    expect(await at(engine, 'info(m, {__name__=~".+_info"})', 0)).toEqual(['__name__=m instance=i job=j os=linux rev=r version=1 1'])
    expect(await at(engine, 'info(m @ 60 + 1)', 900)).toEqual(['instance=i job=j os=linux version=1 3'])
  })
  test('the newest info series counts at each step', async () => {
    const engine = engineOf([base, info('1', 0, 60), info('2', 120, 120)])
    expect(await over(engine, 'info(m)', 0, 120, 60)).toEqual(['__name__=m instance=i job=j os=linux version=1 0:1 60:2', '__name__=m instance=i job=j os=linux version=2 120:3'])
  })
  test('contradictions fail', async () => {
    await expect(at(engineOf([base, info('1', 0, 0), info('2', 0, 0)]), 'info(m)', 0)).rejects.toThrow(
      'found duplicate series for info metric: existing {__name__="target_info", instance="i", job="j", os="linux", version="1"} @ 0, new {__name__="target_info", instance="i", job="j", os="linux", version="2"} @ 0')
    await expect(at(engineOf([base, info('1', 0, 0), info('2', 0, 0, 'x_info')]), 'info(m, {__name__=~".+_info"})', 0)).rejects.toThrow('conflicting label: version')
  })
})

describe('[E18] without start timestamps', () => {
  test('start_timestamp answers nothing, as in Prometheus without use-start-timestamps', async () => expect(await at(engineOf([counter]), 'start_timestamp(c_total)', 60)).toEqual([]))
})
