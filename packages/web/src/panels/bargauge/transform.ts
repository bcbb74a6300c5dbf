import { barParts } from '../bar-parts.ts'
import { singleValues } from '../single-values.ts'
import { barGaugeOptions } from './options.ts'
import type { Panel } from '@haechi/dashboards'
import type { BarPart } from '../bar-parts.ts'
import type { PanelContext, QueryResult } from '../panel-result.ts'
import type { SingleValue } from '../single-values.ts'

/** One bar. */
export interface BarItem extends SingleValue {
  readonly parts: readonly BarPart[]
}

/** Turns answers into bars. */
export function barItems(panel: Panel, results: readonly QueryResult[], context: PanelContext): BarItem[] {
  const { displayMode } = barGaugeOptions(panel)
  return singleValues(panel, results, context).map(v => ({ ...v, parts: barParts(displayMode, v, context) }))
}
