import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { parseNumber } from '../pages/alerts/threshold-input.ts'
import { bytesQuantity, numberText, quantityText, rateQuantity, ratioQuantity, sampleValue, secondsQuantity, unitQuantity } from './quantity.ts'
import { agoText, durationText, holdText, holdWords, parseHold } from './time.ts'

describe('[F1] numbers', () => {
  test.each([[0, '0'], [1, '1'], [1.005, '1'], [12.34, '12.3'], [128.4, '128'], [0.0123, '0.0123'], [1234567, '1,234,567'], [-3.5, '−3.5'], [NaN, '–'], [Infinity, '∞'], [1e16, '1.00e+16']])('[F1] %d -> %s', (v, want) => expect(numberText(v)).toBe(want))
  test.each([[0.082, '82\u00a0ms'], [0.0000005, '0.5\u00a0µs'], [1.42, '1.42\u00a0s'], [0, '0\u00a0ms'], [600, '10\u00a0min'], [0.2046, '205\u00a0ms'], [0.0104, '10\u00a0ms']])('[F1] %d s -> %s', (v, want) => expect(quantityText(secondsQuantity(v))).toBe(want))
  test.each([[6.1 * 2 ** 30, '6.1\u00a0GiB'], [512, '512\u00a0B'], [0, '0\u00a0B']])('[F1] %d bytes -> %s', (v, want) => expect(quantityText(bytesQuantity(v))).toBe(want))
  test.each([[128, '128\u00a0req/s'], [25_400, '25.4\u00a0k req/s'], [0.4, '0.4\u00a0req/s']])('[F1] %d per second -> %s', (v, want) => expect(quantityText(rateQuantity(v))).toBe(want))
  test.each([['ratio', 0.05, '5.0\u00a0%'], ['percentunit', 0.05, '5.0\u00a0%'], ['s', 1.5, '1.5\u00a0s'], ['', 3, '3'], ['jobs', 3, '3\u00a0jobs']])('[F1] unit %s', (unit, v, want) => expect(quantityText(unitQuantity(v, unit))).toBe(want))
  test.each([['+Inf', Infinity], ['-Inf', -Infinity], ['NaN', NaN], ['1.5e3', 1500]])('[F1] the API\'s %s', (text, want) => expect(sampleValue(text)).toBe(want))
})

describe('[F2] shares', () => {
  test.each([[0, '0.0'], [0.042, '4.2'], [0.0001, '< 0.1'], [1, '100'], [0.9996, '100'], [0.5, '50.0']])('[F2] %d -> %s %%', (v, want) => expect(ratioQuantity(v).text).toBe(want))
  test('[F2] only zero is zero', () => {
    fc.assert(fc.property(fc.double({ min: 1e-9, max: 1, noNaN: true }), v => {
      expect(ratioQuantity(v).text).not.toBe('0.0')
    }))
  })
})

describe('[F3] times', () => {
  test.each([[14_900, '14 s', '14초'], [185_000, '3 min', '3분'], [7_200_000, '2 h', '2시간'], [5 * 86_400_000, '5 d', '5일'], [0, '0 s', '0초']])('[F3] %d ms', (ms, en, ko) => {
    expect(durationText(ms, 'en')).toBe(en)
    expect(durationText(ms, 'ko')).toBe(ko)
  })
  test.each([[5_400_000, '1 h 30 min', '1시간 30분'], [1000, '1 s', '1초'], [0, '0 s', '0초'], [90_000_000, '1 d 1 h', '1일 1시간']])('[F3] exactly %d ms', (ms, en, ko) => expect([holdWords(ms, 'en'), holdWords(ms, 'ko')]).toEqual([en, ko]))
  test('[F3] ages', () => {
    expect(agoText(1000, 15_000, 'en')).toBe('14 s ago')
    expect(agoText(1000, 15_000, 'ko')).toBe('14초 전')
    expect(agoText(15_500, 15_000, 'ko')).toBe('방금')
  })
  test.each([['90s', 90_000], ['1h30m', 5_400_000], ['0', 0], ['2 m', 120_000], ['1d', 86_400_000]])('[F3] hold %s', (text, want) => expect(parseHold(text)).toBe(want))
  test.each(['', 'soon', '5', '1m1h', '-5m', '1.5h'])('[F3] "%s" is no hold', text => expect(parseHold(text)).toBeUndefined())
  test('[F3] what is written is read', () => {
    fc.assert(fc.property(fc.integer({ min: 0, max: 9_999_999 }), s => {
      expect(parseHold(holdText(s * 1000))).toBe(s * 1000)
    }))
  })
})

test.each([['5', 5], ['0,5', 0.5], ['-1e3', -1000], ['.5', 0.5], ['1,000,0', undefined], ['5%', undefined], ['', undefined], ['NaN', undefined]])('[F4] "%s"', (text, want) => expect(parseNumber(text)).toBe(want))
