import { describe, expect, test } from 'vitest'
import { haveShared, sharedRows } from '../../test/shared.ts'
import { calculateIntervalMs, intervalText, parseDurationMs, rateIntervalMs, roundInterval } from './duration.ts'
import { parseTime, parseTimeRange, zoomOut } from './range.ts'

describe('T1 durations and intervals', () => {
  test.each([['15s', 15_000], ['1m', 60_000], ['1h30m', 5_400_000], ['500ms', 500], ['2w', 1_209_600_000], ['30', 30_000], ['1.5h', 5_400_000], ['', undefined], ['x', undefined], ['5 m', undefined]] as const)('[T1] %j is %j ms', (t, want) => expect(parseDurationMs(t)).toBe(want))
  test.each([[20_000, '20s'], [120_000, '2m'], [86_400_000, '1d'], [604_800_000, '7d'], [5_400_000, '90m'], [50, '50ms'], [31_536_000_000, '1y'], [1500, '1s']] as const)('[T1] %d ms is written %s', (ms, want) => expect(intervalText(ms)).toBe(want))
  test.each([[21_600_000, 1000, '20s'], [604_800_000, 1000, '10m'], [86_400_000, 800, '2m'], [2_592_000_000, 1500, '30m']] as const)('[T1] %d ms in %d points: %s', (range, points, want) => expect(intervalText(calculateIntervalMs(range, points, 1))).toBe(want))
  test('[T1] rounding never goes down by more than a step of the ladder', () => expect([9, 10, 89_999, 90_000].map(roundInterval)).toEqual([1, 10, 60_000, 120_000]))

  const file = 'fixtures/grafana-oracle/intervals.tsv'
  test.skipIf(!haveShared(file))('[T1] every recorded interval of Grafana', () => {
    const bad: string[] = []
    const { rows } = sharedRows(file)
    for (const [range, points, min, text, ms, rate] of rows) {
      const minMs = parseDurationMs(min!)!
      const interval = calculateIntervalMs(Number(range) * 1000, Number(points), minMs)
      const got = `${intervalText(interval)} ${interval} ${rateIntervalMs(interval, minMs) / 1000}`
      if (got !== `${text} ${ms} ${rate}`) bad.push(`${range} ${points} ${min}: ${got}, want ${text} ${ms} ${rate}`)
    }
    expect(bad).toEqual([])
    expect(rows.length).toBeGreaterThan(1000)
  })
})

describe('T2 time expressions', () => {
  const now = Date.UTC(2024, 2, 31, 12, 34, 56, 789)
  const reads = (text: string, roundUp: boolean, want: string | undefined, zone = 'utc'): void => test(`[T2] ${text} ${roundUp ? 'to' : 'from'} in ${zone} is ${want}`, () => {
    const t = parseTime(text, now, roundUp, { timeZone: zone })
    expect(t === undefined ? undefined : new Date(t).toISOString()).toBe(want)
  })
  reads('now', false, '2024-03-31T12:34:56.789Z')
  reads('now-6h', false, '2024-03-31T06:34:56.789Z')
  reads('now/d', false, '2024-03-31T00:00:00.000Z')
  reads('now/d', true, '2024-03-31T23:59:59.999Z')
  reads('now-1d/d', false, '2024-03-30T00:00:00.000Z')
  reads('now-1M', false, '2024-02-29T12:34:56.789Z')
  reads('now/w', false, '2024-03-31T00:00:00.000Z')
  reads('now/Q', true, '2024-03-31T23:59:59.999Z')
  reads('now-6h/d+2h', false, '2024-03-31T02:00:00.000Z')
  reads('now/y', false, '2024-01-01T00:00:00.000Z')
  reads('now/d', false, '2024-03-30T15:00:00.000Z', 'Asia/Seoul')
  // The day on which the clocks go forward has 23 hours.
  reads('now/d', false, '2024-03-30T23:00:00.000Z', 'Europe/Berlin')
  reads('now/d', true, '2024-03-31T21:59:59.999Z', 'Europe/Berlin')
  reads('now-1d', false, '2024-03-30T13:34:56.789Z', 'Europe/Berlin')
  reads('1700000000000', false, '2023-11-14T22:13:20.000Z')
  reads('2024-01-02 03:04:05', false, '2024-01-01T18:04:05.000Z', 'Asia/Seoul')
  reads('2024-01-02T03:04:05Z', false, '2024-01-02T03:04:05.000Z')
  reads('now-1.5h', false, undefined)
  reads('yesterday', false, undefined)
  reads('now-', false, undefined)
  test('[T2] fiscal years begin where the dashboard says', () => {
    expect(new Date(parseTime('now/fy', now, false, { timeZone: 'utc', fiscalYearStartMonth: 3 })!).toISOString()).toBe('2023-04-01T00:00:00.000Z')
    expect(new Date(parseTime('now/w', now, false, { timeZone: 'utc', weekStart: 1 })!).toISOString()).toBe('2024-03-25T00:00:00.000Z')
  })
  test('[T2] a range that ends before it begins is none', () => {
    expect(parseTimeRange('now', 'now-1h', now)).toBeUndefined()
    expect(parseTimeRange('now-1h', 'now', now)).toEqual({ startMs: now - 3_600_000, endMs: now })
  })
  test('[T2] zooming out doubles the range and does not go beyond now', () => {
    expect(zoomOut({ startMs: 100, endMs: 200 }, 10_000)).toEqual({ startMs: 50, endMs: 250 })
    expect(zoomOut({ startMs: 100, endMs: 200 }, 200)).toEqual({ startMs: 0, endMs: 200 })
  })
})
