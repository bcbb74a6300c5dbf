import { isObject, textOf, textsOf } from '../json-reader.ts'
import { formatDatePattern } from '../units/dates.ts'
import { fieldName, guessType } from './frame.ts'
import type { JsonObject } from '../model.ts'
import type { Cell, Frame, FrameField } from './frame.ts'

/** formatTime: a column of times becomes text; without a form as ISO writes it. */
export function formatTime(frames: readonly Frame[], options: JsonObject): readonly Frame[] {
  const wanted = textOf(options['timeField'])
  if (wanted === '') return frames
  const pattern = textOf(options['outputFormat']) || 'YYYY-MM-DD[T]HH:mm:ssZ'
  const named = textOf(options['timezone'])
  const zone = options['useTimezone'] === false || named === '' || named === 'browser' ? undefined : named === 'utc' ? 'UTC' : named
  return frames.map(frame => ({
    ...frame,
    fields: frame.fields.map((f): FrameField => fieldName(f, frame, frames) !== wanted ? f
      : { ...f, type: 'string', values: Array.from(f.values, v => v === null || typeof v === 'object' ? null : f.type === 'time' && typeof v === 'number' ? formatDatePattern(v, pattern, zone).replace(/\+00:00$/, 'Z') : String(v)) }),
  }))
}

/**
 * joinByLabels: a row for each set of the joined labels, a column of values for each value of one label.
 * Without `join` all labels but that one are joined; series without the label are left out.
 */
export function joinByLabels(frames: readonly Frame[], options: JsonObject): readonly Frame[] {
  const valueLabel = textOf(options['value'])
  if (valueLabel === '' || frames.length === 0) return frames
  const chosen = textsOf(options['join'])
  const found: { readonly labels: Readonly<Record<string, string>>; readonly field: FrameField }[] = []
  for (const frame of frames) for (const field of frame.fields) if (field.labels !== undefined && Object.hasOwn(field.labels, valueLabel)) found.push({ labels: field.labels, field })
  if (found.length === 0) return frames
  const names = chosen.length > 0 ? chosen : [...new Set(found.flatMap(f => Object.keys(f.labels)))].filter(n => n !== valueLabel).sort()
  const columns = [...new Set(found.map(f => f.labels[valueLabel]!))]
  const rows = new Map<string, { readonly labels: Readonly<Record<string, string>>; readonly values: Map<string, FrameField['values']>; length: number }>()
  for (const { labels, field } of found) {
    const key = JSON.stringify(names.map(n => (Object.hasOwn(labels, n) ? labels[n]! : null)))
    const row = rows.get(key) ?? { labels, values: new Map<string, FrameField['values']>(), length: 0 }
    row.values.set(labels[valueLabel]!, field.values)
    row.length = Math.max(row.length, field.values.length)
    rows.set(key, row)
  }
  const all = [...rows.values()]
  const length = all.reduce((n, r) => n + r.length, 0)
  const cells = (of: (row: (typeof all)[number], i: number) => Cell): Cell[] => all.flatMap(r => Array.from({ length: r.length }, (_, i) => of(r, i)))
  const fields = [
    ...names.map((name): FrameField => ({ name, type: 'string', values: cells(r => (Object.hasOwn(r.labels, name) ? r.labels[name]! : null)) })),
    ...columns.map((name): FrameField => {
      const values = cells((r, i) => r.values.get(name)?.[i] ?? null)
      return { name, type: guessType(values), values }
    }),
  ]
  return [{ name: '', refId: frames[0]!.refId, fields, length }]
}

/** rowsToFields: each row of a table becomes a column that one of its cells names; other cells of text become its labels. */
export function rowsToFields(frames: readonly Frame[], options: JsonObject): readonly Frame[] {
  return frames.map(frame => {
    const mappings = (Array.isArray(options['mappings']) ? options['mappings'] : []).filter(isObject)
    const handlerOf = (name: string): string => textOf(mappings.find(m => m['fieldName'] === name)?.['handlerKey'])
    const named = frame.fields.map(field => ({ field, name: fieldName(field, frame, frames) }))
    const wantedName = textOf(options['nameField'])
    const wantedValue = textOf(options['valueField'])
    const nameColumn = named.find(n => n.name === wantedName || handlerOf(n.name) === 'field.name') ?? named.find(n => n.field.type === 'string')
    const valueColumn = named.find(n => n.name === wantedValue || handlerOf(n.name) === 'field.value') ?? named.find(n => n.field.type === 'number')
    if (nameColumn === undefined || valueColumn === undefined) return frame
    const labelled = named.filter(n => n !== nameColumn && n !== valueColumn && (handlerOf(n.name) === 'field.label' || handlerOf(n.name) === '' && n.field.type === 'string'))
    const fields = Array.from({ length: frame.length }, (_, i): FrameField => {
      const labels = Object.fromEntries(labelled.map(n => [n.name, String(n.field.values[i] ?? '')]))
      return { name: String(nameColumn.field.values[i] ?? ''), type: valueColumn.field.type, values: [valueColumn.field.values[i] ?? null], ...(labelled.length > 0 ? { labels } : {}) }
    })
    return { ...frame, fields, length: fields.length === 0 ? 0 : 1 }
  })
}

/** formatString: cells of a column in other letters, or a part of them. */
export function formatString(frames: readonly Frame[], options: JsonObject): readonly Frame[] {
  const wanted = textOf(options['stringField'])
  const change = STRING_FORMATS[textOf(options['outputFormat'])]
  if (wanted === '' || change === undefined) return frames
  const from = typeof options['substringStart'] === 'number' ? options['substringStart'] : 0
  const to = typeof options['substringEnd'] === 'number' ? options['substringEnd'] : undefined
  return frames.map(frame => ({
    ...frame,
    fields: frame.fields.map((f): FrameField => fieldName(f, frame, frames) !== wanted || f.type !== 'string' ? f : { ...f, values: Array.from(f.values, v => typeof v === 'string' ? change(v, from, to) : v) }),
  }))
}

const capital = (w: string): string => `${w.slice(0, 1).toUpperCase()}${w.slice(1).toLowerCase()}`

/** @see Grafana `FormatStringOutput` */
const STRING_FORMATS: Readonly<Record<string, (s: string, from: number, to: number | undefined) => string>> = {
  'Upper Case': s => s.toUpperCase(),
  'Lower Case': s => s.toLowerCase(),
  'Sentence Case': s => `${s.slice(0, 1).toUpperCase()}${s.slice(1)}`,
  'Title Case': s => s.split(' ').map(capital).join(' '),
  'Pascal Case': s => s.split(/\s+/).map(capital).join(''),
  'Camel Case': s => s.split(/\s+/).map((w, i) => i === 0 ? w.toLowerCase() : capital(w)).join(''),
  'Snake Case': s => s.toLowerCase().replace(/\s/g, '_'),
  'Kebab Case': s => s.toLowerCase().replace(/\s/g, '-'),
  'Trim': s => s.trim(),
  'Substring': (s, from, to) => s.slice(from, to),
}
