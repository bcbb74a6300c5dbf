import { useMemo } from 'react'
import type { ComponentType, ReactElement } from 'react'
import { transformFrames } from '@haechi/dashboards'
import { later } from '../components/later.ts'
import { dataPanel } from './data-panel.ts'
import { panelWords } from './panel-words.ts'
import { StatView } from './stat/StatView.tsx'
import { TimeSeriesView } from './timeseries/TimeSeriesView.tsx'
import css from './PanelCard.module.css'
import type { PanelViewProps } from './panel-result.ts'

/** Kinds that few boards need are loaded with the first panel of theirs. */
const GaugeView = later(async () => (await import('./gauge/GaugeView.tsx')).GaugeView)
const BarGaugeView = later(async () => (await import('./bargauge/BarGaugeView.tsx')).BarGaugeView)
const PieView = later(async () => (await import('./piechart/PieView.tsx')).PieView)
const TableView = later(async () => (await import('./table/TableView.tsx')).TableView)
const BarChartView = later(async () => (await import('./barchart/BarChartView.tsx')).BarChartView)
const HistogramView = later(async () => (await import('./histogram/HistogramView.tsx')).HistogramView)
const HeatmapView = later(async () => (await import('./heatmap/HeatmapView.tsx')).HeatmapView)
const StateView = later(async () => (await import('./state-timeline/StateView.tsx')).StateView)

/** The panel types that draw answers of queries, by Grafana's name. */
const VIEWS: Readonly<Record<string, ComponentType<PanelViewProps>>> = {
  'timeseries': TimeSeriesView, 'stat': StatView, 'gauge': GaugeView, 'bargauge': BarGaugeView, 'piechart': PieView, 'table': TableView, 'barchart': BarChartView, 'histogram': HistogramView, 'heatmap': HeatmapView,
  'state-timeline': StateView, 'status-history': StateView,
}

/** Whether panels of this type are drawn from the answers of queries. */
export function isDrawn(type: string): boolean {
  return Object.hasOwn(VIEWS, type)
}

/** Whether panels of this type are shown at all: drawn, or made of words or of what the server knows. */
export function isShown(type: string): boolean {
  return isDrawn(type) || type === 'text' || type === 'alertlist' || type === 'dashlist'
}

/** Draws a panel's answers; `asTable` shows the tables that they are. Says so where a transformation had to be passed over. */
export function PanelPicture(props: PanelViewProps & { readonly asTable?: boolean }): ReactElement | null {
  const { panel, context } = props
  // Which transformations are unknown doesn't depend on the data.
  const unknown = useMemo(() => transformFrames([], panel.transformations).unknown, [panel.transformations])
  const behind = useMemo(() => dataPanel(panel), [panel])
  const View = props.asTable === true ? TableView : VIEWS[panel.type]
  if (View === undefined) return null
  const view = <View {...props} panel={props.asTable === true ? behind : panel} />
  if (unknown.length === 0) return view
  return (
    <div className={css['noted']}>
      <p role="note">{panelWords(context.language).skipped(unknown.join(', '))}</p>
      <div>{view}</div>
    </div>
  )
}
