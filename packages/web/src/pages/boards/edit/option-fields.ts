import type { JsonPath } from '@haechi/dashboards'
import type { EditKey } from './edit-words.ts'

/** How one setting of a panel is entered. */
export type FieldInput =
  | { readonly kind: 'text'; readonly placeholder?: EditKey }
  | { readonly kind: 'number'; readonly min?: number; readonly max?: number; readonly placeholder?: EditKey }
  | { readonly kind: 'switch'; readonly fallback: boolean }
  /** `values` as they are written; their words are `choice.<value>` unless given. */
  | { readonly kind: 'choice'; readonly values: readonly (readonly [value: string | boolean, word: EditKey])[]; readonly fallback: string | boolean }
  | { readonly kind: 'calcs'; readonly many: boolean }
  | { readonly kind: 'unit' } | { readonly kind: 'thresholds' } | { readonly kind: 'mappings' } | { readonly kind: 'color' }

export type FieldSection = 'values' | 'color' | 'thresholds' | 'mappings' | 'graph' | 'axis' | 'look' | 'legend' | 'tooltip'

/** One setting of a panel: where it stands in the JSON, how it is entered, for which kinds of panels it counts. */
export interface OptionField {
  readonly label: EditKey
  readonly section: FieldSection
  /** Within the panel. */
  readonly path: JsonPath
  readonly input: FieldInput
  /** Absent: for every kind that draws queries. */
  readonly kinds?: readonly string[]
  /** Its id in an override; absent: it can't be set per field. */
  readonly property?: string
  readonly hint?: EditKey
}

/** The sections in their order. */
export const FIELD_SECTIONS: readonly FieldSection[] = ['values', 'thresholds', 'color', 'graph', 'look', 'axis', 'legend', 'tooltip', 'mappings']

const LINES = ['timeseries']
const BARS = ['timeseries', 'barchart', 'histogram']
const REDUCED = ['stat', 'gauge', 'bargauge', 'piechart']
const STATES = ['state-timeline', 'status-history']
const LEGENDS = ['timeseries', 'barchart', 'piechart', 'histogram', ...STATES]

const of = (...path: string[]): JsonPath => ['options', ...path]
const custom = (label: EditKey, section: FieldSection, name: string, input: FieldInput, kinds: readonly string[]): OptionField => ({ label, section, path: ['fieldConfig', 'defaults', 'custom', ...name.split('.')], input, kinds, property: `custom.${name}` })
const field = (label: EditKey, section: FieldSection, name: string, input: FieldInput, more: Partial<OptionField> = {}): OptionField => ({ label, section, path: ['fieldConfig', 'defaults', name], input, property: name, ...more })

const SHOW: FieldInput = { kind: 'choice', fallback: 'auto', values: [['auto', 'choice.auto'], ['always', 'choice.always'], ['never', 'choice.never']] }

/** Every setting that the editor offers, by Grafana's names. What isn't here is edited as JSON and stays as it is. */
export const OPTION_FIELDS: readonly OptionField[] = [
  field('field.unit', 'values', 'unit', { kind: 'unit' }),
  field('field.decimals', 'values', 'decimals', { kind: 'number', min: 0, max: 15, placeholder: 'choice.auto' }),
  field('field.min', 'values', 'min', { kind: 'number', placeholder: 'choice.auto' }),
  field('field.max', 'values', 'max', { kind: 'number', placeholder: 'choice.auto' }),
  field('field.displayName', 'values', 'displayName', { kind: 'text', placeholder: 'choice.auto' }),
  field('field.noValue', 'values', 'noValue', { kind: 'text', placeholder: 'field.noValueHint' }),
  { label: 'field.calcs', section: 'values', path: of('reduceOptions', 'calcs'), input: { kind: 'calcs', many: false }, kinds: REDUCED },
  { label: 'field.allValues', section: 'values', path: of('reduceOptions', 'values'), input: { kind: 'switch', fallback: false }, kinds: REDUCED },

  field('field.thresholds', 'thresholds', 'thresholds', { kind: 'thresholds' }),
  { ...custom('field.thresholdsShow', 'thresholds', 'thresholdsStyle.mode', { kind: 'choice', fallback: 'off', values: [['off', 'choice.off'], ['line', 'choice.lines'], ['area', 'choice.area']] }, LINES), property: 'custom.thresholdsStyle' },
  field('field.color', 'color', 'color', { kind: 'color' }),

  custom('field.drawStyle', 'graph', 'drawStyle', { kind: 'choice', fallback: 'line', values: [['line', 'choice.lines'], ['bars', 'choice.bars'], ['points', 'choice.points']] }, LINES),
  custom('field.lineInterpolation', 'graph', 'lineInterpolation', { kind: 'choice', fallback: 'linear', values: [['linear', 'choice.linear'], ['smooth', 'choice.smooth'], ['stepBefore', 'choice.stepBefore'], ['stepAfter', 'choice.stepAfter']] }, LINES),
  custom('field.lineWidth', 'graph', 'lineWidth', { kind: 'number', min: 0, max: 10 }, [...BARS, ...STATES]),
  custom('field.fillOpacity', 'graph', 'fillOpacity', { kind: 'number', min: 0, max: 100 }, [...BARS, ...STATES]),
  { ...custom('field.stacking', 'graph', 'stacking.mode', { kind: 'choice', fallback: 'none', values: [['none', 'choice.off'], ['normal', 'choice.stacked'], ['percent', 'choice.stackedPercent']] }, LINES), property: 'custom.stacking' },
  { label: 'field.stacking', section: 'graph', path: of('stacking'), input: { kind: 'choice', fallback: 'none', values: [['none', 'choice.off'], ['normal', 'choice.stacked'], ['percent', 'choice.stackedPercent']] }, kinds: ['barchart'] },
  custom('field.showPoints', 'graph', 'showPoints', SHOW, LINES),
  custom('field.spanNulls', 'graph', 'spanNulls', { kind: 'choice', fallback: false, values: [[false, 'choice.gaps'], [true, 'choice.connected']] }, LINES),

  { label: 'field.colorMode', section: 'look', path: of('colorMode'), input: { kind: 'choice', fallback: 'value', values: [['none', 'choice.none'], ['value', 'choice.value'], ['background', 'choice.background']] }, kinds: ['stat'] },
  { label: 'field.graphMode', section: 'look', path: of('graphMode'), input: { kind: 'choice', fallback: 'area', values: [['none', 'choice.off'], ['area', 'choice.area']] }, kinds: ['stat'] },
  { label: 'field.textMode', section: 'look', path: of('textMode'), input: { kind: 'choice', fallback: 'auto', values: [['auto', 'choice.auto'], ['value', 'choice.value'], ['value_and_name', 'choice.valueAndName'], ['name', 'choice.name'], ['none', 'choice.none']] }, kinds: ['stat'] },
  { label: 'field.percentChange', section: 'look', path: of('showPercentChange'), input: { kind: 'switch', fallback: false }, kinds: ['stat'] },
  { label: 'field.thresholdLabels', section: 'look', path: of('showThresholdLabels'), input: { kind: 'switch', fallback: false }, kinds: ['gauge'] },
  { label: 'field.thresholdMarkers', section: 'look', path: of('showThresholdMarkers'), input: { kind: 'switch', fallback: true }, kinds: ['gauge'] },
  { label: 'field.displayMode', section: 'look', path: of('displayMode'), input: { kind: 'choice', fallback: 'gradient', values: [['gradient', 'choice.gradient'], ['basic', 'choice.basic'], ['lcd', 'choice.lcd']] }, kinds: ['bargauge'] },
  { label: 'field.orientation', section: 'look', path: of('orientation'), input: { kind: 'choice', fallback: 'auto', values: [['auto', 'choice.auto'], ['horizontal', 'choice.horizontal'], ['vertical', 'choice.vertical']] }, kinds: ['bargauge', 'barchart'] },
  { label: 'field.showUnfilled', section: 'look', path: of('showUnfilled'), input: { kind: 'switch', fallback: true }, kinds: ['bargauge'] },
  { label: 'field.pieType', section: 'look', path: of('pieType'), input: { kind: 'choice', fallback: 'pie', values: [['pie', 'choice.pie'], ['donut', 'choice.donut']] }, kinds: ['piechart'] },
  { label: 'field.showHeader', section: 'look', path: of('showHeader'), input: { kind: 'switch', fallback: true }, kinds: ['table'] },
  { label: 'field.cellHeight', section: 'look', path: of('cellHeight'), input: { kind: 'choice', fallback: 'sm', values: [['sm', 'choice.small'], ['md', 'choice.medium'], ['lg', 'choice.large']] }, kinds: ['table'] },
  { ...custom('field.cellType', 'look', 'cellOptions.type', { kind: 'choice', fallback: 'auto', values: [['auto', 'choice.auto'], ['color-text', 'choice.colorText'], ['color-background', 'choice.background'], ['gauge', 'choice.gauge'], ['sparkline', 'choice.sparkline']] }, ['table']), property: 'custom.cellOptions' },
  { label: 'field.showValue', section: 'look', path: of('showValue'), input: SHOW, kinds: ['barchart', ...STATES] },
  { label: 'field.mergeValues', section: 'look', path: of('mergeValues'), input: { kind: 'switch', fallback: true }, kinds: ['state-timeline'] },
  { label: 'field.bucketCount', section: 'look', path: of('bucketCount'), input: { kind: 'number', min: 1, max: 500 }, kinds: ['histogram'] },
  { label: 'field.bucketSize', section: 'look', path: of('bucketSize'), input: { kind: 'number', min: 0, placeholder: 'choice.auto' }, kinds: ['histogram'] },
  { label: 'field.heatmapCalculate', section: 'look', path: of('calculate'), input: { kind: 'switch', fallback: false }, kinds: ['heatmap'] },
  { label: 'field.heatmapUnit', section: 'look', path: of('yAxis', 'unit'), input: { kind: 'unit' }, kinds: ['heatmap'] },

  custom('field.axisLabel', 'axis', 'axisLabel', { kind: 'text' }, LINES),
  custom('field.axisPlacement', 'axis', 'axisPlacement', { kind: 'choice', fallback: 'auto', values: [['auto', 'choice.auto'], ['left', 'choice.left'], ['right', 'choice.right'], ['hidden', 'choice.hidden']] }, LINES),
  { ...custom('field.scale', 'axis', 'scaleDistribution.type', { kind: 'choice', fallback: 'linear', values: [['linear', 'choice.linearScale'], ['log', 'choice.log']] }, LINES), property: 'custom.scaleDistribution' },

  { label: 'field.legendShow', section: 'legend', path: of('legend', 'showLegend'), input: { kind: 'switch', fallback: true }, kinds: LEGENDS },
  { label: 'field.legendMode', section: 'legend', path: of('legend', 'displayMode'), input: { kind: 'choice', fallback: 'list', values: [['list', 'choice.list'], ['table', 'choice.table']] }, kinds: ['timeseries', 'piechart'] },
  { label: 'field.legendPlacement', section: 'legend', path: of('legend', 'placement'), input: { kind: 'choice', fallback: 'bottom', values: [['bottom', 'choice.bottom'], ['right', 'choice.right']] }, kinds: LEGENDS },
  { label: 'field.legendCalcs', section: 'legend', path: of('legend', 'calcs'), input: { kind: 'calcs', many: true }, kinds: LINES },
  { label: 'field.tooltipMode', section: 'tooltip', path: of('tooltip', 'mode'), input: { kind: 'choice', fallback: 'single', values: [['single', 'choice.single'], ['multi', 'choice.all'], ['none', 'choice.off']] }, kinds: LEGENDS },
  { label: 'field.tooltipSort', section: 'tooltip', path: of('tooltip', 'sort'), input: { kind: 'choice', fallback: 'none', values: [['none', 'choice.none'], ['asc', 'choice.asc'], ['desc', 'choice.desc']] }, kinds: ['timeseries', 'piechart'] },
  field('field.mappings', 'mappings', 'mappings', { kind: 'mappings' }),
]

/** The settings of one kind of panel. */
export function fieldsOf(kind: string): readonly OptionField[] {
  return kind === 'text' ? [] : OPTION_FIELDS.filter(f => f.kinds === undefined || f.kinds.includes(kind))
}

/** The settings that an override can set, for one kind of panel. */
export function overrideFieldsOf(kind: string): readonly OptionField[] {
  return fieldsOf(kind).filter(f => f.property !== undefined)
}
