/** A formatted value in the parts that are drawn in different sizes. */
export interface FormattedValue {
  readonly text: string
  readonly prefix?: string
  /** With its leading space, if there is one. */
  readonly suffix?: string
}

/** Formats one value; `decimals` absent means automatic. */
export type UnitFormatter = (value: number, decimals?: number) => FormattedValue

/** Decimals that give three significant digits, none for whole numbers. */
export function autoDecimals(value: number): number {
  if (value === 0 || Number.isInteger(value) || !Number.isFinite(value)) return 0
  return Math.max(0, 2 - Math.floor(Math.log10(Math.abs(value))))
}

/** Rounds half away from zero for positive, towards zero for negative numbers, as `Math.round` does on the scaled number. */
export function formatNumber(value: number, decimals?: number): string {
  if (Number.isNaN(value)) return 'NaN'
  if (value === Infinity) return '∞'
  if (value === -Infinity) return '-∞'
  if (value === 0) return decimals === undefined || decimals <= 0 ? '0' : `0.${'0'.repeat(Math.min(decimals, 100))}`
  const places = Math.min(decimals ?? autoDecimals(value), 100)
  const factor = places > 0 ? 10 ** places : 1
  const rounded = String(Math.round(value * factor) / factor)
  // 1e-10 and 1e+21 stay as they are written.
  if (rounded.includes('e') || value === 0) return rounded
  if (places <= 0) return rounded
  const dot = rounded.indexOf('.')
  const have = dot === -1 ? 0 : rounded.length - dot - 1
  if (have >= places) return rounded
  return (dot === -1 ? `${rounded}.` : rounded) + '0'.repeat(places - have)
}

/** A number and a fixed suffix; a unit is set off by a space. */
export function fixedUnit(unit: string): UnitFormatter {
  const suffix = unit === '' ? undefined : ` ${unit}`
  return (value, decimals) => suffix === undefined ? { text: formatNumber(value, decimals) } : { text: formatNumber(value, decimals), suffix }
}

/**
 * Divides by `factor` until the number is below it.
 *
 * @param suffixes  one per power of the factor
 * @param offset    index of the suffix of the unscaled number
 */
export function scaled(factor: number, suffixes: readonly string[], offset = 0): UnitFormatter {
  return (value, decimals) => {
    if (!Number.isFinite(value)) return { text: formatNumber(value) }
    const size = value === 0 ? 0 : Math.floor(Math.log(Math.abs(value)) / Math.log(factor) + 1e-12)
    const index = Math.min(Math.max(size + offset, 0), suffixes.length - 1)
    return { text: formatNumber(value / factor ** (index - offset), decimals), suffix: suffixes[index]! }
  }
}

const SI_PREFIXES = ['f', 'p', 'n', 'µ', 'm', '', 'k', 'M', 'G', 'T', 'P', 'E', 'Z', 'Y']
const BINARY_PREFIXES = ['', 'Ki', 'Mi', 'Gi', 'Ti', 'Pi', 'Ei', 'Zi', 'Yi']
const COUNT_SUFFIXES = ['', 'K', 'M', 'B', 'T']

/** Decimal prefixes f…Y; `scale` is the power of 1000 in which values arrive (1: kilo). */
export function siUnit(unit: string, scale = 0): UnitFormatter {
  return scaled(1000, SI_PREFIXES.map(p => ` ${p}${unit}`), 5 + scale)
}

/** Binary prefixes; `scale` is the power of 1024 in which values arrive. */
export function binaryUnit(unit: string, scale = 0): UnitFormatter {
  return scaled(1024, BINARY_PREFIXES.map(p => ` ${p}${unit}`), scale)
}

/** `1.5K req/s`: K, M, B, T glued to the number. */
export function countUnit(unit: string): UnitFormatter {
  return scaled(1000, COUNT_SUFFIXES.map(s => `${s} ${unit}`))
}

/** Money: sign, symbol, number, K M B T. `behind`: the symbol follows instead. */
export function currencyUnit(symbol: string, behind = false): UnitFormatter {
  const scale = scaled(1000, COUNT_SUFFIXES)
  return (value, decimals) => {
    const { text, suffix } = scale(Math.abs(value), decimals)
    const sign = value < 0 ? '-' : ''
    return behind ? { prefix: sign, text, suffix: (suffix ?? '') + symbol } : { prefix: sign + symbol, text, suffix: suffix ?? '' }
  }
}
