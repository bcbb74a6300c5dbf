import { padExponent } from '@haechi/model'

export { formatSampleValue as formatSample, goFormatGeneral as formatGeneral } from '@haechi/model'

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
