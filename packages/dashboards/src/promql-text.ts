/** A PromQL string literal of any text. */
export function quotePromql(text: string): string {
  return `"${text.replace(/\\/g, '\\\\').replace(/"/g, '\\"').replace(/\n/g, '\\n')}"`
}

/** Escapes RE2 metacharacters, so that the text matches itself inside `=~`. Not yet quoted. */
export function escapePattern(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&')
}

/** One matcher that leaves out every one of the values: `l!="a"` or `l!~"a|b"`. */
export function excludeMatcher(label: string, values: readonly string[]): string {
  if (values.length === 1) return `${label}!=${quotePromql(values[0]!)}`
  return `${label}!~${quotePromql(values.map(escapePattern).join('|'))}`
}

/** One matcher for any of the values: `l="a"` or `l=~"a|b"`. */
export function anyOfMatcher(label: string, values: readonly string[]): string {
  if (values.length === 1) return `${label}=${quotePromql(values[0]!)}`
  return `${label}=~${quotePromql(values.map(escapePattern).join('|'))}`
}

/** `name{a,b}`, or `name` without matchers. */
export function selectorText(name: string, matchers: readonly string[]): string {
  return matchers.length === 0 ? name : `${name}{${matchers.join(',')}}`
}
