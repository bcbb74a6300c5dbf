import type uPlot from 'uplot'
import { withAlpha } from './series-colors.ts'
import type { ChartBand, ChartExemplar, ChartMark, ChartModel } from './chart-model.ts'
import type { TooltipRow } from './tooltip.ts'

/** How near the pointer must be to a mark to be told of it, CSS px. */
const NEAR_PX = 6
/** Most marks that one tooltip tells. */
const MOST_NOTED = 4

/** The lines of a tooltip for the marks under the pointer. @param left  of the pointer in the plot, CSS px */
export function marksAt(u: uPlot, marks: readonly ChartMark[], left: number): TooltipRow[] {
  const out: TooltipRow[] = []
  for (const m of marks) {
    if (out.length >= MOST_NOTED) break
    const from = u.valToPos(m.tMs, 'x')
    const to = m.endMs === undefined ? from : u.valToPos(m.endMs, 'x')
    if (left >= from - NEAR_PX && left <= to + NEAR_PX) out.push({ name: m.label, color: m.color, dash: true, text: '', value: Infinity, near: false })
  }
  return out
}

/** The note under the pointer: of several the one that began last. */
export function noteAt(u: uPlot, marks: readonly ChartMark[], left: number): number | undefined {
  let found: number | undefined
  for (const m of marks) {
    if (m.noteId === undefined) continue
    const from = u.valToPos(m.tMs, 'x')
    const to = m.endMs === undefined ? from : u.valToPos(m.endMs, 'x')
    if (left >= from - NEAR_PX && left <= to + NEAR_PX) found = m.noteId
  }
  return found
}

/** How near the pointer must be to an exemplar, CSS px. */
const EXEMPLAR_PX = 9

/** The exemplar under the pointer, the nearest of several; -1 for none. @param left, top  of the pointer in the plot, CSS px */
export function exemplarAt(u: uPlot, exemplars: readonly ChartExemplar[], left: number, top: number): number {
  let found = -1
  let best = EXEMPLAR_PX ** 2
  exemplars.forEach((e, i) => {
    const { x, y } = exemplarPlace(u, e)
    const d = (x - left) ** 2 + (y - top) ** 2
    if (d <= best) {
      best = d
      found = i
    }
  })
  return found
}

/** Where an exemplar stands, CSS px in the plot; what lies beyond the axis stands at its end. */
function exemplarPlace(u: uPlot, e: ChartExemplar): { readonly x: number; readonly y: number } {
  const scale = e.axis === undefined || e.axis === 0 ? 'y' : `y${e.axis + 1}`
  const height = u.bbox.height / devicePixelRatio
  const y = u.valToPos(e.value, u.scales[scale] === undefined ? 'y' : scale)
  return { x: u.valToPos(e.tMs, 'x'), y: Math.min(height - 4, Math.max(4, Number.isFinite(y) ? y : 4)) }
}

/** Draws exemplars as small diamonds over a plot. */
export function drawExemplars(u: uPlot, exemplars: readonly ChartExemplar[], surface: string): void {
  if (exemplars.length === 0) return
  const { ctx, bbox } = u
  const px = devicePixelRatio
  const r = 4 * px
  ctx.save()
  ctx.beginPath()
  ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height)
  ctx.clip()
  ctx.lineWidth = px
  ctx.strokeStyle = surface
  for (const e of exemplars) {
    const place = exemplarPlace(u, e)
    const x = bbox.left + place.x * px
    const y = bbox.top + place.y * px
    ctx.fillStyle = e.color
    ctx.beginPath()
    ctx.moveTo(x, y - r)
    ctx.lineTo(x + r, y)
    ctx.lineTo(x, y + r)
    ctx.lineTo(x - r, y)
    ctx.closePath()
    ctx.fill()
    ctx.stroke()
  }
  ctx.restore()
}

/** Draws stretches of values behind the lines. */
export function drawBands(u: uPlot, bands: readonly ChartBand[]): void {
  const { ctx, bbox } = u
  ctx.save()
  for (const b of bands) {
    const at = (v: number): number => v === -Infinity ? bbox.top + bbox.height : v === Infinity ? bbox.top : Math.min(bbox.top + bbox.height, Math.max(bbox.top, u.valToPos(v, 'y', true)))
    const top = at(b.to)
    const bottom = at(b.from)
    if (!(bottom > top)) continue
    ctx.fillStyle = withAlpha(b.color, BAND_ALPHA)
    ctx.fillRect(bbox.left, top, bbox.width, bottom - top)
  }
  ctx.restore()
}

/** Strong enough to be told apart, weak enough for lines to be read on. */
const BAND_ALPHA = 0.12

/** Draws thresholds as lines and marks as thin vertical ones, over a plot. A mark's words stand beside it where there is room. */
export function drawMarks(u: uPlot, model: ChartModel, font: string): void {
  const { ctx, bbox } = u
  const { thresholds, marks } = model
  if (thresholds.length === 0 && marks.length === 0) return
  const px = devicePixelRatio
  ctx.save()
  ctx.beginPath()
  ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height)
  ctx.clip()
  ctx.font = scaledFont(font, px)
  ctx.lineWidth = px
  for (const t of model.thresholdLine === 'none' ? [] : thresholds) {
    const at = Math.round(u.valToPos(t.value, 'y', true))
    if (at < bbox.top || at > bbox.top + bbox.height) continue
    ctx.strokeStyle = t.color
    ctx.setLineDash(model.thresholdLine === 'solid' ? [] : [6 * px, 4 * px])
    line(ctx, bbox.left, at, bbox.left + bbox.width, at)
    ctx.fillStyle = t.color
    ctx.textAlign = 'right'
    const below = at - bbox.top < 16 * px
    ctx.textBaseline = below ? 'top' : 'bottom'
    ctx.fillText(t.label, bbox.left + bbox.width - 4 * px, at + (below ? 3 : -3) * px)
  }
  ctx.setLineDash([])
  ctx.textAlign = 'left'
  ctx.textBaseline = 'top'
  let free = -Infinity
  for (const m of marks) {
    const at = Math.round(u.valToPos(m.tMs, 'x', true))
    const end = m.endMs === undefined ? at : Math.round(u.valToPos(m.endMs, 'x', true))
    if (end < bbox.left || at > bbox.left + bbox.width) continue
    ctx.strokeStyle = m.color
    ctx.fillStyle = m.color
    if (end > at) {
      ctx.globalAlpha = 0.12
      ctx.fillRect(at, bbox.top, end - at, bbox.height)
      ctx.globalAlpha = 1
    }
    line(ctx, at, bbox.top, at, bbox.top + bbox.height)
    if (at < free) continue
    const width = ctx.measureText(m.label).width
    // At the right end the words stand on the other side: cut after two letters they say nothing.
    const isAtEnd = at + 4 * px + width > bbox.left + bbox.width
    if (isAtEnd && at - 4 * px - width < Math.max(bbox.left, free)) continue
    ctx.fillText(m.label, isAtEnd ? at - 4 * px - width : at + 4 * px, bbox.top + 2 * px)
    free = at + 12 * px + (isAtEnd ? 0 : width)
  }
  ctx.restore()
}

function line(ctx: CanvasRenderingContext2D, x0: number, y0: number, x1: number, y1: number): void {
  ctx.beginPath()
  ctx.moveTo(x0, y0)
  ctx.lineTo(x1, y1)
  ctx.stroke()
}

/** `12px x` as canvas pixels. */
function scaledFont(font: string, px: number): string {
  return font.replace(/(\d+(?:\.\d+)?)px/, (_, n: string) => `${Number(n) * px}px`)
}
