import { METRIC_NAME, PatternError, goQuote, isLabelName, newMatcher } from '@haechi/model'
import type { MatchType, Matcher } from '@haechi/model'
import type {
  AggregateExpr, AggregateOp, AtModifier, BinaryExpr, BinaryOp, DurationExpr, Expr, FillValues, MatrixSelector, RangeExtension, Span, SubqueryExpr, VectorMatching, VectorSelector,
} from './ast.ts'
import { checkExpr } from './check.ts'
import { DurationParser } from './duration-parser.ts'
import { FUNCTIONS } from './functions-signatures.ts'
import { fixed6, milliseconds, roundAwayFromZero } from './go-seconds.ts'
import type { Token } from './lexer.ts'
import { stringValue } from './literals.ts'
import { TOO_DEEP, tooDeep } from './nesting.ts'
import { PromqlParseError } from './parse-error.ts'
import { LABEL_WORDS, POWER, UNARY_POWER, WITH_PARAM, isMetricName, startsExpr } from './parser-words.ts'
import { TokenReader } from './token-reader.ts'

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
  const tokens = new TokenReader(text)
  const parser = new Parser(tokens, options)
  let expr: Expr
  try {
    expr = tokens.run(() => parser.expression())
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
  const tokens = new TokenReader(text)
  const parser = new Parser(tokens, {})
  return tokens.run(() => parser.selector()).matchers
}

/**
 * A recursive descent parser that finds the same first error as Prometheus' table-driven one. Two things keep them alike:
 * a token is read only when the table would need it, for reading may fail; and a surprise is described by the innermost construct that the
 * grammar gives a message (`TokenReader.in`).
 *
 * @see Prometheus `promql/parser/generated_parser.y`
 */
class Parser {
  readonly #tokens: TokenReader
  readonly #durations: DurationParser
  readonly #options: ParseOptions
  readonly #calculates: boolean

  constructor(tokens: TokenReader, options: ParseOptions) {
    this.#tokens = tokens
    this.#options = options
    this.#calculates = options.durationExpressions !== false
    this.#durations = new DurationParser(tokens, this.#calculates)
  }

  expression(): Expr {
    if (this.#tokens.peek().kind === 'end') this.#tokens.fail({ start: 0, end: 0 }, 'no expression found in input')
    return this.#binary(1)
  }

  selector(): VectorSelector {
    const t = this.#tokens.peek()
    if (t.name === '{' && t.kind === 'sign') return this.#braces(undefined)
    if (!isMetricName(t)) this.#tokens.unexpected()
    this.#tokens.take()
    return this.#selectorNamed(t)
  }

  // Expressions

  /** Precedence climbing: takes operators that bind at least as tightly as `min`. */
  #binary(min: number): Expr {
    let left = this.#unary()
    for (;;) {
      const op = this.#tokens.peek()
      const power = op.kind === 'op' ? POWER.get(op.name) : undefined
      if (power === undefined || power < min) return left
      this.#tokens.take()
      const bool = this.#tokens.accept('bool')
      const matching = this.#matching()
      const fill = this.#fill()
      const right = this.#binary(op.name === '^' ? power : power + 1) // only ^ is right-associative
      const span = { start: left.span.start, end: right.span.end }
      if (fill !== undefined && this.#options.fillModifiers !== true) this.#tokens.issue(span, 'binop fill modifiers are experimental and not enabled')
      const how = fill === undefined ? matching : { ...matching, fill }
      left = { kind: 'binary', op: op.name as BinaryOp, left, right, bool, matching: how, span, opSpan: { start: op.start, end: op.end } } satisfies BinaryExpr
    }
  }

  #matching(): VectorMatching {
    const on = this.#tokens.is('on')
    if (!on && !this.#tokens.is('ignoring')) return { card: 'one-to-one', labels: [], on: false, include: [] }
    this.#tokens.take()
    const labels = this.#grouping()
    const left = this.#tokens.is('group_left')
    if (!left && !this.#tokens.is('group_right')) return { card: 'one-to-one', labels, on, include: [] }
    this.#tokens.take()
    const next = this.#tokens.peek()
    // Labels are optional only where the right side, or what may stand before it, follows.
    const absent = !this.#tokens.is('(') && (startsExpr(next) || next.name.startsWith('fill'))
    return { card: left ? 'many-to-one' : 'one-to-many', labels, on, include: absent ? [] : this.#grouping() }
  }

  /** `fill(0)`, `fill_left(0) fill_right(1)`: read without the feature too, so that the message can name it. */
  #fill(): FillValues | undefined {
    const first = this.#tokens.peek()
    if (first.kind !== 'keyword' || !first.name.startsWith('fill')) return undefined
    const value = this.#fillValue()
    if (first.name === 'fill') return { left: value, right: value }
    const other = first.name === 'fill_left' ? 'fill_right' : 'fill_left'
    const otherValue = this.#tokens.is(other) ? this.#fillValue() : undefined
    const mine = first.name === 'fill_left' ? { left: value } : { right: value }
    return otherValue === undefined ? mine : first.name === 'fill_left' ? { left: value, right: otherValue } : { left: otherValue, right: value }
  }

  #fillValue(): number {
    this.#tokens.take()
    this.#tokens.expect('(')
    const minus = this.#tokens.accept('-')
    if (!minus) this.#tokens.accept('+')
    const t = this.#tokens.peek()
    if (t.kind !== 'number' && t.kind !== 'duration') this.#tokens.unexpected()
    const { value } = this.#tokens.number(this.#tokens.take())
    this.#tokens.expect(')')
    return minus ? -value : value
  }

  /** `(a, b)` after by, on, … */
  #grouping(): string[] {
    if (!this.#tokens.accept('(')) this.#tokens.unexpected({ place: 'grouping opts', expected: '"("' })
    const labels: string[] = []
    if (this.#tokens.accept(')')) return labels
    for (;;) {
      labels.push(this.#groupingLabel())
      if (this.#tokens.accept(')')) return labels
      if (!this.#tokens.accept(',')) this.#tokens.unexpected({ place: 'grouping opts', expected: '"," or ")"' })
      if (this.#tokens.accept(')')) return labels
    }
  }

  #groupingLabel(): string {
    const t = this.#tokens.peek()
    const isWord = t.kind === 'identifier' || t.kind === 'metric identifier' || t.kind === 'aggregator' || t.kind === 'marker' || LABEL_WORDS.has(t.name)
    if (t.kind !== 'string' && !isWord) this.#tokens.unexpected({ place: 'grouping opts', expected: 'label' })
    this.#tokens.take()
    const name = t.kind === 'string' ? stringValue(t.text) : t.text
    if (!isLabelName(name)) this.#tokens.issue(t, `invalid label name for grouping: ${goQuote(name)}`)
    return name
  }

  #unary(): Expr {
    const t = this.#tokens.peek()
    if (t.kind !== 'op' || (t.name !== '+' && t.name !== '-')) return this.#postfix()
    this.#tokens.take()
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
      if (this.#tokens.is('[')) expr = this.#brackets(expr)
      else if (this.#tokens.is('offset')) expr = this.#offset(expr)
      else if (this.#tokens.is('@')) expr = this.#at(expr)
      else if (this.#tokens.is('anchored') || this.#tokens.is('smoothed')) expr = this.#extended(expr, this.#tokens.take().name as RangeExtension)
      else return expr
    }
  }

  #primary(): Expr {
    const t = this.#tokens.peek()
    switch (t.kind) {
      case 'number': case 'duration': return this.#tokens.number(this.#tokens.take())
      case 'string':
        this.#tokens.take()
        return { kind: 'string', value: stringValue(t.text), span: { start: t.start, end: t.end } }
      case 'sign':
        if (t.name === '{') return this.#braces(undefined)
        if (t.name === '(') {
          this.#tokens.take()
          const expr = this.#binary(1)
          const close = this.#tokens.expect(')')
          return { kind: 'paren', expr, span: { start: t.start, end: close.end } }
        }
        return this.#tokens.unexpected()
      case 'identifier': case 'marker':
        this.#tokens.take()
        return this.#tokens.is('(') ? this.#call(t) : this.#selectorNamed(t)
      case 'aggregator':
        this.#tokens.take()
        return this.#tokens.is('(') || this.#tokens.is('by') || this.#tokens.is('without') ? this.#aggregate(t) : this.#selectorNamed(t)
      default:
        if (!isMetricName(t)) return this.#tokens.unexpected()
        this.#tokens.take()
        return this.#selectorNamed(t)
    }
  }

  // Calls and aggregations

  #call(name: Token): Expr {
    const { args, end } = this.#arguments()
    const fn = FUNCTIONS.get(name.name)
    if (fn === undefined) this.#tokens.fail(name, `unknown function with name ${goQuote(name.text)}`)
    if (fn.experimental && this.#options.experimentalFunctions !== true) this.#tokens.issue(name, `function ${goQuote(name.text)} is not enabled`)
    return { kind: 'call', func: fn.name, args, span: { start: name.start, end }, nameSpan: { start: name.start, end: name.end } }
  }

  #arguments(): { args: Expr[]; end: number } {
    this.#tokens.expect('(')
    const args: Expr[] = []
    if (!this.#tokens.is(')')) {
      args.push(this.#binary(1))
      while (this.#tokens.is(',')) {
        const comma = this.#tokens.take()
        if (startsExpr(this.#tokens.peek())) args.push(this.#binary(1))
        else this.#tokens.issue(comma, 'trailing commas not allowed in function call args')
      }
    }
    return { args, end: this.#tokens.expect(')').end }
  }

  #aggregate(op: Token): Expr {
    return this.#tokens.in('aggregation', '', () => {
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
    const without = this.#tokens.is('without')
    if (!without && !this.#tokens.is('by')) return undefined
    this.#tokens.take()
    const grouping = this.#grouping()
    return { grouping, without, end: this.#tokens.lastClosing }
  }

  #newAggregate(token: Token, args: readonly Expr[], modifier: { grouping: string[]; without: boolean } | undefined, span: Span): Expr {
    const op = token.name as AggregateOp
    if (args.length === 0) this.#tokens.fail(span, 'no arguments for aggregate expression provided')
    const desired = WITH_PARAM.has(op) ? 2 : 1
    if ((op === 'limitk' || op === 'limit_ratio') && this.#options.experimentalFunctions !== true) {
      this.#tokens.fail(span, `${op}() is experimental and must be enabled with --enable-feature=promql-experimental-functions`)
    }
    if (args.length !== desired) this.#tokens.fail(span, `wrong number of arguments for aggregate expression provided, expected ${desired}, got ${args.length}`)
    const base = { kind: 'aggregate', op, expr: args[desired - 1]!, grouping: modifier?.grouping ?? [], without: modifier?.without ?? false, span } as const
    return (desired === 2 ? { ...base, param: args[0]! } : base) satisfies AggregateExpr
  }

  // Selectors

  #selectorNamed(name: Token): VectorSelector {
    // A word that is followed by a brace has its matchers there.
    if (this.#tokens.is('{')) return this.#braces(name)
    return {
      kind: 'selector', name: name.text, matchers: [newMatcher('=', METRIC_NAME, name.text)], offsetMs: 0, span: { start: name.start, end: name.end },
    }
  }

  #braces(name: Token | undefined): VectorSelector {
    const open = this.#tokens.expect('{')
    const matchers = this.#tokens.in('label matching', '"," or "}"', () => this.#matchers())
    const close = this.#tokens.expect('}')
    if (name !== undefined) matchers.push(newMatcher('=', METRIC_NAME, name.text))
    return { kind: 'selector', name: name?.text ?? '', matchers, offsetMs: 0, span: { start: name?.start ?? open.start, end: close.end } }
  }

  #matchers(): Matcher[] {
    const matchers: Matcher[] = []
    if (this.#tokens.is('}')) return matchers
    for (;;) {
      matchers.push(this.#matcher())
      if (this.#tokens.is('}')) return matchers
      this.#tokens.expect(',')
      if (this.#tokens.is('}')) return matchers
    }
  }

  #matcher(): Matcher {
    const label = this.#tokens.peek()
    if (label.kind !== 'identifier' && label.kind !== 'string') this.#tokens.unexpected({ place: 'label matching', expected: 'identifier or "}"' })
    this.#tokens.take()
    const name = label.kind === 'string' ? stringValue(label.text) : label.text
    const op = this.#tokens.peek()
    if (!['=', '!=', '=~', '!~'].includes(op.name) || op.kind === 'string') {
      if (label.kind === 'string') return newMatcher('=', METRIC_NAME, name)
      this.#tokens.unexpected({ place: 'label matching', expected: 'label matching operator' })
    }
    this.#tokens.take()
    const value = this.#tokens.peek()
    if (value.kind !== 'string') this.#tokens.unexpected({ place: 'label matching', expected: 'string' })
    this.#tokens.take()
    try {
      return newMatcher(op.name as MatchType, name, stringValue(value.text))
    } catch (err) {
      if (!(err instanceof PatternError)) throw err
      this.#tokens.issue({ start: label.start, end: value.end }, err.message)
      return newMatcher('=', name, '')
    }
  }

  // Modifiers

  /** `anchored` or `smoothed` behind a selector or its range. */
  #extended(expr: Expr, extension: RangeExtension): Expr {
    if (this.#options.extendedRangeSelectors !== true) this.#tokens.fail(expr.span, `${extension} modifier is experimental and not enabled`)
    if (expr.kind === 'subquery') this.#tokens.fail(expr.span, `${extension} modifier is not supported for subqueries`)
    const target = expr.kind === 'matrix' ? expr.selector : expr
    if (target.kind !== 'selector') this.#tokens.fail(expr.span, `${extension} modifier not implemented`)
    if (target.extension !== undefined && target.extension !== extension) this.#tokens.fail(expr.span, 'anchored and smoothed modifiers cannot be used together')
    const changed = { ...target, extension }
    return expr.kind === 'matrix' ? { ...expr, selector: changed } : changed
  }

  /** `[5m]` or `[5m:1m]`. */
  #brackets(expr: Expr): Expr {
    const open = this.#tokens.expect('[')
    const [place, expected, expectedStep] = this.#calculates
      ? ['subquery or range selector', 'number, duration, step(), or range()', 'number, duration, step(), range(), or "]"'] as const
      : ['subquery selector', 'number or duration', 'number or duration or "]"'] as const
    const range = this.#tokens.in(place, expected, () => this.#durations.positive())
    const rangeParts = range.kind === 'number' ? { rangeMs: milliseconds(range.value) } : { rangeMs: 0, rangeExpr: range }
    if (this.#tokens.is(']')) {
      const close = this.#tokens.take()
      return this.#newMatrix(expr, { start: open.start, end: close.end }, rangeParts)
    }
    if (!this.#tokens.is(':')) this.#tokens.unexpected({ place: 'subquery or range', expected: '":" or "]"' })
    this.#tokens.take()
    let stepParts: { stepMs: number; stepExpr?: DurationExpr } = { stepMs: 0 }
    if (!this.#tokens.is(']')) {
      const step = this.#tokens.in('subquery selector', expectedStep, () => this.#durations.positive())
      stepParts = step.kind === 'number' ? { stepMs: milliseconds(step.value) } : { stepMs: 0, stepExpr: step }
      if (!this.#tokens.is(']')) this.#tokens.unexpected({ place: 'subquery selector', expected: '"]"' })
    }
    const close = this.#tokens.take()
    return { kind: 'subquery', expr, ...rangeParts, ...stepParts, offsetMs: 0, span: { start: expr.span.start, end: close.end } } satisfies SubqueryExpr
  }

  #newMatrix(expr: Expr, brackets: Span, range: { readonly rangeMs: number; readonly rangeExpr?: DurationExpr }): MatrixSelector {
    if (expr.kind !== 'selector') this.#tokens.fail(brackets, 'ranges only allowed for vector selectors')
    if (expr.offsetMs !== 0 || expr.offsetExpr !== undefined) this.#tokens.fail(brackets, 'no offset modifiers allowed before range')
    if (expr.at !== undefined) this.#tokens.fail(brackets, 'no @ modifiers allowed before range')
    return { kind: 'matrix', selector: expr, ...range, span: { start: expr.span.start, end: brackets.end } }
  }

  #offset(expr: Expr): Expr {
    this.#tokens.expect('offset')
    const amount = this.#tokens.in('offset', this.#calculates ? 'number, duration, step(), or range()' : 'number or duration', () => this.#durations.offset())
    const target = expr.kind === 'matrix' ? expr.selector : expr
    if (target.kind !== 'selector' && target.kind !== 'subquery') {
      this.#tokens.fail(expr.span, 'offset modifier must be preceded by an instant vector selector or range vector selector or a subquery')
    }
    if (target.offsetMs !== 0 || target.offsetExpr !== undefined) this.#tokens.fail(expr.span, 'offset may not be set multiple times')
    return this.#withTarget(expr, amount.kind === 'number' ? { ...target, offsetMs: milliseconds(amount.value) } : { ...target, offsetExpr: amount })
  }

  #at(expr: Expr): Expr {
    this.#tokens.expect('@')
    const at = this.#tokens.in('@', 'timestamp', () => this.#atTime(expr))
    const target = expr.kind === 'matrix' ? expr.selector : expr
    if (target.kind !== 'selector' && target.kind !== 'subquery') {
      this.#tokens.fail(expr.span, '@ modifier must be preceded by an instant vector selector or range vector selector or a subquery')
    }
    if (target.at !== undefined) this.#tokens.fail(expr.span, '@ <timestamp> may not be set multiple times')
    return this.#withTarget(expr, { ...target, at })
  }

  /** Puts the changed selector or subquery back where it came from; the whole ends with the last token that closes something. */
  #withTarget(expr: Expr, target: VectorSelector | SubqueryExpr): Expr {
    const span = { start: expr.span.start, end: this.#tokens.lastClosing }
    if (expr.kind === 'matrix') return { ...expr, selector: target as VectorSelector, span }
    return { ...target, span }
  }

  #atTime(expr: Expr): AtModifier {
    const t = this.#tokens.peek()
    if (t.kind === 'marker' && (t.name === 'start' || t.name === 'end')) {
      this.#tokens.take()
      this.#tokens.expect('(')
      this.#tokens.expect(')')
      return { kind: t.name }
    }
    const minus = this.#tokens.accept('-')
    if (!minus) this.#tokens.accept('+')
    const literal = this.#tokens.peek()
    if (literal.kind !== 'number' && literal.kind !== 'duration') this.#tokens.unexpected()
    const value = this.#tokens.number(this.#tokens.take()).value
    const seconds = minus ? -value : value
    if (!Number.isFinite(seconds) || Math.abs(seconds) >= 2 ** 63) this.#tokens.issue(expr.span, `timestamp out of bounds for @ modifier: ${fixed6(seconds)}`)
    return { kind: 'time', tMs: roundAwayFromZero(seconds * 1000) }
  }
}
