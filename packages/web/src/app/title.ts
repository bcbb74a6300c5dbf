import { useEffect, useSyncExternalStore } from 'react'

let current = ''
const listeners = new Set<() => void>()

/** Names the page: in the top bar and in the browser's tab. */
export function useTitle(title: string): void {
  useEffect(() => {
    current = title
    document.title = title === '' ? 'Haechi' : `${title} · Haechi`
    for (const listener of listeners) listener()
  }, [title])
}

/** The name of the page that is shown. */
export function useCurrentTitle(): string {
  return useSyncExternalStore(listen, () => current)
}

function listen(listener: () => void): () => void {
  listeners.add(listener)
  return () => listeners.delete(listener)
}
