import { chosenZone } from '../state/preferences.ts'
import type { Locale } from '../state/view-types.ts'

const UNITS: readonly { readonly ms: number; readonly en: string; readonly ko: string }[] = [
  { ms: 86_400_000, en: ' d', ko: '일' },
  { ms: 3_600_000, en: ' h', ko: '시간' },
  { ms: 60_000, en: ' min', ko: '분' },
  { ms: 1000, en: ' s', ko: '초' },
]

/** A length of time for a sentence, in one unit: `14 s`, `3 min`, `5 d`; `14초`, `3분`, `5일`. Rounded down, as clocks are read. */
export function durationText(ms: number, locale: Locale): string {
  for (const unit of UNITS) if (ms >= unit.ms) return `${Math.floor(ms / unit.ms)}${unit[locale]}`
  return `0${UNITS[3]![locale]}`
}

/** How long ago: `14 s ago`, `14초 전`; below one second and in the near future `now`, `방금`. */
export function agoText(ms: number, nowMs: number, locale: Locale): string {
  const age = nowMs - ms
  if (age < 1000) return locale === 'ko' ? '방금' : 'now'
  return locale === 'ko' ? `${durationText(age, 'ko')} 전` : `${durationText(age, 'en')} ago`
}

const formats = new Map<string, Intl.DateTimeFormat>()

function format(locale: Locale, kind: 'exact' | 'minute' | 'clock'): Intl.DateTimeFormat {
  const zone = chosenZone()
  const key = `${locale} ${kind} ${zone ?? ''}`
  let f = formats.get(key)
  if (f === undefined) {
    const clock: Intl.DateTimeFormatOptions = { ...(zone === undefined ? {} : { timeZone: zone }), hour: '2-digit', minute: '2-digit', hourCycle: 'h23' }
    f = new Intl.DateTimeFormat(locale, kind === 'clock' ? { ...clock, second: '2-digit' }
      : kind === 'minute' ? { month: 'short', day: 'numeric', ...clock }
        : { year: 'numeric', month: 'short', day: 'numeric', weekday: 'short', ...clock, second: '2-digit', timeZoneName: 'short' })
    formats.set(key, f)
  }
  return f
}

/** The full local date and time with its zone, for a tooltip. */
export function exactTime(ms: number, locale: Locale): string {
  return format(locale, 'exact').format(ms)
}

/** Local month, day, hour and minute. */
export function minuteTime(ms: number, locale: Locale): string {
  return format(locale, 'minute').format(ms)
}

/** Local hour, minute and second. */
export function clockTime(ms: number, locale: Locale): string {
  return format(locale, 'clock').format(ms)
}

/** A hold duration as a person types it: `90s`, `5m`, `1h30m`. @throws never; `undefined` when it is not a duration. Milliseconds. */
export function parseHold(text: string): number | undefined {
  const trimmed = text.trim().replaceAll(' ', '')
  if (trimmed === '0') return 0
  const match = /^(?:(\d{1,4})d)?(?:(\d{1,4})h)?(?:(\d{1,5})m)?(?:(\d{1,6})s)?$/.exec(trimmed)
  if (match === null || trimmed === '') return undefined
  const [, d, h, m, s] = match
  return Number(d ?? 0) * 86_400_000 + Number(h ?? 0) * 3_600_000 + Number(m ?? 0) * 60_000 + Number(s ?? 0) * 1000
}

/** A length of time for a sentence, exact to the second: `1 h 30 min`, `1시간 30분`; none: `0 s`, `0초`. */
export function holdWords(ms: number, locale: Locale): string {
  let rest = Math.round(ms / 1000) * 1000
  const out: string[] = []
  for (const unit of UNITS) {
    const n = Math.floor(rest / unit.ms)
    if (n > 0) out.push(`${n}${unit[locale]}`)
    rest -= n * unit.ms
  }
  return out.length === 0 ? durationText(0, locale) : out.join(' ')
}

/** A hold duration as Prometheus writes it: `1m30s`; `0s` for none. Whole seconds. */
export function holdText(ms: number): string {
  let rest = Math.round(ms / 1000)
  let out = ''
  for (const [unit, size] of [['d', 86_400], ['h', 3600], ['m', 60], ['s', 1]] as const) {
    const n = Math.floor(rest / size)
    if (n > 0) out += `${n}${unit}`
    rest -= n * size
  }
  return out === '' ? '0s' : out
}
