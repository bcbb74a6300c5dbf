import { flagOf, isObject, numberOf, objectAt, objectsAt, textOf, textsOf } from './json-reader.ts'
import type { JsonObject } from './model.ts'

/** Whether a matcher of an old panel is a regular expression, and the matcher that replaces it. */
export function aliasMatcher(alias: string): JsonObject {
  return { id: /^\/.*\/\w*$/s.test(alias) ? 'byRegexp' : 'byName', options: alias }
}

/** Steps between three (or so) colours at bounds written `50,80` or as a list. */
export function oldThresholds(bounds: unknown, colors: unknown): JsonObject | undefined {
  const list = (typeof bounds === 'string' ? bounds.split(',') : Array.isArray(bounds) ? bounds : []).map(b => numberOf(typeof b === 'string' ? b.trim() : b)).filter(n => n !== undefined)
  const names = textsOf(colors)
  if (names.length === 0) return undefined
  return { mode: 'absolute', steps: names.slice(0, list.length + 1).map((color, i) => ({ value: i === 0 ? null : list[i - 1], color })) }
}

const OLD_CALCS: Readonly<Record<string, string>> = { avg: 'mean', current: 'lastNotNull', total: 'sum', min: 'min', max: 'max', count: 'count' }

/** table with `styles` -> table. @see Grafana `public/app/plugins/panel/table/migrations.ts` */
export function migrateOldTable(json: JsonObject, path: string): JsonObject {
  const defaults: Record<string, unknown> = {}
  const custom: Record<string, unknown> = {}
  const overrides: JsonObject[] = []
  const styles = objectsAt(json.styles, `${path}.styles`)
  const hidesRest = styles.some(s => s.pattern === '/.*/' && s.type === 'hidden')
  // The first style that fits counted; of overrides the last does.
  for (const style of styles.toReversed()) {
    const pattern = textOf(style.pattern)
    const properties = styleProperties(style, hidesRest)
    if (pattern === '/.*/') {
      for (const p of properties) {
        const id = textOf(p.id)
        if (id.startsWith('custom.')) custom[id.slice(7)] = p.value
        else if (id !== 'displayName') defaults[id] = p.value
      }
    } else overrides.push({ matcher: aliasMatcher(pattern), properties })
  }
  const columns = objectsAt(json.columns, `${path}.columns`)
  const calcs = columns.map(c => OLD_CALCS[textOf(c.value)] ?? textOf(c.value)).filter(c => c !== '')
  const transformations = json.transform === 'timeseries_to_rows' ? [{ id: 'seriesToRows', options: {} }]
    : json.transform === 'timeseries_to_columns' ? [{ id: 'seriesToColumns', options: {} }]
    : json.transform === 'timeseries_aggregations' ? [{ id: 'reduce', options: { reducers: calcs.length === 0 ? ['mean'] : calcs } }]
    : json.transform === 'table' || json.transform === undefined ? [{ id: 'merge', options: {} }]
    : []
  const sort = objectAt(json.sort, `${path}.sort`)
  return {
    ...json,
    type: 'table',
    transformations: [...transformations, ...objectsAt(json.transformations, `${path}.transformations`)],
    // The place of the column counts; its name is only known with the data.
    options: { showHeader: flagOf(json.showHeader, true), sortBy: [], sortByIndex: numberOf(sort.col) ?? -1, sortByDesc: flagOf(sort.desc) },
    fieldConfig: { defaults: { ...defaults, custom }, overrides },
  }
}

function styleProperties(style: JsonObject, hidesRest: boolean): JsonObject[] {
  const out: JsonObject[] = []
  const put = (id: string, value: unknown): void => {
    if (value !== undefined) out.push({ id, value })
  }
  if (style.type === 'hidden') put('custom.hidden', true)
  else if (hidesRest) put('custom.hidden', false)
  if (textOf(style.alias) !== '') put('displayName', style.alias)
  if (style.type === 'number') {
    put('unit', typeof style.unit === 'string' ? style.unit : undefined)
    put('decimals', numberOf(style.decimals))
  }
  if (style.type === 'date') put('unit', `time:${textOf(style.dateFormat, 'YYYY-MM-DD HH:mm:ss')}`)
  if (flagOf(style.link) && textOf(style.linkUrl) !== '') put('links', [{ title: textOf(style.linkTooltip), url: style.linkUrl, targetBlank: flagOf(style.linkTargetBlank) }])
  if (style.colorMode === 'cell' || style.colorMode === 'row' || style.colorMode === 'value') {
    put('custom.cellOptions', { type: style.colorMode === 'value' ? 'color-text' : 'color-background', ...(style.colorMode === 'row' ? { applyToRow: true } : {}) })
    put('thresholds', oldThresholds(style.thresholds, style.colors))
    put('color', { mode: 'thresholds' })
  }
  if (textOf(style.align) !== '' && style.align !== 'auto') put('custom.align', style.align)
  const maps = objectsOf(style.valueMaps).filter(m => textOf(m.value) !== '')
  if (style.type === 'string' && maps.length > 0) put('mappings', maps.map(m => ({ type: 'value', options: { [textOf(m.value)]: { text: textOf(m.text) } } })))
  return out
}

function objectsOf(v: unknown): readonly JsonObject[] {
  return Array.isArray(v) ? v.filter(isObject) : []
}

/** grafana-piechart-panel -> piechart. */
export function migrateOldPie(json: JsonObject, path: string): JsonObject {
  const legend = objectAt(json.legend, `${path}.legend`)
  const colors = objectAt(json.aliasColors, `${path}.aliasColors`)
  const values = [...(flagOf(legend.values) ? ['value'] : []), ...(flagOf(legend.percentage) ? ['percent'] : [])]
  return {
    ...json,
    options: {
      pieType: json.pieType === 'donut' ? 'donut' : 'pie',
      reduceOptions: { calcs: [OLD_CALCS[textOf(json.valueName)] ?? 'lastNotNull'], fields: '', values: false },
      displayLabels: json.legendType === 'On graph' ? ['name', ...values] : [],
      legend: { showLegend: flagOf(legend.show, true), displayMode: 'table', placement: json.legendType === 'Under graph' ? 'bottom' : 'right', values },
    },
    fieldConfig: {
      defaults: { unit: textOf(json.format, 'short'), decimals: numberOf(json.decimals) ?? 0, ...(textOf(json.nullText) === '' ? {} : { noValue: json.nullText }) },
      overrides: Object.entries(colors).map(([name, color]) => ({ matcher: { id: 'byName', options: name }, properties: [{ id: 'color', value: { mode: 'fixed', fixedColor: color } }] })),
    },
  }
}

/** The heatmap of Grafana 8 and before. */
export function migrateOldHeatmap(json: JsonObject, path: string): JsonObject {
  const color = objectAt(json.color, `${path}.color`)
  const y = objectAt(json.yAxis, `${path}.yAxis`)
  return {
    ...json,
    options: {
      calculate: json.dataFormat !== 'tsbuckets',
      color: {
        mode: color.mode === 'opacity' ? 'opacity' : 'scheme',
        scheme: textOf(color.colorScheme, 'interpolateOranges').replace('interpolate', ''),
        fill: color.cardColor, scale: color.colorScale === 'linear' ? 'linear' : 'exponential', exponent: numberOf(color.exponent) ?? 0.5,
        ...(numberOf(color.min) === undefined ? {} : { min: numberOf(color.min) }), ...(numberOf(color.max) === undefined ? {} : { max: numberOf(color.max) }),
      },
      yAxis: { unit: textOf(y.format, 'short'), ...(numberOf(y.decimals) === undefined ? {} : { decimals: numberOf(y.decimals) }), reverse: flagOf(json.reverseYBuckets) },
      filterValues: flagOf(json.hideZeroBuckets) ? { le: 1e-9 } : {},
      rowsFrame: { layout: json.yBucketBound === 'upper' ? 'le' : json.yBucketBound === 'lower' ? 'ge' : 'auto' },
      legend: json.legend,
    },
  }
}

/**
 * The gauge of Grafana 5 and 6.0: `options-gauge`, or options with a unit and steps from high to low.
 * @see Grafana `DashboardMigrator.ts`, schema 18; `migrateFromValueOptions`
 */
export function migrateFirstGauge(json: JsonObject, path: string): JsonObject {
  const isFirst = isObject(json['options-gauge'])
  const { 'options-gauge': first, ...rest } = json
  const options = objectAt(isFirst ? first : json.options, `${path}.options`)
  const value = isObject(options.valueOptions) ? options.valueOptions : isFirst ? options : undefined
  if (value === undefined || isObject(options.fieldOptions)) return json
  const steps = objectsAt(options.thresholds, `${path}.options.thresholds`)
  const ordered = isFirst ? steps.toReversed() : steps
  const { valueOptions: _v, thresholds: _t, mappings, minValue, maxValue, ...kept } = options
  return {
    ...rest,
    options: {
      ...kept,
      fieldOptions: {
        calcs: [OLD_CALCS[textOf(value.stat)] ?? (textOf(value.stat) || 'lastNotNull')],
        defaults: {
          ...(typeof value.unit === 'string' ? { unit: value.unit } : {}), ...(numberOf(value.decimals) === undefined ? {} : { decimals: numberOf(value.decimals) }),
          ...(numberOf(minValue) === undefined ? {} : { min: numberOf(minValue) }), ...(numberOf(maxValue) === undefined ? {} : { max: numberOf(maxValue) }),
        },
        ...(ordered.length === 0 ? {} : { thresholds: ordered.map(t => ({ value: numberOf(t.value) ?? null, color: t.color })) }),
        ...(Array.isArray(mappings) ? { mappings } : {}),
      },
    },
  }
}

/** `fieldOptions` of Grafana 6 -> `reduceOptions` and `fieldConfig`. */
export function migrateFieldOptions(json: JsonObject, path: string): JsonObject {
  const options = objectAt(json.options, `${path}.options`)
  const old = isObject(options.fieldOptions) ? options.fieldOptions : undefined
  if (old === undefined) return json
  const config = objectAt(json.fieldConfig, `${path}.fieldConfig`)
  const { title, ...defaults } = objectAt(old.defaults, `${path}.options.fieldOptions.defaults`)
  const oldThresholds = objectsAt(old.thresholds, `${path}.options.fieldOptions.thresholds`)
  const own = objectAt(config.defaults, `${path}.fieldConfig.defaults`)
  return {
    ...json,
    options: {
      ...options,
      reduceOptions: { calcs: textsOf(old.calcs), values: flagOf(old.values), fields: '', ...(numberOf(old.limit) === undefined ? {} : { limit: numberOf(old.limit) }) },
    },
    fieldConfig: {
      defaults: {
        ...(title === undefined ? {} : { displayName: title }), ...(oldThresholds.length === 0 ? {} : { thresholds: { mode: 'absolute', steps: oldThresholds } }),
        ...(old.mappings === undefined ? {} : { mappings: old.mappings }), ...defaults, ...own,
      },
      overrides: config.overrides ?? old.overrides,
    },
  }
}
