import { useEffect, useState } from 'react'
import type { RefObject } from 'react'
import { watchVisible } from './watch-visible.ts'

/**
 * Whether an element is in or near the window.
 *
 * @param isFirst    what it is taken for until the browser tells, a frame later
 * @param isWatched  false once the answer no longer matters: it stays what it was
 */
export function useVisible(element: RefObject<Element | null>, marginPx = 200, isFirst = false, isWatched = true): boolean {
  const [isVisible, setVisible] = useState(isFirst)
  useEffect(() => isWatched ? watchVisible(element.current!, marginPx, setVisible) : undefined, [element, marginPx, isWatched])
  return isVisible
}
