import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { lastOf, refreshMs, resolveRange, stepFor, toLocalInput, typedRange, usualFrom } from './time-range.ts'

const NOW = Date.UTC(2026, 10, 21, 12, 0, 0)

describe('[T1] ranges', () => {
  test('[T1] relative', () => expect(resolveRange('now-6h', 'now', NOW)).toEqual({ from: 'now-6h', to: 'now', fromMs: NOW - 6 * 3_600_000, toMs: NOW }))
  test('[T1] absolute', () => expect(resolveRange(String(NOW - 1000), String(NOW), 0)).toMatchObject({ fromMs: NOW - 1000, toMs: NOW }))
  test.each([['nonsense', 'now'], ['now', 'now-1h'], ['now-1h', 'now-1h'], ['', ''], ['now-1x', 'now']])('[T1] %s … %s falls back to the last six hours', (from, to) => {
    expect(resolveRange(from, to, NOW)).toMatchObject({ from: 'now-6h', to: 'now', fromMs: NOW - 6 * 3_600_000, toMs: NOW })
  })
  test('[T1] the local input text is read back', () => {
    const ms = Math.floor(NOW / 1000) * 1000
    expect(resolveRange(toLocalInput(ms - 5000), toLocalInput(ms), NOW)).toMatchObject({ fromMs: ms - 5000, toMs: ms })
  })
})

test.each([[30_000, 'now-5m'], [10 * 60_000, 'now-15m'], [3_600_000, 'now-1h'], [2 * 3_600_000, 'now-3h'], [5 * 3_600_000, 'now-6h'], [86_400_000, 'now-6h']])('[T1] up for %d ms looks back to %s', (upMs, want) => {
  expect(usualFrom(upMs)).toBe(want)
  expect(resolveRange(undefined, undefined, NOW, want).from).toBe(want)
})

describe('[T2] steps', () => {
  test('[T2] few enough points, round', () => {
    fc.assert(fc.property(fc.integer({ min: 1000, max: 400 * 86_400_000 }), fc.integer({ min: 1, max: 1000 }), (spanMs, points) => {
      const step = stepFor(0, spanMs, points)
      expect(spanMs / step).toBeLessThanOrEqual(points)
      expect(step % 1000).toBe(0)
    }))
  })
  test.each([[3_600_000, 60, 60_000], [3_600_000, 400, 10_000], [21_600_000, 400, 60_000], [300_000, 400, 1000]])('[T2] %d ms at %d points -> %d', (span, points, want) => expect(stepFor(0, span, points)).toBe(want))
})

test.each([['off', null], ['10s', 10_000], ['5m', 300_000], ['1h', 3_600_000], ['0s', undefined], ['fast', undefined], ['10', undefined]])('[T3] %s', (text, want) => expect(refreshMs(text)).toBe(want))

test.each([['now-6h', 'now', { count: 6, unit: 'h' }], ['now-2w', 'now', { count: 14, unit: 'd' }], ['now-30s', 'now', undefined], ['now-6h', 'now-1h', undefined], ['now-1d/d', 'now', undefined]])('[T1] %s … %s in words', (from, to, want) => {
  expect(lastOf(from, to)).toEqual(want)
})

test.each([
  ['45m', { from: 'now-45m', to: 'now' }],
  [' 3 d ', { from: 'now-3d', to: 'now' }],
  ['now-1d/d', { from: 'now-1d/d', to: 'now' }],
  ['now-2h to now-1h', { from: 'now-2h', to: 'now-1h' }],
  ['now - 2h ~ now - 1h', { from: 'now-2h', to: 'now-1h' }],
  ['', undefined], ['soon', undefined], ['now-1h to now-2h', undefined], ['1h to 2h to 3h', undefined], ['now+1h', undefined],
])('[T4] typed: %s', (text, want) => {
  expect(typedRange(text, Date.UTC(2026, 10, 22, 12))).toEqual(want)
})
test('[T4] a typed day is the whole day', () => {
  const { from, to } = typedRange('2026-11-21', Date.UTC(2026, 10, 22, 12))!
  expect(Number(to) - Number(from)).toBe(86_399_000)
})
