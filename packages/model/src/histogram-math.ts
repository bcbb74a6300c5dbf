import { bucketBound, bucketIndices, exponentialBound, hasCustomBuckets, spansOf } from './histogram-bounds.ts'
import { boundsMatch, coarserIndex, reduceSide } from './histogram-layout.ts'
import { RESET_HINT } from './histogram.ts'
import type { Histogram, ResetHint } from './histogram.ts'

/** Working buckets of one side: ascending indices and, if the sum is compensated, what each count lacks. */
class Buckets {
  indices: Int32Array
  counts: Float64Array
  lack: Float64Array | undefined

  constructor(indices: Int32Array, counts: Float64Array, lack: Float64Array | undefined) {
    this.indices = indices
    this.counts = counts
    this.lack = lack
  }

  copy(): Buckets {
    return new Buckets(this.indices, this.counts.slice(), this.lack?.slice())
  }

  /** Adds the n-th bucket's part with Neumaier's compensation, if there is one. */
  increase(n: number, by: number): void {
    const sum = this.counts[n]!
    const t = sum + by
    const { lack } = this
    if (lack !== undefined) {
      if (t === Infinity || t === -Infinity) lack[n] = 0
      else lack[n] = lack[n]! + (Math.abs(sum) >= Math.abs(by) ? sum - t + by : by - t + sum)
    }
    this.counts[n] = t
  }

  scale(factor: number): void {
    const { counts, lack } = this
    for (let i = 0; i < counts.length; i++) counts[i] = counts[i]! * factor
    if (lack !== undefined) for (let i = 0; i < lack.length; i++) lack[i] = lack[i]! * factor
  }

  divide(by: number): void {
    const { counts, lack } = this
    for (let i = 0; i < counts.length; i++) counts[i] = counts[i]! / by
    if (lack !== undefined) for (let i = 0; i < lack.length; i++) lack[i] = lack[i]! / by
  }

  /** Makes the buckets of a coarser schema of these. */
  reduce(schema: number, target: number): void {
    const { indices, counts, lack } = this
    const out = new Buckets(new Int32Array(indices.length), new Float64Array(indices.length), lack === undefined ? undefined : new Float64Array(indices.length))
    let n = 0
    for (let i = 0; i < indices.length; i++) {
      const index = coarserIndex(indices[i]!, schema, target)
      if (n > 0 && out.indices[n - 1] === index) {
        out.increase(n - 1, counts[i]!)
        if (lack !== undefined) out.increase(n - 1, lack[i]!)
        continue
      }
      out.indices[n] = index
      out.counts[n] = counts[i]!
      if (lack !== undefined) out.lack![n] = lack[i]!
      n++
    }
    this.indices = out.indices.subarray(0, n)
    this.counts = out.counts.subarray(0, n)
    this.lack = out.lack?.subarray(0, n)
  }

  /** Leaves out the buckets from `from` to before `to`, and all that are empty. */
  without(from: number, to: number): void {
    const keep: number[] = []
    for (let i = 0; i < this.counts.length; i++) if ((i < from || i >= to) && (this.counts[i] !== 0 || (this.lack?.[i] ?? 0) !== 0)) keep.push(i)
    const { indices, counts, lack } = this
    this.indices = Int32Array.from(keep, i => indices[i]!)
    this.counts = Float64Array.from(keep, i => counts[i]!)
    if (lack !== undefined) this.lack = Float64Array.from(keep, i => lack[i]!)
  }

  /** Adds `sign` times the other buckets from position `from` on. */
  add(indices: Int32Array, counts: Float64Array, from: number, sign: 1 | -1): void {
    const at = this.#positions(indices, from)
    for (let i = from; i < indices.length; i++) this.increase(at === undefined ? i : at[i]!, sign * counts[i]!)
  }

  /** Makes room for the other indices. @returns where each of them is; undefined: at its own position */
  #positions(indices: Int32Array, from: number): Int32Array | undefined {
    const own = this.indices
    if (from === 0 && own.length === indices.length) {
      let i = 0
      while (i < own.length && own[i] === indices[i]) i++
      if (i === own.length) return undefined
    }
    const at = new Int32Array(indices.length)
    const merged = new Int32Array(own.length + indices.length)
    const counts = new Float64Array(merged.length)
    const lack = this.lack === undefined ? undefined : new Float64Array(merged.length)
    let a = 0
    let b = from
    let n = 0
    while (a < own.length || b < indices.length) {
      const x = a < own.length ? own[a]! : Infinity
      const y = b < indices.length ? indices[b]! : Infinity
      merged[n] = Math.min(x, y)
      if (x <= y) {
        counts[n] = this.counts[a]!
        if (lack !== undefined) lack[n] = this.lack![a]!
        a++
      }
      if (y <= x) at[b++] = n
      n++
    }
    this.indices = merged.subarray(0, n)
    this.counts = counts.subarray(0, n)
    this.lack = lack?.subarray(0, n)
    return at
  }
}

/** What an addition met besides numbers. */
export interface AdditionReport {
  /** One side says that its counter was reset, the other that it wasn't. */
  readonly resetCollision: boolean
  /** Custom bounds differed; only those that both have are left. */
  readonly boundsReconciled: boolean
}

/**
 * A histogram that others are added to. Schemas meet at the coarser one, zero buckets at the wider one, custom bounds at those that both sides have.
 * @see Prometheus model/histogram `FloatHistogram.Add`, `Sub`, `KahanAdd`
 */
export class HistogramSum {
  schema: number
  zeroThreshold: number
  zeroCount: number
  count: number
  sum: number
  resetHint: ResetHint
  customValues: Float64Array
  #zeroLack = 0
  #countLack = 0
  #sumLack = 0
  readonly #compensated: boolean
  #positive: Buckets
  #negative: Buckets

  /** @param compensated  keep what rounding loses (Neumaier's sum), and add it at the end */
  constructor(h: Histogram, compensated: boolean) {
    this.schema = h.schema
    this.zeroThreshold = h.zeroThreshold
    this.zeroCount = h.zeroCount
    this.count = h.count
    this.sum = h.sum
    this.resetHint = h.resetHint
    this.customValues = h.customValues
    this.#compensated = compensated
    this.#positive = new Buckets(bucketIndices(h.positiveSpans), h.positiveCounts.slice(), compensated ? new Float64Array(h.positiveCounts.length) : undefined)
    this.#negative = new Buckets(bucketIndices(h.negativeSpans), h.negativeCounts.slice(), compensated ? new Float64Array(h.negativeCounts.length) : undefined)
  }

  /** A sum of its own with the same contents. */
  copy(): HistogramSum {
    const out = new HistogramSum(this.#bare(), this.#compensated)
    out.#positive = this.#positive.copy()
    out.#negative = this.#negative.copy()
    out.#zeroLack = this.#zeroLack
    out.#countLack = this.#countLack
    out.#sumLack = this.#sumLack
    return out
  }

  #bare(): Histogram {
    const none = new Int32Array(0)
    const empty = new Float64Array(0)
    const { schema, zeroThreshold, zeroCount, count, sum, customValues, resetHint } = this
    return { schema, zeroThreshold, zeroCount, count, sum, positiveSpans: none, positiveCounts: empty, negativeSpans: none, negativeCounts: empty, customValues, resetHint, integer: false }
  }

  /**
   * Adds a histogram, or takes it away with `sign` -1.
   * @returns undefined, and nothing changed, if one has exponential and the other custom buckets
   */
  add(other: Histogram, sign: 1 | -1 = 1): AdditionReport | undefined {
    const custom = hasCustomBuckets(this)
    if (custom !== hasCustomBuckets(other)) return undefined
    const resetCollision = this.#meetHint(other.resetHint)
    if (!custom) this.#addZero(sign * this.#widenZero(other))
    this.#addCount(sign * other.count)
    this.#addSum(sign * other.sum)
    if (custom) {
      const boundsReconciled = !boundsMatch(this.customValues, other.customValues)
      if (boundsReconciled) this.#addMismatched(other, sign)
      else this.#positive.add(bucketIndices(other.positiveSpans), other.positiveCounts, 0, sign)
      return { resetCollision, boundsReconciled }
    }
    if (other.schema < this.schema) {
      this.#positive.reduce(this.schema, other.schema)
      this.#negative.reduce(this.schema, other.schema)
      this.schema = other.schema
    }
    this.#addSide(this.#positive, other.positiveSpans, other.positiveCounts, other.schema, sign)
    this.#addSide(this.#negative, other.negativeSpans, other.negativeCounts, other.schema, sign)
    return { resetCollision, boundsReconciled: false }
  }

  #addSide(side: Buckets, spans: Int32Array, counts: Float64Array, schema: number, sign: 1 | -1): void {
    if (counts.length === 0) return
    const reduced = reduceSide({ spans, counts }, schema, this.schema)
    const indices = bucketIndices(reduced.spans)
    // What lies inside the zero bucket has been counted there.
    let from = 0
    while (from < indices.length && exponentialBound(indices[from]!, this.schema) <= this.zeroThreshold) from++
    side.add(indices, reduced.counts, from, sign)
  }

  #addZero(by: number): void {
    const t = this.zeroCount + by
    if (this.#compensated) this.#zeroLack = nextLack(this.zeroCount, by, t, this.#zeroLack)
    this.zeroCount = t
  }

  #addCount(by: number): void {
    const t = this.count + by
    if (this.#compensated) this.#countLack = nextLack(this.count, by, t, this.#countLack)
    this.count = t
  }

  #addSum(by: number): void {
    const t = this.sum + by
    if (this.#compensated) this.#sumLack = nextLack(this.sum, by, t, this.#sumLack)
    this.sum = t
  }

  /** @see Prometheus `adjustCounterReset` */
  #meetHint(other: ResetHint): boolean {
    const own = this.resetHint
    if (other === own || own === RESET_HINT.gauge) return false
    if (other === RESET_HINT.gauge) {
      this.resetHint = RESET_HINT.gauge
      return false
    }
    this.resetHint = RESET_HINT.unknown
    return own !== RESET_HINT.unknown && other !== RESET_HINT.unknown
  }

  /** Makes both zero buckets equally wide. @returns the other's zero count then */
  #widenZero(other: Histogram): number {
    let count = other.zeroCount
    let threshold = other.zeroThreshold
    while (threshold !== this.zeroThreshold) {
      if (this.zeroThreshold > threshold) {
        const wide = widerZeroBucket(other, this.zeroThreshold)
        count = wide.count
        threshold = wide.threshold
      }
      if (threshold > this.zeroThreshold) this.#widenOwnZero(threshold)
    }
    return count
  }

  #widenOwnZero(threshold: number): void {
    let wanted = threshold
    let inPositive = 0
    let inNegative = 0
    for (;;) {
      inPositive = this.#inside(this.#positive, wanted)
      inNegative = this.#inside(this.#negative, wanted)
      // A bucket with observations is never cut.
      const upper = Math.max(this.#endOf(this.#positive, inPositive), this.#endOf(this.#negative, inNegative))
      if (upper <= wanted) break
      wanted = upper
    }
    for (const [side, n] of [[this.#positive, inPositive], [this.#negative, inNegative]] as const) {
      for (let i = 0; i < n; i++) {
        this.#addZero(side.counts[i]!)
        if (side.lack !== undefined) this.#addZero(side.lack[i]!)
      }
      side.without(0, n)
    }
    this.zeroThreshold = wanted
  }

  /** How many buckets begin inside a zero bucket of this width. */
  #inside(side: Buckets, threshold: number): number {
    let n = 0
    while (n < side.indices.length && exponentialBound(side.indices[n]! - 1, this.schema) < threshold) n++
    return n
  }

  /** Where the last of the first n buckets ends, if it isn't empty. */
  #endOf(side: Buckets, n: number): number {
    return n === 0 || side.counts[n - 1] === 0 ? 0 : exponentialBound(side.indices[n - 1]!, this.schema)
  }

  /** @see Prometheus `addCustomBucketsWithMismatches` */
  #addMismatched(other: Histogram, sign: 1 | -1): void {
    const bounds = commonBounds(this.customValues, other.customValues)
    const n = bounds.length + 1
    const target = new Buckets(Int32Array.from({ length: n }, (_, i) => i), new Float64Array(n), new Float64Array(n))
    const own = this.#positive
    spread(target, bounds, own.indices, own.counts, this.customValues, 1, own.lack)
    spread(target, bounds, bucketIndices(other.positiveSpans), other.positiveCounts, other.customValues, sign, undefined)
    target.without(0, 0)
    if (!this.#compensated) target.lack = undefined
    this.#positive = target
    this.customValues = bounds
  }

  /** Whether anything in it has become infinite. */
  get overflows(): boolean {
    if (infinite(this.zeroCount) || infinite(this.count) || infinite(this.sum)) return true
    return this.#positive.counts.some(infinite) || this.#negative.counts.some(infinite) || this.customValues.some(infinite)
  }

  /** Multiplies everything. A negative factor makes a gauge of it. */
  scale(factor: number): this {
    this.zeroCount *= factor
    this.count *= factor
    this.sum *= factor
    this.#zeroLack *= factor
    this.#countLack *= factor
    this.#sumLack *= factor
    this.#positive.scale(factor)
    this.#negative.scale(factor)
    if (factor < 0) this.resetHint = RESET_HINT.gauge
    return this
  }

  /** Divides everything. By 0 no buckets are left. A negative divisor makes a gauge of it. */
  divide(by: number): this {
    this.zeroCount /= by
    this.count /= by
    this.sum /= by
    this.#zeroLack /= by
    this.#countLack /= by
    this.#sumLack /= by
    if (by === 0) {
      this.#positive = new Buckets(new Int32Array(0), new Float64Array(0), this.#compensated ? new Float64Array(0) : undefined)
      this.#negative = this.#positive.copy()
      return this
    }
    this.#positive.divide(by)
    this.#negative.divide(by)
    if (by < 0) this.resetHint = RESET_HINT.gauge
    return this
  }

  /** The histogram, compensations added; the sum must not be used any more. */
  finish(): Histogram {
    const { schema, zeroThreshold, customValues, resetHint } = this
    if (this.#compensated) {
      this.zeroCount += this.#zeroLack
      this.count += this.#countLack
      this.sum += this.#sumLack
    }
    for (const side of [this.#positive, this.#negative]) {
      const { lack } = side
      if (lack !== undefined) for (let i = 0; i < lack.length; i++) side.counts[i] = side.counts[i]! + lack[i]!
    }
    return {
      schema, zeroThreshold, customValues, resetHint, zeroCount: this.zeroCount, count: this.count, sum: this.sum,
      positiveSpans: spansOf(this.#positive.indices), positiveCounts: this.#positive.counts, negativeSpans: spansOf(this.#negative.indices), negativeCounts: this.#negative.counts, integer: false,
    }
  }
}

function nextLack(sum: number, by: number, t: number, lack: number): number {
  if (t === Infinity || t === -Infinity) return 0
  return lack + (Math.abs(sum) >= Math.abs(by) ? sum - t + by : by - t + sum)
}

function infinite(v: number): boolean {
  return v === Infinity || v === -Infinity
}

/** Bounds that both ascending lists have. */
function commonBounds(a: Float64Array, b: Float64Array): Float64Array {
  const out: number[] = []
  let i = 0
  let j = 0
  while (i < a.length && j < b.length) {
    if (a[i] === b[j]) {
      out.push(a[i]!)
      i++
      j++
    } else if (a[i]! < b[j]!) i++
    else j++
  }
  return Float64Array.from(out)
}

/** Adds buckets to those of coarser bounds. */
function spread(target: Buckets, bounds: Float64Array, indices: Int32Array, counts: Float64Array, ownBounds: Float64Array, sign: 1 | -1, lack: Float64Array | undefined): void {
  let to = 0
  for (let i = 0; i < indices.length; i++) {
    const index = indices[i]!
    if (index < ownBounds.length) while (to < bounds.length && bounds[to]! < ownBounds[index]!) to++
    else to = bounds.length
    target.increase(to, sign * counts[i]!)
    if (lack !== undefined) target.increase(to, lack[i]!)
  }
}

/**
 * The count of a zero bucket that is made wider, and how wide it becomes: a bucket with observations is never cut.
 * @see Prometheus `zeroCountForLargerThreshold`
 */
export function widerZeroBucket(h: Histogram, threshold: number): { readonly count: number; readonly threshold: number } {
  const positive = bucketIndices(h.positiveSpans)
  const negative = bucketIndices(h.negativeSpans)
  let wanted = threshold
  for (;;) {
    let sum = h.zeroCount
    let lack = 0
    let end = 0
    for (const [indices, counts] of [[positive, h.positiveCounts], [negative, h.negativeCounts]] as const) {
      for (let i = 0; i < indices.length; i++) {
        if (bucketBound(indices[i]! - 1, h) >= wanted) break
        const by = counts[i]!
        const t = sum + by
        lack = nextLack(sum, by, t, lack)
        sum = t
        if (by !== 0) end = Math.max(end, bucketBound(indices[i]!, h))
      }
    }
    if (end <= wanted) return { count: sum, threshold: wanted }
    wanted = end
  }
}

/** A result with what the addition met. */
export interface Combined extends AdditionReport { readonly histogram: Histogram }

/** a + b, not compacted. @returns undefined if one has exponential and the other custom buckets */
export function addHistograms(a: Histogram, b: Histogram): Combined | undefined {
  const sum = new HistogramSum(a, false)
  const report = sum.add(b)
  return report === undefined ? undefined : { ...report, histogram: sum.finish() }
}

/** a - b, not compacted, with the hint that both sides make together. @returns undefined if one has exponential and the other custom buckets */
export function subtractHistograms(a: Histogram, b: Histogram): Combined | undefined {
  const sum = new HistogramSum(a, false)
  const report = sum.add(b, -1)
  return report === undefined ? undefined : { ...report, histogram: sum.finish() }
}

/** All counts and the sum times a factor; a negative one makes a gauge of it. */
export function scaleHistogram(h: Histogram, factor: number): Histogram {
  return new HistogramSum(h, false).scale(factor).finish()
}

/** All counts and the sum divided; by 0 no buckets are left, a negative divisor makes a gauge of it. */
export function divideHistogram(h: Histogram, by: number): Histogram {
  return new HistogramSum(h, false).divide(by).finish()
}

/** The histogram in a coarser exponential schema; unchanged if it is that already. The reset hint becomes unknown where the schema changes. */
export function reduceHistogram(h: Histogram, schema: number): Histogram {
  if (schema === h.schema) return h
  const positive = reduceSide({ spans: h.positiveSpans, counts: h.positiveCounts }, h.schema, schema)
  const negative = reduceSide({ spans: h.negativeSpans, counts: h.negativeCounts }, h.schema, schema)
  return {
    ...h, schema, resetHint: RESET_HINT.unknown,
    positiveSpans: positive.spans, positiveCounts: positive.counts, negativeSpans: negative.spans, negativeCounts: negative.counts,
  }
}

/** The same with another hint. */
export function withResetHint(h: Histogram, resetHint: ResetHint): Histogram {
  return h.resetHint === resetHint ? h : { ...h, resetHint }
}

