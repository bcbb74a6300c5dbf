import type { RangeWindow } from './range-window.ts'

/**
 * Whether a counter was reset between two samples by what they say about their start. 0: not known; at or behind the sample's own time: says nothing.
 * A start at the time of the sample before is that of a delta, unless that one's start was unknown too.
 * @see Prometheus promql/functions.go `isStartTimestampReset`
 */
export function startsAnew(previousStartMs: number, previousMs: number, startMs: number, tMs: number): boolean {
  if (startMs === 0 || startMs >= tMs || startMs < previousMs) return false
  if (startMs > previousMs || previousStartMs > previousMs) return startMs > previousMs
  return previousStartMs !== 0 && previousStartMs !== previousMs
}

/** Whether a sample claims a time that the sample before has counted already. @see Prometheus `checkStartTimeOverlap` */
export function startOverlaps(previousStartMs: number, previousMs: number, startMs: number): boolean {
  return startMs !== 0 && startMs < previousMs && startMs !== previousStartMs
}

/** What {@link extrapolation} must know about a window of samples. */
export interface ExtrapolatedWindow {
  readonly samples: number
  readonly firstMs: number
  readonly lastMs: number
  /** Window, left-open. */
  readonly fromMs: number
  readonly toMs: number
  /** Since when the first sample counts; 0: not known, or not a counter. */
  readonly startMs: number
}

/** Whether the counter began at zero inside the window. */
export function beginsInside(w: ExtrapolatedWindow): boolean {
  return w.startMs !== 0 && w.startMs > w.fromMs && w.startMs < w.firstMs
}

/**
 * By how much the difference between the first and the last sample must be multiplied to stand for the whole window.
 * @param firstPart  the first sample as a part of the difference: a counter can't have been negative; NaN: it may
 * @returns undefined if there is only one sample and its start is not inside the window
 * @see Prometheus promql/functions.go `extrapolatedRate`
 */
export function extrapolation(w: ExtrapolatedWindow, firstPart: number): number | undefined {
  let sampled = (w.lastMs - w.firstMs) / 1000
  const average = w.samples > 1 ? sampled / (w.samples - 1) : 0
  const threshold = average * 1.1
  let before = (w.firstMs - w.fromMs) / 1000
  let after = (w.toMs - w.lastMs) / 1000
  if (beginsInside(w)) {
    before = 0
    sampled = (w.lastMs - w.startMs) / 1000
  } else if (w.samples === 1) return undefined
  else {
    if (before >= threshold) before = average / 2
    const toZero = sampled * firstPart
    if (toZero < before) before = toZero
  }
  if (after >= threshold) after = average / 2
  return sampled === 0 ? 1 : (sampled + before + after) / sampled
}

/**
 * `rate` and `increase` of floats whose start times are known.
 * @param onOverlap  called for each step at which a sample claims time that the one before has counted
 */
export function startAwareRate(w: RangeWindow, isRate: boolean, values: Float64Array, present: Uint8Array, onOverlap: () => void): number {
  const { ts, vs, lo, hi, steps, rangeMs, endStartMs, endStepMs } = w
  const starts = w.starts!
  let count = 0
  for (let k = 0; k < steps; k++) {
    const l = lo[k]!
    const r = hi[k]!
    present[k] = 0
    if (r === l) continue
    let delta = vs[r - 1]! - vs[l]!
    let overlapped = false
    for (let i = l + 1; i < r; i++) {
      if (!overlapped && startOverlaps(starts[i - 1]!, ts[i - 1]!, starts[i]!)) {
        overlapped = true
        onOverlap()
      }
      if (vs[i]! < vs[i - 1]! || startsAnew(starts[i - 1]!, ts[i - 1]!, starts[i]!, ts[i]!)) delta += vs[i - 1]!
    }
    const toMs = endStartMs + k * endStepMs
    const window = { samples: r - l, firstMs: ts[l]!, lastMs: ts[r - 1]!, fromMs: toMs - rangeMs, toMs, startMs: starts[l]! }
    const factor = extrapolation(window, delta > 0 && vs[l]! >= 0 ? vs[l]! / delta : NaN)
    if (factor === undefined) continue
    if (beginsInside(window)) delta += vs[l]!
    values[k] = delta * (isRate ? factor / (rangeMs / 1000) : factor)
    present[k] = 1
    count++
  }
  return count
}

/** `irate` of floats whose start times are known. */
export function startAwareIrate(w: RangeWindow, values: Float64Array, present: Uint8Array): number {
  const { ts, vs, lo, hi, steps } = w
  const starts = w.starts!
  let count = 0
  for (let k = 0; k < steps; k++) {
    const last = hi[k]! - 1
    const before = last - 1
    present[k] = 0
    if (before < lo[k]! || ts[last] === ts[before]) continue
    const anew = vs[last]! < vs[before]! || startsAnew(starts[before]!, ts[before]!, starts[last]!, ts[last]!)
    values[k] = (anew ? vs[last]! : vs[last]! - vs[before]!) / ((ts[last]! - ts[before]!) / 1000)
    present[k] = 1
    count++
  }
  return count
}

/** `resets` of floats whose start times are known. */
export function startAwareResets(w: RangeWindow, values: Float64Array, present: Uint8Array): number {
  const { ts, vs, lo, hi, steps } = w
  const starts = w.starts!
  let count = 0
  for (let k = 0; k < steps; k++) {
    const l = lo[k]!
    const r = hi[k]!
    present[k] = 0
    if (l === r) continue
    let n = 0
    for (let i = l + 1; i < r; i++) if (vs[i]! < vs[i - 1]! || startsAnew(starts[i - 1]!, ts[i - 1]!, starts[i]!, ts[i]!)) n++
    values[k] = n
    present[k] = 1
    count++
  }
  return count
}
