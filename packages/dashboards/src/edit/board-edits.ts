import { isObject, numberOf, textOf } from '../json-reader.ts'
import { currentPanelType, gridFromRows, migratePanel } from '../migrate.ts'
import { classicFromV2 } from '../read-v2.ts'
import type { GridPos, JsonObject } from '../model.ts'
import { clampPos, freePlace } from './grid.ts'
import { jsonAt, sameJson, withJson } from './json-edit.ts'
import type { JsonPath } from './json-edit.ts'

/** A board as it is edited: the classic model, every panel with an id of its own. */
export interface EditableBoard {
  readonly board: JsonObject
  /** The form it had, where saving gives it another: Grafana's newer model (v2) or rows of before schema 16. */
  readonly converted?: 'v2' | 'rows'
}

/** A panel or row of a board's JSON. */
export interface PanelPlace {
  readonly id: number
  readonly path: JsonPath
  readonly json: JsonObject
  readonly isRow: boolean
  readonly pos: GridPos
}

/** Before schema 16 rows held the panels. */
const GRID_SCHEMA = 16

/**
 * The JSON of a board in the form that is edited here. Already classic boards keep every member; panels without an id, or with one that is taken, get one.
 * Accepts what `readDashboard` accepts.
 */
export function editableBoard(json: JsonObject): EditableBoard {
  const spec = isObject(json.spec) ? json.spec : undefined
  const isV2 = json.elements !== undefined || spec?.elements !== undefined
  if (isV2) {
    const uid = isObject(json.metadata) ? textOf(json.metadata.name) : textOf(json.uid)
    return { board: withIds(classicFromV2(spec ?? json, '', uid)), converted: 'v2' }
  }
  if (spec !== undefined && typeof json.apiVersion === 'string') return { board: withIds({ ...spec, ...(isObject(json.metadata) ? { uid: textOf(json.metadata.name) } : {}) }) }
  if (isObject(json.dashboard) && json.panels === undefined && json.rows === undefined) return editableBoard(json.dashboard)
  if (json.panels === undefined && Array.isArray(json.rows) && json.rows.length > 0) {
    const { rows, ...rest } = json
    return { board: withIds({ ...rest, schemaVersion: Math.max(GRID_SCHEMA, numberOf(json.schemaVersion) ?? 0), panels: gridFromRows((rows as unknown[]).filter(isObject), 'rows') }), converted: 'rows' }
  }
  return { board: withIds(json) }
}

function withIds(board: JsonObject): JsonObject {
  const taken = new Set<number>()
  let next = highestId(board) + 1
  let out = board
  for (const { path, json } of walk(board)) {
    const id = numberOf(json.id)
    if (id !== undefined && !taken.has(id)) taken.add(id)
    else {
      taken.add(next)
      out = withJson(out, [...path, 'id'], next++)
    }
  }
  return out
}

function* walk(board: JsonObject): Generator<{ readonly path: JsonPath; readonly json: JsonObject }> {
  const list = Array.isArray(board.panels) ? (board.panels as readonly unknown[]) : []
  for (const [i, p] of list.entries()) {
    if (!isObject(p)) continue
    yield { path: ['panels', i], json: p }
    const inside = p.type === 'row' && Array.isArray(p.panels) ? (p.panels as readonly unknown[]) : []
    for (const [j, q] of inside.entries()) if (isObject(q)) yield { path: ['panels', i, 'panels', j], json: q }
  }
}

function highestId(board: JsonObject): number {
  let max = 0
  for (const { json } of walk(board)) max = Math.max(max, numberOf(json.id) ?? 0)
  return max
}

function posOf(json: JsonObject): GridPos {
  const g = isObject(json.gridPos) ? json.gridPos : {}
  return clampPos({ x: numberOf(g.x) ?? 0, y: numberOf(g.y) ?? 0, w: numberOf(g.w) ?? 6, h: numberOf(g.h) ?? 3 })
}

/** All panels and rows, those inside folded rows too, in the order of the file. */
export function panelPlaces(board: JsonObject): PanelPlace[] {
  return [...walk(board)].map(({ path, json }) => ({ id: numberOf(json.id) ?? 0, path, json, isRow: json.type === 'row', pos: posOf(json) }))
}

/** Where a panel stands; undefined when there is none of this id. */
export function panelPlace(board: JsonObject, id: number): PanelPlace | undefined {
  return panelPlaces(board).find(p => p.id === id)
}

function topPositions(board: JsonObject): GridPos[] {
  return panelPlaces(board).filter(p => p.path.length === 2).map(p => p.pos)
}

function withPanels(board: JsonObject, change: (panels: readonly unknown[]) => readonly unknown[]): JsonObject {
  return { ...board, panels: change(Array.isArray(board.panels) ? (board.panels as readonly unknown[]) : []) }
}

/** A board with a panel at the first free place. @returns the board and the new panel's id */
export function addPanel(board: JsonObject, panel: JsonObject, size: { readonly w: number; readonly h: number } = { w: 12, h: 8 }): { readonly board: JsonObject; readonly id: number } {
  const id = highestId(board) + 1
  const gridPos = freePlace(topPositions(board), size.w, size.h)
  return { id, board: withPanels(board, panels => [...panels, { ...panel, id, gridPos }]) }
}

/** A board with a new row below everything. */
export function addRow(board: JsonObject, title: string): { readonly board: JsonObject; readonly id: number } {
  const id = highestId(board) + 1
  const y = topPositions(board).reduce((max, p) => Math.max(max, p.y + p.h), 0)
  return { id, board: withPanels(board, panels => [...panels, { id, type: 'row', title, collapsed: false, gridPos: { x: 0, y, w: 24, h: 1 }, panels: [] }]) }
}

/** A board with a copy of a panel beside it or below. Of a panel inside a folded row the copy lies there too. */
export function duplicatePanel(board: JsonObject, id: number): { readonly board: JsonObject; readonly id: number } {
  const place = panelPlace(board, id)
  if (place === undefined || place.isRow) return { board, id }
  const copyId = highestId(board) + 1
  const { pos } = place
  const { repeatPanelId: _clone, ...json } = place.json
  const fits = pos.x + 2 * pos.w <= 24
  const gridPos = fits ? { ...pos, x: pos.x + pos.w } : { ...pos, y: pos.y + pos.h }
  const listPath = place.path.slice(0, -1)
  const copy = { ...json, id: copyId, gridPos }
  const list = jsonAt(board, listPath) as readonly unknown[]
  const at = place.path.at(-1) as number
  const shifted = fits ? list : list.map(p => (isObject(p) && posOf(p).y >= gridPos.y ? withJson(p, ['gridPos', 'y'], posOf(p).y + pos.h) : p))
  return { id: copyId, board: withJson(board, listPath, [...shifted.slice(0, at + 1), copy, ...shifted.slice(at + 1)]) }
}

/** A board without a panel, or without a row's heading; its panels stay unless they are to go too. */
export function removePanel(board: JsonObject, id: number, withContent = false): JsonObject {
  const place = panelPlace(board, id)
  if (place === undefined) return board
  if (!place.isRow) return withJson(board, place.path, undefined)
  const open = place.json.collapsed === true ? board : toggleRow(board, id)
  const row = panelPlace(open, id)!
  if (withContent) return withJson(open, row.path, undefined)
  const unfolded = toggleRow(open, id)
  return withJson(unfolded, panelPlace(unfolded, id)!.path, undefined)
}

/** Folds or unfolds a row: panels of a folded one stand inside it, of an open one below it. */
export function toggleRow(board: JsonObject, id: number): JsonObject {
  const place = panelPlace(board, id)
  if (place === undefined || !place.isRow) return board
  const index = place.path[1] as number
  const top = panelPlaces(board).filter(p => p.path.length === 2)
  const rowY = place.pos.y
  const nextRowY = top.filter(p => p.isRow && p.pos.y > rowY).reduce((min, p) => Math.min(min, p.pos.y), Infinity)
  if (place.json.collapsed === true) {
    const inside = (Array.isArray(place.json.panels) ? (place.json.panels as readonly unknown[]) : []).filter(isObject)
    const firstY = inside.reduce((min, p) => Math.min(min, posOf(p).y), Infinity)
    const height = inside.reduce((max, p) => Math.max(max, posOf(p).y + posOf(p).h), 0) - (inside.length === 0 ? 0 : firstY)
    const moved = inside.map(p => withJson(p, ['gridPos', 'y'], posOf(p).y - firstY + rowY + 1))
    return withPanels(board, panels => panels.flatMap((p, i) => {
      if (i === index) return [{ ...(p as JsonObject), collapsed: false, panels: [] }, ...moved]
      return isObject(p) && posOf(p).y > rowY ? [withJson(p, ['gridPos', 'y'], posOf(p).y + height)] : [p]
    }))
  }
  const belongs = (p: PanelPlace): boolean => !p.isRow && p.pos.y > rowY && p.pos.y < nextRowY
  const inside = new Set(top.filter(belongs).map(p => p.id))
  return withPanels(board, panels => {
    const own = panels.filter(p => isObject(p) && inside.has(numberOf(p.id) ?? 0))
    return panels.filter(p => !own.includes(p)).map(p => (isObject(p) && p.id === id ? { ...p, collapsed: true, panels: own } : p))
  })
}

/** A board with panels at other places; those that stay are untouched. */
export function withPlaces(board: JsonObject, places: ReadonlyMap<number, GridPos>): JsonObject {
  let out = board
  for (const { id, path, json, pos } of panelPlaces(board)) {
    const next = places.get(id)
    if (next === undefined || sameJson(next, pos) && isObject(json.gridPos)) continue
    out = withJson(out, [...path, 'gridPos'], { ...(isObject(json.gridPos) ? json.gridPos : {}), ...clampPos(next) })
  }
  return out
}

/** A panel's JSON in the shape of today's type, where it is of an old one: what is changed about it would otherwise be written where nobody reads it. */
export function currentPanelJson(json: JsonObject): JsonObject {
  const migrated = migratePanel(json, 'panel')
  const type = currentPanelType(textOf(migrated.type))
  return migrated === json && type === json.type ? json : { ...migrated, type }
}
