/** Longest time that Go's nanoseconds hold, in seconds. */
export const MAX_SECONDS: number = 2 ** 63 / 1e9

/** Seconds as Go's duration (rounded to nanoseconds), cut to whole milliseconds. */
export function milliseconds(seconds: number): number {
  // What Go makes of a NaN: the smallest integer.
  if (Number.isNaN(seconds)) return -9223372036854
  return Math.trunc(roundAwayFromZero(seconds * 1e9) / 1e6)
}

/** Go's `math.Round`: halves go away from zero. */
export function roundAwayFromZero(v: number): number {
  return v < 0 ? 0 - Math.round(-v) : Math.round(v)
}

/** Go's verb `%f`. */
export function fixed6(v: number): string {
  if (Number.isNaN(v)) return 'NaN'
  if (!Number.isFinite(v)) return v < 0 ? '-Inf' : '+Inf'
  return Math.abs(v) < 1e21 ? v.toFixed(6) : `${BigInt(v)}.000000`
}
