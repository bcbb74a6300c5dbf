import { flagOf, isObject, numberOf, textOf, textsOf } from '../json-reader.ts'
import { reduceNumber, reducer } from '../reducers.ts'
import { matchedColumn } from './arrange.ts'
import { fieldMatches } from './field-matcher.ts'
import { fieldName, guessType, isFrame, lastNumber, timeField, withFields } from './frame.ts'
import { joinFrames } from './join.ts'
import type { JsonObject } from '../model.ts'
import type { Cell, Frame, FrameField } from './frame.ts'

/** One cell of a column, by the id of a reducer. Of texts only those reducers have an answer that pick or count. */
export function reduceCells(id: string, field: FrameField): Cell {
  if (field.type === 'number' || field.type === 'time') {
    const v = (reducer(id) ?? reducer('lastNotNull')!).reduce(field.values as ArrayLike<number | null>)
    return Array.isArray(v) ? v.join(', ') : typeof v === 'number' || typeof v === 'boolean' ? v : null
  }
  if (field.type === 'boolean') return reduceNumber(id, Array.from(field.values, v => v === null ? null : Number(v)))
  const list = Array.from(field.values)
  const there = list.filter(v => v !== null && v !== '')
  switch (id) {
    case 'first': return list[0] ?? null
    case 'firstNotNull': return there[0] ?? null
    case 'last': return list.at(-1) ?? null
    case 'count': return there.length
    case 'countAll': return list.length
    case 'distinctCount': return new Set(there).size
    case 'changeCount': return list.filter((v, i) => i > 0 && v !== list[i - 1]).length
    case 'allIsNull': return there.length === 0
    case 'allValues': return list.filter(v => !isFrame(v)).join(', ')
    case 'uniqueValues': return [...new Set(there.filter(v => !isFrame(v)))].join(', ')
    case 'lastNotNull': return there.at(-1) ?? null
    default: return null
  }
}

/** reduce: each column becomes a row (or, in mode reduceFields, one cell). */
export function reduceFrames(frames: readonly Frame[], options: JsonObject): readonly Frame[] {
  const ids = textsOf(options['reducers']).filter(id => reducer(id) !== undefined)
  if (ids.length === 0) return frames
  const isFields = options['mode'] === 'reduceFields'
  const chosen = isObject(options['fields']) ? options['fields'] : undefined
  const wanted = (f: FrameField, frame: Frame): boolean => chosen === undefined
    ? f.type !== 'time' || isFields && flagOf(options['includeTimeField'])
    : fieldMatches(textOf(chosen['id']), chosen['options'], matchedColumn(f, frame, frames))
  if (isFields) {
    return frames.map(frame => withFields(frame, frame.fields.filter(f => wanted(f, frame)).flatMap(f => ids.map((id): FrameField => {
      const value = reduceCells(id, f)
      return { ...f, type: f.type === 'time' && typeof value === 'number' ? 'time' : guessType([value]), values: [value], ...(ids.length > 1 ? { labels: { ...f.labels, reducer: reducer(id)!.name } } : {}) }
    })))).filter(f => f.fields.length > 0)
  }
  const rows = frames.flatMap(frame => frame.fields.filter(f => wanted(f, frame)).map(f => ({ f, frame })))
  if (frames.length === 0) return frames
  const withLabels = flagOf(options['labelsToFields'])
  const labels = withLabels ? [...new Set(rows.flatMap(r => Object.keys(r.f.labels ?? {})))] : []
  const calcs = ids.map((id): FrameField => {
    const values = rows.map(r => reduceCells(id, r.f))
    return { name: reducer(id)!.name, type: guessType(values), values }
  })
  return [{
    name: '', refId: frames[0]!.refId, length: rows.length,
    fields: [
      { name: 'Field', type: 'string', values: rows.map(r => withLabels ? r.f.name : fieldName(r.f, r.frame, frames)) },
      ...labels.map((name): FrameField => ({ name, type: 'string', values: rows.map(r => r.f.labels !== undefined && Object.hasOwn(r.f.labels, name) ? r.f.labels[name]! : null) })),
      ...calcs,
    ],
  }]
}

/** groupBy: a row for each tuple of the group columns; the others are aggregated, those that nobody names vanish. */
export function groupFrames(frames: readonly Frame[], options: JsonObject): readonly Frame[] {
  const fields = isObject(options['fields']) ? options['fields'] : {}
  const operation = (name: string): JsonObject => Object.hasOwn(fields, name) && isObject(fields[name]) ? fields[name] : {}
  if (!Object.keys(fields).some(name => operation(name)['operation'] === 'groupby')) return frames
  const out: Frame[] = []
  for (const frame of frames) {
    const named = frame.fields.map(field => ({ field, name: fieldName(field, frame, frames) }))
    const keys = named.filter(n => operation(n.name)['operation'] === 'groupby')
    if (keys.length === 0) continue
    const groups = groupedRows(frame, keys.map(k => k.field))
    const made: FrameField[] = keys.map(k => ({ ...k.field, values: groups.map(rows => k.field.values[rows[0]!] ?? null) }))
    for (const { field, name } of named) {
      const o = operation(name)
      made.push(...aggregatedFields(field, name, groups, o['operation'] === 'count' ? ['count'] : o['operation'] === 'aggregate' ? textsOf(o['aggregations']) : []))
    }
    out.push({ name: frame.name, refId: frame.refId, fields: made, length: groups.length })
  }
  return out
}

/** The rows of each tuple of some columns' values, in the order of their first appearance. */
export function groupedRows(frame: Frame, keys: readonly FrameField[]): readonly (readonly number[])[] {
  const groups = new Map<string, number[]>()
  for (let i = 0; i < frame.length; i++) {
    const key = JSON.stringify(keys.map(k => String(k.values[i])))
    const rows = groups.get(key)
    if (rows) rows.push(i)
    else groups.set(key, [i])
  }
  return [...groups.values()]
}

/** `name (calc)`: one cell per group for each calculation. */
export function aggregatedFields(field: FrameField, name: string, groups: readonly (readonly number[])[], calcs: readonly string[]): FrameField[] {
  return calcs.map((id): FrameField => {
    const values = groups.map(rows => reduceCells(id, { ...field, values: rows.map(i => field.values[i] ?? null) }))
    return { name: `${name} (${id})`, type: field.type === 'time' && !/count|diff|range|delta/i.test(id) ? 'time' : guessType(values), values }
  })
}

/** groupingToMatrix: rows and columns by the values of two columns. Takes a single table only. */
export function groupingToMatrix(frames: readonly Frame[], options: JsonObject): readonly Frame[] {
  const frame = frames[0]
  if (frame === undefined || frames.length !== 1) return frames
  const by = (option: string, fallback: string): FrameField | undefined => {
    const name = textOf(options[option], fallback)
    return frame.fields.find(f => f.name === name || fieldName(f, frame, frames) === name)
  }
  const column = by('columnField', 'Time')
  const row = by('rowField', 'Time')
  const value = by('valueField', 'Value')
  if (column === undefined || row === undefined || value === undefined) return frames
  const unique = (f: FrameField): Cell[] => [...new Set(Array.from(f.values))]
  const rows = unique(row)
  const columns = unique(column)
  const cells = new Map<Cell, Map<Cell, Cell>>()
  for (let i = 0; i < frame.length; i++) {
    const c = column.values[i]!
    const inside = cells.get(c) ?? new Map<Cell, Cell>()
    inside.set(row.values[i]!, value.values[i]!)
    cells.set(c, inside)
  }
  const emptyValue = options['emptyValue']
  const empty: Cell = emptyValue === 'null' ? null : emptyValue === 'true' ? true : emptyValue === 'false' ? false : emptyValue === 'zero' ? 0 : ''
  const fields = columns.map((c): FrameField => ({
    name: String(c), type: value.type, values: rows.map(r => cells.get(c)?.has(r) === true ? cells.get(c)!.get(r)! : empty === '' && value.type === 'number' ? null : empty),
  }))
  return [{ name: '', refId: frame.refId, length: rows.length, fields: [{ name: `${row.name}\\${column.name}`, type: row.type === 'time' ? 'time' : guessType(rows), values: rows }, ...fields] }]
}

/** partitionByValues: a table for each tuple of values; they become labels of its columns, or its name. Takes the first table. */
export function partitionByValues(frames: readonly Frame[], options: JsonObject): readonly Frame[] {
  const names = textsOf(options['fields'])
  const frame = frames[0]
  if (names.length === 0 || frame === undefined) return frames
  const naming = isObject(options['naming']) ? options['naming'] : {}
  const asLabels = flagOf(naming['asLabels'], true)
  const keep = flagOf(options['keepFields'])
  const keys = frame.fields.filter(f => names.includes(fieldName(f, frame, [frame])) || names.includes(f.name))
  if (keys.length === 0) return [frame]
  return groupedRows(frame, keys).map((rows): Frame => {
    const values = keys.map(k => String(k.values[rows[0]!] ?? ''))
    const labels = Object.fromEntries(keys.map((k, i) => [fieldName(k, frame, [frame]), values[i]!]))
    const named = Object.entries(labels).map(([name, v]) => flagOf(naming['withNames']) ? `${name}${textOf(naming['separator1'], '=')}${v}` : v).join(textOf(naming['separator2'], ' '))
    return {
      name: asLabels ? frame.name : flagOf(naming['append']) && frame.name !== '' ? `${frame.name} ${named}` : named, refId: frame.refId, length: rows.length,
      fields: frame.fields.filter(f => keep || !keys.includes(f)).map((f): FrameField => ({ ...f, values: rows.map(i => f.values[i] ?? null), ...(asLabels && f.type !== 'time' ? { labels: { ...f.labels, ...labels } } : {}) })),
    }
  })
}

/** timeSeriesTable: a row for each series, its labels and a small line, whose value is a reducer's. */
export function timeSeriesTable(frames: readonly Frame[], options: JsonObject): readonly Frame[] {
  const refIds = [...new Set(frames.map(f => f.refId))]
  return refIds.flatMap(refId => {
    const own = isObject(options[refId]) ? options[refId] : {}
    const series = frames.filter(f => f.refId === refId && timeField(f) !== undefined && f.fields.some(x => x.type === 'number'))
    if (series.length === 0) return frames.filter(f => f.refId === refId)
    const values = series.map(f => f.fields.find(x => x.type === 'number')!)
    const labels = [...new Set(values.flatMap(v => Object.keys(v.labels ?? {})))]
    // Before schema 39 all of them stood in one member.
    const old = isObject(options['refIdToStat']) ? textOf(options['refIdToStat'][refId]) : ''
    const stat = textOf(own['stat']) || old || 'lastNotNull'
    const lines = series.map((f, i): Frame => {
      const value = values[i]!
      const total = reduceNumber(stat, value.values as ArrayLike<number | null>)
      return { name: total === null ? '' : String(total), refId, length: f.length, fields: [timeField(f)!, value] }
    })
    return [{
      name: '', refId, length: series.length,
      fields: [
        ...labels.map((name): FrameField => ({ name, type: 'string', values: values.map(v => v.labels !== undefined && Object.hasOwn(v.labels, name) ? v.labels[name]! : '') })),
        { name: `Trend #${refId}`, type: 'frame' as const, values: lines },
      ],
    }]
  })
}

/** The number that a small line stands for. */
export function trendNumber(frame: Frame): number | null {
  const n = frame.name === '' ? NaN : Number(frame.name)
  return Number.isNaN(n) ? lastNumber(frame) : n
}

/** calculateField: one more column, computed from others. */
export function calculateField(frames: readonly Frame[], options: JsonObject): readonly Frame[] {
  const mode = textOf(options['mode'], 'reduceRow')
  const part = (name: string): JsonObject => isObject(options[name]) ? options[name] : {}
  const alias = textOf(options['alias'])
  const replace = flagOf(options['replaceFields'])
  const right = part('binary')['right']
  const isFixed = mode === 'binary' && (isObject(right) ? right['fixed'] !== undefined && right['fixed'] !== null : numberOf(right) !== undefined)
  const input = options['timeSeries'] !== false && !isFixed && mode !== 'index' ? oneTable(frames) : frames
  return input.map(frame => {
    const made = compute(frame, input, mode, part, alias)
    if (made.length === 0) return replace ? undefined : frame
    const time = timeField(frame)
    return { ...frame, fields: replace ? [...(time === undefined || options['timeSeries'] === false ? [] : [time]), ...made] : [...frame.fields, ...made] }
  }).filter(f => f !== undefined)
}

/** Series over time on one axis of times, so that a row has a value of each. */
function oneTable(frames: readonly Frame[]): readonly Frame[] {
  const areSeries = frames.length > 1 && frames.every(f => timeField(f) !== undefined && f.fields.every(x => x.type === 'time' || x.type === 'number'))
  return areSeries ? joinFrames(frames, f => f.type === 'time', 'outer') : frames
}

function compute(frame: Frame, frames: readonly Frame[], mode: string, part: (name: string) => JsonObject, alias: string): FrameField[] {
  const named = (name: string): FrameField | undefined => frame.fields.find(f => fieldName(f, frame, frames) === name || f.name === name)
  const field = (name: string, values: Cell[]): FrameField => ({ name: alias || name, type: 'number', values })
  switch (mode) {
    case 'index': {
      const share = flagOf(part('index')['asPercentile'])
      return [field('Row', Array.from({ length: frame.length }, (_, i) => share ? i / frame.length : i))]
    }
    case 'unary': {
      const o = part('unary')
      const operator = textOf(o['operator'], 'abs')
      const source = named(textOf(o['fieldName']))
      const f = UNARY[operator]
      if (f === undefined || source === undefined) return []
      return [field(`${operator}(${textOf(o['fieldName'])})`, Array.from(source.values, v => typeof v === 'number' ? f(v) : null))]
    }
    case 'binary': return binaryFields(frame, frames, part('binary'), alias)
    case 'cumulativeFunctions': case 'windowFunctions': {
      const o = part(mode === 'windowFunctions' ? 'window' : 'cumulative')
      const name = textOf(o['field'])
      const source = name === '' ? frame.fields.find(f => f.type === 'number') : named(name)
      if (source === undefined) return []
      const shown = fieldName(source, frame, frames)
      const calc = textOf(o['reducer'], mode === 'windowFunctions' ? 'mean' : 'sum')
      if (mode === 'cumulativeFunctions') return [field(`cumulative ${calc}(${shown})`, cumulative(source, calc))]
      const centered = o['windowAlignment'] === 'centered'
      const size = Math.max(1, Math.ceil((numberOf(o['windowSize']) ?? 0.1) * (o['windowSizeMode'] === 'fixed' ? 1 : frame.length)))
      return [field(`${centered ? 'centered' : 'trailing'} moving ${calc}(${shown})`, moving(source, calc, size, centered))]
    }
    default: {
      const o = part('reduce')
      const include = textsOf(o['include'])
      const calc = textOf(o['reducer'], 'sum')
      const sources = frame.fields.filter(f => include.length > 0 ? include.includes(fieldName(f, frame, frames)) || include.includes(f.name) : f.type === 'number')
      if (sources.length === 0) return []
      const isNumeric = sources.every(f => f.type === 'number')
      const values = Array.from({ length: frame.length }, (_, i) => {
        const row = sources.map(f => f.values[i] ?? null)
        return reduceCells(calc, { name: '', type: isNumeric ? 'number' : 'string', values: row })
      })
      return [field(reducer(calc)?.name ?? calc, values)]
    }
  }
}

const UNARY: Readonly<Record<string, (v: number) => number>> = { abs: Math.abs, exp: Math.exp, ln: Math.log, floor: Math.floor, ceil: Math.ceil, round: Math.round }
const BINARY: Readonly<Record<string, (a: number, b: number) => number>> = {
  '+': (a, b) => a + b, '-': (a, b) => a - b, '*': (a, b) => a * b, '/': (a, b) => a / b, '^': (a, b) => a ** b, '**': (a, b) => a ** b, '%': (a, b) => a % b,
  '=': (a, b) => Number(a === b), '!=': (a, b) => Number(a !== b), '>': (a, b) => Number(a > b), '<': (a, b) => Number(a < b), '>=': (a, b) => Number(a >= b), '<=': (a, b) => Number(a <= b),
}

function binaryFields(frame: Frame, frames: readonly Frame[], o: JsonObject, alias: string): FrameField[] {
  const operator = textOf(o['operator'], '+')
  const f = BINARY[operator]
  if (f === undefined) return []
  /** A column, a number, or a text of either. */
  const operand = (v: unknown): { readonly text: string; readonly at: (i: number) => number | null } | undefined => {
    const matcher = isObject(v) && isObject(v['matcher']) ? v['matcher'] : undefined
    const text = matcher !== undefined ? textOf(matcher['options']) : isObject(v) ? textOf(v['fixed']) : textOf(v)
    const source = frame.fields.find(x => fieldName(x, frame, frames) === text || x.name === text)
    if (source !== undefined) return { text, at: i => cellNumber(source.values[i]) }
    const n = matcher === undefined ? numberOf(text) : undefined
    return n === undefined ? undefined : { text, at: () => n }
  }
  const right = operand(o['right'])
  if (right === undefined) return []
  const left = o['left']
  const matcher = isObject(left) && isObject(left['matcher']) ? left['matcher'] : undefined
  const apply = (at: (i: number) => number | null): Cell[] => Array.from({ length: frame.length }, (_, i) => {
    const a = at(i)
    const b = right.at(i)
    return a === null || b === null ? null : f(a, b)
  })
  if (matcher !== undefined && matcher['id'] === 'byType') {
    return frame.fields.filter(x => x.type === matcher['options']).map(x => ({ name: `${fieldName(x, frame, frames)} ${operator} ${right.text}`, type: 'number', values: apply(i => cellNumber(x.values[i])) }))
  }
  const one = operand(left)
  return one === undefined ? [] : [{ name: alias || `${one.text} ${operator} ${right.text}`, type: 'number', values: apply(one.at) }]
}

function cellNumber(v: Cell | undefined): number | null {
  return typeof v === 'number' ? v : typeof v === 'boolean' ? Number(v) : null
}

function cumulative(source: FrameField, calc: string): Cell[] {
  let total = 0
  return Array.from(source.values, (v, i) => {
    total += typeof v === 'number' && !Number.isNaN(v) ? v : 0
    return calc === 'mean' ? total / (i + 1) : total
  })
}

function moving(source: FrameField, calc: string, size: number, centered: boolean): Cell[] {
  const values = source.values as ArrayLike<number | null>
  return Array.from(values, (_, i) => {
    const from = Math.max(0, centered ? i - Math.floor(size / 2) : i - size + 1)
    const to = Math.min(values.length, centered ? i + Math.ceil(size / 2) : i + 1)
    return reduceNumber(calc, Array.from({ length: to - from }, (_x, k) => values[from + k]!))
  })
}
