import { displayCell } from '@haechi/dashboards'
import type { FieldConfig, ValueRange } from '@haechi/dashboards'
import type { PanelContext } from './panel-result.ts'

/** One stretch of a bar; both ends 0..1. */
export interface BarPart {
  readonly from: number
  readonly to: number
  readonly color: string
  readonly isLit: boolean
}

/** What a bar is made of. */
export interface BarValue {
  readonly config: FieldConfig
  readonly range: ValueRange
  readonly color: string
  /** Where the value lies between the ends, 0..1. */
  readonly share: number
}

/** Cells of an LCD bar. */
const CELLS = 40

/** A bar as one stretch, in the colours along its way, or in cells. */
export function barParts(mode: 'basic' | 'gradient' | 'lcd', v: BarValue, context: Pick<PanelContext, 'theme'>): readonly BarPart[] {
  return mode === 'lcd' ? lcdParts(v, context) : mode === 'gradient' ? gradientParts(v, context) : [{ from: 0, to: v.share, color: v.color, isLit: true }]
}

/** The colour that a value at a share of the scale would have. */
function colorAt(v: BarValue, share: number, context: Pick<PanelContext, 'theme'>): string {
  return displayCell({ ...v.config, mappings: [] }, v.range.min + share * (v.range.max - v.range.min), context.theme, 'thresholds', v.range).color ?? v.color
}

function lcdParts(v: BarValue, context: Pick<PanelContext, 'theme'>): BarPart[] {
  return Array.from({ length: CELLS }, (_, i) => ({ from: i / CELLS, to: (i + 0.8) / CELLS, color: colorAt(v, i / CELLS, context), isLit: i / CELLS < v.share }))
}

/** The bar changes its colour along the way, as thresholds and schemes have it. */
function gradientParts(v: BarValue, context: Pick<PanelContext, 'theme'>): BarPart[] {
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
