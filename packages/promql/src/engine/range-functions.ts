import { QueryError } from '@haechi/storage'
import { KahanSum } from './kahan.ts'
import { quantileOf, quantileOfSorted } from './quantile.ts'
import type { RangeWindow } from './range-window.ts'

/**
 * Computes a function of a range vector for one series at all steps.
 * @param scalars  one column per scalar argument, a value for each step
 * @param values   filled where `present` is 1
 * @param present  written at every step
 * @returns        how many steps have a value
 */
export type RangeKernel = (w: RangeWindow, scalars: readonly Float64Array[], values: Float64Array, present: Uint8Array) => number

/** Extrapolated rates. @see Prometheus promql/functions.go `extrapolatedRate` */
function extrapolated(isCounter: boolean, isRate: boolean): RangeKernel {
  // What a step's difference is multiplied by where no counter's zero stands in the way: the same for all series of a target.
  let factors = new Float64Array(0)
  let placed = -1
  return (w, _scalars, values, present) => {
    const { vs, n, lo, hi, steps, toStart, toEnd, sampled } = w
    const divisor = isRate ? w.rangeMs / 1000 : 1
    if (w.placed !== placed) {
      placed = w.placed
      if (factors.length < steps) factors = new Float64Array(steps)
      for (let k = 0; k < steps; k++) factors[k] = (sampled[k] === 0 ? 1 : (sampled[k]! + toStart[k]! + toEnd[k]!) / sampled[k]!) / divisor
    }
    const resets = isCounter ? counterResets(vs, n) : NO_RESETS
    const resetCount = resets.length
    let firstReset = 0
    let count = 0
    for (let k = 0; k < steps; k++) {
      const l = lo[k]!
      const r = hi[k]!
      if (r - l < 2) {
        present[k] = 0
        continue
      }
      const first = vs[l]!
      let delta = vs[r - 1]! - first
      if (resetCount > 0) {
        while (firstReset < resetCount && resets[firstReset]! <= l) firstReset++
        for (let j = firstReset; j < resetCount && resets[j]! < r; j++) delta += vs[resets[j]! - 1]!
      }
      present[k] = 1
      count++
      // A multiplication tells where the division below is needed; the margin covers its rounding.
      if (isCounter && delta > 0 && first >= 0 && first * sampled[k]! < toStart[k]! * delta * 1.000001) {
        // A counter can't have been negative: don't extrapolate past its zero.
        const between = sampled[k]!
        const toZero = between * (first / delta)
        const before = toZero < toStart[k]! ? toZero : toStart[k]!
        values[k] = delta * ((between === 0 ? 1 : (between + before + toEnd[k]!) / between) / divisor)
        continue
      }
      values[k] = delta * factors[k]!
    }
    return count
  }
}

const NO_RESETS: readonly number[] = []

/** Positions at which the counter is lower than at the sample before. */
function counterResets(vs: Float64Array, n: number): readonly number[] {
  let resets: number[] | undefined
  for (let i = 1; i < n; i++) if (vs[i]! < vs[i - 1]!) (resets ??= []).push(i)
  return resets ?? NO_RESETS
}

/** Difference or rate of the last two samples. */
function lastTwo(isRate: boolean): RangeKernel {
  return (w, _scalars, values, present) => {
    const { ts, vs, lo, hi, steps } = w
    let count = 0
    for (let k = 0; k < steps; k++) {
      const r = hi[k]!
      const interval = r - lo[k]! < 2 ? 0 : ts[r - 1]! - ts[r - 2]!
      if (interval === 0) {
        present[k] = 0
        continue
      }
      const last = vs[r - 1]!
      const before = vs[r - 2]!
      // After a reset, all that the counter shows has come since.
      const delta = isRate && last < before ? last : last - before
      values[k] = isRate ? delta / (interval / 1000) : delta
      present[k] = 1
      count++
    }
    return count
  }
}

/** Kernels whose value at a step depends on the window's samples alone. `f(w, l, r, k)` gets a window of at least `least` samples. */
function perWindow(least: number, f: (w: RangeWindow, l: number, r: number, k: number, scalars: readonly Float64Array[]) => number): RangeKernel {
  return (w, scalars, values, present) => {
    const { lo, hi, steps } = w
    let count = 0
    for (let k = 0; k < steps; k++) {
      const l = lo[k]!
      const r = hi[k]!
      if (r - l < least) {
        present[k] = 0
        continue
      }
      values[k] = f(w, l, r, k, scalars)
      present[k] = 1
      count++
    }
    return count
  }
}

function sumOf(w: RangeWindow, l: number, r: number): number {
  const vs = w.vs
  let sum = 0
  let c = 0
  for (let i = l; i < r; i++) {
    const v = vs[i]!
    const t = sum + v
    c += Math.abs(sum) >= Math.abs(v) ? sum - t + v : v - t + sum
    sum = t
  }
  // A sum that has been infinite ends so, or as NaN: no need to look at each step.
  return sum === Infinity || sum === -Infinity ? sum : sum + c
}

/** Mean by the sum as long as it stays finite, else incrementally. */
function averageOf(w: RangeWindow, l: number, r: number): number {
  const vs = w.vs
  let sum = vs[l]!
  let c = 0
  let i = l + 1
  for (; i < r; i++) {
    const v = vs[i]!
    const t = sum + v
    if (t === Infinity || t === -Infinity) break
    c += Math.abs(sum) >= Math.abs(v) ? sum - t + v : v - t + sum
    sum = t
  }
  if (i === r) return sum / (r - l) + c / (r - l)
  const mean = new KahanSum()
  mean.sum = sum / (i - l)
  mean.c = c / (i - l)
  for (; i < r; i++) {
    const n = i - l + 1
    const q = (n - 1) / n
    mean.sum *= q
    mean.c *= q
    mean.add(vs[i]! / n)
  }
  return mean.sum + mean.c
}

/**
 * Sums or means of windows by differences of a running sum, where that is exact: whole numbers whose sums stay whole. Other series go to `f`.
 */
function wholeSums(mean: boolean, f: (w: RangeWindow, l: number, r: number) => number): RangeKernel {
  const general = perWindow(1, f)
  let running = new Float64Array(256)
  return (w, scalars, values, present) => {
    const { vs, n, lo, hi, steps } = w
    if (running.length < n + 1) running = new Float64Array(2 * n + 1)
    let sum = 0
    let size = 0
    let i = 0
    for (; i < n; i++) {
      const v = vs[i]!
      if (v !== Math.trunc(v)) break
      sum += v
      size += v < 0 ? -v : v
      running[i + 1] = sum
    }
    if (i < n || !(size < 2 ** 53)) return general(w, scalars, values, present)
    let count = 0
    for (let k = 0; k < steps; k++) {
      const l = lo[k]!
      const r = hi[k]!
      if (l === r) {
        present[k] = 0
        continue
      }
      const total = running[r]! - running[l]!
      values[k] = mean ? total / (r - l) : total
      present[k] = 1
      count++
    }
    return count
  }
}

/** Quantiles of windows from the sorted window of the step before: a step changes few of its samples. */
function slidingQuantiles(): RangeKernel {
  const scratch = new Scratch()
  const general = perWindow(1, (w, l, r, k, scalars) => quantileOf(scalars[0]![k]!, scratch.copy(w.vs, l, r), r - l))
  let sorted = new Float64Array(256)
  return (w, scalars, values, present) => {
    const { vs, n, lo, hi, steps } = w
    for (let i = 0; i < n; i++) if (vs[i] !== vs[i]) return general(w, scalars, values, present)
    if (sorted.length < n) sorted = new Float64Array(2 * n)
    const quantiles = scalars[0]!
    let from = 0
    let to = 0
    let count = 0
    for (let k = 0; k < steps; k++) {
      const l = lo[k]!
      const r = hi[k]!
      if (l === r) {
        present[k] = 0
        continue
      }
      if (l - from + r - to > SLIDE_AT_MOST || l >= to) {
        sorted.set(vs.subarray(l, r))
        sorted.subarray(0, r - l).sort()
      } else {
        let size = to - from
        for (let i = from; i < l; i++) {
          sorted.copyWithin(placeIn(sorted, size, vs[i]!), placeIn(sorted, size, vs[i]!) + 1, size)
          size--
        }
        for (let i = to; i < r; i++) {
          const at = placeIn(sorted, size, vs[i]!)
          sorted.copyWithin(at + 1, at, size)
          sorted[at] = vs[i]!
          size++
        }
      }
      from = l
      to = r
      values[k] = quantileOfSorted(quantiles[k]!, sorted, r - l)
      present[k] = 1
      count++
    }
    return count
  }
}

/** More samples that come and go with a step than this: sorting anew is quicker. */
const SLIDE_AT_MOST = 32

/** Where `v` stands in ascending numbers, or would stand: the first that is not less; of zeros, -0 comes first. */
function placeIn(sorted: Float64Array, n: number, v: number): number {
  let lo = 0
  let hi = n
  while (lo < hi) {
    const mid = (lo + hi) >>> 1
    const x = sorted[mid]!
    if (x < v || (x === 0 && v === 0 && Object.is(x, -0) && !Object.is(v, -0))) lo = mid + 1
    else hi = mid
  }
  return lo
}

function varianceOf(w: RangeWindow, l: number, r: number): number {
  const vs = w.vs
  const mean = new KahanSum()
  const squares = new KahanSum()
  let n = 0
  for (let i = l; i < r; i++) {
    const v = vs[i]!
    n++
    const delta = v - (mean.sum + mean.c)
    mean.add(delta / n)
    squares.add(delta * (v - (mean.sum + mean.c)))
  }
  return (squares.sum + squares.c) / n
}

/**
 * Greatest or smallest sample, or its time. NaN counts only when there is nothing else.
 * The position of the extreme is kept from step to step and the window searched anew only when it has left it.
 */
function extreme(sign: 1 | -1, time: boolean): RangeKernel {
  return (w, _scalars, values, present) => {
    const { ts, vs, lo, hi, steps } = w
    let at = -1
    let done = 0
    let count = 0
    for (let k = 0; k < steps; k++) {
      const l = lo[k]!
      const r = hi[k]!
      if (l === r) {
        present[k] = 0
        continue
      }
      let i = done
      if (at < l) {
        at = l
        i = l + 1
      }
      for (; i < r; i++) {
        const v = vs[i]! * sign
        const best = vs[at]! * sign
        // The time asked for is that of the last of equal values.
        if ((time ? v >= best : v > best) || best !== best) at = i
      }
      done = r
      values[k] = time ? ts[at]! / 1000 : vs[at]!
      present[k] = 1
      count++
    }
    return count
  }
}

/** Counts neighbours that differ (`changes`) or fall (`resets`), by differences of a running count. */
function neighbours(falls: boolean): RangeKernel {
  let running = new Int32Array(256)
  return (w, _scalars, values, present) => {
    const { vs, n, lo, hi, steps } = w
    if (running.length < n) running = new Int32Array(2 * n)
    let total = 0
    if (n > 0) running[0] = 0
    for (let i = 1; i < n; i++) {
      const v = vs[i]!
      const before = vs[i - 1]!
      if (falls ? v < before : v !== before && !(v !== v && before !== before)) total++
      running[i] = total
    }
    let count = 0
    for (let k = 0; k < steps; k++) {
      const l = lo[k]!
      const r = hi[k]!
      if (l === r) {
        present[k] = 0
        continue
      }
      values[k] = running[r - 1]! - running[l]!
      present[k] = 1
      count++
    }
    return count
  }
}

/** Least-squares line through the samples; `slope` per second, `intercept` at `atMs`. */
class Regression {
  slope = 0
  intercept = 0
  readonly #x = new KahanSum()
  readonly #y = new KahanSum()
  readonly #xy = new KahanSum()
  readonly #xx = new KahanSum()

  fit(w: RangeWindow, l: number, r: number, atMs: number): void {
    const { ts, vs } = w
    const x = this.#x
    const y = this.#y
    const xy = this.#xy
    const xx = this.#xx
    x.reset()
    y.reset()
    xy.reset()
    xx.reset()
    const first = vs[l]!
    let constant = true
    for (let i = l; i < r; i++) {
      const v = vs[i]!
      if (i > l && v !== first) constant = false
      const t = (ts[i]! - atMs) / 1000
      x.add(t)
      y.add(v)
      xy.add(t * v)
      xx.add(t * t)
    }
    if (constant) {
      const infinite = first === Infinity || first === -Infinity
      this.slope = infinite ? NaN : 0
      this.intercept = infinite ? NaN : first
      return
    }
    const n = r - l
    const sumX = x.sum + x.c
    const sumY = y.sum + y.c
    this.slope = (xy.sum + xy.c - sumX * sumY / n) / (xx.sum + xx.c - sumX * sumX / n)
    this.intercept = sumY / n - this.slope * sumX / n
  }
}

/** Both factors of `double_exponential_smoothing` at a step. @throws QueryError for one outside (0, 1) */
export function checkSmoothing(scalars: readonly Float64Array[], k: number): void {
  const smoothing = scalars[0]![k]!
  const trend = scalars[1]![k]!
  if (smoothing <= 0 || smoothing >= 1) throw new QueryError('execution', `invalid smoothing factor. Expected: 0 < sf < 1, got: ${smoothing.toFixed(6)}`)
  if (trend <= 0 || trend >= 1) throw new QueryError('execution', `invalid trend factor. Expected: 0 < tf < 1, got: ${trend.toFixed(6)}`)
}

/** @throws QueryError for a factor outside (0, 1) */
function doubleExponential(w: RangeWindow, l: number, r: number, k: number, scalars: readonly Float64Array[]): number {
  checkSmoothing(scalars, k)
  const smoothing = scalars[0]![k]!
  const trend = scalars[1]![k]!
  if (r - l < 2) return NaN
  const vs = w.vs
  let before = 0
  let smoothed = vs[l]!
  let slope = vs[l + 1]! - vs[l]!
  for (let i = l + 1; i < r; i++) {
    if (i > l + 1) slope = trend * (smoothed - before) + (1 - trend) * slope
    const next = smoothing * vs[i]! + (1 - smoothing) * (smoothed + slope)
    before = smoothed
    smoothed = next
  }
  return smoothed
}

/** Median distance from the median. */
function medianDeviation(scratch: Scratch, w: RangeWindow, l: number, r: number): number {
  const values = scratch.copy(w.vs, l, r)
  const n = r - l
  for (let i = 0; i < n; i++) if (values[i] !== values[i]) return NaN
  const median = quantileOf(0.5, values, n)
  for (let i = 0; i < n; i++) values[i] = Math.abs(values[i]! - median)
  return quantileOf(0.5, values, n)
}

/** A buffer for values that must be reordered. */
class Scratch {
  #values = new Float64Array(256)

  copy(vs: Float64Array, l: number, r: number): Float64Array {
    if (this.#values.length < r - l) this.#values = new Float64Array(2 * (r - l))
    this.#values.set(vs.subarray(l, r))
    return this.#values
  }
}

/** Drops results of windows with too few samples, after the kernel has checked its arguments there. */
function withLeast(least: number, kernel: RangeKernel): RangeKernel {
  return (w, scalars, values, present) => {
    let count = kernel(w, scalars, values, present)
    for (let k = 0; k < w.steps; k++) {
      if (present[k] === 1 && w.hi[k]! - w.lo[k]! < least) {
        present[k] = 0
        count--
      }
    }
    return count
  }
}

const MAKERS: ReadonlyMap<string, () => RangeKernel> = new Map<string, () => RangeKernel>([
  ['rate', () => extrapolated(true, true)],
  ['increase', () => extrapolated(true, false)],
  ['delta', () => extrapolated(false, false)],
  ['irate', () => lastTwo(true)],
  ['idelta', () => lastTwo(false)],
  ['sum_over_time', () => wholeSums(false, sumOf)],
  ['avg_over_time', () => wholeSums(true, averageOf)],
  ['count_over_time', () => perWindow(1, (_w, l, r) => r - l)],
  ['present_over_time', () => perWindow(1, () => 1)],
  ['min_over_time', () => extreme(-1, false)],
  ['max_over_time', () => extreme(1, false)],
  ['ts_of_min_over_time', () => extreme(-1, true)],
  ['ts_of_max_over_time', () => extreme(1, true)],
  ['last_over_time', () => perWindow(1, (w, _l, r) => w.vs[r - 1]!)],
  ['first_over_time', () => perWindow(1, (w, l) => w.vs[l]!)],
  ['ts_of_last_over_time', () => perWindow(1, (w, _l, r) => w.ts[r - 1]! / 1000)],
  ['ts_of_first_over_time', () => perWindow(1, (w, l) => w.ts[l]! / 1000)],
  ['stdvar_over_time', () => perWindow(1, varianceOf)],
  ['stddev_over_time', () => perWindow(1, (w, l, r) => Math.sqrt(varianceOf(w, l, r)))],
  ['changes', () => neighbours(false)],
  ['resets', () => neighbours(true)],
  ['quantile_over_time', slidingQuantiles],
  ['mad_over_time', () => {
    const scratch = new Scratch()
    return perWindow(1, (w, l, r) => medianDeviation(scratch, w, l, r))
  }],
  ['deriv', () => {
    const line = new Regression()
    return perWindow(2, (w, l, r) => {
      // Times relative to the first sample keep the sums small.
      line.fit(w, l, r, w.ts[l]!)
      return line.slope
    })
  }],
  ['predict_linear', () => {
    const line = new Regression()
    return perWindow(2, (w, l, r, k, scalars) => {
      line.fit(w, l, r, w.evalStartMs + k * w.evalStepMs)
      return line.slope * scalars[0]![k]! + line.intercept
    })
  }],
  ['double_exponential_smoothing', () => withLeast(2, perWindow(1, doubleExponential))],
])

/** Functions of range vectors, `absent_over_time` apart. */
export const RANGE_FUNCTIONS: ReadonlySet<string> = new Set(MAKERS.keys())

/** Functions that extrapolate to the window's borders and need the window's geometry. */
export const EXTRAPOLATING: ReadonlySet<string> = new Set(['rate', 'increase', 'delta'])

/** A kernel with buffers of its own, for one query node. */
export function newRangeKernel(func: string): RangeKernel {
  const make = MAKERS.get(func)
  if (make === undefined) throw new Error(`BUG: no range function ${func}`)
  return make()
}
