import { useCallback, useEffect, useLayoutEffect, useRef } from 'react'
import type { RefObject } from 'react'
import { useIsPrinting } from '../state/printing.ts'
import { TimePlot } from './time-plot.ts'
import { useDrawing } from './use-drawing.ts'
import type { ChartModel } from './chart-model.ts'
import type { PlotCallbacks } from './time-plot.ts'

/**
 * Owns the canvas of a chart: makes it, gives it new data, fits it to its box and destroys it.
 *
 * @param theme  any change makes the colours be read anew
 */
export function useTimePlot(host: RefObject<HTMLElement | null>, model: ChartModel, shown: readonly boolean[], theme: string, callbacks: PlotCallbacks): RefObject<TimePlot | null> {
  const plot = useRef<TimePlot | null>(null)

  useDrawing(host, useCallback(look => {
    if (plot.current) plot.current.update(model, shown, look, callbacks)
    else plot.current = new TimePlot(host.current!, model, shown, look, callbacks)
    // Another theme has other colours, which are read from the page.
    // oxlint-disable-next-line react-hooks/exhaustive-deps
  }, [host, model, shown, theme, callbacks]), plot)

  useEffect(() => {
    const element = host.current!
    const observer = new ResizeObserver(() => plot.current?.resize())
    observer.observe(element)
    return () => observer.disconnect()
  }, [host])

  const isPrinting = useIsPrinting()
  // Nobody observes sizes between the shape for paper and its picture.
  useLayoutEffect(() => plot.current?.resize(), [isPrinting])

  useEffect(() => () => {
    plot.current?.destroy()
    plot.current = null
  }, [])

  return plot
}
