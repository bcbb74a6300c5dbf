import { numberIn, oneOf, optionsAt } from '../option-values.ts'
import type { Panel } from '@haechi/dashboards'

/** What of the options of a state timeline or status history is drawn. */
export interface StateOptions {
  /** A cell per sample instead of one per state. */
  readonly isHistory: boolean
  readonly mergeValues: boolean
  readonly showValue: 'auto' | 'always' | 'never'
  readonly rowHeight: number
  readonly colWidth: number
  readonly align: 'left' | 'center' | 'right'
  readonly hasLegend: boolean
}

/** Reads a panel's options. */
export function stateOptions(panel: Panel): StateOptions {
  const { options } = panel
  const legend = optionsAt(options, 'legend')
  return {
    isHistory: panel.type === 'status-history',
    mergeValues: options['mergeValues'] !== false,
    showValue: oneOf(options['showValue'], ['auto', 'always', 'never'], 'auto'),
    rowHeight: numberIn(options['rowHeight'], 0.9, 0.1, 1),
    colWidth: numberIn(options['colWidth'], 0.9, 0.1, 1),
    align: oneOf(options['alignValue'], ['left', 'center', 'right'], 'left'),
    hasLegend: legend['showLegend'] !== false && legend['displayMode'] !== 'hidden',
  }
}
