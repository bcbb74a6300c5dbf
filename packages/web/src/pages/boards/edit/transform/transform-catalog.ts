import { jsonAt } from '@haechi/dashboards'
import type { JsonObject, JsonPath } from '@haechi/dashboards'
import type { TransformKey } from './transform-words.ts'

/** How one option of a transformation is entered. */
export type TransformInput =
  | { readonly kind: 'text'; readonly hint?: TransformKey }
  | { readonly kind: 'number'; readonly fallback?: number }
  | { readonly kind: 'switch'; readonly fallback?: boolean }
  | { readonly kind: 'choice'; readonly values: readonly (readonly [value: string, word: TransformKey])[]; readonly isNumber?: true }
  /** Names of columns as they are before this step. */
  | { readonly kind: 'column' } | { readonly kind: 'columns' }
  /** Names of labels. */
  | { readonly kind: 'label' } | { readonly kind: 'labels' }
  | { readonly kind: 'calc' } | { readonly kind: 'calcs' }
  /** A column, or a number. */
  | { readonly kind: 'operand' }
  /** Letters of queries, written as a pattern; or one letter. */
  | { readonly kind: 'queries' } | { readonly kind: 'query' }
  /** Forms of their own. */
  | { readonly kind: 'organize' } | { readonly kind: 'groups' } | { readonly kind: 'conditions' } | { readonly kind: 'conversions' } | { readonly kind: 'sort' } | { readonly kind: 'trends' } | { readonly kind: 'paths' } | { readonly kind: 'configs' }

/** One option of a transformation: where it stands in `options`. */
export interface TransformField {
  readonly label: TransformKey
  readonly path: JsonPath
  readonly input: TransformInput
  /** Absent: always. */
  readonly when?: (options: JsonObject) => boolean
}

/** A transformation that can be added. */
export interface TransformKind {
  readonly id: string
  /** Options of a new one, as Grafana begins it. */
  readonly start: JsonObject
  readonly fields: readonly TransformField[]
}

const choice = (label: TransformKey, path: JsonPath, values: readonly (readonly [string, TransformKey])[], when?: TransformField['when']): TransformField => ({ label, path, input: { kind: 'choice', values }, ...(when === undefined ? {} : { when }) })
const field = (label: TransformKey, path: JsonPath, kind: 'text' | 'number' | 'switch' | 'column' | 'columns' | 'label' | 'labels' | 'calc' | 'calcs' | 'operand' | 'queries' | 'query', when?: TransformField['when']): TransformField => ({ label, path, input: { kind }, ...(when === undefined ? {} : { when }) })
const own = (kind: 'organize' | 'groups' | 'conditions' | 'conversions' | 'sort' | 'trends' | 'paths' | 'configs', when?: TransformField['when']): TransformField => ({ label: 'options', path: [], input: { kind }, ...(when === undefined ? {} : { when }) })
const mode = (name: string) => (o: JsonObject): boolean => (o['mode'] ?? 'reduceRow') === name
const OPERATORS: readonly (readonly [string, TransformKey])[] = [['+', 'op.plus'], ['-', 'op.minus'], ['*', 'op.times'], ['/', 'op.divided'], ['^', 'op.power'], ['%', 'op.rest'], ['=', 'op.equal'], ['!=', 'op.unequal'], ['>', 'op.greater'], ['>=', 'op.greaterEqual'], ['<', 'op.less'], ['<=', 'op.lessEqual']]

/** Every transformation that the boards know, in the order of the menu. */
export const TRANSFORM_KINDS: readonly TransformKind[] = [
  { id: 'organize', start: { excludeByName: {}, indexByName: {}, renameByName: {}, includeByName: {} }, fields: [own('organize')] },
  { id: 'filterFieldsByName', start: { include: { names: [] } }, fields: [field('keepColumns', ['include', 'names'], 'columns'), field('keepPattern', ['include', 'pattern'], 'text'), field('dropColumns', ['exclude', 'names'], 'columns'), field('dropPattern', ['exclude', 'pattern'], 'text')] },
  { id: 'renameByRegex', start: { regex: '(.*)', renamePattern: '$1' }, fields: [field('regex', ['regex'], 'text'), { label: 'renamePattern', path: ['renamePattern'], input: { kind: 'text', hint: 'renameHint' } }] },
  { id: 'convertFieldType', start: { conversions: [], fields: {} }, fields: [own('conversions')] },
  { id: 'formatTime', start: { timeField: 'Time', outputFormat: 'YYYY-MM-DD HH:mm' }, fields: [field('column', ['timeField'], 'column'), { label: 'timeFormat', path: ['outputFormat'], input: { kind: 'text', hint: 'timeFormatHint' } }] },
  {
    id: 'formatString', start: { stringField: '', outputFormat: 'Upper Case' },
    fields: [
      field('column', ['stringField'], 'column'),
      choice('stringForm', ['outputFormat'], [['Upper Case', 'string.upper'], ['Lower Case', 'string.lower'], ['Sentence Case', 'string.sentence'], ['Title Case', 'string.title'], ['Pascal Case', 'string.pascal'], ['Camel Case', 'string.camel'], ['Snake Case', 'string.snake'], ['Kebab Case', 'string.kebab'], ['Trim', 'string.trim'], ['Substring', 'string.substring']]),
      field('from', ['substringStart'], 'number', o => o['outputFormat'] === 'Substring'), field('to', ['substringEnd'], 'number', o => o['outputFormat'] === 'Substring'),
    ],
  },
  {
    id: 'extractFields', start: { source: '', format: 'auto', keepTime: false, replace: false },
    fields: [
      field('column', ['source'], 'column'), choice('extractFormat', ['format'], [['auto', 'extract.auto'], ['json', 'extract.json'], ['kvp', 'extract.kvp'], ['delimiter', 'extract.delimiter'], ['regexp', 'extract.regexp']]),
      { label: 'delimiter', path: ['delimiter'], input: { kind: 'text', hint: 'delimiterHint' }, when: o => o['format'] === 'delimiter' }, { label: 'regex', path: ['regExp'], input: { kind: 'text', hint: 'groupHint' }, when: o => o['format'] === 'regexp' },
      own('paths', o => o['format'] === 'json'), field('replaceAll', ['replace'], 'switch'), field('keepTime', ['keepTime'], 'switch', o => o['replace'] === true),
    ],
  },
  { id: 'configFromData', start: { configRefId: 'config', mappings: [] }, fields: [field('configQuery', ['configRefId'], 'query'), own('configs')] },
  { id: 'merge', start: {}, fields: [] },
  {
    id: 'joinByField', start: { mode: 'outer' },
    fields: [field('byColumn', ['byField'], 'column'), choice('joinMode', ['mode'], [['outer', 'join.outer'], ['inner', 'join.inner'], ['outerTabular', 'join.outerTabular']])],
  },
  { id: 'joinByLabels', start: { value: '' }, fields: [field('valueNamedBy', ['value'], 'label'), field('joinLabels', ['join'], 'labels')] },
  { id: 'concatenate', start: { frameNameMode: 'field', frameNameLabel: 'frame' }, fields: [choice('frameName', ['frameNameMode'], [['field', 'frame.field'], ['label', 'frame.label'], ['drop', 'frame.drop']]), field('frameLabel', ['frameNameLabel'], 'text', o => o['frameNameMode'] === 'label')] },
  { id: 'seriesToRows', start: {}, fields: [] },
  {
    id: 'labelsToFields', start: { mode: 'columns' },
    fields: [choice('labelsMode', ['mode'], [['columns', 'mode.columns'], ['rows', 'mode.rows']]), field('keepLabels', ['keepLabels'], 'labels'), field('valueNamedBy', ['valueLabel'], 'label', o => o['mode'] !== 'rows')],
  },
  {
    id: 'reduce', start: { reducers: ['max'] },
    fields: [
      choice('reduceMode', ['mode'], [['seriesToRows', 'reduce.rows'], ['reduceFields', 'reduce.fields']]), field('calcs', ['reducers'], 'calcs'), field('labelsToFields', ['labelsToFields'], 'switch', o => o['mode'] !== 'reduceFields'),
      field('includeTime', ['includeTimeField'], 'switch', o => o['mode'] === 'reduceFields'),
    ],
  },
  { id: 'groupBy', start: { fields: {} }, fields: [own('groups')] },
  { id: 'groupToNestedTable', start: { fields: {}, showSubframeHeaders: true }, fields: [field('showSubframeHeaders', ['showSubframeHeaders'], 'switch'), field('expandAllRows', ['expandAllRows'], 'switch'), own('groups', o => o['rules'] === undefined)] },
  {
    id: 'groupingToMatrix', start: { columnField: 'Time', rowField: 'Time', valueField: 'Value', emptyValue: 'empty' },
    fields: [field('matrixColumn', ['columnField'], 'column'), field('matrixRow', ['rowField'], 'column'), field('matrixValue', ['valueField'], 'column'), choice('emptyValue', ['emptyValue'], [['empty', 'empty.empty'], ['null', 'empty.null'], ['zero', 'empty.zero'], ['true', 'empty.true'], ['false', 'empty.false']])],
  },
  { id: 'partitionByValues', start: { fields: [], keepFields: false }, fields: [field('partitionBy', ['fields'], 'columns'), field('keepFields', ['keepFields'], 'switch'), { label: 'asLabels', path: ['naming', 'asLabels'], input: { kind: 'switch', fallback: true } }, field('withNames', ['naming', 'withNames'], 'switch', o => jsonAt(o, ['naming', 'asLabels']) === false)] },
  {
    id: 'calculateField', start: { mode: 'binary', binary: { left: '', operator: '*', right: '' } },
    fields: [
      choice('calculateMode', ['mode'], [['binary', 'calc.binary'], ['reduceRow', 'calc.reduceRow'], ['unary', 'calc.unary'], ['cumulativeFunctions', 'calc.cumulative'], ['windowFunctions', 'calc.window'], ['index', 'calc.index']]),
      field('left', ['binary', 'left'], 'operand', mode('binary')), choice('operator', ['binary', 'operator'], OPERATORS, mode('binary')), field('right', ['binary', 'right'], 'operand', mode('binary')),
      field('calcColumns', ['reduce', 'include'], 'columns', mode('reduceRow')), field('calc', ['reduce', 'reducer'], 'calc', mode('reduceRow')),
      choice('function', ['unary', 'operator'], [['abs', 'fn.abs'], ['exp', 'fn.exp'], ['ln', 'fn.ln'], ['floor', 'fn.floor'], ['ceil', 'fn.ceil'], ['round', 'fn.round']], mode('unary')), field('column', ['unary', 'fieldName'], 'column', mode('unary')),
      field('column', ['cumulative', 'field'], 'column', mode('cumulativeFunctions')), choice('function', ['cumulative', 'reducer'], [['sum', 'fn.sum'], ['mean', 'fn.mean']], mode('cumulativeFunctions')),
      field('column', ['window', 'field'], 'column', mode('windowFunctions')), choice('function', ['window', 'reducer'], [['mean', 'fn.mean'], ['stdDev', 'fn.stdDev'], ['variance', 'fn.variance']], mode('windowFunctions')),
      choice('windowSizeMode', ['window', 'windowSizeMode'], [['percentage', 'window.percentage'], ['fixed', 'window.fixed']], mode('windowFunctions')), field('windowSize', ['window', 'windowSize'], 'number', mode('windowFunctions')),
      choice('windowAlignment', ['window', 'windowAlignment'], [['trailing', 'window.trailing'], ['centered', 'window.centered']], mode('windowFunctions')),
      field('asPercentile', ['index', 'asPercentile'], 'switch', mode('index')),
      field('alias', ['alias'], 'text'), field('replaceFields', ['replaceFields'], 'switch'),
    ],
  },
  {
    id: 'regression', start: { modelType: 'linear', predictionCount: 100, degree: 2, xFieldName: 'Time', yFieldName: 'Value' },
    fields: [
      field('xColumn', ['xFieldName'], 'column'), field('yColumn', ['yFieldName'], 'column'), choice('model', ['modelType'], [['linear', 'model.linear'], ['polynomial', 'model.polynomial']]),
      { label: 'degree', path: ['degree'], input: { kind: 'number', fallback: 2 }, when: o => o['modelType'] === 'polynomial' }, { label: 'predictionCount', path: ['predictionCount'], input: { kind: 'number', fallback: 100 } },
    ],
  },
  {
    id: 'histogram', start: {},
    fields: [{ label: 'bucketCount', path: ['bucketCount'], input: { kind: 'number', fallback: 30 } }, field('bucketSize', ['bucketSize'], 'number'), field('bucketOffset', ['bucketOffset'], 'number'), field('combine', ['combine'], 'switch')],
  },
  {
    id: 'heatmap', start: {},
    fields: [
      choice('xBuckets', ['xBuckets', 'mode'], [['size', 'bucket.size'], ['count', 'bucket.count']]), { label: 'xBucketValue', path: ['xBuckets', 'value'], input: { kind: 'text', hint: 'autoHint' } },
      choice('yBuckets', ['yBuckets', 'mode'], [['size', 'bucket.size'], ['count', 'bucket.count']]), { label: 'yBucketValue', path: ['yBuckets', 'value'], input: { kind: 'text', hint: 'autoHint' } },
      choice('yScale', ['yBuckets', 'scale', 'type'], [['linear', 'scale.linear'], ['log', 'scale.log']]), { label: 'yLogBase', path: ['yBuckets', 'scale', 'log'], input: { kind: 'choice', values: [['2', 'scale.2'], ['10', 'scale.10']], isNumber: true }, when: o => jsonAt(o, ['yBuckets', 'scale', 'type']) === 'log' },
      field('keepOriginal', ['keepOriginalData'], 'switch'),
    ],
  },
  { id: 'filterByValue', start: { type: 'include', match: 'any', filters: [] }, fields: [choice('filterType', ['type'], [['include', 'filter.include'], ['exclude', 'filter.exclude']]), choice('filterMatch', ['match'], [['all', 'filter.all'], ['any', 'filter.any']]), own('conditions')] },
  { id: 'filterByRefId', start: {}, fields: [field('keepQueries', ['include'], 'queries')] },
  { id: 'sortBy', start: { fields: {}, sort: [{ field: '', desc: false }] }, fields: [own('sort')] },
  { id: 'limit', start: { limitField: 10 }, fields: [{ label: 'limit', path: ['limitField'], input: { kind: 'number', fallback: 10 } }] },
  { id: 'transpose', start: {}, fields: [field('firstFieldName', ['firstFieldName'], 'text'), field('restFieldsName', ['restFieldsName'], 'text')] },
  { id: 'rowsToFields', start: {}, fields: [field('nameColumn', ['nameField'], 'column'), field('valueColumn', ['valueField'], 'column')] },
  { id: 'timeSeriesTable', start: {}, fields: [own('trends')] },
  { id: 'prepareTimeSeries', start: { format: 'wide' }, fields: [choice('seriesFormat', ['format'], [['wide', 'format.wide'], ['multi', 'format.multi'], ['long', 'format.long']])] },
]

/** The kind of a transformation; undefined for one that the editor has no form for. */
export function transformKind(id: string): TransformKind | undefined {
  const named = id === 'seriesToColumns' ? 'joinByField' : id
  return TRANSFORM_KINDS.find(k => k.id === named)
}

/** The letters that a filter on queries names: `A`, `/^(?:A|B)$/` or a list. */
export function filterLetters(options: unknown): string[] {
  if (Array.isArray(options)) return options.filter(o => typeof o === 'string')
  if (typeof options !== 'string' || options === '') return []
  const inner = /^\/\^?(?:\(\?:)?(.*?)\)?\$?\/$/s.exec(options)?.[1]
  return (inner ?? options).split('|').filter(l => l !== '')
}

/** A filter on queries as Grafana writes it; undefined for none. */
export function lettersFilter(letters: readonly string[]): string | undefined {
  return letters.length === 0 ? undefined : letters.length === 1 ? letters[0] : `/^(?:${letters.map(l => l.replace(/[\\^$.*+?()[\]{}|/]/g, String.raw`\$&`)).join('|')})$/`
}

/** A side of a calculation as the form shows it: a name or a number; undefined where JSON says more than that. */
export function operandText(v: unknown): string | undefined {
  if (v === undefined || v === null) return ''
  if (typeof v === 'string' || typeof v === 'number') return String(v)
  const fixed = jsonAt(v, ['fixed'])
  if (typeof fixed === 'string' || typeof fixed === 'number') return String(fixed)
  const matcher = jsonAt(v, ['matcher'])
  const options = jsonAt(matcher, ['options'])
  return jsonAt(matcher, ['id']) === 'byName' && typeof options === 'string' ? options : undefined
}

/** A side of a calculation as Grafana writes it. */
export function operandJson(text: string, columns: readonly string[]): JsonObject {
  const isNumber = text.trim() !== '' && Number.isFinite(Number(text)) && !columns.includes(text)
  return isNumber ? { fixed: text } : { matcher: { id: 'byName', options: text } }
}
