import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { DurationError, formatDuration, parseDuration, parseSignedDuration } from './duration.ts'

const is = (text: string, ms: number): void => test(`${text} is ${ms} ms`, () => expect(parseDuration(text)).toBe(ms))
const fails = (text: string, message: string): void => test(`${JSON.stringify(text)} fails`, () => expect(() => parseDuration(text)).toThrow(new DurationError(message)))

describe('[D1] durations are read as in Prometheus', () => {
  is('0', 0)
  is('0s', 0)
  is('1ms', 1)
  is('90s', 90_000)
  is('1h30m', 5_400_000)
  is('1y2w3d4h5m6s7ms', 31_536_000_000 + 2 * 604_800_000 + 3 * 86_400_000 + 4 * 3_600_000 + 5 * 60_000 + 6_000 + 7)
  is('292y', 9_208_512_000_000)
  fails('', 'empty duration string')
  fails('1', 'not a valid duration string: "1"')
  fails('-1s', 'not a valid duration string: "-1s"')
  fails('s', 'not a valid duration string: "s"')
  fails('1.5h', 'unknown unit "." in duration "1.5h"')
  fails('5x', 'unknown unit "x" in duration "5x"')
  fails('1m1h', 'not a valid duration string: "1m1h"')
  fails('1s1s', 'not a valid duration string: "1s1s"')
  fails('1s ', 'unknown unit "s " in duration "1s "')
  fails('1초', 'unknown unit "초" in duration "1초"')
  fails('293y', 'duration out of range')
  fails('9223372037s', 'duration out of range')
  fails('99999999999999999999s', 'not a valid duration string: "99999999999999999999s"')
  test('a sign only where it is allowed', () => {
    expect(parseSignedDuration('-5m')).toBe(-300_000)
    expect(parseSignedDuration('5m')).toBe(300_000)
    expect(Object.is(parseSignedDuration('-0s'), 0)).toBe(true)
  })
})

describe('[D2] durations are written as in Prometheus', () => {
  test.each([
    [0, '0s'], [0.4, '0s'], [1, '1ms'], [1000, '1s'], [90_000, '1m30s'], [3_600_000, '1h'], [86_400_000, '1d'], [7 * 86_400_000, '1w'], [8 * 86_400_000, '8d'],
    [365 * 86_400_000, '1y'], [366 * 86_400_000, '366d'], [14 * 86_400_000 + 1, '14d1ms'],
  ])('%d is %s', (ms, text) => expect(formatDuration(ms)).toBe(text))

  test('what was written is read as the same', () => {
    fc.assert(fc.property(fc.nat({ max: 2 ** 31 - 1 }).map(n => n * 1009), ms => {
      expect(parseDuration(formatDuration(ms))).toBe(ms)
    }))
  })
})
