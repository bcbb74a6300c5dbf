import { keepPreviousData, useInfiniteQuery, useQueries, useQuery } from '@tanstack/react-query'
import type { InfiniteData, QueryClient, UseInfiniteQueryResult, UseQueryOptions, UseQueryResult } from '@tanstack/react-query'
import type { BoardPanelView, BoardSummary, ContactPointView, DeliveryView, Diagnosis, EditableRule, OverviewView, QueryExplanation, ServiceView, SessionView, StatusView, TargetView } from '@haechi/server'
import { useWords } from '../i18n/index.ts'
import { momentOf, stepFor } from '../state/time-range.ts'
import type { TimeRange } from '../state/view-types.ts'
import { openedMs } from '../boot/early.ts'
import { ApiFailure } from './failure.ts'
import { useAskedSource } from './asked-source.ts'
import { getBoardAnswer, getFolders } from './boards.ts'
import type { BoardAnswer, BoardFolder } from './boards.ts'
import { expandIntervals } from './macros.ts'
import { explainRange, getBoardPanels, getBoards, getContactPoints, getDeliveries, getDiagnoses, getOverview, getRules, getServices, getSession, getStatus, getTargets } from './haechi.ts'
import type { DeliveryFilter } from './haechi.ts'
import { getAlerts, getMetadata, getMetricNames, getSeries, queryInstant, queryRange } from './prometheus.ts'
import type { AlertView, InstantAnswer, LabelMap, MetadataMap, RangeAnswer } from './prometheus.ts'

/** The first word of every key whose data is asked for again at each refresh tick. */
const LIVE = 'live'

/** A failure that another attempt may heal is tried once more; a refusal never is. */
export function shouldRetry(failures: number, error: Error): boolean {
  return failures < 1 && error instanceof ApiFailure && (error.kind === 'server' && error.status !== 501)
}

/** One refresh tick: everything on the screen is asked again at once; what is still under way is left alone, what is not on the screen waits until it is. */
export function refreshLive(client: QueryClient): void {
  void client.invalidateQueries({ queryKey: [LIVE], refetchType: 'active' }, { cancelRefetch: false })
}

/** The moment that all queries of one tick share. Changed by the tick only. */
export const tickClock: { nowMs: number } = { nowMs: openedMs() }

/** How one thing is asked for and for how long the answer counts as new. */
export interface Question<T> {
  readonly queryKey: readonly unknown[]
  readonly queryFn: (context: { readonly signal: AbortSignal }) => Promise<T>
  readonly staleTime?: number
}

export const overviewQuery: Question<OverviewView> = { queryKey: [LIVE, 'overview'], queryFn: ({ signal }) => getOverview(signal) }
export const targetsQuery: Question<readonly TargetView[]> = { queryKey: [LIVE, 'targets'], queryFn: ({ signal }) => getTargets(signal) }
export const rulesQuery: Question<readonly EditableRule[]> = { queryKey: [LIVE, 'rules'], queryFn: ({ signal }) => getRules(signal) }
export const alertsQuery: Question<readonly AlertView[]> = { queryKey: [LIVE, 'alerts'], queryFn: ({ signal }) => getAlerts(signal) }
/** Where all questions about deliveries are kept. */
export const DELIVERIES_KEY: readonly string[] = [LIVE, 'deliveries']
export const statusQuery: Question<StatusView> = { queryKey: ['status'], queryFn: ({ signal }) => getStatus(signal), staleTime: 60_000 }
/** What is wrong with rules, panels and labels; asked once a minute while something shows it. */
export const diagnosesQuery: Question<readonly Diagnosis[]> & { readonly refetchInterval: number } = { queryKey: ['diagnoses'], queryFn: ({ signal }) => getDiagnoses(signal), staleTime: 15_000, refetchInterval: 60_000 }
export const servicesQuery: Question<readonly ServiceView[]> = { queryKey: [LIVE, 'services'], queryFn: ({ signal }) => getServices(signal) }
export const sessionQuery: Question<SessionView> = { queryKey: ['session'], queryFn: ({ signal }) => getSession(signal), staleTime: 300_000 }
export const contactPointsQuery: Question<readonly ContactPointView[]> = { queryKey: ['contact-points'], queryFn: ({ signal }) => getContactPoints(signal) }
export const boardsQuery: Question<readonly BoardSummary[]> = { queryKey: ['boards'], queryFn: ({ signal }) => getBoards(signal), staleTime: 30_000 }
export const metricNamesQuery: Question<readonly string[]> = metricNamesOf(undefined)

/** The metric names of a data source. */
export function metricNamesOf(source: string | undefined): Question<readonly string[]> {
  return { queryKey: source === undefined ? ['metric-names'] : ['metric-names', source], queryFn: ({ signal }) => getMetricNames(signal, source), staleTime: 60_000 }
}

/** What the metrics of a data source are; empty where it doesn't tell. */
export function metadataOf(source: string | undefined): Question<MetadataMap> {
  return { queryKey: source === undefined ? ['metadata'] : ['metadata', source], queryFn: ({ signal }) => getMetadata(signal, source), staleTime: 300_000 }
}

export const foldersQuery: Question<readonly BoardFolder[]> = { queryKey: ['folders'], queryFn: ({ signal }) => getFolders(signal), staleTime: 30_000 }

/** The titled panels of all boards, in one language. */
export function boardPanelsQuery(language: string): Question<readonly BoardPanelView[]> {
  return { queryKey: ['board-panels', language], queryFn: ({ signal }) => getBoardPanels(language, signal), staleTime: 60_000 }
}

/** How many series of a metric a form looks at to offer labels and values. */
export const SERIES_LIMIT = 5000

/** The label sets of a metric's series; nothing is asked without a metric. Asked again with another range, not at every tick. */
export function metricSeriesQuery(metric: string, range: TimeRange, source?: string): Question<readonly LabelMap[]> & { readonly enabled: boolean } {
  return {
    queryKey: ['metric-series', metric, range.from, range.to, source], enabled: metric !== '', staleTime: 60_000,
    queryFn: ({ signal }) => getSeries(metric, momentOf(range.from, tickClock.nowMs, false) ?? range.fromMs, momentOf(range.to, tickClock.nowMs, true) ?? range.toMs, SERIES_LIMIT, signal, source),
  }
}

/** One dashboard by its uid; asked for once, because people edit it and the clock does not. */
export function useBoard(uid: string): UseQueryResult<BoardAnswer> {
  return useQuery(boardQuery(uid, useWords().locale))
}

/** As `useBoard` asks, for those who know earlier that it will. */
export function boardQuery(uid: string, language: string): Question<BoardAnswer> {
  return { queryKey: ['board', uid, language], queryFn: ({ signal }) => getBoardAnswer(uid, language, signal), staleTime: 30_000 }
}

/** How a chart asks for its data. */
export interface RangeRequest {
  /** May contain `$__rate_interval` and its relatives. Undefined: nothing is asked. */
  readonly expr: string | undefined
  readonly range: TimeRange
  /** About how many points the chart can show. */
  readonly points: number
  readonly scrapeIntervalMs?: number
  /** False while the chart is not on the screen. */
  readonly enabled?: boolean
}

/** What the scrape interval is taken for where nothing says it. @see Prometheus `scrape_interval`; Grafana's data source default */
export const USUAL_SCRAPE_MS = 15_000

/** The shortest scrape interval of the server's jobs in ms: rate windows are made from it. */
export function useScrapeInterval(): number {
  return useQuery(statusQuery).data?.scrapeIntervalMs ?? USUAL_SCRAPE_MS
}

/** Attempts of one page. */
const DELIVERIES_PAGE = 50

/** Attempts to deliver, newest first, page by page; a range of time moves with the clock. */
export function useDeliveries(filter: DeliveryFilter, range: TimeRange | undefined): UseInfiniteQueryResult<InfiniteData<readonly DeliveryView[]>> {
  return useInfiniteQuery({
    queryKey: [...DELIVERIES_KEY, filter, range?.from, range?.to],
    initialPageParam: undefined as number | undefined,
    placeholderData: keepPreviousData,
    queryFn: ({ pageParam, signal }) => getDeliveries(DELIVERIES_PAGE, {
      ...filter, ...(range === undefined ? {} : { fromMs: momentOf(range.from, tickClock.nowMs, false) ?? range.fromMs, toMs: momentOf(range.to, tickClock.nowMs, true) ?? range.toMs }),
    }, pageParam, signal),
    getNextPageParam: page => (page.length < DELIVERIES_PAGE ? undefined : page.at(-1)!.id),
  })
}

/** Asks for a range and asks again at each tick. The previous answer stays while a new range is loading (`isPlaceholderData`). */
export function useRangeQuery(request: RangeRequest): UseQueryResult<RangeAnswer> {
  return useQuery(rangeOptions(request, useAskedSource()))
}

/** As `useRangeQuery`, for several expressions of one chart. */
export function useRangeQueries(exprs: readonly string[], range: TimeRange, points: number, scrapeIntervalMs: number): UseQueryResult<RangeAnswer>[] {
  const source = useAskedSource()
  return useQueries({ queries: exprs.map(expr => rangeOptions({ expr, range, points, scrapeIntervalMs }, source)) })
}

function rangeOptions({ expr, range, points, scrapeIntervalMs = USUAL_SCRAPE_MS, enabled = true }: RangeRequest, source: string | undefined): UseQueryOptions<RangeAnswer> {
  return {
    queryKey: [LIVE, 'range', expr, range.from, range.to, points, scrapeIntervalMs, source],
    enabled: enabled && expr !== undefined && expr !== '',
    structuralSharing: false,
    placeholderData: keepPreviousData as (previous: RangeAnswer | undefined) => RangeAnswer | undefined,
    queryFn: ({ signal }) => {
      const toMs = momentOf(range.to, tickClock.nowMs, true) ?? range.toMs
      const fromMs = momentOf(range.from, tickClock.nowMs, false) ?? range.fromMs
      const stepMs = stepFor(fromMs, toMs, points)
      return queryRange({ expr: expandIntervals(expr!, { startMs: fromMs, endMs: toMs, stepMs, scrapeIntervalMs }), fromMs, toMs, stepMs }, signal, source)
    },
  }
}

/** Asks for one moment, the end of the range, and asks again at each tick. */
export function useInstantQuery(expr: string | undefined, range: TimeRange, scrapeIntervalMs: number): UseQueryResult<InstantAnswer> {
  return useQuery(instantOptions(expr, range, scrapeIntervalMs, useAskedSource()))
}

/** As `useInstantQuery`, for several expressions. */
export function useInstantQueries(exprs: readonly string[], range: TimeRange, scrapeIntervalMs: number): UseQueryResult<InstantAnswer>[] {
  const source = useAskedSource()
  return useQueries({ queries: exprs.map(expr => instantOptions(expr, range, scrapeIntervalMs, source)) })
}

function instantOptions(expr: string | undefined, range: TimeRange, scrapeIntervalMs: number, source: string | undefined): UseQueryOptions<InstantAnswer> {
  return {
    queryKey: [LIVE, 'instant', expr, range.from, range.to, scrapeIntervalMs, source],
    enabled: expr !== undefined && expr !== '',
    placeholderData: keepPreviousData as (previous: InstantAnswer | undefined) => InstantAnswer | undefined,
    queryFn: ({ signal }) => {
      const toMs = momentOf(range.to, tickClock.nowMs, true) ?? range.toMs
      const fromMs = momentOf(range.from, tickClock.nowMs, false) ?? range.fromMs
      const stepMs = stepFor(fromMs, toMs, 240)
      return queryInstant(expandIntervals(expr!, { startMs: fromMs, endMs: toMs, stepMs, scrapeIntervalMs }), toMs, signal, source)
    },
  }
}

/** What becomes of each part of a query over the range. Asked when the page asks for it, not at every tick: it evaluates the query once more. */
export function useExplanation(expr: string, range: TimeRange, scrapeIntervalMs: number): UseQueryResult<QueryExplanation> {
  return useQuery({
    queryKey: ['explain', expr, range.from, range.to, scrapeIntervalMs],
    queryFn: ({ signal }) => {
      const toMs = momentOf(range.to, tickClock.nowMs, true) ?? range.toMs
      const fromMs = momentOf(range.from, tickClock.nowMs, false) ?? range.fromMs
      const stepMs = stepFor(fromMs, toMs, 240)
      return explainRange({ expr: expandIntervals(expr, { startMs: fromMs, endMs: toMs, stepMs, scrapeIntervalMs }), fromMs, toMs, stepMs }, signal)
    },
  })
}
