import { interpolateText } from './interpolate.ts'
import type { VariableValues } from './interpolate.ts'
import type { DataSourceRef, Variable, VariableOption } from './model.ts'

/** A data source that there is. */
export interface KnownSource {
  readonly uid: string
  readonly name: string
  /** Grafana's plugin id, e.g. `prometheus`. */
  readonly type: string
  /** What is meant where none is named. */
  readonly isDefault: boolean
  /** Our own storage. */
  readonly isOwn: boolean
}

/** The value of a data source variable that follows the default one. */
const DEFAULT_SOURCE = 'default'

/** Kinds that answer PromQL. */
const PROMQL: ReadonlySet<string> = new Set(['prometheus', 'victoriametrics-metrics-datasource', 'victoriametrics-datasource', 'mimir', 'thanos', 'cortex'])

/** The sources that answer PromQL, our own one first. */
export function promqlSources(sources: readonly KnownSource[]): KnownSource[] {
  return sources.filter(s => s.isOwn || PROMQL.has(s.type)).sort((a, b) => Number(b.isOwn) - Number(a.isOwn))
}

/**
 * The data source that a reference means: by uid, by name, through variables; what names none, or one that there is not, means the default one, as boards of other
 * installations do. @returns its uid; undefined for our own storage
 */
export function sourceOf(ref: DataSourceRef | undefined, values: VariableValues, sources: readonly KnownSource[] | undefined): string | undefined {
  if (sources === undefined || sources.length < 2) return undefined
  const named = interpolateText(ref?.uid ?? '', values).trim()
  const able = promqlSources(sources)
  const found = able.find(s => s.uid === named) ?? able.find(s => s.name === named) ?? able.find(s => s.isDefault)
  return found === undefined || found.isOwn ? undefined : found.uid
}

/** What a data source variable offers: the default one, and those of its kind whose name fits its pattern. */
export function sourceOptions(variable: Variable, sources: readonly KnownSource[]): VariableOption[] {
  const fits = patternOf(variable.regex)
  const isOfKind = (s: KnownSource): boolean => (variable.query === '' || PROMQL.has(variable.query) ? s.isOwn || PROMQL.has(s.type) : s.type === variable.query)
  const all = sources.filter(s => isOfKind(s) && fits(s.name))
  return [...(all.some(s => s.isDefault) || all.length === 0 ? [{ text: DEFAULT_SOURCE, value: DEFAULT_SOURCE }] : []), ...all.map(s => ({ text: s.name, value: s.uid }))]
}

/** The choice of a data source variable: files name sources by uid or by name; one that there is not becomes the first that is offered. */
export function sourceChoice(chosen: readonly string[], options: readonly VariableOption[]): string[] {
  const known = chosen.flatMap(c => options.find(o => o.value === c)?.value ?? options.find(o => o.text === c)?.value ?? [])
  return known.length > 0 ? known : options.slice(0, 1).map(o => o.value)
}

/** A pattern as Grafana writes it: `/…/` or plain; look-ahead is usual here, so it is JavaScript's. A broken one fits everything. */
function patternOf(text: string): (name: string) => boolean {
  if (text === '') return () => true
  try {
    const parts = /^\/(.*)\/([a-z]*)$/s.exec(text)
    const re = new RegExp(parts?.[1] ?? text, parts?.[2] ?? '')
    return name => re.test(name)
  } catch {
    return () => true
  }
}
