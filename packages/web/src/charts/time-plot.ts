import { formatUnitText } from '@haechi/dashboards'
import uPlot from 'uplot'
import { alignSeries, stackGroups, stackMembers } from './align.ts'
import { axisOf } from './chart-model.ts'
import { drawBands, drawExemplars, drawMarks, exemplarAt, marksAt, noteAt } from './plot-marks.ts'
import { fillPaint, strokePaint } from './series-colors.ts'
import { Tooltip, tooltipRows } from './tooltip.ts'
import { TIME_INCREMENTS, momentText, timeTexts } from './time-axis.ts'
import { logMarks, symlogMarks, yMarks, yScale, yTexts } from './y-scale.ts'
import type { Column } from './align.ts'
import type { ChartExemplar, ChartModel, ChartSeries, YAxisSettings } from './chart-model.ts'
import type { Box, HostLook, PlotTheme } from './draw-queue.ts'
import type { TooltipRow } from './tooltip.ts'
import type { YScale } from './y-scale.ts'

/** What the plot tells and asks its owner. */
export interface PlotCallbacks {
  readonly language: 'en' | 'ko'
  readonly moreText: (n: number) => string
  readonly onZoom: ((fromMs: number, toMs: number) => void) | undefined
  readonly onZoomBack: (() => void) | undefined
  /** A moment was clicked, or a stretch dragged, with Ctrl or the command key. Equal ends: a moment. Unix ms. */
  readonly onNote?: ((fromMs: number, toMs: number) => void) | undefined
  /** The mark of a note was clicked. */
  readonly onOpenNote?: ((id: number) => void) | undefined
  /** An exemplar was clicked. */
  readonly onOpenExemplar?: ((e: ChartExemplar) => void) | undefined
  readonly tooltipClasses: { readonly root: string; readonly head: string; readonly list: string; readonly row: string; readonly more: string }
  /** Charts with the same key share their crosshair. */
  readonly syncKey: string | undefined
}

const AXIS_GAP = 6
const AXIS_HEIGHT = 26
const LINE_FILL = 0.1

/** What can change without making a new plot: data, range, which series are shown. */
function structureKey(model: ChartModel): string {
  return JSON.stringify([
    model.series.map(s => [s.color, s.dash, s.style, s.axis, s.stack, s.fillTo, s.stops]), model.y, model.moreY, model.stacking, model.timeZone,
  ])
}

/** A uPlot chart of time series: made once, then given new data, and destroyed by its owner. */
export class TimePlot {
  #plot: uPlot | undefined
  #model: ChartModel
  #theme: PlotTheme
  #callbacks: PlotCallbacks
  #shown: readonly boolean[]
  #raw: Column[] = []
  #ts: number[] = []
  readonly #scales: YScale[] = []
  #key = ''
  #themeKey = ''
  /** Of the host, in CSS pixels. Asking the page for it while it is being drawn would have it laid out. */
  #width: number
  #height: number
  readonly #host: HTMLElement
  readonly #tooltip: Tooltip
  #inside = false
  /** The drag began here, not on a chart that shares its crosshair with this one: each of them selects the stretch, one zooms. */
  #isDragged = false
  #near: number | null = null
  /** Where the button went down, CSS px in the plot, and whether a note is to be written there. */
  #press: { readonly left: number; readonly isNote: boolean } | undefined
  /** Where a stretch began that the keyboard marks, Unix ms. */
  #stretchMs: number | undefined

  constructor(host: HTMLElement, model: ChartModel, shown: readonly boolean[], look: HostLook, callbacks: PlotCallbacks) {
    this.#host = host
    this.#model = model
    this.#shown = shown
    this.#theme = look.theme
    this.#width = look.width
    this.#height = look.height
    this.#callbacks = callbacks
    this.#tooltip = new Tooltip(host, callbacks.tooltipClasses)
    this.#make()
  }

  /** Shows another model; redraws in place when only data, range or the shown series changed. */
  update(model: ChartModel, shown: readonly boolean[], look: HostLook, callbacks: PlotCallbacks): void {
    this.#callbacks = callbacks
    this.#model = model
    this.#theme = look.theme
    const sameShown = shown.length === this.#shown.length && shown.every((v, i) => v === this.#shown[i])
    this.#shown = shown
    if (this.#key !== structureKey(model) || this.#themeKey !== themeKey(this.#theme)) {
      this.#make()
      return
    }
    const plot = this.#plot!
    const data = this.#columns()
    plot.batch(() => {
      if (!sameShown) shown.forEach((show, i) => plot.setSeries(i + 1, { show }, false))
      plot.setData(data, false)
      plot.setScale('x', { min: model.startMs, max: model.endMs })
    })
    if (this.#inside) this.#showTooltip(plot)
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
    plot.batch(() => {
      plot.setSize({ width, height })
      // Another height has room for other marks.
      plot.setScale('x', { min: this.#model.startMs, max: this.#model.endMs })
    })
  }

  /** Fades every series but one; undefined ends it. */
  focus(index: number | undefined): void {
    // uPlot takes null for "none"; its types don't say so.
    this.#plot!.setSeries((index === undefined ? null : index + 1) as number, { focus: index !== undefined }, false)
  }

  /** Moves the crosshair by so many samples, as the arrow keys do. */
  moveCursor(by: number): void {
    const plot = this.#plot!
    if (this.#ts.length === 0) return
    const now = plot.cursor.idx ?? (by > 0 ? -1 : this.#ts.length)
    const idx = Math.min(this.#ts.length - 1, Math.max(0, now + by))
    this.#inside = true
    // The first sample may lie a moment before the picture; outside of it uPlot knows no sample.
    const left = Math.max(0, Math.min(plot.over.clientWidth - 1, plot.valToPos(this.#ts[idx]!, 'x')))
    plot.setCursor({ left, top: plot.over.clientHeight / 2 }, true)
    this.#showStretch()
  }

  /** Begins a stretch at the crosshair, or ends it there and zooms into it, as dragging does. */
  markStretch(): void {
    const plot = this.#plot!
    const { idx } = plot.cursor
    if (!this.#inside || idx === null || idx === undefined) return
    const from = this.#stretchMs
    this.#stretchMs = undefined
    if (from === undefined) {
      this.#stretchMs = this.#ts[idx]
      return
    }
    const to = this.#ts[idx]!
    this.#unmark()
    if (to !== from) this.#callbacks.onZoom?.(Math.min(from, to), Math.max(from, to))
  }

  /** Writes a note about the crosshair's moment, or about the stretch that was begun. */
  noteHere(): void {
    const { idx } = this.#plot!.cursor
    if (!this.#inside || idx === null || idx === undefined) return
    const at = this.#ts[idx]!
    const from = this.#stretchMs ?? at
    this.#unmark()
    this.#callbacks.onNote?.(Math.min(from, at), Math.max(from, at))
  }

  /** Shows the stretch from where it began to the crosshair. */
  #showStretch(): void {
    const plot = this.#plot!
    const { idx } = plot.cursor
    if (this.#stretchMs === undefined || idx === null || idx === undefined) return
    const a = plot.valToPos(this.#stretchMs, 'x')
    const b = plot.valToPos(this.#ts[idx]!, 'x')
    plot.setSelect({ left: Math.min(a, b), top: 0, width: Math.abs(b - a), height: plot.over.clientHeight }, false)
  }

  #unmark(): void {
    this.#stretchMs = undefined
    this.#plot!.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false)
  }

  /** Takes crosshair and tooltip away. */
  clearCursor(): void {
    this.#inside = false
    if (this.#stretchMs !== undefined) this.#unmark()
    this.#tooltip.hide()
    this.#plot!.setCursor({ left: -10, top: -10 }, true)
  }

  destroy(): void {
    this.#plot?.destroy()
    this.#tooltip.destroy()
  }

  #columns(): uPlot.AlignedData {
    const { ts, columns } = alignSeries(this.#model.series, this.#model.stepMs)
    this.#ts = ts
    this.#raw = columns
    const stacked = stackGroups(this.#model.series, columns, this.#shown, this.#model.stacking)
    return [ts, ...stacked.map((c, i) => axisOf(this.#model, this.#model.series[i]!).logBase === undefined ? c : aboveZero(columns[i]!))]
  }

  #make(): void {
    const old = this.#plot
    this.#key = structureKey(this.#model)
    this.#themeKey = themeKey(this.#theme)
    const data = this.#columns()
    const plot = new uPlot(this.#options(), data, this.#host)
    this.#plot = plot
    old?.destroy()
    plot.over.addEventListener('mouseenter', () => { this.#inside = true })
    plot.over.addEventListener('mousedown', e => {
      this.#isDragged = true
      this.#press = { left: e.offsetX, isNote: e.ctrlKey || e.metaKey }
    })
    plot.over.addEventListener('click', e => this.#clicked(plot, e.offsetX, e.offsetY))
    // With Ctrl a Mac sends this instead of a click.
    plot.over.addEventListener('contextmenu', e => {
      if (!e.ctrlKey || this.#callbacks.onNote === undefined) return
      e.preventDefault()
      this.#clicked(plot, e.offsetX, e.offsetY)
    })
    plot.over.addEventListener('mouseleave', () => {
      this.#inside = false
      this.#tooltip.hide()
    })
    plot.over.addEventListener('dblclick', () => this.#callbacks.onZoomBack?.())
  }

  #options(): uPlot.Options {
    const axes = [this.#model.y, ...this.#model.moreY ?? []]
    const theme = this.#theme
    const single = this.#model.series.length === 1
    return {
      width: Math.max(60, this.#width),
      height: Math.max(40, this.#height),
      ms: 1,
      padding: [8, 20, 0, 0],
      legend: { show: false },
      focus: { alpha: 0.18 },
      cursor: {
        y: false,
        ...(this.#callbacks.syncKey === undefined ? {} : { sync: { key: this.#callbacks.syncKey, setSeries: false, scales: ['x', null] as [string, null] } }),
        drag: { x: true, y: false, setScale: false, dist: 4 },
        focus: { prox: -1 },
        points: { size: 7, width: 2, stroke: (u, i) => strokeOf(this.#model.series[i - 1], u), fill: () => theme.surface },
        // Our own way back stands at the double click.
        bind: { dblclick: () => null },
      },
      scales: {
        x: { time: true, range: () => [this.#model.startMs, this.#model.endMs] },
        ...Object.fromEntries(axes.map((y, k) => [scaleName(k), {
          ...(y.symlog !== undefined ? { distr: 4 as const, asinh: y.symlog } : y.logBase === undefined ? {} : { distr: 3 as const, log: y.logBase }),
          range: (_u: uPlot, low: number, high: number): [number, number] => {
            const scale = this.#scaleFor(k, low, high)
            this.#scales[k] = scale
            return [scale.min, scale.max]
          },
        }])),
      },
      axes: [
        {
          stroke: theme.text, font: theme.font, gap: AXIS_GAP, size: AXIS_HEIGHT, space: 72, incrs: TIME_INCREMENTS,
          grid: { show: false }, ticks: { stroke: theme.grid, width: 1, size: 4 },
          values: (_u, marks, _axis, _space, increment) => timeTexts(marks, increment, this.#callbacks.language, this.#model.timeZone),
        },
        ...axes.map((y, k): uPlot.Axis => ({
          scale: scaleName(k), side: y.side === 'right' ? 1 : 3, show: y.hidden !== true,
          stroke: y.color ?? theme.text, font: theme.font, gap: AXIS_GAP, space: 28,
          size: (u, texts) => y.width ?? axisWidth(u, texts, theme.font),
          grid: y.grid ?? k === 0 ? { stroke: theme.grid, width: 1 } : { show: false }, ticks: { show: false },
          ...(y.border === true ? { border: { show: true, stroke: y.color ?? theme.text, width: 1 } } : {}),
          ...(y.label ? { label: y.label, labelFont: theme.font, labelSize: 20 } : {}),
          splits: () => this.#scales[k] === undefined ? [] : y.symlog !== undefined ? symlogMarks(this.#scales[k], 10, y.symlog) : y.logBase === undefined ? yMarks(this.#scales[k]) : logMarks(this.#scales[k], y.logBase),
          filter: (_u, marks) => marks,
          values: (_u, marks) => y.logBase === undefined && y.symlog === undefined ? yTexts(marks, this.#ySettings(k)) : marks.map(m => formatUnitText(y.unit, m, y.decimals)),
        })),
      ],
      series: [{}, ...this.#model.series.map((s, i) => this.#seriesOptions(s, i, single))],
      ...bandsOf(this.#model),
      hooks: {
        setCursor: [u => this.#showTooltip(u)],
        setSeries: [(_u, index) => { this.#near = index === null || index === undefined ? null : index - 1 }],
        setSelect: [u => this.#selected(u)],
        drawClear: [u => { if (this.#model.bands !== undefined) drawBands(u, this.#model.bands) }],
        draw: [u => {
          drawMarks(u, this.#model, this.#theme.font)
          if (this.#model.exemplars !== undefined) drawExemplars(u, this.#model.exemplars, this.#theme.surface)
        }],
      },
    }
  }

  #ySettings(k: number): YAxisSettings {
    return this.#model.stacking === 'percent' && k === 0 ? { unit: 'percent' } : k === 0 ? this.#model.y : this.#model.moreY![k - 1]!
  }

  #scaleFor(k: number, low: number | null, high: number | null): YScale {
    // The plot's own box is not laid out yet when it asks for its first scale.
    const height = this.#height - AXIS_HEIGHT - 8
    const ticks = Math.max(2, Math.min(8, Math.floor(height / 44)))
    const settings = this.#ySettings(k)
    let lowest = low ?? Infinity
    let highest = high ?? -Infinity
    if (this.#model.stacking !== 'none') lowest = Math.min(lowest, 0)
    const scale = yScale(lowest, highest, settings, ticks)
    // A threshold near the data belongs into the picture.
    const near = k > 0 ? [] : this.#model.thresholds.map(t => t.value).filter(v => v > scale.max && v <= scale.max * 1.6 && v > highest)
    if (near.length > 0 && settings.max === undefined && settings.logBase === undefined) {
      highest = Math.max(...near)
      return yScale(lowest, highest, settings, ticks)
    }
    return scale
  }

  #seriesOptions(s: ChartSeries, index: number, single: boolean): uPlot.Series {
    const { style } = s
    const fill = style.fill ?? (single && style.draw === 'line' ? LINE_FILL : 0)
    const show = this.#shown[index] ?? true
    const scale = scaleName(s.axis === undefined || s.axis > (this.#model.moreY?.length ?? 0) ? 0 : s.axis)
    return {
      show,
      scale,
      stroke: strokePaint(s, scale) as uPlot.Series.Stroke,
      width: style.draw === 'points' ? 0 : style.width,
      ...(s.dash.length > 0 ? { dash: [...s.dash] } : {}),
      ...(fill > 0 ? { fill: fillPaint(s, scale, fill) as uPlot.Series.Fill } : {}),
      spanGaps: style.spanGaps === true,
      ...(typeof style.spanGaps === 'number' ? { gaps: (u, _i, _a, _b, gaps) => shortGapsClosed(u, gaps, style.spanGaps as number) } : {}),
      ...pathsOf(s),
      points: pointsOf(s),
    }
  }

  #showTooltip(u: uPlot): void {
    const { idx, left, top } = u.cursor
    if (!this.#inside || idx === null || idx === undefined || left === undefined || left < 0) {
      this.#tooltip.hide()
      return
    }
    const rows: TooltipRow[] = []
    this.#model.series.forEach((s, i) => {
      const value = this.#raw[i]?.[idx]
      if (this.#shown[i] === false || s.hideFrom?.tooltip === true || value === null || value === undefined) return
      rows.push({ name: s.name, color: s.color, dash: s.dash.length > 0, text: valueText(axisOf(this.#model, s), value), value, near: this.#near === i && this.#model.series.length > 1 })
    })
    const exemplar = this.#model.exemplars?.[exemplarAt(u, this.#model.exemplars, left, top ?? 0)]
    const noted = [...marksAt(u, this.#model.marks, left), ...exemplarRows(this.#model, exemplar)]
    u.over.style.cursor = exemplar === undefined ? '' : 'pointer'
    if ((rows.length === 0 || this.#model.tooltip?.mode === 'none') && noted.length === 0) {
      this.#tooltip.hide()
      return
    }
    const cut = tooltipRows(rows, this.#model.tooltip)
    const box = { width: this.#width, height: this.#height }
    this.#tooltip.show(
      momentText(this.#ts[idx]!, this.#callbacks.language, this.#model.timeZone), [...noted, ...cut.rows], cut.more > 0 ? this.#callbacks.moreText(cut.more) : '',
      left + u.over.offsetLeft, (top ?? 0) + u.over.offsetTop, box)
  }

  #selected(u: uPlot): void {
    const { left, width } = u.select
    const isOwn = this.#isDragged
    const isNote = this.#press?.isNote === true && this.#callbacks.onNote !== undefined
    this.#isDragged = false
    if (width < 4) return
    const from = Math.round(u.posToVal(left, 'x'))
    const to = Math.round(u.posToVal(left + width, 'x'))
    u.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false)
    this.#tooltip.hide()
    if (!isOwn || to <= from) return
    if (isNote) this.#callbacks.onNote!(from, to)
    else this.#callbacks.onZoom?.(from, to)
  }

  /** A click without a drag: opens the note there, or writes one. */
  #clicked(u: uPlot, left: number, top: number): void {
    const press = this.#press
    this.#press = undefined
    if (press === undefined || Math.abs(left - press.left) >= 4) return
    if (press.isNote) {
      const t = Math.round(u.posToVal(left, 'x'))
      this.#tooltip.hide()
      this.#callbacks.onNote?.(t, t)
      return
    }
    const at = exemplarAt(u, this.#model.exemplars ?? [], left, top)
    if (at >= 0 && this.#callbacks.onOpenExemplar !== undefined) {
      this.#tooltip.hide()
      this.#callbacks.onOpenExemplar(this.#model.exemplars![at]!)
      return
    }
    const id = this.#callbacks.onOpenNote === undefined ? undefined : noteAt(u, this.#model.marks, left)
    if (id !== undefined) this.#callbacks.onOpenNote!(id)
  }
}

/** Most labels of an exemplar that a tooltip tells. */
const MOST_LABELS = 4

function exemplarRows(model: ChartModel, e: ChartExemplar | undefined): TooltipRow[] {
  if (e === undefined) return []
  const labels = Object.entries(e.labels).slice(0, MOST_LABELS).map(([name, v]) => `${name} ${v}`).join(' · ')
  return [{ name: `◆ ${labels}`, color: e.color, dash: false, text: valueText(axisOf(model, e), e.value), value: e.value, near: false }]
}

/** Stacks are filled down to the series below, others to the series that they name. */
function bandsOf(model: ChartModel): { bands?: uPlot.Band[] } {
  const stacked = model.stacking === 'none' ? [] : [...stackMembers(model.series).values()].flatMap(m => m.slice(1).map((i, k): uPlot.Band => ({ series: [i + 1, m[k]! + 1] })))
  const filled = model.series.flatMap((s, i): uPlot.Band[] => {
    const to = s.fillTo === undefined ? -1 : model.series.findIndex(x => x.id === s.fillTo)
    return to < 0 || to === i ? [] : [{ series: [i + 1, to + 1] }]
  })
  return stacked.length + filled.length === 0 ? {} : { bands: [...stacked, ...filled] }
}

/** What a logarithmic axis can show. */
function aboveZero(column: Column): Column {
  const out: (number | null)[] = []
  for (const v of column) out.push(v !== null && v !== undefined && v > 0 ? v : null)
  return out
}

/** The name of the scale of the kth vertical axis. */
function scaleName(k: number): string {
  return k === 0 ? 'y' : `y${k + 1}`
}

function valueText(y: YAxisSettings, value: number): string {
  return formatUnitText(y.unit, value, y.decimals)
}

function themeKey(t: PlotTheme): string {
  return `${t.text} ${t.grid} ${t.surface} ${t.font}`
}

function strokeOf(s: ChartSeries | undefined, u: uPlot): string {
  return s?.color ?? String(u.ctx.strokeStyle)
}

/** Room for the widest text. */
function axisWidth(u: uPlot, texts: readonly string[] | null, font: string): number {
  if (!texts || texts.length === 0) return 24
  u.ctx.save()
  u.ctx.font = font
  const widest = texts.reduce((w, t) => Math.max(w, u.ctx.measureText(t ?? '').width), 0)
  u.ctx.restore()
  // A unit or a number may be as long as it likes; the picture keeps its room.
  return Math.min(Math.ceil(widest) + AXIS_GAP + 10, Math.max(24, Math.round(u.width * 0.3)))
}

function pathsOf(s: ChartSeries): { paths?: uPlot.Series.PathBuilder } {
  const paths = uPlot.paths
  if (s.style.draw === 'points') return { paths: () => null }
  if (s.style.draw === 'bars') return { paths: paths.bars!({ size: [s.style.barWidth ?? 0.7, s.style.barMax ?? 40, 1], align: s.style.barAlign ?? 0 }) }
  switch (s.style.interpolation) {
    case 'smooth': return { paths: paths.spline!() }
    case 'stepAfter': return { paths: paths.stepped!({ align: 1 }) }
    case 'stepBefore': return { paths: paths.stepped!({ align: -1 }) }
    default: return { paths: paths.linear!() }
  }
}

/** Points: all, none, or those that no line touches because both neighbours are gaps. */
function pointsOf(s: ChartSeries): uPlot.Series.Points {
  const { draw, showPoints, pointSize, width } = s.style
  if (draw === 'points' || showPoints === 'always') return { show: true, size: pointSize, stroke: s.color, fill: s.color }
  if (draw === 'bars' || showPoints === 'never' && s.style.spanGaps === true) return { show: false }
  return { show: true, size: Math.max(4, width * 2.5), stroke: s.color, fill: s.color, filter: (u, i) => lonelyPoints(u.data[i] as Column, u.series[0]!.idxs!) }
}

/** Indices of values between two gaps. */
export function lonelyPoints(column: Column, range: readonly [number, number] | readonly number[]): number[] {
  const out: number[] = []
  if (column instanceof Float64Array && column.length > 1) return out
  const [from = 0, to = column.length - 1] = range
  for (let i = from; i <= to; i++) {
    if (column[i] === null || column[i] === undefined) continue
    if (neighbour(column, i, -1) === null && neighbour(column, i, 1) === null) out.push(i)
  }
  return out
}

/** The next value on one side; times of other series only are passed over, a gap or an end is null. */
function neighbour(column: Column, from: number, by: -1 | 1): number | null {
  let i = from + by
  while (i >= 0 && i < column.length && column[i] === undefined) i += by
  return column[i] ?? null
}

/** Leaves only the gaps that are longer than `ms`. */
function shortGapsClosed(u: uPlot, gaps: uPlot.Series.Gaps, ms: number): uPlot.Series.Gaps {
  const left = u.bbox.left
  return gaps.filter(([a, b]) => u.posToVal((b - left) / devicePixelRatio, 'x') - u.posToVal((a - left) / devicePixelRatio, 'x') > ms)
}
