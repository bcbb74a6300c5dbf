import { calculateIntervalMs, interpolateQuery, macros, parseDurationMs, rateIntervalMs } from '@haechi/dashboards'
import type { QueryEngine } from '@haechi/storage'
import type { GrafanaQuery } from './rule.ts'
import { ExpressionError } from './values.ts'
import type { ExprValue } from './values.ts'

/** Most points of a series that Prometheus answers with. */
const MAX_POINTS = 11_000
/** Grafana's default of `maxDataPoints` for alert queries. */
const DEFAULT_DATA_POINTS = 43_200

/** What a data-source query of a rule asks, read from its model. */
export interface RuleQuery {
  readonly refId: string
  readonly expr: string
  readonly instant: boolean
  readonly fromMs: number
  readonly toMs: number
  readonly intervalMs: number
}

/**
 * Reads a Prometheus query. There is one data source here, which every uid means, as on dashboards; one of another kind is refused.
 * @throws ExpressionError
 */
export function readRuleQuery(q: GrafanaQuery, scrapeIntervalMs: number): RuleQuery {
  const { model, refId } = q
  const source = model['datasource']
  const type = source !== null && typeof source === 'object' ? (source as Readonly<Record<string, unknown>>)['type'] : undefined
  if (typeof type === 'string' && type !== '' && type !== 'prometheus') {
    throw new ExpressionError(refId, `query ${refId}: model.datasource.type: ${JSON.stringify(type)} can't be queried here, only prometheus`)
  }
  const text = model['expr']
  if (typeof text !== 'string' || text.trim() === '') throw new ExpressionError(refId, `query ${refId}: model.expr: is missing; write a PromQL expression`)
  const { from, to } = q.relativeTimeRange
  const rangeMs = (from - to) * 1000
  const number = (key: string, fallback: number): number => (typeof model[key] === 'number' && (model[key] as number) > 0 ? (model[key] as number) : fallback)
  const least = typeof model['interval'] === 'string' ? parseDurationMs(model['interval']) ?? 0 : 0
  const stepMs = Math.max(calculateIntervalMs(rangeMs, number('maxDataPoints', DEFAULT_DATA_POINTS), least > 0 ? least : number('intervalMs', 1000)), Math.ceil(rangeMs / MAX_POINTS / 1000) * 1000, 1)
  const variables = new Map(macros({ startMs: 0, endMs: rangeMs }, stepMs, rateIntervalMs(stepMs, scrapeIntervalMs)).map(v => [v.name, v]))
  const instant = model['instant'] === true
  return { refId, expr: interpolateQuery(text, variables), instant, fromMs: from * 1000, toMs: to * 1000, intervalMs: stepMs }
}

/** Asks a query for the evaluation time. No frames: an empty list. @throws QueryError, ExpressionError */
export async function askRuleQuery(engine: QueryEngine, q: RuleQuery, tMs: number, timeoutMs: number, signal: AbortSignal): Promise<ExprValue[]> {
  const options = { expr: q.expr, priority: 'rule', timeoutMs, signal } as const
  if (q.instant) {
    const { value } = await engine.instant({ ...options, tMs: tMs - q.toMs })
    switch (value.type) {
      case 'vector': return value.samples.map(s => {
        if (s.histogram !== undefined) throw new ExpressionError(q.refId, `query ${q.refId} answers native histograms; take a number out of them, e.g. with histogram_quantile`)
        return { kind: 'number', labels: s.labels, value: s.value }
      })
      case 'scalar': return [{ kind: 'number', labels: [], value: value.value }]
      case 'matrix': return value.series.map(s => ({ kind: 'series', labels: s.labels, ts: s.ts, vs: Array.from(s.vs) }))
      case 'string': throw new ExpressionError(q.refId, `query ${q.refId} answers a text, which can't be compared`)
    }
  }
  const startMs = Math.floor((tMs - q.fromMs) / q.intervalMs) * q.intervalMs
  const endMs = Math.floor((tMs - q.toMs) / q.intervalMs) * q.intervalMs
  const { value } = await engine.range({ ...options, startMs, endMs, stepMs: q.intervalMs })
  if (value.type !== 'matrix') throw new ExpressionError(q.refId, `query ${q.refId} answers a ${value.type} instead of series`)
  return value.series.map(s => {
    if (s.histograms !== undefined) throw new ExpressionError(q.refId, `query ${q.refId} answers native histograms; take a number out of them, e.g. with histogram_quantile`)
    return { kind: 'series', labels: s.labels, ts: s.ts, vs: Array.from(s.vs) }
  })
}
