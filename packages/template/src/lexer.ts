/** Kinds of tokens of a template; those after `keyword` are words of the language. */
export type TokenKind =
  | 'error' | 'bool' | 'char' | 'charConstant' | 'assign' | 'declare' | 'eof' | 'field' | 'identifier' | 'leftDelim' | 'leftParen' | 'number' | 'pipe' | 'rawString' | 'rightDelim'
  | 'rightParen' | 'space' | 'string' | 'text' | 'variable' | 'dot'
  | 'block' | 'break' | 'continue' | 'define' | 'else' | 'end' | 'if' | 'nil' | 'range' | 'template' | 'with'

/** One token. `pos` is an offset of UTF-16 units, `line` is 1-based and where the token begins. */
export interface Token {
  readonly kind: TokenKind
  readonly text: string
  readonly pos: number
  readonly line: number
}

const KEYWORDS: ReadonlySet<string> = new Set(['block', 'break', 'continue', 'define', 'else', 'end', 'if', 'range', 'nil', 'template', 'with'])

/** A token as Go's error messages show it. */
export function tokenText(t: Token): string {
  if (t.kind === 'eof') return 'EOF'
  if (t.kind === 'error') return t.text
  if (KEYWORDS.has(t.kind)) return `<${t.text}>`
  const chars = [...t.text]
  return chars.length > 10 ? `${quoted(chars.slice(0, 10).join(''))}...` : quoted(t.text)
}

/** Go's `%q`. */
export function quoted(text: string): string {
  let out = '"'
  for (const c of text) {
    const code = c.codePointAt(0)!
    if (c === '"' || c === '\\') out += `\\${c}`
    else if (c === '\n') out += '\\n'
    else if (c === '\t') out += '\\t'
    else if (c === '\r') out += '\\r'
    else if (code === 7) out += '\\a'
    else if (code === 8) out += '\\b'
    else if (code === 12) out += '\\f'
    else if (code === 11) out += '\\v'
    else if (code < 0x20 || code === 0x7f) out += `\\x${code.toString(16).padStart(2, '0')}`
    else if (isPrintable(c)) out += c
    else if (code > 0xffff) out += `\\U${code.toString(16).padStart(8, '0')}`
    else out += `\\u${code.toString(16).padStart(4, '0')}`
  }
  return `${out}"`
}

/** Whether Go's `strconv.IsPrint` shows the character as it is. */
export function isPrintable(c: string): boolean {
  return c === ' ' || /^[\p{L}\p{M}\p{N}\p{P}\p{S}]$/u.test(c)
}

/** Go's `%#U`. */
function unicodeText(c: string | undefined): string {
  if (c === undefined) return 'U+FFFFFFFFFFFFFFFF'
  const hex = c.codePointAt(0)!.toString(16).toUpperCase().padStart(4, '0')
  return isPrintable(c) ? `U+${hex} '${c}'` : `U+${hex}`
}

const SPACE = /[ \t\r\n]/
const WORD = /[\p{L}\p{Nd}_]/u

/** Splits a template into tokens; an error is the last token. @see Go text/template/parse lex.go */
export function tokenize(input: string): Token[] {
  return new Lexer(input).run()
}

class Lexer {
  readonly #in: string
  readonly #out: Token[] = []
  #pos = 0
  #line = 1
  #linePos = 0

  constructor(input: string) {
    this.#in = input
  }

  run(): Token[] {
    const end = this.#in.length
    while (this.#pos < end) {
      const at = this.#in.indexOf('{{', this.#pos)
      if (at < 0) break
      const trims = this.#trimsLeft(at + 2)
      let textEnd = at
      if (trims) while (textEnd > this.#pos && SPACE.test(this.#in[textEnd - 1]!)) textEnd--
      if (textEnd > this.#pos) this.#emit('text', this.#pos, textEnd)
      if (!this.#action(at)) return this.#out
    }
    if (this.#pos < end) this.#emit('text', this.#pos, end)
    this.#pos = end
    this.#emit('eof', end, end)
    return this.#out
  }

  /** Whether a left trim marker stands at `at`: a minus followed by a space. */
  #trimsLeft(at: number): boolean {
    return this.#in[at] === '-' && at + 1 < this.#in.length && SPACE.test(this.#in[at + 1]!)
  }

  /** Whether the action ends at `at`; how many characters the ending has. */
  #rightDelim(at: number): { size: number; trims: boolean } | undefined {
    if (SPACE.test(this.#in[at] ?? '') && this.#in.startsWith('-}}', at + 1)) return { size: 4, trims: true }
    if (this.#in.startsWith('}}', at)) return { size: 2, trims: false }
    return undefined
  }

  #emit(kind: TokenKind, from: number, to: number, text: string = this.#in.slice(from, to)): void {
    this.#out.push({ kind, text, pos: from, line: this.#lineAt(from) })
    this.#pos = to
  }

  #lineAt(pos: number): number {
    for (; this.#linePos < pos; this.#linePos++) if (this.#in.charCodeAt(this.#linePos) === 10) this.#line++
    return this.#line
  }

  #fail(message: string, at: number): false {
    this.#out.push({ kind: 'error', text: message, pos: at, line: this.#lineAt(at) })
    return false
  }

  #skipSpace(): void {
    while (this.#pos < this.#in.length && SPACE.test(this.#in[this.#pos]!)) this.#pos++
  }

  /** Reads one action or comment that begins at `at`. False after an error. */
  #action(at: number): boolean {
    const inside = at + 2 + (this.#trimsLeft(at + 2) ? 2 : 0)
    if (this.#in.startsWith('/*', inside)) return this.#comment(inside)
    this.#emit('leftDelim', at, inside, '{{')
    let depth = 0
    for (;;) {
      const p = this.#pos
      const close = this.#rightDelim(p)
      if (close !== undefined) {
        if (depth > 0) return this.#fail('unclosed left paren', p)
        const from = close.trims ? p + 2 : p
        this.#emit('rightDelim', from, p + close.size, '}}')
        if (close.trims) this.#skipSpace()
        return true
      }
      const code = this.#in.codePointAt(p)
      if (code === undefined) return this.#fail('unclosed action', p)
      const c = String.fromCodePoint(code)
      if (SPACE.test(c)) {
        let q = p
        // A space may begin the trimming end of the action; leave that one.
        while (q < this.#in.length && SPACE.test(this.#in[q]!) && this.#rightDelim(q)?.trims !== true) q++
        this.#emit('space', p, q)
        continue
      }
      const next = this.#in[p + 1]
      if (c === '=') this.#emit('assign', p, p + 1)
      else if (c === ':') {
        if (next !== '=') return this.#fail('expected :=', p)
        this.#emit('declare', p, p + 2)
      } else if (c === '|') this.#emit('pipe', p, p + 1)
      else if (c === '"' || c === "'") {
        if (!this.#quote(c)) return false
      } else if (c === '`') {
        const q = this.#in.indexOf('`', p + 1)
        if (q < 0) return this.#fail('unterminated raw quoted string', p)
        this.#emit('rawString', p, q + 1)
      } else if (c === '$' || (c === '.' && !(next !== undefined && next >= '0' && next <= '9'))) {
        if (!this.#fieldOrVariable(c)) return false
      } else if (c === '.' || c === '+' || c === '-' || (c >= '0' && c <= '9')) {
        if (!this.#number()) return false
      } else if (WORD.test(c)) {
        if (!this.#word()) return false
      } else if (c === '(') {
        depth++
        this.#emit('leftParen', p, p + 1)
      } else if (c === ')') {
        if (--depth < 0) return this.#fail('unexpected right paren', p)
        this.#emit('rightParen', p, p + 1)
      } else if (code > 0x20 && code < 0x7f) this.#emit('char', p, p + 1)
      else return this.#fail(`unrecognized character in action: ${unicodeText(c)}`, p)
    }
  }

  #comment(at: number): boolean {
    const end = this.#in.indexOf('*/', at)
    if (end < 0) return this.#fail('unclosed comment', at)
    const close = this.#rightDelim(end + 2)
    if (close === undefined) return this.#fail('comment ends before closing delimiter', at)
    this.#pos = end + 2 + close.size
    if (close.trims) this.#skipSpace()
    return true
  }

  #quote(mark: string): boolean {
    let p = this.#pos + 1
    for (; ; p++) {
      const c = this.#in[p]
      if (c === '\\' && p + 1 < this.#in.length && this.#in[p + 1] !== '\n') p++
      else if (c === undefined || c === '\n' || c === '\\') return this.#fail(mark === '"' ? 'unterminated quoted string' : 'unterminated character constant', this.#pos)
      else if (c === mark) break
    }
    this.#emit(mark === '"' ? 'string' : 'charConstant', this.#pos, p + 1)
    return true
  }

  #wordEnd(from: number): number {
    let p = from
    while (p < this.#in.length) {
      const c = String.fromCodePoint(this.#in.codePointAt(p)!)
      if (!WORD.test(c)) break
      p += c.length
    }
    return p
  }

  #terminates(at: number): boolean {
    const c = this.#in[at]
    return c === undefined || SPACE.test(c) || '.,|:)('.includes(c) || this.#in.startsWith('}}', at)
  }

  #badCharacter(at: number): false {
    const code = this.#in.codePointAt(at)
    return this.#fail(`bad character ${unicodeText(code === undefined ? undefined : String.fromCodePoint(code))}`, this.#pos)
  }

  #fieldOrVariable(c: string): boolean {
    const p = this.#pos
    if (this.#terminates(p + 1)) {
      this.#emit(c === '$' ? 'variable' : 'dot', p, p + 1)
      return true
    }
    const q = this.#wordEnd(p + 1)
    if (!this.#terminates(q)) return this.#badCharacter(q)
    this.#emit(c === '$' ? 'variable' : 'field', p, q)
    return true
  }

  #word(): boolean {
    const p = this.#pos
    const q = this.#wordEnd(p)
    if (!this.#terminates(q)) return this.#badCharacter(q)
    const word = this.#in.slice(p, q)
    this.#emit(KEYWORDS.has(word) ? (word as TokenKind) : word === 'true' || word === 'false' ? 'bool' : 'identifier', p, q)
    return true
  }

  #number(): boolean {
    const p = this.#pos
    const rest = this.#in.slice(p, p + 400)
    const m = /^[+-]?(?:0[xX][0-9a-fA-F_]*(?:\.[0-9a-fA-F_]*)?(?:[pP][+-]?[0-9_]*)?|0[oO][0-7_]*|0[bB][01_]*|[0-9_]*(?:\.[0-9_]*)?(?:[eE][+-]?[0-9_]*)?)/.exec(rest)
    const q = p + (m?.[0].length ?? 1)
    const after = this.#in.codePointAt(q)
    if (after !== undefined && WORD.test(String.fromCodePoint(after))) {
      return this.#fail(`bad number syntax: ${quoted(this.#in.slice(p, q + String.fromCodePoint(after).length))}`, p)
    }
    this.#emit('number', p, q)
    return true
  }
}
