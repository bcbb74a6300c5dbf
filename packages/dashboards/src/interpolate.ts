import { escapePattern } from './promql-text.ts'
import { intOf, textOf } from './json-reader.ts'
import { ALL_VALUE, autoIntervalValue } from './read-variables.ts'
import { calculateIntervalMs, intervalText, parseDurationMs } from './time/duration.ts'
import { formatDatePattern } from './units/dates.ts'
import type { JsonObject, Variable, VariableOption } from './model.ts'

/** A variable with its present choice. */
export interface VariableValue {
  readonly name: string
  /** All expanded; empty when there is nothing to choose from. */
  readonly values: readonly string[]
  readonly texts: readonly string[]
  /** multi or includeAll: written as a regular expression in PromQL. */
  readonly many: boolean
  /** All with an `allValue`: written as it is, in no format. */
  readonly verbatim?: string
  readonly isAll: boolean
  /** An interval that follows the range: what stands for it is known only then, see `withAutoIntervals`. */
  readonly auto?: AutoSteps
  /** Members of the chosen option, for `${name.member}`. */
  readonly members?: JsonObject
}

/** How an interval follows the range: as many steps as `count`, none shorter than `minMs`. */
export interface AutoSteps {
  readonly count: number
  readonly minMs: number
}

/** Present choices by variable name. */
export type VariableValues = ReadonlyMap<string, VariableValue>

/** `$name`, `${name}`, `${name:format}`, `${name.field}`, `[[name]]`, `[[name:format]]`. */
const VARIABLE = /\$(\w+)|\$\{(\w+)(?:\.([^:^}]+))?(?::([^}]+))?\}|\[\[(\w+?)(?::(\w+))?\]\]/g

/** Writes the values of one reference; undefined leaves the reference as it stands. */
export type ReferenceWriter = (name: string, format: string | undefined, field: string | undefined) => string | undefined

/** Replaces every variable reference in a text. Unknown names stay as written. */
export function replaceReferences(text: string, write: ReferenceWriter): string {
  if (!text.includes('$') && !text.includes('[[')) return text
  return text.replace(VARIABLE, (whole, plain?: string, braced?: string, field?: string, format?: string, bracketed?: string, bracketFormat?: string) =>
    write((plain ?? braced ?? bracketed)!, format ?? bracketFormat, field) ?? whole)
}

/** Replaces variables in a query by the rules of the Prometheus data source. */
export function interpolateQuery(text: string, values: VariableValues): string {
  return replaceReferences(text, (name, format, field) => {
    const v = values.get(name)
    if (!v) return undefined
    const member = memberText(v, field)
    if (member !== undefined) return member
    if (format !== undefined) return formatValues(v, format)
    if (v.verbatim === undefined) return promqlValue(v)
    // What stands for All may name other variables, but not itself.
    return v.verbatim.includes('$') ? interpolateQuery(v.verbatim, new Map([...values].filter(([n]) => n !== name))) : v.verbatim
  })
}

/** Replaces variables in a title or a text panel: values as people read them. */
export function interpolateText(text: string, values: VariableValues): string {
  return replaceReferences(text, (name, format, field) => {
    const v = values.get(name)
    if (!v) return undefined
    const member = memberText(v, field)
    if (member !== undefined) return member
    if (format !== undefined) return formatValues(v, format)
    return v.isAll ? 'All' : v.texts.join(' + ')
  })
}

/** Replaces variables where nothing says how: the value, several as `{a,b}`. Legends are written so. */
export function interpolateValues(text: string, values: VariableValues): string {
  return replaceReferences(text, (name, format) => {
    const v = values.get(name)
    return v === undefined ? undefined : formatValues(v, format ?? 'glob')
  })
}

/**
 * A value inside a PromQL string literal. Without multi and All: backslash doubled, single quote behind two backslashes. Else a regular
 * expression whose metacharacters carry two backslashes, because the string literal takes one.
 */
function promqlValue(v: VariableValue): string {
  if (!v.many) return (v.values[0] ?? '').replace(/\\/g, '\\\\').replace(/'/g, String.raw`\\'`)
  const escaped = v.values.map(x => x.replace(/\\/g, String.raw`\\\\`).replace(/[$^*{}[\]+?.()|]/g, String.raw`\\$&`))
  return escaped.length === 1 ? escaped[0]! : `(${escaped.join('|')})`
}

/** Values in one of Grafana's formats; an unknown format is glob. */
export function formatValues(v: VariableValue, format: string): string {
  const [id, ...args] = format.split(':')
  const list = v.verbatim === undefined ? v.values : [v.verbatim]
  switch (id) {
    case 'raw': case 'csv': return list.join(',')
    case 'pipe': return list.join('|')
    case 'regex': return v.verbatim ?? (list.length === 1 ? escapePattern(list[0]!) : `(${list.map(escapePattern).join('|')})`)
    case 'distributed': return list.map((x, i) => i === 0 ? x : `${v.name}=${x}`).join(',')
    case 'json': return list.length === 1 ? JSON.stringify(list[0]) : JSON.stringify(list)
    case 'html': return list.map(escapeHtml).join(', ')
    case 'percentencode': return encodeURIComponent(glob(list)).replace(/[!'()*]/g, c => `%${c.charCodeAt(0).toString(16).toUpperCase()}`)
    case 'uriencode': return encodeURI(glob(list))
    case 'singlequote': return list.map(x => `'${x.replace(/'/g, String.raw`\'`)}'`).join(',')
    case 'doublequote': return list.map(x => `"${x.replace(/"/g, String.raw`\"`)}"`).join(',')
    case 'sqlstring': return list.map(x => `'${x.replace(/'/g, "''")}'`).join(',')
    case 'lucene': return list.length === 0 ? '__empty__' : list.length === 1 ? luceneEscape(list[0]!) : `(${list.map(x => `"${luceneEscape(x)}"`).join(' OR ')})`
    case 'text': return v.isAll ? 'All' : v.texts.join(' + ')
    case 'queryparam': return v.isAll ? `var-${v.name}=${encodeURIComponent('$__all')}` : list.map(x => `var-${v.name}=${encodeURIComponent(x)}`).join('&')
    case 'join': return list.join(args[0] ?? ',')
    case 'date': {
      const t = Number(list[0])
      if (!Number.isFinite(t)) return list.join(',')
      const pattern = args.join(':')
      if (pattern === '' || pattern === 'iso') return new Date(t).toISOString()
      return pattern === 'seconds' ? String(Math.round(t / 1000)) : pattern === 'ms' ? String(t) : formatDatePattern(t, pattern)
    }
    default: return glob(list)
  }
}

function glob(list: readonly string[]): string {
  return list.length === 1 ? list[0]! : `{${list.join(',')}}`
}

function luceneEscape(x: string): string {
  return x.replace(/[!*+\-=<>\s&|()[\]{}^~?:\\/"]/g, String.raw`\$&`)
}

/** Text as HTML shows it. */
export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, c => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' })[c]!)
}

/** A value that was not chosen by anybody, e.g. `$__interval`. */
export function plainValue(name: string, value: string): VariableValue {
  return { name, values: [value], texts: [value], many: false, isAll: false }
}

function autoSteps(variable: Variable): AutoSteps {
  return { count: intOf(variable.raw['auto_count'], 30, 1, 10_000), minMs: parseDurationMs(textOf(variable.raw['auto_min'], '10s')) ?? 10_000 }
}

/** Intervals that follow the range get their length in it. @see Grafana scenes, `IntervalVariable` */
export function withAutoIntervals(values: VariableValues, range: { readonly startMs: number; readonly endMs: number }): VariableValues {
  let out: Map<string, VariableValue> | undefined
  for (const v of values.values()) {
    if (v.auto === undefined) continue
    const text = intervalText(calculateIntervalMs(range.endMs - range.startMs, v.auto.count, v.auto.minMs))
    out ??= new Map(values)
    out.set(v.name, { ...v, values: [text] })
  }
  return out ?? values
}

/**
 * The present choice of a variable.
 *
 * @param selected  from the URL; absent: the dashboard's own
 * @param options   what there is to choose from, when a data source was asked; absent: what the dashboard says
 */
export function variableValue(variable: Variable, selected?: readonly string[], options: readonly VariableOption[] = variable.options): VariableValue {
  const chosen = (selected ?? variable.current).map(v => v === 'All' && variable.includeAll ? ALL_VALUE : v)
  const many = variable.multi || variable.includeAll
  if (chosen.includes(ALL_VALUE)) {
    const isAll = true
    // Repeats have a copy for every option also where queries write something shorter.
    return { name: variable.name, values: options.map(o => o.value), texts: options.map(o => o.text), many, ...(variable.allValue === '' ? {} : { verbatim: variable.allValue }), isAll }
  }
  const auto = variable.kind === 'interval' && chosen[0] === autoIntervalValue(variable.name) ? { auto: autoSteps(variable) } : {}
  return { name: variable.name, values: chosen, texts: chosen.map(c => options.find(o => o.value === c)?.text ?? c), many, ...auto, ...membersOf(chosen, options), isAll: false }
}

function membersOf(chosen: readonly string[], options: readonly VariableOption[]): Pick<VariableValue, 'members'> {
  const members = options.find(o => o.value === chosen[0])?.members
  return members === undefined ? {} : { members }
}

/** The member of an option that a reference names; undefined where there is none. */
function memberText(v: VariableValue, field: string | undefined): string | undefined {
  return field === undefined || v.members === undefined || !Object.hasOwn(v.members, field) ? undefined : textOf(v.members[field])
}

/** Keeps what is still on offer: an invalid choice becomes the first option, or All. */
export function validChoice(variable: Variable, chosen: readonly string[], options: readonly VariableOption[]): readonly string[] {
  if (variable.kind === 'textbox' || variable.kind === 'constant' || variable.kind === 'groupby') return chosen
  if (chosen.includes(ALL_VALUE) && variable.includeAll) return chosen
  const valid = chosen.filter(c => options.some(o => o.value === c))
  if (valid.length > 0) return variable.multi ? valid : valid.slice(0, 1)
  if (options.length > 0) return variable.includeAll && chosen.length === 0 ? [ALL_VALUE] : [options[0]!.value]
  return variable.includeAll ? [ALL_VALUE] : chosen
}
