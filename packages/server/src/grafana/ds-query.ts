import { calculateIntervalMs, interpolateQuery, macros, parseDurationMs, parseTimeRange, rateIntervalMs } from '@haechi/dashboards'
import type { TimeRange } from '@haechi/dashboards'
import { labelsToObject, withoutMetricName } from '@haechi/model'
import type { Labels } from '@haechi/model'
import { EXPRESSION_UIDS, ExpressionError, computeNode, readGraph } from '@haechi/rules'
import type { ExprValue, Graph } from '@haechi/rules'
import { QueryError } from '@haechi/storage'
import type { QueryEngine } from '@haechi/storage'
import { abortSignalOf } from '../request-context.ts'
import { fail, jsonObject, send, textAt } from './answers.ts'
import { ownSourceUid } from './own-source.ts'
import type { AddRoute, GrafanaDeps, GrafanaOptions, Json } from './answers.ts'
import { sourceEngine } from './foreign-source.ts'

/** What a query without one is given. @see Grafana `backend.DataQuery` */
const DEFAULT_MAX_POINTS = 100
/** What the scrape interval is taken for. @see Grafana's data source default `timeInterval` */
const SCRAPE_MS = 15_000
/** Most points per series, as for range queries. */
const MAX_POINTS = 11_000
const MAX_QUERIES = 100

/** `POST /api/ds/query`: the queries and expressions of a panel, answered as data frames. */
export function registerDataQueries(route: AddRoute, deps: GrafanaDeps, options: GrafanaOptions): void {
  route('POST', '/ds/query', async (request, reply) => {
    const body = jsonObject(request.body)
    const given = body?.['queries']
    if (!Array.isArray(given) || given.length === 0) return fail(reply, 400, 'no queries found')
    if (given.length > MAX_QUERIES) return fail(reply, 400, `more than ${MAX_QUERIES} queries`)
    const range = parseTimeRange(timeText(body?.['from'] ?? 'now-1h'), timeText(body?.['to'] ?? 'now'), options.nowMs())
    if (range === undefined) return fail(reply, 400, 'invalid time range: from and to are Unix milliseconds as text or e.g. now-1h, and to comes after from')
    const queries = given.map((q, i): Asked => {
      const query = jsonObject(q) ?? {}
      const source = jsonObject(query['datasource'])
      const uid = textAt(source, 'uid') || (typeof query['datasource'] === 'string' ? query['datasource'] : '')
      return { refId: textAt(query, 'refId') || String.fromCodePoint(65 + i), query, uid: textAt(source, 'type') === '__expr__' || query['datasourceId'] === -100 ? '__expr__' : uid }
    })
    const twice = queries.find((q, i) => queries.findIndex(o => o.refId === q.refId) !== i)
    if (twice !== undefined) return fail(reply, 400, `refId ${JSON.stringify(twice.refId)} is used more than once`)
    const others = await deps.state.dataSources.list()
    const engineOf = ({ uid, query }: Asked): Pick<QueryEngine, 'instant' | 'range'> => {
      const id = query['datasourceId']
      const other = others.find(o => (uid === '' ? typeof id === 'number' && o.id + 1 === id : o.uid === uid))
      if (other !== undefined) return sourceEngine(other)
      if (uid !== '' && uid !== ownSourceUid(others) && !uid.startsWith('$')) throw new QueryError('bad_data', 'data source not found')
      return deps.engine
    }
    const results: Record<string, Json> = {}
    const values = new Map<string, readonly ExprValue[]>()
    const failures = new Map<string, string>()
    const signal = abortSignalOf(request)
    await Promise.all(queries.filter(q => !EXPRESSION_UIDS.has(q.uid)).map(async asked => {
      try {
        const made = await framesOf(engineOf(asked), asked, range, signal)
        results[asked.refId] = { status: 200, frames: made.frames }
        values.set(asked.refId, made.values.length === 0 ? [{ kind: 'no-data', labels: [] }] : made.values)
      } catch (err) {
        if (!(err instanceof QueryError)) throw err
        failures.set(asked.refId, err.message)
        results[asked.refId] = { error: err.message, errorSource: 'downstream', status: err.kind === 'bad_data' ? 400 : err.kind === 'timeout' || err.kind === 'canceled' ? 503 : 422, frames: [] }
      }
    }))
    addExpressions(queries, range, values, failures, results)
    // Hidden ones were only asked for the expressions.
    for (const { refId, query } of queries) if (query['hide'] === true) delete results[refId]
    const failed = Object.values(results).filter(r => r['error'] !== undefined).length
    return send(reply, { results }, failed === 0 ? 200 : failed === Object.keys(results).length ? 400 : 207)
  })
}

/** One query of a request; `uid`: of its data source, `__expr__` for an expression. */
interface Asked { readonly refId: string; readonly query: Json; readonly uid: string }

/** Computes the expressions of a request: math, reduce, resample, threshold, classic conditions. @param values what the queries and expressions came to; grows */
function addExpressions(queries: readonly Asked[], range: TimeRange, values: Map<string, readonly ExprValue[]>, failures: Map<string, string>, results: Record<string, Json>): void {
  const last = queries.findLast(q => EXPRESSION_UIDS.has(q.uid))
  if (last === undefined) return
  const refuse = (refId: string, error: string): void => {
    failures.set(refId, error)
    results[refId] = { error, errorSource: 'downstream', status: 400, frames: [] }
  }
  const relativeTimeRange = { from: (range.endMs - range.startMs) / 1000, to: 0 }
  let graph: Graph
  try {
    graph = readGraph(queries.map(({ refId, query, uid }) => ({ refId, queryType: textAt(query, 'queryType'), relativeTimeRange, datasourceUid: EXPRESSION_UIDS.has(uid) ? '__expr__' : uid, model: query })), last.refId)
  } catch (err) {
    if (!(err instanceof ExpressionError)) throw err
    for (const { refId, uid } of queries) if (EXPRESSION_UIDS.has(uid)) refuse(refId, err.message)
    return
  }
  for (const node of graph.nodes) {
    if (node.command === undefined) continue
    const { refId } = node.query
    const broken = node.inputs.find(i => failures.has(i))
    if (broken !== undefined) {
      refuse(refId, `expression ${refId} needs ${broken}, which failed: ${failures.get(broken)!}`)
      continue
    }
    try {
      const made = computeNode(node, values, range.endMs, new Set())
      values.set(refId, made)
      results[refId] = { status: 200, frames: made.flatMap(v => valueFrame(refId, v)) }
    } catch (err) {
      if (!(err instanceof ExpressionError)) throw err
      refuse(refId, err.message)
    }
  }
}

/** A value of an expression as a frame, as Grafana writes it: a number stands alone, without a time. */
function valueFrame(refId: string, v: ExprValue): Json[] {
  if (v.kind === 'no-data') return []
  const labels = labelsToObject(v.labels)
  const value = (vs: readonly (number | null)[]): { readonly plain: readonly (number | null)[]; readonly odd: Json | null } => oddNumbers(vs)
  if (v.kind === 'series') {
    const { plain, odd } = value(v.vs)
    return [{
      schema: { refId, meta: { type: 'timeseries-multi', typeVersion: [0, 1] }, fields: [{ name: 'Time', type: 'time', typeInfo: { frame: 'time.Time', nullable: true } }, { name: refId, type: 'number', typeInfo: { frame: 'float64', nullable: true }, labels }] },
      data: { values: [[...v.ts], plain], ...(odd !== null && { entities: [null, odd] }) },
    }]
  }
  const { plain, odd } = value([v.value])
  return [{
    schema: { refId, meta: { type: 'numeric-multi', typeVersion: [0, 1] }, fields: [{ name: refId, type: 'number', typeInfo: { frame: 'float64', nullable: true }, ...(v.labels.length > 0 && { labels }) }] },
    data: { values: [plain], ...(odd !== null && { entities: [odd] }) },
  }]
}

function timeText(v: unknown): string {
  return typeof v === 'number' ? String(v) : typeof v === 'string' ? v : ''
}

async function framesOf(engine: Pick<QueryEngine, 'instant' | 'range'>, { refId, query }: Asked, range: TimeRange, signal: AbortSignal): Promise<{ readonly frames: Json[]; readonly values: ExprValue[] }> {
  const number = (name: string, fallback: number): number => {
    const v = query[name]
    return typeof v === 'number' && Number.isFinite(v) && v > 0 ? v : fallback
  }
  const rangeMs = range.endMs - range.startMs
  const leastMs = parseDurationMs(textAt(query, 'interval')) ?? SCRAPE_MS
  const wanted = Math.max(calculateIntervalMs(rangeMs, number('maxDataPoints', DEFAULT_MAX_POINTS), leastMs), number('intervalMs', 0)) * number('intervalFactor', 1)
  const stepMs = Math.max(wanted, Math.ceil(rangeMs / MAX_POINTS))
  const names = macros(range, stepMs, rateIntervalMs(stepMs, leastMs))
  const expr = interpolateQuery(textAt(query, 'expr'), new Map(names.map(v => [v.name, v])))
  if (expr === '') throw new QueryError('bad_data', 'the query has no expression')
  const isInstant = query['instant'] === true
  const isRange = query['range'] === true || !isInstant
  const executed = `Expr: ${expr}\nStep: ${stepMs / 1000}s`
  const frames: Json[] = []
  const values: ExprValue[] = []
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
        const numbers = [...vs].filter(isNumber)
        if (times.length === 0) continue
        frames.push(frame(refId, executed, 'matrix', 'timeseries-multi', stepMs, labels, times, numbers))
        values.push({ kind: 'series', labels: withoutMetricName(labels), ts: Float64Array.from(times), vs: numbers })
      }
    }
  }
  if (isInstant) {
    const { value } = await engine.instant({ expr, tMs: range.endMs, priority: 'instant', signal })
    if (value.type === 'vector') {
      for (const s of value.samples.filter(v => v.histogram === undefined)) {
        frames.push(frame(refId, executed, 'vector', 'numeric-multi', stepMs, s.labels, [s.tMs], [s.value]))
        if (!isRange) values.push({ kind: 'number', labels: withoutMetricName(s.labels), value: s.value })
      }
    } else if (value.type === 'scalar') {
      frames.push(frame(refId, executed, 'scalar', 'numeric-multi', stepMs, [], [value.tMs], [value.value]))
      if (!isRange) values.push({ kind: 'scalar', labels: [], value: value.value })
    }
  }
  return { frames, values }
}

/** Numbers that JSON has not are named beside the values, by their places. */
function oddNumbers(values: readonly (number | null)[]): { readonly plain: readonly (number | null)[]; readonly odd: Json | null } {
  const odd: Record<string, number[]> = {}
  const plain = values.map((v, i) => {
    if (v === null || Number.isFinite(v)) return v
    ;(odd[Number.isNaN(v) ? 'NaN' : v > 0 ? 'Inf' : 'NegInf'] ??= []).push(i)
    return null
  })
  return { plain, odd: Object.keys(odd).length === 0 ? null : odd }
}

/** One series as a data frame in its JSON form. */
function frame(refId: string, executed: string, resultType: string, type: string, stepMs: number, labels: Labels, times: readonly number[], values: readonly number[]): Json {
  const { plain, odd } = oddNumbers(values)
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
    data: { values: [times, plain], ...(odd !== null && { entities: [null, odd] }) },
  }
}

/** A series as Prometheus writes it. */
function nameOf(labels: Readonly<Record<string, string>>): string {
  const { __name__: metric = '', ...rest } = labels
  const names = Object.keys(rest).sort()
  return names.length === 0 ? (metric === '' ? 'Value' : metric) : `${metric}{${names.map(n => `${n}=${JSON.stringify(rest[n])}`).join(', ')}}`
}
