import { createElement, useSyncExternalStore } from 'react'
import type { ComponentType, ReactNode } from 'react'

/** A component whose code may still be on its way; `waiting` stands where it will be. */
export type Later<P> = (props: P & { readonly waiting?: ReactNode }) => ReactNode

/**
 * A component that is loaded when it is first drawn. Code that is there is drawn in the same pass. React's `lazy` shows its fallback
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
  return Loaded
}
