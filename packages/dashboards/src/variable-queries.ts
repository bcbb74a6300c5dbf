import { isObject, textOf } from './json-reader.ts'
import type { Variable, VariableOption } from './model.ts'

/** What a query variable asks the Prometheus data source. */
export type VariableQuery =
  | { readonly kind: 'label_names'; readonly matching?: string }
  | { readonly kind: 'label_values'; readonly label: string; readonly selector?: string }
  | { readonly kind: 'metrics'; readonly matching: string }
  | { readonly kind: 'query_result'; readonly expr: string }
  | { readonly kind: 'series'; readonly selector: string }

/** Reads the text of a query variable, variables already replaced. */
export function parseVariableQuery(text: string): VariableQuery | undefined {
  const t = text.trim()
  if (t === '') return undefined
  const call = /^(label_names|label_values|metrics|query_result)\s*\(([\s\S]*)\)\s*$/.exec(t)
  if (!call) return { kind: 'series', selector: t }
  const inside = call[2]!.trim()
  switch (call[1]) {
    case 'label_names': return inside === '' ? { kind: 'label_names' } : { kind: 'label_names', matching: inside }
    case 'metrics': return { kind: 'metrics', matching: inside }
    case 'query_result': return { kind: 'query_result', expr: inside }
    default: {
      const comma = lastTopLevelComma(inside)
      if (comma === -1) return { kind: 'label_values', label: inside }
      return { kind: 'label_values', selector: inside.slice(0, comma).trim(), label: inside.slice(comma + 1).trim() }
    }
  }
}

/** The last comma outside braces and quotes. */
function lastTopLevelComma(text: string): number {
  let depth = 0
  let quote = ''
  let at = -1
  for (let i = 0; i < text.length; i++) {
    const c = text[i]!
    if (quote !== '') {
      if (c === '\\') i++
      else if (c === quote) quote = ''
    } else if (c === '"' || c === "'" || c === '`') quote = c
    else if (c === '{' || c === '(' || c === '[') depth++
    else if (c === '}' || c === ')' || c === ']') depth--
    else if (c === ',' && depth === 0) at = i
  }
  return at
}

/**
 * The options that a variable offers, made from what the data source answered: filtered by the regular expression, without duplicates, sorted.
 * A regular expression that isn't one filters nothing.
 */
export function variableOptions(variable: Variable, answers: readonly string[]): VariableOption[] {
  const options: VariableOption[] = []
  const seen = new Set<string>()
  const push = (text: string, value: string): void => {
    if (value === '' || seen.has(value)) return
    seen.add(value)
    options.push({ text, value })
  }
  const re = filterOf(variable.regex)
  for (const answer of answers) {
    if (!re) {
      push(answer, answer)
      continue
    }
    for (const m of answer.matchAll(re)) {
      const { value, text } = m.groups ?? {}
      if (value !== undefined || text !== undefined) push(text ?? value!, value ?? text!)
      else push(m[1] ?? m[0], m[1] ?? m[0])
      if (!variable.regex.trim().endsWith('g')) break
    }
  }
  return withStatic(variable, sortOptions(options, variable.sort))
}

/** Options that the board adds to those of the query. */
function withStatic(variable: Variable, options: VariableOption[]): VariableOption[] {
  const { staticOptions, staticOptionsOrder } = variable.raw
  const own = (Array.isArray(staticOptions) ? staticOptions as unknown[] : []).filter(isObject).map(o => ({ value: textOf(o.value), text: textOf(o.text) || textOf(o.value) })).filter(o => o.value !== '')
  if (own.length === 0) return options
  const rest = options.filter(o => !own.some(x => x.value === o.value))
  return staticOptionsOrder === 'after' ? [...rest, ...own] : staticOptionsOrder === 'sorted' ? sortOptions([...own, ...rest], variable.sort) : [...own, ...rest]
}

function filterOf(text: string): RegExp | undefined {
  const t = text.trim()
  if (t === '' || t.length > 1000) return undefined
  const slashed = /^\/(.*)\/([gimsu]*)$/s.exec(t)
  try {
    return slashed ? new RegExp(slashed[1]!, [...new Set(`${slashed[2]!}g`)].join('')) : new RegExp(`^${t}$`, 'g')
  } catch {
    return undefined
  }
}

/** The first digits of a text; -1 without any. */
function firstNumber(text: string): number {
  const m = /\d+/.exec(text)
  return m ? Number(m[0]) : -1
}

/** 0 none, 1/2 by text, 3/4 by number, 5/6 without case, 7/8 natural; odd numbers ascend. */
function sortOptions(options: VariableOption[], sort: number): VariableOption[] {
  if (sort < 1 || sort > 8) return options
  const kind = Math.ceil(sort / 2)
  const compare = kind === 1 ? (a: string, b: string) => a < b ? -1 : a > b ? 1 : 0
    : kind === 2 ? (a: string, b: string) => firstNumber(a) - firstNumber(b)
    : kind === 3 ? (a: string, b: string) => a.toLowerCase() < b.toLowerCase() ? -1 : a.toLowerCase() > b.toLowerCase() ? 1 : 0
    : new Intl.Collator('en', { numeric: true, sensitivity: 'base' }).compare
  const sorted = options.sort((a, b) => compare(a.text, b.text))
  return sort % 2 === 0 ? sorted.reverse() : sorted
}

/** The names of the variables that a text refers to. */
export function referencedVariables(text: string, names: readonly string[]): string[] {
  return names.filter(n => new RegExp(`\\$${n}(?![\\w])|\\$\\{${n}[.:}]|\\[\\[${n}[:\\]]`).test(text))
}
