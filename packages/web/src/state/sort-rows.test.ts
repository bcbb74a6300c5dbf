import { describe, expect, test } from 'vitest'
import { readSort, sortRows } from './sort-rows.ts'

describe('[O4] sorted tables', () => {
  test.each([['-p95', 'p95', true], ['p95', 'p95', false], ['bogus', 'rate', true], ['', 'rate', true]])('[O4] "%s"', (text, key, isDescending) => expect(readSort(text, ['p95', 'rate'], '-rate')).toEqual({ key, isDescending }))
  test('[O4] what has no value comes last both ways', () => {
    const rows = [NaN, 2, 1, Infinity, NaN, 3]
    expect(sortRows(rows, v => v, false)).toEqual([1, 2, 3, Infinity, NaN, NaN])
    expect(sortRows(rows, v => v, true)).toEqual([Infinity, 3, 2, 1, NaN, NaN])
  })
  test('[O4] digits in names count; equals keep their order; the given array stays', () => {
    const rows = [{ n: 'b10' }, { n: 'b9' }, { n: '' }, { n: 'a' }]
    expect(sortRows(rows, r => r.n, false).map(r => r.n)).toEqual(['a', 'b9', 'b10', ''])
    expect(rows[0]!.n).toBe('b10')
    expect(sortRows([{ id: 1, v: 5 }, { id: 2, v: 5 }], r => r.v, true).map(r => r.id)).toEqual([1, 2])
  })
})
