import { labelsKey } from '@haechi/model'
import type { Labels } from '@haechi/model'
import { SampleColumns } from '@haechi/storage'
import type { SeriesSet } from '@haechi/storage'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { UnionSeries } from './union-reader.ts'

/** One sample per series: the time tells the set, the value the place in it. */
function setOf(number: number, labels: readonly Labels[]): SeriesSet {
  return {
    size: labels.length,
    labels: i => labels[i]!,
    read: (i, _minMs, _maxMs, into) => {
      into.length = 0
      into.histograms = null
      into.startsMs = null
      into.push(number, i)
      return into.length
    },
  }
}

test('[B1] a union has each label set once, in the order in which the sets have them, with the samples of all: sorted sets, others, and equal ones', () => {
  const labels = fc.tuple(fc.constantFrom('a', 'b', 'c', 'é'), fc.constantFrom('1', '2', '3')).map(([a, b]): Labels => ['__name__', a, 'x', b])
  const set = fc.oneof(fc.array(labels, { maxLength: 14 }), fc.uniqueArray(labels, { selector: labelsKey }).map(all => all.sort((p, q) => labelsKey(p) < labelsKey(q) ? -1 : 1)))
  fc.assert(fc.property(fc.array(set, { minLength: 1, maxLength: 5 }), sets => {
    const expected = new Map<string, number[]>()
    sets.forEach((all, s) => {
      all.forEach((own, i) => {
        const key = labelsKey(own)
        const samples = expected.get(key) ?? []
        expected.set(key, samples)
        // A set that has a series twice gives two samples of one time: the later counts.
        if (samples.length > 0 && samples[samples.length - 2] === s) samples.splice(-2)
        samples.push(s, i)
      })
    })
    const union = new UnionSeries(sets.map((all, s) => setOf(s, all)))
    const into = new SampleColumns()
    const got = Array.from({ length: union.size }, (_, i) => {
      const n = union.read(i, 0, 10, into)
      return [labelsKey(union.labels(i)), Array.from({ length: 2 * n }, (_x, k) => (k % 2 === 0 ? into.ts : into.vs)[k >> 1])]
    })
    expect(got).toEqual([...expected])
  }), { numRuns: 300 })
})
