import { isObject, textOf } from './json-reader.ts'
import type { JsonObject } from './model.ts'

/** The models of library panels by uid; `null`: there is none of that uid. */
export type LibraryModels = ReadonlyMap<string, JsonObject | null>

/** The library panels that a board refers to, each once: panels, those of rows, and elements of model v2. */
export function libraryPanelUids(board: unknown): string[] {
  const found = new Set<string>()
  const root = !isObject(board) ? {} : isObject(board['dashboard']) ? board['dashboard'] : isObject(board['spec']) ? board['spec'] : board
  const look = (panels: unknown): void => {
    for (const p of Array.isArray(panels) ? panels.filter(isObject) : []) {
      const uid = libraryUid(p)
      if (uid !== '') found.add(uid)
      look(p['panels'])
    }
  }
  look(root['panels'])
  if (Array.isArray(root['rows'])) for (const row of root['rows'].filter(isObject)) look(row['panels'])
  if (isObject(root['elements'])) look(Object.values(root['elements']).map(e => isObject(e) ? e['spec'] : undefined))
  return [...found]
}

/** The uid of the library panel that a panel's JSON refers to; '' for none. */
export function libraryUid(panel: JsonObject): string {
  return isObject(panel['libraryPanel']) ? textOf(panel['libraryPanel']['uid']) : ''
}

/** What belongs to a place on a board and not to the panel that stands there. */
const OF_THE_PLACE: ReadonlySet<string> = new Set(['id', 'gridPos', 'libraryPanel', 'repeat', 'repeatDirection', 'maxPerRow'])

/** A panel as its library has it, at its own place; the panel itself where the library is not known. */
export function withLibraryModel(panel: JsonObject, models: LibraryModels | undefined): JsonObject {
  const model = models?.get(libraryUid(panel))
  if (model === undefined || model === null) return panel
  const own = Object.fromEntries(Object.entries(panel).filter(([name]) => OF_THE_PLACE.has(name)))
  return { ...Object.fromEntries(Object.entries(model).filter(([name]) => !OF_THE_PLACE.has(name) || own[name] === undefined)), ...own, title: textOf(panel['title']) || model['title'] }
}

/** A panel that no longer follows its library: all of it stands in the board. */
export function unlinkedPanel(panel: JsonObject, models: LibraryModels): JsonObject {
  const { libraryPanel: _reference, ...rest } = withLibraryModel(panel, models)
  return rest
}

/** A reference to a library panel at the panel's place, as boards keep it. */
export function linkedPanel(panel: JsonObject, library: { readonly uid: string; readonly name: string }): JsonObject {
  return { ...Object.fromEntries(Object.entries(panel).filter(([name]) => OF_THE_PLACE.has(name) || name === 'title')), libraryPanel: library }
}

/** What a library keeps of a panel: everything but its place. */
export function libraryModel(panel: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(panel).filter(([name]) => !OF_THE_PLACE.has(name)))
}
