import { flagOf, isObject, listAt, numberOf, objectsAt, textOf } from './json-reader.ts'
import type { JsonObject, Variable, VariableKind, VariableOption } from './model.ts'

/** The value that stands for every option. */
export const ALL_VALUE = '$__all'

const KINDS: readonly VariableKind[] = ['query', 'custom', 'constant', 'interval', 'textbox', 'datasource', 'adhoc', 'groupby', 'switch']

/** Reads `templating.list`. A variable without a name is left out. */
export function readVariables(v: unknown, path: string, schemaVersion = 100): Variable[] {
  return objectsAt(v, path).filter(j => typeof j.name === 'string' && j.name !== '').map((json, i) => readVariable(json, `${path}[${i}]`, schemaVersion))
}

function readVariable(json: JsonObject, path: string, schemaVersion: number): Variable {
  const hide = json.hide === 2 || json.hideVariable === true ? 2 : json.hide === 1 || json.hideLabel === true ? 1 : 0
  const named = KINDS.find(k => k === json.type) ?? 'unsupported'
  // A constant that people saw could be changed: since schema 27 that is a text box.
  const kind = named === 'constant' && schemaVersion < 27 && hide !== 2 ? 'textbox' : named
  const query = queryText(json)
  const saved = readOptions(json.options, `${path}.options`)
  const options = kind === 'custom' ? json.valuesFormat === 'json' ? jsonOptions(query) : customOptions(query)
    : kind === 'interval' ? intervalOptions(json, query)
    : kind === 'switch' ? switchOptions(json, saved)
    : kind === 'constant' || kind === 'textbox' ? [{ text: query, value: query }]
    : saved
  return {
    name: textOf(json.name),
    label: textOf(json.label) || textOf(json.name),
    kind,
    description: textOf(json.description),
    hide: kind === 'constant' ? 2 : hide,
    multi: flagOf(json.multi),
    includeAll: flagOf(json.includeAll),
    allValue: textOf(json.allValue),
    query,
    regex: textOf(json.regex),
    sort: numberOf(json.sort) ?? 0,
    current: currentValues(json, kind, query, options),
    options,
    raw: json,
  }
}

/** The query as text: a string, or the object of the Prometheus data source. */
function queryText(json: JsonObject): string {
  const { query } = json
  if (typeof query === 'string') return query
  if (isObject(query)) return textOf(query.query) || textOf(json.definition)
  return textOf(json.definition)
}

function readOptions(v: unknown, path: string): VariableOption[] {
  return listAt(v, path).filter(isObject).filter(o => o.value !== ALL_VALUE && typeof o.value === 'string').map(o => ({ text: textOf(o.text, textOf(o.value)), value: textOf(o.value) }))
}

/** The value of an interval that follows the range. */
export function autoIntervalValue(name: string): string {
  return `$__auto_interval_${name}`
}

function intervalOptions(json: JsonObject, query: string): VariableOption[] {
  const list = query.split(',').map(t => t.trim().replace(/^["']|["']$/g, '')).filter(t => t !== '').map(t => ({ text: t, value: t }))
  return flagOf(json.auto) ? [{ text: 'auto', value: autoIntervalValue(textOf(json.name)) }, ...list] : list
}

/** `a,b,key : value`; `\,` is a comma. */
export function customOptions(list: string): VariableOption[] {
  const parts = list.match(/(?:\\,|[^,])+/g) ?? []
  return parts.map(p => {
    const text = p.replaceAll('\\,', ',').trim()
    const pair = /^(.+?)\s:\s(.*)$/s.exec(text)
    return pair ? { text: pair[1]!.trim(), value: pair[2]!.trim() } : { text, value: text }
  }).filter(o => o.value !== '')
}

/** A list in JSON: texts, or objects with `value`, `text` and members of their own. What is no list has no options. */
function jsonOptions(list: string): VariableOption[] {
  let json: unknown
  try {
    json = JSON.parse(list)
  } catch {
    return []
  }
  return (Array.isArray(json) ? json as unknown[] : []).flatMap((o): VariableOption[] => {
    if (!isObject(o)) return typeof o === 'string' || typeof o === 'number' ? [{ text: String(o), value: String(o) }] : []
    const value = textOf(o.value) || textOf(o.text)
    return value === '' ? [] : [{ text: textOf(o.text) || value, value, members: o }]
  })
}

/** The two values of a switch, off first. @see Grafana schema 42: `enabledValue`, `disabledValue` or two options, on first */
function switchOptions(json: JsonObject, saved: readonly VariableOption[]): VariableOption[] {
  const on = textOf(json.enabledValue) || saved[0]?.value || 'true'
  const off = textOf(json.disabledValue) || saved[1]?.value || 'false'
  return [{ text: off, value: off }, { text: on, value: on }]
}

function currentValues(json: JsonObject, kind: VariableKind, query: string, options: readonly VariableOption[]): string[] {
  const current = isObject(json.current) ? json.current.value : undefined
  const values = (Array.isArray(current) ? current : [current]).filter(v => typeof v === 'string' && v !== '').map(v => v === 'All' ? ALL_VALUE : v as string)
  if (kind === 'constant' || kind === 'textbox') return [values[0] ?? query]
  if (kind === 'interval' && values[0]?.startsWith('$__auto') === true) return [flagOf(json.auto) ? autoIntervalValue(textOf(json.name)) : options[0]?.value ?? '']
  if (values.length > 0 || kind === 'groupby') return flagOf(json.multi) || kind === 'groupby' ? values : values.slice(0, 1)
  if (flagOf(json.includeAll)) return [ALL_VALUE]
  return options.length > 0 ? [options[0]!.value] : []
}
