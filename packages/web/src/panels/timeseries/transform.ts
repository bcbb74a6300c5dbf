import { DASHES, cssColor, fieldColor, formatUnitText, lookColor, reduceNumber, seriesLooks } from '@haechi/dashboards'
import { panelFields } from '../fields.ts'
import { lineStyle, logBaseOf, stackingOf, thresholdsStyle } from './options.ts'
import type { Panel, Theme } from '@haechi/dashboards'
import type { ChartModel, ChartSeries, ChartThreshold, YAxisSettings } from '../../charts/chart-model.ts'
import type { Field } from '../fields.ts'
import type { PanelContext, QueryResult } from '../panel-result.ts'

/** Turns answers into a chart. Pure: the same answers give an equal chart. */
export function timeSeriesModel(panel: Panel, results: readonly QueryResult[], context: PanelContext): ChartModel {
  const fields = panelFields(panel, results, context)
  const looks = seriesLooks(fields.map(f => f.colorKey))
  const first = fields[0]?.config ?? panel.fieldConfig
  const stacking = stackingOf(first.custom)
  const series = fields.map((f, i): ChartSeries => {
    const style = lineStyle(f.config.custom)
    const own = ownColor(f, context.theme)
    const look = looks[i]!
    return {
      id: f.id,
      name: f.name,
      color: own ?? lookColor(look, context.theme),
      dash: dashOf(f) ?? (own === undefined ? DASHES[look.pattern]! : []),
      ts: shifted(f, results),
      vs: f.config.custom['transform'] === 'negative-Y' ? f.series.vs.map(v => -v) : f.series.vs,
      style: stacking !== 'none' && style.draw === 'line' && style.fill === undefined ? { ...style, fill: 0.3 } : style,
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
    y: axisSettings(first),
    stacking,
    thresholds: chartThresholds(first, context.theme),
    marks: [],
    ...(context.timeZone === undefined ? {} : { timeZone: context.timeZone }),
  }
}

function shifted(f: Field, results: readonly QueryResult[]): Float64Array {
  const shiftMs = results.find(r => r.query.refId === f.refId)?.query.shiftMs ?? 0
  return shiftMs === 0 ? f.series.ts : f.series.ts.map(t => t + shiftMs)
}

function axisSettings(config: Field['config']): YAxisSettings {
  const logBase = logBaseOf(config.custom)
  const label = config.custom['axisLabel']
  return {
    unit: config.unit ?? 'short',
    ...(config.decimals === undefined ? {} : { decimals: config.decimals }),
    ...(config.min === undefined ? {} : { min: config.min }),
    ...(config.max === undefined ? {} : { max: config.max }),
    ...(logBase === undefined ? {} : { logBase }),
    ...(config.custom['axisPlacement'] === 'hidden' ? { hidden: true } : {}),
    ...(typeof label === 'string' && label !== '' ? { label } : {}),
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
  if (thresholdsStyle(config.custom) === 'off' || config.thresholds === undefined) return []
  const { mode, steps } = config.thresholds
  const min = config.min ?? 0
  const max = config.max ?? 100
  return steps.slice(1).map(s => {
    const value = mode === 'percentage' ? min + s.value / 100 * (max - min) : s.value
    return { value, color: cssColor(s.color, theme), label: formatUnitText(config.unit ?? 'short', value, config.decimals) }
  })
}
