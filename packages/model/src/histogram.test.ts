import { describe, expect, test } from 'vitest'
import {
  BucketColumns, CUSTOM_BUCKETS_SCHEMA, EMPTY_HISTOGRAM, HistogramSum, RESET_HINT, addHistograms, compactHistogram, exponentialBound, histogramFraction, histogramJson, histogramQuantile,
  histogramReset, histogramScriptText, histogramSize, histogramText, histogramVariance, histogramsEqual, scaleHistogram, subtractHistograms, trimHistogram,
} from './index.ts'
import type { Histogram } from './index.ts'

function histogram(parts: Partial<Histogram> & { readonly buckets?: readonly number[]; readonly offset?: number; readonly negative?: readonly number[] }): Histogram {
  const { buckets = [], offset = 0, negative = [], ...rest } = parts
  return {
    ...EMPTY_HISTOGRAM, positiveSpans: Int32Array.from(buckets.length > 0 ? [offset, buckets.length] : []), positiveCounts: Float64Array.from(buckets),
    negativeSpans: Int32Array.from(negative.length > 0 ? [0, negative.length] : []), negativeCounts: Float64Array.from(negative), ...rest,
  }
}

const custom = (bounds: readonly number[], buckets: readonly number[]): Histogram =>
  histogram({ schema: CUSTOM_BUCKETS_SCHEMA, customValues: Float64Array.from(bounds), buckets, count: buckets.reduce((a, b) => a + b, 0) })

describe('[H1] bounds', () => {
  test.each([[0, 0, 1], [1, 0, 2], [-1, 0, 0.5], [1, -2, 16], [1, 1, 1.414213562373095], [1024, 0, Number.MAX_VALUE], [1, 8, 1.0027112750502025]])('bucket %i of schema %i ends at %f', (index, schema, bound) => {
    expect(exponentialBound(index, schema)).toBe(bound)
  })

  test('columns ascend from the negative side over the zero bucket, which cuts the buckets that it overlaps', () => {
    const columns = new BucketColumns().load(histogram({ zeroThreshold: 0.75, zeroCount: 2, buckets: [1, 3], negative: [4] }))
    expect([...columns.lower.subarray(0, columns.length)]).toEqual([-1, -0.75, 0.75, 1])
    expect([...columns.upper.subarray(0, columns.length)]).toEqual([-0.75, 0.75, 1, 2])
    expect([...columns.counts.subarray(0, columns.length)]).toEqual([4, 2, 1, 3])
  })
})

describe('[H2] sums', () => {
  test('schemas meet at the coarser one', () => {
    const sum = addHistograms(histogram({ schema: 1, count: 4, buckets: [1, 1, 1, 1] }), histogram({ count: 1, buckets: [1] }))!
    expect(histogramScriptText(sum.histogram)).toBe('{{count:5 buckets:[2 2 1]}}')
  })

  test('zero buckets meet at the wider one, which never cuts a bucket', () => {
    const sum = addHistograms(histogram({ zeroThreshold: 0.001, zeroCount: 1, count: 3, buckets: [1, 1] }), histogram({ zeroThreshold: 0.75, zeroCount: 1, count: 1 }))!
    expect(histogramScriptText(sum.histogram)).toBe('{{count:4 z_bucket:3 z_bucket_w:1 offset:1 buckets:[1]}}')
  })

  test('custom bounds meet at those that both have', () => {
    const sum = addHistograms(custom([1, 2, 3], [1, 1, 1, 1]), custom([2, 4], [5, 6, 7]))!
    expect(sum.boundsReconciled).toBe(true)
    expect(histogramScriptText(sum.histogram)).toBe('{{schema:-53 count:22 custom_values:[2] buckets:[7 15]}}')
  })

  test('exponential and custom buckets do not go together', () => {
    expect(addHistograms(custom([1], [1, 1]), EMPTY_HISTOGRAM)).toBeUndefined()
    expect(subtractHistograms(EMPTY_HISTOGRAM, custom([1], [1, 1]))).toBeUndefined()
  })

  test('compensation keeps what rounding would lose', () => {
    const sum = new HistogramSum(histogram({ sum: 1e100, count: 1 }), true)
    for (const value of [1, -1e100]) sum.add(histogram({ sum: value, count: 1 }))
    expect(sum.finish().sum).toBe(1)
  })

  test('a - b + b is a, compacted', () => {
    const a = histogram({ schema: 2, count: 6, sum: 3, buckets: [1, 0, 2], negative: [3] })
    const b = histogram({ schema: 2, count: 3, sum: 1, offset: 5, buckets: [2, 1] })
    const back = addHistograms(subtractHistograms(a, b)!.histogram, b)!.histogram
    expect(histogramsEqual(compactHistogram(back), compactHistogram(a))).toBe(true)
  })

  test('hints that contradict each other are reported and end as unknown; a gauge stays one', () => {
    const reset = histogram({ resetHint: RESET_HINT.reset })
    const not = histogram({ resetHint: RESET_HINT.notReset })
    const both = addHistograms(reset, not)!
    expect([both.resetCollision, both.histogram.resetHint]).toEqual([true, RESET_HINT.unknown])
    expect(addHistograms(not, histogram({ resetHint: RESET_HINT.gauge }))!.histogram.resetHint).toBe(RESET_HINT.gauge)
    expect(scaleHistogram(reset, -1).resetHint).toBe(RESET_HINT.gauge)
  })
})

describe('[H3] resets', () => {
  const before = histogram({ schema: 1, count: 4, buckets: [1, 1, 1, 1], zeroThreshold: 0.01 })
  test.each<[string, Partial<Histogram>, boolean]>([
    ['more in a bucket', { count: 5, positiveCounts: Float64Array.of(1, 1, 1, 2) }, false], ['less in a bucket', { count: 5, positiveCounts: Float64Array.of(1, 1, 0, 3) }, true],
    ['fewer in all', { count: 3 }, true], ['finer buckets', { schema: 2 }, true], ['coarser buckets', { schema: 0, positiveSpans: Int32Array.of(0, 3), positiveCounts: Float64Array.of(1, 2, 1) }, false],
    ['a narrower zero bucket', { zeroThreshold: 0 }, true], ['the hint says so', { resetHint: RESET_HINT.reset }, true], ['the hint denies it', { count: 0, resetHint: RESET_HINT.notReset }, false],
  ])('%s', (_, changes, reset) => expect(histogramReset({ ...before, ...changes }, before)).toBe(reset))
})

describe('[H4] figures', () => {
  const h = histogram({ count: 4, sum: 5, buckets: [1, 2, 1] })
  test('quantile, fraction, variance', () => {
    expect(histogramQuantile(0.5, h)).toEqual({ value: Math.SQRT2, nan: 'none' })
    expect(histogramQuantile(-1, h).value).toBe(-Infinity)
    expect(histogramFraction(1, 2, h)).toEqual({ value: 0.5, hasNaN: false })
    expect(histogramVariance(EMPTY_HISTOGRAM)).toBeNaN()
  })
  test('observations of NaN count as the greatest', () => {
    expect(histogramQuantile(0.9, { ...h, count: 5, sum: NaN })).toEqual({ value: NaN, nan: 'result is NaN' })
    expect(histogramQuantile(0.1, { ...h, count: 5, sum: NaN }).nan).toBe('skewed')
  })
  test('trimming estimates what is cut', () => {
    expect(histogramScriptText(trimHistogram(h, 2, true))).toMatch(/^\{\{count:3 sum:\S+ buckets:\[1 2\]\}\}$/)
    expect(trimHistogram(h, 100, true)).toBe(h)
    expect(trimHistogram(h, -1, true).count).toBe(0)
  })
  test('size grows with buckets', () => expect([histogramSize(EMPTY_HISTOGRAM), histogramSize(h)]).toEqual([11, 13]))
})

describe('[H5] texts', () => {
  const h = histogram({ count: 10, sum: 2.5, zeroCount: 1, zeroThreshold: 0.001, buckets: [1, 0, 3], negative: [5] })
  test('for people', () => expect(histogramText(h)).toBe('{count:10, sum:2.5, [-1,-0.5):5, [-0.001,0.001]:1, (0.5,1]:1, (2,4]:3}'))
  test('for people: bounds are whole, and what is below zero is there', () => {
    expect(histogramText(histogram({ count: -9, sum: -1, zeroCount: -2, zeroThreshold: 0.75, buckets: [-3, -4] }))).toBe('{count:-9, sum:-1, [-0.75,0.75]:-2, (0.5,1]:-3, (1,2]:-4}')
    expect(histogramText(histogram({ count: NaN, sum: NaN, zeroCount: NaN, zeroThreshold: 0.001 }))).toBe('{count:NaN, sum:NaN, [-0.001,0.001]:NaN}')
  })
  test('for the HTTP API', () => expect(JSON.parse(histogramJson(h))).toEqual({
    count: '10', sum: '2.5', buckets: [[1, '-1', '-0.5', '5'], [3, '-0.001', '0.001', '1'], [0, '0.5', '1', '1'], [0, '2', '4', '3']],
  }))
  test('custom buckets', () => expect(histogramJson(custom([1], [2, 3]))).toBe('{"count":"5","sum":"0","buckets":[[3,"-Inf","1","2"],[0,"1","+Inf","3"]]}'))
})
