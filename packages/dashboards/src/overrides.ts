import { withProperty } from './read-field-config.ts'
import { isObject, numberOf, textOf, textsOf } from './json-reader.ts'
import { reduceNumber } from './reducers.ts'
import type { FieldConfig, FieldOverride, Panel } from './model.ts'
import type { Values } from './reducers.ts'

/** What a matcher looks at. */
export interface MatchedField {
  readonly name: string
  readonly displayName: string
  readonly refId: string
  readonly values: Values
}

/** The field's config after every matching override, in list order. An unknown matcher matches nothing. */
export function fieldConfigFor(panel: Panel, field: MatchedField): FieldConfig {
  let config = panel.fieldConfig
  for (const o of panel.overrides) {
    if (!matches(o, field)) continue
    for (const p of o.properties) {
      try {
        config = withProperty(config, p.id, p.value, `overrides.${p.id}`)
      } catch {
        // A value of the wrong shape counts as not set: it concerns one field of one panel.
      }
    }
  }
  return config
}

function matches(o: FieldOverride, field: MatchedField): boolean {
  const { id, options } = o.matcher
  switch (id) {
    case 'byName': return options === field.name || options === field.displayName
    case 'byRegexp': case 'byRegexpOrNames': return regexpOf(typeof options === 'string' ? options : isObject(options) ? textOf(options.pattern) : '')?.test(field.displayName) ?? false
    case 'byNames': {
      if (!isObject(options)) return false
      const listed = textsOf(options.names).includes(field.displayName)
      return options.mode === 'exclude' ? !listed : listed
    }
    case 'byFrameRefID': return options === field.refId
    case 'byType': return options === 'number'
    case 'byTypes': return Array.isArray(options) && options.includes('number')
    case 'numeric': return true
    case 'byValue': return isObject(options) && compareReduced(reduceNumber(textOf(options.reducer), field.values), textOf(options.op), numberOf(options.value))
    default: return false
  }
}

function compareReduced(v: number | null, op: string, bound: number | undefined): boolean {
  if (v === null || bound === undefined) return false
  switch (op) {
    case 'eq': return v === bound
    case 'neq': return v !== bound
    case 'lt': return v < bound
    case 'lte': return v <= bound
    case 'gt': return v > bound
    case 'gte': return v >= bound
    default: return false
  }
}

/** `/re/flags` or a plain expression; undefined if it is none, or so long that it could only be an attack. */
function regexpOf(text: string): RegExp | undefined {
  if (text === '' || text.length > 1000) return undefined
  const slashed = /^\/(.*)\/([gimsuy]*)$/s.exec(text)
  try {
    return slashed ? new RegExp(slashed[1]!, slashed[2]!.replace(/[gy]/g, '')) : new RegExp(text)
  } catch {
    return undefined
  }
}
