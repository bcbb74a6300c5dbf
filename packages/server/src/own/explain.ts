import { QueryError } from '@haechi/storage'
import type { InstantQuery, QueryEngine, QueryExplanation, RangeQuery } from '@haechi/storage'
import { ApiError, PrometheusError } from '../errors.ts'
import type { ApiErrorCode } from '../errors.ts'
import { durationParam, optionalTime, requiredTime } from '../request-params.ts'
import type { RequestParams } from '../request-params.ts'

/** Most points per series, as for range queries. */
const MAX_POINTS = 11_000

const CODES: Readonly<Record<string, ApiErrorCode>> = { bad_data: 'bad_expression', execution: 'bad_expression', canceled: 'unavailable', timeout: 'unavailable', unavailable: 'unavailable' }

/**
 * GET /explain: `query` with `time` (default now), or with `start`, `end` and `step`.
 * @throws ApiError
 */
export async function explainQuery(engine: QueryEngine, params: RequestParams, nowMs: number, signal: AbortSignal): Promise<QueryExplanation> {
  if (engine.explain === undefined) throw new ApiError('unavailable', 'this storage cannot explain queries')
  const query = readQuery(params, nowMs)
  try {
    return await engine.explain({ ...query, signal })
  } catch (err) {
    if (err instanceof QueryError && CODES[err.kind] !== undefined) throw new ApiError(CODES[err.kind]!, err.message)
    throw err
  }
}

function readQuery(params: RequestParams, nowMs: number): InstantQuery | RangeQuery {
  const expr = params.get('query')
  if (expr === '') throw new ApiError('bad_parameter', 'the parameter "query" is missing')
  try {
    if (params.get('start') === '' && params.get('end') === '' && params.get('step') === '') return { expr, tMs: optionalTime(params, 'time', nowMs) }
    const startMs = requiredTime(params, 'start')
    const endMs = requiredTime(params, 'end')
    const stepMs = Math.trunc(durationParam(params, 'step'))
    if (endMs < startMs) throw new ApiError('bad_parameter', 'the parameter "end" lies before "start"')
    if (stepMs <= 0) throw new ApiError('bad_parameter', 'the parameter "step" must be at least a millisecond')
    if ((endMs - startMs) / stepMs > MAX_POINTS) throw new ApiError('bad_parameter', 'more than 11,000 points per series: the parameter "step" is too short')
    return { expr, startMs, endMs, stepMs }
  } catch (err) {
    if (err instanceof PrometheusError) throw new ApiError('bad_parameter', err.message)
    throw err
  }
}
