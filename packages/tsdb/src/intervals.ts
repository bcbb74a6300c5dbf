/** Deleted times of one series: first and last time of each interval, both inclusive, ascending, without overlaps. */
export type Intervals = readonly number[]

/** Adds an interval; what it overlaps or touches becomes one. @see Prometheus tsdb/tombstones `Intervals.Add` */
export function addInterval(intervals: Intervals, minMs: number, maxMs: number): number[] {
  const out: number[] = []
  let min = minMs
  let max = maxMs
  let i = 0
  for (; i < intervals.length && intervals[i + 1]! < min - 1; i += 2) out.push(intervals[i]!, intervals[i + 1]!)
  for (; i < intervals.length && intervals[i]! <= max + 1; i += 2) {
    min = Math.min(min, intervals[i]!)
    max = Math.max(max, intervals[i + 1]!)
  }
  out.push(min, max)
  for (; i < intervals.length; i++) out.push(intervals[i]!)
  return out
}

/** Whether some time of `minT` to `maxT` is deleted. */
export function touches(intervals: Intervals, minT: number, maxT: number): boolean {
  for (let i = 0; i < intervals.length; i += 2) if (intervals[i]! <= maxT && intervals[i + 1]! >= minT) return true
  return false
}

/** Whether every time of `minT` to `maxT` is deleted. */
export function covers(intervals: Intervals, minT: number, maxT: number): boolean {
  for (let i = 0; i < intervals.length; i += 2) if (intervals[i]! <= minT && intervals[i + 1]! >= maxT) return true
  return false
}
