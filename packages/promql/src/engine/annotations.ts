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

interface Annotation {
  readonly info: boolean
  readonly text: string
  span: Span
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
  if (f === undefined) return `${a.text} (${place})`
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
