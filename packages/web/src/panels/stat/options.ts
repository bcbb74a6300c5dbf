import type { JsonObject, Panel } from '@haechi/dashboards'

/** What of a stat panel's options is drawn. */
export interface StatOptions {
  readonly calcs: readonly string[]
  readonly graph: boolean
  readonly colorMode: 'none' | 'value' | 'background'
  readonly textMode: 'auto' | 'value' | 'value_and_name' | 'name' | 'none'
  readonly showPercentChange: boolean
}

const isObject = (v: unknown): v is JsonObject => typeof v === 'object' && v !== null && !Array.isArray(v)

/** Reads a panel's options; no calculation means the last value. */
export function statOptions(panel: Panel): StatOptions {
  const { options } = panel
  const reduce = isObject(options['reduceOptions']) ? options['reduceOptions'] : {}
  const calcs = Array.isArray(reduce['calcs']) ? reduce['calcs'].filter(c => typeof c === 'string') : []
  const color = options['colorMode']
  const text = options['textMode']
  return {
    calcs: calcs.length === 0 ? ['lastNotNull'] : calcs,
    graph: options['graphMode'] !== 'none',
    colorMode: color === 'none' ? 'none' : color === 'background' || color === 'background_solid' ? 'background' : 'value',
    textMode: text === 'value' || text === 'value_and_name' || text === 'name' || text === 'none' ? text : 'auto',
    showPercentChange: options['showPercentChange'] === true,
  }
}
