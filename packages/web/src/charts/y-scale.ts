import { formatUnit, formattedText } from '@haechi/dashboards'
import type { YAxisSettings } from './chart-model.ts'

/** The ends of a vertical axis and its round marks. */
export interface YScale {
  readonly min: number
  readonly max: number
  /** Distance of the marks; 0 on a logarithmic axis. */
  readonly increment: number
}

const BINARY_UNITS = /^(bytes|bits|[kmgtp]bytes|binbps|binBps|[KMGTP]ibits|[KMGTP]iBs)$/
const SECONDS = [1, 2, 5, 10, 15, 20, 30, 60, 120, 300, 600, 900, 1200, 1800, 3600, 7200, 10_800, 21_600, 43_200, 86_400, 172_800, 604_800, 1_209_600, 2_592_000, 7_776_000, 31_536_000]
/** Units of things that are levels: zero says nothing about them. */
const LEVELS = /^(celsius|fahrenheit|farenheit|kelvin|pressure.*|dB|dBm|dateTime.*|time:.*|degree|hertz|volt)$/

/** The distances that look round in a unit, smallest that is at least `rough`. */
export function roundIncrement(rough: number, unit: string): number {
  if (unit === 's' && rough >= 1 || unit === 'ms' && rough >= 1000 || unit === 'm' || unit === 'h') {
    const factor = unit === 's' ? 1 : unit === 'ms' ? 1000 : unit === 'm' ? 1 / 60 : 1 / 3600
    const found = SECONDS.find(s => s * factor >= rough * (1 - 1e-9))
    if (found !== undefined) return found * factor
  }
  if (BINARY_UNITS.test(unit) && rough >= 1) {
    // 1, 2, 5, 10, 20, 50, 100, 200, 500 of each binary prefix.
    const prefix = 1024 ** Math.floor(Math.log(rough) / Math.log(1024))
    return decimalIncrement(rough / prefix) * prefix >= 1000 * prefix ? 1024 * prefix : decimalIncrement(rough / prefix) * prefix
  }
  return decimalIncrement(rough)
}

function decimalIncrement(rough: number): number {
  const power = 10 ** Math.floor(Math.log10(rough))
  const lead = rough / power
  const step = lead <= 1 + 1e-9 ? 1 : lead <= 2 + 1e-9 ? 2 : lead <= 5 + 1e-9 ? 5 : 10
  // Division keeps 0.1, 0.2 … exact where multiplication would not.
  return power < 1 ? step / Math.round(1 / power) : step * power
}

/**
 * The axis for data between two values: zero-based where the data is not negative, with round ends, percentages never beyond 100 for nothing.
 *
 * @param low, high  the data's ends; absent data is passed as Infinity and -Infinity
 * @param ticks      how many marks there is room for
 */
export function yScale(low: number, high: number, settings: YAxisSettings, ticks: number): YScale {
  const { unit } = settings
  if (settings.centeredZero === true && settings.logBase === undefined && low <= high) return centeredScale(low, high, settings, ticks)
  const ratioTop = unit === 'percentunit' ? 1 : unit === 'percent' ? 100 : undefined
  if (low > high) return { min: settings.min ?? settings.softMin ?? 0, max: settings.max ?? settings.softMax ?? Math.max((settings.min ?? settings.softMin ?? 0) + (ratioTop ?? 1), ratioTop ?? 1), increment: roundIncrement((ratioTop ?? 1) / ticks, unit) }
  if (settings.logBase !== undefined) return logScale(low, high, settings)
  const zero = low >= 0 && settings.softMin === undefined && !(LEVELS.test(unit) && low > high / 2)
  let min = settings.min ?? (zero ? 0 : Math.min(low, settings.softMin ?? low))
  let max = settings.max ?? Math.max(high <= 0 && low < 0 && settings.softMax === undefined ? 0 : high, settings.softMax ?? high)
  if (max <= min) {
    // A flat line: at zero it lies at the bottom, elsewhere in the middle.
    const room = max === 0 ? ratioTop === undefined ? 1 : ratioTop / 100 : Math.abs(max) / 2
    if (settings.max === undefined) max = min + room
    else if (settings.min === undefined) min = max - room
    else max = min + room
  }
  // Marks closer than the texts can tell would read the same.
  const increment = Math.max(roundIncrement((max - min) / Math.max(2, ticks), unit), unit === 'none' && settings.decimals === 0 ? 1 : 0)
  // Where the board's own wish is the end, it stays the end.
  if (settings.min === undefined && min !== 0 && min !== settings.softMin) min = Math.floor(min / increment + 1e-9) * increment
  if (settings.max === undefined && max !== 0 && max !== settings.softMax) {
    const top = Math.ceil(max / increment - 1e-9) * increment
    max = ratioTop !== undefined && max <= ratioTop ? Math.min(top, ratioTop) : top
  }
  return { min, max, increment }
}

/** As far below zero as above. */
function centeredScale(low: number, high: number, settings: YAxisSettings, ticks: number): YScale {
  const far = Math.max(Math.abs(low), Math.abs(high), Math.abs(settings.min ?? settings.softMin ?? 0), Math.abs(settings.max ?? settings.softMax ?? 0)) || 1
  const increment = roundIncrement(far / Math.max(1, Math.floor(ticks / 2)), settings.unit)
  const end = Math.ceil(far / increment - 1e-9) * increment
  return { min: -end, max: end, increment }
}

/** The marks of an axis that is logarithmic on both sides of zero: zero, the ends of the linear stretch and the powers beyond. */
export function symlogMarks(scale: YScale, base: 2 | 10, threshold: number): number[] {
  const out = [0]
  for (const sign of [1, -1]) {
    const end = sign > 0 ? scale.max : -scale.min
    if (end <= 0) continue
    const first = Math.ceil(Math.log(threshold) / Math.log(base) - 1e-9)
    const last = Math.floor(Math.log(end) / Math.log(base) + 1e-9)
    const stride = Math.max(1, Math.ceil((last - first + 1) / 4))
    for (let e = last; e >= first; e -= stride) out.push(sign * Number((base ** e).toPrecision(12)))
  }
  return out.sort((a, b) => a - b)
}

function logScale(low: number, high: number, settings: YAxisSettings): YScale {
  const base = settings.logBase!
  // Zero and below have no place here: the axis then covers three powers below the highest.
  const lowest = low > 0 ? low : high > 0 ? high / base ** 3 : 0.1
  const bottom = settings.min !== undefined && settings.min > 0 ? settings.min : base ** Math.floor(Math.log(lowest) / Math.log(base) + 1e-9)
  const top = settings.max !== undefined && settings.max > bottom ? settings.max : base ** Math.ceil(Math.log(Math.max(high, bottom * base)) / Math.log(base) - 1e-9)
  return { min: bottom, max: top, increment: 0 }
}

/** The marks of a logarithmic axis: the powers of its base, and 2 and 5 of each where there are few. */
export function logMarks(scale: YScale, base: 2 | 10): number[] {
  const first = Math.floor(Math.log(scale.min) / Math.log(base) + 1e-9)
  const last = Math.ceil(Math.log(scale.max) / Math.log(base) - 1e-9)
  const steps = base === 10 && last - first <= 3 ? [1, 2, 5] : [1]
  const stride = Math.max(1, Math.ceil((last - first) / 8))
  const out: number[] = []
  for (let e = first; e <= last; e += stride) {
    for (const s of steps) {
      const v = Number((s * base ** e).toPrecision(12))
      if (v >= scale.min * (1 - 1e-9) && v <= scale.max * (1 + 1e-9)) out.push(v)
    }
  }
  return out
}

/** The marks of a linear axis, both ends included where they are round. */
export function yMarks(scale: YScale): number[] {
  if (scale.increment <= 0) return []
  const first = Math.ceil(scale.min / scale.increment - 1e-9)
  const last = Math.floor(scale.max / scale.increment + 1e-9)
  const out: number[] = []
  for (let i = first; i <= last && out.length < 50; i++) out.push(i === 0 ? 0 : Number((i * scale.increment).toPrecision(12)))
  return out
}

/**
 * The texts of the marks, all in the scale of the largest, the unit only once, on the top one: `0`, `50`, `100 ms`.
 * Units whose texts are not numbers (durations, dates, yes and no) are written in full.
 */
export function yTexts(marks: readonly number[], settings: YAxisSettings): string[] {
  if (marks.length === 0) return []
  const { unit } = settings
  const largest = marks.reduce((a, b) => Math.abs(b) > Math.abs(a) ? b : a)
  const parts = formatUnit(unit, largest, 12)
  const shown = Number(parts.text)
  const plain = largest !== 0 && Number.isFinite(shown) && shown !== 0 && (parts.prefix ?? '') === ''
  if (!plain) return marks.map(m => formattedText(formatUnit(unit, m, settings.decimals)))
  const factor = largest / shown
  // The prefix of a count is part of its number: "5" below "10 K" or "10 K req/s" would be read as five.
  const prefix = /^ ?(?:K|Mil|Bil|Tri|[MGTB])(?= |$)/.exec(parts.suffix ?? '')?.[0] ?? ''
  const increment = marks.length > 1 ? Math.abs(marks[1]! - marks[0]!) / Math.abs(factor) : Math.abs(shown)
  const decimals = settings.decimals ?? neededDecimals(increment)
  return marks.map((m, i) => {
    const text = (m / factor).toFixed(decimals)
    const clean = Number(text) === 0 ? '0' : text
    return i === marks.length - 1 ? clean + (parts.suffix ?? '') : clean === '0' ? clean : clean + prefix
  })
}

/** Enough decimals to tell steps of this size apart. */
function neededDecimals(increment: number): number {
  if (!(increment > 0) || !Number.isFinite(increment)) return 0
  for (let d = 0; d < 10; d++) {
    const scaled = increment * 10 ** d
    if (Math.abs(scaled - Math.round(scaled)) < 1e-6 * scaled) return d
  }
  return 10
}
