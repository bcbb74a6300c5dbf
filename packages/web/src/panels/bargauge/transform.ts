import { displayCell } from '@haechi/dashboards'
import { singleValues } from '../single-values.ts'
import { barGaugeOptions } from './options.ts'
import type { Panel } from '@haechi/dashboards'
import type { PanelContext, QueryResult } from '../panel-result.ts'
import type { SingleValue } from '../single-values.ts'

/** One stretch of a bar; both ends 0..1. */
export interface BarPart {
  readonly from: number
  readonly to: number
  readonly color: string
  readonly isLit: boolean
}

/** One bar. */
export interface BarItem extends SingleValue {
  readonly parts: readonly BarPart[]
}

/** Cells of an LCD bar. */
const CELLS = 40

/** Turns answers into bars. */
export function barItems(panel: Panel, results: readonly QueryResult[], context: PanelContext): BarItem[] {
  const { displayMode } = barGaugeOptions(panel)
  return singleValues(panel, results, context).map(v => ({ ...v, parts: displayMode === 'lcd' ? lcdParts(v, context) : displayMode === 'gradient' ? gradientParts(v, context) : [{ from: 0, to: v.share, color: v.color, isLit: true }] }))
}

/** The colour that a value at a share of the scale would have. */
function colorAt(v: SingleValue, share: number, context: PanelContext): string {
  return displayCell({ ...v.config, mappings: [] }, v.range.min + share * (v.range.max - v.range.min), context.theme, 'thresholds', v.range).color ?? v.color
}

function lcdParts(v: SingleValue, context: PanelContext): BarPart[] {
  return Array.from({ length: CELLS }, (_, i) => ({ from: i / CELLS, to: (i + 0.8) / CELLS, color: colorAt(v, i / CELLS, context), isLit: i / CELLS < v.share }))
}

/** The bar changes its colour along the way, as thresholds and schemes have it. */
function gradientParts(v: SingleValue, context: PanelContext): BarPart[] {
  const out: { from: number; to: number; color: string; isLit: boolean }[] = []
  const steps = Math.max(1, Math.ceil(v.share * CELLS))
  for (let i = 0; i < steps; i++) {
    const color = colorAt(v, i / CELLS, context)
    const to = Math.min(v.share, (i + 1) / CELLS)
    const last = out.at(-1)
    if (last?.color === color) last.to = to
    else out.push({ from: i / CELLS, to, color, isLit: true })
  }
  return v.share === 0 ? [] : out
}
