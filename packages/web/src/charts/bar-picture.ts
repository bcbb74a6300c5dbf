import { formatUnitText } from '@haechi/dashboards'
import { thinned } from './cell-picture.ts'
import { yMarks, yScale, yTexts } from './y-scale.ts'
import type { Stacking, YAxisSettings } from './chart-model.ts'
import type { Canvas, Picture, PictureAxis } from './free-plot.ts'

/** One series of bars: a value per category. */
export interface BarSeries {
  readonly name: string
  readonly color: string
  readonly vs: readonly (number | null)[]
  /** A colour per category, where the values have their own. */
  readonly colors?: readonly string[]
  readonly unit: string
  readonly decimals?: number
}

/** Bars over categories, or over stretches of a scale. */
export interface BarModel {
  readonly categories: readonly string[]
  readonly series: readonly BarSeries[]
  readonly stacking: Stacking
  readonly isHorizontal: boolean
  /** Of a category's width that its bars take, and of a bar's that is filled; 0..1. */
  readonly groupWidth: number
  readonly barWidth: number
  /** 0..1. */
  readonly fill: number
  readonly showValue: 'auto' | 'always' | 'never'
  readonly y: YAxisSettings
  /** Bounds of the stretches, one more than categories; absent for categories that are no numbers. */
  readonly edges?: { readonly values: readonly number[]; readonly unit: string; readonly decimals?: number }
}

/** Where each bar begins and ends on the axis of values. */
export function barEnds(model: BarModel): { readonly from: number; readonly to: number }[][] {
  const n = model.categories.length
  const totals = Array.from({ length: n }, (_, i) => model.series.reduce((sum, s) => sum + Math.abs(s.vs[i] ?? 0), 0))
  const up = new Float64Array(n)
  const down = new Float64Array(n)
  return model.series.map(s => Array.from({ length: n }, (_, i) => {
    const raw = s.vs[i] ?? 0
    const v = !Number.isFinite(raw) ? 0 : model.stacking === 'percent' ? totals[i] === 0 ? 0 : raw / totals[i]! * 100 : raw
    if (model.stacking === 'none') return { from: 0, to: v }
    const base = v < 0 ? down : up
    const from = base[i]!
    base[i] = from + v
    return { from, to: from + v }
  }))
}

/** Paints bars. */
export function barPicture(model: BarModel): Picture {
  const ends = barEnds(model)
  const n = Math.max(1, model.categories.length)
  const all = ends.flat()
  const low = all.reduce((m, e) => Math.min(m, e.to), 0)
  const high = all.reduce((m, e) => Math.max(m, e.to), -Infinity)
  const settings: YAxisSettings = model.stacking === 'percent' ? { unit: 'percent' } : model.y
  const { logBase: _noLog, ...linear } = settings
  const scaleFor = (room: number): ReturnType<typeof yScale> => yScale(low, high, linear, Math.max(2, Math.min(8, Math.floor(room / 2))))
  const first = scaleFor(16)
  const values: PictureAxis = {
    kind: 'marks', min: first.min, max: first.max, hasGrid: true, ...(settings.label === undefined ? {} : { label: settings.label }), isHidden: settings.hidden === true,
    marks: room => {
      const marks = yMarks(first).filter((_, i) => i % Math.max(1, Math.ceil(yMarks(first).length / Math.max(2, room / 1.5))) === 0)
      const texts = yTexts(marks, settings)
      return marks.map((at, i) => ({ at, text: texts[i]! }))
    },
  }
  const { edges } = model
  const names: PictureAxis = edges === undefined
    ? { kind: 'marks', min: 0, max: n, marks: room => thinned(model.categories.map((text, i) => ({ at: i + 0.5, text })), room) }
    : { kind: 'marks', min: 0, max: n, marks: room => thinned(edges.values.map((v, i) => ({ at: i, text: formatUnitText(edges.unit, v, edges.decimals) })), room) }
  return {
    x: model.isHorizontal ? values : names,
    y: model.isHorizontal ? names : values,
    isTopDown: model.isHorizontal,
    paint: canvas => paintBars(canvas, model, ends),
    tipAt: (x, y) => {
      const i = Math.floor(model.isHorizontal ? y : x)
      if (i < 0 || i >= model.categories.length) return undefined
      const rows = model.series.filter(s => s.vs[i] !== null && s.vs[i] !== undefined).map(s => ({
        name: s.name, color: s.colors?.[i] ?? s.color, dash: false, text: formatUnitText(s.unit, s.vs[i]!, s.decimals), value: s.vs[i]!, near: false,
      }))
      return rows.length === 0 ? undefined : { head: model.categories[i]!, rows: rows.slice(0, 12) }
    },
  }
}

function paintBars(canvas: Canvas, model: BarModel, ends: ReturnType<typeof barEnds>): void {
  const { ctx, toX, toY, px, theme } = canvas
  const groups = model.stacking === 'none' ? model.series.length : 1
  const slot = model.groupWidth / groups
  ctx.textBaseline = 'middle'
  model.series.forEach((s, k) => {
    for (let i = 0; i < model.categories.length; i++) {
      const v = s.vs[i]
      if (v === null || v === undefined || !Number.isFinite(v)) continue
      const { from, to } = ends[k]![i]!
      const at = i + 0.5 - model.groupWidth / 2 + (model.stacking === 'none' ? k : 0) * slot + slot * (1 - model.barWidth) / 2
      const across = slot * model.barWidth
      const x0 = model.isHorizontal ? toX(from) : toX(at)
      const x1 = model.isHorizontal ? toX(to) : toX(at + across)
      const y0 = model.isHorizontal ? toY(at) : toY(to)
      const y1 = model.isHorizontal ? toY(at + across) : toY(from)
      const box = { x: Math.min(x0, x1), y: Math.min(y0, y1), w: Math.max(1, Math.abs(x1 - x0)), h: Math.max(v === 0 ? 0 : 1, Math.abs(y1 - y0)) }
      const color = s.colors?.[i] ?? s.color
      ctx.globalAlpha = model.fill
      ctx.fillStyle = color
      ctx.fillRect(box.x, box.y, box.w, box.h)
      ctx.globalAlpha = 1
      if (model.showValue === 'never') continue
      const text = formatUnitText(s.unit, v, s.decimals)
      const width = ctx.measureText(text).width
      ctx.fillStyle = theme.text
      if (model.isHorizontal) {
        if (model.showValue === 'auto' && (box.h < 11 * px || model.stacking !== 'none')) continue
        ctx.textAlign = v < 0 ? 'right' : 'left'
        const end = v < 0 ? box.x - 4 * px : box.x + box.w + 4 * px
        // Beyond the end if there is room, else inside.
        if (end + width > canvas.left + canvas.width) {
          ctx.textAlign = 'right'
          ctx.fillText(text, box.x + box.w - 4 * px, box.y + box.h / 2)
        } else ctx.fillText(text, end, box.y + box.h / 2)
      } else {
        if (model.showValue === 'auto' && (width > box.w || model.stacking !== 'none')) continue
        ctx.textAlign = 'center'
        const above = box.y - 8 * px
        ctx.fillText(text, box.x + box.w / 2, above < canvas.top + 6 * px ? box.y + 10 * px : above)
      }
    }
  })
}
