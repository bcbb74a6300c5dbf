/** The fields of a time that an axis shows, made once per zone and language. */
interface TimeTexts {
  readonly clock: Intl.DateTimeFormat
  readonly second: Intl.DateTimeFormat
  readonly day: Intl.DateTimeFormat
  readonly month: Intl.DateTimeFormat
  readonly full: Intl.DateTimeFormat
}

const made = new Map<string, TimeTexts>()

function textsFor(language: 'en' | 'ko', timeZone: string | undefined): TimeTexts {
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
