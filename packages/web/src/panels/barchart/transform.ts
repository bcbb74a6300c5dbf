import { displayCell, formattedText, lookColor, seriesLooks } from '@haechi/dashboards'
import { momentText } from '../../charts/time-axis.ts'
import { axisNumbers } from '../axis-numbers.ts'
import { panelFrames, rangeOf } from '../shown-frames.ts'
import { barChartOptions, fillOf } from './options.ts'
import type { Panel } from '@haechi/dashboards'
import type { BarModel, BarSeries } from '../../charts/bar-picture.ts'
import type { PanelContext, QueryResult } from '../panel-result.ts'
import type { ShownField, ShownFrame } from '../shown-frames.ts'

/** Most categories that are drawn; the first ones. */
const MOST_CATEGORIES = 400

/** Turns answers into bars: a category per row, a bar per column of numbers. Series that end in one value each are categories by their names. */
export function barModel(panel: Panel, results: readonly QueryResult[], context: PanelContext): BarModel | undefined {
  const options = barChartOptions(panel)
  const frames = panelFrames(panel, results, context).frames.filter(f => f.fields.some(x => x.field.type === 'number' && !x.isHidden))
  const table = frames.length === 1 ? oneTable(frames[0]!, options.xField, context) : manySeries(frames, context)
  if (table === undefined || table.columns.length === 0 || table.categories.length === 0) return undefined
  const categories = table.categories.slice(0, MOST_CATEGORIES)
  const range = rangeOf(table.columns.map(c => c.shown), panel.fieldConfig)
  const looks = seriesLooks(table.columns.map(c => c.shown.colorKey))
  const series = table.columns.map((c, k): BarSeries => {
    const { config } = c.shown
    const vs = c.vs.slice(0, MOST_CATEGORIES)
    const palette = lookColor(looks[k]!, context.theme)
    const isByValue = config.color !== undefined && config.color.mode !== '' && !config.color.mode.startsWith('palette') || config.mappings.length > 0
    const own = isByValue ? vs.map(v => displayCell(config, v, context.theme, 'palette-classic', range).color ?? palette) : undefined
    const named = table.byName === undefined ? undefined : table.byName.slice(0, MOST_CATEGORIES)
    const colors = own ?? named
    return { name: c.shown.name, color: colors?.[0] ?? palette, vs, unit: config.unit ?? 'short', ...(colors === undefined ? {} : { colors }), ...(config.decimals === undefined ? {} : { decimals: config.decimals }) }
  })
  const first = table.columns[0]!.shown.config
  const label = first.custom['axisLabel']
  return {
    categories, series,
    stacking: options.stacking, isHorizontal: options.isHorizontal, groupWidth: options.groupWidth, barWidth: options.barWidth, fill: fillOf(first.custom), showValue: options.showValue,
    y: {
      unit: first.unit ?? 'short', ...(first.decimals === undefined ? {} : { decimals: first.decimals }), ...(first.min === undefined ? {} : { min: first.min }), ...(first.max === undefined ? {} : { max: first.max }),
      ...(typeof label === 'string' && label !== '' ? { label } : {}), ...(first.custom['axisPlacement'] === 'hidden' ? { hidden: true } : {}), ...axisNumbers(first.custom),
    },
  }
}

interface Bars {
  readonly categories: readonly string[]
  readonly columns: readonly { readonly shown: ShownField; readonly vs: readonly (number | null)[] }[]
  /** A colour for each category. */
  readonly byName?: readonly string[]
}

function oneTable({ fields }: ShownFrame, xField: string, context: PanelContext): Bars | undefined {
  const x = fields.find(f => xField !== '' && (f.name === xField || f.field.name === xField)) ?? fields.find(f => f.field.type === 'string') ?? fields.find(f => f.field.type === 'time')
  if (x === undefined) return undefined
  const columns = fields.filter(f => f !== x && f.field.type === 'number' && !f.isHidden).map(shown => ({ shown, vs: Array.from(shown.field.values, numberOrNull) }))
  return { columns, categories: Array.from(x.field.values, v => x.field.type === 'time' && typeof v === 'number' ? momentText(v, context.language, context.timeZone) : textOf(x, v, context)) }
}

function textOf(x: ShownField, v: Parameters<typeof numberOrNull>[0], context: PanelContext): string {
  return v === null || typeof v === 'object' ? '' : formattedText(displayCell(x.config, v, context.theme))
}

function numberOrNull(v: ShownField['field']['values'][number]): number | null {
  return typeof v === 'number' && !Number.isNaN(v) ? v : null
}

/** Several series: with one value each they are categories; over time each moment is one, with a bar for every series. */
function manySeries(frames: readonly ShownFrame[], context: PanelContext): Bars | undefined {
  const values = frames.flatMap(f => f.fields.filter(x => x.field.type === 'number' && !x.isHidden).map(shown => ({ shown, time: f.fields.find(x => x.field.type === 'time')?.field.values })))
  if (values.length === 0) return undefined
  if (values.every(v => v.shown.field.values.length <= 1)) {
    const looks = seriesLooks(values.map(v => v.shown.colorKey))
    return { categories: values.map(v => v.shown.name), columns: [{ shown: values[0]!.shown, vs: values.map(v => numberOrNull(v.shown.field.values[0] ?? null)) }], byName: looks.map(l => lookColor(l, context.theme)) }
  }
  const times = [...new Set(values.flatMap(v => Array.from(v.time ?? [])))].filter(t => typeof t === 'number').sort((a, b) => a - b)
  const at = new Map(times.map((t, i) => [t, i]))
  const columns = values.map(({ shown, time }) => {
    const vs: (number | null)[] = times.map(() => null)
    for (let i = 0; i < (time?.length ?? 0); i++) vs[at.get(time![i] as number)!] = numberOrNull(shown.field.values[i] ?? null)
    return { shown, vs }
  })
  return { categories: times.map(t => momentText(t, context.language, context.timeZone)), columns }
}
