import { GoStruct } from './values.ts'

const MONTHS = ['January', 'February', 'March', 'April', 'May', 'June', 'July', 'August', 'September', 'October', 'November', 'December']
const DAYS = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday']

/** A moment in a zone. */
interface Moment {
  /** Unix ms, integer. */
  readonly ms: number
  /** Nanoseconds within the millisecond, 0..999999. */
  readonly nanos: number
  /** IANA zone; `UTC` by default. */
  readonly zone: string
}

interface Civil { year: number; month: number; day: number; hour: number; minute: number; second: number; weekday: number; offsetMinutes: number; abbreviation: string }

const formats = new Map<string, Intl.DateTimeFormat>()

function civil(m: Moment): Civil {
  if (m.zone === 'UTC') {
    const d = new Date(m.ms)
    return {
      year: d.getUTCFullYear(), month: d.getUTCMonth() + 1, day: d.getUTCDate(), hour: d.getUTCHours(), minute: d.getUTCMinutes(), second: d.getUTCSeconds(), weekday: d.getUTCDay(),
      offsetMinutes: 0, abbreviation: 'UTC',
    }
  }
  let format = formats.get(m.zone)
  if (format === undefined) {
    format = new Intl.DateTimeFormat('en-US', {
      timeZone: m.zone, hourCycle: 'h23', year: 'numeric', month: 'numeric', day: 'numeric', hour: 'numeric', minute: 'numeric', second: 'numeric', timeZoneName: 'short',
    })
    formats.set(m.zone, format)
  }
  const parts: Record<string, string> = {}
  for (const p of format.formatToParts(m.ms)) parts[p.type] = p.value
  const n = (key: string): number => Number(parts[key])
  const local = Date.UTC(n('year'), n('month') - 1, n('day'), n('hour'), n('minute'), n('second'))
  return {
    year: n('year'), month: n('month'), day: n('day'), hour: n('hour'), minute: n('minute'), second: n('second'), weekday: new Date(local).getUTCDay(),
    offsetMinutes: Math.round((local - Math.floor(m.ms / 1000) * 1000) / 60_000), abbreviation: parts['timeZoneName'] ?? m.zone,
  }
}

function pad(n: number, width: number): string {
  return String(n).padStart(width, '0')
}

function offsetText(minutes: number, colon: string): string {
  const abs = Math.abs(minutes)
  return `${minutes < 0 ? '-' : '+'}${pad(Math.floor(abs / 60), 2)}${colon}${pad(abs % 60, 2)}`
}

const LAYOUT = /January|Jan|Monday|Mon|MST|2006|Z07:00|Z0700|Z07|-07:00|-0700|-07|[.,]0+|[.,]9+|002|01|02|03|04|05|06|15|PM|pm|_2|1|2|3|4|5/g

/** A moment by a Go layout such as `2006-01-02 15:04:05 -0700 MST`. @see Go time format.go */
function formatMoment(m: Moment, layout: string): string {
  const c = civil(m)
  return layout.replace(LAYOUT, (token, at: number) => {
    switch (token) {
      case 'January': return MONTHS[c.month - 1]!
      case 'Jan': return MONTHS[c.month - 1]!.slice(0, 3)
      case 'Monday': return DAYS[c.weekday]!
      case 'Mon': return DAYS[c.weekday]!.slice(0, 3)
      case 'MST': return c.abbreviation
      case '2006': return pad(c.year, 4)
      case '06': return pad(c.year % 100, 2)
      case '01': return pad(c.month, 2)
      case '1': return String(c.month)
      case '02': return pad(c.day, 2)
      case '_2': return String(c.day).padStart(2)
      case '2': return String(c.day)
      case '002': return pad(Math.floor((Date.UTC(c.year, c.month - 1, c.day) - Date.UTC(c.year, 0, 1)) / 86_400_000) + 1, 3)
      case '15': return pad(c.hour, 2)
      case '03': return pad(c.hour % 12 === 0 ? 12 : c.hour % 12, 2)
      case '3': return String(c.hour % 12 === 0 ? 12 : c.hour % 12)
      case 'PM': return c.hour >= 12 ? 'PM' : 'AM'
      case 'pm': return c.hour >= 12 ? 'pm' : 'am'
      case '04': return pad(c.minute, 2)
      case '4': return String(c.minute)
      case '05': return pad(c.second, 2)
      case '5': return String(c.second)
      case 'Z07:00': return c.offsetMinutes === 0 ? 'Z' : offsetText(c.offsetMinutes, ':')
      case 'Z0700': return c.offsetMinutes === 0 ? 'Z' : offsetText(c.offsetMinutes, '')
      case 'Z07': return c.offsetMinutes === 0 ? 'Z' : offsetText(c.offsetMinutes, '').slice(0, 3)
      case '-07:00': return offsetText(c.offsetMinutes, ':')
      case '-0700': return offsetText(c.offsetMinutes, '')
      case '-07': return offsetText(c.offsetMinutes, '').slice(0, 3)
      default: {
        // A fraction of the second, only where no digit follows.
        if (/[0-9]/.test(layout[at + token.length] ?? '')) return token
        const nanos = pad((((m.ms % 1000) + 1000) % 1000) * 1_000_000 + m.nanos, 9)
        const digits = nanos.slice(0, token.length - 1)
        if (token[1] === '0') return token[0]! + digits
        const trimmed = nanos.slice(0, Math.min(9, token.length - 1)).replace(/0+$/, '')
        return trimmed === '' ? '' : token[0]! + trimmed
      }
    }
  })
}

/** Go's `time.Duration.String()`: `1h2m3.5s`, `1.5ms`, `0s`. */
export function durationText(ns: bigint): string {
  if (ns === 0n) return '0s'
  const sign = ns < 0n ? '-' : ''
  const abs = ns < 0n ? -ns : ns
  const fraction = (value: bigint, size: bigint): string => {
    const rest = (value % size).toString().padStart(size.toString().length - 1, '0').replace(/0+$/, '')
    return `${value / size}${rest === '' ? '' : `.${rest}`}`
  }
  if (abs < 1000n) return `${sign}${abs}ns`
  if (abs < 1_000_000n) return `${sign}${fraction(abs, 1000n)}µs`
  if (abs < 1_000_000_000n) return `${sign}${fraction(abs, 1_000_000n)}ms`
  const seconds = abs % 60_000_000_000n
  const minutes = abs / 60_000_000_000n
  const s = `${fraction(seconds, 1_000_000_000n)}s`
  return sign + (minutes === 0n ? s : minutes < 60n ? `${minutes}m${s}` : `${minutes / 60n}h${minutes % 60n}m${s}`)
}

/** A Go `time.Duration` for templates. */
export function goDuration(ns: bigint): GoStruct {
  const float = (divisor: number) => (): number => Number(ns) / divisor
  return new GoStruct('time.Duration', {}, {
    Seconds: { params: [], call: float(1e9) }, Minutes: { params: [], call: float(60e9) }, Hours: { params: [], call: float(3600e9) },
    Milliseconds: { params: [], call: () => ns / 1_000_000n }, String: { params: [], call: () => durationText(ns) },
  }, () => durationText(ns), ns)
}

/** A Go `time.Time` for templates. `nanos` are those within the millisecond. */
export function goTime(ms: number, zone = 'UTC', nanos = 0): GoStruct {
  const m: Moment = { ms, nanos, zone }
  const text = (): string => formatMoment(m, '2006-01-02 15:04:05.999999999 -0700 MST')
  const int = (read: (c: Civil) => number) => (): bigint => BigInt(read(civil(m)))
  const other = (t: GoStruct): Moment => momentOf(t)
  return new GoStruct('time.Time', {}, {
    Format: { params: ['string'], call: (layout: string) => formatMoment(m, layout) },
    String: { params: [], call: text },
    Unix: { params: [], call: () => BigInt(Math.floor(ms / 1000)) },
    UnixMilli: { params: [], call: () => BigInt(ms) },
    UnixNano: { params: [], call: () => BigInt(ms) * 1_000_000n + BigInt(nanos) },
    Year: { params: [], call: int(c => c.year) },
    Month: { params: [], call: () => new GoStruct('time.Month', {}, {}, () => MONTHS[civil(m).month - 1]!) },
    Day: { params: [], call: int(c => c.day) },
    Hour: { params: [], call: int(c => c.hour) },
    Minute: { params: [], call: int(c => c.minute) },
    Second: { params: [], call: int(c => c.second) },
    YearDay: { params: [], call: int(c => Math.floor((Date.UTC(c.year, c.month - 1, c.day) - Date.UTC(c.year, 0, 1)) / 86_400_000) + 1) },
    Weekday: { params: [], call: () => new GoStruct('time.Weekday', {}, {}, () => DAYS[civil(m).weekday]!) },
    UTC: { params: [], call: () => goTime(ms, 'UTC', nanos) },
    Local: { params: [], call: () => goTime(ms, Intl.DateTimeFormat().resolvedOptions().timeZone, nanos) },
    IsZero: { params: [], call: () => ms === ZERO_TIME_MS },
    Sub: { params: ['struct'], call: (t: GoStruct) => goDuration(BigInt(ms - other(t).ms) * 1_000_000n) },
    Add: { params: ['struct'], call: (d: GoStruct) => goTime(ms + Number((d.payload as bigint) / 1_000_000n), zone, nanos) },
    After: { params: ['struct'], call: (t: GoStruct) => ms > other(t).ms },
    Before: { params: ['struct'], call: (t: GoStruct) => ms < other(t).ms },
  }, text, m)
}

/** Go's zero time, 0001-01-01T00:00:00Z, as Unix ms. */
export const ZERO_TIME_MS = -62_135_596_800_000

function momentOf(t: GoStruct): Moment {
  if (t.typeName !== 'time.Time') throw new Error(`wrong type for value; expected time.Time; got ${t.typeName}`)
  return t.payload as Moment
}

/** Formats a {@link goTime} by a layout. @throws Error when the value is not a time */
export function formatGoTime(t: GoStruct, layout: string): string {
  return formatMoment(momentOf(t), layout)
}

/** The same moment in another zone. @throws Error when there is no such zone */
export function inZone(t: GoStruct, zone: string): GoStruct {
  const m = momentOf(t)
  const name = zone === '' ? 'UTC' : zone
  try {
    new Intl.DateTimeFormat('en-US', { timeZone: name })
  } catch {
    throw new Error(`unknown time zone ${zone}`)
  }
  return goTime(m.ms, name, m.nanos)
}

/** Unix ms of a {@link goTime}. */
export function goTimeMs(t: GoStruct): number {
  return momentOf(t).ms
}
