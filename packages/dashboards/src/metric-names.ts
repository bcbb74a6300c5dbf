const WORDS = new Set([
  'and', 'or', 'unless', 'bool', 'offset', 'by', 'without', 'on', 'ignoring', 'group_left', 'group_right', 'inf', 'nan', 'atan2', 'sum', 'avg', 'count', 'min', 'max', 'group', 'stddev',
  'stdvar', 'topk', 'bottomk', 'count_values', 'quantile', 'limitk', 'limit_ratio', 'start', 'end',
])
const LISTS = new Set(['by', 'without', 'on', 'ignoring', 'group_left', 'group_right'])
const TOKEN = /"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|`[^`]*`|#[^\n]*|[a-zA-Z_:][\w:]*|\d[\w.]*|\S/g

/**
 * The metric names that a query asks for, in the order of their first appearance. Reads tokens only, so that it answers for a query with mistakes or
 * macros too; names given by `__name__` matchers are taken when they are exact.
 */
export function metricNames(expr: string): string[] {
  const tokens = (expr.match(TOKEN) ?? []).filter(t => !t.startsWith('#'))
  const out = new Set<string>()
  let braces = 0
  for (let i = 0; i < tokens.length; i++) {
    const t = tokens[i]!
    if (t === '[') {
      while (i < tokens.length && tokens[i] !== ']') i++
    } else if (t === '{') braces++
    else if (t === '}') braces = Math.max(0, braces - 1)
    else if (braces > 0) {
      if (t === '__name__' && tokens[i + 1] === '=' && /^["'`]/.test(tokens[i + 2] ?? '')) out.add(tokens[i + 2]!.slice(1, -1))
    } else if (LISTS.has(t.toLowerCase()) && tokens[i + 1] === '(') {
      while (i < tokens.length && tokens[i] !== ')') i++
    } else if (/^[a-zA-Z_:]/.test(t) && tokens[i + 1] !== '(' && tokens[i - 1] !== '$' && !WORDS.has(t.toLowerCase())) out.add(t)
  }
  return [...out]
}
