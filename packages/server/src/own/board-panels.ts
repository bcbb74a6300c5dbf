import type { BoardPanelView } from '../api-types.ts'

/** Panels told of one board at most: a board with more is no use to a search. */
const MAX_PANELS = 2000

/** The panels of a board that have a title, those in rows and in closed rows included; of every form that Grafana has written. */
export function boardPanels(uid: string, dashboard: Readonly<Record<string, unknown>>): BoardPanelView[] {
  const out: BoardPanelView[] = []
  const add = (panel: unknown): void => {
    if (!isObject(panel) || out.length >= MAX_PANELS) return
    const { id, title, type } = panel
    if (typeof id === 'number' && typeof title === 'string' && title.trim() !== '' && type !== 'row') out.push({ boardUid: uid, id, title: title.trim() })
    for (const inner of listOf(panel['panels'])) add(inner)
  }
  for (const panel of listOf(dashboard['panels'])) add(panel)
  for (const row of listOf(dashboard['rows'])) if (isObject(row)) for (const panel of listOf(row['panels'])) add(panel)
  const spec = isObject(dashboard['spec']) ? dashboard['spec'] : dashboard
  if (isObject(spec['elements'])) for (const element of Object.values(spec['elements'])) if (isObject(element)) add(element['spec'])
  return out
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : []
}
