/** What a value is compared with. `within` and `outside` have two numbers; all others one. */
export type ThresholdOp = '>' | '<' | '>=' | '<=' | '==' | '!=' | 'within' | 'outside'

/** A limit of an alert rule, e.g. `> 0.01`, or `outside` 10 to 90. */
export interface Threshold {
  readonly op: ThresholdOp
  /** The lower one where there are two. */
  readonly value: number
  /** The upper one of `within` and `outside`. */
  readonly high?: number
  /** `ratio`, `s`, `bytes` … or '' when it is not known. */
  readonly unit: string
}

/** What is needed of a limit to compare with it: one that was stored may have an operator that nobody knows any more. */
export interface Limit {
  readonly op: string
  readonly value: number
  readonly high?: number
}

/** How far a value lies outside of the range, in its own unit; negative within. */
function distance(v: number, low: number, high: number): number {
  return Math.max(low - v, v - high)
}

/** The worse of two values of an alert, by the direction of its limit; without one the larger. NaN is never worse. */
export function worseValue(a: number, b: number, limit: Limit | undefined): number {
  if (Number.isNaN(a)) return b
  if (Number.isNaN(b)) return a
  if (limit?.high !== undefined) {
    const further = distance(a, limit.value, limit.high) >= distance(b, limit.value, limit.high)
    return further === (limit.op === 'outside') ? a : b
  }
  return limit?.op.startsWith('<') === true ? Math.min(a, b) : Math.max(a, b)
}

/**
 * A limit in words: `> 5 %`, `outside 10 to 90`; Korean `10~90 벗어남`, `10~90 사이`.
 * @param show  a number with its unit
 */
export function limitText(limit: Limit, show: (value: number) => string, language: 'en' | 'ko'): string {
  if (limit.high === undefined) return `${limit.op} ${show(limit.value)}`
  const range = language === 'ko' ? `${show(limit.value)}~${show(limit.high)}` : `${show(limit.value)} to ${show(limit.high)}`
  if (language === 'ko') return `${range} ${limit.op === 'outside' ? '벗어남' : '사이'}`
  return `${limit.op === 'outside' ? 'outside' : 'within'} ${range}`
}

/** The lines that a limit is in a chart, each with the operator that is on its bad side: one, or two for a range. */
export function limitLines(limit: Limit): readonly { readonly op: string; readonly value: number }[] {
  if (limit.high === undefined) return [{ op: limit.op, value: limit.value }]
  const [below, above] = limit.op === 'outside' ? ['<', '>'] : ['>', '<']
  return [{ op: below!, value: limit.value }, { op: above!, value: limit.high }]
}
