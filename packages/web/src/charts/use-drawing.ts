import { useLayoutEffect } from 'react'
import type { RefObject } from 'react'
import { useIsPrinting } from '../state/printing.ts'
import { DrawQueue } from './draw-queue.ts'
import type { HostLook, PlotTheme } from './draw-queue.ts'

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

/** The theme is the page's: charts that are drawn together share it. */
function hostLook(host: HTMLElement, theme: PlotTheme | undefined): HostLook {
  return { theme: theme ?? plotTheme(host), width: host.clientWidth, height: host.clientHeight }
}

/** Runs something in a task of its own, soon. */
function nextTask(): (run: () => void) => void {
  const { port1, port2 } = new MessageChannel()
  const runs: (() => void)[] = []
  port1.addEventListener('message', () => runs.shift()?.())
  port1.start()
  return run => {
    runs.push(run)
    port2.postMessage(null)
  }
}

const queue = new DrawQueue(nextTask(), hostLook, () => performance.now())

/**
 * Draws a chart in its turn whenever `draw` is another function; on paper at once, because nobody waits there.
 *
 * @param draw  memoized by the caller
 */
export function useDrawing(host: RefObject<HTMLElement | null>, draw: (look: HostLook) => void): void {
  const isPrinting = useIsPrinting()
  useLayoutEffect(() => {
    const drawing = { host: host.current!, draw }
    queue.add(drawing)
    return () => queue.remove(drawing)
  }, [host, draw])
  useLayoutEffect(() => {
    if (isPrinting) queue.finish()
  }, [draw, isPrinting])
}
