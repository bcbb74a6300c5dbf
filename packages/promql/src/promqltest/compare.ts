import { METRIC_NAME, boundsMatch, compactHistogram, compareLabels, goFormatFloat, goQuote, histogramScriptText, labelValue, labelsKey, spansMatch } from '@haechi/model'
import type { Histogram, Labels } from '@haechi/model'
import type { QueryValue } from '@haechi/storage'
import { POINT } from './series.ts'
import type { SeriesDescription } from './series.ts'
import type { AnnotationExpectation, EvalStatement } from './script.ts'

/** Relative error that values may have. */
const EPSILON = 1e-6
const MIN_NORMAL = 2 ** -1022

/** Whether two values are equal up to rounding; a NaN equals a NaN. @see Prometheus `util/almost` */
export function almostEqual(a: number, b: number): boolean {
  if (a === b || (a !== a && b !== b)) return true
  const sum = Math.abs(a) + Math.abs(b)
  const difference = Math.abs(a - b)
  if (a === 0 || b === 0 || sum < MIN_NORMAL) return difference < EPSILON * MIN_NORMAL
  return difference / Math.min(sum, Number.MAX_VALUE) < EPSILON
}

/**
 * Compares an answer with what the script expects.
 * @param value    the answer
 * @param ordered  whether a vector's order counts
 * @returns what differs, undefined if nothing does
 */
export function compareValue(ev: EvalStatement, value: QueryValue, ordered: boolean): string | undefined {
  switch (value.type) {
    case 'string': return ev.string === value.value ? undefined : `expected ${ev.string === undefined ? 'no string' : goQuote(ev.string)}, got string ${goQuote(value.value)}`
    case 'scalar':
      if (ev.scalar === undefined) return `expected vector or matrix result, but got scalar ${goFormatFloat(value.value)}`
      return almostEqual(ev.scalar, value.value) ? undefined : `expected scalar ${goFormatFloat(ev.scalar)} but got ${goFormatFloat(value.value)}`
    case 'vector': return compareVector(ev, value, ordered)
    case 'matrix': return compareMatrix(ev, value, ordered)
  }
}

function compareVector(ev: EvalStatement, value: QueryValue & { type: 'vector' }, ordered: boolean): string | undefined {
  if (ev.scalar !== undefined) return `expected scalar result, but got a vector of ${value.samples.length}`
  // A series that the script names twice counts as its last line.
  const expected = new Map(ev.series.map((series, position) => [labelsKey(series.labels), { series, position }]))
  const missing = new Set(expected.keys())
  for (const [position, sample] of value.samples.entries()) {
    const key = labelsKey(sample.labels)
    const want = expected.get(key)
    const name = describeLabels(sample.labels)
    const got: Point = sample.histogram ?? sample.value
    if (want === undefined) return `unexpected metric ${name} in result, has value ${pointText(got)}`
    if (ordered && want.position !== position) return `expected metric ${name} at position ${want.position + 1} but was at ${position + 1}`
    if (!pointMatches(want.series, 0, got)) return `expected ${describePoints(want.series)} for ${name} but got ${pointText(got)}`
    missing.delete(key)
  }
  for (const key of missing) return `expected metric ${describeLabels(expected.get(key)!.series.labels)} with ${describePoints(expected.get(key)!.series)} not found`
  return undefined
}

function compareMatrix(ev: EvalStatement, value: QueryValue & { type: 'matrix' }, ordered: boolean): string | undefined {
  if (ordered) return 'expected ordered result, but query returned a matrix'
  if (ev.scalar !== undefined) return `expected scalar result, but got a matrix of ${value.series.length}`
  const order = matrixOrder(value)
  if (order !== undefined) return order
  const expected = new Map(ev.series.map(series => [labelsKey(series.labels), series]))
  const missing = new Set(expected.keys())
  for (const series of value.series) {
    const key = labelsKey(series.labels)
    const want = expected.get(key)
    const name = describeLabels(series.labels)
    const pointAt = (i: number): Point => series.histograms?.[i] ?? series.vs[i]!
    const has = [...series.ts].map((t, i) => `${pointText(pointAt(i))} @[${t}]`).join(' ')
    if (want === undefined) return `unexpected metric ${name} in result, has ${has}`
    missing.delete(key)
    if (ev.startMs + (want.kinds.length - 1) * ev.stepMs > ev.endMs) return `expected ${want.kinds.length} points for ${name}, but query time range cannot return this many points`
    let n = 0
    for (let i = 0; i < want.kinds.length; i++) {
      if (want.kinds[i] === POINT.none) continue
      const t = ev.startMs + i * ev.stepMs
      if (series.ts[n] !== t || !pointMatches(want, i, pointAt(n))) return `expected ${describePoint(want, i)} at t=${t} for ${name}, result has ${has}`
      n++
    }
    if (n !== series.ts.length) return `expected ${n} points for ${name}, but got ${series.ts.length}: ${has}`
  }
  for (const key of missing) return `expected metric ${describeLabels(expected.get(key)!.labels)} not found`
  return undefined
}

/** A matrix is always sorted by labels. @returns what is wrong */
export function matrixOrder(value: QueryValue & { type: 'matrix' }): string | undefined {
  for (let i = 1; i < value.series.length; i++) {
    if (compareLabels(value.series[i - 1]!.labels, value.series[i]!.labels) > 0) {
      return `matrix is not sorted: ${describeLabels(value.series[i - 1]!.labels)} stands before ${describeLabels(value.series[i]!.labels)}`
    }
  }
  return undefined
}

/** Compares warnings or infos with what the script expects. @returns what differs */
export function compareAnnotations(kind: 'warn' | 'info', want: AnnotationExpectation, got: readonly string[]): string | undefined {
  if (want.none === true && got.length > 0) return `unexpected ${kind} annotations: ${got.join('; ')}`
  if (want.messages === undefined) return undefined
  if (got.length === 0) return `expected ${kind} annotations but none were found`
  const unmet = want.messages.find(m => !got.some(m.matches))
  if (unmet !== undefined) return `expected ${kind} annotation matching ${goQuote(unmet.source)}, found: ${got.join('; ')}`
  const surplus = got.find(text => !want.messages!.some(m => m.matches(text)))
  return surplus === undefined ? undefined : `unexpected ${kind} annotation ${goQuote(surplus)}`
}

/** `name{a="b"}` */
function describeLabels(labels: Labels): string {
  const inside: string[] = []
  for (let i = 0; i < labels.length; i += 2) if (labels[i] !== METRIC_NAME) inside.push(`${labels[i]}=${goQuote(labels[i + 1]!)}`)
  return `${labelValue(labels, METRIC_NAME)}{${inside.join(', ')}}`
}

function describePoints(series: SeriesDescription): string {
  return Array.from(series.kinds, (_, i) => describePoint(series, i)).join(' ')
}

function describePoint(series: SeriesDescription, i: number): string {
  switch (series.kinds[i]) {
    case POINT.value: return goFormatFloat(series.values[i]!)
    case POINT.none: return '_'
    case POINT.stale: return 'stale'
    default: return histogramScriptText(series.histograms[i]!)
  }
}

/** A float or a histogram of an answer. */
type Point = number | Histogram

function pointText(point: Point): string {
  return typeof point === 'number' ? goFormatFloat(point) : histogramScriptText(point)
}

/** Whether an answer's sample is what the script says at one place. */
function pointMatches(want: SeriesDescription, i: number, got: Point): boolean {
  if (typeof got === 'number') return want.kinds[i] === POINT.value && almostEqual(want.values[i]!, got)
  return want.kinds[i] === POINT.histogram && histogramMatches(want.histograms[i]!, got, want.hintsSet[i] === 1)
}

/** Whether histograms are equal up to rounding and empty buckets. @see Prometheus promql/promqltest `compareNativeHistogram` */
function histogramMatches(wanted: Histogram, answer: Histogram, hintMatters: boolean): boolean {
  const want = compactHistogram(wanted)
  const got = compactHistogram(answer)
  return want.schema === got.schema && almostEqual(want.count, got.count) && almostEqual(want.sum, got.sum) && boundsMatch(want.customValues, got.customValues) &&
    want.zeroThreshold === got.zeroThreshold && almostEqual(want.zeroCount, got.zeroCount) &&
    spansMatch(want.negativeSpans, got.negativeSpans) && countsMatch(want.negativeCounts, got.negativeCounts) &&
    spansMatch(want.positiveSpans, got.positiveSpans) && countsMatch(want.positiveCounts, got.positiveCounts) &&
    (!hintMatters || want.resetHint === got.resetHint)
}

function countsMatch(a: Float64Array, b: Float64Array): boolean {
  return a.length === b.length && a.every((v, i) => almostEqual(v, b[i]!))
}
