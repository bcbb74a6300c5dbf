import { isObject, textOf } from './json-reader.ts'
import { parseDurationMs } from './time/duration.ts'
import type { VariableValues } from './interpolate.ts'
import type { JsonObject } from './model.ts'

/**
 * Whether something of a board of model v2 is shown: its conditions on variables and on the length of the range, joined by and/or. Conditions on data
 * are known to the panel only, and count here as neither.
 *
 * @see Grafana `ConditionalRenderingGroupKind`
 */
export function isRendered(condition: JsonObject | undefined, values: VariableValues, rangeMs: number): boolean {
  const spec = condition !== undefined && isObject(condition['spec']) ? condition['spec'] : condition
  if (spec === undefined || !Array.isArray(spec['items'])) return true
  const answers = (spec['items'] as unknown[]).filter(isObject).flatMap(item => {
    const s = isObject(item['spec']) ? item['spec'] : {}
    switch (item['kind']) {
      case 'ConditionalRenderingVariable': return [variableFits(s, values)]
      case 'ConditionalRenderingTimeRangeSize': {
        const limit = parseDurationMs(textOf(s['value']))
        return limit === undefined ? [] : [rangeMs <= limit]
      }
      default: return []
    }
  })
  if (answers.length === 0) return true
  const holds = spec['condition'] === 'or' ? answers.some(Boolean) : answers.every(Boolean)
  return spec['visibility'] === 'hide' ? !holds : holds
}

function variableFits(s: JsonObject, values: VariableValues): boolean {
  const chosen = values.get(textOf(s['variable']))?.values ?? []
  const wanted = textOf(s['value'])
  const matches = (): boolean => {
    if (wanted.length > 1000) return false
    try {
      const re = new RegExp(wanted)
      return chosen.some(v => re.test(v))
    } catch {
      return false
    }
  }
  switch (s['operator']) {
    case 'notEquals': return !chosen.includes(wanted)
    case 'matches': return matches()
    case 'notMatches': return !matches()
    default: return chosen.includes(wanted)
  }
}
