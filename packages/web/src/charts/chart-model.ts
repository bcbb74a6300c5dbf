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
}

/** A dashed line across the chart. */
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
  readonly marks: readonly ChartMark[]
  /** IANA name; absent: the browser's. */
  readonly timeZone?: string
}

/** The vertical axis of a series. */
export function axisOf(model: Pick<ChartModel, 'y' | 'moreY'>, series: Pick<ChartSeries, 'axis'>): YAxisSettings {
  return series.axis === undefined || series.axis === 0 ? model.y : model.moreY?.[series.axis - 1] ?? model.y
}
