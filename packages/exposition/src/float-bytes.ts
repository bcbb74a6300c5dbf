import { quoteBytes } from './go-text.ts'

/** Powers of ten that a double holds exactly. */
const POW10: Float64Array = Float64Array.from({ length: 23 }, (_, i) => 10 ** i)

/** A number that isn't one. The message is Go's. */
export class FloatError extends Error {
  constructor(message: string) {
    super(message)
    this.name = 'FloatError'
  }
}

/**
 * Reads `b[from, to)` as a decimal number.
 *
 * Exact: up to 15 significant digits and a power of ten up to 22 the result is one correctly rounded operation on two exact doubles (Clinger's
 * fast path). Everything else, `NaN` and what is no number at all gives NaN, which means: ask {@link floatFromText}.
 */
export function floatFromBytes(b: Uint8Array, from: number, to: number): number {
  let i = from
  let c = b[i]!
  const negative = c === 45
  if (negative) c = b[++i]!
  let m = 0
  let digits = 0
  let exponent = 0
  const first = i
  // A digit c has (c - 48) >>> 0 <= 9. `digits` counts from the first one that is not zero.
  while (i < to && c >= 48 && c <= 57) {
    m = m * 10 + (c - 48)
    if (m !== 0) digits++
    c = b[++i]!
  }
  let seen = i - first
  if (i < to && c === 46) {
    c = b[++i]!
    const dot = i
    while (i < to && c >= 48 && c <= 57) {
      m = m * 10 + (c - 48)
      if (m !== 0) digits++
      c = b[++i]!
    }
    exponent = dot - i
    seen += i - dot
  }
  if (seen === 0) return NaN
  if (i < to && (c === 101 || c === 69)) {
    c = b[++i]!
    const down = c === 45
    if (down || c === 43) c = b[++i]!
    if (i >= to) return NaN
    let e = 0
    const at = i
    while (i < to && c >= 48 && c <= 57) {
      e = e * 10 + (c - 48)
      c = b[++i]!
    }
    if (i === at || i - at > 4) return NaN
    exponent += down ? -e : e
  }
  if (i !== to || digits > 15) return NaN
  if (exponent < 0) {
    if (exponent < -22) return m === 0 ? (negative ? -0 : 0) : NaN
    m /= POW10[-exponent]!
  } else if (exponent > 0) {
    if (exponent > 22) return m === 0 ? (negative ? -0 : 0) : NaN
    m *= POW10[exponent]!
  }
  return negative ? -m : m
}

const INFINITE = /^([+-]?)inf(?:inity)?$/i

/** The bytes as a `Buffer` over the same memory: the only way to make strings of parts without a view for each. */
export function asBuffer(b: Uint8Array): Buffer {
  return b instanceof Buffer ? b : Buffer.from(b.buffer, b.byteOffset, b.length)
}

/** A decimal number of any length, correctly rounded. NaN if it is none or too large for a double. */
export function floatFromDigits(b: Buffer, from: number, to: number): number {
  if (to === from || to - from > 4096) return NaN
  for (let i = from; i < to; i++) {
    const c = b[i]!
    // Digits, sign, point, exponent: what is left is malformed the same way for JavaScript and for Go.
    if ((c < 48 || c > 57) && c !== 46 && c !== 45 && c !== 43 && c !== 101 && c !== 69) return NaN
  }
  const v = Number(b.toString('latin1', from, to))
  return v === Infinity || v === -Infinity ? NaN : v
}

/**
 * Reads `b[from, to)` as Go's `strconv.ParseFloat` does without its newer forms (hexadecimal, underscores), as Prometheus asks for.
 * @throws FloatError with the text that Prometheus shows
 */
export function floatFromText(b: Uint8Array, from: number, to: number): number {
  const buffer = asBuffer(b)
  const v = floatFromDigits(buffer, from, to)
  if (v === v) return v
  // A value that is no number may be as long as the body.
  const text = to - from > 4096 ? '' : buffer.toString('latin1', from, to)
  const infinite = INFINITE.exec(text)
  if (infinite !== null) return infinite[1] === '-' ? -Infinity : Infinity
  if (/^nan$/i.test(text)) return NaN
  for (let i = from; i < to; i++) {
    const c = b[i]!
    if (c === 0x70 || c === 0x50 || c === 0x5f) throw new FloatError('unsupported character in float')
  }
  const tooLarge = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/.test(text)
  throw new FloatError(`strconv.ParseFloat: parsing ${quoteBytes(b, from, to)}: ${tooLarge ? 'value out of range' : 'invalid syntax'}`)
}
