import uPlot from 'uplot'
import { TIME_INCREMENTS, timeTexts } from './time-axis.ts'
import { Tooltip } from './tooltip.ts'
import type { Box, HostLook, PlotTheme } from './draw-queue.ts'
import type { PlotCallbacks } from './time-plot.ts'
import type { TooltipRow } from './tooltip.ts'

/** A mark of an axis. */
export interface AxisMark {
  readonly at: number
  readonly text: string
}

/** One axis of a picture: times, or numbers with marks of its own. */
export type PictureAxis =
  | { readonly kind: 'time'; readonly min: number; readonly max: number; readonly timeZone?: string }
  /** @param room  how many marks there is room for */
  | { readonly kind: 'marks'; readonly min: number; readonly max: number; readonly marks: (room: number) => readonly AxisMark[]; readonly label?: string; readonly hasGrid?: boolean; readonly isHidden?: boolean }

/** Where a picture paints: canvas pixels, and the ways from data to them. */
export interface Canvas {
  readonly ctx: CanvasRenderingContext2D
  readonly toX: (v: number) => number
  readonly toY: (v: number) => number
  readonly left: number
  readonly top: number
  readonly width: number
  readonly height: number
  /** Canvas pixels of a CSS pixel. */
  readonly px: number
  readonly theme: PlotTheme
}

/** What is drawn between two axes. Up is more, unless `isTopDown`. */
export interface Picture {
  readonly x: PictureAxis
  readonly y: PictureAxis
  readonly isTopDown: boolean
  readonly paint: (canvas: Canvas) => void
  /** What lies at a place, in data; undefined for nothing. */
  readonly tipAt: (x: number, y: number) => { readonly head: string; readonly rows: readonly TooltipRow[] } | undefined
}

const AXIS_HEIGHT = 26

/** A picture with axes, crosshair, tooltip and zoom, painted by its owner. */
export class FreePlot {
  #plot: uPlot | undefined
  #picture: Picture
  #theme: PlotTheme
  #callbacks: PlotCallbacks
  #inside = false
  /** The drag began here, not on a chart that shares its crosshair with this one: each of them selects the stretch, one zooms. */
  #isDragged = false
  readonly #host: HTMLElement
  /** Of the host, in CSS pixels. */
  #width: number
  #height: number
  readonly #tooltip: Tooltip

  constructor(host: HTMLElement, picture: Picture, look: HostLook, callbacks: PlotCallbacks) {
    this.#host = host
    this.#picture = picture
    this.#theme = look.theme
    this.#width = look.width
    this.#height = look.height
    this.#callbacks = callbacks
    this.#tooltip = new Tooltip(host, callbacks.tooltipClasses)
    this.#make()
  }

  /** Shows another picture. */
  update(picture: Picture, look: HostLook, callbacks: PlotCallbacks): void {
    this.#picture = picture
    this.#theme = look.theme
    this.#width = look.width
    this.#height = look.height
    this.#callbacks = callbacks
    this.#make()
  }

  /** Its host's, in CSS pixels, as of its last fitting. */
  get box(): Box {
    return { width: this.#width, height: this.#height }
  }

  /** Fits the plot to its host. */
  resize(): void {
    const { clientWidth: width, clientHeight: height } = this.#host
    const plot = this.#plot!
    if (width <= 0 || height <= 0 || plot.width === width && plot.height === height) return
    this.#width = width
    this.#height = height
    plot.setSize({ width, height })
  }

  destroy(): void {
    this.#plot?.destroy()
    this.#tooltip.destroy()
  }

  #make(): void {
    const old = this.#plot
    const { x, y, isTopDown } = this.#picture
    const { syncKey } = this.#callbacks
    const isTime = x.kind === 'time'
    const options: uPlot.Options = {
      width: Math.max(60, this.#width),
      height: Math.max(40, this.#height),
      ms: 1,
      padding: [8, x.kind === 'time' ? 16 : 28, 0, 0],
      legend: { show: false },
      cursor: {
        x: isTime, y: false, points: { show: false }, focus: { prox: -1 }, bind: { dblclick: () => null },
        drag: { x: isTime, y: false, setScale: false, dist: 4 },
        ...(isTime && syncKey !== undefined ? { sync: { key: syncKey, setSeries: false, scales: ['x', null] as [string, null] } } : {}),
      },
      scales: { x: { time: isTime, range: () => [x.min, x.max] }, y: { range: () => [y.min, y.max], ...(isTopDown ? { dir: -1 as const } : {}) } },
      axes: [this.#axis(x, false), this.#axis(y, true)],
      series: [{}, { show: true, paths: () => null, points: { show: false } }],
      hooks: {
        draw: [u => this.#paint(u)],
        setCursor: [u => this.#showTooltip(u)],
        setSelect: [u => this.#selected(u)],
      },
    }
    const plot = new uPlot(options, [[x.min, x.max], [y.min, y.max]], this.#host)
    this.#plot = plot
    old?.destroy()
    plot.over.addEventListener('mouseenter', () => { this.#inside = true })
    plot.over.addEventListener('mousedown', () => { this.#isDragged = true })
    plot.over.addEventListener('mouseleave', () => {
      this.#inside = false
      this.#tooltip.hide()
    })
    if (isTime) plot.over.addEventListener('dblclick', () => this.#callbacks.onZoomBack?.())
  }

  #axis(axis: PictureAxis, isVertical: boolean): uPlot.Axis {
    const theme = this.#theme
    const base = { stroke: theme.text, font: theme.font, gap: 6 }
    if (axis.kind === 'time') {
      return {
        ...base, size: AXIS_HEIGHT, space: 72, incrs: TIME_INCREMENTS, grid: { show: false }, ticks: { stroke: theme.grid, width: 1, size: 4 },
        values: (_u, marks, _axis, _space, increment) => timeTexts(marks, increment, this.#callbacks.language, axis.timeZone),
      }
    }
    let marks: readonly AxisMark[] = []
    return {
      ...base,
      show: axis.isHidden !== true,
      size: isVertical ? (_u, texts) => labelWidth(_u, texts, theme.font, this.#width) : AXIS_HEIGHT,
      grid: axis.hasGrid === true ? { stroke: theme.grid, width: 1 } : { show: false }, ticks: { show: false },
      ...(axis.label === undefined || axis.label === '' ? {} : { label: axis.label, labelFont: theme.font, labelSize: 20 }),
      splits: () => {
        const length = isVertical ? this.#height - AXIS_HEIGHT - 8 : this.#width - 80
        marks = axis.marks(Math.max(2, Math.floor(length / (isVertical ? 18 : 64))))
        return marks.map(m => m.at)
      },
      filter: (_u, splits) => splits,
      values: (u, splits) => {
        const room = isVertical ? this.#width * 0.35 : (u.bbox.width / devicePixelRatio || 200) / Math.max(1, marks.length) - 6
        return splits.map(s => shortened(u.ctx, marks.find(m => m.at === s)?.text ?? '', Math.max(24, room), theme.font))
      },
    }
  }

  #paint(u: uPlot): void {
    const { ctx, bbox } = u
    const px = devicePixelRatio
    ctx.save()
    ctx.beginPath()
    ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height)
    ctx.clip()
    ctx.font = this.#theme.font.replace(/(\d+(?:\.\d+)?)px/, (_, n: string) => `${Number(n) * px}px`)
    this.#picture.paint({ ctx, px, toX: v => u.valToPos(v, 'x', true), toY: v => u.valToPos(v, 'y', true), left: bbox.left, top: bbox.top, width: bbox.width, height: bbox.height, theme: this.#theme })
    ctx.restore()
  }

  #showTooltip(u: uPlot): void {
    const { left, top } = u.cursor
    const tip = !this.#inside || left === undefined || top === undefined || left < 0 ? undefined : this.#picture.tipAt(u.posToVal(left, 'x'), u.posToVal(top, 'y'))
    if (tip === undefined) {
      this.#tooltip.hide()
      return
    }
    this.#tooltip.show(tip.head, tip.rows, '', left! + u.over.offsetLeft, top! + u.over.offsetTop, { width: this.#width, height: this.#height })
  }

  #selected(u: uPlot): void {
    const { left, width } = u.select
    const isOwn = this.#isDragged
    this.#isDragged = false
    if (width < 4) return
    const from = Math.round(u.posToVal(left, 'x'))
    const to = Math.round(u.posToVal(left + width, 'x'))
    u.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false)
    this.#tooltip.hide()
    if (isOwn && to > from) this.#callbacks.onZoom?.(from, to)
  }
}

function labelWidth(u: uPlot, texts: readonly string[] | null, font: string, hostWidth: number): number {
  if (!texts || texts.length === 0) return 16
  u.ctx.save()
  u.ctx.font = font
  const widest = texts.reduce((w, t) => Math.max(w, u.ctx.measureText(t).width), 0)
  u.ctx.restore()
  return Math.min(Math.ceil(widest) + 16, hostWidth * 0.4)
}

/** A text that fits, with an ellipsis where it had to be cut. */
function shortened(ctx: CanvasRenderingContext2D, text: string, width: number, font: string): string {
  ctx.save()
  ctx.font = font
  let out = text
  if (ctx.measureText(text).width > width) {
    let n = text.length
    while (n > 1 && ctx.measureText(`${text.slice(0, n)}…`).width > width) n--
    out = `${text.slice(0, n)}…`
  }
  ctx.restore()
  return out
}
