import { labelsFromPairs, withoutMetricName } from '@haechi/model'
import type { Labels } from '@haechi/model'
import { parseVariableQuery } from '@haechi/dashboards'
import type { AnswerSeries, PanelExpression, PanelQuery, TimeRange } from '@haechi/dashboards'
import { LocalQueryEngine } from '@haechi/promql'
import { computeNode, readGraph } from '@haechi/rules'
import type { ExprValue, GrafanaQuery } from '@haechi/rules'
import { MemoryStorage } from '@haechi/storage'
import type { QueryEngine } from '@haechi/storage'
import { boardValue } from './series-world.ts'
import type { BoardSeries } from './series-world.ts'

/** An engine over made-up series in memory, a sample every `stepMs`. */
export function boardEngine(series: readonly BoardSeries[], startMs: number, endMs: number, stepMs: number): QueryEngine {
  const storage = new MemoryStorage()
  for (const s of series) {
    const labels = labelsFromPairs(Object.entries(s.labels))
    for (let t = startMs; t <= endMs; t += stepMs) storage.add(labels, t, boardValue(s, t))
  }
  return new LocalQueryEngine(storage)
}

/** What a query variable is answered, as the browser asks it: one text per option before its expression is applied. */
export async function variableAnswers(engine: QueryEngine, text: string, range: TimeRange): Promise<string[]> {
  const q = parseVariableQuery(text)
  if (q === undefined) return []
  switch (q.kind) {
    case 'label_names': return (await engine.labelNames({ ...range, matchers: [] })).value.filter(n => q.matching === undefined || new RegExp(q.matching).test(n))
    case 'label_values': return (await engine.labelValues(q.label, { ...range, matchers: q.selector === undefined || q.selector === '{}' ? [] : [q.selector] })).value
    case 'metrics': return (await engine.labelValues('__name__', { ...range, matchers: [] })).value.filter(n => new RegExp(q.matching).test(n))
    case 'series': return (await engine.series({ ...range, matchers: [q.selector] })).value.map(seriesText)
    case 'query_result': {
      const { value } = await engine.instant({ expr: q.expr, tMs: range.endMs })
      return value.type === 'vector' ? value.samples.map(s => `${seriesText(s.labels)} ${s.value} ${s.tMs}`) : []
    }
  }
}

/** Answers a panel's question as the browser has it after reading the answer. @throws QueryError, ExpressionError */
export async function panelAnswer(engine: QueryEngine, query: PanelQuery): Promise<AnswerSeries[]> {
  if (query.expression !== undefined) return await computedAnswer(engine, query, query.expression)
  const { value } = query.instant ? await engine.instant({ expr: query.expr, tMs: query.endMs }) : await engine.range({ expr: query.expr, startMs: query.startMs, endMs: query.endMs, stepMs: query.stepMs })
  switch (value.type) {
    case 'scalar': return [{ labels: {}, ts: Float64Array.of(value.tMs), vs: Float64Array.of(value.value) }]
    case 'vector': return value.samples.map(s => ({ labels: labelRecord(s.labels), ts: Float64Array.of(s.tMs), vs: Float64Array.of(s.value) }))
    case 'matrix': return value.series.map(s => ({ labels: labelRecord(s.labels), ts: s.ts, vs: s.vs }))
    case 'string': return []
  }
}

/** What the server computes for a panel: its queries answered, then the steps in their order. */
async function computedAnswer(engine: QueryEngine, query: PanelQuery, { model, inputs, steps }: PanelExpression): Promise<AnswerSeries[]> {
  const relativeTimeRange = { from: (query.endMs - query.startMs) / 1000, to: 0 }
  const node = (refId: string, datasourceUid: string, json: object): GrafanaQuery => ({ refId, queryType: '', relativeTimeRange, datasourceUid, model: json as GrafanaQuery['model'] })
  const values = new Map<string, readonly ExprValue[]>()
  for (const input of inputs) {
    const series = await panelAnswer(engine, input)
    values.set(input.refId, series.length === 0 ? [{ kind: 'no-data', labels: [] }] : series.map(({ labels, ts, vs }): ExprValue => {
      const own = withoutMetricName(labelsFromPairs(Object.entries(labels)))
      return input.instant ? { kind: 'number', labels: own, value: vs[0]! } : { kind: 'series', labels: own, ts, vs: [...vs] }
    }))
  }
  const graph = readGraph([...inputs.map(q => node(q.refId, 'prometheus', {})), ...steps.map(s => node(String(s['refId']), '__expr__', s)), node(query.refId, '__expr__', model)], query.refId)
  for (const n of graph.nodes) if (n.command !== undefined) values.set(n.query.refId, computeNode(n, values, query.endMs, new Set()))
  return (values.get(query.refId) ?? []).flatMap((v): AnswerSeries[] => {
    if (v.kind === 'no-data') return []
    const columns = v.kind === 'series' ? { ts: v.ts, vs: v.vs } : { ts: Float64Array.of(query.endMs), vs: [v.value] }
    const rows = columns.vs.flatMap((value, i) => (value === null ? [] : [i]))
    return rows.length === 0 ? [] : [{ labels: labelRecord(v.labels), ts: Float64Array.from(rows, i => columns.ts[i]!), vs: Float64Array.from(rows, i => columns.vs[i]!) }]
  })
}

function labelRecord(labels: Labels): Record<string, string> {
  const out: Record<string, string> = {}
  for (let i = 0; i < labels.length; i += 2) out[labels[i]!] = labels[i + 1]!
  return out
}

function seriesText(labels: Labels): string {
  const { __name__: name = '', ...rest } = labelRecord(labels)
  return `${name}{${Object.keys(rest).map(n => `${n}="${rest[n]!}"`).join(',')}}`
}
