import { describe, expect, test } from 'vitest'
import { interpolateQuery, interpolateText, validChoice, variableValue, withAutoIntervals } from './interpolate.ts'
import { placeBoard } from './layout.ts'
import { panelQueries, withRange } from './panel-queries.ts'
import { readDashboard } from './read-dashboard.ts'

const HOUR = { startMs: 0, endMs: 3_600_000 }

describe('D2 intervals that follow the range', () => {
  const interval = (more: object) => readDashboard({ title: 'b', panels: [{ id: 1, type: 'timeseries', targets: [{ refId: 'A', expr: 'rate(x[$step])' }] }], templating: { list: [{ name: 'step', type: 'interval', query: '1m,10m,1h', auto: true, auto_count: 30, auto_min: '10s', ...more }] } })

  test.each(['$__auto_interval_step', '$__auto'])('[D2] %s is a thirtieth of the range, rounded', current => {
    const b = interval({ current: { value: current, text: 'auto' } })
    const [v] = b.variables
    expect(v!.options.map(o => o.value)).toEqual(['$__auto_interval_step', '1m', '10m', '1h'])
    const values = new Map([['step', variableValue(v!, validChoice(v!, v!.current, v!.options))]])
    expect(panelQueries(b.panels[0]!, { range: HOUR, widthPx: 500, variables: values })[0]!.expr).toBe('rate(x[2m])')
    expect(interpolateText('every $step', values)).toBe('every auto')
    expect(interpolateQuery('$step', withAutoIntervals(values, { startMs: 0, endMs: 60_000 }))).toBe('10s')
  })

  test('[D2] without auto the saved choice of it is the first of the list', () => {
    const b = interval({ auto: false, current: { value: '$__auto_interval_step' } })
    expect(b.variables[0]!.current).toEqual(['1m'])
    expect(b.variables[0]!.options.map(o => o.value)).toEqual(['1m', '10m', '1h'])
  })
})

describe('D3 repeats on All', () => {
  test.each(['', '.*'])('[D3] a panel has a copy for every option, also where All is written %j in queries', allValue => {
    const b = readDashboard({
      title: 'b', panels: [{ id: 1, type: 'stat', title: 'of $host', repeat: 'host', gridPos: { x: 0, y: 0, w: 12, h: 4 }, targets: [] }],
      templating: { list: [{ name: 'host', type: 'custom', query: 'a,b,c', includeAll: true, allValue, current: { value: '$__all' } }] },
    })
    const values = new Map([['host', variableValue(b.variables[0]!)]])
    expect(placeBoard(b, values).map(p => p.kind === 'panel' ? p.panel.scopedVars?.['host'] : '')).toEqual(['a', 'b', 'c'])
    expect(interpolateQuery('{h=~"$host"}', values)).toBe(allValue === '' ? '{h=~"(a|b|c)"}' : '{h=~".*"}')
    expect(interpolateText('$host', values)).toBe('All')
  })
})

describe('D2 variables of variables', () => {
  test('[D2] the text of All may name other variables, itself it does not', () => {
    const b = readDashboard({ title: 'b', panels: [], templating: { list: [{ name: 'cluster', type: 'custom', query: 'east' }, { name: 'pod', type: 'custom', query: 'a,b', includeAll: true, allValue: '$cluster-[0-9]+-$pod', current: { value: '$__all' } }] } })
    const values = new Map(b.variables.map(v => [v.name, variableValue(v)]))
    expect(interpolateQuery('{pod=~"$pod"}', values)).toBe('{pod=~"east-[0-9]+-$pod"}')
  })

  test('[D2] queries beside panels know the range', () => {
    expect(interpolateQuery('rate(x[$__range]) $__from $__interval $__rate_interval', withRange(new Map(), HOUR))).toBe('rate(x[3600s]) 0 15s 1m')
  })

  test('[D2] a variable of another data source is told', () => {
    const b = readDashboard({ title: 'b', panels: [], templating: { list: [{ name: 'x', type: 'query', datasource: { type: 'loki', uid: 'l' }, query: 'label_values(app)', options: [{ text: 'a', value: 'a' }] }] } })
    expect(b.variables[0]).toMatchObject({ otherSource: 'loki', options: [{ value: 'a' }] })
  })
})
