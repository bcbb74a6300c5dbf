import { labelsFromPairs, labelsKey } from '@haechi/model'
import type { QueryEngine } from '@haechi/storage'
import { computeNode, nodesBehind } from './graph.ts'
import type { Graph } from './graph.ts'
import { askRuleQuery } from './query.ts'
import type { RuleQuery } from './query.ts'
import { labelsPlain } from './texts.ts'
import type { CapturedValue } from './texts.ts'
import { ExpressionError, containsLabels } from './values.ts'
import type { ExprValue } from './values.ts'
import type { Labels } from '@haechi/model'

/** What the condition says about one label set. */
export interface RuleResult {
  readonly kind: 'Normal' | 'Alerting' | 'NoData' | 'Error'
  readonly labels: Labels
  readonly values: readonly CapturedValue[]
  readonly error?: string
}

/** All nodes of one evaluation. */
export interface RuleAnswer {
  readonly results: readonly RuleResult[]
  /** Results of the nodes that could be computed, by refId. */
  readonly nodes: ReadonlyMap<string, readonly ExprValue[]>
  /** Why the others could not be, by refId. */
  readonly failures: ReadonlyMap<string, Error>
}

/** What is asked and how. */
export interface RuleQuestion {
  readonly engine: QueryEngine
  readonly graph: Graph
  /** Of the nodes that are queries, by refId. */
  readonly queries: ReadonlyMap<string, RuleQuery>
  readonly datasourceUid: (refId: string) => string
  readonly timeoutMs: number
}

/**
 * Asks the queries of a rule and computes its graph at one time. Never rejects, except with the signal's reason: what fails is an Error result.
 * @param loaded see `thresholdAll`
 */
export async function answerRule(q: RuleQuestion, tMs: number, loaded: ReadonlySet<string>, signal: AbortSignal): Promise<RuleAnswer> {
  const nodes = new Map<string, readonly ExprValue[]>()
  const failures = new Map<string, Error>()
  await Promise.all([...q.queries.values()].map(async query => {
    try {
      nodes.set(query.refId, await askRuleQuery(q.engine, query, tMs, q.timeoutMs, signal))
    } catch (err) {
      signal.throwIfAborted()
      failures.set(query.refId, err as Error)
    }
  }))
  return answerOf(q, nodes, failures, tMs, loaded)
}

/**
 * Computes the graph of a rule at one time. @param nodes  what its queries brought; gets the results of the other nodes @param failures  what failed, by refId; gets what fails here
 * @param loaded see `thresholdAll`
 */
export function answerOf(q: Pick<RuleQuestion, 'graph' | 'queries' | 'datasourceUid'>, nodes: Map<string, readonly ExprValue[]>, failures: Map<string, Error>, tMs: number, loaded: ReadonlySet<string>): RuleAnswer {
  const { graph } = q
  const empty = [...q.queries.keys()].filter(refId => nodes.get(refId)?.length === 0)
  for (const refId of empty) nodes.set(refId, [{ kind: 'no-data', labels: [] }])
  for (const node of graph.nodes) {
    const { refId } = node.query
    if (node.command === undefined) continue
    const broken = node.inputs.find(i => failures.has(i))
    if (broken !== undefined) {
      failures.set(refId, failures.get(broken)!)
      continue
    }
    try {
      nodes.set(refId, computeNode(node, nodes, tMs, loaded))
    } catch (err) {
      failures.set(refId, err as Error)
    }
  }
  return { results: resultsOf(q, nodes, failures, empty), nodes, failures }
}

function resultsOf(q: Pick<RuleQuestion, 'graph' | 'datasourceUid'>, nodes: ReadonlyMap<string, readonly ExprValue[]>, failures: ReadonlyMap<string, Error>, empty: readonly string[]): RuleResult[] {
  const { graph } = q
  // 1. An error of the condition or of what it is computed from.
  const behind = nodesBehind(graph, graph.condition)
  for (const { query, command } of graph.nodes) {
    const err = behind.has(query.refId) ? failures.get(query.refId) : undefined
    if (err === undefined) continue
    if (command !== undefined) return [errorResult([], err instanceof ExpressionError ? err.message : `failed to evaluate expression ${query.refId}: ${err.message}`)]
    const labels: [string, string][] = [['datasource_uid', q.datasourceUid(query.refId)], ['ref_id', query.refId]]
    return [errorResult(labelsFromPairs(labels), err instanceof ExpressionError ? err.message : `failed to execute query ${query.refId}: ${err.message}`)]
  }
  // 2. A query without frames makes the whole rule NoData, one result per data source.
  if (empty.length > 0) {
    const bySource = new Map<string, string[]>()
    for (const refId of empty.toSorted()) {
      const uid = q.datasourceUid(refId)
      bySource.set(uid, [...(bySource.get(uid) ?? []), refId])
    }
    return [...bySource].map(([uid, refIds]) => ({ kind: 'NoData', labels: labelsFromPairs([['datasource_uid', uid], ['ref_id', refIds.join(',')]]), values: [] }))
  }
  // 3. A condition without frames. 4. One result per frame.
  const values = nodes.get(graph.condition) ?? []
  if (values.length === 0) return [{ kind: 'NoData', labels: [], values: [] }]
  const seen = new Set<string>()
  const results: RuleResult[] = []
  for (const v of values) {
    if (v.kind === 'series') return [errorResult([], `invalid format of evaluation results for the alert definition ${graph.condition}: looks like time series data, only reduced data can be alerted on`)]
    const key = labelsKey(v.labels)
    if (seen.has(key)) return [errorResult([], `frame cannot uniquely be identified by its labels: has duplicate results with labels {${labelsPlain(v.labels)}}`)]
    seen.add(key)
    const value = v.kind === 'no-data' ? null : v.value
    results.push({ kind: value === null ? 'NoData' : value === 0 ? 'Normal' : 'Alerting', labels: v.labels, values: capturedFor(v, graph, nodes) })
  }
  return results
}

function errorResult(labels: Labels, error: string): RuleResult {
  return { kind: 'Error', labels, values: [], error }
}

/** The numbers of all nodes that belong to one label set; series belong to none. */
function capturedFor(result: ExprValue, graph: Graph, nodes: ReadonlyMap<string, readonly ExprValue[]>): CapturedValue[] {
  if (result.kind === 'number' && result.matches !== undefined) {
    return result.matches.map((m, i) => ({ name: `${graph.condition}${i}`, metric: m.metric, labels: m.labels, value: m.value }))
  }
  const out: CapturedValue[] = []
  for (const [refId, values] of nodes) {
    const found = values.find(v => (v.kind === 'number' || v.kind === 'scalar') && (containsLabels(result.labels, v.labels) || containsLabels(v.labels, result.labels)))
    if (found?.kind === 'number' || found?.kind === 'scalar') out.push({ name: refId, labels: found.labels, value: found.value })
  }
  return out
}
