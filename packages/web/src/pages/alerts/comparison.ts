const SET_OPERATORS = new Set(['and', 'or', 'unless'])

interface Token {
  readonly text: string
  readonly start: number
  readonly end: number
}

/** The words, numbers, strings and signs of an expression, without its meaning: enough to find a comparison. */
function tokens(expr: string): Token[] {
  const out: Token[] = []
  for (const match of expr.matchAll(/#[^\n]*|"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'|`[^`]*`|[A-Za-z_:$][\w:]*|(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?\w*|[<>=!]=|=~|!~|\S/g)) {
    if (!match[0].startsWith('#')) out.push({ text: match[0], start: match.index, end: match.index + match[0].length })
  }
  return out
}

/**
 * The left side of the comparison `… > value` in a rule's expression: what the preview draws against the threshold.
 *
 * Undefined when the expression has no such comparison with just this number; then the whole expression is drawn.
 */
export function comparedPart(expr: string, op: '>' | '<', value: number): string | undefined {
  const all = tokens(expr)
  // Where the operand of each open bracket, and of the top level, begins.
  const begins: number[] = [0]
  for (let i = 0; i < all.length; i++) {
    const token = all[i]!
    if (token.text === '(' || token.text === '[' || token.text === '{') begins.push(token.end)
    else if (token.text === ')' || token.text === ']' || token.text === '}') begins.pop()
    else if (SET_OPERATORS.has(token.text.toLowerCase())) begins[begins.length - 1] = token.end
    else if (token.text === op || token.text === `${op}=`) {
      let next = i + 1
      if (all[next]?.text.toLowerCase() === 'bool') next++
      const sign = all[next]?.text === '-' ? -1 : 1
      if (sign < 0) next++
      const number = all[next]
      if (number === undefined || sign * Number(number.text) !== value) continue
      const left = expr.slice(begins.at(-1)!, token.start).trim().replace(/^(?:ignoring|on)\s*\([^)]*\)\s*/i, '')
      if (left !== '') return left
    }
  }
  return undefined
}
