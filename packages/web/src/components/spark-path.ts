/**
 * The SVG path of a small line from zero.
 *
 * @param vs       values at equal distances; NaN is a gap
 * @param atLeast  the scale reaches at least this value
 * @returns        `''` when there is nothing to draw; a lone point becomes a short dash
 */
export function sparkPath(vs: Float64Array, width: number, height: number, atLeast: number): string {
  const n = vs.length
  let top = atLeast
  for (let i = 0; i < n; i++) if (vs[i]! > top && vs[i]! < Infinity) top = vs[i]!
  const dx = n > 1 ? width / (n - 1) : 0
  // One pixel of room above and below, where the stroke's own width goes.
  const scale = (height - 2) / (top > 0 ? top : 1)
  let d = ''
  let inLine = false
  for (let i = 0; i < n; i++) {
    const v = vs[i]!
    if (!(v > -Infinity && v < Infinity)) {
      inLine = false
      continue
    }
    const x = (i * dx).toFixed(1)
    const y = (height - 1 - Math.max(0, v) * scale).toFixed(1)
    d += inLine ? `L${x} ${y}` : `M${x} ${y}`
    if (!inLine && !(vs[i + 1]! > -Infinity)) d += 'h.6'
    inLine = true
  }
  return d
}

/** The last number of a line; NaN if there is none among the last `reach` points: older ones are not "now". */
export function lastValue(vs: Float64Array, reach: number): number {
  for (let i = vs.length - 1; i >= Math.max(0, vs.length - reach); i--) if (!Number.isNaN(vs[i]!)) return vs[i]!
  return NaN
}

/** Smallest and largest finite number; NaN of none. */
export function extent(vs: Float64Array): { readonly min: number; readonly max: number } {
  let min = Infinity
  let max = -Infinity
  for (let i = 0; i < vs.length; i++) {
    const v = vs[i]!
    if (v < min) min = v
    if (v > max && v < Infinity) max = v
  }
  return min <= max ? { min, max } : { min: NaN, max: NaN }
}

/**
 * When a falling line reaches zero, in ms from its end, by least squares over all its points.
 *
 * @param ts  Unix ms
 * @returns   undefined when it does not fall, has fewer than 10 points, or spans under half an hour: then a forecast would be a guess
 */
export function reachesZeroMs(ts: Float64Array, vs: Float64Array): number | undefined {
  let n = 0
  let mt = 0
  let mv = 0
  let first = NaN
  let last = NaN
  for (let i = 0; i < vs.length; i++) {
    if (Number.isNaN(vs[i]!)) continue
    if (n === 0) first = ts[i]!
    last = ts[i]!
    n++
    mt += ts[i]!
    mv += vs[i]!
  }
  if (n < 10 || last - first < 1_800_000) return undefined
  mt /= n
  mv /= n
  let tt = 0
  let tv = 0
  for (let i = 0; i < vs.length; i++) {
    if (Number.isNaN(vs[i]!)) continue
    tt += (ts[i]! - mt) * (ts[i]! - mt)
    tv += (ts[i]! - mt) * (vs[i]! - mv)
  }
  const slope = tv / tt
  if (!(slope < 0)) return undefined
  return (mv + slope * (last - mt)) / -slope
}
