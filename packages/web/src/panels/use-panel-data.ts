import { useEffect, useRef, useState } from 'react'
import type { PanelQuery, TimeRange } from '@haechi/dashboards'
import type { QueryResult } from './panel-result.ts'
import type { FetchExemplars, FetchSeries, PanelExemplar } from './types.ts'

/** What a panel knows. Old data stays while newer is asked for. */
export interface PanelData {
  readonly results?: readonly QueryResult[]
  /** The range that the results are about. */
  readonly range?: TimeRange
  /** When they arrived, Unix ms. */
  readonly atMs?: number
  /** Why the last attempt failed; gone after a success. */
  readonly error?: Error
  readonly isLoading: boolean
  /** The results answer other questions than those asked now. */
  readonly isOther: boolean
}

/** The questions of one refresh. */
export interface Ask {
  readonly queries: readonly PanelQuery[]
  readonly range: TimeRange
  /** Equal keys are the same questions at another moment. */
  readonly key: string
}

/**
 * Asks a panel's questions whenever `ask` is another object, if the panel can be seen. Other questions cancel those under way; the same ones a moment
 * later wait for them, so that a slow answer is never starved by a fast refresh.
 */
export function usePanelData(ask: Ask, isVisible: boolean, fetchSeries: FetchSeries, retries: number, fetchExemplars?: FetchExemplars): PanelData {
  const [data, setData] = useState<PanelData & { readonly key: string }>({ isLoading: true, isOther: false, key: '' })
  const flight = useRef<{ key: string; controller: AbortController } | undefined>(undefined)
  const asked = useRef<{ ask: Ask; retries: number } | undefined>(undefined)

  useEffect(() => {
    if (!isVisible || asked.current?.ask === ask && asked.current.retries === retries) return
    if (flight.current?.key === ask.key && asked.current?.retries === retries) return
    flight.current?.controller.abort()
    const controller = new AbortController()
    const current = { key: ask.key, controller }
    flight.current = current
    asked.current = { ask, retries }
    setData(old => ({ ...old, isLoading: true }))
    void (async () => {
      try {
        const results = await Promise.all(ask.queries.map(async (query): Promise<QueryResult> => {
          const exemplars = query.exemplar === true && !query.instant && fetchExemplars !== undefined ? quietly(fetchExemplars(query, controller.signal)) : undefined
          const series = await fetchSeries(query, controller.signal)
          return exemplars === undefined ? { query, series } : { query, series, exemplars: await exemplars }
        }))
        if (flight.current !== current) return
        setData({ results, range: ask.range, atMs: Date.now(), isLoading: false, isOther: false, key: ask.key })
      } catch (err) {
        if (flight.current !== current || controller.signal.aborted) return
        // One failed question is enough: the others' answers would show half a truth.
        controller.abort()
        setData(old => ({ ...old, isLoading: false, error: err instanceof Error ? err : new Error(String(err)) }))
      } finally {
        if (flight.current === current) flight.current = undefined
      }
    })()
  }, [ask, isVisible, fetchSeries, retries, fetchExemplars])

  useEffect(() => () => {
    flight.current?.controller.abort()
    flight.current = undefined
    asked.current = undefined
  }, [])

  return { ...data, isOther: data.results !== undefined && data.key !== ask.key }
}

/** Exemplars are extra: where there are none to be had, the lines are drawn all the same. */
async function quietly(asked: Promise<readonly PanelExemplar[]>): Promise<readonly PanelExemplar[]> {
  try {
    return await asked
  } catch {
    return []
  }
}
