import { fieldName, timeField } from './frame.ts'
import type { Cell, Frame, FrameField } from './frame.ts'

/** One table of all: rows whose shared columns are equal are joined, the others appended, in the order in which they come. */
export function mergeFrames(frames: readonly Frame[]): readonly Frame[] {
  const data = frames.filter(f => f.fields.length > 0)
  if (frames.length <= 1) return frames
  if (data.length === 0) return frames.slice(0, 1)
  const columns: FrameField[] = []
  for (const frame of data) for (const f of frame.fields) if (!columns.some(c => c.name === f.name)) columns.push(f)
  const shared = columns.filter(c => data.every(frame => frame.fields.some(f => f.name === c.name)))
  if (shared.length === 0) return frames
  const rows: (Cell | undefined)[][] = []
  const byKey = new Map<string, (Cell | undefined)[][]>()
  for (const frame of data) {
    // Where each column lies in this table; -1 where it is missing.
    const places = columns.map(c => frame.fields.findIndex(f => f.name === c.name))
    const keyPlaces = shared.map(c => frame.fields.findIndex(f => f.name === c.name))
    for (let i = 0; i < frame.length; i++) {
      const key = JSON.stringify(keyPlaces.map(p => keyText(frame.fields[p]!.values[i]!)))
      const row = places.map(p => p === -1 ? undefined : frame.fields[p]!.values[i] ?? null)
      const known = byKey.get(key)
      if (known === undefined) {
        byKey.set(key, [row])
        rows.push(row)
        continue
      }
      let isMerged = false
      for (const existing of known) {
        if (!row.every((v, k) => v === undefined || existing[k] === undefined || existing[k] === null || Object.is(existing[k], v))) continue
        isMerged = true
        row.forEach((v, k) => {
          if (v !== undefined) existing[k] = v
        })
      }
      if (isMerged) continue
      known.push(row)
      rows.push(row)
    }
  }
  const fields = columns.map((c, k): FrameField => ({ name: c.name, type: c.type, values: rows.map(r => r[k] ?? null), ...(c.sourceName === undefined ? {} : { sourceName: c.sourceName }) }))
  return [{ name: '', refId: data[0]!.refId, fields, length: rows.length }]
}

function keyText(v: Cell): string {
  return typeof v === 'object' && v !== null ? 'frame' : `${typeof v}:${String(v)}`
}

/** How rows without a partner are treated. */
export type JoinMode = 'outer' | 'inner' | 'outerTabular'

/**
 * One table of all that have the column: its values once each, beside them the other columns of every table, null where a table lacks the value.
 * Numbers and times are sorted; texts keep the order of their first appearance.
 *
 * @param isKey  chooses the column in each table; the first that it accepts
 */
export function joinFrames(frames: readonly Frame[], isKey: (field: FrameField, frame: Frame) => boolean, mode: JoinMode): readonly Frame[] {
  if (frames.length <= 1) return frames
  const tables: { readonly key: FrameField; readonly others: readonly FrameField[]; readonly frame: Frame }[] = []
  for (const frame of frames) {
    const key = frame.fields.find(f => isKey(f, frame))
    if (key === undefined) continue
    const others = frame.fields.filter(f => f !== key).map((f): FrameField => ({ ...f, name: f.name === 'Value' && frame.name !== '' ? frame.name : f.name, labels: f.labels ?? {} }))
    tables.push({ key, others, frame })
  }
  if (tables.length === 0) return frames
  const keyField = tables[0]!.key
  const rows = mode === 'outer' ? outerRows(tables.map(t => t.key.values), keyField.type !== 'string') : matchedRows(tables.map(t => t.key.values), mode === 'outerTabular')
  const fields: FrameField[] = [{ ...keyField, values: rows.map(r => r.key) }]
  tables.forEach((t, k) => {
    for (const f of t.others) fields.push({ ...f, values: rows.map(r => r.at[k]! < 0 ? null : f.values[r.at[k]!] ?? null) })
  })
  return [{ name: '', refId: tables[0]!.frame.refId, fields, length: rows.length }]
}

/** A row of a join: its key and where it lies in each table, -1 where it doesn't. */
interface JoinedRow {
  readonly key: Cell
  readonly at: number[]
}

function outerRows(keys: readonly ArrayLike<Cell>[], sort: boolean): JoinedRow[] {
  const rows = new Map<Cell, JoinedRow>()
  keys.forEach((values, k) => {
    for (let i = 0; i < values.length; i++) {
      const key = values[i]!
      let row = rows.get(key)
      if (row === undefined) {
        row = { key, at: keys.map(() => -1) }
        rows.set(key, row)
      }
      row.at[k] = i
    }
  })
  const out = [...rows.values()]
  return sort ? out.sort((a, b) => Number(a.key) - Number(b.key)) : out
}

/** Every pairing of rows with equal keys, as SQL joins them; with `keepAll` also those without a partner. */
function matchedRows(keys: readonly ArrayLike<Cell>[], keepAll: boolean): JoinedRow[] {
  const first = keys[0]!
  let rows: JoinedRow[] = Array.from({ length: first.length }, (_, i) => ({ key: first[i]!, at: [i] }))
  for (let k = 1; k < keys.length; k++) {
    const places = new Map<Cell, number[]>()
    for (let i = 0; i < keys[k]!.length; i++) {
      const key = keys[k]![i]!
      const list = places.get(key)
      if (list) list.push(i)
      else places.set(key, [i])
    }
    const next: JoinedRow[] = []
    const used = new Set<Cell>()
    for (const row of rows) {
      const found = places.get(row.key)
      if (found) {
        used.add(row.key)
        for (const i of found) next.push({ key: row.key, at: [...row.at, i] })
      } else if (keepAll) next.push({ key: row.key, at: [...row.at, -1] })
    }
    if (keepAll) for (const [key, list] of places) if (!used.has(key)) for (const i of list) next.push({ key, at: [...Array.from({ length: k }, () => -1), i] })
    rows = next
  }
  return rows
}

/** Time, Metric and Value of all series in one table, newest first. */
export function seriesToRows(frames: readonly Frame[]): readonly Frame[] {
  const rows: { t: Cell; metric: string; v: Cell }[] = []
  for (const frame of frames) {
    const time = timeField(frame)
    if (time === undefined) continue
    for (const f of frame.fields) {
      if (f === time || f.type === 'time') continue
      const metric = fieldName(f, frame, frames)
      for (let i = 0; i < frame.length; i++) rows.push({ t: time.values[i]!, metric, v: f.values[i] ?? null })
    }
  }
  if (rows.length === 0) return frames
  rows.sort((a, b) => Number(b.t) - Number(a.t))
  return [{
    name: '', refId: frames[0]!.refId, length: rows.length,
    fields: [{ name: 'Time', type: 'time', values: rows.map(r => r.t) }, { name: 'Metric', type: 'string', values: rows.map(r => r.metric) }, { name: 'Value', type: 'number', values: rows.map(r => r.v) }],
  }]
}

/** All columns side by side, shorter ones filled with null. */
export function concatenate(frames: readonly Frame[], nameMode: string): readonly Frame[] {
  if (frames.length <= 1) return frames
  const length = Math.max(...frames.map(f => f.length))
  const fields = frames.flatMap(frame => frame.fields.map((f): FrameField => ({
    ...f,
    ...(nameMode === 'field' && frame.name !== '' && f.sourceName === undefined ? { name: `${frame.name} ${f.name}` } : {}),
    values: Array.from({ length }, (_, i) => f.values[i] ?? null),
  })))
  return [{ name: '', refId: frames[0]!.refId, fields, length }]
}
