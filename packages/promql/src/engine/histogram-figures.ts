import { METRIC_NAME, histogramVariance, labelsDrop } from '@haechi/model'
import type { Histogram } from '@haechi/model'
import type { EvalContext } from './context.ts'
import { HistogramRow } from './histogram-column.ts'
import { withoutDuplicates } from './rows.ts'
import type { Rows } from './rows.ts'

/** Functions that give one figure of a native histogram. */
export type HistogramFigure = 'histogram_avg' | 'histogram_count' | 'histogram_sum' | 'histogram_stddev' | 'histogram_stdvar'

const FIGURES: ReadonlyMap<string, (h: Histogram) => number> = new Map<HistogramFigure, (h: Histogram) => number>([
  ['histogram_avg', h => h.sum / h.count], ['histogram_count', h => h.count], ['histogram_sum', h => h.sum],
  ['histogram_stddev', h => Math.sqrt(histogramVariance(h))], ['histogram_stdvar', histogramVariance],
])

/** Whether a function is one of {@link HistogramFigure}. */
export function isHistogramFigure(func: string): func is HistogramFigure {
  return FIGURES.has(func)
}

const NAME_ONLY: ReadonlySet<string> = new Set([METRIC_NAME])

/** A figure of each histogram; floats are left out. Of the metric's labels only its name goes, as in Prometheus. */
export function histogramFigures(ctx: EvalContext, rows: Rows, func: HistogramFigure, steps: number): Rows {
  const figure = FIGURES.get(func)!
  const row = new HistogramRow()
  const read: Rows['read'] = (i, values, present) => {
    row.column = null
    rows.read(i, values, present, row)
    const column = row.column as (Histogram | null)[] | null
    present.fill(0, 0, steps)
    if (column === null) return 0
    let count = 0
    for (let k = 0; k < steps; k++) {
      const h = column[k]!
      if (h === null) continue
      values[k] = figure(h)
      present[k] = 1
      count++
    }
    return count
  }
  if (ctx.delayedNames) return { labels: rows.labels, dropName: new Uint8Array(rows.labels.length).fill(1), read }
  const out: Rows = { labels: rows.labels.map(own => labelsDrop(own, NAME_ONLY)), dropName: undefined, read }
  return withoutDuplicates(out, steps, 'merge', ctx.budget)
}
