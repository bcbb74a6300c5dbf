import { DEFAULT_THRESHOLDS, cssColor, formatUnitText } from '@haechi/dashboards'
import { singleValues } from '../single-values.ts'
import { gaugeOptions } from './options.ts'
import type { Panel } from '@haechi/dashboards'
import type { PanelContext, QueryResult } from '../panel-result.ts'
import type { SingleValue } from '../single-values.ts'

/** A stretch of the scale in one colour; both ends 0..1. */
export interface GaugeBand {
  readonly from: number
  readonly to: number
  readonly color: string
  /** The bound at `from`; absent at the start of the scale. */
  readonly label?: string
}

/** One gauge. */
export interface GaugeItem extends SingleValue {
  readonly bands: readonly GaugeBand[]
}

/** Turns answers into gauges. */
export function gaugeItems(panel: Panel, results: readonly QueryResult[], context: PanelContext): GaugeItem[] {
  const options = gaugeOptions(panel)
  return singleValues(panel, results, context).map(v => ({ ...v, bands: options.showThresholdMarkers || options.showThresholdLabels ? thresholdBands(v, context) : [] }))
}

/** The thresholds along the scale; steps beyond its ends are cut. */
export function thresholdBands(v: SingleValue, context: Pick<PanelContext, 'theme'>): GaugeBand[] {
  const { min, max } = v.range
  const { mode, steps } = v.config.thresholds ?? DEFAULT_THRESHOLDS
  const place = (value: number): number => mode === 'percentage' ? value / 100 : (value - min) / (max - min)
  const out: GaugeBand[] = []
  steps.forEach((step, i) => {
    const from = i === 0 ? 0 : Math.max(0, place(step.value))
    const next = steps[i + 1]
    const to = next === undefined ? 1 : Math.min(1, place(next.value))
    if (!(to > from)) return
    const bound = mode === 'percentage' ? min + step.value / 100 * (max - min) : step.value
    out.push({ from, to, color: cssColor(step.color, context.theme), ...(i === 0 || from === 0 ? {} : { label: formatUnitText(v.config.unit, bound, v.config.decimals) }) })
  })
  return out
}
