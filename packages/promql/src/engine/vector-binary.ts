import { labelValue, labelsDrop, labelsEqual, labelsKeep, labelsKey, labelsWith } from '@haechi/model'
import type { Labels } from '@haechi/model'
import { QueryError } from '@haechi/storage'
import type { BinaryOp, Span, VectorMatching } from '../ast.ts'
import type { EvalContext } from './context.ts'
import { matchGroups, seriesByGroup } from './matching.ts'
import { hasDuplicateLabels, matchingLabels, printLabels, withoutMetadata } from './metadata-labels.ts'
import { Block, mergeDuplicates } from './rows.ts'
import { newHistogramColumn } from './histogram-column.ts'
import type { HistogramColumn } from './histogram-column.ts'
import { compareSamples, isTrim, operateSamples } from './histogram-operators.ts'
import type { Sample, TakeNote } from './histogram-operators.ts'
import { binaryValue, isComparison } from './scalar-operators.ts'

/** What an operator does besides its arithmetic. */
export interface OperatorShape {
  readonly op: BinaryOp
  readonly bool: boolean
  /** Of the whole operation. */
  readonly span: Span
}

/**
 * Applies an operator to two columns where both have a value.
 * A comparison without `bool` keeps the left value where it holds.
 * @returns how many steps have a result
 */
export function operateColumns(shape: Pick<OperatorShape, 'op' | 'bool'>, a: Float64Array, b: Float64Array, hasA: Uint8Array, hasB: Uint8Array, aFrom: number, bFrom: number, steps: number, values: Float64Array, present: Uint8Array, to: number): number {
  const { op } = shape
  const filters = isComparison(op) && !shape.bool
  let count = 0
  for (let k = 0; k < steps; k++) {
    if (hasA[aFrom + k] === 0 || hasB[bFrom + k] === 0) {
      present[to + k] = 0
      continue
    }
    const x = a[aFrom + k]!
    const y = b[bFrom + k]!
    let v: number
    switch (op) {
      case '+': v = x + y; break
      case '-': v = x - y; break
      case '*': v = x * y; break
      case '/': v = x / y; break
      default: v = binaryValue(op, x, y)
    }
    if (filters) {
      if (v === 0) {
        present[to + k] = 0
        continue
      }
      v = x
    }
    values[to + k] = v
    present[to + k] = 1
    count++
  }
  return count
}

/** Two samples that don't go together. They are no match: others of the group may be. */
const REFUSED = Symbol('refused')

/** An error that a step met; the earliest step's is the query's. */
interface Failure {
  readonly step: number
  /** Order within the step. */
  readonly order: number
  readonly error: QueryError
}

/**
 * Arithmetic and comparison between two instant vectors.
 * Matching is worked out once per series; only groups in which several series meet are looked at step by step.
 * @throws QueryError `execution` where the matching is not unique at a step
 */
export function vectorBinary(ctx: EvalContext, shape: OperatorShape, left: Block, right: Block, matching: VectorMatching): Block {
  return new VectorBinary(ctx, shape, left, right, matching).run()
}

class VectorBinary {
  readonly #ctx: EvalContext
  readonly #shape: OperatorShape
  readonly #matching: VectorMatching
  /** The "many" side; the left one unless the operator says `group_right`. */
  readonly #many: Block
  readonly #one: Block
  readonly #swapped: boolean
  readonly #steps: number
  readonly #names: ReadonlySet<string>
  readonly #labels: Labels[] = []
  #values: Float64Array
  #present: Uint8Array
  #failure: Failure | undefined
  #manyAtStep: Uint8Array | undefined
  /** Whether samples must be looked at one by one: there are histograms, or the operator is for them only. */
  readonly #samples: boolean
  #histograms: (HistogramColumn | undefined)[] | undefined
  /** The last annotation of each step. */
  readonly #notes: { readonly order: number; readonly add: Parameters<TakeNote>[0] }[] = []

  constructor(ctx: EvalContext, shape: OperatorShape, left: Block, right: Block, matching: VectorMatching) {
    this.#ctx = ctx
    this.#shape = shape
    this.#matching = matching
    this.#swapped = matching.card === 'one-to-many'
    this.#many = this.#swapped ? right : left
    this.#one = this.#swapped ? left : right
    this.#steps = left.steps
    this.#samples = left.histograms !== undefined || right.histograms !== undefined || isTrim(shape.op)
    this.#names = new Set(matching.labels)
    const cells = this.#many.labels.length * this.#steps
    ctx.budget.reserve(cells)
    this.#values = new Float64Array(cells)
    this.#present = new Uint8Array(cells)
  }

  run(): Block {
    const many = this.#many
    const one = this.#one
    const fills = this.#matching.fill !== undefined
    if (fills || (many.labels.length > 0 && one.labels.length > 0)) {
      const groups = matchGroups(many.labels, one.labels, this.#matching, this.#ctx.memo)
      const manyOf = seriesByGroup(groups.left, groups.count)
      const oneOf = seriesByGroup(groups.right, groups.count)
      for (let g = 0; g < groups.count; g++) {
        this.#ctx.budget.tick()
        if (fills) this.#filledGroup(manyOf[g]!, oneOf[g]!)
        else this.#group(manyOf[g]!, oneOf[g]!)
      }
    }
    if (this.#failure !== undefined) throw this.#failure.error
    for (const note of this.#notes) note?.add(this.#ctx.annotations, this.#shape.span)
    const drops = this.#ctx.delayedNames && this.#shape.bool ? new Uint8Array(this.#labels.length).fill(1) : undefined
    const block = new Block(this.#labels, this.#steps, this.#values, this.#present, drops, this.#histograms)
    return hasDuplicateLabels(this.#labels) ? mergeDuplicates(block) : block
  }

  #group(many: readonly number[], one: readonly number[]): void {
    if (one.length === 0) return
    if (one.length === 1) {
      if (many.length === 0) return
      const labels = many.map(m => this.#resultLabels(this.#many.labels[m]!, this.#one.labels[one[0]!]!))
      if (many.length === 1 || (this.#matching.card !== 'one-to-one' && !hasDuplicateLabels(labels))) {
        many.forEach((m, i) => this.#pair(m, one[0]!, labels[i]!))
        return
      }
    }
    this.#stepByStep(many, one)
  }

  /** The only pair of its result labels: whole columns. */
  #pair(m: number, o: number, labels: Labels): void {
    const steps = this.#steps
    const row = this.#newRow(labels)
    if (this.#samples) {
      for (let k = 0; k < steps; k++) if (this.#many.has(m, k) && this.#one.has(o, k)) this.#storeSides(row, k, m, this.#many.at(m, k), this.#one.at(o, k))
      return
    }
    const at = row * steps
    if (this.#swapped) operateColumns(this.#shape, this.#one.values, this.#many.values, this.#one.present, this.#many.present, o * steps, m * steps, steps, this.#values, this.#present, at)
    else operateColumns(this.#shape, this.#many.values, this.#one.values, this.#many.present, this.#one.present, m * steps, o * steps, steps, this.#values, this.#present, at)
  }

  #newRow(labels: Labels): number {
    const need = (this.#labels.length + 1) * this.#steps
    if (need > this.#values.length) {
      const cells = Math.max(need, 2 * this.#values.length)
      this.#ctx.budget.reserve(cells, this.#values.length)
      const values = new Float64Array(cells)
      values.set(this.#values)
      const present = new Uint8Array(cells)
      present.set(this.#present)
      this.#values = values
      this.#present = present
    }
    this.#labels.push(labels)
    return this.#labels.length - 1
  }

  /**
   * A group of a matching with `fill`: columns where each side has at most one series, else step by step.
   * `fill_left` stands in on the "many" side and `fill_right` on the other, also where `group_right` has exchanged them.
   */
  #filledGroup(many: readonly number[], one: readonly number[]): void {
    // Of samples that don't go together each may still meet a fill value.
    if (many.length > 1 || one.length > 1 || this.#samples) {
      this.#stepByStep(many, one)
      return
    }
    const { left, right } = this.#matching.fill!
    const m = many[0]
    const o = one[0]
    if (m !== undefined && o !== undefined) this.#pair(m, o, this.#resultLabels(this.#many.labels[m]!, this.#one.labels[o]!))
    if (m !== undefined && right !== undefined) this.#lonely(this.#many, m, o === undefined ? undefined : this.#one, o ?? 0, this.#filledLabels(m, -1), right, false)
    if (o !== undefined && left !== undefined) this.#lonely(this.#one, o, m === undefined ? undefined : this.#many, m ?? 0, this.#filledLabels(-1, o), left, true)
  }

  /** A row where series `i` has a value and its partner, if there is one, has none. */
  #lonely(side: Block, i: number, other: Block | undefined, partner: number, labels: Labels, fill: number, isOne: boolean): void {
    const steps = this.#steps
    const row = this.#newRow(labels)
    for (let k = 0; k < steps; k++) {
      if (!side.has(i, k) || other?.has(partner, k) === true) continue
      const v = side.at(i, k)
      if (isOne) this.#storeSides(row, k, i, fill, v)
      else this.#storeSides(row, k, i, v, fill)
    }
  }

  /** Labels of a result for which one side is a fill value; the index of that side is -1. */
  #filledLabels(m: number, o: number): Labels {
    const { on } = this.#matching
    const one = o >= 0 ? this.#one.labels[o]! : matchingLabels(this.#many.labels[m]!, on, this.#names)
    return this.#resultLabels(m >= 0 ? this.#many.labels[m]! : matchingLabels(one, on, this.#names), one)
  }

  #stepByStep(many: readonly number[], one: readonly number[]): void {
    const steps = this.#steps
    const { left: fillMany, right: fillOne } = this.#matching.fill ?? {}
    const rows = new Map<number, number>()
    const taken = new Set<string>()
    const keys = new Map<number, string>()
    for (let k = 0; k < steps; k++) {
      let found = -1
      for (const o of one) {
        if (!this.#one.has(o, k)) continue
        if (found >= 0) {
          if (this.#matching.fill !== undefined || this.#anyManyAt(k)) this.#fail(k, o, this.#duplicateError(found, o))
          found = -2
          break
        }
        found = o
      }
      if (found === -2 || (found < 0 && fillOne === undefined)) continue
      taken.clear()
      let matched = false
      for (const m of many) {
        if (!this.#many.has(m, k)) continue
        const result = this.#combined(k, m, this.#many.at(m, k), found < 0 ? fillOne! : this.#one.at(found, k))
        if (result === REFUSED) continue
        const pair = m * (this.#one.labels.length + 1) + found + 1
        let row = rows.get(pair)
        if (row === undefined) {
          const labels = found < 0 ? this.#filledLabels(m, -1) : this.#resultLabels(this.#many.labels[m]!, this.#one.labels[found]!)
          row = this.#newRow(labels)
          rows.set(pair, row)
          keys.set(pair, labelsKey(labels))
        }
        if (this.#matching.card === 'one-to-one') {
          if (matched) this.#fail(k, this.#one.labels.length + m, new QueryError('execution', 'multiple matches for labels: many-to-one matching must be explicit (group_left/group_right)'))
        } else {
          const key = keys.get(pair)!
          if (taken.has(key)) this.#fail(k, this.#one.labels.length + m, new QueryError('execution', 'multiple matches for labels: grouping labels must ensure unique matches'))
          taken.add(key)
        }
        matched = true
        if (this.#failure !== undefined && this.#failure.step <= k) return
        this.#store(row, k, result)
      }
      if (matched || found < 0 || fillMany === undefined) continue
      // No series of the "many" side at this step.
      const lonely = -1 - found
      let row = rows.get(lonely)
      if (row === undefined) {
        row = this.#newRow(this.#filledLabels(-1, found))
        rows.set(lonely, row)
      }
      // After all series of the "many" side.
      this.#storeSides(row, k, this.#many.labels.length + found, fillMany, this.#one.at(found, k))
    }
  }

  /** @param order  of the pair within the step */
  #storeSides(row: number, k: number, order: number, many: Sample, one: Sample): void {
    const result = this.#combined(k, order, many, one)
    if (result !== REFUSED) this.#store(row, k, result)
  }

  /** The result of a pair at a step: undefined where a comparison does not hold, {@link REFUSED} where the two don't go together. */
  #combined(k: number, order: number, many: Sample, one: Sample): Sample | undefined | typeof REFUSED {
    const left = this.#swapped ? one : many
    const right = this.#swapped ? many : one
    const { op, bool } = this.#shape
    if (typeof left === 'number' && typeof right === 'number' && !isTrim(op)) {
      const v = binaryValue(op, left, right)
      return !isComparison(op) || bool ? v : v === 0 ? undefined : left
    }
    let noted = false
    const note: TakeNote = add => {
      noted = true
      if (this.#notes[k] === undefined || this.#notes[k].order <= order) this.#notes[k] = { order, add }
    }
    const result = bool ? compareSamples(op, left, right, note) : operateSamples(op, left, right, note)
    return result === undefined && noted ? REFUSED : result
  }

  #store(row: number, k: number, result: Sample | undefined): void {
    if (result === undefined) return
    if (typeof result === 'number') {
      this.#values[row * this.#steps + k] = result
      this.#present[row * this.#steps + k] = 1
      return
    }
    const column = (this.#histograms ??= [])[row] ??= newHistogramColumn(this.#steps)
    column[k] = result
  }

  #fail(step: number, order: number, error: QueryError): void {
    const before = this.#failure
    if (before === undefined || step < before.step || (step === before.step && order < before.order)) this.#failure = { step, order, error }
  }

  /** Whether the many side has any series at a step: without one Prometheus doesn't look at the other side. */
  #anyManyAt(k: number): boolean {
    if (this.#manyAtStep === undefined) {
      const steps = this.#steps
      this.#manyAtStep = new Uint8Array(steps)
      for (let m = 0; m < this.#many.labels.length; m++) for (let s = 0; s < steps; s++) if (this.#many.has(m, s)) this.#manyAtStep[s] = 1
    }
    return this.#manyAtStep[k] === 1
  }

  #duplicateError(a: number, b: number): QueryError {
    const side = this.#swapped ? 'left' : 'right'
    const group = printLabels(matchingLabels(this.#one.labels[b]!, this.#matching.on, this.#names))
    const pair = [printLabels(this.#one.labels[a]!), printLabels(this.#one.labels[b]!)].sort()
    return new QueryError('execution', `found duplicate series for the match group ${group} on the ${side} hand-side of the operation: [${pair[0]}, ${pair[1]}];many-to-many matching not allowed: matching labels must be unique on one side`)
  }

  /** @see Prometheus promql/engine.go `resultMetric` */
  #resultLabels(many: Labels, one: Labels): Labels {
    const { matching, bool } = { matching: this.#matching, bool: this.#shape.bool }
    const { memo } = this.#ctx
    const kept = memo?.pair(many, one, matching)
    if (kept !== undefined) return kept
    let labels = many
    if (bool ? !this.#ctx.delayedNames : !isComparison(this.#shape.op) && !isTrim(this.#shape.op)) labels = withoutMetadata(labels)
    if (matching.card === 'one-to-one') labels = matching.on ? labelsKeep(labels, this.#names) : this.#names.size > 0 ? labelsDrop(labels, this.#names) : labels
    for (const name of matching.include) labels = labelsWith(labels, name, labelValue(one, name))
    if (labelsEqual(labels, many)) labels = many
    memo?.keepPair(many, one, matching, labels)
    return labels
  }
}
