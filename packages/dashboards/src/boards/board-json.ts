import type { JsonObject } from '../model.ts'

/** A query of a built-in panel. */
export interface BoardQuery {
  readonly expr: string
  readonly legend: string
}

/** What a built-in panel is made from. */
export interface BoardPanel {
  readonly title: string
  readonly description?: string
  readonly queries: readonly BoardQuery[]
  readonly unit: string
  readonly decimals?: number
  readonly w: number
  readonly h: number
  readonly min?: number
  readonly max?: number
  /** Steps after the base, ascending: `[0.01, 'orange']`. */
  readonly thresholds?: readonly (readonly [value: number, color: string])[]
  /** Draws the thresholds into the chart. */
  readonly thresholdLines?: boolean
  readonly stack?: boolean
  readonly legendTable?: boolean
  readonly noValue?: string
  /** The state below the first threshold; default: good (green), or none without thresholds. */
  readonly base?: string
  /** The number of a stat: default the last. */
  readonly calc?: 'lastNotNull' | 'max' | 'min'
  /** Lines whose names match are dashed: what is not measured but expected. */
  readonly dashed?: string
}

/** The data source of built-in boards: what the viewer's variable says. */
export const DATA_SOURCE: JsonObject = { type: 'prometheus', uid: '${datasource}' }

/** `A`, `B`, … */
function refId(i: number): string {
  return String.fromCharCode(65 + i)
}

function targets(panel: BoardPanel): JsonObject[] {
  return panel.queries.map((q, i) => ({ refId: refId(i), datasource: DATA_SOURCE, expr: q.expr, legendFormat: q.legend, range: true, instant: false, editorMode: 'code' }))
}

function fieldDefaults(panel: BoardPanel, custom: JsonObject, mode: string, base: string): JsonObject {
  return {
    unit: panel.unit,
    ...(panel.decimals === undefined ? {} : { decimals: panel.decimals }),
    ...(panel.min === undefined ? {} : { min: panel.min }),
    ...(panel.max === undefined ? {} : { max: panel.max }),
    ...(panel.noValue === undefined ? {} : { noValue: panel.noValue }),
    color: { mode },
    custom,
    mappings: [],
    thresholds: { mode: 'absolute', steps: [{ color: base, value: null }, ...(panel.thresholds ?? []).map(([value, color]) => ({ color, value }))] },
  }
}

/** A time series panel. */
export function timeSeriesPanel(panel: BoardPanel): JsonObject {
  const custom = {
    drawStyle: 'line', lineInterpolation: 'linear', lineWidth: 1, fillOpacity: panel.stack ? 30 : 0, spanNulls: false, showPoints: 'auto', pointSize: 4,
    stacking: { mode: panel.stack ? 'normal' : 'none', group: 'A' }, thresholdsStyle: { mode: panel.thresholdLines ? 'dashed' : 'off' },
  }
  return {
    type: 'timeseries', title: panel.title, description: panel.description ?? '', datasource: DATA_SOURCE, targets: targets(panel),
    fieldConfig: { defaults: fieldDefaults(panel, custom, 'palette-classic', 'transparent'), overrides: panel.dashed === undefined ? [] : [{ matcher: { id: 'byRegexp', options: panel.dashed }, properties: [{ id: 'custom.lineStyle', value: { fill: 'dash', dash: [6, 6] } }] }] },
    options: { legend: { showLegend: true, displayMode: panel.legendTable ? 'table' : 'list', placement: 'bottom', calcs: panel.legendTable ? ['lastNotNull', 'mean', 'max'] : [] }, tooltip: { mode: 'multi', sort: 'desc' } },
    gridPos: { x: 0, y: 0, w: panel.w, h: panel.h },
  }
}

/** A panel of one number with a small line. */
export function statPanel(panel: BoardPanel): JsonObject {
  const isStateful = panel.thresholds !== undefined && panel.thresholds.length > 0
  return {
    type: 'stat', title: panel.title, description: panel.description ?? '', datasource: DATA_SOURCE, targets: targets(panel),
    fieldConfig: { defaults: fieldDefaults(panel, {}, 'thresholds', panel.base ?? (isStateful ? 'green' : 'text')), overrides: [] },
    options: { reduceOptions: { calcs: [panel.calc ?? 'lastNotNull'], fields: '', values: false }, colorMode: isStateful ? 'value' : 'none', graphMode: 'area', textMode: 'auto', justifyMode: 'auto', orientation: 'auto' },
    gridPos: { x: 0, y: 0, w: panel.w, h: panel.h },
  }
}

/** A panel of words (Markdown). */
export function textPanel(title: string, content: string, w: number, h: number): JsonObject {
  return { type: 'text', title, options: { mode: 'markdown', content }, gridPos: { x: 0, y: 0, w, h } }
}

/** A heading for the panels below it. */
export function rowPanel(title: string, collapsed = false): JsonObject {
  return { type: 'row', title, collapsed, panels: [], gridPos: { x: 0, y: 0, w: 24, h: 1 } }
}

/** What a built-in dashboard is made from. */
export interface BoardParts {
  readonly uid: string
  readonly title: string
  readonly description: string
  readonly tags: readonly string[]
  readonly panels: readonly JsonObject[]
  /** What the choice of a data source is called; shown where there are several. */
  readonly sourceLabel: string
  readonly variables?: readonly JsonObject[]
  readonly time?: { readonly from: string; readonly to: string }
  readonly refresh?: string
  readonly annotations?: readonly JsonObject[]
}

/** Panels from left to right, each line as high as its highest, numbered from 1. */
function flow(panels: readonly JsonObject[]): JsonObject[] {
  let x = 0
  let y = 0
  let lineHeight = 0
  return panels.map((p, i) => {
    const { w, h } = p.gridPos as { w: number; h: number }
    if (x + w > 24) {
      x = 0
      y += lineHeight
      lineHeight = 0
    }
    const placed = { ...p, id: i + 1, gridPos: { x, y, w, h } }
    x += w
    lineHeight = Math.max(lineHeight, h)
    return placed
  })
}

/** Grafana dashboard JSON that Grafana itself imports: schema 39 with a data source variable. */
export function boardJson(parts: BoardParts): JsonObject {
  return {
    uid: parts.uid,
    title: parts.title,
    description: parts.description,
    tags: parts.tags,
    schemaVersion: 39,
    version: 1,
    editable: true,
    graphTooltip: 1,
    timezone: 'browser',
    time: parts.time ?? { from: 'now-6h', to: 'now' },
    refresh: parts.refresh ?? '10s',
    timepicker: {},
    annotations: { list: parts.annotations ?? [] },
    links: [],
    templating: {
      list: [
        { name: 'datasource', type: 'datasource', label: parts.sourceLabel, query: 'prometheus', regex: '', hide: 0, current: { text: 'default', value: 'default' }, options: [], multi: false, includeAll: false, refresh: 1 },
        ...parts.variables ?? [],
      ],
    },
    panels: flow(parts.panels),
  }
}
