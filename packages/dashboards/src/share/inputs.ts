import { isOtherKind } from '../data-source.ts'
import { isObject, listAt, objectAt, textOf } from '../json-reader.ts'
import { DashboardError } from '../model.ts'
import type { JsonObject } from '../model.ts'

/** What an exported board asks for when it is imported. */
export interface BoardInput {
  /** As it stands in the JSON: `${DS_PROMETHEUS}`. */
  readonly name: string
  readonly label: string
  readonly kind: 'datasource' | 'constant'
  readonly description: string
  /** Of a data source: its kind, e.g. `prometheus`. */
  readonly pluginId: string
  /** What is used when nothing is chosen. */
  readonly value: string
}

/** The board itself, also where it is wrapped as `{dashboard}`. */
function rootOf(json: unknown): JsonObject {
  if (!isObject(json)) throw new DashboardError('', 'a dashboard must be an object')
  return isObject(json.dashboard) && json.panels === undefined && json.rows === undefined && json.elements === undefined ? json.dashboard : json
}

/** What an exported board asks for (`__inputs`). @throws DashboardError naming the place */
export function boardInputs(json: unknown): BoardInput[] {
  return listAt(rootOf(json).__inputs, '__inputs').map((v, i): BoardInput => {
    const input = objectAt(v, `__inputs[${i}]`)
    const name = textOf(input.name)
    if (name === '') throw new DashboardError(`__inputs[${i}].name`, 'an input needs a name')
    return { name, label: textOf(input.label) || name, kind: input.type === 'constant' ? 'constant' : 'datasource', description: textOf(input.description), pluginId: textOf(input.pluginId), value: textOf(input.value) }
  })
}

/**
 * An exported board with its inputs filled in: `${NAME}` becomes the chosen value wherever it stands, in texts too; `__inputs`, `__requires` and `__elements` are taken
 * away, as Grafana does it. Every other member stays.
 *
 * @param values  by the inputs' names; a constant that is missing gets the file's value, a data source becomes the default
 *   one, or, where it is of a kind that we don't have, is called by its kind
 * @throws DashboardError when it is no dashboard
 */
export function resolveInputs(json: unknown, values: Readonly<Record<string, string>>): JsonObject {
  const root = rootOf(json)
  const inputs = boardInputs(root)
  const { __inputs: _inputs, __requires: _requires, __elements: _elements, ...board } = root
  if (inputs.length === 0) return board
  const chosen = new Map(inputs.map(i => [i.name, values[i.name] || i.value || (i.kind === 'datasource' && isOtherKind(i.pluginId) ? i.pluginId : '')]))
  return replaced(board, chosen) as JsonObject
}

function replaced(v: unknown, chosen: ReadonlyMap<string, string>): unknown {
  if (typeof v === 'string') return v.includes('${') ? v.replace(/\$\{([^}:]+)\}/g, (all, name: string) => chosen.get(name) ?? all) : v
  if (Array.isArray(v)) return v.map(x => replaced(x, chosen))
  if (!isObject(v)) return v
  return Object.fromEntries(Object.entries(v).map(([name, x]) => [name, replaced(x, chosen)]))
}
