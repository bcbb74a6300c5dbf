import { parseDuration } from '@haechi/model'
import { CLASSIC_EVALUATORS, CLASSIC_REDUCERS, classicConditions } from './classic.ts'
import type { ClassicCondition } from './classic.ts'
import { evaluateMath } from './math.ts'
import { MathSyntaxError, mathVariables, parseMath } from './math-parser.ts'
import type { MathNode } from './math-parser.ts'
import { REDUCERS, reduceAll } from './reduce.ts'
import type { GrafanaReducer, ReduceMode } from './reduce.ts'
import { DOWNSAMPLERS, UPSAMPLERS, resampleAll } from './resample.ts'
import type { Resampling } from './resample.ts'
import { EXPRESSION_UIDS } from './rule.ts'
import type { GrafanaQuery } from './rule.ts'
import { THRESHOLD_TYPES, isRangeType, thresholdAll } from './threshold.ts'
import type { ThresholdEvaluator, ThresholdSettings } from './threshold.ts'
import { ExpressionError } from './values.ts'
import type { ExprValue } from './values.ts'

/** What an expression node does. */
type Command =
  | { readonly kind: 'math'; readonly formula: MathNode }
  | { readonly kind: 'reduce'; readonly reducer: GrafanaReducer; readonly mode: ReduceMode }
  | { readonly kind: 'resample'; readonly resampling: Resampling }
  | { readonly kind: 'threshold'; readonly threshold: ThresholdSettings }
  | { readonly kind: 'classic'; readonly conditions: readonly ClassicCondition[] }

/** One node of a graph, after those that it needs. */
export interface GraphNode {
  readonly query: GrafanaQuery
  /** Undefined: a query of a data source. */
  readonly command: Command | undefined
  readonly inputs: readonly string[]
}

/** A rule's nodes, read and put in order. */
export interface Graph {
  readonly nodes: readonly GraphNode[]
  readonly condition: string
}

type Model = Readonly<Record<string, unknown>>

/**
 * Reads a rule's queries and expressions and orders them.
 * @throws ExpressionError naming the node and what is wrong: unknown refIds, circles, settings that can't be used
 */
export function readGraph(data: readonly GrafanaQuery[], condition: string): Graph {
  const byRef = new Map<string, GraphNode>()
  for (const query of data) {
    if (byRef.has(query.refId)) throw new ExpressionError(query.refId, `refId ${JSON.stringify(query.refId)} is used more than once`)
    byRef.set(query.refId, EXPRESSION_UIDS.has(query.datasourceUid) ? expressionNode(query) : { query, command: undefined, inputs: [] })
  }
  if (!byRef.has(condition)) throw new ExpressionError(condition, `condition ${JSON.stringify(condition)} does not exist, must be one of ${[...byRef.keys()].join(', ') || 'no query at all'}`)
  const nodes: GraphNode[] = []
  const state = new Map<string, 'open' | 'done'>()
  const visit = (refId: string, from: string): void => {
    const node = byRef.get(refId)
    if (node === undefined) throw new ExpressionError(from, `expression ${from} uses ${JSON.stringify(refId)}, which does not exist; there are ${[...byRef.keys()].join(', ')}`)
    if (state.get(refId) === 'done') return
    if (state.get(refId) === 'open') throw new ExpressionError(refId, `expression ${refId} refers to itself${from === refId ? '' : ` through ${from}`}`)
    state.set(refId, 'open')
    for (const input of node.inputs) visit(input, refId)
    state.set(refId, 'done')
    nodes.push(withRange(node, nodes))
  }
  for (const refId of byRef.keys()) visit(refId, refId)
  for (const { query, command } of nodes) {
    if (command?.kind === 'threshold' && command.threshold.unloadEvaluator !== undefined && query.refId !== condition) {
      throw new ExpressionError(query.refId, `the recovery threshold of ${query.refId} can only be used on the condition (${condition})`)
    }
  }
  return { nodes, condition }
}

/** A resample node without a range of its own has the one of what it works on. */
function withRange(node: GraphNode, before: readonly GraphNode[]): GraphNode {
  const { query, command, inputs } = node
  if (command?.kind !== 'resample' || query.relativeTimeRange.from > query.relativeTimeRange.to) return node
  const input = before.find(n => n.query.refId === inputs[0])
  return input === undefined ? node : { ...node, query: { ...query, relativeTimeRange: input.query.relativeTimeRange } }
}

/** The refIds that a node is computed from, itself included, data sources and expressions. */
export function nodesBehind(graph: Graph, refId: string): Set<string> {
  const out = new Set<string>()
  const visit = (r: string): void => {
    if (out.has(r)) return
    out.add(r)
    for (const input of graph.nodes.find(n => n.query.refId === r)!.inputs) visit(input)
  }
  visit(refId)
  return out
}

/** Computes an expression node. @param loaded see {@link thresholdAll} @throws ExpressionError */
export function computeNode(node: GraphNode, results: ReadonlyMap<string, readonly ExprValue[]>, tMs: number, loaded: ReadonlySet<string>): readonly ExprValue[] {
  const { refId, relativeTimeRange } = node.query
  const input = results.get(node.inputs[0] ?? '') ?? []
  switch (node.command!.kind) {
    case 'math': return evaluateMath(refId, node.command!.formula, results)
    case 'reduce': return reduceAll(refId, input, node.command!.reducer, node.command!.mode)
    case 'resample': return resampleAll(refId, input, node.command!.resampling, tMs - relativeTimeRange.from * 1000, tMs - relativeTimeRange.to * 1000)
    case 'threshold': return thresholdAll(input, node.command!.threshold, loaded)
    case 'classic': return [classicConditions(node.command!.conditions, results)]
  }
}

function expressionNode(query: GrafanaQuery): GraphNode {
  const { refId, model } = query
  const wrong = (path: string, reason: string): ExpressionError => new ExpressionError(refId, `${path === '' ? `expression ${refId}` : `expression ${refId}: ${path}`}: ${reason}`)
  const type = model['type']
  switch (type) {
    case 'math': return mathNode(query, wrong)
    case 'reduce': return { query, command: { kind: 'reduce', ...reduceCommand(model, wrong) }, inputs: [inputOf(model, wrong)] }
    case 'resample': {
      const resampling: Resampling = { windowMs: windowMs(model, wrong), downsampler: oneOf(model, 'downsampler', DOWNSAMPLERS, wrong), upsampler: oneOf(model, 'upsampler', UPSAMPLERS, wrong) }
      return { query, command: { kind: 'resample', resampling }, inputs: [inputOf(model, wrong)] }
    }
    case 'threshold': return { query, command: { kind: 'threshold', threshold: thresholdCommand(model, wrong) }, inputs: [inputOf(model, wrong)] }
    case 'classic_conditions': {
      const conditions = classicCommand(model, wrong)
      return { query, command: { kind: 'classic', conditions }, inputs: [...new Set(conditions.map(c => c.query))] }
    }
    case 'sql': throw wrong('', 'SQL expressions can\'t be computed by this version; use math, reduce, resample, threshold or classic_conditions')
    default: throw wrong('model.type', `unknown expression type ${JSON.stringify(type ?? null)}; one of math, reduce, resample, threshold, classic_conditions`)
  }
}

type Wrong = (path: string, reason: string) => ExpressionError

function mathNode(query: GrafanaQuery, wrong: Wrong): GraphNode {
  const text = query.model['expression']
  if (typeof text !== 'string' || text.trim() === '') throw wrong('model.expression', 'is missing; write a formula such as $A > 10')
  try {
    const formula = parseMath(text)
    return { query, command: { kind: 'math', formula }, inputs: [...mathVariables(formula)] }
  } catch (err) {
    if (err instanceof MathSyntaxError) throw wrong('model.expression', `${JSON.stringify(text)}: ${err.message}`)
    throw err
  }
}

/** The refId that an expression works on; a leading `$` is taken too. */
function inputOf(model: Model, wrong: Wrong): string {
  const text = model['expression']
  if (typeof text !== 'string' || text.trim() === '') throw wrong('model.expression', 'is missing; name the query that it works on, e.g. A')
  return text.trim().replace(/^\$\{(.*)\}$|^\$/, '$1')
}

function reduceCommand(model: Model, wrong: Wrong): { reducer: GrafanaReducer; mode: ReduceMode } {
  const given = model['reducer'] === 'avg' ? 'mean' : model['reducer']
  const reducer = REDUCERS.find(r => r === given)
  if (reducer === undefined) throw wrong('model.reducer', `unknown reducer ${JSON.stringify(given ?? null)}; one of ${REDUCERS.join(', ')}`)
  const settings = objectAt(model, 'settings', wrong)
  const mode = settings?.['mode'] ?? ''
  switch (mode) {
    case '': case 'strict': return { reducer, mode: { kind: 'strict' } }
    case 'dropNN': return { reducer, mode: { kind: 'dropNN' } }
    case 'replaceNN': {
      const value = settings!['replaceWithValue']
      if (typeof value !== 'number') throw wrong('model.settings.replaceWithValue', 'setting replaceWithValue must be specified when mode is replaceNN')
      return { reducer, mode: { kind: 'replaceNN', value } }
    }
    default: throw wrong('model.settings.mode', `reducer mode ${JSON.stringify(mode)} is not supported; one of '', 'strict', 'dropNN', 'replaceNN'`)
  }
}

function windowMs(model: Model, wrong: Wrong): number {
  const text = model['window']
  try {
    const ms = typeof text === 'string' ? parseDuration(text) : 0
    if (ms > 0) return ms
  } catch { /* told below */ }
  throw wrong('model.window', `${JSON.stringify(text ?? null)} is no length of time; write e.g. 10s or 1m`)
}

function oneOf<T extends string>(model: Model, key: string, allowed: readonly T[], wrong: Wrong): T {
  const found = allowed.find(a => a === model[key])
  if (found === undefined) throw wrong(`model.${key}`, `unknown value ${JSON.stringify(model[key] ?? null)}; one of ${allowed.join(', ')}`)
  return found
}

function objectAt(model: Model, key: string, wrong: Wrong): Model | undefined {
  const value = model[key]
  if (value === undefined || value === null) return undefined
  if (typeof value !== 'object' || Array.isArray(value)) throw wrong(`model.${key}`, 'expected a mapping of keys to values')
  return value as Model
}

function listOfObjects(model: Model, key: string, wrong: Wrong): Model[] {
  const value = model[key]
  if (!Array.isArray(value) || value.length === 0 || value.some(v => v === null || typeof v !== 'object')) throw wrong(`model.${key}`, 'expected a list with at least one condition')
  return value as Model[]
}

function evaluatorAt(condition: Model, key: string, allowed: readonly ThresholdEvaluator['type'][], path: string, wrong: Wrong): ThresholdEvaluator {
  const e = objectAt(condition, key, wrong)
  const type = allowed.find(t => t === e?.['type'])
  if (e === undefined || type === undefined) throw wrong(`${path}.${key}.type`, `unknown value ${JSON.stringify(e?.['type'] ?? null)}; one of ${allowed.join(', ')}`)
  const params = Array.isArray(e['params']) ? e['params'] : []
  const wanted = isRangeType(type) ? 2 : 1
  if (params.length < wanted || params.slice(0, wanted).some(p => typeof p !== 'number')) throw wrong(`${path}.${key}.params`, `${type} takes ${wanted === 2 ? 'two numbers' : 'one number'}`)
  return { type, params: params.slice(0, wanted) as number[] }
}

function thresholdCommand(model: Model, wrong: Wrong): ThresholdSettings {
  const conditions = listOfObjects(model, 'conditions', wrong)
  if (conditions.length !== 1) throw wrong('model.conditions', `threshold expression requires exactly one condition, got ${conditions.length}`)
  const c = conditions[0]!
  const evaluator = evaluatorAt(c, 'evaluator', THRESHOLD_TYPES, 'model.conditions[0]', wrong)
  const unloadEvaluator = c['unloadEvaluator'] === undefined || c['unloadEvaluator'] === null ? undefined : evaluatorAt(c, 'unloadEvaluator', THRESHOLD_TYPES, 'model.conditions[0]', wrong)
  return { evaluator, unloadEvaluator }
}

function classicCommand(model: Model, wrong: Wrong): ClassicCondition[] {
  return listOfObjects(model, 'conditions', wrong).map((c, i): ClassicCondition => {
    const path = `model.conditions[${i}]`
    const params = objectAt(c, 'query', wrong)?.['params']
    const query: unknown = Array.isArray(params) ? params[0] : undefined
    if (typeof query !== 'string' || query === '') throw wrong(`${path}.query.params`, 'name the query, e.g. [A]')
    const given = objectAt(c, 'reducer', wrong)?.['type']
    const reducer = CLASSIC_REDUCERS.find(r => r === given)
    if (reducer === undefined) throw wrong(`${path}.reducer.type`, `unknown reducer ${JSON.stringify(given ?? null)}; one of ${CLASSIC_REDUCERS.join(', ')}`)
    const op = objectAt(c, 'operator', wrong)?.['type'] ?? 'and'
    if (op !== 'and' && op !== 'or') throw wrong(`${path}.operator.type`, `unknown operator ${JSON.stringify(op)}; and, or`)
    const type = objectAt(c, 'evaluator', wrong)?.['type']
    if (type === 'no_value') return { query, reducer, operator: op, evaluator: { type } }
    const compared = CLASSIC_EVALUATORS.filter(t => t !== 'no_value')
    if (!compared.some(t => t === type)) throw wrong(`${path}.evaluator.type`, `unknown value ${JSON.stringify(type ?? null)}; one of ${CLASSIC_EVALUATORS.join(', ')}`)
    return { query, reducer, operator: op, evaluator: evaluatorAt(c, 'evaluator', compared, path, wrong) }
  })
}
