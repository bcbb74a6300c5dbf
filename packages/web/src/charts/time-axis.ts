import { chosenZone } from '../state/preferences.ts'

const S = 1000
const M = 60 * S
const H = 60 * M
const D = 24 * H

/** Distances of marks on a time axis that people read easily, in ms. From a month on, uPlot puts them on the calendar. */
export const TIME_INCREMENTS: number[] = [
  1, 2, 5, 10, 20, 50, 100, 200, 500, S, 2 * S, 5 * S, 10 * S, 15 * S, 30 * S, M, 2 * M, 5 * M, 10 * M, 15 * M, 30 * M, H, 2 * H, 3 * H, 4 * H, 6 * H, 8 * H, 12 * H,
  D, 2 * D, 3 * D, 4 * D, 5 * D, 7 * D, 10 * D, 15 * D, 30 * D, 60 * D, 90 * D, 120 * D, 180 * D, 365 * D, 730 * D, 1825 * D, 3650 * D,
]

/** The fields of a time that an axis shows, made once per zone and language. */
interface TimeTexts {
  readonly clock: Intl.DateTimeFormat
  readonly second: Intl.DateTimeFormat
  readonly day: Intl.DateTimeFormat
  readonly month: Intl.DateTimeFormat
  readonly full: Intl.DateTimeFormat
}

const made = new Map<string, TimeTexts>()

function textsFor(language: 'en' | 'ko', given: string | undefined): TimeTexts {
  const timeZone = given ?? chosenZone()
  const key = `${language} ${timeZone ?? ''}`
  let texts = made.get(key)
  if (!texts) {
    const zone = timeZone === undefined ? {} : { timeZone }
    const make = (options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat => new Intl.DateTimeFormat(language, { ...zone, hourCycle: 'h23', ...options })
    texts = {
      clock: make({ hour: '2-digit', minute: '2-digit' }),
      second: make({ hour: '2-digit', minute: '2-digit', second: '2-digit' }),
      day: make({ month: 'short', day: 'numeric' }),
      month: make({ year: 'numeric', month: 'short' }),
      full: make({ month: 'short', day: 'numeric', weekday: 'short', hour: '2-digit', minute: '2-digit', second: '2-digit' }),
    }
    made.set(key, texts)
  }
  return texts
}

/** The texts of the marks of a time axis: the day where it begins, else the time. @param marks Unix ms */
export function timeTexts(marks: readonly number[], incrementMs: number, language: 'en' | 'ko', timeZone?: string): string[] {
  const t = textsFor(language, timeZone)
  if (incrementMs >= 28 * 86_400_000) return marks.map(m => t.month.format(m))
  if (incrementMs >= 86_400_000) return marks.map(m => t.day.format(m))
  return marks.map(m => {
    const clock = t.clock.format(m)
    if (clock === '00:00' && m % 60_000 === 0) return t.day.format(m)
    return incrementMs < 60_000 ? t.second.format(m) : clock
  })
}

/** A moment in full, for the head of a tooltip. */
export function momentText(tMs: number, language: 'en' | 'ko', timeZone?: string): string {
  return textsFor(language, timeZone).full.format(tMs)
}
