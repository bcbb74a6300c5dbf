import { EMPTY_HISTOGRAM, RESET_HINT, addHistograms, goQuote, subtractHistograms } from '@haechi/model'
import type { Histogram, ResetHint } from '@haechi/model'
import { LiteralError, numberValue } from '../literals.ts'

/** A native histogram as a script writes it. */
export interface HistogramLiteral {
  readonly histogram: Histogram
  /** The script says which reset hint it has. */
  readonly hintSet: boolean
}

const HINTS: ReadonlyMap<string, ResetHint> = new Map<string, ResetHint>([['unknown', RESET_HINT.unknown], ['reset', RESET_HINT.reset], ['not_reset', RESET_HINT.notReset], ['gauge', RESET_HINT.gauge]])
const ITEM = /\s*([a-z_]+):(\[[^\]]*\]|[^\s[\]]+)/iy
const KEYS: ReadonlySet<string> = new Set(['schema', 'sum', 'count', 'z_bucket', 'z_bucket_w', 'custom_values', 'buckets', 'offset', 'n_buckets', 'n_offset', 'counter_reset_hint'])
const NO_BUCKETS: readonly number[] = []

/**
 * Reads what stands between `{{` and `}}`: `schema:1 count:4 sum:5 z_bucket:1 z_bucket_w:0.001 offset:-1 buckets:[1 2] n_offset:0 n_buckets:[3] custom_values:[1 2] counter_reset_hint:gauge`.
 * @throws LiteralError
 * @see Prometheus promql/parser, `histogram_desc_map`
 */
export function parseHistogram(text: string): HistogramLiteral {
  const items = new Map<string, string>()
  let pos = 0
  while (text.slice(pos).trim() !== '') {
    ITEM.lastIndex = pos
    const found = ITEM.exec(text)
    const key = found?.[1]!.toLowerCase() ?? ''
    if (found === null || !KEYS.has(key)) throw new LiteralError(`unexpected ${goQuote(text.slice(pos).trim())} in histogram description, expected histogram description key, e.g. buckets:[5 10 7]`)
    if (items.has(key)) throw new LiteralError(`duplicate key ${goQuote(key)} in histogram`)
    items.set(key, found[2]!)
    pos = ITEM.lastIndex
  }
  const number = (key: string): number => (items.has(key) ? signedNumber(items.get(key)!) : 0)
  const integer = (key: string): number => {
    const v = number(key)
    if (!Number.isInteger(v)) throw new LiteralError(`error parsing ${key} number: ${items.get(key)!}`)
    return v
  }
  const list = (key: string): readonly number[] => {
    const value = items.get(key)
    if (value === undefined) return NO_BUCKETS
    if (!value.startsWith('[')) throw new LiteralError(`error parsing ${key} float array: ${value}`)
    return value.slice(1, -1).trim().split(/\s+/).filter(v => v !== '').map(signedNumber)
  }
  const hint = items.get('counter_reset_hint')
  const resetHint = HINTS.get(hint ?? 'unknown')
  if (resetHint === undefined) throw new LiteralError(`error parsing counter_reset_hint: unknown value ${hint!}`)
  const positive = list('buckets')
  const negative = list('n_buckets')
  const histogram: Histogram = {
    ...EMPTY_HISTOGRAM, schema: integer('schema'), sum: number('sum'), count: number('count'), zeroCount: number('z_bucket'), zeroThreshold: number('z_bucket_w'), resetHint,
    customValues: Float64Array.from(list('custom_values')),
    positiveSpans: Int32Array.from(positive.length === 0 ? [] : [integer('offset'), positive.length]), positiveCounts: Float64Array.from(positive),
    negativeSpans: Int32Array.from(negative.length === 0 ? [] : [integer('n_offset'), negative.length]), negativeCounts: Float64Array.from(negative),
  }
  return { histogram, hintSet: hint !== undefined }
}

function signedNumber(text: string): number {
  const sign = /^[+-]/.exec(text)?.[0] ?? ''
  const v = numberValue(text.slice(sign.length))
  return sign === '-' ? -v : v
}

/**
 * `base`, and then `times` more of which each is the one before plus (or minus) `step`.
 * @throws LiteralError if they don't go together
 */
export function histogramSequence(base: Histogram, step: Histogram, sign: '+' | '-', times: number): Histogram[] {
  const out = [base]
  let current = base
  for (let i = 0; i < times; i++) {
    if (current.schema > step.schema) throw new LiteralError(`error combining histograms: cannot merge from schema ${step.schema} to ${current.schema}`)
    const next = sign === '+' ? addHistograms(current, step) : subtractHistograms(current, step)
    if (next === undefined) throw new LiteralError('cannot apply this operation on histograms with a mix of exponential and custom bucket schemas')
    current = next.histogram
    out.push(current)
  }
  return out
}
