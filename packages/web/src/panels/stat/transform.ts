import { reduceNumber } from '@haechi/dashboards'
import { singleValues } from '../single-values.ts'
import { statOptions } from './options.ts'
import type { DisplayValue, Panel } from '@haechi/dashboards'
import type { PanelContext, QueryResult } from '../panel-result.ts'

/** One number (or text) with what belongs to it. */
export interface StatItem {
  readonly id: string
  readonly name: string
  readonly value: number | string | boolean | null
  readonly display: DisplayValue
  /** There is no value. */
  readonly isNothing?: boolean
  /** The line behind the number; absent where none is wanted or there is nothing to draw. */
  readonly ts?: Float64Array
  readonly vs?: Float64Array
  /** Last against first value of the range, as a share: 0.12 is +12 %. */
  readonly change?: number
}

/** Turns answers into numbers: one per column and calculation, or one per row. */
export function statItems(panel: Panel, results: readonly QueryResult[], context: PanelContext): StatItem[] {
  const options = statOptions(panel)
  return singleValues(panel, results, context).map((v): StatItem => {
    const change = options.showPercentChange && v.vs !== undefined ? relativeChange(v.vs) : undefined
    return {
      id: v.id, name: v.name, value: v.value, display: v.display, ...(v.value === null ? { isNothing: true } : {}),
      ...(options.graph && v.ts !== undefined && v.vs !== undefined ? { ts: v.ts, vs: v.vs } : {}),
      ...(change === undefined ? {} : { change }),
    }
  })
}

function relativeChange(vs: Float64Array): number | undefined {
  const first = reduceNumber('firstNotNull', vs)
  const last = reduceNumber('lastNotNull', vs)
  return first === null || last === null || first === 0 ? undefined : (last - first) / Math.abs(first)
}
