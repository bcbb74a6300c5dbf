import { goQuote } from '@haechi/model'

/** Thrown for a literal that the lexer let through; the text is Go's. */
export class LiteralError extends Error {}

/**
 * The value of a number token, read as Go reads integers with any base prefix (`0x1F`, `017` is octal, `1_000`), else as floats.
 * @throws LiteralError @see Prometheus `promql/parser/parse.go`, `number`
 */
export function numberValue(text: string): number {
  const lower = text.toLowerCase()
  if (lower === 'inf') return Infinity
  if (lower === 'nan') return NaN
  const plain = underscoresRight(lower) ? lower.replaceAll('_', '') : undefined
  if (plain !== undefined) {
    if (/^0x[0-9a-f]+$/.test(plain)) return withinInt64(plain, text)
    if (/^0[0-7]+$/.test(plain) && int64(`0o${plain.slice(1)}`) !== undefined) return Number(BigInt(`0o${plain.slice(1)}`))
    if (/^(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:e[+-]?[0-9]+)?$/.test(plain)) {
      const value = Number(plain)
      if (value === Infinity) throw new LiteralError(`strconv.ParseFloat: parsing ${goQuote(text)}: value out of range`)
      return value
    }
  }
  throw new LiteralError(`strconv.ParseFloat: parsing ${goQuote(text)}: invalid syntax`)
}

function withinInt64(digits: string, text: string): number {
  const value = int64(digits)
  // A hexadecimal float needs an exponent, so what is no int64 is nothing.
  if (value === undefined) throw new LiteralError(`strconv.ParseFloat: parsing ${goQuote(text)}: invalid syntax`)
  return Number(value)
}

function int64(digits: string): bigint | undefined {
  const value = BigInt(digits)
  return value < 1n << 63n ? value : undefined
}

/** Go's rule: an underscore stands between digits, or between a base prefix and a digit. */
function underscoresRight(text: string): boolean {
  if (!text.includes('_')) return true
  const digit = text.startsWith('0x') ? '[0-9a-f]' : '[0-9]'
  const body = text.startsWith('0x') ? `0${text.slice(2)}` : text
  return [...body.matchAll(/_/g)].every(m => new RegExp(`${digit}_${digit}`).test(body.slice(Math.max(0, m.index - 1), m.index + 2)))
}

const SIMPLE_ESCAPES: Readonly<Record<string, number>> = { a: 7, b: 8, f: 12, n: 10, r: 13, t: 9, v: 11, '\\': 92, '\'': 39, '"': 34 }
const encoder = new TextEncoder()
const decoder = new TextDecoder('utf-8', { ignoreBOM: true, fatal: true })

/**
 * The value of a string token that the lexer accepted. `\xNN` and `\NNN` are bytes; a byte that is no UTF-8 in the end becomes the lone
 * surrogate U+DC00 + byte, so that it is told apart from real text, is printed as it was written, and is U+FFFD on the wire.
 * @see Prometheus `util/strutil/quote.go`, `Unquote`
 */
export function stringValue(token: string): string {
  const body = token.slice(1, -1)
  if (token.startsWith('`') || !body.includes('\\')) return body
  const bytes: number[] = []
  for (let i = 0; i < body.length;) {
    if (body[i] !== '\\') {
      const end = body.indexOf('\\', i)
      const stop = end < 0 ? body.length : end
      for (const b of encoder.encode(body.slice(i, stop))) bytes.push(b)
      i = stop
      continue
    }
    const c = body[i + 1]!
    const width = c === 'x' ? 2 : c === 'u' ? 4 : c === 'U' ? 8 : 0
    if (width > 0) {
      const value = parseInt(body.slice(i + 2, i + 2 + width), 16)
      if (c === 'x') bytes.push(value)
      else for (const b of encoder.encode(String.fromCodePoint(value))) bytes.push(b)
      i += 2 + width
    } else if (c >= '0' && c <= '7') {
      bytes.push(parseInt(body.slice(i + 1, i + 4), 8))
      i += 4
    } else {
      bytes.push(SIMPLE_ESCAPES[c]!)
      i += 2
    }
  }
  return decodeBytes(new Uint8Array(bytes))
}

function decodeBytes(bytes: Uint8Array): string {
  try {
    return decoder.decode(bytes)
  } catch {
    // Not UTF-8 as a whole: take the longest good sequence at each place.
    let out = ''
    for (let i = 0; i < bytes.length;) {
      const lead = bytes[i]!
      const width = lead < 0x80 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4
      try {
        out += decoder.decode(bytes.subarray(i, i + width))
        i += width
      } catch {
        out += String.fromCharCode(0xdc00 + lead)
        i++
      }
    }
    return out
  }
}
