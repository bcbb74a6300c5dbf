import { continuousColor, cssColor } from './colors.ts'
import { patternOf } from './frames/field-matcher.ts'
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

/** The ends between which a value is measured. */
export interface ValueRange {
  readonly min: number
  readonly max: number
}

/** Grafana's: green, red from 80. */
export const DEFAULT_THRESHOLDS: Thresholds = { mode: 'absolute', steps: [{ value: -Infinity, color: 'green' }, { value: 80, color: 'red' }] }

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
 * @param range        what min and max are where the field sets none
 */
export function displayValue(config: FieldConfig, value: number | null, theme: Theme, defaultMode: 'thresholds' | 'palette-classic' = 'thresholds', range: ValueRange = { min: 0, max: 100 }): DisplayValue {
  const min = config.min ?? range.min
  const max = config.max ?? range.max
  const percent = value === null || Number.isNaN(value) || max === min ? 0 : (value - min) / (max - min)
  const mapped = mapValue(config.mappings, value)
  const formatted = mapped?.text !== undefined ? { text: mapped.text }
    : value === null ? { text: config.noValue ?? '' }
    : formatUnit(config.unit, value, config.decimals)
  if (mapped?.color !== undefined) return { ...formatted, color: cssColor(mapped.color, theme) }
  const color = fieldColor(config, value, percent, theme, defaultMode)
  return { ...formatted, ...(color === undefined ? {} : { color }), percent }
}

/** {@link displayValue} of a cell that may be a text or yes/no: mapped, else shown as it is. */
export function displayCell(config: FieldConfig, cell: number | string | boolean | null, theme: Theme, defaultMode: 'thresholds' | 'palette-classic' = 'thresholds', range?: ValueRange): DisplayValue {
  if (cell === null || typeof cell === 'number') return displayValue(config, cell, theme, defaultMode, range)
  const mapped = mapValue(config.mappings, cell)
  const text = mapped?.text ?? (typeof cell === 'boolean' ? cell ? 'True' : 'False' : cell === '' && config.noValue !== undefined ? config.noValue : cell)
  if (mapped?.color !== undefined) return { text, color: cssColor(mapped.color, theme) }
  // A text has no place between thresholds: it takes the base, and a fixed colour as it is. Yes and no are 1 and 0.
  const n = typeof cell === 'boolean' ? Number(cell) : null
  const color = fieldColor(config, n, 0, theme, defaultMode)
  return { text, ...(color === undefined ? {} : { color }) }
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
export function mapValue(mappings: readonly ValueMapping[], value: number | string | boolean | null): MappingResult | undefined {
  for (const m of mappings) {
    const result = matchMapping(m, value)
    if (result) return result
  }
  return undefined
}

function matchMapping(m: ValueMapping, value: number | string | boolean | null): MappingResult | undefined {
  switch (m.type) {
    case 'value': return value === null ? undefined : m.options.get(String(value))
    case 'range': {
      const n = typeof value === 'string' ? value.trim() === '' ? NaN : Number(value) : typeof value === 'number' ? value : NaN
      return !Number.isNaN(n) && (m.from === null || n >= m.from) && (m.to === null || n <= m.to) ? m.result : undefined
    }
    case 'regex': {
      // Only texts are matched by a regular expression.
      const re = typeof value === 'string' ? patternOf(m.pattern) : undefined
      if (re === undefined || !re.test(value as string)) return undefined
      return m.result.text === undefined ? m.result : { ...m.result, text: (value as string).replace(re, m.result.text) }
    }
    case 'special': {
      const isNull = value === null
      const isNan = typeof value === 'number' && Number.isNaN(value)
      const fits = m.match === 'null' ? isNull : m.match === 'nan' ? isNan : m.match === 'null+nan' ? isNull || isNan
        : m.match === 'true' ? value === true || value === 'true' : m.match === 'false' ? value === false || value === 'false' : m.match === 'empty' ? value === '' : false
      return fits ? m.result : undefined
    }
  }
}
