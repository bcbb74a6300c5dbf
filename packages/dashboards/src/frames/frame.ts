import { labelsText } from '../series-name.ts'
import type { JsonObject } from '../model.ts'
import type { SeriesLabels } from '../series-name.ts'

/** One cell of a table. A frame in a cell is a small line, or a table inside the row. */
export type Cell = number | string | boolean | null | Frame

/** What a column holds; times are Unix ms. `frame`: small lines; `nested`: tables inside the rows. */
export type CellType = 'time' | 'number' | 'string' | 'boolean' | 'frame' | 'nested'

/** One column. */
export interface FrameField {
  readonly name: string
  readonly type: CellType
  readonly values: ArrayLike<Cell>
  readonly labels?: SeriesLabels
  /** A name that a transformation gave; it wins over everything but an override. */
  readonly givenName?: string
  /** The name that the query gives, from its legend. */
  readonly sourceName?: string
  /** Settings that the data brings along, as in `fieldConfig.defaults`: they win over the panel's, overrides win over them. */
  readonly config?: JsonObject
}

/** A table: what one query (or one series of it) answered, or what a transformation made of that. Never changed, always made anew. */
export interface Frame {
  readonly name: string
  readonly refId: string
  readonly fields: readonly FrameField[]
  readonly length: number
  /** `cells`: a row per cell of a heatmap (`xMin`, `yMin`, count); `bins`: a row per bucket of a histogram (`xMin`, `xMax`, counts). */
  readonly shape?: 'cells' | 'bins'
  /** Of tables inside rows: whether they have a heading, and whether the rows begin open. */
  readonly noHeader?: boolean
  readonly expandAll?: boolean
}

/** Whether a cell is a frame of its own. */
export function isFrame(cell: Cell | undefined): cell is Frame {
  return typeof cell === 'object' && cell !== null
}

/**
 * The name under which people, transformations and overrides know a column.
 *
 * @param frames  all tables of the panel: names that only one of them needs are left out
 * @see Grafana `packages/grafana-data/src/field/fieldState.ts`
 */
export function fieldName(field: FrameField, frame: Frame, frames: readonly Frame[]): string {
  if (field.givenName !== undefined && field.givenName !== '') return field.givenName
  if (field.sourceName !== undefined && field.sourceName !== '') return field.sourceName
  const parts: string[] = []
  if (frame.name !== '' && frames.some(f => f.name !== frame.name) && field.type !== 'time') parts.push(frame.name)
  if (field.name !== '' && field.name !== 'Value') parts.push(field.name)
  if (field.labels !== undefined) {
    const single = onlyLabel(frames)
    const { __name__: _metric, ...labels } = field.labels
    if (single !== undefined) {
      const value = Object.hasOwn(labels, single) ? labels[single]! : ''
      if (value !== '') parts.push(value)
    } else if (Object.keys(labels).length > 0) parts.push(labelsText(labels))
  }
  const name = parts.length > 0 ? parts.join(' ') : field.name === '' ? 'Value' : field.name
  return name === field.name ? numbered(field, frame) : name
}

/** The label that all columns have, where it is the only one anywhere. */
function onlyLabel(frames: readonly Frame[]): string | undefined {
  let single: string | undefined
  for (const frame of frames) {
    for (const f of frame.fields) {
      for (const name of Object.keys(f.labels ?? {})) {
        if (name === '__name__') continue
        if (single !== undefined && single !== name) return undefined
        single = name
      }
    }
  }
  return single
}

/** `Value 1`, `Value 2` where columns of one table have one name. */
function numbered(field: FrameField, frame: Frame): string {
  const same = frame.fields.filter(f => f.name === field.name && (f.givenName ?? '') === '' && (f.sourceName ?? '') === '')
  return same.length < 2 ? field.name : `${field.name} ${same.indexOf(field) + 1}`
}

/** The column of times, if there is one. */
export function timeField(frame: Frame): FrameField | undefined {
  return frame.fields.find(f => f.type === 'time')
}

/** A frame with other columns; its length is theirs. */
export function withFields(frame: Frame, fields: readonly FrameField[]): Frame {
  return { ...frame, fields, length: fields[0]?.values.length ?? 0 }
}

/** The column with its cells in another order, or only some of them. */
export function pickRows(field: FrameField, rows: readonly number[]): FrameField {
  return { ...field, values: rows.map(i => i < 0 ? null : field.values[i] ?? null) }
}

/** What kind of cells these are: the kind of the first that is not null. */
export function guessType(values: ArrayLike<Cell>): CellType {
  for (let i = 0; i < values.length; i++) {
    const v = values[i]!
    if (v === null) continue
    return typeof v === 'object' ? 'frame' : typeof v === 'string' ? 'string' : typeof v === 'boolean' ? 'boolean' : 'number'
  }
  return 'number'
}

/** Smaller first: numbers by value, texts by the alphabet with numbers inside counted, nothing and NaN first. */
export function compareCells(a: Cell, b: Cell): number {
  const x = isFrame(a) ? lastNumber(a) : a
  const y = isFrame(b) ? lastNumber(b) : b
  const noX = x === null || typeof x === 'number' && Number.isNaN(x)
  const noY = y === null || typeof y === 'number' && Number.isNaN(y)
  if (noX || noY) return noX === noY ? 0 : noX ? -1 : 1
  if (typeof x === 'string' && typeof y === 'string') return TEXTS.compare(x, y)
  if (typeof x === 'string' || typeof y === 'string') return TEXTS.compare(String(x), String(y))
  return Number(x) - Number(y)
}

const TEXTS = new Intl.Collator('en', { numeric: true, sensitivity: 'base' })

/** The last number in a frame's first column of numbers. */
export function lastNumber(frame: Frame): number | null {
  const values = frame.fields.find(f => f.type === 'number')?.values ?? []
  for (let i = values.length - 1; i >= 0; i--) {
    const v = values[i]
    if (typeof v === 'number' && !Number.isNaN(v)) return v
  }
  return null
}
