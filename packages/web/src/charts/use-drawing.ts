import { useLayoutEffect } from 'react'
import type { RefObject } from 'react'
import { taskQueue } from '../state/next-task.ts'
import { useIsPrinting } from '../state/printing.ts'
import { DrawQueue } from './draw-queue.ts'
import type { Box, Drawing, HostLook, PlotTheme } from './draw-queue.ts'

function cssVariable(style: CSSStyleDeclaration, name: string, fallback: string): string {
  const v = style.getPropertyValue(name).trim()
  return v === '' ? fallback : v
}

/** The theme at a place in the page. */
function plotTheme(host: Element): PlotTheme {
  const style = getComputedStyle(host)
  return {
    text: cssVariable(style, '--hc-dim', style.color),
    grid: cssVariable(style, '--hc-border', style.color),
    surface: cssVariable(style, '--hc-surface', 'transparent'),
    font: `12px ${style.fontFamily || 'sans-serif'}`,
  }
}

let lastKey: string | undefined
let lastTheme: PlotTheme | undefined

/** The theme is the page's, and the same until the page's root says otherwise: reading it anew each time would have all styles computed. */
function sharedTheme(host: Element): PlotTheme {
  const root = document.documentElement
  const key = `${root.getAttribute('data-mantine-color-scheme')} ${root.hasAttribute('data-printing')}`
  if (lastTheme === undefined || key !== lastKey) lastTheme = plotTheme(host)
  lastKey = key
  return lastTheme
}

function hostLook({ host, box }: Drawing): HostLook {
  const known = box?.()
  return { theme: sharedTheme(host), width: known?.width ?? host.clientWidth, height: known?.height ?? host.clientHeight }
}

const queue = new DrawQueue(taskQueue(), hostLook, () => performance.now())

/**
 * Draws a chart in its turn whenever `draw` is another function; on paper at once, because nobody waits there.
 *
 * @param draw  memoized by the caller
 * @param made  the chart once there is one: it keeps its box up to date
 */
export function useDrawing(host: RefObject<HTMLElement | null>, draw: (look: HostLook) => void, made: RefObject<{ readonly box: Box } | null>): void {
  const isPrinting = useIsPrinting()
  useLayoutEffect(() => {
    const drawing = { host: host.current!, draw, box: () => made.current?.box }
    queue.add(drawing)
    return () => queue.remove(drawing)
  }, [host, draw, made])
  useLayoutEffect(() => {
    if (isPrinting) queue.finish()
  }, [draw, isPrinting])
}
