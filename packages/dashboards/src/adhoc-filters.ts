import { isObject, listAt, textOf, textsOf } from './json-reader.ts'
import { escapePattern } from './promql-text.ts'
import type { Variable } from './model.ts'

/** A filter that people add to every query of a board. */
export interface AdhocFilter {
  readonly key: string
  /** `=|` and `!=|`: one of several values, or none of them. `<` and `>` are Grafana's; PromQL has no such matcher. */
  readonly operator: '=' | '!=' | '=~' | '!~' | '=|' | '!=|' | '<' | '>'
  readonly value: string
  /** Of `=|` and `!=|`: all of them, `value` is the first. */
  readonly values?: readonly string[]
}

/** The comparisons of filters, longest first. */
export const FILTER_OPERATORS: readonly AdhocFilter['operator'][] = ['!=|', '=|', '=~', '!~', '!=', '=', '<', '>']

const escaped = (part: string): string => part.replaceAll('|', '__gfp__').replaceAll(',', '__gfc__').replaceAll('#', '__gfh__')
/** A part of an address; behind a comma stands how the value is called. */
const unescaped = (part: string): string => part.split(',')[0]!.replaceAll('__gfp__', '|').replaceAll('__gfc__', ',').replaceAll('__gfh__', '#')

/** A filter as an address holds it: `key|operator|value…`, as in Grafana; `__gfp__`, `__gfc__`, `__gfh__` are `|`, `,` and `#` inside a part. */
export function filterText(f: AdhocFilter): string {
  return [f.key, f.operator, ...f.values ?? [f.value]].map(escaped).join('|')
}

/** Reads `filterText`; undefined for anything else. */
export function parseFilter(text: string): AdhocFilter | undefined {
  const [key, operator, ...values] = text.split('|').map(unescaped)
  const op = FILTER_OPERATORS.find(o => o === operator)
  if (key === undefined || key === '' || op === undefined || values.length === 0) return undefined
  return { key, operator: op, value: values[0]!, ...(isOneOf(op) ? { values } : {}) }
}

/** Whether an operator takes several values. */
export function isOneOf(operator: AdhocFilter['operator']): boolean {
  return operator === '=|' || operator === '!=|'
}

/** A filter as a matcher of PromQL; undefined where PromQL has none. */
export function filterMatcher(f: AdhocFilter): { readonly operator: string; readonly value: string } | undefined {
  if (f.operator === '<' || f.operator === '>') return undefined
  return isOneOf(f.operator) ? { operator: f.operator === '=|' ? '=~' : '!~', value: (f.values ?? [f.value]).map(escapePattern).join('|') } : { operator: f.operator, value: f.value }
}

/** The filters that a board's JSON holds for an ad hoc variable, those that always apply first. */
export function savedFilters(variable: Variable): AdhocFilter[] {
  return [...listAt(variable.raw.baseFilters, 'baseFilters'), ...listAt(variable.raw.filters, 'filters')].filter(isObject).flatMap(f => {
    const operator = FILTER_OPERATORS.find(o => o === f.operator) ?? '='
    const key = textOf(f.key)
    return key === '' ? [] : [{ key, operator, value: textOf(f.value), ...(isOneOf(operator) ? { values: Array.isArray(f.values) ? textsOf(f.values) : [textOf(f.value)] } : {}) }]
  })
}
