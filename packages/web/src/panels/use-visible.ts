import { useEffect, useState } from 'react'
import type { RefObject } from 'react'

/** Whether an element is in or near the window. Stays false where the browser doesn't tell. */
export function useVisible(element: RefObject<Element | null>, marginPx = 200): boolean {
  const [isVisible, setVisible] = useState(false)
  useEffect(() => {
    const observer = new IntersectionObserver(entries => setVisible(entries.at(-1)!.isIntersecting), { rootMargin: `${marginPx}px` })
    observer.observe(element.current!)
    return () => observer.disconnect()
  }, [element, marginPx])
  return isVisible
}
