import { useEffect, useMemo, useState } from 'react'
import { filterText, interpolateQuery, parseFilter, plainValue, referencedVariables, savedFilters, sourceChoice, sourceOf, sourceOptions, validChoice, variableOptions, variableValue, withRange } from '@haechi/dashboards'
import type { DataSourceRef, Dashboard, KnownSource, TimeRange, Variable, VariableOption, VariableValue, VariableValues } from '@haechi/dashboards'
import type { FetchValues } from './types.ts'

/** A variable with what it offers and what is chosen. */
export interface VariableState {
  readonly variable: Variable
  readonly options: readonly VariableOption[]
  readonly chosen: readonly string[]
  readonly error?: string
}

/** The variables of a board, ready to be used. */
export interface BoardVariables {
  readonly states: readonly VariableState[]
  readonly values: VariableValues
  /** False until every query variable has its options, so that nothing is asked with a wrong value. */
  readonly isReady: boolean
}

/** Variables in the order in which each comes after those it refers to; a circle keeps the order of the list. */
export function dependencyOrder(variables: readonly Variable[]): Variable[] {
  const names = variables.map(v => v.name)
  const out: Variable[] = []
  const visiting = new Set<string>()
  const visit = (v: Variable): void => {
    if (out.includes(v) || visiting.has(v.name)) return
    visiting.add(v.name)
    for (const n of referencedVariables(`${v.query} ${v.regex} ${v.kind === 'query' ? variableSource(v)?.uid ?? '' : ''}`, names)) if (n !== v.name) visit(variables.find(x => x.name === n)!)
    out.push(v)
  }
  for (const v of variables) visit(v)
  return out
}

/** The data source that a variable names. */
export function variableSource(v: Variable): DataSourceRef | undefined {
  const ref = v.raw['datasource']
  if (typeof ref === 'string') return { uid: ref }
  const uid = typeof ref === 'object' && ref !== null && 'uid' in ref ? ref.uid : undefined
  return typeof uid === 'string' ? { uid } : undefined
}

/** What is offered without asking: of data sources those that there are. */
function optionsOf(v: Variable, sources: readonly KnownSource[] | undefined): readonly VariableOption[] {
  return v.kind === 'datasource' && sources !== undefined ? sourceOptions(v, sources) : v.options
}

function choiceOf(v: Variable, chosen: readonly string[], options: readonly VariableOption[], sources: readonly KnownSource[] | undefined): readonly string[] {
  return v.kind === 'datasource' && sources !== undefined ? sourceChoice(chosen, options) : validChoice(v, chosen, options)
}

/** Loads the options of query variables, one after the other in the order of their dependencies. */
export async function loadOptions(variables: readonly Variable[], selected: Readonly<Record<string, readonly string[]>>, range: TimeRange, fetchValues: FetchValues, signal: AbortSignal, sources?: readonly KnownSource[]): Promise<ReadonlyMap<string, VariableState>> {
  const states = new Map<string, VariableState>()
  const values = new Map<string, VariableValue>()
  for (const variable of dependencyOrder(variables)) {
    let options: readonly VariableOption[] = optionsOf(variable, sources)
    if (variable.kind === 'adhoc') {
      states.set(variable.name, adhocState(variable, selected))
      continue
    }
    let error: string | undefined
    if (variable.kind === 'groupby') {
      try {
        options = (await fetchValues('label_names()', range, signal)).filter(n => n !== '__name__').map(n => ({ text: n, value: n }))
      } catch (err) {
        if (signal.aborted) throw err
        error = err instanceof Error ? err.message : String(err)
      }
    }
    if (variable.kind === 'query' && variable.otherSource === undefined) {
      try {
        options = variableOptions(variable, await fetchValues(interpolateQuery(variable.query, withRange(values, range)), range, signal, sourceOf(variableSource(variable), values, sources)))
      } catch (err) {
        if (signal.aborted) throw err
        error = err instanceof Error ? err.message : String(err)
      }
    }
    const chosen = choiceOf(variable, selected[variable.name] ?? variable.current, options, sources)
    states.set(variable.name, { variable, options, chosen, ...(error === undefined ? {} : { error }) })
    values.set(variable.name, variableValue(variable, chosen, options))
  }
  return states
}

/** The filters of an ad hoc variable: those of the address, else the board's own. */
function adhocState(variable: Variable, selected: Readonly<Record<string, readonly string[]>>): VariableState {
  return { variable, options: [], chosen: (selected[variable.name] ?? savedFilters(variable).map(filterText)).filter(t => parseFilter(t) !== undefined) }
}

/** The variables of a board with their present choice. Options are loaded once per board and choice, not at every refresh. */
export function useVariables(dashboard: Dashboard, selected: Readonly<Record<string, readonly string[]>> | undefined, range: TimeRange, fetchValues: FetchValues, sources?: readonly KnownSource[]): BoardVariables {
  const { variables } = dashboard
  const choice = JSON.stringify(selected ?? {})
  const needsServer = variables.some(v => v.kind === 'query' && v.otherSource === undefined || v.kind === 'groupby')
  const [loaded, setLoaded] = useState<{ readonly variables: readonly Variable[]; readonly states: ReadonlyMap<string, VariableState> } | undefined>()

  useEffect(() => {
    if (!needsServer) return undefined
    const controller = new AbortController()
    void (async () => {
      try {
        const states = await loadOptions(variables, JSON.parse(choice) as Record<string, string[]>, range, fetchValues, controller.signal, sources)
        if (!controller.signal.aborted) setLoaded({ variables, states })
      } catch {
        // Given up because something newer is asked.
      }
    })()
    return () => controller.abort()
    // The range of a refresh is another object each time; options hardly change with it.
    // oxlint-disable-next-line react-hooks/exhaustive-deps
  }, [variables, choice, needsServer, fetchValues, sources])

  return useMemo(() => {
    const chosenByPeople = JSON.parse(choice) as Record<string, string[]>
    const isReady = !needsServer || loaded?.variables === variables
    const states = variables.map((variable): VariableState => {
      if (variable.kind === 'adhoc') return adhocState(variable, chosenByPeople)
      const known = loaded?.variables === variables ? loaded.states.get(variable.name) : undefined
      const options = known?.options ?? optionsOf(variable, sources)
      const chosen = known === undefined && variable.kind === 'query' ? chosenByPeople[variable.name] ?? variable.current : choiceOf(variable, chosenByPeople[variable.name] ?? variable.current, options, sources)
      return { variable, options, chosen, ...(known?.error === undefined ? {} : { error: known.error }) }
    })
    const values = new Map<string, VariableValue>(states.filter(s => s.variable.kind !== 'adhoc' && s.variable.kind !== 'groupby').map(s => [s.variable.name, variableValue(s.variable, s.chosen, s.options)]))
    values.set('__dashboard', plainValue('__dashboard', dashboard.title))
    return { states, values, isReady }
  }, [variables, choice, loaded, needsServer, sources, dashboard.title])
}
