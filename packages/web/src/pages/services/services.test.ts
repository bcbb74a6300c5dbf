import fc from 'fast-check'
import { SERVICE_KINDS, failedRateExpr, latencyBucketsExpr, serviceKind } from '@haechi/dashboards'
import { parseExpr } from '@haechi/promql'
import { describe, expect, test } from 'vitest'
import type { GridSeries } from '../../state/view-types.ts'
import { enServices } from '../../i18n/en-services.ts'
import { koServices } from '../../i18n/ko-services.ts'
import { coarseNotes } from './coarse-notes.ts'
import { isCoarse, percentileOf } from './percentile.ts'
import type { Bucket } from './percentile.ts'
import { failedShare, meanOf, redRows } from './red-rows.ts'
import type { RedAnswers } from './red-rows.ts'

const buckets = (...pairs: readonly (readonly [number, number])[]): Bucket[] => pairs.map(([le, count]) => ({ le, count }))

describe('[S1] percentiles from buckets', () => {
  // Values: Prometheus 3.5 for the same buckets.
  test.each([
    ['inside a bucket', buckets([0.1, 50], [0.5, 90], [1, 100], [Infinity, 100]), 0.95, { value: 0.75, lower: 0.5, upper: 1 }],
    ['in the first', buckets([0.1, 100], [0.5, 100], [Infinity, 100]), 0.5, { value: 0.05, lower: 0, upper: 0.1 }],
    ['beyond the last', buckets([0.1, 10], [1, 20], [Infinity, 100]), 0.95, { value: 1, lower: 1, upper: Infinity }],
    ['unordered', buckets([Infinity, 100], [1, 100], [0.1, 50], [0.5, 90]), 0.95, { value: 0.75, lower: 0.5, upper: 1 }],
  ])('[S1] %s', (_, b, q, want) => {
    const p = percentileOf(b, q)!
    expect(p.value).toBeCloseTo(want.value, 12)
    expect([p.lower, p.upper]).toEqual([want.lower, want.upper])
  })
  test.each([['nothing counted', buckets([1, 0], [Infinity, 0])], ['no +Inf', buckets([1, 3], [2, 4])], ['only +Inf', buckets([Infinity, 3])], ['none', []]])('[S1] %s', (_, b) => expect(percentileOf(b, 0.9)).toBeUndefined())
  test('[S1] the value lies between its limits, and grows with q', () => {
    fc.assert(fc.property(fc.array(fc.double({ min: 0, max: 100, noNaN: true }), { minLength: 2, maxLength: 12 }), fc.double({ min: 0, max: 1, noNaN: true }), fc.double({ min: 0, max: 1, noNaN: true }), (parts, q1, q2) => {
      let sum = 0
      const b = parts.map((p, i) => ({ le: i === parts.length - 1 ? Infinity : 2 ** i, count: (sum += p) }))
      const [low, high] = [percentileOf(b, Math.min(q1, q2)), percentileOf(b, Math.max(q1, q2))]
      if (low === undefined || high === undefined) return
      expect(low.value).toBeGreaterThanOrEqual(low.lower)
      expect(low.value).toBeLessThanOrEqual(low.upper)
      expect(high.value).toBeGreaterThanOrEqual(low.value - 1e-9)
    }))
  })
  test.each([[0.1, 0.25, false], [0.1, 0.5, true], [1, Infinity, true], [0, 0.005, true]])('[S1] %d to %d coarse: %s', (lower, upper, want) => expect(isCoarse({ value: lower, lower, upper })).toBe(want))
})

const line = (labels: Readonly<Record<string, string>>, ...vs: number[]): GridSeries => ({ id: JSON.stringify(labels), name: '', labels, ts: new Float64Array(vs.length), vs: Float64Array.from(vs) })
const ANSWERS: RedAnswers = {
  kind: serviceKind('fastapi')!, toSeconds: 1, metric: 'http_request_duration_seconds',
  rate: [line({ job: 'orders', handler: '/a' }, 1, NaN, 3), line({ job: 'orders', handler: '/b' }, 4, 4, 4), line({ job: 'orders', handler: '' }, 9, 9, 9)],
  failed: [line({ job: 'orders', handler: '/a' }, 0, NaN, 1)],
  p95: [],
  buckets: [['0.1', 1], ['0.5', 1], ['1', 1], ['+Inf', 4]].map(([le, value]) => ({ labels: { job: 'orders', handler: '/a', le: String(le) }, value: Number(value), text: '' })),
}

describe('[S2] rows', () => {
  test('[S2] one per endpoint; no failures mean none failed; gaps count for nothing', () => {
    const rows = redRows([ANSWERS], 'endpoint')
    expect(rows.map(r => [r.endpoint, r.rate, r.errorRatio])).toEqual([['/a', 2, 0.25], ['/b', 4, 0]])
    expect(rows[0]!.p95).toEqual({ value: 1, lower: 1, upper: Infinity })
    expect(rows[1]!.p95).toBeUndefined()
  })
  test('[S2] nothing asked is no share', () => {
    expect(failedShare(Float64Array.of(0, NaN), new Float64Array(0))).toBeNaN()
    expect(meanOf(Float64Array.of(NaN))).toBeNaN()
  })
  test('[S2] milliseconds become seconds', () => {
    const kind = serviceKind('otel-milliseconds')!
    const [row] = redRows([{ ...ANSWERS, kind, toSeconds: 0.001, rate: [line({ job: 'x', http_route: '/a' }, 1)], buckets: [['100', 5], ['250', 10], ['+Inf', 10]].map(([le, value]) => ({ labels: { job: 'x', http_route: '/a', le: String(le) }, value: Number(value), text: '' })) }], 'endpoint')
    expect(row!.p95!.value).toBeCloseTo(0.235, 9)
    expect([row!.p95!.lower, row!.p95!.upper]).toEqual([0.1, 0.25])
  })
})

describe('[S3] what the buckets can\'t tell is said', () => {
  test('[S3] beyond the last bucket', () => {
    expect(coarseNotes(redRows([ANSWERS], 'endpoint'), r => r.endpoint!)).toEqual([{ metric: 'http_request_duration_seconds', above: 1, percentiles: ['p50', 'p95', 'p99'], names: ['/a'] }])
  })
  test('[S3] fine buckets: nothing to say', () => {
    const fine = { ...ANSWERS, buckets: ANSWERS.buckets.map(b => ({ ...b, value: b.labels['le'] === '0.1' ? 0 : 4 })) }
    expect(coarseNotes(redRows([{ ...fine, buckets: [['0.1', 0], ['0.2', 4], ['+Inf', 4]].map(([le, value]) => ({ labels: { job: 'orders', handler: '/a', le: String(le) }, value: Number(value), text: '' })) }], 'endpoint'), r => r.key)).toEqual([])
  })
})

test.each(SERVICE_KINDS.map(k => [k.id, k] as const))('[S4] the questions about %s are PromQL', (_, kind) => {
  for (const by of ['job', 'endpoint'] as const) {
    for (const scope of [{}, { job: 'a "b"' }]) {
      const texts = [failedRateExpr(kind, by, scope), latencyBucketsExpr(kind, by, { ...scope, range: '3600s' })?.expr]
      for (const text of texts) if (text !== undefined) parseExpr(text.replaceAll('$__rate_interval', '1m'))
      expect(texts[0]).toBeDefined()
    }
  }
})

test('[L1] the pages of the services say the same in both languages', () => {
  const holes = (text: string): string[] => [...text.matchAll(/\{\{(\w+)\}\}/g)].map(m => m[1]!).sort()
  for (const [key, text] of Object.entries(enServices)) expect({ key, holes: holes(koServices[key as keyof typeof enServices]) }).toEqual({ key, holes: holes(text) })
  expect(Object.keys(koServices).sort()).toEqual(Object.keys(enServices).sort())
})
