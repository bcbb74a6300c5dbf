import { useEffect, useState } from 'react'

/** The moment for which a board is drawn: moves on every refresh, on a changed `count`, and when the page is looked at again. Unix ms. */
export function useRefresh(refreshMs: number, count: number | undefined): number {
  const [nowMs, setNow] = useState(() => Date.now())
  const [first] = useState(count)
  useEffect(() => {
    if (count !== first) setNow(Date.now())
  }, [count, first])
  useEffect(() => {
    if (refreshMs <= 0) return undefined
    let isDue = false
    const timer = setInterval(() => {
      if (document.hidden) isDue = true
      else setNow(Date.now())
    }, refreshMs)
    const onShow = (): void => {
      if (document.hidden || !isDue) return
      isDue = false
      setNow(Date.now())
    }
    document.addEventListener('visibilitychange', onShow)
    return () => {
      clearInterval(timer)
      document.removeEventListener('visibilitychange', onShow)
    }
  }, [refreshMs])
  return nowMs
}
