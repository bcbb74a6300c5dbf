import { oneOf, optionsAt, textsIn } from '../option-values.ts'
import type { Panel } from '@haechi/dashboards'

/** What of a pie chart's options is drawn. */
export interface PieOptions {
  readonly isDonut: boolean
  /** What is written on the slices. */
  readonly labels: ReadonlySet<string>
  readonly sort: 'asc' | 'desc' | 'none'
  readonly legend: 'right' | 'bottom' | 'none'
  readonly legendValues: ReadonlySet<string>
}

/** Reads a panel's options. Without a choice the legend tells the share, because a pie is about shares. */
export function pieOptions(panel: Panel): PieOptions {
  const { options } = panel
  const legend = optionsAt(options, 'legend')
  const values = textsIn(legend['values'])
  return {
    isDonut: options['pieType'] === 'donut',
    labels: new Set(textsIn(options['displayLabels'])),
    sort: oneOf(options['sort'], ['asc', 'desc', 'none'], 'desc'),
    legend: legend['showLegend'] === false || legend['displayMode'] === 'hidden' ? 'none' : oneOf(legend['placement'], ['right', 'bottom'], 'bottom'),
    legendValues: new Set(values.length === 0 ? ['percent'] : values),
  }
}
