import { isObject, textOf } from '../json-reader.ts'
import type { JsonObject } from '../model.ts'

/** The kinds of panels that can be chosen, in the order of a menu. */
export const PANEL_KINDS: readonly string[] = [
  'timeseries', 'stat', 'gauge', 'bargauge', 'table', 'barchart', 'piechart', 'heatmap', 'histogram', 'state-timeline', 'status-history', 'text', 'alertlist', 'dashlist',
]

/** Kinds that understand each other's drawing options (`fieldConfig.*.custom`). */
const FAMILIES: readonly (readonly string[])[] = [['timeseries', 'barchart', 'histogram', 'trend', 'xychart'], ['state-timeline', 'status-history']]

/** Options by the kinds that read them; any other goes when the kind changes. */
const SHARED_OPTIONS: Readonly<Record<string, readonly string[]>> = {
  legend: ['timeseries', 'barchart', 'piechart', 'histogram', 'heatmap', 'state-timeline', 'status-history'],
  tooltip: ['timeseries', 'barchart', 'piechart', 'histogram', 'heatmap', 'state-timeline', 'status-history'],
  reduceOptions: ['stat', 'gauge', 'bargauge', 'piechart'],
  orientation: ['stat', 'gauge', 'bargauge', 'barchart'],
  showValue: ['barchart', 'state-timeline', 'status-history'],
  text: ['stat', 'gauge', 'bargauge', 'barchart'],
}

/** Kinds that ask nothing of a data source, with the options that they begin with. */
const WITHOUT_DATA: Readonly<Record<string, JsonObject>> = {
  text: { mode: 'markdown', content: '' },
  alertlist: { viewMode: 'list', groupMode: 'default', groupBy: [], maxItems: 20, sortOrder: 1, dashboardAlerts: false, alertName: '', alertInstanceLabelFilter: '', stateFilter: { firing: true, pending: true, noData: false, normal: false, error: true } },
  dashlist: { showStarred: true, showRecentlyViewed: false, showSearch: false, showHeadings: true, maxItems: 10, query: '', tags: [], keepTime: false, includeVars: false },
}

/** A new panel with one empty query, as Grafana's "add panel" makes it. */
export function newPanel(type = 'timeseries'): JsonObject {
  if (Object.hasOwn(WITHOUT_DATA, type)) return { type, title: '', options: WITHOUT_DATA[type] }
  return {
    type, title: '', datasource: { type: 'prometheus' }, fieldConfig: { defaults: {}, overrides: [] }, options: {}, targets: [{ refId: 'A', expr: '', legendFormat: '__auto' }],
  }
}

/**
 * A panel of another kind with everything kept that the new kind understands: queries, transformations, unit, thresholds, mappings, colours, links; drawing options only
 * among relatives. What the new kind doesn't know is taken away, as Grafana does it.
 *
 * @param before  options that the panel had when it was of this kind earlier, e.g. in the same session
 */
export function withPanelKind(panel: JsonObject, type: string, before?: { readonly options?: unknown; readonly custom?: unknown }): JsonObject {
  const from = textOf(panel.type)
  if (from === type) return panel
  const options: Record<string, unknown> = isObject(before?.options) ? { ...before.options } : {}
  if (isObject(panel.options)) for (const [name, kinds] of Object.entries(SHARED_OPTIONS)) if (kinds.includes(from) && kinds.includes(type) && panel.options[name] !== undefined) options[name] = panel.options[name]
  const isRelative = FAMILIES.some(f => f.includes(from) && f.includes(type))
  const config = isObject(panel.fieldConfig) ? panel.fieldConfig : {}
  const { custom, ...defaults } = isObject(config.defaults) ? config.defaults : {}
  const kept = isRelative ? custom : before?.custom
  const overrides = (Array.isArray(config.overrides) ? config.overrides : []).filter(isObject).map(o => (isRelative || !Array.isArray(o.properties) ? o
    : { ...o, properties: o.properties.filter(p => !isObject(p) || !textOf(p.id).startsWith('custom.')) }))
    .filter(o => !Array.isArray(o.properties) || o.properties.length > 0)
  const { pluginVersion: _version, ...rest } = panel
  if (Object.hasOwn(WITHOUT_DATA, type)) return { ...rest, type, options: { ...WITHOUT_DATA[type], ...options } }
  const needsQuery = !Array.isArray(panel.targets) || panel.targets.length === 0
  return {
    ...rest, type, options,
    fieldConfig: { ...config, defaults: { ...defaults, ...(kept === undefined ? {} : { custom: kept }) }, overrides },
    ...(needsQuery ? { targets: [{ refId: 'A', expr: '', legendFormat: '__auto' }] } : {}),
  }
}

/** The first letter that no query of a panel has. */
export function nextRefId(targets: readonly unknown[]): string {
  const used = new Set(targets.filter(isObject).map(t => textOf(t.refId)))
  for (let i = 0; ; i++) {
    const id = (i >= 26 ? String.fromCharCode(64 + Math.floor(i / 26)) : '') + String.fromCharCode(65 + i % 26)
    if (!used.has(id)) return id
  }
}
