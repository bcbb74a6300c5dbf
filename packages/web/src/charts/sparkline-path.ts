/**
 * The SVG path of a small line, newest right; gaps stay gaps.
 *
 * @param low, high  ends of the vertical axis; equal values lie in the middle
 */
export function sparklinePath(ts: Float64Array, vs: Float64Array, width: number, height: number, low: number, high: number): string {
  const n = vs.length
  if (n === 0) return ''
  const t0 = ts[0]!
  const span = ts[n - 1]! - t0 || 1
  const range = high - low
  let path = ''
  let isPenDown = false
  // A hole in the grid is a gap, as NaN is.
  let step = Infinity
  for (let i = 1; i < n; i++) step = Math.min(step, ts[i]! - ts[i - 1]!)
  let before = t0
  // More points than pixels add nothing.
  const stride = Math.max(1, Math.floor(n / (width * 2)))
  for (let i = 0; i < n; i += stride) {
    const v = vs[i]!
    if (!Number.isFinite(v)) {
      isPenDown = false
      continue
    }
    if (ts[i]! - before > step * stride * 1.5) isPenDown = false
    before = ts[i]!
    const x = (ts[i]! - t0) / span * width
    const y = range === 0 ? height / 2 : height - (v - low) / range * height
    path += `${isPenDown ? 'L' : 'M'}${x.toFixed(1)} ${y.toFixed(1)}`
    isPenDown = true
  }
  return path
}

/** The ends of a small line's axis: zero-based where nothing is negative, and not flat. */
export function sparklineRange(vs: Float64Array): readonly [low: number, high: number] {
  let low = Infinity
  let high = -Infinity
  for (let i = 0; i < vs.length; i++) {
    const v = vs[i]!
    if (!Number.isFinite(v)) continue
    if (v < low) low = v
    if (v > high) high = v
  }
  if (low > high) return [0, 1]
  if (low >= 0) low = 0
  return high === low ? [low, low + 1] : [low, high]
}
