import { useSyncExternalStore } from 'react'
import type { ReactElement } from 'react'
import { agoText, exactTime } from '../format/time.ts'
import { useWords } from '../i18n/index.ts'

let nowSecond = Math.floor(Date.now() / 1000)
const listeners = new Set<() => void>()
let timer: ReturnType<typeof setInterval> | undefined

function listen(listener: () => void): () => void {
  listeners.add(listener)
  if (timer === undefined) {
    timer = setInterval(() => {
      nowSecond = Math.floor(Date.now() / 1000)
      for (const l of listeners) l()
    }, 1000)
  }
  return () => {
    listeners.delete(listener)
    if (listeners.size === 0) {
      clearInterval(timer)
      timer = undefined
    }
  }
}

/** Unix ms, whole seconds; renders again each second. One timer for the page. */
export function useNow(): number {
  return useSyncExternalStore(listen, () => nowSecond) * 1000
}

/** How long ago, running, with the exact time on hover. */
export function Ago({ ms }: { readonly ms: number }): ReactElement {
  const { locale } = useWords()
  const now = useNow()
  return <time className="num" dateTime={new Date(ms).toISOString()} title={exactTime(ms, locale)}>{agoText(ms, now, locale)}</time>
}
