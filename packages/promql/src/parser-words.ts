import type { Token } from './lexer.ts'

/** How tightly binary operators bind. */
export const POWER: ReadonlyMap<string, number> = new Map([
  ['or', 1], ['and', 2], ['unless', 2], ['==', 3], ['!=', 3], ['<', 3], ['<=', 3], ['>', 3], ['>=', 3], ['</', 3], ['>/', 3], ['+', 4], ['-', 4], ['*', 5], ['/', 5], ['%', 5], ['atan2', 5], ['^', 6],
])
/** Signs bind like `*`, but behind a sign only `^` goes on. */
export const UNARY_POWER = 6

/** Aggregators with a parameter before the vector. */
export const WITH_PARAM: ReadonlySet<string> = new Set(['topk', 'bottomk', 'count_values', 'quantile', 'limitk', 'limit_ratio'])

/** Words that may be the name of a metric. */
const METRIC_WORDS: ReadonlySet<string> = new Set(['by', 'without', 'offset', 'and', 'or', 'unless', 'fill', 'fill_left', 'fill_right', 'anchored', 'smoothed'])
/** Words that may be the name of a label in a list. */
export const LABEL_WORDS: ReadonlySet<string> = new Set([
  'by', 'bool', 'offset', 'on', 'ignoring', 'group_left', 'group_right', 'and', 'or', 'unless', 'atan2', 'fill', 'fill_left', 'fill_right', 'anchored', 'smoothed',
])

/** Whether a token may be the name of a metric. */
export function isMetricName(t: Token): boolean {
  return t.kind === 'identifier' || t.kind === 'metric identifier' || t.kind === 'aggregator' || t.kind === 'marker' ||
    ((t.kind === 'keyword' || t.kind === 'op') && METRIC_WORDS.has(t.name))
}

/** Whether an expression may begin with a token. */
export function startsExpr(t: Token): boolean {
  if (isMetricName(t) || t.kind === 'number' || t.kind === 'duration' || t.kind === 'string') return true
  return (t.kind === 'sign' && (t.name === '(' || t.name === '{')) || (t.kind === 'op' && (t.name === '+' || t.name === '-'))
}
