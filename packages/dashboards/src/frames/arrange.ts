import { flagOf, isObject, numberOf, textOf, textsOf } from '../json-reader.ts'
import { formatDatePattern } from '../units/dates.ts'
import { fieldMatches, patternOf } from './field-matcher.ts'
import { compareCells, fieldName, pickRows, withFields } from './frame.ts'
import type { JsonObject } from '../model.ts'
import type { MatchedField } from './field-matcher.ts'
import type { Cell, Frame, FrameField } from './frame.ts'

/** What a matcher sees of a column. */
export function matchedColumn(field: FrameField, frame: Frame, frames: readonly Frame[]): MatchedField {
  return {
    name: field.name,
    displayName: fieldName(field, frame, frames),
    refId: frame.refId,
    values: field.type === 'number' ? field.values as ArrayLike<number | null> : [],
    type: field.type,
    isFirst: frame.fields[0] === field,
    isFirstTime: field.type === 'time' && frame.fields.find(f => f.type === 'time') === field,
    ...(field.config === undefined ? {} : { config: field.config }),
  }
}

/** organize: leaves columns out, puts them in order, renames them. All three know the columns by the names they have before. */
export function organize(frames: readonly Frame[], options: JsonObject): readonly Frame[] {
  const part = (name: string): JsonObject => isObject(options[name]) ? options[name] : {}
  const exclude = part('excludeByName')
  const include = part('includeByName')
  const order = part('indexByName')
  const rename = part('renameByName')
  const hasInclude = Object.values(include).includes(true)
  return frames.map(frame => {
    const named = frame.fields.map(field => ({ field, name: fieldName(field, frame, frames) }))
    const placeOf = (name: string): number => Object.hasOwn(order, name) ? numberOf(order[name]) ?? Infinity : Infinity
    const kept = named
      .filter(({ name }) => exclude[name] !== true && (!hasInclude || include[name] === true))
      .map((e, i) => ({ ...e, i, place: placeOf(e.name) }))
      .sort((a, b) => a.place === b.place ? a.i - b.i : a.place - b.place)
    const fields = kept.map(({ field, name }): FrameField => {
      const given = Object.hasOwn(rename, name) ? textOf(rename[name]) : ''
      return given === '' ? field : { ...field, givenName: given }
    })
    return { ...frame, fields, length: fields.length === 0 ? 0 : frame.length }
  })
}

/** renameByRegex, on the shown names. */
export function renameByRegex(frames: readonly Frame[], options: JsonObject): readonly Frame[] {
  const re = patternOf(textOf(options['regex']))
  if (re === undefined) return frames
  const replacement = textOf(options['renamePattern'])
  const isGlobal = /\/[a-z]*g[a-z]*$/.test(textOf(options['regex']))
  const pattern = isGlobal ? new RegExp(re.source, `${re.flags}g`) : re
  return frames.map(frame => withFields(frame, frame.fields.map(f => {
    const name = fieldName(f, frame, frames)
    const given = name.replace(pattern, replacement)
    return given === name ? f : { ...f, givenName: given }
  })))
}

/** filterFieldsByName. Without names and pattern nothing is left out. */
export function filterFieldsByName(frames: readonly Frame[], options: JsonObject, valuesOf: (variable: string) => readonly string[]): readonly Frame[] {
  const rule = (v: unknown): ((f: FrameField, frame: Frame) => boolean) | undefined => {
    if (!isObject(v)) return undefined
    const variable = textOf(v['variable']).replace(/^\$\{?|\}$/g, '')
    const names = flagOf(options['byVariable']) && variable !== '' ? [...valuesOf(variable)] : textsOf(v['names'])
    const pattern = textOf(v['pattern'])
    if (names.length === 0 && pattern === '') return undefined
    return (f, frame) => fieldMatches('byRegexpOrNames', { names, pattern }, matchedColumn(f, frame, frames))
  }
  const include = rule(options['include'])
  const exclude = rule(options['exclude'])
  if (include === undefined && exclude === undefined) return frames
  return frames.map(frame => {
    const fields = frame.fields.filter(f => (include?.(f, frame) ?? true) && !(exclude?.(f, frame) ?? false))
    return { ...frame, fields, length: fields.length === 0 ? 0 : frame.length }
  }).filter(f => f.fields.length > 0)
}

/** filterByRefId: `/A|B/` or `A`. */
export function filterByRefId(frames: readonly Frame[], options: JsonObject): readonly Frame[] {
  const include = textOf(options['include'])
  if (include === '') return frames
  const re = include.startsWith('/') ? patternOf(include) : undefined
  return frames.filter(f => re === undefined ? f.refId === include : re.test(f.refId))
}

/** sortBy: the first entry of the list. Equal rows keep their order. */
export function sortFrames(frames: readonly Frame[], options: JsonObject): readonly Frame[] {
  const first = Array.isArray(options['sort']) ? (options['sort'] as unknown[]).find(isObject) : undefined
  const wanted = first === undefined ? '' : textOf(first['field'])
  if (wanted === '') return frames
  return frames.map(frame => {
    const by = frame.fields.find(f => fieldName(f, frame, frames) === wanted) ?? frame.fields.find(f => f.name === wanted)
    return by === undefined ? frame : sortFrame(frame, by, flagOf(first!['desc']))
  })
}

/** A frame's rows in the order of one column. */
export function sortFrame(frame: Frame, by: FrameField, desc: boolean): Frame {
  const sign = desc ? -1 : 1
  const rows = Array.from({ length: frame.length }, (_, i) => i).sort((a, b) => sign * compareCells(by.values[a]!, by.values[b]!) || a - b)
  return { ...frame, fields: frame.fields.map(f => pickRows(f, rows)) }
}

/** limit. */
export function limitRows(frames: readonly Frame[], options: JsonObject): readonly Frame[] {
  const most = numberOf(options['limitField']) ?? 10
  const length = Math.max(0, Math.abs(Math.trunc(most)))
  return frames.map(frame => {
    if (frame.length <= length) return frame
    const from = most < 0 ? frame.length - length : 0
    const rows = Array.from({ length }, (_, i) => from + i)
    return { ...frame, fields: frame.fields.map(f => pickRows(f, rows)), length }
  })
}

/** filterByValue: rows that all, or any, of the conditions choose. */
export function filterByValue(frames: readonly Frame[], options: JsonObject): readonly Frame[] {
  const filters = Array.isArray(options['filters']) ? (options['filters'] as unknown[]).filter(isObject) : []
  if (filters.length === 0) return frames
  const exclude = options['type'] === 'exclude'
  const all = options['match'] === 'all'
  return frames.map(frame => {
    const tests = filters.flatMap(filter => {
      const wanted = textOf(filter['fieldName'])
      const field = frame.fields.find(f => fieldName(f, frame, frames) === wanted)
      const config = isObject(filter['config']) ? filter['config'] : {}
      return field === undefined ? [] : [{ field, id: textOf(config['id']), options: isObject(config['options']) ? config['options'] : {} }]
    })
    if (tests.length === 0) return frame
    const rows: number[] = []
    for (let i = 0; i < frame.length; i++) {
      const test = (t: typeof tests[number]): boolean => valueFits(t.field.values[i]!, t.id, t.options)
      if ((all ? tests.every(test) : tests.some(test)) !== exclude) rows.push(i)
    }
    return { ...frame, fields: frame.fields.map(f => pickRows(f, rows)), length: rows.length }
  })
}

function valueFits(v: Cell, id: string, options: JsonObject): boolean {
  const n = typeof v === 'number' ? v : typeof v === 'string' && v.trim() !== '' ? Number(v) : NaN
  const limit = numberOf(options['value']) ?? NaN
  const text = v === null ? '' : String(v)
  switch (id) {
    case 'isNull': return v === null
    case 'isNotNull': return v !== null
    case 'greater': return n > limit
    case 'greaterOrEqual': return n >= limit
    case 'lower': return n < limit
    case 'lowerOrEqual': return n <= limit
    case 'between': return n >= (numberOf(options['from']) ?? -Infinity) && n <= (numberOf(options['to']) ?? Infinity)
    case 'equal': return text === textOf(options['value']) || n === limit
    case 'notEqual': return text !== textOf(options['value']) && n !== limit
    case 'substring': return text.toLowerCase().includes(textOf(options['value']).toLowerCase())
    case 'notSubstring': return !text.toLowerCase().includes(textOf(options['value']).toLowerCase())
    case 'regex': return patternOf(textOf(options['value']))?.test(text) ?? false
    default: return false
  }
}

/** convertFieldType; what can't be converted becomes null. */
export function convertFieldType(frames: readonly Frame[], options: JsonObject): readonly Frame[] {
  const conversions = Array.isArray(options['conversions']) ? (options['conversions'] as unknown[]).filter(isObject) : []
  return frames.map(frame => withFields(frame, frame.fields.map(field => {
    let out = field
    for (const c of conversions) {
      if (textOf(c['targetField']) !== fieldName(field, frame, frames)) continue
      const to = textOf(c['destinationType'])
      if (to !== 'number' && to !== 'string' && to !== 'boolean' && to !== 'time') continue
      const format = textOf(c['dateFormat'])
      const from = out
      out = { ...from, type: to, values: Array.from(from.values, v => convertCell(v, from.type, to, format)) }
    }
    return out
  })))
}

function convertCell(v: Cell, from: FrameField['type'], to: 'number' | 'string' | 'boolean' | 'time', format: string): Cell {
  if (v === null || typeof v === 'object') return null
  switch (to) {
    case 'string': return from === 'time' && typeof v === 'number' ? format === '' ? new Date(v).toISOString() : formatDatePattern(v, format) : String(v)
    case 'boolean': return v === 'false' || v === '0' ? false : Boolean(v)
    case 'number': {
      const n = typeof v === 'string' && v.trim() === '' ? NaN : Number(v)
      return Number.isNaN(n) ? null : n
    }
    case 'time': {
      const n = typeof v === 'number' ? v : Number.isNaN(Number(v)) ? Date.parse(String(v)) : Number(v)
      return Number.isFinite(n) ? n : null
    }
  }
}

/** labelsToFields: a column for each label (or, in mode rows, a row for each); the columns of values lose labels and legend. */
export function labelsToFields(frames: readonly Frame[], options: JsonObject): readonly Frame[] {
  const keep = textsOf(options['keepLabels'])
  const valueLabel = textOf(options['valueLabel'])
  const isKept = (name: string): boolean => keep.length === 0 || keep.includes(name)
  if (options['mode'] === 'rows') {
    return frames.flatMap(frame => frame.fields.filter(f => f.labels !== undefined).map((f): Frame => {
      const names = Object.keys(f.labels!).filter(isKept)
      return { name: fieldName(f, frame, frames), refId: frame.refId, length: names.length, fields: [{ name: 'label', type: 'string', values: names }, { name: 'value', type: 'string', values: names.map(n => f.labels![n]!) }] }
    }))
  }
  return frames.map((frame): Frame => {
    const plain: FrameField[] = []
    const values: FrameField[] = []
    const columns = new Map<string, Set<string>>()
    for (const f of frame.fields) {
      if (f.labels === undefined || Object.keys(f.labels).length === 0) {
        plain.push(f)
        continue
      }
      let { name } = f
      for (const label of Object.keys(f.labels)) {
        if (label === valueLabel) name = f.labels[label]!
        else if (isKept(label)) columns.set(label, (columns.get(label) ?? new Set()).add(f.labels[label]!))
      }
      values.push({ name, type: f.type, values: f.values })
    }
    const labels = [...columns].map(([name, texts]): FrameField => {
      const text = [...texts].join(', ')
      return { name, type: 'string', values: Array.from({ length: frame.length }, () => text) }
    })
    return { name: '', refId: frame.refId, fields: [...plain, ...labels, ...values], length: frame.length }
  })
}

/** transpose: rows become columns, told apart by the first column if it is one of texts or times, else by their number. */
export function transpose(frames: readonly Frame[], options: JsonObject): readonly Frame[] {
  const firstName = textOf(options['firstFieldName']) || 'Field'
  const restName = textOf(options['restFieldsName']) || 'Value'
  const empty: Cell = options['emptyValue'] === 'null' ? null : options['emptyValue'] === 'true' ? 'true' : options['emptyValue'] === 'false' ? 'false' : options['emptyValue'] === 'zero' ? '0' : ''
  return frames.map((frame): Frame => {
    const head = frame.fields[0]
    if (head === undefined) return frame
    const isNamed = head.type === 'string' || head.type === 'time'
    const rest = isNamed ? frame.fields.slice(1) : frame.fields
    const type = rest.length > 0 && rest.every(f => f.type === rest[0]!.type) ? rest[0]!.type : 'string'
    const cell = (v: Cell): Cell => type !== 'string' ? v : v === null ? empty : typeof v === 'object' ? '' : String(v)
    return {
      ...frame, length: rest.length,
      fields: [
        { name: firstName, type: 'string', values: rest.map(f => fieldName(f, frame, frames)) },
        ...Array.from({ length: frame.length }, (_, i): FrameField => ({
          name: restName, type, labels: isNamed ? { [head.name]: String(head.values[i] ?? empty ?? '') } : { row: String(i + 1) }, values: rest.map(f => cell(f.values[i] ?? null)),
        })),
      ],
    }
  })
}
