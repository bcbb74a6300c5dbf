import { failedRateExpr, latencyBucketsExpr, latencyByEndpointExpr, latencyExpr, rateByEndpointExpr, rateExpr, serviceKind } from '@haechi/dashboards'
import type { QueryScope, ServiceKind } from '@haechi/dashboards'
import type { ServiceView } from '@haechi/server'
import { useInstantQueries, useRangeQueries, useScrapeInterval } from '../../api/queries.ts'
import { useRefresh } from '../../app/refresh.tsx'
import type { QueryAge } from '../../components/Aged.tsx'
import { redRows } from './red-rows.ts'
import type { RedAnswers, RedRow } from './red-rows.ts'

/** Points of a small line. */
const POINTS = 60
/** Percentiles look back over the whole range, but reading the buckets of weeks would take seconds. */
const MOST_MS = 24 * 3_600_000

/** What is known about the services, or their endpoints, over the range. */
export interface Red {
  /** Undefined until the first answer about how many requests there are. */
  readonly rows: readonly RedRow[] | undefined
  /** The least current of the answers. */
  readonly age: QueryAge
  readonly error: unknown
  readonly retry: () => void
}

interface Plan { readonly kind: ServiceKind; readonly rate: string; readonly failed: string; readonly p95: string; readonly buckets: ReturnType<typeof latencyBucketsExpr> }

function planOf(kind: ServiceKind, by: 'job' | 'endpoint', scope: QueryScope, range: string, hasLatency: boolean): Plan | undefined {
  const rate = by === 'job' ? rateExpr(kind, scope) : rateByEndpointExpr(kind, scope)
  if (rate === undefined) return undefined
  const p95 = !hasLatency ? undefined : by === 'job' ? latencyExpr(kind, 0.95, scope) : latencyByEndpointExpr(kind, 0.95, scope)
  return { kind, rate, failed: failedRateExpr(kind, by, scope) ?? '', p95: p95 ?? '', buckets: hasLatency ? latencyBucketsExpr(kind, by, { ...scope, range }) : undefined }
}

/** Asks for rate, errors and duration of these services: four questions per kind of library, however many services there are. */
export function useRed(services: readonly ServiceView[], by: 'job' | 'endpoint', job?: string): Red {
  const { range } = useRefresh()
  const scrapeIntervalMs = useScrapeInterval()
  const windowText = `${Math.max(60, Math.round(Math.min(range.toMs - range.fromMs, MOST_MS) / 1000))}s`
  const kinds = new Map<string, boolean>()
  for (const s of services) if (s.kindId !== undefined) kinds.set(s.kindId, (kinds.get(s.kindId) ?? false) || s.queries.p95 !== undefined)
  const plans = [...kinds].flatMap(([id, hasLatency]) => {
    const kind = serviceKind(id)
    const plan = kind === undefined ? undefined : planOf(kind, by, job === undefined ? {} : { job }, windowText, hasLatency)
    return plan === undefined ? [] : [plan]
  })
  const lines = useRangeQueries(plans.flatMap(p => [p.rate, p.failed, p.p95]), range, POINTS, scrapeIntervalMs)
  const buckets = useInstantQueries(plans.map(p => p.buckets?.expr ?? ''), range, scrapeIntervalMs)
  const kindOf = new Map(services.map(s => [s.id, s.kindId]))
  const answers = plans.map((p, i): RedAnswers => ({
    kind: p.kind, ...(job === undefined ? {} : { job }), rate: lines[i * 3]?.data?.series ?? [], failed: lines[i * 3 + 1]?.data?.series ?? [], p95: lines[i * 3 + 2]?.data?.series ?? [],
    buckets: buckets[i]?.data?.samples ?? [], toSeconds: p.buckets?.toSeconds ?? 1, ...(p.buckets === undefined ? {} : { metric: p.buckets.metric }),
  }))
  const rates = plans.map((_, i) => lines[i * 3]!)
  const isKnown = plans.length === 0 || rates.every(q => q.data !== undefined || q.isError)
  const failed = [...lines, ...buckets].find(q => q.isError)
  // A metric of the same name in another job belongs to that job's own library.
  const own = answers.map(a => ({ ...a, rate: a.rate.filter(line => kindOf.get(line.labels['job'] ?? job ?? '') === a.kind.id) }))
  const rows = isKnown ? redRows(own, by) : undefined
  const age = rates.find(q => q.isError || q.isPlaceholderData) ?? rates[0] ?? { isError: false, isPlaceholderData: false, dataUpdatedAt: 0, data: undefined }
  return { rows, age, error: rows === undefined || rows.length > 0 ? undefined : failed?.error, retry: () => void failed?.refetch() }
}
