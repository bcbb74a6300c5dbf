import { continuousColor, cssColor } from './colors.ts'
import { formatUnit } from './units/format.ts'
import type { FieldConfig, MappingResult, Thresholds, ValueMapping } from './model.ts'
import type { Theme } from './palette.ts'

/** A value as it is shown. */
export interface DisplayValue {
  readonly text: string
  readonly prefix?: string
  readonly suffix?: string
  /** CSS; absent where the colour is the series' own. */
  readonly color?: string
  /** Where the value lies between min and max, 0..1 and beyond; absent where a mapping gave the colour. */
  readonly percent?: number
}

const DEFAULT_THRESHOLDS: Thresholds = { mode: 'absolute', steps: [{ value: -Infinity, color: 'green' }, { value: 80, color: 'red' }] }

/** The step that a value has reached: the last whose bound it is not below; the first is the base. Undefined without steps. */
export function activeThreshold(thresholds: Thresholds, value: number, percent: number): { readonly index: number; readonly color: string } | undefined {
  const v = thresholds.mode === 'percentage' ? percent * 100 : value
  let index = 0
  for (let i = 1; i < thresholds.steps.length; i++) if (v >= thresholds.steps[i]!.value) index = i
  const step = thresholds.steps[index]
  return step && { index, color: step.color }
}

/**
 * Formats one value of a field: mappings first, then unit and decimals; colour from the mapping, else by the field's colour mode.
 *
 * @param defaultMode  the panel type's: `thresholds` for stat, gauge, table; `palette-classic` for charts, which leaves the colour open
 */
export function displayValue(config: FieldConfig, value: number | null, theme: Theme, defaultMode: 'thresholds' | 'palette-classic' = 'thresholds'): DisplayValue {
  const min = config.min ?? 0
  const max = config.max ?? 100
  const percent = value === null || Number.isNaN(value) || max === min ? 0 : (value - min) / (max - min)
  const mapped = mapValue(config.mappings, value)
  const formatted = mapped?.text !== undefined ? { text: mapped.text }
    : value === null ? { text: config.noValue ?? '' }
    : formatUnit(config.unit, value, config.decimals)
  if (mapped?.color !== undefined) return { ...formatted, color: cssColor(mapped.color, theme) }
  const color = fieldColor(config, value, percent, theme, defaultMode)
  return { ...formatted, ...(color === undefined ? {} : { color }), percent }
}

/** The colour of a value by the field's colour mode; undefined where the mode gives one to the series, not to the value. */
export function fieldColor(config: FieldConfig, value: number | null, percent: number, theme: Theme, defaultMode: string): string | undefined {
  const mode = config.color?.mode || defaultMode
  if (mode === 'fixed' || mode === 'shades') return cssColor(config.color?.fixedColor ?? 'gray', theme)
  if (mode === 'thresholds') {
    const t = config.thresholds ?? DEFAULT_THRESHOLDS
    const step = activeThreshold(t, value === null || Number.isNaN(value) ? -Infinity : value, value === null ? -Infinity : percent)
    return step && cssColor(step.color, theme)
  }
  return continuousColor(mode, percent, theme)
}

/** What the first matching mapping makes of a value; undefined without a match. */
export function mapValue(mappings: readonly ValueMapping[], value: number | null): MappingResult | undefined {
  for (const m of mappings) {
    const result = matchMapping(m, value)
    if (result) return result
  }
  return undefined
}

function matchMapping(m: ValueMapping, value: number | null): MappingResult | undefined {
  switch (m.type) {
    case 'value': return value === null ? undefined : m.options.get(String(value))
    case 'range': return value !== null && !Number.isNaN(value) && (m.from === null || value >= m.from) && (m.to === null || value <= m.to) ? m.result : undefined
    // Only texts are matched by a regular expression, and our values are numbers.
    case 'regex': return undefined
    case 'special': {
      const isNull = value === null
      const isNan = value !== null && Number.isNaN(value)
      return m.match === 'null' && isNull || m.match === 'nan' && isNan || m.match === 'null+nan' && (isNull || isNan) ? m.result : undefined
    }
  }
}
