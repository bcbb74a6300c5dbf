import { histogramSize } from '@haechi/model'
import type { Histogram } from '@haechi/model'
import { HINT_NUMBERS, HINT_SAME_TIMES, QueryError } from '@haechi/storage'
import type { EvalContext } from './context.ts'
import type { Grid } from './grid.ts'
import { newHistogramColumn } from './histogram-column.ts'
import type { HistogramColumn, HistogramRow } from './histogram-column.ts'
import { printLabels } from './metadata-labels.ts'
import type { Place, SelectorOutput } from './plan.ts'
import type { Rows } from './rows.ts'
import type { SampleStats } from './sample-stats.ts'
import { isStale } from './selection.ts'
import type { Samples, Selection } from './selection.ts'

/**
 * An instant vector selector: at each step the newest sample that is not older than the lookback, unless it is a staleness marker.
 * @param stats        counts the samples, if somebody wants to know
 * @param output  what to give for each sample
 */
export function selectorRows(ctx: EvalContext, selection: Selection, place: Place, output: SelectorOutput, grid: Grid, stats: SampleStats | undefined): Rows {
  const { lookbackMs, budget } = ctx
  const { steps } = grid
  const first = (place.atMs ?? grid.startMs) - place.offsetMs
  const advance = place.atMs === undefined ? grid.stepMs : 0
  const minMs = first - lookbackMs + 1
  const maxMs = first + advance * (steps - 1)
  // Series of one target have their samples at the same times: where each step finds its sample is worked out once for them.
  const places = new Int32Array(steps)
  let complete = false
  let placed = false
  return {
    labels: selection.labels,
    dropName: undefined,
    read: (i, values, present, histograms) => {
      budget.tick()
      const samples = selection.read(i, minMs, maxMs)
      if (samples.histograms !== null) {
        // The next series can't go by this one's times: they were not looked at.
        placed = false
        if (output === 'info-times') throw new QueryError('execution', `this should be an info metric, with float samples: ${printLabels(selection.labels[i]!)}`)
        const found = newestSamples(samples, first, advance, lookbackMs, steps, output, values, present, histograms)
        if (stats !== undefined) stats.addSamples(present, found.column, steps)
        budget.hold(found.size)
        return found.count
      }
      const { ts, vs, length } = samples
      const hints = samples.hints ?? 0
      if (!placed || (hints & HINT_SAME_TIMES) === 0) complete = placeSamples(ts, length, first, advance, lookbackMs, places)
      placed = true
      if (complete && (hints & HINT_NUMBERS) !== 0 && output === 'values') {
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
        values[k] = output === 'values' ? v : output === 'starts' ? (samples.startsMs?.[newest] ?? 0) / 1000 : ts[newest]! / 1000
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

/** The newest samples of a series that has histograms: how many steps have one, and how many floats they count as. */
interface NewestSamples {
  readonly count: number
  readonly size: number
  readonly column: HistogramColumn | null
}

/** The loop of {@link selectorRows} for a series with histograms. Without a receiver they are left out; their times are floats. */
function newestSamples(
  samples: Samples, first: number, advance: number, lookbackMs: number, steps: number, output: SelectorOutput, values: Float64Array, present: Uint8Array, into: HistogramRow | undefined,
): NewestSamples {
  const { ts, vs, length } = samples
  const histograms = samples.histograms!
  let column: HistogramColumn | null = null
  let count = 0
  let size = 0
  let p = 0
  let at = first
  for (let k = 0; k < steps; k++, at += advance) {
    while (p < length && ts[p]! <= at) p++
    const newest = p - 1
    present[k] = 0
    if (newest < 0 || ts[newest]! <= at - lookbackMs || isStale(samples, newest)) continue
    const h: Histogram | null = histograms[newest]!
    if (output === 'values' && h !== null) {
      size += histogramSize(h)
      column ??= newHistogramColumn(steps)
      column[k] = h
      if (into !== undefined) count++
      continue
    }
    values[k] = output === 'values' ? vs[newest]! : output === 'starts' ? (samples.startsMs?.[newest] ?? 0) / 1000 : ts[newest]! / 1000
    present[k] = 1
    count++
    size++
  }
  if (into !== undefined) into.column = column
  return { count, size, column }
}
