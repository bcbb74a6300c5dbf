import { flagOf, isObject, textOf, textsOf } from '../json-reader.ts'
import { convertFieldType, filterByRefId, filterByValue, filterFieldsByName, labelsToFields, limitRows, matchedColumn, organize, renameByRegex, sortFrames, transpose } from './arrange.ts'
import { calculateField, groupFrames, groupingToMatrix, partitionByValues, reduceFrames, timeSeriesTable } from './compute.ts'
import { heatmapFrames, histogramFrames } from './bins.ts'
import { configFromData } from './config-from-data.ts'
import { extractFields } from './extract-fields.ts'
import { fieldMatches, patternOf } from './field-matcher.ts'
import { fieldName } from './frame.ts'
import { concatenate, joinFrames, mergeFrames, seriesToRows } from './join.ts'
import { groupToNestedTable } from './nested.ts'
import { regressionFrames } from './regression.ts'
import { formatString, formatTime, joinByLabels, rowsToFields } from './reshape.ts'
import type { JsonObject } from '../model.ts'
import type { Frame, FrameField } from './frame.ts'

/** What transformations need besides the data. */
export interface TransformContext {
  /** The values of a variable; an unknown one has none. */
  readonly valuesOf?: (variable: string) => readonly string[]
}

/** Frames after a panel's transformations. */
export interface Transformed {
  readonly frames: readonly Frame[]
  /** Ids of transformations that we don't know: the data went past them unchanged. */
  readonly unknown: readonly string[]
}

/**
 * Runs a panel's transformations in order. One that is disabled is skipped; one with a filter sees only the tables of the queries it names, the
 * others pass by.
 *
 * @see Grafana `packages/grafana-data/src/transformations/transformers`
 */
export function transformFrames(frames: readonly Frame[], transformations: readonly JsonObject[], context: TransformContext = {}): Transformed {
  let now = frames
  const unknown: string[] = []
  for (const t of transformations) {
    if (flagOf(t['disabled']) || textOf(t['topic']) === 'annotations') continue
    const id = textOf(t['id'])
    const run = TRANSFORMATIONS[id]
    if (run === undefined) {
      if (id !== '' && !unknown.includes(id)) unknown.push(id)
      continue
    }
    const options = isObject(t['options']) ? t['options'] : {}
    const chosen = filterOf(t['filter'])
    if (chosen === undefined) now = run(now, options, context)
    else {
      const inside = now.filter(f => chosen(f.refId))
      now = [...run(inside, options, context), ...now.filter(f => !chosen(f.refId))]
    }
  }
  return { frames: now, unknown }
}

function filterOf(v: unknown): ((refId: string) => boolean) | undefined {
  if (!isObject(v) || v['id'] !== 'byRefId') return undefined
  const names = typeof v['options'] === 'string' ? v['options'] : ''
  const listed = textsOf(v['options'])
  const re = names.startsWith('/') ? patternOf(names) : undefined
  return refId => re === undefined ? names === refId || listed.includes(refId) : re.test(refId)
}

type Transformation = (frames: readonly Frame[], options: JsonObject, context: TransformContext) => readonly Frame[]

const joinByField: Transformation = (frames, options) => {
  const by = textOf(options['byField'])
  const mode = options['mode'] === 'inner' ? 'inner' : options['mode'] === 'outerTabular' ? 'outerTabular' : 'outer'
  return joinFrames(frames, by === '' ? f => f.type === 'time' : (f, frame) => f.name === by || fieldName(f, frame, frames) === by, mode)
}

/** Whether a matcher of the older filters chooses a column. */
function chosenBy(matcher: unknown, field: FrameField, frame: Frame, frames: readonly Frame[]): boolean {
  return isObject(matcher) && fieldMatches(textOf(matcher['id']), matcher['options'], matchedColumn(field, frame, frames))
}

const filterFields: Transformation = (frames, options) => frames.map(frame => {
  const fields = frame.fields.filter(f => (options['include'] === undefined || chosenBy(options['include'], f, frame, frames)) && !chosenBy(options['exclude'], f, frame, frames))
  return { ...frame, fields, length: fields.length === 0 ? 0 : frame.length }
}).filter(f => f.fields.length > 0)

/** filterFrames knows queries only: `byRefId`. */
const filterFrames: Transformation = (frames, options) => {
  const fits = (rule: unknown, frame: Frame): boolean => filterOf(rule)?.(frame.refId) ?? false
  return frames.filter(f => (options['include'] === undefined || fits(options['include'], f)) && !fits(options['exclude'], f))
}

const TRANSFORMATIONS: Readonly<Record<string, Transformation>> = {
  merge: frames => mergeFrames(frames),
  joinByField,
  seriesToColumns: joinByField,
  concatenate: (frames, options) => concatenate(frames, textOf(options['frameNameMode'], 'field')),
  seriesToRows: frames => seriesToRows(frames),
  organize,
  renameByRegex,
  filterFieldsByName: (frames, options, context) => filterFieldsByName(frames, options, context.valuesOf ?? (() => [])),
  filterByRefId,
  filterByValue,
  sortBy: sortFrames,
  limit: limitRows,
  labelsToFields,
  transpose,
  convertFieldType,
  reduce: reduceFrames,
  groupBy: groupFrames,
  groupingToMatrix,
  partitionByValues,
  timeSeriesTable,
  calculateField,
  formatTime,
  formatString,
  joinByLabels,
  rowsToFields,
  // Long and multi tables are what panels take anyway.
  prepareTimeSeries: (frames, options) => options['format'] === 'wide' ? joinFrames(frames, f => f.type === 'time', 'outer') : frames,
  histogram: histogramFrames,
  heatmap: heatmapFrames,
  groupToNestedTable,
  extractFields,
  configFromData,
  regression: regressionFrames,
  noop: frames => frames,
  order: (frames, options) => organize(frames, { indexByName: options['indexByName'] }),
  rename: (frames, options) => organize(frames, { renameByName: options['renameByName'] }),
  filterFields,
  filterFrames,
  ensureColumns: frames => joinFrames(frames, f => f.type === 'time', 'outer'),
}
