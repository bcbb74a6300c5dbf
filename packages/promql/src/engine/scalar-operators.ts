import type { BinaryOp } from '../ast.ts'

/** The value of an arithmetic operator, or 1 and 0 for a comparison. */
export function binaryValue(op: BinaryOp, a: number, b: number): number {
  switch (op) {
    case '+': return a + b
    case '-': return a - b
    case '*': return a * b
    case '/': return a / b
    case '%': return a % b
    case '^': return power(a, b)
    case 'atan2': return atan2(a, b)
    case '==': return a === b ? 1 : 0
    case '!=': return a !== b ? 1 : 0
    case '<': return a < b ? 1 : 0
    case '<=': return a <= b ? 1 : 0
    case '>': return a > b ? 1 : 0
    case '>=': return a >= b ? 1 : 0
    default: throw new Error(`BUG: operator ${op} has no scalar value`)
  }
}

/** IEEE 754 power as in C and Go; JavaScript deviates where the base is ±1. */
export function power(a: number, b: number): number {
  if (a === 1 || (a === -1 && (b === Infinity || b === -Infinity))) return 1
  return a ** b
}

/** Whether the operator compares, and so filters unless `bool` is given. */
export function isComparison(op: BinaryOp): boolean {
  return op === '==' || op === '!=' || op === '<' || op === '<=' || op === '>' || op === '>='
}

/** Greater of two as in Go: `+Inf` beats NaN. */
export function goMax(a: number, b: number): number {
  return a === Infinity || b === Infinity ? Infinity : Math.max(a, b)
}

/** Smaller of two as in Go: `-Inf` beats NaN. */
export function goMin(a: number, b: number): number {
  return a === -Infinity || b === -Infinity ? -Infinity : Math.min(a, b)
}

/**
 * Prometheus' arc tangent: left of the axis the sign is that of the quotient, so that an angle whose quotient vanishes is π, be it above or below.
 * @see Go `math.Atan2`
 */
function atan2(y: number, x: number): number {
  if (!(x < 0) || x === -Infinity || y === 0 || !Number.isFinite(y)) return Math.atan2(y, x)
  const angle = Math.atan(y / x)
  return angle <= 0 ? angle + Math.PI : angle - Math.PI
}
