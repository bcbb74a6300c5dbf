import { parseFields } from '@haechi/model'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { intervalContains, timeIntervalConfig } from './time-interval.ts'
import type { TimeInterval } from './time-interval.ts'

const interval = (specs: unknown): TimeInterval => timeIntervalConfig(parseFields(JSON.stringify({ name: 't', time_intervals: specs }), 'f'), 'time interval')
const holds = (spec: unknown, time: string): boolean => intervalContains(interval([spec]), Date.parse(time))

describe('[A60] time intervals', () => {
  test.each([
    [{}, '2026-11-21T12:00:00Z', true],
    [{ times: [{ start_time: '09:00', end_time: '17:00' }] }, '2026-11-21T09:00:00Z', true],
    [{ times: [{ start_time: '09:00', end_time: '17:00' }] }, '2026-11-21T16:59:59Z', true],
    [{ times: [{ start_time: '09:00', end_time: '17:00' }] }, '2026-11-21T17:00:00Z', false],
    [{ times: [{ start_time: '00:00', end_time: '24:00' }] }, '2026-11-21T23:59:59.999Z', true],
    [{ times: [] }, '2026-11-21T12:00:00Z', false],
    [{ weekdays: ['saturday'] }, '2026-11-21T12:00:00Z', true],
    [{ weekdays: ['Sunday:Friday'] }, '2026-11-21T12:00:00Z', false],
    [{ weekdays: ['sunday:friday'] }, '2026-11-22T12:00:00Z', true],
    [{ days_of_month: ['-1'] }, '2028-02-29T12:00:00Z', true],
    [{ days_of_month: ['-1'] }, '2028-02-28T12:00:00Z', false],
    [{ days_of_month: ['30:31'] }, '2026-02-28T12:00:00Z', false],
    [{ days_of_month: ['28:31'] }, '2026-02-28T12:00:00Z', true],
    [{ days_of_month: ['-31:-28'] }, '2026-02-01T12:00:00Z', true],
    [{ months: ['october:12'] }, '2026-11-21T12:00:00Z', true],
    [{ months: ['1:3'] }, '2026-11-21T12:00:00Z', false],
    [{ years: ['2026:2027'] }, '2027-12-31T23:59:59Z', true],
    [{ years: ['2026'] }, '2027-01-01T00:00:00Z', false],
    // 09:00 in Seoul is midnight in UTC; the day before ends there first.
    [{ times: [{ start_time: '09:00', end_time: '18:00' }], weekdays: ['monday:friday'], location: 'Asia/Seoul' }, '2026-11-23T00:00:00Z', true],
    [{ times: [{ start_time: '09:00', end_time: '18:00' }], weekdays: ['monday:friday'], location: 'Asia/Seoul' }, '2026-11-20T23:59:59Z', false],
    [{ days_of_month: ['1'], months: ['1'], years: ['2027'], location: 'Asia/Seoul' }, '2026-12-31T15:00:00Z', true],
    // New York's hour from 02:00 to 03:00 does not exist on 8 March 2026, and 01:00 to 02:00 comes twice on 1 November.
    [{ times: [{ start_time: '03:00', end_time: '04:00' }], location: 'America/New_York' }, '2026-03-08T07:30:00Z', true],
    [{ times: [{ start_time: '01:00', end_time: '02:00' }], location: 'America/New_York' }, '2026-11-01T05:30:00Z', true],
    [{ times: [{ start_time: '01:00', end_time: '02:00' }], location: 'America/New_York' }, '2026-11-01T06:30:00Z', true],
    [{ times: [{ start_time: '01:00', end_time: '02:00' }], location: 'America/New_York' }, '2026-11-01T07:30:00Z', false],
  ])('[A60] %j at %s: %s', (spec, time, want) => expect(holds(spec, time)).toBe(want))

  test('[A60] any specification may hold; none: never', () => {
    expect(intervalContains(interval([{ years: ['2020'] }, { years: ['2026'] }]), Date.parse('2026-05-05'))).toBe(true)
    expect(intervalContains(interval([]), Date.parse('2026-05-05'))).toBe(false)
  })
  test('[A60] a zone is its offset: an interval there holds when the UTC one holds shifted', () => {
    const spec = (location: string): unknown => ({ times: [{ start_time: '09:00', end_time: '18:00' }], weekdays: ['monday:wednesday'], days_of_month: ['-20:-3'], location })
    fc.assert(fc.property(fc.integer({ min: 1_600_000_000, max: 2_000_000_000 }), s => {
      // Seoul has no summer time.
      expect(holds(spec('Asia/Seoul'), new Date(s * 1000).toISOString())).toBe(holds(spec('UTC'), new Date((s + 9 * 3600) * 1000).toISOString()))
    }), { numRuns: 300 })
  })
})
