import { isUtf8 } from 'node:buffer'
import { DurationError, goQuote, parseDuration } from '@haechi/model'
import { PrometheusError, invalidParameter } from './errors.ts'
import { parseGoFloat, parseGoInt } from './go-values.ts'

/** The earliest and latest time that a question without bounds means; exact in a double. */
export const MIN_TIME_MS: number = Number.MIN_SAFE_INTEGER
export const MAX_TIME_MS: number = Number.MAX_SAFE_INTEGER

/** How Prometheus writes its two extreme times. */
const MIN_TIME_TEXT = '-292273086-05-16T16:47:06Z'
const MAX_TIME_TEXT = '292277025-08-18T07:12:54.999999999Z'

/** The parameters of a request: the form body first, then the URL's query, as Go's `FormValue` looks them up. */
export class RequestParams {
  readonly #values = new Map<string, string[]>()
  /** Go's text about the first pair that could not be read; that pair is left out. */
  readonly error: string | undefined

  /** Both latin1: a character for each byte that was sent. */
  constructor(query: string, form: string) {
    let error: string | undefined
    for (const part of [form, query]) {
      if (part === '') continue
      for (const pair of part.split('&')) {
        if (pair === '') continue
        if (pair.includes(';')) {
          error ??= 'invalid semicolon separator in query'
          continue
        }
        const eq = pair.indexOf('=')
        const key = unescapeQuery(eq < 0 ? pair : pair.slice(0, eq))
        const value = unescapeQuery(eq < 0 ? '' : pair.slice(eq + 1))
        if (key.error !== undefined || value.error !== undefined) {
          error ??= `invalid URL escape ${goQuote(key.error ?? value.error!)}`
          continue
        }
        const known = this.#values.get(key.text)
        if (known === undefined) this.#values.set(key.text, [value.text])
        else known.push(value.text)
      }
    }
    this.error = error
  }

  /** The first value, '' if there is none. */
  get(name: string): string {
    return this.#values.get(name)?.[0] ?? ''
  }

  /** All values. */
  all(name: string): readonly string[] {
    return this.#values.get(name) ?? []
  }

  /** @throws PrometheusError when a pair could not be read */
  requireReadable(): void {
    if (this.error !== undefined) throw new PrometheusError('bad_data', `error parsing form values: ${this.error}`)
  }
}

/** Undoes the escapes of one name or value. `text`: latin1, each character one byte. */
export function unescapeQuery(text: string): { text: string; error?: string } {
  if (PLAIN.test(text)) return { text: text.replaceAll('+', ' ') }
  const bad = /%(?![0-9a-fA-F]{2})/.exec(text)
  if (bad !== null) return { text: '', error: textOfBytes(Buffer.from(text.slice(bad.index, bad.index + 3), 'latin1')) }
  const plain = text.replace(/\+|%([0-9a-fA-F]{2})/g, (_m, hex: string | undefined) => (hex === undefined ? ' ' : String.fromCharCode(Number.parseInt(hex, 16))))
  return { text: textOfBytes(Buffer.from(plain, 'latin1')) }
}

const PLAIN = /^[\x20-\x24\x26-\x7e]*$/

/** Bytes as text; one that is no UTF-8 is kept as U+DC00 + byte, so that messages can name it. */
function textOfBytes(bytes: Buffer): string {
  if (isUtf8(bytes)) return bytes.toString('utf8')
  let out = ''
  for (let i = 0; i < bytes.length;) {
    const length = bytes[i]! < 0x80 ? 1 : [2, 3, 4].find(n => i + n <= bytes.length && isUtf8(bytes.subarray(i, i + n)))
    out += length === undefined ? String.fromCharCode(0xdc00 + bytes[i]!) : bytes.toString('utf8', i, i + length)
    i += length ?? 1
  }
  return out
}

/** The smallest int64, in ns, as ms. */
const OVERFLOWN_TIME_MS = -9_223_372_036_854

const DATE_TIME = /^(\d{4})-(\d\d)-(\d\d)T(\d{1,2}):(\d\d):(\d\d)(?:[.,](\d+))?(?:Z|([+-])(\d\d):(\d\d))$/

/**
 * Reads a time: Unix seconds or RFC 3339.
 *
 * @returns Unix ms, an integer; undefined for a text that is neither
 * @see web/api/v1 `parseTime`
 */
export function parseTime(text: string): number | undefined {
  const seconds = parseGoFloat(text)
  if (seconds !== undefined) {
    // NaN, infinities and what ms can't count: Prometheus' integers overflow there, to this.
    if (!(Math.abs(seconds) < 2 ** 63 / 1000)) return OVERFLOWN_TIME_MS
    if (Math.abs(seconds) > 9e12) return seconds < 0 ? MIN_TIME_MS : MAX_TIME_MS
    const whole = Math.trunc(seconds)
    return whole * 1000 + Math.round((seconds - whole) * 1000)
  }
  const parts = DATE_TIME.exec(text)
  if (parts !== null) {
    const [year, month, day, hour, minute, second] = parts.slice(1, 7).map(Number) as [number, number, number, number, number, number]
    const date = new Date(0)
    date.setUTCFullYear(year, month - 1, day)
    if (month < 1 || month > 12 || date.getUTCDate() !== day || hour > 23 || minute > 59 || second > 59) return undefined
    const offsetHours = Number(parts[9] ?? 0)
    const offsetMinutes = Number(parts[10] ?? 0)
    if (offsetHours > 24 || offsetMinutes > 59) return undefined
    const offsetMs = (offsetHours * 60 + offsetMinutes) * 60_000 * (parts[8] === '-' ? -1 : 1)
    const ms = Number((parts[7] ?? '').padEnd(3, '0').slice(0, 3))
    return date.getTime() + ((hour * 60 + minute) * 60 + second) * 1000 + ms - offsetMs
  }
  if (text === MIN_TIME_TEXT) return MIN_TIME_MS
  if (text === MAX_TIME_TEXT) return MAX_TIME_MS
  return undefined
}

/** @throws PrometheusError `invalid parameter "<name>": cannot parse …` */
export function requiredTime(params: RequestParams, name: string): number {
  const text = params.get(name)
  const tMs = parseTime(text)
  if (tMs === undefined) throw invalidParameter(name, `cannot parse ${goQuote(text)} to a valid timestamp`)
  return tMs
}

/** @throws PrometheusError `invalid parameter "<name>": invalid time value for '<name>': cannot parse …` */
export function optionalTime(params: RequestParams, name: string, fallbackMs: number): number {
  const text = params.get(name)
  if (text === '') return fallbackMs
  const tMs = parseTime(text)
  if (tMs === undefined) throw invalidParameter(name, `invalid time value for '${name}': cannot parse ${goQuote(text)} to a valid timestamp`)
  return tMs
}

/**
 * Reads a duration: seconds as a float, or a Prometheus duration.
 *
 * @returns ms, possibly fractional or NaN (NaN counts as negative)
 * @throws Error with Prometheus' text
 */
export function parseApiDuration(text: string): number {
  const seconds = parseGoFloat(text)
  if (seconds !== undefined) {
    if (seconds * 1e9 > 2 ** 63 || seconds * 1e9 < -(2 ** 63)) throw new DurationError(`cannot parse ${goQuote(text)} to a valid duration. It overflows int64`)
    return Number.isNaN(seconds) ? -(2 ** 63) / 1e6 : seconds * 1000
  }
  try {
    return parseDuration(text)
  } catch (err) {
    if (!(err instanceof DurationError)) throw err
    throw new DurationError(`cannot parse ${goQuote(text)} to a valid duration`)
  }
}

/** @throws PrometheusError naming the parameter */
export function durationParam(params: RequestParams, name: string): number {
  try {
    return parseApiDuration(params.get(name))
  } catch (err) {
    if (!(err instanceof DurationError)) throw err
    throw invalidParameter(name, err.message)
  }
}

/** The parameter `limit`: a non-negative integer, 0 for none. @throws PrometheusError */
export function limitParam(params: RequestParams): number {
  const text = params.get('limit')
  if (text === '') return 0
  const limit = parseGoInt(text, 'Atoi')
  if (typeof limit === 'object') throw invalidParameter('limit', limit.error)
  if (limit < 0) throw invalidParameter('limit', 'limit must be non-negative')
  return limit
}
