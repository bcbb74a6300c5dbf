import { describe, expect, test } from 'vitest'
import { exactTime } from '../format/time.ts'
import { changePreferences, chosenZone, parsePreferences, usualRefresh } from './preferences.ts'
import { momentOf, toLocalInput } from './time-range.ts'

describe('[Y1] preferences', () => {
  test.each([
    [null, {}], ['nonsense', {}], ['[]', {}], ['null', {}],
    ['{"zone":"UTC","from":"now-6h","refresh":"30s"}', { zone: 'UTC', from: 'now-6h', refresh: '30s' }],
    ['{"zone":"Mars","from":"now-6y","refresh":7}', {}],
  ])('[Y1] %s', (text, want) => expect(parsePreferences(text)).toEqual(want))
  test('[Y1] UTC counts at once, for what is shown and for what is typed', () => {
    const ms = Date.UTC(2026, 10, 22, 1, 2, 3)
    changePreferences({ zone: 'UTC', refresh: '1m' })
    expect([chosenZone(), usualRefresh()]).toEqual(['UTC', '1m'])
    expect(exactTime(ms, 'en')).toContain('01:02:03')
    expect(toLocalInput(ms, 'UTC')).toBe('2026-11-22T01:02:03')
    expect(momentOf('2026-11-22T01:02:03Z', 0, false)).toBe(ms)
    changePreferences({ zone: undefined, refresh: undefined })
    expect([chosenZone(), usualRefresh()]).toEqual([undefined, '10s'])
  })
})
