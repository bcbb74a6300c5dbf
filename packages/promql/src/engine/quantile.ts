/**
 * The q-quantile of `values[0..n)`, interpolated between neighbours. Sorts the values in place, NaN counting as the smallest.
 *
 * Special cases: no values or q NaN: NaN; q < 0: -Inf; q > 1: +Inf.
 * @see Prometheus promql/quantile.go `quantile`
 */
export function quantileOf(q: number, values: Float64Array, n: number): number {
  if (n === 0 || q !== q) return NaN
  if (q < 0) return -Infinity
  if (q > 1) return Infinity
  const sorted = values.subarray(0, n).sort()
  // The typed array's order has NaN last.
  let nans = 0
  while (nans < n && sorted[n - 1 - nans] !== sorted[n - 1 - nans]) nans++
  const rank = q * (n - 1)
  const lower = Math.max(0, Math.floor(rank))
  const upper = Math.min(n - 1, lower + 1)
  const weight = rank - Math.floor(rank)
  return at(sorted, lower, nans) * (1 - weight) + at(sorted, upper, nans) * weight
}

/** The same of values that are in ascending order and without NaN. */
export function quantileOfSorted(q: number, sorted: Float64Array, n: number): number {
  if (n === 0 || q !== q) return NaN
  if (q < 0) return -Infinity
  if (q > 1) return Infinity
  const rank = q * (n - 1)
  const lower = Math.max(0, Math.floor(rank))
  const upper = Math.min(n - 1, lower + 1)
  const weight = rank - Math.floor(rank)
  return sorted[lower]! * (1 - weight) + sorted[upper]! * weight
}

function at(sorted: Float64Array, i: number, nans: number): number {
  return i < nans ? NaN : sorted[i - nans]!
}
