import { METRIC_NAME } from '@haechi/model'
import type { EmptyReason, ExplainNode, QueryExplanation } from '@haechi/storage'
import type { Finished } from './outcome.ts'
import type { MatrixNode, PlanNode, SharedSelector } from './plan.ts'
import { isComparison } from './scalar-operators.ts'
import type { Tracer } from './tracer.ts'

/** Computes the whole answer for what its nodes did on the way. @throws QueryError as the query itself does */
export function toExplanation(finished: Finished): QueryExplanation {
  const { outcome, measurement, explained } = finished
  if (measurement === undefined || explained === undefined) throw new Error('BUG: explaining a query that was not watched')
  if (outcome.type === 'vector' || outcome.type === 'grid') {
    const steps = outcome.type === 'grid' ? outcome.grid.steps : 1
    const values = new Float64Array(steps)
    const present = new Uint8Array(steps)
    for (let i = 0; i < outcome.rows.labels.length; i++) outcome.rows.read(i, values, present)
  }
  const { plan, tracer } = explained
  const builder = new Explainer(tracer, finished.query)
  const root = builder.node(plan.root)
  const empty = root.series === 0 && (outcome.type === 'vector' || outcome.type === 'grid' || outcome.type === 'matrix') ? builder.firstEmpty(plan.root) : undefined
  return {
    expr: finished.query, type: outcome.type === 'grid' ? 'matrix' : outcome.type, steps: outcome.type === 'grid' ? outcome.grid.steps : 1, root,
    stats: measurement.stats(), ...(empty === undefined ? {} : { emptyAt: empty }), ...finished.annotations.texts(finished.query),
  }
}

/** The nodes that a node takes its values from, in the order of the text. */
function partsOf(node: PlanNode): readonly PlanNode[] {
  switch (node.kind) {
    case 'const': case 'time': case 'string': case 'selector': case 'smoothed-selector': case 'matrix-selector': return []
    case 'scalar-binary': case 'scalar-pick': return [node.left, node.right]
    case 'scalar-negate': case 'scalar-of': case 'subquery': case 'absent': case 'date': case 'timestamp': case 'vector-of': case 'negate': case 'plus': case 'sort':
    case 'label-replace': case 'label-join': case 'nothing': case 'histogram-figure': case 'info': return [node.expr]
    case 'range-call': return inOrder([node.matrix, ...node.scalars])
    case 'absent-over-time': return [node.matrix]
    case 'map': return [node.expr, ...node.scalars]
    case 'vector-scalar': return node.swapped ? [node.scalar, node.vector] : [node.vector, node.scalar]
    case 'vector-vector': return [node.left, node.right]
    case 'aggregate': return node.param === undefined ? [node.expr] : [node.param, node.expr]
    case 'histogram-quantile': return inOrder([node.expr, ...node.quantiles])
    case 'histogram-fraction': return [node.lower, node.upper, node.expr]
  }
}

function inOrder(nodes: readonly PlanNode[]): readonly PlanNode[] {
  return nodes.toSorted((a, b) => a.span.start - b.span.start)
}

class Explainer {
  readonly #tracer: Tracer
  readonly #query: string
  readonly #ids = new Map<PlanNode, number>()

  constructor(tracer: Tracer, query: string) {
    this.#tracer = tracer
    this.#query = query
  }

  node(n: PlanNode): ExplainNode {
    const id = this.#ids.size
    this.#ids.set(n, id)
    const parts = partsOf(n).map(part => this.node(part))
    const { ms, series, samples, matched } = this.#tracer.of(n)
    const below = parts.reduce((sum, part) => sum + part.ms, 0)
    // A node that takes all of its time from its parts may be measured a little shorter than they are.
    const whole = Math.max(ms, below)
    return {
      id, ...this.#described(n), text: this.#query.slice(n.span.start, n.span.end), start: n.span.start, end: n.span.end,
      ms: micros(whole), selfMs: micros(whole - below), series, samples, ...(matched === undefined ? {} : { matched }), once: n.invariant, parts,
    }
  }

  #described(n: PlanNode): Pick<ExplainNode, 'kind' | 'name'> {
    switch (n.kind) {
      case 'const': return { kind: 'literal', name: this.#query.slice(n.span.start, n.span.end) }
      case 'string': return { kind: 'literal', name: '' }
      case 'selector': return n.output !== 'values' ? { kind: 'call', name: this.#nameInText(n) } : { kind: 'selector', name: metricName(n.selector) }
      case 'smoothed-selector': return { kind: 'selector', name: metricName(n.selector) }
      case 'matrix-selector': return { kind: 'range', name: metricName(n.selector) }
      case 'subquery': return { kind: 'subquery', name: '' }
      case 'scalar-binary': case 'vector-scalar': case 'vector-vector': return { kind: 'operator', name: n.op }
      case 'scalar-negate': case 'negate': return { kind: 'operator', name: '-' }
      case 'plus': return { kind: 'operator', name: '+' }
      case 'aggregate': return { kind: 'aggregation', name: n.op }
      default: return { kind: 'call', name: this.#nameInText(n) }
    }
  }

  /** The word before the parenthesis. */
  #nameInText(n: PlanNode): string {
    return /^\w+(?=\s*\()/.exec(this.#query.slice(n.span.start, n.span.end))?.[0] ?? ''
  }

  /** Follows empty parts down from an empty node to the one whose own parts are not empty. */
  firstEmpty(n: PlanNode): { readonly id: number; readonly reason: EmptyReason } {
    const below = partsOf(n).find(part => this.#isEmpty(part) && this.#matters(n, part))
    return below === undefined ? { id: this.#ids.get(n)!, reason: this.#reason(n) } : this.firstEmpty(below)
  }

  #isEmpty(n: PlanNode): boolean {
    return (n.type === 'vector' || n.type === 'matrix') && this.#tracer.of(n).series === 0
  }

  /** Whether an empty part can be why a node is empty: `or` needs both, `unless` its left side. */
  #matters(n: PlanNode, part: PlanNode): boolean {
    if (n.kind === 'absent' || n.kind === 'absent-over-time') return false
    if (n.kind === 'vector-vector' && n.op === 'unless') return part === n.left
    return true
  }

  #reason(n: PlanNode): EmptyReason {
    switch (n.kind) {
      case 'selector': case 'smoothed-selector': case 'matrix-selector': return this.#selected(n)
      case 'range-call': return 'too-few-samples'
      case 'vector-scalar': return isComparison(n.op) && !n.bool ? 'filtered' : 'other'
      case 'vector-vector': return isComparison(n.op) && !n.bool ? 'filtered' : n.op === 'unless' ? 'filtered' : 'no-match'
      case 'info': return 'no-match'
      case 'map': return 'filtered'
      case 'absent': case 'absent-over-time': return 'present'
      case 'histogram-quantile': case 'histogram-fraction': return 'no-buckets'
      case 'histogram-figure': return 'no-histograms'
      case 'aggregate': return 'none-selected'
      default: return 'other'
    }
  }

  #selected(n: PlanNode | MatrixNode): EmptyReason {
    return (this.#tracer.of(n).matched ?? 0) === 0 ? 'no-series' : 'no-samples'
  }
}

function metricName(selector: SharedSelector): string {
  return selector.matchers.find(m => m.name === METRIC_NAME && m.type === '=')?.value ?? ''
}

/** Milliseconds to the microsecond. */
function micros(ms: number): number {
  return Math.round(ms * 1000) / 1000
}
