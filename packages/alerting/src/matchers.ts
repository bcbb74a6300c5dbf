import { PatternError, compareText, compilePattern, goQuote, isWellFormed, newMatcher } from '@haechi/model'
import type { MatchType, Matcher } from '@haechi/model'

/** A text that is no matcher. The message is Alertmanager's. */
export class MatcherError extends Error {
  constructor(message: string) {
    super(message)
    this.name = 'MatcherError'
  }
}

/** Go's `unicode.IsSpace`. */
const SPACE = /[\t-\r \u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]/u
const RESERVED = new Set('{}!=~,\\"\'`')
const reserved = (c: string): boolean => RESERVED.has(c) || SPACE.test(c)

const TYPE_ORDER: readonly MatchType[] = ['=', '!=', '=~', '!~']

/**
 * Reads matchers as Alertmanager does by default: with the UTF-8 parser, with the classic one where that fails or both disagree.
 * @throws MatcherError with the classic parser's text, as Alertmanager gives it
 * @see alertmanager matcher/compat `FallbackMatchersParser`
 */
export function parseMatchers(text: string): Matcher[] {
  return fallback(() => parseUtf8Matchers(text), () => parseClassicMatchers(text))
}

/** Reads exactly one matcher, e.g. of a `filter` parameter. @throws MatcherError @see alertmanager matcher/compat `FallbackMatcherParser` */
export function parseMatcher(text: string): Matcher {
  if (text.startsWith('{') || text.endsWith('}')) throw new MatcherError(`unexpected open or close brace: ${text}`)
  return fallback(() => {
    const found = parseUtf8Matchers(text)
    if (found.length !== 1) throw new MatcherError(found.length === 0 ? 'no matchers' : `expected 1 matcher, found ${found.length}`)
    return found
  }, () => [parseClassicMatcher(text)])[0]!
}

function fallback(utf8: () => Matcher[], classic: () => Matcher[]): Matcher[] {
  const a = attempt(utf8)
  const b = attempt(classic)
  if (b instanceof MatcherError) {
    if (a instanceof MatcherError) throw b
    return a
  }
  // Where both read something and not the same, what Alertmanager always read is kept.
  return b
}

function attempt(read: () => Matcher[]): Matcher[] | MatcherError {
  try {
    return read()
  } catch (err) {
    if (err instanceof MatcherError) return err
    throw err
  }
}

/** A matcher of Alertmanager. @throws MatcherError with Go's text, which shows the expression with its anchors */
export function alertMatcher(type: MatchType, name: string, value: string): Matcher {
  try {
    return newMatcher(type, name, value)
  } catch (err) {
    if (!(err instanceof PatternError)) throw err
    throw new MatcherError(anchoredReason(value, err))
  }
}

/** What Go says of `^(?:…)$`, which is what Alertmanager compiles. */
export function anchoredReason(source: string, err: PatternError): string {
  try {
    compilePattern(`^(?:${source})$`)
  } catch (anchored) {
    if (anchored instanceof PatternError) return anchored.message
    throw anchored
  }
  return err.message
}

/** Alertmanager's order: name, value, operator. */
export function sortMatchers(matchers: readonly Matcher[]): Matcher[] {
  return [...matchers].sort((a, b) => compareText(a.name, b.name) || compareText(a.value, b.value) || TYPE_ORDER.indexOf(a.type) - TYPE_ORDER.indexOf(b.type))
}

/** A matcher as Alertmanager writes it: `name="value"`. */
export function printMatcher(m: Matcher): string {
  if ([...m.name].some(reserved)) return `${goQuote(m.name)}${m.type}${goQuote(m.value)}`
  return `${m.name}${m.type}"${m.value.replace(/[\\\n"]/g, c => (c === '\n' ? '\\n' : `\\${c}`))}"`
}

/** Matchers as Alertmanager writes them: `{a="b",c=~"d"}`. */
export function printMatchers(matchers: readonly Matcher[]): string {
  return `{${matchers.map(printMatcher).join(',')}}`
}

// The classic parser. @see alertmanager pkg/labels/parse.go

/** Matchers between commas that are in no quotes, with or without braces. @throws MatcherError */
export function parseClassicMatchers(text: string): Matcher[] {
  let body = text.startsWith('{') ? text.slice(1) : text
  if (body.endsWith('}')) body = body.slice(0, -1)
  const parts: string[] = []
  let part = ''
  let quoted = false
  let escaped = false
  for (const c of body) {
    if (c === ',' && !quoted) {
      parts.push(part)
      part = ''
      // As in the original, a backslash before a comma stays in force.
      continue
    }
    if (c === '"') {
      if (escaped) escaped = false
      else quoted = !quoted
    } else escaped = c === '\\' ? !escaped : c === ',' && escaped
    part += c
  }
  part = trimSpace(part)
  if (part !== '') parts.push(part)
  return parts.map(parseClassicMatcher)
}

function trimSpace(text: string): string {
  const chars = [...text]
  let from = 0
  let to = chars.length
  while (from < to && SPACE.test(chars[from]!)) from++
  while (to > from && SPACE.test(chars[to - 1]!)) to--
  return chars.slice(from, to).join('')
}

const CLASSIC_HEAD = /^[\t\n\f\r ]*([a-zA-Z_:][a-zA-Z0-9_:]*)[\t\n\f\r ]*(=~|=|!=|!~)/

/** One matcher: a name, an operator, a value with or without quotes. @throws MatcherError */
export function parseClassicMatcher(text: string): Matcher {
  const head = CLASSIC_HEAD.exec(text)
  if (head === null) throw new MatcherError(`bad matcher format: ${text}`)
  const shown = trimAscii(text.slice(head[0].length))
  const opened = shown.startsWith('"')
  const raw = opened ? shown.slice(1) : shown
  const stray = (): MatcherError => new MatcherError(`matcher value contains unescaped double quote: ${shown}`)
  let value = ''
  let closed = !opened
  for (let i = 0; i < raw.length; i++) {
    const c = raw[i]!
    const last = i === raw.length - 1
    if (c === '\\' && !last) {
      const next = raw[++i]!
      value += next === 'n' ? '\n' : next === '"' || next === '\\' ? next : `\\${next}`
    } else if (c === '"') {
      if (!opened || !last) throw stray()
      closed = true
    } else value += c
  }
  if (!closed) throw stray()
  return alertMatcher(head[2] as MatchType, head[1]!, value)
}

/** Without what Go's `\s` matches at both ends. */
function trimAscii(text: string): string {
  let from = 0
  let to = text.length
  while (from < to && '\t\n\f\r '.includes(text[from]!)) from++
  while (to > from && '\t\n\f\r '.includes(text[to - 1]!)) to--
  return text.slice(from, to)
}

// The UTF-8 parser. @see alertmanager matcher/parse

interface Token {
  readonly kind: 'eof' | '{' | '}' | ',' | MatchType | 'quoted' | 'unquoted'
  readonly text: string
  /** Columns in code points, 0-based. */
  readonly start: number
  readonly end: number
}

/** Cuts a text into tokens. One failure is final: every later call throws it again. */
class Lexer {
  readonly #chars: readonly string[]
  #start = 0
  #pos = 0
  #failed: MatcherError | undefined

  constructor(text: string) {
    this.#chars = [...text]
  }

  get column(): number {
    return this.#pos
  }

  peek(): Token {
    const start = this.#start
    const pos = this.#pos
    try {
      return this.scan()
    } finally {
      this.#start = start
      this.#pos = pos
    }
  }

  scan(): Token {
    if (this.#failed !== undefined) throw this.#failed
    while (this.#pos < this.#chars.length) {
      const c = this.#chars[this.#pos]!
      if (c === '{' || c === '}' || c === ',') {
        this.#pos++
        return this.#emit(c)
      }
      if (c === '=' || c === '!') return this.#operator()
      if (c === '"') return this.#quoted()
      if (!reserved(c)) {
        while (this.#pos < this.#chars.length && !reserved(this.#chars[this.#pos]!)) this.#pos++
        return this.#emit('unquoted')
      }
      this.#pos++
      if (!SPACE.test(c)) throw this.#fail(`${this.#at()}: ${this.#text()}: invalid input`)
      this.#start = this.#pos
    }
    return { kind: 'eof', text: '', start: 0, end: 0 }
  }

  #operator(): Token {
    const first = this.#chars[this.#pos++]!
    const next = this.#chars[this.#pos]
    if (first === '!') {
      if (next !== '=' && next !== '~') {
        const expected = "expected one of '=~'"
        throw this.#fail(this.#pos >= this.#chars.length ? `${this.#at()}: unexpected end of input, ${expected}` : `${this.#at()}: ${this.#text()}: ${expected}`)
      }
      this.#pos++
      return this.#emit(next === '=' ? '!=' : '!~')
    }
    if (next !== '~') return this.#emit('=')
    this.#pos++
    return this.#emit('=~')
  }

  #quoted(): Token {
    let escaped = false
    for (this.#pos++; this.#pos < this.#chars.length; this.#pos++) {
      const c = this.#chars[this.#pos]!
      if (escaped) escaped = false
      else if (c === '\\') escaped = true
      else if (c === '"') {
        this.#pos++
        return this.#emit('quoted')
      }
    }
    throw this.#fail(`${this.#at()}: ${this.#text()}: missing end "`)
  }

  #emit(kind: Token['kind']): Token {
    const token = { kind, text: this.#text(), start: this.#start, end: this.#pos }
    this.#start = this.#pos
    return token
  }

  #text(): string {
    return this.#chars.slice(this.#start, this.#pos).join('')
  }

  #at(): string {
    return `${this.#start}:${this.#pos}`
  }

  #fail(message: string): MatcherError {
    return (this.#failed = new MatcherError(message))
  }
}

/** Zero or more matchers with names and values in any script, with or without braces. @throws MatcherError with the UTF-8 parser's text */
export function parseUtf8Matchers(text: string): Matcher[] {
  const lexer = new Lexer(text)
  const matchers: Matcher[] = []
  const peekOne = (...kinds: Token['kind'][]): Token => {
    const t = lexer.peek()
    if (t.kind === 'eof') throw new MatcherError('end of input')
    if (!kinds.includes(t.kind)) throw new MatcherError(`${t.start}:${t.end}: unexpected ${t.text}`)
    return t
  }
  const expect = (what: string, ...kinds: Token['kind'][]): Token => {
    try {
      peekOne(...kinds)
      return lexer.scan()
    } catch (err) {
      throw new MatcherError(`${(err as Error).message}: ${what}`)
    }
  }
  const atEnd = (): boolean => lexer.peek().kind === 'eof'

  if (atEnd()) return []
  const braced = lexer.peek().kind === '{'
  if (braced) lexer.scan()
  let more = !atEnd() && lexer.peek().kind !== '}'
  while (more) {
    const name = unquoted(expect('expected label name', 'quoted', 'unquoted'))
    const type = expect("expected an operator such as '=', '!=', '=~' or '!~'", '=', '!=', '=~', '!~').kind as MatchType
    const value = unquoted(expect('expected label value', 'unquoted', 'quoted'))
    try {
      matchers.push(alertMatcher(type, name, value))
    } catch (err) {
      throw new MatcherError(`failed to create matcher: ${(err as Error).message}`)
    }
    if (tell('expected a comma or close brace', atEnd)) break
    const next = tell('expected a comma or close brace', () => peekOne(',', '}'))
    if (next.kind === '}') break
    lexer.scan()
    if (tell('expected a matcher or close brace after comma', atEnd)) break
    more = tell('expected a matcher or close brace after comma', () => peekOne('}', 'unquoted', 'quoted')).kind !== '}'
  }
  if (braced) {
    try {
      peekOne('}')
    } catch (err) {
      throw new MatcherError(`0:${lexer.column}: ${(err as Error).message}: expected close brace`)
    }
    lexer.scan()
  } else if (lexer.peek().kind === '}') {
    lexer.scan()
    throw new MatcherError(`0:${lexer.column}: }: expected opening brace`)
  }
  const rest = tell('expected end of input', () => lexer.scan())
  if (rest.kind !== 'eof') throw new MatcherError(`${rest.start}:${rest.end}: ${rest.text}: expected end of input`)
  return matchers
}

function tell<T>(what: string, read: () => T): T {
  try {
    return read()
  } catch (err) {
    if (!(err instanceof MatcherError)) throw err
    throw new MatcherError(`${err.message}: ${what}`)
  }
}

function unquoted(t: Token): string {
  if (t.kind !== 'quoted') return t.text
  const text = goUnquote(t.text.slice(1, -1))
  if (text === undefined) throw new MatcherError(`${t.start}:${t.end}: ${t.text}: invalid input`)
  return text
}

const ESCAPES: Readonly<Record<string, number>> = { a: 7, b: 8, f: 12, n: 10, r: 13, t: 9, v: 11, '\\': 92, '"': 34 }

/** What stands between double quotes in Go; undefined where Go would refuse it or it is no UTF-8. @see strconv.Unquote */
function goUnquote(text: string): string | undefined {
  if (!text.includes('\\')) return text.includes('\n') || !isWellFormed(text) ? undefined : text
  const parts: Buffer[] = []
  const escape = /\\(?:([abfnrtv\\"])|x([0-9a-fA-F]{2})|([0-7]{3})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8}))|([^\\\n]+)/gy
  let at = 0
  while (at < text.length) {
    const m = escape.exec(text)
    if (m === null) return undefined
    at = escape.lastIndex
    const rune = m[4] ?? m[5]
    if (m[6] !== undefined) parts.push(Buffer.from(m[6]))
    else if (rune !== undefined) {
      const code = Number.parseInt(rune, 16)
      if (code > 0x10ffff || (code >= 0xd800 && code < 0xe000)) return undefined
      parts.push(Buffer.from(String.fromCodePoint(code)))
    } else {
      const byte = m[1] !== undefined ? ESCAPES[m[1]]! : m[2] !== undefined ? Number.parseInt(m[2], 16) : Number.parseInt(m[3]!, 8)
      if (byte > 255) return undefined
      parts.push(Buffer.of(byte))
    }
  }
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(Buffer.concat(parts))
  } catch {
    return undefined
  }
}
