import { calculateIntervalMs, interpolateQuery, macros, parseDurationMs, parseTimeRange, rateIntervalMs } from '@haechi/dashboards'
import type { TimeRange } from '@haechi/dashboards'
import { labelsToObject } from '@haechi/model'
import type { Labels } from '@haechi/model'
import { QueryError } from '@haechi/storage'
import type { QueryEngine } from '@haechi/storage'
import { abortSignalOf } from '../request-context.ts'
import { DATASOURCE_UID, fail, jsonObject, send, textAt } from './answers.ts'
import type { AddRoute, GrafanaDeps, GrafanaOptions, Json } from './answers.ts'

/** What a query without one is given. @see Grafana `backend.DataQuery` */
const DEFAULT_MAX_POINTS = 100
/** What the scrape interval is taken for. @see Grafana's data source default `timeInterval` */
const SCRAPE_MS = 15_000
/** Most points per series, as for range queries. */
const MAX_POINTS = 11_000
const MAX_QUERIES = 100

/** `POST /api/ds/query`: the queries of a panel, answered as data frames. */
export function registerDataQueries(route: AddRoute, deps: GrafanaDeps, options: GrafanaOptions): void {
  route('POST', '/ds/query', async (request, reply) => {
    const body = jsonObject(request.body)
    const queries = body?.['queries']
    if (!Array.isArray(queries) || queries.length === 0) return fail(reply, 400, 'no queries found')
    if (queries.length > MAX_QUERIES) return fail(reply, 400, `more than ${MAX_QUERIES} queries`)
    const range = parseTimeRange(timeText(body?.['from'] ?? 'now-1h'), timeText(body?.['to'] ?? 'now'), options.nowMs())
    if (range === undefined) return fail(reply, 400, 'invalid time range: from and to are Unix milliseconds as text or e.g. now-1h, and to comes after from')
    const results: Record<string, Json> = {}
    let failed = 0
    await Promise.all(queries.map(async (given, i) => {
      const query = jsonObject(given) ?? {}
      const refId = textAt(query, 'refId') || String.fromCodePoint(65 + i)
      try {
        results[refId] = { status: 200, frames: await framesOf(deps.engine, refId, query, range, abortSignalOf(request)) }
      } catch (err) {
        if (!(err instanceof QueryError)) throw err
        failed++
        results[refId] = { error: err.message, errorSource: 'downstream', status: err.kind === 'bad_data' ? 400 : err.kind === 'timeout' || err.kind === 'canceled' ? 503 : 422, frames: [] }
      }
    }))
    return send(reply, { results }, failed === 0 ? 200 : failed === queries.length ? 400 : 207)
  })
}

function timeText(v: unknown): string {
  return typeof v === 'number' ? String(v) : typeof v === 'string' ? v : ''
}

async function framesOf(engine: QueryEngine, refId: string, query: Json, range: TimeRange, signal: AbortSignal): Promise<Json[]> {
  const uid = textAt(jsonObject(query['datasource']), 'uid')
  if (uid !== '' && uid !== DATASOURCE_UID && !uid.startsWith('$')) throw new QueryError('bad_data', 'data source not found')
  const number = (name: string, fallback: number): number => {
    const v = query[name]
    return typeof v === 'number' && Number.isFinite(v) && v > 0 ? v : fallback
  }
  const rangeMs = range.endMs - range.startMs
  const leastMs = parseDurationMs(textAt(query, 'interval')) ?? SCRAPE_MS
  const wanted = Math.max(calculateIntervalMs(rangeMs, number('maxDataPoints', DEFAULT_MAX_POINTS), leastMs), number('intervalMs', 0)) * number('intervalFactor', 1)
  const stepMs = Math.max(wanted, Math.ceil(rangeMs / MAX_POINTS))
  const values = macros(range, stepMs, rateIntervalMs(stepMs, leastMs))
  const expr = interpolateQuery(textAt(query, 'expr'), new Map(values.map(v => [v.name, v])))
  if (expr === '') throw new QueryError('bad_data', 'the query has no expression')
  const isInstant = query['instant'] === true
  const isRange = query['range'] === true || !isInstant
  const executed = `Expr: ${expr}\nStep: ${stepMs / 1000}s`
  const frames: Json[] = []
  if (isRange) {
    // As Grafana: the ends lie on whole steps, so that the same points come at every refresh.
    const startMs = Math.floor(range.startMs / stepMs) * stepMs
    const endMs = Math.floor(range.endMs / stepMs) * stepMs
    const { value } = await engine.range({ expr, startMs, endMs, stepMs, priority: 'range', signal })
    if (value.type === 'matrix') {
      for (const { labels, ts, vs, histograms } of value.series) {
        // A frame of numbers has no place for a native histogram.
        const isNumber = (_: number, i: number): boolean => (histograms?.[i] ?? null) === null
        const times = [...ts].filter(isNumber)
        if (times.length > 0) frames.push(frame(refId, executed, 'matrix', 'timeseries-multi', stepMs, labels, times, [...vs].filter(isNumber)))
      }
    }
  }
  if (isInstant) {
    const { value } = await engine.instant({ expr, tMs: range.endMs, priority: 'instant', signal })
    if (value.type === 'vector') for (const s of value.samples.filter(v => v.histogram === undefined)) frames.push(frame(refId, executed, 'vector', 'numeric-multi', stepMs, s.labels, [s.tMs], [s.value]))
    else if (value.type === 'scalar') frames.push(frame(refId, executed, 'scalar', 'numeric-multi', stepMs, [], [value.tMs], [value.value]))
  }
  return frames
}

/** One series as a data frame in its JSON form. Numbers that JSON has not are named beside the values. */
function frame(refId: string, executed: string, resultType: string, type: string, stepMs: number, labels: Labels, times: readonly number[], values: readonly number[]): Json {
  const odd: Record<string, number[]> = {}
  const plain = values.map((v, i) => {
    if (Number.isFinite(v)) return v
    ;(odd[Number.isNaN(v) ? 'NaN' : v > 0 ? 'Inf' : 'NegInf'] ??= []).push(i)
    return null
  })
  const all = labelsToObject(labels)
  const name = nameOf(all)
  return {
    schema: {
      refId, name, meta: { type, typeVersion: [0, 1], custom: { resultType }, executedQueryString: executed },
      fields: [
        { name: 'Time', type: 'time', typeInfo: { frame: 'time.Time' }, config: { interval: stepMs } },
        { name: all['__name__'] ?? 'Value', type: 'number', typeInfo: { frame: 'float64' }, labels: all, config: { displayNameFromDS: name } },
      ],
    },
    data: { values: [times, plain], ...(Object.keys(odd).length === 0 ? {} : { entities: [null, odd] }) },
  }
}

/** A series as Prometheus writes it. */
function nameOf(labels: Readonly<Record<string, string>>): string {
  const { __name__: metric = '', ...rest } = labels
  const names = Object.keys(rest).sort()
  return names.length === 0 ? (metric === '' ? 'Value' : metric) : `${metric}{${names.map(n => `${n}=${JSON.stringify(rest[n])}`).join(', ')}}`
}
