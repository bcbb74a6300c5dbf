import { useEffect, useLayoutEffect, useRef } from 'react'
import type { RefObject } from 'react'
import { useIsPrinting } from '../state/printing.ts'
import { TimePlot } from './time-plot.ts'
import type { ChartModel } from './chart-model.ts'
import type { PlotCallbacks, PlotTheme } from './time-plot.ts'

function cssVariable(style: CSSStyleDeclaration, name: string, fallback: string): string {
  const v = style.getPropertyValue(name).trim()
  return v === '' ? fallback : v
}

/** The theme at a place in the page. */
export function plotTheme(host: Element): PlotTheme {
  const style = getComputedStyle(host)
  return {
    text: cssVariable(style, '--hc-dim', style.color),
    grid: cssVariable(style, '--hc-border', style.color),
    surface: cssVariable(style, '--hc-surface', 'transparent'),
    font: `12px ${style.fontFamily || 'sans-serif'}`,
  }
}

/**
 * Owns the canvas of a chart: makes it, gives it new data, fits it to its box and destroys it.
 *
 * @param theme  any change makes the colours be read anew
 */
export function useTimePlot(host: RefObject<HTMLElement | null>, model: ChartModel, shown: readonly boolean[], theme: string, callbacks: PlotCallbacks): RefObject<TimePlot | null> {
  const plot = useRef<TimePlot | null>(null)

  useLayoutEffect(() => {
    const element = host.current!
    if (plot.current) plot.current.update(model, shown, plotTheme(element), callbacks)
    else plot.current = new TimePlot(element, model, shown, plotTheme(element), callbacks)
  }, [host, model, shown, theme, callbacks])

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
