import { createContext, useCallback, useContext, useEffect, useMemo, useRef, useState } from 'react'
import type { ReactElement, ReactNode } from 'react'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { refreshLive, statusQuery, tickClock } from '../api/queries.ts'
import type { RefreshTick, TimeRange } from '../state/view-types.ts'
import { usePreferences, usualRefresh } from '../state/preferences.ts'
import { DEFAULT_FROM, refreshMs, resolveRange, usualFrom } from '../state/time-range.ts'
import { connection } from './connection.ts'
import { usePageSearch } from './page-search.ts'

/** What every chart of the page shares. */
export interface Refresh {
  readonly tick: RefreshTick
  readonly range: TimeRange
  /** Null: only by hand. */
  readonly intervalMs: number | null
  readonly refreshNow: () => void
  /** False for the moment in which nothing says yet how far back to look. */
  readonly isRangeKnown: boolean
}

/** How young a server is fresh, and when after the opening the page then looks again. */
const FRESH_MS = 30_000
const FRESH_TICKS_MS: readonly number[] = [1500, 3000, 5000, 7500]

const RefreshContext = createContext<Refresh | undefined>(undefined)

/** Makes the ticks: one clock for the page, quiet while nobody looks at it, at once when somebody looks again. */
export function RefreshProvider({ children }: { readonly children: ReactNode }): ReactElement {
  const { search } = usePageSearch()
  const client = useQueryClient()
  const [tick, setTick] = useState<RefreshTick>(() => ({ n: 0, nowMs: tickClock.nowMs }))
  const lastMs = useRef(tick.nowMs)
  const chosen = usePreferences()
  const intervalMs = refreshMs(search.refresh ?? usualRefresh()) ?? null

  const refreshNow = useCallback(() => {
    const nowMs = Date.now()
    lastMs.current = nowMs
    tickClock.nowMs = nowMs
    setTick(t => ({ n: t.n + 1, nowMs }))
    refreshLive(client)
  }, [client])

  useEffect(() => {
    if (intervalMs === null) return undefined
    const timer = setInterval(() => {
      if (!document.hidden && !connection.isStarting()) refreshNow()
    }, intervalMs)
    const onVisible = (): void => {
      if (!document.hidden && Date.now() - lastMs.current >= intervalMs) refreshNow()
    }
    document.addEventListener('visibilitychange', onVisible)
    return () => {
      clearInterval(timer)
      document.removeEventListener('visibilitychange', onVisible)
    }
  }, [intervalMs, refreshNow])

  const { data: status, isError } = useQuery(statusQuery)
  // A server that has just started finds its services in these seconds: the page follows closely instead of waiting for its first tick.
  const isFresh = status !== undefined && status.nowMs - status.startedMs < FRESH_MS && intervalMs !== null
  useEffect(() => {
    if (!isFresh) return undefined
    const timers = FRESH_TICKS_MS.map(ms => setTimeout(refreshNow, ms))
    return () => timers.forEach(timer => clearTimeout(timer))
  }, [isFresh, refreshNow])
  // Decided once: a range that widens by itself would move the page under its reader.
  const [usual, setUsual] = useState<string | undefined>(undefined)
  if (usual === undefined && (status !== undefined || isError)) setUsual(status === undefined ? DEFAULT_FROM : usualFrom(status.nowMs - status.startedMs))
  const isRangeKnown = search.from !== undefined || chosen.from !== undefined || usual !== undefined
  const range = useMemo(() => resolveRange(search.from, search.to, tick.nowMs, chosen.from ?? usual), [search.from, search.to, tick.nowMs, chosen.from, usual])
  const value = useMemo(() => ({ tick, range, intervalMs, refreshNow, isRangeKnown }), [tick, range, intervalMs, refreshNow, isRangeKnown])
  return <RefreshContext value={value}>{children}</RefreshContext>
}

/** The page's clock, range and refresh. */
export function useRefresh(): Refresh {
  const value = useContext(RefreshContext)
  if (value === undefined) throw new Error('BUG: useRefresh outside of RefreshProvider')
  return value
}
