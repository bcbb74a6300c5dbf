/** A percentile as far as buckets tell it, in the unit of their limits. */
export interface Percentile {
  /** As `histogram_quantile` answers it: inside its bucket by a straight line; beyond the last limit, that limit. */
  readonly value: number
  /** The limits between which it lies; `upper` is Infinity beyond the last one. */
  readonly lower: number
  readonly upper: number
}

/** Limits further apart than this factor say too little to give one number for them. The usual buckets (1, 2.5, 5, 10) are finer. */
const COARSE = 2.6

/** One bucket: everything up to `le`, as a count or a rate. */
export interface Bucket { readonly le: number; readonly count: number }

/**
 * A percentile from cumulative buckets, with the limits of its bucket.
 *
 * @param buckets  any order; the same limit twice is added up
 * @param q        0..1
 * @returns        undefined without a `+Inf` bucket, with no other, or when nothing was counted
 * @see Prometheus `promql/quantile.go`, `BucketQuantile`
 */
export function percentileOf(buckets: readonly Bucket[], q: number): Percentile | undefined {
  const sums = new Map<number, number>()
  for (const b of buckets) if (!Number.isNaN(b.le) && !Number.isNaN(b.count)) sums.set(b.le, (sums.get(b.le) ?? 0) + b.count)
  const les = [...sums.keys()].sort((a, b) => a - b)
  if (les.length < 2 || les.at(-1) !== Infinity) return undefined
  // Rates of buckets that were read at slightly different moments may fall a little; a bucket holds at least what the one below it does.
  const counts: number[] = []
  for (const le of les) counts.push(Math.max(sums.get(le)!, counts.at(-1) ?? 0))
  const all = counts.at(-1)!
  if (!(all > 0)) return undefined
  const rank = q * all
  let at = counts.findIndex(c => c >= rank)
  if (at < 0) at = les.length - 1
  if (at === les.length - 1) return { value: les[at - 1]!, lower: les[at - 1]!, upper: Infinity }
  const upper = les[at]!
  if (at === 0 && upper <= 0) return { value: upper, lower: -Infinity, upper }
  const lower = at === 0 ? 0 : les[at - 1]!
  const before = at === 0 ? 0 : counts[at - 1]!
  const inside = counts[at]! - before
  return { value: inside > 0 ? lower + (upper - lower) * ((rank - before) / inside) : upper, lower, upper }
}

/** Whether the limits are so far apart that only they are known, not a value between them. */
export function isCoarse(p: Percentile): boolean {
  return p.upper === Infinity || p.lower <= 0 || p.upper > p.lower * COARSE
}

/** The same in another unit. */
export function scaled(p: Percentile | undefined, factor: number): Percentile | undefined {
  return p === undefined || factor === 1 ? p : { value: p.value * factor, lower: p.lower * factor, upper: p.upper * factor }
}
