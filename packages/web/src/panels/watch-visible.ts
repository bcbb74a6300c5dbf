/** Elements that are watched with one margin, and who is told. */
interface Watch {
  readonly observer: IntersectionObserver
  readonly listeners: Map<Element, Set<(isVisible: boolean) => void>>
}

/** By margin. The browser asks each observer anew at every frame of scrolling: a board of a hundred panels has one for all of them. */
const watches = new Map<number, Watch>()

function makeWatch(marginPx: number): Watch {
  const listeners: Watch['listeners'] = new Map()
  const observer = new IntersectionObserver(entries => {
    for (const { target, isIntersecting } of entries) for (const listener of listeners.get(target) ?? []) listener(isIntersecting)
  }, { rootMargin: `${marginPx}px` })
  return { observer, listeners }
}

/** Tells whether an element is in the window or at most `marginPx` away from it: soon for the first time, then at each change. @returns ends it */
export function watchVisible(element: Element, marginPx: number, listener: (isVisible: boolean) => void): () => void {
  let watch = watches.get(marginPx)
  if (watch === undefined) watches.set(marginPx, watch = makeWatch(marginPx))
  const { observer, listeners } = watch
  const known = listeners.get(element)
  if (known === undefined) {
    listeners.set(element, new Set([listener]))
    observer.observe(element)
  } else {
    known.add(listener)
    // Observed anew it is told again.
    observer.unobserve(element)
    observer.observe(element)
  }
  return () => {
    const told = listeners.get(element)
    if (told?.delete(listener) !== true || told.size > 0) return
    listeners.delete(element)
    observer.unobserve(element)
  }
}
