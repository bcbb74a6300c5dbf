import { singleValues } from '../single-values.ts'
import { pieOptions } from './options.ts'
import type { Panel } from '@haechi/dashboards'
import type { PanelContext, QueryResult } from '../panel-result.ts'
import type { SingleValue } from '../single-values.ts'

/** One slice. */
export interface PieSlice extends SingleValue {
  /** Of the whole, 0..1. */
  readonly part: number
  /** Radians, clockwise from the top. */
  readonly from: number
  readonly to: number
}

/** Turns answers into slices. What is negative, zero or no number has none. */
export function pieSlices(panel: Panel, results: readonly QueryResult[], context: PanelContext): PieSlice[] {
  const { sort } = pieOptions(panel)
  const values = singleValues(panel, results, context, 'palette-classic').filter(v => typeof v.value === 'number' && v.value > 0 && Number.isFinite(v.value))
  const amount = (v: SingleValue): number => v.value as number
  const sorted = sort === 'none' ? values : values.toSorted((a, b) => sort === 'asc' ? amount(a) - amount(b) : amount(b) - amount(a))
  const total = values.reduce((sum, v) => sum + amount(v), 0)
  let at = 0
  return sorted.map(v => {
    const from = at
    at += amount(v) / total * Math.PI * 2
    return { ...v, part: amount(v) / total, from, to: at }
  })
}
