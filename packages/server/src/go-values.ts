import { goQuote } from '@haechi/model'

/**
 * Texts and JSON as Go's encoders write them, so that answers are equal byte by byte.
 */

/** JSON with `<`, `>`, `&`, U+2028 and U+2029 escaped, as Go's `encoding/json` writes it. */
export function goJson(value: unknown): string {
  return JSON.stringify(value).replace(/[<>&\u2028\u2029]/g, c => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`)
}

/** RFC 3339 with as many digits of the fraction as needed; 0 is Go's zero time. `tMs`: Unix ms. */
export function goTime(tMs: number): string {
  if (tMs === 0 || !Number.isFinite(tMs)) return '0001-01-01T00:00:00Z'
  return new Date(tMs).toISOString().replace(/(\.\d*?)0+Z$/, '$1Z').replace('.Z', 'Z')
}

/** A float as Go's `FormatFloat(v, 'e', -1, 64)`: `3.4e-02`. */
export function goExponent(value: number): string {
  if (Number.isNaN(value)) return 'NaN'
  if (!Number.isFinite(value)) return value > 0 ? '+Inf' : '-Inf'
  const text = Object.is(value, -0) ? '-0e+0' : value.toExponential()
  return text.replace(/e([+-])(\d)$/, 'e$10$2')
}

/** A float as the text formats write it: `1`, `0.5`, `NaN`, `+Inf`, `1e+21`. */
export function metricValue(value: number): string {
  if (Number.isNaN(value)) return 'NaN'
  if (!Number.isFinite(value)) return value > 0 ? '+Inf' : '-Inf'
  if (Object.is(value, -0)) return '-0'
  return String(value).replace(/e([+-])(\d)$/, 'e$10$2')
}

const FLOAT = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/
const HEX_FLOAT = /^([+-]?)0[xX]([0-9a-fA-F]*)\.?([0-9a-fA-F]*)[pP]([+-]?\d+)$/

/** Reads a float as Go's `strconv.ParseFloat` does. Undefined for a text that is none or whose value is out of range. */
export function parseGoFloat(given: string): number | undefined {
  // Underscores may stand between digits.
  const text = given.includes('_') ? given.replace(/(?<=[0-9a-fA-F]|^[+-]?0[xX])_(?=[0-9a-fA-F])/g, '') : given
  if (FLOAT.test(text)) {
    const value = Number(text)
    return Number.isFinite(value) ? value : undefined
  }
  const special = /^([+-]?)(?:inf|infinity)$/i.exec(text)
  if (special !== null) return special[1] === '-' ? -Infinity : Infinity
  if (/^nan$/i.test(text)) return NaN
  const hex = HEX_FLOAT.exec(text)
  if (hex === null || (hex[2] === '' && hex[3] === '')) return undefined
  const mantissa = Number.parseInt(hex[2]! + hex[3]!, 16)
  const value = mantissa * 2 ** (Number(hex[4]) - 4 * hex[3]!.length)
  if (!Number.isFinite(value)) return undefined
  return hex[1] === '-' ? -value : value
}

const MAX_INT64 = (1n << 63n) - 1n

/** Reads a decimal integer of so many bits as Go's `strconv.Atoi` and `ParseInt` do. @returns the number, or Go's error text */
export function parseGoInt(text: string, func: 'Atoi' | 'ParseInt', bits: 32 | 64 = 64): number | { readonly error: string } {
  const fail = (why: string): { error: string } => ({ error: `strconv.${func}: parsing ${goQuote(text)}: ${why}` })
  // What is too large is told before what is no digit behind it.
  const leading = /^[+-]?(\d{20,})/.exec(text)?.[1]
  if (leading !== undefined && BigInt(leading) >= 1n << 64n) return fail('value out of range')
  if (!/^[+-]?\d+$/.test(text)) return fail('invalid syntax')
  const value = text.length < 16 ? Number(text) : BigInt(text.replace(/^\+/, ''))
  const max = bits === 64 ? MAX_INT64 : 0x7fff_ffffn
  if (value > max || value < -max - 1n) return fail('value out of range')
  return Number(value)
}

/** Reads a bool as Go's `strconv.ParseBool` does; undefined for anything else. */
export function parseGoBool(text: string): boolean | undefined {
  if (['1', 't', 'T', 'TRUE', 'true', 'True'].includes(text)) return true
  if (['0', 'f', 'F', 'FALSE', 'false', 'False'].includes(text)) return false
  return undefined
}
