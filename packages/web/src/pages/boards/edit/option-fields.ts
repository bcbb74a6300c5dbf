import { jsonAt } from '@haechi/dashboards'
import { customOption as custom, fieldOption as field, panelOption as option } from './option-field.ts'
import type { FieldInput, FieldSection, OptionField } from './option-field.ts'

export type { FieldInput, FieldSection, OptionField } from './option-field.ts'

/** The sections in their order. */
export const FIELD_SECTIONS: readonly FieldSection[] = ['values', 'thresholds', 'color', 'graph', 'look', 'buckets', 'axis', 'legend', 'tooltip', 'footer', 'links', 'mappings']

const LINES = ['timeseries']
const BARS = ['timeseries', 'barchart', 'histogram']
const REDUCED = ['stat', 'gauge', 'bargauge', 'piechart']
const STATES = ['state-timeline', 'status-history']
const LEGENDS = ['timeseries', 'barchart', 'piechart', 'histogram', ...STATES]
/** Kinds that ask nothing. */
const WITHOUT_DATA = ['text', 'alertlist', 'dashlist']

/** Colour schemes of heatmaps, by d3's names. */
const SCHEMES = [
  'Oranges', 'Reds', 'Greens', 'Blues', 'Purples', 'Greys', 'YlOrRd', 'YlGnBu', 'YlOrBr', 'OrRd', 'GnBu', 'BuPu', 'PuRd', 'Spectral', 'RdYlGn', 'RdYlBu', 'RdBu', 'BrBG', 'PuOr', 'Turbo', 'Viridis', 'Inferno', 'Magma', 'Plasma', 'Cividis',
  'Warm', 'Cool', 'Cubehelix',
]

const SHOW: FieldInput = { kind: 'choice', fallback: 'auto', values: [['auto', 'choice.auto'], ['always', 'choice.always'], ['never', 'choice.never']] }
const STACKED: FieldInput = { kind: 'choice', fallback: 'none', values: [['none', 'choice.off'], ['normal', 'choice.stacked'], ['percent', 'choice.stackedPercent']] }
const on = (fallback: boolean): FieldInput => ({ kind: 'switch', fallback })
const is = (path: readonly string[], value: unknown) => (panel: unknown): boolean => jsonAt(panel, path) === value
const isManual = is(['options', 'sizing'], 'manual')
const isCalculated = is(['options', 'calculate'], true)
const areBars = is(['fieldConfig', 'defaults', 'custom', 'drawStyle'], 'bars')
const isStacked = (panel: unknown): boolean => ['normal', 'percent'].includes(String(jsonAt(panel, ['fieldConfig', 'defaults', 'custom', 'stacking', 'mode'])))
const isCell = (...types: readonly string[]) => (panel: unknown): boolean => types.includes(String(jsonAt(panel, ['fieldConfig', 'defaults', 'custom', 'cellOptions', 'type'])))
const hasAllValues = is(['options', 'reduceOptions', 'values'], true)

/** Every setting that the editor offers, by Grafana's names. What isn't here is edited as JSON and stays as it is. */
export const OPTION_FIELDS: readonly OptionField[] = [
  field('field.unit', 'values', 'unit', { kind: 'unit' }),
  field('field.decimals', 'values', 'decimals', { kind: 'number', min: 0, max: 15, placeholder: 'choice.auto' }),
  field('field.min', 'values', 'min', { kind: 'number', placeholder: 'choice.auto' }),
  field('field.max', 'values', 'max', { kind: 'number', placeholder: 'choice.auto' }),
  field('field.fieldMinMax', 'values', 'fieldMinMax', on(false)),
  field('field.displayName', 'values', 'displayName', { kind: 'text', placeholder: 'choice.auto' }),
  field('field.noValue', 'values', 'noValue', { kind: 'text', placeholder: 'field.noValueHint' }),
  option('field.calcs', 'values', 'reduceOptions.calcs', { kind: 'calcs', many: true }, REDUCED),
  option('field.fields', 'values', 'reduceOptions.fields', { kind: 'text', placeholder: 'field.fieldsHint' }, REDUCED),
  option('field.allValues', 'values', 'reduceOptions.values', on(false), REDUCED),
  option('field.limit', 'values', 'reduceOptions.limit', { kind: 'number', min: 1, max: 60 }, REDUCED, hasAllValues),

  field('field.thresholds', 'thresholds', 'thresholds', { kind: 'thresholds' }),
  custom('field.thresholdsShow', 'thresholds', 'thresholdsStyle.mode', { kind: 'choice', fallback: 'off', values: [['off', 'choice.off'], ['line', 'choice.lines'], ['dashed', 'choice.dashed'], ['area', 'choice.area'], ['line+area', 'choice.lineArea'], ['dashed+area', 'choice.dashedArea']] }, LINES),
  field('field.color', 'color', 'color', { kind: 'color' }),

  custom('field.drawStyle', 'graph', 'drawStyle', { kind: 'choice', fallback: 'line', values: [['line', 'choice.lines'], ['bars', 'choice.bars'], ['points', 'choice.points']] }, LINES),
  custom('field.lineInterpolation', 'graph', 'lineInterpolation', { kind: 'choice', fallback: 'linear', values: [['linear', 'choice.linear'], ['smooth', 'choice.smooth'], ['stepBefore', 'choice.stepBefore'], ['stepAfter', 'choice.stepAfter']] }, LINES),
  custom('field.lineWidth', 'graph', 'lineWidth', { kind: 'number', min: 0, max: 10 }, [...BARS, ...STATES]),
  custom('field.lineStyle', 'graph', 'lineStyle', { kind: 'lineStyle' }, LINES),
  custom('field.fillOpacity', 'graph', 'fillOpacity', { kind: 'number', min: 0, max: 100 }, [...BARS, ...STATES]),
  custom('field.gradientMode', 'graph', 'gradientMode', { kind: 'choice', fallback: 'none', values: [['none', 'choice.none'], ['opacity', 'choice.fading'], ['hue', 'choice.hue'], ['scheme', 'choice.byValue']] }, LINES),
  custom('field.fillBelowTo', 'graph', 'fillBelowTo', { kind: 'column' }, LINES),
  custom('field.barAlignment', 'graph', 'barAlignment', { kind: 'choice', fallback: 0, values: [[-1, 'choice.before'], [0, 'choice.center'], [1, 'choice.after']] }, LINES, areBars),
  custom('field.barWidth', 'graph', 'barWidthFactor', { kind: 'number', min: 0.05, max: 1 }, LINES, areBars),
  custom('field.stacking', 'graph', 'stacking.mode', STACKED, LINES),
  custom('field.stackGroup', 'graph', 'stacking.group', { kind: 'text' }, LINES, isStacked),
  option('field.stacking', 'graph', 'stacking', STACKED, ['barchart']),
  custom('field.showPoints', 'graph', 'showPoints', SHOW, LINES),
  custom('field.pointSize', 'graph', 'pointSize', { kind: 'number', min: 1, max: 40 }, LINES),
  custom('field.spanNulls', 'graph', 'spanNulls', { kind: 'choice', fallback: false, values: [[false, 'choice.gaps'], [true, 'choice.connected'], [60_000, 'choice.connected1m'], [3_600_000, 'choice.connected1h']] }, [...LINES, 'state-timeline']),
  custom('field.transform', 'graph', 'transform', { kind: 'choice', fallback: '', values: [['', 'choice.none'], ['constant', 'choice.constant'], ['negative-Y', 'choice.negativeY']] }, LINES),
  custom('field.hideFrom', 'graph', 'hideFrom', { kind: 'hideFrom' }, LEGENDS),

  option('field.colorMode', 'look', 'colorMode', { kind: 'choice', fallback: 'value', values: [['none', 'choice.none'], ['value', 'choice.value'], ['background', 'choice.background'], ['background_solid', 'choice.backgroundSolid']] }, ['stat']),
  option('field.graphMode', 'look', 'graphMode', { kind: 'choice', fallback: 'area', values: [['none', 'choice.off'], ['area', 'choice.area']] }, ['stat']),
  option('field.textMode', 'look', 'textMode', { kind: 'choice', fallback: 'auto', values: [['auto', 'choice.auto'], ['value', 'choice.value'], ['value_and_name', 'choice.valueAndName'], ['name', 'choice.name'], ['none', 'choice.none']] }, ['stat']),
  option('field.percentChange', 'look', 'showPercentChange', on(false), ['stat']),
  option('field.percentChangeColor', 'look', 'percentChangeColorMode', { kind: 'choice', fallback: 'standard', values: [['standard', 'choice.upGreen'], ['inverted', 'choice.upRed'], ['same_as_value', 'choice.likeValue']] }, ['stat'], is(['options', 'showPercentChange'], true)),
  option('field.justifyMode', 'look', 'justifyMode', { kind: 'choice', fallback: 'auto', values: [['auto', 'choice.left'], ['center', 'choice.center']] }, ['stat']),
  option('field.wideLayout', 'look', 'wideLayout', on(true), ['stat']),
  option('field.titleSize', 'look', 'text.titleSize', { kind: 'number', min: 8, max: 200, placeholder: 'choice.auto' }, ['stat', 'bargauge']),
  option('field.valueSize', 'look', 'text.valueSize', { kind: 'number', min: 8, max: 200, placeholder: 'choice.auto' }, ['stat', 'bargauge']),
  option('field.thresholdLabels', 'look', 'showThresholdLabels', on(false), ['gauge']),
  option('field.thresholdMarkers', 'look', 'showThresholdMarkers', on(true), ['gauge']),
  option('field.displayMode', 'look', 'displayMode', { kind: 'choice', fallback: 'gradient', values: [['gradient', 'choice.gradient'], ['basic', 'choice.basic'], ['lcd', 'choice.lcd']] }, ['bargauge']),
  option('field.valueMode', 'look', 'valueMode', { kind: 'choice', fallback: 'color', values: [['color', 'choice.coloured'], ['text', 'choice.textColor'], ['hidden', 'choice.hidden']] }, ['bargauge']),
  option('field.namePlacement', 'look', 'namePlacement', { kind: 'choice', fallback: 'auto', values: [['auto', 'choice.auto'], ['top', 'choice.above'], ['left', 'choice.left'], ['hidden', 'choice.hidden']] }, ['bargauge']),
  option('field.orientation', 'look', 'orientation', { kind: 'choice', fallback: 'auto', values: [['auto', 'choice.auto'], ['horizontal', 'choice.horizontal'], ['vertical', 'choice.vertical']] }, ['stat', 'gauge', 'bargauge', 'barchart']),
  option('field.showUnfilled', 'look', 'showUnfilled', on(true), ['bargauge']),
  option('field.sizing', 'look', 'sizing', { kind: 'choice', fallback: 'auto', values: [['auto', 'choice.auto'], ['manual', 'choice.manual']] }, ['gauge', 'bargauge']),
  option('field.minVizWidth', 'look', 'minVizWidth', { kind: 'number', min: 4, max: 1000 }, ['gauge', 'bargauge'], isManual),
  option('field.minVizHeight', 'look', 'minVizHeight', { kind: 'number', min: 4, max: 300 }, ['bargauge'], isManual),
  option('field.xField', 'look', 'xField', { kind: 'column' }, ['barchart']),
  option('field.colorByField', 'look', 'colorByField', { kind: 'column' }, ['barchart']),
  option('field.groupWidth', 'look', 'groupWidth', { kind: 'number', min: 0.05, max: 1 }, ['barchart']),
  option('field.barWidth', 'look', 'barWidth', { kind: 'number', min: 0.05, max: 1 }, ['barchart']),
  option('field.pieType', 'look', 'pieType', { kind: 'choice', fallback: 'pie', values: [['pie', 'choice.pie'], ['donut', 'choice.donut']] }, ['piechart']),
  option('field.displayLabels', 'look', 'displayLabels', { kind: 'several', values: [['name', 'choice.name'], ['value', 'choice.value'], ['percent', 'choice.percent']] }, ['piechart']),
  option('field.pieSort', 'look', 'sort', { kind: 'choice', fallback: 'desc', values: [['desc', 'choice.desc'], ['asc', 'choice.asc'], ['none', 'choice.none']] }, ['piechart']),
  option('field.showHeader', 'look', 'showHeader', on(true), ['table']),
  option('field.cellHeight', 'look', 'cellHeight', { kind: 'choice', fallback: 'sm', values: [['sm', 'choice.small'], ['md', 'choice.medium'], ['lg', 'choice.large']] }, ['table']),
  option('field.sortBy', 'look', 'sortBy', { kind: 'sortBy' }, ['table']),
  option('field.frameIndex', 'look', 'frameIndex', { kind: 'number', min: 0, max: 1000 }, ['table']),
  custom('field.cellType', 'look', 'cellOptions.type', { kind: 'choice', fallback: 'auto', values: [['auto', 'choice.auto'], ['color-text', 'choice.colorText'], ['color-background', 'choice.background'], ['gauge', 'choice.gauge'], ['sparkline', 'choice.sparkline'], ['json-view', 'choice.json'], ['pill', 'choice.pill'], ['data-links', 'choice.dataLinks'], ['image', 'choice.image']] }, ['table']),
  custom('field.cellGauge', 'look', 'cellOptions.mode', { kind: 'choice', fallback: 'gradient', values: [['gradient', 'choice.gradient'], ['basic', 'choice.basic'], ['lcd', 'choice.lcd']] }, ['table'], isCell('gauge')),
  custom('field.valueMode', 'look', 'cellOptions.valueDisplayMode', { kind: 'choice', fallback: 'color', values: [['color', 'choice.coloured'], ['text', 'choice.textColor'], ['hidden', 'choice.hidden']] }, ['table'], isCell('gauge')),
  custom('field.applyToRow', 'look', 'cellOptions.applyToRow', on(false), ['table'], isCell('color-background')),
  custom('field.wrapText', 'look', 'cellOptions.wrapText', on(false), ['table'], isCell('auto', 'undefined', 'color-text', 'color-background', 'data-links')),
  custom('field.imageAlt', 'look', 'cellOptions.alt', { kind: 'text' }, ['table'], isCell('image')),
  custom('field.filterable', 'look', 'filterable', on(false), ['table']),
  custom('field.inspect', 'look', 'inspect', on(false), ['table']),
  custom('field.wrapHeader', 'look', 'wrapHeaderText', on(false), ['table']),
  custom('field.align', 'look', 'align', { kind: 'choice', fallback: 'auto', values: [['auto', 'choice.auto'], ['left', 'choice.left'], ['center', 'choice.center'], ['right', 'choice.right']] }, ['table']),
  custom('field.width', 'look', 'width', { kind: 'number', min: 20, max: 2000, placeholder: 'choice.auto' }, ['table']),
  custom('field.minWidth', 'look', 'minWidth', { kind: 'number', min: 20, max: 2000, placeholder: 'choice.auto' }, ['table']),
  custom('field.hideColumn', 'look', 'hidden', on(false), ['table']),
  custom('field.hideHeader', 'look', 'hideHeader', on(false), ['table']),
  option('field.footerShow', 'footer', 'footer.show', on(false), ['table']),
  option('field.calcs', 'footer', 'footer.reducer', { kind: 'calcs', many: true }, ['table']),
  option('field.footerFields', 'footer', 'footer.fields', { kind: 'columns' }, ['table']),
  option('field.countRows', 'footer', 'footer.countRows', on(false), ['table']),
  option('field.showValue', 'look', 'showValue', SHOW, ['barchart', 'heatmap', ...STATES]),
  option('field.mergeValues', 'look', 'mergeValues', on(true), ['state-timeline']),
  option('field.rowHeight', 'look', 'rowHeight', { kind: 'number', min: 0.1, max: 1 }, STATES),
  option('field.colWidth', 'look', 'colWidth', { kind: 'number', min: 0.1, max: 1 }, ['status-history']),
  option('field.alignValue', 'look', 'alignValue', { kind: 'choice', fallback: 'left', values: [['left', 'choice.left'], ['center', 'choice.center'], ['right', 'choice.right']] }, ['state-timeline']),
  option('field.bucketCount', 'buckets', 'bucketCount', { kind: 'number', min: 1, max: 500 }, ['histogram']),
  option('field.bucketSize', 'buckets', 'bucketSize', { kind: 'number', min: 0, placeholder: 'choice.auto' }, ['histogram']),
  option('field.bucketOffset', 'buckets', 'bucketOffset', { kind: 'number' }, ['histogram']),
  option('field.combine', 'buckets', 'combine', on(false), ['histogram']),
  option('field.heatmapCalculate', 'buckets', 'calculate', on(false), ['heatmap']),
  option('field.xBucketsMode', 'buckets', 'calculation.xBuckets.mode', { kind: 'choice', fallback: 'size', values: [['size', 'choice.size'], ['count', 'choice.count']] }, ['heatmap'], isCalculated),
  option('field.xBuckets', 'buckets', 'calculation.xBuckets.value', { kind: 'text', placeholder: 'choice.auto' }, ['heatmap'], isCalculated),
  option('field.yBucketsMode', 'buckets', 'calculation.yBuckets.mode', { kind: 'choice', fallback: 'size', values: [['size', 'choice.size'], ['count', 'choice.count']] }, ['heatmap'], isCalculated),
  option('field.yBuckets', 'buckets', 'calculation.yBuckets.value', { kind: 'text', placeholder: 'choice.auto' }, ['heatmap'], isCalculated),
  option('field.filterAbove', 'buckets', 'filterValues.le', { kind: 'number' }, ['heatmap']),
  option('field.filterBelow', 'buckets', 'filterValues.ge', { kind: 'number' }, ['heatmap']),
  option('field.heatmapColor', 'look', 'color.mode', { kind: 'choice', fallback: 'scheme', values: [['scheme', 'choice.scheme'], ['opacity', 'choice.opacity']] }, ['heatmap']),
  option('field.scheme', 'look', 'color.scheme', { kind: 'named', fallback: 'Oranges', values: SCHEMES }, ['heatmap'], p => jsonAt(p, ['options', 'color', 'mode']) !== 'opacity'),
  option('field.fillColor', 'look', 'color.fill', { kind: 'namedColor', fallback: 'dark-orange' }, ['heatmap'], is(['options', 'color', 'mode'], 'opacity')),
  option('field.colorScale', 'look', 'color.scale', { kind: 'choice', fallback: 'exponential', values: [['exponential', 'choice.exponential'], ['linear', 'choice.linearScale']] }, ['heatmap']),
  option('field.exponent', 'look', 'color.exponent', { kind: 'number', min: 0.05, max: 5 }, ['heatmap']),
  option('field.steps', 'look', 'color.steps', { kind: 'number', min: 2, max: 256 }, ['heatmap']),
  option('field.reverse', 'look', 'color.reverse', on(false), ['heatmap']),
  option('field.colorMin', 'look', 'color.min', { kind: 'number', placeholder: 'choice.auto' }, ['heatmap']),
  option('field.colorMax', 'look', 'color.max', { kind: 'number', placeholder: 'choice.auto' }, ['heatmap']),
  option('field.cellGap', 'look', 'cellGap', { kind: 'number', min: 0, max: 20 }, ['heatmap']),
  option('field.cellUnit', 'look', 'cellValues.unit', { kind: 'unit' }, ['heatmap']),
  option('field.cellDecimals', 'look', 'cellValues.decimals', { kind: 'number', min: 0, max: 15, placeholder: 'choice.auto' }, ['heatmap']),
  option('field.heatmapUnit', 'axis', 'yAxis.unit', { kind: 'unit' }, ['heatmap']),
  option('field.decimals', 'axis', 'yAxis.decimals', { kind: 'number', min: 0, max: 15, placeholder: 'choice.auto' }, ['heatmap']),
  option('field.axisLabel', 'axis', 'yAxis.axisLabel', { kind: 'text' }, ['heatmap']),
  option('field.reverse', 'axis', 'yAxis.reverse', on(false), ['heatmap']),

  custom('field.axisLabel', 'axis', 'axisLabel', { kind: 'text' }, [...LINES, 'barchart']),
  custom('field.axisPlacement', 'axis', 'axisPlacement', { kind: 'choice', fallback: 'auto', values: [['auto', 'choice.auto'], ['left', 'choice.left'], ['right', 'choice.right'], ['hidden', 'choice.hidden']] }, LINES),
  custom('field.scale', 'axis', 'scaleDistribution.type', { kind: 'choice', fallback: 'linear', values: [['linear', 'choice.linearScale'], ['log', 'choice.log'], ['symlog', 'choice.symlog']] }, LINES),
  custom('field.linearThreshold', 'axis', 'scaleDistribution.linearThreshold', { kind: 'number', min: 0, placeholder: 'choice.one' }, LINES, is(['fieldConfig', 'defaults', 'custom', 'scaleDistribution', 'type'], 'symlog')),
  custom('field.softMin', 'axis', 'axisSoftMin', { kind: 'number', placeholder: 'choice.auto' }, [...LINES, 'barchart']),
  custom('field.softMax', 'axis', 'axisSoftMax', { kind: 'number', placeholder: 'choice.auto' }, [...LINES, 'barchart']),
  custom('field.centeredZero', 'axis', 'axisCenteredZero', on(false), LINES),
  custom('field.axisColorMode', 'axis', 'axisColorMode', { kind: 'choice', fallback: 'text', values: [['text', 'choice.textColor'], ['series', 'choice.seriesColor']] }, LINES),
  custom('field.axisGridShow', 'axis', 'axisGridShow', { kind: 'choice', fallback: '', values: [['', 'choice.auto'], [true, 'choice.always'], [false, 'choice.never']] }, LINES),
  custom('field.axisBorderShow', 'axis', 'axisBorderShow', on(false), LINES),
  custom('field.axisWidth', 'axis', 'axisWidth', { kind: 'number', min: 10, max: 400, placeholder: 'choice.auto' }, LINES),
  custom('field.logBase', 'axis', 'scaleDistribution.log', { kind: 'choice', fallback: 10, values: [[10, 'choice.base10'], [2, 'choice.base2']] }, LINES, is(['fieldConfig', 'defaults', 'custom', 'scaleDistribution', 'type'], 'log')),

  option('field.legendShow', 'legend', 'legend.showLegend', on(true), LEGENDS),
  option('field.legendMode', 'legend', 'legend.displayMode', { kind: 'choice', fallback: 'list', values: [['list', 'choice.list'], ['table', 'choice.table']] }, ['timeseries', 'piechart']),
  option('field.legendPlacement', 'legend', 'legend.placement', { kind: 'choice', fallback: 'bottom', values: [['bottom', 'choice.bottom'], ['right', 'choice.right']] }, LEGENDS),
  option('field.legendCalcs', 'legend', 'legend.calcs', { kind: 'calcs', many: true }, LINES),
  option('field.legendSortBy', 'legend', 'legend.sortBy', { kind: 'named', fallback: 'Last *', values: ['Name', 'Last *', 'Last', 'First *', 'Min', 'Max', 'Mean', 'Median', 'Total', 'Count', 'Range', 'Delta', 'Difference'] }, LINES, is(['options', 'legend', 'displayMode'], 'table')),
  option('choice.desc', 'legend', 'legend.sortDesc', on(false), LINES, is(['options', 'legend', 'displayMode'], 'table')),
  option('field.legendCalcs', 'legend', 'legend.values', { kind: 'several', values: [['value', 'choice.value'], ['percent', 'choice.percent']] }, ['piechart']),
  option('field.tooltipMode', 'tooltip', 'tooltip.mode', { kind: 'choice', fallback: 'single', values: [['single', 'choice.single'], ['multi', 'choice.all'], ['none', 'choice.off']] }, LEGENDS),
  option('field.tooltipSort', 'tooltip', 'tooltip.sort', { kind: 'choice', fallback: 'none', values: [['none', 'choice.none'], ['asc', 'choice.asc'], ['desc', 'choice.desc']] }, ['timeseries', 'piechart']),
  option('field.hideZeros', 'tooltip', 'tooltip.hideZeros', on(false), LINES),

  option('field.textMode', 'look', 'mode', { kind: 'choice', fallback: 'markdown', values: [['markdown', 'choice.markdown'], ['html', 'choice.html'], ['code', 'choice.code']] }, ['text']),
  option('field.viewMode', 'look', 'viewMode', { kind: 'choice', fallback: 'list', values: [['list', 'choice.list'], ['stat', 'choice.count']] }, ['alertlist']),
  option('field.firing', 'values', 'stateFilter.firing', on(false), ['alertlist']),
  option('field.pending', 'values', 'stateFilter.pending', on(false), ['alertlist']),
  option('field.alertName', 'values', 'alertName', { kind: 'text' }, ['alertlist']),
  option('field.alertLabels', 'values', 'alertInstanceLabelFilter', { kind: 'text', placeholder: 'field.alertLabelsHint' }, ['alertlist']),
  option('field.sortOrder', 'values', 'sortOrder', { kind: 'choice', fallback: 1, values: [[1, 'variable.sort1'], [2, 'variable.sort2'], [3, 'choice.importance'], [4, 'choice.newest'], [5, 'choice.oldest']] }, ['alertlist']),
  option('field.starred', 'values', 'showStarred', on(true), ['dashlist']),
  option('field.search', 'values', 'showSearch', on(false), ['dashlist']),
  option('field.query', 'values', 'query', { kind: 'text' }, ['dashlist']),
  option('field.tags', 'values', 'tags', { kind: 'tags' }, ['dashlist']),
  option('field.keepTime', 'look', 'keepTime', on(false), ['dashlist']),
  option('field.includeVars', 'look', 'includeVars', on(false), ['dashlist']),
  option('field.maxItems', 'values', 'maxItems', { kind: 'number', min: 1, max: 500 }, ['alertlist', 'dashlist']),

  field('field.links', 'links', 'links', { kind: 'links' }),
  field('field.mappings', 'mappings', 'mappings', { kind: 'mappings' }),
]

/** The settings of one kind of panel. */
export function fieldsOf(kind: string): readonly OptionField[] {
  return OPTION_FIELDS.filter(f => (f.kinds === undefined ? !WITHOUT_DATA.includes(kind) : f.kinds.includes(kind)))
}

/** The settings that an override can set, for one kind of panel; each property once. */
export function overrideFieldsOf(kind: string): readonly OptionField[] {
  const seen = new Set<string>()
  return fieldsOf(kind).filter(f => f.property !== undefined && !seen.has(f.property) && seen.add(f.property) !== undefined)
}
