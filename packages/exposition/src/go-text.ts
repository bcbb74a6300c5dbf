/** How Go writes bytes and floats, where that text is part of a message or of the wire format. */

const decoder = new TextDecoder('utf-8', { fatal: false })
const strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
const PRINTABLE = /^[\p{L}\p{M}\p{N}\p{P}\p{S} ]$/u

/** At most so many bytes of a body are quoted in a message: a label that never ends would else quote megabytes. */
const MAX_QUOTED_BYTES = 2048

/** Length of the well-formed UTF-8 sequence at `i`, 0 if there is none. */
function runeLength(b: Uint8Array, i: number, to: number): number {
  const c = b[i]!
  if (c < 0x80) return 1
  const n = c >= 0xf0 ? 4 : c >= 0xe0 ? 3 : 2
  if (c < 0xc2 || c > 0xf4 || i + n > to) return 0
  for (let k = 1; k < n; k++) if ((b[i + k]! & 0xc0) !== 0x80) return 0
  const second = b[i + 1]!
  // Overlong forms, surrogates and code points above U+10FFFF.
  if ((c === 0xe0 && second < 0xa0) || (c === 0xed && second > 0x9f) || (c === 0xf0 && second < 0x90) || (c === 0xf4 && second > 0x8f)) return 0
  return n
}

/** Whether `b[from, to)` is UTF-8. */
export function isUtf8(b: Uint8Array, from: number, to: number): boolean {
  for (let i = from; i < to;) {
    if (b[i]! < 0x80) {
      i++
      continue
    }
    const n = runeLength(b, i, to)
    if (n === 0) return false
    i += n
  }
  return true
}

/** `b[from, to)` as Go's verb `%q` writes it: in double quotes, what does not print escaped, broken UTF-8 byte by byte. */
export function quoteBytes(b: Uint8Array, from: number, to: number): string {
  const end = Math.min(to, from + MAX_QUOTED_BYTES)
  let out = '"'
  for (let i = from; i < end;) {
    const n = runeLength(b, i, to)
    if (n === 0) {
      out += `\\x${b[i]!.toString(16).padStart(2, '0')}`
      i++
      continue
    }
    out += quoteRune(strict.decode(b.subarray(i, i + n)))
    i += n
  }
  return end < to ? `${out}"... (${to - end} more bytes)` : `${out}"`
}

function quoteRune(char: string): string {
  if (char === '"' || char === '\\') return `\\${char}`
  if (PRINTABLE.test(char)) return char
  const code = char.codePointAt(0)!
  switch (code) {
    case 7: return '\\a'
    case 8: return '\\b'
    case 9: return '\\t'
    case 10: return '\\n'
    case 11: return '\\v'
    case 12: return '\\f'
    case 13: return '\\r'
  }
  if (code < 0x20 || code === 0x7f) return `\\x${code.toString(16).padStart(2, '0')}`
  if (code < 0x10000) return `\\u${code.toString(16).padStart(4, '0')}`
  return `\\U${code.toString(16).padStart(8, '0')}`
}

/** `b[from, to)` as a string; broken UTF-8 becomes U+FFFD. */
export function textOf(b: Uint8Array, from: number, to: number): string {
  return from === to ? '' : decoder.decode(b.subarray(from, to))
}

/**
 * `b[from, to)` as a string that remembers broken UTF-8: a byte that fits nowhere becomes half a surrogate pair, U+DC00 plus the byte. Such a text is no valid
 * name, and can still be shown as Go shows it ({@link quoteText}).
 */
export function textWithEscapes(b: Uint8Array, from: number, to: number): string {
  if (isUtf8(b, from, to)) return textOf(b, from, to)
  let out = ''
  for (let i = from; i < to;) {
    const n = runeLength(b, i, to)
    out += n === 0 ? String.fromCharCode(0xdc00 + b[i]!) : strict.decode(b.subarray(i, i + n))
    i += n === 0 ? 1 : n
  }
  return out
}

/** A text of {@link textWithEscapes} in double quotes, as Go's verb `%q` writes the bytes. */
export function quoteText(text: string): string {
  let out = '"'
  for (const char of text) {
    const code = char.codePointAt(0)!
    out += code >= 0xdc00 && code <= 0xdcff ? `\\x${(code - 0xdc00).toString(16).padStart(2, '0')}` : quoteRune(char)
  }
  return `${out}"`
}

/**
 * The shortest exact decimal form; with an exponent of at least two digits below 1e-4 and from 1e6 on.
 * @see Go `strconv.FormatFloat(v, 'g', -1, 64)`; Prometheus' text format uses it for every value
 */
export function formatFloat(v: number): string {
  if (v !== v) return 'NaN'
  if (v === Infinity) return '+Inf'
  if (v === -Infinity) return '-Inf'
  if (v === 0) return Object.is(v, -0) ? '-0' : '0'
  const abs = v < 0 ? -v : v
  if (abs < 1e6 && abs >= 1e-4) return String(v)
  const [mantissa, exponent] = v.toExponential().split('e') as [string, string]
  const exp = Number(exponent)
  return `${mantissa}e${exp < 0 ? '-' : '+'}${String(Math.abs(exp)).padStart(2, '0')}`
}

/** A float as OpenMetrics wants it in `le` and `quantile`: like {@link formatFloat}, and `1` is `1.0`. @see Prometheus `labels.FormatOpenMetricsFloat` */
export function formatOpenMetricsFloat(v: number): string {
  const text = formatFloat(v)
  return /[.eNI]/.test(text) ? text : `${text}.0`
}
