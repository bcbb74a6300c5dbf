import type { DurationExpr, DurationOperand, Span } from '../ast.ts'
import { MAX_SECONDS } from '../go-seconds.ts'
import { binaryValue, goMax, goMin } from './scalar-operators.ts'

/** What `step()` and `range()` stand for, in seconds; an instant query has 0 for both. */
export interface DurationContext {
  readonly stepSeconds: number
  readonly rangeSeconds: number
}

/** A calculated duration that can't be used. */
export class DurationValueError extends Error {
  readonly span: Span

  constructor(message: string, span: Span) {
    super(message)
    this.name = 'DurationValueError'
    this.span = span
  }
}

/**
 * The value of a calculated duration in whole milliseconds.
 * @param mayBeNegative  an offset
 * @throws DurationValueError @see Prometheus promql/durations.go
 */
export function durationMs(e: DurationExpr, context: DurationContext, mayBeNegative: boolean): number {
  const seconds = value(e, context)
  if (!Number.isFinite(seconds)) throw wrong(e, 'duration is NaN or infinite')
  if (seconds <= 0 && !mayBeNegative) throw wrong(e, 'duration must be greater than 0')
  if (Math.abs(seconds) > MAX_SECONDS) throw wrong(e, 'duration is out of range')
  return Math.trunc(seconds * 1000)
}

function value(e: DurationOperand, context: DurationContext): number {
  if (e.kind === 'number') return e.value
  switch (e.op) {
    case 'step': return context.stepSeconds
    case 'range': return context.rangeSeconds
  }
  const right = value(e.right!, context)
  // A sign: a number in parentheses has one too.
  if (e.left === undefined) return e.op === '-' ? -right : right
  const left = value(e.left, context)
  switch (e.op) {
    case 'min_of': return goMin(left, right)
    case 'max_of': return goMax(left, right)
    case '/': case '%':
      if (right === 0) throw wrong(e, e.op === '/' ? 'division by zero' : 'modulo by zero')
      return binaryValue(e.op, left, right)
    default: return binaryValue(e.op, left, right)
  }
}

function wrong(e: DurationExpr, text: string): DurationValueError {
  return new DurationValueError(text, e.span)
}
