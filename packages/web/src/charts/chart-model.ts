/** One line of a chart, ready to be drawn. Columns are shared with whoever made them and never changed. */
export interface ChartSeries {
  /** Stays the same from refresh to refresh. */
  readonly id: string
  readonly name: string
  /** CSS colour. */
  readonly color: string
  /** Canvas dash pattern; empty for a solid line. */
  readonly dash: readonly number[]
  /** Unix ms. */
  readonly ts: Float64Array
  /** NaN and infinities are drawn as gaps. */
  readonly vs: Float64Array
  readonly style: LineStyle
  /** Which vertical axis: 0 or absent the first, n the nth of `moreY`. */
  readonly axis?: number
  /** It is drawn but not named in the legend, or in the tooltip. */
  readonly hideFrom?: { readonly legend: boolean; readonly tooltip: boolean }
  /** Series of one name are stacked on each other, where the chart stacks; `false`: it lies alone. */
  readonly stack?: string | false
  /** The id of the series that its fill ends at; absent: the axis. */
  readonly fillTo?: string
  /** Colours by value, lowest first, where the line changes its colour on its way up. `isStep`: without a transition. */
  readonly stops?: { readonly isStep: boolean; readonly list: readonly { readonly value: number; readonly color: string }[] }
}

/** How a series is drawn. */
export interface LineStyle {
  readonly draw: 'line' | 'bars' | 'points'
  readonly interpolation: 'linear' | 'smooth' | 'stepAfter' | 'stepBefore'
  /** CSS px. */
  readonly width: number
  /** 0..1; absent: 10 % when it is the only series. */
  readonly fill?: number
  /** Draws over missing steps: always, never, or up to so many ms. */
  readonly spanGaps: boolean | number
  readonly showPoints: 'auto' | 'never' | 'always'
  readonly pointSize: number
  /** Absent: one colour. `opacity`: fades downwards; `hue`: turns to a neighbouring hue; `scheme`: by value (`stops`). */
  readonly gradient?: 'opacity' | 'hue' | 'scheme'
  /** Of bars: before, around or after their moment. Absent: around. */
  readonly barAlign?: -1 | 0 | 1
  /** Of bars: share of the room that there is, and most CSS px. */
  readonly barWidth?: number
  readonly barMax?: number
}

/** What the pointer is told. */
export interface TooltipSettings {
  readonly mode: 'single' | 'multi' | 'none'
  readonly sort: 'none' | 'asc' | 'desc'
  readonly hideZeros: boolean
}

/** A stretch of values in one colour, behind the lines. */
export interface ChartBand {
  readonly from: number
  readonly to: number
  readonly color: string
}

/** One measured request among many, with what it is called elsewhere (a trace). */
export interface ChartExemplar {
  readonly tMs: number
  readonly value: number
  readonly color: string
  readonly labels: Readonly<Record<string, string>>
  readonly axis?: number
}

/** A line across the chart. */
export interface ChartThreshold {
  readonly value: number
  readonly color: string
  readonly label: string
}

/** A moment or a stretch worth knowing: a deploy, an alert. */
export interface ChartMark {
  readonly tMs: number
  /** The end of a stretch. */
  readonly endMs?: number
  readonly color: string
  readonly label: string
  /** Of what somebody wrote: a click opens it. */
  readonly noteId?: number
}

/** What the vertical axis is to be. */
export interface YAxisSettings {
  /** A Grafana unit id. */
  readonly unit: string
  readonly decimals?: number
  readonly min?: number
  readonly max?: number
  /** Base of a logarithmic axis. */
  readonly logBase?: 2 | 10
  readonly hidden?: boolean
  readonly label?: string
  /** The axis reaches at least here; data may go beyond. */
  readonly softMin?: number
  readonly softMax?: number
  /** Zero lies in the middle. */
  readonly centeredZero?: boolean
  /** Logarithmic on both sides of a linear stretch around zero, so wide to each side. */
  readonly symlog?: number
  /** CSS px; absent: as wide as its texts. */
  readonly width?: number
  readonly grid?: boolean
  readonly border?: boolean
  /** Of its texts; absent: that of all texts. */
  readonly color?: string
  /** Where it stands; default left. */
  readonly side?: 'left' | 'right'
}

/** How the series lie on each other. */
export type Stacking = 'none' | 'normal' | 'percent'

/** Everything that a chart of time series shows. */
export interface ChartModel {
  readonly series: readonly ChartSeries[]
  /** Unix ms: the ends of the horizontal axis, whatever the data covers. */
  readonly startMs: number
  readonly endMs: number
  /** The grid of the data. */
  readonly stepMs: number
  readonly y: YAxisSettings
  /** Further vertical axes, for series of other units. */
  readonly moreY?: readonly YAxisSettings[]
  readonly stacking: Stacking
  readonly thresholds: readonly ChartThreshold[]
  /** How thresholds are drawn; absent: as dashed lines. */
  readonly thresholdLine?: 'solid' | 'dashed' | 'none'
  readonly bands?: readonly ChartBand[]
  readonly exemplars?: readonly ChartExemplar[]
  /** Absent: all series, highest first. */
  readonly tooltip?: TooltipSettings
  readonly marks: readonly ChartMark[]
  /** IANA name; absent: the browser's. */
  readonly timeZone?: string
}

/** The vertical axis of a series. */
export function axisOf(model: Pick<ChartModel, 'y' | 'moreY'>, series: Pick<ChartSeries, 'axis'>): YAxisSettings {
  return series.axis === undefined || series.axis === 0 ? model.y : model.moreY?.[series.axis - 1] ?? model.y
}
