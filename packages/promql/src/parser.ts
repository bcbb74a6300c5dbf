import { DurationError, METRIC_NAME, PatternError, goQuote, isLabelName, newMatcher, parseDuration } from '@haechi/model'
import type { MatchType, Matcher } from '@haechi/model'
import type {
  AggregateExpr, AggregateOp, AtModifier, BinaryExpr, BinaryOp, DurationExpr, DurationOp, DurationOperand, Expr, FillValues, MatrixSelector, NumberLiteral, RangeExtension, Span, SubqueryExpr,
  VectorMatching, VectorSelector,
} from './ast.ts'
import { checkExpr } from './check.ts'
import { FUNCTIONS } from './functions-signatures.ts'
import { MAX_SECONDS, fixed6, milliseconds, roundAwayFromZero } from './go-seconds.ts'
import { Lexer, describeToken } from './lexer.ts'
import type { Token } from './lexer.ts'
import { LiteralError, numberValue, stringValue } from './literals.ts'
import { TOO_DEEP, tooDeep } from './nesting.ts'
import { PromqlParseError } from './parse-error.ts'
import type { ParseIssue } from './parse-error.ts'
import { LABEL_WORDS, POWER, UNARY_POWER, WITH_PARAM, isMetricName, startsExpr } from './parser-words.ts'

/** Feature flags of the language. Without one, its syntax is an error that says so. */
export interface ParseOptions {
  /** Prometheus' `--enable-feature=promql-experimental-functions`. */
  readonly experimentalFunctions?: boolean
  /** `step()`, `range()` and arithmetic in durations. On unless it is false, as in Prometheus since 3.14. */
  readonly durationExpressions?: boolean
  /** Prometheus' `--enable-feature=promql-extended-range-selectors`: `anchored` and `smoothed`. */
  readonly extendedRangeSelectors?: boolean
  /** Prometheus' `--enable-feature=promql-binop-fill-modifiers`: `fill(…)`, `fill_left(…)`, `fill_right(…)`. */
  readonly fillModifiers?: boolean
}

/** What {@link parseExpr} takes for the options that a caller leaves out. */
let processOptions: ParseOptions = {}

/**
 * Sets the options that {@link parseExpr} takes where a caller names none: a program's `--enable-feature` holds for rules, the API and tools alike.
 * To be called once, before anything is read.
 */
export function enableLanguageFeatures(options: ParseOptions): void {
  processOptions = options
}

/**
 * Reads an expression and checks its types.
 * @throws PromqlParseError
 */
export function parseExpr(text: string, options: ParseOptions = processOptions): Expr {
  const parser = new Parser(text, options)
  let expr: Expr
  try {
    expr = parser.run(() => parser.expression())
  } catch (err) {
    // The parser calls itself for each level; the tree is measured below.
    if (!(err instanceof RangeError)) throw err
    throw new PromqlParseError(text, [{ span: { start: 0, end: text.length }, text: TOO_DEEP }])
  }
  const deep = tooDeep(expr)
  if (deep !== undefined) throw new PromqlParseError(text, [{ span: deep.span, text: TOO_DEEP }])
  const errors = checkExpr(expr, text)
  if (errors.length > 0) throw new PromqlParseError(text, errors)
  return expr
}

/**
 * Reads a lone selector such as `up{job="a"}`, as the parameter `match[]` of the HTTP API has it. That a matcher must not match the empty
 * text is not checked here.
 * @throws PromqlParseError @see Prometheus `ParseMetricSelector`
 */
export function parseMetricSelector(text: string): readonly Matcher[] {
  const parser = new Parser(text, {})
  return parser.run(() => parser.selector()).matchers
}

/** Ends the reading; the issue that caused it is in the list. */
class Stop extends Error {}

/** What a message says about the place of a surprise: ` in <place>, expected <expected>`. */
interface Place {
  readonly place: string
  readonly expected: string
}

const ANYWHERE: Place = { place: '', expected: '' }

/**
 * A recursive descent parser that finds the same first error as Prometheus' table-driven one. Two things keep them alike:
 * a token is read only when the table would need it, for reading may fail; and a surprise is described by the innermost construct that the
 * grammar gives a message, which is `#place`.
 *
 * @see Prometheus `promql/parser/generated_parser.y`
 */
class Parser {
  readonly #text: string
  readonly #options: ParseOptions
  readonly #lexer: Lexer
  readonly #issues: ParseIssue[] = []
  #lookahead: Token | undefined
  #place = ANYWHERE
  /** Where the last bracket, number or duration ended. */
  #lastClosing = 0
  readonly #calculates: boolean

  constructor(text: string, options: ParseOptions) {
    this.#text = text
    this.#options = options
    this.#calculates = options.durationExpressions !== false
    this.#lexer = new Lexer(text)
  }

  /** Runs a rule on the whole text. @throws PromqlParseError */
  run<T>(rule: () => T): T {
    let out: T | undefined
    try {
      out = rule()
      if (this.#peek().kind !== 'end') this.#unexpected()
    } catch (err) {
      if (!(err instanceof Stop)) throw err
    }
    if (this.#issues.length > 0) throw new PromqlParseError(this.#text, this.#issues)
    return out!
  }

  expression(): Expr {
    if (this.#peek().kind === 'end') this.#fail({ start: 0, end: 0 }, 'no expression found in input')
    return this.#binary(1)
  }

  selector(): VectorSelector {
    const t = this.#peek()
    if (t.name === '{' && t.kind === 'sign') return this.#braces(undefined)
    if (!isMetricName(t)) this.#unexpected()
    this.#take()
    return this.#selectorNamed(t)
  }

  // Tokens and errors

  #peek(): Token {
    if (this.#lookahead === undefined) {
      const t = this.#lexer.next()
      if (t.kind === 'error') this.#fail(t, t.name)
      this.#lookahead = t
      if (t.kind === 'number' || t.kind === 'duration' || (t.kind === 'sign' && (t.name === ')' || t.name === ']' || t.name === '}'))) this.#lastClosing = t.end
    }
    return this.#lookahead
  }

  #take(): Token {
    const t = this.#peek()
    this.#lookahead = undefined
    return t
  }

  #is(name: string): boolean {
    const t = this.#peek()
    return t.name === name && t.kind !== 'string' && t.kind !== 'identifier'
  }

  #accept(name: string): boolean {
    if (!this.#is(name)) return false
    this.#take()
    return true
  }

  #expect(name: string): Token {
    if (!this.#is(name)) this.#unexpected()
    return this.#take()
  }

  #issue(span: Span, text: string): void {
    this.#issues.push({ span: { start: span.start, end: span.end }, text })
  }

  #fail(span: Span, text: string): never {
    this.#issue(span, text)
    throw new Stop()
  }

  #unexpected(place: Place = this.#place): never {
    const t = this.#peek()
    const where = place.place === '' ? '' : ` in ${place.place}`
    const expected = place.expected === '' ? '' : `, expected ${place.expected}`
    this.#fail(t, `unexpected ${describeToken(t)}${where}${expected}`)
  }

  /** Runs a rule during which surprises are described by `place`, unless a rule inside knows better. */
  #in<T>(place: string, expected: string, rule: () => T): T {
    const outer = this.#place
    this.#place = { place, expected }
    const out = rule()
    this.#place = outer
    return out
  }

  // Expressions

  /** Precedence climbing: takes operators that bind at least as tightly as `min`. */
  #binary(min: number): Expr {
    let left = this.#unary()
    for (;;) {
      const op = this.#peek()
      const power = op.kind === 'op' ? POWER.get(op.name) : undefined
      if (power === undefined || power < min) return left
      this.#take()
      const bool = this.#accept('bool')
      const matching = this.#matching()
      const fill = this.#fill()
      const right = this.#binary(op.name === '^' ? power : power + 1) // only ^ is right-associative
      const span = { start: left.span.start, end: right.span.end }
      if (fill !== undefined && this.#options.fillModifiers !== true) this.#issue(span, 'binop fill modifiers are experimental and not enabled')
      const how = fill === undefined ? matching : { ...matching, fill }
      left = { kind: 'binary', op: op.name as BinaryOp, left, right, bool, matching: how, span, opSpan: { start: op.start, end: op.end } } satisfies BinaryExpr
    }
  }

  #matching(): VectorMatching {
    const on = this.#is('on')
    if (!on && !this.#is('ignoring')) return { card: 'one-to-one', labels: [], on: false, include: [] }
    this.#take()
    const labels = this.#grouping()
    const left = this.#is('group_left')
    if (!left && !this.#is('group_right')) return { card: 'one-to-one', labels, on, include: [] }
    this.#take()
    const next = this.#peek()
    // Labels are optional only where the right side, or what may stand before it, follows.
    const absent = !this.#is('(') && (startsExpr(next) || next.name.startsWith('fill'))
    return { card: left ? 'many-to-one' : 'one-to-many', labels, on, include: absent ? [] : this.#grouping() }
  }

  /** `fill(0)`, `fill_left(0) fill_right(1)`: read without the feature too, so that the message can name it. */
  #fill(): FillValues | undefined {
    const first = this.#peek()
    if (first.kind !== 'keyword' || !first.name.startsWith('fill')) return undefined
    const value = this.#fillValue()
    if (first.name === 'fill') return { left: value, right: value }
    const other = first.name === 'fill_left' ? 'fill_right' : 'fill_left'
    const otherValue = this.#is(other) ? this.#fillValue() : undefined
    const mine = first.name === 'fill_left' ? { left: value } : { right: value }
    return otherValue === undefined ? mine : first.name === 'fill_left' ? { left: value, right: otherValue } : { left: otherValue, right: value }
  }

  #fillValue(): number {
    this.#take()
    this.#expect('(')
    const minus = this.#accept('-')
    if (!minus) this.#accept('+')
    const t = this.#peek()
    if (t.kind !== 'number' && t.kind !== 'duration') this.#unexpected()
    const { value } = this.#number(this.#take())
    this.#expect(')')
    return minus ? -value : value
  }

  /** `(a, b)` after by, on, … */
  #grouping(): string[] {
    if (!this.#accept('(')) this.#unexpected({ place: 'grouping opts', expected: '"("' })
    const labels: string[] = []
    if (this.#accept(')')) return labels
    for (;;) {
      labels.push(this.#groupingLabel())
      if (this.#accept(')')) return labels
      if (!this.#accept(',')) this.#unexpected({ place: 'grouping opts', expected: '"," or ")"' })
      if (this.#accept(')')) return labels
    }
  }

  #groupingLabel(): string {
    const t = this.#peek()
    const isWord = t.kind === 'identifier' || t.kind === 'metric identifier' || t.kind === 'aggregator' || t.kind === 'marker' || LABEL_WORDS.has(t.name)
    if (t.kind !== 'string' && !isWord) this.#unexpected({ place: 'grouping opts', expected: 'label' })
    this.#take()
    const name = t.kind === 'string' ? stringValue(t.text) : t.text
    if (!isLabelName(name)) this.#issue(t, `invalid label name for grouping: ${goQuote(name)}`)
    return name
  }

  #unary(): Expr {
    const t = this.#peek()
    if (t.kind !== 'op' || (t.name !== '+' && t.name !== '-')) return this.#postfix()
    this.#take()
    const op = t.name
    const expr = this.#binary(UNARY_POWER)
    const span = { start: t.start, end: expr.span.end }
    if (expr.kind === 'number') return { ...expr, value: op === '-' ? -expr.value : expr.value, span }
    return { kind: 'unary', op, expr, span }
  }

  /** A primary expression with what follows it: ranges, `offset`, `@`. */
  #postfix(): Expr {
    let expr = this.#primary()
    for (;;) {
      if (this.#is('[')) expr = this.#brackets(expr)
      else if (this.#is('offset')) expr = this.#offset(expr)
      else if (this.#is('@')) expr = this.#at(expr)
      else if (this.#is('anchored') || this.#is('smoothed')) expr = this.#extended(expr, this.#take().name as RangeExtension)
      else return expr
    }
  }

  #primary(): Expr {
    const t = this.#peek()
    switch (t.kind) {
      case 'number': case 'duration': return this.#number(this.#take())
      case 'string':
        this.#take()
        return { kind: 'string', value: stringValue(t.text), span: { start: t.start, end: t.end } }
      case 'sign':
        if (t.name === '{') return this.#braces(undefined)
        if (t.name === '(') {
          this.#take()
          const expr = this.#binary(1)
          const close = this.#expect(')')
          return { kind: 'paren', expr, span: { start: t.start, end: close.end } }
        }
        return this.#unexpected()
      case 'identifier': case 'marker':
        this.#take()
        return this.#is('(') ? this.#call(t) : this.#selectorNamed(t)
      case 'aggregator':
        this.#take()
        return this.#is('(') || this.#is('by') || this.#is('without') ? this.#aggregate(t) : this.#selectorNamed(t)
      default:
        if (!isMetricName(t)) return this.#unexpected()
        this.#take()
        return this.#selectorNamed(t)
    }
  }

  #number(t: Token): NumberLiteral {
    const span = { start: t.start, end: t.end }
    try {
      if (t.kind === 'duration') return { kind: 'number', value: parseDuration(t.text) / 1000, span, duration: true }
      return { kind: 'number', value: numberValue(t.text), span }
    } catch (err) {
      if (err instanceof DurationError) this.#issue(span, err.message)
      else if (err instanceof LiteralError) this.#issue(span, `error parsing number: ${err.message}`)
      else throw err
      return { kind: 'number', value: 0, span }
    }
  }

  // Calls and aggregations

  #call(name: Token): Expr {
    const { args, end } = this.#arguments()
    const fn = FUNCTIONS.get(name.name)
    if (fn === undefined) this.#fail(name, `unknown function with name ${goQuote(name.text)}`)
    if (fn.experimental && this.#options.experimentalFunctions !== true) this.#issue(name, `function ${goQuote(name.text)} is not enabled`)
    return { kind: 'call', func: fn.name, args, span: { start: name.start, end }, nameSpan: { start: name.start, end: name.end } }
  }

  #arguments(): { args: Expr[]; end: number } {
    this.#expect('(')
    const args: Expr[] = []
    if (!this.#is(')')) {
      args.push(this.#binary(1))
      while (this.#is(',')) {
        const comma = this.#take()
        if (startsExpr(this.#peek())) args.push(this.#binary(1))
        else this.#issue(comma, 'trailing commas not allowed in function call args')
      }
    }
    return { args, end: this.#expect(')').end }
  }

  #aggregate(op: Token): Expr {
    return this.#in('aggregation', '', () => {
      let modifier = this.#aggregateModifier()
      const { args, end: argsEnd } = this.#arguments()
      let end = argsEnd
      if (modifier === undefined) {
        modifier = this.#aggregateModifier()
        if (modifier !== undefined) end = modifier.end
      }
      return this.#newAggregate(op, args, modifier, { start: op.start, end })
    })
  }

  #aggregateModifier(): { grouping: string[]; without: boolean; end: number } | undefined {
    const without = this.#is('without')
    if (!without && !this.#is('by')) return undefined
    this.#take()
    const grouping = this.#grouping()
    return { grouping, without, end: this.#lastClosing }
  }

  #newAggregate(token: Token, args: readonly Expr[], modifier: { grouping: string[]; without: boolean } | undefined, span: Span): Expr {
    const op = token.name as AggregateOp
    if (args.length === 0) this.#fail(span, 'no arguments for aggregate expression provided')
    const desired = WITH_PARAM.has(op) ? 2 : 1
    if ((op === 'limitk' || op === 'limit_ratio') && this.#options.experimentalFunctions !== true) {
      this.#fail(span, `${op}() is experimental and must be enabled with --enable-feature=promql-experimental-functions`)
    }
    if (args.length !== desired) this.#fail(span, `wrong number of arguments for aggregate expression provided, expected ${desired}, got ${args.length}`)
    const base = { kind: 'aggregate', op, expr: args[desired - 1]!, grouping: modifier?.grouping ?? [], without: modifier?.without ?? false, span } as const
    return (desired === 2 ? { ...base, param: args[0]! } : base) satisfies AggregateExpr
  }

  // Selectors

  #selectorNamed(name: Token): VectorSelector {
    // A word that is followed by a brace has its matchers there.
    if (this.#is('{')) return this.#braces(name)
    return {
      kind: 'selector', name: name.text, matchers: [newMatcher('=', METRIC_NAME, name.text)], offsetMs: 0, span: { start: name.start, end: name.end },
    }
  }

  #braces(name: Token | undefined): VectorSelector {
    const open = this.#expect('{')
    const matchers = this.#in('label matching', '"," or "}"', () => this.#matchers())
    const close = this.#expect('}')
    if (name !== undefined) matchers.push(newMatcher('=', METRIC_NAME, name.text))
    return { kind: 'selector', name: name?.text ?? '', matchers, offsetMs: 0, span: { start: name?.start ?? open.start, end: close.end } }
  }

  #matchers(): Matcher[] {
    const matchers: Matcher[] = []
    if (this.#is('}')) return matchers
    for (;;) {
      matchers.push(this.#matcher())
      if (this.#is('}')) return matchers
      this.#expect(',')
      if (this.#is('}')) return matchers
    }
  }

  #matcher(): Matcher {
    const label = this.#peek()
    if (label.kind !== 'identifier' && label.kind !== 'string') this.#unexpected({ place: 'label matching', expected: 'identifier or "}"' })
    this.#take()
    const name = label.kind === 'string' ? stringValue(label.text) : label.text
    const op = this.#peek()
    if (!['=', '!=', '=~', '!~'].includes(op.name) || op.kind === 'string') {
      if (label.kind === 'string') return newMatcher('=', METRIC_NAME, name)
      this.#unexpected({ place: 'label matching', expected: 'label matching operator' })
    }
    this.#take()
    const value = this.#peek()
    if (value.kind !== 'string') this.#unexpected({ place: 'label matching', expected: 'string' })
    this.#take()
    try {
      return newMatcher(op.name as MatchType, name, stringValue(value.text))
    } catch (err) {
      if (!(err instanceof PatternError)) throw err
      this.#issue({ start: label.start, end: value.end }, err.message)
      return newMatcher('=', name, '')
    }
  }

  // Modifiers

  /** `anchored` or `smoothed` behind a selector or its range. */
  #extended(expr: Expr, extension: RangeExtension): Expr {
    if (this.#options.extendedRangeSelectors !== true) this.#fail(expr.span, `${extension} modifier is experimental and not enabled`)
    if (expr.kind === 'subquery') this.#fail(expr.span, `${extension} modifier is not supported for subqueries`)
    const target = expr.kind === 'matrix' ? expr.selector : expr
    if (target.kind !== 'selector') this.#fail(expr.span, `${extension} modifier not implemented`)
    if (target.extension !== undefined && target.extension !== extension) this.#fail(expr.span, 'anchored and smoothed modifiers cannot be used together')
    const changed = { ...target, extension }
    return expr.kind === 'matrix' ? { ...expr, selector: changed } : changed
  }

  /** `[5m]` or `[5m:1m]`. */
  #brackets(expr: Expr): Expr {
    const open = this.#expect('[')
    const [place, expected, expectedStep] = this.#calculates
      ? ['subquery or range selector', 'number, duration, step(), or range()', 'number, duration, step(), range(), or "]"'] as const
      : ['subquery selector', 'number or duration', 'number or duration or "]"'] as const
    const range = this.#in(place, expected, () => this.#positiveDuration())
    const rangeParts = range.kind === 'number' ? { rangeMs: milliseconds(range.value) } : { rangeMs: 0, rangeExpr: range }
    if (this.#is(']')) {
      const close = this.#take()
      return this.#newMatrix(expr, { start: open.start, end: close.end }, rangeParts)
    }
    if (!this.#is(':')) this.#unexpected({ place: 'subquery or range', expected: '":" or "]"' })
    this.#take()
    let stepParts: { stepMs: number; stepExpr?: DurationExpr } = { stepMs: 0 }
    if (!this.#is(']')) {
      const step = this.#in('subquery selector', expectedStep, () => this.#positiveDuration())
      stepParts = step.kind === 'number' ? { stepMs: milliseconds(step.value) } : { stepMs: 0, stepExpr: step }
      if (!this.#is(']')) this.#unexpected({ place: 'subquery selector', expected: '"]"' })
    }
    const close = this.#take()
    return { kind: 'subquery', expr, ...rangeParts, ...stepParts, offsetMs: 0, span: { start: expr.span.start, end: close.end } } satisfies SubqueryExpr
  }

  #newMatrix(expr: Expr, brackets: Span, range: { readonly rangeMs: number; readonly rangeExpr?: DurationExpr }): MatrixSelector {
    if (expr.kind !== 'selector') this.#fail(brackets, 'ranges only allowed for vector selectors')
    if (expr.offsetMs !== 0 || expr.offsetExpr !== undefined) this.#fail(brackets, 'no offset modifiers allowed before range')
    if (expr.at !== undefined) this.#fail(brackets, 'no @ modifiers allowed before range')
    return { kind: 'matrix', selector: expr, ...range, span: { start: expr.span.start, end: brackets.end } }
  }

  #offset(expr: Expr): Expr {
    this.#expect('offset')
    const amount = this.#in('offset', this.#calculates ? 'number, duration, step(), or range()' : 'number or duration', () => this.#offsetDuration())
    const target = expr.kind === 'matrix' ? expr.selector : expr
    if (target.kind !== 'selector' && target.kind !== 'subquery') {
      this.#fail(expr.span, 'offset modifier must be preceded by an instant vector selector or range vector selector or a subquery')
    }
    if (target.offsetMs !== 0 || target.offsetExpr !== undefined) this.#fail(expr.span, 'offset may not be set multiple times')
    return this.#withTarget(expr, amount.kind === 'number' ? { ...target, offsetMs: milliseconds(amount.value) } : { ...target, offsetExpr: amount })
  }

  #at(expr: Expr): Expr {
    this.#expect('@')
    const at = this.#in('@', 'timestamp', () => this.#atTime(expr))
    const target = expr.kind === 'matrix' ? expr.selector : expr
    if (target.kind !== 'selector' && target.kind !== 'subquery') {
      this.#fail(expr.span, '@ modifier must be preceded by an instant vector selector or range vector selector or a subquery')
    }
    if (target.at !== undefined) this.#fail(expr.span, '@ <timestamp> may not be set multiple times')
    return this.#withTarget(expr, { ...target, at })
  }

  /** Puts the changed selector or subquery back where it came from; the whole ends with the last token that closes something. */
  #withTarget(expr: Expr, target: VectorSelector | SubqueryExpr): Expr {
    const span = { start: expr.span.start, end: this.#lastClosing }
    if (expr.kind === 'matrix') return { ...expr, selector: target as VectorSelector, span }
    return { ...target, span }
  }

  #atTime(expr: Expr): AtModifier {
    const t = this.#peek()
    if (t.kind === 'marker' && (t.name === 'start' || t.name === 'end')) {
      this.#take()
      this.#expect('(')
      this.#expect(')')
      return { kind: t.name }
    }
    const minus = this.#accept('-')
    if (!minus) this.#accept('+')
    const literal = this.#peek()
    if (literal.kind !== 'number' && literal.kind !== 'duration') this.#unexpected()
    const value = this.#number(this.#take()).value
    const seconds = minus ? -value : value
    if (!Number.isFinite(seconds) || Math.abs(seconds) >= 2 ** 63) this.#issue(expr.span, `timestamp out of bounds for @ modifier: ${fixed6(seconds)}`)
    return { kind: 'time', tMs: roundAwayFromZero(seconds * 1000) }
  }

  // Durations

  #positiveDuration(): DurationOperand {
    const d = this.#durationExpr(1)
    this.#peek()
    if (d.kind === 'number' && d.value <= 0) this.#fail(d.span, 'duration must be greater than 0')
    return d
  }

  /** An offset ends with its first operand, unless that stands in parentheses: `a offset 5m + 1` adds to `a`. */
  #offsetDuration(): DurationOperand {
    const t = this.#peek()
    const sign = t.kind === 'op' && (t.name === '-' || t.name === '+') ? this.#take() : undefined
    const next = this.#peek()
    if (next.kind === 'number' || next.kind === 'duration') {
      const literal = this.#number(this.#take())
      const value = sign?.name === '-' ? -literal.value : literal.value
      if (Math.abs(value) > MAX_SECONDS) this.#fail(sign ?? literal.span, 'duration out of range')
      return sign === undefined ? literal : { ...literal, value, span: { start: sign.start, end: literal.span.end } }
    }
    if (next.kind === 'marker' && next.name !== 'start' && next.name !== 'end') {
      const call = this.#durationCall()
      return sign === undefined ? call : { kind: 'duration', op: sign.name as DurationOp, right: call, wrapped: false, span: { start: sign.start, end: call.span.end } }
    }
    if (sign === undefined) return this.#durationExpr(1)
    if (next.name === '(') return signed(sign, this.#durationParen())
    return this.#durationOperators(signed(sign, this.#durationExpr(UNARY_POWER)), 1)
  }

  #durationExpr(min: number): DurationOperand {
    return this.#durationOperators(this.#durationUnary(), min)
  }

  #durationOperators(first: DurationOperand, min: number): DurationOperand {
    let left = first
    for (;;) {
      const op = this.#peek()
      const power = op.kind === 'op' && '+-*/%^'.includes(op.name) ? POWER.get(op.name)! : 0
      if (power < min || power === 0) return left
      this.#take()
      const right = this.#durationExpr(op.name === '^' ? power : power + 1)
      this.#experimentalDuration(left.span)
      if ((op.name === '/' || op.name === '%') && right.kind === 'number' && right.value === 0) this.#fail(op, op.name === '/' ? 'division by zero' : 'modulo by zero')
      left = { kind: 'duration', op: op.name as DurationOp, left, right, wrapped: false, span: { start: left.span.start, end: right.span.end } }
    }
  }

  #durationUnary(): DurationOperand {
    const t = this.#peek()
    if (t.kind === 'number' || t.kind === 'duration') {
      const literal = this.#number(this.#take())
      if (Math.abs(literal.value) > MAX_SECONDS) this.#fail(literal.span, 'duration out of range')
      return literal
    }
    if (t.kind === 'op' && (t.name === '-' || t.name === '+')) {
      this.#take()
      return signed(t, this.#durationExpr(UNARY_POWER))
    }
    if (t.kind === 'sign' && t.name === '(') return this.#durationParen()
    if (t.kind !== 'marker' || t.name === 'start' || t.name === 'end') return this.#unexpected()
    return this.#durationCall()
  }

  #durationParen(): DurationExpr {
    const open = this.#expect('(')
    const inner = this.#durationExpr(1)
    const close = this.#expect(')')
    this.#experimentalDuration(inner.span)
    if (inner.kind === 'duration') return { ...inner, wrapped: true }
    return { kind: 'duration', op: '+', right: inner, wrapped: true, span: { start: open.start, end: close.end } }
  }

  /** `step()`, `range()`, `min_of(1m, step())` */
  #durationCall(): DurationExpr {
    const name = this.#take()
    this.#expect('(')
    let operands: { left: DurationOperand; right: DurationOperand } | undefined
    if (name.name === 'max_of' || name.name === 'min_of') {
      const left = this.#durationExpr(1)
      this.#expect(',')
      operands = { left, right: this.#durationExpr(1) }
    }
    const span = { start: name.start, end: this.#expect(')').end }
    this.#experimentalDuration(span)
    return { kind: 'duration', op: name.name as DurationOp, ...operands, wrapped: false, span }
  }

  #experimentalDuration(span: Span): void {
    if (!this.#calculates) this.#fail(span, 'experimental duration expression is not enabled')
  }
}

/** A duration with a sign before it. */
function signed(sign: Token, d: DurationOperand): DurationOperand {
  const span = { start: sign.start, end: d.span.end }
  if (d.kind === 'number') return { ...d, value: sign.name === '-' ? -d.value : d.value, span }
  return sign.name === '-' ? { kind: 'duration', op: '-', right: d, wrapped: false, span } : d
}
