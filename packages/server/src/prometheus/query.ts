import { formatSampleValue, labelsToObject } from '@haechi/model'
import { exprToJson, parseExpr, prettifyExpr, selectorsOf } from '@haechi/promql'
import type { Expr } from '@haechi/promql'
import { QueryError } from '@haechi/storage'
import type { JsonAnswer, QueryOptions } from '@haechi/storage'
import type { ServerDeps } from '../deps.ts'
import { PrometheusError, invalidParameter } from '../errors.ts'
import { durationParam, limitParam, optionalTime, parseApiDuration, requiredTime } from '../request-params.ts'
import type { RequestParams } from '../request-params.ts'
import type { ApiHandler, ApiResult, ApiRoute } from './endpoint.ts'

/** Most points per series of a range query. */
const MAX_POINTS = 11_000

export interface QueryRoutesOptions {
  readonly timeoutMs: number
  readonly nowMs: () => number
}

/** `query`, `query_range`, `format_query`, `parse_query`, `query_exemplars`. */
export function queryRoutes(deps: Pick<ServerDeps, 'engine'>, options: QueryRoutesOptions): ApiRoute[] {
  const { engine } = deps

  /** The expression's own error, worded as that of a parameter; a timeout that has passed comes after it. */
  const withTimeout = (params: RequestParams): number => {
    const text = params.get('timeout')
    if (text === '') return options.timeoutMs
    return Math.min(durationParam(params, 'timeout'), options.timeoutMs)
  }
  const lookback = (params: RequestParams): number | undefined => {
    const text = params.get('lookback_delta')
    if (text === '') return undefined
    try {
      const ms = parseApiDuration(text)
      return ms > 0 ? ms : undefined
    } catch (err) {
      throw new PrometheusError('bad_data', `error parsing lookback delta duration: ${(err as Error).message}`)
    }
  }
  const parsed = (text: string): Expr => {
    try {
      return parseExpr(text)
    } catch (err) {
      throw invalidParameter('query', (err as Error).message)
    }
  }
  const ask = async (expr: string, timeoutMs: number, run: () => Promise<JsonAnswer>): Promise<ApiResult> => {
    if (timeoutMs <= 0) {
      parsed(expr)
      throw new PrometheusError('timeout', 'query timed out in query execution')
    }
    try {
      return await run()
    } catch (err) {
      if (err instanceof QueryError && err.kind === 'bad_data' && !err.message.startsWith('invalid parameter ')) throw invalidParameter('query', err.message)
      throw err
    }
  }

  const instant: ApiHandler = ({ params, signal }) => {
    const limit = limitParam(params)
    const tMs = optionalTime(params, 'time', options.nowMs())
    const timeoutMs = withTimeout(params)
    const lookbackMs = lookback(params)
    const expr = params.get('query')
    return ask(expr, timeoutMs, () => engine.instantJson({ expr, tMs, ...queryOptions(params, limit, timeoutMs, lookbackMs, signal), priority: 'instant' }))
  }

  const range: ApiHandler = ({ params, signal }) => {
    const limit = limitParam(params)
    const startMs = requiredTime(params, 'start')
    const endMs = requiredTime(params, 'end')
    if (endMs < startMs) throw invalidParameter('end', 'end timestamp must not be before start time')
    const exactStepMs = durationParam(params, 'step')
    const stepMs = Math.trunc(exactStepMs)
    // Below a millisecond there is no step: Prometheus divides by zero where it does not find it too fine, we say what is wrong.
    if (exactStepMs <= 0 || (stepMs === 0 && (endMs - startMs) / exactStepMs <= MAX_POINTS)) throw invalidParameter('step', 'zero or negative query resolution step widths are not accepted. Try a positive integer')
    if (Math.trunc((endMs - startMs) / (stepMs === 0 ? exactStepMs : stepMs)) > MAX_POINTS) {
      throw new PrometheusError('bad_data', 'exceeded maximum resolution of 11,000 points per timeseries. Try decreasing the query resolution (?step=XX)')
    }
    const timeoutMs = withTimeout(params)
    const lookbackMs = lookback(params)
    const expr = params.get('query')
    return ask(expr, timeoutMs, () => engine.rangeJson({ expr, startMs, endMs, stepMs, ...queryOptions(params, limit, timeoutMs, lookbackMs, signal), priority: 'range' }))
  }

  const exemplars: ApiHandler = async ({ params }) => {
    const startMs = optionalTime(params, 'start', -Infinity)
    const endMs = optionalTime(params, 'end', Infinity)
    if (endMs < startMs) throw new PrometheusError('bad_data', 'end timestamp must not be before start timestamp')
    const expr = params.get('query')
    try {
      // As the real one: what has no selector has no answer either.
      if (selectorsOf(parseExpr(expr)).length === 0) return { noContent: true }
    } catch (err) {
      throw new PrometheusError('bad_data', (err as Error).message)
    }
    const found = await engine.exemplars?.({ expr, startMs, endMs }) ?? []
    return {
      data: found.map(s => ({
        seriesLabels: labelsToObject(s.labels), exemplars: s.exemplars.map(e => ({ labels: labelsToObject(e.labels), value: formatSampleValue(e.value), timestamp: e.tMs / 1000 })),
      })),
    }
  }

  return [
    { methods: ['GET', 'POST'], path: '/query', handler: instant },
    { methods: ['GET', 'POST'], path: '/query_range', handler: range },
    { methods: ['GET', 'POST'], path: '/query_exemplars', handler: exemplars },
    { methods: ['GET', 'POST'], path: '/format_query', handler: ({ params }) => ({ data: prettifyExpr(parsed(params.get('query'))) }) },
    { methods: ['GET', 'POST'], path: '/parse_query', handler: ({ params }) => ({ data: exprToJson(parsed(params.get('query'))) }) },
  ]
}

function queryOptions(params: RequestParams, limit: number, timeoutMs: number, lookbackMs: number | undefined, signal: AbortSignal): QueryOptions {
  const stats = params.get('stats')
  return { limit, timeoutMs, signal, ...(lookbackMs === undefined ? {} : { lookbackMs }), ...(stats === '' ? {} : { stats }), ...(FRESH.has(params.get('nocache')) ? { fresh: true } : {}) }
}

/** Values of `nocache` with which nothing is taken over from earlier answers, as in VictoriaMetrics. */
const FRESH: ReadonlySet<string> = new Set(['1', 'true'])
