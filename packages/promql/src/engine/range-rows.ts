import { METRIC_NAME, labelValue } from '@haechi/model'
import type { Labels } from '@haechi/model'
import { HINT_SAME_TIMES } from '@haechi/storage'
import type { EvalContext } from './context.ts'
import type { Grid } from './grid.ts'
import { rangeGrid } from './grid.ts'
import type { MatrixNode, VectorNode } from './plan.ts'
import { newExtendedKernel } from './extended-range.ts'
import { EXTRAPOLATING, newRangeKernel } from './range-functions.ts'
import { RangeWindow } from './range-window.ts'
import { dropNames, withoutDuplicates } from './rows.ts'
import type { Block, Rows } from './rows.ts'
import type { SampleStats } from './sample-stats.ts'
import { StaleFilter } from './selection.ts'
import type { Selection } from './selection.ts'

/** Series with their samples over all windows of a range vector, read one at a time. */
export interface RangeSource {
  readonly labels: readonly Labels[]
  readonly dropName: Uint8Array | undefined
  /** Loads the samples of series i into the window. */
  load(i: number, window: RangeWindow): void
}

/** How far the samples that a range needs reach before it and behind it. */
function reach(node: MatrixNode): { readonly beforeMs: number; readonly afterMs: number } {
  return (node.kind === 'matrix-selector' ? node.extension : undefined) ?? NO_REACH
}

const NO_REACH = { beforeMs: 0, afterMs: 0 }

/** The window of a range vector over the steps of a grid; of an extended range it holds the samples outside too. */
export function newWindow(node: MatrixNode, grid: Grid, forRates: boolean): RangeWindow {
  const { beforeMs, afterMs } = reach(node)
  const first = (node.atMs ?? grid.startMs) - node.offsetMs + afterMs
  return new RangeWindow(grid.steps, node.rangeMs + beforeMs + afterMs, grid.startMs, grid.stepMs, first, node.atMs === undefined ? grid.stepMs : 0, forRates)
}

/** Samples of the storage. */
export function storedSource(selection: Selection, node: MatrixNode, grid: Grid): RangeSource {
  const first = (node.atMs ?? grid.startMs) - node.offsetMs
  const { beforeMs, afterMs } = reach(node)
  const minMs = first - node.rangeMs - beforeMs + 1
  const maxMs = first + (node.atMs === undefined ? grid.stepMs * (grid.steps - 1) : 0) + afterMs
  const filter = new StaleFilter()
  // The window holds the times of the read before, none left out.
  let follows = false
  return {
    labels: selection.labels,
    dropName: undefined,
    load: (i, window) => {
      const read = selection.read(i, minMs, maxMs)
      const samples = filter.apply(read)
      window.load(samples.ts, samples.vs, samples.length, follows && samples === read && read.hints !== undefined && (read.hints & HINT_SAME_TIMES) !== 0)
      follows = samples === read
    },
  }
}

/**
 * The times at which a subquery's expression is evaluated: multiples of its step after the first window's start.
 * @see Prometheus promql/engine.go `subqueryTimeRange`
 */
export function subqueryGrid(node: MatrixNode & { readonly kind: 'subquery' }, grid: Grid): Grid {
  const first = (node.atMs ?? grid.startMs) - node.offsetMs
  const last = first + (node.atMs === undefined ? grid.stepMs * (grid.steps - 1) : 0)
  const open = first - node.rangeMs
  return rangeGrid((Math.floor(open / node.stepMs) + 1) * node.stepMs, last, node.stepMs)
}

/** Results of a subquery as samples. */
export function subquerySource(block: Block, grid: Grid): RangeSource {
  const { steps } = grid
  const ts = new Float64Array(steps)
  const vs = new Float64Array(steps)
  return {
    labels: block.labels,
    dropName: block.dropName,
    load: (i, window) => {
      const from = i * steps
      let n = 0
      for (let k = 0; k < steps; k++) {
        if (block.present[from + k] === 0) continue
        ts[n] = grid.startMs + k * grid.stepMs
        vs[n++] = block.values[from + k]!
      }
      window.load(ts, vs, n)
    },
  }
}

/** A function of a range vector as rows. */
export function rangeCallRows(ctx: EvalContext, call: VectorNode & { readonly kind: 'range-call' }, source: RangeSource, scalars: readonly Float64Array[], grid: Grid, stats: SampleStats | undefined): Rows {
  const { budget } = ctx
  const { func, matrix: node } = call
  const extension = node.kind === 'matrix-selector' ? node.extension : undefined
  const window = newWindow(node, grid, extension === undefined && EXTRAPOLATING.has(func))
  const kernel = extension === undefined ? newRangeKernel(func) : newExtendedKernel(func, extension.kind, node.rangeMs, extension.afterMs)
  const counterNames = func === 'rate' || func === 'increase' ? new CounterNames() : undefined
  // Prometheus warns only where there is something to compute.
  const badQuantiles = func === 'quantile_over_time' ? stepsOutsideUnit(scalars[0]!) : undefined
  const read = (i: number, values: Float64Array, present: Uint8Array): number => {
    budget.tick()
    source.load(i, window)
    if (stats !== undefined) stats.addWindows(window, node.kind === 'matrix-selector')
    const count = kernel(window, scalars, values, present)
    budget.hold(count)
    if (badQuantiles !== undefined && count > 0) for (const k of badQuantiles) if (present[k] === 1) ctx.annotations.invalidQuantile(scalars[0]![k]!, call.scalars[0]!.span)
    if (count > 0 && counterNames !== undefined) {
      const doubtful = counterNames.doubtful(source.labels[i]!)
      if (doubtful !== '') ctx.annotations.possibleNonCounter(doubtful, node.span)
    }
    return count
  }
  const rows: Rows = { labels: source.labels, dropName: source.dropName, read }
  const keepsName = func === 'last_over_time' || func === 'first_over_time'
  if (keepsName) return rows
  const dropped = dropNames(rows, ctx.delayedNames)
  const out: Rows = { labels: dropped.labels, dropName: dropped.dropName, read }
  return dropped.unique ? out : withoutDuplicates(out, grid.steps, 'refuse', budget)
}

/** Steps at which a quantile lies outside; undefined when all are in [0, 1]. */
function stepsOutsideUnit(quantiles: Float64Array): readonly number[] | undefined {
  const steps: number[] = []
  quantiles.forEach((q, k) => {
    if (!(q >= 0 && q <= 1)) steps.push(k)
  })
  return steps.length > 0 ? steps : undefined
}

/** Remembers the last judged name: neighbouring series mostly share it. */
class CounterNames {
  #name = ''
  #doubtful = false

  /** The metric name when it doesn't look like a counter's, else `''`. */
  doubtful(labels: Labels): string {
    const name = labels[0] === METRIC_NAME ? labels[1]! : labelValue(labels, METRIC_NAME)
    if (name !== this.#name) {
      this.#name = name
      this.#doubtful = !(name.endsWith('_total') || name.endsWith('_sum') || name.endsWith('_count') || name.endsWith('_bucket'))
    }
    return this.#doubtful ? name : ''
  }
}

/** 1 at each step at which no series has a sample in its window; undefined when there is no such step. */
export function absentOverTime(ctx: EvalContext, node: MatrixNode, source: RangeSource, grid: Grid, stats: SampleStats | undefined): Uint8Array | undefined {
  const { steps } = grid
  const window = newWindow(node, grid, false)
  const absent = new Uint8Array(steps).fill(1)
  let left = steps
  for (let i = 0; i < source.labels.length && (left > 0 || stats !== undefined); i++) {
    ctx.budget.tick()
    source.load(i, window)
    if (stats !== undefined) stats.addWindows(window, node.kind === 'matrix-selector')
    for (let k = 0; k < steps; k++) {
      if (absent[k] === 1 && window.hi[k]! > window.lo[k]!) {
        absent[k] = 0
        left--
      }
    }
  }
  return left === 0 ? undefined : absent
}
