import { histogramSize } from '@haechi/model'
import type { Histogram } from '@haechi/model'

/** Native histograms of one series at the steps of a grid; null where there is none. */
export type HistogramColumn = (Histogram | null)[]

/** Receives the histograms of a row beside its floats. The reader sets `column` to null before each row. */
export class HistogramRow {
  /** As long as the grid; null: the row has no histogram. The reader's own when it has been set. */
  column: HistogramColumn | null = null
}

/** A column without histograms. */
export function newHistogramColumn(steps: number): HistogramColumn {
  return Array.from({ length: steps }, () => null)
}

/** How many histograms a column holds. */
export function countHistograms(column: readonly (Histogram | null)[]): number {
  let n = 0
  for (const h of column) if (h !== null) n++
  return n
}

/** How many float samples the histograms of a column count as. */
export function columnSize(column: readonly (Histogram | null)[]): number {
  let n = 0
  for (const h of column) if (h !== null) n += histogramSize(h)
  return n
}

/** Puts a histogram into a row's column. */
export function putHistogram(row: HistogramRow, steps: number, k: number, h: Histogram): void {
  row.column ??= newHistogramColumn(steps)
  row.column[k] = h
}
