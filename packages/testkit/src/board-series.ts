import { interpolateQuery, panelQueries, parseVariableQuery, placeBoard, readDashboard, referencedVariables, validChoice, variableOptions, variableValue, withRange, withScoped } from '@haechi/dashboards'
import type { Dashboard, Panel, Variable, VariableOption, VariableValue, VariableValues } from '@haechi/dashboards'
import type { QueryEngine } from '@haechi/storage'
import { boardEngine, variableAnswers } from './board-engine.ts'
import { queryDemands } from './query-demands.ts'
import { SeriesWorld } from './series-world.ts'
import type { BoardSeries } from './series-world.ts'

/** Where made-up data ends if nobody says otherwise, Unix ms. */
export const BOARD_END_MS = 1_700_003_600_000
const RANGE_MS = 3_600_000
/** Each round may choose other values of variables, which ask for other series. */
const MOST_ROUNDS = 8

/**
 * The series that a board's queries, variables and annotations ask for, made from the syntax of the queries: metric names, filters and regular
 * expressions, labels of groupings, joins, legends and transformations, buckets, values that comparisons let pass. Variables are resolved with the
 * made-up data until they choose the same again, so that filters by them find it.
 */
export async function boardSeries(json: unknown, endMs: number = BOARD_END_MS): Promise<BoardSeries[]> {
  const board = readDashboard(json)
  const world = new SeriesWorld()
  const range = { startMs: endMs - RANGE_MS, endMs }
  for (let round = 0; round < MOST_ROUNDS; round++) {
    const before = world.size
    const values = await chosenValues(board, world, endMs)
    const isClosed = new Set(board.rows.filter(r => r.collapsed).map(r => r.id))
    for (const placed of placeBoard(board, values, isClosed)) {
      if (placed.kind !== 'panel') continue
      const { panel } = placed
      for (const query of panelQueries(panel, { range, widthPx: 600, variables: panel.scopedVars === undefined ? values : withScoped(values, panel.scopedVars) })) {
        const legend = [...query.legend.matchAll(/\{\{\s*([\w.]+)\s*\}\}/g)].map(m => m[1]!)
        world.add(queryDemands(query.expr, [...legend, ...labelsNamed(panel)]))
      }
    }
    for (const a of board.annotations) if (a.kind === 'prometheus') world.add(queryDemands(interpolateQuery(a.expr, withRange(values, range)), a.tagKeys))
    world.series()
    if (round > 0 && world.size === before) break
  }
  return world.series()
}

/** What the board's variables choose where only the made-up data is there; what they ask for is made first. */
async function chosenValues(board: Dashboard, world: SeriesWorld, endMs: number): Promise<VariableValues> {
  const values = new Map<string, VariableValue>()
  const range = { startMs: endMs - RANGE_MS, endMs }
  let engine: QueryEngine | undefined
  let engineSize = 0
  for (const v of inOrder(board.variables)) {
    if (v.kind === 'adhoc') continue
    let options: readonly VariableOption[] = v.options
    if (v.kind === 'query' && v.otherSource === undefined) {
      const text = interpolateQuery(v.query, withRange(values, range))
      demandVariable(v, text, world)
      const size = world.size
      if (engine === undefined || size !== engineSize) {
        engine = boardEngine(world.series(), endMs - 900_000, endMs, 60_000)
        engineSize = size
      }
      options = variableOptions(v, await variableAnswers(engine, text, range))
    }
    values.set(v.name, variableValue(v, validChoice(v, v.current, options), options))
  }
  return values
}

function inOrder(variables: readonly Variable[]): Variable[] {
  const names = variables.map(v => v.name)
  const out: Variable[] = []
  const seen = new Set<string>()
  const visit = (v: Variable): void => {
    if (seen.has(v.name)) return
    seen.add(v.name)
    for (const n of referencedVariables(`${v.query} ${v.regex}`, names)) visit(variables.find(x => x.name === n)!)
    out.push(v)
  }
  for (const v of variables) visit(v)
  return out
}

function demandVariable(v: Variable, text: string, world: SeriesWorld): void {
  const q = parseVariableQuery(text)
  switch (q?.kind) {
    case 'label_values':
      if (v.regex !== '') world.shape(q.label, v.regex)
      return world.add(queryDemands(q.selector === undefined || q.selector === '{}' ? 'up' : q.selector, [q.label]))
    case 'query_result': case 'series': {
      const named = [...v.regex.replaceAll('\\b', '').matchAll(/(\w+)="/g)].map(m => m[1]!)
      return world.add(queryDemands(q.kind === 'query_result' ? q.expr : q.selector, named))
    }
    case 'metrics': return world.add(queryDemands(`{__name__=~${JSON.stringify(q.matching)}}`, []))
    default:
  }
}

/** The labels that a panel's transformations and choices speak of. */
function labelsNamed(panel: Panel): string[] {
  const chosen = /"fields":"\/\^(\w+)\$\/"/.exec(JSON.stringify(panel.options['reduceOptions'] ?? {}))?.[1]
  const by = panel.transformations.flatMap(t => {
    const options = t['options'] as { byField?: unknown; fields?: unknown; include?: { pattern?: unknown; names?: unknown }; rowField?: unknown; columnField?: unknown; indexByName?: object; renameByName?: object } | undefined
    const pattern = options?.include?.pattern
    const names = options?.include?.names
    return [
      options?.byField, options?.rowField, options?.columnField, ...Object.keys(options?.indexByName ?? {}), ...Object.keys(options?.renameByName ?? {}), ...(typeof options?.fields === 'object' && options.fields !== null ? Object.keys(options.fields) : []),
      ...(typeof pattern === 'string' ? pattern.replace(/[^\w|]/g, '').split('|') : []), ...(Array.isArray(names) ? names as unknown[] : []),
    ]
  })
  return [chosen, ...by].filter((n): n is string => typeof n === 'string' && /^[a-z]\w*$/.test(n) && n !== 'le')
}
