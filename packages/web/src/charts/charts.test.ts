import { describe, expect, test } from 'vitest'
import { alignSeries, stackColumns } from './align.ts'
import { sparklinePath, sparklineRange } from './sparkline-path.ts'
import { chartSummary, seriesFacts, spanText } from './summary.ts'
import { timeTexts } from './time-axis.ts'
import { tooltipPlace, tooltipRows } from './tooltip.ts'
import { choiceAfterClick, shownSeries } from './visible-series.ts'
import { logMarks, roundIncrement, yMarks, yScale, yTexts } from './y-scale.ts'
import type { ChartSeries, YAxisSettings } from './chart-model.ts'

const series = (id: string, ts: number[], vs: number[]): ChartSeries => ({
  id, name: id, color: '#123456', dash: [], ts: Float64Array.from(ts), vs: Float64Array.from(vs), style: { draw: 'line', interpolation: 'linear', width: 1.5, spanGaps: false, showPoints: 'auto', pointSize: 5 },
})

describe('C1 one time axis', () => {
  test('[C1] missing steps, NaN and infinities are gaps', () => {
    expect(alignSeries([series('a', [0, 10, 30], [1, NaN, 3]), series('b', [10, 20], [Infinity, 5])], 10)).toEqual({ ts: [0, 10, 20, 30], columns: [[1, null, null, 3], [null, null, 5, null]] })
  })
  test('[C1] different grids are united; only real holes are gaps', () => {
    const { ts, columns } = alignSeries([series('a', [0, 10, 20, 50, 60], [1, 2, 3, 4, 5]), series('b', [5, 20, 35, 50], [1, 2, 3, 4])], 10)
    expect(ts).toEqual([0, 5, 10, 20, 35, 50, 60])
    expect(columns[0]).toEqual([1, undefined, 2, 3, null, 4, 5])
    expect(columns[1]).toEqual([undefined, 1, undefined, 2, 3, 4, undefined])
  })
  test('[C1] no data at all', () => expect(alignSeries([series('a', [], [])], 10)).toEqual({ ts: [], columns: [[]] }))
})

describe('C2 vertical axis', () => {
  const scale = (low: number, high: number, y: Partial<YAxisSettings> & { unit: string }, ticks = 5): number[] => {
    const s = yScale(low, high, y, ticks)
    return [s.min, s.max, s.increment]
  }
  test.each([
    { name: 'a rate starts at zero', low: 3, high: 16, y: { unit: 'reqps' }, want: [0, 20, 5] },
    { name: 'a small error ratio does not reach to 100 %', low: 0, high: 0.066, y: { unit: 'percentunit' }, want: [0, 0.08, 0.02] },
    { name: 'a full CPU ends at 100 %', low: 0.7, high: 0.99, y: { unit: 'percentunit' }, want: [0, 1, 0.2] },
    { name: 'no errors at all', low: 0, high: 0, y: { unit: 'percentunit' }, want: [0, 0.01, 0.002] },
    { name: 'a flat zero', low: 0, high: 0, y: { unit: 'reqps' }, want: [0, 1, 0.2] },
    { name: 'negative values', low: -3, high: 4, y: { unit: 'short' }, want: [-4, 4, 2] },
    { name: 'only negative values end at zero', low: -9, high: -3, y: { unit: 'short' }, want: [-10, 0, 2] },
    { name: 'a temperature is a level', low: 20, high: 22, y: { unit: 'celsius' }, want: [20, 22, 0.5] },
    { name: 'bytes in binary steps', low: 0, high: 23 * 1024 ** 3, y: { unit: 'bytes' }, want: [0, 25 * 1024 ** 3, 5 * 1024 ** 3] },
    { name: 'seconds in minutes', low: 0, high: 400, y: { unit: 's' }, want: [0, 480, 120] },
    { name: 'given ends are kept', low: 5, high: 50, y: { unit: 'percent', min: 0, max: 100 }, want: [0, 100, 20] },
    { name: 'no data', low: Infinity, high: -Infinity, y: { unit: 'percentunit' }, want: [0, 1, 0.2] },
  ])('[C2] $name', ({ low, high, y, want }) => expect(scale(low, high, y).map(v => Number(v.toPrecision(12)))).toEqual(want))
  test('[C2] marks are exact and the unit stands once', () => {
    expect(yMarks({ min: 0, max: 0.3, increment: 0.1 })).toEqual([0, 0.1, 0.2, 0.3])
    expect(yTexts([0, 0.05, 0.1], { unit: 's' })).toEqual(['0', '50', '100 ms'])
    expect(yTexts([0, 0.5, 1], { unit: 's' })).toEqual(['0', '0.5', '1.0 s'])
    expect(yTexts([0, 0.02, 0.04], { unit: 'percentunit' })).toEqual(['0', '2', '4%'])
    expect(yTexts([0, 500, 1000, 1500], { unit: 'reqps' })).toEqual(['0', '0.5K', '1.0K', '1.5K req/s'])
    expect(yTexts([0, 1024 ** 3, 2 * 1024 ** 3], { unit: 'bytes' })).toEqual(['0', '1', '2 GiB'])
    expect(yTexts([0, 1], { unit: 'bool' })).toEqual(['False', 'True'])
    expect(yTexts([-1, 0, 1], { unit: 'short' })).toEqual(['-1', '0', '1'])
  })
  test.each([[3, 'reqps', 5], [0.003, 's', 0.005], [70, 's', 120], [3000, 'bytes', 5 * 1024], [600 * 1024, 'bytes', 1024 * 1024]] as const)('[C2] at least %d in %s: %d', (rough, unit, want) => expect(roundIncrement(rough, unit)).toBe(want))
  test('[C2] a logarithmic axis ends at powers', () => {
    const s = yScale(3, 700, { unit: 'short', logBase: 10 }, 5)
    expect([s.min, s.max]).toEqual([1, 1000])
    expect(logMarks(s, 10)).toEqual([1, 2, 5, 10, 20, 50, 100, 200, 500, 1000])
    expect(logMarks({ min: 1, max: 1e6, increment: 0 }, 10)).toEqual([1, 10, 100, 1000, 10_000, 100_000, 1_000_000])
    const zero = yScale(0, 0, { unit: 'short', logBase: 10 }, 5)
    expect(zero.min).toBeGreaterThan(0)
    expect(zero.max).toBeGreaterThan(zero.min)
  })
  test('[C2] time marks: the day where it begins', () => {
    const day = Date.UTC(2024, 4, 6)
    expect(timeTexts([day - 3_600_000, day, day + 3_600_000], 3_600_000, 'en', 'UTC')).toEqual(['23:00', 'May 6', '01:00'])
    expect(timeTexts([day], 3_600_000, 'ko', 'UTC')).toEqual(['5월 6일'])
    expect(timeTexts([day + 5000], 5000, 'en', 'UTC')).toEqual(['00:00:05'])
  })
})

describe('C3 stacks', () => {
  test('[C3] gaps lie flat, common gaps stay', () => {
    expect(stackColumns([[1, null, null], [2, 3, null]], [true, true], 'normal')).toEqual([[1, 0, null], [3, 3, null]])
  })
  test('[C3] hidden series count nothing; shares add up to 100', () => {
    expect(stackColumns([[1, 1], [5, 5], [3, 0]], [true, false, true], 'percent')).toEqual([[25, 100], [5, 5], [100, 100]])
  })
})

describe('C4 tooltip', () => {
  const row = (i: number, near = false): Parameters<typeof tooltipRows>[0][number] => ({ name: `s${i}`, color: '', dash: false, text: '', value: i, near })
  test('[C4] highest first, at most 12, the nearest always there', () => {
    const cut = tooltipRows(Array.from({ length: 50 }, (_, i) => row(i, i === 3)))
    expect(cut.more).toBe(38)
    expect(cut.rows.map(r => r.value)).toEqual([49, 48, 47, 46, 45, 44, 43, 42, 41, 40, 39, 3])
  })
  test.each([[100, 50], [10, 10], [590, 190], [300, 0]])('[C4] never under the pointer at %d, %d', (x, y) => {
    const p = tooltipPlace(x, y, 150, 80, { width: 600, height: 200 })
    expect(p.left > x || p.left + 150 < x).toBe(true)
    expect(p.top).toBeGreaterThanOrEqual(0)
    expect(p.top + 80).toBeLessThanOrEqual(200)
  })
})

describe('C5 what is shown', () => {
  const many = Array.from({ length: 30 }, (_, i) => series(`s${i}`, [0, 10], [i, i]))
  test('[C5] the twenty highest of thirty', () => expect(shownSeries(many, 'top').map((v, i) => v ? i : -1).filter(i => i >= 0)).toEqual(Array.from({ length: 20 }, (_, i) => i + 10)))
  test('[C5] a click isolates, again shows all, Ctrl adds and takes away', () => {
    const few = many.slice(0, 3)
    const one = choiceAfterClick('top', few, 's1', false)
    expect(shownSeries(few, one)).toEqual([false, true, false])
    expect(shownSeries(few, choiceAfterClick(one, few, 's1', false))).toEqual([true, true, true])
    expect(shownSeries(few, choiceAfterClick(one, few, 's2', true))).toEqual([false, true, true])
    expect(shownSeries(few, choiceAfterClick('top', few, 's0', true))).toEqual([false, true, true])
  })
  test('[C5] a choice whose series are gone shows everything again', () => expect(shownSeries(many.slice(0, 2), new Set(['old']))).toEqual([true, true]))
})

describe('C6 summary', () => {
  const one = series('orders', [0, 1, 2], [0.06, 0.14, 0.082])
  test('[C6] one series', () => {
    expect(chartSummary('p95', [one], 's', 21_600_000, 'en')).toBe('p95, orders: 82 ms now, between 60 ms and 140 ms in 6 h.')
    expect(chartSummary('p95', [one], 's', 21_600_000, 'ko')).toBe('p95, orders: 지금 82 ms, 6시간 동안 60 ms에서 140 ms 사이입니다.')
  })
  test('[C6] several, and none', () => {
    expect(chartSummary('p95', [one, series('shop', [0], [0.3])], 's', 3_600_000, 'en')).toBe('p95: 2 series between 60 ms and 300 ms in 60 min; highest now is shop with 300 ms.')
    expect(chartSummary('p95', [], 's', 3_600_000, 'ko')).toBe('p95: 최근 60분 동안 데이터가 없습니다.')
    // Only what is seen, with how many there are.
    expect(chartSummary('p95', [one], 's', 3_600_000, 'en', undefined, 3)).toBe('p95, orders (one of 3 series): 82 ms now, between 60 ms and 140 ms in 60 min.')
    expect(chartSummary('p95', [one, series('shop', [0], [0.3])], 's', 3_600_000, 'ko', undefined, 40)).toMatch(/^p95: 시리즈 40개 중 2개, /)
    expect(spanText(86_400_000 * 7, 'ko')).toBe('7일')
  })
  test('[C6] NaN is no value', () => expect(seriesFacts(Float64Array.of(1, NaN, 3, NaN))).toEqual({ last: 3, mean: 2, min: 1, max: 3 }))
})

describe('C7 small lines', () => {
  test('[C7] NaN and holes lift the pen', () => {
    expect(sparklinePath(Float64Array.of(0, 1, 2, 3, 6), Float64Array.of(0, 1, NaN, 1, 0), 60, 10, 0, 1)).toBe('M0.0 10.0L10.0 0.0M30.0 0.0M60.0 10.0')
    expect(sparklineRange(Float64Array.of(3, 5))).toEqual([0, 5])
    expect(sparklineRange(Float64Array.of(NaN))).toEqual([0, 1])
  })
})
