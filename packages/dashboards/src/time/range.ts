import { zonedFields } from '../units/dates.ts'

/** A stretch of time, Unix ms, both inclusive. */
export interface TimeRange {
  readonly startMs: number
  readonly endMs: number
}

/** How time expressions are read. */
export interface TimeSettings {
  /** `browser`, `utc` or an IANA name; default browser. */
  readonly timeZone?: string
  /** 0 Sunday … 6; default 0. */
  readonly weekStart?: number
  /** 0 January … 11; default 0. */
  readonly fiscalYearStartMonth?: number
}

type Unit = 'y' | 'M' | 'w' | 'd' | 'h' | 'm' | 's' | 'Q' | 'fQ' | 'fy'

const FIXED_MS: Partial<Record<Unit, number>> = { s: 1000, m: 60_000, h: 3_600_000 }

/** Local wall time as if it were UTC. */
function wallMs(tMs: number, timeZone?: string): number {
  const f = zonedFields(tMs, timeZone)
  return Date.UTC(f.year, f.month - 1, f.day, f.hour, f.minute, f.second, f.ms)
}

/** The moment at which the zone's clocks show this wall time; inside a gap the later, inside a fold the earlier one. */
function fromWallMs(wall: number, timeZone?: string): number {
  let t = wall - zonedFields(wall, timeZone).offsetMinutes * 60_000
  t = wall - zonedFields(t, timeZone).offsetMinutes * 60_000
  return t
}

/** Adds calendar units: a month later is the same day of the month, or its last one. */
function addUnits(tMs: number, n: number, unit: Unit, s: TimeSettings): number {
  const fixed = FIXED_MS[unit]
  if (fixed !== undefined) return tMs + n * fixed
  const wall = new Date(wallMs(tMs, s.timeZone))
  if (unit === 'd' || unit === 'w') wall.setUTCDate(wall.getUTCDate() + n * (unit === 'w' ? 7 : 1))
  else {
    const months = n * (unit === 'M' ? 1 : unit === 'Q' || unit === 'fQ' ? 3 : 12)
    const day = wall.getUTCDate()
    wall.setUTCDate(1)
    wall.setUTCMonth(wall.getUTCMonth() + months)
    const last = new Date(Date.UTC(wall.getUTCFullYear(), wall.getUTCMonth() + 1, 0)).getUTCDate()
    wall.setUTCDate(Math.min(day, last))
  }
  return fromWallMs(wall.getTime(), s.timeZone)
}

/** The first moment of the unit that holds `tMs`. */
function startOfUnit(tMs: number, unit: Unit, s: TimeSettings): number {
  const wall = new Date(wallMs(tMs, s.timeZone))
  const fiscal = s.fiscalYearStartMonth ?? 0
  switch (unit) {
    case 's': wall.setUTCMilliseconds(0); break
    case 'm': wall.setUTCSeconds(0, 0); break
    case 'h': wall.setUTCMinutes(0, 0, 0); break
    case 'd': wall.setUTCHours(0, 0, 0, 0); break
    case 'w': {
      wall.setUTCHours(0, 0, 0, 0)
      wall.setUTCDate(wall.getUTCDate() - (wall.getUTCDay() - (s.weekStart ?? 0) + 7) % 7)
      break
    }
    default: {
      const period = unit === 'M' ? 1 : unit === 'Q' || unit === 'fQ' ? 3 : 12
      const shift = unit === 'fQ' || unit === 'fy' ? fiscal : 0
      wall.setUTCHours(0, 0, 0, 0)
      wall.setUTCDate(1)
      wall.setUTCMonth(wall.getUTCMonth() - ((wall.getUTCMonth() - shift) % period + period) % period)
    }
  }
  return fromWallMs(wall.getTime(), s.timeZone)
}

/**
 * Reads one end of a range: `now-6h`, `now/d`, `now-1d/d+2h`, Unix ms as digits, ISO 8601 or `YYYY-MM-DD HH:mm:ss` in the zone.
 *
 * @param roundUp  for the `to` end: `/d` means the end of the day
 * @returns Unix ms, or undefined if it is no time
 */
export function parseTime(text: string, nowMs: number, roundUp: boolean, settings: TimeSettings = {}): number | undefined {
  const t = text.trim()
  if (t.startsWith('now')) return parseMath(t.slice(3), nowMs, roundUp, settings)
  if (/^-?\d{5,}$/.test(t)) return Number(t)
  const local = /^(\d{4})-(\d\d)-(\d\d)(?:[ T](\d\d):(\d\d)(?::(\d\d)(?:\.(\d{1,3}))?)?)?$/.exec(t)
  if (local) {
    const [, y, mo, d, h, mi, s, ms] = local
    const wall = Date.UTC(Number(y), Number(mo) - 1, Number(d), Number(h ?? 0), Number(mi ?? 0), Number(s ?? 0), Number((ms ?? '0').padEnd(3, '0')))
    return Number(mo) > 12 || Number(d) > 31 || Number(h ?? 0) > 23 ? undefined : fromWallMs(wall, settings.timeZone)
  }
  if (!/^\d{4}-\d\d-\d\dT/.test(t)) return undefined
  const parsed = Date.parse(t)
  return Number.isNaN(parsed) ? undefined : parsed
}

const MATH = /([+\-/])(\d+)?(fy|fQ|[yMwdhmsQ])/y

function parseMath(text: string, nowMs: number, roundUp: boolean, settings: TimeSettings): number | undefined {
  let t = nowMs
  let at = 0
  while (at < text.length) {
    MATH.lastIndex = at
    const m = MATH.exec(text)
    if (!m) return undefined
    const [whole, op, digits, unitText] = m
    const unit = unitText as Unit
    const n = digits === undefined ? 1 : Number(digits)
    if (op === '/') {
      if (n !== 1) return undefined
      t = startOfUnit(t, unit, settings)
      if (roundUp) t = addUnits(t, 1, unit, settings) - 1
    } else t = addUnits(t, op === '+' ? n : -n, unit, settings)
    at += whole.length
  }
  return t
}

/** Reads both ends. Undefined when one is no time or the end is not after the start. */
export function parseTimeRange(from: string, to: string, nowMs: number, settings: TimeSettings = {}): TimeRange | undefined {
  const startMs = parseTime(from, nowMs, false, settings)
  const endMs = parseTime(to, nowMs, true, settings)
  return startMs === undefined || endMs === undefined || endMs <= startMs ? undefined : { startMs, endMs }
}

/** Whether the range moves with the clock. */
export function isRelativeRange(from: string, to: string): boolean {
  return from.trim().startsWith('now') || to.trim().startsWith('now')
}

/** Twice as long around the same centre. */
export function zoomOut(range: TimeRange, nowMs: number): TimeRange {
  const half = range.endMs - range.startMs
  const centre = (range.startMs + range.endMs) / 2
  const endMs = Math.min(Math.round(centre + half), Math.max(nowMs, range.endMs))
  return { startMs: Math.round(endMs - 2 * half), endMs }
}

/** The week day number of a dashboard's `weekStart`; undefined for the default. */
export function weekStartDay(text: string): number | undefined {
  const i = ['sunday', 'monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday'].indexOf(text.toLowerCase())
  return i === -1 ? undefined : i
}
