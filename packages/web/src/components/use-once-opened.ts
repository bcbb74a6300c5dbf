import { useEffect, useState } from 'react'

/** For dialogs that are not made before they are opened for the first time: first closed, so that they know where the focus was, then open. */
export function useOnceOpened(isOpen: boolean): { readonly isMade: boolean; readonly isOpen: boolean } {
  const [wasMade, setMade] = useState(false)
  useEffect(() => {
    // oxlint-disable-next-line react/set-state-in-effect
    if (isOpen) setMade(true)
  }, [isOpen])
  return { isMade: wasMade || isOpen, isOpen: isOpen && wasMade }
}
