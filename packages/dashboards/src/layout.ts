import { isRendered } from './conditions.ts'
import { interpolateText } from './interpolate.ts'
import type { VariableValues } from './interpolate.ts'
import type { Dashboard, GridPos, Panel, Row } from './model.ts'

/** A panel or a row's heading at its final place. */
export type Placed =
  | { readonly kind: 'panel'; readonly key: string; readonly panel: Panel; readonly pos: GridPos }
  | { readonly kind: 'row'; readonly key: string; readonly row: Row; readonly title: string; readonly open: boolean; readonly panelCount: number; readonly pos: GridPos }

/** A folded row is one unit high. */
const ROW_HEIGHT = 1

/**
 * Places everything on the grid of 24 columns: repeated panels and rows copied for each value, closed rows folded, overlaps pushed down and
 * holes closed upwards, as Grafana does it.
 *
 * @param toggled  ids of the rows that people opened or closed against the dashboard's own state
 * @param rangeMs  length of the time range, for panels and rows that are shown under conditions
 */
export function placeBoard(dashboard: Dashboard, variables: VariableValues, toggled: ReadonlySet<number> = new Set(), rangeMs = 0): Placed[] {
  const out: Placed[] = []
  const rendered = (panels: readonly Panel[]): readonly Panel[] => panels.some(p => p.condition !== undefined) ? panels.filter(p => isRendered(p.condition, variables, rangeMs)) : panels
  let y = placeGroup(expandPanels(rendered(dashboard.panels), variables, {}), 0, '', out)
  for (const row of dashboard.rows) {
    if (!isRendered(row.condition, variables, rangeMs)) continue
    if (row.title === '' && row.gridPos.h === 0) {
      y = placeGroup(expandPanels(rendered(row.panels), variables, {}), y, `r${row.id}-`, out)
      continue
    }
    const values = row.repeat === '' ? undefined : variables.get(row.repeat)
    const copies = values && values.values.length > 0 ? values.values.map((value, i) => ({ value, text: values.texts[i] ?? value })) : [undefined]
    copies.forEach((copy, i) => {
      const scoped = copy === undefined ? {} : { [row.repeat]: copy.value }
      const open = row.collapsed === toggled.has(row.id)
      const key = `row${row.id}${i === 0 ? '' : `-${i}`}`
      out.push({ kind: 'row', key, row, title: interpolateText(row.title, withScoped(variables, scoped)), open, panelCount: row.panels.length, pos: { x: 0, y, w: 24, h: ROW_HEIGHT } })
      y += ROW_HEIGHT
      if (open) y = placeGroup(expandPanels(rendered(row.panels), variables, scoped), y, `${key}-`, out)
    })
  }
  return out
}

/** Variable choices with some replaced by single values, as they hold in a repeated panel or row. */
export function withScoped(variables: VariableValues, scoped: Readonly<Record<string, string>>): VariableValues {
  const names = Object.keys(scoped)
  if (names.length === 0) return variables
  const out = new Map(variables)
  for (const name of names) {
    const base = variables.get(name)
    const value = scoped[name]!
    const i = base?.values.indexOf(value) ?? -1
    out.set(name, { name, values: [value], texts: [base?.texts[i] ?? value], many: base?.many ?? false, isAll: false })
  }
  return out
}

/** A panel, and where the one stands that it is a copy of: copies stay together. */
interface Entry {
  readonly key: string
  readonly panel: Panel
  readonly from: GridPos
}

function expandPanels(panels: readonly Panel[], variables: VariableValues, scoped: Readonly<Record<string, string>>): Entry[] {
  const out: Entry[] = []
  const inScope = withScoped(variables, scoped)
  for (const panel of panels) {
    const base = Object.keys(scoped).length === 0 ? panel : { ...panel, scopedVars: scoped }
    const values = panel.repeat === '' ? undefined : inScope.get(panel.repeat)
    if (!values || values.values.length === 0) {
      out.push({ key: String(panel.id), panel: base, from: panel.gridPos })
      continue
    }
    const perRow = Math.min(values.values.length, panel.maxPerRow)
    const w = panel.repeatDirection === 'v' ? panel.gridPos.w : Math.max(1, Math.floor(24 / perRow))
    values.values.forEach((value, i) => {
      const gridPos = panel.repeatDirection === 'v'
        ? { ...panel.gridPos, y: panel.gridPos.y + i * panel.gridPos.h }
        : { x: i % perRow * w, y: panel.gridPos.y + Math.floor(i / perRow) * panel.gridPos.h, w, h: panel.gridPos.h }
      out.push({ key: i === 0 ? String(panel.id) : `${panel.id}-${i}`, panel: { ...panel, gridPos, scopedVars: { ...scoped, [panel.repeat]: value } }, from: panel.gridPos })
    })
  }
  return out
}

/** Puts a group's panels below `top`. @returns the first free line below them */
function placeGroup(entries: readonly Entry[], top: number, prefix: string, out: Placed[]): number {
  const order = entries.toSorted((a, b) => a.from.y - b.from.y || a.from.x - b.from.x)
  // The height of what already lies in each of the 24 columns.
  const heights = new Int32Array(24).fill(top)
  let bottom = top
  for (const { key, panel } of order) {
    const { x, w, h } = panel.gridPos
    let y = top
    for (let c = x; c < x + w; c++) y = Math.max(y, heights[c]!)
    heights.fill(y + h, x, x + w)
    bottom = Math.max(bottom, y + h)
    out.push({ kind: 'panel', key: prefix + key, panel, pos: { x, y, w, h } })
  }
  return bottom
}
