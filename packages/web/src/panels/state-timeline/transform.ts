import { PALETTE, cssColor, displayCell, fieldColor, formattedText, hashText, isFrame, mapValue } from '@haechi/dashboards'
import { numbers } from '../single-values.ts'
import { panelFrames, rangeOf } from '../shown-frames.ts'
import { readableOn } from '../../charts/readable-on.ts'
import { stateOptions } from './options.ts'
import type { FieldConfig, Panel, ValueRange } from '@haechi/dashboards'
import type { CellModel, CellRow } from '../../charts/cell-picture.ts'
import type { PanelContext, QueryResult } from '../panel-result.ts'
import type { ShownField } from '../shown-frames.ts'
import type { StateOptions } from './options.ts'

/** States over time, and what their colours mean. */
export interface StateModel {
  readonly cells: CellModel
  readonly keys: readonly { readonly name: string; readonly color: string }[]
}

/** Most rows that are drawn, and most colours that are explained. */
const MOST_ROWS = 100
const MOST_KEYS = 12

/** Turns answers into states: a row per series; equal neighbours are one stretch, missing steps are holes. */
export function stateModel(panel: Panel, results: readonly QueryResult[], context: PanelContext): StateModel | undefined {
  const options = stateOptions(panel)
  const { frames } = panelFrames(panel, results, context)
  const palette: string[] = []
  const places = new Map<string, number>()
  const keys = new Map<string, string>()
  const rows: CellRow[] = []
  const sources = frames.flatMap(({ frame, fields }) => {
    const time = frame.fields.find(f => f.type === 'time')
    const refId = frame.refId
    return time === undefined ? [] : fields.filter(f => f.field.type !== 'time' && f.field.type !== 'frame' && !f.isHidden && f.field.values.length > 0).map(f => ({ f, ts: numbers(time.values), stepMs: results.find(r => r.query.refId === refId)?.query.stepMs ?? 60_000 }))
  })
  for (const { f, ts, stepMs } of sources.slice(0, MOST_ROWS)) {
    const range = rangeOf([f], f.config)
    const known = new Map<number | string | boolean, number>()
    const textOf = (value: number | string | boolean): string => formattedText(displayCell(f.config, value, context.theme, 'thresholds', range))
    const colorOf = (value: number | string | boolean): number => {
      const before = known.get(value)
      if (before !== undefined) return before
      const css = cellColor(f.config, value, context, range) ?? PALETTE[context.theme][hashText(textOf(value)) % 8]!
      // Texts are dear: once there are too many for a legend, they are only made where they are read.
      if (keys.size <= MOST_KEYS) {
        const text = textOf(value)
        if (!keys.has(text)) keys.set(text, css)
      }
      let color = places.get(css)
      if (color === undefined) {
        color = palette.push(css) - 1
        places.set(css, color)
      }
      known.set(value, color)
      return color
    }
    const states: States = { colorOf, textOf }
    rows.push(options.isHistory ? historyRow(f, ts, stepMs, options, states) : timelineRow(f, ts, stepMs, options, states))
  }
  if (rows.length === 0) return undefined
  return {
    keys: options.hasLegend && keys.size <= MOST_KEYS ? [...keys].map(([name, color]) => ({ name, color })) : [],
    cells: {
      startMs: context.range.startMs, endMs: context.range.endMs, rows, palette, marks: rows.map((r, i) => ({ at: i + 0.5, text: r.name })), height: options.rowHeight, gap: 0,
      labels: options.showValue, align: options.isHistory ? 'center' : options.align, axisLabel: '', inkOn: readableOn, ...(context.timeZone === undefined ? {} : { timeZone: context.timeZone }),
    },
  }
}

/** The colours (places in the palette) and texts of a row's states. */
interface States {
  readonly colorOf: (value: number | string | boolean) => number
  readonly textOf: (value: number | string | boolean) => string
}

/** The colour of a state, without making its text; undefined where the palette decides. */
function cellColor(config: FieldConfig, value: number | string | boolean, context: PanelContext, range: ValueRange): string | undefined {
  const mapped = mapValue(config.mappings, value)?.color
  if (mapped !== undefined) return cssColor(mapped, context.theme)
  const min = config.min ?? range.min
  const max = config.max ?? range.max
  const n = typeof value === 'string' ? null : Number(value)
  return fieldColor(config, n, n === null || max === min ? 0 : (n - min) / (max - min), context.theme, 'thresholds')
}

function cellValue(f: ShownField, i: number): number | string | boolean | undefined {
  const v = f.field.values[i]
  return v === null || v === undefined || isFrame(v) || typeof v === 'number' && Number.isNaN(v) ? undefined : v
}

function timelineRow(f: ShownField, ts: Float64Array, stepMs: number, options: StateOptions, states: States): CellRow {
  const span = f.config.custom['spanNulls']
  const spanMs = span === true ? Infinity : typeof span === 'number' ? span : stepMs * 1.5
  const starts: number[] = []
  const ends: number[] = []
  const colors: number[] = []
  const values: (number | string | boolean)[] = []
  let previous: number | string | boolean | undefined
  for (let i = 0; i < ts.length; i++) {
    const value = cellValue(f, i)
    const t = ts[i]!
    const open = previous !== undefined && t - ends.at(-1)! <= spanMs - stepMs
    if (value === undefined) {
      // A NaN ends the state there, unless holes are bridged.
      if (span !== true && typeof span !== 'number') previous = undefined
      if (ends.length > 0 && previous === undefined && ends.at(-1)! > t) ends[ends.length - 1] = t
      continue
    }
    if (open && value === previous && options.mergeValues) {
      ends[ends.length - 1] = t + stepMs
      continue
    }
    if (open) ends[ends.length - 1] = t
    starts.push(t)
    ends.push(t + stepMs)
    colors.push(states.colorOf(value))
    values.push(value)
    previous = value
  }
  return { name: f.name, starts: Float64Array.from(starts), ends: Float64Array.from(ends), colors: Int32Array.from(colors), textOf: i => states.textOf(values[i]!) }
}

function historyRow(f: ShownField, ts: Float64Array, stepMs: number, options: StateOptions, states: States): CellRow {
  const half = stepMs * options.colWidth / 2
  const colors = Int32Array.from(ts, (_, i) => {
    const value = cellValue(f, i)
    return value === undefined ? -1 : states.colorOf(value)
  })
  return {
    name: f.name, starts: ts.map(t => t - half), ends: ts.map(t => t + half), colors,
    textOf: i => {
      const value = cellValue(f, i)
      return value === undefined ? '' : states.textOf(value)
    },
  }
}
