import type { VectorMatching } from '../ast.ts'
import type { EvalContext } from './context.ts'
import type { HistogramColumn } from './histogram-column.ts'
import { matchGroups } from './matching.ts'
import { hasDuplicateLabels } from './metadata-labels.ts'
import { Block, mergeDuplicates } from './rows.ts'

/** `and`, `or`, `unless`: values of one side, kept or not by what the other side has at the same step. */
export function setOperation(ctx: EvalContext, op: 'and' | 'or' | 'unless', left: Block, right: Block, matching: VectorMatching): Block {
  const groups = matchGroups(left.labels, right.labels, matching, ctx.memo)
  const { steps } = left
  ctx.budget.reserve(groups.count * steps)
  if (op === 'or') return union(ctx, left, right, groups.left, groups.right, groups.count)
  const has = presentByGroup(right, groups.right, groups.count)
  const present = new Uint8Array(left.labels.length * steps)
  const wanted = op === 'and' ? 1 : 0
  for (let i = 0; i < left.labels.length; i++) {
    ctx.budget.tick()
    const from = i * steps
    const at = groups.left[i]! * steps
    for (let k = 0; k < steps; k++) present[from + k] = left.present[from + k] === 1 && has[at + k] === wanted ? 1 : 0
  }
  return new Block(left.labels, steps, left.values, present, left.dropName, left.histograms?.map((column, i) => filtered(column, has, groups.left[i]! * steps, wanted)))
}

/** The histograms at whose steps the other side has a value, or has none. */
function filtered(column: HistogramColumn | undefined, has: Uint8Array, at: number, wanted: number): HistogramColumn | undefined {
  return column?.map((h, k) => (has[at + k] === wanted ? h : null))
}

/** For each group and step, whether any series has a value. */
function presentByGroup(block: Block, of: Int32Array, count: number): Uint8Array {
  const { steps } = block
  const has = new Uint8Array(count * steps)
  for (let i = 0; i < block.labels.length; i++) {
    const from = i * steps
    const at = of[i]! * steps
    for (let k = 0; k < steps; k++) if (block.present[from + k] === 1) has[at + k] = 1
    block.histograms?.[i]?.forEach((h, k) => {
      if (h !== null) has[at + k] = 1
    })
  }
  return has
}

function union(ctx: EvalContext, left: Block, right: Block, leftOf: Int32Array, rightOf: Int32Array, count: number): Block {
  const { steps } = left
  const has = presentByGroup(left, leftOf, count)
  const labels = [...left.labels, ...right.labels]
  ctx.budget.reserve(labels.length * steps)
  const cells = left.labels.length * steps
  const values = new Float64Array(labels.length * steps)
  const present = new Uint8Array(labels.length * steps)
  values.set(left.values.subarray(0, cells))
  present.set(left.present.subarray(0, cells))
  values.set(right.values.subarray(0, right.labels.length * steps), cells)
  for (let i = 0; i < right.labels.length; i++) {
    ctx.budget.tick()
    const from = i * steps
    const at = rightOf[i]! * steps
    for (let k = 0; k < steps; k++) present[cells + from + k] = right.present[from + k] === 1 && has[at + k] === 0 ? 1 : 0
  }
  let histograms: (HistogramColumn | undefined)[] | undefined
  if (left.histograms !== undefined || right.histograms !== undefined) {
    histograms = left.labels.map((_, i) => left.histograms?.[i])
    right.labels.forEach((_, i) => histograms!.push(filtered(right.histograms?.[i], has, rightOf[i]! * steps, 0)))
  }
  let drops: Uint8Array | undefined
  if (left.dropName !== undefined || right.dropName !== undefined) {
    drops = new Uint8Array(labels.length)
    if (left.dropName !== undefined) drops.set(left.dropName)
    if (right.dropName !== undefined) drops.set(right.dropName, left.labels.length)
  }
  const both = new Block(labels, steps, values, present, drops, histograms)
  return hasDuplicateLabels(labels) ? mergeDuplicates(both) : both
}
