import { goQuote, goQuoteRune, goUnicode, utf8Length } from '@haechi/model'

/**
 * What a token is. The group decides how a message names it; `name` says which one of the group.
 * - `op`: an operator; `aggregator`: `sum` …; `keyword`: `by` …; `marker`: `start`, `end`, `step`, `range`, `max_of`, `min_of`; `sign`: a bracket, comma, colon, `=`
 */
export type TokenKind =
  | 'end' | 'error' | 'identifier' | 'metric identifier' | 'string' | 'number' | 'duration'
  | 'op' | 'aggregator' | 'keyword' | 'marker' | 'sign'

/** A piece of the query. */
export interface Token {
  readonly kind: TokenKind
  /** Canonical name inside a group (`sum`, `<=`, `(`); the text itself for the others; the message of an `error`. */
  readonly name: string
  /** As it stands in the query. */
  readonly text: string
  /** UTF-16 offsets. */
  readonly start: number
  readonly end: number
}

const WORDS: ReadonlyMap<string, TokenKind> = new Map<string, TokenKind>([
  ...['and', 'or', 'unless', 'atan2'].map(w => [w, 'op'] as const),
  ...['sum', 'avg', 'count', 'min', 'max', 'group', 'stddev', 'stdvar', 'topk', 'bottomk', 'count_values', 'quantile', 'limitk', 'limit_ratio'].map(w => [w, 'aggregator'] as const),
  ...['offset', 'smoothed', 'anchored', 'by', 'without', 'on', 'ignoring', 'group_left', 'group_right', 'fill', 'fill_left', 'fill_right', 'bool'].map(w => [w, 'keyword'] as const),
  ...['start', 'end', 'step', 'range', 'max_of', 'min_of'].map(w => [w, 'marker'] as const),
  ['inf', 'number'], ['nan', 'number'],
])

const DURATION_WORD = /^(?:step|range|max_of|min_of)$/i
const SPACE = /[ \t\n\r]*/y
const WORD = /[A-Za-z0-9_]*/y
const LETTERS = /[A-Za-z_]*/y
const WORD_COLON = /[A-Za-z0-9_:]*/y
const COMMENT = /[^\r\n]*/y
const OPEN_PAREN_NEXT = /[ \t\n\r]*\(/y
const DURATION_REST = /[smhdwy]s?(?:[0-9]+[smhdw]s?)*/y

const isDigit = (c: string): boolean => c >= '0' && c <= '9'
const isAlpha = (c: string): boolean => c === '_' || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')
const isWordChar = (c: string): boolean => isAlpha(c) || isDigit(c)

/** Describes a token as Prometheus' messages do: `identifier "foo"`, `<op:+>`, `<aggr:sum>`, `end of input`. */
export function describeToken(t: Token): string {
  switch (t.kind) {
    case 'end': return 'end of input'
    case 'error': return t.text
    case 'identifier': case 'metric identifier': return `${t.kind} ${goQuote(t.text)}`
    case 'keyword': return `<${t.text}>`
    case 'op': return `<op:${t.text}>`
    case 'aggregator': return `<aggr:${t.text}>`
    case 'marker': case 'sign': return quoteShort(t.text)
    case 'string': case 'number': case 'duration': return `${t.kind} ${quoteShort(t.text)}`
  }
}

function quoteShort(text: string): string {
  return utf8Length(text) > 10 ? `${goQuote([...text].slice(0, 10).join(''))}...` : goQuote(text)
}

/**
 * Cuts a query into tokens, one per call, because the parser's own findings and the lexer's come in the order of the text and the first
 * one is the message. After an `error` token only `end` may be asked for.
 *
 * @see Prometheus `promql/parser/lex.go`: the same language, places and messages
 */
export class Lexer {
  readonly #text: string
  #pos = 0
  /** Start of the token being read. */
  #start = 0
  #parens = 0
  #inBraces = false
  #inBrackets = false
  /** Directly after `[`, where durations may be calculated with. */
  #inDuration = false
  #sawColon = false
  /** A duration was seen after some `[`; like in Prometheus it is never forgotten. */
  #sawDuration = false

  constructor(text: string) {
    this.#text = text
  }

  /** The next token; comments are skipped. */
  next(): Token {
    for (;;) {
      this.#run(SPACE)
      this.#start = this.#pos
      if (this.#text[this.#pos] !== '#' || this.#inDuration) break
      this.#run(COMMENT)
    }
    if (this.#inDuration) return this.#durationToken()
    return this.#inBraces ? this.#braceToken() : this.#statementToken()
  }

  #run(re: RegExp): void {
    re.lastIndex = this.#pos
    re.test(this.#text)
    this.#pos = re.lastIndex
  }

  #emit(kind: TokenKind, name?: string): Token {
    const text = this.#text.slice(this.#start, this.#pos)
    const token: Token = { kind, name: name ?? text, text, start: this.#start, end: this.#pos }
    this.#start = this.#pos
    return token
  }

  #error(message: string): Token {
    return { kind: 'error', name: message, text: message, start: this.#start, end: this.#text.length }
  }

  /** The character at the position as a whole code point, '' at the end. */
  #char(): string {
    const code = this.#text.codePointAt(this.#pos)
    return code === undefined ? '' : String.fromCodePoint(code)
  }

  #sign(width = 1): Token {
    this.#pos += width
    return this.#emit('sign')
  }

  #op(width = 1): Token {
    this.#pos += width
    return this.#emit('op')
  }

  #statementToken(): Token {
    const c = this.#char()
    const next = this.#text[this.#pos + 1] ?? ''
    switch (c) {
      case '':
        if (this.#parens !== 0) return this.#error('unclosed left parenthesis')
        if (this.#inBrackets) return this.#error('unclosed left bracket')
        return this.#emit('end')
      case ',': return this.#sign()
      case '*': case '/': case '%': case '+': case '-': case '^': case '@': return this.#op()
      case '=':
        if (next === '=') return this.#op(2)
        if (next === '~') return this.#error(`unexpected character after '=': ${goQuoteRune(next)}`)
        return this.#sign()
      case '!': {
        if (next === '=') return this.#op(2)
        this.#pos++
        return this.#error(`unexpected character after '!': ${this.#quoteChar()}`)
      }
      case '<': case '>': return this.#op(next === '=' || next === '/' ? 2 : 1)
      case '"': case '\'': case '`': return this.#string(c)
      case '(': case ')': return this.#paren(c)
      case '{':
        this.#inBraces = true
        return this.#sign()
      case '[':
        if (this.#inBrackets) return this.#error(`unexpected left bracket ${goQuoteRune(c)}`)
        this.#sawColon = false
        this.#inBrackets = true
        this.#inDuration = true
        return this.#sign()
      case ']':
        if (!this.#inBrackets) return this.#error(`unexpected right bracket ${goQuoteRune(c)}`)
        this.#inBrackets = false
        return this.#sign()
    }
    if (isDigit(c) || (c === '.' && isDigit(next))) return this.#numberOrDuration()
    if (isAlpha(c) || c === ':') return this.#inBrackets ? this.#wordInBrackets(c) : this.#word()
    return this.#error(`unexpected character: ${goQuoteRune(c)}`)
  }

  #paren(c: string): Token {
    const token = this.#sign()
    this.#parens += c === '(' ? 1 : -1
    return this.#parens < 0 ? this.#error(`unexpected right parenthesis ${goQuoteRune(c)}`) : token
  }

  #wordInBrackets(c: string): Token {
    if (c === ':') {
      if (this.#sawColon) return this.#error(`unexpected colon ${goQuoteRune(c)}`)
      this.#sawColon = true
      return this.#sign()
    }
    return this.#durationWord() ?? this.#error(`unexpected character: ${goQuoteRune(c)}, expected ':'`)
  }

  #durationWord(): Token | undefined {
    this.#run(LETTERS)
    const word = this.#text.slice(this.#start, this.#pos)
    return DURATION_WORD.test(word) ? this.#emit('marker', word.toLowerCase()) : undefined
  }

  /** Inside `[…]` before the first duration has been read. */
  #durationToken(): Token {
    const c = this.#char()
    switch (c) {
      case '': return this.#error('unexpected end of input in duration expression')
      case ']':
        this.#inBrackets = false
        this.#inDuration = false
        this.#sawColon = false
        return this.#sign()
      case ':': {
        const token = this.#sign()
        if (!this.#sawDuration) return this.#error('unexpected colon before duration in duration expression')
        if (this.#sawColon) return this.#error('unexpected repeated colon in duration expression')
        this.#sawColon = true
        return token
      }
      case '(': case ')': return this.#paren(c)
      case '+': case '-': case '*': case '/': case '%': case '^': return this.#op()
      case ',': return this.#sign()
    }
    if (isDigit(c) || (c === '.' && isDigit(this.#text[this.#pos + 1] ?? ''))) {
      this.#sawDuration = true
      this.#inDuration = false
      return this.#numberOrDuration()
    }
    if (isAlpha(c)) {
      const token = this.#durationWord()
      if (token !== undefined) return token
    }
    return this.#error(`unexpected character in duration expression: ${goQuoteRune(c)}`)
  }

  /** Inside `{…}`: keywords are plain names here. */
  #braceToken(): Token {
    const c = this.#char()
    const next = this.#text[this.#pos + 1] ?? ''
    switch (c) {
      case '': return this.#error('unexpected end of input inside braces')
      case ',': return this.#sign()
      case '"': case '\'': case '`': return this.#string(c)
      case '=': return next === '~' ? this.#op(2) : this.#sign()
      case '!':
        if (next === '~' || next === '=') return this.#op(2)
        this.#pos++
        return this.#error(`unexpected character after '!' inside braces: ${this.#quoteChar()}`)
      case '{': return this.#error(`unexpected left brace ${goQuoteRune(c)}`)
      case '}':
        this.#inBraces = false
        return this.#sign()
    }
    if (isAlpha(c)) {
      this.#run(WORD)
      return this.#emit('identifier')
    }
    return this.#error(`unexpected character inside braces: ${goQuoteRune(c)}`)
  }

  /** The character at the position for a message; Go's "no more input" prints as the replacement character. */
  #quoteChar(): string {
    const c = this.#char()
    return c === '' ? `'\ufffd'` : goQuoteRune(c)
  }

  #word(): Token {
    this.#run(WORD_COLON)
    const word = this.#text.slice(this.#start, this.#pos)
    const lower = word.toLowerCase()
    const kind = WORDS.get(lower)
    if (kind === 'number') return this.#emit('number')
    // These three are words of the language only before a parenthesis, so that metrics may still have their names.
    if (kind === 'keyword' && lower.startsWith('fill')) {
      OPEN_PAREN_NEXT.lastIndex = this.#pos
      if (!OPEN_PAREN_NEXT.test(this.#text)) return this.#emit('identifier')
    }
    if (kind !== undefined) return this.#emit(kind, lower)
    return this.#emit(word.includes(':') ? 'metric identifier' : 'identifier')
  }

  #numberOrDuration(): Token {
    if (this.#number()) return this.#emit('number')
    DURATION_REST.lastIndex = this.#pos
    // Go on only if what was read so far can be the digits of a duration.
    if (DURATION_REST.test(this.#text)) {
      this.#pos = DURATION_REST.lastIndex
      const after = this.#char()
      if (after === '' || !isWordChar(after)) return this.#emit('duration')
      // The message shows the text with the character that spoilt it, digits before it included.
      if (isDigit(after)) this.#run(/[0-9]*/y)
      else this.#pos++
    }
    return this.#error(`bad number or duration syntax: ${goQuote(this.#text.slice(this.#start, this.#pos))}`)
  }

  /** Reads a number in any notation. False leaves the position behind the character that made it none. */
  #number(): boolean {
    const text = this.#text
    const from = this.#pos
    let digits = /[0-9]/
    let hex = false
    const at = (): string => text[this.#pos] ?? ''
    if (at() === '0') {
      this.#pos++
      if (at() === 'x' || at() === 'X') {
        this.#pos++
        if (at() === '_') this.#pos++
        digits = /[0-9a-fA-F]/
        hex = true
      }
    }
    if (at() === '.') this.#pos++
    if (digits.test(at())) this.#pos++
    let sawDot = false
    let sawExponent = false
    for (;;) {
      const c = at()
      // In this order: in a hexadecimal number "e" is refused a second time although it is a digit.
      if (c === '.') {
        this.#pos++
        if (sawDot) return false
        sawDot = true
        if (at() === '_' || at() === '.') {
          this.#pos++
          return false
        }
        if (hex) return false
      } else if (c === 'e' || c === 'E') {
        this.#pos++
        if (sawExponent) return false
        sawExponent = true
        if (at() === '+' || at() === '-') this.#pos++
        if (/[._eE]/.test(at())) {
          this.#pos++
          return false
        }
        if (at() === '') return false
      } else if (c === '_') {
        this.#pos++
        if (/[._eE]/.test(at())) {
          this.#pos++
          return false
        }
        if (at() === '') return false
      } else if (digits.test(c)) {
        while (digits.test(at())) this.#pos++
      } else break
    }
    return this.#pos !== from && !isWordChar(at())
  }

  /** A quoted string with its quotes. Escapes are checked here, so that the message is about the escape; the parser decodes them. */
  #string(quote: string): Token {
    this.#pos++
    for (;;) {
      const c = this.#char()
      if (c === '') return this.#error(quote === '`' ? 'unterminated raw string' : 'unterminated quoted string')
      // Half of a surrogate pair is what broken UTF-8 became.
      if (c === '\ufffd' || (c >= '\ud800' && c < '\ue000' && c.length === 1)) return this.#error('invalid UTF-8 rune')
      this.#pos += c.length
      if (c === quote) return this.#emit('string')
      if (quote === '`') continue
      if (c === '\n') return this.#error('unterminated quoted string')
      if (c === '\\') {
        const wrong = this.#escape(quote)
        if (wrong !== undefined) return this.#error(wrong)
      }
    }
  }

  /** Checks one escape sequence behind its backslash. @returns what is wrong */
  #escape(quote: string): string | undefined {
    const c = this.#char()
    if (c === '') return 'escape sequence not terminated'
    if (c === quote || 'abfnrtv\\'.includes(c)) {
      this.#pos++
      return undefined
    }
    const [count, base, max] = c >= '0' && c <= '7' ? [3, 8, 255] : c === 'x' ? [2, 16, 255] : c === 'u' ? [4, 16, 0x10ffff] : c === 'U' ? [8, 16, 0x10ffff] : [0, 0, 0]
    if (count === 0) return `unknown escape sequence ${goUnicode(c)}`
    if (base === 16) this.#pos++
    let value = 0
    for (let i = 0; i < count; i++) {
      const d = this.#char()
      if (d === '') return 'escape sequence not terminated'
      const n = isWordChar(d) ? parseInt(d, base) : NaN
      if (Number.isNaN(n)) return `illegal character ${goUnicode(d)} in escape sequence`
      value = value * base + n
      this.#pos++
    }
    // Go counts in 32 bits.
    value >>>= 0
    if (value > max || (value >= 0xd800 && value < 0xe000)) return 'escape sequence is an invalid Unicode code point'
    return undefined
  }
}
