import { goQuote } from '@haechi/model'
import type { Span } from '../ast.ts'
import { linePosition } from '../parse-error.ts'
import { formatGeneral, formatPrecision } from './go-number.ts'

/** Most warnings and most infos that an answer lists; the rest is counted. @see Prometheus web/api/v1 */
const MAX_LISTED = 10

/** What monotonicity of a histogram's buckets cost, over all steps and series. */
interface ForcedMonotonicity {
  minTs: number
  maxTs: number
  minBucket: number
  maxBucket: number
  maxDiff: number
  count: number
}

/** What a mismatch of custom buckets or of reset hints happened in. */
export type HistogramOperation = 'addition' | 'subtraction' | 'aggregation'

interface Annotation {
  readonly info: boolean
  readonly text: string
  span: Span
  /** Counted occurrences, shown when there are several. */
  occurrences?: number
  readonly forced?: ForcedMonotonicity
}

/**
 * Warnings and infos of one query, each text once; a later one of the same text takes over the place in the query.
 * @see Prometheus util/annotations
 */
export class Annotations {
  readonly #byText = new Map<string, Annotation>()

  #add(info: boolean, text: string, span: Span): void {
    const known = this.#byText.get(text)
    if (known !== undefined) known.span = span
    else this.#byText.set(text, { info, text, span })
  }

  /** Whether nothing was noted. */
  isEmpty(): boolean {
    return this.#byText.size === 0
  }

  invalidQuantile(q: number, span: Span): void {
    this.#add(false, `PromQL warning: quantile value should be between 0 and 1, got ${formatGeneral(q)}`, span)
  }

  invalidRatio(ratio: number, capped: number, span: Span): void {
    this.#add(false, `PromQL warning: ratio value should be between -1 and 1, got ${formatGeneral(ratio)}, capping to ${formatGeneral(capped)}`, span)
  }

  badBucketLabel(metricName: string, le: string, span: Span): void {
    this.#add(false, `PromQL warning: bucket label "le" is missing or has a malformed value of ${goQuote(le)}${forName(metricName)}`, span)
  }

  sortInRangeQuery(span: Span): void {
    this.#add(false, 'PromQL warning: sort is ineffective for range queries since results are always ordered by labels', span)
  }

  possibleNonCounter(metricName: string, span: Span): void {
    this.#add(true, `PromQL info: metric might not be a counter, name does not end in _total/_sum/_count/_bucket: ${goQuote(metricName)}`, span)
  }

  /** Under `type-and-unit-labels`. */
  possibleNonCounterType(metricName: string, typeLabel: string, span: Span): void {
    this.#add(true, `PromQL info: metric might not be a counter, __type__ label is not set to "counter" or "histogram", got ${goQuote(typeLabel)}: ${goQuote(metricName)}`, span)
  }

  mixedFloatsHistograms(metricName: string, span: Span): void {
    this.#add(false, `PromQL warning: encountered a mix of histograms and floats for metric name ${goQuote(metricName)}`, span)
  }

  mixedFloatsHistogramsInAggregation(span: Span): void {
    this.#add(false, 'PromQL warning: encountered a mix of histograms and floats for aggregation', span)
  }

  mixedClassicNative(metricName: string, span: Span): void {
    this.#add(false, `PromQL warning: vector contains a mix of classic and native histograms${forName(metricName)}`, span)
  }

  notCounter(metricName: string, span: Span): void {
    this.#add(false, `PromQL warning: this native histogram metric is not a counter: ${goQuote(metricName)}`, span)
  }

  notGauge(metricName: string, span: Span): void {
    this.#add(false, `PromQL warning: this native histogram metric is not a gauge: ${goQuote(metricName)}`, span)
  }

  mixedExponentialCustom(metricName: string, span: Span): void {
    this.#add(false, `PromQL warning: vector contains a mix of histograms with exponential and custom buckets schemas for metric name ${goQuote(metricName)}`, span)
  }

  incompatibleBuckets(op: string, span: Span): void {
    this.#add(false, `PromQL warning: incompatible bucket layout encountered for binary operator ${op}`, span)
  }

  incompatibleTypes(left: string, op: string, right: string, span: Span): void {
    this.#add(true, `PromQL info: incompatible sample types encountered for binary operator ${goQuote(op)}: ${left} ${op} ${right}`, span)
  }

  histogramIgnoredInAggregation(op: string, span: Span): void {
    this.#add(true, `PromQL info: ignored histogram in ${op} aggregation`, span)
  }

  histogramsIgnoredInRange(metricName: string, span: Span): void {
    this.#add(true, `PromQL info: ignored histograms in a range containing both floats and histograms for metric name ${goQuote(metricName)}`, span)
  }

  nanQuantile(metricName: string, span: Span): void {
    this.#add(true, `PromQL info: input to histogram_quantile has NaN observations, result is NaN${forName(metricName)}`, span)
  }

  nanSkew(metricName: string, span: Span): void {
    this.#add(true, `PromQL info: input to histogram_quantile has NaN observations, result is skewed higher${forName(metricName)}`, span)
  }

  nanFraction(metricName: string, span: Span): void {
    this.#add(true, `PromQL info: input to histogram_fraction has NaN observations, which are excluded from all fractions${forName(metricName)}`, span)
  }

  resetCollision(operation: HistogramOperation, span: Span): void {
    this.#add(false, `PromQL warning: conflicting counter resets during histogram ${operation}`, span)
  }

  mismatchedCustomBuckets(operation: HistogramOperation, span: Span): void {
    this.#add(true, `PromQL info: mismatched custom buckets were reconciled during ${operation}`, span)
  }

  /** Once per step and series. */
  startTimeOverlap(metricName: string, span: Span): void {
    const text = `PromQL warning: sample has start time that overlaps with previous sample timestamp for metric ${goQuote(metricName)}`
    const known = this.#byText.get(text)
    if (known === undefined) this.#byText.set(text, { info: false, text, span, occurrences: 1 })
    else {
      known.span = span
      known.occurrences = (known.occurrences ?? 0) + 1
    }
  }

  forcedMonotonicity(metricName: string, span: Span, tMs: number, minBucket: number, maxBucket: number, maxDiff: number): void {
    const text = `PromQL info: input to histogram_quantile needed to be fixed for monotonicity (see https://prometheus.io/docs/prometheus/latest/querying/functions/#histogram_quantile)${forName(metricName)}`
    const known = this.#byText.get(text)?.forced
    if (known === undefined) {
      this.#byText.set(text, { info: true, text, span, forced: { minTs: tMs, maxTs: tMs, minBucket, maxBucket, maxDiff, count: 1 } })
      return
    }
    known.minTs = Math.min(known.minTs, tMs)
    known.maxTs = Math.max(known.maxTs, tMs)
    known.minBucket = Math.min(known.minBucket, minBucket)
    known.maxBucket = Math.max(known.maxBucket, maxBucket)
    known.maxDiff = Math.max(known.maxDiff, maxDiff)
    known.count++
  }

  /** The texts with their places in the query, at most ten of each kind and then how many were left out. */
  texts(query: string): { readonly warnings: string[]; readonly infos: string[] } {
    const warnings: string[] = []
    const infos: string[] = []
    for (const a of this.#byText.values()) (a.info ? infos : warnings).push(printAnnotation(a, query))
    return { warnings: shorten(warnings, 'warning'), infos: shorten(infos, 'info') }
  }
}

function printAnnotation(a: Annotation, query: string): string {
  const place = linePosition(query, a.span.start)
  const f = a.forced
  if (f === undefined) return `${a.text}${(a.occurrences ?? 1) > 1 ? ` (${a.occurrences} occurrences)` : ''} (${place})`
  return `${a.text}, from buckets ${formatGeneral(f.minBucket)} to ${formatGeneral(f.maxBucket)}, with a max diff of ${formatPrecision(f.maxDiff, 2)}, over ${f.count} samples from ${rfc3339(f.minTs)} to ${rfc3339(f.maxTs)} (${place})`
}

function shorten(texts: string[], kind: string): string[] {
  if (texts.length <= MAX_LISTED) return texts
  return [...texts.slice(0, MAX_LISTED), `${texts.length - MAX_LISTED} more ${kind} annotations omitted`]
}

function forName(metricName: string): string {
  return metricName === '' ? '' : ` for metric name ${goQuote(metricName)}`
}

function rfc3339(tMs: number): string {
  return `${new Date(Math.trunc(tMs / 1000) * 1000).toISOString().slice(0, 19)}Z`
}
