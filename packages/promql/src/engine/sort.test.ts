import { expect, test } from 'vitest'
import { compareNatural } from './sort.ts'

const sorted = (texts: readonly string[]): string[] => texts.toSorted(compareNatural)

test('[E1b] natural order: digits as numbers, all else as text', () => {
  expect(sorted(['b', 'a10', 'a2', 'a', '10', '9', 'a2b', 'a02c', '값2', '값10', 'Z'])).toEqual(['9', '10', 'Z', 'a', 'a2', 'a2b', 'a02c', 'a10', 'b', '값2', '값10'])
})

test('[E1b] numbers beyond 64 bits are compared as text, as Prometheus does', () => {
  expect(compareNatural('9223372036854775806', '9223372036854775807')).toBeLessThan(0)
  expect(compareNatural('0000000000000000000000000009', '10')).toBeLessThan(0)
  expect(compareNatural('9', '10000000000000000000')).toBeGreaterThan(0)
  expect(compareNatural('2', '9223372036854775808')).toBeLessThan(0)
})

test('[E1b] where Prometheus calls each of two behind the other, the empty text and the fewer zeros come first', () => {
  expect(sorted(['x01', 'a', '', 'x1', '0', 'x001'])).toEqual(['', '0', 'a', 'x1', 'x01', 'x001'])
})
