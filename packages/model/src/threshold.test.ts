import { expect, test } from 'vitest'
import { limitLines, limitText, worseValue } from './index.ts'
import type { Limit } from './index.ts'

const OUT: Limit = { op: 'outside', value: 10, high: 90 }
const IN: Limit = { op: 'within', value: 10, high: 90 }

test('[L1] a limit in words, in both languages', () => {
  const say = (l: Limit): string[] => (['en', 'ko'] as const).map(language => limitText(l, v => `${v} %`, language))
  expect(say({ op: '>', value: 5 })).toEqual(['> 5 %', '> 5 %'])
  expect(say(OUT)).toEqual(['outside 10 % to 90 %', '10 %~90 % 벗어남'])
  expect(say(IN)).toEqual(['within 10 % to 90 %', '10 %~90 % 사이'])
})

test.each([
  [OUT, 5, 95, 5], [OUT, 5, 101, 101], [OUT, 50, 91, 91], [IN, 50, 11, 50], [IN, 95, 12, 12], [{ op: '<', value: 3 }, 1, 2, 1], [{ op: '>', value: 3 }, 1, 2, 2], [undefined, 1, 2, 2], [OUT, NaN, 1, 1], [IN, 1, NaN, 1],
] as const)('[L1] by %j of %d and %d the worse is %d', (limit, a, b, want) => expect(worseValue(a, b, limit)).toBe(want))

test('[L1] a range is two lines in a chart', () => {
  expect(limitLines(OUT)).toEqual([{ op: '<', value: 10 }, { op: '>', value: 90 }])
  expect(limitLines(IN)).toEqual([{ op: '>', value: 10 }, { op: '<', value: 90 }])
  expect(limitLines({ op: '>=', value: 1 })).toEqual([{ op: '>=', value: 1 }])
})
