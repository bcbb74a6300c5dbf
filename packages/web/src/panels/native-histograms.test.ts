import { describe, expect, test } from 'vitest'
import { readDashboard } from '@haechi/dashboards'
import { panelFields } from './fields.ts'
import { heatmapModel } from './heatmap/transform.ts'
import { histogramModel } from './histogram/transform.ts'
import { joined } from './shared-fetch.ts'
import type { NativeSample, Panel } from '@haechi/dashboards'
import type { PanelContext, QueryResult } from './panel-result.ts'
import type { PanelSeries } from './types.ts'

const context: PanelContext = { theme: 'dark', language: 'en', range: { startMs: 0, endMs: 60_000 } }
const panel = (type: string, options: object = {}): Panel => readDashboard({ panels: [{ type, options, targets: [{ refId: 'A', expr: 'a' }] }] }).panels[0]!
const sample = (...buckets: [lower: number, upper: number, count: number][]): NativeSample => ({ count: buckets.reduce((n, b) => n + b[2], 0), sum: 0, buckets: buckets.map(([lower, upper, count]) => ({ lower, upper, count })) })
const native = (...samples: (NativeSample | null)[]): PanelSeries => ({ labels: { job: 'a' }, ts: Float64Array.from(samples, (_, i) => i * 15_000), vs: new Float64Array(samples.length).fill(NaN), histograms: samples })
const answer = (...series: PanelSeries[]): QueryResult[] => [{ query: { refId: 'A', expr: 'a', startMs: 0, endMs: 60_000, stepMs: 15_000, legend: '', instant: false, shiftMs: 0 }, series }]
const counts = (type: string, series: PanelSeries, options: object = {}): [string, string[]][] => heatmapModel(panel(type, options), answer(series), context)!.cells.rows.map(r => [r.name, Array.from(r.starts, (_, i) => r.textOf(i))])

describe('P12 native histograms', () => {
  test('[P12] each bucket is a row, what lies between two is an empty one', () => {
    expect(counts('heatmap', native(sample([1, 2, 3]), sample([1, 2, 1], [4, 8, 5])))).toEqual([['4 – 8', ['0', '5']], ['2 – 4', ['0', '0']], ['≤ 2', ['3', '1']]])
  })

  test('[P12] where the resolution changes, the coarser buckets count', () => {
    expect(counts('heatmap', native(sample([1, 2, 3], [2, 4, 4]), sample([1, 1.4, 1], [1.4, 2, 2], [2, 2.8, 7])))).toEqual([['2 – 4', ['4', '7']], ['≤ 2', ['3', '3']]])
  })

  test('[P12] a panel that counts by itself takes the buckets as they are; numbers between histograms are left out', () => {
    expect(counts('heatmap', native(sample([-1, 1, 2]), null, sample([-1, 1, 4])), { calculate: true })).toEqual([['≤ 1', ['2', '4']]])
  })

  test('[P12] several series are counted together, whatever their buckets are; classic ones likewise', () => {
    const model = (p: Panel, ...series: PanelSeries[]): unknown => heatmapModel(p, answer(...series), context)!.cells.rows.map(r => [r.name, Array.from(r.starts, (_, i) => r.textOf(i))])
    expect(model(panel('heatmap'), native(sample([1, 2, 3], [2, 4, 1]), sample([1, 2, 1])), native(sample([1, 1.4, 1], [1.4, 2, 2])))).toEqual([['2 – 4', ['1', '0']], ['≤ 2', ['6', '1']]])
    const classic = (job: string, vs: number[]): PanelSeries[] => ['1', '+Inf'].map((le, i) => ({ labels: { job, le }, ts: Float64Array.of(0), vs: Float64Array.of(vs[i]!) }))
    const p = readDashboard({ panels: [{ type: 'heatmap', targets: [{ refId: 'A', expr: 'a', format: 'heatmap' }] }] }).panels[0]!
    expect(model(p, ...classic('a', [1, 3]), ...classic('b', [10, 10]))).toEqual([['> 1', ['2']], ['≤ 1', ['11']]])
  })

  test('[P12] unbounded buckets lie at the ends', () => {
    expect(counts('heatmap', native(sample([-Infinity, 0.5, 1], [0.5, Infinity, 2])))).toEqual([['> 0.500', ['2']], ['≤ 0.500', ['1']]])
  })

  test('[P11] a histogram shows what the range counted in each bucket, classic buckets likewise', () => {
    expect(histogramModel(panel('histogram'), answer(native(sample([1, 2, 3]), sample([1, 2, 1], [2, 4, 5]))), context)).toMatchObject({ categories: ['≤ 2', '2 – 4'], series: [{ name: 'Count', vs: [4, 5] }] })
    const classic = ['1', '2', '+Inf'].map((le, i): PanelSeries => ({ labels: { le }, ts: Float64Array.of(0, 1), vs: Float64Array.of(i + 1, i + 2) }))
    const p = readDashboard({ panels: [{ type: 'histogram', targets: [{ refId: 'A', expr: 'a', format: 'heatmap' }] }] }).panels[0]!
    expect(histogramModel(p, answer(...classic), context)).toMatchObject({ categories: ['≤ 1', '1 – 2', '> 2'], series: [{ vs: [3, 2, 2] }] })
  })

  test('[P2] native histograms are no lines', () => expect(panelFields(panel('timeseries'), answer(native(sample([1, 2, 3]))))).toEqual([]))

  test('[P16] a joined answer keeps them', () => {
    const [a, b, c] = [sample([1, 2, 1]), sample([1, 2, 2]), sample([1, 2, 3])]
    const later: PanelSeries = { ...native(c), ts: Float64Array.of(30_000) }
    expect(joined([native(a, b)], [later], 15_000, 30_000)[0]).toMatchObject({ ts: Float64Array.of(15_000, 30_000), histograms: [b, c] })
  })
})
