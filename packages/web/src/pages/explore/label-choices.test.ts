import { expect, test } from 'vitest'
import { labelChoices, valueChoices } from './label-choices.ts'

const SERIES = [
  { __name__: 'x', job: 'a', status: '200' }, { __name__: 'x', job: 'a', status: '500' }, { __name__: 'x', job: 'b', status: '200' }, { __name__: 'x', job: 'c', code: 'only' },
]
const text = (found: readonly { name: string; count: number }[]): string => found.map(c => `${c.name} ${c.count}`).join(', ')

test('[E6] labels with how many values they have', () => expect(text(labelChoices(SERIES))).toBe('code 1, job 3, status 2'))
test('[E6] values with how many series they have, among those that the other filters leave', () => {
  expect(text(valueChoices(SERIES, [{ label: 'job', op: 'is', values: ['b'] }], 0))).toBe('a 2, b 1, c 1')
  expect(text(valueChoices(SERIES, [{ label: 'job', op: 'is', values: [] }, { label: 'status', op: 'is', values: ['500'] }], 0))).toBe('a 1')
  expect(text(valueChoices(SERIES, [{ label: 'job', op: 'is', values: [] }, { label: 'status', op: 'isNot', values: ['200', '500'] }], 0))).toBe('c 1')
  expect(text(valueChoices(SERIES, [{ label: 'job', op: 'is', values: [] }, { label: 'status', op: 'matches', values: ['2.*'] }], 0))).toBe('a 1, b 1')
})
test('[E6] a pattern that the browser cannot read leaves nothing out; no label, no values', () => {
  expect(text(valueChoices(SERIES, [{ label: 'job', op: 'is', values: [] }, { label: 'status', op: 'matches', values: ['(?i)2('] }], 0))).toBe('a 2, b 1, c 1')
  expect(valueChoices(SERIES, [{ label: '', op: 'is', values: [] }], 0)).toEqual([])
})
