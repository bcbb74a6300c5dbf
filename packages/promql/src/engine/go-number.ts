import { goFormatFloat } from '@haechi/model'

/** A float as the HTTP API writes it: shortest digits, an exponent below 1e-6 and from 1e21 on. @see Prometheus util/jsonutil `MarshalFloat` */
export function formatSample(v: number): string {
  if (v !== v) return 'NaN'
  if (v === Infinity) return '+Inf'
  if (v === -Infinity) return '-Inf'
  if (v === 0) return Object.is(v, -0) ? '-0' : '0'
  return padExponent(String(v))
}

/** A float as Go's `%g` and `%v`: shortest digits, an exponent below 1e-4 and from 1e6 on. */
export function formatGeneral(v: number): string {
  if (v !== v) return 'NaN'
  if (v === Infinity) return '+Inf'
  if (v === -Infinity) return '-Inf'
  if (v === 0) return Object.is(v, -0) ? '-0' : '0'
  const exponential = v.toExponential()
  const exponent = Number(exponential.slice(exponential.indexOf('e') + 1))
  return exponent < -4 || exponent >= 6 ? padExponent(exponential) : goFormatFloat(v)
}

/** A float as Go's `%.<precision>g`. */
export function formatPrecision(v: number, precision: number): string {
  if (v !== v) return 'NaN'
  if (v === Infinity) return '+Inf'
  if (v === -Infinity) return '-Inf'
  if (v === 0) return '0'
  const exponential = v.toExponential(precision - 1)
  const exponent = Number(exponential.slice(exponential.indexOf('e') + 1))
  if (exponent < -4 || exponent >= precision) return padExponent(exponential.replace(/\.?0+e/, 'e'))
  const fixed = v.toFixed(Math.max(0, precision - 1 - exponent))
  return fixed.includes('.') ? fixed.replace(/\.?0+$/, '') : fixed
}

/** Go writes at least two digits in an exponent, JavaScript one. */
function padExponent(text: string): string {
  const e = text.indexOf('e')
  if (e < 0 || text.length - e > 3) return text
  return `${text.slice(0, e + 2)}0${text.slice(e + 2)}`
}

const DECIMAL = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/
const HEXADECIMAL = /^([+-]?)0[xX]([\da-fA-F_]*)(?:\.([\da-fA-F_]*))?[pP]([+-]?\d+)$/

/** Reads a float as Go's `strconv.ParseFloat(text, 64)`. @returns undefined when it is not one */
export function parseGoFloat(text: string): number | undefined {
  if (DECIMAL.test(text)) {
    const v = Number(text)
    return Number.isFinite(v) ? v : undefined
  }
  switch (text.toLowerCase()) {
    case 'inf': case '+inf': case 'infinity': case '+infinity': return Infinity
    case '-inf': case '-infinity': return -Infinity
    case 'nan': return NaN
  }
  const hex = HEXADECIMAL.exec(text)
  if (hex === null) return undefined
  const whole = hex[2]!.replaceAll('_', '')
  const fraction = (hex[3] ?? '').replaceAll('_', '')
  if (whole === '' && fraction === '') return undefined
  const v = parseInt(whole + fraction, 16) * 2 ** (Number(hex[4]) - 4 * fraction.length)
  return hex[1] === '-' ? -v : v
}
