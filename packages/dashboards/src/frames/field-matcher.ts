import { isObject, numberOf, textOf, textsOf } from '../json-reader.ts'
import { reduceNumber } from '../reducers.ts'
import type { JsonObject } from '../model.ts'
import type { CellType } from './frame.ts'
import type { Values } from '../reducers.ts'

/** What a matcher looks at. */
export interface MatchedField {
  readonly name: string
  readonly displayName: string
  readonly refId: string
  /** Numbers of the field; empty for other kinds. */
  readonly values: Values
  /** Default: number. */
  readonly type?: CellType
  /** Its place among all fields, and among those of times. Default: neither the first nor the first time. */
  readonly isFirst?: boolean
  readonly isFirstTime?: boolean
  /** Settings that the data brought along. */
  readonly config?: JsonObject
}

/** Whether a matcher of an override or transformation chooses a field. An unknown matcher chooses nothing. */
export function fieldMatches(id: string, options: unknown, field: MatchedField): boolean {
  const type = field.type ?? 'number'
  switch (id) {
    case 'byName': return options === field.name || options === field.displayName
    case 'byRegexp': case 'byRegexpOrNames': {
      if (isObject(options) && textsOf(options.names).includes(field.displayName)) return true
      return patternOf(typeof options === 'string' ? options : isObject(options) ? textOf(options.pattern) : '')?.test(field.displayName) ?? false
    }
    case 'byNames': {
      const names = isObject(options) ? textsOf(options.names) : textsOf(options)
      const listed = names.includes(field.displayName) || names.includes(field.name)
      return isObject(options) && options.mode === 'exclude' ? !listed : listed
    }
    case 'byFrameRefID': return options === field.refId
    case 'byType': return options === type
    case 'byTypes': return Array.isArray(options) && options.includes(type)
    case 'numeric': return type === 'number'
    case 'time': return type === 'time'
    case 'first': return field.isFirst === true
    case 'firstTimeField': return field.isFirstTime === true
    // "All zero" and "all empty" are answers already: what they are compared with doesn't count.
    case 'byValue': return type === 'number' && isObject(options) && (textOf(options.reducer).startsWith('allIs') ? reduceNumber(textOf(options.reducer), field.values) === 1 : compareReduced(reduceNumber(textOf(options.reducer), field.values), textOf(options.op), numberOf(options.value)))
    default: return false
  }
}

function compareReduced(v: number | null, op: string, limit: number | undefined): boolean {
  if (v === null || limit === undefined) return false
  switch (op) {
    case 'eq': return v === limit
    case 'neq': return v !== limit
    case 'lt': return v < limit
    case 'lte': return v <= limit
    case 'gt': return v > limit
    case 'gte': return v >= limit
    default: return false
  }
}

/** `/re/flags` or a plain expression; undefined if it is none, or so long that it could only be an attack. */
export function patternOf(text: string): RegExp | undefined {
  if (text === '' || text.length > 1000) return undefined
  const slashed = /^\/(.*)\/([gimsuy]*)$/s.exec(text)
  try {
    return slashed ? new RegExp(slashed[1]!, slashed[2]!.replace(/[gy]/g, '')) : new RegExp(text)
  } catch {
    return undefined
  }
}

/** `/re/flags`, named groups and all; undefined for any other text. */
export function slashedPattern(text: string): RegExp | undefined {
  return text.startsWith('/') ? patternOf(text) : undefined
}
