import type { Panel } from '@haechi/dashboards'

/** What of a stat panel's options is drawn. */
export interface StatOptions {
  readonly graph: boolean
  readonly colorMode: 'none' | 'value' | 'background'
  readonly textMode: 'auto' | 'value' | 'value_and_name' | 'name' | 'none'
  readonly showPercentChange: boolean
}

/** Reads a panel's options; which values are shown is read by `reduceOptions`. */
export function statOptions(panel: Panel): StatOptions {
  const { options } = panel
  const color = options['colorMode']
  const text = options['textMode']
  return {
    graph: options['graphMode'] !== 'none',
    colorMode: color === 'none' ? 'none' : color === 'background' || color === 'background_solid' ? 'background' : 'value',
    textMode: text === 'value' || text === 'value_and_name' || text === 'name' || text === 'none' ? text : 'auto',
    showPercentChange: options['showPercentChange'] === true,
  }
}
