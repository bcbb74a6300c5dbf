import { describe, expect, test } from 'vitest'
import { PLAIN_LEGEND, legendRows, startSort, tableCalcs } from './legend-rows.ts'
import type { ChartSeries } from './chart-model.ts'

const line = (name: string, vs: number[], more: Partial<ChartSeries> = {}): ChartSeries => ({ id: name, name, color: 'red', dash: [], ts: Float64Array.from(vs, (_, i) => i), vs: Float64Array.from(vs), style: { draw: 'line', interpolation: 'linear', width: 1, spanGaps: false, showPoints: 'auto', pointSize: 5 }, ...more })
const series = [line('a 10', [1, 5, 2]), line('a 9', [3, 3, 3]), line('nothing', [NaN]), line('unlisted', [9], { hideFrom: { legend: true, tooltip: false } })]
const names = (sort: Parameters<typeof legendRows>[2], calcs: readonly string[] = ['lastNotNull', 'max']): string[] => legendRows(series, calcs, sort).map(r => r.series.name)

describe('C11 legends', () => {
  test('[C11] the table has the calculations that the board asks for, else last, mean and max; unknown ones are left out', () => {
    expect(tableCalcs(PLAIN_LEGEND)).toEqual(['lastNotNull', 'mean', 'max'])
    expect(tableCalcs({ ...PLAIN_LEGEND, calcs: ['min', 'mystery', 'p95'] })).toEqual(['min', 'p95'])
  })
  test('[C11] it begins with the order of the board, named as Grafana names columns; without one the highest last value is first', () => {
    expect(startSort({ ...PLAIN_LEGEND, calcs: ['mean', 'max'], sortBy: 'Max', sortDesc: false })).toEqual({ by: 'max', desc: false })
    expect(startSort({ ...PLAIN_LEGEND, sortBy: 'Name', sortDesc: false })).toEqual({ by: 'name', desc: false })
    expect(startSort({ ...PLAIN_LEGEND, calcs: ['min'], sortDesc: false })).toEqual({ by: 'min', desc: true })
    expect(startSort(PLAIN_LEGEND)).toEqual({ by: 'lastNotNull', desc: true })
  })
  test('[C11] lines stand in the order of a value or of their names; without a value last both ways; what is not to be listed is not', () => {
    expect(names({ by: 'lastNotNull', desc: true })).toEqual(['a 9', 'a 10', 'nothing'])
    expect(names({ by: 'max', desc: true })).toEqual(['a 10', 'a 9', 'nothing'])
    expect(names({ by: 'max', desc: false })).toEqual(['a 9', 'a 10', 'nothing'])
    expect(names({ by: 'name', desc: false })).toEqual(['a 9', 'a 10', 'nothing'])
    expect(legendRows(series, ['mean'], { by: 'mean', desc: true })[0]!.values).toEqual([3])
  })
})
