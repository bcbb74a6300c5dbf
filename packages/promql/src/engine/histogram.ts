/** Relative difference of neighbouring buckets that is taken for a rounding error. */
const SMALL_DELTA = 1e-12
const MIN_NORMAL = 2.2250738585072014e-308

/**
 * The buckets of one classic histogram at one step: cumulative counts by ascending upper bound. Reused.
 * Buckets with equal bounds (`1` and `1.0`) are added up.
 */
export class Buckets {
  #bounds = new Float64Array(32)
  #counts = new Float64Array(32)
  #n = 0
  /** What {@link quantile} had to change, for the annotation. */
  forced = false
  minBucket: number = Infinity
  maxBucket: number = -Infinity
  maxDiff = 0

  get length(): number {
    return this.#n
  }

  clear(): void {
    this.#n = 0
  }

  /** Adds a bucket; bounds must ascend. */
  push(bound: number, count: number): void {
    if (this.#n > 0 && this.#bounds[this.#n - 1] === bound) {
      this.#counts[this.#n - 1] = this.#counts[this.#n - 1]! + count
      return
    }
    if (this.#n === this.#bounds.length) {
      const bounds = new Float64Array(2 * this.#n)
      bounds.set(this.#bounds)
      this.#bounds = bounds
      const counts = new Float64Array(2 * this.#n)
      counts.set(this.#counts)
      this.#counts = counts
    }
    this.#bounds[this.#n] = bound
    this.#counts[this.#n++] = count
  }

  /**
   * The q-quantile, interpolated linearly within its bucket.
   *
   * Special cases: q NaN: NaN; q < 0: -Inf; q > 1: +Inf; no `+Inf` bucket, fewer than two buckets or no observation: NaN;
   * in the highest bucket: the bound below it; in a lowest bucket that ends at or below 0: that bound.
   * Sets {@link forced} and the figures beside it when counts fell between buckets.
   * @see Prometheus promql/quantile.go `BucketQuantile`
   */
  quantile(q: number): number {
    this.forced = false
    if (q !== q) return NaN
    if (q < 0) return -Infinity
    if (q > 1) return Infinity
    const bounds = this.#bounds
    const counts = this.#counts
    const n = this.#n
    if (n === 0 || bounds[n - 1] !== Infinity) return NaN
    this.#ensureMonotonic()
    if (n < 2) return NaN
    const observations = counts[n - 1]!
    if (observations === 0) return NaN
    let rank = q * observations
    // First bucket that reaches the rank; NaN counts reach none, which leads to the last.
    let lo = 0
    let hi = n - 1
    while (lo < hi) {
      const mid = (lo + hi) >>> 1
      if (counts[mid]! >= rank) hi = mid
      else lo = mid + 1
    }
    const b = lo
    if (b === n - 1) return bounds[n - 2]!
    if (b === 0 && bounds[0]! <= 0) return bounds[0]!
    let start = 0
    const end = bounds[b]!
    let count = counts[b]!
    if (b > 0) {
      start = bounds[b - 1]!
      count -= counts[b - 1]!
      rank -= counts[b - 1]!
    }
    return start + (end - start) * (rank / count)
  }

  /**
   * The fraction of observations between two values. @see Prometheus promql/quantile.go `BucketFraction`
   */
  fraction(lower: number, upper: number): number {
    const bounds = this.#bounds
    const counts = this.#counts
    const n = this.#n
    if (n === 0 || bounds[n - 1] !== Infinity) return NaN
    const count = counts[n - 1]!
    if (count === 0 || lower !== lower || upper !== upper) return NaN
    if (lower >= upper) return 0
    let rank = 0
    let lowerRank = NaN
    let upperRank = NaN
    let lowerSet = false
    let upperSet = false
    let bound = bounds[0]! <= 0 ? -Infinity : 0
    for (let i = 0; i < n; i++) {
      if (i > 0) bound = bounds[i - 1]!
      const end = bounds[i]!
      if (!lowerSet && bound >= lower) {
        lowerRank = rank
        lowerSet = true
      }
      if (!upperSet && bound >= upper) {
        upperRank = rank
        upperSet = true
      }
      if (lowerSet && upperSet) break
      if (!lowerSet && bound < lower && end > lower) {
        lowerRank = rankWithin(lower, bound, end, rank, counts[i]!)
        lowerSet = true
      }
      if (!upperSet && bound < upper && end > upper) {
        upperRank = rankWithin(upper, bound, end, rank, counts[i]!)
        upperSet = true
      }
      if (lowerSet && upperSet) break
      rank = counts[i]!
    }
    if (!lowerSet || lowerRank > count) lowerRank = count
    if (!upperSet || upperRank > count) upperRank = count
    return (upperRank - lowerRank) / count
  }

  /** Levels counts that fall from one bucket to the next. */
  #ensureMonotonic(): void {
    const counts = this.#counts
    this.minBucket = Infinity
    this.maxBucket = -Infinity
    this.maxDiff = 0
    let before = counts[0]!
    for (let i = 1; i < this.#n; i++) {
      const count = counts[i]!
      if (count === before) continue
      if (almostEqual(before, count)) {
        counts[i] = before
        continue
      }
      if (count < before) {
        counts[i] = before
        this.forced = true
        this.minBucket = Math.min(this.minBucket, this.#bounds[i]!)
        this.maxBucket = Math.max(this.maxBucket, this.#bounds[i]!)
        this.maxDiff = Math.max(this.maxDiff, before - count)
        continue
      }
      before = count
    }
  }
}

/** A bucket without a lower end can't be interpolated: all of it counts. */
function rankWithin(v: number, start: number, end: number, rank: number, count: number): number {
  return start === -Infinity ? count : rank + (count - rank) * (v - start) / (end - start)
}

function almostEqual(a: number, b: number): boolean {
  if (a !== a && b !== b) return true
  if (a === b) return true
  const sum = Math.abs(a) + Math.abs(b)
  const difference = Math.abs(a - b)
  if (a === 0 || b === 0 || sum < MIN_NORMAL) return difference < SMALL_DELTA * MIN_NORMAL
  return difference / Math.min(sum, Number.MAX_VALUE) < SMALL_DELTA
}
