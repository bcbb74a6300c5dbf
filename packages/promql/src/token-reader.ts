import { DurationError, parseDuration } from '@haechi/model'
import type { NumberLiteral, Span } from './ast.ts'
import { Lexer, describeToken } from './lexer.ts'
import type { Token } from './lexer.ts'
import { LiteralError, numberValue } from './literals.ts'
import { PromqlParseError } from './parse-error.ts'
import type { ParseIssue } from './parse-error.ts'

/** Ends the reading; the issue that caused it is in the list. */
class Stop extends Error {}

/** What a message says about the place of a surprise: ` in <place>, expected <expected>`. */
interface Place {
  readonly place: string
  readonly expected: string
}

const ANYWHERE: Place = { place: '', expected: '' }

/** A parser's view of the tokens: one is read only when it is looked at, for reading may fail. Collects what is wrong. */
export class TokenReader {
  readonly #text: string
  readonly #lexer: Lexer
  readonly #issues: ParseIssue[] = []
  #lookahead: Token | undefined
  #place = ANYWHERE
  #lastClosing = 0

  constructor(text: string) {
    this.#text = text
    this.#lexer = new Lexer(text)
  }

  /** Where the last bracket, number or duration ended. */
  get lastClosing(): number {
    return this.#lastClosing
  }

  /** Runs a rule on the whole text. @throws PromqlParseError */
  run<T>(rule: () => T): T {
    let out: T | undefined
    try {
      out = rule()
      if (this.peek().kind !== 'end') this.unexpected()
    } catch (err) {
      if (!(err instanceof Stop)) throw err
    }
    if (this.#issues.length > 0) throw new PromqlParseError(this.#text, this.#issues)
    return out!
  }

  /** The next token, still to be taken. */
  peek(): Token {
    if (this.#lookahead === undefined) {
      const t = this.#lexer.next()
      if (t.kind === 'error') this.fail(t, t.name)
      this.#lookahead = t
      if (t.kind === 'number' || t.kind === 'duration' || (t.kind === 'sign' && (t.name === ')' || t.name === ']' || t.name === '}'))) this.#lastClosing = t.end
    }
    return this.#lookahead
  }

  /** Takes the next token. */
  take(): Token {
    const t = this.peek()
    this.#lookahead = undefined
    return t
  }

  /** Whether the next token is this word or sign. */
  is(name: string): boolean {
    const t = this.peek()
    return t.name === name && t.kind !== 'string' && t.kind !== 'identifier'
  }

  /** Takes the next token if it is this word or sign. */
  accept(name: string): boolean {
    if (!this.is(name)) return false
    this.take()
    return true
  }

  /** Takes the next token, which must be this word or sign. */
  expect(name: string): Token {
    if (!this.is(name)) this.unexpected()
    return this.take()
  }

  /** Notes an error that reading goes on after. */
  issue(span: Span, text: string): void {
    this.#issues.push({ span: { start: span.start, end: span.end }, text })
  }

  /** Notes an error and ends the reading. */
  fail(span: Span, text: string): never {
    this.issue(span, text)
    throw new Stop()
  }

  /** Ends the reading: nothing that may stand here begins with the next token. */
  unexpected(place: Place = this.#place): never {
    const t = this.peek()
    const where = place.place === '' ? '' : ` in ${place.place}`
    const expected = place.expected === '' ? '' : `, expected ${place.expected}`
    this.fail(t, `unexpected ${describeToken(t)}${where}${expected}`)
  }

  /** Runs a rule during which surprises are described by `place`, unless a rule inside knows better. */
  in<T>(place: string, expected: string, rule: () => T): T {
    const outer = this.#place
    this.#place = { place, expected }
    const out = rule()
    this.#place = outer
    return out
  }

  /** The value of a token that is a number or a duration. */
  number(t: Token): NumberLiteral {
    const span = { start: t.start, end: t.end }
    try {
      if (t.kind === 'duration') return { kind: 'number', value: parseDuration(t.text) / 1000, span, duration: true }
      return { kind: 'number', value: numberValue(t.text), span }
    } catch (err) {
      if (err instanceof DurationError) this.issue(span, err.message)
      else if (err instanceof LiteralError) this.issue(span, `error parsing number: ${err.message}`)
      else throw err
      return { kind: 'number', value: 0, span }
    }
  }
}
