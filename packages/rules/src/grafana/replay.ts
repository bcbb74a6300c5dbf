import { setImmediate } from 'node:timers/promises'
import { firstAtOrAfter } from '@haechi/model'
import type { Labels, Threshold } from '@haechi/model'
import type { QueryEngine, QueryPriority } from '@haechi/storage'
import { answerOf, answerRule } from './evaluate-rule.ts'
import { readGraph } from './graph.ts'
import { readRuleQuery } from './query.ts'
import type { RuleQuery } from './query.ts'
import type { GrafanaRule } from './rule.ts'
import { stateSettings } from './running-rule.ts'
import { shownNumbers, shownValue } from './shown.ts'
import { GrafanaStates } from './state.ts'
import type { InstanceState } from './state.ts'
import { ExpressionError } from './values.ts'
import type { ExprValue } from './values.ts'

/** Over which times a rule is played. */
export interface ReplayOptions {
  readonly engine: QueryEngine
  readonly rule: GrafanaRule
  /** Of its group, ms. */
  readonly intervalMs: number
  /** For `$__rate_interval`. */
  readonly scrapeIntervalMs: number
  /** Unix ms, both inclusive. */
  readonly startMs: number
  readonly endMs: number
  /** Most evaluations; default 240. Where the interval is shorter, only each n-th is played. */
  readonly most?: number
  readonly priority: QueryPriority
  readonly timeoutMs: number
  readonly signal: AbortSignal
}

/** What a rule says over a stretch of time. */
export interface RuleReplay {
  /** Of each evaluation, Unix ms. */
  readonly ts: Float64Array
  readonly stepMs: number
  /** What the condition looks at, by label set; NaN: no value. */
  readonly values: readonly { readonly labels: Labels; readonly vs: Float64Array }[]
  /** What became of each label set: stretches of evaluations, both ends included, that are not normal. */
  readonly instances: readonly { readonly labels: Labels; readonly spans: readonly ReplaySpan[] }[]
  readonly threshold: Threshold | undefined
  /** Of the last evaluation that failed. */
  readonly error: string | undefined
}
export interface ReplaySpan { readonly from: number; to: number; readonly state: Exclude<InstanceState, 'Normal'> }

/** Most points of one series that are asked for: Prometheus' limit. */
const MAX_POINTS = 11_000
/** Most series of one query. */
const MAX_SERIES = 500
/** Numbers that are looked at before others get their turn. */
const TURN = 50_000

/** A query over all of the time, and how an evaluation takes its part of it. */
interface Asked { readonly query: RuleQuery; readonly series: readonly { readonly labels: Labels; readonly ts: Float64Array; readonly vs: readonly number[] }[] }

/**
 * Plays a rule over past data: the graph and the states are those that run live. The queries are asked once for the whole time; a query over a range has no more than 11,000 points, so
 * that over long times its points lie further apart than live.
 * @throws ExpressionError where the rule can't be read; QueryError where a query can't be answered
 */
export async function replayRule(o: ReplayOptions): Promise<RuleReplay> {
  const { rule, signal } = o
  const graph = readGraph(rule.data, rule.record?.from ?? rule.condition)
  const queries = new Map(graph.nodes.filter(n => n.command === undefined).map(n => [n.query.refId, readRuleQuery(n.query, o.scrapeIntervalMs)]))
  const most = o.most ?? 240
  const stepMs = o.intervalMs * Math.max(1, Math.ceil((o.endMs - o.startMs) / o.intervalMs / most))
  const count = Math.floor((o.endMs - o.startMs) / stepMs) + 1
  const firstMs = o.endMs - (count - 1) * stepMs
  const ts = Float64Array.from({ length: count }, (_x, i) => firstMs + i * stepMs)
  const asked = await Promise.all([...queries.values()].map(q => ask(o, q, firstMs, stepMs)))
  const uids = new Map(rule.data.map(d => [d.refId, d.datasourceUid]))
  const question = { graph, queries, datasourceUid: (refId: string): string => uids.get(refId)! }
  const settings = stateSettings(rule, stepMs)
  const states = new GrafanaStates()
  const shown = shownValue(graph)
  const values = new Map<string, { labels: Labels; vs: Float64Array }>()
  const instances = new Map<string, { labels: Labels; spans: ReplaySpan[] }>()
  let error: string | undefined
  let looked = 0
  for (const [i, tMs] of ts.entries()) {
    const nodes = new Map<string, readonly ExprValue[]>()
    for (const a of asked) {
      const part = partOf(a, tMs)
      nodes.set(a.query.refId, part)
      looked += part.reduce((n, v) => n + (v.kind === 'series' ? v.ts.length : 1), 1)
    }
    const answer = answerOf(question, nodes, new Map(), tMs, states.loaded())
    for (const n of shownNumbers(answer.nodes.get(shown.refId) ?? [], shown.reducer)) {
      let column = values.get(n.key)
      if (column === undefined) values.set(n.key, column = { labels: n.labels, vs: new Float64Array(count).fill(NaN) })
      column.vs[i] = n.value
    }
    states.update(tMs, answer.results.map(r => ({ kind: r.kind, resultLabels: r.labels, labels: r.labels, annotations: [], values: {}, valueString: '', ...(r.error === undefined ? {} : { error: r.error }) })), settings)
    error = answer.results.find(r => r.kind === 'Error')?.error ?? error
    for (const [key, { state, labels }] of states.byKey) if (state !== 'Normal') extend(instances, key, labels, state, i)
    if (looked < TURN) continue
    looked = 0
    await setImmediate()
    signal.throwIfAborted()
  }
  return { ts, stepMs, values: [...values.values()], instances: [...instances.values()], threshold: shown.threshold, error }
}

function extend(instances: Map<string, { labels: Labels; spans: ReplaySpan[] }>, key: string, labels: Labels, state: ReplaySpan['state'], i: number): void {
  let one = instances.get(key)
  if (one === undefined) instances.set(key, one = { labels, spans: [] })
  const last = one.spans.at(-1)
  if (last?.state === state && last.to === i - 1) last.to = i
  else one.spans.push({ from: i, to: i, state })
}

async function ask(o: ReplayOptions, q: RuleQuery, firstMs: number, stepMs: number): Promise<Asked> {
  const options = { expr: q.expr, priority: o.priority, timeoutMs: o.timeoutMs, signal: o.signal, limit: MAX_SERIES }
  let query = q
  let times = { startMs: firstMs - q.toMs, endMs: o.endMs - q.toMs, stepMs }
  if (!q.instant) {
    const spanMs = o.endMs - q.toMs - firstMs + q.fromMs
    const intervalMs = q.intervalMs * Math.max(1, Math.ceil(spanMs / q.intervalMs / (MAX_POINTS - 2)))
    query = { ...q, intervalMs }
    times = { startMs: Math.floor((firstMs - q.fromMs) / intervalMs) * intervalMs, endMs: Math.floor((o.endMs - q.toMs) / intervalMs) * intervalMs, stepMs: intervalMs }
  }
  const { value } = await o.engine.range({ ...options, ...times })
  if (value.type !== 'matrix') throw new ExpressionError(q.refId, `query ${q.refId} answers a ${value.type} instead of series`)
  return {
    query, series: value.series.map(s => {
      if (s.histograms !== undefined) throw new ExpressionError(q.refId, `query ${q.refId} answers native histograms; take a number out of them, e.g. with histogram_quantile`)
      return { labels: s.labels, ts: s.ts, vs: Array.from(s.vs) }
    }),
  }
}

/** What the query would have brought at `tMs`. */
function partOf({ query, series }: Asked, tMs: number): ExprValue[] {
  const out: ExprValue[] = []
  const endMs = query.instant ? tMs - query.toMs : Math.floor((tMs - query.toMs) / query.intervalMs) * query.intervalMs
  const startMs = query.instant ? endMs : Math.floor((tMs - query.fromMs) / query.intervalMs) * query.intervalMs
  for (const { labels, ts, vs } of series) {
    const from = firstAtOrAfter(ts, 0, ts.length, startMs)
    const to = firstAtOrAfter(ts, from, ts.length, endMs + 1)
    if (from === to) continue
    out.push(query.instant ? { kind: 'number', labels, value: vs[from]! } : { kind: 'series', labels, ts: ts.subarray(from, to), vs: vs.slice(from, to) })
  }
  return out
}

/** What one step of a rule gives now. */
export interface NodeNow {
  readonly refId: string
  readonly error?: string
  /** By label set; a series by its newest value. `points`: of a series. */
  readonly results: readonly { readonly labels: Labels; readonly value: number | null; readonly points?: number }[]
}

/** Asks a rule once and tells what each of its steps gives. @throws ExpressionError where the rule can't be read */
export async function nodesNow(o: Pick<ReplayOptions, 'engine' | 'rule' | 'scrapeIntervalMs' | 'timeoutMs' | 'signal'>, tMs: number): Promise<NodeNow[]> {
  const { rule } = o
  const graph = readGraph(rule.data, rule.record?.from ?? rule.condition)
  const queries = new Map(graph.nodes.filter(n => n.command === undefined).map(n => [n.query.refId, readRuleQuery(n.query, o.scrapeIntervalMs)]))
  const uids = new Map(rule.data.map(d => [d.refId, d.datasourceUid]))
  const answer = await answerRule({ engine: o.engine, graph, queries, datasourceUid: refId => uids.get(refId)!, timeoutMs: o.timeoutMs }, tMs, new Set(), o.signal)
  return rule.data.map(({ refId }): NodeNow => {
    const failure = answer.failures.get(refId)
    return {
      refId, ...(failure === undefined ? {} : { error: failure.message }),
      results: (answer.nodes.get(refId) ?? []).flatMap(v => (v.kind === 'no-data' ? [] : [v.kind === 'series' ? { labels: v.labels, value: v.vs.at(-1) ?? null, points: v.ts.length } : { labels: v.labels, value: v.value }])),
    }
  })
}
