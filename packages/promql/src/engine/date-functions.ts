/** Functions of a Unix time in seconds that give a part of the UTC date. */
export const DATE_FUNCTIONS: ReadonlySet<string> = new Set(['minute', 'hour', 'day_of_week', 'day_of_month', 'day_of_year', 'days_in_month', 'month', 'year'])

const DAY_SECONDS = 86_400
/** 2^63 seconds after 1970, as days and seconds. */
const LAST_DAY = 106_751_991_167_300
const LAST_SECOND = 55_808

/** Applies a date function in place to the values that are present; fractions of seconds are cut off. */
export function applyDate(func: string, values: Float64Array, present: Uint8Array, steps: number): void {
  for (let k = 0; k < steps; k++) if (present[k] === 1) values[k] = datePart(func, Math.trunc(values[k]!))
}

function datePart(func: string, seconds: number): number {
  // What is no int64 becomes the smallest in Go, and that wraps around to the far end of time: 292277026596-12-04 15:30:08.
  const inRange = seconds >= -(2 ** 63) && seconds < 2 ** 63
  const day = inRange ? Math.floor(seconds / DAY_SECONDS) : LAST_DAY
  const inDay = inRange ? seconds - day * DAY_SECONDS : LAST_SECOND
  switch (func) {
    case 'minute': return Math.floor(inDay / 60) % 60
    case 'hour': return Math.floor(inDay / 3600)
    // 1970-01-01 was a Thursday.
    case 'day_of_week': return ((day + 4) % 7 + 7) % 7
  }
  // Days to a civil date in the proleptic Gregorian calendar, counted in eras of 400 years that begin in March.
  const shifted = day + 719_468
  const era = Math.floor(shifted / 146_097)
  const dayOfEra = shifted - era * 146_097
  const yearOfEra = Math.floor((dayOfEra - Math.floor(dayOfEra / 1460) + Math.floor(dayOfEra / 36_524) - Math.floor(dayOfEra / 146_096)) / 365)
  const dayOfMarchYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100))
  const marchMonth = Math.floor((5 * dayOfMarchYear + 2) / 153)
  const month = marchMonth < 10 ? marchMonth + 3 : marchMonth - 9
  const year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
  const leap = year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0)
  switch (func) {
    case 'day_of_month': return dayOfMarchYear - Math.floor((153 * marchMonth + 2) / 5) + 1
    case 'day_of_year': return month <= 2 ? dayOfMarchYear - 305 : dayOfMarchYear + (leap ? 61 : 60)
    case 'days_in_month': return month === 2 ? (leap ? 29 : 28) : month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31
    case 'month': return month
    case 'year': return year
    default: throw new Error(`BUG: no date function ${func}`)
  }
}
