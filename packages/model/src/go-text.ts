/** How Go writes text and numbers, where that text is part of a message or a wire format. */

const PRINTABLE = /^[\p{L}\p{M}\p{N}\p{P}\p{S} ]$/u
const PLAIN = /^[\x20\x21\x23-\x5b\x5d-\x7e]*$/

/** One code point as it stands between `quote` signs. */
function escapeRune(char: string, quote: string): string {
  if (char === quote || char === '\\') return `\\${char}`
  const code = char.codePointAt(0)!
  if (PRINTABLE.test(char)) return char
  switch (code) {
    case 7: return '\\a'
    case 8: return '\\b'
    case 12: return '\\f'
    case 10: return '\\n'
    case 13: return '\\r'
    case 9: return '\\t'
    case 11: return '\\v'
  }
  // A byte that is no UTF-8 is kept as U+DC00 + byte; any other half of a pair is broken text.
  if (code >= 0xdc80 && code <= 0xdcff) return `\\x${(code - 0xdc00).toString(16)}`
  if (code >= 0xd800 && code < 0xe000) return '\\ufffd'
  if (code < 0x20 || code === 0x7f) return `\\x${code.toString(16).padStart(2, '0')}`
  if (code < 0x10000) return `\\u${code.toString(16).padStart(4, '0')}`
  return `\\U${code.toString(16).padStart(8, '0')}`
}

/** The text in double quotes with Go's escapes. @see Go `strconv.Quote`, the verb `%q` */
export function goQuote(text: string): string {
  if (PLAIN.test(text)) return `"${text}"`
  let out = '"'
  for (const char of text) out += escapeRune(char, '"')
  return `${out}"`
}

/** One character in single quotes with Go's escapes; half of a pair is what Go reads broken bytes as. @see Go `strconv.QuoteRune`, the verb `%q` of a rune */
export function goQuoteRune(char: string): string {
  return isWellFormed(char) ? `'${escapeRune(char, "'")}'` : "'\ufffd'"
}

/** A character as `U+0041 'A'`. @see Go's verb `%#U` */
export function goUnicode(char: string): string {
  if (!isWellFormed(char)) return "U+FFFD '\ufffd'"
  const code = char.codePointAt(0)!
  const hex = `U+${code.toString(16).toUpperCase().padStart(4, '0')}`
  return PRINTABLE.test(char) ? `${hex} '${char}'` : hex
}

/**
 * A float in its shortest exact decimal form without an exponent: `1e21` is `1000000000000000000000`, infinities have a sign.
 * @see Go `strconv.FormatFloat(v, 'f', -1, 64)`
 */
export function goFormatFloat(v: number): string {
  if (v !== v) return 'NaN'
  if (v === Infinity) return '+Inf'
  if (v === -Infinity) return '-Inf'
  if (Object.is(v, -0)) return '-0'
  const text = String(v)
  const e = text.indexOf('e')
  if (e < 0) return text
  const sign = text.startsWith('-') ? '-' : ''
  const [whole, fraction = ''] = text.slice(sign.length, e).split('.') as [string, string?]
  const digits = whole + fraction
  const point = whole.length + Number(text.slice(e + 1))
  if (point <= 0) return `${sign}0.${'0'.repeat(-point)}${digits}`
  if (point >= digits.length) return sign + digits + '0'.repeat(point - digits.length)
  return `${sign}${digits.slice(0, point)}.${digits.slice(point)}`
}

/** Length in bytes of a text as UTF-8. Halves of pairs count as the replacement character. */
export function utf8Length(text: string): number {
  let n = text.length
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i)
    if (c < 0x80) continue
    if (c < 0x800) n += 1
    else if (c >= 0xd800 && c < 0xdc00 && i + 1 < text.length && (text.charCodeAt(i + 1) & 0xfc00) === 0xdc00) {
      // Two units, four bytes.
      n += 2
      i++
    } else n += 2
  }
  return n
}

/** Whether every surrogate has its partner, so that the text has an exact UTF-8 form. */
export function isWellFormed(text: string): boolean {
  return !/\p{Surrogate}/u.test(text)
}

/** Whether a text may be the name of a label: any UTF-8 but the empty text. @see prometheus/common `UTF8Validation.IsValidLabelName` */
export function isLabelName(text: string): boolean {
  return text !== '' && isWellFormed(text)
}

/** A float as the HTTP API writes it: shortest digits, an exponent below 1e-6 and from 1e21 on. @see Prometheus util/jsonutil `MarshalFloat` */
export function formatSampleValue(v: number): string {
  if (v !== v) return 'NaN'
  if (v === Infinity) return '+Inf'
  if (v === -Infinity) return '-Inf'
  if (v === 0) return Object.is(v, -0) ? '-0' : '0'
  return padExponent(String(v))
}

/** A float as Go's `%g` and `%v`: shortest digits, an exponent below 1e-4 and from 1e6 on. */
export function goFormatGeneral(v: number): string {
  if (v !== v) return 'NaN'
  if (v === Infinity) return '+Inf'
  if (v === -Infinity) return '-Inf'
  if (v === 0) return Object.is(v, -0) ? '-0' : '0'
  const exponential = v.toExponential()
  const exponent = Number(exponential.slice(exponential.indexOf('e') + 1))
  return exponent < -4 || exponent >= 6 ? padExponent(exponential) : goFormatFloat(v)
}

/** The text of a JavaScript number as Go writes it: with at least two digits in its exponent. */
export function padExponent(text: string): string {
  const e = text.indexOf('e')
  if (e < 0 || text.length - e > 3) return text
  return `${text.slice(0, e + 2)}0${text.slice(e + 2)}`
}
