import type { DurationExpr, DurationOp, DurationOperand, Span } from './ast.ts'
import { MAX_SECONDS } from './go-seconds.ts'
import type { Token } from './lexer.ts'
import { POWER, UNARY_POWER } from './parser-words.ts'
import type { TokenReader } from './token-reader.ts'

/** Durations with arithmetic, as ranges, steps and offsets have them. @see Prometheus `promql/parser/generated_parser.y` `duration_expr` */
export class DurationParser {
  readonly #tokens: TokenReader
  readonly #calculates: boolean

  /** @param calculates whether `step()`, `range()` and arithmetic are allowed; without, they are an error that says so */
  constructor(tokens: TokenReader, calculates: boolean) {
    this.#tokens = tokens
    this.#calculates = calculates
  }

  /** A range or step: what is known to be zero or less is an error. */
  positive(): DurationOperand {
    const d = this.#expr(1)
    this.#tokens.peek()
    if (d.kind === 'number' && d.value <= 0) this.#tokens.fail(d.span, 'duration must be greater than 0')
    return d
  }

  /** An offset ends with its first operand, unless that stands in parentheses: `a offset 5m + 1` adds to `a`. */
  offset(): DurationOperand {
    const t = this.#tokens.peek()
    const sign = t.kind === 'op' && (t.name === '-' || t.name === '+') ? this.#tokens.take() : undefined
    const next = this.#tokens.peek()
    if (next.kind === 'number' || next.kind === 'duration') {
      const literal = this.#tokens.number(this.#tokens.take())
      const value = sign?.name === '-' ? -literal.value : literal.value
      if (Math.abs(value) > MAX_SECONDS) this.#tokens.fail(sign ?? literal.span, 'duration out of range')
      return sign === undefined ? literal : { ...literal, value, span: { start: sign.start, end: literal.span.end } }
    }
    if (next.kind === 'marker' && next.name !== 'start' && next.name !== 'end') {
      const call = this.#call()
      return sign === undefined ? call : { kind: 'duration', op: sign.name as DurationOp, right: call, wrapped: false, span: { start: sign.start, end: call.span.end } }
    }
    if (sign === undefined) return this.#expr(1)
    if (next.name === '(') return signed(sign, this.#paren())
    return this.#operators(signed(sign, this.#expr(UNARY_POWER)), 1)
  }

  #expr(min: number): DurationOperand {
    return this.#operators(this.#unary(), min)
  }

  #operators(first: DurationOperand, min: number): DurationOperand {
    let left = first
    for (;;) {
      const op = this.#tokens.peek()
      const power = op.kind === 'op' && '+-*/%^'.includes(op.name) ? POWER.get(op.name)! : 0
      if (power < min || power === 0) return left
      this.#tokens.take()
      const right = this.#expr(op.name === '^' ? power : power + 1)
      this.#experimental(left.span)
      if ((op.name === '/' || op.name === '%') && right.kind === 'number' && right.value === 0) this.#tokens.fail(op, op.name === '/' ? 'division by zero' : 'modulo by zero')
      left = { kind: 'duration', op: op.name as DurationOp, left, right, wrapped: false, span: { start: left.span.start, end: right.span.end } }
    }
  }

  #unary(): DurationOperand {
    const t = this.#tokens.peek()
    if (t.kind === 'number' || t.kind === 'duration') {
      const literal = this.#tokens.number(this.#tokens.take())
      if (Math.abs(literal.value) > MAX_SECONDS) this.#tokens.fail(literal.span, 'duration out of range')
      return literal
    }
    if (t.kind === 'op' && (t.name === '-' || t.name === '+')) {
      this.#tokens.take()
      return signed(t, this.#expr(UNARY_POWER))
    }
    if (t.kind === 'sign' && t.name === '(') return this.#paren()
    if (t.kind !== 'marker' || t.name === 'start' || t.name === 'end') return this.#tokens.unexpected()
    return this.#call()
  }

  #paren(): DurationExpr {
    const open = this.#tokens.expect('(')
    const inner = this.#expr(1)
    const close = this.#tokens.expect(')')
    this.#experimental(inner.span)
    if (inner.kind === 'duration') return { ...inner, wrapped: true }
    return { kind: 'duration', op: '+', right: inner, wrapped: true, span: { start: open.start, end: close.end } }
  }

  /** `step()`, `range()`, `min_of(1m, step())` */
  #call(): DurationExpr {
    const name = this.#tokens.take()
    this.#tokens.expect('(')
    let operands: { left: DurationOperand; right: DurationOperand } | undefined
    if (name.name === 'max_of' || name.name === 'min_of') {
      const left = this.#expr(1)
      this.#tokens.expect(',')
      operands = { left, right: this.#expr(1) }
    }
    const span = { start: name.start, end: this.#tokens.expect(')').end }
    this.#experimental(span)
    return { kind: 'duration', op: name.name as DurationOp, ...operands, wrapped: false, span }
  }

  #experimental(span: Span): void {
    if (!this.#calculates) this.#tokens.fail(span, 'experimental duration expression is not enabled')
  }
}

/** A duration with a sign before it. */
function signed(sign: Token, d: DurationOperand): DurationOperand {
  const span = { start: sign.start, end: d.span.end }
  if (d.kind === 'number') return { ...d, value: sign.name === '-' ? -d.value : d.value, span }
  return sign.name === '-' ? { kind: 'duration', op: '-', right: d, wrapped: false, span } : d
}
