import { HINT_NUMBERS, HINT_SAME_TIMES } from '@haechi/storage'
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
  // Series of one target have their samples at the same times: where each step finds its sample is worked out once for them.
  const places = new Int32Array(steps)
  let complete = false
  return {
    labels: selection.labels,
    dropName: undefined,
    read: (i, values, present) => {
      budget.tick()
      const samples = selection.read(i, minMs, maxMs)
      const { ts, vs, length } = samples
      const hints = samples.hints ?? 0
      if ((hints & HINT_SAME_TIMES) === 0) complete = placeSamples(ts, length, first, advance, lookbackMs, places)
      if (complete && (hints & HINT_NUMBERS) !== 0 && !sampleTimes) {
        for (let k = 0; k < steps; k++) values[k] = vs[places[k]!]!
        present.fill(1, 0, steps)
        if (stats !== undefined) stats.addPresent(present, steps)
        budget.hold(steps)
        return steps
      }
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

/** Finds the newest sample of each step. @returns whether every step has one */
function placeSamples(ts: Float64Array, length: number, first: number, advance: number, lookbackMs: number, places: Int32Array): boolean {
  let p = 0
  let at = first
  for (let k = 0; k < places.length; k++, at += advance) {
    while (p < length && ts[p]! <= at) p++
    if (p === 0 || ts[p - 1]! <= at - lookbackMs) return false
    places[k] = p - 1
  }
  return true
}
