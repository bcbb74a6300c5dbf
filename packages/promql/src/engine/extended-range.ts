import { firstAtOrAfter } from '@haechi/model'
import type { RangeExtension } from '../ast.ts'
import type { RangeKernel } from './range-functions.ts'
import type { Samples } from './selection.ts'

/** Functions that understand ranges with an extension; the others would take samples outside of the range for inside ones. */
export const EXTENDED_FUNCTIONS: Readonly<Record<RangeExtension, readonly string[]>> = {
  anchored: ['changes', 'delta', 'increase', 'rate', 'resets'],
  smoothed: ['delta', 'increase', 'rate'],
}

/**
 * A kernel for an extended range, whose window also holds the lookback before the range and, for `smoothed`, behind it.
 * @param afterMs  how far the window reaches behind the range's end
 */
export function newExtendedKernel(func: string, extension: RangeExtension, rangeMs: number, afterMs: number): RangeKernel {
  if (func === 'changes' || func === 'resets') return anchoredNeighbours(func === 'resets', rangeMs)
  return extendedRate(func !== 'delta', func === 'rate', extension === 'smoothed', rangeMs, afterMs)
}

/** The value at `tMs` on the line through samples i and i + 1; behind a counter's reset the line begins at zero. */
function interpolated(ts: Float64Array, vs: Float64Array, i: number, tMs: number, isCounter: boolean): number {
  const after = vs[i + 1]!
  const before = isCounter && after < vs[i]! ? 0 : vs[i]!
  return before + (after - before) * (tMs - ts[i]!) / (ts[i + 1]! - ts[i]!)
}

/** Rates from border to border of the range, without extrapolation. @see Prometheus promql/functions.go `extendedRate` */
function extendedRate(isCounter: boolean, isRate: boolean, smoothed: boolean, rangeMs: number, afterMs: number): RangeKernel {
  const divisor = isRate ? rangeMs / 1000 : 1
  return (w, _scalars, values, present) => {
    const { ts, vs, lo, hi, steps, endStartMs, endStepMs } = w
    let count = 0
    for (let k = 0; k < steps; k++) {
      const l = lo[k]!
      let last = hi[k]! - 1
      present[k] = 0
      if (last < l) continue
      const end = endStartMs + k * endStepMs - afterMs
      const start = end - rangeMs
      let first = Math.max(l, firstAtOrAfter(ts, l, last, start + 1) - 1)
      if (smoothed) last = firstAtOrAfter(ts, l, last, end)
      if (ts[last]! <= start || (smoothed && ts[first]! > end)) continue
      const left = smoothed && ts[first]! < start ? interpolated(ts, vs, first, start, isCounter) : vs[first]!
      const right = smoothed && last > l && ts[last]! > end ? interpolated(ts, vs, last - 1, end, isCounter) : vs[last]!
      let delta = right - left
      if (isCounter) {
        // Resets between samples inside the range; those at its borders are in the interpolated values.
        if (ts[first]! <= start) first++
        if (ts[last]! >= end) last--
        let before = left
        let lost = 0
        for (let i = first; i <= last; i++) {
          if (vs[i]! < before) lost += before
          before = vs[i]!
        }
        if (right < before) lost += before
        delta += lost
      }
      values[k] = delta / divisor
      present[k] = 1
      count++
    }
    return count
  }
}

/** `changes` and `resets` from the last sample that is not inside the range; without a sample inside there is nothing to measure. */
function anchoredNeighbours(falls: boolean, rangeMs: number): RangeKernel {
  return (w, _scalars, values, present) => {
    const { ts, vs, lo, hi, steps, endStartMs, endStepMs } = w
    let count = 0
    for (let k = 0; k < steps; k++) {
      const r = hi[k]!
      const inside = firstAtOrAfter(ts, lo[k]!, r, endStartMs + k * endStepMs - rangeMs + 1)
      present[k] = 0
      if (inside === r) continue
      let n = 0
      for (let i = Math.max(lo[k]!, inside - 1) + 1; i < r; i++) {
        const v = vs[i]!
        const before = vs[i - 1]!
        if (falls ? v < before : v !== before && !(v !== v && before !== before)) n++
      }
      values[k] = n
      present[k] = 1
      count++
    }
    return count
  }
}

/** The samples of a range that is answered as it is, with one at each border; undefined: none. @see Prometheus promql/engine.go `extendFloats` */
export function extendedSamples(s: Samples, startMs: number, endMs: number, extension: RangeExtension): { readonly ts: Float64Array; readonly vs: Float64Array } | undefined {
  const { ts, vs } = s
  const smoothed = extension === 'smoothed'
  let last = s.length - 1
  if (last < 0) return undefined
  let first = Math.max(0, firstAtOrAfter(ts, 0, last, startMs + 1) - 1)
  if (smoothed) last = firstAtOrAfter(ts, 0, last, endMs)
  if (ts[last]! <= startMs) return undefined
  const left = smoothed && ts[first]! < startMs ? interpolated(ts, vs, first, startMs, false) : vs[first]!
  const right = smoothed && last > 0 && ts[last]! > endMs ? interpolated(ts, vs, last - 1, endMs, false) : vs[last]!
  if (ts[first]! <= startMs) first++
  if (ts[last]! >= endMs) last--
  const inside = Math.max(last - first + 1, 0)
  const outTs = new Float64Array(inside + 2)
  const outVs = new Float64Array(inside + 2)
  outTs.set(ts.subarray(first, first + inside), 1)
  outVs.set(vs.subarray(first, first + inside), 1)
  outTs[0] = startMs
  outVs[0] = left
  outTs[inside + 1] = endMs
  outVs[inside + 1] = right
  return { ts: outTs, vs: outVs }
}
