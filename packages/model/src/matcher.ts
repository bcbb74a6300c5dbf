import { METRIC_NAME, labelValue } from './labels.ts'
import type { Labels } from './labels.ts'
import { compilePattern } from './pattern.ts'
import type { Pattern } from './pattern.ts'

/** How a matcher compares: `=`, `!=`, `=~`, `!~`. */
export type MatchType = '=' | '!=' | '=~' | '!~'

/** One condition on one label. A missing label has the value `''`. Regular expressions are RE2 and match the whole value. */
export interface Matcher {
  readonly type: MatchType
  readonly name: string
  readonly value: string
  /** The compiled expression of `=~` and `!~`. */
  readonly pattern?: Pattern
}

/** Makes a matcher. @throws PatternError with Go's text when `value` is not an RE2 expression */
export function newMatcher(type: MatchType, name: string, value: string): Matcher {
  if (type === '=~' || type === '!~') return { type, name, value, pattern: compilePattern(value) }
  return { type, name, value }
}

/** Whether a label value satisfies the matcher. */
export function matchesValue(m: Matcher, value: string): boolean {
  switch (m.type) {
    case '=': return value === m.value
    case '!=': return value !== m.value
    case '=~': return m.pattern!.matches(value)
    case '!~': return !m.pattern!.matches(value)
  }
}

/** Whether a label set satisfies every matcher. */
export function matchesLabels(matchers: readonly Matcher[], labels: Labels): boolean {
  for (const m of matchers) if (!matchesValue(m, labelValue(labels, m.name))) return false
  return true
}

/** The metric name that the matchers demand, or undefined if they don't demand exactly one. */
export function demandedMetricName(matchers: readonly Matcher[]): string | undefined {
  for (const m of matchers) if (m.name === METRIC_NAME && m.type === '=') return m.value
  return undefined
}
