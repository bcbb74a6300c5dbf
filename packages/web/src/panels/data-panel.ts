import { reduceOptions } from './single-values.ts'
import type { JsonObject, Panel } from '@haechi/dashboards'

const SINGLE: ReadonlySet<string> = new Set(['stat', 'gauge', 'bargauge', 'piechart'])

/** The panel whose table shows the data behind a picture: a row per value, or a row per moment. What already is a table stays as it is. */
export function dataPanel(panel: Panel): Panel {
  const isTable = panel.transformations.length > 0 || panel.targets.some(t => t.format === 'table' && !t.hide)
  const step: JsonObject | undefined = isTable ? undefined : SINGLE.has(panel.type) ? { id: 'reduce', options: { reducers: reduceOptions(panel).calcs } } : { id: 'joinByField', options: {} }
  return { ...panel, options: {}, transformations: step === undefined ? panel.transformations : [step] }
}
