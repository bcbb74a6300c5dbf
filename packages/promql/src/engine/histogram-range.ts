import { histogramReset, histogramsEqual } from '@haechi/model'
import type { Histogram } from '@haechi/model'
import type { Span } from '../ast.ts'
import { newHistogramColumn } from './histogram-column.ts'
import type { HistogramColumn, HistogramRow } from './histogram-column.ts'
import { extendedHistogram, extrapolatedHistogram, lastTwoHistograms } from './histogram-rate.ts'
import type { LastSample, RangeNotes } from './histogram-rate.ts'
import { HistogramTotal } from './histogram-total.ts'
import type { Extension } from './plan.ts'
import type { HistogramWindow, RangeWindow } from './range-window.ts'
import { startsAnew } from './start-times.ts'

/** A function of a range vector whose series has histograms. */
export interface MixedRangeCall {
  readonly func: string
  readonly extension: Extension | undefined
  /** Of the range itself, without what an extension adds. */
  readonly rangeMs: number
  readonly notes: RangeNotes
  /** Of the first argument, whatever that is. */
  readonly firstArgument: Span
  /** Judges the other arguments at a step with samples. @throws QueryError */
  readonly check?: (k: number) => void
}

/** Functions that need floats and say so when there are histograms besides. */
const FLOAT_ONLY: ReadonlySet<string> = new Set([
  'min_over_time', 'max_over_time', 'ts_of_min_over_time', 'ts_of_max_over_time', 'stddev_over_time', 'stdvar_over_time', 'mad_over_time', 'quantile_over_time', 'deriv', 'predict_linear',
  'double_exponential_smoothing',
])

/** A float or histogram with its time. */
interface TimedSample { readonly tMs: number; readonly startMs: number; readonly value: number | Histogram }

/**
 * Computes a function of a range vector for one series that has histograms, at all steps.
 * @param present  where the function of the floats alone has a value, in `values`; both are changed to the result
 * @param into     receives histograms
 * @returns        how many steps have a value
 */
export function mixedRange(call: MixedRangeCall, w: RangeWindow, values: Float64Array, present: Uint8Array, into: HistogramRow | undefined): number {
  const { steps, lo, hi } = w
  const h = w.histograms!
  let column: HistogramColumn | undefined
  let count = 0
  for (let k = 0; k < steps; k++) {
    const floats = hi[k]! - lo[k]!
    const histograms = h.hi[k]! - h.lo[k]!
    // The kernel's result stands.
    if (histograms > 0) {
      call.check?.(k)
      const result = atStep(call, w, h, k, floats, present[k] === 1 ? values[k] : undefined)
      present[k] = 0
      if (typeof result === 'number') {
        values[k] = result
        present[k] = 1
      } else if (result !== undefined) {
        column ??= newHistogramColumn(steps)
        column[k] = result
        if (into !== undefined) count++
      }
    }
    count += present[k]!
  }
  if (into !== undefined && column !== undefined) into.column = column
  return count
}

/** @param ofFloats  the result of the floats alone */
function atStep(call: MixedRangeCall, w: RangeWindow, h: HistogramWindow, k: number, floats: number, ofFloats: number | undefined): number | Histogram | undefined {
  const { func, notes } = call
  const l = h.lo[k]!
  const r = h.hi[k]!
  if (FLOAT_ONLY.has(func)) {
    if (floats > 0) notes.annotations.histogramsIgnoredInRange(notes.metricName, call.firstArgument)
    return ofFloats
  }
  switch (func) {
    case 'rate': case 'increase': case 'delta': {
      if (floats > 0) break
      const toMs = w.endStartMs + k * w.endStepMs
      const { extension } = call
      if (extension === undefined) return extrapolatedHistogram(h, l, r, toMs - w.rangeMs, toMs, func !== 'delta', func === 'rate', notes)
      const endMs = toMs - extension.afterMs
      return extendedHistogram(h, l, r, endMs - call.rangeMs, endMs, extension.kind === 'smoothed', func !== 'delta', func === 'rate', notes)
    }
    case 'sum_over_time': case 'avg_over_time':
      if (floats > 0) break
      return totalOf(h, l, r, func === 'avg_over_time', notes)
    case 'irate': case 'idelta': return lastTwo(call, w, h, k)
    case 'count_over_time': return floats + r - l
    case 'present_over_time': return 1
    case 'last_over_time': return (floats > 0 && h.ts[r - 1]! < w.ts[w.hi[k]! - 1]!) ? ofFloats : h.hs[r - 1]
    case 'first_over_time': return (floats > 0 && w.ts[w.lo[k]!]! < h.ts[l]!) ? ofFloats : h.hs[l]
    case 'ts_of_last_over_time': return Math.max(h.ts[r - 1]! / 1000, ofFloats ?? -Infinity)
    case 'ts_of_first_over_time': return Math.min(h.ts[l]! / 1000, ofFloats ?? Infinity)
    case 'changes': case 'resets': return neighbours(call, w, h, k)
    default: throw new Error(`BUG: no ${func} of histograms`)
  }
  notes.annotations.mixedFloatsHistograms(notes.metricName, notes.span)
  return undefined
}

function totalOf(h: HistogramWindow, l: number, r: number, mean: boolean, notes: RangeNotes): Histogram | undefined {
  const total = new HistogramTotal(h.hs[l]!, mean)
  for (let i = l + 1; i < r; i++) {
    if (!total.add(h.hs[i]!)) {
      notes.annotations.mixedExponentialCustom(notes.metricName, notes.span)
      return undefined
    }
  }
  if (total.contradictory) notes.annotations.resetCollision('aggregation', notes.span)
  if (total.reconciled) notes.annotations.mismatchedCustomBuckets('aggregation', notes.span)
  return total.finish()
}

/** The samples of a step, floats and histograms in order of time. */
function samplesAt(w: RangeWindow, h: HistogramWindow, k: number): TimedSample[] {
  const out: TimedSample[] = []
  let i = w.lo[k]!
  let j = h.lo[k]!
  while (i < w.hi[k]! || j < h.hi[k]!) {
    if (j >= h.hi[k]! || (i < w.hi[k]! && w.ts[i]! < h.ts[j]!)) {
      out.push({ tMs: w.ts[i]!, startMs: w.starts?.[i] ?? 0, value: w.vs[i]! })
      i++
    } else {
      out.push({ tMs: h.ts[j]!, startMs: h.starts?.[j] ?? 0, value: h.hs[j]! })
      j++
    }
  }
  return out
}

function lastTwo(call: MixedRangeCall, w: RangeWindow, h: HistogramWindow, k: number): number | Histogram | undefined {
  const { notes } = call
  const isRate = call.func === 'irate'
  const [before, last] = samplesAt(w, h, k).slice(-2)
  if (before === undefined || last === undefined || last.tMs === before.tMs) return undefined
  if (typeof before.value !== 'number' && typeof last.value !== 'number') return lastTwoHistograms(before as LastSample, last as LastSample, isRate, notes)
  if (typeof before.value !== 'number' || typeof last.value !== 'number') {
    notes.annotations.mixedFloatsHistograms(notes.metricName, notes.span)
    return undefined
  }
  const anew = isRate && (last.value < before.value || startsAnew(before.startMs, before.tMs, last.startMs, last.tMs))
  const delta = anew ? last.value : last.value - before.value
  return isRate ? delta / ((last.tMs - before.tMs) / 1000) : delta
}

/** `changes` and `resets`; a change between float and histogram counts for both. */
function neighbours(call: MixedRangeCall, w: RangeWindow, h: HistogramWindow, k: number): number | undefined {
  let samples = samplesAt(w, h, k)
  if (call.extension !== undefined) {
    const fromMs = w.endStartMs + k * w.endStepMs - call.extension.afterMs - call.rangeMs
    const inside = samples.findIndex(s => s.tMs > fromMs)
    if (inside < 0) return undefined
    samples = samples.slice(Math.max(0, inside - 1))
  }
  let n = 0
  for (let i = 1; i < samples.length; i++) if (differs(call.func === 'resets', samples[i - 1]!, samples[i]!)) n++
  return n
}

function differs(resets: boolean, before: TimedSample, now: TimedSample): boolean {
  const a = before.value
  const b = now.value
  if (typeof a === 'number' ? typeof b !== 'number' : typeof b === 'number') return true
  if (resets && startsAnew(before.startMs, before.tMs, now.startMs, now.tMs)) return true
  if (typeof a === 'number') return resets ? b as number < a : b !== a && !(a !== a && b !== b)
  return resets ? histogramReset(b as Histogram, a) : !histogramsEqual(b as Histogram, a)
}
