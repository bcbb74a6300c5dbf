import { isObject, listAt, textOf } from './json-reader.ts'
import type { Variable } from './model.ts'

/** A filter that people add to every query of a board. */
export interface AdhocFilter {
  readonly key: string
  readonly operator: '=' | '!=' | '=~' | '!~'
  readonly value: string
}

const OPERATORS: readonly AdhocFilter['operator'][] = ['=~', '!~', '!=', '=']

/** A filter as an address holds it: `key|operator|value`, as in Grafana; `__gfp__` is a bar inside a part. */
export function filterText(f: AdhocFilter): string {
  return [f.key, f.operator, f.value].map(p => p.replaceAll('|', '__gfp__')).join('|')
}

/** Reads `filterText`; undefined for anything else. */
export function parseFilter(text: string): AdhocFilter | undefined {
  const [key, operator, value] = text.split('|').map(p => p.replaceAll('__gfp__', '|'))
  const op = OPERATORS.find(o => o === operator)
  return key === undefined || key === '' || op === undefined || value === undefined ? undefined : { key, operator: op, value }
}

/** The filters that a board's JSON holds for an ad hoc variable, those that always apply first. */
export function savedFilters(variable: Variable): AdhocFilter[] {
  return [...listAt(variable.raw.baseFilters, 'baseFilters'), ...listAt(variable.raw.filters, 'filters')].filter(isObject)
    .flatMap(f => parseFilter(filterText({ key: textOf(f.key), operator: OPERATORS.find(o => o === f.operator) ?? '=', value: textOf(f.value) })) ?? [])
}
