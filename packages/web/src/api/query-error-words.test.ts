import { describe, expect, test } from 'vitest'
import { parseExpr } from '@haechi/promql/syntax'
import { queryErrorMeaning } from './query-error-words.ts'

function messageOf(query: string): string {
  try {
    parseExpr(query)
  } catch (err) {
    return err instanceof Error ? err.message : String(err)
  }
  return ''
}

describe('N5 errors of queries in words', () => {
  test.each([
    ['sum(rate(x[5m])', 'is not closed'],
    ['rate(x)', 'range such as [5m]'],
    ['sum(x[5m])', 'only for functions'],
    ['summ(x)', 'no function'],
    ['rate(x[5m], 3)', 'number of arguments'],
    ['x{job="a', 'quotes is not closed'],
    ['{job=""}', 'at least one condition'],
    ['sum(x))', 'closing bracket too many'],
    ['x +', 'ends too early'],
    ['x{job=~"("}', 'regular expression'],
    ['x x', 'does not belong'],
  ])('[N5] %s', (query, part) => {
    const message = messageOf(query)
    expect(message).not.toBe('')
    expect({ message, said: queryErrorMeaning(message)?.en }).toEqual({ message, said: expect.stringContaining(part) as unknown })
    expect(queryErrorMeaning(message)!.ko).toMatch(/(니다|세요)\.$/)
  })
  test('[N5] what is not known is not guessed', () => expect(queryErrorMeaning('the disk is gone')).toBeUndefined())
  test('[N5] labels that do not tell series apart', () => {
    expect(queryErrorMeaning('found duplicate series for the match group {job="down"} on the right hand-side of the operation: [];many-to-many matching not allowed: matching labels must be unique on one side')!.ko).toContain('on(…)')
  })
})
