import { METRIC_NAME, RESET_HINT, hasCustomBuckets, labelValue, withResetHint } from '@haechi/model'
import type { Histogram, Labels } from '@haechi/model'
import type { Span } from '../ast.ts'
import type { EvalContext } from './context.ts'
import type { Grid } from './grid.ts'
import { columnSize, countHistograms, newHistogramColumn } from './histogram-column.ts'
import type { HistogramColumn } from './histogram-column.ts'
import { interpolatedHistogram } from './histogram-rate.ts'
import type { RangeNotes } from './histogram-rate.ts'
import type { Place } from './plan.ts'
import type { Rows } from './rows.ts'
import { StaleFilter } from './selection.ts'
import type { Samples, Selection } from './selection.ts'

/**
 * An instant vector selector with `smoothed`: at each step the value between the samples on both sides, at most the lookback away;
 * the last one while there is no next.
 * @see Prometheus promql/engine.go `smoothSeries`
 */
export function smoothedRows(ctx: EvalContext, selection: Selection, place: Place, grid: Grid, span: Span): Rows {
  const { lookbackMs, budget } = ctx
  const { steps } = grid
  const first = (place.atMs ?? grid.startMs) - place.offsetMs
  const advance = place.atMs === undefined ? grid.stepMs : 0
  const filter = new StaleFilter()
  return {
    labels: selection.labels,
    dropName: undefined,
    read: (i, values, present, histograms) => {
      budget.tick()
      const samples = filter.apply(selection.read(i, first - lookbackMs + 1, first + advance * (steps - 1) + lookbackMs))
      if (samples.histograms !== null) {
        const mixed = smoothedSamples(ctx, samples, selection.labels[i]!, span, first, advance, steps, values, present)
        const size = columnSize(mixed.column)
        budget.hold(mixed.floats + size)
        if (histograms === undefined || size === 0) return mixed.floats
        histograms.column = mixed.column
        return mixed.floats + countHistograms(mixed.column)
      }
      const { ts, vs, length } = samples
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

/** The same for a series that has histograms. A step around which there are both kinds has no value. */
function smoothedSamples(
  ctx: EvalContext, samples: Samples, labels: Labels, span: Span, first: number, advance: number, steps: number, values: Float64Array, present: Uint8Array,
): { readonly floats: number; readonly column: HistogramColumn } {
  const { ts, vs, length } = samples
  const { lookbackMs, annotations } = ctx
  const histograms = samples.histograms!
  const notes = { annotations, metricName: labelValue(labels, METRIC_NAME), span }
  const column = newHistogramColumn(steps)
  let floats = 0
  let at = first
  let from = 0
  for (let k = 0; k < steps; k++, at += advance) {
    present[k] = 0
    while (from < length && ts[from]! <= at - lookbackMs) from++
    let before = -1
    let next = -1
    let kinds = 0
    for (let i = from; i < length && ts[i]! <= at + lookbackMs; i++) {
      kinds |= histograms[i] === null ? 1 : 2
      if (ts[i]! < at) before = i
      else if (next < 0) next = i
    }
    if (kinds === 3) annotations.mixedFloatsHistograms(notes.metricName, span)
    if (kinds === 0 || kinds === 3) continue
    const exact = next >= 0 && ts[next] === at
    if (!exact && before < 0) continue
    if (kinds === 1) {
      let v = exact ? vs[next]! : vs[before]!
      if (!exact && next >= 0) v += (vs[next]! - v) * (at - ts[before]!) / (ts[next]! - ts[before]!)
      values[k] = v
      present[k] = 1
      floats++
    } else if (exact) column[k] = histograms[next]!
    else if (next < 0) column[k] = withResetHint(histograms[before]!, RESET_HINT.unknown)
    else column[k] = between(histograms[before]!, ts[before]!, histograms[next]!, ts[next]!, at, notes)
  }
  return { floats, column }
}

function between(a: Histogram, aMs: number, b: Histogram, bMs: number, tMs: number, notes: RangeNotes): Histogram | null {
  if (hasCustomBuckets(a) !== hasCustomBuckets(b)) {
    notes.annotations.mixedExponentialCustom(notes.metricName, notes.span)
    return null
  }
  const isCounter = a.resetHint !== RESET_HINT.gauge || b.resetHint !== RESET_HINT.gauge
  return interpolatedHistogram(a, aMs, b, bMs, tMs, isCounter, notes) ?? null
}
