/** Position of the first of `ts[from, to)`, in rising order, that is not before `tMs`; `to` if all are. */
export function firstAtOrAfter(ts: Float64Array, from: number, to: number, tMs: number): number {
  let lo = from
  let hi = to
  while (lo < hi) {
    const mid = (lo + hi) >>> 1
    if (ts[mid]! < tMs) lo = mid + 1
    else hi = mid
  }
  return lo
}
