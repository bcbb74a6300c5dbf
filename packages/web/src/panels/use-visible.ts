import { useEffect, useState } from 'react'
import type { RefObject } from 'react'

/**
 * Whether an element is in or near the window.
 *
 * @param isFirst  what it is taken for until the browser tells, a frame later
 */
export function useVisible(element: RefObject<Element | null>, marginPx = 200, isFirst = false): boolean {
  const [isVisible, setVisible] = useState(isFirst)
  useEffect(() => {
    const observer = new IntersectionObserver(entries => setVisible(entries.at(-1)!.isIntersecting), { rootMargin: `${marginPx}px` })
    observer.observe(element.current!)
    return () => observer.disconnect()
  }, [element, marginPx])
  return isVisible
}
