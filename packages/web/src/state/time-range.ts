import { parseTime } from '@haechi/dashboards'
import type { TimeRange } from './view-types.ts'

/** What the pages show when the address says nothing. A board that wants this range gets the usual one of {@link usualFrom}, too. */
export const DEFAULT_FROM = 'now-6h'
export const DEFAULT_TO = 'now'

/** The presets of the picker, as their `from` texts; `to` is `now`. */
export const RANGE_PRESETS: readonly string[] = ['now-5m', 'now-15m', 'now-30m', 'now-1h', 'now-3h', 'now-6h', 'now-12h', 'now-24h', 'now-2d', 'now-7d', 'now-30d', 'now-90d']

/** The refresh intervals of the picker. */
export const REFRESH_PRESETS: readonly string[] = ['off', '5s', '10s', '30s', '1m', '5m']
export const DEFAULT_REFRESH = '10s'

const UNIT_MS: Readonly<Record<'s' | 'm' | 'h' | 'd', number>> = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 }

/** The moment that a range text names, in Unix ms: `now-6h`, `now-1d/d` (rounded down for a start, up for an end), Unix ms as digits, a date. Undefined if it names none. */
export function momentOf(text: string, nowMs: number, end: boolean): number | undefined {
  return parseTime(text.trim(), nowMs, end)
}

/** Where a page begins that no address says otherwise: a server that has just started has little to show, and a line in a corner looks like a fault. */
export function usualFrom(upMs: number): string {
  if (upMs < 6 * UNIT_MS.m) return 'now-5m'
  if (upMs < 20 * UNIT_MS.m) return 'now-15m'
  if (upMs < 1.5 * UNIT_MS.h) return 'now-1h'
  return upMs < 4 * UNIT_MS.h ? 'now-3h' : DEFAULT_FROM
}

/** The range that the address bar means now. Without one it is the usual; texts that mean nothing, or an end before its start, fall back to the default. */
export function resolveRange(from: string | undefined, to: string | undefined, nowMs: number, usual: string = DEFAULT_FROM): TimeRange {
  const f = from ?? usual
  const t = to ?? DEFAULT_TO
  const fromMs = momentOf(f, nowMs, false)
  const toMs = momentOf(t, nowMs, true)
  if (fromMs === undefined || toMs === undefined || toMs <= fromMs) return { from: DEFAULT_FROM, to: DEFAULT_TO, fromMs: nowMs - 6 * UNIT_MS.h, toMs: nowMs }
  return { from: f, to: t, fromMs, toMs }
}

/** Whether the range moves on with the clock. */
export function movesWithNow(from: string | undefined, to: string | undefined): boolean {
  return (from ?? DEFAULT_FROM).startsWith('now') || (to ?? DEFAULT_TO).startsWith('now')
}

/** A simple relative range such as `now-6h` … `now`, taken apart; undefined for any other. */
export function lastOf(from: string, to: string): { readonly count: number; readonly unit: 'm' | 'h' | 'd' } | undefined {
  if (to !== 'now') return undefined
  const match = /^now-(\d+)([smhdw])$/.exec(from)
  if (match === null) return undefined
  const count = Number(match[1])
  const unit = match[2]!
  if (unit === 'w') return { count: count * 7, unit: 'd' }
  if (unit === 'm' || unit === 'h' || unit === 'd') return { count, unit }
  return undefined
}

/** What somebody typed as a range: `45m`, `now-45m`, `now-1d/d to now/d`, a day, or two moments with `to` or `~` between them. Undefined if it means nothing or ends before it starts. */
export function typedRange(text: string, nowMs: number): { readonly from: string; readonly to: string } | undefined {
  const tight = (part: string): string => (part.startsWith('now') ? part.replace(/\s*([-+/])\s*/g, '$1') : part)
  const [first = '', second, ...more] = text.trim().split(/\s+(?:to|~|–)\s+|\s*~\s*/).map(tight)
  if (more.length > 0) return undefined
  const from = /^\d+\s*[smhdwMy]$/.test(first) ? `now-${first.replace(/\s/, '')}` : first
  const isDay = second === undefined && /^\d{4}-\d\d-\d\d$/.test(from)
  const to = second ?? (isDay ? `${from} 23:59:59` : DEFAULT_TO)
  const fromMs = momentOf(from, nowMs, false)
  const toMs = momentOf(to, nowMs, true)
  if (from === '' || fromMs === undefined || toMs === undefined || toMs <= fromMs) return undefined
  const kept = (part: string, ms: number): string => (part.startsWith('now') ? part : String(Math.round(ms)))
  return { from: kept(from, fromMs), to: kept(to, toMs) }
}

/** The interval of a refresh text in ms; null when it is off; undefined when it is not one. */
export function refreshMs(text: string): number | null | undefined {
  if (text === 'off') return null
  const match = /^(\d{1,4})([smh])$/.exec(text)
  if (match === null) return undefined
  const ms = Number(match[1]) * UNIT_MS[match[2] as 's' | 'm' | 'h']
  return ms >= 1000 ? ms : undefined
}

/** A step for `points` points over a range: a round number of ms, at least one second, so that a moving range asks for the same grid again. */
export function stepFor(fromMs: number, toMs: number, points: number): number {
  const raw = (toMs - fromMs) / Math.max(1, points)
  for (const step of ROUND_STEPS_MS) if (step >= raw) return step
  return Math.ceil(raw / UNIT_MS.d) * UNIT_MS.d
}

const ROUND_STEPS_MS: readonly number[] = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10_800, 21_600, 43_200, 86_400].map(s => s * 1000)

function two(n: number): string {
  return String(n).padStart(2, '0')
}

/** The value for `<input type="datetime-local">`, to the second, in local time or in UTC. */
export function toLocalInput(ms: number, zone?: 'UTC'): string {
  if (zone === 'UTC') return new Date(ms).toISOString().slice(0, 19)
  const d = new Date(ms)
  return `${d.getFullYear()}-${two(d.getMonth() + 1)}-${two(d.getDate())}T${two(d.getHours())}:${two(d.getMinutes())}:${two(d.getSeconds())}`
}
