import { matchesLabels } from '@haechi/model'
import type { Labels, Matcher } from '@haechi/model'
import type { ExemplarQueryable } from '@haechi/storage'
import { expect, test } from 'vitest'
import { parseExpr } from '../parser.ts'
import { findExemplars, selectorsOf } from './exemplars.ts'

const shown = (text: string): string[] => selectorsOf(parseExpr(text)).map(list => list.map(m => `${m.name}${m.type}${m.value}`).join())

test.each([
  ['up', ['__name__=up']],
  ['1 + 2', []],
  ['sum by (job) (rate(a{x="1"}[5m])) / -b', ['x=1,__name__=a', '__name__=b']],
  ['topk(scalar(k), (max_over_time(c[1h:5m] offset 5m)))', ['__name__=k', '__name__=c']],
])('[Q-EX] the selectors of %s', (text, want) => expect(shown(text)).toEqual(want))

test('[Q-EX] exemplars of every selector of the expression, within the times; an expression that cannot be read is bad data', async () => {
  const labels: Labels = ['__name__', 'a', 'x', '1']
  const source: ExemplarQueryable = {
    exemplars: (lists: readonly (readonly Matcher[])[], minMs, maxMs) => Promise.resolve(
      lists.some(list => matchesLabels(list, labels)) ? [{ labels, exemplars: [{ labels: ['trace_id', 't'], value: 1, tMs: minMs }, { labels: [], value: 2, tMs: maxMs }] }] : [],
    ),
  }
  expect(await findExemplars(source, { expr: 'rate(a[5m]) + b', startMs: 1, endMs: 2 })).toEqual(await source.exemplars([[]], 1, 2))
  expect(await findExemplars(source, { expr: 'b', startMs: 1, endMs: 2 })).toEqual([])
  expect(await findExemplars(source, { expr: '1', startMs: 1, endMs: 2 })).toEqual([])
  await expect(findExemplars(source, { expr: 'a{', startMs: 1, endMs: 2 })).rejects.toMatchObject({ kind: 'bad_data' })
})
