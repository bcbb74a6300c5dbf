import { flagOf, isObject, numberOf, objectAt, objectsAt, textOf } from './json-reader.ts'
import { migrateFieldOptions, migrateFirstGauge, migrateOldHeatmap, migrateOldPie, migrateOldTable } from './migrate-old-panels.ts'
import type { JsonObject } from './model.ts'

const RENAMED: Readonly<Record<string, string>> = {
  'graph': 'timeseries', 'singlestat': 'stat', 'grafana-singlestat-panel': 'stat', 'table-old': 'table', 'grafana-piechart-panel': 'piechart',
  'grafana-worldmap-panel': 'geomap', 'natel-discrete-panel': 'state-timeline', 'text2': 'text',
}

/** The panel type that stands for an old one. */
export function currentPanelType(type: string): string {
  return Object.hasOwn(RENAMED, type) ? RENAMED[type]! : type
}

/** An old panel's JSON in the shape of the type that replaced it; anything else comes back as it is. Never changes its argument. */
export function migratePanel(json: JsonObject, path: string): JsonObject {
  switch (json.type) {
    case 'graph': return migrateGraph(json, path)
    case 'singlestat': case 'grafana-singlestat-panel': return migrateSinglestat(json, path)
    case 'table': case 'table-old': return json.styles !== undefined && !isObject(json.options) || json.type === 'table-old' ? migrateOldTable(json, path) : json
    case 'grafana-piechart-panel': return migrateOldPie(json, path)
    case 'heatmap': return json.options === undefined && (json.dataFormat !== undefined || isObject(json.color)) ? migrateOldHeatmap(json, path) : json
    case 'gauge': return migrateFieldOptions(migrateFirstGauge(json, path), path)
    case 'stat': case 'bargauge': return migrateFieldOptions(json, path)
    case 'timeseries': return migrateTooltip(json, path)
    case 'text': case 'text2': return json.options === undefined && json.content !== undefined ? { ...json, options: { mode: json.mode, content: json.content } } : json
    default: return json
  }
}

/** Before schema 30 the tooltip of the first time series panels was called otherwise. */
function migrateTooltip(json: JsonObject, path: string): JsonObject {
  const { tooltipOptions, ...options } = objectAt(json.options, `${path}.options`)
  return isObject(tooltipOptions) && options.tooltip === undefined ? { ...json, options: { ...options, tooltip: tooltipOptions } } : json
}

/**
 * The thresholds of a graph: what lies above (or below) a bound has its colour. Before schema 13 they stood in `grid`.
 * @see Grafana `DashboardMigrator.ts`, schema 13; `public/app/plugins/panel/timeseries/migrations.ts`
 */
function oldThresholdLines(json: JsonObject, path: string): { readonly thresholds: JsonObject; readonly mode: string } | undefined {
  const grid = objectAt(json.grid, `${path}.grid`)
  const [t1, t2] = [numberOf(grid.threshold1), numberOf(grid.threshold2)]
  const fromGrid = (value: number | undefined, color: unknown): JsonObject[] => value === undefined ? [] : [{
    value, op: t1 !== undefined && t2 !== undefined && t1 > t2 ? 'lt' : 'gt', colorMode: 'custom', ...(grid.thresholdLine === true ? { line: true, lineColor: color } : { fill: true, fillColor: color }),
  }]
  const list: readonly JsonObject[] = json.thresholds === undefined ? [...fromGrid(t1, grid.threshold1Color), ...fromGrid(t2, grid.threshold2Color)] : objectsAt(json.thresholds, `${path}.thresholds`)
  const there = list.filter(t => numberOf(t.value) !== undefined && t.visible !== false).sort((a, b) => numberOf(a.value)! - numberOf(b.value)!)
  if (there.length === 0) return undefined
  const colorOf = (t: JsonObject): string => t.colorMode === 'critical' ? 'red' : t.colorMode === 'warning' ? 'orange' : t.colorMode === 'ok' ? 'green' : textOf(t.line === true ? t.lineColor : t.fillColor) || textOf(t.lineColor) || 'red'
  const steps: JsonObject[] = [{ value: null, color: 'transparent' }]
  for (const t of there) {
    if (t.op === 'lt') {
      // The colour holds up to the bound: the step below takes it.
      steps[steps.length - 1] = { ...steps.at(-1), color: colorOf(t) }
      steps.push({ value: numberOf(t.value), color: 'transparent' })
    } else steps.push({ value: numberOf(t.value), color: colorOf(t) })
  }
  const line = there.some(t => t.line === true)
  const fill = there.some(t => t.fill === true)
  return { thresholds: { mode: 'absolute', steps }, mode: fill && line ? 'line+area' : fill ? 'area' : 'line' }
}

const OLD_VALUES: Readonly<Record<string, string>> = { avg: 'mean', min: 'min', max: 'max', current: 'lastNotNull', total: 'sum', count: 'count' }

/** Names of the legend's columns, which sorted the old one by other words. */
const OLD_SORTS: Readonly<Record<string, string>> = { current: 'Last *', avg: 'Mean', max: 'Max', min: 'Min', total: 'Total' }

/**
 * The vertical axes of a graph. Before schema 12 their parts stood in the panel and in `grid`.
 * @see Grafana `DashboardMigrator.ts`, schema 7 and 12
 */
function graphAxes(json: JsonObject, path: string): readonly JsonObject[] {
  if (json.yaxes !== undefined) return objectsAt(json.yaxes, `${path}.yaxes`)
  const grid = objectAt(json.grid, `${path}.grid`)
  const formats = Array.isArray(json.y_formats) ? json.y_formats : Array.isArray(json.y_format) ? json.y_format : [json.y_format, json.y2_format]
  return (['left', 'right'] as const).map((side, i) => ({
    ...(typeof formats[i] === 'string' ? { format: formats[i] } : {}), min: side === 'left' ? grid.leftMin ?? grid.min : grid.rightMin, max: side === 'left' ? grid.leftMax ?? grid.max : grid.rightMax,
    logBase: grid[`${side}LogBase`] ?? 1, label: json[`${side}YAxisLabel`] ?? grid[`${side}YAxisLabel`], show: json['y-axis'] !== false,
  }))
}

/** graph -> timeseries, or what its horizontal axis asks for. @see Grafana `public/app/plugins/panel/timeseries/migrations.ts` */
function migrateGraph(json: JsonObject, path: string): JsonObject {
  const [axis = {}, rightAxis = {}] = graphAxes(json, path)
  const legend = objectAt(json.legend, `${path}.legend`)
  const tooltip = objectAt(json.tooltip, `${path}.tooltip`)
  const bars = flagOf(json.bars)
  const lines = flagOf(json.lines, true)
  const logBase = numberOf(axis.logBase) ?? 1
  const custom: Record<string, unknown> = {
    drawStyle: bars ? 'bars' : lines ? 'line' : 'points',
    lineWidth: numberOf(json.linewidth) ?? 1,
    fillOpacity: bars ? 100 : (numberOf(json.fill) ?? 1) * 10,
    spanNulls: json.nullPointMode === 'connected',
    ...(json.nullPointMode === 'null as zero' ? { nullAsZero: true } : {}),
    showPoints: flagOf(json.points) ? 'always' : 'never',
    lineInterpolation: flagOf(json.steppedLine) ? 'stepAfter' : 'linear',
    stacking: { mode: flagOf(json.stack) ? flagOf(json.percentage) ? 'percent' : 'normal' : 'none', group: 'A' },
    axisLabel: textOf(axis.label),
    axisPlacement: axis.show === false ? 'hidden' : 'auto',
    ...(logBase > 1 ? { scaleDistribution: { type: 'log', log: logBase } } : {}),
  }
  const defaults: Record<string, unknown> = { custom }
  if (typeof axis.format === 'string') defaults.unit = axis.format
  for (const member of ['min', 'max', 'decimals'] as const) {
    const n = numberOf(axis[member])
    if (n !== undefined) defaults[member] = n
  }
  const thresholds = oldThresholdLines(json, path)
  if (thresholds !== undefined) {
    defaults.thresholds = thresholds.thresholds
    custom.thresholdsStyle = { mode: thresholds.mode }
  }
  const calcs = flagOf(legend.values)
    ? (['avg', 'min', 'max', 'current', 'total'] as const).filter(c => legend[c] === true).map(c => ({ avg: 'mean', min: 'min', max: 'max', current: 'lastNotNull', total: 'sum' })[c])
    : []
  const colors = objectAt(json.aliasColors, `${path}.aliasColors`)
  const xaxis = objectAt(json.xaxis, `${path}.xaxis`)
  if (xaxis.mode === 'series') {
    const [value = ''] = Array.isArray(xaxis.values) ? xaxis.values.map(v => textOf(v)) : []
    return { ...json, type: 'bargauge', options: { displayMode: 'basic', orientation: 'vertical', reduceOptions: { calcs: [OLD_VALUES[value] ?? 'sum'], fields: '', values: false } }, fieldConfig: { defaults: { ...defaults, custom: {} }, overrides: [] } }
  }
  if (xaxis.mode === 'histogram') {
    const buckets = numberOf(xaxis.buckets)
    return { ...json, type: 'histogram', options: { legend: { showLegend: flagOf(legend.show, true) }, combine: false, ...(buckets === undefined ? {} : { bucketCount: buckets }) }, fieldConfig: { defaults: { ...defaults, custom: { fillOpacity: 80, lineWidth: 0 } }, overrides: [] } }
  }
  return {
    ...json,
    options: {
      legend: { showLegend: flagOf(legend.show, true), displayMode: flagOf(legend.alignAsTable) ? 'table' : 'list', placement: flagOf(legend.rightSide) ? 'right' : 'bottom', calcs, ...(flagOf(legend.values) && Object.hasOwn(OLD_SORTS, textOf(legend.sort)) ? { sortBy: OLD_SORTS[textOf(legend.sort)], sortDesc: flagOf(legend.sortDesc) } : {}) },
      tooltip: { mode: flagOf(tooltip.shared, true) ? 'multi' : 'single', sort: tooltip.sort === 1 ? 'asc' : tooltip.sort === 2 ? 'desc' : 'none' },
    },
    fieldConfig: {
      defaults,
      overrides: [
        ...Object.entries(colors).map(([name, color]) => ({ matcher: { id: 'byName', options: name }, properties: [{ id: 'color', value: { mode: 'fixed', fixedColor: color } }] })),
        ...(flagOf(legend.hideEmpty) ? [hiddenWhen('allIsNull')] : []),
        ...(flagOf(legend.hideZero) ? [hiddenWhen('allIsZero')] : []),
        ...objectsAt(json.seriesOverrides, `${path}.seriesOverrides`).filter(o => typeof o.alias === 'string').map(o => seriesOverride(o, rightAxis)),
      ],
    },
  }
}

/** Series without anything to see stay out of legend and tooltip. */
function hiddenWhen(reducer: string): JsonObject {
  return { matcher: { id: 'byValue', options: { reducer, op: 'gte', value: 0 } }, properties: [{ id: 'custom.hideFrom', value: { tooltip: true, viz: false, legend: true } }] }
}

function seriesOverride(o: JsonObject, rightAxis: JsonObject): JsonObject {
  const alias = textOf(o.alias)
  const properties: JsonObject[] = []
  if (typeof o.color === 'string') properties.push({ id: 'color', value: { mode: 'fixed', fixedColor: o.color } })
  if (numberOf(o.fill) !== undefined) properties.push({ id: 'custom.fillOpacity', value: numberOf(o.fill)! * 10 })
  if (numberOf(o.linewidth) !== undefined) properties.push({ id: 'custom.lineWidth', value: numberOf(o.linewidth) })
  if (o.bars === true) properties.push({ id: 'custom.drawStyle', value: 'bars' })
  if (o.stack === false) properties.push({ id: 'custom.stacking', value: { mode: 'none' } })
  if (typeof o.stack === 'string') properties.push({ id: 'custom.stacking', value: { mode: 'normal', group: o.stack } })
  if (o.points === true) properties.push({ id: 'custom.showPoints', value: 'always' }, ...(numberOf(o.pointradius) === undefined ? [] : [{ id: 'custom.pointSize', value: 2 + numberOf(o.pointradius)! * 2 }]))
  if (typeof o.fillBelowTo === 'string') properties.push({ id: 'custom.fillOpacity', value: 35 })
  if (o.transform === 'negative-Y') properties.push({ id: 'custom.transform', value: 'negative-Y' })
  if (o.yaxis === 2) {
    properties.push({ id: 'custom.axisPlacement', value: 'right' })
    if (typeof rightAxis.format === 'string') properties.push({ id: 'unit', value: rightAxis.format })
    for (const member of ['min', 'max', 'decimals'] as const) if (numberOf(rightAxis[member]) !== undefined) properties.push({ id: member, value: numberOf(rightAxis[member]) })
    if ((numberOf(rightAxis.logBase) ?? 1) > 1) properties.push({ id: 'custom.scaleDistribution', value: { type: 'log', log: numberOf(rightAxis.logBase) } })
    if (textOf(rightAxis.label) !== '') properties.push({ id: 'custom.axisLabel', value: rightAxis.label })
  }
  if (numberOf(o.linewidth) === undefined && o.lines === false && o.bars !== true) properties.push({ id: 'custom.drawStyle', value: 'points' })
  if (o.steppedLine === true) properties.push({ id: 'custom.lineInterpolation', value: 'stepAfter' })
  if (o.nullPointMode === 'connected') properties.push({ id: 'custom.spanNulls', value: true })
  if (o.hiddenSeries === true) properties.push({ id: 'custom.hideFrom', value: { viz: true, legend: false, tooltip: false } })
  if (o.legend === false) properties.push({ id: 'custom.hideFrom', value: { viz: false, legend: true, tooltip: false } })
  if (o.dashes === true) properties.push({ id: 'custom.lineStyle', value: { fill: 'dash', dash: [numberOf(o.dashLength) ?? 10, numberOf(o.spaceLength) ?? 10] } })
  return { matcher: { id: /^\/.*\/\w*$/.test(alias) ? 'byRegexp' : 'byName', options: alias }, properties }
}

const SINGLESTAT_CALCS: Readonly<Record<string, string>> = { avg: 'mean', current: 'lastNotNull', name: 'lastNotNull', total: 'sum', first: 'firstNotNull', min: 'min', max: 'max', range: 'range', delta: 'delta', diff: 'diff' }

/** singlestat -> stat. */
function migrateSinglestat(json: JsonObject, path: string): JsonObject {
  const isGauge = isObject(json.gauge) && json.gauge.show === true
  if (isObject(json.fieldConfig) && isObject(json.options) && isObject(json.options.reduceOptions)) return json
  const colors = Array.isArray(json.colors) ? json.colors.map(c => textOf(c)) : []
  const bounds = textOf(json.thresholds).split(',').map(t => numberOf(t.trim())).filter(n => n !== undefined)
  const defaults: Record<string, unknown> = { mappings: [] }
  if (typeof json.format === 'string') {
    defaults.unit = json.format
    if (json.format === 'percent') Object.assign(defaults, { min: 0, max: 100 })
    if (json.format === 'percentunit') Object.assign(defaults, { min: 0, max: 1 })
  }
  if (numberOf(json.decimals) !== undefined) defaults.decimals = numberOf(json.decimals)
  if (typeof json.nullText === 'string' && json.nullText !== '') defaults.noValue = json.nullText
  if (colors.length > 0) defaults.thresholds = { mode: 'absolute', steps: colors.slice(0, bounds.length + 1).map((color, i) => ({ value: i === 0 ? null : bounds[i - 1], color })) }
  const valueMaps = objectsAt(json.valueMaps, `${path}.valueMaps`).filter(m => m.value !== undefined)
  if (valueMaps.length > 0) defaults.mappings = valueMaps.map(m => ({ type: 1, value: textOf(m.value), text: textOf(m.text) }))
  const ranges = objectsAt(json.rangeMaps, `${path}.rangeMaps`).filter(m => m.text !== undefined && m.text !== '')
  if (json.mappingType === 2 && ranges.length > 0) defaults.mappings = ranges.map(m => ({ type: 2, from: m.from, to: m.to, text: textOf(m.text) }))
  // Series over time have no columns to choose from.
  const column = objectsAt(json.targets, `${path}.targets`).some(t => t.format === 'table') ? textOf(json.tableColumn) : ''
  if (isGauge && isObject(json.gauge)) {
    if (numberOf(json.gauge.minValue) !== undefined) defaults.min = numberOf(json.gauge.minValue)
    if (numberOf(json.gauge.maxValue) !== undefined) defaults.max = numberOf(json.gauge.maxValue)
  }
  return {
    ...json,
    ...(isGauge ? { type: 'gauge' } : {}),
    options: {
      reduceOptions: { calcs: [SINGLESTAT_CALCS[textOf(json.valueName)] ?? 'mean'], fields: column === '' ? '' : `/^${column.replace(/[\\^$.*+?()[\]{}|/]/g, String.raw`\$&`)}$/`, values: false },
      colorMode: flagOf(json.colorBackground) ? 'background' : flagOf(json.colorValue) ? 'value' : 'none',
      graphMode: isObject(json.sparkline) && json.sparkline.show === true ? 'area' : 'none',
      textMode: json.valueName === 'name' ? 'name' : 'auto',
    },
    fieldConfig: { defaults, overrides: [] },
  }
}

/** The panels of a dashboard before schema 16, where rows of 12 columns held them, on the grid of 24. */
export function gridFromRows(rows: readonly JsonObject[], path: string): JsonObject[] {
  const out: JsonObject[] = []
  const titled = rows.some(r => r.collapse === true || r.showTitle === true || typeof r.repeat === 'string' && r.repeat !== '')
  let y = 0
  let nextId = 1 + rows.flatMap((r, i) => objectsAt(r.panels, `${path}[${i}].panels`)).reduce((max, p) => Math.max(max, numberOf(p.id) ?? 0), 0)
  rows.forEach((row, i) => {
    // A copy that was saved beside the row that it repeats.
    if (numberOf(row.repeatIteration) !== undefined) return
    const rowHeight = Math.max(3, Math.ceil((numberOf(textOf(row.height, '250').replace('px', '')) ?? 250) / 38))
    const inside: JsonObject[] = []
    let x = 0
    let top = y + (titled ? 1 : 0)
    let tallest = 0
    for (const p of objectsAt(row.panels, `${path}[${i}].panels`)) {
      const w = Math.min(24, Math.max(1, Math.floor(numberOf(p.span) ?? 4) * 2))
      const h = p.height === undefined ? rowHeight : Math.max(3, Math.ceil((numberOf(textOf(p.height).replace('px', '')) ?? 250) / 38))
      if (x + w > 24) {
        x = 0
        top += tallest
        tallest = 0
      }
      inside.push({ ...p, gridPos: { x, y: top, w, h } })
      x += w
      tallest = Math.max(tallest, h)
    }
    if (titled) {
      const collapsed = row.collapse === true
      out.push({ type: 'row', id: nextId++, title: textOf(row.title), collapsed, repeat: row.repeat, gridPos: { x: 0, y, w: 24, h: 1 }, panels: collapsed ? inside : [] })
      if (!collapsed) out.push(...inside)
      y = collapsed ? y + 1 : top + tallest
    } else {
      out.push(...inside)
      y = top + tallest
    }
  })
  return out
}
