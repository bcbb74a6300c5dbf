import { labelsKey } from '@haechi/model'
import type { Histogram, Labels } from '@haechi/model'
import { QueryError } from '@haechi/storage'
import { CELL_BYTES, SAMPLE_BYTES } from './budget.ts'
import type { Budget } from './budget.ts'
import type { EvalContext } from './context.ts'
import { HistogramRow, columnSize, countHistograms, newHistogramColumn } from './histogram-column.ts'
import type { HistogramColumn } from './histogram-column.ts'
import type { DroppedNames } from './label-memo.ts'
import { hasDuplicateLabels, withoutMetadata } from './metadata-labels.ts'

/**
 * An instant vector over all steps of a grid, one row per series, computed on demand: what an aggregation consumes is never held as a whole.
 * Rows may be read in any order, each once.
 */
export interface Rows {
  /** Labels of each row. Rows may turn out empty. */
  readonly labels: readonly Labels[]
  /** 1 where the metric name goes at the end of the query; undefined: nowhere. Only with delayed name removal. */
  readonly dropName: Uint8Array | undefined
  /**
   * Computes row i.
   * @param values   filled at the steps where `present` is 1, undefined elsewhere; length >= steps
   * @param present  1 where the series has a float (which may be NaN), else 0; written at every step
   * @param histograms  receives native histograms if there are any at all; without it they are left out as if they weren't there
   * @returns        how many steps have a value
   */
  read(i: number, values: Float64Array, present: Uint8Array, histograms?: HistogramRow): number
}

/** Rows that are all in memory: row i is at `[i * steps, (i + 1) * steps)`. */
export class Block implements Rows {
  readonly labels: readonly Labels[]
  readonly dropName: Uint8Array | undefined
  readonly steps: number
  readonly values: Float64Array
  readonly present: Uint8Array
  /** Native histograms of row i; undefined: it has none, or no row has. */
  readonly histograms: (HistogramColumn | undefined)[] | undefined

  constructor(labels: readonly Labels[], steps: number, values: Float64Array, present: Uint8Array, dropName?: Uint8Array, histograms?: (HistogramColumn | undefined)[]) {
    this.labels = labels
    this.steps = steps
    this.values = values
    this.present = present
    this.dropName = dropName
    this.histograms = histograms
  }

  read(i: number, values: Float64Array, present: Uint8Array, histograms?: HistogramRow): number {
    const from = i * this.steps
    values.set(this.values.subarray(from, from + this.steps))
    present.set(this.present.subarray(from, from + this.steps))
    const floats = countPresent(present, this.steps)
    const column = histograms === undefined ? undefined : this.histograms?.[i]
    if (column === undefined) return floats
    histograms!.column = column.slice()
    return floats + countHistograms(column)
  }

  /** The value of row i at step k, which must have one. */
  at(i: number, k: number): Histogram | number {
    return this.histograms?.[i]?.[k] ?? this.values[i * this.steps + k]!
  }

  /** Whether row i has any value at step k. */
  has(i: number, k: number): boolean {
    return this.present[i * this.steps + k] === 1 || (this.histograms?.[i]?.[k] ?? null) !== null
  }
}

/** How many samples a block holds, histograms by their size. */
export function blockSize(block: Block): number {
  let n = countPresent(block.present, block.labels.length * block.steps)
  if (block.histograms !== undefined) for (const column of block.histograms) if (column !== undefined) n += columnSize(column)
  return n
}

/** How many bytes a block takes. */
export function blockBytes(block: Block): number {
  let n = block.values.length * CELL_BYTES
  if (block.histograms !== undefined) for (const column of block.histograms) if (column !== undefined) n += 8 * block.steps + SAMPLE_BYTES * columnSize(column)
  return n
}

/** An instant vector without series. */
export function emptyRows(): Rows {
  return { labels: [], dropName: undefined, read: () => 0 }
}

/** How many of the first `steps` flags are set. */
export function countPresent(present: Uint8Array, steps: number): number {
  let n = 0
  for (let k = 0; k < steps; k++) n += present[k]!
  return n
}

/** The error of two series that became the same. */
export function duplicateLabelset(): QueryError {
  return new QueryError('execution', 'vector cannot contain metrics with the same labelset')
}

/** Collects rows into one growing block, leaving out the empty ones. */
export class BlockBuilder {
  readonly #steps: number
  readonly #budget: Budget
  readonly #mostRows: number
  readonly #labels: Labels[] = []
  readonly #drops: number[] = []
  #anyDrop = false
  #histograms: (HistogramColumn | undefined)[] | undefined
  #values: Float64Array
  #present: Uint8Array

  /** @param mostRows  no more rows than this will be added */
  constructor(steps: number, mostRows: number, budget: Budget) {
    this.#steps = steps
    this.#budget = budget
    this.#mostRows = mostRows
    const rows = Math.min(mostRows, Math.max(1, Math.floor(65536 / Math.max(steps, 1))))
    budget.reserve(rows * steps)
    this.#values = new Float64Array(rows * steps)
    this.#present = new Uint8Array(rows * steps)
  }

  /** Values for the next row, at least `steps` long. Taken over by `keep`, overwritten otherwise. */
  get values(): Float64Array {
    this.#grow()
    return this.#values.subarray(this.#labels.length * this.#steps)
  }

  /** Flags for the next row, likewise. */
  get present(): Uint8Array {
    return this.#present.subarray(this.#labels.length * this.#steps)
  }

  /** Makes what was written into {@link values} and {@link present} a row. */
  keep(labels: Labels, dropName: boolean, histograms: HistogramColumn | null = null): void {
    if (histograms !== null) this.#budget.take(8 * this.#steps + SAMPLE_BYTES * columnSize(histograms))
    if (histograms !== null) (this.#histograms ??= [])[this.#labels.length] = histograms
    this.#labels.push(labels)
    this.#drops.push(dropName ? 1 : 0)
    if (dropName) this.#anyDrop = true
  }

  /** @param all  label sets of all rows that could have been kept: their array becomes the block's when all were */
  build(all?: readonly Labels[]): Block {
    return new Block(all !== undefined && all.length === this.#labels.length ? all : this.#labels, this.#steps, this.#values, this.#present, this.#anyDrop ? Uint8Array.from(this.#drops) : undefined, this.#histograms)
  }

  #grow(): void {
    const need = (this.#labels.length + 1) * this.#steps
    if (need <= this.#values.length) return
    const cells = Math.min(Math.max(need, this.#values.length * 2), Math.max(need, this.#mostRows * this.#steps))
    this.#budget.reserve(cells, this.#values.length)
    const values = new Float64Array(cells)
    values.set(this.#values)
    const present = new Uint8Array(cells)
    present.set(this.#present)
    this.#values = values
    this.#present = present
  }
}

/** All rows in memory, empty ones left out; a block is returned as it is. */
export function toBlock(rows: Rows, steps: number, budget: Budget): Block {
  if (rows instanceof Block) return rows
  const n = rows.labels.length
  const builder = new BlockBuilder(steps, n, budget)
  const row = new HistogramRow()
  for (let i = 0; i < n; i++) {
    budget.tick()
    row.column = null
    if (rows.read(i, builder.values, builder.present, row) > 0) builder.keep(rows.labels[i]!, rows.dropName !== undefined && rows.dropName[i] === 1, row.column)
  }
  return builder.build(rows.labels)
}

/** How equal label sets are treated where an operation made them. */
export type DuplicatePolicy =
  /** Two rows with values are an error, even at different steps: functions of range vectors. */
  | 'refuse'
  /** Two values at one step are an error, else the rows become one. */
  | 'merge'

/** Rows whose labels may be equal, with the policy applied. The rows come back unread when no labels are equal. */
export function withoutDuplicates(rows: Rows, steps: number, policy: DuplicatePolicy, budget: Budget): Rows {
  if (!hasDuplicateLabels(rows.labels)) return rows
  const block = toBlock(rows, steps, budget)
  return policy === 'merge' ? mergeDuplicates(block) : refuseDuplicates(block)
}

function refuseDuplicates(block: Block): Block {
  const seen = new Set<string>()
  for (let i = 0; i < block.labels.length; i++) {
    const from = i * block.steps
    const first = block.present.indexOf(1, from)
    if ((first < 0 || first >= from + block.steps) && block.histograms?.[i] === undefined) continue
    const key = labelsKey(block.labels[i]!)
    if (seen.has(key)) throw duplicateLabelset()
    seen.add(key)
  }
  return block
}

/** Joins rows with equal labels, in place. @throws QueryError when both have a value at one step */
export function mergeDuplicates(block: Block): Block {
  const { steps, values, present } = block
  const histograms: (HistogramColumn | undefined)[] | undefined = block.histograms === undefined ? undefined : []
  const first = new Map<string, number>()
  const labels: Labels[] = []
  const drops: number[] = []
  let anyDrop = false
  for (let i = 0; i < block.labels.length; i++) {
    const key = labelsKey(block.labels[i]!)
    const from = i * steps
    const at = first.get(key)
    if (at === undefined) {
      const to = labels.length * steps
      first.set(key, labels.length)
      labels.push(block.labels[i]!)
      if (histograms !== undefined) histograms.push(block.histograms![i])
      const drop = block.dropName?.[i] ?? 0
      drops.push(drop)
      if (drop === 1) anyDrop = true
      if (to !== from) {
        values.copyWithin(to, from, from + steps)
        present.copyWithin(to, from, from + steps)
      }
      continue
    }
    const to = at * steps
    for (let k = 0; k < steps; k++) {
      if (present[from + k] === 0) continue
      if (present[to + k] === 1 || (histograms?.[at]?.[k] ?? null) !== null) throw duplicateLabelset()
      present[to + k] = 1
      values[to + k] = values[from + k]!
    }
    block.histograms?.[i]?.forEach((h, k) => {
      if (h === null) return
      const column = histograms![at] ??= newHistogramColumn(steps)
      if (present[to + k] === 1 || column[k] !== null) throw duplicateLabelset()
      column[k] = h
    })
  }
  return new Block(labels, steps, values, present, anyDrop ? Uint8Array.from(drops) : undefined, histograms)
}

/**
 * The same rows without metric names: at once, or marked for the end of the query with delayed name removal.
 * @returns the labels and marks; `unique` is false when two label sets may have become equal
 */
export function dropNames(rows: Rows, { delayedNames, memo }: Pick<EvalContext, 'delayedNames' | 'memo'>): DroppedNames {
  if (delayedNames) return { labels: rows.labels, dropName: new Uint8Array(rows.labels.length).fill(1), unique: true }
  const kept = memo?.dropped.get(rows.labels)
  if (kept !== undefined) return kept
  const n = rows.labels.length
  const labels: Labels[] = []
  // Label sets that differ stay different when they all lose the same name.
  let unique = true
  let lost: string | undefined
  for (let i = 0; i < n; i++) {
    const before = rows.labels[i]!
    const after = withoutMetadata(before)
    labels.push(after)
    const name = before.length - after.length === 2 && before[0] === '__name__' ? before[1]! : before.length === after.length ? '' : undefined
    if (i === 0) lost = name
    if (name === undefined || name !== lost) unique = false
  }
  const dropped = { labels, dropName: undefined, unique }
  memo?.dropped.set(rows.labels, dropped)
  return dropped
}
