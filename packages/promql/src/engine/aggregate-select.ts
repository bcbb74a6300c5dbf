import { CUSTOM_BUCKETS_SCHEMA, METRIC_NAME, goFormatFloat, histogramText, labelsDrop, labelsKeep, labelsKey, labelsWith } from '@haechi/model'
import type { Histogram, Labels } from '@haechi/model'
import { QueryError } from '@haechi/storage'
import type { AggregateOp, Span } from '../ast.ts'
import { rowsByGroup } from './aggregate.ts'
import type { EvalContext } from './context.ts'
import { formatGeneral } from './go-number.ts'
import { groupSeries } from './grouping.ts'
import { newHistogramColumn } from './histogram-column.ts'
import type { HistogramColumn } from './histogram-column.ts'
import { seriesFraction } from './series-fraction.ts'
import { quantileOf } from './quantile.ts'
import { Block, countPresent, emptyRows } from './rows.ts'
import type { Rows } from './rows.ts'

/** The parameter of an aggregation over all steps. */
interface ParamRange {
  readonly min: number
  readonly max: number
  readonly anyNaN: boolean
}

function paramRange(param: Float64Array): ParamRange {
  let min = Number.MAX_VALUE
  let max = -Number.MAX_VALUE
  let anyNaN = false
  for (const v of param) {
    if (v !== v) anyNaN = true
    // Go's Max and Min of NaN are NaN, which compares false.
    max = Math.max(max, v)
    min = Math.min(min, v)
  }
  return { min, max, anyNaN }
}

/** `quantile(q, …)`. @param span  of the expression that is aggregated */
export function quantileRows(ctx: EvalContext, block: Block, param: Float64Array, paramSpan: Span, grouping: readonly string[], without: boolean, span: Span): Rows {
  const { steps } = block
  if (block.histograms?.some(column => column?.some(h => h !== null) === true) === true) ctx.annotations.histogramIgnoredInAggregation('quantile', span)
  const range = paramRange(param)
  if (range.anyNaN) ctx.annotations.invalidQuantile(NaN, paramSpan)
  if (range.max > 1) ctx.annotations.invalidQuantile(range.max, paramSpan)
  if (range.min < 0) ctx.annotations.invalidQuantile(range.min, paramSpan)
  const groups = groupSeries(block.labels, grouping, without, ctx.memo)
  const members = rowsByGroup(groups)
  const values = new Float64Array(groups.labels.length * steps)
  const present = new Uint8Array(groups.labels.length * steps)
  const drops = block.dropName === undefined ? undefined : new Uint8Array(groups.labels.length)
  for (let g = 0; g < members.length; g++) {
    ctx.budget.tick()
    const rows = members[g]!
    const scratch = new Float64Array(rows.length)
    for (let k = 0; k < steps; k++) {
      let n = 0
      for (const row of rows) if (block.present[row * steps + k] === 1) scratch[n++] = block.values[row * steps + k]!
      if (n === 0) continue
      values[g * steps + k] = quantileOf(param[k]!, scratch, n)
      present[g * steps + k] = 1
    }
    if (drops !== undefined && rows.some(row => block.dropName![row] === 1)) drops[g] = 1
  }
  return new Block(groups.labels, steps, values, present, drops)
}

/** `topk`, `bottomk`, `limitk`, `limit_ratio`: series as they are, but not all of them. @param span  of the aggregation */
export function selectRows(ctx: EvalContext, op: AggregateOp, block: Block, param: Float64Array, paramSpan: Span, grouping: readonly string[], without: boolean, instant: boolean, span: Span): Rows {
  const range = paramRange(param)
  if (op === 'limit_ratio') {
    if (range.max === 0 && range.min === 0) return emptyRows()
    if (range.anyNaN) throw new QueryError('execution', 'Ratio value is NaN')
    if (range.max > 1) ctx.annotations.invalidRatio(range.max, 1, paramSpan)
    if (range.min < -1) ctx.annotations.invalidRatio(range.min, -1, paramSpan)
  } else {
    if (range.max < 1) return emptyRows()
    if (range.anyNaN) throw new QueryError('execution', 'Parameter value is NaN')
    if (range.min <= -(2 ** 63)) throw new QueryError('execution', `Scalar value ${formatGeneral(range.min)} underflows int64`)
    if (range.max >= 2 ** 63) throw new QueryError('execution', `Scalar value ${formatGeneral(range.max)} overflows int64`)
  }
  const { steps } = block
  const groups = groupSeries(block.labels, grouping, without, ctx.memo)
  const members = rowsByGroup(groups)
  const present = new Uint8Array(block.present.length)
  // The order in which an instant query shows the series: group by group, best first.
  const order: number[] = []
  const histograms: (HistogramColumn | undefined)[] | undefined = block.histograms === undefined ? undefined : []
  if ((op === 'topk' || op === 'bottomk') && block.histograms?.some(column => column?.some((h, k) => h !== null && param[k]! >= 1) === true) === true) {
    ctx.annotations.histogramIgnoredInAggregation(op, span)
  }
  for (const rows of members) {
    ctx.budget.tick()
    for (let k = 0; k < steps; k++) {
      const chosen = op === 'limit_ratio' ? chooseRatio(block, rows, k, param[k]!) : op === 'limitk' ? chooseFirst(block, rows, k, param[k]!) : chooseExtremes(block, rows, k, param[k]!, op === 'topk')
      for (const row of chosen) {
        const h = block.histograms?.[row]?.[k] ?? null
        if (h === null) present[row * steps + k] = 1
        else {
          const column = histograms![row] ??= newHistogramColumn(steps)
          column[k] = h
        }
        if (instant) order.push(row)
      }
    }
  }
  const selected = new Block(block.labels, steps, block.values, present, block.dropName, histograms)
  return instant ? reordered(selected, order) : selected
}

/** Rows of a block in the given order, others left out. */
export function reordered(block: Block, order: readonly number[]): Block {
  const { steps } = block
  const values = new Float64Array(order.length * steps)
  const present = new Uint8Array(order.length * steps)
  order.forEach((row, i) => {
    values.set(block.values.subarray(row * steps, (row + 1) * steps), i * steps)
    present.set(block.present.subarray(row * steps, (row + 1) * steps), i * steps)
  })
  const drops = block.dropName === undefined ? undefined : Uint8Array.from(order, row => block.dropName![row]!)
  const histograms = block.histograms === undefined ? undefined : order.map(row => block.histograms![row])
  return new Block(order.map(row => block.labels[row]!), steps, values, present, drops, histograms)
}

function chooseFirst(block: Block, rows: Int32Array, k: number, param: number): number[] {
  const most = Math.trunc(param)
  const chosen: number[] = []
  for (const row of rows) {
    if (chosen.length >= most) break
    if (block.has(row, k)) chosen.push(row)
  }
  return chosen
}

function chooseRatio(block: Block, rows: Int32Array, k: number, param: number): number[] {
  const ratio = Math.max(-1, Math.min(1, param))
  const chosen: number[] = []
  for (const row of rows) {
    if (!block.has(row, k)) continue
    const fraction = seriesFraction(block.labels[row]!)
    if (ratio >= 0 ? fraction < ratio : fraction >= 1 + ratio) chosen.push(row)
  }
  return chosen
}

/**
 * The k greatest (or smallest) values of a group at one step, best first, NaN last.
 *
 * A heap as Prometheus keeps it, with the worst value on top, so that among equal values the same series are chosen.
 */
function chooseExtremes(block: Block, rows: Int32Array, k: number, param: number, greatest: boolean): number[] {
  const { steps, values, present } = block
  const most = Math.min(Math.trunc(param), block.labels.length)
  if (most < 1) return []
  const sign = greatest ? 1 : -1
  const heap: number[] = []
  const valueOf = (row: number): number => values[row * steps + k]! * sign
  const less = (a: number, b: number): boolean => {
    const x = valueOf(a)
    return x !== x || x < valueOf(b)
  }
  for (const row of rows) {
    if (present[row * steps + k] === 0) continue
    if (heap.length < most) {
      heap.push(row)
      siftUp(heap, heap.length - 1, less)
      continue
    }
    const worst = valueOf(heap[0]!)
    const v = valueOf(row)
    if (worst < v || (worst !== worst && v === v)) {
      heap[0] = row
      siftDown(heap, less)
    }
  }
  return heap.sort((a, b) => {
    const x = valueOf(a)
    const y = valueOf(b)
    if (x !== x) return y !== y ? 0 : 1
    if (y !== y) return -1
    return y - x || 0
  })
}

function siftUp(heap: number[], from: number, less: (a: number, b: number) => boolean): void {
  let at = from
  while (at > 0) {
    const parent = (at - 1) >> 1
    if (!less(heap[at]!, heap[parent]!)) break
    swap(heap, at, parent)
    at = parent
  }
}

function siftDown(heap: number[], less: (a: number, b: number) => boolean): void {
  let at = 0
  for (;;) {
    const left = 2 * at + 1
    if (left >= heap.length) break
    const right = left + 1
    const child = right < heap.length && less(heap[right]!, heap[left]!) ? right : left
    if (!less(heap[child]!, heap[at]!)) break
    swap(heap, at, child)
    at = child
  }
}

function swap(heap: number[], a: number, b: number): void {
  const kept = heap[a]!
  heap[a] = heap[b]!
  heap[b] = kept
}

/** @throws QueryError for custom buckets whose zero bucket, which they haven't, became NaN: times NaN or infinity */
function valueText(h: Histogram): string {
  if (h.schema === CUSTOM_BUCKETS_SCHEMA && h.zeroCount !== 0) throw new QueryError('execution', 'histograms with custom buckets have no zero bucket')
  return histogramText(h)
}

/** `count_values("label", …)`: how many series of a group have each value. */
export function countValuesRows(ctx: EvalContext, block: Block, valueLabel: string, grouping: readonly string[], without: boolean): Rows {
  const { steps } = block
  const names = new Set(without ? [...grouping, METRIC_NAME] : [...grouping, valueLabel])
  const labels: Labels[] = []
  const columns: Float64Array[] = []
  const byKey = new Map<string, number>()
  for (let i = 0; i < block.labels.length; i++) {
    ctx.budget.tick()
    // Neighbouring steps mostly have the same value.
    let lastText = ''
    let column: Float64Array | undefined
    for (let k = 0; k < steps; k++) {
      if (!block.has(i, k)) continue
      const v = block.at(i, k)
      const text = typeof v === 'number' ? goFormatFloat(v) : valueText(v)
      if (column === undefined || text !== lastText) {
        const whole = labelsWith(block.labels[i]!, valueLabel, text)
        const own = without ? labelsDrop(whole, names) : labelsKeep(whole, names)
        const key = labelsKey(own)
        let at = byKey.get(key)
        if (at === undefined) {
          at = labels.length
          byKey.set(key, at)
          labels.push(own)
          columns.push(new Float64Array(steps))
          ctx.budget.reserve(columns.length * steps, (columns.length - 1) * steps)
        }
        column = columns[at]!
        lastText = text
      }
      column[k] = column[k]! + 1
    }
  }
  const values = new Float64Array(labels.length * steps)
  const present = new Uint8Array(labels.length * steps)
  columns.forEach((column, i) => {
    values.set(column, i * steps)
    for (let k = 0; k < steps; k++) if (column[k]! > 0) present[i * steps + k] = 1
  })
  ctx.budget.hold(countPresent(present, present.length))
  return new Block(labels, steps, values, present)
}
