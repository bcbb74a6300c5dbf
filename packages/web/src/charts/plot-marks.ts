import type uPlot from 'uplot'
import type { ChartMark, ChartModel } from './chart-model.ts'
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

/** Draws thresholds as dashed lines and marks as thin vertical ones, over a plot. A mark's words stand beside it where there is room. */
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
  for (const t of thresholds) {
    const at = Math.round(u.valToPos(t.value, 'y', true))
    if (at < bbox.top || at > bbox.top + bbox.height) continue
    ctx.strokeStyle = t.color
    ctx.setLineDash([6 * px, 4 * px])
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
    ctx.fillText(m.label, at + 4 * px, bbox.top + 2 * px)
    free = at + 12 * px + ctx.measureText(m.label).width
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
