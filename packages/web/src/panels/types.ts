/** What the pages and the panels agree on. Types only. */
import type { ReactElement } from 'react'

/** A dashboard as Grafana writes it; read by `@haechi/dashboards`, never changed here. */
export type GrafanaDashboardJson = Readonly<Record<string, unknown>>

/** The time range in the address bar: Grafana's texts (`now-6h`, `now`, or Unix ms as digits) and what they mean at this refresh. */
export interface TimeRange {
  readonly from: string
  readonly to: string
  /** Unix ms. Both change at each refresh tick when the texts are relative; equal for everything drawn in one tick. */
  readonly fromMs: number
  readonly toMs: number
}

/** One refresh tick of the page: `n` grows by one each time that data should be asked for again. */
export interface RefreshTick {
  readonly n: number
  /** Unix ms of the tick. */
  readonly nowMs: number
}

/** The two languages of the product. */
export type Locale = 'ko' | 'en'

/** Props of `BoardView` in src/panels/BoardView.tsx. It fetches its panels' data itself through src/api/prometheus.ts. */
export interface BoardViewProps {
  readonly board: GrafanaDashboardJson
  readonly range: TimeRange
  readonly refresh: RefreshTick
  readonly locale: Locale
  /** Unix ms: the user dragged over a chart. Undefined: back to where it was (double click). */
  readonly onRangeChange: (range: { readonly fromMs: number; readonly toMs: number } | undefined) => void
  /** Values of the variables from the address bar (`var-<name>`), and where a change is told. Absent: kept inside. */
  readonly variables?: Readonly<Record<string, readonly string[]>>
  readonly onVariablesChange?: (variables: Readonly<Record<string, readonly string[]>>) => void
}

/** The component that src/panels/BoardView.tsx exports as `BoardView`. */
export type BoardViewComponent = (props: BoardViewProps) => ReactElement

/** One line of a chart. The arrays belong to the caller and are never changed; NaN is a gap. */
export interface ChartSeries {
  /** Stable for the same labels: decides the colour. */
  readonly id: string
  readonly name: string
  readonly labels: Readonly<Record<string, string>>
  /** Unix seconds, ascending. */
  readonly ts: Float64Array
  readonly vs: Float64Array
}

/** Props of `TimeSeriesChart` in src/charts/TimeSeriesChart.tsx (loaded lazily, with uPlot): lines, axis, crosshair, tooltip and legend as UI.md §4 says. */
export interface TimeSeriesChartProps {
  readonly series: readonly ChartSeries[]
  /** Unix ms. */
  readonly fromMs: number
  readonly toMs: number
  /** Pixels, legend not counted. */
  readonly height: number
  /** A Grafana unit id, e.g. `s`, `percentunit`, `bytes`. */
  readonly unit?: string
  readonly thresholds?: readonly { readonly value: number; readonly label: string }[]
  readonly legend?: boolean
  readonly locale: Locale
  /** The name that a screen reader says. */
  readonly title: string
  readonly onRangeChange?: (range: { readonly fromMs: number; readonly toMs: number } | undefined) => void
}
