import { METRIC_NAME, RESET_HINT, labelValue, withResetHint } from '@haechi/model'
import type { Histogram, Labels } from '@haechi/model'
import { HINT_SAME_TIMES } from '@haechi/storage'
import type { Span } from '../ast.ts'
import type { EvalContext } from './context.ts'
import type { Grid } from './grid.ts'
import { rangeGrid } from './grid.ts'
import type { MatrixNode, VectorNode } from './plan.ts'
import { newExtendedKernel } from './extended-range.ts'
import { HistogramRow, columnSize } from './histogram-column.ts'
import { mixedRange } from './histogram-range.ts'
import type { MixedRangeCall } from './histogram-range.ts'
import { EXTRAPOLATING, checkSmoothing, newRangeKernel } from './range-functions.ts'
import type { RangeKernel } from './range-functions.ts'
import { startAwareIrate, startAwareRate, startAwareResets } from './start-times.ts'
import { RangeWindow } from './range-window.ts'
import { countPresent, dropNames, withoutDuplicates } from './rows.ts'
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

/** Samples of the storage. @param withStarts  start times are wanted */
export function storedSource(selection: Selection, node: MatrixNode, grid: Grid, withStarts: boolean): RangeSource {
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
      if (samples.histograms !== null || (withStarts && samples.startsMs !== null)) {
        window.loadSamples(samples, withStarts)
        follows = false
        return
      }
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

const NO_BITS: Uint32Array = new Uint32Array(0)

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
      const column = block.histograms?.[i]
      if (column !== undefined) {
        const histograms: (Histogram | null)[] = []
        for (let k = 0; k < steps; k++) {
          if (!block.has(i, k)) continue
          ts[n] = grid.startMs + k * grid.stepMs
          vs[n++] = block.values[from + k]!
          const h: Histogram | null = column[k]!
          // Samples may be missing or come twice: what is known about resets between neighbours holds no more.
          histograms.push(h === null || h.resetHint === RESET_HINT.gauge ? h : withResetHint(h, RESET_HINT.unknown))
        }
        window.loadSamples({ ts, vs, bits: NO_BITS, length: n, histograms, startsMs: null }, false)
        return
      }
      for (let k = 0; k < steps; k++) {
        if (block.present[from + k] === 0) continue
        ts[n] = grid.startMs + k * grid.stepMs
        vs[n++] = block.values[from + k]!
      }
      window.load(ts, vs, n)
    },
  }
}

const BEGINNING: Span = { start: 0, end: 0 }

/** Where annotations about a range vector point. Those about a subquery point at the beginning of the query: Prometheus computes a range vector without a place from it. */
function notePlace(node: MatrixNode): Span {
  return node.kind === 'subquery' ? BEGINNING : node.span
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
  const place = notePlace(node)
  const badQuantiles = func === 'quantile_over_time' ? stepsOutsideUnit(scalars[0]!) : undefined
  const read: Rows['read'] = (i, values, present, histograms) => {
    budget.tick()
    source.load(i, window)
    if (stats !== undefined) stats.addWindows(window, node.kind === 'matrix-selector')
    let count = window.starts === null || extension !== undefined ? kernel(window, scalars, values, present) : startAware(ctx, call, source.labels[i]!, kernel, window, scalars, values, present)
    if (window.histograms === null) budget.hold(count)
    else {
      const notes = { annotations: ctx.annotations, metricName: labelValue(source.labels[i]!, METRIC_NAME), span: place }
      const mixed: MixedRangeCall = { func, extension, rangeMs: node.rangeMs, notes, firstArgument: func === 'quantile_over_time' ? call.scalars[0]!.span : place, ...(func === 'double_exponential_smoothing' ? { check: (k: number): void => checkSmoothing(scalars, k) } : {}) }
      const row = histograms ?? new HistogramRow()
      count = mixedRange(mixed, window, values, present, row)
      const floats = countPresent(present, grid.steps)
      budget.hold(floats + (row.column === null ? 0 : columnSize(row.column)))
      if (histograms === undefined) count = floats
      // What follows is about floats.
      if (floats === 0) return count
    }
    if (badQuantiles !== undefined && count > 0) for (const k of badQuantiles) if (present[k] === 1) ctx.annotations.invalidQuantile(scalars[0]![k]!, call.scalars[0]!.span)
    if (count > 0 && counterNames !== undefined) {
      const doubtful = ctx.typeLabels ? '' : counterNames.doubtful(source.labels[i]!)
      if (ctx.typeLabels) adviseByType(ctx, source.labels[i]!, place)
      else if (doubtful !== '') ctx.annotations.possibleNonCounter(doubtful, place)
    }
    return count
  }
  const rows: Rows = { labels: source.labels, dropName: source.dropName, read }
  const keepsName = func === 'last_over_time' || func === 'first_over_time'
  if (keepsName) return rows
  const dropped = dropNames(rows, ctx)
  const out: Rows = { labels: dropped.labels, dropName: dropped.dropName, read }
  return dropped.unique ? out : withoutDuplicates(out, grid.steps, 'refuse', budget)
}

/** Functions of counters that look at start times. */
export const START_AWARE: ReadonlySet<string> = new Set(['rate', 'increase', 'irate', 'resets'])

/** The kernel's work for floats whose start times are known. */
function startAware(
  ctx: EvalContext, call: VectorNode & { readonly kind: 'range-call' }, labels: Labels, kernel: RangeKernel, w: RangeWindow, scalars: readonly Float64Array[], values: Float64Array, present: Uint8Array,
): number {
  switch (call.func) {
    case 'rate': case 'increase':
      return startAwareRate(w, call.func === 'rate', values, present, () => ctx.annotations.startTimeOverlap(labelValue(labels, METRIC_NAME), notePlace(call.matrix)))
    case 'irate': return startAwareIrate(w, values, present)
    case 'resets': return startAwareResets(w, values, present)
    default: return kernel(w, scalars, values, present)
  }
}

/** Steps at which a quantile lies outside; undefined when all are in [0, 1]. */
function stepsOutsideUnit(quantiles: Float64Array): readonly number[] | undefined {
  const steps: number[] = []
  quantiles.forEach((q, k) => {
    if (!(q >= 0 && q <= 1)) steps.push(k)
  })
  return steps.length > 0 ? steps : undefined
}

/** Notes a metric that has a name but neither of the types that a counter may have. */
function adviseByType(ctx: EvalContext, labels: Labels, span: Span): void {
  const name = labelValue(labels, METRIC_NAME)
  const type = labelValue(labels, '__type__')
  if (name !== '' && type !== 'counter' && type !== 'histogram') ctx.annotations.possibleNonCounterType(name, type, span)
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
      if (absent[k] === 1 && (window.hi[k]! > window.lo[k]! || (window.histograms !== null && window.histograms.hi[k]! > window.histograms.lo[k]!))) {
        absent[k] = 0
        left--
      }
    }
  }
  return left === 0 ? undefined : absent
}
