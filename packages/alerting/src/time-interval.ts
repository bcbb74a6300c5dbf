import { goQuote } from '@haechi/model'
import type { Fields } from '@haechi/model'

/** Both ends included. */
export interface NumberRange {
  readonly begin: number
  readonly end: number
}

/** One specification of a time interval: every member that is given must match. An empty list matches never. @see alertmanager timeinterval */
export interface TimeSpec {
  /** Minutes of the day, end excluded. */
  readonly times: readonly NumberRange[] | undefined
  /** 0 = Sunday. */
  readonly weekdays: readonly NumberRange[] | undefined
  /** 1…31, or -31…-1 from the month's end. */
  readonly daysOfMonth: readonly NumberRange[] | undefined
  readonly months: readonly NumberRange[] | undefined
  readonly years: readonly NumberRange[] | undefined
  /** IANA name; `UTC` by default. */
  readonly timeZone: string
}

/** A named list of specifications; any of them may match. */
export interface TimeInterval {
  readonly name: string
  readonly specs: readonly TimeSpec[]
}

/** Whether a moment (Unix ms) lies in the interval. */
export function intervalContains(interval: TimeInterval, tMs: number): boolean {
  return interval.specs.some(spec => specContains(spec, tMs))
}

/** What a clock on the wall shows. */
interface WallTime {
  readonly year: number
  /** 1…12 */
  readonly month: number
  readonly day: number
  /** 0 = Sunday. */
  readonly weekday: number
  /** Of the day. */
  readonly minute: number
}

/** One per zone: making one takes longer than asking it a thousand times. */
const CLOCKS = new Map<string, Intl.DateTimeFormat>()

function wallTime(tMs: number, timeZone: string): WallTime {
  let clock = CLOCKS.get(timeZone)
  if (clock === undefined) {
    clock = new Intl.DateTimeFormat('en-US', { timeZone, calendar: 'gregory', numberingSystem: 'latn', hourCycle: 'h23', year: 'numeric', month: 'numeric', day: 'numeric', hour: 'numeric', minute: 'numeric' })
    CLOCKS.set(timeZone, clock)
  }
  const shown = new Map(clock.formatToParts(tMs).map(p => [p.type, Number(p.value)]))
  const part = (type: Intl.DateTimeFormatPartTypes): number => shown.get(type)!
  const [year, month, day] = [part('year'), part('month'), part('day')]
  return { year, month, day, weekday: new Date(Date.UTC(year, month - 1, day)).getUTCDay(), minute: part('hour') * 60 + part('minute') }
}

function specContains(spec: TimeSpec, tMs: number): boolean {
  const t = wallTime(tMs, spec.timeZone)
  const within = (ranges: readonly NumberRange[] | undefined, v: number): boolean => ranges === undefined || ranges.some(r => v >= r.begin && v <= r.end)
  if (spec.times !== undefined && !spec.times.some(r => t.minute >= r.begin && t.minute < r.end)) return false
  if (spec.daysOfMonth !== undefined) {
    const last = new Date(Date.UTC(t.year, t.month, 0)).getUTCDate()
    const inMonth = (d: number): number => (d < 0 ? last + d + 1 : d)
    // A range that begins behind the month's end is not of this month; others are cut to it.
    if (!spec.daysOfMonth.some(r => inMonth(r.begin) <= last && t.day >= inMonth(r.begin) && t.day <= Math.min(inMonth(r.end), last))) return false
  }
  return within(spec.months, t.month) && within(spec.weekdays, t.weekday) && within(spec.years, t.year)
}

const WEEKDAYS: readonly string[] = ['sunday', 'monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday']
const MONTHS: readonly string[] = ['', 'january', 'february', 'march', 'april', 'may', 'june', 'july', 'august', 'september', 'october', 'november', 'december']

/** One element of `time_intervals` (or the older `mute_time_intervals`). @throws ConfigError with Alertmanager's reasons */
export function timeIntervalConfig(f: Fields, kind: 'time interval' | 'mute time interval'): TimeInterval {
  const name = f.string('name', '')
  if (name === '') throw f.error('name', `missing name in ${kind}`)
  const specs = f.list('time_intervals').map(timeSpec)
  f.done()
  return { name, specs }
}

function timeSpec(f: Fields): TimeSpec {
  const texts = (key: string, read: (text: string) => NumberRange): readonly NumberRange[] | undefined => (f.has(key) ? f.strings(key).map(text => explained(f, key, () => read(text))) : undefined)
  const spec: TimeSpec = {
    times: f.has('times') ? f.list('times').map(timeRange) : undefined,
    weekdays: texts('weekdays', weekdayRange),
    daysOfMonth: texts('days_of_month', dayRange),
    months: texts('months', monthRange),
    years: texts('years', yearRange),
    timeZone: f.has('location') ? explained(f, 'location', () => zoneName(f.string('location'))) : 'UTC',
  }
  f.done()
  return spec
}

function explained<T>(f: Fields, key: string, read: () => T): T {
  try {
    return read()
  } catch (err) {
    if (err instanceof RangeReason) throw f.error(key, err.message)
    throw err
  }
}

class RangeReason extends Error {}

function timeRange(f: Fields): NumberRange {
  const start = f.string('start_time', '')
  const end = f.string('end_time', '')
  f.done()
  if (start === '' || end === '') throw f.error(undefined, 'both start and end times must be provided')
  const begin = explained(f, 'start_time', () => minutes(start))
  const stop = explained(f, 'end_time', () => minutes(end))
  if (begin >= stop) throw f.error('start_time', 'start time cannot be equal or greater than end time')
  return { begin, end: stop }
}

function minutes(text: string): number {
  const m = /^(?:([01]\d|2[0-3]):([0-5]\d)|24:00)$/.exec(text)
  if (m === null) throw new RangeReason(`couldn't parse timestamp ${text}, invalid format`)
  return m[1] === undefined ? 1440 : Number(m[1]) * 60 + Number(m[2])
}

function rangeOf(text: string, member: (text: string) => number): NumberRange {
  const lower = text.toLowerCase()
  const parts = lower.split(':')
  if (parts.length > 2) throw new RangeReason(`couldn't parse range ${lower}, invalid format`)
  const begin = member(parts[0]!)
  return { begin, end: parts.length === 2 ? member(parts[1]!) : begin }
}

function integer(text: string): number {
  if (!/^[+-]?\d+$/.test(text)) throw new RangeReason(`strconv.Atoi: parsing ${goQuote(text)}: invalid syntax`)
  return Number(text)
}

function weekdayRange(text: string): NumberRange {
  const r = rangeOf(text, t => {
    const day = WEEKDAYS.indexOf(t)
    if (day < 0) throw new RangeReason(`${t} is not a valid weekday`)
    return day
  })
  if (r.begin > r.end) throw new RangeReason('start day cannot be before end day')
  return r
}

function dayRange(text: string): NumberRange {
  const r = rangeOf(text, integer)
  for (const d of [r.begin, r.end]) if (d === 0 || d < -31 || d > 31) throw new RangeReason(`${d} is not a valid day of the month: out of range`)
  if (r.begin < 0 && r.end > 0) throw new RangeReason('end day must be negative if start day is negative')
  // Days from the end are compared as in the shortest month.
  const shortest = (d: number): number => (d < 0 ? 28 + d : d)
  if (shortest(r.begin) > shortest(r.end)) throw new RangeReason(`end day ${r.end} is always before start day ${r.begin}`)
  return r
}

function monthRange(text: string): NumberRange {
  const r = rangeOf(text, t => {
    const month = t === '' ? -1 : MONTHS.indexOf(t)
    if (month > 0) return month
    if (!/^[+-]?\d+$/.test(t)) throw new RangeReason(`${t} is not a valid month`)
    return Number(t)
  })
  if (r.begin > r.end) throw new RangeReason(`end month ${MONTHS[r.end] ?? ''} is before start month ${MONTHS[r.begin] ?? ''}`)
  return r
}

function yearRange(text: string): NumberRange {
  const r = rangeOf(text, integer)
  if (r.begin > r.end) throw new RangeReason(`end year ${r.end} is before start year ${r.begin}`)
  return r
}

/** A zone that this machine knows. Go takes `''`, `UTC`, `Local` and IANA names. */
function zoneName(text: string): string {
  if (text === '' || text === 'UTC') return 'UTC'
  if (text === 'Local') return new Intl.DateTimeFormat().resolvedOptions().timeZone
  try {
    // An offset is no zone.
    if (/^[+-]/.test(text)) throw new RangeError(text)
    wallTime(0, text)
    return text
  } catch (err) {
    if (err instanceof RangeError) throw new RangeReason(`unknown time zone ${text}`)
    throw err
  }
}
