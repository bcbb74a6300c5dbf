import { CUSTOM_BUCKETS_SCHEMA, RESET_HINT, compareLabels, labelsFromObject, spansOf } from '@haechi/model'
import type { Histogram } from '@haechi/model'
import type { MatrixSeries, QueryValue, VectorSample } from '@haechi/storage'

type WireHistogram = { readonly count: string; readonly sum: string; readonly buckets?: readonly (readonly [number, string, string, string])[] }

interface WireSeries {
  readonly metric: Record<string, string>
  readonly value?: readonly [number, string]
  readonly values?: readonly (readonly [number, string])[]
  readonly histogram?: readonly [number, WireHistogram]
  readonly histograms?: readonly (readonly [number, WireHistogram])[]
}

/** A number as Prometheus' API writes it. */
export function numberOfText(text: string): number {
  return text === '+Inf' || text === 'Inf' ? Infinity : text === '-Inf' ? -Infinity : Number(text)
}

/** What `data` of an answer of `query` or `query_range` holds; undefined where it is none. Columns are the receiver's. */
export function valueOfJson(data: unknown): QueryValue | undefined {
  const { resultType, result } = (data ?? {}) as { readonly resultType?: unknown; readonly result?: unknown }
  if (!Array.isArray(result)) return undefined
  try {
    switch (resultType) {
      case 'matrix': return { type: 'matrix', series: (result as WireSeries[]).map(matrixSeries).sort((a, b) => compareLabels(a.labels, b.labels)) }
      case 'vector': return { type: 'vector', samples: (result as WireSeries[]).flatMap(vectorSample) }
      case 'scalar': return { type: 'scalar', tMs: Math.round(Number(result[0]) * 1000), value: numberOfText(String(result[1])) }
      case 'string': return { type: 'string', tMs: Math.round(Number(result[0]) * 1000), value: String(result[1]) }
      default: return undefined
    }
  } catch (err) {
    if (err instanceof TypeError) return undefined
    throw err
  }
}

function vectorSample(s: WireSeries): VectorSample[] {
  const labels = labelsFromObject(s.metric)
  if (s.histogram !== undefined) return [{ labels, tMs: Math.round(s.histogram[0] * 1000), value: 0, histogram: histogramOfJson(s.histogram[1]) }]
  return s.value === undefined ? [] : [{ labels, tMs: Math.round(s.value[0] * 1000), value: numberOfText(s.value[1]) }]
}

function matrixSeries(s: WireSeries): MatrixSeries {
  const labels = labelsFromObject(s.metric)
  const values = s.values ?? []
  const natives = s.histograms ?? []
  if (natives.length === 0) return { labels, ts: Float64Array.from(values, v => Math.round(v[0] * 1000)), vs: Float64Array.from(values, v => numberOfText(v[1])) }
  const all = [
    ...values.map(([t, v]) => ({ t: Math.round(t * 1000), v: numberOfText(v), h: null })),
    ...natives.map(([t, h]) => ({ t: Math.round(t * 1000), v: 0, h: histogramOfJson(h) })),
  ].sort((a, b) => a.t - b.t)
  return { labels, ts: Float64Array.from(all, x => x.t), vs: Float64Array.from(all, x => x.v), histograms: all.map(x => x.h) }
}

/**
 * A native histogram from the bounds that the API writes. Bounds whose ratio is that of a schema give that schema back; any others are bounds of their own.
 * The API leaves out empty buckets and the zero threshold of an empty zero bucket; so do we.
 */
export function histogramOfJson(json: WireHistogram): Histogram {
  const buckets = (json.buckets ?? []).map(([rule, lower, upper, count]) => ({ rule, lower: numberOfText(lower), upper: numberOfText(upper), count: numberOfText(count) }))
  const zero = buckets.find(b => b.rule === 3 && b.lower === -b.upper)
  const positive = buckets.filter(b => b !== zero && b.lower >= 0)
  const negative = buckets.filter(b => b !== zero && b.upper <= 0 && b.lower < 0).reverse()
  const whole = { count: numberOfText(json.count), sum: numberOfText(json.sum), resetHint: RESET_HINT.unknown, integer: false } as const
  const schemas = new Set([...positive.map(b => schemaOf(b.lower, b.upper)), ...negative.map(b => schemaOf(-b.upper, -b.lower))])
  const [schema] = schemas
  if (positive.length + negative.length + (zero === undefined ? 0 : 1) === buckets.length && schemas.size <= 1 && (schemas.size === 0 || schema !== undefined)) {
    const exponent = schema ?? 0
    const spans = (bounds: readonly number[]): Int32Array => spansOf(Int32Array.from(bounds, b => Math.round(Math.log2(b) * 2 ** exponent)))
    return {
      ...whole, schema: exponent, zeroThreshold: zero?.upper ?? 0, zeroCount: zero?.count ?? 0, positiveSpans: spans(positive.map(b => b.upper)), positiveCounts: Float64Array.from(positive, b => b.count),
      negativeSpans: spans(negative.map(b => -b.lower)), negativeCounts: Float64Array.from(negative, b => b.count), customValues: new Float64Array(0),
    }
  }
  const bounds = [...new Set(buckets.flatMap(b => [b.lower, b.upper]))].filter(b => Number.isFinite(b)).sort((a, b) => a - b)
  return {
    ...whole, schema: CUSTOM_BUCKETS_SCHEMA, zeroThreshold: 0, zeroCount: 0, positiveSpans: spansOf(Int32Array.from(buckets, b => (b.upper === Infinity ? bounds.length : bounds.indexOf(b.upper)))),
    positiveCounts: Float64Array.from(buckets, b => b.count), negativeSpans: new Int32Array(0), negativeCounts: new Float64Array(0), customValues: Float64Array.from(bounds),
  }
}

/** The schema that has these two as neighbouring bounds; undefined for none. */
function schemaOf(lower: number, upper: number): number | undefined {
  const exact = -Math.log2(Math.log2(upper / lower))
  const schema = Math.round(exact)
  const index = Math.log2(upper) * 2 ** schema
  return Math.abs(exact - schema) < 1e-6 && Math.abs(index - Math.round(index)) < 1e-6 && schema >= -4 && schema <= 8 ? schema : undefined
}
