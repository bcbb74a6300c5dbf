import { describe, expect, test } from 'vitest'
import { DASHES, PALETTE, readDashboard } from '@haechi/dashboards'
import { emptyReason } from './empty-reason.ts'
import { seriesOfAnswer } from './fetch-series.ts'
import { panelFields } from './fields.ts'
import { statItems } from './stat/transform.ts'
import { timeSeriesModel } from './timeseries/transform.ts'
import { dependencyOrder, loadOptions } from './use-variables.ts'
import { multiChoice } from './VariableBar.tsx'
import type { JsonObject, Panel, PanelQuery } from '@haechi/dashboards'
import type { PanelContext, QueryResult } from './panel-result.ts'
import type { PanelSeries } from './types.ts'

const panel = (json: JsonObject): Panel => readDashboard({ panels: [{ type: 'timeseries', targets: [{ refId: 'A', expr: 'up' }], ...json }] }).panels[0]!
const query = (members: Partial<PanelQuery> = {}): PanelQuery => ({ refId: 'A', expr: 'up', startMs: 0, endMs: 60_000, stepMs: 15_000, legend: '{{job}}', instant: false, shiftMs: 0, ...members })
const series = (labels: Record<string, string>, vs: number[]): PanelSeries => ({ labels, ts: Float64Array.from(vs, (_, i) => i * 15_000), vs: Float64Array.from(vs) })
const context: PanelContext = { theme: 'dark', language: 'en', range: { startMs: 0, endMs: 60_000 } }
const results = (...all: PanelSeries[]): QueryResult[] => [{ query: query(), series: all }]

describe('P1 fields', () => {
  test('[P1] equal names are numbered, ids differ and stay', () => {
    const fields = panelFields(panel({}), [{ query: query({ legend: 'x' }), series: [series({ a: '1' }, [1]), series({ a: '2' }, [2])] }, { query: query({ refId: 'B', legend: 'x' }), series: [series({ a: '1' }, [3])] }])
    expect(fields.map(f => f.name)).toEqual(['x', 'x 2', 'x 3'])
    expect(new Set(fields.map(f => f.id)).size).toBe(3)
    expect(new Set(fields.map(f => f.colorKey)).size).toBe(3)
  })
  test('[P1] overrides by name, query and value; hidden fields are left out', () => {
    const p = panel({ fieldConfig: { defaults: { unit: 's' }, overrides: [
      { matcher: { id: 'byName', options: 'a' }, properties: [{ id: 'unit', value: 'bytes' }, { id: 'displayName', value: 'A of ${__field.labels.job}' }] },
      { matcher: { id: 'byRegexp', options: '/^b/' }, properties: [{ id: 'custom.hideFrom', value: { viz: true } }] },
      { matcher: { id: 'byValue', options: { reducer: 'max', op: 'gt', value: 5 } }, properties: [{ id: 'decimals', value: 3 }] },
      { matcher: { id: 'nobody knows' }, properties: [{ id: 'unit', value: 'x' }] },
      { matcher: { id: 'byFrameRefID', options: 'A' }, properties: [{ id: 'thresholds', value: 'broken' }] },
    ] } })
    const fields = panelFields(p, results(series({ job: 'a' }, [1]), series({ job: 'b' }, [1]), series({ job: 'c' }, [9])))
    expect(fields.map(f => [f.name, f.config.unit, f.config.decimals])).toEqual([['A of a', 'bytes', undefined], ['c', 's', 3]])
  })
})

describe('P2 time series', () => {
  test('[P2] the model of two services', () => {
    const m = timeSeriesModel(panel({ fieldConfig: { defaults: { unit: 'reqps', custom: { lineWidth: 1 } } } }), results(series({ job: 'orders' }, [1, 2, 3]), series({ job: 'shop' }, [4, NaN, 6])), context)
    expect(m).toMatchObject({ startMs: 0, endMs: 60_000, stepMs: 15_000, y: { unit: 'reqps' }, stacking: 'none', thresholds: [] })
    expect(m.series.map(s => [s.name, s.dash, s.style.width])).toEqual([['orders', [], 1.5], ['shop', [], 1.5]])
    expect(PALETTE.dark).toContain(m.series[0]!.color)
    expect(m.series[0]!.color).not.toBe(m.series[1]!.color)
  })
  test('[P2] a service keeps its colour alone, in company and in the other order', () => {
    const color = (all: PanelSeries[]): string => timeSeriesModel(panel({}), results(...all), context).series.find(s => s.name === 'orders')!.color
    const orders = series({ job: 'orders' }, [1])
    const shop = series({ job: 'shop' }, [1])
    expect(new Set([color([orders]), color([orders, shop]), color([shop, orders])]).size).toBe(1)
  })
  test('[P2] own colours, dashes, negative values, thresholds and stacking', () => {
    const m = timeSeriesModel(panel({ fieldConfig: {
      defaults: { unit: 'ms', thresholds: { mode: 'absolute', steps: [{ color: 'green', value: null }, { color: 'red', value: 80 }] }, custom: { thresholdsStyle: { mode: 'dashed' }, stacking: { mode: 'normal' }, scaleDistribution: { type: 'log', log: 2 } } },
      overrides: [{ matcher: { id: 'byName', options: 'in' }, properties: [{ id: 'color', value: { mode: 'fixed', fixedColor: 'red' } }, { id: 'custom.transform', value: 'negative-Y' }, { id: 'custom.lineStyle', value: { fill: 'dash' } }] }],
    } }), results(series({ job: 'in' }, [1, 2]), series({ job: 'out' }, [3])), context)
    expect(m.series[0]).toMatchObject({ color: '#F2495C', dash: DASHES[1] })
    expect([...m.series[0]!.vs]).toEqual([-1, -2])
    expect(m.series[1]!.style.fill).toBe(0.3)
    expect(m).toMatchObject({ stacking: 'normal', y: { logBase: 2 }, thresholds: [{ value: 80, color: '#F2495C', label: '80 ms' }] })
  })
  test('[P2] shifted data lies in the range that is shown', () => {
    const m = timeSeriesModel(panel({ timeShift: '1d' }), [{ query: query({ shiftMs: 86_400_000, startMs: -86_400_000, endMs: -86_340_000 }), series: [{ labels: {}, ts: Float64Array.of(-86_400_000), vs: Float64Array.of(1) }] }], context)
    expect([...m.series[0]!.ts]).toEqual([0])
    expect([m.startMs, m.endMs]).toEqual([0, 60_000])
  })
})

describe('P3 stat', () => {
  const stat = (json: JsonObject, ...all: PanelSeries[]): ReturnType<typeof statItems> => statItems(panel({ type: 'stat', ...json }), results(...all), context)
  test('[P3] last value, line and threshold colour', () => {
    const [item] = stat({ fieldConfig: { defaults: { unit: 'percentunit', thresholds: { steps: [{ color: 'green', value: null }, { color: 'red', value: 0.05 }] } } } }, series({ job: 'a' }, [0.01, 0.075, NaN]))
    expect(item).toMatchObject({ name: 'a', value: 0.075, display: { text: '7.50', suffix: '%', color: '#F2495C' } })
    expect(item!.ts).toHaveLength(3)
  })
  test('[P3] a number per calculation; no line where none is wanted', () => {
    const items = stat({ options: { graphMode: 'none', reduceOptions: { calcs: ['mean', 'max'] }, showPercentChange: true } }, series({ job: 'a' }, [1, 2, 3]))
    expect(items.map(i => [i.name, i.value, i.ts, i.change])).toEqual([['a Mean', 2, undefined, 2], ['a Max', 3, undefined, 2]])
  })
  test('[P3] nothing but NaN is no value', () => expect(stat({}, series({}, [NaN]))[0]).toMatchObject({ value: null, display: { text: '' } }))
})

describe('P4 answers', () => {
  test('[P4] matrix, vector, scalar; infinities and NaN', () => {
    expect(seriesOfAnswer({ resultType: 'matrix', result: [{ metric: { a: '1' }, values: [[1.5, '2'], [3, '+Inf'], [4, 'NaN']] }, { metric: { h: '1' } }] })).toEqual([{ labels: { a: '1' }, ts: Float64Array.of(1500, 3000, 4000), vs: Float64Array.of(2, Infinity, NaN) }])
    expect(seriesOfAnswer({ resultType: 'vector', result: [{ metric: {}, value: [1, '5'] }] })).toEqual([{ labels: {}, ts: Float64Array.of(1000), vs: Float64Array.of(5) }])
    expect(seriesOfAnswer({ resultType: 'scalar', result: [1, '7'] })).toEqual([{ labels: {}, ts: Float64Array.of(1000), vs: Float64Array.of(7) }])
    expect(seriesOfAnswer({ resultType: 'string', result: [1, 'x'] })).toEqual([])
  })

  test('[P4] native histograms stand beside the numbers of their series', () => {
    const wire = { count: '3', sum: '4.5', buckets: [[1, '-0.001', '0.001', '1'], [0, '1', '2', '2']] } as const
    const sample = { count: 3, sum: 4.5, buckets: [{ lower: -0.001, upper: 0.001, count: 1 }, { lower: 1, upper: 2, count: 2 }] }
    expect(seriesOfAnswer({ resultType: 'matrix', result: [{ metric: { a: '1' }, values: [[2, '5']], histograms: [[1, wire], [3, wire]] }] })).toEqual([{ labels: { a: '1' }, ts: Float64Array.of(1000, 2000, 3000), vs: Float64Array.of(NaN, 5, NaN), histograms: [sample, null, sample] }])
    expect(seriesOfAnswer({ resultType: 'vector', result: [{ metric: {}, histogram: [1, { count: '0', sum: '0' }] }] })).toEqual([{ labels: {}, ts: Float64Array.of(1000), vs: Float64Array.of(NaN), histograms: [{ count: 0, sum: 0, buckets: [] }] }])
  })
})

describe('P5 why nothing came', () => {
  const reason = async (inRange: string[], known: string[]): Promise<unknown> => await emptyReason(['rate(a[5m]) / b'], { startMs: 10, endMs: 20 }, async (_d, range) => range.startMs === 10 ? inRange : known, new AbortController().signal)
  test('[P5] unknown, silent, filtered', async () => {
    expect(await reason(['a'], ['a'])).toEqual({ kind: 'unknown', names: ['b'] })
    expect(await reason(['a'], ['a', 'b'])).toEqual({ kind: 'silent', names: ['b'] })
    expect(await reason(['a', 'b'], [])).toEqual({ kind: 'filtered' })
  })
})

describe('P6 variables', () => {
  const { variables } = readDashboard({ templating: { list: [
    { name: 'instance', type: 'query', query: 'label_values(up{job="$job"}, instance)' }, { name: 'job', type: 'query', query: 'label_values(job)', current: { value: 'b' } }, { name: 'broken', type: 'query', query: 'label_values(x)' },
  ] } })
  test('[P6] dependants load after what they depend on', () => expect(dependencyOrder(variables).map(v => v.name)).toEqual(['job', 'instance', 'broken']))
  test('[P6] a failing one shows its error, the others load', async () => {
    const asked: string[] = []
    const states = await loadOptions(variables, {}, { startMs: 0, endMs: 1 }, async d => {
      asked.push(d)
      if (d.includes('(x)')) throw new Error('no')
      return d.includes('instance') ? ['i2', 'i1'] : ['a', 'b']
    }, new AbortController().signal)
    expect(asked).toEqual(['label_values(job)', 'label_values(up{job="b"}, instance)', 'label_values(x)'])
    expect(states.get('instance')).toMatchObject({ chosen: ['i2'] })
    expect(states.get('broken')).toMatchObject({ error: 'no' })
  })
  test('[P6] All and single values exclude each other', () => {
    expect(multiChoice(['$__all'], ['$__all', 'a'])).toEqual(['a'])
    expect(multiChoice(['a'], ['a', '$__all'])).toEqual(['$__all'])
  })
})
