import { describe, expect, test } from 'vitest'
import { plainValue } from './interpolate.ts'
import { expressionInputs, panelQueries } from './panel-queries.ts'
import { readDashboard } from './read-dashboard.ts'
import type { JsonObject } from './model.ts'
import type { PanelQuery, QueryContext } from './panel-queries.ts'

const END = 1_700_000_007_000
const ask = (panel: JsonObject, context: Partial<QueryContext> = {}): PanelQuery[] => panelQueries(readDashboard({ panels: [panel] }).panels[0]!, { range: { startMs: END - 21_600_000, endMs: END }, widthPx: 1000, variables: new Map(), ...context })
const target = (members: JsonObject): JsonObject => ({ targets: [{ refId: 'A', expr: 'up', ...members }] })

describe('Q1 queries of a panel', () => {
  test('[Q1] step, macros and alignment of 6 h in 1000 px', () => {
    expect(ask(target({ expr: 'rate(x[$__rate_interval]) + $__interval_ms + ${__range_s} # [$__range] $__interval $__range_ms', legendFormat: '{{job}} $__interval' }))).toEqual([{
      refId: 'A', expr: 'rate(x[1m]) + 20000 + 21600 # [21600s] 20s 21600000', startMs: Math.floor((END - 21_600_000) / 20_000) * 20_000, endMs: Math.floor(END / 20_000) * 20_000, stepMs: 20_000,
      legend: '{{job}} 20s', instant: false, shiftMs: 0,
    }])
  })
  test.each([
    { name: 'the query\'s min step wins', panel: { ...target({ expr: '$__rate_interval', interval: '2m' }), interval: '5m' }, context: {}, step: 120_000, expr: '8m' },
    { name: 'the scrape interval is the least step', panel: target({ expr: '$__rate_interval' }), context: { scrapeIntervalMs: 60_000 }, step: 60_000, expr: '4m' },
    { name: 'the panel\'s interval is obeyed', panel: { ...target({ expr: '$__interval' }), interval: '10m' }, context: {}, step: 600_000, expr: '10m' },
    { name: 'a panel may ask finer than 15 s without a known scrape interval', panel: { ...target({ expr: '$__interval' }), interval: '1s' }, context: { widthPx: 21_600 }, step: 2000, expr: '1s' },
    { name: 'maxDataPoints instead of the width', panel: { ...target({ expr: '$__interval' }), maxDataPoints: 100 }, context: {}, step: 300_000, expr: '5m' },
    { name: 'the factor multiplies the step, not the macro', panel: target({ expr: '$__interval', intervalFactor: 3 }), context: {}, step: 60_000, expr: '20s' },
    { name: 'a variable as min step', panel: target({ expr: '$__interval', interval: '$i' }), context: { variables: new Map([['i', plainValue('i', '1h')]]) }, step: 3_600_000, expr: '1h' },
  ] as const)('[Q1] $name', ({ panel, context, step, expr }) => {
    const q = ask(panel, context as Partial<QueryContext>)[0]!
    expect([q.stepMs, q.expr]).toEqual([step, expr])
  })
  test('[Q1] no more than 11,000 points are ever asked', () => {
    const q = ask({ ...target({}), maxDataPoints: 100_000, interval: '1s' }, { range: { startMs: END - 30 * 86_400_000, endMs: END } })[0]!
    expect((q.endMs - q.startMs) / q.stepMs).toBeLessThanOrEqual(11_000)
  })
  test('[Q1] hidden and empty queries are not asked; instant and range make two', () => {
    expect(ask({ targets: [{ refId: 'A', expr: 'a', hide: true }, { refId: 'B', expr: ' ' }, { refId: 'C', expr: 'c', instant: true, range: true }, { refId: 'D', expr: 'd', instant: true }] }).map(q => [q.refId, q.instant])).toEqual([['C', false], ['C', true], ['D', true]])
  })
  test('[Q1] timeFrom replaces a relative range, timeShift moves it', () => {
    const from = ask({ ...target({}), timeFrom: '1h' }, { relative: true, nowMs: END })[0]!
    expect(Math.round((from.endMs - from.startMs) / 60_000)).toBe(60)
    const absolute = ask({ ...target({}), timeFrom: '1h' }, { relative: false, nowMs: END })[0]!
    expect(absolute.endMs - absolute.startMs).toBe(21_600_000)
    const shifted = ask({ ...target({}), timeShift: '1d' })[0]!
    expect([shifted.shiftMs, shifted.endMs]).toEqual([86_400_000, Math.floor((END - 86_400_000) / 20_000) * 20_000])
  })
})

describe('Q3 expressions', () => {
  const expression = { type: '__expr__', uid: '__expr__' }
  const panel = (...targets: JsonObject[]): JsonObject => ({ datasource: { type: 'prometheus' }, targets })
  test('[Q3] an expression takes along what it comes from: hidden queries, too, and the expressions between, each once', () => {
    const queries = ask(panel(
      { refId: 'A', expr: 'a', hide: true }, { refId: 'B', expr: 'b', instant: true, range: false }, { refId: 'AB', expr: 'unused' },
      { refId: 'C', datasource: expression, type: 'reduce', expression: 'A', reducer: 'mean' }, { refId: 'D', datasource: expression, type: 'math', expression: '$C / ${B} + $A * $limit' },
    ), { variables: new Map([['limit', plainValue('limit', '3')]]) })
    expect(queries.map(q => q.refId)).toEqual(['B', 'AB', 'C', 'D'])
    const d = queries[3]!
    expect(d.expr).toBe('$C / ${B} + $A * 3')
    expect(d.expression!.inputs.map(q => [q.refId, q.expr, q.instant])).toEqual([['A', 'a', false], ['B', 'b', true]])
    expect(d.expression!.steps.map(s => s['refId'])).toEqual(['C'])
    expect(queries[2]!.expression!.inputs.map(q => q.refId)).toEqual(['A'])
    expect([d.startMs, d.endMs, d.stepMs]).toEqual([queries[1]!.startMs, queries[1]!.endMs, queries[1]!.stepMs])
  })
  test('[Q3] one that needs itself or what there is not is asked all the same; hidden ones are not', () => {
    const queries = ask(panel({ refId: 'A', datasource: expression, type: 'math', expression: '$A + $X' }, { refId: 'B', datasource: '__expr__', type: 'math', expression: '1', hide: true }))
    expect(queries.map(q => [q.refId, q.expression!.inputs, q.expression!.steps])).toEqual([['A', [], []]])
  })
  test.each([
    ['$A', { type: 'math', expression: '$A + ${B C} + $AB' }, ['A', 'B C', 'AB']], ['reduce', { type: 'reduce', expression: '$A' }, ['A']], ['nothing', { type: 'reduce' }, ['']],
    ['classic', { type: 'classic_conditions', conditions: [{ query: { params: ['A'] } }, 'x', {}] }, ['A']],
  ])('[Q3] the letters of %s', (_name, model, want) => expect(expressionInputs(model as JsonObject, ['A', 'B C', 'AB'])).toEqual(want))
})
