import { momentText } from './time-axis.ts'
import type { AxisMark, Canvas, Picture } from './free-plot.ts'

/** One row of cells, oldest first; columns of equal length. */
export interface CellRow {
  readonly name: string
  /** Unix ms. */
  readonly starts: Float64Array
  readonly ends: Float64Array
  /** Index into the palette; -1 leaves the cell out. */
  readonly colors: Int32Array
  /** What stands in the tooltip, and in the cell where it fits. */
  readonly textOf: (i: number) => string
}

/** Cells over time, the first row on top. */
export interface CellModel {
  readonly startMs: number
  readonly endMs: number
  readonly rows: readonly CellRow[]
  readonly palette: readonly string[]
  /** What stands beside the rows; `at` counts rows from the top. */
  readonly marks: readonly AxisMark[]
  /** Of a row's height that a cell takes, 0..1. */
  readonly height: number
  /** CSS px between neighbours. */
  readonly gap: number
  readonly labels: 'auto' | 'always' | 'never'
  readonly align: 'left' | 'center' | 'right'
  readonly axisLabel: string
  readonly timeZone?: string
  /** The colour of a text on a cell. */
  readonly inkOn: (color: string) => string
}

/** The cell of a row that covers a time; -1 for none. */
export function cellAt(row: CellRow, t: number): number {
  let lo = 0
  let hi = row.starts.length
  while (lo < hi) {
    const mid = (lo + hi) >> 1
    if (row.starts[mid]! <= t) lo = mid + 1
    else hi = mid
  }
  return lo > 0 && t < row.ends[lo - 1]! ? lo - 1 : -1
}

/** Every n-th mark, so that they have room. */
export function thinned(marks: readonly AxisMark[], room: number): readonly AxisMark[] {
  const every = Math.max(1, Math.ceil(marks.length / Math.max(1, room)))
  return every === 1 ? marks : marks.filter((_, i) => (marks.length - 1 - i) % every === 0)
}

/** Paints cells over time. */
export function cellPicture(model: CellModel, language: 'en' | 'ko'): Picture {
  const count = Math.max(1, model.rows.length)
  return {
    x: { kind: 'time', min: model.startMs, max: model.endMs, ...(model.timeZone === undefined ? {} : { timeZone: model.timeZone }) },
    y: { kind: 'marks', min: 0, max: count, marks: room => thinned(model.marks, room), label: model.axisLabel },
    isTopDown: true,
    paint: canvas => model.rows.forEach((row, k) => paintRow(canvas, model, row, k)),
    tipAt: (t, y) => {
      const row = model.rows[Math.floor(y)]
      if (row === undefined) return undefined
      const i = cellAt(row, t)
      const color = i === -1 ? -1 : row.colors[i]!
      if (color === -1) return undefined
      return {
        head: `${momentText(row.starts[i]!, language, model.timeZone)} – ${momentText(row.ends[i]!, language, model.timeZone)}`,
        rows: [{ name: row.name, color: model.palette[color]!, dash: false, text: row.textOf(i), value: 0, near: true }],
      }
    },
  }
}

function paintRow({ ctx, toX, toY, px, left, width }: Canvas, model: CellModel, row: CellRow, k: number): void {
  const gap = model.gap * px
  const pad = (1 - model.height) / 2
  const top = toY(k + pad)
  const height = Math.max(1, toY(k + 1 - pad) - top - gap)
  const showsText = model.labels === 'always' || model.labels === 'auto' && height >= 14 * px
  ctx.textBaseline = 'middle'
  ctx.textAlign = model.align
  let current = -1
  for (let i = 0; i < row.starts.length; i++) {
    const color = row.colors[i]!
    if (color === -1) continue
    const x0 = Math.max(left, Math.round(toX(row.starts[i]!)))
    const x1 = Math.min(left + width, Math.round(toX(row.ends[i]!)))
    const w = Math.max(1, x1 - x0 - gap)
    if (x1 <= x0) continue
    if (color !== current || showsText) {
      ctx.fillStyle = model.palette[color]!
      current = color
    }
    ctx.fillRect(x0, top, w, height)
    if (!showsText || w < 16 * px) continue
    const text = row.textOf(i)
    if (text === '' || ctx.measureText(text).width + 8 * px > w) continue
    ctx.fillStyle = model.inkOn(model.palette[color]!)
    ctx.fillText(text, model.align === 'left' ? x0 + 4 * px : model.align === 'right' ? x0 + w - 4 * px : x0 + w / 2, top + height / 2)
  }
}
