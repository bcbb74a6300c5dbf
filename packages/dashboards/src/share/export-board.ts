import { isObject, textOf } from '../json-reader.ts'
import { currentPanelType } from '../migrate.ts'
import type { JsonObject } from '../model.ts'

/** The input that stands for our data. */
const INPUT = 'DS_PROMETHEUS'

/** A version of Grafana that understands what we write. */
const GRAFANA_VERSION = '11.0.0'

/** Names of Grafana's panels, for `__requires`. */
const PANEL_NAMES: Readonly<Record<string, string>> = {
  'timeseries': 'Time series', 'stat': 'Stat', 'gauge': 'Gauge', 'bargauge': 'Bar gauge', 'table': 'Table', 'piechart': 'Pie chart', 'barchart': 'Bar chart', 'heatmap': 'Heatmap', 'histogram': 'Histogram',
  'state-timeline': 'State timeline', 'status-history': 'Status history', 'text': 'Text', 'alertlist': 'Alert list', 'dashlist': 'Dashboard list',
}

/**
 * A board as a file for others ("export for sharing externally"): the data source becomes an input that the importing Grafana asks for, `__requires` says what is
 * needed, and id and version, which mean nothing elsewhere, go. Everything else stays. A board of model v2 stays as it is.
 */
export function exportForSharing(board: JsonObject): JsonObject {
  // Model v2 has no inputs: an importing Grafana asks for the sources by itself.
  if (isObject(board.elements) || isObject(board.spec) && isObject(board.spec.elements)) return board
  const types = new Set<string>()
  let usesSource = false
  const source = (v: unknown): unknown => {
    const isOurs = v === null || typeof v === 'string' && !v.startsWith('$') && !v.startsWith('--') || isObject(v) && (v.type === 'prometheus' || v.type === undefined) && !/^(?:\$|--|-- )/.test(textOf(v.uid))
    if (!isOurs) return v
    usesSource = true
    return { type: 'prometheus', uid: `\${${INPUT}}` }
  }
  const walk = (v: unknown): unknown => {
    if (Array.isArray(v)) return v.map(walk)
    if (!isObject(v)) return v
    return Object.fromEntries(Object.entries(v).map(([name, x]) => [name, name === 'datasource' ? source(x) : walk(x)]))
  }
  const panel = (v: unknown): unknown => {
    if (!isObject(v)) return v
    const type = currentPanelType(textOf(v.type))
    if (type !== 'row' && type !== '') types.add(type)
    const walked = walk(v) as JsonObject
    const inside = Array.isArray(v.panels) ? { panels: v.panels.map(panel) } : {}
    // A panel with queries and no source means the default one; elsewhere that may be another kind.
    if (Array.isArray(v.targets) && v.targets.length > 0 && v.datasource === undefined) return { datasource: source(null), ...walked, ...inside }
    return { ...walked, ...inside }
  }
  const { id: _id, version: _version, __inputs: _i, __requires: _r, __elements: _e, ...rest } = board
  const body = { ...(walk({ ...rest, panels: undefined }) as JsonObject), ...(Array.isArray(rest.panels) ? { panels: rest.panels.map(panel) } : {}) }
  const { panels, ...others } = body as JsonObject & { readonly panels?: unknown }
  const used = usesSource as boolean
  return {
    __inputs: used ? [{ name: INPUT, label: 'Prometheus', description: '', type: 'datasource', pluginId: 'prometheus', pluginName: 'Prometheus' }] : [],
    __elements: {},
    __requires: [
      { type: 'grafana', id: 'grafana', name: 'Grafana', version: GRAFANA_VERSION },
      ...(used ? [{ type: 'datasource', id: 'prometheus', name: 'Prometheus', version: '1.0.0' }] : []),
      ...[...types].sort().map(id => ({ type: 'panel', id, name: PANEL_NAMES[id] ?? id, version: '' })),
    ],
    ...others,
    ...(panels === undefined ? {} : { panels }),
    id: null,
  }
}
