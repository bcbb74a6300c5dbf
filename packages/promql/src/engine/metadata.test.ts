import { compareLabels, labelsFromObject, labelsToObject } from '@haechi/model'
import type { Labels } from '@haechi/model'
import type { Queryable, SeriesQuery } from '@haechi/storage'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { findSeries, findSeriesJson } from './metadata.ts'

/** A storage that finds the same label sets for every selector. */
function finding(sets: readonly Labels[]): Queryable {
  return {
    querier: () => ({
      select: async () => ({ size: sets.length, labels: i => sets[i]!, read: () => 0 }),
      labelNames: async () => [],
      labelValues: async () => [],
      close: () => {},
    }),
  }
}

const question = (selectors: number, limit?: number): SeriesQuery => ({ matchers: Array<string>(selectors).fill('{a="b"}'), startMs: 0, endMs: 1, ...(limit === undefined ? {} : { limit }) })
const text = fc.oneof(fc.constantFrom('a', 'b', 'ab', '', '가', '😀', '\uffff', '"\\\n'), fc.string({ maxLength: 3 }))
const sets = fc.array(fc.dictionary(fc.constantFrom('__name__', 'a', 'b', 'c', '가'), text).map(labelsFromObject), { maxLength: 12 })

describe('label sets', () => {
  test('[E11] come sorted and once each, whatever the selectors have in common', () =>
    fc.assert(fc.asyncProperty(sets, fc.integer({ min: 1, max: 3 }), async (all, selectors) => {
      const { value } = await findSeries(finding(all), question(selectors))
      expect(value).toEqual([...new Map(all.map(l => [JSON.stringify(l), l])).values()].sort(compareLabels))
    })))

  test('[E11] as kinds: the values of the named labels, the names of the others, each kind once', async () => {
    const all = [
      { __name__: 'a', job: 'x', path: '/1' }, { __name__: 'a', job: 'x', path: '/2' }, { __name__: 'a', job: 'x' }, { __name__: 'a', job: 'y', path: '/1' }, { __name__: 'b', path: '/1' },
    ].map(labelsFromObject)
    const { value } = await findSeries(finding(all), { ...question(2), kindsBy: ['__name__', 'job'] })
    expect(value).toEqual([['__name__', 'a', 'job', 'x', 'path', ''], ['__name__', 'a', 'job', 'x'], ['__name__', 'a', 'job', 'y', 'path', ''], ['__name__', 'b', 'path', '']])
    expect(await findSeries(finding(all), { ...question(1, 2), kindsBy: [] })).toEqual({ value: [['__name__', '', 'job', '', 'path', ''], ['__name__', '', 'job', '']], warnings: ['results truncated due to limit'], infos: [] })
  })

  test('[E11] are the same as JSON', () =>
    fc.assert(fc.asyncProperty(sets, fc.integer({ min: 1, max: 3 }), fc.nat({ max: 6 }), async (all, selectors, limit) => {
      const { value, warnings } = await findSeries(finding(all), question(selectors, limit))
      const { body } = await findSeriesJson(finding(all), question(selectors, limit))
      expect(JSON.parse(Buffer.from(body).toString())).toEqual({ status: 'success', data: value.map(labelsToObject), ...(warnings.length === 0 ? {} : { warnings }) })
    })))
})
