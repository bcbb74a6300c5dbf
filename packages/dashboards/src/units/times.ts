import { fixedUnit, formatNumber } from './numbers.ts'
import type { FormattedValue, UnitFormatter } from './numbers.ts'

interface TimeStep {
  /** Used below this absolute value, in the base unit. */
  readonly below: number
  readonly divisor: number
  readonly unit: string
  /** min, hour, day, week, year take an s above one. */
  readonly plural: boolean
}

function timeScale(steps: readonly TimeStep[]): UnitFormatter {
  return (value, decimals) => {
    const size = Math.abs(value)
    const step = steps.find(s => size < s.below) ?? steps.at(-1)!
    const v = value / step.divisor
    return { text: formatNumber(v, decimals), suffix: ` ${step.unit}${step.plural && v > 1 || step.plural && Math.abs(v) > 1 ? 's' : ''}` }
  }
}

const step = (below: number, divisor: number, unit: string, plural = false): TimeStep => ({ below, divisor, unit, plural })

const nanoseconds = timeScale([
  step(1e3, 1, 'ns'), step(1e6, 1e3, 'µs'), step(1e9, 1e6, 'ms'), step(6e10, 1e9, 's'),
  step(3.6e12, 6e10, 'min', true), step(8.64e13, 3.6e12, 'hour', true), step(Infinity, 8.64e13, 'day', true),
])
const microseconds = timeScale([step(1e3, 1, 'µs'), step(1e6, 1e3, 'ms'), step(Infinity, 1e6, 's')])
const milliseconds = timeScale([
  step(1e3, 1, 'ms'), step(6e4, 1e3, 's'), step(3.6e6, 6e4, 'min', true), step(8.64e7, 3.6e6, 'hour', true),
  step(3.1536e10, 8.64e7, 'day', true), step(Infinity, 3.1536e10, 'year', true),
])
const secondsPositive = timeScale([
  step(1e-6, 1e-9, 'ns'), step(1e-3, 1e-6, 'µs'), step(1, 1e-3, 'ms'), step(60, 1, 's'), step(3600, 60, 'min', true), step(86_400, 3600, 'hour', true),
  step(604_800, 86_400, 'day', true), step(31_536_000, 604_800, 'week', true), step(Infinity, 3.15569e7, 'year', true),
])
const minutes = timeScale([
  step(60, 1, 'min'), step(1440, 60, 'hour', true), step(10_080, 1440, 'day', true), step(604_800, 10_080, 'week', true), step(Infinity, 525_948, 'year', true),
])
const hours = timeScale([step(24, 1, 'hour'), step(168, 24, 'day', true), step(8760, 168, 'week', true), step(Infinity, 8760, 'year', true)])
const days = timeScale([step(7, 1, 'day', true), step(365, 7, 'week', true), step(Infinity, 365, 'year', true)])

/** Zero is `0 s`, whatever the decimals. */
function seconds(value: number, decimals?: number): FormattedValue {
  if (value === 0) return { text: '0', suffix: ' s' }
  return secondsPositive(value, decimals)
}

const DURATION_STEPS = [
  ['year', 31_536_000_000], ['month', 2_592_000_000], ['week', 604_800_000], ['day', 86_400_000], ['hour', 3_600_000], ['minute', 60_000], ['second', 1000], ['millisecond', 1],
] as const

/** `1 day`, with `decimals` further parts. */
function durationWords(ms: number, decimals: number, unit: string): FormattedValue {
  if (ms === 0) return { text: '0', suffix: ` ${unit}s` }
  if (ms < 0) {
    const past = durationWords(-ms, decimals, unit)
    return { text: past.text, suffix: `${past.suffix ?? ''} ago` }
  }
  const parts: string[] = []
  let rest = ms
  let left = decimals
  for (const [name, size] of DURATION_STEPS) {
    if (left < 0) break
    const n = Math.floor(rest / size)
    if (n > 0 || left < decimals) {
      parts.push(`${n} ${name}${n === 1 ? '' : 's'}`)
      left--
      rest %= size
    }
  }
  return { text: parts.join(', ') }
}

const two = (n: number): string => String(n).padStart(2, '0')

/** `hh:mm:ss`. */
function clock(totalSeconds: number): string {
  return `${two(Math.floor(totalSeconds / 3600))}:${two(Math.floor(totalSeconds % 3600 / 60))}:${two(Math.floor(totalSeconds % 60))}`
}

function clockUnit(withDays: boolean): UnitFormatter {
  return value => {
    if (!Number.isFinite(value)) return { text: formatNumber(value) }
    const size = Math.abs(value)
    const days_ = Math.floor(size / 86_400)
    const text = withDays && days_ > 0 ? `${days_} d ${clock(size % 86_400)}` : clock(size)
    return value < 0 ? { text, suffix: ' ago' } : { text }
  }
}

/** `25h:01m:01s:000ms`; decimals 0 keeps the hours, 1 adds minutes, 2 seconds. */
function clockParts(ms: number, decimals?: number): FormattedValue {
  if (!Number.isFinite(ms)) return { text: formatNumber(ms) }
  const size = Math.abs(ms)
  const parts = [
    `${two(Math.floor(size / 3_600_000))}h`, `${two(Math.floor(size / 60_000) % 60)}m`, `${two(Math.floor(size / 1000) % 60)}s`, `${String(Math.floor(size % 1000)).padStart(3, '0')}ms`,
  ]
  return { text: (ms < 0 ? '-' : '') + parts.slice(0, decimals === undefined ? 4 : Math.min(decimals, 3) + 1).join(':') }
}

function guarded(f: (value: number, decimals: number) => FormattedValue): UnitFormatter {
  return (value, decimals) => Number.isFinite(value) ? f(value, decimals ?? 0) : fixedUnit('')(value)
}

/** Scaled times, clocks and durations in words. */
export const TIME_UNITS: Readonly<Record<string, UnitFormatter>> = {
  'ns': nanoseconds, 'µs': microseconds, 'ms': milliseconds, 's': seconds, 'm': minutes, 'h': hours, 'd': days,
  'timeticks': (value, decimals) => seconds(value / 100, decimals),
  'dthms': clockUnit(false),
  'dtdhms': clockUnit(true),
  'dtdurationms': guarded((v, d) => durationWords(v, d, 'millisecond')),
  'dtdurations': guarded((v, d) => durationWords(v * 1000, d, 'second')),
  'clockms': clockParts,
  'clocks': (value, decimals) => clockParts(value * 1000, decimals),
}
