import type { AggregateOp, Span } from '../ast.ts'
import { HistogramGroups } from './aggregate-histograms.ts'
import type { EvalContext } from './context.ts'
import { HistogramRow } from './histogram-column.ts'
import type { HistogramColumn } from './histogram-column.ts'
import { groupSeries } from './grouping.ts'
import type { Groups } from './grouping.ts'
import { KahanSum } from './kahan.ts'
import { Block, blockBytes, blockSize, countPresent } from './rows.ts'
import type { Rows } from './rows.ts'

/** Adds one row to the sums of its group. `at` is the position of the group's first step, `count` how many steps have a value. */
type Accumulate = (values: Float64Array, present: Uint8Array, at: number, count: number) => void

/** Columns of all groups, group-major, and how rows go into them. */
interface Accumulator {
  readonly add: Accumulate
  /** Turns what was gathered into the result, in place. */
  readonly finish: () => void
  readonly values: Float64Array
  readonly present: Uint8Array
}

/**
 * Aggregations whose groups need constant memory per step. The input is read row by row and never held.
 * The order of summation is that of the rows, as in Prometheus.
 * @param span  of the expression that is aggregated
 */
export function aggregateRows(ctx: EvalContext, op: AggregateOp, rows: Rows, grouping: readonly string[], without: boolean, steps: number, span: Span): Rows {
  const { budget } = ctx
  const n = rows.labels.length
  const groups = groupSeries(rows.labels, grouping, without, ctx.memo)
  const cells = groups.labels.length * steps
  const heldBefore = budget.mark()
  // Sums carry a second column.
  budget.reserve(2 * cells)
  const acc = newAccumulator(op, cells, steps)
  const values = new Float64Array(steps)
  const present = new Uint8Array(steps)
  const drops = rows.dropName === undefined ? undefined : new Uint8Array(groups.labels.length)
  const row = new HistogramRow()
  let histograms: HistogramGroups | undefined
  for (let i = 0; i < n; i++) {
    row.column = null
    const count = rows.read(i, values, present, row)
    if (count === 0) continue
    const column = row.column as HistogramColumn | null
    if (column !== null) {
      switch (op) {
        case 'sum': case 'avg':
          histograms ??= new HistogramGroups(op === 'avg', ctx.annotations, span)
          histograms.add(rows.labels[i]!, column, groups.of[i]! * steps, acc.present)
          break
        case 'count': case 'group':
          for (let k = 0; k < steps; k++) if (column[k] !== null) present[k] = 1
          break
        default: ctx.annotations.histogramIgnoredInAggregation(op, span)
      }
    }
    acc.add(values, present, groups.of[i]! * steps, column === null ? count : countPresent(present, steps))
    if (drops !== undefined && rows.dropName![i] === 1) drops[groups.of[i]!] = 1
  }
  acc.finish()
  const block = new Block(groups.labels, steps, acc.values, acc.present, drops, histograms?.finish(groups.labels.length, steps, acc.present))
  budget.release(heldBefore)
  budget.hold(blockSize(block))
  budget.take(blockBytes(block))
  return block
}

/** Groups with all their values at one step, for aggregations that need them together. `f` gets the rows of a group. */
export function rowsByGroup(groups: Groups): Int32Array[] {
  const sizes = new Int32Array(groups.labels.length)
  for (const g of groups.of) sizes[g] = sizes[g]! + 1
  const out = Array.from(sizes, size => new Int32Array(size))
  sizes.fill(0)
  for (let i = 0; i < groups.of.length; i++) {
    const g = groups.of[i]!
    out[g]![sizes[g]!] = i
    sizes[g] = sizes[g]! + 1
  }
  return out
}

function newAccumulator(op: AggregateOp, cells: number, steps: number): Accumulator {
  const values = new Float64Array(cells)
  const present = new Uint8Array(cells)
  switch (op) {
    case 'sum': return sumAccumulator(values, present, steps)
    case 'avg': return averageAccumulator(values, present, steps)
    case 'min': case 'max': return extremeAccumulator(op === 'min' ? -1 : 1, values, present, steps)
    case 'count': return countAccumulator(values, present, steps)
    case 'group': return groupAccumulator(values, present, steps)
    case 'stddev': case 'stdvar': return varianceAccumulator(op === 'stddev', values, present, steps)
    default: throw new Error(`BUG: ${op} does not aggregate row by row`)
  }
}

function sumAccumulator(values: Float64Array, present: Uint8Array, steps: number): Accumulator {
  const c = new Float64Array(values.length)
  // Groups that have a value at each step: most rows have, too, and then nothing need be looked at.
  const whole = new Uint8Array(values.length / Math.max(1, steps))
  return {
    values,
    present,
    add: (row, has, at, count) => {
      if (count === steps) {
        if (whole[at / steps] === 1) {
          addWhole(row, values, c, at, steps)
          return
        }
        whole[at / steps] = 1
      }
      for (let k = 0; k < steps; k++) {
        if (has[k] === 0) continue
        const o = at + k
        const v = row[k]!
        if (present[o] === 0) {
          present[o] = 1
          values[o] = v
          continue
        }
        const sum = values[o]!
        const t = sum + v
        c[o] = c[o]! + (Math.abs(sum) >= Math.abs(v) ? sum - t + v : v - t + sum)
        values[o] = t
      }
    },
    finish: () => {
      // A sum that has been infinite ends so, or as NaN: its compensation means nothing.
      for (let o = 0; o < values.length; o++) if (Number.isFinite(values[o]!)) values[o] = values[o]! + c[o]!
    },
  }
}

/** Adds a row without gaps to sums without gaps. */
function addWhole(row: Float64Array, values: Float64Array, c: Float64Array, at: number, steps: number): void {
  for (let k = 0; k < steps; k++) {
    const v = row[k]!
    const sum = values[at + k]!
    const t = sum + v
    c[at + k] = c[at + k]! + (Math.abs(sum) >= Math.abs(v) ? sum - t + v : v - t + sum)
    values[at + k] = t
  }
}

/** Takes the n-th value into a mean. */
function addToMean(mean: KahanSum, v: number, n: number): void {
  const q = (n - 1) / n
  mean.sum *= q
  mean.c *= q
  mean.add(v / n)
}

function averageAccumulator(values: Float64Array, present: Uint8Array, steps: number): Accumulator {
  const c = new Float64Array(values.length)
  const counts = new Int32Array(values.length)
  // Groups whose sum would overflow go on with an incremental mean.
  let means: (KahanSum | undefined)[] | undefined
  return {
    values,
    present,
    add: (row, has, at) => {
      for (let k = 0; k < steps; k++) {
        if (has[k] === 0) continue
        const o = at + k
        const v = row[k]!
        if (present[o] === 0) {
          present[o] = 1
          values[o] = v
          counts[o] = 1
          continue
        }
        const n = counts[o]! + 1
        counts[o] = n
        const known = means?.[o]
        if (known !== undefined) {
          addToMean(known, v, n)
          continue
        }
        const sum = values[o]!
        const t = sum + v
        if (t === Infinity || t === -Infinity) {
          const mean = new KahanSum()
          mean.sum = sum / (n - 1)
          mean.c = c[o]! / (n - 1)
          means ??= []
          means[o] = mean
          addToMean(mean, v, n)
          continue
        }
        c[o] = c[o]! + (Math.abs(sum) >= Math.abs(v) ? sum - t + v : v - t + sum)
        values[o] = t
      }
    },
    finish: () => {
      for (let o = 0; o < values.length; o++) {
        const mean = means?.[o]
        values[o] = mean === undefined ? values[o]! / counts[o]! + c[o]! / counts[o]! : mean.sum + mean.c
      }
    },
  }
}

function extremeAccumulator(sign: 1 | -1, values: Float64Array, present: Uint8Array, steps: number): Accumulator {
  return {
    values,
    present,
    add: (row, has, at) => {
      for (let k = 0; k < steps; k++) {
        if (has[k] === 0) continue
        const o = at + k
        const v = row[k]!
        const best = values[o]!
        if (present[o] === 0 || v * sign > best * sign || best !== best) {
          present[o] = 1
          values[o] = v
        }
      }
    },
    finish: () => {},
  }
}

function countAccumulator(values: Float64Array, present: Uint8Array, steps: number): Accumulator {
  return {
    values,
    present,
    add: (_row, has, at) => {
      for (let k = 0; k < steps; k++) {
        if (has[k] === 0) continue
        present[at + k] = 1
        values[at + k] = values[at + k]! + 1
      }
    },
    finish: () => {},
  }
}

function groupAccumulator(values: Float64Array, present: Uint8Array, steps: number): Accumulator {
  return {
    values,
    present,
    add: (_row, has, at) => {
      for (let k = 0; k < steps; k++) if (has[k] === 1) present[at + k] = 1
    },
    finish: () => {
      values.fill(1)
    },
  }
}

function varianceAccumulator(root: boolean, values: Float64Array, present: Uint8Array, steps: number): Accumulator {
  const means = new Float64Array(values.length)
  const counts = new Int32Array(values.length)
  return {
    values,
    present,
    add: (row, has, at) => {
      for (let k = 0; k < steps; k++) {
        if (has[k] === 0) continue
        const o = at + k
        const v = row[k]!
        const n = counts[o]! + 1
        counts[o] = n
        if (present[o] === 0) {
          present[o] = 1
          means[o] = v
          values[o] = Number.isFinite(v) ? 0 : NaN
          continue
        }
        const delta = v - means[o]!
        means[o] = means[o]! + delta / n
        values[o] = values[o]! + delta * (v - means[o]!)
      }
    },
    finish: () => {
      for (let o = 0; o < values.length; o++) {
        const variance = values[o]! / counts[o]!
        values[o] = root ? Math.sqrt(variance) : variance
      }
    },
  }
}
