import type { EvalContext } from './context.ts'
import type { Grid } from './grid.ts'
import type { Place } from './plan.ts'
import type { Rows } from './rows.ts'
import type { SampleStats } from './sample-stats.ts'
import { isStale } from './selection.ts'
import type { Selection } from './selection.ts'

/**
 * An instant vector selector: at each step the newest sample that is not older than the lookback, unless it is a staleness marker.
 * @param stats        counts the samples, if somebody wants to know
 * @param sampleTimes  give the samples' times in seconds instead of their values
 */
export function selectorRows(ctx: EvalContext, selection: Selection, place: Place, sampleTimes: boolean, grid: Grid, stats: SampleStats | undefined): Rows {
  const { lookbackMs, budget } = ctx
  const { steps } = grid
  const first = (place.atMs ?? grid.startMs) - place.offsetMs
  const advance = place.atMs === undefined ? grid.stepMs : 0
  const minMs = first - lookbackMs + 1
  const maxMs = first + advance * (steps - 1)
  return {
    labels: selection.labels,
    dropName: undefined,
    read: (i, values, present) => {
      budget.tick()
      const samples = selection.read(i, minMs, maxMs)
      const { ts, vs, length } = samples
      let count = 0
      let p = 0
      let at = first
      for (let k = 0; k < steps; k++, at += advance) {
        while (p < length && ts[p]! <= at) p++
        const newest = p - 1
        if (newest < 0 || ts[newest]! <= at - lookbackMs) {
          present[k] = 0
          continue
        }
        const v = vs[newest]!
        if (v !== v && isStale(samples, newest)) {
          present[k] = 0
          continue
        }
        values[k] = sampleTimes ? ts[newest]! / 1000 : v
        present[k] = 1
        count++
      }
      if (stats !== undefined) stats.addPresent(present, steps)
      budget.hold(count)
      return count
    },
  }
}
