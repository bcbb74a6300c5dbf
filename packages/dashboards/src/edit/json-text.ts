/** Where a text stops being JSON. */
export interface JsonFault {
  /** Index into the text. */
  readonly at: number
  /** Both from 1. */
  readonly line: number
  readonly column: number
  /** What was found there, for people; '' at the end. */
  readonly found: string
}

/** Reads JSON; a fault says its place, the same in every browser. */
export function parseJsonText(text: string): { readonly value: unknown } | { readonly fault: JsonFault } {
  try {
    return { value: JSON.parse(text) as unknown }
  } catch {
    const at = faultAt(text)
    const before = text.slice(0, at)
    const line = before.split('\n').length
    return { fault: { at, line, column: at - before.lastIndexOf('\n'), found: text.slice(at, at + 20).split('\n')[0]! } }
  }
}

const SPACE = /[ \t\n\r]*/y
// JSON forbids control characters in texts.
// eslint-disable-next-line no-control-regex
const WORD = /"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?(?![\w.])|(?:true|false|null)\b/y

/** The index of the first character that can't stand where it does. */
function faultAt(text: string): number {
  let at = 0
  // What is open, and what may come next.
  const open: ('{' | '[')[] = []
  let want: 'value' | 'value or ]' | 'name' | 'name or }' | ':' | 'next' = 'value'
  for (;;) {
    SPACE.lastIndex = at
    SPACE.exec(text)
    at = SPACE.lastIndex
    const c = text[at]
    if (c === undefined) return text.length
    if (want === 'next') {
      const top = open.at(-1)
      if (c === ',' && top !== undefined) want = top === '{' ? 'name' : 'value'
      else if (c === '}' && top === '{' || c === ']' && top === '[') open.pop()
      else return at
      at++
    } else if (want === ':') {
      if (c !== ':') return at
      want = 'value'
      at++
    } else if (c === '}' && want === 'name or }' || c === ']' && want === 'value or ]') {
      open.pop()
      want = 'next'
      at++
    } else if ((c === '{' || c === '[') && (want === 'value' || want === 'value or ]')) {
      open.push(c)
      want = c === '{' ? 'name or }' : 'value or ]'
      at++
    } else {
      const isName: boolean = want === 'name' || want === 'name or }'
      WORD.lastIndex = at
      if (isName && c !== '"' || WORD.exec(text) === null) return at
      at = WORD.lastIndex
      want = isName ? ':' : 'next'
    }
  }
}
