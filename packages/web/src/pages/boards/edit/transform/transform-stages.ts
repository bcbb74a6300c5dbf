import { answerFrames, fieldName, transformFrames } from '@haechi/dashboards'
import type { Frame, JsonObject, Panel, VariableValues } from '@haechi/dashboards'
import type { QueryResult } from '../../../../panels/panel-result.ts'

/** What is known of the data at one step. */
export interface TransformStage {
  readonly frames: readonly Frame[]
  /** Names under which the columns are known, each once, in the order of the tables. */
  readonly columns: readonly string[]
  /** Labels of the columns of values, in the order of the alphabet. */
  readonly labels: readonly string[]
  /** Letters of the queries that the tables came from. */
  readonly letters: readonly string[]
}

const NOTHING: TransformStage = { frames: [], columns: [], labels: [], letters: [] }

/**
 * The data before the first transformation and after each: one entry more than there are transformations. Without answers every stage is empty.
 *
 * @param transformations  as they stand in the panel's JSON
 */
export function transformStages(panel: Panel | undefined, results: readonly QueryResult[] | undefined, transformations: readonly JsonObject[], variables: VariableValues): readonly TransformStage[] {
  if (panel === undefined || results === undefined) return Array.from({ length: transformations.length + 1 }, () => NOTHING)
  const valuesOf = (name: string): readonly string[] => {
    const v = variables.get(name)
    return v === undefined ? [] : v.verbatim === undefined ? v.values : [v.verbatim]
  }
  let frames: readonly Frame[] = answerFrames(panel, results)
  const out = [stageOf(frames)]
  for (const t of transformations) {
    frames = transformFrames(frames, [t], { valuesOf }).frames
    out.push(stageOf(frames))
  }
  return out
}

function stageOf(frames: readonly Frame[]): TransformStage {
  const columns = new Set<string>()
  const labels = new Set<string>()
  for (const frame of frames) {
    for (const f of frame.fields) {
      columns.add(fieldName(f, frame, frames))
      for (const name of Object.keys(f.labels ?? {})) if (name !== '__name__') labels.add(name)
    }
  }
  return { frames, columns: [...columns], labels: [...labels].sort(), letters: [...new Set(frames.map(f => f.refId))] }
}

/** A list with an item one place on; the same list at its ends. */
export function moved<T>(list: readonly T[], at: number, by: -1 | 1): readonly T[] {
  const other = list[at + by]
  const own = list[at]
  return own === undefined || other === undefined ? list : list.map((x, i) => (i === at ? other : i === at + by ? own : x))
}

/** The order in which `organize` shows columns: those with a place first. */
export function organizedColumns(columns: readonly string[], options: JsonObject): readonly string[] {
  const places = options['indexByName']
  const placeOf = (name: string): number => {
    const n = typeof places === 'object' && places !== null && Object.hasOwn(places, name) ? (places as JsonObject)[name] : undefined
    return typeof n === 'number' ? n : Infinity
  }
  return columns.map((name, i) => ({ name, i, place: placeOf(name) })).sort((a, b) => (a.place === b.place ? a.i - b.i : a.place - b.place)).map(c => c.name)
}
