import { formatSampleValue, goFormatGeneral } from './go-text.ts'
import { BucketColumns, boundaryRule, bucketIndices } from './histogram-bounds.ts'
import { compactHistogram } from './histogram-layout.ts'
import { CUSTOM_BUCKETS_SCHEMA, RESET_HINT } from './histogram.ts'
import type { Histogram } from './histogram.ts'

const columns = new BucketColumns()
const OPENING = ['(', '[', '(', '['] as const
const CLOSING = [']', ')', ')', ']'] as const

/** `{count:4, sum:5, [-0.001,0.001]:1, (0.5,1]:3}`: what `count_values` and templates show. @see Prometheus `FloatHistogram.String` */
export function histogramText(h: Histogram): string {
  const parts = [`count:${goFormatGeneral(h.count)}`, `sum:${goFormatGeneral(h.sum)}`]
  columns.load(h, true)
  for (let i = 0; i < columns.length; i++) {
    if (columns.counts[i] === 0) continue
    const rule = boundaryRule(h, columns, i)
    parts.push(`${OPENING[rule]}${goFormatGeneral(columns.lower[i]!)},${goFormatGeneral(columns.upper[i]!)}${CLOSING[rule]}:${goFormatGeneral(columns.counts[i]!)}`)
  }
  return `{${parts.join(', ')}}`
}

/** `{"count":"4","sum":"5","buckets":[[3,"-0.001","0.001","1"]]}`: the HTTP API's form. @see Prometheus util/jsonutil `MarshalHistogram` */
export function histogramJson(h: Histogram): string {
  let out = `{"count":"${formatSampleValue(h.count)}","sum":"${formatSampleValue(h.sum)}"`
  columns.load(h)
  let any = false
  for (let i = 0; i < columns.length; i++) {
    if (columns.counts[i] === 0) continue
    out += `${any ? ',' : ',"buckets":['}[${boundaryRule(h, columns, i)},"${formatSampleValue(columns.lower[i]!)}","${formatSampleValue(columns.upper[i]!)}","${formatSampleValue(columns.counts[i]!)}"]`
    any = true
  }
  return any ? `${out}]}` : `${out}}`
}

/** `{{schema:1 count:4 sum:5 offset:1 buckets:[1 3]}}`: how test scripts write it. @see Prometheus `FloatHistogram.TestExpression` */
export function histogramScriptText(histogram: Histogram): string {
  const h = compactHistogram(histogram)
  const parts: string[] = []
  const number = (name: string, v: number): void => {
    if (v !== 0) parts.push(`${name}:${goFormatGeneral(v)}`)
  }
  if (h.schema !== 0) parts.push(`schema:${h.schema}`)
  number('count', h.count)
  number('sum', h.sum)
  number('z_bucket', h.zeroCount)
  number('z_bucket_w', h.zeroThreshold)
  if (h.schema === CUSTOM_BUCKETS_SCHEMA) parts.push(`custom_values:[${Array.from(h.customValues, goFormatGeneral).join(' ')}]`)
  if (h.resetHint !== RESET_HINT.unknown) parts.push(`counter_reset_hint:${h.resetHint === RESET_HINT.reset ? 'reset' : h.resetHint === RESET_HINT.notReset ? 'not_reset' : 'gauge'}`)
  side(parts, '', h.positiveSpans, h.positiveCounts)
  side(parts, 'n_', h.negativeSpans, h.negativeCounts)
  return `{{${parts.join(' ')}}}`
}

/** Buckets with the gaps between their spans written out. */
function side(parts: string[], prefix: string, spans: Int32Array, counts: Float64Array): void {
  if (counts.length === 0) return
  const indices = bucketIndices(spans)
  if (indices[0] !== 0) parts.push(`${prefix}offset:${indices[0]}`)
  const texts: string[] = []
  let next = indices[0]!
  for (let i = 0; i < counts.length; i++) {
    for (; next < indices[i]!; next++) texts.push('0')
    texts.push(goFormatGeneral(counts[i]!))
    next++
  }
  parts.push(`${prefix}buckets:[${texts.join(' ')}]`)
}
