import { DASHES, DEFAULT_THRESHOLDS, cssColor, fieldColor, formatUnitText, lookColor, reduceNumber, seriesLooks } from '@haechi/dashboards'
import { axisNumbers } from '../axis-numbers.ts'
import { panelFields } from '../fields.ts'
import { shownMarks } from '../board-marks.ts'
import { lineStyle, logBaseOf, stackingOf, symlogOf, thresholdsStyle, tooltipSettings } from './options.ts'
import { chartExemplars } from './exemplars.ts'
import type { Panel, Theme } from '@haechi/dashboards'
import type { ChartBand, ChartModel, ChartSeries, ChartThreshold, YAxisSettings } from '../../charts/chart-model.ts'
import type { Field } from '../fields.ts'
import type { PanelContext, QueryResult } from '../panel-result.ts'

/** Turns answers into a chart. Pure: the same answers give an equal chart. */
export function timeSeriesModel(panel: Panel, results: readonly QueryResult[], context: PanelContext): ChartModel {
  const fields = panelFields(panel, results, context).map(f => f.config.custom['nullAsZero'] === true ? withZeros(f, results) : f)
  const looks = seriesLooks(fields.map(f => f.colorKey))
  const first = fields[0]?.config ?? panel.fieldConfig
  const stacking = stackingOf(first.custom)
  const colors = fields.map((f, i) => ownColor(f, context.theme) ?? lookColor(looks[i]!, context.theme))
  const axes = panelAxes(fields, colors)
  const series = fields.map((f, i): ChartSeries => {
    const style = lineStyle(f.config.custom)
    const own = ownColor(f, context.theme)
    const look = looks[i]!
    return {
      id: f.id,
      name: f.name,
      color: colors[i]!,
      dash: dashOf(f) ?? (own === undefined ? DASHES[look.pattern]! : []),
      ts: shifted(f, results),
      vs: transformed(f),
      style: style.fill === undefined && style.draw === 'line' && (stacking !== 'none' || typeof f.config.custom['fillBelowTo'] === 'string') ? { ...style, fill: 0.3 } : style,
      ...(axes.index[i] === 0 ? {} : { axis: axes.index[i]! }),
      ...(stacking === 'none' ? {} : { stack: stackOf(f) }),
      ...unlisted(f.config.custom['hideFrom']),
      ...fillTarget(f, fields),
      ...(style.gradient === 'scheme' ? { stops: schemeStops(f, context.theme) } : {}),
    }
  })
  const shiftMs = results[0]?.query.shiftMs ?? 0
  const queryRange = results[0]?.query
  // The axis ends where the question ended, so that all panels of a board agree; an own `timeFrom` shows in the query's range.
  const own = queryRange !== undefined && panel.timeFrom !== ''
  return {
    series,
    startMs: own ? queryRange.startMs + shiftMs : context.range.startMs,
    endMs: own ? queryRange.endMs + shiftMs : context.range.endMs,
    stepMs: results.reduce((step, r) => Math.min(step, r.query.stepMs), Infinity),
    y: axes.settings[0] ?? axisSettings(first, 'left', ''),
    ...(axes.settings.length > 1 ? { moreY: axes.settings.slice(1) } : {}),
    stacking,
    thresholds: chartThresholds(first, context.theme),
    ...thresholdLook(first, context.theme),
    tooltip: tooltipSettings(panel),
    ...chartExemplars(results, series),
    marks: context.marks === undefined ? [] : shownMarks(context.marks, fields.map(f => f.series.labels), context.theme, panel.id),
    ...(context.timeZone === undefined ? {} : { timeZone: context.timeZone }),
  }
}

/** The values as they are drawn: mirrored, or the first one all along. */
function transformed(f: Field): Float64Array {
  const { vs } = f.series
  switch (f.config.custom['transform']) {
    case 'negative-Y': return vs.map(v => -v)
    case 'constant': {
      const first = vs.find(v => !Number.isNaN(v)) ?? NaN
      return vs.map(() => first)
    }
    default: return vs
  }
}

/** The series that a fill ends at, by its name. */
function fillTarget(f: Field, fields: readonly Field[]): Pick<ChartSeries, 'fillTo'> {
  const name = f.config.custom['fillBelowTo']
  const to = typeof name === 'string' && name !== '' ? fields.find(x => x !== f && x.name === name) : undefined
  return to === undefined ? {} : { fillTo: to.id }
}

/** How many colours a continuous scheme is drawn with. */
const SCHEME_STOPS = 16

/** Colours by value: the steps of the thresholds, or a scheme between the ends of the data. */
function schemeStops(f: Field, theme: Theme): NonNullable<ChartSeries['stops']> {
  const mode = f.config.color?.mode ?? ''
  const min = f.config.min ?? reduceNumber('min', f.series.vs) ?? 0
  const max = f.config.max ?? reduceNumber('max', f.series.vs) ?? 100
  if (mode.startsWith('continuous')) {
    return { isStep: false, list: Array.from({ length: SCHEME_STOPS }, (_, i) => {
      const share = i / (SCHEME_STOPS - 1)
      return { value: min + share * (max - min), color: fieldColor(f.config, min + share * (max - min), share, theme, 'palette-classic') ?? '#888888' }
    }) }
  }
  const { mode: by, steps } = f.config.thresholds ?? DEFAULT_THRESHOLDS
  return { isStep: true, list: steps.map(s => ({ value: by === 'percentage' && s.value !== -Infinity ? min + s.value / 100 * (max - min) : s.value, color: cssColor(s.color, theme) })) }
}

/** Whether thresholds are lines, and the areas between them. */
function thresholdLook(config: Field['config'], theme: Theme): Pick<ChartModel, 'thresholdLine' | 'bands'> {
  const style = thresholdsStyle(config.custom)
  if (config.thresholds === undefined || style.line === 'none' && !style.area) return {}
  const { mode, steps } = config.thresholds
  const [min, max] = [config.min ?? 0, config.max ?? 100]
  const at = (value: number): number => mode === 'percentage' && Number.isFinite(value) ? min + value / 100 * (max - min) : value
  const bands = steps.map((s, i): ChartBand => ({ from: at(s.value), to: i + 1 < steps.length ? at(steps[i + 1]!.value) : Infinity, color: s.color === 'transparent' ? '' : cssColor(s.color, theme) }))
  return { thresholdLine: style.line, ...(style.area ? { bands: bands.filter(b => b.color !== '') } : {}) }
}

/** Where a series that is drawn is not named. */
function unlisted(hideFrom: unknown): Pick<ChartSeries, 'hideFrom'> {
  if (typeof hideFrom !== 'object' || hideFrom === null) return {}
  const legend = 'legend' in hideFrom && hideFrom.legend === true
  const tooltip = 'tooltip' in hideFrom && hideFrom.tooltip === true
  return legend || tooltip ? { hideFrom: { legend, tooltip } } : {}
}

/** Most points that a series is filled up to. */
const MOST_FILLED = 11_000

/** A series whose missing steps are zeros, as old graphs could draw them. */
function withZeros(f: Field, results: readonly QueryResult[]): Field {
  const query = results.find(r => r.query.refId === f.refId)?.query
  if (query === undefined || query.instant || f.series.histograms !== undefined) return f
  const n = Math.floor((query.endMs - query.startMs) / query.stepMs) + 1
  if (!(n > 0) || n > MOST_FILLED) return f
  const ts = Float64Array.from({ length: n }, (_, i) => query.startMs + i * query.stepMs)
  const vs = new Float64Array(n)
  for (let i = 0; i < f.series.ts.length; i++) {
    const at = Math.round((f.series.ts[i]! - query.startMs) / query.stepMs)
    const v = f.series.vs[i]!
    if (at >= 0 && at < n && !Number.isNaN(v)) vs[at] = v
  }
  return { ...f, series: { labels: f.series.labels, ts, vs } }
}

function shifted(f: Field, results: readonly QueryResult[]): Float64Array {
  const shiftMs = results.find(r => r.query.refId === f.refId)?.query.shiftMs ?? 0
  return shiftMs === 0 ? f.series.ts : f.series.ts.map(t => t + shiftMs)
}

/** Most axes beside the first; series of yet another unit are drawn on a scale without marks. */
const MOST_MORE_AXES = 3

/** The vertical axes of a panel: one for each side and unit. An axis that its field doesn't place is on the right if its unit isn't the first one's. */
function panelAxes(fields: readonly Field[], colors: readonly string[]): { readonly settings: YAxisSettings[]; readonly index: number[] } {
  const keys: string[] = []
  const settings: YAxisSettings[] = []
  // The first axis is the left one where there is any.
  const placed = fields.map(f => {
    const own = f.config.custom['axisPlacement']
    return own === 'right' || own === 'left' || own === 'hidden' ? own : 'auto'
  })
  const lead = placed.findIndex(p => p !== 'right')
  const leadUnit = fields[lead === -1 ? 0 : lead]?.config.unit ?? 'short'
  const keyOf = (f: Field, p: string): string => {
    const unit = f.config.unit ?? 'short'
    const side = p === 'auto' || p === 'hidden' ? unit === leadUnit && lead !== -1 ? 'left' : 'right' : p
    return `${side} ${unit}`
  }
  const order = lead > 0 ? [lead, ...fields.keys()] : [...fields.keys()]
  for (const i of order) {
    const f = fields[i]!
    const key = keyOf(f, placed[i]!)
    if (keys.includes(key)) continue
    keys.push(key)
    const own = axisSettings(f.config, key.startsWith('right') ? 'right' : 'left', colors[i]!)
    settings.push(settings.length > MOST_MORE_AXES ? { ...own, hidden: true } : own)
  }
  return { settings, index: fields.map((f, i) => keys.indexOf(keyOf(f, placed[i]!))) }
}

/** What a series is stacked with: its group, below zero apart. */
function stackOf(f: Field): string | false {
  if (stackingOf(f.config.custom) === 'none') return false
  const stacking = f.config.custom['stacking']
  const group = typeof stacking === 'object' && stacking !== null && 'group' in stacking && typeof stacking.group === 'string' ? stacking.group : ''
  return f.config.custom['transform'] === 'negative-Y' ? `${group} below` : group
}

/** @param color  of the first series on it */
function axisSettings(config: Field['config'], side: 'left' | 'right', color: string): YAxisSettings {
  const logBase = logBaseOf(config.custom)
  const symlog = symlogOf(config.custom)
  const label = config.custom['axisLabel']
  return {
    unit: config.unit ?? 'short',
    ...(config.decimals === undefined ? {} : { decimals: config.decimals }),
    ...(config.min === undefined ? {} : { min: config.min }),
    ...(config.max === undefined ? {} : { max: config.max }),
    ...(logBase === undefined ? {} : { logBase }),
    ...(config.custom['axisPlacement'] === 'hidden' ? { hidden: true } : {}),
    ...(typeof label === 'string' && label !== '' ? { label } : {}),
    ...(side === 'right' ? { side } : {}),
    ...axisNumbers(config.custom),
    ...(symlog === undefined ? {} : { symlog }),
    ...(config.custom['axisCenteredZero'] === true ? { centeredZero: true } : {}),
    ...(typeof config.custom['axisGridShow'] === 'boolean' ? { grid: config.custom['axisGridShow'] } : {}),
    ...(config.custom['axisBorderShow'] === true ? { border: true } : {}),
    ...(config.custom['axisColorMode'] === 'series' && color !== '' ? { color } : {}),
  }
}

/** A colour that the dashboard gives to a series; undefined where it is ours to choose. */
function ownColor(f: Field, theme: Theme): string | undefined {
  const mode = f.config.color?.mode ?? ''
  if (mode === '' || mode.startsWith('palette')) return undefined
  const value = reduceNumber(f.config.color?.seriesBy === 'min' ? 'min' : f.config.color?.seriesBy === 'max' ? 'max' : 'lastNotNull', f.series.vs)
  const min = f.config.min ?? 0
  const max = f.config.max ?? 100
  return fieldColor(f.config, value, value === null ? 0 : (value - min) / (max - min), theme, 'palette-classic')
}

function dashOf(f: Field): readonly number[] | undefined {
  const style = f.config.custom['lineStyle']
  if (typeof style !== 'object' || style === null || !('fill' in style)) return undefined
  if (style.fill === 'dash') return 'dash' in style && Array.isArray(style.dash) && style.dash.every(n => typeof n === 'number') ? style.dash : DASHES[1]!
  if (style.fill === 'dot') return DASHES[2]!
  return style.fill === 'solid' ? [] : undefined
}

/** The steps that are drawn as lines: all but the base. */
function chartThresholds(config: Field['config'], theme: Theme): ChartThreshold[] {
  const style = thresholdsStyle(config.custom)
  if (style.line === 'none' && !style.area || config.thresholds === undefined) return []
  const { mode, steps } = config.thresholds
  const min = config.min ?? 0
  const max = config.max ?? 100
  return steps.slice(1).map((s, i) => {
    const value = mode === 'percentage' ? min + s.value / 100 * (max - min) : s.value
    // Above a bound that limits what is below, there is no colour.
    return { value, color: cssColor(s.color === 'transparent' ? steps[i]!.color : s.color, theme), label: formatUnitText(config.unit ?? 'short', value, config.decimals) }
  })
}
