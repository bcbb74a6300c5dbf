import { useEffect, useRef, useState } from 'react'
import type { RefObject } from 'react'

/** Whether an element is on the screen or about to be: what is not need not ask for data. */
export function useOnScreen<E extends Element>(): { readonly ref: RefObject<E | null>; readonly isOnScreen: boolean } {
  const ref = useRef<E>(null)
  const [isOnScreen, setOnScreen] = useState(false)
  useEffect(() => {
    const observer = new IntersectionObserver(entries => setOnScreen(entries.at(-1)!.isIntersecting), { rootMargin: '200px' })
    observer.observe(ref.current!)
    return () => observer.disconnect()
  }, [])
  return { ref, isOnScreen }
}
