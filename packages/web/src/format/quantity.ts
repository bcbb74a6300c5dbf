/** A number and its unit, apart, so that the unit can be set smaller. */
export interface Quantity {
  readonly text: string
  readonly unit: string
}

/** Shown where there is no number. */
export const NO_NUMBER = '–'

/** Three significant digits at most, thousands grouped, never an exponent below 1e15. */
export function numberText(v: number): string {
  if (Number.isNaN(v)) return NO_NUMBER
  if (!Number.isFinite(v)) return v > 0 ? '∞' : '−∞'
  const size = Math.abs(v)
  if (size === 0) return '0'
  if (size >= 1e15) return v.toExponential(2)
  const decimals = size >= 100 ? 0 : size >= 10 ? 1 : size >= 1 ? 2 : Math.min(6, 2 - Math.floor(Math.log10(size)))
  const text = size.toFixed(decimals).replace(/(\.\d*?)0+$/, '$1').replace(/\.$/, '')
  const [whole, part] = text.split('.')
  const grouped = whole!.replace(/\B(?=(\d{3})+$)/g, ',')
  return (v < 0 ? '−' : '') + grouped + (part === undefined ? '' : `.${part}`)
}

/** Requests per second: `128`, `0.4`. */
export function rateQuantity(perSecond: number): Quantity {
  if (perSecond >= 10_000) return { text: numberText(perSecond / 1000), unit: 'k req/s' }
  return { text: numberText(perSecond < 0.001 ? 0 : perSecond), unit: 'req/s' }
}

/** A share 0..1 in percent with one decimal, as a reader compares them; `< 0.1` where rounding would say that nothing happened. */
export function ratioQuantity(ratio: number): Quantity {
  if (Number.isNaN(ratio)) return { text: NO_NUMBER, unit: '%' }
  const percent = ratio * 100
  if (percent > 0 && percent < 0.05) return { text: '< 0.1', unit: '%' }
  return { text: percent >= 99.95 ? numberText(percent) : percent.toFixed(1), unit: '%' }
}

/** Seconds, in the unit that gives a readable number. */
export function secondsQuantity(seconds: number): Quantity {
  if (Number.isNaN(seconds)) return { text: NO_NUMBER, unit: '' }
  const size = Math.abs(seconds)
  if (size === 0) return { text: '0', unit: 'ms' }
  if (size < 0.001) return { text: numberText(seconds * 1e6), unit: 'µs' }
  if (size < 1) return { text: numberText(Number((seconds * 1000).toPrecision(size < 0.1 ? 2 : 3))), unit: 'ms' }
  if (size < 120) return { text: numberText(seconds), unit: 's' }
  return { text: numberText(seconds / 60), unit: 'min' }
}

const BYTE_UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'] as const

/** Bytes in powers of 1024. */
export function bytesQuantity(bytes: number): Quantity {
  let v = bytes
  let i = 0
  while (Math.abs(v) >= 1024 && i < BYTE_UNITS.length - 1) {
    v /= 1024
    i++
  }
  return { text: numberText(Number(v.toPrecision(3))), unit: BYTE_UNITS[i]! }
}

/** A value in the unit of a rule's threshold (Grafana unit ids); an unknown unit is written behind the number. */
export function unitQuantity(v: number, unit: string): Quantity {
  switch (unit) {
    case '': case 'none': case 'short': return { text: numberText(v), unit: '' }
    case 's': return secondsQuantity(v)
    case 'ms': return secondsQuantity(v / 1000)
    case 'percentunit': case 'ratio': return ratioQuantity(v)
    case 'percent': return { text: numberText(v), unit: '%' }
    case 'bytes': return bytesQuantity(v)
    case 'reqps': return rateQuantity(v)
    default: return { text: numberText(v), unit }
  }
}

/** Number and unit in one text, with the narrow space that keeps them on one line. */
export function quantityText(q: Quantity): string {
  return q.unit === '' ? q.text : `${q.text}\u00a0${q.unit}`
}

/** The value of the Prometheus API (`"1.5"`, `"+Inf"`, `"NaN"`) as a number. */
export function sampleValue(text: string): number {
  if (text === '+Inf' || text === 'Inf') return Infinity
  if (text === '-Inf') return -Infinity
  return text === '' ? NaN : Number(text)
}
