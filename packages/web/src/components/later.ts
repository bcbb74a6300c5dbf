import { createElement, useSyncExternalStore } from 'react'
import type { ComponentType, ReactNode } from 'react'

/** A component whose code may still be on its way; `waiting` stands where it will be. */
export interface Later<P> {
  (props: P & { readonly waiting?: ReactNode }): ReactNode
  /** Has the code loaded, so that it is there when it is drawn. Never fails: who draws it hears of a failure. */
  readonly load: () => void
}

/**
 * A component that is loaded when it is first drawn, or earlier by `load()`. Code that is there is drawn in the same pass. React's `lazy` shows its fallback
 * for it all the same, and holds what comes instead back for 300 ms: it spares the eyes from a row of fallbacks.
 * A failed load is thrown to the next error boundary.
 */
export function later<P extends object>(load: () => Promise<ComponentType<P>>): Later<P> {
  let loaded: ComponentType<P> | undefined
  let failure: Error | undefined
  let isAsked = false
  const listeners = new Set<() => void>()
  const start = (): void => {
    if (isAsked) return
    isAsked = true
    void (async () => {
      try {
        loaded = await load()
      } catch (err) {
        failure = err instanceof Error ? err : new Error(String(err))
      }
      for (const listener of listeners) listener()
    })()
  }
  const now = (): ComponentType<P> | Error | undefined => loaded ?? failure
  const subscribe = (listener: () => void): (() => void) => {
    listeners.add(listener)
    return () => listeners.delete(listener)
  }
  function Loaded({ waiting = null, ...props }: P & { readonly waiting?: ReactNode }): ReactNode {
    start()
    const known = useSyncExternalStore(subscribe, now, now)
    if (known instanceof Error) throw known
    return known === undefined ? waiting : createElement(known, props as unknown as P)
  }
  return Object.assign(Loaded, { load: start })
}
