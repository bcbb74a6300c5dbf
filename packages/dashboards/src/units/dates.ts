import type { FormattedValue, UnitFormatter } from './numbers.ts'

/** Moment's tokens, longest first. */
const TOKENS = /\[([^\]]*)\]|YYYY|YY|MMMM|MMM|MM|M|Do|DDDD|DDD|DD|D|dddd|ddd|HH|H|hh|h|mm|m|ss|s|SSS|A|a|X|x|ZZ|Z/g
const MONTHS = ['January', 'February', 'March', 'April', 'May', 'June', 'July', 'August', 'September', 'October', 'November', 'December']
const WEEKDAYS = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday']

/** Fields of a moment in a time zone. */
export interface ZonedFields {
  readonly year: number
  /** 1..12 */
  readonly month: number
  readonly day: number
  readonly hour: number
  readonly minute: number
  readonly second: number
  readonly ms: number
  /** 0 Sunday. */
  readonly weekday: number
  readonly offsetMinutes: number
}

const formatters = new Map<string, Intl.DateTimeFormat>()

function partsFormatter(timeZone: string | undefined): Intl.DateTimeFormat {
  const key = timeZone ?? ''
  let f = formatters.get(key)
  if (!f) {
    f = new Intl.DateTimeFormat('en-US', {
      ...(timeZone === undefined ? {} : { timeZone }), hourCycle: 'h23', year: 'numeric', month: 'numeric', day: 'numeric', hour: 'numeric', minute: 'numeric', second: 'numeric',
    })
    formatters.set(key, f)
  }
  return f
}

/** A time zone as `Intl` wants it: `browser` and `''` are the machine's, `utc` is UTC; an unknown name falls back to the machine's. */
export function intlTimeZone(timeZone: string | undefined): string | undefined {
  if (timeZone === undefined || timeZone === '' || timeZone === 'browser') return undefined
  if (timeZone.toLowerCase() === 'utc') return 'UTC'
  try {
    partsFormatter(timeZone)
    return timeZone
  } catch {
    return undefined
  }
}

/** The calendar fields of a Unix time in a zone. */
export function zonedFields(tMs: number, timeZone?: string): ZonedFields {
  const parts: Record<string, number> = {}
  for (const p of partsFormatter(intlTimeZone(timeZone)).formatToParts(tMs)) parts[p.type] = Number(p.value)
  const asUtc = Date.UTC(parts.year!, parts.month! - 1, parts.day!, parts.hour!, parts.minute!, parts.second!)
  const ms = ((tMs % 1000) + 1000) % 1000
  return {
    year: parts.year!, month: parts.month!, day: parts.day!, hour: parts.hour!, minute: parts.minute!, second: parts.second!, ms,
    weekday: new Date(asUtc).getUTCDay(), offsetMinutes: Math.round((asUtc - (tMs - ms)) / 60_000),
  }
}

const pad = (n: number, width = 2): string => String(n).padStart(width, '0')

/** Formats a Unix time by a moment.js pattern, as the units `time:…` and `${__from:date:…}` use it. */
export function formatDatePattern(tMs: number, pattern: string, timeZone?: string): string {
  if (!Number.isFinite(tMs)) return 'Invalid date'
  const f = zonedFields(tMs, timeZone)
  return pattern.replace(TOKENS, (token, literal: string | undefined) => literal ?? dateToken(token, f, tMs))
}

function dateToken(token: string, f: ZonedFields, tMs: number): string {
  switch (token) {
    case 'YYYY': return pad(f.year, 4)
    case 'YY': return pad(f.year % 100)
    case 'MMMM': return MONTHS[f.month - 1]!
    case 'MMM': return MONTHS[f.month - 1]!.slice(0, 3)
    case 'MM': return pad(f.month)
    case 'M': return String(f.month)
    case 'DD': return pad(f.day)
    case 'D': return String(f.day)
    case 'Do': return `${f.day}${f.day % 10 === 1 && f.day !== 11 ? 'st' : f.day % 10 === 2 && f.day !== 12 ? 'nd' : f.day % 10 === 3 && f.day !== 13 ? 'rd' : 'th'}`
    case 'DDDD': case 'DDD': {
      const n = Math.round((Date.UTC(f.year, f.month - 1, f.day) - Date.UTC(f.year, 0, 0)) / 86_400_000)
      return token === 'DDDD' ? pad(n, 3) : String(n)
    }
    case 'dddd': return WEEKDAYS[f.weekday]!
    case 'ddd': return WEEKDAYS[f.weekday]!.slice(0, 3)
    case 'HH': return pad(f.hour)
    case 'H': return String(f.hour)
    case 'hh': return pad(f.hour % 12 || 12)
    case 'h': return String(f.hour % 12 || 12)
    case 'mm': return pad(f.minute)
    case 'm': return String(f.minute)
    case 'ss': return pad(f.second)
    case 's': return String(f.second)
    case 'SSS': return pad(f.ms, 3)
    case 'A': return f.hour < 12 ? 'AM' : 'PM'
    case 'a': return f.hour < 12 ? 'am' : 'pm'
    case 'X': return String(Math.floor(tMs / 1000))
    case 'x': return String(tMs)
    default: {
      const sign = f.offsetMinutes < 0 ? '-' : '+'
      const size = Math.abs(f.offsetMinutes)
      return `${sign}${pad(Math.floor(size / 60))}${token === 'Z' ? ':' : ''}${pad(size % 60)}`
    }
  }
}

function dateUnit(pattern: string): UnitFormatter {
  return value => ({ text: formatDatePattern(value, pattern) })
}

/** The date when it is another day than today, else only the time. */
function unlessToday(pattern: string, todayPattern: string): UnitFormatter {
  return value => {
    if (!Number.isFinite(value)) return { text: 'Invalid date' }
    const now = zonedFields(Date.now())
    const f = zonedFields(value)
    const today = now.year === f.year && now.month === f.month && now.day === f.day
    return { text: formatDatePattern(value, today ? todayPattern : pattern) }
  }
}

const ROUGH: readonly (readonly [belowS: number, sizeS: number, unit: string, one: string])[] = [
  [45 * 60 - 30, 60, 'minute', 'a minute'], [22 * 3600 - 1800, 3600, 'hour', 'an hour'], [26 * 86_400 - 43_200, 86_400, 'day', 'a day'],
  [320 * 86_400, 30.4375 * 86_400, 'month', 'a month'], [Infinity, 365.25 * 86_400, 'year', 'a year'],
]

/** `3 minutes ago`, `in 2 hours`, by moment's thresholds. */
export function fromNow(deltaMs: number): string {
  const s = Math.abs(deltaMs) / 1000
  let text = 'a few seconds'
  if (s >= 44.5) {
    const [, size, unit, one] = ROUGH.find(([below]) => s < below)!
    const n = Math.round(s / size)
    text = n <= 1 ? one : `${n} ${unit}s`
  }
  return deltaMs > 0 ? `in ${text}` : `${text} ago`
}

function agoUnit(value: number): FormattedValue {
  return { text: Number.isFinite(value) ? fromNow(value - Date.now()) : 'Invalid date' }
}

/** Dates: values are Unix ms. */
export const DATE_UNITS: Readonly<Record<string, UnitFormatter>> = {
  dateTimeAsIso: dateUnit('YYYY-MM-DD HH:mm:ss'),
  dateTimeAsIsoNoDateIfToday: unlessToday('YYYY-MM-DD HH:mm:ss', 'HH:mm:ss'),
  dateTimeAsUS: dateUnit('MM/DD/YYYY h:mm:ss a'),
  dateTimeAsUSNoDateIfToday: unlessToday('MM/DD/YYYY h:mm:ss a', 'h:mm:ss a'),
  dateTimeAsLocal: value => ({ text: Number.isFinite(value) ? new Date(value).toLocaleString() : 'Invalid date' }),
  dateTimeAsLocalNoDateIfToday: value => ({
    text: !Number.isFinite(value) ? 'Invalid date' : new Date(value).toDateString() === new Date().toDateString() ? new Date(value).toLocaleTimeString() : new Date(value).toLocaleString(),
  }),
  dateTimeAsSystem: dateUnit('YYYY-MM-DD HH:mm:ss'),
  dateTimeFromNow: agoUnit,
}

/** The unit `time:PATTERN`. */
export function patternDateUnit(pattern: string): UnitFormatter {
  return dateUnit(pattern)
}
