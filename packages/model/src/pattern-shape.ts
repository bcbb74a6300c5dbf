/**
 * Recognises regular expressions that say no more than "one of these texts", "begins with", "contains" …, so that they need no RE2.
 * What is not surely of this kind is left to RE2, faulty expressions among it.
 */

/** Any text, and any text of at least one character, between literal parts. */
const ANY = 0
const SOME = 1

/** Literal texts and gaps in order. Neighbouring texts are one. */
type Glob = readonly (string | typeof ANY | typeof SOME)[]

/** What an expression comes down to. */
export interface PatternShape {
  readonly matches: (text: string) => boolean
  /** All texts that match, without repetition, if they are few. */
  readonly literals?: readonly string[]
  /** What every matching text begins with, if there is such a thing. */
  readonly prefix?: string
}

/** Most alternatives that are written out; as in Prometheus. */
const MAX_LITERALS = 256
/** Of a plain list of words any number is taken: a set is always faster than RE2. */
const PLAIN_LIST = /^[^\\.+*?()[\]{}^$|]*(?:\|[^\\.+*?()[\]{}^$|]*)*$/

/** @returns undefined if the expression is of no simple kind (or not valid) */
export function patternShape(source: string): PatternShape | undefined {
  if (PLAIN_LIST.test(source)) return literalShape([...new Set(source.split('|'))])
  const globs = new ShapeParser(source).parse()
  if (globs === undefined) return undefined
  if (globs.every(isText)) return literalShape([...new Set(globs.map(textOf))])
  const prefix = commonPrefix(globs.map(g => (typeof g[0] === 'string' ? g[0] : '')))
  const matchers = globs.map(globMatcher)
  const matches = matchers.length === 1 ? matchers[0]! : (text: string): boolean => matchers.some(m => m(text))
  return prefix === '' ? { matches } : { matches, prefix }
}

/** The literal beginning of an expression that is not of a simple kind, '' if it can't be told. */
export function literalPrefix(source: string): string {
  if (source.includes('|') || source.includes('(?')) return ''
  let n = 0
  while (n < source.length && !'\\.+*?()[]{}^$|'.includes(source[n]!)) n++
  // The last character belongs to its quantifier.
  if (n < source.length && '*?{'.includes(source[n]!)) n--
  // Never half of a pair.
  if (n > 0 && (source.charCodeAt(n - 1) & 0xfc00) === 0xd800) n--
  return source.slice(0, Math.max(0, n))
}

function literalShape(literals: readonly string[]): PatternShape {
  const prefix = commonPrefix(literals)
  const only = literals[0]!
  const set = literals.length === 1 ? undefined : new Set(literals)
  const matches = set === undefined ? (text: string): boolean => text === only : (text: string): boolean => set.has(text)
  return { matches, ...(literals.length <= MAX_LITERALS ? { literals } : {}), ...(prefix === '' ? {} : { prefix }) }
}

function isText(g: Glob): boolean {
  return g.length === 0 || (g.length === 1 && typeof g[0] === 'string')
}

function textOf(g: Glob): string {
  return (g[0] ?? '') as string
}

function commonPrefix(texts: readonly string[]): string {
  let prefix = texts[0]!
  for (const t of texts) {
    let n = 0
    while (n < prefix.length && n < t.length && prefix[n] === t[n]) n++
    prefix = prefix.slice(0, n)
  }
  return prefix !== '' && (prefix.charCodeAt(prefix.length - 1) & 0xfc00) === 0xd800 ? prefix.slice(0, -1) : prefix
}

/** A test for one glob. Leftmost occurrences are taken: with gaps that match everything, a later one can't do better. */
function globMatcher(g: Glob): (text: string) => boolean {
  const first = typeof g[0] === 'string' ? g[0] : undefined
  const last = g.length > 1 && typeof g[g.length - 1] === 'string' ? g[g.length - 1] as string : undefined
  const middle = g.slice(first === undefined ? 0 : 1, last === undefined ? g.length : -1)
  if (middle.length === 0) return text => text === (first ?? '')
  if (middle.length === 1) {
    const head = first ?? ''
    const tail = last ?? ''
    const least = head.length + tail.length + (middle[0] as number)
    if (least === 0) return () => true
    if (tail === '') return text => text.length >= least && text.startsWith(head)
    if (head === '') return text => text.length >= least && text.endsWith(tail)
    return text => text.length >= least && text.startsWith(head) && text.endsWith(tail)
  }
  return text => {
    if (first !== undefined && !text.startsWith(first)) return false
    if (last !== undefined && !text.endsWith(last)) return false
    const end = text.length - (last?.length ?? 0)
    let at = first?.length ?? 0
    for (const part of middle) {
      // A gap of at least one unit ends at a whole character, because the text behind it begins with one.
      if (typeof part === 'number') {
        at += part
        continue
      }
      const found = text.indexOf(part, at)
      if (found < 0) return false
      at = found + part.length
    }
    return at <= end
  }
}

/** Reads the simple part of the language of regular expressions into a list of globs. */
class ShapeParser {
  readonly #source: string
  #pos = 0

  constructor(source: string) {
    this.#source = source
  }

  parse(): readonly Glob[] | undefined {
    const globs = this.#alternatives(true)
    return this.#pos === this.#source.length ? globs : undefined
  }

  #alternatives(top: boolean): readonly Glob[] | undefined {
    const all: Glob[] = []
    for (;;) {
      const branch = this.#sequence(top)
      if (branch === undefined || all.length + branch.length > MAX_LITERALS) return undefined
      for (const g of branch) all.push(g)
      if (this.#source[this.#pos] !== '|') return all
      this.#pos++
    }
  }

  /** One branch. Anchors at its ends say nothing new at the top, where the whole text must match. */
  #sequence(top: boolean): readonly Glob[] | undefined {
    let globs: readonly Glob[] = [[]]
    if (top && this.#source[this.#pos] === '^') this.#pos++
    for (;;) {
      const c = this.#source[this.#pos]
      if (c === undefined || c === '|' || c === ')') return globs
      if (top && c === '$' && /^[|]?$/.test(this.#source[this.#pos + 1] ?? '')) {
        this.#pos++
        return globs
      }
      const item = this.#quantified()
      if (item === undefined || globs.length * item.length > MAX_LITERALS) return undefined
      globs = globs.length === 1 && item.length === 1 ? [joined(globs[0]!, item[0]!)] : globs.flatMap(a => item.map(b => joined(a, b)))
      if (globs.some(g => g.length > 16 || hasWideGap(g))) return undefined
    }
  }

  #quantified(): readonly Glob[] | undefined {
    if (this.#source[this.#pos] === '.') {
      const q = this.#source[this.#pos + 1]
      if (q !== '*' && q !== '+') return undefined
      this.#pos += 2
      // Reluctance changes nothing about what matches.
      if (this.#source[this.#pos] === '?') this.#pos++
      return this.#endsQuantifier() ? [[q === '*' ? ANY : SOME]] : undefined
    }
    const item = this.#item()
    if (item === undefined) return undefined
    if (this.#source[this.#pos] === '?') {
      this.#pos++
      return this.#endsQuantifier() ? [...item, []] : undefined
    }
    return this.#endsQuantifier() ? item : undefined
  }

  #endsQuantifier(): boolean {
    return !'*+?{'.includes(this.#source[this.#pos] ?? ' ')
  }

  #item(): readonly Glob[] | undefined {
    const c = this.#source[this.#pos]!
    switch (c) {
      case '(': {
        this.#pos += this.#source.startsWith('(?:', this.#pos) ? 3 : 1
        if (this.#source[this.#pos] === '?') return undefined
        const inner = this.#alternatives(false)
        if (inner === undefined || this.#source[this.#pos] !== ')') return undefined
        this.#pos++
        return inner
      }
      case '[': return this.#characterClass()
      case '\\': {
        const escaped = this.#source[this.#pos + 1] ?? ''
        if (!/^[!-/:-@[-`{-~]$/.test(escaped)) return undefined
        this.#pos += 2
        return [[escaped]]
      }
      case '^': case '$': case '*': case '+': case '?': case '{': case '}': case ']': case '.': return undefined
    }
    const code = String.fromCodePoint(this.#source.codePointAt(this.#pos)!)
    this.#pos += code.length
    return [[code]]
  }

  /** `[abc]`, `[0-9]`: only such of ASCII letters, digits and a few signs. */
  #characterClass(): readonly Glob[] | undefined {
    const body = /\[([A-Za-z0-9_ ,.:/-]+)\]/y
    body.lastIndex = this.#pos
    const inside = body.exec(this.#source)?.[1]
    if (inside === undefined) return undefined
    this.#pos = body.lastIndex
    const chars = new Set<string>()
    for (let i = 0; i < inside.length; i++) {
      if (inside[i] === '-') return undefined
      if (inside[i + 1] !== '-') {
        chars.add(inside[i]!)
        continue
      }
      const to = inside[i + 2]
      if (to === undefined || to === '-' || to < inside[i]!) return undefined
      for (let code = inside.charCodeAt(i); code <= to.charCodeAt(0); code++) chars.add(String.fromCharCode(code))
      i += 2
    }
    return [...chars].map(c => [c])
  }
}

/** Two gaps in a row that both demand a character: two characters can't be told from one by counting units. */
function hasWideGap(g: Glob): boolean {
  return g.some((part, i) => typeof part === 'number' && typeof g[i + 1] === 'number')
}

/** Two globs in a row. */
function joined(a: Glob, b: Glob): Glob {
  const last = a[a.length - 1]
  const first = b[0]
  if (typeof last === 'string' && typeof first === 'string') return [...a.slice(0, -1), last + first, ...b.slice(1)]
  // Two unbounded gaps are one, unless both demand a character.
  if (typeof last === 'number' && typeof first === 'number' && last + first <= SOME) return [...a.slice(0, -1), (last | first) as typeof ANY | typeof SOME, ...b.slice(1)]
  return [...a, ...b]
}
