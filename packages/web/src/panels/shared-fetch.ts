import { firstAtOrAfter } from '@haechi/model'
import { parseFilter } from '@haechi/dashboards'
import type { PanelQuery } from '@haechi/dashboards'
import type { FetchSeries, PanelSeries } from './types.ts'

/** Most answers that a board remembers. */
const MOST_KEPT = 400
/** Most samples that are remembered in all: 16 bytes each. */
const MOST_SAMPLES = 4_000_000
/** What is younger than this at the time of the question may still have changed: late scrapes, counters that the next sample completes. */
const UNSETTLED_MS = 120_000
/** Expressions whose values depend on where the range begins or ends. */
const BOUND_TO_RANGE = /@\s*(?:start|end)\s*\(|\b(?:limitk|limit_ratio)\b|\brange\s*\(\s*\)/

interface Kept {
  readonly startMs: number
  readonly endMs: number
  readonly askedMs: number
  readonly series: readonly PanelSeries[]
  readonly samples: number
}

interface Flight {
  readonly answer: Promise<readonly PanelSeries[]>
  readonly controller: AbortController
  waiting: number
}

/**
 * Makes a board's questions cheap: equal ones that run at once are asked once, and a range that has moved on by some steps is asked only for its end.
 * The receiver must not change the columns: others may have them, too.
 */
export function sharedFetch(fetch: FetchSeries, now: () => number = Date.now): FetchSeries {
  const flights = new Map<string, Flight>()
  const kept = new Map<string, Kept>()
  let samples = 0

  const keep = (key: string, entry: Kept): void => {
    samples -= kept.get(key)?.samples ?? 0
    kept.delete(key)
    if (entry.samples > MOST_SAMPLES / 4) return
    kept.set(key, entry)
    samples += entry.samples
    for (const [oldest, e] of kept) {
      if (kept.size <= MOST_KEPT && samples <= MOST_SAMPLES) break
      kept.delete(oldest)
      samples -= e.samples
    }
  }

  const ask = async (query: PanelQuery, signal: AbortSignal): Promise<readonly PanelSeries[]> => {
    if (query.instant || query.expression !== undefined || BOUND_TO_RANGE.test(query.expr)) return await fetch(query, signal)
    const key = `${query.source ?? ''} ${query.stepMs} ${query.expr}`
    const old = kept.get(key)
    const askedMs = now()
    const fromMs = old === undefined ? query.startMs : newFrom(old, query)
    const isPart = old !== undefined && fromMs > query.startMs
    const fresh = await fetch(isPart ? { ...query, startMs: fromMs } : query, signal)
    const series = isPart ? joined(old.series, fresh, query.startMs, fromMs) : fresh
    keep(key, { startMs: query.startMs, endMs: query.endMs, askedMs, series, samples: series.reduce((n, s) => n + s.ts.length, 0) })
    return series
  }

  return async (query, signal) => {
    signal.throwIfAborted()
    const key = `${query.source ?? ''} ${query.instant} ${query.startMs} ${query.endMs} ${query.stepMs} ${query.expr} ${query.expression === undefined ? '' : JSON.stringify(query.expression)}`
    let flight = flights.get(key)
    if (flight === undefined || flight.controller.signal.aborted) {
      const controller = new AbortController()
      const mine: Flight = { controller, waiting: 0, answer: ask(query, controller.signal).finally(() => { if (flights.get(key) === mine) flights.delete(key) }) }
      flights.set(key, mine)
      flight = mine
    }
    return await joinFlight(flight, signal)
  }
}

/** Waits for a shared answer. Who gives up leaves it to the others; the last one ends it. */
function joinFlight(flight: Flight, signal: AbortSignal): Promise<readonly PanelSeries[]> {
  flight.waiting++
  return new Promise((resolve, reject) => {
    const leave = (): void => {
      flight.waiting--
      if (flight.waiting === 0) flight.controller.abort(signal.reason)
      reject(signal.reason as Error)
    }
    signal.addEventListener('abort', leave, { once: true })
    flight.answer.then(
      series => {
        signal.removeEventListener('abort', leave)
        resolve(series)
      },
      (err: unknown) => {
        signal.removeEventListener('abort', leave)
        reject(err as Error)
      },
    )
  })
}

/** Where the part begins that an earlier answer doesn't hold; the range's start where it helps nothing. */
function newFrom(old: Kept, query: PanelQuery): number {
  const onGrid = (query.startMs - old.startMs) % query.stepMs === 0
  if (!onGrid || query.startMs < old.startMs || query.startMs > old.endMs || query.endMs < old.endMs) return query.startMs
  const settledMs = Math.min(old.endMs, old.askedMs - UNSETTLED_MS)
  return Math.max(query.startMs, query.startMs + Math.max(0, Math.floor((settledMs - query.startMs) / query.stepMs)) * query.stepMs)
}

/** The old series from `startMs` and before `cutMs`, followed by the new ones from there. Series that only one side has stay. */
export function joined(old: readonly PanelSeries[], fresh: readonly PanelSeries[], startMs: number, cutMs: number): PanelSeries[] {
  const keyOf = (s: PanelSeries): string => JSON.stringify(Object.keys(s.labels).sort().map(n => [n, s.labels[n]]))
  const added = new Map(fresh.map(s => [keyOf(s), s]))
  const out: PanelSeries[] = []
  for (const s of old) {
    const key = keyOf(s)
    const more = added.get(key)
    added.delete(key)
    const from = firstAtOrAfter(s.ts, 0, s.ts.length, startMs)
    const to = firstAtOrAfter(s.ts, 0, s.ts.length, cutMs)
    const n = to - from + (more?.ts.length ?? 0)
    if (n === 0) continue
    const ts = new Float64Array(n)
    const vs = new Float64Array(n)
    ts.set(s.ts.subarray(from, to))
    vs.set(s.vs.subarray(from, to))
    if (more !== undefined) {
      ts.set(more.ts, to - from)
      vs.set(more.vs, to - from)
    }
    const isNative = s.histograms !== undefined || more?.histograms !== undefined
    const histograms = isNative ? [...s.histograms?.slice(from, to) ?? Array.from({ length: to - from }, () => null), ...more?.histograms ?? Array.from({ length: more?.ts.length ?? 0 }, () => null)] : undefined
    out.push({ labels: s.labels, ts, vs, ...(histograms === undefined ? {} : { histograms }) })
  }
  return [...out, ...added.values()]
}

/** Asks with more filters in every selector and more labels in every grouping, for numbers or for exemplars. @param texts  as `filterText` writes them */
export function filtered<T>(fetch: (query: PanelQuery, signal: AbortSignal) => Promise<T>, texts: readonly string[], labels: readonly string[] = []): (query: PanelQuery, signal: AbortSignal) => Promise<T> {
  const filters = texts.flatMap(t => parseFilter(t) ?? [])
  if (filters.length === 0 && labels.length === 0) return fetch
  return async (query, signal) => {
    const { addFilters, addGrouping } = await import('./add-filters.ts')
    const narrowed = (q: PanelQuery): PanelQuery => q.expression === undefined ? { ...q, expr: addGrouping(addFilters(q.expr, filters), labels) } : { ...q, expression: { ...q.expression, inputs: q.expression.inputs.map(narrowed) } }
    return await fetch(narrowed(query), signal)
  }
}
