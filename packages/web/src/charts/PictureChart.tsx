import 'uplot/dist/uPlot.min.css'
import { useCallback, useEffect, useLayoutEffect, useMemo, useRef } from 'react'
import type { ReactElement } from 'react'
import { useIsPrinting } from '../state/printing.ts'
import { chartWords } from './chart-words.ts'
import { FreePlot } from './free-plot.ts'
import { useDrawing } from './use-drawing.ts'
import css from './TimeSeriesChart.module.css'
import type { Picture } from './free-plot.ts'
import type { PlotCallbacks } from './time-plot.ts'

/** One entry of a legend that only explains colours. */
export interface ColorKey {
  readonly name: string
  readonly color: string
}

/** What a painted chart takes. Its height is that of its box. */
export interface PictureChartProps {
  /** A new object means new data. */
  readonly picture: Picture
  /** The picture in one sentence. */
  readonly summary: string
  readonly language: 'en' | 'ko'
  readonly theme: 'dark' | 'light'
  readonly keys: readonly ColorKey[]
  readonly syncKey?: string
  readonly onZoom?: (fromMs: number, toMs: number) => void
  readonly onZoomBack?: () => void
}

const TOOLTIP_CLASSES = { root: css['tip']!, head: css['tipHead']!, list: css['tipList']!, row: '', more: css['tipMore']! }

/** Bars, cells or states between two axes. Made to be loaded lazily: it brings uPlot along. */
export function PictureChart({ picture, summary, language, theme, keys, syncKey, onZoom, onZoomBack }: PictureChartProps): ReactElement {
  const host = useRef<HTMLDivElement>(null)
  const plot = useRef<FreePlot | null>(null)
  const callbacks = useMemo<PlotCallbacks>(() => ({ language, moreText: chartWords(language).more, onZoom, onZoomBack, syncKey, tooltipClasses: TOOLTIP_CLASSES }), [language, onZoom, onZoomBack, syncKey])
  useDrawing(host, useCallback(look => {
    if (plot.current) plot.current.update(picture, look, callbacks)
    else plot.current = new FreePlot(host.current!, picture, look, callbacks)
    // Another theme has other colours, which are read from the page.
    // oxlint-disable-next-line react-hooks/exhaustive-deps
  }, [picture, theme, callbacks]), plot)
  useEffect(() => {
    const observer = new ResizeObserver(() => plot.current?.resize())
    observer.observe(host.current!)
    return () => {
      observer.disconnect()
      plot.current?.destroy()
      plot.current = null
    }
  }, [])
  const isPrinting = useIsPrinting()
  // Nobody observes sizes between the shape for paper and its picture.
  useLayoutEffect(() => plot.current?.resize(), [isPrinting])
  return (
    <figure className={css['chart']}>
      <div ref={host} className={css['plot']} role="img" aria-label={summary} />
      {keys.length > 0 && <ul className={css['keys']}>{keys.map(k => <li key={k.name} title={k.name}><i style={{ background: k.color }} />{k.name}</li>)}</ul>}
    </figure>
  )
}
