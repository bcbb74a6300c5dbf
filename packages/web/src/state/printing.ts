import { useSyncExternalStore } from 'react'
import { flushSync } from 'react-dom'

let isPrinting = false
/** The theme on the screen, while paper has the light one. */
let onScreen: string | null = null
const listeners = new Set<() => void>()

const SCHEME = 'data-mantine-color-scheme'

function set(next: boolean): void {
  if (next === isPrinting) return
  isPrinting = next
  const root = document.documentElement
  if (next) {
    onScreen = root.getAttribute(SCHEME)
    root.setAttribute(SCHEME, 'light')
    root.toggleAttribute('data-printing', true)
  } else {
    if (onScreen !== null) root.setAttribute(SCHEME, onScreen)
    root.removeAttribute('data-printing')
  }
  // The browser takes the picture as soon as this returns.
  flushSync(() => {
    for (const listener of listeners) listener()
  })
}

/** Puts the page into its shape for paper and back: before the browser's print dialog, and while a tool looks at it as print. Call once. */
export function watchPrinting(): void {
  addEventListener('beforeprint', () => set(true))
  addEventListener('afterprint', () => set(matchMedia('print').matches))
  matchMedia('print').addEventListener('change', e => set(e.matches))
}

/** Prints the page once everything on it has arrived, or after `waitMs`. */
export async function printWhenReady(waitMs = 20_000): Promise<void> {
  set(true)
  const end = performance.now() + waitMs
  const isBusy = (): boolean => document.querySelector('[aria-busy="true"], main [role="status"]:not([hidden])') !== null
  // Two looks: what has just been made is not busy yet.
  for (let quiet = 0; quiet < 2 && performance.now() < end; quiet = isBusy() ? 0 : quiet + 1) await new Promise(resolve => setTimeout(resolve, 150))
  print()
  set(false)
}

/** Whether the page is in its shape for paper: everything is there, light, without what is only to be pressed. */
export function useIsPrinting(): boolean {
  return useSyncExternalStore(listen, () => isPrinting)
}

function listen(listener: () => void): () => void {
  listeners.add(listener)
  return () => listeners.delete(listener)
}
