/** Where the values of an expression lie, both ends included; NaN may come besides. */
export interface ValueRange {
  readonly low: number
  readonly high: number
  /** What keeps the values from going higher, and lower, where it is worth telling. */
  readonly highWhy?: BoundCause
  readonly lowWhy?: BoundCause
}

/** Why values end somewhere. */
export type BoundCause =
  /** The highest finite bucket of a histogram. */
  | { readonly kind: 'bucket'; readonly metric: string; readonly le: number }
  /** A part divided by its whole. */
  | { readonly kind: 'ratio' }
  /** What a function, an operator or a metric can be at all. */
  | { readonly kind: 'nature'; readonly of: string }

/** Nothing is known. */
export const ANY_VALUE: ValueRange = { low: -Infinity, high: Infinity }

/** A range that something has by its nature. */
export function natural(low: number, high: number, of: string): ValueRange {
  const why: BoundCause = { kind: 'nature', of }
  return { low, high, ...(high === Infinity ? {} : { highWhy: why }), ...(low === -Infinity ? {} : { lowWhy: why }) }
}

function range(low: number, high: number, lowWhy: BoundCause | undefined, highWhy: BoundCause | undefined): ValueRange {
  return { low, high, ...(highWhy === undefined || high === Infinity ? {} : { highWhy }), ...(lowWhy === undefined || low === -Infinity ? {} : { lowWhy }) }
}

/** What values of either range can be. */
export function hull(a: ValueRange, b: ValueRange): ValueRange {
  const low = a.low <= b.low ? a : b
  const high = a.high >= b.high ? a : b
  return range(low.low, high.high, low.lowWhy, high.highWhy)
}

/** The range of the sum of one or more values. */
export function sumRange(a: ValueRange): ValueRange {
  return range(a.low >= 0 ? a.low : -Infinity, a.high <= 0 ? a.high : Infinity, a.lowWhy, a.highWhy)
}

/** Zero times anything is zero here: an infinite end is no value that is reached. */
function times(a: number, b: number): number {
  return a === 0 || b === 0 ? 0 : a * b
}

/** The range of an arithmetic operation, for operands that have nothing to do with each other. */
export function arithmetic(op: string, a: ValueRange, b: ValueRange): ValueRange {
  switch (op) {
    case '+': return range(a.low + b.low, a.high + b.high, a.lowWhy ?? b.lowWhy, a.highWhy ?? b.highWhy)
    case '-': return range(a.low - b.high, a.high - b.low, a.lowWhy ?? b.highWhy, a.highWhy ?? b.lowWhy)
    case '*': {
      const ends = [times(a.low, b.low), times(a.low, b.high), times(a.high, b.low), times(a.high, b.high)]
      const why = [a.lowWhy, a.highWhy, b.lowWhy, b.highWhy].find(w => w !== undefined)
      return range(Math.min(...ends), Math.max(...ends), a.lowWhy ?? why, a.highWhy ?? why)
    }
    case '/': {
      // Through zero the quotient can be anything; with no sign on either side it has none.
      if (b.low <= 0 && b.high >= 0) return a.low >= 0 && b.low >= 0 ? range(0, Infinity, a.lowWhy ?? b.lowWhy, undefined) : ANY_VALUE
      return arithmetic('*', a, { low: 1 / b.high, high: 1 / b.low, ...(b.highWhy === undefined ? {} : { lowWhy: b.highWhy }), ...(b.lowWhy === undefined ? {} : { highWhy: b.lowWhy }) })
    }
    default: return ANY_VALUE
  }
}

/** The range with the other sign. */
export function negated(a: ValueRange): ValueRange {
  return range(-a.high, -a.low, a.highWhy, a.lowWhy)
}

/** A range through a function that never falls, e.g. `floor`. */
export function mapped(a: ValueRange, f: (v: number) => number): ValueRange {
  return range(f(a.low), f(a.high), a.lowWhy, a.highWhy)
}

/** Whether a comparison holds for no value of `a` with any value of `b`. `!=` always may: NaN differs from everything. */
export function neverHolds(op: string, a: ValueRange, b: ValueRange): boolean {
  switch (op) {
    case '>': return a.high <= b.low
    case '>=': return a.high < b.low
    case '<': return a.low >= b.high
    case '<=': return a.low > b.high
    case '==': return a.high < b.low || a.low > b.high
    default: return false
  }
}

/** What is left of `a` where the comparison with `b` holds. */
export function filteredBy(op: string, a: ValueRange, b: ValueRange): ValueRange {
  const low = op === '>' || op === '>=' || op === '==' ? Math.max(a.low, b.low) : a.low
  const high = op === '<' || op === '<=' || op === '==' ? Math.min(a.high, b.high) : a.high
  return range(low, high, low === a.low ? a.lowWhy : b.lowWhy, high === a.high ? a.highWhy : b.highWhy)
}
