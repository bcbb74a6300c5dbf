import { displayValue, reduceNumber, reducer } from '@haechi/dashboards'
import { panelFields } from '../fields.ts'
import { statOptions } from './options.ts'
import type { DisplayValue, Panel } from '@haechi/dashboards'
import type { PanelContext, QueryResult } from '../panel-result.ts'

/** One number with what belongs to it. */
export interface StatItem {
  readonly id: string
  readonly name: string
  readonly value: number | null
  readonly display: DisplayValue
  /** The line behind the number; absent where none is wanted or there is nothing to draw. */
  readonly ts?: Float64Array
  readonly vs?: Float64Array
  /** Last against first value of the range, as a share: 0.12 is +12 %. */
  readonly change?: number
}

/** Most numbers that one panel shows. */
const MOST_ITEMS = 60

/** Turns answers into numbers: one per series and calculation. */
export function statItems(panel: Panel, results: readonly QueryResult[], context: PanelContext): StatItem[] {
  const options = statOptions(panel)
  const out: StatItem[] = []
  for (const f of panelFields(panel, results)) {
    for (const calc of options.calcs) {
      const value = reduceNumber(calc, f.series.vs)
      const change = options.showPercentChange ? relativeChange(f.series.vs) : undefined
      out.push({
        id: `${f.id} ${calc}`,
        name: options.calcs.length === 1 ? f.name : `${f.name} ${reducer(calc)?.name ?? calc}`,
        value,
        display: displayValue(f.config, value, context.theme),
        ...(options.graph && f.series.ts.length > 1 ? { ts: f.series.ts, vs: f.series.vs } : {}),
        ...(change === undefined ? {} : { change }),
      })
      if (out.length >= MOST_ITEMS) return out
    }
  }
  return out
}

function relativeChange(vs: Float64Array): number | undefined {
  const first = reduceNumber('firstNotNull', vs)
  const last = reduceNumber('lastNotNull', vs)
  return first === null || last === null || first === 0 ? undefined : (last - first) / Math.abs(first)
}
