import { numberIn, oneOf, optionsAt } from '../option-values.ts'
import type { Panel } from '@haechi/dashboards'
import type { Stacking } from '../../charts/chart-model.ts'

/** What of a bar chart's options is drawn. */
export interface BarChartOptions {
  /** Name of the column of categories; '' for the first of texts or times. */
  readonly xField: string
  readonly isHorizontal: boolean
  readonly showValue: 'auto' | 'always' | 'never'
  readonly stacking: Stacking
  readonly barWidth: number
  readonly groupWidth: number
  readonly hasLegend: boolean
  /** Each category has a colour of its own. */
  readonly colorByField: string
}

/** Reads a panel's options. */
export function barChartOptions(panel: Panel): BarChartOptions {
  const { options } = panel
  const legend = optionsAt(options, 'legend')
  return {
    xField: typeof options['xField'] === 'string' ? options['xField'] : '',
    isHorizontal: options['orientation'] === 'horizontal',
    showValue: oneOf(options['showValue'], ['auto', 'always', 'never'], 'auto'),
    stacking: oneOf(options['stacking'], ['none', 'normal', 'percent'], 'none'),
    barWidth: numberIn(options['barWidth'], 0.97, 0.05, 1),
    groupWidth: numberIn(options['groupWidth'], 0.7, 0.05, 1),
    hasLegend: legend['showLegend'] !== false && legend['displayMode'] !== 'hidden',
    colorByField: typeof options['colorByField'] === 'string' ? options['colorByField'] : '',
  }
}

/** How strongly bars are filled, 0..1. */
export function fillOf(custom: Panel['fieldConfig']['custom']): number {
  return numberIn(custom['fillOpacity'], 80, 0, 100) / 100
}
