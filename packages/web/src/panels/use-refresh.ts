import { useEffect, useState, useSyncExternalStore } from 'react'
import { openedMs } from '../boot/early.ts'

/** The moment for which a board is drawn, with those who want to know when it moves. */
function makeClock(): { readonly now: () => number; readonly tick: () => void; readonly subscribe: (listener: () => void) => () => void } {
  let nowMs = openedMs()
  const listeners = new Set<() => void>()
  return {
    now: () => nowMs,
    tick: () => {
      nowMs = Date.now()
      for (const listener of listeners) listener()
    },
    subscribe: listener => {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
  }
}

/** The moment for which a board is drawn, Unix ms: moves whenever `count` changes; without a `count`, every `refreshMs` and when the page is looked at again. */
export function useRefresh(refreshMs: number, count: number | undefined): number {
  const [clock] = useState(makeClock)
  const nowMs = useSyncExternalStore(clock.subscribe, clock.now)
  const [first] = useState(count)
  const isDriven = count !== undefined
  useEffect(() => {
    if (count !== first) clock.tick()
  }, [clock, count, first])
  useEffect(() => {
    if (refreshMs <= 0 || isDriven) return undefined
    let isDue = false
    const timer = setInterval(() => {
      if (document.hidden) isDue = true
      else clock.tick()
    }, refreshMs)
    const onShow = (): void => {
      if (document.hidden || !isDue) return
      isDue = false
      clock.tick()
    }
    document.addEventListener('visibilitychange', onShow)
    return () => {
      clearInterval(timer)
      document.removeEventListener('visibilitychange', onShow)
    }
  }, [clock, refreshMs, isDriven])
  return nowMs
}
