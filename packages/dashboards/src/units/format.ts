import { formatNumber } from './numbers.ts'
import { unitFormatter } from './registry.ts'
import type { FormattedValue } from './numbers.ts'

/**
 * Formats a value in a unit exactly as Grafana does.
 *
 * @param unit      a Grafana unit id (`s`, `bytes`, `reqps`, `suffix:req`, …); unknown ids are printed after the number
 * @param decimals  absent: three significant digits
 */
export function formatUnit(unit: string | undefined, value: number | null, decimals?: number): FormattedValue {
  if (value === null) return { text: '' }
  return unitFormatter(unit ?? 'none')(value, decimals)
}

/** {@link formatUnit} as one text. */
export function formatUnitText(unit: string | undefined, value: number | null, decimals?: number): string {
  return formattedText(formatUnit(unit, value, decimals))
}

/** Prefix, text and suffix as one text. */
export function formattedText(v: FormattedValue): string {
  return (v.prefix ?? '') + v.text + (v.suffix ?? '')
}

export { formatNumber }
