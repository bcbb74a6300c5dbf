import { displayCell, isFrame, lookColor, mapValue, patternOf, reduceCells, reducer, seriesLooks, timeField } from '@haechi/dashboards'
import { numberIn, optionsAt, textsIn } from './option-values.ts'
import { panelFrames, rangeOf } from './shown-frames.ts'
import type { DisplayValue, FieldConfig, Panel, ValueRange } from '@haechi/dashboards'
import type { PanelContext, QueryResult } from './panel-result.ts'
import type { ShownField, ShownFrame } from './shown-frames.ts'

/** Which values a panel of single values shows. */
export interface ReduceOptions {
  /** Ids of reducers; never empty. */
  readonly calcs: readonly string[]
  /** Every row instead of one value per column. */
  readonly values: boolean
  readonly limit: number
  /** '' for columns of numbers, else a name or `/pattern/` of the columns. */
  readonly fields: string
}

/** One value with what belongs to it. */
export interface SingleValue {
  readonly id: string
  readonly name: string
  readonly value: number | string | boolean | null
  readonly display: DisplayValue
  readonly config: FieldConfig
  /** CSS; where the dashboard leaves it open, the palette's. */
  readonly color: string
  /** Where it lies between the ends, 0..1. */
  readonly share: number
  /** The ends: the dashboard's, else those of the data. */
  readonly range: ValueRange
  /** The column over time; absent where there is none. */
  readonly ts?: Float64Array
  readonly vs?: Float64Array
}

/** Most values that one panel shows. */
const MOST_VALUES = 60

/** Reads `reduceOptions`; no calculation means the last value. */
export function reduceOptions(panel: Panel): ReduceOptions {
  const reduce = optionsAt(panel.options, 'reduceOptions')
  const calcs = textsIn(reduce['calcs']).filter(id => reducer(id) !== undefined)
  return {
    calcs: calcs.length === 0 ? ['lastNotNull'] : calcs,
    values: reduce['values'] === true,
    limit: numberIn(reduce['limit'], 25, 1, MOST_VALUES),
    fields: typeof reduce['fields'] === 'string' ? reduce['fields'] : '',
  }
}

/** The values of a panel: one per column and calculation, or one per row. */
export function singleValues(panel: Panel, results: readonly QueryResult[], context: PanelContext, defaultMode: 'thresholds' | 'palette-classic' = 'thresholds'): SingleValue[] {
  const options = reduceOptions(panel)
  const { frames } = panelFrames(panel, results, context)
  const wanted = fieldFilter(options.fields)
  const chosen = frames.flatMap(shown => shown.fields.filter(f => !f.isHidden && wanted(f)).map(f => ({ f, shown })))
  const all = rangeOf(chosen.map(c => c.f), panel.fieldConfig)
  const keys: string[] = []
  const out: Omit<SingleValue, 'color'>[] = []
  const add = (f: ShownField, id: string, name: string, value: number | string | boolean | null, key: string, line: { readonly ts?: Float64Array; readonly vs?: Float64Array }): void => {
    const own = f.config.unit !== panel.fieldConfig.unit || f.config.fieldMinMax === true ? rangeOf([f], f.config) : all
    const range = { min: f.config.min ?? own.min, max: f.config.max ?? own.max }
    keys.push(key)
    out.push({
      id, name, value, config: f.config, range, ...line,
      display: displayCell(f.config, value, context.theme, defaultMode, range),
      share: typeof value === 'number' && !Number.isNaN(value) && range.max > range.min ? Math.min(1, Math.max(0, (value - range.min) / (range.max - range.min))) : 0,
    })
  }
  for (const { f, shown } of chosen) {
    if (out.length >= MOST_VALUES) break
    if (options.values) {
      for (let i = 0; i < f.field.values.length && out.length < options.limit; i++) {
        const name = rowName(shown, f, i, chosen.length)
        add(f, `${f.id} ${i}`, name, plain(f.field.values[i]!), `${f.colorKey} ${name}`, {})
      }
      continue
    }
    const line = lineOf(shown, f)
    for (const calc of options.calcs) {
      const name = options.calcs.length === 1 ? f.name : `${f.name} ${reducer(calc)!.name}`
      add(f, `${f.id} ${calc}`, name, plain(reduceCells(calc, f.field)), options.calcs.length === 1 ? f.colorKey : `${f.colorKey} ${calc}`, line)
    }
  }
  // Nothing at all is a value, too, where the dashboard says how it reads.
  if (out.length === 0 && hasTextForNothing(panel.fieldConfig)) {
    keys.push('')
    out.push({ id: 'none', name: '', value: null, config: panel.fieldConfig, range: { min: 0, max: 100 }, share: 0, display: displayCell(panel.fieldConfig, null, context.theme, defaultMode) })
  }
  const looks = seriesLooks(keys)
  return out.map((v, i) => ({ ...v, color: v.display.color ?? lookColor(looks[i]!, context.theme) }))
}

/** Whether the dashboard has words for a value that is not there: a text for no value, or a mapping of null. */
export function hasTextForNothing(config: FieldConfig): boolean {
  return config.noValue !== undefined && config.noValue !== '' || mapValue(config.mappings, null)?.text !== undefined
}

function plain(cell: Parameters<typeof isFrame>[0]): number | string | boolean | null {
  return cell === undefined || isFrame(cell) ? null : typeof cell === 'number' && Number.isNaN(cell) ? NaN : cell
}

function fieldFilter(fields: string): (f: ShownField) => boolean {
  if (fields === '') return f => f.field.type === 'number'
  const re = fields.startsWith('/') ? patternOf(fields) : undefined
  return f => re === undefined ? f.name === fields || f.field.name === fields : re.test(f.name)
}

/** A row is called by its texts; without any by its column. */
function rowName(shown: ShownFrame, f: ShownField, row: number, columns: number): string {
  const texts = shown.fields.filter(x => x !== f && x.field.type === 'string').map(x => String(x.field.values[row] ?? '')).filter(t => t !== '')
  return texts.length === 0 ? f.name : columns > 1 ? `${texts.join(' ')} ${f.name}` : texts.join(' ')
}

function lineOf({ frame }: ShownFrame, f: ShownField): { readonly ts?: Float64Array; readonly vs?: Float64Array } {
  const time = timeField(frame)
  if (time === undefined || f.field.type !== 'number' || frame.length < 2) return {}
  const ts = numbers(time.values)
  // A table of many series has equal times one after the other: that is no line.
  for (let i = 1; i < ts.length; i++) if (!(ts[i]! > ts[i - 1]!)) return {}
  return { ts, vs: numbers(f.field.values) }
}

/** Cells as a column of numbers, shared where they are one already. */
export function numbers(values: ArrayLike<unknown>): Float64Array {
  return values instanceof Float64Array ? values : Float64Array.from(values, v => typeof v === 'number' ? v : NaN)
}
