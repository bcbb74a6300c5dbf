import { formatGeneral } from './format.ts'
import { typeName } from './values.ts'

/** The number that a humanize function was given: floats, ints, numeric texts. @throws Error with Prometheus' text */
export function toFloat(value: unknown): number {
  if (typeof value === 'number') return value
  if (typeof value === 'bigint') return Number(value)
  if (typeof value === 'string') return parseGoFloat(value)
  throw new Error(`can't convert ${typeName(value)} to float`)
}

/** Go's `strconv.ParseFloat`. @throws Error with Go's text */
export function parseGoFloat(text: string): number {
  const special = /^([+-]?)(inf|infinity|nan)$/i.exec(text)
  if (special !== null) return special[2]!.toLowerCase() === 'nan' ? NaN : special[1] === '-' ? -Infinity : Infinity
  if (!/^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/.test(text)) throw new Error(`strconv.ParseFloat: parsing ${JSON.stringify(text)}: invalid syntax`)
  return Number(text)
}

const four = (v: number): string => formatGeneral(v, 4)

/** `1234567` -> `1.235M`. */
export function humanize(value: unknown): string {
  let v = toFloat(value)
  if (v === 0 || Number.isNaN(v) || !Number.isFinite(v)) return four(v)
  let prefix = ''
  if (Math.abs(v) >= 1) {
    for (const p of ['k', 'M', 'G', 'T', 'P', 'E', 'Z', 'Y']) {
      if (Math.abs(v) < 1000) break
      prefix = p
      v /= 1000
    }
  } else {
    for (const p of ['m', 'u', 'n', 'p', 'f', 'a', 'z', 'y']) {
      if (Math.abs(v) >= 1) break
      prefix = p
      v *= 1000
    }
  }
  return four(v) + prefix
}

/** `1000000` -> `976.6ki`. */
export function humanize1024(value: unknown): string {
  let v = toFloat(value)
  if (Math.abs(v) <= 1 || Number.isNaN(v) || !Number.isFinite(v)) return four(v)
  let prefix = ''
  for (const p of ['ki', 'Mi', 'Gi', 'Ti', 'Pi', 'Ei', 'Zi', 'Yi']) {
    if (Math.abs(v) < 1024) break
    prefix = p
    v /= 1024
  }
  return four(v) + prefix
}

/** Seconds -> `1h 1m 1s`, `12.35s`, `12.3ms`. */
export function humanizeDuration(value: unknown): string {
  let v = toFloat(value)
  if (Number.isNaN(v) || !Number.isFinite(v)) return four(v)
  if (v === 0) return `${four(v)}s`
  if (Math.abs(v) >= 1) {
    let sign = ''
    if (v < 0) {
      sign = '-'
      v = -v
    }
    const whole = Math.trunc(v)
    const seconds = whole % 60
    const minutes = Math.floor(whole / 60) % 60
    const hours = Math.floor(whole / 3600) % 24
    const days = Math.floor(whole / 86_400)
    if (days !== 0) return `${sign}${days}d ${hours}h ${minutes}m ${seconds}s`
    if (hours !== 0) return `${sign}${hours}h ${minutes}m ${seconds}s`
    if (minutes !== 0) return `${sign}${minutes}m ${seconds}s`
    return `${sign}${four(v)}s`
  }
  let prefix = ''
  for (const p of ['m', 'u', 'n', 'p', 'f', 'a', 'z', 'y']) {
    if (Math.abs(v) >= 1) break
    prefix = p
    v *= 1000
  }
  return `${four(v)}${prefix}s`
}

/** `0.0123` -> `1.23%`. */
export function humanizePercentage(value: unknown): string {
  return `${four(toFloat(value) * 100)}%`
}
