import { EMPTY_LABELS, scaleHistogram } from '@haechi/model'
import type { Histogram, Labels } from '@haechi/model'
import type { BinaryOp, Span } from '../ast.ts'
import type { Annotations } from './annotations.ts'
import { aggregateRows } from './aggregate.ts'
import { countValuesRows, quantileRows, reordered, selectRows } from './aggregate-select.ts'
import type { Held } from './budget.ts'
import type { EvalContext } from './context.ts'
import { applyDate } from './date-functions.ts'
import type { Grid } from './grid.ts'
import { HistogramRow, newHistogramColumn } from './histogram-column.ts'
import type { HistogramColumn } from './histogram-column.ts'
import { histogramFigures } from './histogram-figures.ts'
import { compareSamples, isTrim, operateSamples } from './histogram-operators.ts'
import type { Sample } from './histogram-operators.ts'
import { histogramFractions, histogramQuantiles } from './histogram-rows.ts'
import { joinInfo } from './info.ts'
import { checkJoin, labelJoin, labelReplace, replacePattern } from './label-functions.ts'
import { applyMap } from './map-functions.ts'
import type { MatrixNode, PlanNode, ScalarNode, SharedSelector, VectorNode } from './plan.ts'
import { START_AWARE, absentOverTime, rangeCallRows, storedSource, subqueryGrid, subquerySource } from './range-rows.ts'
import type { RangeSource } from './range-rows.ts'
import { Block, blockBytes, blockSize, countPresent, dropNames, emptyRows, toBlock, withoutDuplicates } from './rows.ts'
import type { Rows } from './rows.ts'
import type { SampleStats } from './sample-stats.ts'
import { binaryValue, goMax, goMin, isComparison } from './scalar-operators.ts'
import type { Selection } from './selection.ts'
import { selectorRows } from './selector-rows.ts'
import { setOperation } from './set-operators.ts'
import { smoothedRows } from './smoothed-rows.ts'
import { sortRows } from './sort.ts'
import { operateColumns, vectorBinary } from './vector-binary.ts'

/** Computes the nodes of a plan over a grid of times. All series must have been selected before. */
export class Evaluator {
  readonly #ctx: EvalContext
  readonly #selections: ReadonlyMap<SharedSelector, Selection>

  /** Where the selectors that are planned now count their samples. */
  #stats: SampleStats | undefined

  constructor(ctx: EvalContext, selections: ReadonlyMap<SharedSelector, Selection>, stats: SampleStats | undefined) {
    this.#ctx = ctx
    this.#selections = selections
    this.#stats = stats
  }

  /** The scalar at each step. */
  scalar(node: ScalarNode, grid: Grid): Float64Array {
    const { tracer } = this.#ctx
    if (tracer === undefined) return this.#scalar(node, grid)
    const trace = tracer.of(node)
    trace.series = 1
    trace.samples = grid.steps
    return tracer.timed(node, () => this.#scalar(node, grid))
  }

  #scalar(node: ScalarNode, grid: Grid): Float64Array {
    const { steps } = grid
    if (node.invariant && steps > 1) return new Float64Array(steps).fill(this.#once(grid, first => this.#scalar(node, first))[0]!)
    switch (node.kind) {
      case 'const': return new Float64Array(steps).fill(node.value)
      case 'time': {
        const out = new Float64Array(steps)
        for (let k = 0; k < steps; k++) out[k] = (grid.startMs + k * grid.stepMs) / 1000
        return out
      }
      case 'scalar-negate': {
        const out = this.scalar(node.expr, grid)
        for (let k = 0; k < steps; k++) out[k] = -out[k]!
        return out
      }
      case 'scalar-binary': {
        const left = this.scalar(node.left, grid)
        const right = this.scalar(node.right, grid)
        for (let k = 0; k < steps; k++) left[k] = binaryValue(node.op, left[k]!, right[k]!)
        return left
      }
      case 'scalar-pick': {
        const left = this.scalar(node.left, grid)
        const right = this.scalar(node.right, grid)
        const pick = node.func === 'max_of' ? goMax : goMin
        for (let k = 0; k < steps; k++) left[k] = pick(left[k]!, right[k]!)
        return left
      }
      case 'scalar-of': return this.#onlyValue(this.vector(node.expr, grid), steps)
    }
  }

  /** The value of the only series at each step, NaN where there is none or several. */
  #onlyValue(rows: Rows, steps: number): Float64Array {
    const held = this.#ctx.budget.mark()
    const out = new Float64Array(steps).fill(NaN)
    const seen = new Uint8Array(steps)
    const values = new Float64Array(steps)
    const present = new Uint8Array(steps)
    for (let i = 0; i < rows.labels.length; i++) {
      if (rows.read(i, values, present) === 0) continue
      for (let k = 0; k < steps; k++) {
        if (present[k] === 0) continue
        out[k] = seen[k] === 0 ? values[k]! : NaN
        seen[k] = 1
      }
    }
    this.#ctx.budget.release(held)
    return out
  }

  /** The instant vector at each step. */
  vector(node: VectorNode, grid: Grid): Rows {
    const { tracer } = this.#ctx
    return tracer === undefined ? this.#vector(node, grid) : tracer.rows(node, grid.steps, () => this.#vector(node, grid))
  }

  #vector(node: VectorNode, grid: Grid): Rows {
    const { budget } = this.#ctx
    budget.tick()
    if (grid.steps === 0) return emptyRows()
    // A range of one step too: what sorts within such a node sorts one instant.
    if (node.invariant && !grid.instant) return repeated(this.#once(grid, first => this.#vector(node, first)), grid.steps)
    switch (node.kind) {
      case 'selector': {
        const rows = selectorRows(this.#ctx, this.#selection(node.selector, node), node.place, node.output, grid, this.#stats)
        return node.output !== 'values' ? this.#mapped(rows, grid.steps, (_values, _present, count) => count) : rows
      }
      case 'smoothed-selector': return smoothedRows(this.#ctx, this.#selection(node.selector, node), node.place, grid, node.span)
      case 'range-call': return this.#rangeCall(node, grid)
      case 'absent-over-time': {
        const held = budget.mark()
        const absent = absentOverTime(this.#ctx, node.matrix, this.#source(node.matrix, grid, false), grid, this.#stats)
        budget.release(held)
        return absent === undefined ? emptyRows() : ones(node.labels, absent)
      }
      case 'absent': {
        // A selector notes nothing about its series; who counts samples wants those of all of them.
        const wholly = node.expr.kind !== 'selector' || this.#stats !== undefined || this.#ctx.tracer !== undefined
        return this.#absent(this.vector(node.expr, grid), node.labels, grid.steps, wholly)
      }
      case 'map': {
        const scalars = node.scalars.map(s => this.scalar(s, grid))
        return this.#mapped(this.vector(node.expr, grid), grid.steps, (values, present, count) => applyMap(node.func, scalars, values, present, grid.steps, count))
      }
      case 'date': return this.#mapped(this.vector(node.expr, grid), grid.steps, (values, present, count) => {
        applyDate(node.func, values, present, grid.steps)
        return count
      })
      case 'timestamp': return this.#mapped(withHistogramsPresent(this.vector(node.expr, grid), grid.steps), grid.steps, (values, _present, count) => {
        for (let k = 0; k < grid.steps; k++) values[k] = (grid.startMs + k * grid.stepMs) / 1000
        return count
      })
      case 'plus': return this.vector(node.expr, grid)
      case 'negate': return this.#mappedSamples(this.vector(node.expr, grid), grid.steps, (values, _present, count) => {
        for (let k = 0; k < grid.steps; k++) values[k] = -values[k]!
        return count
      }, h => scaleHistogram(h, -1))
      case 'vector-of': return new Block([EMPTY_LABELS], grid.steps, this.scalar(node.expr, grid), new Uint8Array(grid.steps).fill(1))
      case 'vector-scalar': return this.#vectorScalar(node, grid)
      case 'vector-vector': return this.#vectorVector(node, grid)
      case 'aggregate': return this.#aggregate(node, grid)
      case 'sort': {
        if (!grid.instant) {
          const rows = this.vector(node.expr, grid)
          this.#ctx.annotations.sortInRangeQuery(node.span)
          return node.byLabels.length > 0 || node.func.startsWith('sort_by_label') ? rows : floatsOnly(rows)
        }
        const block = toBlock(this.vector(node.expr, grid), grid.steps, budget)
        return reordered(block, sortRows(block, node.func, node.byLabels))
      }
      case 'label-replace': {
        const pattern = replacePattern(node.target, node.pattern)
        return labelReplace(this.vector(node.expr, grid), node.target, node.replacement, node.source, pattern, grid.steps, budget)
      }
      case 'label-join': {
        checkJoin(node.target, node.sources)
        return labelJoin(this.vector(node.expr, grid), node.target, node.separator, node.sources, grid.steps, budget)
      }
      case 'histogram-quantile': {
        const held = budget.mark()
        const quantiles = node.quantiles.map(q => this.scalar(q, grid))
        const block = toBlock(this.vector(node.expr, grid), grid.steps, budget)
        return this.#replaced(held, histogramQuantiles(this.#ctx, block, quantiles, node.quantiles.map(q => q.span), node.quantileLabel, node.expr.span, grid))
      }
      case 'histogram-fraction': {
        const held = budget.mark()
        const lower = this.scalar(node.lower, grid)
        const upper = this.scalar(node.upper, grid)
        const block = toBlock(this.vector(node.expr, grid), grid.steps, budget)
        return this.#replaced(held, histogramFractions(this.#ctx, block, lower, upper, node.expr.span))
      }
      case 'info': {
        const held = budget.mark()
        const base = toBlock(this.vector(node.expr, grid), grid.steps, budget)
        const info = toBlock(selectorRows(this.#ctx, this.#selection(node.selector), node.place, 'info-times', grid, this.#stats), grid.steps, budget)
        return this.#replaced(held, joinInfo(this.#ctx, base, info, node.matchers))
      }
      case 'histogram-figure': return histogramFigures(this.#ctx, this.vector(node.expr, grid), node.func, grid.steps)
      case 'nothing': {
        const held = budget.mark()
        this.#drain(this.vector(node.expr, grid), grid.steps)
        budget.release(held)
        return emptyRows()
      }
    }
  }

  /** Computes what is the same at all steps at the first of them. */
  #once<T>(grid: Grid, compute: (first: Grid) => T): T {
    const first = atStart(grid)
    const outer = this.#stats
    this.#stats = outer?.once(first)
    const out = compute(first)
    this.#stats = outer
    return out
  }

  /** @param reader  the node that reads it, for its trace */
  #selection(selector: SharedSelector, reader?: PlanNode): Selection {
    const found = this.#selections.get(selector)
    if (found === undefined) throw new Error(`BUG: ${selector.key} was not selected`)
    const { tracer } = this.#ctx
    if (tracer !== undefined && reader !== undefined) tracer.of(reader).matched = found.labels.length
    return found
  }

  /** Samples of a range vector; those of a subquery are computed now. */
  #source(node: MatrixNode, grid: Grid, withStarts: boolean): RangeSource {
    const { tracer } = this.#ctx
    if (tracer === undefined) return this.#untracedSource(node, grid, withStarts)
    return tracer.source(node, tracer.timed(node, () => this.#untracedSource(node, grid, withStarts)))
  }

  #untracedSource(node: MatrixNode, grid: Grid, withStarts: boolean): RangeSource {
    if (node.kind === 'matrix-selector') return storedSource(this.#selection(node.selector), node, grid, withStarts)
    const inner = subqueryGrid(node, grid)
    return subquerySource(this.subqueryBlock(node, inner, node.rangeMs), inner)
  }

  /** Results of a subquery at its own times. @param usedMs  how far back a step of the query uses them; 0: all are the answer */
  subqueryBlock(node: MatrixNode & { readonly kind: 'subquery' }, inner: Grid, usedMs: number): Block {
    const outer = this.#stats
    this.#stats = outer?.subquery(inner, usedMs === 0 ? 0 : node.offsetMs, usedMs)
    const block = this.block(node.expr, inner)
    this.#stats = outer
    return block
  }

  /** A vector or scalar with all rows in memory. */
  block(node: VectorNode | ScalarNode, grid: Grid): Block {
    if (node.type === 'vector') return toBlock(this.vector(node, grid), grid.steps, this.#ctx.budget)
    return new Block([EMPTY_LABELS], grid.steps, this.scalar(node, grid), new Uint8Array(grid.steps).fill(1))
  }

  #rangeCall(node: VectorNode & { readonly kind: 'range-call' }, grid: Grid): Rows {
    const scalars = node.scalars.map(s => this.scalar(s, grid))
    const source = this.#source(node.matrix, grid, this.#ctx.startTimestamps && START_AWARE.has(node.func))
    return rangeCallRows(this.#ctx, node, source, scalars, grid, this.#stats)
  }

  /** @param wholly  every row must be read, not only as many as it takes to know */
  #absent(rows: Rows, labels: Labels, steps: number, wholly: boolean): Rows {
    const held = this.#ctx.budget.mark()
    const absent = new Uint8Array(steps).fill(1)
    const row = new HistogramRow()
    const values = new Float64Array(steps)
    const present = new Uint8Array(steps)
    let left = steps
    for (let i = 0; i < rows.labels.length && (left > 0 || wholly); i++) {
      row.column = null
      if (rows.read(i, values, present, row) === 0) continue
      const column = row.column as HistogramColumn | null
      for (let k = 0; k < steps; k++) {
        if (absent[k] === 0 || (present[k] === 0 && (column === null || column[k] === null))) continue
        absent[k] = 0
        left--
      }
    }
    this.#ctx.budget.release(held)
    return left === 0 ? emptyRows() : ones(labels, absent)
  }

  #drain(rows: Rows, steps: number): void {
    const values = new Float64Array(steps)
    const present = new Uint8Array(steps)
    for (let i = 0; i < rows.labels.length; i++) rows.read(i, values, present)
  }

  /** Sets the samples held to those of a result that replaces what it was made from. */
  #replaced(held: Held, block: Block): Block {
    this.#ctx.budget.release(held)
    this.#ctx.budget.hold(blockSize(block))
    this.#ctx.budget.take(blockBytes(block))
    return block
  }

  /** Rows changed in place, without their metric names. `change` returns how many values are left. */
  #mapped(rows: Rows, steps: number, change: (values: Float64Array, present: Uint8Array, count: number) => number): Rows {
    const dropped = dropNames(rows, this.#ctx)
    const out: Rows = {
      labels: dropped.labels,
      dropName: dropped.dropName,
      read: (i, values, present) => {
        const count = rows.read(i, values, present)
        return count === 0 ? 0 : change(values, present, count)
      },
    }
    return dropped.unique ? out : withoutDuplicates(out, steps, 'merge', this.#ctx.budget)
  }

  /** Likewise, with a change for histograms too. */
  #mappedSamples(rows: Rows, steps: number, change: (values: Float64Array, present: Uint8Array, count: number) => number, changeHistogram: (h: Histogram) => Histogram): Rows {
    const dropped = dropNames(rows, this.#ctx)
    const out: Rows = {
      labels: dropped.labels,
      dropName: dropped.dropName,
      read: (i, values, present, histograms) => {
        const count = rows.read(i, values, present, histograms)
        const column = histograms?.column ?? null
        if (column !== null) for (let k = 0; k < steps; k++) if (column[k] !== null) column[k] = changeHistogram(column[k]!)
        return count === 0 ? 0 : change(values, present, count)
      },
    }
    return dropped.unique ? out : withoutDuplicates(out, steps, 'merge', this.#ctx.budget)
  }

  #vectorScalar(node: VectorNode & { readonly kind: 'vector-scalar' }, grid: Grid): Rows {
    const { steps } = grid
    const scalar = this.scalar(node.scalar, grid)
    const rows = this.vector(node.vector, grid)
    const all = new Uint8Array(steps).fill(1)
    const compares = isComparison(node.op)
    // A comparison keeps the vector's value, on whichever side it stands.
    const shape = compares && node.swapped && !node.bool ? { op: mirrored(node.op), bool: false } : { op: node.op, bool: node.bool }
    const scalarFirst = node.swapped && !(compares && !node.bool)
    const change = (values: Float64Array, present: Uint8Array): number => scalarFirst
      ? operateColumns(shape, scalar, values, all, present, 0, 0, steps, values, present, 0)
      : operateColumns(shape, values, scalar, present, all, 0, 0, steps, values, present, 0)
    const unread = new HistogramRow()
    const operate: Rows['read'] = (i, values, present, histograms) => {
      const row = histograms ?? unread
      if (histograms === undefined) row.column = null
      const count = rows.read(i, values, present, row)
      const column = row.column
      if (column === null && !isTrim(node.op)) return count === 0 ? 0 : change(values, present)
      row.column = null
      if (count === 0) return 0
      const left = this.#sampleScalar(node, scalar, values, present, column, row)
      return histograms === undefined ? countPresent(present, steps) : left
    }
    if (!(compares && !node.bool) && !isTrim(node.op)) {
      const dropped = dropNames(rows, this.#ctx)
      const out: Rows = { labels: dropped.labels, dropName: dropped.dropName, read: operate }
      return dropped.unique ? out : withoutDuplicates(out, steps, 'merge', this.#ctx.budget)
    }
    return { labels: rows.labels, dropName: rows.dropName, read: operate }
  }

  /** An operator with a scalar for a row of which some samples are histograms. @returns how many steps have a result */
  #sampleScalar(node: VectorNode & { readonly kind: 'vector-scalar' }, scalar: Float64Array, values: Float64Array, present: Uint8Array, column: HistogramColumn | null, into: HistogramRow): number {
    const note = (add: (annotations: Annotations, span: Span) => void): void => add(this.#ctx.annotations, node.span)
    let count = 0
    for (let k = 0; k < scalar.length; k++) {
      const own: Sample | null = column?.[k] ?? (present[k] === 1 ? values[k]! : null)
      present[k] = 0
      if (own === null) continue
      const left = node.swapped ? scalar[k]! : own
      const right = node.swapped ? own : scalar[k]!
      let result = node.bool ? compareSamples(node.op, left, right, note) : operateSamples(node.op, left, right, note)
      if (result === undefined) continue
      // A comparison keeps the vector's value, on whichever side it stands.
      if (isComparison(node.op) && !node.bool) result = own
      count++
      if (typeof result === 'number') {
        values[k] = result
        present[k] = 1
      } else {
        into.column ??= newHistogramColumn(scalar.length)
        into.column[k] = result
      }
    }
    return count
  }

  #vectorVector(node: VectorNode & { readonly kind: 'vector-vector' }, grid: Grid): Rows {
    const { budget } = this.#ctx
    const held = budget.mark()
    const left = toBlock(this.vector(node.left, grid), grid.steps, budget)
    const right = toBlock(this.vector(node.right, grid), grid.steps, budget)
    const { op } = node
    const block = op === 'and' || op === 'or' || op === 'unless'
      ? setOperation(this.#ctx, op, left, right, node.matching)
      : vectorBinary(this.#ctx, { op, bool: node.bool, span: node.span }, left, right, node.matching)
    return this.#replaced(held, block)
  }

  #aggregate(node: VectorNode & { readonly kind: 'aggregate' }, grid: Grid): Rows {
    const { op, grouping, without } = node
    const { budget } = this.#ctx
    const { steps } = grid
    switch (op) {
      case 'quantile': case 'topk': case 'bottomk': case 'limitk': case 'limit_ratio': {
        const held = budget.mark()
        const param = this.scalar(node.param!, grid)
        const block = toBlock(this.vector(node.expr, grid), steps, budget)
        const span = node.param!.span
        const rows = op === 'quantile'
          ? quantileRows(this.#ctx, block, param, span, grouping, without, node.expr.span)
          : selectRows(this.#ctx, op, block, param, span, grouping, without, grid.instant, node.span)
        return rows instanceof Block ? this.#replaced(held, rows) : rows
      }
      case 'count_values': {
        const held = budget.mark()
        const block = toBlock(this.vector(node.expr, grid), steps, budget)
        budget.release(held)
        return countValuesRows(this.#ctx, block, node.valueLabel, grouping, without)
      }
      default: return aggregateRows(this.#ctx, op, this.vector(node.expr, grid), grouping, without, steps, node.expr.span)
    }
  }
}

/** The first step alone: where a value that is the same at all steps is computed. */
function atStart(grid: Grid): Grid {
  return { startMs: grid.startMs, stepMs: grid.stepMs, steps: 1, instant: true }
}

/** One value per series, repeated at every step. */
function repeated(rows: Rows, steps: number): Rows {
  return {
    labels: rows.labels,
    dropName: rows.dropName,
    read: (i, values, present, histograms) => {
      const count = rows.read(i, values, present, histograms)
      values.fill(values[0]!, 0, steps)
      present.fill(present[0]!, 0, steps)
      if (histograms !== undefined && histograms.column !== null) histograms.column = repeatedHistogram(histograms.column[0]!, steps)
      return count * steps
    },
  }
}

function repeatedHistogram(h: Histogram | null, steps: number): HistogramColumn {
  return Array.from({ length: steps }, () => h)
}

/** Rows without their histograms. */
function floatsOnly(rows: Rows): Rows {
  return { labels: rows.labels, dropName: rows.dropName, read: (i, values, present) => rows.read(i, values, present) }
}

/** Rows that have a float, of whatever value, where they have a histogram. */
function withHistogramsPresent(rows: Rows, steps: number): Rows {
  const row = new HistogramRow()
  return {
    labels: rows.labels,
    dropName: rows.dropName,
    read: (i, values, present) => {
      row.column = null
      const count = rows.read(i, values, present, row)
      const column = row.column as HistogramColumn | null
      if (column !== null) for (let k = 0; k < steps; k++) if (column[k] !== null) present[k] = 1
      return count
    },
  }
}

function ones(labels: Labels, present: Uint8Array): Block {
  return new Block([labels], present.length, new Float64Array(present.length).fill(1), present)
}

/** The comparison with its sides exchanged. */
function mirrored(op: BinaryOp): BinaryOp {
  switch (op) {
    case '<': return '>'
    case '<=': return '>='
    case '>': return '<'
    case '>=': return '<='
    default: return op
  }
}
