import { EMPTY_HISTOGRAM, HistogramSum, RESET_HINT, addHistograms, compactHistogram, divideHistogram, firstAtOrAfter, hasCustomBuckets, histogramReset, reduceHistogram, scaleHistogram, subtractHistograms, withResetHint } from '@haechi/model'
import type { Histogram } from '@haechi/model'
import type { Span } from '../ast.ts'
import type { Annotations } from './annotations.ts'
import type { HistogramWindow } from './range-window.ts'
import { beginsInside, extrapolation, startOverlaps, startsAnew } from './start-times.ts'

/** Who is told about histograms that don't fit, and what about. */
export interface RangeNotes {
  readonly annotations: Annotations
  /** Name of the metric, '' if it has none any more. */
  readonly metricName: string
  /** Of the range vector. */
  readonly span: Span
}

/**
 * `rate`, `increase` or `delta` of the histograms in `[l, r)`.
 * @param fromMs  window, left-open
 * @returns undefined where there is no result
 * @see Prometheus promql/functions.go `extrapolatedRate`
 */
export function extrapolatedHistogram(w: HistogramWindow, l: number, r: number, fromMs: number, toMs: number, isCounter: boolean, isRate: boolean, notes: RangeNotes): Histogram | undefined {
  let result: Histogram | undefined
  if (r - l > 1) {
    result = histogramDifference(w, l, r, isCounter, notes)
    if (result === undefined) return undefined
  }
  const first = w.hs[l]!
  const window = { samples: r - l, firstMs: w.ts[l]!, lastMs: w.ts[r - 1]!, fromMs, toMs, startMs: isCounter ? w.starts?.[l] ?? 0 : 0 }
  const factor = extrapolation(window, isCounter && result !== undefined && result.count > 0 && first.count >= 0 ? first.count / result.count : NaN)
  if (factor === undefined) return undefined
  if (beginsInside(window)) {
    if (result === undefined) result = first
    else {
      const sum = addNoted(result, first, notes)
      if (sum === undefined) return undefined
      result = sum
    }
  }
  return scaleHistogram(result!, isRate ? factor / ((toMs - fromMs) / 1000) : factor)
}

/** Last minus first of at least two histograms; of counters, what resets took away is added. @see Prometheus `histogramRate` */
function histogramDifference(w: HistogramWindow, l: number, r: number, isCounter: boolean, notes: RangeNotes): Histogram | undefined {
  const { hs, ts, starts } = w
  const { annotations, metricName, span } = notes
  const last = hs[r - 1]!
  let previous = hs[l]!
  const anew = (i: number): boolean => starts !== null && startsAnew(starts[i - 1]!, ts[i - 1]!, starts[i]!, ts[i]!)
  if (isCounter) {
    if (previous.resetHint === RESET_HINT.gauge || last.resetHint === RESET_HINT.gauge) annotations.notCounter(metricName, span)
    // What was before a reset at the first step doesn't matter, nor what buckets it had.
    const second = hs[l + 1]!
    if (anew(l + 1) || histogramReset(second, previous)) previous = { ...EMPTY_HISTOGRAM, schema: second.schema, customValues: second.customValues }
  }
  const custom = hasCustomBuckets(previous)
  if (hasCustomBuckets(last) !== custom) {
    annotations.mixedExponentialCustom(metricName, span)
    return undefined
  }
  let schema = Math.min(last.schema, previous.schema)
  for (let i = l + 1; i < r - 1 && isCounter; i++) {
    const h = hs[i]!
    if (h.resetHint === RESET_HINT.gauge) annotations.notCounter(metricName, span)
    if (h.schema < schema) schema = h.schema
    if (hasCustomBuckets(h) !== custom) {
      annotations.mixedExponentialCustom(metricName, span)
      return undefined
    }
  }
  const sum = new HistogramSum(reduceHistogram(last, schema), false)
  if (sum.add(previous, -1)!.boundsReconciled) annotations.mismatchedCustomBuckets('subtraction', span)
  if (isCounter) {
    let overlapped = false
    for (let i = l + 1; i < r; i++) {
      if (!overlapped && starts !== null && startOverlaps(starts[i - 1]!, ts[i - 1]!, starts[i]!)) {
        overlapped = true
        annotations.startTimeOverlap(metricName, span)
      }
      if (anew(i) || histogramReset(hs[i]!, previous)) {
        if (sum.add(previous)!.boundsReconciled) annotations.mismatchedCustomBuckets('addition', span)
      }
      previous = hs[i]!
    }
  } else if (hs[l]!.resetHint !== RESET_HINT.gauge || last.resetHint !== RESET_HINT.gauge) annotations.notGauge(metricName, span)
  return compactHistogram(withResetHint(sum.finish(), RESET_HINT.gauge))
}

/** a + b with notes about bounds; undefined with a note if they don't go together. */
function addNoted(a: Histogram, b: Histogram, notes: RangeNotes): Histogram | undefined {
  const sum = addHistograms(a, b)
  if (sum === undefined) notes.annotations.mixedExponentialCustom(notes.metricName, notes.span)
  else if (sum.boundsReconciled) notes.annotations.mismatchedCustomBuckets('addition', notes.span)
  return sum?.histogram
}

/** a - b, likewise. */
function subtractNoted(a: Histogram, b: Histogram, notes: RangeNotes): Histogram | undefined {
  const sum = subtractHistograms(a, b)
  if (sum === undefined) notes.annotations.mixedExponentialCustom(notes.metricName, notes.span)
  else if (sum.boundsReconciled) notes.annotations.mismatchedCustomBuckets('subtraction', notes.span)
  return sum?.histogram
}

/** One of the last two samples of a window. */
export interface LastSample { readonly tMs: number; readonly startMs: number; readonly value: Histogram }

/** `irate` or `idelta` of two histograms. @see Prometheus promql/functions.go `instantValue` */
export function lastTwoHistograms(before: LastSample, last: LastSample, isRate: boolean, notes: RangeNotes): Histogram | undefined {
  const { annotations, metricName, span } = notes
  const gauges = [before, last].filter(s => s.value.resetHint === RESET_HINT.gauge).length
  if (isRate && gauges > 0) annotations.notCounter(metricName, span)
  if (!isRate && gauges < 2) annotations.notGauge(metricName, span)
  let result = last.value
  if (!isRate || !(startsAnew(before.startMs, before.tMs, last.startMs, last.tMs) || histogramReset(last.value, before.value))) {
    const difference = subtractNoted(result, before.value, notes)
    if (difference === undefined) return undefined
    result = difference
  }
  result = compactHistogram(withResetHint(result, RESET_HINT.gauge))
  return isRate ? divideHistogram(result, (last.tMs - before.tMs) / 1000) : result
}

/** The histogram at `tMs` between two others; behind a counter's reset the line begins at nothing. @returns undefined if they don't go together */
export function interpolatedHistogram(a: Histogram, aMs: number, b: Histogram, bMs: number, tMs: number, isCounter: boolean, notes: RangeNotes): Histogram | undefined {
  if (tMs === aMs) return a
  if (tMs === bMs) return b
  const fraction = (tMs - aMs) / (bMs - aMs)
  if (isCounter && histogramReset(b, a)) return scaleHistogram(b, fraction)
  const difference = subtractNoted(b, a, notes)
  return difference === undefined ? undefined : addNoted(scaleHistogram(difference, fraction), a, notes)
}

/**
 * `rate`, `increase` or `delta` from border to border of an extended range, of the histograms in `[l, r)`, which reach beyond it.
 * @see Prometheus promql/functions.go `extendedHistogramRate`
 */
export function extendedHistogram(w: HistogramWindow, l: number, r: number, startMs: number, endMs: number, smoothed: boolean, isCounter: boolean, isRate: boolean, notes: RangeNotes): Histogram | undefined {
  const { ts, hs } = w
  const { annotations, metricName, span } = notes
  let last = r - 1
  let first = Math.max(l, firstAtOrAfter(ts, l, last, startMs + 1) - 1)
  if (smoothed) last = firstAtOrAfter(ts, l, last, endMs)
  if (ts[last]! <= startMs || (smoothed && ts[first]! > endMs)) return undefined
  for (let i = first; i <= last; i++) {
    if (hasCustomBuckets(hs[i]!) !== hasCustomBuckets(hs[first]!)) {
      annotations.mixedExponentialCustom(metricName, span)
      return undefined
    }
    if (isCounter && hs[i]!.resetHint === RESET_HINT.gauge) annotations.notCounter(metricName, span)
  }
  const left = smoothed && ts[first]! < startMs ? interpolatedHistogram(hs[first]!, ts[first]!, hs[first + 1]!, ts[first + 1]!, startMs, isCounter, notes) : hs[first]
  if (left === undefined) return undefined
  const right = smoothed && last > l && ts[last]! > endMs ? interpolatedHistogram(hs[last - 1]!, ts[last - 1]!, hs[last]!, ts[last]!, endMs, isCounter, notes) : hs[last]
  if (right === undefined) return undefined
  if (!isCounter && (left.resetHint !== RESET_HINT.gauge || right.resetHint !== RESET_HINT.gauge)) annotations.notGauge(metricName, span)
  let result = subtractNoted(right, left, notes)
  if (result !== undefined && isCounter) {
    let previous = left
    let i = first + 1
    if (smoothed && ts[first]! < startMs && histogramReset(hs[first + 1]!, hs[first]!)) {
      // The interpolation on the left went over that reset.
      previous = hs[first + 1]!
      i++
    }
    let lost: Histogram | undefined
    // Between neighbours on both sides of which the borders lie, there is nothing more to correct.
    if (i <= last) {
      for (; i <= last && result !== undefined; i++) {
        const next = i === last ? right : hs[i]!
        if (histogramReset(next, previous)) {
          lost = lost === undefined ? previous : addNoted(lost, previous, notes)
          if (lost === undefined) return undefined
        }
        previous = next
      }
    }
    if (lost !== undefined) result = addNoted(result, lost, notes)
  }
  if (result === undefined) return undefined
  if (isRate) result = divideHistogram(result, (endMs - startMs) / 1000)
  return compactHistogram(withResetHint(result, RESET_HINT.gauge))
}

