import type { LegendSettings } from '../../charts/legend-rows.ts'
import type { JsonObject, Panel } from '@haechi/dashboards'
import type { LineStyle, Stacking, TooltipSettings } from '../../charts/chart-model.ts'

/** What of a time series panel's options is drawn. */
export interface TimeSeriesOptions {
  readonly legend: 'line' | 'table' | 'none'
  readonly legendSettings: LegendSettings
}

/** How thresholds are shown in the chart. */
export interface ThresholdsStyle {
  readonly line: 'solid' | 'dashed' | 'none'
  readonly area: boolean
}

const isObject = (v: unknown): v is JsonObject => typeof v === 'object' && v !== null && !Array.isArray(v)
const oneOf = <T extends string>(v: unknown, all: readonly T[], fallback: T): T => all.find(x => x === v) ?? fallback
const numberIn = (v: unknown, fallback: number, min: number, max: number): number => typeof v === 'number' && Number.isFinite(v) ? Math.min(max, Math.max(min, v)) : fallback

/** Reads a panel's options. */
export function timeSeriesOptions(panel: Panel): TimeSeriesOptions {
  const legend = isObject(panel.options['legend']) ? panel.options['legend'] : {}
  const hidden = legend['showLegend'] === false || legend['displayMode'] === 'hidden'
  return {
    legend: hidden ? 'none' : legend['displayMode'] === 'table' ? 'table' : 'line',
    legendSettings: {
      calcs: Array.isArray(legend['calcs']) ? legend['calcs'].filter(c => typeof c === 'string') : [], sortBy: typeof legend['sortBy'] === 'string' ? legend['sortBy'] : '',
      // Without a column there is no order of theirs: ours has the highest first.
      sortDesc: legend['sortDesc'] === true, placement: oneOf(legend['placement'], ['bottom', 'right'], 'bottom'),
    },
  }
}

/** Reads how one field's line is drawn. A line of Grafana's default width is drawn in ours. */
export function lineStyle(custom: JsonObject): LineStyle {
  const fill = custom['fillOpacity']
  const draw = oneOf(custom['drawStyle'], ['line', 'bars', 'points'], 'line')
  const width = numberIn(custom['lineWidth'], 1, 0, 10)
  const span = custom['spanNulls']
  const insert = custom['insertNulls']
  const gradient = oneOf(custom['gradientMode'], ['none', 'opacity', 'hue', 'scheme'], 'none')
  const barMax = numberIn(custom['barMaxWidth'], 0, 0, 1000)
  return {
    draw,
    interpolation: oneOf(custom['lineInterpolation'], ['linear', 'smooth', 'stepAfter', 'stepBefore'], 'linear'),
    width: width === 1 ? 1.5 : width,
    ...(typeof fill === 'number' && fill > 0 ? { fill: Math.min(100, fill) / 100 } : draw === 'bars' ? { fill: 0.7 } : {}),
    // What is connected over holes may be told where a hole is too long.
    spanGaps: typeof span === 'number' ? span : span === true ? typeof insert === 'number' && insert > 0 ? insert : true : false,
    showPoints: oneOf(custom['showPoints'], ['auto', 'never', 'always'], 'auto'),
    pointSize: numberIn(custom['pointSize'], 5, 1, 40),
    ...(gradient === 'none' ? {} : { gradient }),
    ...(draw !== 'bars' ? {} : {
      ...(custom['barAlignment'] === -1 || custom['barAlignment'] === 1 ? { barAlign: custom['barAlignment'] } : {}),
      ...(typeof custom['barWidthFactor'] === 'number' ? { barWidth: numberIn(custom['barWidthFactor'], 0.6, 0.05, 1) } : {}),
      ...(barMax > 0 ? { barMax } : {}),
    }),
  }
}

/** How the panel's lines lie on each other. */
export function stackingOf(custom: JsonObject): Stacking {
  const stacking = custom['stacking']
  return isObject(stacking) ? oneOf(stacking['mode'], ['none', 'normal', 'percent'], 'none') : 'none'
}

/** The base of a logarithmic axis; undefined for a linear one. */
export function logBaseOf(custom: JsonObject): 2 | 10 | undefined {
  const scale = custom['scaleDistribution']
  if (!isObject(scale) || scale['type'] !== 'log') return undefined
  return scale['log'] === 2 ? 2 : 10
}

/** The linear stretch to each side of zero of an axis that is logarithmic beyond; undefined for other axes. */
export function symlogOf(custom: JsonObject): number | undefined {
  const scale = custom['scaleDistribution']
  return isObject(scale) && scale['type'] === 'symlog' ? numberIn(scale['linearThreshold'], 1, 1e-9, 1e15) : undefined
}

/** How thresholds are drawn: as lines, as areas, or both. */
export function thresholdsStyle(custom: JsonObject): ThresholdsStyle {
  const style = custom['thresholdsStyle']
  const mode = isObject(style) && typeof style['mode'] === 'string' ? style['mode'] : 'off'
  return { line: mode.includes('dashed') ? 'dashed' : mode.includes('line') ? 'solid' : 'none', area: mode.includes('area') }
}

/** What the pointer is told. A board that doesn't say gets all series, highest first. */
export function tooltipSettings(panel: Panel): TooltipSettings {
  const tooltip = isObject(panel.options['tooltip']) ? panel.options['tooltip'] : {}
  const mode = oneOf(tooltip['mode'], ['single', 'multi', 'none'], 'multi')
  return { mode, sort: oneOf(tooltip['sort'], ['none', 'asc', 'desc'], tooltip['mode'] === undefined ? 'desc' : 'none'), hideZeros: tooltip['hideZeros'] === true }
}
