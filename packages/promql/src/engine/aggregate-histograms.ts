import { METRIC_NAME, compactHistogram, labelValue } from '@haechi/model'
import type { Histogram, Labels } from '@haechi/model'
import type { Span } from '../ast.ts'
import type { Annotations } from './annotations.ts'
import { newHistogramColumn } from './histogram-column.ts'
import type { HistogramColumn } from './histogram-column.ts'
import { HistogramTotal } from './histogram-total.ts'

/** What a group has met at one step, once it has met a histogram. */
interface Cell {
  /** Undefined: a float came first, so there is no result anyway. */
  readonly total: HistogramTotal | undefined
  incompatible: boolean
  /** A float came before the histograms turned out not to go together; later ones don't count. */
  floatBefore: boolean
}

/** The histograms in `sum` and `avg`, beside the floats of the same groups. */
export class HistogramGroups {
  readonly #mean: boolean
  readonly #annotations: Annotations
  readonly #span: Span
  readonly #cells: (Cell | undefined)[] = []

  /** @param span  of the expression that is aggregated */
  constructor(mean: boolean, annotations: Annotations, span: Span) {
    this.#mean = mean
    this.#annotations = annotations
    this.#span = span
  }

  /**
   * Takes in the histograms of one row, before its floats.
   * @param at       position of the group's first step
   * @param present  where the group has floats so far
   */
  add(labels: Labels, column: HistogramColumn, at: number, present: Uint8Array): void {
    for (let k = 0; k < column.length; k++) {
      const h: Histogram | null = column[k]!
      if (h === null) continue
      const o = at + k
      const cell = this.#cells[o]
      if (cell === undefined) {
        this.#cells[o] = { total: present[o] === 1 ? undefined : new HistogramTotal(h, this.#mean), incompatible: false, floatBefore: false }
        continue
      }
      if (cell.incompatible || cell.total === undefined) continue
      if (!cell.total.add(h)) {
        cell.incompatible = true
        cell.floatBefore = present[o] === 1
        this.#annotations.mixedExponentialCustom(labelValue(labels, METRIC_NAME), this.#span)
      }
    }
  }

  /**
   * Settles each step: histograms alone are the result, a mix with floats or of buckets that don't go together is none.
   * @param present  where the groups have floats; cleared where there are histograms
   * @returns the histograms by group
   */
  finish(groups: number, steps: number, present: Uint8Array): (HistogramColumn | undefined)[] {
    const out: (HistogramColumn | undefined)[] = Array.from({ length: groups }, () => undefined)
    this.#cells.forEach((cell, o) => {
      if (cell === undefined) return
      const hasFloat = cell.incompatible ? cell.floatBefore : present[o] === 1
      present[o] = 0
      const { total } = cell
      if (total?.reconciled === true) this.#annotations.mismatchedCustomBuckets('aggregation', this.#span)
      if (hasFloat) {
        this.#annotations.mixedFloatsHistogramsInAggregation(this.#span)
        return
      }
      if (cell.incompatible || total === undefined) return
      if (total.contradictory) this.#annotations.resetCollision('aggregation', this.#span)
      const g = Math.floor(o / steps)
      const column = out[g] ??= newHistogramColumn(steps)
      column[o - g * steps] = compactHistogram(total.finish())
    })
    return out
  }
}
