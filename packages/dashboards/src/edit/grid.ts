import type { GridPos } from '../model.ts'

/** Columns of the grid. */
export const GRID_COLUMNS = 24

/** A thing on the grid. */
export interface GridItem<Id = number> {
  readonly id: Id
  readonly pos: GridPos
}

function overlaps(a: GridPos, b: GridPos): boolean {
  return a.x < b.x + b.w && b.x < a.x + a.w && a.y < b.y + b.h && b.y < a.y + a.h
}

/** A place within the grid: whole numbers, at least one unit wide and high. */
export function clampPos(pos: GridPos): GridPos {
  const w = Math.min(GRID_COLUMNS, Math.max(1, Math.round(pos.w)))
  return { x: Math.min(GRID_COLUMNS - w, Math.max(0, Math.round(pos.x))), y: Math.max(0, Math.round(pos.y)), w, h: Math.max(1, Math.round(pos.h)) }
}

/**
 * Moves everything up as far as it goes, nearest to the top first, so that nothing overlaps and no holes stay above. The first of two at the same place keeps it.
 *
 * @param first  an item that keeps its place against others where they collide: the one that people are moving
 */
export function packGrid<Id>(items: readonly GridItem<Id>[], first?: Id): GridItem<Id>[] {
  const order = items.map((item, i) => ({ item: { ...item, pos: clampPos(item.pos) }, i }))
    .sort((a, b) => a.item.pos.y - b.item.pos.y || Number(b.item.id === first) - Number(a.item.id === first) || a.item.pos.x - b.item.pos.x || a.i - b.i)
  const heights = new Int32Array(GRID_COLUMNS)
  const placed = new Map<number, GridItem<Id>>()
  for (const { item, i } of order) {
    const { x, w, h } = item.pos
    let y = 0
    for (let c = x; c < x + w; c++) y = Math.max(y, heights[c]!)
    heights.fill(y + h, x, x + w)
    placed.set(i, { ...item, pos: { x, y, w, h } })
  }
  return items.map((_, i) => placed.get(i)!)
}

/** The first free place of a size, reading from the top left. Beside what is there if it fits, else below. */
export function freePlace(taken: readonly GridPos[], w: number, h: number): GridPos {
  const size = clampPos({ x: 0, y: 0, w, h })
  const bottom = taken.reduce((max, p) => Math.max(max, p.y + p.h), 0)
  // Only beside the last panels: a hole further up was left on purpose.
  const last = taken.reduce((max, p) => Math.max(max, p.y), 0)
  for (let y = last; y < bottom; y++) {
    for (let x = 0; x + size.w <= GRID_COLUMNS; x++) {
      const pos = { ...size, x, y }
      if (!taken.some(p => overlaps(p, pos))) return pos
    }
  }
  return { ...size, y: bottom }
}
