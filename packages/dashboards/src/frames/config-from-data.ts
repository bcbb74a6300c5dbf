import { isObject, numberOf, textOf } from '../json-reader.ts'
import { reducer } from '../reducers.ts'
import { matchedColumn } from './arrange.ts'
import { reduceCells } from './compute.ts'
import { fieldMatches } from './field-matcher.ts'
import { fieldName } from './frame.ts'
import type { JsonObject } from '../model.ts'
import type { Cell, Frame } from './frame.ts'

/** Settings that a column of numbers or texts can give to others. */
const HANDLERS: ReadonlySet<string> = new Set(['min', 'max', 'unit', 'decimals', 'displayName', 'color', 'threshold1', 'mappings.value', 'mappings.color', 'mappings.text'])

/** What one column says about others. */
interface ConfigRule {
  readonly handler: string
  readonly calc: string
  readonly color: string
}

function ruleOf(name: string, mappings: readonly JsonObject[]): ConfigRule | undefined {
  const mapping = mappings.find(m => m['fieldName'] === name)
  const handler = mapping === undefined ? name.toLowerCase() : textOf(mapping['handlerKey'])
  if (!HANDLERS.has(handler)) return undefined
  const args = isObject(mapping?.['handlerArguments']) ? mapping['handlerArguments'] : {}
  const threshold = isObject(args['threshold']) ? args['threshold'] : {}
  const calc = textOf(mapping?.['reducerId'])
  return { handler, calc: reducer(calc) === undefined ? 'lastNotNull' : calc, color: textOf(threshold['color'], 'red') }
}

/**
 * configFromData: the first table of one query says unit, ends, limits or mappings of the columns of the others, and is left out.
 *
 * @see Grafana `public/app/features/transformers/configFromQuery/configFromQuery.ts`
 */
export function configFromData(frames: readonly Frame[], options: JsonObject): readonly Frame[] {
  const letter = textOf(options['configRefId'], 'config')
  const source = frames.find(f => f.refId === letter)
  if (source === undefined) return frames
  const mappings = Array.isArray(options['mappings']) ? (options['mappings'] as unknown[]).filter(isObject) : []
  const config = dataConfig(source, mappings)
  const applyTo = isObject(options['applyTo']) ? options['applyTo'] : { id: 'numeric' }
  return frames.filter(f => f !== source || frames.length === 1).map(frame => ({
    ...frame,
    fields: frame.fields.map(f => fieldMatches(textOf(applyTo['id']), applyTo['options'], matchedColumn(f, frame, frames)) ? { ...f, config: { ...f.config, ...config } } : f),
  }))
}

function dataConfig(source: Frame, mappings: readonly JsonObject[]): JsonObject {
  const config: Record<string, unknown> = {}
  const steps: { value: number; color: string }[] = []
  const lists = new Map<string, readonly Cell[]>()
  for (const field of source.fields) {
    const rule = ruleOf(fieldName(field, source, [source]), mappings)
    if (rule === undefined) continue
    if (rule.handler.startsWith('mappings.')) {
      lists.set(rule.handler, Array.from(field.values))
      continue
    }
    const value = reduceCells(rule.calc, field)
    if (value === null || typeof value === 'object') continue
    const n = numberOf(value)
    switch (rule.handler) {
      case 'min': case 'max': if (n !== undefined) config[rule.handler] = n; break
      case 'decimals': if (n !== undefined && Number.isInteger(n) && n >= 0 && n <= 15) config['decimals'] = n; break
      case 'unit': case 'displayName': config[rule.handler] = String(value); break
      case 'color': config['color'] = { mode: 'fixed', fixedColor: String(value) }; break
      case 'threshold1': if (n !== undefined) steps.push({ value: n, color: rule.color }); break
    }
  }
  if (steps.length > 0) config['thresholds'] = { mode: 'absolute', steps: [{ value: null, color: 'green' }, ...steps.sort((a, b) => a.value - b.value)] }
  const values = lists.get('mappings.value')
  if (values !== undefined) {
    const part = (name: string, i: number, member: string): JsonObject => typeof lists.get(name)?.[i] === 'string' || typeof lists.get(name)?.[i] === 'number' ? { [member]: String(lists.get(name)![i]) } : {}
    const entries = values.map((v, i) => [String(v), { ...part('mappings.text', i, 'text'), ...part('mappings.color', i, 'color'), index: i }] as const)
    config['mappings'] = [{ type: 'value', options: Object.fromEntries(entries.filter((_, i) => values[i] !== null)) }]
  }
  return config
}
