import type { EvalContext } from './context.ts'
import type { Grid } from './grid.ts'
import type { Place } from './plan.ts'
import type { Rows } from './rows.ts'
import { StaleFilter } from './selection.ts'
import type { Selection } from './selection.ts'

/**
 * An instant vector selector with `smoothed`: at each step the value between the samples on both sides, at most the lookback away;
 * the last one while there is no next.
 * @see Prometheus promql/engine.go `smoothSeries`
 */
export function smoothedRows(ctx: EvalContext, selection: Selection, place: Place, grid: Grid): Rows {
  const { lookbackMs, budget } = ctx
  const { steps } = grid
  const first = (place.atMs ?? grid.startMs) - place.offsetMs
  const advance = place.atMs === undefined ? grid.stepMs : 0
  const filter = new StaleFilter()
  return {
    labels: selection.labels,
    dropName: undefined,
    read: (i, values, present) => {
      budget.tick()
      const { ts, vs, length } = filter.apply(selection.read(i, first - lookbackMs + 1, first + advance * (steps - 1) + lookbackMs))
      let count = 0
      let next = 0
      let at = first
      for (let k = 0; k < steps; k++, at += advance) {
        while (next < length && ts[next]! < at) next++
        present[k] = 0
        let v: number
        if (next < length && ts[next] === at) v = vs[next]!
        else {
          const before = next - 1
          if (before < 0 || ts[before]! <= at - lookbackMs) continue
          v = vs[before]!
          if (next < length && ts[next]! <= at + lookbackMs) v += (vs[next]! - v) * (at - ts[before]!) / (ts[next]! - ts[before]!)
        }
        values[k] = v
        present[k] = 1
        count++
      }
      budget.hold(count)
      return count
    },
  }
}
