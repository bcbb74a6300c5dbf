import { useRef } from 'react'
import type { RefObject } from 'react'
import { useVisible } from '../../panels/use-visible.ts'

/** Whether an element is on the screen or about to be: what is not need not ask for data. */
export function useOnScreen<E extends Element>(): { readonly ref: RefObject<E | null>; readonly isOnScreen: boolean } {
  const ref = useRef<E>(null)
  return { ref, isOnScreen: useVisible(ref) }
}
