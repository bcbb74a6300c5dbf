import { goQuote } from './go-text.ts'

/** A text that is no duration. The message is Prometheus'. */
export class DurationError extends Error {
  constructor(message: string) {
    super(message)
    this.name = 'DurationError'
  }
}

const SECOND = 1000
const MINUTE = 60 * SECOND
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR

/** Units from the largest to the smallest; in a duration they stand in this order, each at most once. */
const UNITS: readonly (readonly [name: string, ms: number])[] = [
  ['y', 365 * DAY], ['w', 7 * DAY], ['d', DAY], ['h', HOUR], ['m', MINUTE], ['s', SECOND], ['ms', 1],
]

/** Longest duration: Go counts nanoseconds in an int64 (about 292 years). */
const MAX_NS = 1n << 63n

/**
 * Reads a Prometheus duration, e.g. `1h30m`, `90s`, `100ms`, `0`. A year has 365 days.
 *
 * @returns milliseconds, a non-negative integer
 * @throws DurationError with the text of Prometheus
 * @see prometheus/common `model.ParseDuration`
 */
export function parseDuration(text: string): number {
  if (text === '0') return 0
  if (text === '') throw new DurationError('empty duration string')
  const parts = /(\d*)([^\d]*)/y
  let ns = 0n
  let lastUnit = -1
  while (parts.lastIndex < text.length) {
    const [, digits, name] = parts.exec(text)! as unknown as [string, string, string]
    if (digits === '' || name === '') throw invalid(text)
    const count = BigInt(digits)
    if (count >= 1n << 64n) throw invalid(text)
    const unit = UNITS.findIndex(u => u[0] === name)
    if (unit < 0) throw new DurationError(`unknown unit ${goQuote(name)} in duration ${goQuote(text)}`)
    if (unit <= lastUnit) throw invalid(text)
    lastUnit = unit
    const unitNs = BigInt(UNITS[unit]![1]) * 1_000_000n
    if (count > MAX_NS / unitNs) throw new DurationError('duration out of range')
    ns += count * unitNs
    if (ns >= MAX_NS) throw new DurationError('duration out of range')
  }
  return Number(ns / 1_000_000n)
}

function invalid(text: string): DurationError {
  return new DurationError(`not a valid duration string: ${goQuote(text)}`)
}

/** Reads a duration that may begin with `-`. @throws DurationError @see prometheus/common `model.ParseDurationAllowNegative` */
export function parseSignedDuration(text: string): number {
  if (!text.startsWith('-')) return parseDuration(text)
  return 0 - parseDuration(text.slice(1))
}

/**
 * Writes a duration as Prometheus does: years and weeks only if nothing remains, `0s` for less than a millisecond.
 *
 * @param ms  milliseconds, not negative; a fraction is cut off
 * @see prometheus/common `model.Duration.String`
 */
export function formatDuration(ms: number): string {
  let rest = Math.trunc(ms)
  if (rest === 0) return '0s'
  let out = ''
  for (const [name, unit] of UNITS) {
    if (unit >= 7 * DAY && rest % unit !== 0) continue
    const count = Math.floor(rest / unit)
    if (count > 0) {
      out += `${count}${name}`
      rest -= count * unit
    }
  }
  return out
}
