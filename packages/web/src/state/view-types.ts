/** What the pages share. Types only. */

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

/** One line on the grid of a range query's steps. The arrays belong to the answer and are never changed; NaN is a gap. */
export interface GridSeries {
  /** Prometheus' text of the labels: stable, and different for different labels. */
  readonly id: string
  readonly name: string
  readonly labels: Readonly<Record<string, string>>
  /** Unix ms, ascending, shared by all series of one answer. */
  readonly ts: Float64Array
  readonly vs: Float64Array
}
