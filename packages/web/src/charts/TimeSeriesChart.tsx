import 'uplot/dist/uPlot.min.css'
import { useMemo, useRef, useState } from 'react'
import type { KeyboardEvent, ReactElement } from 'react'
import { chartWords } from './chart-words.ts'
import { Legend, SeriesNote } from './Legend.tsx'
import { PLAIN_LEGEND } from './legend-rows.ts'
import { useTimePlot } from './use-time-plot.ts'
import { MOST_DRAWN, MOST_SERIES, choiceAfterClick, highestSeries, shownSeries } from './visible-series.ts'
import css from './TimeSeriesChart.module.css'
import { chartSummary } from './summary.ts'
import type { ChartExemplar, ChartModel, ChartSeries } from './chart-model.ts'
import type { LegendSettings } from './legend-rows.ts'
import type { PlotCallbacks } from './time-plot.ts'
import type { Choice } from './visible-series.ts'

/** What a chart of time series takes. Its height is that of its box. */
export interface TimeSeriesChartProps {
  /** A new object means new data. */
  readonly model: ChartModel
  /** What it shows; stands before the picture in one sentence. */
  readonly title: string
  readonly language: 'en' | 'ko'
  readonly theme: 'dark' | 'light'
  readonly legend: 'line' | 'table' | 'none'
  /** What the board says about it; absent: nothing. */
  readonly legendSettings?: LegendSettings
  /** Charts with the same key share their crosshair. */
  readonly syncKey?: string
  readonly onZoom?: (fromMs: number, toMs: number) => void
  readonly onZoomBack?: () => void
  /** A moment or a stretch was marked to write a note about it. Unix ms. */
  readonly onNote?: (fromMs: number, toMs: number) => void
  readonly onOpenNote?: (id: number) => void
  readonly onOpenExemplar?: (e: ChartExemplar) => void
}

const TOOLTIP_CLASSES = { root: css['tip']!, head: css['tipHead']!, list: css['tipList']!, row: '', more: css['tipMore']! }

/** Lines, bars or points over time, with legend, crosshair and zoom. Made to be loaded lazily: it brings uPlot along. */
export function TimeSeriesChart(props: TimeSeriesChartProps): ReactElement {
  const { language, theme, syncKey, onZoom, onZoomBack, onNote, onOpenNote, onOpenExemplar } = props
  const [isLifted, setLifted] = useState(false)
  const model = useMemo(() => {
    const series = highestSeries(props.model.series, isLifted ? Infinity : MOST_DRAWN)
    return series === props.model.series ? props.model : { ...props.model, series }
  }, [props.model, isLifted])
  const words = chartWords(language)
  const legendSettings = props.legendSettings ?? PLAIN_LEGEND
  const host = useRef<HTMLDivElement>(null)
  const [choice, setChoice] = useState<Choice>('top')
  const shown = useMemo(() => shownSeries(model.series, choice), [model.series, choice])
  const callbacks = useMemo<PlotCallbacks>(
    () => ({ language, moreText: chartWords(language).more, onZoom, onZoomBack, onNote, onOpenNote, onOpenExemplar, syncKey, tooltipClasses: TOOLTIP_CLASSES }),
    [language, onZoom, onZoomBack, onNote, onOpenNote, onOpenExemplar, syncKey],
  )
  const plot = useTimePlot(host, model, shown, theme, callbacks)

  // For those who can't see the lines: of the lines that are seen.
  const summary = useMemo(() => {
    const isLeft = (s: ChartSeries): boolean => (s.axis ?? 0) === 0
    return chartSummary(props.title, model.series.filter((s, i) => shown[i] === true && isLeft(s)), model.y.unit, model.endMs - model.startMs, language, model.y.decimals, props.model.series.filter(isLeft).length)
  }, [props.title, props.model, model, shown, language])

  const onKeyDown = (e: KeyboardEvent): void => {
    const step = e.shiftKey ? 10 : 1
    if (e.key === 'ArrowRight') plot.current?.moveCursor(step)
    else if (e.key === 'ArrowLeft') plot.current?.moveCursor(-step)
    else if (e.key === 'Escape') plot.current?.clearCursor()
    else if (e.key === 'Enter') plot.current?.markStretch()
    else if (e.key === 'Backspace') onZoomBack?.()
    else if (e.code === 'KeyA' && !e.ctrlKey && !e.metaKey && !e.altKey && onNote !== undefined) plot.current?.noteHere()
    else return
    e.preventDefault()
    e.stopPropagation()
  }

  return (
    <figure className={css['chart']} data-legend={props.legend !== 'none' && model.series.length > 0 ? legendSettings.placement : undefined}>
      <div ref={host} className={css['plot']} role="img" aria-label={summary} tabIndex={0} onKeyDown={onKeyDown} onBlur={() => plot.current?.clearCursor()} />
      {model.series.length > MOST_SERIES && (
        <SeriesNote
          count={shown.filter(Boolean).length} drawn={model.series.length} all={props.model.series.length} choice={choice} words={words}
          onChoice={setChoice} onLift={() => { setLifted(true); setChoice('all') }}
        />
      )}
      {props.legend !== 'none' && model.series.length > 0 && (
        <Legend
          series={model.series} shown={shown} y={model.y} moreY={model.moreY} words={words} startAsTable={props.legend === 'table'} settings={legendSettings}
          onClick={(id, add) => setChoice(choiceAfterClick(choice, model.series, id, add))}
          onHover={index => plot.current?.focus(index)}
        />
      )}
    </figure>
  )
}
